# A TLS client on GnuTLS that sends its stdin a block at a time and prints what comes back for each. gnutls-cli prints
# byte by byte, which takes a thousand times as long.
# Usage: gnutls_client.py PORT CAFILE
import ctypes
import socket
import sys

BLOCK = 16384
GNUTLS_CLIENT = 2
GNUTLS_CRD_CERTIFICATE = 1
GNUTLS_NAME_DNS = 1
GNUTLS_SHUT_RDWR = 0
GNUTLS_X509_FMT_PEM = 1

gnutls = ctypes.CDLL("libgnutls.so.30")
gnutls.gnutls_strerror.restype = ctypes.c_char_p
gnutls.gnutls_record_send.restype = gnutls.gnutls_record_recv.restype = ctypes.c_ssize_t


# A call that must succeed; what is only a warning, or an interruption, is tried again.
def call(name, *args):
    while True:
        ret = getattr(gnutls, "gnutls_" + name)(*args)
        if ret >= 0:
            return ret
        if gnutls.gnutls_error_is_fatal(int(ret)):
            sys.exit(f"gnutls_{name}: {gnutls.gnutls_strerror(int(ret)).decode()}")


port, cafile = sys.argv[1:]
host = b"localhost"
credentials = ctypes.c_void_p()
call("certificate_allocate_credentials", ctypes.byref(credentials))
call("certificate_set_x509_trust_file", credentials, cafile.encode(), GNUTLS_X509_FMT_PEM)
session = ctypes.c_void_p()
call("init", ctypes.byref(session), GNUTLS_CLIENT)
call("set_default_priority", session)
call("credentials_set", session, GNUTLS_CRD_CERTIFICATE, credentials)
call("server_name_set", session, GNUTLS_NAME_DNS, host, ctypes.c_size_t(len(host)))
gnutls.gnutls_session_set_verify_cert(session, host, 0)
sock = socket.create_connection(("127.0.0.1", int(port)))
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
gnutls.gnutls_transport_set_int2(session, sock.fileno(), sock.fileno())
call("handshake", session)

received = ctypes.create_string_buffer(BLOCK)
while data := sys.stdin.buffer.read(BLOCK):
    done = 0
    while done < len(data):
        done += call("record_send", session, data[done:], ctypes.c_size_t(len(data) - done))
    while done > 0:
        n = call("record_recv", session, received, ctypes.c_size_t(BLOCK))
        if n == 0:
            sys.exit("end of stream")
        sys.stdout.buffer.write(received.raw[:n])
        done -= n
    sys.stdout.buffer.flush()
call("bye", session, GNUTLS_SHUT_RDWR)
