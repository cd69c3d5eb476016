# An exception at every single call of the stream, in the handshake, reads, writes and close: it
# arrives as it is, and the connection goes on afterwards or ends with an error.
from common import *


class Own(BaseException):
    pass


EXCEPTIONS = (ValueError("x"), KeyboardInterrupt(), MemoryError(), Own(1, 2))

for kind in KINDS:
    for side in (0, 1):
        for number in range(60):
            exception = EXCEPTIONS[number % len(EXCEPTIONS)]
            conn = Connection(*contexts(kind), kind)
            raised = [False]

            def hook(end, what, n, arg):
                if n == number:
                    raised[0] = True
                    raise exception

            (conn.a, conn.b)[side].hook = hook
            seen = None
            for _ in range(30):
                try:
                    if conn.step():
                        break
                except BaseException as er:
                    seen = er
                    break
            if raised[0]:
                check(seen is exception, kind, side, number, repr(seen))
            # An exception is no loss: what it interrupted is done again.
            before = raised[0]
            r = outcome(conn.run)
            check(r == "ok" or not before, kind, side, number, "goes on", r)
            raised[0] = False
            r = outcome(conn.close)
            if not raised[0]:
                check(r is None, kind, side, number, "close", r)
            check(outcome(conn.close) is None, kind, side, number, "close again")
            if raised[0] is False and number > 40:
                break
end()
