# The stream, or a callback, locks the heap and leaves it locked when it returns into TLS.
from common import *

try:
    from micropython import heap_lock, heap_unlock
except ImportError:
    print("SKIP")
    raise SystemExit


def unlock():
    while heap_unlock() > 0:
        pass


def locked(f):
    try:
        f()
        r = "ok"
    except MemoryError:
        r = "MemoryError"
    except OSError:
        r = "OSError"
    unlock()
    return r


for kind in KINDS:
    for when in range(14):
        for side in (0, 1):
            conn = Connection(*contexts(kind), kind)

            def hook(end, what, n, arg):
                if n == when:
                    heap_lock()

            (conn.a, conn.b)[side].hook = hook
            r = locked(conn.run)
            check(r in ("ok", "MemoryError", "OSError"), kind, when, side, r)
            locked(conn.run)
            check(locked(conn.close) in ("ok", "MemoryError"), kind, when, side, "close")
            check(locked(conn.close) == "ok", kind, when, side, "close again")

for kind in CERT_KINDS:
    for which in ("verify_callback", "ecdsa_sign_callback"):
        cc, sc = contexts(kind)

        def callback(*args):
            heap_lock()
            return 0 if which == "verify_callback" else None

        ctx = cc if which == "verify_callback" else sc
        if not hasattr(ctx, which):
            continue
        setattr(ctx, which, callback)
        conn = Connection(cc, sc, kind)
        r = locked(conn.run)
        check(r in ("ok", "MemoryError", "OSError"), kind, which, r)
        conn.close()
end()
