# A stream that fails with every errno there is, at the handshake and at data, reading and writing:
# that errno is raised.
from common import *

BLOCKS = (11,)
GOES_ON = (4, 11, 110)  # EINTR, EAGAIN, ETIMEDOUT

for kind in ("TLSv1.3", "TLSv1.2"):
    for connected in (False, True):
        for what_fails in ("read", "write"):
            for errno in range(1, 134):
                if errno == 115 or errno == 114:
                    continue  # EINPROGRESS and EALREADY are would-blocks to some
                conn = Connection(*contexts(kind), kind)
                if connected:
                    conn.run()

                def hook(end, what, n, arg):
                    if what == what_fails:
                        if errno % 2:
                            raise OSError(errno)
                        return (-errno,)

                conn.a.hook = hook
                r = outcome(conn.c.write,
                    b"x") if what_fails == "write" else outcome(conn.c.read, 1)
                if not connected and what_fails == "write":
                    # The hello is held until something is read.
                    r = outcome(conn.c.read, 1) if r is None else r
                want = None if errno in BLOCKS and not errno % 2 else "OSError %d" % errno
                # A record that is made counts as written.
                made = what_fails == "write" and errno in GOES_ON and r == 1
                check(r == want or made or (errno in BLOCKS and r is None), kind, connected,
                    what_fails, errno, r)
                conn.a.hook = None
                if errno in GOES_ON:
                    r = outcome(conn.run)
                    check(r == "ok", kind, connected, what_fails, errno, "afterwards", r)
                conn.close()
end()
