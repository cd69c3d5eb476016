# cryptolib.aes with keys, modes, IVs and data of every type and size.
from common import *

try:
    import array
    import wolfcryptolib
except ImportError:
    print("SKIP")
    raise SystemExit

aes = wolfcryptolib.aes
MODES = [m for m in (1, 2, 6) if not isinstance(outcome(aes, b"k" * 16, m, b"i" * 16), str)]
ERRORS = ("ValueError", "TypeError", "OverflowError", "OSError", "MemoryError")


# Keys of 192 bits are there if wolfSSL's settings have them.
HAS_192 = not isinstance(outcome(aes, b"k" * 24, MODES[0], b"i" * 16), str)


class Bytes(bytes):
    pass


KEYS = (b"", b"k" * 15, b"k" * 16, b"k" * 17, b"k" * 24, b"k" * 32, b"k" * 33, bytes(1 << 20),
    "k" * 16, bytearray(16), memoryview(b"k" * 32), array.array("I", (1, 2, 3, 4)),
    array.array("d", (1.0, 2.0)), array.array("b", range(16)), None, 5, [], 1.5, object(),
    Bytes(b"k" * 16))
for key in KEYS:
    for mode in (-1, 0, 1, 2, 3, 4, 5, 6, 7, 255, 256, 257, 1 << 31, (1 << 32) + 1, 1 << 62,
        1 << 70, None, "1", 1.0, True):
        for iv in ((), (None,), (b"",), (b"i" * 15,), (b"i" * 16,), (b"i" * 17,), ("i" * 16,),
            (5,), (bytearray(16),), (None, None)):
            r = outcome(aes, key, mode, *iv)
            if isinstance(r, str):
                check(r in ERRORS, key, mode, iv, r)
            else:
                check(mode in (1, 2, 6), key, mode, iv, "made")
                length = len(memoryview(key))
                check(length in (2, 4, 16, 32) or length == 24 and HAS_192, key, "length")
for kw in ({"key": b"k" * 16}, {"mode": 1}, {"iv": b"i" * 16}):
    check(outcome(aes, b"k" * 16, 1, **kw) == "TypeError", kw)

DATA = (b"", b"x", b"x" * 15, b"x" * 16, b"x" * 17, bytes(1 << 20), "x" * 16, bytearray(16),
    memoryview(bytes(32))[3:19], memoryview(bytes(32))[::1], array.array("H", range(8)),
    array.array("d", (1.0, 2.0)), None, 5, [], object(), 1.5)
OUT = ((), (bytearray(0),), (bytearray(15),), (bytearray(16),), (bytearray(1 << 20),),
    (bytes(16),), (memoryview(b"x" * 16),), ("x" * 16,), (None,), (5,),
    (array.array("I", (1, 2, 3, 4)),), (array.array("d", (1.0, 2.0)),),
    (memoryview(bytearray(32))[7:23],))
for mode in MODES:
    for data in DATA:
        for out in OUT:
            for name in ("encrypt", "decrypt"):
                a = aes(b"k" * 16, mode, b"i" * 16)
                r = outcome(getattr(a, name), data, *out)
                ok = r in ERRORS if isinstance(r, str) else (
                    r is out[0] if out else isinstance(r, bytes))
                check(ok, mode, name, type(data), out and type(out[0]),
                    r if isinstance(r, str) else type(r))
                check(not (out and isinstance(out[0], (bytes, str))) or isinstance(r, str), mode,
                    "constant", out)
        check(outcome(a.encrypt) == "TypeError"
            and outcome(a.encrypt, b"", b"", b"") == "TypeError", "count")
check(memoryview(b"x" * 16) == b"x" * 16 and b"x" * 16 == bytes(bytearray([120] * 16)),
    "a constant was changed")
end()
