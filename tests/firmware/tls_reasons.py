# What the error of a handshake says on either side: what was wrong, and what was agreed on.

try:
    import io

    io.IOBase
    import wolfssl as ssl

    ssl.SSLContext
    ssl.TLSVersion
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import pipes
from testkeys import ca, server, server_key

TLSv1_2 = ssl.TLSVersion.TLSv1_2
TLSv1_3 = ssl.TLSVersion.TLSv1_3
AES128 = "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"
AES256 = "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384"


def contexts():
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_mode = ssl.CERT_REQUIRED
    client.load_verify_locations(cadata=ca)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(server, server_key)
    return client, serving


def step(action):
    try:
        action()
    except OSError as er:
        return er.args
    return None


def show(title, client, serving, host="localhost", of="both"):
    a, b = pipes()
    c = client.wrap_socket(a, server_hostname=host, do_handshake_on_connect=False)
    s = serving.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    errors = {}
    for _ in range(10):
        for name, action in (("client", lambda: c.write(b"x")), ("server", lambda: s.read(1))):
            if name not in errors:
                error = step(action)
                if error:
                    errors[name] = error
    print(title)
    for name in sorted(errors):
        if of == "both" or of == name:
            print("   ", name, *errors[name])


client, serving = contexts()
client.minimum_version = TLSv1_3
serving.maximum_version = TLSv1_2
show("versions", client, serving)

client, serving = contexts()
client.maximum_version = TLSv1_2
serving.minimum_version = TLSv1_3
show("versions, the other way round", client, serving)

client, serving = contexts()
client.set_ciphers([AES128])
serving.set_ciphers([AES256])
show("cipher suites", client, serving)

client, serving = contexts()
client.set_ciphers([AES128])
show("another name", client, serving, "example.com")

client, serving = contexts()
client.set_ciphers(["TLS1-3-AES-128-GCM-SHA256"])
serving.verify_mode = ssl.CERT_REQUIRED
serving.load_verify_locations(cadata=ca)
show("no client certificate", client, serving)

if hasattr(client, "psk_key"):
    # wolfSSL 5.5 has only one alert for an unknown identity.
    for title, identity, key, of in (
        ("pre-shared key", b"a", b"other", "both"),
        ("PSK identity", b"b", b"key", "server"),
    ):
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        client.psk_identity, client.psk_key = identity, key
        serving.server_psk_keys = {b"a": b"key"}
        show(title, client, serving, of=of)


# Hellos by hand: versions, groups, and what is cut off.
def hello(version=0x0303, extensions=b"", cut=0):
    body = bytes((version >> 8, version & 255)) + bytes(32) + b"\0"
    body += b"\0\4\xc0\x2b\x13\x01" + b"\1\0"
    body += bytes((len(extensions) >> 8, len(extensions) & 255)) + extensions
    message = b"\1\0" + bytes((len(body) >> 8, len(body) & 255)) + body
    message = message[: len(message) - cut]
    return b"\x16\3\1" + bytes((len(message) >> 8, len(message) & 255)) + message


def extension(number, contents):
    return b"\0" + bytes((number,)) + b"\0" + bytes((len(contents),)) + contents


SIGNATURES = extension(13, b"\0\2\4\3")


# The text of the error for a client that sends record.
def refusal(record, pieces=1):
    serving = contexts()[1]
    a, b = pipes()
    s = serving.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    n = (len(record) + pieces - 1) // pieces
    error = None
    for i in range(0, len(record), n):
        a.write(record[i : i + n])
        error = error or step(lambda: s.read(1))
    a.closed = True
    return (error or step(lambda: s.read(1)))[1]


groups = SIGNATURES + extension(10, b"\0\2\0\x1e")
print(refusal(hello(0x0302)))
print(refusal(hello(0x0303, SIGNATURES + extension(43, b"\2\3\2"))))
print(refusal(b"\x15\3\1\0\2\2\x28"))
print(refusal(b"\x15\3\1\0\2\2\xc8"))
# Up to 5.7, wolfSSL answers with a group that the client does not have.
old = ssl.WOLFSSL_VERSION[:11] in ("wolfSSL 5.5", "wolfSSL 5.7")
for text in refusal(hello(0x0303, groups)), refusal(hello(0x0303, groups), 30):
    print(old or text.startswith("no shared curve ("))
# These texts are wolfSSL's.
for record in (
    hello(0x0303, SIGNATURES + extension(10, b"\0\3\0\x1e\0")),
    hello(0x0303, groups, cut=3),
    b"GET / HTTP/1.1\r\n\r\n",
):
    print(refusal(record).endswith(" (nothing agreed on; ours is TLSv1.2 to TLSv1.3)"))
