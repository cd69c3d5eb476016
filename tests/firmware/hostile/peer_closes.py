# The peer closes, with and without close_notify, in the middle of records, at every byte: what
# came is delivered first.
from common import *

DATA = b"0123456789" * 10


# What the client gets in pieces of n, and how it ends.
def drain(conn, n):
    got = b""
    for _ in range(1000):
        r = outcome(conn.c.read, n)
        if not isinstance(r, bytes) or not r:
            return got, r
        got += r
    return got, "no end"


for kind in ("TLSv1.3", "TLSv1.2"):
    for n in (1, 7, 100, 1000):
        for notify in (False, True):
            conn = connect(kind)
            conn.s.write(DATA)
            if notify:
                conn.s.close()
            conn.b.closed = True
            got, last = drain(conn, n)
            check(got == DATA, kind, n, notify, len(got), last)
            check(last == b"", kind, n, notify, last)
            check(outcome(conn.c.read, n) == b"", kind, n, "again")
            conn.c.close()
    # Cut at each byte of the last record.
    for cut in range(1, 30):
        conn = connect(kind)
        conn.s.write(DATA)
        conn.s.write(DATA)
        conn.b.queue[-1] = conn.b.queue[-1][:-cut] if len(conn.b.queue[-1]) > cut else b""
        conn.b.closed = True
        got, last = drain(conn, 1000)
        check(got[:100] == DATA and len(got) in (100, 200), kind, cut, len(got), last)
        # Half a record is never an intended end.
        conn.c.close()
    # In the middle of a handshake.
    for steps in range(4):
        for side in (0, 1):
            conn = Connection(*contexts(kind), kind)
            for _ in range(steps):
                conn.client_step()
                conn.server_step()
            if conn.got != [None, None]:
                continue
            sock = conn.c if side else conn.s
            end_ = conn.b if side else conn.a
            end_.queue.clear()
            end_.closed = True
            for f in (lambda: sock.read(1), lambda: sock.read(1), lambda: sock.write(b"x")):
                r = outcome(f)
                check(r in (None, 1, b"", "OSError", "OSError 9"), kind, steps, side, r)
            check(outcome(sock.close) is None, kind, steps, "close")
end()
