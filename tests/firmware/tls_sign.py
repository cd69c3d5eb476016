# SSLContext.ecdsa_sign_callback, of a server and of a client. Both ends are here, in memory.

try:
    import io

    io.IOBase
    import wolfssl as ssl
    from wolfcryptolib import ec, hashes, utils

    ssl.TLSVersion
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).ecdsa_sign_callback
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import pipes
from testkeys import ca, client_cert, client_key, server, server_key

asked = []


# Signs with the key that it gets, the number, as a secure element would with its own.
def sign(key, digest):
    asked.append((len(key), len(digest)))
    signer = ec.derive_private_key(int.from_bytes(key, "big"), ec.SECP256R1())
    kind = {32: hashes.SHA256, 48: hashes.SHA384, 64: hashes.SHA512}[len(digest)]
    return signer.sign(bytes(digest), ec.ECDSA(utils.Prehashed(kind())))


def none(key, digest):
    asked.append("None")


def wrong(key, digest):
    return sign(key, bytes(len(digest)))


def text(key, digest):
    return 1


def raises(key, digest):
    raise KeyError("no key")


def connect(version, of_server, of_client):
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(server, server_key)
    serving.verify_mode = ssl.CERT_REQUIRED
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_cert_chain(client_cert, client_key)
    client.verify_mode = ssl.CERT_REQUIRED
    client.maximum_version = version
    for ctx in (serving, client):
        ctx.load_verify_locations(cadata=ca)
    serving.ecdsa_sign_callback = of_server
    client.ecdsa_sign_callback = of_client
    a, b = pipes()
    c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = serving.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    got = b""
    for _ in range(20):
        c.write(b"ping")
        got += s.read(4) or b""
    return got[:4]


for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    for of_server, of_client in (
        (sign, None),
        (None, sign),
        (sign, none),
        (wrong, None),
        (None, wrong),
        (text, None),
        (None, raises),
    ):
        del asked[:]
        try:
            print(connect(version, of_server, of_client), asked)
        except Exception as er:
            print(type(er).__name__)
