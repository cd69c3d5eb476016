# set_ciphers that changes the versions of a context back and forth, at any time; a DTLS context
# has to be re-created for that.
from common import *

for kind in CERT_KINDS:
    for who in (0, 1):
        for when in range(10):
            cc, sc = contexts("DTLS" if kind == "DTLS" else "TLSv1.3", True)
            conn = Connection(cc, sc, kind)

            def hook(end, what, n, arg):
                if n >= when:
                    (cc, sc)[who].set_ciphers([TLS12])
                    (cc, sc)[who].set_ciphers([TLS12, TLS13])

            (conn.a, conn.b)[who].hook = hook
            r = outcome(conn.run)
            check(r == "ok", kind, who, when, r)
            version = conn.c.cipher()
            conn.close()
            # The context is as good as before.
            conn = Connection(cc, sc, kind)
            r = outcome(conn.run)
            check(r == "ok" and (not version or conn.c.cipher()[1] == version[1]), kind, who,
                when, "next", r)
            check(conn.s.getpeercert(True) == client_cert, kind, "client's certificate")
            conn.close()
end()
