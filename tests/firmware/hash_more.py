# hashlib, hmac and what is made of them, as CPython has them: known answers (of CPython 3.11),
# and what a program sees. Algorithms that the settings leave out are not asked for, except on
# Linux, where the settings have all. It runs on CPython too.

import sys

try:
    try:
        import wolfhashlib as hashlib

        new_hmac, compare_digest = hashlib.hmac_new, hashlib.compare_digest
    except ImportError:
        if sys.implementation.name != "cpython":
            raise
        import hashlib
        from hmac import compare_digest, new as new_hmac
    from binascii import hexlify
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

# Name, digests of the first 0, 3 and 1280 bytes of MSG, and HMACs of MSG with its first 20 and 200
# bytes as the key, where wolfSSL has an HMAC of it.
VECTORS = (
    (
        "md5",
        "d41d8cd98f00b204e9800998ecf8427e",
        "b95f67f61ebb03619622d798f45fc2d3",
        "82829f1f3f2bb0f18b25f278e5bba8bd",
        "316179e1587d46c5944812b6d556b3dd",
        "60eaec66312c77c9db9379b146febc5f",
    ),
    (
        "sha1",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "0c7a623fd2bbc05b06423be359e4021d36e721ad",
        "e37a04cb2353309f5cff4ee036cfb91a5e31cefd",
        "f3a3a71e3f2e29ca7d3030b53242a7f3f7eed7c0",
        "e274a4843058b6cd15aa0ba322144bf098a10060",
    ),
    (
        "sha224",
        "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
        "e615202185aabe2aca924bec29e5a12384f8339eae4e64c9cba9f1da",
        "e2e07ef955598bf865c30a5dca2ac6af0711cf7b28d37f58a81acef3",
        "6d60bf13fb262cf7fc75dde8dd6ffc705229be9c4ca491b4a6ed804d",
        "1d40e6a552a1f7e207f3ea5a4475444d59ff728d3719e19fb1c39f97",
    ),
    (
        "sha256",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "ae4b3280e56e2faf83f414a6e3dabe9d5fbe18976544c05fed121accb85b53fc",
        "d414b085826eb06778483ba35564dc849e643359f69ed9747878ba6e54985bed",
        "41ce9c5d420b1109b13e27fc34cbe8737b2c4e6c66d1aaf67b7ad8cd338c2e4d",
        "b1f0ef79a9cd726598401081833d4517791141657fbaead91fabe39a0a7279c6",
    ),
    (
        "sha384",
        "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fb"
        "d51ad2f14898b95b",
        "4f895854c1a4fc5aa2e0456eaf8d0ecaa70c196bd901153861d76b8fa3cd95ceea29eab6a279f8b0"
        "8437703ce0b4b91a",
        "f5943b1fe9e4b5bd3b45c83ef1e748f5e0f095f405a67d11a37016e5e908a4c5033bf084186d1e35"
        "2db6fdda24dda58c",
        "ad2e4c76857b6176387438f35aa48afa119826ed8d626fa27fec91b157f3068281cefd527ad3dd42"
        "3855fa558d784cc1",
        "54ba3ccf97af64b33f3a9a8a46e8db106c87b59ea93ba1fbe7a7b3f7ea0be3a75e152efc7413aa31"
        "436b572dc4353f83",
    ),
    (
        "sha512",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0"
        "ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
        "8081da5f9c1e3d0e1aa16f604d5e5064543cff5d7bace2bb312252461e151b3fe0f034ea8dc1dacf"
        "f3361a892d625fbe1b614cda265f87a473c24b0fa1d91dfd",
        "c93f55ccf2fa8c82699ff9b58afe3591242b135d908a6d865e17e38adb41c21d1d5359e512730363"
        "73d54d20b5659cc87e6e7b381ff027d33f971416cc590f90",
        "7fdb163f669636bb18efe8d5fa70259da22597f56b759ba3bbdba934f5d3d6b1d84c205f5f8fcbe1"
        "4b3f59d7f72386228ec9f12fc1c7062a4121ce48a437bec2",
        "dafccf8a8039ede9adaa4a3fae2e210f7874242fcbef6c0741f8072cf72b22d19fc1a4e4d2517ef0"
        "7504e44d6f7d129245c749554bd45536c5d336d79359200c",
    ),
    (
        "sha3_256",
        "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
        "1186d49a4ad620618f760f29da2c593b2ec2cc2ced69dc16817390d861e62253",
        "fe0ff504c79e251aedec1e83dd99637b93650f1a1505310acd4e77b034ffdfca",
        "815b8e3bea3cf4a9ce9b2c6e44f2d4ad772f77baa80d41f8867899fe5d78ee2e",
        "96928045de8776524c4866f863fc84d8f6fd4d436de3cdd58a37b1e17723a36e",
    ),
    (
        "sha3_384",
        "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2ac3713831264adb47"
        "fb6bd1e058d5f004",
        "427eb9311db30f28bc248174a913c1e5a7948abf0859e522d5b99e29672b3dbbc45fb0f538ee3c98"
        "b728cc47396f6998",
        "639fc387df4061a4886cd365d3b3b4b3311f69c93870aa7183cc8486d187ed741483e25f72514ef5"
        "848ce181778b4cb2",
        "9e507f43a1949d92b5ddb5f1a20e81609bfbf009130dc031f21746794de7a0beb6c67d4af4df81a2"
        "062618e6776b6052",
        "0319d4ab5613a6d3621c55af0571b5edde2f0ac31a0eeec6fb9f7fb44d8be6fa355c68372fbade71"
        "750c64a54f2431be",
    ),
    (
        "sha3_512",
        "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c"
        "11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
        "123119ad1d6e168e0f20a3af1fb2e29c76bc3f83711cf3ee3122ae37ef6a1c2e094bd4bc53b7f9a4"
        "5c9db1f900f87a3759327a659de341ef1a7b1787afbe9ebc",
        "6ee10bf28b3305d7f545e6c6fd82325b169f623a21b43371abbd26365d759f3a3db3c48732163326"
        "71130837152cca791b65e5cd869cbd58bbdd0284db3cce3c",
        "eed6ad54fd2ef2dec786bbba079f2b9190a7a6ea869bd233902b3f6606c3b139f27c60cf45c1c1a8"
        "00b0b425a54326ee5e3a777197543503fd309f524f20ec23",
        "0004154b342b549d9bbdcb4cff4f7a6557322f59bfadaf34dadd483fd34fee164a25ccdd93aaacec"
        "310e61cb9bab367264dd70c0e8adbb8f0513370bbfa3c9c8",
    ),
    (
        "blake2b",
        "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee5853"
        "13896444934eb04b903a685b1448b755d56f701afe9be2ce",
        "40a374727302d9a4769c17b5f409ff32f58aa24ff122d7603e4fda1509e919d4107a52c57570a6d9"
        "4e50967aea573b11f86f473f537565c66f7039830a85d186",
        "a86b784c748f990b998e6d30d71e20cc95228d2b08dd85e29f63e4de8d8839bdf935f4291537af50"
        "14fe44c0b578a073e4c9217c7b05542d0c450784c30bac8a",
    ),
    (
        "blake2s",
        "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9",
        "e8f91c6ef232a041452ab0e149070cdd7dd1769e75b3a5921be37876c45c9900",
        "52ea240758fbbcd27c605dfb70ef0957c9009335d6d0a8d60d219e611ba2e23f",
    ),
)

