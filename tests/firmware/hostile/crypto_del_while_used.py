# A key that a finaliser takes away while it is used: a collection at an allocation closes a file
# whose block device calls __del__(). An error or the right bytes, never those of an empty key.
from common import *

try:
    import vfs
    import wolfcryptolib
except ImportError:
    print("SKIP")
    raise SystemExit

if not HAS_DEL or not hasattr(vfs, "VfsFat") or not hasattr(gc, "threshold"):
    print("SKIP")
    raise SystemExit


class Device:
    def __init__(self):
        self.data = bytearray(512 * 100)
        self.then = None

    def readblocks(self, n, buf, offset=0):
        if self.then is not None:
            return
        start = n * 512 + offset
        buf[:] = memoryview(self.data)[start : start + len(buf)]

    def writeblocks(self, n, buf, offset=0):
        if self.then is not None:
            self.then()
            return  # the heap is locked
        start = n * 512 + offset
        memoryview(self.data)[start : start + len(buf)] = buf

    def ioctl(self, op, arg):
        return 100 if op == 4 else 512 if op == 5 else 0


device = Device()
vfs.VfsFat.mkfs(device)
vfs.mount(vfs.VfsFat(device), "/x")
hits = 0


def drop_file():
    open("/x/f", "w").write("abc" * 10)


def overwrite_stack(n):
    return overwrite_stack(n - 1) if n else None


# The call's outcome if its object is finalised at its first allocation, or None if there is none.
def outcome_of(obj, call):
    global hits
    delete = obj.__del__
    before = hits

    def then():
        global hits
        hits += 1
        delete()

    drop_file()
    overwrite_stack(20)
    device.then = then
    gc.threshold(1)
    try:
        r = call()  # and no function before it that allocates
    except Exception as er:
        r = type(er).__name__
    gc.threshold(-1)
    device.then = None
    gc.collect()
    return r if hits > before else None


def having(obj):
    return lambda call: (obj, lambda: call(obj))


message = b"message" * 100

for name in ("AESGCM", "AESCCM", "ChaCha20Poly1305"):
    cls = getattr(wolfcryptolib, name, None)
    if cls is None:
        continue
    nonce = bytes(12)
    wrong = cls(bytes(32)).encrypt(nonce, message, None)
    key = b"k" * 32
    right = cls(key).encrypt(nonce, message, None)
    r = outcome_of(*having(cls(key))(lambda a: a.encrypt(nonce, message, None)))
    check(r is None or isinstance(r, str) or r == right, name, "encrypts", r)
    r = outcome_of(*having(cls(key))(lambda a: a.decrypt(nonce, right, None)))
    check(r is None or isinstance(r, str) or r == message, name, "decrypts")
    r = outcome_of(*having(cls(key))(lambda a: a.decrypt(nonce, wrong, None)))
    check(r is None or isinstance(r, str), name, "decrypts another key's")
if hasattr(wolfcryptolib, "CMAC"):
    for last in ("finalize", "copy"):
        c = wolfcryptolib.CMAC(b"k" * 16)
        c.update(message)
        outcome_of(c, lambda: getattr(c, last)())
try:
    from wolfcryptolib import hashes, serialization

    encoding = serialization.Encoding
    private = serialization.PrivateFormat
    plain = serialization.NoEncryption()
    sha256 = hashes.SHA256()
except ImportError:
    end()
    raise SystemExit


def bytes_of(key, raw):
    return key.private_bytes(encoding.Raw if raw else encoding.DER,
        private.Raw if raw else private.PKCS8, plain)


def same_bytes(name, new, raw):
    key = new()
    right = bytes_of(key, raw)
    r = outcome_of(*having(key)(lambda k: bytes_of(k, raw)))
    check(r is None or isinstance(r, str) or r == right, name, "private_bytes", r)


def signs(name, key, public, sign, verify):
    r = outcome_of(*having(key)(sign))
    if r is not None and not isinstance(r, str):
        check(outcome(verify, public, r) is None, name, "signs", r)


if hasattr(wolfcryptolib, "ec"):
    from wolfcryptolib import ec

    for _ in range(3):
        same_bytes("EC", lambda: ec.generate_private_key(ec.SECP256R1()), False)
    peer = ec.generate_private_key(ec.SECP256R1()).public_key()
    key = ec.generate_private_key(ec.SECP256R1())
    right = key.exchange(ec.ECDH(), peer)
    r = outcome_of(*having(key)(lambda k: k.exchange(ec.ECDH(), peer)))
    check(r is None or isinstance(r, str) or r == right, "ECDH", r)
    key = ec.generate_private_key(ec.SECP256R1())
    signs("ECDSA", key, key.public_key(), lambda k: k.sign(message, ec.ECDSA(sha256)),
        lambda p, s: p.verify(s, message, ec.ECDSA(sha256)))
if hasattr(wolfcryptolib, "ed25519"):
    from wolfcryptolib import ed25519

    for raw in (False, True):
        same_bytes("Ed25519", ed25519.Ed25519PrivateKey.generate, raw)
    key = ed25519.Ed25519PrivateKey.generate()
    signs("Ed25519", key, key.public_key(), lambda k: k.sign(message),
        lambda p, s: p.verify(s, message))
if hasattr(wolfcryptolib, "x25519"):
    from wolfcryptolib import x25519

    for raw in (False, True):
        same_bytes("X25519", x25519.X25519PrivateKey.generate, raw)
    peer = x25519.X25519PrivateKey.generate().public_key()
    key = x25519.X25519PrivateKey.generate()
    right = key.exchange(peer)
    r = outcome_of(*having(key)(lambda k: k.exchange(peer)))
    check(r is None or isinstance(r, str) or r == right, "X25519", r)
if hasattr(wolfcryptolib, "rsa"):
    from wolfcryptolib import padding, rsa

    der = bytes_of(rsa.generate_private_key(65537, 2048), False)
    pss = padding.PSS(padding.MGF1(sha256), 32)
    oaep = padding.OAEP(padding.MGF1(sha256), sha256, None)
    for way in (pss, padding.PKCS1v15()):
        key = serialization.load_der_private_key(der)
        public = key.public_key()
        signs("RSA", key, public, lambda k: k.sign(message, way, sha256),
            lambda p, s: p.verify(s, message, way, sha256))
    key = serialization.load_der_private_key(der)
    sealed = key.public_key().encrypt(b"abc", oaep)
    r = outcome_of(*having(key)(lambda k: k.decrypt(sealed, oaep)))
    check(r is None or isinstance(r, str) or r == b"abc", "RSA decrypt", r)
check(hits > 5, "hits", hits)
end()
