# The TCP socket below a session is closed, reset and reused for another connection, before, in and
# after the handshake.
from common import *

try:
    import socket

    socket.socket().setblocking(False)
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

for kind in ("TLSv1.3", "TLSv1.2"):
    for steps in (0, 1, 2, 8):
        for how in range(4):
            cc, sc = contexts(kind)
            a, b = tcp_pair()
            a.setblocking(False)
            b.setblocking(False)
            conn = Connection(cc, sc, kind)
            conn.c = cc.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
            conn.s = sc.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
            if steps == 8:
                check(conn.run(None, 1000) == "ok", kind, "run")
            else:
                for _ in range(steps):
                    conn.step()
            extra = None
            if how == 0:
                a.close()
            elif how == 1:
                b.close()
            elif how == 2:
                a.close()
                b.close()
            else:
                # The number of the closed socket is another one's now.
                a.close()
                extra = tcp_pair()
                for sock in extra:
                    sock.setblocking(False)
            for f in (lambda: conn.c.read(1), lambda: conn.c.write(b"x" * 100),
                lambda: conn.s.read(10), lambda: conn.s.write(b"y"),
                lambda: conn.c.read(), lambda: conn.s.readline()):
                r = outcome(f)
                check(not isinstance(r, str) or r.startswith("OSError"), kind, steps, how, r)
                check(not isinstance(r, bytes) or not r or r in (b"c", b"s", b"x" * 10, b"x" * 100,
                    b"x" * 90, b"y"), kind, steps, how, r)
            for sock in (conn.c, conn.s):
                r = outcome(sock.close)
                check(r is None or r.startswith("OSError"), kind, steps, how, "close", r)
                check(outcome(sock.close) is None, kind, steps, how, "close again")
            for sock in (a, b) + (extra or ()):
                outcome(sock.close)
end()
