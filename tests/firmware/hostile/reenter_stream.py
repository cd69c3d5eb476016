# Every method of a session from inside its own stream, at every call of a handshake and of data:
# it works or says EBUSY.
from common import *

METHODS = (
    ("read", lambda sock: sock.read(1)),
    ("read all", lambda sock: sock.read()),
    ("readinto", lambda sock: sock.readinto(bytearray(10))),
    ("readline", lambda sock: sock.readline()),
    ("write", lambda sock: sock.write(b"inner")),
    ("close", lambda sock: sock.close()),
    ("del", lambda sock: sock.__del__() if HAS_DEL else None),
    ("cipher", lambda sock: sock.cipher()),
    ("getpeercert", lambda sock: sock.getpeercert(True)),
    ("setblocking", lambda sock: sock.setblocking(False)),
    ("poll", lambda sock: sock.ioctl(3, 5) if hasattr(sock, "ioctl") else None),
)

for kind in KINDS:
    for name, method in METHODS:
        for side in (0, 1):
            cc, sc = contexts(kind)
            conn = Connection(cc, sc, kind)
            results = set()

            def hook(end, what, n, arg):
                if what != "ioctl":
                    r = outcome(method, (conn.c, conn.s)[side])
                    results.add(r if isinstance(r, str) else "value")

            (conn.a, conn.b)[side].hook = hook
            r = outcome(conn.run)
            check(r == "ok", kind, name, side, r)
            check(all(r in ("value", "AttributeError")
                or r.startswith("OSError") for r in results), kind, name, side, results)
            conn.close()
end()
