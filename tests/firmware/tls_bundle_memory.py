# What a CA bundle takes of MicroPython's heap: when it is loaded, and after connections.
#
# Usage: tls_bundle_memory.py BUNDLE PORT
# Prints OK and the two numbers of bytes.

import gc
import socket
import sys
import wolfssl


def connect(ctx):
    sock = socket.socket()
    sock.connect(socket.getaddrinfo("127.0.0.1", int(sys.argv[2]))[0][-1])
    sock = ctx.wrap_socket(sock, server_hostname="localhost")
    sock.write(b"x\n")
    sock.readline()
    sock.close()


def used():
    gc.collect()
    return gc.mem_alloc()


def main():
    ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = wolfssl.CERT_REQUIRED
    before = used()
    ctx.load_verify_locations(cafile=sys.argv[1])
    loaded = used() - before
    connect(ctx)
    before = used()
    for _ in range(5):
        connect(ctx)
    print("OK", loaded, used() - before)


main()
