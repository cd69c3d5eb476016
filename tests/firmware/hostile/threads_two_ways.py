# One thread reads while another writes the same socket, on both ends, in memory and over TCP:
# every byte arrives, and never EBUSY.
from common import *

try:
    import _thread
    import select
    import socket
    import time
except ImportError:
    print("SKIP")
    raise SystemExit

SIZE = 300000


def pattern(n, start):
    return bytes([(start + i) & 0xFF for i in range(251)]) * (n // 251 + 1)


def write(sock, data, state):
    try:
        sent = 0
        while sent < SIZE:
            n = sock.write(data[sent : min(sent + 4000, SIZE)])
            if n is None:
                time.sleep(0.001)
                continue
            sent += n
        # What the stream did not take yet goes out with a poll.
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        while not poll.poll(10):
            pass
        state[0] = "done"
    except BaseException as er:
        state[0] = "write " + repr(er)


def read(sock, data, state):
    try:
        got = 0
        buf = bytearray(3000)
        while got < SIZE:
            n = sock.readinto(buf)
            if n is None:
                time.sleep(0.001)
                continue
            if not n:
                break
            if buf[:n] != data[got : got + n]:
                raise ValueError("other bytes at %d" % got)
            got += n
        state[0] = "done" if got == SIZE else "end at %d" % got
    except BaseException as er:
        state[0] = "read " + repr(er)


# Pipes with a lock, because two threads use each.
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


def both_ways(kind, tcp):
    cc, sc = contexts(kind)
    if tcp:
        a, b = tcp_pair()
    else:
        a, b = Locked(), Locked()
        a.other, b.other = b, a
    conn = Connection(cc, sc, kind)
    conn.a, conn.b = a, b
    conn.c = cc.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    conn.s = sc.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    if tcp:
        a.setblocking(False)
        b.setblocking(False)
    check(conn.run(None, 1000) == "ok", kind, "run")
    if tcp:
        a.setblocking(True)
        b.setblocking(True)
    up, down = pattern(SIZE, 0), pattern(SIZE, 100)
    states = [[None] for _ in range(4)]
    for f, sock, data, state in (
        (write, conn.c, up, states[0]),
        (read, conn.s, up, states[1]),
        (write, conn.s, down, states[2]),
        (read, conn.c, down, states[3]),
    ):
        _thread.start_new_thread(f, (sock, data, state))
    until = time.time() + 20
    while any(s[0] is None for s in states) and time.time() < until:
        time.sleep(0.01)
    for i, state in enumerate(states):
        check(state[0] == "done", kind, "TCP" if tcp else "memory", i, state[0])
    return all(s[0] for s in states)


def main():
    for kind in ("TLSv1.3", "TLSv1.2"):
        for tcp in (False, True):
            # Threads that wait forever would keep the program from ending.
            if not both_ways(kind, tcp):
                return


main()
end()
