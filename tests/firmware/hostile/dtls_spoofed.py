# A flood of first hellos from peers that don't exist, garbage and fragments: little memory, no
# crash, and the real client gets through.
from common import *

if "DTLS" not in KINDS:
    print("SKIP")
    raise SystemExit

cc, sc = contexts("DTLS")
seed = 7


def random(n):
    global seed
    seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
    return (seed >> 8) % n


# A real hello, and the one with a cookie.
a, b = ends(True)
c = cc.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
c.write(b"x")
c.read(1)
hello = a.queue[0]


def server_for(client_id):
    a, b = ends(True)
    return a, b, sc.wrap_socket(b, server_side=True, do_handshake_on_connect=False,
        client_id=client_id)


# Memory of all those that stay open.
def spoof(n):
    kept = []
    for i in range(n):
        a, b, s = server_for(b"peer %d" % i)
        a.queue.append(hello)
        r = outcome(s.read, 1)
        check(r is None or r == "OSError", "spoofed", r)
        if r is None:
            kept.append(s)
        check(len(b.queue) <= 2 and sum(len(d) for d in b.queue) <= 3 * len(hello),
            "more than asked", len(b.queue))
    for s in kept:
        s.close()


spoof(100)

# Mutations of it.
for i in range(400):
    a, b, s = server_for(b"peer")
    for _ in range(3):
        data = bytearray(hello)
        for _ in range(1 + random(4)):
            what = random(4)
            if what == 0:
                data[random(len(data))] = random(256)
            elif what == 1:
                data = data[: 1 + random(len(data))]
            elif what == 2:
                n = random(len(data))
                data = data[:n] + data[n : n + random(30)] + data[n:]
            else:
                data[random(min(len(data), 30))] = (0, 0xFF, 0x80, 1)[random(4)]
            if not data:
                data = bytearray(1)
        a.queue.append(bytes(data))
    for _ in range(4):
        r = outcome(s.read, 1)
        check(r is None or r == "OSError", "mutation", i, r)
    outcome(s.close)

# The real one, in between garbage and empty datagrams. Its lost data is repeated.
conn = Connection(cc, sc, "DTLS")


def hook(end, what, n, arg):
    if what == "write":
        end.queue.append(bytes([random(256) for _ in range(random(60))]))
        end.queue.append(bytes(arg))
        end.queue.append(b"")
        return (len(arg),)


conn.a.hook = conn.b.hook = hook
import time

r = "no end"
end_time = time.time() + 20
while r == "no end" and time.time() < end_time:
    r = outcome(conn.run)
    if r == "no end":
        time.sleep(0.05)
        conn.sent = [None, None]
check(r == "ok", "real", r)
conn.close()
end()
