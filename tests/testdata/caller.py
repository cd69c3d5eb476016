# A TLS client on CPython's OpenSSL that connects again and again, without resuming, sends a line and awaits it back.
# Usage: caller.py PORT CAFILE 1.2|1.3 COUNT
import socket
import ssl
import sys

port, cafile, version, count = sys.argv[1:]
ctx = ssl.create_default_context(cafile=cafile)
ctx.maximum_version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
for _ in range(int(count)):
    with socket.create_connection(("127.0.0.1", int(port))) as conn:
        with ctx.wrap_socket(conn, server_hostname="localhost") as s:
            s.sendall(b"x\n")
            if s.recv(2) != b"x\n":
                sys.exit("no reply")
