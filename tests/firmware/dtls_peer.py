# A DTLS endpoint for tests that run another implementation's peer.
#
# Usage: dtls_peer.py client PORT CAFILE HOSTNAME
#        dtls_peer.py server PORT CERTFILE KEYFILE
# The client sends "ping" and reads the reply, the server sends back the first message that it
# gets. Both print "OK DTLSv1.2 <cipher> <what was read>", or the exception; the server prints
# "listening PORT" before.

import sys

try:
    import socket
    import wolfssl

    wolfssl.PROTOCOL_DTLS_CLIENT
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

MSG_PEEK = 2


def client(port, cafile, hostname):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
    ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_DTLS_CLIENT)
    ctx.verify_mode = wolfssl.CERT_REQUIRED
    ctx.load_verify_locations(cafile=cafile)
    ss = ctx.wrap_socket(s, server_hostname=hostname)
    ss.send(b"ping\n")
    return ss, ss.recv(100)


def server(port, certfile, keyfile):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
    print("listening", port)
    ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_DTLS_SERVER)
    ctx.load_cert_chain(certfile, keyfile)
    while True:
        addr = s.recvfrom(1, MSG_PEEK)[1]
        s.connect(addr)
        try:
            ss = ctx.wrap_socket(s, server_side=True, client_id=addr)
            break
        except OSError as er:
            # MicroPython 1.26 and later: the client was asked to prove its address
            if er.args[0] != -27264:
                raise
    data = ss.recv(100)
    ss.send(data)
    return ss, data


if len(sys.argv) < 5:
    print("SKIP")
    raise SystemExit

try:
    ss, data = (client if sys.argv[1] == "client" else server)(int(sys.argv[2]), *sys.argv[3:])
    print("OK", ss.cipher()[1], ss.cipher()[0], data.decode().strip())
    ss.close()
except OSError as er:
    print("OSError", *er.args)
