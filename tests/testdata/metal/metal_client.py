# What a TLS client costs: each function prints one line of numbers. Frozen into the firmware, so that it takes no heap.

import gc
import hashlib
import cryptolib
import metal
import tls
from metal_roots import EC, RSA

BIG = b"GET /big HTTP/1.0\r\n\r\n"
SMALL = b"GET /small HTTP/1.0\r\n\r\n"
ROOTS = {"ec": EC, "rsa": RSA}


def connect(pipe, root, **options):
    ctx = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(ROOTS[root])
    return ctx.wrap_socket(pipe, server_hostname="localhost", **options)


# One session: heap and instructions of the handshake, and of each received kilobyte.
def one(path, root, kilobytes):
    pipe = metal.Pipe(path + ".in", path + ".out")
    gc.collect()
    before = metal.heap()[0]
    metal.start()
    s = connect(pipe, root)
    s.write(BIG)
    handshake = metal.count()
    live, peak, largest, allocations = metal.heap()
    resting = live - before
    buf = bytearray(1024)
    s.readinto(buf)  # tickets, and the first record
    got = 0
    metal.start()
    while got < kilobytes * 1024:
        n = s.readinto(buf)
        if not n:
            break
        got += n
    received = metal.count()
    received_peak = metal.heap()[1]
    print(peak - before, resting, largest, allocations, handshake, received * 1024 // got, s.cipher(),
        received_peak - before)


# Two connections to a server, the second with the session of the first: instructions of each
# handshake, the length of the session's bytes, and the most heap.
def resume(paths, root):
    session = None
    for path in paths:
        pipe = metal.Pipe(path + ".in", path + ".out")
        gc.collect()
        before = metal.heap()[0]
        metal.start()
        s = connect(pipe, root, session=session)
        s.write(SMALL)
        handshake = metal.count()
        peak = metal.heap()[1] - before
        s.read(16)
        stored = bytes(s.session)
        session = tls.SSLSession(stored)
        print(s.session_reused, handshake, len(stored), peak)
        s.close()


# Sessions at once, in whatever heap there is.
def several(paths, root):
    sockets = []
    for path in paths:
        sockets.append(connect(metal.Pipe(path + ".in", path + ".out"), root))
        sockets[-1].write(SMALL)
        gc.collect()
    for s in sockets:
        print(len(s.read(16)))


# Instructions a kilobyte.
def crypto():
    data = bytes(4096)
    for name, function in (
        ("sha256", lambda: hashlib.sha256(data).digest()),
        ("aes-128-cbc", lambda: cryptolib.aes(data[:16], 2, data[:16]).encrypt(data)),
    ):
        function()
        gc.collect()
        metal.start()
        function()
        print(name, metal.count() // 4)


# What this firmware leaves out, as it says itself.
def lacks():
    ctx = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    for function in (
        lambda: tls.SSLContext(tls.PROTOCOL_TLS_SERVER),
        lambda: ctx.load_cert_chain(b"", b""),
        lambda: ctx.load_verify_locations("-----BEGIN CERTIFICATE-----\n"),
    ):
        try:
            function()
        except NotImplementedError as er:
            print("NotImplementedError", er)
        except ValueError as er:
            if "PEM" in str(er):
                print("ValueError", er)
