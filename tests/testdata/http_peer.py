# An HTTPS server on CPython's OpenSSL, or on GnuTLS, that ends its answers in every way there is.
# Usage: http_peer.py openssl|gnutls PORT CERTFILE KEYFILE 1.2|1.3 BODYFILE
# GET /SHAPE/END: SHAPE is how the client can know the body's end: end (the connection's), length, short (a length that
# is never reached), chunked, empty (nothing at all, not even headers); END is notify, or cut: no close_notify comes.
import ctypes
import socket
import ssl
import sys
import threading

library, port, certfile, keyfile, version, bodyfile = sys.argv[1:]
with open(bodyfile, "rb") as f:
    body = f.read()


def answer(shape):
    if shape == "empty":
        return b""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
    if shape == "end":
        return head + b"\r\n" + body
    if shape == "length":
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    if shape == "short":
        return head + b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body
    chunks = [body[i : i + 5000] for i in range(0, len(body), 5000)] + [b""]
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks)


class OpenSSL:
    @classmethod
    def prepare(cls):
        cls.ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.ctx.load_cert_chain(certfile, keyfile)
        chosen = ssl.TLSVersion.TLSv1_2 if version == "1.2" else ssl.TLSVersion.TLSv1_3
        cls.ctx.minimum_version = cls.ctx.maximum_version = chosen

    def __init__(self, conn):
        self.tls = self.ctx.wrap_socket(conn, server_side=True)
        self.recv, self.send, self.cut = self.tls.recv, self.tls.sendall, self.tls.close

    # Nothing waits for the client's close_notify.
    def notify(self):
        try:
            self.tls.settimeout(0)
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.tls.close()


class GnuTLS:
    SERVER, CERTIFICATE, SHUT_WR, PEM = 1, 1, 1, 1

    @classmethod
    def prepare(cls):
        cls.lib = ctypes.CDLL("libgnutls.so.30")
        for name in "send", "recv":
            getattr(cls.lib, "gnutls_record_" + name).restype = ctypes.c_ssize_t
        cls.credentials = ctypes.c_void_p()
        cls.call("certificate_allocate_credentials", ctypes.byref(cls.credentials))
        files = certfile.encode(), keyfile.encode()
        cls.call("certificate_set_x509_key_file", cls.credentials, *files, cls.PEM)

    def __init__(self, conn):
        self.conn = conn
        self.session = ctypes.c_void_p()
        self.call("init", ctypes.byref(self.session), self.SERVER)
        priority = "NORMAL:-VERS-ALL:+VERS-TLS" + version
        self.call("priority_set_direct", self.session, priority.encode(), None)
        self.call("credentials_set", self.session, self.CERTIFICATE, self.credentials)
        self.lib.gnutls_transport_set_int2(self.session, conn.fileno(), conn.fileno())
        self.call("handshake", self.session)

    @classmethod
    def call(cls, name, *args):
        while True:
            ret = getattr(cls.lib, "gnutls_" + name)(*args)
            if ret >= 0:
                return ret
            if cls.lib.gnutls_error_is_fatal(int(ret)):
                raise OSError(int(ret), "gnutls_" + name)

    def recv(self, n):
        buf = ctypes.create_string_buffer(n)
        got = self.call("record_recv", self.session, buf, ctypes.c_size_t(n))
        return buf.raw[:got]

    def send(self, data):
        while data:
            data = data[self.call("record_send", self.session, data, ctypes.c_size_t(len(data))) :]

    def notify(self):
        self.call("bye", self.session, self.SHUT_WR)
        self.cut()

    def cut(self):
        self.lib.gnutls_deinit(self.session)
        self.conn.close()


def serve(conn):
    try:
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls = Peer(conn)
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            data = tls.recv(4096)
            if not data:
                return tls.cut()
            request += data
        _, shape, end = request.split()[1].decode().split("/")
        tls.send(answer(shape))
        tls.notify() if end == "notify" else tls.cut()
    except OSError:
        conn.close()


Peer = OpenSSL if library == "openssl" else GnuTLS
Peer.prepare()
listener = socket.create_server(("127.0.0.1", int(port)), backlog=50)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
