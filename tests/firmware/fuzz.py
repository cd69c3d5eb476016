# Fuzz what parses: keys and certificates (DER and PEM), TLS and DTLS records in both directions.
#
# Usage: fuzz.py SECONDS [SEED]. Meant for a build with AddressSanitizer, which ends the process at
# a finding. A seed is printed for every 100 runs, each of which counts it on by one: to repeat a
# run give its seed. Prints "done N" at the end.

try:
    import binascii
    import gc
    import io
    import random
    import sys
    import time
    import wolfssl

    io.IOBase
    random.seed
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

if len(sys.argv) < 2:
    print("SKIP")
    raise SystemExit

from bundles import bundle
from pipes import DatagramServer, joined
from testkeys import ca, client_cert, server, server_key


def pem(kind, der):
    text = binascii.b2a_base64(der).strip()
    lines = b"\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    return b"-----BEGIN %s-----\n%s\n-----END %s-----\n" % (kind, lines, kind)


ca_pem = pem(b"CERTIFICATE", ca)
server_pem = pem(b"CERTIFICATE", server)
key_pem = pem(b"EC PRIVATE KEY", server_key)


def below(n):
    return random.getrandbits(30) % n


# Change a few bytes, cut, repeat or insert.
def mutate(data):
    data = bytearray(data)
    for _ in range(1 + below(4)):
        if not data:
            break
        pos = below(len(data))
        what = below(6)
        if what == 0:
            data[pos] ^= 1 << below(8)
        elif what == 1:
            data[pos] = (0, 1, 0x7F, 0x80, 0xFF, 0x30, 0x82)[below(7)]
        elif what == 2:
            data[pos] = below(256)
        elif what == 3:
            data = data[:pos]
        elif what == 4:
            data = data[:pos] + data[pos : pos + below(40)] + data[pos:]
        else:
            data = data[:pos] + data[pos + below(8) :]
    return bytes(data)


class Pipe(io.IOBase):
    def __init__(self, datagrams, rate):
        self.queue = []
        self.datagrams = datagrams
        self.rate = rate

    def readinto(self, buf):
        queue = self.other.queue
        if not queue:
            return None
        data = queue.pop(0)
        n = min(len(buf), len(data))
        buf[:n] = data[:n]
        if n < len(data) and not self.datagrams:
            queue.insert(0, data[n:])
        return n

    def write(self, buf):
        data = bytes(buf)
        if below(100) < self.rate:
            data = mutate(data)
        if data and not (self.datagrams and below(50) == 0):
            self.queue.append(data)
        return len(buf)

    def ioctl(self, request, arg):
        return arg if request == 3 else 0


def pipes(datagrams, rate):
    return joined(Pipe(datagrams, rate), Pipe(datagrams, rate))


# A damaged bundle, whose index has the right digest or not, trusts no one who is not in it.
def fuzz_bundle():
    certs = [server, client_cert]
    tamper = mutate if below(2) else None
    data = bundle(certs, tamper) if tamper else mutate(bundle(certs))
    client = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
    client.verify_mode = wolfssl.CERT_REQUIRED
    client.load_verify_locations(cadata=data)
    serving = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(server, server_key)
    a, b = pipes(False, 0)
    c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = serving.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    for _ in range(10):
        for sock in (c, s):
            sock.write(b"x")
            if sock.read(1):
                raise AssertionError("a damaged bundle")


def fuzz_files():
    ctx = wolfssl.SSLContext(below(4))
    cert = (server, server_pem, ca_pem + server_pem)[below(3)]
    key = (server_key, key_pem)[below(2)]
    what = below(4)
    try:
        if what == 0:
            ctx.load_verify_locations(cadata=mutate((ca, ca_pem, ca_pem + server_pem)[below(3)]))
        elif what == 3:
            fuzz_bundle()
        elif what == 1:
            ctx.load_cert_chain(mutate(cert), key)
        else:
            ctx.load_cert_chain(cert, mutate(key))
    except (OSError, ValueError):
        pass


def fuzz_session(dtls):
    protocol = wolfssl.PROTOCOL_DTLS_CLIENT if dtls else wolfssl.PROTOCOL_TLS_CLIENT
    client = wolfssl.SSLContext(protocol)
    if below(2):
        client.verify_mode = wolfssl.CERT_REQUIRED
        client.load_verify_locations(cadata=ca)
        client.verify_callback = lambda cert, depth: 0
    if below(2) and not dtls:
        names = client.get_ciphers()
        client.set_ciphers([names[below(len(names))], names[below(len(names))]])
    protocol = wolfssl.PROTOCOL_DTLS_SERVER if dtls else wolfssl.PROTOCOL_TLS_SERVER
    srv = wolfssl.SSLContext(protocol)
    srv.load_cert_chain(server, server_key)
    if below(4) == 0:
        srv.verify_mode = wolfssl.CERT_REQUIRED
        client.load_cert_chain(server, server_key)
    a, b = pipes(dtls, (0, 5, 20, 50)[below(4)])
    c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    more = {"client_id": b"x"} if dtls else {}
    make = lambda: srv.wrap_socket(b, server_side=True, do_handshake_on_connect=False, **more)
    s = DatagramServer(make) if dtls else make()
    failed = 0
    for i in range(30):
        for sock in (c, s):
            try:
                if i % 2:
                    sock.write(b"x" * (1 + below(300)))
                else:
                    sock.read(1 + below(200))
                sock.cipher()
                sock.getpeercert(True)
            except OSError:
                failed += 1
        if failed > 3:
            break
    if below(2):
        c.close()
        s.close()


seconds = int(sys.argv[1])
seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() & 0xFFFFFF
end = time.time() + seconds
n = 0
while time.time() < end:
    random.seed(seed + n)
    if n % 100 == 0 or len(sys.argv) > 2:
        print("seed", seed + n)
    what = below(4)
    if what < 2:
        fuzz_files()
    else:
        fuzz_session(what == 3)
    n += 1
    if len(sys.argv) > 2:
        break
    if n % 20 == 0:
        gc.collect()
print("done", n)
