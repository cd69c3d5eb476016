# Two TLS endpoints joined in memory: handshakes, client certificates, verification, end of stream.

try:
    import io
    import ssl

    io.IOBase
    ssl.SSLContext
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import pipes
from testkeys import ca, server, server_key

# ca vouches for client and expired too; badclient is another CA's.

client_cert = bytes.fromhex(
    "308201a330820149a003020102021453db61a350db1e057e72445fc6f57f8856f067c3300a06082a"
    "8648ce3d04030230193117301506035504030c0e6d70776f6c6620746573742063613020170d3236"
    "313132323230323131335a180f32313030313032353230323131335a3011310f300d06035504030c"
    "06636c69656e743059301306072a8648ce3d020106082a8648ce3d030107034200045ba314038476"
    "1cf47c9b57335369cea3132abda0ff10cf42548c9bb476e89ec69c4175deaba1b0592d789628bd78"
    "177f5e36ea57f1b36511fdcee4162fc4f505a3753073300c0603551d130101ff04023000300e0603"
    "551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e"
    "04160414c2ccc415e829240243d3be3f72dfa4b39f34973a301f0603551d230418301680140dc94e"
    "93ae656249d4e8d723e4fc33adde1faef3300a06082a8648ce3d040302034800304502207e50b368"
    "349532e2b12c4ddb78f572a4b8e0a5328de756f5227b7d34b1583a76022100dfbb0eea021b955515"
    "aed89d56d6c48621e1dfbea7abdff80b7548b165478d6c"
)
client_key = bytes.fromhex(
    "30770201010420acc3cc0a1c8b8ec62ac31b42d4944a7230eb99dcdf0b895ffa86c61037541883a0"
    "0a06082a8648ce3d030107a144034200045ba3140384761cf47c9b57335369cea3132abda0ff10cf"
    "42548c9bb476e89ec69c4175deaba1b0592d789628bd78177f5e36ea57f1b36511fdcee4162fc4f5"
    "05"
)
badclient = bytes.fromhex(
    "308201a83082014ea00302010202142365e15092417978e3bd50c7566c2787e6d16422300a06082a"
    "8648ce3d040302301e311c301a06035504030c136d70776f6c662074657374206f74686572636130"
    "20170d3236313132323230323131335a180f32313030313032353230323131335a3011310f300d06"
    "035504030c06636c69656e743059301306072a8648ce3d020106082a8648ce3d0301070342000457"
    "d29899bcf35ba9cd4d45c30ba7152b6231e7e632b7c28206e5baf03084981c08e9dc66a30a068b87"
    "18b6ddda8a884861257da7521224dbfbedad8d5b37bf0ea3753073300c0603551d130101ff040230"
    "00300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d"
    "0603551d0e041604144ececc49a071acaae83cff24b5beb4c5aa816cbc301f0603551d2304183016"
    "80141acab8a80a2e97dc8c8d9d88aa50d8a860e58082300a06082a8648ce3d040302034800304502"
    "2100c0196bf7d68a3d6ddd5b9902e94a6de39789c9a68d74b9a746421271fa6869c802202ab69dfa"
    "3bb26268bc97945636177db2aac32f6118d969dd3ad9c8e82136c8c7"
)
badclient_key = bytes.fromhex(
    "307702010104204da90d065c208dde993b1ba92279b307759c2cfde71ac21ce6cfabd30991f67fa0"
    "0a06082a8648ce3d030107a1440342000457d29899bcf35ba9cd4d45c30ba7152b6231e7e632b7c2"
    "8206e5baf03084981c08e9dc66a30a068b8718b6ddda8a884861257da7521224dbfbedad8d5b37bf"
    "0e"
)
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
    client, context(ssl.PROTOCOL_TLS_SERVER, badclient, badclient_key), "localhost"
)
show("wrong CA", got)

# The server asks for a certificate.
for title, mode in (("required", ssl.CERT_REQUIRED), ("optional", ssl.CERT_OPTIONAL)):
    strict = context(ssl.PROTOCOL_TLS_SERVER, server, server_key, mode)
    for cert, key in ((client_cert, client_key), (badclient, badclient_key), (None, None)):
        ctx = context(ssl.PROTOCOL_TLS_CLIENT, cert, key, ssl.CERT_REQUIRED)
        c, s, got = exchange(ctx, strict, "localhost")
        name = {client_cert: "good", badclient: "bad"}.get(cert, "no")
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
