"""A peer with OpenSSL that sends any certificates, over DTLS 1.2, and over TLS to clients that ask
for names which crypto/tls does not take.

It listens on a UDP and a TCP port of 127.0.0.1, which it prints. An order is JSON, as in
x509_test.go. A datagram with one is answered with the number of a port where the peer is what
it was told to be, once: a server, or a client that calls the sender of the next datagram. On a
TCP connection TLS follows the line with the order."""

import ctypes
import ctypes.util
import json
import os
import socket
import sys
import threading

ssl = ctypes.CDLL(ctypes.util.find_library("ssl") or "libssl.so.3")
crypto = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
pointer, integer, long = ctypes.c_void_p, ctypes.c_int, ctypes.c_long
for library, function, result, *arguments in (
    (ssl, "DTLSv1_2_method", pointer),
    (ssl, "TLS_method", pointer),
    (ssl, "SSL_set_fd", integer, pointer, integer),
    (ssl, "SSL_CTX_new", pointer, pointer),
    (ssl, "SSL_CTX_free", None, pointer),
    (ssl, "SSL_CTX_set_cipher_list", integer, pointer, ctypes.c_char_p),
    (ssl, "SSL_CTX_use_certificate_ASN1", integer, pointer, integer, ctypes.c_char_p),
    (ssl, "SSL_CTX_use_PrivateKey", integer, pointer, pointer),
    (ssl, "SSL_CTX_ctrl", long, pointer, integer, long, pointer),
    (ssl, "SSL_new", pointer, pointer),
    (ssl, "SSL_free", None, pointer),
    (ssl, "SSL_ctrl", long, pointer, integer, long, pointer),
    (ssl, "SSL_set_options", ctypes.c_uint64, pointer, ctypes.c_uint64),
    (ssl, "SSL_set_bio", None, pointer, pointer, pointer),
    (ssl, "SSL_set_accept_state", None, pointer),
    (ssl, "SSL_set_connect_state", None, pointer),
    (ssl, "SSL_do_handshake", integer, pointer),
    (ssl, "SSL_read", integer, pointer, pointer, integer),
    (ssl, "SSL_write", integer, pointer, pointer, integer),
    (ssl, "SSL_shutdown", integer, pointer),
    (crypto, "BIO_new_dgram", pointer, integer, integer),
    (crypto, "d2i_X509", pointer, pointer, ctypes.POINTER(ctypes.c_char_p), long),
    (crypto, "d2i_AutoPrivateKey", pointer, pointer, ctypes.POINTER(ctypes.c_char_p), long),
    (crypto, "EVP_PKEY_free", None, pointer),
    (crypto, "ERR_get_error", ctypes.c_ulong),
    (crypto, "ERR_error_string", ctypes.c_char_p, ctypes.c_ulong, pointer),
    (crypto, "BIO_ctrl", long, pointer, integer, long, pointer),
):
    f = getattr(library, function)
    f.restype, f.argtypes = result, arguments

EXTRA_CHAIN_CERT, SET_MTU, SET_MIN_PROTO_VERSION, SET_MAX_PROTO_VERSION = 14, 17, 123, 124
VERSIONS = {"1.2": 0x0303, "1.3": 0x0304}
NO_QUERY_MTU = 1 << 12
DGRAM_SET_CONNECTED = 32
MTU = 1400
TIMEOUT = 20


def errors():
    texts = []
    while code := crypto.ERR_get_error():
        texts.append(crypto.ERR_error_string(code, None).decode())
    return "; ".join(texts)


def check(ok):
    if not ok:
        raise OSError(errors())
    return ok


def read(name):
    with open(os.path.join(sys.argv[1], name), "rb") as f:
        return f.read()


def parsed(function, der):
    return check(function(None, ctypes.byref(ctypes.c_char_p(der)), len(der)))