MSG = bytes(range(256)) * 5
ONCE = ("md5", "sha1", "sha256")

def raises(f, *args, **kwargs):
    try:
        f(*args, **kwargs)
    except Exception as e:
        return type(e).__name__
    return None

def check(what, got, want):
    if got != want:
        print(what, got, want)

def hashes(name, digests):
    new = getattr(hashlib, name)
    for size, want in zip((0, 3, 1280), digests):
        check(name, new(MSG[:size]).hexdigest(), want)
        check(name, hexlify(hashlib.new(name, MSG[:size]).digest()).decode(), want)
    # In pieces, from buffers of other types, and from where they are not aligned.
    h = new()
    h.update(b"")
    h.update(bytearray(MSG[:1]))
    h.update(memoryview(MSG)[1:70])
    copy = h.copy()
    h.update(memoryview(MSG)[70:])
    check(name, h.hexdigest(), digests[2])
    if name not in ONCE:
        # As often as wanted, and on.
        check(name, h.hexdigest(), digests[2])
        h.update(b"more")
        check(name, h.digest(), new(MSG + b"more").digest())
    elif sys.implementation.name != "cpython":
        # As the built-in.
        for again in (h.digest, h.hexdigest, h.copy, lambda: h.update(b"")):
            check(name, raises(again), "ValueError")
    copy.update(MSG[70:])
    check(name, copy.hexdigest(), digests[2])
    h = new()
    check(name, (h.name, h.digest_size), (name, len(digests[0]) // 2))
    check(name, name in hashlib.algorithms_available, True)

def hmacs(name, codes):
    for size, want in zip((20, 200), codes):
        for digestmod in (name, getattr(hashlib, name)):
            m = new_hmac(MSG[:size], MSG, digestmod)
            check("hmac " + name, m.hexdigest(), want)
        m = new_hmac(bytearray(MSG[:size]), digestmod=name)
        m.update(MSG[:99])
        copy = m.copy()
        m.update(b"another end")
        copy.update(memoryview(MSG)[99:])
        for _ in range(2):
            check("hmac " + name, hexlify(copy.digest()).decode(), want)
        check("hmac " + name, m.digest() == copy.digest(), False)
        check("hmac " + name, (m.name, m.digest_size), ("hmac-" + name, len(want) // 2))
        check("hmac " + name, m.block_size, hashlib.new(name).block_size)

for vector in VECTORS:
    name = vector[0]
    if hasattr(hashlib, name) or sys.platform == "linux":
        hashes(name, vector[1:4])
        hmacs(name, vector[4:])

if sys.implementation.name != "cpython" and hasattr(hashlib, "blake2b"):
    for digestmod in ("blake2b", hashlib.blake2s):
        check("hmac blake2", raises(new_hmac, b"key", b"msg", digestmod), "ValueError")
    check("hkdf blake2", raises(hashlib.hkdf, "blake2s", b"", b"", b"", 32), "ValueError")
    check("pbkdf2 blake2", raises(hashlib.pbkdf2_hmac, "blake2s", b"", b"", 1), "ValueError")

print("wrong name", raises(hashlib.new, "sha255"), raises(hashlib.new, 256))
print("hmac without digestmod", raises(new_hmac, b"key", b"msg"))
print("hmac with a str", raises(new_hmac, "key", b"msg", "sha256"))
print("hmac with a wrong name", raises(new_hmac, b"key", b"msg", "sha255"))
print("hmac with no hash", raises(new_hmac, b"key", b"msg", int) is not None)
for a, b in (
    (b"", b""),
    (b"ab", b"ab"),
    (b"ab", b"aB"),
    (b"ab", b"abc"),
    ("ab", "ab"),
    ("ab", "b"),
):
    print(a, b, compare_digest(a, bytearray(b) if type(b) is bytes else b))
print("compare str with bytes", raises(compare_digest, "ab", b"ab"))

# RFC 7914, sections 11 and 12, and RFC 5869, A.1 and A.3.
if hasattr(hashlib, "pbkdf2_hmac") or sys.platform == "linux":
    key = hashlib.pbkdf2_hmac("sha256", b"passwd", b"salt", 1, 64)
    check(
        "pbkdf2",
        hexlify(key),
        b"55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
        b"49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"

    )
    key = hashlib.pbkdf2_hmac(hash_name="sha512", password=b"pw", salt=b"", iterations=3)
    check("pbkdf2", len(key), 64)
    for args in ((b"pw", b"salt", 0), (b"pw", b"salt", -1), (b"pw", b"salt", 1, 0)):
        check("pbkdf2", raises(hashlib.pbkdf2_hmac, "sha256", *args), "ValueError")
    check("pbkdf2", raises(hashlib.pbkdf2_hmac, "sha256", "pw", b"salt", 1), "TypeError")
if hasattr(hashlib, "scrypt") or sys.platform == "linux":
    check(
        "scrypt",
        hexlify(hashlib.scrypt(b"password", salt=b"NaCl", n=1024, r=8, p=16)),
        b"fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
        b"2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
    )
    for n, r, p in ((0, 8, 1), (1, 8, 1), (3, 8, 1), (16, 0, 1), (16, 8, 0)):
        check("scrypt", raises(hashlib.scrypt, b"pw", salt=b"", n=n, r=r, p=p), "ValueError")
if hasattr(hashlib, "hkdf"):
    okm = hashlib.hkdf("sha256", b"\x0b" * 22, MSG[:13], MSG[0xF0:0xFA], 42)
    check(
        "hkdf",
        hexlify(okm),
        b"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    )
    okm = hashlib.hkdf("sha256", b"\x0b" * 22, b"", b"", 42)
    check(
        "hkdf",
        hexlify(okm),
        b"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    )
    for length in (-1, 0, 255 * 32 + 1):
        check("hkdf", raises(hashlib.hkdf, "sha256", b"", b"", b"", length), "ValueError")
print("done")
