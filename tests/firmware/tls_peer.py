# What a client knows about its server's certificate. CPython runs this too, and must print the
# same.
#
# Usage: tls_peer.py HOST PORT CAFILE NAME

import sys

try:
    import hashlib
    import socket

    try:
        import wolfssl as ssl
    except ImportError:
        import ssl

    ssl.SSLContext
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

if len(sys.argv) < 5:
    print("SKIP")
    raise SystemExit

host, port, cafile, name = sys.argv[1:]


# CPython has these methods since 3.13, and since 3.10 below its own object.
def chain(sock, which):
    if hasattr(sock, which):
        return getattr(sock, which)()
    return [cert.public_bytes(2) for cert in getattr(sock._sslobj, which)()]


# Texts as bytes: MicroPython's repr() of others than ASCII is not CPython's.
def plain(value):
    if isinstance(value, str):
        return value.encode()
    return tuple(plain(item) for item in value) if isinstance(value, tuple) else value


def connect(ctx):
    sock = socket.socket()
    sock.connect(socket.getaddrinfo(host, int(port))[0][-1])
    sock = ctx.wrap_socket(sock, server_hostname=name)
    print(hashlib.sha256(sock.getpeercert(True)).digest())
    for key, value in sorted(sock.getpeercert().items()):
        print(key, plain(value))
    for cert in chain(sock, "get_unverified_chain"):
        print("sent", hashlib.sha256(cert).digest())
    return sock


ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ctx.verify_mode = ssl.CERT_REQUIRED
ctx.load_verify_locations(cafile=cafile)
sock = connect(ctx)
for cert in chain(sock, "get_verified_chain"):
    print("verified", hashlib.sha256(cert).digest())
sock.close()

ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
if hasattr(ctx, "check_hostname"):
    ctx.check_hostname = False
ctx.verify_mode = ssl.CERT_NONE
sock = connect(ctx)
sock.close()
