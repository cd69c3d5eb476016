# A bytearray that grows, shrinks or is emptied by the stream while readinto fills it: no other
# memory is written.
from common import *

SIZES = (64, 500, 5000)


def resize(how, buf):
    if how == "grow":
        buf.extend(bytes(len(buf) + 4000))
    elif how == "slice":
        buf[:] = b"!"
    elif how == "grow a little":
        for _ in range(len(buf)):
            buf.append(0)


for kind in KINDS:
    for size in SIZES:
        for how in ("grow", "slice", "grow a little"):
            conn = connect(kind)
            buf = bytearray(size)
            victims = []
            conn.s.write(b"A" * min(size, 1000))

            def hook(end, what, n, arg):
                if what == "read" and not victims:
                    resize(how, buf)
                    victims.extend(trample(size, 100, 0x55))

            conn.a.hook = hook
            r = outcome(conn.c.readinto, buf)
            check(not isinstance(r, str) or r.startswith("OSError"), kind, size, how, r)
            spoilt = sum(1 for v in victims if b"AAAA" in v)
            check(spoilt == 0, kind, size, how, "memory of others was written:", spoilt)
            conn.a.hook = None
            conn.close()
end()
