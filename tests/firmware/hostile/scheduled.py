# Functions that micropython.schedule runs in the middle of TLS: they free contexts, close, read,
# load and collect.
from common import *

try:
    from micropython import schedule
except ImportError:
    print("SKIP")
    raise SystemExit

ERRORS = ("OSError", "RuntimeError", "ValueError")


def attack(arg):
    number, conn, cc, sc = arg
    if number == 0:
        outcome(conn.c.close)
    elif number == 1:
        outcome(conn.c.read, 1)
        outcome(conn.c.write, b"x")
    elif number == 2 and HAS_DEL:
        cc.__del__()
        sc.__del__()
    elif number == 3 and kind != "PSK":
        sc.load_cert_chain(other_cert, other_key)
        cc.load_cert_chain(other_cert, other_key)
    elif number == 4 and kind != "PSK":
        cc.set_ciphers([TLS12])
        cc.set_ciphers([TLS12, TLS13])
    elif number == 5 and HAS_DEL:
        conn.c.__del__()
        conn.s.__del__()
    gc.collect()


for kind in KINDS:
    for number in range(6):
        for when in range(8):
            cc, sc = contexts(kind)
            conn = Connection(cc, sc, kind)

            def hook(end, what, n, arg):
                if n == when:
                    schedule(attack, (number, conn, cc, sc))

            conn.a.hook = hook
            r = outcome(conn.run)
            if number in (0, 5):
                check(r == "ok" or r.startswith("OSError"), kind, number, when, r)
            else:
                # What it read is the other's byte.
                check(r == "ok" or number == 1, kind, number, when, r)
            outcome(conn.close)

# A handshake at once, on a stream that blocks, while scheduled functions take away all that they
# can reach.
for kind in [kind for kind in CERT_KINDS if not (kind == "DTLS" and DTLS_PROVES)]:
    for number in (2, 3, 4):
        cc, sc = contexts(kind)
        a, b = ends(kind == "DTLS")
        extra = {"client_id": b"x"} if kind == "DTLS" else {}
        s = sc.wrap_socket(b, server_side=True, do_handshake_on_connect=False, **extra)
        turn = [0]

        def hook(end, what, n, arg):
            if what == "read":
                turn[0] += 1
                if turn[0] < 3:
                    schedule(attack, (number, None, cc, sc))
                    return (None,)
                outcome(s.read, 1)
                if turn[0] > 2000:
                    raise ValueError("for ever")

        a.hook = hook
        r = outcome(cc.wrap_socket, a, server_hostname="localhost")
        check(not isinstance(r, str), kind, number, "at once", r)
        if not isinstance(r, str):
            r.close()
        s.close()
end()
