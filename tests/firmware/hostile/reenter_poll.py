# Every method of a session from the ioctl(POLL) of its stream while it is polled, by ioctl and by
# select.
from common import *

try:
    import select
except ImportError:
    print("SKIP")
    raise SystemExit

METHODS = (
    lambda sock: sock.close(),
    lambda sock: sock.read(1),
    lambda sock: sock.read(),
    lambda sock: sock.write(b"inner"),
    lambda sock: sock.cipher(),
    lambda sock: sock.getpeercert(True),
    lambda sock: sock.__del__() if HAS_DEL else None,
    lambda sock: sock.ioctl(3, 5) if hasattr(sock, "ioctl") else None,
)


def poll(sock):
    p = select.poll()
    p.register(sock, 5)
    return p.poll(0)


for kind in KINDS:
    for steps in range(6):
        for number, method in enumerate(METHODS):
            conn = Connection(*contexts(kind), kind)
            for _ in range(steps):
                conn.step()
            depth = [0]

            def hook(end, what, n, arg):
                if depth[0] < 5:
                    depth[0] += 1
                    outcome(method, conn.c)
                    gc.collect()

            conn.a.hook = hook
            r = outcome(poll, conn.c)
            check(not isinstance(r, str) or r.startswith("OSError"), kind, steps, number, r)
            conn.a.hook = None
            outcome(poll, conn.c)
            outcome(conn.c.read, 1)
            outcome(conn.c.write, b"x")
            check(outcome(conn.c.close) is None, kind, steps, number, "close")
            conn.s.close()
end()
