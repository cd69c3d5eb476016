# Two DTLS endpoints joined in memory: both agree on the newest version that wolfSSL has here, lost datagrams come
# again, and a client is told to show that it can be reached before the server does anything for it.

try:
    import io
    import time
    import wolfssl

    wolfssl.PROTOCOL_DTLS_CLIENT
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from testkeys import ca, server, server_key


class Pipe(io.IOBase):
    def __init__(self):
        self.queue = []
        self.sent = []  # everything, for replays
        self.lose = ()  # which datagrams get lost

    def readinto(self, buf):
        queue = self.other.queue
        if not queue:
            return None
        data = queue.pop(0)
        n = min(len(buf), len(data))
        buf[:n] = data[:n]
        return n

    def write(self, buf):
        self.sent.append(bytes(buf))
        if len(self.sent) - 1 not in self.lose:
            self.queue.append(bytes(buf))
        return len(buf)

    def ioctl(self, request, arg):
        return arg if request == 3 else 0


def pipes():
    a = Pipe()
    b = Pipe()
    a.other = b
    b.other = a
    return a, b


client_ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_DTLS_CLIENT)
client_ctx.verify_mode = wolfssl.CERT_REQUIRED
client_ctx.load_verify_locations(cadata=ca)
server_ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_DTLS_SERVER)
server_ctx.load_cert_chain(server, server_key)


def wrap(a, b, client_id=b"a client"):
    c = client_ctx.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = server_ctx.wrap_socket(
        b, server_side=True, do_handshake_on_connect=False, client_id=client_id
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


a, b = pipes()
c, s = wrap(a, b)
print(*talk(c, s))
version = c.cipher()[1]
print("same version", version == s.cipher()[1], "same suite", c.cipher() == s.cipher())
# Only wolfSSL 5.9 and later have DTLS 1.3, see ports/unix/user_settings.h.
old = any(v in wolfssl.WOLFSSL_VERSION for v in ("5.5.", "5.7."))
want = "DTLSv1.2" if old else "DTLSv1.3"
print("newest version", version == want or (version, want))

# Hello, what the server wants to have back, hello with that.
print("asked to show its address", len(b.sent[0]) < 200, len(b.sent[1]) > len(b.sent[0]))
hello, hello_again = a.sent[:2]

# The server asks every client, and refuses one that has what it gave to another.
for client_id, first in ((b"a client", hello), (b"another client", hello_again)):
    a, b = pipes()
    a.queue.append(first)
    c, s = wrap(a, b, client_id)
    try:
        s.read(1)
    except OSError as er:
        print(er)
    print("no more than asked or refused", len(b.sent) == 1 and len(b.sent[0]) < 200)

# Each datagram of the handshake lost, on either side. (What is written afterwards is lost for good.)
for n in range(3):
    for loser in (0, 1):
        a, b = pipes()
        (a, b)[loser].lose = (n,)
        print("lost", n, *(talk(*wrap(a, b)) or ("no answer",)))


# The server's first data arrives before what it should come after.
def server_first(c, s):
    end = time.time() + 20
    sent = False
    while time.time() < end:
        sent = sent or s.write(b"hello")
        got = c.read(10)
        if got:
            return got
        if not a.queue and not b.queue:
            if sent:
                return b"lost"
            time.sleep(0.05)


for n in range(4):
    a, b = pipes()
    b.lose = (n,)
    print("server first", server_first(*wrap(a, b)) in (b"hello", b"lost"))
