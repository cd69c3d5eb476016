# The stream's class loses, and changes, its methods while a session uses it.
from common import *

SAVED = {name: getattr(End, name) for name in ("readinto", "write", "ioctl")}
ERRORS = ("OSError", "TypeError", "AttributeError")

for kind in KINDS:
    for name in ("readinto", "write", "ioctl"):
        for value in (None, 5, lambda: 0, lambda self, *args: None, "delete"):
            for steps in (0, 1, 2, 5):
                conn = Connection(*contexts(kind), kind)
                for _ in range(steps):
                    conn.step()
                if value == "delete":
                    delattr(End, name)
                else:
                    setattr(End, name, value)
                for f, args in ((conn.c.read, (1,)), (conn.c.write, (b"x",)), (conn.s.read, (1,))):
                    r = outcome(f, *args)
                    check(not isinstance(r, str) or r.split()[0] in ERRORS, kind, name, value, r)
                r = outcome(conn.close)
                check(r is None or r.split()[0] in ERRORS, kind, name, value, "close", r)
                for n, f in SAVED.items():
                    setattr(End, n, f)
                outcome(conn.close)
end()
