# __del__ called by hand on sockets and contexts, twice, in every order, at every step, and use of
# what is left.
from common import *

if not HAS_DEL:
    print("SKIP")
    raise SystemExit

for kind in KINDS:
    for order in ("cCsS", "CcSs", "SCsc", "scSC", "CCcc", "sSSs"):
        for steps in range(6):
            cc, sc = contexts(kind)
            conn = Connection(cc, sc, kind)
            for _ in range(steps):
                conn.step()
            objects = {"c": conn.c, "s": conn.s, "C": cc, "S": sc}
            for name in order:
                check(objects[name].__del__() is None, kind, order, "del")
                gc.collect()
                outcome(conn.step)
            for name in order:
                objects[name].__del__()
            if "c" in order:
                for f, args in ((conn.c.read, (1,)), (conn.c.write, (b"x",)), (conn.c.read, ())):
                    check(outcome(f, *args) == "OSError 9", kind, order, steps, outcome(f, *args))
                check(conn.c.cipher() is None and conn.c.getpeercert(True) is None, kind,
                    order, "cipher")
                check(outcome(conn.c.close) is None, kind, order, "close")
            if "C" in order:
                a, b = ends()
                for f, args in (
                    (cc.wrap_socket, (a,)),
                    (cc.set_ciphers, ([TLS12],)),
                    (cc.load_cert_chain, (server, server_key)),
                    (cc.load_verify_locations, (ca,)),
                    (setattr, (cc, "verify_mode", 1)),
                    (setattr, (cc, "psk_key", b"x")),
                    (setattr, (cc, "server_psk_keys", {})),
                ):
                    r = outcome(f, *args)
                    check(r in ("OSError 9", "ValueError", "AttributeError"), kind, order, r)
                outcome(setattr, cc, "verify_callback", None)
                outcome(setattr, cc, "ecdsa_sign_callback", print)
                outcome(cc.get_ciphers)
                check(cc.verify_mode in (0, 1, 2), kind, "verify_mode")
            outcome(conn.close)
end()
