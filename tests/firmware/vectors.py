# Known answers from a file, and digests of long outputs.
#
# Usage: vectors.py FILE
#   aes MODE KEY IV PLAIN CIPHER  all in hex; IV is - where the mode takes none: both ways,
#                                 at once, in pieces, in place
#   hash NAME MESSAGE DIGEST      in hex: at once, and in pieces of 1, 63 and 64 bytes
#   long MODE KEY IV SIZE         prints the SHA-256 of SIZE bytes enciphered, from an
#                                 unaligned buffer and in place
# Prints a line for every answer that is wrong, the digests, and in the end how many lines were
# done.

import sys

try:
    import cryptolib
    import hashlib
except ImportError:
    print("SKIP")
    raise SystemExit


def unhex(text):
    return b"" if text == "-" else bytes.fromhex(text)


def aes(mode, key, iv):
    if iv:
        return cryptolib.aes(key, mode, iv)
    return cryptolib.aes(key, mode)


def check_aes(mode, key, iv, plain, cipher):
    for name, given, want in (("encrypt", plain, cipher), ("decrypt", cipher, plain)):
        if getattr(aes(mode, key, iv), name)(given) != want:
            return name
        buf = bytearray(given)
        getattr(aes(mode, key, iv), name)(buf, buf)
        if bytes(buf) != want:
            return name + " in place"
        unaligned = memoryview(bytearray(1) + bytearray(given))[1:]
        if getattr(aes(mode, key, iv), name)(unaligned) != want:
            return name + " unaligned"
        pieces = aes(mode, key, iv)
        out = b"".join(getattr(pieces, name)(given[i : i + 16]) for i in range(0, len(given), 16))
        if out != want:
            return name + " in pieces"


def check_hash(name, message, digest):
    if getattr(hashlib, name)(message).digest() != digest:
        return "at once"
    for size in (1, 63, 64):
        h = getattr(hashlib, name)()
        for i in range(0, len(message), size):
            h.update(message[i : i + size])
        if h.digest() != digest:
            return "in pieces of " + str(size)


def long_aes(mode, key, iv, size):
    buf = bytearray(size + 1)
    for i in range(0, size, 251):
        buf[i + 1] = i & 0xFF
    data = memoryview(buf)[1:]
    aes(mode, key, iv).encrypt(data, data)
    digest = hashlib.sha256(data).digest()
    aes(mode, key, iv).decrypt(data, data)
    for i in range(0, size, 251):
        if data[i] != i & 0xFF:
            return None
    return digest


def main(name):
    done = 0
    for line in open(name):
        kind, *rest = line.split()
        problem = None
        if kind == "aes":
            problem = check_aes(int(rest[0]), *[unhex(text) for text in rest[1:]])
        elif kind == "hash":
            problem = check_hash(rest[0], unhex(rest[1]), unhex(rest[2]))
        elif kind == "long":
            digest = long_aes(int(rest[0]), unhex(rest[1]), unhex(rest[2]), int(rest[3]))
            if digest is None:
                problem = "does not come back"
            else:
                print("digest", "".join("%02x" % b for b in digest))
        if problem:
            print("WRONG", problem, line.strip())
        done += 1
    print("done", done)


if len(sys.argv) < 2:
    print("SKIP")
    raise SystemExit
main(sys.argv[1])
