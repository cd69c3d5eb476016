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

# Test keys only, see tls_pair.py.
ca = bytes.fromhex(
    "3082019a3082013fa0030201020214371113446a9edab0af8d583f831a0f5f27005100300a06082a"
    "8648ce3d04030230193117301506035504030c0e6d70776f6c6620746573742063613020170d3236"
    "313132323230323131335a180f32313030313032353230323131335a30193117301506035504030c"
    "0e6d70776f6c6620746573742063613059301306072a8648ce3d020106082a8648ce3d0301070342"
    "000449ff2ced709ee0993043e0adc9110eef732f6cea0093ba4b0f3dc30e7fd0025e477cb6833dec"
    "b68048bfc208beb0e2825f0d932c90e69bd13282a6143c1e2915a3633061301d0603551d0e041604"
    "140dc94e93ae656249d4e8d723e4fc33adde1faef3301f0603551d230418301680140dc94e93ae65"
    "6249d4e8d723e4fc33adde1faef3300f0603551d130101ff040530030101ff300e0603551d0f0101"
    "ff040403020106300a06082a8648ce3d0403020349003046022100f04e21c35400131fa7b7d31eb2"
    "8ad6f549618164970c6fe6add09ac79c9301ae022100ce728efe8573dc477a2d85f40227dff001e0"
    "2df0a25fd3b273d3555f44e73444"
)
server = bytes.fromhex(
    "308201d230820179a003020102021453db61a350db1e057e72445fc6f57f8856f067c2300a06082a"
    "8648ce3d04030230193117301506035504030c0e6d70776f6c6620746573742063613020170d3236"
    "313132323230323131335a180f32313030313032353230323131335a30143112301006035504030c"
    "096c6f63616c686f73743059301306072a8648ce3d020106082a8648ce3d03010703420004f6da8a"
    "f851d932a4148bfdb4e124921ca3ba22545c66040837ef226dbc3ca645b1fa250bb0b87f2e2675bc"
    "12490956e1934e88c85d1c896d2291534b4cf4b5bca381a130819e300c0603551d130101ff040230"
    "00300e0603551d0f0101ff04040302078030130603551d25040c300a06082b060105050703013029"
    "0603551d110422302082096c6f63616c686f7374820d2a2e6578616d706c652e636f6d87047f0000"
    "01301d0603551d0e04160414d3ce32b70b51384a2d6e285a6c337eb642600fc8301f0603551d2304"
    "18301680140dc94e93ae656249d4e8d723e4fc33adde1faef3300a06082a8648ce3d040302034700"
    "30440220459dd80066c240ace079ec1ffaaac207826fe84376c3b2e6b24dd46c6d18c61202205673"
    "2d130d36c16c5b63c71fd3d8f1455bc56065a241c8eab825ec81343f8502"
)
server_key = bytes.fromhex(
    "3077020101042045301c8795a80935d48a1b677ddb86e6fff3fef07fd26ed8897ab004c4128d64a0"
    "0a06082a8648ce3d030107a14403420004f6da8af851d932a4148bfdb4e124921ca3ba22545c6604"
    "0837ef226dbc3ca645b1fa250bb0b87f2e2675bc12490956e1934e88c85d1c896d2291534b4cf4b5"
    "bc"
)


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
    a = Pipe(datagrams, rate)
    b = Pipe(datagrams, rate)
    a.other = b
    b.other = a
    return a, b


def fuzz_files():
    ctx = wolfssl.SSLContext(below(4))
    cert = (server, server_pem, ca_pem + server_pem)[below(3)]
    key = (server_key, key_pem)[below(2)]
    what = below(3)
    try:
        if what == 0:
            ctx.load_verify_locations(cadata=mutate((ca, ca_pem, ca_pem + server_pem)[below(3)]))
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
    s = srv.wrap_socket(
        b, server_side=True, do_handshake_on_connect=False, **({"client_id": b"x"} if dtls else {})
    )
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
