# set_ciphers with lists of every kind and length, names of every type, in the thousands, with
# NULs.
from common import *

ERRORS = ("OSError", "TypeError", "ValueError", "MemoryError")


class Str(str):
    pass


class Items:
    def __iter__(self):
        raise KeyError


for kind in CERT_KINDS:
    cc, sc = contexts(kind)
    for value in (None, 5, "", TLS12, b"x", [], (), {}, {TLS12}, object(), Items(), [None], [5],
        [b"x"], [""], [TLS12, None], [TLS12, 5], ["\0"], ["x" * 100000], [TLS12 + ":" + TLS13],
        [":"], ["ALL"], ["DEFAULT"], ["!x"], [TLS12 + " "], [[TLS12]], [object()],
        ["TLS-NULL-WITH-NULL-NULL"], ["%s%n"], ["TLS1-3-"], ["TLS13-"], ["TLS_"], ["TLS-"]):
        r = outcome(cc.set_ciphers, value)
        check(r in ERRORS or (r is None and value == {TLS12}), kind, value, r)
    # It has those from before.
    check(outcome(Connection(cc, sc, kind).run) == "ok", kind, "afterwards")
    for name in (TLS12 + "\0", TLS12 + "\0:ALL", "\0" + TLS12):
        check(outcome(contexts(kind)[0].set_ciphers, [name]) in ERRORS, kind, "NUL", name)
    for n in (1, 100, 149, 150, 151, 300, 301, 2000):
        for names in ([TLS12], [TLS12, TLS13],
            wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT).get_ciphers()):
            cc, sc = contexts(kind)
            r = outcome(cc.set_ciphers, (names * n)[:n])
            check(r is None or r in ERRORS, kind, n, len(names), r)
            r = outcome(Connection(cc, sc, kind).run)
            # One suite of TLS 1.3 alone is nothing to DTLS 1.2.
            check(r == "ok" or (kind == "DTLS" and n == 1), kind, n, len(names), "afterwards", r)
    # Each by itself, and the list that is given changes nothing later.
    cc, sc = contexts(kind)
    names = cc.get_ciphers()
    for name in names:
        r = outcome(cc.set_ciphers, [name])
        check(r is None, kind, name, r)
    names.clear()
    check(len(cc.get_ciphers()) > 3, kind, "the list")
    r = outcome(cc.set_ciphers, [Str(TLS12)])
    check(r is None or r in ERRORS, kind, "subclass", r)
end()
