# Handshakes that fail in every way, again and again: what a process uses does not grow.
from common import *

# AddressSanitizer keeps for a while what was freed; what leaks it finds itself.
try:
    with open("/proc/self/maps") as f:
        if "libasan" in f.read():
            raise OSError
except OSError:
    print("SKIP")
    raise SystemExit


def fail(kind, how):
    cc, sc = contexts(kind, how == 4)
    if how == 0:
        sc.load_cert_chain(other_cert, other_key)
    elif how == 1:
        cc.verify_callback = lambda cert, depth: 1
    elif how == 5:
        cc.load_cert_chain(other_cert, other_key)
        sc.verify_mode = wolfssl.CERT_REQUIRED
    conn = Connection(cc, sc, kind)
    if how == 2:
        conn.a.queue.append(bytes(100))
    elif how == 3:
        conn.b.queue.append(b"\x15\x03\x03\x00\x02\x02\x28")
    outcome(conn.run, None, 4)
    if how % 2:
        outcome(conn.close)


def loads(i):
    ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER)
    for args in ((server, server_key), (b"x", server_key), (server, b"x"), (server, other_key),
        (server, server_key)):
        outcome(ctx.load_cert_chain, *args)
    outcome(ctx.load_verify_locations, b"x" * 100)
    outcome(ctx.set_ciphers, ["x"])
    outcome(ctx.set_ciphers, [TLS12])
    for name in ("psk_key", "psk_identity", "server_psk_keys"):
        outcome(setattr, ctx, name, b"x")
    outcome(ctx.wrap_socket, 5)
    outcome(ctx.wrap_socket, ends()[0], server_hostname="x" * 300, do_handshake_on_connect=False)


def used():
    gc.collect()
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1])


before = after = None
for turn in range(3):
    for i in range(6):
        for kind in CERT_KINDS:
            for how in range(6):
                fail(kind, how)
        loads(i)
        gc.collect()
    if turn == 0:
        before = used()
after = used()
# In pages: 12 turns of 20 ways. A few KB kept by each would be much more.
check(after - before < 150, before, after)
end()
