# A stream without end that returns 0 or None forever: a bounded number of calls each time, no loop
# that never ends.
from common import *

for kind in KINDS:
    for answer in (0, None):
        for what_lies in ("read", "write", "both"):
            for connected in (False, True):
                conn = Connection(*contexts(kind), kind)
                if connected:
                    conn.run()
                calls = [0]

                def hook(end, what, n, arg):
                    calls[0] += 1
                    if calls[0] > 1000:
                        raise ValueError("too many calls")
                    if what != "ioctl" and what_lies in (what, "both"):
                        return (answer,)

                conn.a.hook = hook
                for f, args in (
                    (conn.c.write, (b"x" * 100,)),
                    (conn.c.read, (1,)),
                    (conn.c.write, (b"x" * 40000,)),
                    (conn.c.read, ()),
                    (conn.c.readline, ()),
                    (conn.c.close, ()),
                ):
                    calls[0] = 0
                    r = outcome(f, *args)
                    ok = r is None or isinstance(r, (bytes, int)) or r.startswith("OSError")
                    check(ok, kind, answer, what_lies, connected, r)
                conn.s.close()
end()
