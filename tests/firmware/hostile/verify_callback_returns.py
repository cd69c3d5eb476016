# verify_callback that returns, or is, what it must not.
from common import *


class Index:
    def __int__(self):
        return 0


class Raises:
    def __int__(self):
        raise KeyError


RETURNS = (None, "0", b"0", 0.0, [], (), {}, 2**70, -(2**70), 1 << 31, -1, True, Raises(), Index(),
    object, 1 << 32, 1 << 64)

for kind in CERT_KINDS:
    for value in RETURNS:
        cc, sc = contexts(kind)
        cc.verify_callback = lambda cert, depth: value
        conn = Connection(cc, sc, kind)
        r = outcome(conn.run)
        # mp_obj_get_int knows small ints, ints and bools; zero of any kind would be a yes.
        check(r != "ok" or (isinstance(value, Index)), kind, value, r)
        check(outcome(conn.c.read, 1) != b"s", kind, value, "goes on")
        conn.close()
    for callback in (5, "x", b"x", [], 1.5, object(), lambda: 0, lambda a: 0, lambda a, b,
        c: 0, wolfssl):
        cc, sc = contexts(kind)
        if outcome(setattr, cc, "verify_callback", callback) is None:
            conn = Connection(cc, sc, kind)
            r = outcome(conn.run)
            check(r in ("TypeError", "OSError", "ValueError"), kind, callback, r)
            conn.close()
end()
