# load_verify_locations while handshakes are under way, a thousand times: they finish with the CAs
# that they began with.
from common import *

for kind in CERT_KINDS:
    for when in range(6):
        for loads in (1, 20):
            cc, sc = contexts(kind)
            conn = Connection(cc, sc, kind)

            def hook(end, what, n, arg):
                if n >= when:
                    for _ in range(loads):
                        cc.load_verify_locations(cadata=ca)
                        cc.load_verify_locations(cadata=other_cert) if n == when else None

            conn.a.hook = hook
            r = outcome(conn.run)
            check(r == "ok", kind, when, loads, r)
            conn.close()

    # Without any CA at the beginning, the server is untrusted, whatever comes later.
    for when in range(4):
        cc, sc = contexts(kind)
        cc = wolfssl.SSLContext(wolfssl.PROTOCOL_DTLS_CLIENT if kind == "DTLS"
            else wolfssl.PROTOCOL_TLS_CLIENT)
        cc.verify_mode = wolfssl.CERT_REQUIRED
        conn = Connection(cc, sc, kind)

        def between(i):
            if i == when:
                cc.load_verify_locations(cadata=ca)

        r = outcome(conn.run, between)
        check(r == "OSError", kind, when, "no CA at first", r)
        conn.close()
end()
