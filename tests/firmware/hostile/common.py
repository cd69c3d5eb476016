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

from testkeys import ca, client_cert, client_key, other_cert, other_key, server, server_key

HAS_DEL = hasattr(wolfssl.SSLContext, "__del__")
TLS12 = "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"
TLS13 = "TLS1-3-AES-128-GCM-SHA256"
EAGAIN = 11
EBUSY = 16

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


# From MicroPython 1.26 on, a DTLS server's socket ends at the first hello, with a request to prove
# the address; the next hello needs another socket.
DTLS_PROVES = sys.implementation.version[:2] >= (1, 26)
HELLO_VERIFY = -27264


# The socket of a server, which is re-created when it has asked for that proof.
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


# The result of a call: its value, or "Kind" of the exception, with the number of an OSError of the
# system.
def outcome(f, *args, **kw):
    try:
        return f(*args, **kw)
    except OSError as er:
        n = er.args[0] if er.args else None
        return "OSError %s" % n if isinstance(n, int) and n > 0 else "OSError"
    except BaseException as er:
        return type(er).__name__


# Take blocks of about n bytes off the heap and fill them, so that memory that was freed too early
# is used again.
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


# Do the same in four threads at once, and wait up to a minute for them; nothing on a port without
# threads.
def in_threads(work):
    try:
        import _thread
        import time
    except ImportError:
        return
    done = []

    def thread():
        try:
            work()
            done.append("ok")
        except BaseException as er:
            done.append(repr(er))

    for _ in range(4):
        _thread.start_new_thread(thread, ())
    for _ in range(600):
        if len(done) == 4:
            break
        time.sleep(0.1)
    check(done == ["ok"] * 4, done)


def end(most=8):
    for what in failures[:most]:
        print("failed:", *what)
    print("OK" if not failures else "%d failures" % len(failures))
