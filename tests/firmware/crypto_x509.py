# wolfcryptolib.x509: certificates and requests are read, made, and refused.

import sys

try:
    from binascii import unhexlify as unhex

    import wolfcryptolib
    from wolfcryptolib import InvalidSignature, ec, hashes, serialization, x509
except ImportError:
    print("SKIP")
    raise SystemExit

from testkeys import ca, client_cert, server

everything = sys.platform == "linux"
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM


def outcome(f, *args, **kw):
    try:
        return f(*args, **kw)
    except TypeError:
        return "TypeError"  # whose text depends on the release
    except Exception as e:
        return "%s: %s" % (type(e).__name__, e)


def attributes(name):
    return [(part.oid.dotted_string, part.value) for part in name]


print("# read")
root, leaf = x509.load_der_x509_certificate(ca), x509.load_der_x509_certificate(bytearray(server))
print(leaf.subject, attributes(leaf.subject) == attributes(leaf.subject))
print(leaf)
print(leaf.issuer == root.subject, leaf.issuer.rfc4514_string() == root.subject.rfc4514_string())
print(leaf.verify_directly_issued_by(root), root.verify_directly_issued_by(root))
print(outcome(root.verify_directly_issued_by, leaf))
print(leaf.version == x509.Version.v3, leaf.serial_number > 0)
print(leaf.not_valid_before_utc < leaf.not_valid_after_utc, len(leaf.not_valid_after_utc))
print(leaf.not_valid_before == leaf.not_valid_before_utc)
print(leaf.signature_algorithm_oid, leaf.signature_hash_algorithm is hashes.SHA256)
print(len(leaf.fingerprint(hashes.SHA256())), len(leaf.tbs_certificate_bytes) < len(server))
print(root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
alt = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
print(alt.critical, alt.oid, alt.value.get_values_for_type(x509.DNSName))
print(outcome(root.extensions.get_extension_for_class, x509.SubjectAlternativeName))
print(outcome(root.extensions.get_extension_for_class, x509.Name))
print(leaf == x509.load_der_x509_certificate(server), leaf == root, leaf != root, leaf == "x")
print(hash(leaf) == hash(x509.load_der_x509_certificate(server)))
print({root.subject: 1}[leaf.issuer])
print(leaf.public_bytes(DER) == server, outcome(leaf.public_bytes, 7))

print("# PEM")
both = b"text\n" + root.public_bytes(PEM) + b"more\n" + leaf.public_bytes(encoding=PEM)
print(x509.load_pem_x509_certificate(both) == root)
print(x509.load_pem_x509_certificates(both) == [root, leaf])
other = both.replace(b"CERTIFICATE", b"X509 CERTIFICATE")
print(x509.load_pem_x509_certificates(other) == [root, leaf])
other = both.replace(b"CERTIFICATE", b"TRUSTED CERTIFICATE")
for text in (b"", other, both[:60], both.replace(b"MII", b"M!I"), b"-----BEGIN CERTIFICATE-----"):
    print(outcome(x509.load_pem_x509_certificates, text))
    print(outcome(x509.load_pem_x509_certificate, text))
print(outcome(x509.load_pem_x509_certificate, "text"))

print("# identifiers")
for text in ("2.5.4.3", "1.2.840.113549.1.1.11", "0.39", "2.999", "2.4294967215.4294967215", "1.40",
    "3.1", "1", "", ".", "1..2", "1.2.", "01.2", "1.02", "1.2.4294967216", "1.2\0.3", "1.2 ",
    "1." + 40 * "4294967215." + "1"):
    oid = outcome(x509.ObjectIdentifier, text)
    print(repr(text[:30]), oid if isinstance(oid, str) else oid.dotted_string == text)
print(x509.ObjectIdentifier("2.5.4.3") == x509.NameOID.COMMON_NAME, x509.NameOID.COMMON_NAME)

if not hasattr(x509, "CertificateBuilder"):
    print("SKIP")
    raise SystemExit

NameOID = x509.NameOID
key = ec.generate_private_key(ec.SECP256R1())
sha256 = hashes.SHA256()


def attribute(oid, value):
    return outcome(lambda: x509.NameAttribute(oid, value).value)


print("# names")
for oid, value in ((NameOID.COMMON_NAME, "x" * 64), (NameOID.COMMON_NAME, "x" * 65),
    (NameOID.COMMON_NAME, "ü" * 64), (NameOID.COMMON_NAME, ""), (NameOID.COUNTRY_NAME, "CH"),
    (NameOID.COUNTRY_NAME, "C"), (NameOID.COUNTRY_NAME, "C_"), (NameOID.EMAIL_ADDRESS, "ü"),
    (NameOID.TITLE, b"x"), (NameOID.TITLE, 5), ("2.5.4.3", "x"), (NameOID.TITLE, "a\0b")):
    answer = attribute(oid, value)
    print(repr(value) == repr(answer), answer if "Error" in answer else len(answer))
cn = x509.NameAttribute(NameOID.COMMON_NAME, " #a,b+c\"d\\e<f>;g\0 ")
print(x509.Name([cn]).rfc4514_string(), x509.Name([]).rfc4514_string() == "")
print(x509.Name([cn, cn]), len(list(x509.Name([cn, cn]))), x509.Name((cn,)) == x509.Name([cn]))
print(x509.Name([cn]).get_attributes_for_oid(NameOID.COMMON_NAME) == [cn])
for bad in (5, [5], cn, None, [cn, None]):
    print(outcome(x509.Name, bad))
for text in ("192.0.2.1", "::", "::1", "1::", "2001:DB8:0:0:1:0:0:1", "1:0:2::", "::ffff:1.2.3.4"):
    print(x509.IPAddress(text).value)
for text in ("192.0.2.256", "", "1::2::3", "a.b"):
    print(outcome(x509.IPAddress, text))
for cls in (x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier):
    print([outcome(cls, value) for value in ("", "a\0b", "ü", "a b", 5)], cls("x"))
print(outcome(x509.OtherName), outcome(x509.SubjectAlternativeName, []))
print(outcome(x509.SubjectAlternativeName, [cn]), outcome(x509.ExtendedKeyUsage, [cn]))

print("# extensions")
print(x509.BasicConstraints(True, 5).path_length, x509.BasicConstraints(False, None).ca)
print(outcome(x509.BasicConstraints, False, 1), outcome(x509.BasicConstraints, True, -1))
usage = x509.KeyUsage(*[False] * 9)
print(usage.digital_signature, usage.decipher_only)
print(outcome(x509.KeyUsage, *[False] * 8 + [True]), outcome(x509.KeyUsage, True))
for i in range(8):
    if i != 7:
        bits = [n == i for n in range(9)]
        usage = x509.KeyUsage(*bits)
        print([usage.digital_signature, usage.content_commitment, usage.key_encipherment,
            usage.data_encipherment, usage.key_agreement, usage.key_cert_sign, usage.crl_sign,
            usage.encipher_only, usage.decipher_only] == bits, end=" ")
print()

print("# builders")
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "node 7")])
empty = x509.CertificateBuilder()
full = empty
for step in ("subject_name", "issuer_name", "public_key", "serial_number", "not_valid_before",
    "not_valid_after"):
    print(outcome(full.sign, key, sha256))
    value = {"public_key": key.public_key(), "serial_number": 7,
        "not_valid_before": (2026, 1, 1, 0, 0, 0),
        "not_valid_after": (2049, 12, 31, 23, 59, 59, 4, 365)}.get(step, name)
    full, before = getattr(full, step)(value), full
    print(outcome(getattr(full, step), value), full is before)
