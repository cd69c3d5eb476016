# Measures one thing and prints one number. Runs on MicroPython and on CPython.
#
# Usage: bench.py crypto sha256|aes-128-cbc|aes-128-ctr SIZE: MB/s of calls with SIZE bytes each
#        bench.py client PORT CAFILE COUNT: milliseconds of CPU and of wall time for a
#            connection: handshake with a verified certificate, a line there and back, close
#        bench.py server PORT CERTFILE KEYFILE COUNT: prints "listening", then
#            milliseconds of CPU for a connection
#        bench.py send|recv PORT CAFILE MEGABYTES: seconds of CPU and of wall time

import sys
import time

MICROPYTHON = sys.implementation.name == "micropython"


# The file in DER beside one in PEM: MicroPython's built-in takes no PEM on unix, CPython no DER
# for its own certificate.
def der(file):
    return file + ".der"


def cpu():
    return time.clock() if MICROPYTHON else time.process_time()


def wall():
    return time.time()


# Calls f often enough for the clock, and gives the calls per second.
def rate(f):
    count = 1
    while True:
        start = wall()
        for _ in range(count):
            f()
        seconds = wall() - start
        if seconds > 0.2:
            return count / seconds
        count *= 2


def crypto(name, size):
    data, out = bytes(int(size)), bytearray(int(size))
    if name == "sha256":
        import hashlib

        digest = hashlib.sha256()
        calls = rate(lambda: digest.update(data))
    else:
        import cryptolib

        cipher = cryptolib.aes(bytes(16), {"aes-128-cbc": 2, "aes-128-ctr": 6}[name], bytes(16))
        calls = rate(lambda: cipher.encrypt(data, out))
    print(calls * int(size) / 1e6)


def context(cafile):
    import ssl

    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = ssl.CERT_REQUIRED
    with open(der(cafile), "rb") as f:
        ctx.load_verify_locations(cadata=f.read())
    return ctx


def connect(ctx, port):
    import socket

    s = socket.socket()
    s.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
    return ctx.wrap_socket(s, server_hostname="localhost")


def client(port, cafile, count):
    ctx = context(cafile)
    for i in range(int(count) + 5):
        if i == 5:
            cpu_start, wall_start = cpu(), wall()
        s = connect(ctx, int(port))
        s.write(b"x\n")
        if s.read(2) != b"x\n":
            raise ValueError("no reply")
        s.close()
    print(1000 * (cpu() - cpu_start) / int(count), 1000 * (wall() - wall_start) / int(count))


def server(port, certfile, keyfile, count):
    import socket
    import ssl

    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if MICROPYTHON:
        certfile, keyfile = der(certfile), der(keyfile)
    ctx.load_cert_chain(certfile, keyfile)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(socket.getaddrinfo("127.0.0.1", int(port))[0][-1])
    listener.listen(10)
    print("listening")
    if not MICROPYTHON:
        sys.stdout.flush()
    for i in range(int(count) + 5):
        if i == 5:
            start = cpu()
        s = ctx.wrap_socket(listener.accept()[0], server_side=True)
        s.write(s.read(2))
        s.close()
    print(1000 * (cpu() - start) / int(count))


def bulk(way, port, cafile, megabytes):
    s = connect(context(cafile), int(port))
    block = bytearray(16384)
    read = s.readinto if MICROPYTHON else s.recv_into
    total, done = int(megabytes) << 20, 0
    if way == "recv":
        s.write(b"GET /big HTTP/1.0\r\n\r\n")
    cpu_start, wall_start = cpu(), wall()
    while done < total:
        n = s.write(block) if way == "send" else read(block)
        if not n:
            raise ValueError("end of stream")
        done += n
    print(cpu() - cpu_start, wall() - wall_start)
    s.close()


if len(sys.argv) < 4:
    print("SKIP")
elif sys.argv[1] in ("send", "recv"):
    bulk(*sys.argv[1:])
else:
    {"crypto": crypto, "client": client, "server": server}[sys.argv[1]](*sys.argv[2:])
