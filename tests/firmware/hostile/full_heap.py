# The heap is full: every operation raises MemoryError or OSError, or works; afterwards everything
# works as before.
from common import *


# Fill the heap, down to the last blocks.
def fill():
    kept = None
    size = 1 << 22
    while size >= 64:
        try:
            kept = [kept, bytearray(size)]
        except MemoryError:
            size >>= 2
    return kept


def with_full_heap(f, *args):
    kept = None
    r = "?"
    n = len(args)
    a, b = (args + (None, None))[:2]
    gc.disable()
    try:
        kept = fill()
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
    except Exception:
        r = "other"
    kept = None
    gc.enable()
    gc.collect()
    return r


# Most of the heap is full all the time: that is quicker.
ballast = []
while not isinstance(outcome(bytearray, 1 << 20), str):
    ballast.append(bytearray(1 << 19))
ballast.append(outcome(bytearray, 1 << 19))

ALLOWED = ("MemoryError", "OSError")
buf = bytearray(100)
for kind in KINDS[::2]:
    for steps in (0, 8):
        conn = Connection(*contexts(kind), kind)
        for _ in range(steps):
            conn.step()
        for f, args in (
            (conn.c.write, (b"x",)),
            (conn.s.readinto, (buf,)),
            (conn.s.write, (b"y",)),
            (conn.c.readinto, (buf,)),
            (conn.c.getpeercert, (True,)),
            (conn.c.cipher, ()),
        ):
            r = with_full_heap(f, *args)
            check(not isinstance(r, str) or r in ALLOWED, kind, steps, r)
        r = with_full_heap(conn.c.close)
        check(r is None or r in ALLOWED, kind, steps, "close", r)
        check(outcome(conn.close) is None, kind, steps, "close again")
    cc, sc = contexts(kind)
    for f, args in (
        (wolfssl.SSLContext, (0,)),
        (cc.get_ciphers, ()),
        (cc.load_verify_locations, (ca,)),
        (sc.load_cert_chain, (server, server_key)),
    ):
        r = with_full_heap(f, *args)
        check(not isinstance(r, str) or r in ALLOWED, kind, "context", r)
    if kind != "PSK":
        check(outcome(Connection(cc, sc, kind).run) == "ok", kind, "afterwards")
end()
