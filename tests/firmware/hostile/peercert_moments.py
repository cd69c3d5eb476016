# getpeercert and cipher of both ends at every moment: each step, every call of the stream, every
# callback, after the end.
from common import *


# They agree with each other at any time.
def look(conn, kind):
    for sock, want in ((conn.c, server), (conn.s, client_cert)):
        cert = outcome(sock.getpeercert, True)
        cipher = outcome(sock.cipher)
        if isinstance(cert, str) or isinstance(cipher, str):
            # From below itself a session may be busy.
            check((cert, cipher) == ("OSError 16", "OSError 16"), kind, cert, cipher)
            continue
        check(cert in (None, want, b""), kind, "certificate", cert and cert[:10])
        check(cipher is None or len(cipher) == 2, kind, "cipher", cipher)
        for f in (lambda: sock.getpeercert(), lambda: sock.getpeercert(False),
            lambda: sock.getpeercert(True, 5), lambda: sock.cipher(1)):
            r = outcome(f)
            check(r in ("NotImplementedError", "TypeError") or not isinstance(r, str), kind, r)


for kind in CERT_KINDS:
    cc, sc = contexts(kind, True)
    conn = None

    def callback(*args):
        if conn:
            look(conn, kind)
            gc.collect()
        return 0

    def sign(*args):
        callback()

    cc.verify_callback = callback
    sc.verify_callback = callback
    if hasattr(cc, "ecdsa_sign_callback"):
        cc.ecdsa_sign_callback = sign
        sc.ecdsa_sign_callback = sign
    conn = Connection(cc, sc, kind)
    conn.a.hook = conn.b.hook = lambda end, what, n, arg: look(conn, kind)
    check(conn.run(lambda i: look(conn, kind)) == "ok", kind)
    check(conn.c.getpeercert(True) == server and conn.s.getpeercert(True) == client_cert,
        kind, "connected")
    conn.s.close()
    conn.c.read(1)
    look(conn, kind)
    conn.c.close()
    look(conn, kind)
    check(conn.c.cipher() is None and conn.c.getpeercert(True) is None, kind, "closed")
    if HAS_DEL:
        conn.c.__del__()
        look(conn, kind)

# A thousand copies.
for kind in CERT_KINDS:
    conn = connect(kind)
    for _ in range(1000):
        check(conn.c.getpeercert(True) == server, kind)
    conn.close()

# A server that has refused, with no session at all.
s = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER).wrap_socket(ends()[0], server_side=True,
    do_handshake_on_connect=False)
check(s.cipher() is None and s.getpeercert(True) is None, "no key")
end()
