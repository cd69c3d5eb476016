# wolfcryptolib.x509 with arguments of every kind, objects that change while they are read, memory
# that is used again, random certificates and requests, and threads.
from common import *

try:
    from wolfcryptolib import ec, hashes, serialization, x509

    x509.CertificateBuilder
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

ERRORS = ("ValueError", "TypeError", "OSError", "MemoryError", "OverflowError", "AttributeError",
    "InvalidSignature", "ExtensionNotFound")
DER = serialization.Encoding.DER
key = ec.generate_private_key(ec.SECP256R1())
sha256 = hashes.SHA256()
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
cert = x509.load_der_x509_certificate(server)
extension = next(iter(cert.extensions))
builder = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(
    key.public_key()).serial_number(1).not_valid_before((2026, 1, 1, 0, 0, 0))
    .not_valid_after((2027, 1, 1, 0, 0, 0)))
request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, sha256)


class Odd:
    def __index__(self):
        raise KeyError

    def __iter__(self):
        raise KeyError

    def __eq__(self, other):
        raise KeyError

    def __hash__(self):
        return 5


THINGS = [None, True, 0, -1, 1 << 40, 1 << 2000, 1.5, "", "x", "1.2.3", b"", b"x", bytearray(9),
    memoryview(b"xyz"), [], (), [None], [[]], {}, object(), Odd(), Odd, len, x509, x509.Name,
    x509.Certificate, name, cert, cert.extensions, extension, extension.value, key,
    key.public_key(), sha256, builder, request, x509.NameOID.COMMON_NAME, x509.DNSName("x"), name.public_bytes(),
    (2026, 1, 1, 0, 0, 0), server, [name], [x509.DNSName("x")] * 2000, "x" * 70000, bytes(70000)]
THINGS[14].append(THINGS[14])

# Every function and method with every pair of things.
for owner in (x509, cert, cert.extensions, name, request, builder,
    x509.CertificateSigningRequestBuilder(), x509.SubjectAlternativeName([x509.DNSName("x")]),
    x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier):
    for attr in dir(owner):
        if attr[0] == "_":
            continue
        f = getattr(owner, attr)
        if not callable(f):
            continue
        for i, a in enumerate(THINGS):
            r = outcome(f, a)
            check(not isinstance(r, str) or r in ERRORS or attr == "rfc4514_string", attr, i, r)
            for b in THINGS[i % 3 :: 3]:
                r = outcome(f, a, b)
                check(not isinstance(r, str) or r in ERRORS, attr, i, r)
        r = outcome(f, **{"critical": 1, "x": 2})
        check(not isinstance(r, str) or r in ERRORS, attr, r)
# Methods of one type with an object of another.
for thing in (name, cert, request, builder, cert.extensions, extension, x509.DNSName("x")):
    for cls in (x509.Name, x509.Certificate, x509.CertificateSigningRequest, x509.Extensions,
        x509.CertificateBuilder, x509.SubjectAlternativeName):
        for attr in dir(cls):
            if attr[0] != "_":
                r = outcome(getattr(cls, attr), thing)
                check(not isinstance(r, str) or r in ERRORS or attr == "rfc4514_string", attr, r)

# A list that loses its items while it is read.
class Loses:
    def __init__(self, items):
        self.items = items

    def __del__(self):
        while self.items:
            self.items.pop()


for make, item in ((x509.Name, x509.NameAttribute(x509.NameOID.TITLE, "x")),
    (x509.SubjectAlternativeName, x509.DNSName("x"))):
    for n in (1, 5, 300):
        items = [item] * n
        Loses(items)
        blocks = trample(500, 40)
        r = outcome(make, items)
        check(not isinstance(r, str) or r in ERRORS, make, n, r)

# What a view shows stays there when everything else is gone.
made = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("node.example.org")]), False)
names = made.sign(key, sha256).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
parts = [part for part in x509.load_der_x509_certificate(bytearray(server)).subject]
data = bytearray(server)
kept = x509.load_der_x509_certificate(data)
for i in range(len(data)):
    data[i] = 0
for _ in range(3):
    trample(48, 3000)
    trample(300)
check(names.get_values_for_type(x509.DNSName) == ["node.example.org"], "names")
check([part.value for part in parts] == [part.value for part in cert.subject], "parts")
check(kept == cert and kept.public_bytes(DER) == server, "kept")

