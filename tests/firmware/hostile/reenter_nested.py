# Handshakes within handshakes on the same contexts, from every callback, until the stack ends:
# RuntimeError, no crash.
from common import *

deepest = 0


def nest(cc, sc, depth, limit):
    global deepest
    deepest = max(deepest, depth)
    if depth < limit:
        conn = Connection(cc, sc, kind)
        state[depth] = conn
        r = conn.run()
        conn.close()
        return r


for kind in CERT_KINDS:
    for limit in (5, 200):
        state = {}
        level = [0]
        cc, sc = contexts(kind)

        def verify(cert, depth):
            if depth == 0:
                level[0] += 1
                try:
                    nest(cc, sc, level[0], limit)
                finally:
                    level[0] -= 1
            return 0

        cc.verify_callback = verify
        r = outcome(nest, cc, sc, 0, limit)
        check(r == ("ok" if limit == 5 else "RuntimeError"), kind, limit, r)
        check(deepest >= 5, kind, deepest)
        state = None
        gc.collect()
        # Everything works as before.
        cc.verify_callback = None
        check(outcome(Connection(cc, sc, kind).run) == "ok", kind, limit, "afterwards")
end()
