# From ecdsa_sign_callback: every method of the session and its context, another handshake, garbage
# collection.
from common import *

if not hasattr(contexts()[0], "ecdsa_sign_callback"):
    print("SKIP")
    raise SystemExit


def attack(number, conn, cc, sc, kind):
    if number == 0:
        return conn.s.close()
    if number == 1:
        return conn.s.read(1)
    if number == 2:
        return conn.s.write(b"x")
    if number == 3:
        return conn.s.cipher(), conn.s.getpeercert(True)
    if number == 4 and HAS_DEL:
        return conn.s.__del__()
    if number == 5 and HAS_DEL:
        sc.__del__()
    if number == 6:
        sc.ecdsa_sign_callback = None
        inner = Connection(cc, sc, kind)
        r = inner.run()
        inner.close()
        check(r == "ok", kind, "inner", r)
    if number == 7:
        sc.load_cert_chain(other_cert, other_key)
        trample(len(other_key))


for kind in CERT_KINDS:
    for number in range(8):
        cc, sc = contexts(kind)
        results = set()

        def sign(key, digest):
            r = outcome(attack, number, conn, cc, sc, kind)
            results.add(r if isinstance(r, str) else "value")
            gc.collect()

        sc.ecdsa_sign_callback = sign
        conn = Connection(cc, sc, kind)
        r = outcome(conn.run)
        if number in (0, 1, 2):
            check(results and all(r.startswith("OSError") for r in results), kind, number, results)
        check(r == "ok", kind, number, r)
        conn.close()
end()
