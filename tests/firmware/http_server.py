# A TLS server that replies to requests, one connection after the other, for clients that break the
# protocol. Runs on every MicroPython that has tls, whichever library is below it.
#
# Usage: http_server.py PORT CERTFILE KEYFILE [key=value ...]
#   CERTFILE, KEYFILE: in DER, which every build reads
#   ca=F[,F...]  certificates that vouch for clients
#   verify=N     0: ask clients for nothing; 1: take a certificate, 2: require one
#                (default 2 with ca, else 0)
#   echo=1       send back what comes, instead of answering HTTP requests
#   psk=ID:HEX   the pre-shared key of the client ID
# Prints "listening PORT". A connection that fails prints its exception: "OSError -188 <text>".

import sys

try:
    import socket
    import tls

    tls.SSLContext
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

RESPONSE = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
PATIENCE = 30  # seconds for a silent client


# Answers each request at its end, an empty line.
def serve_http(s):
    last = b""
    while True:
        data = s.recv(4096)
        if not data:
            break
        seen = last + data.replace(b"\r", b"")
        last = seen[-1:]
        if b"\n\n" in seen:
            s.write(RESPONSE)
            last = b""


def serve_echo(s):
    while True:
        data = s.recv(16384)
        if not data:
            break
        s.write(data)


def make_context(certfile, keyfile, ca=None, verify=None, psk=None):
    ctx = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    with open(certfile, "rb") as cert, open(keyfile, "rb") as key:
        ctx.load_cert_chain(cert.read(), key.read())
    for name in ca.split(",") if ca else ():
        with open(name, "rb") as f:
            ctx.load_verify_locations(f.read())
    ctx.verify_mode = int(verify) if verify else tls.CERT_REQUIRED if ca else tls.CERT_NONE
    if psk:
        identity, key = psk.split(":")
        ctx.server_psk_keys = {identity.encode(): bytes.fromhex(key)}
    return ctx


def server(port, certfile, keyfile, echo=None, **options):
    ctx = make_context(certfile, keyfile, **options)
    serve = serve_echo if echo else serve_http
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(socket.getaddrinfo("127.0.0.1", int(port))[0][-1])
    listener.listen(50)
    print("listening", port)
    while True:
        s = listener.accept()[0]
        s.settimeout(PATIENCE)
        ss = None
        try:
            ss = ctx.wrap_socket(s, server_side=True)
            serve(ss)
        except OSError as er:
            print("OSError", *er.args)
        finally:
            (ss or s).close()


args = [a for a in sys.argv[1:] if "=" not in a]
options = dict(a.split("=", 1) for a in sys.argv[1:] if "=" in a)
if len(args) < 3:
    print("SKIP")
    raise SystemExit

server(*args, **options)
