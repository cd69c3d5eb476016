# encrypt and decrypt in place, with in and out that overlap in every way, and in pieces: the right
# bytes, or an error.
from common import *

try:
    import wolfcryptolib
except ImportError:
    print("SKIP")
    raise SystemExit

aes = wolfcryptolib.aes
MODES = [m for m in (1, 2, 6) if not isinstance(outcome(aes, b"k" * 16, m, b"i" * 16), str)]
plain = bytes([(i * 7 + 3) & 0xFF for i in range(6000)])

for mode in MODES:
    for n in (16, 32, 160, 4096, 5008):
        for name in ("encrypt", "decrypt"):
            want = getattr(aes(b"k" * 16, mode, b"i" * 16), name)(plain[:n])
            # In place.
            buf = bytearray(plain[:n])
            getattr(aes(b"k" * 16, mode, b"i" * 16), name)(buf, buf)
            check(buf == want, mode, n, name, "in place")
            for shift in (1, 8, 15, 16, 17, 32, 100):
                for forward in (False, True):
                    buf = bytearray(n + shift + 32)
                    view = memoryview(buf)
                    src = view[:n] if forward else view[shift : shift + n]
                    dst = view[shift : shift + n] if forward else view[:n]
                    src[:] = plain[:n]
                    r = outcome(getattr(aes(b"k" * 16, mode, b"i" * 16), name), src, dst)
                    if not isinstance(r, str):
                        # What MicroPython's own does with these is undefined: that nothing else is
                        # touched is not.
                        check(bytes(buf[n + shift :]) == bytes(32), mode, n, name, shift, "beyond")
            # A whole in pieces.
            a = aes(b"k" * 16, mode, b"i" * 16)
            got = b"".join(getattr(a, name)(plain[i : i + 16]) for i in range(0, n, 16))
            check(got == want, mode, n, name, "pieces")
end()
