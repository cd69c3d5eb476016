# A TLS server on CPython's OpenSSL that sends back what it gets.
# Usage: echo_server.py PORT CERTFILE KEYFILE [1.2|1.3]
import socket
import ssl
import sys
import threading


def echo(ctx, conn):
    with ctx.wrap_socket(conn, server_side=True) as s:
        while data := s.recv(65536):
            s.sendall(data)


ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ctx.load_cert_chain(*sys.argv[2:4])
if "1.2" in sys.argv[4:]:
    ctx.maximum_version = ssl.TLSVersion.TLSv1_2
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=50)
while True:
    threading.Thread(target=echo, args=(ctx, listener.accept()[0]), daemon=True).start()
