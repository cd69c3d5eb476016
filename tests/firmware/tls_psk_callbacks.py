# Pre-shared keys by CPython's callbacks, in TLS 1.2 and 1.3: what is agreed on, and all that must
# be refused.

try:
    import wolfssl as ssl

    ssl.SSLContext.set_psk_client_callback
    ssl.TLSVersion
    # wolfSSL 5.5 has them in TLS 1.2 only.
    if ssl.WOLFSSL_VERSION.startswith("wolfSSL 5.5."):
        raise ImportError
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import pipes
from testkeys import ca, server, server_key

KEY = b"sixteen bytes ok"
TLSv1_2 = ssl.TLSVersion.TLSv1_2
TLSv1_3 = ssl.TLSVersion.TLSv1_3


def client_context(answer=("sensor", KEY), hints=None):
    def callback(hint):
        if hints is not None:
            hints.append(hint)
        if isinstance(answer, type):
            raise answer
        return answer

    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = ssl.CERT_NONE
    ctx.set_psk_client_callback(callback)
    return ctx


def server_context(answer=KEY, asked=None, hint=None):
    def callback(identity):
        if asked is not None:
            asked.append(identity)
        if isinstance(answer, type):
            raise answer
        return answer if identity in ("sensor", "s\u00e4nsor") else b""

    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.set_psk_server_callback(callback, hint)
    return ctx


def talk(client, serving):
    a, b = pipes()
    try:
        c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
        s = serving.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    except OSError as er:
        return "wrap_socket", er.args[0]
    for _ in range(10):
        for name, sock in (("client", c), ("server", s)):
            try:
                sock.write(b"x")
                if sock.read(1):
                    return c.cipher(), c.getpeercert(True)
            except OSError as er:
                return name + ": " + er.args[1].split(" (")[0]
            except Exception as er:
                return name + ": " + type(er).__name__
    return "no end"


def both(title, client, serving):
    for version in (TLSv1_2, TLSv1_3):
        client.minimum_version = client.maximum_version = version
        print(title, version & 7, talk(client, serving))


both("agreed", client_context(), server_context())
both("UTF-8", client_context(("s\u00e4nsor", KEY)), server_context())
both("bytes", client_context((b"sensor", bytearray(KEY))), server_context(bytearray(KEY)))
print("the newest version", talk(client_context(), server_context()))
serving = server_context()
serving.load_cert_chain(server, server_key)
both("a server with a certificate too", client_context(), serving)
serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
serving.load_cert_chain(server, server_key)
serving.set_psk_server_callback(lambda identity: KEY)
both("or before", client_context(), serving)
hints, asked = [], []
both("a hint", client_context(hints=hints), server_context(asked=asked, hint="a hint"))
print(set(hints) == {None, "a hint"}, set(asked) == {"sensor"})

# Nothing falls back to certificates, on either side.
certified = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
certified.load_cert_chain(server, server_key)
both("a server without keys", client_context(), certified)
client = client_context()
client.load_verify_locations(ca)
client.verify_mode = ssl.CERT_REQUIRED
both("whose certificate is good", client, certified)
client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
client.load_verify_locations(ca)
client.verify_mode = ssl.CERT_REQUIRED
both("a client without a key", client, serving)
client = client_context()
client.set_psk_client_callback(None)
both("no callback any more", client, server_context())
both("nor a certificate", client, certified)
serving = server_context()
serving.load_cert_chain(server, server_key)
serving.set_psk_server_callback(None)
both("nor in the server", client_context(), serving)

both("a wrong key", client_context(("sensor", b"another key")), server_context())
both("an unknown identity", client_context(("stranger", KEY)), server_context())
both("not UTF-8", client_context((b"s\xe4nsor", KEY)), server_context())
for answer in (("sensor", b""), ("", KEY), (None, KEY), ("sensor", None), ("sensor",), None,
    ("i" * 129, KEY), ("sensor", b"k" * 65), ValueError):
    both("client answers", client_context(answer), server_context())
for answer in (b"", None, b"k" * 65, 5, ValueError):
    both("server answers", client_context(), server_context(answer))

ctx = client_context()
for wrong in (
    lambda: ctx.set_psk_server_callback(lambda identity: KEY),
    lambda: ctx.set_psk_client_callback(5),
    lambda: server_context().set_psk_client_callback(lambda hint: ("a", KEY)),
    lambda: server_context(hint=5),
    lambda: server_context(hint="a\0b"),
    lambda: server_context(hint="h" * 129),
    lambda: ctx.set_ciphers(["TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"]),
    lambda: ctx.set_ciphers(["TLS1-3-AES-256-GCM-SHA384"]),
):
    try:
        wrong()
        print("taken")
    except (TypeError, ValueError, OSError) as er:
        print(type(er).__name__)
ctx.set_ciphers(["TLS1-3-AES-128-GCM-SHA256"])
print(talk(ctx, server_context()))
