# wrap_socket of everything that is not a stream, or half of one, with each protocol, and use of
# the result.
from common import *


class Nothing:
    pass


class Bare(io.IOBase):
    pass


class NoRead(io.IOBase):
    def write(self, buf):
        return len(buf)

    def ioctl(self, request, arg):
        return 0


class NoWrite(io.IOBase):
    def readinto(self, buf):
        return 0

    def ioctl(self, request, arg):
        return 0


class NoIoctl(io.IOBase):
    def readinto(self, buf):
        return 0

    def write(self, buf):
        return len(buf)


class Wrong(io.IOBase):
    readinto = 5
    write = None
    ioctl = "x"


class Getter(io.IOBase):
    def __getattr__(self, name):
        raise KeyError(name)


THINGS = (None, 0, 5, 2**70, True, "x", b"x", bytearray(5), [], {}, (), 1.5, object(), Nothing,
    Nothing(), lambda: 0, print, wolfssl, wolfssl.SSLContext, io.BytesIO(b"x" * 100), io.BytesIO(),
    io.StringIO("x" * 100), Bare(), NoRead(), NoWrite(), NoIoctl(), Wrong(), Getter(), Bare, sys,
    gc.collect, range(5), {1}, iter([]))
ERRORS = ("OSError", "TypeError", "ValueError", "AttributeError", "KeyError", "StopIteration")

for kind in KINDS:
    cc, sc = contexts(kind)
    for thing in THINGS + (cc, sc):
        for ctx, server_side in ((cc, False), (sc, True), (cc, True), (sc, False)):
            for now in (False, True):
                def wrap():
                    return ctx.wrap_socket(thing, server_side=server_side,
                        server_hostname="localhost", do_handshake_on_connect=now, client_id=b"x")

                if now and isinstance(thing, io.StringIO):
                    continue
                if now and kind == "DTLS" and type(thing) in (io.BytesIO, NoWrite, NoIoctl):
                    continue  # an empty datagram is no end: it waits for the next one
                sock = outcome(wrap)
                if isinstance(sock, str):
                    check(sock.split()[0] in ERRORS, kind, thing, now, sock)
                    continue
                for f, args in ((sock.read, (1,)), (sock.write, (b"x",)), (sock.read, ()),
                    (sock.setblocking, (True,))):
                    r = outcome(f, *args)
                    check(not isinstance(r, str) or r.split()[0] in ERRORS, kind, thing, now, r)
                r = outcome(sock.close)
                check(r is None or r.split()[0] in ERRORS, kind, thing, now, "close", r)
                check(outcome(sock.close) is None, kind, thing, "close again")
end()
