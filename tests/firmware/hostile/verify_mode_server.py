# The verify_mode of a server changed while a client without a certificate, or with a bad one,
# shakes hands.
from common import *

for kind in CERT_KINDS:
    for bad in (False, True):
        for before, after, want in (
            (wolfssl.CERT_REQUIRED, wolfssl.CERT_NONE, "OSError"),
            (wolfssl.CERT_NONE, wolfssl.CERT_REQUIRED, "ok"),
        ):
            for when in range(8):
                cc, sc = contexts(kind)
                if bad:
                    cc.load_cert_chain(other_cert, other_key)
                sc.load_verify_locations(cadata=ca)
                sc.verify_mode = before
                conn = Connection(cc, sc, kind)

                def hook(end, what, n, arg):
                    if n == when:
                        sc.verify_mode = after

                conn.b.hook = hook
                r = outcome(conn.run)
                check(r == want, kind, bad, before, after, when, r)
                conn.close()
end()
