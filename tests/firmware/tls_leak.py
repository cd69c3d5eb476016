# Many handshakes leave nothing behind: neither in MicroPython's heap nor in the process.
# Usage: tls_leak.py [N], the number of handshakes (default 50, enough to see a leak of one object
# per handshake).

try:
    import gc
    import io
    import ssl
    import sys

    io.IOBase
    ssl.SSLContext
    gc.mem_alloc
except (ImportError, AttributeError):
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


class Pipe(io.IOBase):
    def __init__(self):
        self.data = b""
        self.closed = False

    def readinto(self, buf):
        data = self.other.data
        if not data:
            return 0 if self.other.closed else None
        n = min(len(buf), len(data))
        buf[:n] = data[:n]
        self.other.data = data[n:]
        return n

    def write(self, buf):
        self.data += bytes(buf)
        return len(buf)

    def ioctl(self, request, arg):
        if request == 3:  # poll
            return arg
        if request == 4:  # close
            self.closed = True
        return 0


def pipes():
    a = Pipe()
    b = Pipe()
    a.other = b
    b.other = a
    return a, b


# Resident memory of the process in KB, or None.
def rss():
    try:
        with open("/proc/self/status") as f:
            for line in f:
                if line.startswith("VmRSS"):
                    return int(line.split()[1])
    except OSError:
        return None


def handshake(client_ctx, server_ctx, close):
    a, b = pipes()
    c = client_ctx.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = server_ctx.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    while not (c.write(b"x") and s.read(1)):
        s.read(1)
        c.read(1)
    if close:
        c.close()
        s.close()


def contexts():
    client_ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_ctx.verify_mode = ssl.CERT_REQUIRED
    client_ctx.load_verify_locations(cadata=ca)
    server_ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_ctx.load_cert_chain(server, server_key)
    return client_ctx, server_ctx


# New contexts for every third handshake; every fifth socket is left to the garbage collector.
def run(n):
    ctxs = contexts()
    for i in range(n):
        if i % 3 == 0:
            ctxs = contexts()
        handshake(ctxs[0], ctxs[1], i % 5 != 0)
        if i % 10 == 9:
            gc.collect()


n = int(sys.argv[1]) if len(sys.argv) > 1 else 50
run(50)
gc.collect()
heap, memory = gc.mem_alloc(), rss()
run(n)
gc.collect()
heap = gc.mem_alloc() - heap
print("heap flat", heap < 4096)
if memory is not None:
    memory = rss() - memory
    print("process flat", memory < 512)
if len(sys.argv) > 1:
    print("grown by %d bytes of heap, %s KB of process" % (heap, memory))
