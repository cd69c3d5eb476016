# What a context can ask for: application protocols (ALPN), versions of TLS, short records.

try:
    import io

    io.IOBase
    import wolfssl as ssl

    ssl.SSLContext.set_alpn_protocols
    ssl.TLSVersion
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import Pipe, joined
from testkeys import ca, server, server_key

TLSv1_2 = ssl.TLSVersion.TLSv1_2
TLSv1_3 = ssl.TLSVersion.TLSv1_3


def contexts():
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_mode = ssl.CERT_REQUIRED
    client.load_verify_locations(cadata=ca)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(server, server_key)
    return client, serving


# Notes the length of each record that is written.
class Records(Pipe):
    def __init__(self):
        super().__init__()
        self.all = b""

    def write(self, buf):
        self.all += bytes(buf)
        return super().write(buf)

    def longest(self):
        most = 0
        data = self.all
        while len(data) >= 5:
            n = data[3] << 8 | data[4]
            if data[0] == 23:  # application data
                most = max(most, n)
            data = data[5 + n :]
        return most


def connect(client, serving, message=b"x", reply=b"y"):
    a, b = joined(Records(), Records())
    c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = serving.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    print(c.version(), c.selected_alpn_protocol(), end=" ")
    got = {c: b"", s: b""}
    left = {c: message, s: reply}
    for _ in range(200):
        for sock in (c, s):
            if left[sock]:
                n = sock.write(left[sock])
                left[sock] = left[sock][n or 0 :]
            got[sock] += sock.read(20000) or b""
        if len(got[c]) == len(reply) and len(got[s]) == len(message):
            break
    print(c.version(), got[s] == message and got[c] == reply, end=" ")
    print(c.selected_alpn_protocol(), s.selected_alpn_protocol(), s.version() == c.version())
    return c, s, a, b


print("ALPN")
for ours, theirs in (
    (["mqtt"], ["mqtt"]),
    (["h2", "http/1.1"], ["http/1.1"]),
    (("x", b"mqtt"), ["a", "mqtt", "b"]),
    (["mqtt"], None),
    (None, ["mqtt"]),
    (["mqtt"], ["h2"]),
    (["mqtt"], []),
    (["m" * 255], ["m" * 255]),
):
    client, serving = contexts()
    if ours is not None:
        client.set_alpn_protocols(ours)
    if theirs is not None:
        serving.set_alpn_protocols(theirs)
    connect(client, serving)

# A socket keeps what its context had.
client, serving = contexts()
client.set_alpn_protocols(["mqtt"])
serving.set_alpn_protocols(["mqtt"])
c, s, a, b = connect(client, serving)
client.set_alpn_protocols([])
print(c.selected_alpn_protocol())
connect(client, serving)
c.close()
s.close()
print(c.selected_alpn_protocol(), c.version())

for wrong in ([""], ["a,b"], ["a\0"], ["m" * 256], ["m"] * 300, [1], 1, "mqtt", ["m" * 200] * 100):
    try:
        client.set_alpn_protocols(wrong)
        print("taken", wrong)
    except (TypeError, ValueError) as er:
        print(type(er).__name__)

print("versions")
for low, high, server_low, server_high in (
    (TLSv1_2, TLSv1_3, TLSv1_2, TLSv1_3),
    (TLSv1_3, TLSv1_3, TLSv1_2, TLSv1_3),
    (TLSv1_2, TLSv1_2, TLSv1_2, TLSv1_3),
    (TLSv1_2, TLSv1_3, TLSv1_3, TLSv1_3),
    (TLSv1_2, TLSv1_3, TLSv1_2, TLSv1_2),
    (ssl.TLSVersion.MAXIMUM_SUPPORTED, ssl.TLSVersion.MAXIMUM_SUPPORTED, TLSv1_2, TLSv1_3),
    (ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.MINIMUM_SUPPORTED, TLSv1_2, TLSv1_3),
    (TLSv1_3, TLSv1_3, TLSv1_2, TLSv1_2),
    (TLSv1_2, TLSv1_2, TLSv1_3, TLSv1_3),
    (TLSv1_3, TLSv1_2, TLSv1_2, TLSv1_3),
):
    client, serving = contexts()
    client.minimum_version = low
    client.maximum_version = high
    serving.minimum_version = server_low
    serving.maximum_version = server_high
    try:
        connect(client, serving)
    except OSError as er:
        print("OSError", len(er.args))
print(client.minimum_version, client.maximum_version)
for wrong in (0, 0x0302, 0x0305, None, "TLSv1_2"):
    try:
        client.minimum_version = wrong
        print("taken", wrong)
    except (TypeError, ValueError) as er:
        print(type(er).__name__)

print("records")
for of_client, of_server, version in (
    (0, 0, TLSv1_3),
    (512, 0, TLSv1_2),
    (1024, 0, TLSv1_3),
    (2048, 0, TLSv1_2),
    (4096, 0, TLSv1_3),
    (0, 512, TLSv1_3),
    (512, 4096, TLSv1_2),
    (4096, 512, TLSv1_3),
):
    client, serving = contexts()
    client.max_fragment_length = of_client
    serving.max_fragment_length = of_server
    client.maximum_version = version
    c, s, a, b = connect(client, serving, b"m" * 9000, b"r" * 9000)
    # A record has at most 37 bytes more than its contents.
    for records, most in (
        (a, of_client or 9000),
        (b, min(of_server or 9000, of_client or 9000)),
    ):
        n = records.longest()
        print(of_client, of_server, most <= n <= most + 37)
print(client.max_fragment_length)
for wrong in (1, 256, 8192, 16384, -512, 1 << 20, None):
    try:
        client.max_fragment_length = wrong
        print("taken", wrong)
    except (TypeError, ValueError) as er:
        print(type(er).__name__)
