# A client with a certificate loads another one while the handshake is under way: it sends the
# first.
from common import *

for kind in CERT_KINDS:
    for when in range(8):
        cc, sc = contexts(kind, True)
        conn = Connection(cc, sc, kind)

        def hook(end, what, n, arg):
            if n == when:
                cc.load_cert_chain(other_cert, other_key)

        conn.a.hook = hook
        r = outcome(conn.run)
        check(r == "ok" and conn.s.getpeercert(True) == client_cert, kind, when, r)
        conn.close()
end()
