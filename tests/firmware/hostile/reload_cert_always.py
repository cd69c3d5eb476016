# load_cert_chain of both sides before every step, the same certificates again: each side finishes
# with what it had.
from common import *

for kind in CERT_KINDS:
    for mutual in (False, True):
        cc, sc = contexts(kind, mutual)

        def between(i):
            sc.load_cert_chain(server, server_key)
            if mutual:
                cc.load_cert_chain(client_cert, client_key)
            gc.collect()

        conn = Connection(cc, sc, kind)
        r = outcome(conn.run, between)
        check(r == "ok", kind, mutual, r)
        if mutual:
            check(conn.s.getpeercert(True) == client_cert, kind, "client's certificate")
        conn.close()
end()
