# One thread waits in the stream for data of a session that another thread's operation, or damaged
# data, ends meanwhile.
from common import *

try:
    import _thread
    import time
except ImportError:
    print("SKIP")
    raise SystemExit


# read() waits until something comes, or it is let go.
class Waiting(End):
    def __init__(self):
        super().__init__()
        self.go = False
        self.waits = False
        self.blocking = False
        self.write_error = None

    def readinto(self, buf):
        while self.blocking and not self.go and not self.other.queue:
            self.waits = True
            time.sleep(0.001)
        self.waits = False
        return End.readinto(self, buf)

    def write(self, buf):
        if self.write_error:
            raise self.write_error
        return End.write(self, buf)


def work(f, arg, state):
    state[0] = outcome(f, arg)


def attack(kind, how):
    cc, sc = contexts(kind)
    a, b = Waiting(), Waiting()
    a.other, b.other = b, a
    conn = Connection(cc, sc, kind)
    conn.c = cc.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    conn.s = sc.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    check(conn.run() == "ok", kind, "run")
    a.blocking = True
    reading = [None]
    _thread.start_new_thread(work, (conn.c.read, 5, reading))
    until = time.time() + 10
    while not a.waits and time.time() < until:
        time.sleep(0.001)
    writing = [None]
    if how == 0:
        a.write_error = OSError(104)
        work(conn.c.write, b"x" * 1000, writing)
        check(writing[0] == "OSError 104", kind, how, writing[0])
    elif how == 1:
        a.write_error = KeyError()
        work(conn.c.write, b"x" * 1000, writing)
        check(writing[0] == "KeyError", kind, how, writing[0])
    elif how == 2:
        work(lambda x: conn.c.close(), None, writing)
        check(writing[0] is None, kind, how, writing[0])
        trample(3000, 20)
    elif how == 3:
        outcome(conn.c.__del__) if HAS_DEL else None
        trample(3000, 20)
    elif how == 4:
        # Damaged data for the reader, while the other thread writes again and again.
        b.queue.append(b"\x17\x03\x03\x00\x40" + bytes(64))
        for _ in range(200):
            work(conn.c.write, b"x" * 100, writing)
    elif how == 5:
        work(lambda x: (conn.c.cipher(), conn.c.getpeercert(True)), None, writing)
        check(isinstance(writing[0], tuple), kind, how, writing[0])
    elif how == 6:
        # So much that the peer's side of the queue is never taken.
        for _ in range(30):
            work(conn.c.write, b"x" * 40000, writing)
    gc.collect()
    b.queue.append(b"\x17\x03\x03\x00\x05hello")
    a.go = True
    until = time.time() + 10
    while reading[0] is None and time.time() < until:
        time.sleep(0.001)
    check(isinstance(reading[0], (str, bytes)) or reading[0] is None, kind, how, reading[0])
    check(not a.waits, kind, how, "still waits")
    for _ in range(3):
        outcome(conn.c.read, 1)
        outcome(conn.c.write, b"x")
    a.write_error = None
    check(outcome(conn.close) is None, kind, how, "close")


def main():
    for kind in ("TLSv1.3", "TLSv1.2"):
        for how in range(7):
            attack(kind, how)


main()
end()
