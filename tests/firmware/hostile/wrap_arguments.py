# SSLContext.wrap_socket with host names, client ids and flags of every type and size.
from common import *


class Bool:
    def __bool__(self):
        raise KeyError


class Len:
    def __len__(self):
        return -1


NAMES = (None, "", ".", "..", "localhost", "localhost.", "LOCALHOST", "x" * 63, "x" * 255,
    "x" * 256, "x" * 65535, "x" * 65536, "x" * (1 << 20), "x\0y", "localhost\0", "\0", "\xff",
    "\u20ac", "*.localhost", "*", "127.0.0.1", "::1", "::", "1::2::3", "[::1]", "fe80::1%lo",
    "999.999.999.999", "1.2.3", "1" * 300, ":" * 300, b"localhost", bytearray(b"localhost"),
    b"\xff\xfe", b"", 5, 1.5, [], object(), True, "a." * 130 + "b", "%s%n%x", " localhost",
    "localhost ", "local host", "xn--", "xn--" + "a" * 70)
ERRORS = ("TypeError", "ValueError", "OSError", "MemoryError", "UnicodeError", "KeyError")

for kind in KINDS:
    cc, sc = contexts(kind)
    for name in NAMES:
        a, b = ends(kind == "DTLS")
        c = outcome(cc.wrap_socket, a, server_hostname=name, do_handshake_on_connect=False)
        if isinstance(c, str):
            check(c.split()[0] in ERRORS, kind, name, c)
        else:
            conn = Connection(cc, sc, kind)
            conn.c.close()
            conn.a, conn.c = conn.a, c
            conn.b.other = a
            a.other = conn.b
            r = outcome(conn.run)
            good = name in ("localhost", "localhost.", "LOCALHOST", b"localhost",
                bytearray(b"localhost"), "127.0.0.1") or kind == "PSK"
            check(r == "OSError" or good or (r == "no end" and kind == "DTLS"), kind,
                name if len(str(name)) < 30 else "long", r)
            outcome(conn.close)
        # A server does not use a name, and is not harmed by it.
        extra = {"client_id": b"x"} if kind == "DTLS" else {}
        s = outcome(sc.wrap_socket, b, server_side=True, server_hostname=name,
            do_handshake_on_connect=False, **extra)
        if not isinstance(s, str):
            outcome(s.read, 1)
            s.close()

    for flag in (None, 2, -1, 1 << 70, "", "x", [], Bool(), Len(), object()):
        for which in ("server_side", "do_handshake_on_connect"):
            for ctx in (cc, sc):
                a, b = ends(kind == "DTLS")
                a.closed = True  # a handshake ends at once
                if kind == "DTLS" and which != "server_side":
                    continue
                kw = {"server_hostname": "localhost", "do_handshake_on_connect": False,
                    "client_id": b"x"}
                kw[which] = flag
                r = outcome(ctx.wrap_socket, b, **kw)
                check(not isinstance(r, str) or r.split()[0] in ERRORS, kind, which, flag, r)
    for args in ((), (None,), (ends()[0], False, False, "localhost", b"x", 5)):
        check(outcome(cc.wrap_socket, *args).split()[0] in ("TypeError", "OSError"), kind, args)
    check(outcome(cc.wrap_socket, ends()[0], nothing=5) == "TypeError", kind, "nothing")
end()
