# A filesystem in Python that raises in open, read and close, lies about sizes, and never ends.
from common import *

try:
    import vfs
except ImportError:
    print("SKIP")
    raise SystemExit


class File(io.IOBase):
    def __init__(self, data):
        self.data = data

    def readinto(self, buf):
        return answer("readinto", buf, self)

    def read(self, *args):
        if where == "inherited":
            raise AttributeError
        r = answer("read", None, self)
        return self.data if r is None else r

    def ioctl(self, request, arg):
        r = answer("ioctl", arg, self)
        return 0 if r is None else r


class Files:
    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def open(self, path, mode):
        answer("open", path, self)
        return File(server_key if path == "/key" else server)

    def stat(self, path):
        return (0x8000, 0, 0, 0, 0, 0, 2**60, 0, 0, 0)


def answer(what, arg, f):
    if what == where:
        if isinstance(value, type):
            raise value
        return value


where = value = None
vfs.mount(Files(), "/hostile")
for where in ("open", "read", "ioctl"):
    for value in (ValueError, KeyboardInterrupt, MemoryError, SystemExit, OSError, StopIteration,
        -5, -1, 2**40, 99):
        for f, args in (
            ("load_cert_chain", (server, "/hostile/key")),
            ("load_cert_chain", ("/hostile/cert", server_key)),
            ("load_verify_locations", ()),
        ):
            cc, sc = contexts()
            conn = Connection(cc, sc)
            conn.step()
            kw = {} if args else {"cafile": "/hostile/cert"}
            r = outcome(getattr(sc, f), *args, **kw)
            if isinstance(value, type):
                # What read has got is wiped or left to the collector; close may fail.
                # Files without close() may be left to the collector.
                check(r == value.__name__ or (where == "ioctl" and r is None), where, value, f, r)
            else:
                check(r is None or r.split()[0] in ("OSError", "TypeError", "ValueError"),
                    where, value, f, r)
            check(outcome(conn.run) == "ok", where, value, f, "under way")
            conn.close()
vfs.umount("/hostile")
end()
