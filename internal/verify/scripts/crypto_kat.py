# Known answers for wolfcryptolib (NIST SP 800-38A) and wolfhashlib (RFC 1321, RFC 3174,
# FIPS 180-2).

try:
    from binascii import hexlify, unhexlify as unhex
    import wolfcryptolib
    import wolfhashlib
except ImportError:
    print("SKIP")
    raise SystemExit

key128 = unhex("2b7e151628aed2a6abf7158809cf4f3c")
key256 = unhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
iv = unhex("000102030405060708090a0b0c0d0e0f")
counter = unhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
plain = unhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)

vectors = (
    (
        "ECB 128",
        (key128, 1),
        "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
        "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4",
    ),
    (
        "ECB 256",
        (key256, 1),
        "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
        "b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7",
    ),
    (
        "CBC 128",
        (key128, 2, iv),
        "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
        "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7",
    ),
    (
        "CBC 256",
        (key256, 2, iv),
        "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
        "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
    ),
    (
        "CTR 128",
        (key128, 6, counter),
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
        "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
    ),
    (
        "CTR 256",
        (key256, 6, counter),
        "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
        "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
    ),
)


def check(name, args, expected):
    aes = wolfcryptolib.aes
    ok = [aes(*args).encrypt(plain) == expected, aes(*args).decrypt(expected) == plain]
    # Block by block.
    c = aes(*args)
    ok.append(b"".join(c.encrypt(plain[i : i + 16]) for i in range(0, 64, 16)) == expected)
    # In place, and from and to odd addresses.
    buf = bytearray(plain)
    aes(*args).encrypt(buf, buf)
    ok.append(buf == expected)
    for shift in (1, 3, 8):
        src = bytearray(shift) + bytearray(plain)
        dst = bytearray(64 + shift)
        aes(*args).encrypt(memoryview(src)[shift:], memoryview(dst)[shift:])
        ok.append(dst[shift:] == expected and src[shift:] == plain)
        aes(*args).decrypt(memoryview(dst)[shift:], memoryview(dst)[shift:])
        ok.append(dst[shift:] == plain)
    # Nothing at all.
    ok.append(aes(*args).encrypt(b"") == b"")
    print(name, all(ok) or ok)


for name, args, expected in vectors:
    try:
        check(name, args, unhex(expected))
    except ValueError as er:
        print(name, er)

# CTR continues within a block, and its counter carries.
c = wolfcryptolib.aes(key128, 6, counter)
pieces = b"".join(c.encrypt(plain[i : i + 5]) for i in range(0, 64, 5))
print("CTR pieces", hexlify(pieces).decode()[-32:])
c = wolfcryptolib.aes(key128, 6, b"\xff" * 16)
d = wolfcryptolib.aes(key128, 6, bytes(16))
print("CTR carry", c.encrypt(bytes(32))[16:] == d.encrypt(bytes(16)))

for args in (
    (key128, 3),
    (key128, 0),
    (key128[:15], 1),
    (bytes(23), 1),
    (b"", 1),
    (key128, 2),
    (key128, 6, None),
    (key128, 2, iv[:8]),
):
    try:
        wolfcryptolib.aes(*args)
        print("no error", args)
    except ValueError as er:
        print("ValueError", er)

c = wolfcryptolib.aes(key128, 1)
for n, out in ((15, None), (32, bytearray(31))):
    try:
        c.encrypt(bytes(n), *([out] if out else []))
    except ValueError as er:
        print("ValueError", er)
c.encrypt(bytes(16))
try:
    c.decrypt(bytes(16))
except ValueError as er:
    print("ValueError", er)
try:
    wolfcryptolib.aes("0123456789abcdef", 1).encrypt(bytes(16), bytes(16))
except TypeError:
    print("TypeError")

hashes = (
    (b"", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    (b"abc", "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "8215ef0796a20bcaaae116d3876c664a",
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
    ),
)
sha256 = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
)
for (data, md5, sha1), sha in zip(hashes, sha256):
    for name, digest in (("md5", md5), ("sha1", sha1), ("sha256", sha)):
        f = getattr(wolfhashlib, name)
        h = f()
        for i in range(0, len(data), 999):
            h.update(memoryview(data)[i : i + 999])
        ok = h.digest() == unhex(digest) == f(data).digest()
        shifted = memoryview(b"x" + data)[1:]
        print(name, len(data), ok and f(shifted).digest() == unhex(digest))

for name, digest in (
    ("md5", "7707d6ae4e027c70eea2a935c2296f21"),
    ("sha1", "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    ("sha256", "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
):
    h = getattr(wolfhashlib, name)()
    for i in range(1000):
        h.update(b"a" * 1000)
    print(name, 1000000, h.digest() == unhex(digest))

h = wolfhashlib.sha256(b"x")
h.digest()
for f in (h.digest, lambda: h.update(b"")):
    try:
        f()
    except ValueError as er:
        print("ValueError", er)
