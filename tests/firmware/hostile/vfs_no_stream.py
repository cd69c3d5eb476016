# A filesystem in Python whose files are not streams: objects with read alone, with close alone,
# numbers, None.
from common import *

try:
    import vfs
except ImportError:
    print("SKIP")
    raise SystemExit


class ReadOnly:
    def read(self, *args):
        return server_key


class CloseToo(ReadOnly):
    def close(self):
        raise KeyError


class Nothing:
    pass


class BadClose(io.IOBase):
    def read(self, *args):
        return server_key

    def ioctl(self, request, arg):
        return -5


class NoIoctl(io.IOBase):
    def read(self, *args):
        return server_key


class Wide:
    read = 5


class Files:
    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def open(self, path, mode):
        # New ones: MicroPython itself crashes when a closed one is to seek.
        if isinstance(answer, io.BytesIO):
            return io.BytesIO(b"")
        if isinstance(answer, io.StringIO):
            return io.StringIO("text")
        return answer


vfs.mount(Files(), "/hostile")
for answer in (
    ReadOnly(), CloseToo(), Nothing(), BadClose(), NoIoctl(), Wide(), ReadOnly, None, 5, "x",
    b"", [], {}, 1.5,
    lambda: 0, print, io.BytesIO(b""), io.StringIO("text"), wolfssl, object(), True, 2**70,
):
    for ctx in contexts():
        for f, args in (
            (ctx.load_cert_chain, (server, "/hostile/key")),
            (ctx.load_cert_chain, ("/hostile/cert", server_key)),
            (ctx.load_cert_chain, ("/hostile/cert", "/hostile/key")),
            (lambda file: ctx.load_verify_locations(cafile=file), ("/hostile/ca",)),
        ):
            r = outcome(f, *args)
            check(r is None or r.split()[0] in ("OSError", "ValueError", "TypeError",
                "AttributeError", "KeyError"), answer, r)
vfs.umount("/hostile")
end()
