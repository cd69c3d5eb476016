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
        for i in range(400):
            r = outcome(h.update, b"x" * (i % 199))
            if r is not None and r not in ERRORS:
                state[0] = r
                return
        r = outcome(h.digest)
        if HAS_DEL and number == 0:
            h.__del__()
        state[0] = "done" if isinstance(r, bytes) or r in ERRORS else r
    except BaseException as er:
        state[0] = repr(er)


def aes_work(aes, number, state, ctr=False):
    try:
        buf = bytearray(160)
        for i in range(2000 if ctr else 200):
            if ctr:
                buf = bytearray(i % 37)
            r = outcome(aes.encrypt if number < 3 else aes.decrypt, buf, buf)
            if isinstance(r, str) and r not in ERRORS and not r.startswith("OSError"):
                state[0] = r
                return
            if HAS_DEL and number == 0 and i == 100:
                aes.__del__()
        state[0] = "done"
    except BaseException as er:
        state[0] = repr(er)


def ctr_work(aes, number, state):
    aes_work(aes, number, state, True)


def main():
    for _ in range(3):
        names = ("sha256", "sha1", "md5", "sha512", "sha3_256", "sha3_512", "blake2b", "blake2s")
        things = [(hash_work, getattr(wolfhashlib, name)()) for name in names
            if hasattr(wolfhashlib, name)]
        if outcome(wolfcryptolib.aes, b"k" * 16, 6, b"i" * 16) != "ValueError":
            things.append((ctr_work, wolfcryptolib.aes(b"k" * 16, 6, b"i" * 16)))
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
