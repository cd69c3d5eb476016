# No memory can be allocated while TLS runs: MemoryError or OSError(ENOMEM), and the connection
# continues or ends.
from common import *

try:
    from micropython import heap_lock, heap_unlock
except ImportError:
    print("SKIP")
    raise SystemExit

NONE = (None,)


# Outcome of a call that is made with the heap locked.
def locked(f, *args):
    r = "?"
    n = len(args)
    a, b = (args + NONE + NONE)[:2]
    heap_lock()
    try:
        # A call with a star would itself allocate.
        if n == 0:
            r = f()
        elif n == 1:
            r = f(a)
        else:
            r = f(a, b)
    except MemoryError:
        r = "MemoryError"
    except OSError as er:
        r = "OSError"
    except Exception as er:
        r = "other"
    heap_unlock()
    return r


ALLOWED = ("MemoryError", "OSError")
for kind in KINDS:
    for steps in range(8):
        conn = Connection(*contexts(kind), kind)
        for _ in range(steps):
            conn.step()
        one = bytearray(1)
        data = b"x"
        for f, args in (
            (conn.c.write, (data,)),
            (conn.c.readinto, (one,)),
            (conn.s.readinto, (one,)),
            (conn.s.write, (data,)),
            (conn.c.cipher, ()),
            (conn.c.getpeercert, (True,)),
            (conn.c.read, ()),
            (conn.c.readline, ()),
        ):
            r = locked(f, *args)
            check(not isinstance(r, str) or r in ALLOWED, kind, steps, r)
        for f in (conn.c.close, conn.s.close):
            r = locked(f)
            check(r is None or r in ALLOWED, kind, steps, "close", r)
        check(outcome(conn.close) is None, kind, steps, "close again")

# Contexts.
for kind in KINDS:
    cc, sc = contexts(kind)
    a, b = ends()
    for f, args in (
        (wolfssl.SSLContext, (0,)),
        (cc.get_ciphers, ()),
        (cc.set_ciphers, ([TLS12],)),
        (cc.load_verify_locations, (ca,)),
        (sc.load_cert_chain, (server, server_key)),
        (cc.wrap_socket, (a,)),
        (sc.wrap_socket, (b, True)),
        (wolfssl.wrap_socket, (a,)),
    ):
        r = locked(f, *args)
        check(r is None or r in ALLOWED or r == "other" and f == cc.wrap_socket,
            kind, "context", r)
    if kind != "PSK":
        check(outcome(Connection(cc, sc, kind).run) == "ok", kind, "afterwards")

# Hashes and ciphers.
import wolfcryptolib
import wolfhashlib

for make in (lambda: wolfhashlib.sha256(b"x"), lambda: wolfcryptolib.aes(b"k" * 16, 1)):
    check(locked(make) == "MemoryError", "locked")
key = b"k" * 16
aes = wolfcryptolib.aes(key, 1)
check(locked(aes.encrypt, key) == "MemoryError", "aes")
out = bytearray(16)
check(locked(aes.encrypt, key, out) is out, "aes into")
h = wolfhashlib.sha256()
check(locked(h.update, key) is None and locked(h.digest) == "MemoryError", "hash")
check(outcome(h.digest) == wolfhashlib.sha256(key).digest(), "hash after MemoryError")
end()
