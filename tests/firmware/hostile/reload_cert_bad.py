# A load_cert_chain that fails, for each reason, while a handshake is under way: the handshake and
# the context stay good.
from common import *

BAD = (
    (b"", b""),
    (b"nonsense", server_key),
    (server, b"nonsense"),
    (server[:-1], server_key),
    (server, server_key[:-7]),
    (server + server, b"-----BEGIN EC PRIVATE KEY-----"),
    (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", server_key),
    (None, server_key),
    (server, None),
    ("/no/such/file", server_key),
    (server, "/no/such/file"),
)

for kind in CERT_KINDS:
    for cert, key in BAD:
        for when in range(6):
            cc, sc = contexts(kind)
            conn = Connection(cc, sc, kind)
            results = set()

            def between(i):
                if i == when:
                    results.add(outcome(sc.load_cert_chain, cert, key))

            r = outcome(conn.run, between)
            check(r == "ok", kind, cert and cert[:10], key and key[:10], when, r)
            check(not results & {None}, "loaded", cert, key)
            conn.close()
        r = outcome(Connection(cc, sc, kind).run)
        check(r == "ok", kind, "afterwards", cert and cert[:10], key and key[:10], r)
end()
