# Sockets of the same context become garbage, and are collected, while another one is deep inside
# wolfSSL.
from common import *

for kind in KINDS:
    cc, sc = contexts(kind)

    def hook(end, what, n, arg):
        for _ in range(3):
            left = Connection(cc, sc, kind)
            left.client_step()
        left = None
        gc.collect()

    def callback(*args):
        hook(None, None, None, None)
        return 0

    if kind != "PSK":
        cc.verify_callback = callback
        conn = Connection(cc, sc, kind)
        cc.verify_callback = None
    else:
        conn = Connection(cc, sc, kind)
    conn.a.hook = conn.b.hook = hook
    r = outcome(conn.run)
    check(r == "ok", kind, r)
    conn.close()

# The only reference to the socket goes while it reads.
for kind in KINDS:
    box = [Connection(*contexts(kind), kind)]

    def hook(end, what, n, arg):
        if box:
            box[0].c = None
            box.pop()
        gc.collect()
        trample(400, 50)

    conn = box[0]
    end_a = conn.a
    end_a.hook = hook
    end_a.other.queue.append(b"\x16\x03\x03")
    conn = None
    r = outcome(lambda: box[0].c.read(1))
    check(r is None or isinstance(r, (bytes, str)), kind, r)
    end_a.hook = None
end()
