# Callbacks that keep what they are given, change it, grow it, and look at it long after the
# connection has gone.
from common import *

kept = []


def change(thing, i):
    thing[i] = 0xEE


def verify(cert, depth):
    kept.append((cert, bytes(bytearray(cert))))
    if len(kept) % 2:
        for i in range(len(cert)):
            outcome(change, cert, i)
        kept[-1] = (cert, bytes(bytearray(cert)))
    outcome(lambda: cert.extend(bytes(1000)))
    return 0


def sign(key, digest):
    for thing in (key, digest):
        outcome(change, thing, 0)
        outcome(lambda: thing.extend(bytes(3000)))
        kept.append((thing, bytes(bytearray(thing))))


for kind in CERT_KINDS:
    cc, sc = contexts(kind, True)
    cc.verify_callback = sc.verify_callback = verify
    if hasattr(sc, "ecdsa_sign_callback"):
        sc.ecdsa_sign_callback = cc.ecdsa_sign_callback = sign
    for _ in range(5):
        conn = Connection(cc, sc, kind)
        r = outcome(conn.run)
        check(r == "ok", kind, r)
        check(conn.c.getpeercert(True) == server and conn.s.getpeercert(True) == client_cert,
            kind, "changed")
        conn.close()
    conn = cc = sc = None
    trample(500, 100)
    for thing, copy in kept:
        check(bytes(bytearray(thing)) == copy, kind, "what was kept has changed")
    kept.clear()
end()
