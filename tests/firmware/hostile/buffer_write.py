# A bytearray that shrinks or is replaced by the stream while it is written: the peer never gets
# any other memory.
from common import *

SECRET = b"SECRET-SECRET-SE"

for kind in ("TLSv1.3", "TLSv1.2"):
    for how in range(3):
        conn = connect(kind)
        buf = bytearray(b"A" * 50000)
        secrets = []

        def hook(end, what, n, arg):
            if what == "write" and not secrets:
                if how == 0:
                    buf.extend(bytes(100000))
                elif how == 1:
                    buf[:] = b"A"
                else:
                    buf[:] = b"A" * 60
                gc.collect()
                for _ in range(60):
                    secrets.append(bytearray(SECRET * 3000))

        conn.a.hook = hook
        r = outcome(conn.c.write, buf)
        conn.a.hook = None
        got = b""
        while True:
            part = outcome(conn.s.read, 4000)
            if not part or isinstance(part, str):
                break
            got += part
        check(b"SECRET" not in got, kind, how, r, len(got), "the peer got a secret")
        conn.close()
end()
