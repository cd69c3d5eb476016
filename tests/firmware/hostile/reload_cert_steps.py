# load_cert_chain of another certificate between all steps of a handshake: it goes on with the
# first one.
from common import *

for kind in CERT_KINDS:
    cc, sc = contexts(kind)
    n = 0
    for when in range(12):
        sc.load_cert_chain(server, server_key)
        conn = Connection(cc, sc, kind)

        def between(i):
            if i == when:
                sc.load_cert_chain(other_cert, other_key)
                trample(len(server_key))

        r = outcome(conn.run, between)
        check(r == "ok" and conn.c.getpeercert(True) == server, kind, when, r)
        conn.close()
        # The next connection gets the new certificate, which the client refuses.
        if when < 5:
            check(outcome(Connection(cc, sc, kind).run) == "OSError", kind, when, "next")
end()
