# set_ciphers of either side between the steps and from the stream: a connection keeps the suites
# that it began with.
from common import *

OTHER = "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384"

for kind in ("TLSv1.2", "TLSv1.3"):
    first, then = (TLS12, OTHER) if kind == "TLSv1.2" else (TLS13, "TLS1-3-AES-256-GCM-SHA384")
    for who in (0, 1):
        for when in range(6):
            for from_stream in (False, True):
                both = contexts(kind)
                for ctx in both:
                    ctx.set_ciphers([first])
                conn = Connection(*both)

                def change(i):
                    if i == when:
                        both[who].set_ciphers([then])

                if from_stream:
                    conn.a.hook = lambda end, what, n, arg: change(n)
                    r = outcome(conn.run)
                else:
                    r = outcome(conn.run, change)
                check(r == "ok" and conn.c.cipher()[0] == first, kind, who, when, from_stream, r,
                    conn.c.cipher())
                conn.close()
end()
