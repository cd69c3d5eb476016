# Many threads call everything of one socket at once, in the handshake and after it: errors, no
# crash, no hang.
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


def poll(sock):
    return sock.ioctl(3, 5) if hasattr(sock, "ioctl") else None


ERRORS = ("OSError", "OSError 16", "OSError 9", "MemoryError")


def use(sock, number, state):
    buf = bytearray(10)
    try:
        for i in range(60):
            f = (number + i) % 7
            if f == 0:
                r = outcome(sock.read, 1)
            elif f == 1:
                r = outcome(sock.readinto, buf)
            elif f == 2:
                r = outcome(sock.write, b"data")
            elif f == 3:
                r = outcome(sock.cipher)
            elif f == 4:
                r = outcome(sock.getpeercert, True)
            elif f == 5:
                r = outcome(poll, sock)
            else:
                r = outcome(sock.readline, 5)
            if isinstance(r, str) and r not in ERRORS:
                state[0] = r
                return
        state[0] = "done"
    except BaseException as er:
        state[0] = repr(er)


def main():
    for kind in KINDS:
        if kind == "DTLS":
            continue
        for connected in (False, True):
            cc, sc = contexts(kind)
            a, b = Locked(), Locked()
            a.other, b.other = b, a
            conn = Connection(cc, sc, kind)
            conn.c = cc.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
            conn.s = sc.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
            if connected:
                conn.run()
            states = [[None] for _ in range(6)]
            for i, state in enumerate(states):
                _thread.start_new_thread(use, (conn.c if i % 2 else conn.s, i, state))
            until = time.time() + 15
            while any(s[0] is None for s in states) and time.time() < until:
                time.sleep(0.005)
            for i, state in enumerate(states):
                check(state[0] == "done", kind, connected, i, state[0])
            outcome(conn.close)


main()
end()
