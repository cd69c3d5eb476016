# Certificates and requests: made by one program, described by the firmware and by pyca's
# cryptography, which must say the same. Usage: x509_pyca.py make DIR | check DIR

import sys

try:
    import wolfcryptolib

    pyca = False
except ImportError:
    pyca = True

if pyca:
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
else:
    from wolfcryptolib import ec, hashes, serialization

    if not hasattr(wolfcryptolib, "x509") or not hasattr(wolfcryptolib.x509, "CertificateBuilder"):
        print("SKIP")
        raise SystemExit
    from wolfcryptolib import x509

    ed25519 = getattr(wolfcryptolib, "ed25519", None)
    rsa = getattr(wolfcryptolib, "rsa", None)
    NameOID, ExtendedKeyUsageOID = x509.NameOID, x509.ExtendedKeyUsageOID

DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


def hexed(data):
    return "".join("%02x" % octet for octet in data)


def address(text):
    return ipaddress.ip_address(text) if pyca else text


def moment(*fields):
    return datetime.datetime(*fields) if pyca else fields


def name(common):
    pairs = (
        (NameOID.COUNTRY_NAME, "CH"),
        (NameOID.ORGANIZATION_NAME, "Zürich, \"Ltd\" + Co"),
        (NameOID.EMAIL_ADDRESS, "a@example.org"),
        (NameOID.DOMAIN_COMPONENT, "example"),
        (x509.ObjectIdentifier("1.3.6.1.4.1.99999.4711"), "x"),
        (NameOID.COMMON_NAME, common),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


def alt_names():
    return x509.SubjectAlternativeName(
        [
            x509.DNSName("node7.example.org"),
            x509.DNSName("*.local"),
            x509.IPAddress(address("192.0.2.7")),
            x509.IPAddress(address("2001:db8::1:0:0:7")),
            x509.RFC822Name("a@example.org"),
            x509.UniformResourceIdentifier("urn:dev:7"),
            x509.RegisteredID(x509.ObjectIdentifier("2.999.4711")),
            x509.DirectoryName(name("other")),
        ]
    )


def usage(**on):
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    ).split()
    return x509.KeyUsage(**{each: on.get(each, False) for each in names})


def kinds():
    yield "p256", ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()
    yield "p384", ec.generate_private_key(ec.SECP384R1()), hashes.SHA384()
    if hasattr(ec, "SECP521R1"):
        yield "p521", ec.generate_private_key(ec.SECP521R1()), hashes.SHA512()
    if ed25519:
        yield "ed25519", ed25519.Ed25519PrivateKey.generate(), None
    if rsa:
        yield "rsa", rsa.generate_private_key(public_exponent=65537, key_size=2048), hashes.SHA256()


def builder(subject, issuer, key, serial):
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(moment(2026, 2, 28, 23, 59, 58))
        .not_valid_after(moment(2050, 1, 1, 0, 0, 0))
    )


def make(directory):
    for kind, key, algorithm in kinds():
        request = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(name("node 7"))
            .add_extension(alt_names(), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(key, algorithm)
        )
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        root = (
            builder(name("root"), name("root"), key.public_key(), (1 << 158) + 12345)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(own, critical=False)
            .sign(key, algorithm)
        )
        leaf = (
            builder(request.subject, root.subject, request.public_key(), 200)
            .add_extension(request.extensions.get_extension_for_class(
                x509.SubjectAlternativeName).value, critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage(digital_signature=True, key_agreement=True, decipher_only=True),
                critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH,
                ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()),
                critical=False)
            .add_extension(x509.UnrecognizedExtension(
                x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00"), critical=False)
            .sign(private_key=key, algorithm=algorithm)
        )
        for what, obj in (("request", request), ("root", root), ("leaf", leaf)):
            for suffix, encoding in (("pem", PEM), ("der", DER)):
                with open("%s/%s.%s.%s" % (directory, kind, what, suffix), "wb") as f:
                    f.write(obj.public_bytes(encoding))


def described(value):
    if isinstance(value, x509.SubjectAlternativeName):
        out = []
        for general in value:
            text = general.value
            if isinstance(text, x509.ObjectIdentifier):
                text = text.dotted_string
            elif isinstance(text, x509.Name):
                text = text.rfc4514_string()
            out.append("%s=%s" % (type(general).__name__, text))
        dns = value.get_values_for_type(x509.DNSName)
        return out + dns + [str(ip) for ip in value.get_values_for_type(x509.IPAddress)]
    if isinstance(value, x509.BasicConstraints):
        return [value.ca, value.path_length]
    if isinstance(value, x509.KeyUsage):
        found = [value.digital_signature, value.content_commitment, value.key_encipherment,
            value.data_encipherment, value.key_agreement, value.key_cert_sign, value.crl_sign]
        return found + ([value.encipher_only, value.decipher_only] if value.key_agreement else [])
    if isinstance(value, x509.ExtendedKeyUsage):
        return [oid.dotted_string for oid in value]
    if isinstance(value, x509.SubjectKeyIdentifier):
        return [hexed(value.digest)]
    if isinstance(value, x509.AuthorityKeyIdentifier):
        return [hexed(value.key_identifier)]
    return [type(value).__name__, value.oid.dotted_string, hexed(value.value)]


def describe(obj):
    yield obj.subject.rfc4514_string()
    yield [(part.oid.dotted_string, hexed(part.value.encode())) for part in obj.subject]
    yield [part.value for part in obj.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    yield hexed(obj.subject.public_bytes())
    yield obj.signature_algorithm_oid.dotted_string
    algorithm = obj.signature_hash_algorithm
    yield algorithm and algorithm.name
    yield hexed(obj.signature)
    yield hexed(obj.public_key().public_bytes(DER, SPKI))
    for extension in obj.extensions:
        yield extension.oid.dotted_string, extension.critical
        for line in described(extension.value):
            yield line


def fields(time):
    return tuple(time.timetuple() if pyca else time)[:8]


def check(directory):
    for kind in ("p256", "p384", "p521", "ed25519", "rsa"):
        loaded = {}
        for what in ("request", "root", "leaf"):
            texts = []
            for suffix in ("pem", "der"):
                try:
                    with open("%s/%s.%s.%s" % (directory, kind, what, suffix), "rb") as f:
                        data = f.read()
                except OSError:
                    continue
                load = getattr(x509, "load_%s_x509_%s" % (suffix,
                    "csr" if what == "request" else "certificate"))
                obj = loaded[what] = load(data)
                texts.append([str(line) for line in describe(obj)])
                if obj.public_bytes(PEM if suffix == "pem" else DER) != data:
                    print("other bytes")
            if not texts:
                continue
            print(kind, what, texts[0] == texts[1])
            print("\n".join(texts[0]))
            if what == "request":
                print(obj.is_signature_valid, hexed(obj.tbs_certrequest_bytes))
                continue
            print(obj.issuer.rfc4514_string(), hex(obj.serial_number))
            print(getattr(obj.version, "value", obj.version), hexed(obj.tbs_certificate_bytes))
            print(fields(obj.not_valid_before), fields(obj.not_valid_after))
            print(hexed(obj.fingerprint(hashes.SHA256())))
            if hasattr(obj, "verify_directly_issued_by"):  # from 41 on
                obj.verify_directly_issued_by(loaded["root"])


if len(sys.argv) != 3:
    print("SKIP")
    raise SystemExit
if sys.argv[1] == "make":
    make(sys.argv[2])
check(sys.argv[2])
