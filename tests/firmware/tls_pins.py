# Pins: who is refused because neither the certificate nor the key is one that was named, with and
# without verification, as a client and as a server.

try:
    import binascii
    import hashlib
    import io

    io.IOBase
    import wolfssl as ssl

    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).pins
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import pipes
from testkeys import ca, server, server_key


def sha256(data):
    return hashlib.sha256(data).digest()


# The SubjectPublicKeyInfo of a P-256 key.
def key_of(cert):
    start = cert.find(b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01")
    return cert[start : start + 91]


NO_ONE = [bytes(32)]
SERVER, SERVER_KEY = [sha256(server)], [sha256(key_of(server))]
CA, CA_KEY = [sha256(ca)], [sha256(key_of(ca))]


def client_context(pins, mode=ssl.CERT_REQUIRED, version=None):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = mode
    ctx.load_verify_locations(cadata=ca)
    ctx.pins = pins
    if version:
        ctx.maximum_version = version
    return ctx


def server_context(pins=None, mode=ssl.CERT_NONE):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.verify_mode = mode
    ctx.load_cert_chain(server, server_key)
    ctx.load_verify_locations(cadata=ca)
    ctx.pins = pins
    return ctx


def talk(client, serving, name="localhost"):
    a, b = pipes()
    c = client.wrap_socket(a, server_hostname=name, do_handshake_on_connect=False)
    s = serving.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    for _ in range(10):
        for name, sock in (("client", c), ("server", s)):
            try:
                sock.write(b"x")
                if sock.read(1):
                    return "ok"
            except OSError as er:
                # Texts of wolfSSL's own are not in every firmware.
                pinned = " not pinned" if "certificate not pinned" in str(er) else ""
                pinned += "" if len(er.args) > 1 else " without a text"
                return "%s: %d%s" % (name, er.args[0], pinned)
    return "no end"


TLSv1_2 = ssl.TLSVersion.TLSv1_2
for mode in (ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL, ssl.CERT_NONE):
    print("client", mode)
    for pins in (None, SERVER, SERVER_KEY, CA, CA_KEY, NO_ONE, NO_ONE + SERVER):
        print("   ", talk(client_context(pins, mode), server_context()))
        print("   ", talk(client_context(pins, mode, TLSv1_2), server_context()))
print("a name that is refused", talk(client_context(SERVER), server_context(), "example.com"))
print("not by CERT_OPTIONAL", talk(client_context(SERVER, 1), server_context(), "example.com"))
print("but then not by its CA", talk(client_context(CA, 1), server_context(), "example.com"))
for mode in (ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL, ssl.CERT_NONE):
    print("server", mode)
    for pins in (SERVER, CA, NO_ONE):
        print("    none", talk(client_context(None), server_context(pins, mode)))
        client = client_context(None)
        client.load_cert_chain(server, server_key)
        print("    one", talk(client, server_context(pins, mode)))

if hasattr(client, "psk_key"):
    client, serving = client_context(SERVER), server_context()
    client.psk_identity, client.psk_key = b"a", b"key"
    serving.server_psk_keys = {b"a": b"key"}
    print("a pre-shared key", talk(client, serving))
else:
    print("a pre-shared key client: -345")

# A resumed session shows no certificate: it must come from a context with the same pins.
def session_of(ctx, session=None):
    a, b = pipes()
    c = ctx.wrap_socket(
        a, server_hostname="localhost", do_handshake_on_connect=False, session=session
    )
    s = serving.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    for _ in range(10):
        try:
            c.write(b"x")
            if s.read(1):
                s.write(b"y")
            if c.read(1):
                return c.session, c.session_reused
        except OSError:
            return None, "OSError"


if hasattr(ssl, "SSLSession"):
    serving = server_context()
    for mode in (ssl.CERT_REQUIRED, ssl.CERT_NONE):
        for version in (TLSv1_2, None):
            before = session_of(client_context(None, mode, version))[0]
            session = session_of(client_context(SERVER, mode, version))[0]
            if [
                session_of(client_context(pins, mode, version), old)[1]
                for pins, old in (
                    (SERVER, session),
                    (SERVER, before),
                    (SERVER_KEY, session),
                    (None, session),
                    (NO_ONE, session),
                    (NO_ONE, before),
                )
            ] != [True, False, False, False, "OSError", "OSError"]:
                print("resumed", mode, version)
    # A server with pins wants to see the client's certificate each time.
    serving = server_context(SERVER)
    client = client_context(None)
    client.load_cert_chain(server, server_key)
    print(session_of(client)[0] is None)
else:
    print(True)

print("accepted")
ctx = client_context(None)
text = binascii.hexlify(SERVER[0]).decode()
colons = ":".join(text[i : i + 2] for i in range(0, 64, 2))
for pins in ([SERVER[0]], (bytearray(SERVER[0]),), [text], [text.upper()], [colons]):
    ctx.pins = pins
    print(ctx.pins == (SERVER[0],))
ctx.pins = None
print(ctx.pins)
ctx.pins = CA
for wrong in ([], [b""], [bytes(31)], [text[:-1]], [text + "0"], [text + ":"], [":" + text],
    [text[:1] + ":" + text[1:]], ["x" * 64], [1], 1, SERVER[0], text):
    try:
        ctx.pins = wrong
        print("taken", wrong)
    except (TypeError, ValueError) as er:
        print(type(er).__name__)
print(ctx.pins == tuple(CA))
