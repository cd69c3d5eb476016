# The stream raises, once, at a write: what a program does then is to write again. Nothing is lost,
# nothing arrives twice.
from common import *


class Own(BaseException):
    pass


for kind in ("TLSv1.3", "TLSv1.2"):
    for exception in (OSError(110), OSError(11), OSError(4)):
        for returns in (False, True):
            for number in range(1, 4):
                conn = connect(kind)
                left = [number]

                def hook(end, what, n, arg):
                    if what == "write" and left[0]:
                        left[0] -= 1
                        if returns:
                            return (-exception.args[0],)
                        raise exception

                conn.a.hook = hook
                sent = b""
                for byte in b"abcdef":
                    for _ in range(10):
                        try:
                            n = conn.c.write(bytes([byte]))
                        except OSError as er:
                            check(er.args == exception.args, kind, repr(exception), repr(er))
                            n = None
                        if n:
                            sent += bytes([byte])
                            break
                conn.c.close()
                got = b""
                while True:
                    r = outcome(conn.s.read, 100)
                    if not r or isinstance(r, str):
                        break
                    got += r
                check(sent == b"abcdef" and got == sent, kind, repr(exception), returns,
                    number, sent, got)
end()
