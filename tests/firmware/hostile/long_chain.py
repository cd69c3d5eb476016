# Peers whose chain has one, ten or hundreds of certificates, the same, strangers, in any order,
# and callbacks for each.
from common import *

try:
    import binascii
except ImportError:
    print("SKIP")
    raise SystemExit


def pem(der):
    text = binascii.b2a_base64(der).strip()
    lines = b"\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    return b"-----BEGIN CERTIFICATE-----\n" + lines + b"\n-----END CERTIFICATE-----\n"


for kind in CERT_KINDS:
    for n in (1, 2, 7, 8, 9, 10, 11, 20, 40, 100):
        for more in (server, ca, other_cert):
            for callback in (False, True):
                for mode in (wolfssl.CERT_NONE, wolfssl.CERT_OPTIONAL, wolfssl.CERT_REQUIRED):
                    if n > 12 and mode != wolfssl.CERT_REQUIRED:
                        continue
                    cc, sc = contexts(kind)
                    if outcome(sc.load_cert_chain, pem(server) + pem(more) * (n - 1),
                        server_key) is not None:
                        continue
                    cc.verify_mode = mode
                    seen = []

                    def verify(cert, depth):
                        seen.append(depth)
                        check(bytes(bytearray(cert)) in (server, ca, other_cert), kind, n,
                            "not a certificate of the chain")
                        return 0

                    if callback:
                        cc.verify_callback = verify
                    conn = Connection(cc, sc, kind)
                    r = outcome(conn.run)
                    check(r in ("ok", "no end", "OSError"), kind, n, callback, mode, r)
                    check(all(0 <= depth <= n for depth in seen), kind, n, seen)
                    if n == 1 or (n == 2 and more is ca):
                        check(r == "ok", kind, n, callback, mode, r)
                    if r == "ok":
                        check(conn.c.getpeercert(True) == server, kind, n, "peer's certificate")
                    outcome(conn.close)
end()
