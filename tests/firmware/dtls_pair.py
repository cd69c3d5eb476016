# Two DTLS endpoints joined in memory: both agree on the newest version that wolfSSL has here, lost
# datagrams are repeated, and a client must prove that it can be reached before the server does
# anything for it.

try:
    import time
    import wolfssl

    wolfssl.PROTOCOL_DTLS_CLIENT
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import DatagramServer, datagrams
from testkeys import ca, server, server_key

client_ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_DTLS_CLIENT)
client_ctx.verify_mode = wolfssl.CERT_REQUIRED
client_ctx.load_verify_locations(cadata=ca)
server_ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_DTLS_SERVER)
server_ctx.load_cert_chain(server, server_key)


def wrap(a, b, client_id=b"a client"):
    c = client_ctx.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = DatagramServer(
        lambda: server_ctx.wrap_socket(
            b, server_side=True, do_handshake_on_connect=False, client_id=client_id
        )
    )
    return c, s


def talk(c, s):
    end = time.time() + 20
    sent = False
    while time.time() < end:
        sent = sent or c.write(b"ping")
        got = s.read(10)
        if got:
            s.write(b"pong")
            return got, c.read(10)
        if not a.queue and not b.queue:
            time.sleep(0.05)


a, b = datagrams()
c, s = wrap(a, b)
print(*talk(c, s))
version = c.cipher()[1]
print("same version", version == s.cipher()[1], "same suite", c.cipher() == s.cipher())
# Only wolfSSL 5.9 and later have DTLS 1.3, see ports/unix/user_settings.h.
old = any(v in wolfssl.WOLFSSL_VERSION for v in ("5.5.", "5.7."))
want = "DTLSv1.2" if old else "DTLSv1.3"
print("newest version", version == want or (version, want))

# Hello, the server's cookie, hello with the cookie.
print("asked to show its address", len(b.sent[0]) < 200, len(b.sent[1]) > len(b.sent[0]))
hello, hello_again = a.sent[:2]

# The server asks every client, and refuses one that has another client's cookie.
for client_id, first in ((b"a client", hello), (b"another client", hello_again)):
    a, b = datagrams()
    a.queue.append(first)
    c, s = wrap(a, b, client_id)
    try:
        s.read(1)
    except OSError as er:
        print(er)
    print("no more than asked or refused", len(b.sent) == 1 and len(b.sent[0]) < 200)

# Each datagram of the handshake lost, on either side. (What is written afterwards is lost for
# good.)
for n in range(3):
    for loser in (0, 1):
        a, b = datagrams()
        (a, b)[loser].lose = (n,)
        print("lost", n, *(talk(*wrap(a, b)) or ("no answer",)))


# The server's first data arrives before the messages that precede it.
def server_first(c, s):
    end = time.time() + 20
    sent = False
    while time.time() < end:
        s.read(10)
        sent = sent or s.write(b"hello")
        got = c.read(10)
        if got:
            return got
        if not a.queue and not b.queue:
            if sent:
                return b"lost"
            time.sleep(0.05)


for n in range(4):
    a, b = datagrams()
    b.lose = (n,)
    print("server first", server_first(*wrap(a, b)) in (b"hello", b"lost"))

# Cipher suites of TLS 1.2 alone, on either side, before and after the certificates, and taken
# back: 1.2 is what both have.
SUITES_12 = ["TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"]


def context(protocol, *steps):
    ctx = wolfssl.SSLContext(protocol)
    for step in steps:
        if step == "suites":
            ctx.set_ciphers(SUITES_12)
        elif step == "all suites":
            ctx.set_ciphers(ctx.get_ciphers())
        elif protocol == wolfssl.PROTOCOL_DTLS_CLIENT:
            ctx.verify_mode = wolfssl.CERT_REQUIRED
            ctx.load_verify_locations(cadata=ca)
        else:
            ctx.load_cert_chain(server, server_key)
    return ctx


for client_steps, server_steps in (
    (("keys", "suites"), ("keys",)),
    (("suites", "keys"), ("keys",)),
    (("keys",), ("keys", "suites")),
    (("keys",), ("suites", "keys")),
    (("keys", "suites", "all suites"), ("keys", "suites", "all suites")),
):
    client_ctx = context(wolfssl.PROTOCOL_DTLS_CLIENT, *client_steps)
    server_ctx = context(wolfssl.PROTOCOL_DTLS_SERVER, *server_steps)
    a, b = datagrams()
    c, s = wrap(a, b)
    got = talk(c, s)
    version = c.cipher()[1] if got else None
    newest = want if "all suites" in client_steps else "DTLSv1.2"
    print(*client_steps, "and", *server_steps, got, version == newest or version)

# A client that trusts no one, and a verify_callback that refuses, still apply with 1.2.
client_ctx = context(wolfssl.PROTOCOL_DTLS_CLIENT)
client_ctx.verify_mode = wolfssl.CERT_REQUIRED
client_ctx.set_ciphers(SUITES_12)
server_ctx = context(wolfssl.PROTOCOL_DTLS_SERVER, "keys")
for _ in range(2):
    a, b = datagrams()
    try:
        print(talk(*wrap(a, b)))
    except (OSError, ValueError):
        print("refused")
    client_ctx = context(wolfssl.PROTOCOL_DTLS_CLIENT, "keys")
    client_ctx.verify_callback = lambda der, depth: 1
    client_ctx.set_ciphers(SUITES_12)
