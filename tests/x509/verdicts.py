# What a TLS stack says to certificates: makes the connections that a file describes, and prints
# for each one whether it came about. Runs on a patched micropython, on one with the built-in TLS,
# and on CPython (OpenSSL).
#
# Usage: verdicts.py DIRECTORY RUNS PORT DTLS_PORT OPENSSL_PORT [CLOCK]
#   DIRECTORY        where the certificates are
#   RUNS          the connections, a line of JSON each, see x509_test.go
#   PORT          of the peer, which does as it is told
#   DTLS_PORT     of openssl_peer.py for datagrams
#   OPENSSL_PORT  the same for streams
#   CLOCK         the file that libfaketime reads the time from
# Prints a line of JSON for each: [id, where it ended, text of the exception]; "done" is that it
# came about. After a connection that was repeated two numbers follow: the bytes by which the two
# heaps grew.

import gc
import json
import socket
import sys

MICROPYTHON = sys.implementation.name == "micropython"
if MICROPYTHON:
    import tls as ssl
else:
    import ssl

TIMEOUT = 20


def read(name):
    with open(directory + "/" + name, "rb") as f:
        return f.read()


def address(port):
    return socket.getaddrinfo("127.0.0.1", port)[0][-1]


def set_clock(text):
    if clock:
        with open(clock, "w") as f:
            f.write(text)


# For CPython: the certificate and its key in one file.
def pem(name):
    import base64

    cert = ssl.DER_cert_to_PEM_cert(read(name + ".der"))
    key = base64.encodebytes(read(name + ".key")).decode()
    with open(directory + "/" + name + ".pem", "w") as f:
        f.write(cert + "-----BEGIN PRIVATE KEY-----\n" + key + "-----END PRIVATE KEY-----\n")
    return f.name


def context(run):
    client = run["side"] == "server"
    if run["version"].startswith("dtls"):
        ctx = ssl.SSLContext(ssl.PROTOCOL_DTLS_CLIENT if client else ssl.PROTOCOL_DTLS_SERVER)
    else:
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if client else ssl.PROTOCOL_TLS_SERVER)
    if MICROPYTHON:
        for anchor in run["anchors"]:
            ctx.load_verify_locations(read(anchor))
        if run["bundle"]:
            ctx.load_verify_locations(cafile=directory + "/" + run["bundle"])
        if not client:
            ctx.load_cert_chain(read(run["own"] + ".der"), read(run["own"] + ".key"))
    else:
        ctx.check_hostname = False
        # What is loaded is trusted, as in MicroPython, even if it is no root.
        ctx.verify_flags |= 0x80000  # X509_V_FLAG_PARTIAL_CHAIN
        ctx._host_flags = 0  # OpenSSL's default
        for anchor in run["anchors"]:
            ctx.load_verify_locations(cadata=read(anchor))
        if not client:
            ctx.load_cert_chain(pem(run["own"]))
    return ctx


def set_mode(ctx, run):
    if not MICROPYTHON:
        ctx.check_hostname = False
    ctx.verify_mode = run["mode"]
    if not MICROPYTHON and run["side"] == "server" and run["mode"]:
        ctx.check_hostname = run["host"] is not None


# The peer is told its role and its certificates, and acts at once.
def stream(run):
    s = socket.socket()
    s.connect(address(openssl_port if run["openssl"] else port))
    s.setsockopt(socket.IPPROTO_TCP if hasattr(socket, "IPPROTO_TCP") else 6, 1, 1)  # TCP_NODELAY
    s.settimeout(TIMEOUT)
    order = json.dumps(run["peer"]).encode() + b"\n"
    s.send(order)
    return s, b"a client"


def datagrams(run):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(TIMEOUT)
    s.sendto(json.dumps(run["peer"]).encode(), address(dtls_port))
    peer = int(s.recv(100))
    s.connect(address(peer))
    if run["side"] != "server":
        s.send(b"?")  # the peer learns the port
    return s, b"a client"


# From MicroPython 1.26 on a server's first socket ends when it has asked for a proof of the
# address.
def dtls_server(ctx, s, client_id):
    try:
        return ctx.wrap_socket(s, server_side=True, client_id=client_id)
    except OSError as er:
        if er.args[0] != -27264:  # MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED
            raise
    return ctx.wrap_socket(s, server_side=True, client_id=client_id)


def connect(ctx, run):
    dtls = run["version"].startswith("dtls")
    s, client_id = datagrams(run) if dtls else stream(run)
    stage = "handshake"
    try:
        if run["side"] == "server":
            s = ctx.wrap_socket(s, server_hostname=run["host"])
        elif dtls:
            s = dtls_server(ctx, s, client_id)
        else:
            s = ctx.wrap_socket(s, server_side=True)
        stage = "data"
        if run["side"] == "server":
            s.write(b"ping")
        got = s.read(4)
        if run["side"] != "server":
            s.write(b"ping")
        return ("done", "") if got == b"ping" else (stage, "got %r" % got)
    except Exception as er:
        return stage, "%s%r" % (type(er).__name__, er.args)
    finally:
        s.close()


# Repeat the connection: each must end like the first one, and leave nothing behind.
def repeat(ctx, run, stage, text):
    for i in range(run["repeat"]):
        run["peer"]["chain"] = run["chains"][i % len(run["chains"])]
        if i == run["repeat"] // 4:
            before = memory()  # by then everything that is kept once is there
        again = connect(ctx, run)
        if again != (stage, text):
            return again[0], "the %d-th time: %s" % (i + 2, again[1])
    after = memory()
    grown = [b - a for a, b in zip(before, after)]
    return (stage, text) + tuple(grown)


def main():
    ctx = None
    n = 0
    with open(runs) as f:
        for line in f:
            run = json.loads(line)
            if run["at"] is not None:
                set_clock(run["at"])
            try:
                if run["new"]:
                    ctx = None
                    ctx = context(run)
                if ctx is None:
                    raise ValueError("no context")
                set_mode(ctx, run)
                result = connect(ctx, run)
            except Exception as er:
                result = "load", "%s%r" % (type(er).__name__, er.args)
            if run["repeat"] and MICROPYTHON:
                result = repeat(ctx, run, *result)
            print(json.dumps((run["id"],) + result))
            n += 1
            if n % 20 == 0:
                gc.collect()
    set_clock("+0")


# Bytes in use: of MicroPython's heap, and of the C library's.
def memory():
    gc.collect()
    return gc.mem_alloc(), malloced()


# The C library's memory according to malloc_info, minus what is free. The large blocks (mmap) are
# MicroPython's.
def malloced():
    import ffi
    import struct
    import uctypes

    libc = ffi.open("libc.so.6")
    where, size = bytearray(8), bytearray(8)
    f = libc.func("P", "open_memstream", "PP")(where, size)
    libc.func("i", "malloc_info", "iP")(0, f)
    libc.func("i", "fclose", "P")(f)
    text, size = (struct.unpack("P", n)[0] for n in (where, size))
    totals = bytes(uctypes.bytearray_at(text, size)).decode().split("</heap>")[-1].split("/>")
    libc.func("v", "free", "P")(text)
    used = 0
    for line in totals:
        if "size=" in line:
            n = int(line.split('size="')[1].split('"')[0])
            if '<system type="current"' in line:
                used += n
            elif '<total type="fast"' in line or '<total type="rest"' in line:
                used -= n
    return used


directory, runs = sys.argv[1:3]
port, dtls_port, openssl_port = (int(arg) for arg in sys.argv[3:6])
clock = sys.argv[6] if len(sys.argv) > 6 else None
main()
