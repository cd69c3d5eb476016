# Wycheproof's cases (C2SP/wycheproof, testvectors_v1) for what wolfcryptolib and wolfhashlib have.
#
# Usage: wycheproof.py FILE...
# Prints for each file its name, how many cases passed, how many were skipped and why, and WRONG
# with its number for a case that went wrong. A case passes if what is valid works with the given
# result, what is invalid raises the exception for that, and what is acceptable does either.

import sys

try:
    from binascii import unhexlify as unhex

    import json

    import wolfcryptolib as c
    import wolfhashlib
    from wolfcryptolib import ec, ed25519, hashes, padding, serialization, utils, x25519
except ImportError:
    print("SKIP")
    raise SystemExit

# What may be raised for what is invalid. Anything else is a bug.
REFUSED = (c.InvalidTag, c.InvalidSignature, c.InvalidUnwrap, ValueError)


class Skip(Exception):
    pass


def hash_of(name):
    name = name.replace("SHA-", "SHA").replace("SHA3-", "SHA3_")
    if not hasattr(hashes, name):
        raise Skip(name)
    return getattr(hashes, name)


def same(got, want):
    if got != want:
        raise AssertionError("another result")


def aead(make):
    def run(group, test):
        try:
            box = make(unhex(test["key"]), group["tagSize"] // 8)
        except ValueError:
            raise Skip("sizes of keys or tags")
        nonce, aad, msg = unhex(test["iv"]), unhex(test["aad"]), unhex(test["msg"])
        if make == gcm and not 8 <= len(nonce) <= 128:
            raise Skip("nonces that pyca refuses")
        cipher = unhex(test["ct"]) + unhex(test["tag"])
        plain = box.decrypt(nonce, cipher, aad)
        same(plain, msg)
        same(box.encrypt(nonce, msg, aad), cipher)
        buf = bytearray(cipher)
        box.decrypt_into(nonce, buf, aad, memoryview(buf)[: len(msg)])
        same(buf[: len(msg)], msg)

    return run


def gcm(key, tag):
    if tag != 16:
        raise ValueError
    return c.AESGCM(key)


def chacha(key, tag):
    return c.ChaCha20Poly1305(key)


def gmac(group, test):
    c.AESGCM(unhex(test["key"])).decrypt(
        unhex(test["iv"]), unhex(test["tag"]), unhex(test["msg"])
    )


def cmac(group, test):
    if group["tagSize"] != 128:
        raise Skip("shorter tags")
    mac = c.CMAC(unhex(test["key"]))
    mac.update(unhex(test["msg"]))
    mac.verify(unhex(test["tag"]))


def keywrap(group, test):
    key, msg, wrapped = unhex(test["key"]), unhex(test["msg"]), unhex(test["ct"])
    same(c.aes_key_unwrap(key, wrapped), msg)
    same(c.aes_key_wrap(key, msg), wrapped)


def hmac(name):
    def run(group, test):
        code = wolfhashlib.hmac_new(unhex(test["key"]), unhex(test["msg"]), name).digest()
        tag = unhex(test["tag"])
        if not wolfhashlib.compare_digest(code[: group["tagSize"] // 8], tag):
            raise c.InvalidTag

    return run


def hkdf(name):
    def run(group, test):
        args = [unhex(test[part]) for part in ("ikm", "salt", "info")]
        same(wolfhashlib.hkdf(name, *args, test["size"]), unhex(test["okm"]))

    return run


def pbkdf2(name):
    def run(group, test):
        if test["iterationCount"] > 100000:
            raise Skip("iterations")
        password, salt = unhex(test["password"]), unhex(test["salt"])
        key = wolfhashlib.pbkdf2_hmac(name, password, salt, test["iterationCount"], test["dkLen"])
        same(key, unhex(test["dk"]))

    return run


CURVES = {"secp256r1": "SECP256R1", "secp384r1": "SECP384R1", "secp521r1": "SECP521R1"}


def public_key(group):
    curve = group.get("publicKey", {}).get("curve", "edwards25519")
    if curve not in CURVES and curve != "edwards25519":
        raise Skip("other curves")
    return serialization.load_der_public_key(unhex(group["publicKeyDer"]))


# wolfSSL's generic code (P-384, P-521) refuses some valid signatures that no one makes by chance.
def verify(key, sig, test, algorithm):
    try:
        key.verify(sig, unhex(test["msg"]), algorithm)
    except c.InvalidSignature:
        extreme = test["comment"].startswith("extreme value for k")
        if extreme and test["result"] == "valid" and key.key_size != 256:
            raise Skip("extreme values of k, which wolfSSL refuses")
        raise


def ecdsa(group, test):
    verify(public_key(group), unhex(test["sig"]), test, ec.ECDSA(hash_of(group["sha"])))


def ecdsa_raw(group, test):
    algorithm = ec.ECDSA(hash_of(group["sha"]))
    key, sig = public_key(group), unhex(test["sig"])
    size = (key.key_size + 7) // 8
    if len(sig) != 2 * size:
        raise c.InvalidSignature
    r, s = int.from_bytes(sig[:size], "big"), int.from_bytes(sig[size:], "big")
    verify(key, utils.encode_dss_signature(r, s), test, algorithm)


def eddsa(group, test):
    key = public_key(group)
    key.verify(unhex(test["sig"]), unhex(test["msg"]))


def ecdh(group, test):
    if group["curve"] not in CURVES:
        raise Skip("other curves")
    curve = getattr(ec, CURVES[group["curve"]])
    if group["encoding"] == "pem":
        peer = serialization.load_pem_public_key(test["public"].encode())
        own = serialization.load_pem_private_key(test["private"].encode(), None)
    else:
        public = unhex(test["public"])
        if group["encoding"] == "asn":
            peer = serialization.load_der_public_key(public)
        else:
            peer = ec.EllipticCurvePublicKey.from_encoded_point(curve, public)
        own = ec.derive_private_key(int(test["private"], 16), curve)
    same(own.exchange(ec.ECDH(), peer), unhex(test["shared"]))


def xdh(group, test):
    if group["curve"] == "curve448":
        raise Skip("other curves")
    if group["type"] == "XdhPemComp":
        peer = serialization.load_pem_public_key(test["public"].encode())
        own = serialization.load_pem_private_key(test["private"].encode(), None)
    elif group["type"] == "XdhAsnComp":
        peer = serialization.load_der_public_key(unhex(test["public"]))
        own = serialization.load_der_private_key(unhex(test["private"]), None)
    else:
        peer = x25519.X25519PublicKey.from_public_bytes(unhex(test["public"]))
        own = x25519.X25519PrivateKey.from_private_bytes(unhex(test["private"]))
    if type(own) is not x25519.X25519PrivateKey or type(peer) is not x25519.X25519PublicKey:
        raise ValueError("another kind of key")
    same(own.exchange(peer), unhex(test["shared"]))


def rsa_key(f, *args):
    try:
        return f(*args)
    except ValueError as e:
        raise Skip("RSA keys: " + str(e))


def rsa_verify(group, test):
    if group["keySize"] > 4096:
        raise Skip("RSA keys of more than 4096 bits")
    key = rsa_key(public_key, group)
    key.verify(unhex(test["sig"]), unhex(test["msg"]), padding.PKCS1v15(), hash_of(group["sha"]))


def rsa_private(group):
    der = unhex(group["privateKeyPkcs8"])
    return rsa_key(serialization.load_der_private_key, der, None)


def rsa_sign(group, test):
    key = rsa_private(group)
    sig = key.sign(unhex(test["msg"]), padding.PKCS1v15(), hash_of(group["sha"]))
    same(sig, unhex(test["sig"]))


def mgf1(group):
    if group["mgf"] != "MGF1":
        raise Skip(group["mgf"])
    return padding.MGF1(hash_of(group["mgfSha"]))


def pss(group, test):
    algorithm = hash_of(group["sha"])
    key = rsa_key(public_key, group)
    pad = padding.PSS(mgf1(group), group["sLen"])
    key.verify(unhex(test["sig"]), unhex(test["msg"]), pad, algorithm)


def not_empty(test):
    if test["msg"] == "" and test["result"] == "valid":
        raise Skip("empty messages, which wolfSSL does not decrypt")


def oaep(group, test):
    not_empty(test)
    pad = padding.OAEP(mgf1(group), hash_of(group["sha"]), unhex(test["label"]))
    same(rsa_private(group).decrypt(unhex(test["ct"]), pad), unhex(test["msg"]))


def pkcs1_decrypt(group, test):
    not_empty(test)
    plain = rsa_private(group).decrypt(unhex(test["ct"]), padding.PKCS1v15())
    same(plain, unhex(test["msg"]))


RUN = {
    "AeadTest AES-GCM": aead(gcm),
    "AeadTest AES-CCM": aead(c.AESCCM),
    "AeadTest CHACHA20-POLY1305": aead(chacha),
    "MacWithIvTest AES-GMAC": gmac,
    "MacTest AES-CMAC": cmac,
    "KeywrapTest AES-WRAP": keywrap,
    "EcdsaVerify ECDSA": ecdsa,
    "EcdsaP1363Verify ECDSA": ecdsa_raw,
    "EddsaVerify EDDSA": eddsa,
    "EcdhTest ECDH": ecdh,
    "EcdhPemTest ECDH": ecdh,
    "EcdhEcpointTest ECDH": ecdh,
    "XdhComp XDH": xdh,
    "XdhAsnComp XDH": xdh,
    "XdhPemComp XDH": xdh,
    "RsassaPkcs1Verify RSASSA-PKCS1-v1_5": rsa_verify,
    "RsassaPkcs1Generate RSASSA-PKCS1-v1_5": rsa_sign,
    "RsassaPssVerify RSASSA-PSS": pss,
    "RsassaPssWithParametersVerify RSASSA-PSS": pss,
    "RsaesOaepDecrypt RSAES-OAEP": oaep,
    "RsaesPkcs1Decrypt RSAES-PKCS1-v1_5": pkcs1_decrypt,
}
for name, spelled in (
    ("sha1", "SHA-1"),
    ("sha224", "SHA-224"),
    ("sha256", "SHA-256"),
    ("sha384", "SHA-384"),
    ("sha512", "SHA-512"),
    ("sha3_256", "SHA3-256"),
    ("sha3_384", "SHA3-384"),
    ("sha3_512", "SHA3-512"),
):
    short = spelled.replace("SHA-", "SHA")
    RUN["MacTest HMAC" + short] = hmac(name)
    RUN["HkdfTest HKDF-" + spelled] = hkdf(name)
    RUN["PbkdfTest PBKDF2-HMAC" + short] = pbkdf2(name)


def one(run, group, test):
    result = test["result"]
    try:
        run(group, test)
    except Skip as e:
        return str(e)
    except REFUSED as e:
        return None if result != "valid" else "WRONG: %r" % e
    except Exception as e:
        return "WRONG: %r" % e
    return None if result != "invalid" else "WRONG: accepted"


def main(files):
    for file in files:
        with open(file) as f:
            text = json.load(f)
        passed, skipped = 0, {}
        for group in text["testGroups"]:
            run = RUN.get(group["type"] + " " + text.get("algorithm", ""))
            for test in group["tests"]:
                problem = one(run, group, test) if run else "not in the API"
                if problem is None:
                    passed += 1
                elif problem.startswith("WRONG"):
                    print(problem, file, test["tcId"], test["result"], test["comment"])
                else:
                    skipped[problem] = skipped.get(problem, 0) + 1
        why = ", ".join("%s: %d" % item for item in sorted(skipped.items()))
        print(file.split("/")[-1].replace("_test.json", ""), passed, sum(skipped.values()), why)


if len(sys.argv) < 2:
    print("SKIP")
    raise SystemExit
main(sys.argv[1:])
