# AES-GCM with known answers (NIST's specification), for boards too: crypto_aead.py needs the
# other algorithms.

try:
    from binascii import unhexlify as unhex

    from wolfcryptolib import AESGCM, InvalidTag, urandom
except ImportError:
    print("SKIP")
    raise SystemExit

NONCE = unhex("cafebabefacedbaddecaf888")
PLAIN = unhex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
)
AAD = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
CASES = (
    (
        "feffe9928665731c6d6a8f9467308308",
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
        "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
        "5bc94fbc3221a5db94fae95ae7121a47",
    ),
    (
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
)


def refused(f, *args):
    try:
        f(*args)
    except InvalidTag:
        return True
    return False


for key, cipher in CASES:
    box, cipher = AESGCM(unhex(key)), unhex(cipher)
    print(box.encrypt(NONCE, PLAIN, AAD) == cipher, box.decrypt(NONCE, cipher, AAD) == PLAIN)
    for start in (0, 1, 2, 3, 7):
        buf = bytearray(start) + bytearray(PLAIN) + bytearray(16)
        whole = memoryview(buf)[start:]
        part = memoryview(buf)[start : start + len(PLAIN)]
        box.encrypt_into(NONCE, part, AAD, whole)
        right = whole == cipher
        box.decrypt_into(NONCE, whole, AAD, part)
        print(start, right, part == PLAIN)
    wrong = []
    for i in range(len(cipher)):
        bad = bytearray(cipher)
        bad[i] ^= 1
        if not refused(box.decrypt, NONCE, bad, AAD):
            wrong.append(i)
    print(wrong, refused(box.decrypt, NONCE, cipher, None))
    out = bytearray(b"x" * len(PLAIN))
    print(refused(box.decrypt_into, NONCE, cipher[:-1] + b"?", AAD, out), out in (
        bytes(len(PLAIN)), b"x" * len(PLAIN)))
    lost = []
    for size in range(70):
        data = urandom(size)
        if box.decrypt(NONCE, box.encrypt(NONCE, data, data), data) != data:
            lost.append(size)
    print(lost)
print(len(AESGCM.generate_key(128)), AESGCM.generate_key(256) != AESGCM.generate_key(256))
