# Every callback raises everything: the exception arrives as it is, the handshake does not succeed,
# the peer is told.
from common import *


class Own(BaseException):
    pass


EXCEPTIONS = (ValueError(1), KeyboardInterrupt(), MemoryError(), SystemExit(3), Own(), OSError(5),
    OSError(11), OSError(),
    StopIteration(), GeneratorExit(), RuntimeError("x"))

for kind in KINDS:
    for which in ("verify_callback", "ecdsa_sign_callback", "server_psk_keys",
        "server's verify_callback"):
        for exception in EXCEPTIONS:
            if (kind == "PSK") != (which == "server_psk_keys"):
                continue
            cc, sc = contexts(kind, which[:8] == "server's")

            def callback(*args):
                raise exception

            if which == "server_psk_keys":

                class Keys:
                    get = callback

                sc.server_psk_keys = Keys()
            elif which == "verify_callback":
                cc.verify_callback = callback
            elif which[:8] == "server's":
                sc.verify_callback = callback
            elif hasattr(sc, "ecdsa_sign_callback"):
                sc.ecdsa_sign_callback = callback
            else:
                continue
            conn = Connection(cc, sc, kind)
            seen = None
            for _ in range(20):
                try:
                    if conn.step():
                        break
                except BaseException as er:
                    seen = er
                    break
            check(conn.got != [b"s", b"c"], kind, which, repr(exception), "succeeds")
            if which != "server_psk_keys" or not isinstance(exception,
                Exception) or isinstance(exception, MemoryError):
                check(seen is exception, kind, which, repr(exception), repr(seen))
            else:
                check(isinstance(seen, OSError), kind, which, repr(exception), repr(seen))
            for sock in (conn.c, conn.s):
                for f, args in ((sock.read, (1,)), (sock.write, (b"x",))):
                    r = outcome(f, *args)
                    check(r is None or isinstance(r, (int, str)), kind, which, r)
            check(conn.got != [b"s", b"c"], kind, which, repr(exception), "succeeds later")
            conn.close()
end()
