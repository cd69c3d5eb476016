# Two threads read and write a socket, a third closes it, by close() and by __del__, and the peer
# goes on: all of them end.
from common import *

try:
    import _thread
    import time
except ImportError:
    print("SKIP")
    raise SystemExit


class Locked(End):
    def __init__(self):
        super().__init__()
        self.lock = _thread.allocate_lock()

    def readinto(self, buf):
        with self.lock:
            return End.readinto(self, buf)

    def write(self, buf):
        with self.other.lock:
            if len(self.queue) > 20:
                return None
            return End.write(self, buf)


def use(f, arg, stop, state):
    r = None
    try:
        while not stop[0]:
            r = outcome(f, arg)
            if isinstance(r, str) and r.startswith("OSError") and r != "OSError 16":
                break
            time.sleep(0)
        state[0] = r if isinstance(r, str) else "stopped"
    except BaseException as er:
        state[0] = repr(er)


def attack(kind, how, n):
    cc, sc = contexts(kind)
    a, b = Locked(), Locked()
    a.other, b.other = b, a
    conn = Connection(cc, sc, kind)
    conn.c = cc.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    conn.s = sc.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    if n % 2:
        conn.run()
    stop = [False]
    states = [[None] for _ in range(4)]
    for f, arg, state in (
        (conn.c.read, 100, states[0]),
        (conn.c.write, b"c" * 300, states[1]),
        (conn.s.read, 100, states[2]),
        (conn.s.write, b"s" * 300, states[3]),
    ):
        _thread.start_new_thread(use, (f, arg, stop, state))
    time.sleep(0.002 * (n % 7))
    # Until it works: it may be busy.
    for _ in range(2000):
        r = outcome(conn.c.close if how == 0 or not HAS_DEL else conn.c.__del__)
        if r is None:
            break
        check(r == "OSError 16", kind, how, n, r)
        time.sleep(0.001)
    check(r is None, kind, how, n, "close", r)
    until = time.time() + 10
    while (states[0][0] is None or states[1][0] is None) and time.time() < until:
        outcome(conn.c.__del__ if how and HAS_DEL else conn.c.close)
        time.sleep(0.001)
    stop[0] = True
    while any(s[0] is None for s in states) and time.time() < until:
        time.sleep(0.001)
    for i in (0, 1):
        check(states[i][0] == "OSError 9", kind, how, n, i, states[i][0])
    for i in (2, 3):
        check(states[i][0] is not None, kind, how, n, i, states[i][0])
    outcome(conn.s.close)


def main():
    for kind in ("TLSv1.3", "TLSv1.2"):
        for how in (0, 1):
            for n in range(8):
                attack(kind, how, n)


main()
end()