def context(order):
    version = VERSIONS.get(order["version"])
    ctx = check(ssl.SSL_CTX_new(ssl.TLS_method() if version else ssl.DTLSv1_2_method()))
    check(ssl.SSL_CTX_set_cipher_list(ctx, b"ALL:@SECLEVEL=0"))
    if version:
        check(ssl.SSL_CTX_ctrl(ctx, SET_MIN_PROTO_VERSION, version, None))
        check(ssl.SSL_CTX_ctrl(ctx, SET_MAX_PROTO_VERSION, version, None))
    for n, name in enumerate(order["chain"]):
        der = read(name)
        if n == 0:
            check(ssl.SSL_CTX_use_certificate_ASN1(ctx, len(der), der))
            key = parsed(crypto.d2i_AutoPrivateKey, read(order["key"]))
            check(ssl.SSL_CTX_use_PrivateKey(ctx, key))
            crypto.EVP_PKEY_free(key)
        else:
            check(ssl.SSL_CTX_ctrl(ctx, EXTRA_CHAIN_CERT, 0, parsed(crypto.d2i_X509, der)))
    return ctx


def sockaddr(address):
    packed = (
        socket.AF_INET.to_bytes(2, "little")
        + address[1].to_bytes(2, "big")
        + socket.inet_aton(address[0])
    )
    return ctypes.create_string_buffer(packed + bytes(8), 128)


def play(s, order):
    ctx = context(order)
    client = order["role"] == "client"
    conn = check(ssl.SSL_new(ctx))
    try:
        if s.type == socket.SOCK_STREAM:
            check(ssl.SSL_set_fd(conn, s.fileno()))
        else:
            s.settimeout(TIMEOUT)
            address = s.recvfrom(1, 0 if client else socket.MSG_PEEK)[1]
            s.connect(address)
            bio = check(crypto.BIO_new_dgram(s.fileno(), 0))
            crypto.BIO_ctrl(bio, DGRAM_SET_CONNECTED, 0, sockaddr(address))
            ssl.SSL_set_bio(conn, bio, bio)
            ssl.SSL_set_options(conn, NO_QUERY_MTU)
            ssl.SSL_ctrl(conn, SET_MTU, MTU, None)
        s.setblocking(True)
        s.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVTIMEO, TIMEOUT.to_bytes(8, "little") + bytes(8)
        )
        (ssl.SSL_set_connect_state if client else ssl.SSL_set_accept_state)(conn)
        check(ssl.SSL_do_handshake(conn) == 1)
        buf = ctypes.create_string_buffer(b"ping", 100)
        if client:
            check(ssl.SSL_write(conn, buf, 4) == 4)
        n = ssl.SSL_read(conn, buf, 100)
        if n > 0 and not client:
            ssl.SSL_write(conn, buf, n)
        ssl.SSL_shutdown(conn)
    finally:
        ssl.SSL_free(conn)
        ssl.SSL_CTX_free(ctx)


def serve(order, s):
    try:
        with s:
            play(s, order)
    except (OSError, ValueError) as er:
        # Errors are often the point of the test; if not, the test shows them.
        print(order["id"], er, file=sys.stderr, flush=True)


def bound(kind):
    s = socket.socket(socket.AF_INET, kind)
    s.bind(("127.0.0.1", 0))
    return s


def start(function, *args):
    threading.Thread(target=function, args=args, daemon=True).start()


def datagrams(listener):
    while True:
        data, address = listener.recvfrom(1 << 16)
        s = bound(socket.SOCK_DGRAM)
        start(serve, json.loads(data), s)
        listener.sendto(str(s.getsockname()[1]).encode(), address)


def streams(listener):
    listener.listen()
    while True:
        s = listener.accept()[0]
        line = b""
        while not line.endswith(b"\n"):
            line += s.recv(1)
        start(serve, json.loads(line), s)


def main():
    udp, tcp = bound(socket.SOCK_DGRAM), bound(socket.SOCK_STREAM)
    print(udp.getsockname()[1], tcp.getsockname()[1], flush=True)
    start(streams, tcp)
    datagrams(udp)


main()
