# Reads and writes of huge, odd and no sizes, in all ways, on a session with data, without, and at
# its end.
from common import *

ERRORS = ("MemoryError", "OverflowError", "OSError", "ValueError", "TypeError")
SIZES = (0, 1, 2, 16383, 16384, 16385, 32768, 100000, 1 << 24, 1 << 31, (1 << 31) - 1, 1 << 32,
    1 << 40, 1 << 62, 1 << 70, -1, -2, -(1 << 31), -(1 << 70))
data = bytes([i & 0xFF for i in range(20000)])

for kind in KINDS:
    for state in ("data", "empty", "end"):
        for size in SIZES:
            conn = connect(kind)
            if state == "data":
                n = 1000 if kind == "DTLS" else len(data)
                check(conn.s.write(data[:n]) == n, kind, "write")
            elif state == "end":
                conn.s.close()
            for name in ("read", "recv", "readline"):
                method = getattr(conn.c, name, None)
                if not method:
                    continue
                r = outcome(method, size)
                if isinstance(r, bytes):
                    check(r == data[: len(r)] or name != "read", kind, state, size, name, len(r))
                    check(size < 0 or len(r) <= size, kind, state, size, name,
                        "more than asked for")
                else:
                    check(r is None or r.split()[0] in ERRORS, kind, state, size, name, r)
            r = outcome(conn.c.readinto, bytearray(100), size)
            check(r is None or isinstance(r, int) or r.split()[0] in ERRORS, kind, state, size, r)
            conn.close()

# 16 MB in one write, and in one read.
conn = connect()
big = outcome(bytes, 4 << 20)
if not isinstance(big, str):
    check(conn.c.write(big) == len(big), "big")
    buf = bytearray(len(big))
    check(conn.s.readinto(buf) == len(buf), "big read")
conn.close()
end()
