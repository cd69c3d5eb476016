# A wrap_socket that does the handshake at once, whose stream frees, reloads, wraps and closes all
# around it meanwhile.
from common import *


def act(number, cc, sc, a, b, kind):
    if number == 0 and HAS_DEL:
        cc.__del__()
        sc.__del__()
    elif number == 1:
        cc.load_cert_chain(other_cert, other_key)
        sc.load_cert_chain(other_cert, other_key)
    elif number == 2:
        cc.set_ciphers([TLS12])
        cc.set_ciphers([TLS12, TLS13])
    elif number == 3:
        extra = cc.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
        extra.close()
        a.closed = False
    elif number == 4:
        a.closed = b.closed = True
    elif number == 5:
        cc.verify_mode = wolfssl.CERT_NONE
        cc.verify_callback = lambda cert, depth: 1
        cc.load_verify_locations(cadata=ca)
    elif number == 6:
        conn = Connection(cc, sc, kind)
        check(conn.run() == "ok", kind, "inner")
    elif number == 7:
        trample(500, 50)
    gc.collect()


for kind in [kind for kind in CERT_KINDS if not (kind == "DTLS" and DTLS_PROVES)]:
    for number in range(8):
        for when in range(8):
            cc, sc = contexts(kind, True)
            a, b = ends(kind == "DTLS")
            extra = {"client_id": b"x"} if kind == "DTLS" else {}
            s = sc.wrap_socket(b, server_side=True, do_handshake_on_connect=False, **extra)
            turn = [0]

            def hook(end, what, n, arg):
                if n == when:
                    act(number, cc, sc, a, b, kind)
                if what == "read":
                    outcome(s.read, 1)
                    turn[0] += 1
                    if turn[0] > 300:
                        raise ValueError("for ever")

            a.hook = hook
            c = outcome(cc.wrap_socket, a, server_hostname="localhost")
            if isinstance(c, str):
                check(number == 4 and (c.startswith("OSError") or c == "ValueError"), kind,
                    number, when, c)
            else:
                a.hook = None
                check(c.getpeercert(True) == server, kind, number, when, "certificate")
                c.write(b"x")
                check(number == 4 or outcome(s.read, 1) == b"x", kind, number, when, "data")
                c.close()
            s.close()
end()
