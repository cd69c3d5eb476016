# What the hostile scripts share: contexts of every kind, streams with hooks, and both ends of a
# connection taken step by step. The scripts beside this file import it.

try:
    import gc
    import io
    import sys
    import wolfssl

    io.IOBase
    wolfssl.SSLContext
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

# testkeys.py is in the directory above.
sys.path.append(__file__.rsplit("/", 1)[0] + "/.." if "/" in __file__ else "..")

from testkeys import ca, server, server_key

HAS_DEL = hasattr(wolfssl.SSLContext, "__del__")
TLS12 = "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"
TLS13 = "TLS1-3-AES-128-GCM-SHA256"
EAGAIN = 11
EBUSY = 16

# Another certificate for localhost, with another key, which ca does not vouch for, and the CA that
# does.
other_cert = bytes.fromhex(
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
other_key = bytes.fromhex(
    "307702010104204da90d065c208dde993b1ba92279b307759c2cfde71ac21ce6cfabd30991f67fa0"
    "0a06082a8648ce3d030107a1440342000457d29899bcf35ba9cd4d45c30ba7152b6231e7e632b7c2"
    "8206e5baf03084981c08e9dc66a30a068b8718b6ddda8a884861257da7521224dbfbedad8d5b37bf"
    "0e"
)
# A client's certificate that ca vouches for.
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

IDENTITY = b"somebody"
KEY = b"sixteen bytes ok"

KINDS = ["TLSv1.3", "TLSv1.2"]
if hasattr(wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT), "psk_key"):
    KINDS.append("PSK")
if hasattr(wolfssl, "PROTOCOL_DTLS_CLIENT"):
    KINDS.append("DTLS")
CERT_KINDS = [kind for kind in KINDS if kind != "PSK"]


# A client's context that verifies, and a server's.
def contexts(kind="TLSv1.3", mutual=False):
    dtls = kind == "DTLS"
    c = wolfssl.SSLContext(wolfssl.PROTOCOL_DTLS_CLIENT if dtls else wolfssl.PROTOCOL_TLS_CLIENT)
    s = wolfssl.SSLContext(wolfssl.PROTOCOL_DTLS_SERVER if dtls else wolfssl.PROTOCOL_TLS_SERVER)
    if kind == "PSK":
        c.psk_identity = IDENTITY
        c.psk_key = KEY
        s.server_psk_keys = {IDENTITY: KEY}
        return c, s
    c.verify_mode = wolfssl.CERT_REQUIRED
    c.load_verify_locations(cadata=ca)
    s.load_cert_chain(server, server_key)
    if kind == "TLSv1.2":
        c.set_ciphers([TLS12])
    if mutual:
        c.load_cert_chain(client_cert, client_key)
        s.verify_mode = wolfssl.CERT_REQUIRED
        s.load_verify_locations(cadata=ca)
    return c, s


# One end of a stream or of datagrams in memory. hook(self, what, n, arg) is asked before every
# call below TLS: what is "read", "write" or "ioctl", n counts the calls of all three. If it
# returns a tuple, the item in that is the result.
class End(io.IOBase):
    def __init__(self, dtls=False):
        self.queue = []
        self.dtls = dtls
        self.closed = False
        self.hook = None
        self.n = 0

    def ask(self, what, arg):
        n = self.n
        self.n += 1
        return self.hook(self, what, n, arg) if self.hook else None

    def readinto(self, buf):
        r = self.ask("read", buf)
        if r:
            return r[0]
        queue = self.other.queue
        if not queue:
            return 0 if self.other.closed and not self.dtls else None
        data = queue[0]
        n = min(len(buf), len(data))
        buf[:n] = data[:n]
        if n == len(data) or self.dtls:
            queue.pop(0)
        else:
            queue[0] = data[n:]
        return n

    def write(self, buf):
        r = self.ask("write", buf)
        if r:
            return r[0]
        self.queue.append(bytes(buf))
        return len(buf)

    def ioctl(self, request, arg):
        r = self.ask("ioctl", (request, arg))
        if r:
            return r[0]
        if request == 3:
            return arg & (5 if self.other.queue or self.other.closed else 4)
        if request == 4:
            self.closed = True
        return 0


def ends(dtls=False):
    a = End(dtls)
    b = End(dtls)
    a.other = b
    b.other = a
    return a, b


