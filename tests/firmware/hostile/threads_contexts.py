# Four threads make handshakes on two contexts while a fifth changes all that these have, all the
# time.
from common import *

try:
    import _thread
    import time
except ImportError:
    print("SKIP")
    raise SystemExit

ROUNDS = 12


def work(cc, sc, kind, state):
    try:
        for _ in range(ROUNDS):
            conn = Connection(cc, sc, kind)
            r = conn.run()
            if r != "ok" or conn.c.getpeercert(True) != server:
                state[0] = "failed: %s" % r
                return
            conn.close()
        state[0] = "done"
    except BaseException as er:
        state[0] = repr(er)


def change(cc, sc, stop, state):
    n = 0
    try:
        while not stop[0]:
            n += 1
            sc.load_cert_chain(server, server_key)
            cc.load_verify_locations(cadata=ca)
            sc.load_verify_locations(cadata=ca)
            cc.verify_mode = wolfssl.CERT_REQUIRED
            cc.set_ciphers([TLS12, TLS13])
            sc.set_ciphers([TLS13, TLS12])
            cc.verify_callback = allow
            cc.verify_callback = None
            outcome(sc.load_cert_chain, server, b"nonsense")
            outcome(sc.load_cert_chain, b"nonsense", server_key)
            cc.get_ciphers()
        state[0] = "done"
    except BaseException as er:
        state[0] = repr(er)


def allow(cert, depth):
    return 0


def main():
    for kind in ("TLSv1.3", "DTLS"):
        if kind not in KINDS:
            continue
        cc, sc = contexts(kind)
        stop = [False]
        states = [[None] for _ in range(5)]
        for state in states[:4]:
            _thread.start_new_thread(work, (cc, sc, kind, state))
        _thread.start_new_thread(change, (cc, sc, stop, states[4]))
        until = time.time() + 40
        while any(s[0] is None for s in states[:4]) and time.time() < until:
            time.sleep(0.01)
        stop[0] = True
        while states[4][0] is None and time.time() < until:
            time.sleep(0.01)
        for i, state in enumerate(states):
            check(state[0] == "done", kind, i, state[0])


main()
end()
