# How long a client waits for its first answer over TLS 1.3: the least of several connections, in
# ms.
#
# Usage: tls_first_answer.py HOST PORT CAFILE NAME [poll]

import sys

try:
    import select
    import socket
    import time
    import wolfssl as ssl

    time.ticks_us
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

if len(sys.argv) < 5:
    print("SKIP")
    raise SystemExit

ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ctx.verify_mode = ssl.CERT_REQUIRED
ctx.load_verify_locations(cafile=sys.argv[3])
least = 1000000
for _ in range(8):
    sock = socket.socket()
    sock.connect(socket.getaddrinfo(sys.argv[1], int(sys.argv[2]))[0][-1])
    sock = ctx.wrap_socket(sock, server_hostname=sys.argv[4])
    start = time.ticks_us()
    if len(sys.argv) > 5:
        sock.setblocking(False)
        poller = select.poll()
        poller.register(sock, select.POLLIN)
    sock.write(b"ping\n")
    answer = b""
    while not answer.endswith(b"\n"):
        if len(sys.argv) > 5:
            poller.poll(1000)
        answer += sock.read(5 - len(answer)) or b""
    least = min(least, time.ticks_diff(time.ticks_us(), start))
    version = sock.version()
    sock.close()
print(version, answer, least // 1000)
