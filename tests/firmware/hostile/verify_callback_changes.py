# verify_callback set to another function, None or nonsense while a handshake is under way, by
# itself too: the first stays.
from common import *

for kind in CERT_KINDS:
    for value in (None, 5, "x", lambda cert, depth: 1):
        for when in range(-1, 4):
            cc, sc = contexts(kind)
            calls = []

            def callback(cert, depth):
                calls.append(depth)
                if when < 0:
                    cc.verify_callback = value
                    gc.collect()
                return 0

            cc.verify_callback = callback
            conn = Connection(cc, sc, kind)
            del callback

            def between(i):
                if i == when:
                    cc.verify_callback = value
                    trample(64, 50)

            r = outcome(conn.run, between)
            check(r == "ok" and sorted(calls) == [0, 1], kind, value, when, r, calls)
            conn.close()

    # The same for one that refuses: it can't be taken away any more.
    for when in range(3):
        cc, sc = contexts(kind)
        cc.verify_callback = lambda cert, depth: 1
        conn = Connection(cc, sc, kind)

        def between(i):
            if i == when:
                cc.verify_callback = None

        r = outcome(conn.run, between)
        check(r == "OSError", kind, when, "refuses", r)
        conn.close()
end()
