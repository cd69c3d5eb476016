# Keys, signatures and ciphertexts for another implementation: pyca's cryptography on CPython, or
# wolfcryptolib. Prints what it made, or what it could use.
#
# Usage: keys_pyca.py make|check DIRECTORY

import sys

try:
    from wolfcryptolib import ec, ed25519, hashes, padding, rsa, serialization, x25519
    from wolfcryptolib import AESCCM, AESGCM, ChaCha20Poly1305
except ImportError:
    try:
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
        from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
    except ImportError:
        print("SKIP")
        raise SystemExit

Encoding = serialization.Encoding
PrivateFormat, PublicFormat = serialization.PrivateFormat, serialization.PublicFormat
MESSAGE = b"what is signed, or encrypted"
ENCODINGS = (("pem", Encoding.PEM), ("der", Encoding.DER))
FORMATS = (("pkcs8", PrivateFormat.PKCS8), ("old", PrivateFormat.TraditionalOpenSSL))
PUBLIC = (("spki", PublicFormat.SubjectPublicKeyInfo), ("pkcs1", PublicFormat.PKCS1))

PSS, MGF1 = padding.PSS, padding.MGF1
SIGNATURES = {
    "v15": padding.PKCS1v15(),
    "pss": PSS(MGF1(hashes.SHA256()), 32),
    "pss-max": PSS(MGF1(hashes.SHA384()), PSS.MAX_LENGTH),
    "pss-0": PSS(MGF1(hashes.SHA1()), 0),
}
CIPHERS = {
    "v15": padding.PKCS1v15(),
    "oaep": padding.OAEP(MGF1(hashes.SHA256()), hashes.SHA256(), None),
    "oaep-mixed": padding.OAEP(MGF1(hashes.SHA1()), hashes.SHA512(), b"label"),
}
HASHES = (hashes.SHA224(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512())


def kinds():
    for name in ("SECP256R1", "SECP384R1", "SECP521R1"):
        curve = getattr(ec, name)()
        yield name, lambda: ec.generate_private_key(curve)
    yield "ed25519", ed25519.Ed25519PrivateKey.generate
    yield "x25519", x25519.X25519PrivateKey.generate
    for size in (2048, 3072):
        yield "rsa%d" % size, lambda: rsa.generate_private_key(65537, size)


def write(name, data):
    with open(sys.argv[2] + "/" + name, "wb") as f:
        f.write(data)
    print(name)


def read(name):
    with open(sys.argv[2] + "/" + name, "rb") as f:
        data = f.read()
    print(name)
    return data


def private_formats(kind):
    return FORMATS if kind[0] in "Sr" else FORMATS[:1]


def public_formats(kind):
    return PUBLIC if kind[0] == "r" else PUBLIC[:1]


def signatures(kind):
    if kind[0] == "S":
        for algorithm in HASHES:
            yield algorithm.name, (ec.ECDSA(algorithm),)
    elif kind == "ed25519":
        yield "sig", ()
    elif kind[0] == "r":
        for name, pad in sorted(SIGNATURES.items()):
            for algorithm in HASHES:
                yield name + "-" + algorithm.name, (pad, algorithm)


def make():
    for kind, new in kinds():
        key, peer = new(), new()
        for encoding_name, encoding in ENCODINGS:
            for name, form in private_formats(kind):
                data = key.private_bytes(encoding, form, serialization.NoEncryption())
                write("%s-%s-%s.key" % (kind, encoding_name, name), data)
            for name, form in public_formats(kind):
                data = key.public_key().public_bytes(encoding, form)
                write("%s-%s-%s.pub" % (kind, encoding_name, name), data)
        for name, args in signatures(kind):
            write(kind + "." + name, key.sign(MESSAGE, *args))
        if kind[0] == "r":
            for name, pad in sorted(CIPHERS.items()):
                write(kind + "." + name + ".enc", key.public_key().encrypt(MESSAGE, pad))
        if kind[0] in "Sx":
            args = (ec.ECDH(),) if kind[0] == "S" else ()
            form = PublicFormat.SubjectPublicKeyInfo
            write(kind + ".peer", peer.public_key().public_bytes(Encoding.DER, form))
            write(kind + ".shared", peer.exchange(*args + (key.public_key(),)))
    for name, box in boxes():
        for size in (0, 1, 100, 70000):
            data = bytes(i * 7 & 255 for i in range(size))
            write("%s-%d" % (name, size), box.encrypt(bytes(range(12)), data, data[:33]))


def boxes():
    for size in (16, 24, 32):
        yield "gcm%d" % size, AESGCM(bytes(range(size)))
        yield "ccm%d" % size, AESCCM(bytes(range(size)))
        yield "ccm%d-4" % size, AESCCM(bytes(range(size)), tag_length=4)
    yield "chacha", ChaCha20Poly1305(bytes(range(32)))


def check():
    for kind, _ in kinds():
        for encoding_name, encoding in ENCODINGS:
            for name, form in private_formats(kind):
                data = read("%s-%s-%s.key" % (kind, encoding_name, name))
                load = getattr(serialization, "load_%s_private_key" % encoding_name)
                key = load(data, password=None)
                if key.private_bytes(encoding, form, serialization.NoEncryption()) != data:
                    print("DIFFERS")
            for name, form in public_formats(kind):
                data = read("%s-%s-%s.pub" % (kind, encoding_name, name))
                public = getattr(serialization, "load_%s_public_key" % encoding_name)(data)
                if public.public_bytes(encoding, form) != data:
                    print("DIFFERS")
        for name, args in signatures(kind):
            public.verify(read(kind + "." + name), MESSAGE, *args)
        if kind[0] == "r":
            for name, pad in sorted(CIPHERS.items()):
                if key.decrypt(read(kind + "." + name + ".enc"), pad) != MESSAGE:
                    print("DIFFERS")
        if kind[0] in "Sx":
            args = (ec.ECDH(),) if kind[0] == "S" else ()
            peer = serialization.load_der_public_key(read(kind + ".peer"))
            if key.exchange(*args + (peer,)) != read(kind + ".shared"):
                print("DIFFERS")
    for name, box in boxes():
        for size in (0, 1, 100, 70000):
            data = bytes(i * 7 & 255 for i in range(size))
            cipher = read("%s-%d" % (name, size))
            if box.decrypt(bytes(range(12)), cipher, data[:33]) != data:
                print("DIFFERS")


if len(sys.argv) < 3:
    print("SKIP")
    raise SystemExit
if sys.argv[1] == "make":
    make()
else:
    check()
