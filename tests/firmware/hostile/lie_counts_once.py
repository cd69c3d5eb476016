# One lie at the n-th call, and the truth before and after it: the connection ends with an error or
# goes on.
from common import *

LIES = ("more", "much more", -1, -11, -110, -4, 0, None, "x")

for kind in KINDS:
    for side in (0, 1):
        for lie in LIES:
            for when in range(10):
                conn = Connection(*contexts(kind), kind)

                def hook(end, what, n, arg):
                    if n == when and what != "ioctl":
                        if lie == "more":
                            return (len(arg) + 1,)
                        if lie == "much more":
                            return (len(arg) + 70000,)
                        return (lie,)

                (conn.a, conn.b)[side].hook = hook
                r = outcome(conn.run)
                ok = r in ("ok", "no end", "TypeError") or r.startswith("OSError")
                check(ok, kind, side, lie, when, r)
                (conn.a, conn.b)[side].hook = None
                r = outcome(conn.c.write, b"more")
                outcome(conn.s.read, 10)
                check(outcome(conn.close) is None, kind, side, lie, when, "close")
end()
