# Many bytes over one connection, for tests against another implementation.
#
# Usage: tls_bulk.py client HOST PORT CAFILE SERVER_NAME send|recv BYTES
#        tls_bulk.py server PORT CERTFILE KEYFILE send|recv BYTES
# Prints "listening PORT" (a server), then "done BYTES" and by how much MicroPython's heap has
# grown since the first megabyte; recv checks that every byte is as sent: zero.

import sys

try:
    import gc
    import socket
    import ssl

    ssl.SSLContext
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

MEGABYTE = 1 << 20


def send(s, total):
    block = bytes(16384)
    done = 0
    base = None
    while done < total:
        done += s.write(block)
        if base is None and done >= MEGABYTE:
            gc.collect()
            base = gc.mem_alloc()
    return done, base


def recv(s, total):
    block = bytearray(16384)
    zeros = bytes(16384)
    done = 0
    base = None
    while done < total:
        n = s.readinto(block)
        if not n:
            break
        if block[:n] != zeros[:n] if n < 16384 else block != zeros:
            raise ValueError("wrong bytes")
        done += n
        if base is None and done >= MEGABYTE:
            gc.collect()
            base = gc.mem_alloc()
    return done, base


def client(host, port, cafile, name, way, total):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = ssl.CERT_REQUIRED
    ctx.load_verify_locations(cafile=cafile)
    s = socket.socket()
    s.connect(socket.getaddrinfo(host, int(port))[0][-1])
    return ctx.wrap_socket(s, server_hostname=name), way, total


def server(port, certfile, keyfile, way, total):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(certfile, keyfile)
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(socket.getaddrinfo("127.0.0.1", int(port))[0][-1])
    s.listen(1)
    print("listening", port)
    return ctx.wrap_socket(s.accept()[0], server_side=True), way, total


if len(sys.argv) < 6:
    print("SKIP")
    raise SystemExit

s, way, total = (client if sys.argv[1] == "client" else server)(*sys.argv[2:])
done, base = (send if way == "send" else recv)(s, int(total))
gc.collect()
grown = gc.mem_alloc() - base
s.close()
print("done", done, "grown", grown)
