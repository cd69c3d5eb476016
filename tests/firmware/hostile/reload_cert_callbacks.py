# load_cert_chain, load_verify_locations and set_ciphers of both contexts from verify_callback and
# ecdsa_sign_callback.
from common import *


def reload(cc, sc):
    cc.load_cert_chain(other_cert, other_key)
    sc.load_cert_chain(other_cert, other_key)
    cc.load_verify_locations(cadata=ca)
    sc.load_verify_locations(cadata=ca)
    cc.set_ciphers([TLS12])
    sc.set_ciphers([TLS12])
    gc.collect()


for kind in CERT_KINDS:
    cc, sc = contexts(kind, True)
    calls = []

    def verify(cert, depth):
        calls.append("verify")
        reload(cc, sc)
        return 0

    def sign(key, digest):
        calls.append("sign")
        reload(cc, sc)
        return None

    cc.verify_callback = verify
    sc.verify_callback = verify
    if hasattr(cc, "ecdsa_sign_callback"):
        cc.ecdsa_sign_callback = sign
        sc.ecdsa_sign_callback = sign
    conn = Connection(cc, sc, kind)
    r = outcome(conn.run)
    check(r == "ok", kind, r)
    check(conn.c.getpeercert(True) == server, kind, "server's certificate")
    check(conn.s.getpeercert(True) == client_cert, kind, "client's certificate")
    check("verify" in calls, kind, calls)
    conn.close()
end()