# From MicroPython 1.26 on a DTLS server's socket ends at the first hello, with a request for a
# proof of the address in it; the next one has to be another socket.
DTLS_PROVES = sys.implementation.version[:2] >= (1, 26)
HELLO_VERIFY = -27264


# The socket of a server, which is made again when it has asked for that proof.
class Server:
    def __init__(self, make):
        self.make = make
        self.sock = make()

    def read(self, *args):
        try:
            return self.sock.read(*args)
        except OSError as er:
            if er.args[0] != HELLO_VERIFY:
                raise
            self.sock = self.make()

    def close(self):
        self.sock.close()


def serve(sc, b, kind, client_id=b"peer"):
    extra = {"client_id": client_id} if kind == "DTLS" else {}
    return Server(
        lambda: sc.wrap_socket(b, server_side=True, do_handshake_on_connect=False, **extra))


# A connection: its ends a (the client's) and b, and its sockets c and s, before the handshake.
class Connection:
    def __init__(self, cc, sc, kind="TLSv1.3", hostname="localhost"):
        dtls = kind == "DTLS"
        self.a, self.b = ends(dtls)
        self.c = cc.wrap_socket(self.a, server_hostname=hostname, do_handshake_on_connect=False)
        s = serve(sc, self.b, kind)
        if dtls and DTLS_PROVES:
            self.c.write(b"c")
            self.c.read(1)
            s.read(1)
        self.s = s.sock
        self.sent = [None, None]
        self.got = [None, None]

    # One call on each side; returns whether each has got the other's byte.
    def step(self):
        self.client_step()
        self.server_step()
        return self.got[0] and self.got[1]

    def client_step(self):
        self.sent[0] = self.sent[0] or self.c.write(b"c")
        self.got[0] = self.got[0] or self.c.read(1)

    def server_step(self):
        self.got[1] = self.got[1] or self.s.read(1)
        if self.sent[1]:
            self.s.read(1)  # with which goes out what the stream hasn't taken yet
        elif self.got[1]:
            self.sent[1] = self.s.write(b"s")

    # Take the handshake to its end. between(i) is called before every half step.
    def run(self, between=None, steps=30):
        n = 0
        for _ in range(steps):
            for half in (self.client_step, self.server_step):
                if between:
                    between(n)
                n += 1
                half()
            if self.got[0] and self.got[1]:
                if self.got != [b"s", b"c"]:
                    raise ValueError(self.got)
                return "ok"
        return "no end"

    def close(self):
        self.c.close()
        self.s.close()


def connect(kind="TLSv1.3", mutual=False):
    cc, sc = contexts(kind, mutual)
    conn = Connection(cc, sc, kind)
    if conn.run() != "ok":
        raise ValueError("no connection")
    return conn


# A TCP socket that listens on a port of this machine, and its address; None where that can't be.
def listening():
    import socket

    for port in range(42200, 42900):
        address = socket.getaddrinfo("127.0.0.1", port)[0][-1]
        listener = socket.socket()
        try:
            listener.bind(address)
            listener.listen(5)
            return listener, address
        except OSError:
            listener.close()


# Both ends of a TCP connection.
def tcp_pair():
    import socket

    listener, address = listening()
    a = socket.socket()
    a.connect(address)
    b = listener.accept()[0]
    listener.close()
    return a, b


# What a call gives: its value, or "Kind" of the exception, with the number of an OSError of the
# system.
def outcome(f, *args, **kw):
    try:
        return f(*args, **kw)
    except OSError as er:
        n = er.args[0] if er.args else None
        return "OSError %s" % n if isinstance(n, int) and n > 0 else "OSError"
    except BaseException as er:
        return type(er).__name__


# Take blocks of about n bytes off the heap and fill them, so that memory that somebody freed too
# early is used again.
def trample(n, count=200, byte=0xEE):
    gc.collect()
    blocks = []
    for _ in range(count):
        block = bytearray(n)
        for i in range(0, n, 16):
            block[i] = byte
        blocks.append(block)
    return blocks


# Collect what failed; say so in the end.
failures = []


def check(ok, *what):
    if not ok:
        failures.append(what)


def end(most=8):
    for what in failures[:most]:
        print("failed:", *what)
    print("OK" if not failures else "%d failures" % len(failures))
