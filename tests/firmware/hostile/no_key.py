# A server without a key, which has no session: every hook, lie and method there, and a key that
# comes later.
from common import *

ERRORS = ("OSError", "OSError 9", "OSError 16", "TypeError", "ValueError")


def make(dtls=False):
    protocol = wolfssl.PROTOCOL_DTLS_SERVER if dtls else wolfssl.PROTOCOL_TLS_SERVER
    ctx = wolfssl.SSLContext(protocol)
    a, b = ends(dtls)
    s = ctx.wrap_socket(b, server_side=True, do_handshake_on_connect=False, client_id=b"x")
    return ctx, a, b, s


for dtls in (False, True):
    if dtls and "DTLS" not in KINDS:
        continue
    for number in range(12):
        ctx, a, b, s = make(dtls)

        def hook(end, what, n, arg):
            if number == 0:
                outcome(s.close)
            elif number == 1:
                outcome(s.read, 1)
            elif number == 2:
                outcome(s.write, b"x")
            elif number == 3 and HAS_DEL:
                s.__del__()
                ctx.__del__()
            elif number == 4:
                raise KeyboardInterrupt
            elif number == 5:
                return (1 << 30,)
            elif number == 6:
                return (-5,)
            elif number == 7:
                ctx.load_cert_chain(server, server_key)
            elif number == 8 and what != "ioctl":
                return (None,)
            elif number == 9:
                return (0,)
            elif number == 10:
                ctx.verify_mode = wolfssl.CERT_REQUIRED
                ctx.set_ciphers([TLS12])
                gc.collect()

        b.hook = hook
        for step in range(4):
            a.queue.append(b"\x16\x03\x01\x00\x05hello")
            for f in (lambda: s.read(1), lambda: s.write(b"x"), lambda: s.read(),
                lambda: s.cipher(), lambda: s.getpeercert(True),
                lambda: s.ioctl(3, 5) if hasattr(s, "ioctl") else None):
                r = outcome(f)
                check(not isinstance(r, str) or r.split()[0] in ("OSError", "TypeError",
                    "ValueError", "KeyboardInterrupt"), dtls, number, r)
        r = outcome(s.close)
        check(r is None or number in (4, 6), dtls, number, "close", r)
        b.hook = None
        check(outcome(s.close) is None, dtls, number, "close again")

    # At once.
    for fill in (b"\x16\x03\x01", b""):
        ctx, a, b, s = make(dtls)
        a.queue.append(fill or b"x")
        a.closed = True
        r = outcome(ctx.wrap_socket, b, server_side=True, client_id=b"x")
        check(isinstance(r, str) and r.startswith("OSError"), dtls, "at once", r)

# The wrong side of a context.
for kind in KINDS:
    cc, sc = contexts(kind)
    a, b = ends(kind == "DTLS")
    c = outcome(sc.wrap_socket, a, server_hostname="localhost", do_handshake_on_connect=False,
        client_id=b"x")
    s = outcome(cc.wrap_socket, b, server_side=True, server_hostname="localhost",
        do_handshake_on_connect=False)
    for _ in range(4):
        for sock in (c, s):
            if not isinstance(sock, str):
                outcome(sock.write, b"x")
                outcome(sock.read, 1)
    for sock in (c, s):
        if not isinstance(sock, str):
            check(outcome(sock.close) is None, kind, "wrong side")
end()
