# Certificates with bits, lengths and tags changed: as anchors, as a server's own, and on their way
# to a client of TLS 1.2.
from common import *

seed = 9


def random(n):
    global seed
    seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
    return (seed >> 8) % n


def mutate(der):
    data = bytearray(der)
    for _ in range(1 + random(3)):
        how = random(5)
        pos = random(len(data))
        if how == 0:
            data[pos] ^= 1 << random(8)
        elif how == 1:
            data[pos] = (0, 0xFF, 0x80, 0x7F, 0x30, 0x82, 0x84)[random(7)]
        elif how == 2:
            data = data[:pos] + data[pos + random(20) :]
        elif how == 3:
            data = data[:pos] + data[pos : pos + random(30)] + data[pos:]
        else:
            data = data[: max(1, pos)]
        if not data:
            data = bytearray(1)
    return bytes(data)


ERRORS = ("ValueError", "OSError", "MemoryError")
cc, sc = contexts("TLSv1.2")
for i in range(1500):
    ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
    r = outcome(ctx.load_verify_locations, cadata=mutate((ca, server, client_cert)[random(3)]))
    check(r is None or r in ERRORS, "anchor", i, r)
    if i % 3 == 0:
        ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER)
        r = outcome(ctx.load_cert_chain, mutate(server), server_key)
        check(r is None or r in ERRORS, "own", i, r)
        r = outcome(ctx.load_cert_chain, server, mutate(server_key))
        check(r is None or r in ERRORS, "key", i, r)

# The same length in the same place: the record stays whole.
for i in range(150):
    conn = Connection(cc, sc, "TLSv1.2")
    changed = [0]

    def hook(end, what, n, arg):
        if what == "write":
            data = bytes(arg)
            pos = data.find(server)
            if pos >= 0:
                new = bytearray(server)
                for _ in range(1 + random(4)):
                    p = random(len(new))
                    new[p] = (new[p] ^ (1 << random(8)), 0, 0xFF, 0x80, 0x84)[random(5)]
                if bytes(new) != server:
                    changed[0] = 1
                end.queue.append(data[:pos] + bytes(new) + data[pos + len(new) :])
                return (len(data),)

    conn.b.hook = hook
    r = outcome(conn.run, None, 6)
    check(r == ("OSError" if changed[0] else "ok"), "on the way", i, r)
    conn.b.hook = None
    outcome(conn.close)
end()
