# Pre-shared keys between two endpoints joined in memory: what is agreed on, and all that must be
# refused.

try:
    import wolfssl

    wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT).psk_identity
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import DatagramServer, datagrams, pipes
from testkeys import ca, server, server_key

IDENTITY = b"sensor \xc3\xa4\xff"
KEY = b"sixteen bytes ok"


def client_context(identity=IDENTITY, key=KEY):
    ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
    ctx.psk_key = key
    ctx.psk_identity = identity
    return ctx


def server_context(keys={IDENTITY: KEY}):
    ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER)
    ctx.server_psk_keys = keys
    return ctx


def cert_server():
    ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(server, server_key)
    return ctx


# Both sides until data came through; else the exception of the first one that gave up. Not every
# version of wolfSSL tells the other one why.
def talk(client, host):
    a, b = pipes()
    c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = host.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    for _ in range(20):
        try:
            if c.write(b"hello") is None:
                c.read(1)
            got = s.read(5)
        except Exception as er:
            return None, type(er).__name__
        if got:
            return got, c.cipher()
    return None, "no end"


def show(title, *result):
    print(title + ":", *result)


show("agreed", *talk(client_context(), server_context()))
show("a str",
    *talk(client_context("sensor", "password"), server_context({b"sensor": b"password"})))
show("the longest",
    talk(client_context(b"i" * 128, b"k" * 64), server_context({b"i" * 128: b"k" * 64}))[0])
show("a bytearray", talk(client_context(bytearray(IDENTITY), bytearray(KEY)), server_context())[0])
host = server_context()
host.load_cert_chain(server, server_key)
show("a server with a certificate too", talk(client_context(), host)[0])
client = client_context()
client.load_verify_locations(ca)
client.verify_mode = wolfssl.CERT_REQUIRED
show("a client that would verify", talk(client, server_context())[0])
for name in client_context().get_ciphers():
    if "PSK" in name and "CBC" not in name:
        client = client_context()
        client.set_ciphers([name])
        show(name, talk(client, server_context())[0] == b"hello")

# Nothing falls back to certificates, on either side.
show("a server without keys", *talk(client_context(), cert_server()))
show("a client without a key", *talk(wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT), host))
try:
    client_context().set_ciphers(["TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"])
    print("set")
except OSError:
    print("another cipher suite is refused")
client = client_context()
client.psk_key = None
show("a key taken away", *talk(client, server_context()))
host = server_context()
host.server_psk_keys = None
show("all keys taken away", *talk(client_context(), host))

# Keys that are not the same, or none.
show("a wrong key", *talk(client_context(key=b"another key"), server_context()))
show("an unknown identity", *talk(client_context(identity=b"stranger"), server_context()))


class Keys:
    def __init__(self, answer):
        self.answer = answer

    def get(self, identity):
        if isinstance(self.answer, type):
            raise self.answer
        return self.answer


for answer in (12345, b"", b"k" * 65, KeyError, MemoryError, KeyboardInterrupt):
    try:
        show(repr(answer), *talk(client_context(), server_context(Keys(answer))))
    except KeyboardInterrupt:
        print("KeyboardInterrupt is raised")
show("no get()", *talk(client_context(), server_context(5)))
show("a computed key", talk(client_context(), server_context(Keys(KEY)))[0])

for identity, key in ((b"", KEY), (b"i" * 129, KEY), (b"a\0b", KEY), (IDENTITY, b""),
    (IDENTITY, b"k" * 65)):
    try:
        client_context(identity, key)
        print("set")
    except OSError:
        print("refused when it is set")
try:
    client_context(5, KEY)
except TypeError:
    print("TypeError")

# Over DTLS, where wolfSSL may have a version without such keys.
if hasattr(wolfssl, "PROTOCOL_DTLS_CLIENT"):
    for steps in (("keys",), ("certificate", "keys"), ("keys", "certificate")):
        client = wolfssl.SSLContext(wolfssl.PROTOCOL_DTLS_CLIENT)
        client.psk_identity, client.psk_key = IDENTITY, KEY
        host = wolfssl.SSLContext(wolfssl.PROTOCOL_DTLS_SERVER)
        for step in steps:
            if step == "keys":
                host.server_psk_keys = {IDENTITY: KEY}
            else:
                host.load_cert_chain(server, server_key)
        a, b = datagrams()
        c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
        s = DatagramServer(
            lambda: host.wrap_socket(b, server_side=True, do_handshake_on_connect=False,
                client_id=b"me")
        )
        for _ in range(20):
            c.write(b"hello")
            got = s.read(5)
            if got:
                break
        show("DTLS", got, c.cipher())
