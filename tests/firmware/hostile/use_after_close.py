# Every method of a socket that was closed, failed, ended or was never connected, in each of these
# states, and again.
from common import *


def never(kind):
    return Connection(*contexts(kind), kind)


def half(kind):
    conn = never(kind)
    conn.client_step()
    return conn


def closed(kind):
    conn = connect(kind)
    conn.c.close()
    return conn


def peer_closed(kind):
    conn = connect(kind)
    conn.s.close()
    return conn


def cut(kind):
    conn = connect(kind)
    conn.b.closed = True
    return conn


def damaged(kind):
    conn = connect(kind)
    conn.b.queue.append(b"\x17\x03\x03\x00\x20" + bytes(32))
    outcome(conn.c.read, 1)
    return conn


def refused(kind):
    conn = never(kind)
    conn.b.queue.append(b"\x15\x03\x03\x00\x02\x02\x28")
    outcome(conn.c.read, 1)
    return conn


def failed(kind):
    conn = connect(kind)

    def hook(end, what, n, arg):
        raise OSError(104)

    conn.a.hook = hook
    outcome(conn.c.read, 1)
    conn.a.hook = None
    return conn


def deleted(kind):
    conn = connect(kind)
    if HAS_DEL:
        conn.c.__del__()
    return conn


METHODS = (
    ("read", (1,)), ("read", ()), ("read", (0,)), ("read", (-2,)), ("readinto", (bytearray(10),)),
    ("readinto", (bytearray(0),)), ("readline", ()), ("readline", (5,)), ("write", (b"x",)),
    ("write", (b"",)), ("write", (bytes(70000),)), ("cipher", ()), ("getpeercert", (True,)),
    ("getpeercert", (False,)), ("setblocking", (True,)), ("ioctl", (3, 5)), ("ioctl", (99, 0)),
    ("recv", (5,)), ("recv_into", (bytearray(3),)), ("send", (b"x",)), ("sendall", (b"x",)),
    ("close", ()), ("read", (1,)), ("write", (b"x",)), ("cipher", ()), ("getpeercert", (True,)),
    ("ioctl", (3, 5)), ("close", ()),
)
ERRORS = ("OSError", "MemoryError", "NotImplementedError", "AttributeError")

for kind in KINDS:
    for state in (never, half, closed, peer_closed, cut, damaged, refused, failed, deleted):
        for start in range(len(METHODS)):
            conn = state(kind)
            for name, args in METHODS[start:] + METHODS[:start]:
                method = getattr(conn.c, name, None)
                if method:
                    r = outcome(method, *args)
                    ok = not isinstance(r, str) or r.split()[0] in ERRORS
                    check(ok, kind, state.__name__, name, args and args[0], r)
                    if name == "close":
                        check(r is None, kind, state.__name__, "close", r)
            outcome(conn.s.close)
            if kind != "TLSv1.3" and start > 6:
                break
end()
