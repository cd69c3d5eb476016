# Two TLS endpoints joined in memory: handshakes, client certificates, verification, end of stream.

try:
    import io

    io.IOBase
    try:
        import ssl
    except ImportError:  # without the drop-in names
        import wolfssl as ssl
    ssl.SSLContext
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import pipes
from testkeys import ca, client_cert, client_key, other_cert, other_key, server, server_key

# ca signed this one too.
expired = bytes.fromhex(
    "308201753082011aa003020102020101300a06082a8648ce3d04030230193117301506035504030c"
    "0e6d70776f6c662074657374206361301e170d3230303130313030303030305a170d323130313031"
    "3030303030305a30143112301006035504030c096c6f63616c686f73743059301306072a8648ce3d"
    "020106082a8648ce3d0301070342000468a25cc7935e625249e75c9c53aa0e894601bdc8f2f61af0"
    "32b7971315f2e750e8d37e0f4afbf133f2178cccfee23b611dac497769f497853f82800ebabfe716"
    "a358305630140603551d11040d300b82096c6f63616c686f7374301d0603551d0e04160414f27b05"
    "6b449f89c407f6ad0fbc7632309bbc2664301f0603551d230418301680140dc94e93ae656249d4e8"
    "d723e4fc33adde1faef3300a06082a8648ce3d0403020349003046022100db215beef76c7c59fb84"
    "71a2fc54d2186819f57362ebfac911519df4ecc8ccc1022100ffcd416f5a149fc554e97aa3a196b3"
    "6d1b206f91680c7b2d53d3f6f0aa22f0e6"
)
expired_key = bytes.fromhex(
    "3077020101042014cfe13fa537c2f59ed4b98b353b9612f7249ef4e5f9d3cb36a8db5936d622e0a0"
    "0a06082a8648ce3d030107a1440342000468a25cc7935e625249e75c9c53aa0e894601bdc8f2f61a"
    "f032b7971315f2e750e8d37e0f4afbf133f2178cccfee23b611dac497769f497853f82800ebabfe7"
    "16"
)


def context(protocol, cert=None, key=None, verify=ssl.CERT_NONE):
    ctx = ssl.SSLContext(protocol)
    ctx.verify_mode = verify
    if cert:
        ctx.load_cert_chain(cert, key)
    if verify != ssl.CERT_NONE:
        ctx.load_verify_locations(cadata=ca)
    return ctx


# Drive both sides in turns until each has read what the other wrote.
def exchange(client_ctx, server_ctx, hostname):
    a, b = pipes()
    c = client_ctx.wrap_socket(a, server_hostname=hostname, do_handshake_on_connect=False)
    s = server_ctx.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    got = {}
    todo = [("client", c), ("server", s)]
    sent = set()
    for _ in range(20):
        for name, sock in todo:
            try:
                if name not in sent and sock.write(name.encode()):
                    sent.add(name)
                if name not in got:
                    r = sock.read(100)
                    if r:
                        got[name] = r
            except OSError as er:
                got[name] = er
        if len(got) == 2:
            break
    return c, s, got


def show(title, got):
    out = []
    for name in ("client", "server"):
        r = got.get(name)
        out.append("OSError" if isinstance(r, OSError) else r)
    print(title, *out)


plain_client = context(ssl.PROTOCOL_TLS_CLIENT)
client = context(ssl.PROTOCOL_TLS_CLIENT, verify=ssl.CERT_REQUIRED)
plain_server = context(ssl.PROTOCOL_TLS_SERVER, server, server_key)

# With secure defaults a client verifies, whatever Python code stands above tls.
try:
    import wolfssl

    secure = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT).verify_mode == wolfssl.CERT_REQUIRED
except ImportError:
    secure = False
mode = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).verify_mode
print("secure defaults hold", not secure or mode == ssl.CERT_REQUIRED)
named = not secure
if secure:
    try:
        wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT).wrap_socket(
            pipes()[0], do_handshake_on_connect=False
        )
    except ValueError:
        named = True
print("secure defaults need a name", named)

c, s, got = exchange(plain_client, plain_server, None)
show("no verification", got)
print(c.cipher()[1] == s.cipher()[1], c.cipher()[0] == s.cipher()[0])

c, s, got = exchange(client, plain_server, "localhost")
show("verified", got)
print("peer certificate", c.getpeercert(True) == server, s.getpeercert(True))

# close_notify is the end of the stream, and stays it.
c.close()
print("eof", s.read(10), s.read(10))
s.close()

for name in ("www.example.com", "127.0.0.1"):
    c, s, got = exchange(client, plain_server, name)
    show(name, got)

for name in ("wrong", "example.com", "a.b.example.com", "127.0.0.2"):
    c, s, got = exchange(client, plain_server, name)
    show(name, got)

c, s, got = exchange(
    client, context(ssl.PROTOCOL_TLS_SERVER, expired, expired_key), "localhost"
)
show("expired", got)
c, s, got = exchange(
    client, context(ssl.PROTOCOL_TLS_SERVER, other_cert, other_key), "localhost"
)
show("wrong CA", got)

# The server asks for a certificate.
for title, mode in (("required", ssl.CERT_REQUIRED), ("optional", ssl.CERT_OPTIONAL)):
    strict = context(ssl.PROTOCOL_TLS_SERVER, server, server_key, mode)
    for cert, key in ((client_cert, client_key), (other_cert, other_key), (None, None)):
        ctx = context(ssl.PROTOCOL_TLS_CLIENT, cert, key, ssl.CERT_REQUIRED)
        c, s, got = exchange(ctx, strict, "localhost")
        name = {client_cert: "good", other_cert: "bad"}.get(cert, "no")
        r = got.get("server")
        print(title, name, "OSError" if isinstance(r, OSError) else r)

# A plain-text peer.
a, b = pipes()
b.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
try:
    print("plain text", c.read(10))
except OSError:
    print("plain text OSError")
try:
    print("again", c.read(10))
except OSError:
    print("again OSError")
c.close()
c.close()
