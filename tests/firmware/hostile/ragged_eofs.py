# suppress_ragged_eofs of every value, by context and by wrap_socket, changed under way: the end is
# an end, or an error at every read after the data, and a close_notify is always an end.
from common import *

if not hasattr(wolfssl.SSLContext(0), "suppress_ragged_eofs"):
    print("SKIP")
    raise SystemExit


class Bool:
    def __init__(self, value):
        self.value = value

    def __bool__(self):
        if isinstance(self.value, type):
            raise self.value
        return self.value


READS = (lambda c: c.read(10), lambda c: c.read(), lambda c: c.readline(),
    lambda c: c.readinto(bytearray(5)), lambda c: c.read(1))

for kind in ("TLSv1.3", "TLSv1.2"):
    for value in (True, False, 1, 0, "", "x", [], Bool(True), Bool(False)):
        for by in ("context", "socket", "changed"):
            for notify in (False, True):
                cc, sc = contexts(kind)
                conn = Connection(cc, sc, kind)
                if by == "context":
                    cc.suppress_ragged_eofs = value
                    check(cc.suppress_ragged_eofs is bool(value), kind, value, "attribute")
                    conn.c = cc.wrap_socket(conn.a, server_hostname="localhost",
                        do_handshake_on_connect=False)
                elif by == "socket":
                    cc.suppress_ragged_eofs = not value
                    conn.c = cc.wrap_socket(conn.a, server_hostname="localhost",
                        do_handshake_on_connect=False,
                        suppress_ragged_eofs=value)
                else:
                    cc.suppress_ragged_eofs = value
                    conn.c = cc.wrap_socket(conn.a, server_hostname="localhost",
                        do_handshake_on_connect=False)
                    cc.suppress_ragged_eofs = not value
                check(conn.run() == "ok", kind, "run")
                conn.s.write(b"line\nrest")
                if notify:
                    conn.s.close()
                conn.b.closed = True
                check(conn.c.readline() == b"line\n", kind, by, "line")
                got = outcome(conn.c.read, 100)
                check(got == b"rest", kind, value, by, notify, got)
                for f in READS:
                    r = outcome(f, conn.c)
                    want = (b"", 0) if notify or value and not (isinstance(value, Bool)
                        and not value.value) else ("OSError",)
                    check(r in want, kind, repr(value), by, notify, r)
                conn.c.close()

for value in (None, Bool(KeyError), object()):
    for f in (
        lambda: setattr(wolfssl.SSLContext(0), "suppress_ragged_eofs", value),
        lambda: wolfssl.SSLContext(0).wrap_socket(ends()[0], do_handshake_on_connect=False,
            suppress_ragged_eofs=value),
    ):
        r = outcome(f)
        check(not isinstance(r, str) or r == "KeyError", value, r)
end()