# A key that is gone.
if HAS_DEL:
    gone = ec.generate_private_key(ec.SECP256R1())
    gone.__del__()
    check(outcome(builder.sign, gone, sha256) == "ValueError", "gone")
    public = key.public_key()
    kept = x509.CertificateBuilder().public_key(public)
    outcome(lambda: public.__del__())

seed = 11


def random(n):
    global seed
    seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
    return (seed >> 8) % n


def mutate(der):
    data = bytearray(der)
    for _ in range(1 + random(4)):
        pos = random(len(data))
        how = random(4)
        if how == 0:
            data[pos] ^= 1 << random(8)
        elif how == 1:
            data[pos] = (0, 0xFF, 0x80, 0x7F, 0x30, 0x82, 0x84, 1)[random(8)]
        elif how == 2:
            data = data[:pos] + data[pos + random(3) :]
        else:
            data = data[:pos] + data[pos : pos + random(9)] + data[pos:]
        if not data:
            data = bytearray(1)
    return data


def use(thing):
    thing.subject.rfc4514_string(), str(thing), thing == cert, hash(thing.subject)
    if hasattr(thing, "verify_directly_issued_by"):
        thing.issuer, thing.serial_number, thing.not_valid_before, thing.version
        outcome(thing.verify_directly_issued_by, thing)
    else:
        outcome(lambda: thing.is_signature_valid)
    outcome(thing.public_key)
    for each in thing.extensions:
        each.oid.dotted_string, each.critical
        value = each.value
        for attr in ("ca", "path_length", "digest", "key_identifier", "decipher_only", "value"):
            outcome(getattr, value, attr)
        for item in outcome(list, value) if hasattr(value, "get_values_for_type") else ():
            if not isinstance(item, str):
                outcome(lambda: str(item.value))
    return None


full = builder
for value in (x509.SubjectAlternativeName([x509.DNSName("a.example.org"), x509.IPAddress("::1"),
    x509.DirectoryName(name), x509.RegisteredID(x509.ObjectIdentifier("2.999.5"))]),
    x509.BasicConstraints(True, 3), x509.KeyUsage(*[True] * 9),
    x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]),
    x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
    x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())):
    full = full.add_extension(value, True)
certs = (server, full.sign(key, sha256).public_bytes(DER), ca)
requests = (request.public_bytes(DER), x509.CertificateSigningRequestBuilder().subject_name(name)
    .add_extension(x509.BasicConstraints(False, None), True).sign(key, sha256).public_bytes(DER))
read = 0
for i in range(4000):
    if i % 3:
        r = outcome(x509.load_der_x509_certificate, mutate(certs[random(len(certs))]))
    else:
        r = outcome(x509.load_der_x509_csr, mutate(requests[random(len(requests))]))
    if not isinstance(r, str):
        read += 1
        r = outcome(use, r)
    check(r is None or r == "ValueError", i, r)
check(read > 100, "read", read)


def work():
    for _ in range(10):
        other = x509.load_der_x509_certificate(full.sign(key, sha256).public_bytes(DER))
        other.verify_directly_issued_by(other)
        if cert.fingerprint(sha256) == other.fingerprint(sha256) or not request.is_signature_valid:
            raise ValueError


in_threads(work)

# A collection at each allocation: what is only used by its contents must stay.
if hasattr(gc, "threshold"):
    names = [x509.DNSName("h%d.ch" % i) for i in range(5)]
    attributes = [x509.NameAttribute(x509.NameOID.COMMON_NAME, "x%d" % i) for i in range(5)]
    usages = [x509.ExtendedKeyUsageOID.SERVER_AUTH, x509.ExtendedKeyUsageOID.CLIENT_AUTH]
    gc.threshold(1)
    for _ in range(4):
        san = x509.SubjectAlternativeName(names)
        check(san.get_values_for_type(x509.DNSName) == [n.value for n in names], "SAN")
        check(len(list(x509.Name(attributes))) == 5, "Name")
        check(len(list(x509.ExtendedKeyUsage(usages))) == 2, "ExtendedKeyUsage")
        builder.not_valid_before
        x509.CertificateBuilder().not_valid_before([2026, 1, 1, 0, 0, 0])
    path = sys.path[:]
    for n in (3, 5, 7):
        sys.path[:] = ["/nodir%d" % i for i in range(n)]
        for _ in range(2):
            outcome(wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT).load_default_certs)
    sys.path[:] = path
    gc.threshold(-1)
end()
