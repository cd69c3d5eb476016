# Keys: made, read, written, and used to sign, to verify, to agree on a secret, to encrypt. Known
# answers of RFC 7515 (A.2, A.3), RFC 7748, RFC 8032. What is refused raises ValueError or
# InvalidSignature. RSA, P-521, Ed25519 and X25519 are only asked for where the settings have them.

import sys

try:
    from binascii import unhexlify as unhex

    from binascii import a2b_base64
    import wolfcryptolib
    from wolfcryptolib import InvalidSignature, ec, hashes, serialization, utils
except ImportError:
    print("SKIP")
    raise SystemExit

everything = sys.platform == "linux"
Encoding = serialization.Encoding
PrivateFormat, PublicFormat = serialization.PrivateFormat, serialization.PublicFormat
PEM, DER = Encoding.PEM, Encoding.DER
PKCS8, TRADITIONAL = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL
SPKI = PublicFormat.SubjectPublicKeyInfo
POINT = (Encoding.X962, PublicFormat.UncompressedPoint)
plain = serialization.NoEncryption()


def has(name):
    return everything or hasattr(wolfcryptolib, name)


def raises(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return type(e).__name__


def b64(text):
    text = text.replace("-", "+").replace("_", "/")
    return a2b_base64(text + "=" * (-len(text) % 4))


# A SEQUENCE with more at its end.
def inside(der, more):
    body = der[2 + (der[1] & 0x7F if der[1] & 0x80 else 0) :] + more
    size = len(body)
    head = (size,) if size < 128 else (0x81, size) if size < 256 else (0x82, size >> 8, size & 255)
    return b"\x30" + bytes(head) + body


# RFC 5958: attributes, and in version 1 the public half, which must be right.
def one_asymmetric_key(key, der):
    load = serialization.load_der_private_key
    if load(inside(der, b"\xa0\0")).private_bytes(DER, PKCS8, plain) != der:
        return "attributes"
    if not hasattr(key, "private_bytes_raw"):
        return None
    bits = b"\x81\x21\0" + key.public_key().public_bytes_raw()
    newer = der[:4] + b"\1" + der[5:]
    if load(inside(newer, b"\xa0\0" + bits)).private_bytes(DER, PKCS8, plain) != der:
        return "public half"
    for bad in (inside(der, bits), inside(newer, bits[:-1] + bytes((bits[-1] ^ 1,))),
        inside(newer, bits + b"\0"), inside(newer, b"\x81\0")):
        if raises(load, bad) != "ValueError":
            return "another public half"
    return None


# Reads what it wrote, in every format, and refuses what was cut or has something behind it.
def formats(key, private, public):
    for form in private:
        for encoding, load in (
            (DER, serialization.load_der_private_key),
            (PEM, serialization.load_pem_private_key),
        ):
            text = key.private_bytes(encoding, form, plain)
            again = load(bytearray(text), password=None)
            if again.private_bytes(encoding, form, plain) != text:
                return "private", form
            if type(again) is not type(key):
                return "type"
            if raises(load, text[:-30], None) != "ValueError":
                return "private, cut"
            if encoding == DER and raises(load, text + b"\0", None) != "ValueError":
                return "private, longer"
            if encoding == DER and raises(load, inside(text, b"\5\0"), None) != "ValueError":
                return "private, longer inside"
            if encoding == DER and form == PKCS8 and one_asymmetric_key(key, text):
                return one_asymmetric_key(key, text)
            if raises(load, text, b"password") != "ValueError":
                return "password"
    for form in public:
        for encoding, load in (
            (DER, serialization.load_der_public_key),
            (PEM, serialization.load_pem_public_key),
        ):
            text = key.public_key().public_bytes(encoding=encoding, format=form)
            again = load(text)
            if again.public_bytes(encoding, form) != text:
                return "public", form
            if raises(load, text[:-30]) != "ValueError":
                return "public, cut"
            if encoding == DER and raises(load, text + b"\0") != "ValueError":
                return "public, longer"
    return "ok"


def signs(sign, verify):
    sig = sign(b"message")
    results = [verify(sig, b"message"), raises(verify, sig, b"another")]
    for i in range(0, len(sig), 7):
        bad = bytearray(sig)
        bad[i] ^= 1 << i % 8
        if raises(verify, bad, b"message") != "InvalidSignature":
            results.append(i)
    for bad in (b"", sig[:-1], sig + b"\0", bytes(len(sig))):
        results.append(raises(verify, bad, b"message"))
    return results


for name in ("SECP256R1", "SECP384R1", "SECP521R1"):
    if not hasattr(ec, name) and not everything:
        continue
    curve = getattr(ec, name)()
    key = ec.generate_private_key(curve)
    public = key.public_key()
    print(name, key.curve.name == name.lower(), key.key_size, public.curve is curve)
    print("formats", formats(key, (PKCS8, TRADITIONAL), (SPKI,)))
    for hash_name in ("SHA256", "SHA384", "SHA512"):
        if not hasattr(hashes, hash_name):
            continue
        algorithm = ec.ECDSA(getattr(hashes, hash_name)())
        print(
            hash_name,
            signs(
                lambda data: key.sign(data, algorithm),
                lambda sig, data: public.verify(sig, data, algorithm),
            ),
        )
    r, s = utils.decode_dss_signature(key.sign(b"message", ec.ECDSA(hashes.SHA256())))
    public.verify(utils.encode_dss_signature(r, s), b"message", ec.ECDSA(hashes.SHA256()))
    for pair in ((0, s), (r, 0), (s, r), (r + 1, s), (1, 1)):
        sig = utils.encode_dss_signature(*pair)
        print(raises(public.verify, sig, b"message", ec.ECDSA(hashes.SHA256())), end=" ")
    print()
    # Another encoding of the same numbers is another signature: an integer with a zero too many.
    sig = utils.encode_dss_signature(r, s)
    start = 3 if sig[1] > 0x80 else 2
    longer = bytes((sig[start], sig[start + 1] + 1, 0)) + bytes(sig[start + 2 :])
    longer = b"\x30" + (b"\x81" if len(longer) > 127 else b"") + bytes((len(longer),)) + longer
    print(raises(public.verify, longer, b"message", ec.ECDSA(hashes.SHA256())))
    prehashed = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
    print(public.verify(key.sign(b"d" * 32, prehashed), b"d" * 32, prehashed))
    print(raises(key.sign, bytes(31), prehashed))
    peer = ec.generate_private_key(curve)
    shared = key.exchange(ec.ECDH(), peer.public_key())
    print(shared == peer.exchange(ec.ECDH(), public), len(shared) == (key.key_size + 7) // 8)
    point = public.public_bytes(*POINT)
    again = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    print(again.public_bytes(*POINT) == point)
    bad = bytearray(point)
    bad[-1] ^= 1
    for wrong in (bad, point[:-1], b"", b"\0", b"\x05" + point[1:], bytes(len(point))):
        print(raises(ec.EllipticCurvePublicKey.from_encoded_point, curve, wrong), end=" ")
    order = {
        256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        384: (1 << 384) - 1388124618062372383947042015309946732620727252194336364173,
        521: (1 << 521)
        - 657877501894328237357444332315020117536923257219387276263472201219398408051703,
    }[key.key_size]
    for value in (0, -1, order, order + 1, 1 << key.key_size, "1"):
        print(raises(ec.derive_private_key, value, curve), end=" ")
    print()
    last = ec.derive_private_key(order - 1, curve).public_key().public_bytes(*POINT)
    one = ec.derive_private_key(1, curve).public_key().public_bytes(*POINT)
    half = (len(one) + 1) // 2
    print(last[:half] == one[:half], last[half:] != one[half:])

other = ec.generate_private_key(ec.SECP384R1())
print(raises(key.exchange, ec.ECDH(), other.public_key()) if key.key_size != 384 else "ValueError")
print(raises(key.exchange, ec.ECDSA(hashes.SHA256()), key.public_key()))
print(raises(key.sign, b"", hashes.SHA256()), raises(key.sign, "text", ec.ECDSA(hashes.SHA256())))
print(raises(ec.ECDSA, ec.SECP256R1()), raises(ec.generate_private_key, hashes.SHA256()))
print(raises(key.private_bytes, PEM, SPKI, plain), raises(key.private_bytes, PEM, PKCS8, None))
print(raises(utils.encode_dss_signature, -1, 1), raises(utils.encode_dss_signature, 1 << 528, 1))
print(raises(utils.decode_dss_signature, b""), raises(utils.decode_dss_signature, b"\x30\0"))

# RFC 7515, A.3: ES256.
d = int.from_bytes(b64("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"), "big")
es256 = ec.derive_private_key(d, ec.SECP256R1())
point = es256.public_key().public_bytes(*POINT)
print(point[1:33] == b64("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"))
token = (
    b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    b"cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
sig = b64("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
r, s = int.from_bytes(sig[:32], "big"), int.from_bytes(sig[32:], "big")
sig = utils.encode_dss_signature(r, s)
print(es256.public_key().verify(sig, token, ec.ECDSA(hashes.SHA256())))

# Nothing of a key is in its repr, and nothing makes a key of nothing.
print(repr(es256) == "<EllipticCurvePrivateKey>", raises(type(es256)), raises(type(other), b""))

for text in (
    b"",
    b"-----BEGIN PRIVATE KEY-----",
    b"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
    b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
):
    print(raises(serialization.load_pem_private_key, text, None), end=" ")
    print(raises(serialization.load_pem_public_key, text))
text = es256.private_bytes(PEM, TRADITIONAL, plain)
text = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + text
text = text.replace(b"\n", b"\r\n")
again = serialization.load_pem_private_key(b"garbage before\n" + text + b"and after", None)
print(again.public_key().public_bytes(*POINT) == point)
# A public half of another key.
der = bytearray(es256.private_bytes(DER, PKCS8, plain))
der[-1] ^= 1
print(raises(serialization.load_der_private_key, der, None))

if has("ed25519"):
    from wolfcryptolib import ed25519

    key = ed25519.Ed25519PrivateKey.from_private_bytes(
        unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    )
    public = key.public_key().public_bytes_raw()
    if public != unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"):
        print("wrong public key")
    want = unhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    if key.sign(b"\x72") != want:
        print("wrong signature")
    key = ed25519.Ed25519PrivateKey.generate()
    if formats(key, (PKCS8,), (SPKI,)) != "ok":
        print("ed25519 formats")
    expected = [None] + ["InvalidSignature"] * 5
    if signs(key.sign, key.public_key().verify) != expected:
        print(signs(key.sign, key.public_key().verify))
    raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, plain)
    if raw != key.private_bytes_raw() or len(raw) != 32:
        print("ed25519 raw")
    for wrong in (b"", raw[:31], raw + b"\0"):
        if raises(ed25519.Ed25519PrivateKey.from_private_bytes, wrong) != "ValueError":
            print("ed25519 private", wrong)
        if raises(ed25519.Ed25519PublicKey.from_public_bytes, wrong) != "ValueError":
            print("ed25519 public", wrong)
if has("x25519"):
    from wolfcryptolib import x25519

    a = x25519.X25519PrivateKey.from_private_bytes(
        unhex("77076d0a7318a57d3c16c17251b26645df4c5a0b4e8e5f1b5a3b3a5a1a5b5c5d")
    )
    b = x25519.X25519PrivateKey.from_private_bytes(
        unhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
    )
    if b.public_key().public_bytes_raw() != unhex(
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
    ):
        print("wrong public key of X25519")
    if a.exchange(b.public_key()) != b.exchange(a.public_key()):
        print("wrong secret of X25519")
    # RFC 7748, section 5.2.
    key = x25519.X25519PrivateKey.from_private_bytes(
        unhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
    )
    u = x25519.X25519PublicKey.from_public_bytes(
        unhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
    )
    if key.exchange(u) != unhex(
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
    ):
        print("wrong secret of RFC 7748")
    # Numbers that assembly of wolfSSL has mistaken; the results are those of plain arithmetic.
    key = x25519.X25519PrivateKey.from_private_bytes(bytes(range(32)))
    for u, secret in (
        (b"\x02", "dccdd10f7b3192c526ef0674b53287527de909fdfe2c741c6bd49520da678a53"),
        (b"\x03", "8f35d60d433a8cec6112ff4b88dbce86de8144e57755d566faebe8c7bc3e1c5f"),
        (b"\xef" + b"\xff" * 30 + b"\x7f",
         "dccdd10f7b3192c526ef0674b53287527de909fdfe2c741c6bd49520da678a53"),
    ):
        u += bytes(32 - len(u))
        if key.exchange(x25519.X25519PublicKey.from_public_bytes(u)) != unhex(secret):
            print("wrong secret with u =", u[0])
    key = x25519.X25519PrivateKey.from_private_bytes(
        unhex("60a3a4f130b98a5be4b1cedb7cb85584a3520e142d474dc9ccb909a073a9767f")
    )
    for secret, u in (
        (2, "b7b6d39c765cb60c0c8542f4f3952ffb51d3002d4aeb9f8ff988b192043e6d0a"),
        (9, "3b18df1e50b899ebd588c3161cbd3bf98ebcc2c1f7df53b811bd0e91b4d5153d"),
        (16, "cab6f9e7d8ce00dfcea9bbd8f069ef7fb2ac504abf83b87db601b5ae0a7f7615"),
    ):
        u = x25519.X25519PublicKey.from_public_bytes(unhex(u))
        if key.exchange(u) != bytes([secret]) + bytes(31):
            print("wrong secret, which is", secret)
    if formats(x25519.X25519PrivateKey.generate(), (PKCS8,), (SPKI,)) != "ok":
        print("x25519 formats")
    for wrong in (bytes(32), b"\x01" + bytes(31)):
        peer = x25519.X25519PublicKey.from_public_bytes(wrong)
        if raises(a.exchange, peer) != "ValueError":
            print("small order", raises(a.exchange, peer))
if has("rsa"):
    from wolfcryptolib import padding, rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key()
    if key.key_size != 2048 or public.key_size != 2048:
        print("key_size")
    result = formats(key, (PKCS8, TRADITIONAL), (SPKI, PublicFormat.PKCS1))
    if result != "ok":
        print("rsa formats", result)
    PSS = padding.PSS
    for pad in (
        padding.PKCS1v15(),
        PSS(mgf=padding.MGF1(algorithm=hashes.SHA256()), salt_length=PSS.MAX_LENGTH),
        PSS(padding.MGF1(hashes.SHA1()), PSS.DIGEST_LENGTH),
        PSS(padding.MGF1(hashes.SHA512()), 0),
        PSS(padding.MGF1(hashes.SHA256()), PSS.AUTO),
    ):
        for algorithm in (hashes.SHA256(), hashes.SHA512(), utils.Prehashed(hashes.SHA256())):
            message = bytes(32)
            sig = key.sign(message, pad, algorithm)
            if public.verify(sig, message, pad, algorithm) is not None:
                print("rsa verify")
            bad = bytearray(sig)
            bad[-1] ^= 1
            for wrong in (bad, sig[:-1], sig + b"\0", bytes(256), b"\xff" * 256, b""):
                if raises(public.verify, wrong, message, pad, algorithm) != "InvalidSignature":
                    print("rsa verify", wrong)
            if raises(public.verify, sig, b"x" * 32, pad, algorithm) != "InvalidSignature":
                print("rsa verify, another message")
    for pad in (
        padding.PKCS1v15(),
        padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None),
        padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA512(), b"label"),
    ):
        for message in (b"x", b"message"):
            cipher = public.encrypt(message, pad)
            if key.decrypt(cipher, pad) != message:
                print("rsa decrypt")
        for wrong in (b"", cipher[:-1], cipher + b"\0", bytes(256), b"\xff" * 256):
            if raises(key.decrypt, wrong, pad) != "ValueError":
                print("rsa decrypt", wrong)
        for wrong in (b"", bytes(246)):
            if raises(public.encrypt, wrong, pad) != "ValueError":
                print("rsa encrypt", wrong)
    # What is equal modulo n, but not smaller than n; it must have room.
    n = int.from_bytes(public.public_bytes(DER, PublicFormat.PKCS1)[9:265], "big")
    pad = padding.PKCS1v15()
    for i in range(2000):
        message = b"%d" % i
        sig = int.from_bytes(key.sign(message, pad, hashes.SHA256()), "big") + n
        if sig < 1 << 2048:
            sig = sig.to_bytes(256, "big")
            if raises(public.verify, sig, message, pad, hashes.SHA256()) != "InvalidSignature":
                print("rsa verify, not reduced")
            break
    for i in range(2000):
        cipher = int.from_bytes(public.encrypt(b"message", pad), "big") + n
        if cipher < 1 << 2048:
            if raises(key.decrypt, cipher.to_bytes(256, "big"), pad) != "ValueError":
                print("rsa decrypt, not reduced")
            break
    pad = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA512(), b"label")
    cipher = public.encrypt(b"message", pad)
    other = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA512(), b"other")
    if raises(key.decrypt, cipher, other) != "ValueError":
        print("rsa decrypt, another label")
    for e, size in ((1, 2048), (2, 2048), (65537, 512), (65537, 8192), (65537, 2049)):
        if raises(rsa.generate_private_key, e, size) != "ValueError":
            print("rsa generate", e, size)
    # A private exponent of another key.
    der = bytearray(key.private_bytes(DER, TRADITIONAL, plain))
    der[400] ^= 1
    if raises(serialization.load_der_private_key, der, None) != "ValueError":
        print("rsa, a wrong exponent")
print("done")
