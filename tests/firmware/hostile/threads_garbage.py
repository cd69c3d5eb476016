# Threads that collect garbage, and drop contexts, sockets, hashes and ciphers, while others are
# deep inside wolfSSL.
from common import *

try:
    import _thread
    import time
    import wolfcryptolib
    import wolfhashlib
except ImportError:
    print("SKIP")
    raise SystemExit


def shake(kind, state):
    try:
        for i in range(8):
            cc, sc = contexts(kind)
            conn = Connection(cc, sc, kind)
            cc = sc = None
            r = conn.run()
            if r != "ok":
                state[0] = r
                return
            if i % 2:
                conn.close()
            conn = None
        state[0] = "done"
    except BaseException as er:
        state[0] = repr(er)


def drop(kind, state):
    try:
        for i in range(12):
            cc, sc = contexts(kind)
            left = Connection(cc, sc, kind)
            left.client_step()
            left = cc = sc = None
            for _ in range(20):
                wolfhashlib.sha256(b"x")
                wolfcryptolib.aes(b"k" * 16, 1).encrypt(bytes(16))
            gc.collect()
            time.sleep(0)
        state[0] = "done"
    except BaseException as er:
        state[0] = repr(er)


def main():
    for kind in ("TLSv1.3", "TLSv1.2"):
        states = [[None] for _ in range(4)]
        for i, state in enumerate(states):
            _thread.start_new_thread(drop if i % 2 else shake, (kind, state))
        until = time.time() + 40
        while any(s[0] is None for s in states) and time.time() < until:
            time.sleep(0.01)
        for i, state in enumerate(states):
            check(state[0] == "done", kind, i, state[0])


main()
end()
