# NIST's CAVP vectors, and those of BLAKE2 and Ed25519, in the files of Debian's
# python3-cryptography-vectors.
#
# Usage: nist.py FILE...
# Prints for each file its name, how many vectors passed, how many were skipped and why, and WRONG
# for one that went wrong. What is marked as wrong must raise the exception for that.

import sys

try:
    from binascii import unhexlify as unhex

    import wolfcryptolib as c
    import wolfhashlib
    from wolfcryptolib import ec, ed25519, hashes, utils
except ImportError:
    print("SKIP")
    raise SystemExit


class Skip(Exception):
    pass


def paragraphs(name):
    values = {}
    with open(name) as f:
        for line in f:
            line = line.strip()
            if line.startswith("[") and "=" not in line:
                values["section"] = line[1:-1]
            elif line and line[0] != "#":
                for part in line.strip("[]").split(", ") if line[0] == "[" else (line,):
                    key, _, value = part.partition("=")
                    values[key.strip()] = value.strip()
            elif values:
                yield values
                values = {}
    if values:
        yield values


# The vectors of a file: paragraphs that have all the results; the others hold for what follows.
def vectors(name, *results):
    defaults = {}
    for values in paragraphs(name):
        if all(key in values for key in results):
            for key in defaults:
                values.setdefault(key, defaults[key])
            yield values
        else:
            defaults.update(values)


def refuses(error, f, *args):
    try:
        f(*args)
    except error:
        return True
    return False


def aead(box, nonce, plain, aad, cipher):
    if plain is None:
        return refuses(c.InvalidTag, box.decrypt, nonce, cipher, aad)
    return box.encrypt(nonce, plain, aad) == cipher and box.decrypt(nonce, cipher, aad) == plain


def gcm(v):
    if v["Taglen"] != "128":
        raise Skip("shorter tags")
    nonce = unhex(v["IV"])
    if not 8 <= len(nonce) <= 128:
        raise Skip("nonces that pyca refuses")
    plain = None if "FAIL" in v else unhex(v["PT"])
    return aead(
        c.AESGCM(unhex(v["Key"])), nonce, plain, unhex(v["AAD"]), unhex(v["CT"] + v["Tag"])
    )


def ccm(v):
    box = c.AESCCM(unhex(v["Key"]), int(v["Tlen"]))
    fails = v.get("Result", "Pass") != "Pass"
    plain = None if fails else unhex(v["Payload"])[: int(v["Plen"])]
    return aead(
        box, unhex(v["Nonce"]), plain, unhex(v["Adata"])[: int(v["Alen"])], unhex(v["CT"])
    )


def cmac(v):
    mac = c.CMAC(unhex(v["KEY"]))
    mac.update(unhex(v["MESSAGE"]))
    return mac.finalize() == unhex(v["OUTPUT"])


def key_wrap(v):
    key, cipher = unhex(v["K"]), unhex(v["C"])
    if "FAIL" in v:
        return refuses(c.InvalidUnwrap, c.aes_key_unwrap, key, cipher)
    plain = unhex(v["P"])
    return c.aes_key_wrap(key, plain) == cipher and c.aes_key_unwrap(key, cipher) == plain


def hash_named(name):
    def run(v):
        message = unhex(v["Msg"])[: int(v["Len"]) // 8]
        h = wolfhashlib.new(name)
        for i in range(0, len(message), 61):
            h.update(message[i : i + 61])
        digest = unhex(v["MD"])
        return h.digest() == digest and wolfhashlib.new(name, message).digest() == digest

    return run


CURVES = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}


def public_key(v, curve):
    if curve not in CURVES:
        raise Skip("other curves")
    size = (int(curve[2:]) + 7) // 8
    x, y = int(v["Qx"], 16), int(v["Qy"], 16)
    if x >> size * 8 or y >> size * 8:
        raise ValueError  # no room for it in a point
    encoded = b"\x04" + x.to_bytes(size, "big") + y.to_bytes(size, "big")
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVES[curve](), encoded)


def signature(v):
    curve, name = v["section"].replace("SHA-", "SHA").split(",")
    if not hasattr(hashes, name):
        raise Skip(name)
    try:
        key = public_key(v, curve)
        sig = utils.encode_dss_signature(int(v["R"], 16), int(v["S"], 16))
        key.verify(sig, unhex(v["Msg"]), ec.ECDSA(getattr(hashes, name)()))
    except (ValueError, c.InvalidSignature):
        return v["Result"][0] == "F"
    return v["Result"][0] == "P"


def point(v):
    try:
        public_key(v, v["section"])
    except ValueError:
        return v["Result"][0] == "F"
    return v["Result"][0] == "P"


def eddsa(line):
    secret, public, message, signed = [unhex(part) for part in line.split(":")[:4]]
    key = ed25519.Ed25519PrivateKey.from_private_bytes(secret[:32])
    other = ed25519.Ed25519PublicKey.from_public_bytes(public)
    other.verify(signed[:64], message)
    return (
        key.public_key().public_bytes_raw() == public
        and key.sign(message) == signed[:64]
        and refuses(c.InvalidSignature, other.verify, signed[:64], message + b"x")
    )


def lines(name):
    with open(name) as f:
        for line in f:
            yield line.strip()


def run(name, check, items):
    passed, skipped, why = 0, 0, []
    for v in items:
        try:
            if check(v):
                passed += 1
            else:
                print("WRONG", name, v)
        except Skip as e:
            skipped += 1
            if e.args[0] not in why:
                why.append(e.args[0])
    print(name, passed, skipped, ", ".join(why))


if len(sys.argv) < 2:
    print("SKIP")
    raise SystemExit
for path in sys.argv[1:]:
    name = path.split("/")[-1]
    base = name.split(".")[0]
    if name.startswith("gcm"):
        run(name, gcm, vectors(path, "Key", "CT", "Tag"))
    elif "/CCM/" in path:
        run(name, ccm, vectors(path, "Payload", "CT"))
    elif "/CMAC/" in path:
        run(name, cmac, vectors(path, "OUTPUT"))
    elif "/keywrap/" in path:
        run(name, key_wrap, vectors(path, "K", "C"))
    elif name == "SigVer.rsp":
        run(name, signature, vectors(path, "R", "Result"))
    elif name == "PKV.rsp":
        run(name, point, vectors(path, "Qx", "Result"))
    elif name == "sign.input":
        run(name, eddsa, lines(path))
    elif "/hashes/" in path:
        algorithm = base.replace("ShortMsg", "").replace("LongMsg", "").lower()
        run(name, hash_named(algorithm), vectors(path, "MD"))
    else:
        print("WRONG", name, "is unknown")