cert = full.sign(key, sha256)
print(cert, cert.serial_number, cert.not_valid_before_utc, cert.not_valid_after_utc)
print(list(cert.extensions), cert.verify_directly_issued_by(cert))
print(outcome(empty.sign, key, sha256))
constraints = x509.BasicConstraints(ca=True, path_length=None)
more = full.add_extension(constraints, critical=True)
print(outcome(more.add_extension, constraints, False), len(list(full.sign(key, sha256).extensions)))
print([(e.oid.dotted_string, e.critical) for e in more.sign(key, sha256).extensions])
for bad in ((), (1949, 1, 1, 0, 0, 0), (2026, 2, 29, 0, 0, 0), (2026, 13, 1, 0, 0, 0), 5,
    (2026, 1, 1, 24, 0, 0), (2026, 1, 1, 0, 0, 60), (10000, 1, 1, 0, 0, 0), (2026, 1, 1, 0, 0),
    (2026, 1, 1, 0, 0, "0"), (2026, -1, 1, 0, 0, 0), (2026, 1, 1, 0, 0, 1 << 40)):
    print(outcome(empty.not_valid_before, bad))
for number in (0, -1, 1 << 159, (1 << 159) - 1, 1.5, "1", None, 127, 128, 255, 256):
    bad = outcome(empty.serial_number, number)
    if isinstance(bad, str):
        print(bad)
        continue
    made = (empty.subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(number).not_valid_before((1950, 1, 1, 0, 0, 0))
        .not_valid_after((9999, 12, 31, 23, 59, 59)).sign(key, sha256))
    print(made.serial_number == number, made.not_valid_before, made.not_valid_after)
late = (empty.subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    .not_valid_before((2026, 1, 1, 0, 0, 1)).not_valid_after((2026, 1, 1, 0, 0, 0)))
print(outcome(late.sign, key, sha256))
for bad in ((key, hashes.SHA1()), (key, None), (key.public_key(), sha256), (5, sha256), (key, 5)):
    print(outcome(full.sign, *bad))
