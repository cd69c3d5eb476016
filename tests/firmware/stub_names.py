# The names in a module, one a line, as tests/testdata/stub_names.py prints those in its stub.
#
# Usage: stub_names.py MODULE

import sys

if len(sys.argv) < 2:
    print("SKIP")
    raise SystemExit

module = __import__(sys.argv[1])


def show(obj, prefix=""):
    for name in dir(obj):
        if not name.startswith("_"):
            print(prefix + name)


# Attributes that dir() does not list.
EXTRA = {
    "SSLContext": "verify_mode verify_callback pins ocsp suppress_ragged_eofs minimum_version "
    "maximum_version max_fragment_length session session_cache_size ecdsa_sign_callback "
    "psk_identity psk_key server_psk_keys",
    "SSLSocket": "session session_reused",
}



# What is in modules in it.
def show_inner(obj, prefix=""):
    for name in dir(obj):
        inner = getattr(obj, name)
        if isinstance(inner, (type, type(sys))) and not name.startswith("_"):
            show(inner, prefix + name + ".")
            show_inner(inner, prefix + name + ".")


for name in dir(module):
    inner = getattr(module, name)
    if isinstance(inner, type(sys)):
        show(inner, name + ".")
        show_inner(inner, name + ".")

show(module)
found = {name: getattr(module, name) for name in dir(module)}
found = {name: obj for name, obj in found.items() if name[0] != "_" and isinstance(obj, type)}
objects = {}
if "SSLContext" in found:
    from pipes import pipes

    objects["SSLContext"] = found["SSLContext"](module.PROTOCOL_TLS_CLIENT)
    objects["SSLContext"].verify_mode = module.CERT_NONE
    objects["SSLSocket"] = objects["SSLContext"].wrap_socket(
        pipes()[0], do_handshake_on_connect=False
    )
    found["SSLSocket"] = type(objects["SSLSocket"])
for name, cls in found.items():
    show(cls, name + ".")
    if name in EXTRA:
        for extra in EXTRA[name].split():
            if hasattr(objects[name], extra):
                print(name + "." + extra)
    elif hasattr(cls, "digest"):
        for extra in ("name", "digest_size", "block_size"):
            if hasattr(cls(), extra):
                print(name + "." + extra)


# Objects of x509's classes, and their attributes that dir() does not list.
def x509_objects(x509, ec, hashes):
    from testkeys import server

    cert = x509.load_der_x509_certificate(server)
    key = ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateSigningRequestBuilder().subject_name(cert.subject)
    signed = "signature signature_algorithm_oid signature_hash_algorithm"
    yield made.sign(key, hashes.SHA256()), (
        "subject extensions is_signature_valid tbs_certrequest_bytes " + signed
    )
    yield cert, (
        "subject issuer serial_number version not_valid_before not_valid_after "
        "not_valid_before_utc not_valid_after_utc extensions tbs_certificate_bytes " + signed
    )
    yield x509.NameOID.TITLE, "dotted_string"
    yield list(cert.subject)[0], "oid value"
    for general in (
        x509.DNSName("x"),
        x509.RFC822Name("x"),
        x509.UniformResourceIdentifier("x"),
        x509.IPAddress("::"),
        x509.DirectoryName(cert.subject),
        x509.RegisteredID(x509.NameOID.TITLE),
    ):
        yield general, "value"
    yield list(cert.extensions)[0], "oid critical value"
    yield x509.BasicConstraints(True, 0), "ca path_length"
    yield x509.KeyUsage(*[True] * 9), (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    )
    yield x509.SubjectKeyIdentifier.from_public_key(key.public_key()), "digest key_identifier"
    yield x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), "key_identifier"
    yield x509.UnrecognizedExtension(x509.NameOID.TITLE, b""), "oid value"
    other = b"\x30\x09\xa0\x07\x06\x01\x2a\xa0\x02\x05\x00"
    made = made.add_extension(
        x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), other), False
    )
    alt_names = list(made.sign(key, hashes.SHA256()).extensions)[0].value
    yield list(alt_names)[0], "type_id value"


if "x509" in dir(module):
    for obj, attributes in x509_objects(module.x509, module.ec, module.hashes):
        for extra in attributes.split():
            if hasattr(obj, extra):
                print("x509.%s.%s" % (type(obj).__name__, extra))
