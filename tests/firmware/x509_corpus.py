# What wolfcryptolib.x509 says of the certificates in a directory, one JSON object a line: what Go's
# crypto/x509 must say too. Usage: x509_corpus.py DIR

import sys

try:
    import json
    import os

    from wolfcryptolib import InvalidSignature, hashes, x509
except ImportError:
    print("SKIP")
    raise SystemExit

if len(sys.argv) < 2:
    print("SKIP")
    raise SystemExit


def hexed(data):
    return "".join("%02x" % octet for octet in data)


def describe(cert):
    found = {
        "serial": "%x" % cert.serial_number,
        "version": cert.version + 1,
        "before": list(cert.not_valid_before_utc[:6]),
        "after": list(cert.not_valid_after_utc[:6]),
        "tbs": hexed(cert.tbs_certificate_bytes),
        "subject": hexed(cert.subject.public_bytes()),
        "issuer": hexed(cert.issuer.public_bytes()),
        "fingerprint": hexed(cert.fingerprint(hashes.SHA256())),
        "signature": hexed(cert.signature),
        "extensions": [e.oid.dotted_string for e in cert.extensions],
        "critical": [e.critical for e in cert.extensions],
        "ca": False,
        "length": -1,
        "dns": [],
        "ip": [],
        "eku": [],
    }
    str(cert.subject), str(cert.issuer)
    for extension in cert.extensions:
        value = extension.value
        if isinstance(value, x509.BasicConstraints):
            found["ca"] = value.ca
            found["length"] = -1 if value.path_length is None else value.path_length
        elif isinstance(value, x509.SubjectAlternativeName):
            found["dns"] = value.get_values_for_type(x509.DNSName)
            found["ip"] = value.get_values_for_type(x509.IPAddress)
        elif isinstance(value, x509.ExtendedKeyUsage):
            found["eku"] = [oid.dotted_string for oid in value]
        elif isinstance(value, x509.KeyUsage):
            found["sign"] = value.key_cert_sign
    return found


for name in sorted(os.listdir(sys.argv[1])):
    if not name.endswith(".der"):
        continue
    with open(sys.argv[1] + "/" + name, "rb") as f:
        data = f.read()
    answer = {"name": name}
    try:
        answer["cert"] = describe(x509.load_der_x509_certificate(data))
    except ValueError as e:
        answer["error"] = str(e)
    try:
        x509.load_der_x509_certificate(data).verify_directly_issued_by(
            x509.load_der_x509_certificate(data)
        )
        answer["self"] = True
    except (ValueError, InvalidSignature):
        answer["self"] = False
    print(json.dumps(answer))
