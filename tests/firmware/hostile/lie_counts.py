# A stream that says it has read or written more than asked for, less than nothing, huge counts, or
# no number at all.
from common import *


class Int(int):
    pass


LIES = (1 << 14, 1 << 20, 1 << 31, (1 << 31) - 1, 1 << 32, (1 << 32) + 1, 1 << 62, (1 << 62) - 1,
    1 << 63, 1 << 70, -1, -2, -5, -11, -1000, -(1 << 31), -(1 << 62), -(1 << 63), -(1 << 70), True,
    False, 1.5, "1", b"1", [], (1,), object, Int(3))

for kind in KINDS:
    for what_lies in ("read", "write"):
        for connected in (False, True):
            for lie in LIES:
                conn = Connection(*contexts(kind), kind)
                if connected:
                    conn.run()
                    conn.s.write(b"data")

                # Not forever: a stream that always has one more datagram keeps its reader busy.
                def hook(end, what, n, arg):
                    if what == what_lies:
                        return (lie if n < 100 else None,)

                conn.a.hook = hook
                f, arg = (conn.c.read, 1) if what_lies == "read" else (conn.c.write, b"x" * 300)
                for _ in range(3):
                    r = outcome(f, arg)
                    ok = r is None or isinstance(r, (bytes, int)) or r.split()[0] in ("OSError",
                        "TypeError", "OverflowError")
                    check(ok, kind, what_lies, connected, lie, r)
                    if connected and type(lie) is int and lie >= 1 << 14:
                        check(isinstance(r, str), kind, what_lies, lie, "is taken", r)
                check(outcome(conn.c.close) is None, kind, what_lies, lie, "close")
                conn.s.close()
end()
