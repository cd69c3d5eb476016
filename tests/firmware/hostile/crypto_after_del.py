# Hashes and ciphers used after __del__, digest or an error: an error or the right bytes, never
# those of an empty key.
from common import *

try:
    import wolfcryptolib
    import wolfhashlib
except ImportError:
    print("SKIP")
    raise SystemExit

if not HAS_DEL:
    print("SKIP")
    raise SystemExit

aes = wolfcryptolib.aes
zero = aes(bytes(16), 1).encrypt(b"x" * 16)
zero32 = aes(bytes(32), 1).encrypt(b"x" * 16)
for key in (b"k" * 16, b"k" * 32):
    for used in (False, True):
        a = aes(key, 1)
        if used:
            a.encrypt(b"y" * 16)
        a.__del__()
        a.__del__()
        r = outcome(a.encrypt, b"x" * 16)
        check(isinstance(r, str), len(key), used, "encrypts after __del__", r in (zero, zero32))
        r = outcome(a.decrypt, b"x" * 16)
        check(isinstance(r, str), len(key), used, "decrypts after __del__")
        a.__del__()

for name in ("sha256", "sha1", "md5"):
    make = getattr(wolfhashlib, name, None)
    if not make:
        continue
    for steps in ("d", "dd", "D", "DD", "uD", "uDd", "Du", "dDu", "duDd"):
        h = make(b"abc")
        gone = False
        for step in steps:
            if step == "D":
                h.__del__()
                gone = True
            elif step == "d":
                r = outcome(h.digest)
                check(r == "ValueError" if gone else isinstance(r, bytes), name, steps, r)
                gone = True
            else:
                r = outcome(h.update, b"x")
                check(r == ("ValueError" if gone else None), name, steps, r)
# The finaliser at the end runs once more.
gc.collect()
end()
