# AESGCM, AESCCM, ChaCha20Poly1305, CMAC and key wrapping: known answers (NIST's GCM specification,
# RFC 3610, RFC 8439, RFC 4493, RFC 3394), into buffers and in place, and what is refused.

try:
    from binascii import unhexlify as unhex

    from wolfcryptolib import (
        AESCCM,
        AESGCM,
        CMAC,
        AlreadyFinalized,
        ChaCha20Poly1305,
        InvalidSignature,
        InvalidTag,
        InvalidUnwrap,
        aes_key_unwrap,
        aes_key_wrap,
    )
except ImportError:
    print("SKIP")
    raise SystemExit


def raises(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return type(e).__name__


GCM_KEY = unhex("feffe9928665731c6d6a8f9467308308")
GCM_NONCE = unhex("cafebabefacedbaddecaf888")
GCM_PLAIN = unhex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
)
GCM_AAD = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
GCM_CIPHER = unhex(
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
)
LONG_NONCE = unhex(
    "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728"
    "c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b"
)
CASES = (
    ("gcm", AESGCM(GCM_KEY), GCM_NONCE, GCM_PLAIN, GCM_AAD, GCM_CIPHER,
     "5bc94fbc3221a5db94fae95ae7121a47"),
    ("gcm, long nonce", AESGCM(GCM_KEY), LONG_NONCE, GCM_PLAIN, GCM_AAD,
     unhex("8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca7"
           "01e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5"),
     "619cc5aefffe0bfa462af43c1699d050"),
    ("gcm, nothing", AESGCM(bytes(16)), bytes(12), b"", None, b"",
     "58e2fccefa7e3061367f1d57a4e7455a"),
    ("ccm", AESCCM(unhex("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"), 8),
     unhex("00000003020100a0a1a2a3a4a5"),
     unhex("08090a0b0c0d0e0f101112131415161718191a1b1c1d1e"), unhex("0001020304050607"),
     unhex("588c979a61c663d2f066d0c2c0f989806d5f6b61dac384"), "17e8d12cfdf926e0"),
    ("ccm, tag of 4", AESCCM(unhex("404142434445464748494a4b4c4d4e4f"), tag_length=4),
     unhex("10111213141516"), unhex("20212223"), unhex("0001020304050607"),
     unhex("7162015b"), "4dac255d"),
    ("chacha", ChaCha20Poly1305(bytes(range(0x80, 0xa0))), unhex("070000004041424344454647"),
     b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
     b"future, sunscreen would be it.", unhex("50515253c0c1c2c3c4c5c6c7"),
     unhex("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
           "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
           "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
           "3ff4def08e4b7a9de576d26586cec64b6116"), "1ae10b594f09e26a7e902ecbd0600691"),
)


def check(aead, nonce, plain, aad, cipher):
    tag = len(cipher) - len(plain)
    if aead.encrypt(nonce, plain, aad) != cipher:
        return "encrypt"
    if aead.decrypt(nonce, cipher, aad) != plain:
        return "decrypt"
    # In place, at every distance from a multiple of 16.
    for start in range(17):
        buf = bytearray(start + len(cipher))
        buf[start : start + len(plain)] = plain
        whole = memoryview(buf)[start:]
        part = memoryview(buf)[start : start + len(plain)]
        if aead.encrypt_into(nonce, part, aad, whole) != len(cipher) or whole != cipher:
            return "encrypt in place"
        if aead.decrypt_into(nonce, whole, aad, part) != len(plain) or part != plain:
            return "decrypt in place"
    # Nothing of what is not authentic comes out.
    for i in range(0, len(cipher), 5):
        bad = bytearray(cipher)
        bad[i] ^= 1 << i % 8
        if raises(aead.decrypt, nonce, bad, aad) != "InvalidTag":
            return "a wrong byte"
        out = bytearray(b"x" * len(plain))
        if raises(aead.decrypt_into, nonce, bad, aad, out) != "InvalidTag":
            return "a wrong byte into a buffer"
        if plain and out not in (bytes(len(plain)), b"x" * len(plain)):
            return "something was left in the buffer"
    bad = bytearray(cipher)
    bad[-1] ^= 0x80
    if raises(aead.decrypt, nonce, bad, aad) != "InvalidTag":
        return "a wrong last byte"
    if raises(aead.decrypt, nonce, cipher, b"other") != "InvalidTag":
        return "other associated data"
    if raises(aead.decrypt, bytes(len(nonce)), cipher, b"other") != "InvalidTag":
        return "another nonce"
    for size in (0, 1, tag - 1):
        if raises(aead.decrypt, nonce, cipher[:size], aad) != "InvalidTag":
            return "less than a tag"
    for size in (0, len(cipher) - 1, len(cipher) + 1):
        if raises(aead.encrypt_into, nonce, plain, aad, bytearray(size)) != "ValueError":
            return "a buffer of the wrong size"
    if raises(aead.decrypt_into, nonce, cipher, aad, bytearray(len(plain) + 1)) != "ValueError":
        return "a buffer of the wrong size for decrypt_into"
    return "ok"


for name, aead, nonce, plain, aad, cipher, tag in CASES:
    print(name, check(aead, nonce, plain, aad, cipher + unhex(tag)))

