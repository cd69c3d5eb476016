# Every method of a session from the ioctl of its stream with which close() asks and closes, the
# closing too.
from common import *

METHODS = (
    lambda sock: sock.close(),
    lambda sock: sock.read(1),
    lambda sock: sock.write(b"inner"),
    lambda sock: sock.cipher(),
    lambda sock: sock.getpeercert(True),
    lambda sock: sock.setblocking(False),
    lambda sock: sock.__del__() if HAS_DEL else None,
    lambda sock: sock.ioctl(3, 5) if hasattr(sock, "ioctl") else None,
)

for kind in KINDS:
    for connected in (True, False):
        for number, method in enumerate(METHODS):
            for request in (3, 4):
                for what_hook in ("ioctl", "write"):
                    conn = Connection(*contexts(kind), kind)
                    if connected:
                        conn.run()
                    depth = [0]

                    def hook(end, what, n, arg):
                        if what == what_hook and (what != "ioctl"
                            or arg[0] == request) and depth[0] < 5:
                            depth[0] += 1
                            outcome(method, conn.c)
                            gc.collect()

                    conn.a.hook = hook
                    check(outcome(conn.c.close) is None, kind, connected, number, request, "close")
                    conn.a.hook = None
                    check(outcome(conn.c.close) is None, kind, "twice")
                    check(outcome(conn.c.read, 1) == "OSError 9", kind, number, "read",
                        outcome(conn.c.read, 1))
                    check(outcome(conn.c.write, b"x") == "OSError 9", kind, number, "write")
                    conn.s.close()
end()
