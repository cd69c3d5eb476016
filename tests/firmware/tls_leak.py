# Many handshakes leave nothing behind: neither in MicroPython's heap nor in the process.
# Usage: tls_leak.py [N], the number of handshakes (default 50, enough to see a leak of one object
# per handshake).

try:
    import gc
    import io
    import ssl
    import sys

    io.IOBase
    ssl.SSLContext
    gc.mem_alloc
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import pipes
from testkeys import ca, server, server_key


# Resident memory of the process in KB, or None.
def rss():
    try:
        with open("/proc/self/status") as f:
            for line in f:
                if line.startswith("VmRSS"):
                    return int(line.split()[1])
    except OSError:
        return None


def handshake(client_ctx, server_ctx, close):
    a, b = pipes()
    c = client_ctx.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = server_ctx.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    while not (c.write(b"x") and s.read(1)):
        s.read(1)
        c.read(1)
    if close:
        c.close()
        s.close()


def contexts():
    client_ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_ctx.verify_mode = ssl.CERT_REQUIRED
    client_ctx.load_verify_locations(cadata=ca)
    server_ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_ctx.load_cert_chain(server, server_key)
    return client_ctx, server_ctx


# New contexts for every third handshake; every fifth socket is left to the garbage collector.
def run(n):
    ctxs = contexts()
    for i in range(n):
        if i % 3 == 0:
            ctxs = contexts()
        handshake(ctxs[0], ctxs[1], i % 5 != 0)
        if i % 10 == 9:
            gc.collect()


n = int(sys.argv[1]) if len(sys.argv) > 1 else 50
run(50)
gc.collect()
heap, memory = gc.mem_alloc(), rss()
run(n)
gc.collect()
heap = gc.mem_alloc() - heap
print("heap flat", heap < 4096)
if memory is not None:
    memory = rss() - memory
    print("process flat", memory < 512)
if len(sys.argv) > 1:
    print("grown by %d bytes of heap, %s KB of process" % (heap, memory))
