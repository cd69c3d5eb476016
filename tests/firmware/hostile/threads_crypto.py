# One hash object and one aes object, used, finished and deleted by four threads at once.
from common import *

try:
    import _thread
    import time
    import wolfcryptolib
    import wolfhashlib
except ImportError:
    print("SKIP")
    raise SystemExit

ERRORS = ("ValueError", "OSError")


def hash_work(h, number, state):
    try:
        for i in range(200):
            r = outcome(h.update, b"x" * 100)
            if r is not None and r not in ERRORS:
                state[0] = r
                return
        r = outcome(h.digest)
        if HAS_DEL and number == 0:
            h.__del__()
        state[0] = "done" if isinstance(r, bytes) or r in ERRORS else r
    except BaseException as er:
        state[0] = repr(er)


def aes_work(aes, number, state):
    try:
        buf = bytearray(160)
        for i in range(200):
            r = outcome(aes.encrypt if number < 3 else aes.decrypt, buf, buf)
            if isinstance(r, str) and r not in ERRORS and not r.startswith("OSError"):
                state[0] = r
                return
            if HAS_DEL and number == 0 and i == 100:
                aes.__del__()
        state[0] = "done"
    except BaseException as er:
        state[0] = repr(er)


def main():
    for _ in range(3):
        things = [(hash_work, getattr(wolfhashlib, name)()) for name in ("sha256", "sha1", "md5")
            if hasattr(wolfhashlib, name)]
        things += [(aes_work, wolfcryptolib.aes(b"k" * 32, 1)),
            (aes_work, wolfcryptolib.aes(b"k" * 16, 2, b"i" * 16))]
        for f, thing in things:
            states = [[None] for _ in range(4)]
            for i, state in enumerate(states):
                _thread.start_new_thread(f, (thing, i, state))
            until = time.time() + 20
            while any(s[0] is None for s in states) and time.time() < until:
                time.sleep(0.002)
            for i, state in enumerate(states):
                check(state[0] == "done", f, i, state[0])


main()
end()
