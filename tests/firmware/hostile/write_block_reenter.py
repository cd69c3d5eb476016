# While ciphertext waits because the stream blocks: every other method, context changes, garbage,
# close, __del__.
from common import *

try:
    import select
except ImportError:
    print("SKIP")
    raise SystemExit


def poll(sock):
    p = select.poll()
    p.register(sock, 5)
    return p.poll(0)


ACTIONS = (
    lambda conn: conn.c.read(1),
    lambda conn: conn.c.write(b"other"),
    lambda conn: conn.c.write(b""),
    lambda conn: poll(conn.c),
    lambda conn: conn.c.cipher(),
    lambda conn: conn.c.getpeercert(True),
    lambda conn: conn.c.close(),
    lambda conn: conn.c.__del__() if HAS_DEL else None,
    lambda conn: gc.collect() or trample(5000, 20),
    lambda conn: setattr(conn, "c", None) or gc.collect(),
)

for kind in KINDS:
    for action in ACTIONS:
        for closes in (False, True):
            conn = connect(kind)
            conn.s.write(b"something to read")
            blocked = [True]

            def hook(end, what, n, arg):
                if what == "write" and blocked[0]:
                    return (None,)
                if what == "ioctl" and arg[0] == 3 and blocked[0]:
                    return (arg[1] & 1,)

            conn.a.hook = hook
            c = conn.c
            size = 1000 if kind == "DTLS" else 40000
            for _ in range(3):
                outcome(c.write, b"x" * size)
            c = None
            r = outcome(action, conn)
            check(not isinstance(r, str) or r.startswith("OSError"), kind,
                ACTIONS.index(action), r)
            if closes and conn.c:
                check(outcome(conn.c.close) is None, kind, ACTIONS.index(action),
                    "close while blocked")
            blocked[0] = False
            if conn.c:
                r = outcome(conn.c.write, b"more")
                check(r is None or r == 4 or r == "OSError 9", kind,
                    ACTIONS.index(action), "write", r)
                outcome(conn.c.close)
            total = 0
            while True:
                r = outcome(conn.s.read, 10000)
                if not isinstance(r, bytes) or not r:
                    break
                total += len(r)
                check(not r.strip(b"xothermore"), kind, "other bytes", r[:10])
            outcome(conn.s.close)
end()
