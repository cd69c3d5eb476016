# From verify_callback: every method of the session, of the other end, of the context, and a whole
# other handshake.
from common import *


def attack(number, conn, cc, sc, kind):
    if number == 0:
        return conn.c.close()
    if number == 1:
        return conn.c.read(1)
    if number == 2:
        return conn.c.write(b"x")
    if number == 3:
        return conn.c.cipher(), conn.c.getpeercert(True)
    if number == 4:
        return conn.s.close()
    if number == 5:
        return conn.s.read(1)
    if number == 6 and HAS_DEL:
        return conn.c.__del__()
    if number == 7 and HAS_DEL:
        cc.__del__()
        sc.__del__()
    if number == 8:
        cc.verify_callback = None
        inner = Connection(cc, sc, kind)
        r = inner.run()
        inner.close()
        check(r == "ok", kind, "inner", r)
    if number == 9:
        conn.a.other = None
    if number == 10:
        conn.a.closed = conn.b.closed = True


for kind in CERT_KINDS:
    for number in range(11):
        cc, sc = contexts(kind)
        results = set()

        def verify(cert, depth):
            r = outcome(attack, number, conn, cc, sc, kind)
            results.add(r if isinstance(r, str) else "value")
            gc.collect()
            return 0

        cc.verify_callback = verify
        # The callback of a connection is the one at its beginning.
        conn = Connection(cc, sc, kind)
        r = outcome(conn.run)
        if number in (0, 1, 2):
            check(results and all(r.startswith("OSError") for r in results), kind, number, results)
        check(r == "ok" or number in (4, 9, 10), kind, number, r)
        check(r == "ok" or r.startswith("OSError") or number in (9, 10), kind, number, r)
        outcome(conn.close)
        check(outcome(conn.c.close) is None, kind, number, "close")
end()
