# AES-CTR: NIST SP 800-38A, appendix F.5, and every length and piece against ECB of the counters,
# also where the counter's lower half and the whole of it wrap.

try:
    from binascii import unhexlify as unhex

    from wolfcryptolib import MODE_CTR, MODE_ECB, aes
except ImportError:
    print("SKIP")
    raise SystemExit

PLAIN = unhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
COUNTER = unhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
for key, cipher in (
    (
        "2b7e151628aed2a6abf7158809cf4f3c",
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
        "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
    ),
    (
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
        "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
        "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
    ),
):
    key, cipher = unhex(key), unhex(cipher)
    print(aes(key, MODE_CTR, COUNTER).encrypt(PLAIN) == cipher)
    print(aes(key, MODE_CTR, COUNTER).decrypt(cipher) == PLAIN)

SIZE = 700
DATA = bytes([(i * 7 + i // 256) & 0xFF for i in range(SIZE)])


def expected(key, counter):
    counter = int.from_bytes(counter, "big")
    blocks = b"".join(
        (counter + i & (1 << 128) - 1).to_bytes(16, "big") for i in range(SIZE // 16 + 1)
    )
    stream = aes(key, MODE_ECB).encrypt(blocks)
    return bytes([a ^ b for a, b in zip(DATA, stream)])


def in_pieces(key, counter, size):
    box = aes(key, MODE_CTR, counter)
    return b"".join([box.encrypt(DATA[i : i + size]) for i in range(0, SIZE, size)])


def at_distance(key, counter, start):
    buf = bytearray(start) + bytearray(DATA)
    part = memoryview(buf)[start:]
    aes(key, MODE_CTR, counter).encrypt(part, part)
    return part


for size in (16, 32):
    key = bytes(range(size))
    for counter in (
        bytes(16),
        bytes(12) + b"\xff\xff\xff\xfa",
        bytes(8) + b"\xff" * 7 + b"\xf9",
        b"\xff" * 15 + b"\xfb",
        b"\xff" * 15 + b"\xf8",
        b"\xff" * 16,
        COUNTER,
    ):
        want = expected(key, counter)
        wrong = [
            n for n in range(SIZE) if aes(key, MODE_CTR, counter).encrypt(DATA[:n]) != want[:n]
        ]
        pieces = [
            n
            for n in (1, 3, 15, 16, 17, 31, 33, 48, 127, 128, 129, 200)
            if in_pieces(key, counter, n) != want
        ]
        starts = [n for n in range(17) if at_distance(key, counter, n) != want]
        print(size, wrong, pieces, starts)
