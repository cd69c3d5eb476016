"""A writer of DER and of X.509 certificates that refuses nothing: what a builder of
certificates would not make is what most of these tests are about. Keys and signatures are
those of the cryptography package."""

import datetime

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa


def length(n):
    if n < 128:
        return bytes([n])
    octets = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def tlv(tag, *parts):
    body = b"".join(parts)
    return bytes([tag]) + length(len(body)) + body


def sequence(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *parts)


def explicit(n, *parts):
    return tlv(0xA0 | n, *parts)


def integer(n):
    return tlv(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big", signed=True))


def boolean(value):
    return tlv(0x01, b"\xff" if value else b"\x00")


def octets(data):
    return tlv(0x04, data)


def bits(data, unused=0):
    return tlv(0x03, bytes([unused]), data)


def named_bits(*numbers):
    """A BIT STRING with these bits set, without zeros at its end."""
    value = bytearray(max(numbers) // 8 + 1 if numbers else 0)
    for n in numbers:
        value[n // 8] |= 0x80 >> n % 8
    return bits(bytes(value), 7 - max(numbers) % 8 if numbers else 0)


def oid(dotted):
    first, second, *rest = (int(n) for n in dotted.split("."))
    out = b""
    for n in [40 * first + second, *rest]:
        part = bytes([n & 0x7F])
        while n > 0x7F:
            n >>= 7
            part = bytes([n & 0x7F | 0x80]) + part
        out += part
    return tlv(0x06, out)


NULL = tlv(0x05)


def utc_time(when):
    return tlv(0x17, when.strftime("%y%m%d%H%M%SZ").encode())


def generalized_time(when):
    return tlv(0x18, when.strftime("%Y%m%d%H%M%SZ").encode())


def time(when):
    """What RFC 5280 has: UTCTime until 2049."""
    return utc_time(when) if when.year < 2050 else generalized_time(when)


# Names.

UTF8, PRINTABLE, T61, IA5, BMP = 0x0C, 0x13, 0x14, 0x16, 0x1E
ATTRIBUTES = {
    "CN": "2.5.4.3",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "DC": "0.9.2342.19200300.100.1.25",
    "E": "1.2.840.113549.1.9.1",
}


def attribute(kind, value, tag=None):
    if isinstance(value, str):
        value = value.encode("utf-16-be" if tag == BMP else "utf-8")
    tag = tag or {"C": PRINTABLE, "DC": IA5, "E": IA5}.get(kind, UTF8)
    return sequence(oid(ATTRIBUTES[kind]), tlv(tag, value))


def name(*attributes):
    """A name of attributes, each "CN=value" or the attribute's DER."""
    rdns = []
    for a in attributes:
        if isinstance(a, str):
            a = attribute(*a.split("=", 1))
        rdns.append(set_of(a))
    return sequence(*rdns)


# Keys and signatures.


class Key:
    def __init__(self, kind):
        self.kind = kind
        if kind in CURVES:
            self.private = ec.generate_private_key(CURVES[kind]())
        elif kind == "ed25519":
            self.private = ed25519.Ed25519PrivateKey.generate()
        else:
            self.private = rsa.generate_private_key(65537, int(kind[3:]))
        self.spki = self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.pkcs8 = self.private.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.numbers = {}

    def algorithm(self):
        """How this key signs unless it is told otherwise."""
        if self.kind in CURVES:
            return {"p384": "ecdsa-sha384", "p521": "ecdsa-sha512"}.get(self.kind, "ecdsa-sha256")
        return "ed25519" if self.kind == "ed25519" else "rsa-sha256"

    def sign(self, algorithm, data):
        kind, _, digest = algorithm.partition("-")
        if kind == "ed25519":
            return self.private.sign(data)
        digest = DIGESTS[digest]()
        if kind == "ecdsa":
            return self.private.sign(data, ec.ECDSA(digest))
        if kind == "pss":
            pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
            return self.private.sign(data, pss, digest)
        return self.private.sign(data, padding.PKCS1v15(), digest)

    def identifier(self):
        """SHA-1 of the public key: the first method of RFC 5280 4.2.1.2."""
        # SubjectPublicKeyInfo ends with the BIT STRING of the key, which has no unused bits.
        key = self.spki[self.spki.index(b"\x03", skip_algorithm(self.spki)) :]
        return sha1(content(key)[1:])


CURVES = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1, "p224": ec.SECP224R1}
DIGESTS = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
SIGNATURES = {
    "ecdsa-sha1": "1.2.840.10045.4.1",
    "ecdsa-sha224": "1.2.840.10045.4.3.1",
    "ecdsa-sha256": "1.2.840.10045.4.3.2",
    "ecdsa-sha384": "1.2.840.10045.4.3.3",
    "ecdsa-sha512": "1.2.840.10045.4.3.4",
    "rsa-md5": "1.2.840.113549.1.1.4",
    "rsa-sha1": "1.2.840.113549.1.1.5",
    "rsa-sha224": "1.2.840.113549.1.1.14",
    "rsa-sha256": "1.2.840.113549.1.1.11",
    "rsa-sha384": "1.2.840.113549.1.1.12",
    "rsa-sha512": "1.2.840.113549.1.1.13",
    "ed25519": "1.3.101.112",
}


def sha1(data):
    h = hashes.Hash(hashes.SHA1())
    h.update(data)
    return h.finalize()


def content(element):
    """The content octets of one element."""
    return element[header(element) :]


def header(element):
    """The length of tag and length octets."""
    return 2 if element[1] < 0x80 else 2 + (element[1] & 0x7F)


def skip_algorithm(spki):
    start = header(spki)
    algorithm = spki[start:]
    return start + header(algorithm) + algorithm[1]


def algorithm_identifier(algorithm):
    if algorithm.startswith("pss-"):
        digest = {"sha256": "2.1", "sha384": "2.2", "sha512": "2.3"}[algorithm[4:]]
        digest_id = sequence(oid("2.16.840.1.101.3.4." + digest), NULL)
        salt = DIGESTS[algorithm[4:]]().digest_size
        return sequence(
            oid("1.2.840.113549.1.1.10"),
            sequence(
                explicit(0, digest_id),
                explicit(1, sequence(oid("1.2.840.113549.1.1.8"), digest_id)),
                explicit(2, integer(salt)),
            ),
        )
    dotted = SIGNATURES.get(algorithm, algorithm)
    return sequence(oid(dotted), *([NULL] if algorithm.startswith("rsa-") else []))


# Extensions.


def extension(dotted, value, critical=False):
    return sequence(oid(dotted), *([boolean(True)] if critical else []), octets(value))


def basic_constraints(ca=None, path_length=None, critical=True):
    parts = [boolean(ca)] if ca is not None else []
    if path_length is not None:
        parts.append(integer(path_length))
    return extension("2.5.29.19", sequence(*parts), critical)


KEY_USAGES = (
    "digitalSignature nonRepudiation keyEncipherment dataEncipherment keyAgreement keyCertSign"
    " cRLSign encipherOnly decipherOnly"
).split()


def key_usage(*usages, critical=True):
    return extension("2.5.29.15", named_bits(*(KEY_USAGES.index(u) for u in usages)), critical)


PURPOSES = {
    "serverAuth": "1.3.6.1.5.5.7.3.1",
    "clientAuth": "1.3.6.1.5.5.7.3.2",
    "codeSigning": "1.3.6.1.5.5.7.3.3",
    "emailProtection": "1.3.6.1.5.5.7.3.4",
    "timeStamping": "1.3.6.1.5.5.7.3.8",
    "ocspSigning": "1.3.6.1.5.5.7.3.9",
    "any": "2.5.29.37.0",
    "private": "1.3.6.1.4.1.99999.1",
}


def extended_key_usage(*purposes, critical=False):
    return extension("2.5.29.37", sequence(*(oid(PURPOSES[p]) for p in purposes)), critical)


def general_name(text):
    """One of "dns:", "ip:" (an address, an address/mask, or octets in hex), "email:", "uri:",
    "rid:" and "dir:CN=…", or DER."""
    if isinstance(text, bytes):
        return text
    kind, _, value = text.partition(":")
    if kind == "ip":
        return tlv(0x87, address(value))
    if kind == "dir":
        return explicit(4, name(*value.split(",")))
    if kind == "rid":
        return tlv(0x88, content(oid(value)))
    return tlv({"email": 0x81, "dns": 0x82, "uri": 0x86}[kind], value.encode("latin-1"))


def address(text):
    import ipaddress

    if text.startswith("hex="):
        return bytes.fromhex(text[4:])
    if "/" in text:
        net = ipaddress.ip_network(text)
        return net.network_address.packed + net.netmask.packed
    return ipaddress.ip_address(text).packed


def alternative_names(*names, critical=False):
    return extension("2.5.29.17", sequence(*(general_name(n) for n in names)), critical)


def subject_key_identifier(identifier):
    return extension("2.5.29.14", octets(identifier))


def authority_key_identifier(identifier=None, issuer=None, serial=None):
    parts = [tlv(0x80, identifier)] if identifier is not None else []
    if issuer is not None:
        parts.append(explicit(1, explicit(4, issuer)))
        parts.append(tlv(0x82, content(integer(serial))))
    return extension("2.5.29.35", sequence(*parts))


def name_constraints(permitted=(), excluded=(), critical=True):
    parts = []
    for n, subtrees in enumerate((permitted, excluded)):
        if subtrees:
            parts.append(explicit(n, *(sequence(general_name(s)) for s in subtrees)))
    return extension("2.5.29.30", sequence(*parts), critical)


def unknown(critical):
    return extension("1.3.6.1.4.1.99999.2", octets(b"unknown"), critical)


# Certificates.

DAY = datetime.timedelta(days=1)
SECOND = datetime.timedelta(seconds=1)
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)

serials = iter(range(1001, 1 << 30))


class Certificate:
    """A certificate: der is what is sent, key the private key, name the subject's name in DER."""

    def __init__(self, der, key, subject, serial, issuer):
        self.der, self.key, self.name, self.serial, self.issuer = der, key, subject, serial, issuer


def certificate(
    subject,
    key,
    issuer=None,
    extensions=(),
    *,
    issuer_name=None,
    serial=None,
    version=3,
    start=-1,
    end=30,
    validity=None,
    algorithm=None,
    inner=None,
    sign_with=None,
    spoil=False,
    spki=None,
    raw_extensions=None,
    change_tbs=None,
    change=None,
):
    """Make a certificate.

    issuer: a Certificate whose key signs; None: the subject itself. start and end: days from
    now, or a time. validity: both in DER. algorithm: of the signature; inner: the one that the
    signed part names, as a name or in DER. sign_with: another key for the signature. spoil:
    flip a bit of the signature. raw_extensions, change_tbs, change: the extensions' DER, and
    functions of the signed part's elements and of the certificate's DER.
    """
    signer = sign_with or (issuer.key if issuer else key)
    algorithm = algorithm or signer.algorithm()
    serial = next(serials) if serial is None else serial
    issuer_name = issuer_name or (issuer.name if issuer else subject)
    if not isinstance(start, datetime.datetime):
        start = NOW + start * DAY
    if not isinstance(end, datetime.datetime):
        end = NOW + end * DAY
    inner = algorithm if inner is None else inner
    elements = [explicit(0, integer(version - 1))] if version > 1 else []
    elements += [
        integer(serial),
        algorithm_identifier(inner) if isinstance(inner, str) else inner,
        issuer_name,
        validity or sequence(time(start), time(end)),
        subject,
        spki or key.spki,
    ]
    if raw_extensions is not None:
        elements.append(raw_extensions)
    elif extensions:
        elements.append(explicit(3, sequence(*extensions)))
    if change_tbs:
        elements = change_tbs(elements)
    tbs = sequence(*elements)
    signature = bytearray(signer.sign(algorithm, tbs))
    if spoil:
        signature[-1] ^= 1
    der = sequence(tbs, algorithm_identifier(algorithm), bits(bytes(signature)))
    if change:
        der = change(der)
    return Certificate(der, key, subject, serial, issuer)
