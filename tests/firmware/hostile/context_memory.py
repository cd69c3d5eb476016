# One context and a thousand hostile handshakes: forged CAs sent by clients, strangers, cut and
# garbled. It stays as it was.
from common import *

forged = other_cert

for mode in ("CERT_OPTIONAL", "CERT_NONE", "CERT_REQUIRED"):
    for kind in CERT_KINDS:
        cc, sc = contexts(kind)
        sc.verify_mode = getattr(wolfssl, mode)
        sc.load_verify_locations(cadata=ca)
        cc.load_cert_chain(forged, other_key)
        for i in range(20):
            conn = Connection(cc, sc, kind)
            outcome(conn.run, None, 4)
            conn.close()
        # A context that is strict from now on decides like a new one.
        sc.verify_mode = wolfssl.CERT_REQUIRED
        check(outcome(Connection(cc, sc, kind).run) == "OSError", mode, kind, "forged")
        cc.load_cert_chain(client_cert, client_key)
        check(outcome(Connection(cc, sc, kind).run) == "ok", mode, kind, "good")
end()