print("-- arguments")
gcm = AESGCM(bytes(32))
for name, f, *args in (
    ("empty key", AESGCM, b""),
    ("key of 15", AESGCM, bytes(15)),
    ("str as a key", AESGCM, "0123456789abcdef"),
    ("no key", AESGCM),
    ("key of 16 for ChaCha", ChaCha20Poly1305, bytes(16)),
    ("tag of 3", AESCCM, bytes(16), 3),
    ("tag of 5", AESCCM, bytes(16), 5),
    ("tag of 18", AESCCM, bytes(16), 18),
    ("GCM nonce of 7", gcm.encrypt, bytes(7), b"", None),
    ("GCM nonce of 129", gcm.encrypt, bytes(129), b"", None),
    ("CCM nonce of 6", AESCCM(bytes(16)).encrypt, bytes(6), b"", None),
    ("CCM nonce of 14", AESCCM(bytes(16)).encrypt, bytes(14), b"", None),
    ("ChaCha nonce of 8", ChaCha20Poly1305(bytes(32)).encrypt, bytes(8), b"", None),
    ("ChaCha nonce of 13", ChaCha20Poly1305(bytes(32)).encrypt, bytes(13), b"", None),
    ("str as data", gcm.encrypt, bytes(12), "text", None),
    ("str as a nonce", gcm.encrypt, "123456789012", b"", None),
    ("str as associated data", gcm.encrypt, bytes(12), b"", "text"),
    ("None as data", gcm.encrypt, bytes(12), None, None),
    ("two arguments", gcm.encrypt, bytes(12), b""),
    ("into bytes", gcm.encrypt_into, bytes(12), b"", None, bytes(16)),
    ("generate_key(100)", AESGCM.generate_key, 100),
    ("generate_key(-128)", AESGCM.generate_key, -128),
):
    print(name, raises(f, *args))
cipher = gcm.encrypt(data=b"x", associated_data=None, nonce=bytes(12))
print(cipher == gcm.encrypt(bytes(12), b"x", b""))

# A message that its nonce leaves no room to count: nothing of 64 KB is done.
ccm = AESCCM(bytes(16))
print(raises(ccm.decrypt, bytes(13), bytes(65536 + 16), None) in ("ValueError", "InvalidTag"))
print(len(ccm.encrypt(bytes(13), bytes(65535), None)))

keys = [AESGCM.generate_key(128), AESGCM.generate_key(256), ChaCha20Poly1305.generate_key()]
keys += [AESCCM.generate_key(bit_length) for bit_length in (128, 256)]
print([len(key) for key in keys], len(set(keys)))
print("feff" in repr(AESGCM(GCM_KEY)), "254" in str(AESGCM(GCM_KEY)))

# Lengths around those that assembly works on at once, with itself as the judge of the other way.
for name, aead in (("gcm", gcm), ("ccm", ccm), ("chacha", ChaCha20Poly1305(bytes(range(32))))):
    wrong = []
    data = bytes([i * 7 & 0xFF for i in range(600)])
    for size in range(600):
        cipher = aead.encrypt(bytes(12), data[:size], data[: size // 3])
        buf = bytearray(data[:size] + bytes(16))
        aead.encrypt_into(bytes(12), memoryview(buf)[:size], data[: size // 3], buf)
        if buf != cipher or aead.decrypt(bytes(12), cipher, data[: size // 3]) != data[:size]:
            wrong.append(size)
    print(name, "wrong lengths", wrong)

print("-- CMAC")
key = unhex("2b7e151628aed2a6abf7158809cf4f3c")
message = unhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
for size, tag in (
    (0, "bb1d6929e95937287fa37d129b756746"),
    (16, "070a16b46b4d4144f79bdd9dd04a287c"),
    (40, "dfa66747de9ae63030ca32611497c827"),
    (64, "51f0bebf7e3b9d92fc49741779363cfe"),
):
    c = CMAC(key)
    c.update(message[:size])
    pieces = CMAC(key)
    for i in range(size):
        pieces.update(message[i : i + 1])
    print(size, c.copy().finalize() == unhex(tag), pieces.finalize() == unhex(tag))
    print(raises(c.copy().verify, unhex(tag)), raises(c.copy().verify, unhex(tag)[:15]))
    print(raises(c.verify, bytes(16)), raises(c.update, b""), raises(c.finalize))
    print(raises(c.verify, b""), raises(c.copy))
print(raises(CMAC, b"short"), raises(CMAC, "0123456789abcdef"))

print("-- key wrap")
kek = bytes(range(16))
data = unhex("00112233445566778899aabbccddeeff")
wrapped = aes_key_wrap(kek, data)
print(wrapped == unhex("1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"))
print(aes_key_unwrap(kek, wrapped) == data)
print(aes_key_unwrap(bytes(32), aes_key_wrap(bytes(32), data * 4)) == data * 4)
for bad in (wrapped[:-1], wrapped[:16], b"", bytes(24), bytes(memoryview(wrapped)[8:]) + bytes(8)):
    print(raises(aes_key_unwrap, kek, bad))
print(raises(aes_key_wrap, kek, data[:8]), raises(aes_key_wrap, kek, data + b"x"))
print(raises(aes_key_wrap, b"short", data), raises(aes_key_unwrap, b"short", wrapped))
