# Stores, loads and deletes of every attribute, real and not, with values of every type, on
# everything in the modules.
from common import *

import wolfcryptolib
import wolfhashlib

VALUES = (None, True, 0, -1, 3, 1 << 31, 1 << 62, 1 << 70, 1.5, "", "x\0y", b"", bytes(1000),
    bytearray(3), [], {}, (), object(),
    lambda: 0, print, wolfssl, End, memoryview(b"x"))
ERRORS = ("AttributeError", "TypeError", "ValueError", "OverflowError", "OSError",
    "OSError 9", "KeyError")


def attack(thing, names):
    for name in names:
        for value in VALUES:
            r = outcome(setattr, thing, name, value)
            check(r is None or r.split()[0] in ERRORS, thing, name, value, r)
            outcome(getattr, thing, name)
        r = outcome(delattr, thing, name)
        check(r is None or r in ERRORS, thing, name, "delete", r)


NAMES = ["verify_mode", "verify_callback", "ecdsa_sign_callback", "psk_identity", "psk_key",
    "server_psk_keys", "check_hostname", "minimum_version", "read", "close", "__del__",
    "__class__", "__dict__", "__name__", "nothing", "wrap_socket",
    "suppress_ragged_eofs", ""]

for kind in KINDS:
    cc, sc = contexts(kind)
    conn = Connection(cc, sc, kind)
    conn.step()
    for thing in (conn.c, conn.s, cc, sc):
        attack(thing, NAMES + [n for n in dir(thing) if n not in NAMES])
    r = outcome(conn.run)
    check(r == "ok", kind, "under way", r)
    conn.close()
    r = outcome(Connection, cc, sc, kind)
    if not isinstance(r, str):
        outcome(r.run)
        outcome(r.close)

for thing in (wolfssl, wolfcryptolib, wolfhashlib, wolfssl.SSLContext, wolfcryptolib.aes,
    wolfhashlib.sha256, wolfcryptolib.aes(b"k" * 16, 1), wolfhashlib.sha256(), type(conn.c)):
    attack(thing, NAMES + dir(thing))
    for f in (hash, len, repr, bool, iter, next, int, bytes, lambda x: x[0], lambda x: x + x,
        lambda x: x(), lambda x: x == x,
        lambda x: -x, lambda x: x < x, lambda x: 5 in x):
        outcome(f, thing)
end()
