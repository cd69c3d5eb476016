# A flight of the handshake is one write, and buffers are as large as the records that are in them:
# where wolfSSL's memory is MicroPython's heap (TestTracked), the memory of a large record is
# freed.

try:
    import gc
    import io
    import wolfssl as ssl
except ImportError:
    print("SKIP")
    raise SystemExit

from pipes import joined
from testkeys import ca, server, server_key

RECORD = 16 * 1024
BUFFERS = bytearray(2 * RECORD), bytearray(2 * RECORD)


# A stream that allocates nothing of a record's size: the collector may still see such a thing on
# the stack.
class Pipe(io.IOBase):
    def __init__(self, buffer):
        self.data = memoryview(buffer)
        self.start = self.end = self.writes = 0

    def readinto(self, buf):
        o = self.other
        n = min(len(buf), o.end - o.start)
        if not n:
            return None
        buf[:n] = o.data[o.start : o.start + n]
        o.start += n
        if o.start == o.end:
            o.start = o.end = 0
        return n

    def write(self, buf):
        n = len(buf)
        self.data[self.end : self.end + n] = buf
        self.end += n
        self.writes += 1
        return n

    def ioctl(self, request, arg):
        return arg if request == 3 else 0


def contexts(cipher):
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_mode = ssl.CERT_REQUIRED
    client.load_verify_locations(cadata=ca)
    if cipher:
        client.set_ciphers([cipher])
    srv = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    srv.load_cert_chain(server, server_key)
    return client, srv


# Both ends after a handshake and a byte each way, and how many writes each made up to then.
def connected(client, srv):
    a, b = joined(Pipe(BUFFERS[0]), Pipe(BUFFERS[1]))
    c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = srv.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    while not c.write(b"1"):
        s.read(1)
    while s.read(1) is None:
        pass
    s.write(b"2")
    while c.read(1) is None:
        pass
    return c, s, a.writes, b.writes


def used():
    gc.collect()
    return gc.mem_alloc()


data = bytes(RECORD)
buf = bytearray(RECORD)


def record(a, b):
    a.write(data)
    n = 0
    while n < RECORD:
        n += b.readinto(memoryview(buf)[n:])


for cipher in (None, "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"):
    client, srv = contexts(cipher)
    connected(client, srv)  # what is made once
    before = used()
    c, s, client_writes, server_writes = connected(client, srv)
    idle = used() - before
    print(c.cipher()[1], "writes", client_writes, server_writes)
    record(c, s)
    record(s, c)
    kept = used() - before - idle
    # Two ends, without room for a record of 16 KB in either.
    print("idle", idle if idle > 2 * RECORD else "small", "kept",
        kept if kept > 1024 else "nothing")
    del c, s
