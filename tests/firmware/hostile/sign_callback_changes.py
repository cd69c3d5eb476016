# ecdsa_sign_callback set to another function or None while a handshake is under way, by itself
# too: the first one signs.
from common import *

cc, sc = contexts()
if not hasattr(cc, "ecdsa_sign_callback"):
    print("SKIP")
    raise SystemExit

for kind in CERT_KINDS:
    for value in (None, 5, lambda key, digest: b"no signature"):
        for when in range(-1, 6):
            cc, sc = contexts(kind)
            calls = []

            def sign(key, digest):
                calls.append(1)
                if when < 0:
                    sc.ecdsa_sign_callback = value
                    gc.collect()

            sc.ecdsa_sign_callback = sign
            conn = Connection(cc, sc, kind)
            del sign

            def between(i):
                if i == when:
                    sc.ecdsa_sign_callback = value
                    trample(64, 50)

            r = outcome(conn.run, between)
            check(r == "ok" and len(calls) == 1, kind, value, when, r, calls)
            conn.close()
    # And one that came too late isn't asked.
    for when in range(6):
        cc, sc = contexts(kind)
        conn = Connection(cc, sc, kind)
        r = outcome(conn.run,
            lambda i: setattr(sc, "ecdsa_sign_callback", lambda key, digest: b"bad")
            if i == when else None)
        check(r == "ok", kind, when, "too late", r)
        conn.close()
end()
