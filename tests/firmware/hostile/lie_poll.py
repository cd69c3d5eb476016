# A stream whose ioctl answers nonsense to poll and to close, raises, or has none.
from common import *

try:
    import select
except ImportError:
    print("SKIP")
    raise SystemExit


def poll(sock, mask=5):
    p = select.poll()
    p.register(sock, mask)
    return p.poll(0)


ANSWERS = (0, 1, 4, 5, 255, 1 << 20, 1 << 31, 1 << 62, 1 << 70, -1, -5, -11, -(1 << 62), None,
    "x", b"", 1.5, [], ValueError, KeyboardInterrupt, MemoryError, OSError, SystemExit)
ERRORS = ("OSError", "TypeError", "OverflowError", "ValueError", "KeyboardInterrupt",
    "MemoryError", "SystemExit")

for kind in KINDS:
    for steps in (0, 1, 2, 8):
        for answer in ANSWERS:
            conn = Connection(*contexts(kind), kind)
            for _ in range(steps):
                conn.step()

            def hook(end, what, n, arg):
                if what == "ioctl":
                    if isinstance(answer, type):
                        raise answer
                    return (answer,)

            conn.a.hook = hook
            for mask in (1, 4, 5, 0, 255):
                r = outcome(poll, conn.c, mask)
                check(not isinstance(r, str) or r.split()[0] in ERRORS, kind, steps,
                    answer, mask, r)
            if hasattr(conn.c, "ioctl"):
                for request in (0, 1, 2, 4, 10, 11, 12, 13, 99, -1, 1 << 40):
                    if request != 4:
                        outcome(conn.c.ioctl, request, 0)
            r = outcome(conn.c.close)
            check(r is None or r.split()[0] in ERRORS, kind, steps, answer, "close", r)
            check(outcome(conn.c.close) is None, kind, steps, answer, "close again")
            conn.s.close()
end()
