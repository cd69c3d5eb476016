# load_cert_chain from the server's own stream, at every call of it, in the middle of what wolfSSL
# does.
from common import *

for kind in CERT_KINDS:
    for when in range(14):
        cc, sc = contexts(kind)
        conn = Connection(cc, sc, kind)

        def hook(end, what, n, arg):
            if n == when:
                sc.load_cert_chain(other_cert, other_key)
                sc.load_cert_chain(other_cert, other_key)

        conn.b.hook = hook
        r = outcome(conn.run)
        check(r == "ok" and conn.c.getpeercert(True) == server, kind, when, r)
        conn.close()
end()
