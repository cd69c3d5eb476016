# A thousand contexts, sockets on one stream, closes and collections: nothing leaks, the last works
# as the first.
from common import *

for kind in KINDS:
    ctxs = []
    for i in range(100):
        ctxs.append(contexts(kind)[i & 1])
    ctxs = None
    cc, sc = contexts(kind)
    a, b = ends(kind == "DTLS")
    socks = []
    for i in range(100):
        socks.append(cc.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False))
        if i % 3 == 0:
            socks[-1].write(b"x")
        if i % 5 == 0:
            socks[-1].close()
    socks = None
    for i in range(10):
        conn = Connection(cc, sc, kind)
        check(outcome(conn.run) == "ok", kind, i)
        if i % 2:
            conn.close()
end()
