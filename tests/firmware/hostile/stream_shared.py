# Two sessions on one stream, a session on a session, on itself through a stream, and three on top
# of each other.
from common import *

# Two clients on one stream.
for kind in KINDS:
    cc, sc = contexts(kind)
    conn = Connection(cc, sc, kind)
    second = cc.wrap_socket(conn.a, server_hostname="localhost", do_handshake_on_connect=False)
    for _ in range(10):
        r = outcome(conn.step)
        outcome(second.write, b"y")
        outcome(second.read, 1)
    second.close()
    check(outcome(conn.close) is None, kind, "close")

# A tunnel in a tunnel in a tunnel.
for kind in ("TLSv1.3", "TLSv1.2"):
    cc, sc = contexts(kind)
    conns = [connect(kind)]
    for _ in range(2):
        outer = conns[-1]
        inner = Connection(cc, sc, kind)
        inner.c = cc.wrap_socket(outer.c, server_hostname="localhost",
            do_handshake_on_connect=False)
        inner.s = sc.wrap_socket(outer.s, server_side=True, do_handshake_on_connect=False)
        r = outcome(inner.run)
        check(r == "ok", kind, "tunnel", r)
        conns.append(inner)
    inner.c.write(b"through three")
    check(inner.s.read(13) == b"through three", kind, "data")
    # The lowest goes first.
    conns[0].c.close()
    r = outcome(inner.c.write, b"x")
    check(isinstance(r, str) and r.startswith("OSError"), kind, "after the lowest", r)
    for conn in conns:
        outcome(conn.close)

# A stream that goes to the session itself.
for kind in KINDS:
    conn = Connection(*contexts(kind), kind)

    def hook(end, what, n, arg):
        if what == "read":
            return (conn.c.readinto(arg),)
        if what == "write":
            return (conn.c.write(arg),)

    conn.a.hook = hook
    for f, args in ((conn.c.write, (b"x",)), (conn.c.read, (1,)), (conn.c.read, ())):
        r = outcome(f, *args)
        check(r is None or r == "OSError 16", kind, "itself", r)
    check(outcome(conn.c.close) is None, kind, "close itself")
    conn.s.close()

# Two that are each other's stream.
for kind in ("TLSv1.3", "TLSv1.2"):
    cc, sc = contexts(kind)
    a, b = ends()
    c = cc.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    d = cc.wrap_socket(c, server_hostname="localhost", do_handshake_on_connect=False)

    def hook(end, what, n, arg):
        if what == "read":
            return (d.readinto(arg),)
        if what == "write":
            return (d.write(arg),)

    a.hook = hook
    for f in (lambda: d.read(1), lambda: d.write(b"x"), lambda: c.read(1), lambda: c.write(b"x"),
        d.close, c.close):
        r = outcome(f)
        check(r is None or isinstance(r, int) or r.startswith("OSError"), kind, "ring", r)
end()
