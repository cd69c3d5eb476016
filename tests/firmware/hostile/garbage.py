# Sockets and contexts dropped at every step, in rings, with garbage collected in between: nothing
# leaks, and the heap does not grow.
from common import *


class Ring:
    pass


def drop(kind, steps):
    cc, sc = contexts(kind)
    conn = Connection(cc, sc, kind)
    for _ in range(steps):
        outcome(conn.step)
    ring = Ring()
    ring.conn = conn
    conn.a.ring = ring
    conn.b.ring = (cc, sc, conn.c, conn.s)
    if kind != "PSK":
        cc.verify_callback = lambda cert, depth: 0 * len(ring.conn.got)


def clear_stack(n):
    a = b = c = d = e = f = g = h = None
    if n:
        return clear_stack(n - 1)


used = []
for _ in range(4):
    for kind in KINDS:
        for steps in range(6):
            drop(kind, steps)
    clear_stack(30)
    gc.collect()
    used.append(gc.mem_alloc())
check(used[-1] - used[1] < 30000, used)
end()
