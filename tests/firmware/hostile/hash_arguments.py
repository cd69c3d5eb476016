# hashlib with data of every type and size, 16 MB, subclasses, hashes of hashes, many at once.
from common import *

try:
    import array
    import wolfhashlib
except ImportError:
    print("SKIP")
    raise SystemExit


class Bytes(bytes):
    pass


class Buffer(bytearray):
    pass


ERRORS = ("TypeError", "ValueError", "MemoryError", "OSError")
DATA = [b"", "", b"x", "x\0y", bytes(63), bytes(64), bytes(65), bytearray(5),
    memoryview(bytes(9))[1:7], array.array("d", (1.0, 2.0)), array.array("H", range(70)),
    Bytes(b"abc"), Buffer(b"abc"), None, 5, 1.5, [], (), {}, object(), True, 2**70,
    wolfhashlib, End()]

for name in ("sha256", "sha1", "md5"):
    make = getattr(wolfhashlib, name, None)
    if not make:
        continue
    for data in DATA:
        r = outcome(make, data)
        h = make()
        r2 = outcome(h.update, data)
        check(isinstance(r, str) == isinstance(r2, str), name, data, r, r2)
        if isinstance(r, str):
            check(r in ERRORS, name, data, r)
            # What could not be hashed has changed nothing.
            check(h.digest() == make(b"").digest(), name, data, "after an error")
        else:
            check(r.digest() == h.digest(), name, data)
    check(outcome(make, b"", b"") == "TypeError" and outcome(make, data=b"") == "TypeError",
        name, "arguments")
    h = make()
    check(outcome(h.update) == "TypeError" and outcome(h.digest, 5) == "TypeError",
        name, "arguments")
    check(outcome(h.update, h) == "TypeError", name, "itself")
    big = outcome(bytes, 16 << 20)
    if not isinstance(big, str):
        whole = make(big).digest()
        h = make()
        piece = memoryview(big)
        for i in range(0, len(big), 1000003):
            h.update(piece[i : i + 1000003])
        check(h.digest() == whole, name, "16 MB")
    big = piece = None
    many = [make(b"x") for _ in range(2000)]
    check(len(set(h.digest() for h in many)) == 1, name, "many")
end()
