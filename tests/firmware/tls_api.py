# What wolfssl offers beyond a handshake, between two endpoints in memory: where keys and
# certificates come from, callbacks, ciphers, every way to read and write, poll, and every way to
# end.
#
# Usage: tls_api.py DIR, which has root, intermediate and leaf certificates and the leaf's key
# as api_test.go makes them.

import sys

try:
    import gc
    import io
    import wolfssl as ssl

    io.IOBase
    ssl.PROTOCOL_DTLS_CLIENT
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

if len(sys.argv) < 2:
    print("SKIP")
    raise SystemExit

from pipes import pipes

DIRECTORY = sys.argv[1]


def path(name):
    return DIRECTORY + "/" + name


def data(name):
    with open(path(name), "rb") as f:
        return f.read()


# What a call gives, or the kind of error.
def outcome(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as er:
        if isinstance(er, OSError):
            return "OSError"
        return type(er).__name__ + ": " + str(er)


def server_context(cert="chain.pem", key="leaf.key"):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(data(cert), data(key))
    return ctx


def client_context(verify=True):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if verify:
        ctx.verify_mode = ssl.CERT_REQUIRED
        ctx.load_verify_locations(cadata=data("root.der"))
    return ctx


# A client and a server that have both got and sent one byte.
def connected(client=None, server=None):
    a, b = pipes()
    c = (client or client_context()).wrap_socket(
        a, server_hostname="localhost", do_handshake_on_connect=False
    )
    s = (server or server_context()).wrap_socket(
        b, server_side=True, do_handshake_on_connect=False
    )
    sent = got = None
    for _ in range(20):
        sent = sent or c.write(b"c")
        got = got or s.read(1)
        if got and s.write(b"s") and c.read(1):
            return a, b, c, s
        if not sent:
            c.read(1)
    raise OSError("no handshake")


def shakes(client=None, server=None):
    try:
        connected(client, server)
        return "OK"
    except OSError:
        return "OSError"


print("# where a certificate and its key come from")
for title, cert, key in (
    ("PEM", data("chain.pem"), data("leaf.key")),
    ("DER with a PEM key", data("leaf.der"), data("leaf.key")),
    ("DER", data("leaf.der"), data("leaf.key.der")),
    ("PKCS#8, PEM", data("chain.pem"), data("leaf.p8")),
    ("PKCS#8, DER", data("chain.pem"), data("leaf.p8.der")),
    ("bytearray", bytearray(data("chain.pem")), bytearray(data("leaf.key"))),
    ("memoryview", memoryview(data("chain.pem")), memoryview(data("leaf.key"))),
    ("path", path("chain.pem"), path("leaf.key")),
    ("path of DER", path("leaf.der"), path("leaf.key.der")),
):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(cert, key)
    # Without the intermediate the chain ends nowhere, unless the client knows it.
    client = client_context()
    print(title, shakes(client, ctx))
    client.load_verify_locations(cadata=data("intermediate.der"))
    print(title, "and the intermediate", shakes(client, ctx))

print("# where a CA comes from")
for title, args, kw in (
    ("DER", (), {"cadata": data("root.der")}),
    ("PEM", (), {"cadata": data("root.pem")}),
    ("bundle", (), {"cadata": data("bundle.pem")}),
    ("bytearray", (), {"cadata": bytearray(data("bundle.pem"))}),
    ("memoryview", (), {"cadata": memoryview(data("root.der"))}),
    ("path", (), {"cafile": path("root.pem")}),
    ("path by name", (), {"cafile": path("bundle.pem")}),
    ("path of DER", (), {"cafile": path("root.der")}),
    ("other CA", (), {"cadata": data("other.der")}),
):
    ctx = client_context(False)
    ctx.verify_mode = ssl.CERT_REQUIRED
    ctx.load_verify_locations(*args, **kw)
    print(title, shakes(ctx))

print("# what is none")
ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
print(outcome(ctx.load_cert_chain, b"nonsense", data("leaf.key")))
print(outcome(ctx.load_cert_chain, data("chain.pem"), b"nonsense"))
print(outcome(ctx.load_cert_chain, path("nothing"), path("leaf.key")))
print(outcome(ctx.load_cert_chain, data("chain.pem"), None))
print(outcome(ctx.load_verify_locations, cadata=b"nonsense"))
print(outcome(ctx.load_verify_locations, cadata=data("root.pem")[:-40]))


# A filesystem of Python's own, mounted: paths go through the VFS.
class FileSystem:
    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def stat(self, name):
        return (0x8000,) + (0,) * 9

    def open(self, name, mode):
        return io.BytesIO(data(name.lstrip("/")))


print("# the VFS")
try:
    try:
        from vfs import mount, umount
    except ImportError:
        from os import mount, umount
    mount(FileSystem(), "/keys")
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain("/keys/chain.pem", "/keys/leaf.key")
    client = client_context(False)
    client.verify_mode = ssl.CERT_REQUIRED
    client.load_verify_locations(cafile="/keys/root.pem")
    umount("/keys")
    print(shakes(client, ctx), outcome(client.load_verify_locations, cafile="/keys/root.pem"))
except ImportError:
    print("OK OSError")

print("# verify_callback")


def verifying(refuse=None, error=None, cert="chain.pem"):
    seen = []

    def callback(cert, depth):
        seen.append((depth, bytes(cert)))
        if depth == error:
            raise ValueError("callback")
        return 1 if depth == refuse else 0

    client = client_context()
    client.verify_callback = callback
    try:
        result = shakes(client, server_context(cert))
    except ValueError as er:
        result = er
    names = {data(n): n for n in ("leaf.der", "intermediate.der", "root.der")}
    return result, [(depth, names.get(cert)) for depth, cert in seen]


print("two of three", *verifying())
print("three of three", *verifying(cert="full.pem"))
for depth in (0, 1, 2):
    print("refuses", depth, *verifying(refuse=depth))
    print("raises", depth, *verifying(error=depth))
client = client_context()
print(client.verify_callback)

print("# the peer's certificate")
a, b, c, s = connected()
print(c.getpeercert(True) == data("leaf.der"), s.getpeercert(True))
# A dict, where the settings have it.
print(
    type(c.getpeercert()) is dict
    if hasattr(c, "get_verified_chain")
    else outcome(c.getpeercert, False) == "NotImplementedError: "
)
mutual = server_context()
mutual.verify_mode = ssl.CERT_REQUIRED
mutual.load_verify_locations(cadata=data("root.der"))
client = client_context()
client.load_cert_chain(data("chain.pem"), data("leaf.key"))
a, b, c, s = connected(client, mutual)
print(c.getpeercert(True) == s.getpeercert(True) == data("leaf.der"))

print("# ciphers, in three spellings")
for name in (
    "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS1-3-AES-128-GCM-SHA256",
    "TLS_AES_128_GCM_SHA256",
):
    client = client_context()
    client.set_ciphers([name])
    a, b, c, s = connected(client)
    print(name, *c.cipher())
print(outcome(client.set_ciphers, ["TLS-NOTHING"]), outcome(client.set_ciphers, []))
# AES-CCM, which wolfcryptolib may have, would come with tags of 8 bytes.
print([name for name in client.get_ciphers() if "CCM" in name])
for name in ("TLS_AES_128_CCM_8_SHA256", "ECDHE-ECDSA-AES128-CCM8", "ECDHE-ECDSA-AES128-CCM"):
    print(outcome(client.set_ciphers, [name]))
c = client_context().wrap_socket(pipes()[0], server_hostname="x", do_handshake_on_connect=False)
print(c.cipher(), c.getpeercert(True))

print("# reading and writing")
a, b, c, s = connected()
print(c.write(b"one\ntwo\nthree"), s.readline(), s.readline(), s.readline())
print(c.write(b"0123456789"))
buf = bytearray(4)
print(s.readinto(buf), bytes(buf), s.readinto(buf, 2), bytes(buf), s.read(2), s.read(100))
print(s.read(1), s.readinto(buf), c.write(b""))
print(c.write(b"x" * 40000), len(s.read(40000)), s.read(1))
if hasattr(c, "recv"):
    c.write(b"abcdef")
    print(s.recv(2), s.recv_into(buf), bytes(buf))
    print(c.send(b"12"), c.sendall(b"34"), s.recv(10), s.recv(10))
else:
    print(b"ab", 4, b"cdef")
    print(2, 2, b"12", b"34")

print("# poll")


# Bits of ioctl(MP_STREAM_POLL) through select.poll.
def polled(sock, mask=5):
    import select

    p = select.poll()
    p.register(sock, mask)
    return [event for _, event in p.poll(0)]


a, b, c, s = connected()
print("idle", polled(s), polled(s, 1))
c.write(b"12345")
print("data", polled(s), polled(s, 1))
s.read(2)
print("data buffered here", b.other.data, polled(s, 1), s.read(3), polled(s, 1))
c.close()
print("end", polled(s, 1), s.read(1), polled(s, 1))
s.close()
print("closed", polled(s), polled(c))

print("# ends")
a, b, c, s = connected()
c.write(b"last words")
c.close()
print(s.read(100), s.read(1), s.read(1), s.readline(), s.readinto(buf))
print("half closed", outcome(s.write, b"still"))
print("twice", c.close(), c.close(), s.close(), s.close())
for name, args in (
    ("read", (1,)),
    ("readinto", (buf,)),
    ("readline", ()),
    ("write", (b"x",)),
    ("setblocking", (False,)),
):
    print("closed", name, outcome(getattr(c, name), *args))
print("closed", c.cipher(), c.getpeercert(True))

a, b, c, s = connected()
c.write(b"last words")
a.closed = True  # no close_notify
print("cut", s.read(10), outcome(s.read, 1), outcome(s.read, 1), outcome(s.write, b"x"), s.close())

a, b, c, s = connected()
a.data += b"\x17\x03\x03\x00\x20" + bytes(32)
print("damaged", outcome(s.read, 1), outcome(s.read, 1), outcome(s.write, b"x"), s.close())
print("the alert arrives", outcome(c.read, 1), c.close())

# Half a handshake.
for cut in (1, 5, 60):
    a, b = pipes()
    c = client_context().wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = server_context().wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    c.write(b"x")
    a.data = a.data[:cut]
    print("half", s.read(1), polled(s, 1), end=" ")
    a.closed = True
    print(outcome(s.read, 1), s.close(), c.close())


# The stream below raises.
class Broken(io.IOBase):
    def readinto(self, buf):
        raise ValueError("below")

    def write(self, buf):
        raise ValueError("below")

    def ioctl(self, request, arg):
        return arg if request == 3 else 0


s = client_context().wrap_socket(
    Broken(), server_hostname="localhost", do_handshake_on_connect=False
)
print("broken", outcome(s.write, b"x"), outcome(s.read, 1), s.close())
print("no stream", outcome(client_context().wrap_socket, 1, server_hostname="x"))
print("no name", outcome(client_context().wrap_socket, Broken()))

print("# finalisers, in any order")
for order in ("acs", "sca", "csa", "asc"):
    ctx = {"a": client_context(), "s": server_context()}
    a, b, c, s = connected(ctx["a"], ctx["s"])
    held = {"a": ctx, "c": [a, c], "s": [b, s]}
    del a, b, c, s, ctx
    for name in order:
        del held[name]
        gc.collect()
# Rings, which go all at once.
for _ in range(20):
    a, b, c, s = connected()
    a.ring = c
    b.ring = s
    c = s = a = b = None
gc.collect()
print("OK")

print("# DTLS")




def dtls(**options):
    client = ssl.SSLContext(ssl.PROTOCOL_DTLS_CLIENT)
    client.verify_mode = ssl.CERT_REQUIRED
    client.load_verify_locations(cadata=data("root.der"))
    server = ssl.SSLContext(ssl.PROTOCOL_DTLS_SERVER)
    server.load_cert_chain(data("chain.pem"), data("leaf.key"))
    a, b = DatagramPipe(), DatagramPipe()
    a.other, b.other = b, a
    c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = server.wrap_socket(b, server_side=True, do_handshake_on_connect=False, **options)
    got = None
    for _ in range(20):
        c.write(b"c")
        try:
            got = s.read(1)
        except OSError as er:
            # MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED, MicroPython 1.26 and later
            if er.args[0] != -27264:
                raise
            s = server.wrap_socket(b, server_side=True, do_handshake_on_connect=False, **options)
        if got:
            break
    s.write(b"to the client")
    return got, c.read(100), c.cipher()[1][:6]  # 1.2, or 1.3 where wolfSSL has it


class DatagramPipe(io.IOBase):
    def __init__(self):
        self.queue = []

    def readinto(self, buf):
        if not self.other.queue:
            return None
        datagram = self.other.queue.pop(0)
        n = min(len(buf), len(datagram))
        buf[:n] = datagram[:n]
        return n

    def write(self, buf):
        self.queue.append(bytes(buf))
        return len(buf)

    def ioctl(self, request, arg):
        return arg if request == 3 else 0


print(dtls(client_id=b"127.0.0.1:1"))
print(dtls(client_id=memoryview(b"another")))
