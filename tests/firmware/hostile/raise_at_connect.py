# An exception at every call of the stream in a wrap_socket that does the handshake at once: it
# arrives, nothing leaks.
from common import *


class Own(BaseException):
    pass


for kind in KINDS:
    cc, sc = contexts(kind)
    for exception in (Own(), OSError(5), OSError(110), OSError(), MemoryError()):
        for number in range(12):
            a, b = ends(kind == "DTLS")
            s = serve(sc, b, kind)
            busy = [0]
            raised = [False]

            def hook(end, what, n, arg):
                if n == number:
                    raised[0] = True
                    raise exception
                if what == "read":
                    # The peer takes its turn.
                    outcome(s.read, 1)
                    busy[0] += 1
                    if busy[0] > 2000:
                        raise ValueError("for ever")

            a.hook = hook
            try:
                c = cc.wrap_socket(a, server_hostname="localhost")
                seen = None
                c.close()
            except BaseException as er:
                seen = er
            if raised[0]:
                args = getattr(exception, "args", ())
                ok = type(seen) is type(exception) and seen.args == args
                # An OSError without a number has none to tell; at the close nothing is told.
                check(ok or seen is None or not args, kind, repr(exception), number, repr(seen))
            s.close()
end()
