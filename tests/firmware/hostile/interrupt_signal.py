# Ctrl-C in the middle of TLS: SIGINT from inside the stream's calls and callbacks.
# KeyboardInterrupt, once, and no loss.
from common import *

try:
    import ffi

    raise_signal = ffi.open(None).func("i", "raise", "i")
except (ImportError, OSError, AttributeError):
    print("SKIP")
    raise SystemExit

SIGINT = 2

for kind in KINDS:
    for side in (0, 1):
        for number in range(14):
            conn = Connection(*contexts(kind), kind)

            def hook(end, what, n, arg):
                if n == number:
                    raise_signal(SIGINT)

            (conn.a, conn.b)[side].hook = hook
            interrupts = 0
            done = False
            for _ in range(40):
                try:
                    done = conn.step()
                    if done:
                        break
                except KeyboardInterrupt:
                    interrupts += 1
            check(done and interrupts <= 1, kind, side, number, done, interrupts)
            try:
                conn.close()
            except KeyboardInterrupt:
                conn.close()

for kind in CERT_KINDS:
    cc, sc = contexts(kind)

    def verify(cert, depth):
        raise_signal(SIGINT)
        return 0

    cc.verify_callback = verify
    conn = Connection(cc, sc, kind)
    check(outcome(conn.run) == "KeyboardInterrupt", kind, "verify_callback")
    outcome(conn.close)
end()
