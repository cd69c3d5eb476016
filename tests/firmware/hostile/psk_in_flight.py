# Pre-shared keys, identities and the keys of a server set to others while handshakes are under
# way: the first ones count.
from common import *

if "PSK" not in KINDS:
    print("SKIP")
    raise SystemExit


def change(which, cc, sc):
    if which == 0:
        cc.psk_key = b"another key"
    elif which == 1:
        cc.psk_identity = b"another"
    elif which == 2:
        cc.psk_key = None
    elif which == 3:
        cc.psk_identity = None
    elif which == 4:
        sc.server_psk_keys = {}
    elif which == 5:
        sc.server_psk_keys = None
    elif which == 6:
        outcome(setattr, cc, "psk_key", 5)
        outcome(setattr, cc, "psk_identity", b"")
        outcome(setattr, sc, "server_psk_keys", 5)
    elif which == 7:
        sc.load_cert_chain(server, server_key)


for which in range(8):
    for when in range(6):
        for from_stream in (False, True):
            cc, sc = contexts("PSK")
            conn = Connection(cc, sc)

            def between(i):
                if i == when:
                    change(which, cc, sc)
                    trample(32, 20)

            if from_stream:
                conn.a.hook = conn.b.hook = lambda end, what, n, arg: between(n)
                r = outcome(conn.run)
            else:
                r = outcome(conn.run, between)
            check(r == "ok", which, when, from_stream, r)
            conn.close()
end()