print(outcome(full.sign, key), outcome(empty.public_key, key), outcome(empty.subject_name, "x"))
print(outcome(empty.add_extension, cn, False), outcome(empty.add_extension, constraints))
number = x509.random_serial_number()
print(0 < number < 1 << 159, number != x509.random_serial_number())

print("# requests")
requests = x509.CertificateSigningRequestBuilder()
print(outcome(requests.sign, key, sha256))
request = requests.subject_name(name).sign(key, sha256)
print(request, request.is_signature_valid, list(request.extensions))
print(x509.load_pem_x509_csr(request.public_bytes(PEM)) == request)
new = request.public_bytes(PEM).replace(b"CERTIFICATE", b"NEW CERTIFICATE")
print(x509.load_pem_x509_csr(new) == request, outcome(x509.load_pem_x509_csr, both))
broken = bytearray(request.public_bytes(DER))
broken[20] ^= 1
print(x509.load_der_x509_csr(broken).is_signature_valid)
other = ec.generate_private_key(ec.SECP256R1())
print(outcome(full.sign(other, sha256).verify_directly_issued_by, cert))

print("# malformed")
begin, changed = cert.public_bytes(DER), {}


def load(data):
    return outcome(x509.load_der_x509_certificate, data)


def with_byte(position, value):
    data = bytearray(begin)
    data[position] = value
    return load(data)


serial_at = begin.find(b"\x02\x01\x07")
print(load(b""), load(b"\x30\x00"), load(begin + b"\0").replace(str(len(begin)), "N"))
print(with_byte(0, 0x31), with_byte(4, 0x31))
print(with_byte(serial_at - 1, 3), with_byte(serial_at, 5))  # version 4; no serial number
issuer_at = serial_at + 3 + 12
print(with_byte(serial_at + 14, 3))  # ecdsa-with-SHA384 in one of two places
print(with_byte(issuer_at, 0x31))
validity_at = begin.find(b"\x30\x1e\x17\x0d")
print(with_byte(validity_at, 0x31), with_byte(validity_at + 6, 0x39))
with_extension = bytearray(more.sign(key, sha256).public_bytes(DER))
at = with_extension.find(b"\x30\x03\x01\x01\xff")
for position, value in ((at, 0x31), (at + 2, 2), (at + 3, 2)):
    data = bytearray(with_extension)
    data[position] = value
    print(load(data).replace(str(at), "N"))
both = (full.add_extension(constraints, False)
    .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.20"), b""), False))
data = bytearray(both.sign(key, sha256).public_bytes(DER))
data[data.find(b"\x06\x03\x55\x1d\x14") + 4] = 0x13
print(load(data)[:51])
many = full
for i in range(257):
    oid = x509.ObjectIdentifier("1.2.3.%d" % i)
    many = many.add_extension(x509.UnrecognizedExtension(oid, b""), False)
many = many.sign(key, sha256)
print(outcome(lambda: many.extensions)[:41])
bad_names = both.add_extension(
    x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), b"\x30\x02\x83\x00"), False)
names = bad_names.sign(key, sha256).extensions.get_extension_for_class(x509.SubjectAlternativeName)
print(outcome(list, names.value)[:36])
for text in (b"\x30\x03\x82\x01\xff", b"\x30\x04\x87\x02\x01\x02", b"\x30\x02\xa4\x00"):
    names = full.add_extension(
        x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), text), False)
    names = names.sign(key, sha256).extensions.get_extension_for_oid(
        x509.ObjectIdentifier("2.5.29.17"))
    print(outcome(lambda: [each.value for each in names.value])[:36])

# Whatever is changed: an answer, or an exception that says what.
def use(cert):
    cert.subject, cert.issuer.rfc4514_string(), cert.not_valid_after, cert.serial_number
    for extension in cert.extensions:
        value = extension.value
        for attr in ("ca", "path_length", "decipher_only", "digest", "key_identifier"):
            getattr(value, attr, None)
        try:
            [(each.value if hasattr(each, "value") else each.dotted_string) for each in value]
        except TypeError:
            pass
    return "used"


answers = {}
for der in (server, client_cert, bytes(with_extension), bad_names.sign(key, sha256).public_bytes(DER)):
    for i in range(0, len(der), 1 if everything else 7):
        for value in (0, 0x80, 0xFF, der[i] ^ 1):
            data = bytearray(der)
            data[i] = value
            cert = outcome(x509.load_der_x509_certificate, data)
            answer = cert if isinstance(cert, str) else outcome(use, cert)
            answers[answer.split(":")[0]] = 1
    for i in range(0, len(der), 1 if everything else 7):
        if not load(der[:i]).startswith("ValueError: invalid "):
            print(i, load(der[:i]))
print(sorted(answers))
