# A filesystem in Python whose files are classes, modules, functions, named tuples, generators:
# what they read stays theirs.
from common import *

try:
    import vfs
    from collections import namedtuple
except ImportError:
    print("SKIP")
    raise SystemExit

import common

KEPT = bytes(bytearray(server_key))
CERT = bytes(bytearray(server))


class File:
    @staticmethod
    def read():
        return KEPT

    @staticmethod
    def close():
        pass


class Meta(io.IOBase):
    read = lambda: KEPT
    close = lambda: None


Tuple = namedtuple("Tuple", ("read", "close"))
common.read = lambda: KEPT
common.close = lambda: None
things = [File, Meta, common, Tuple(lambda: KEPT, lambda: None)]


class Files:
    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def open(self, path, mode):
        return thing


vfs.mount(Files(), "/hostile")
for thing in things:
    for _ in range(3):
        sc = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER)
        r = outcome(sc.load_cert_chain, CERT, "/hostile/key")
        check(r is None or r in ("OSError", "TypeError", "AttributeError", "ValueError"),
            repr(thing), r)
        check(KEPT == server_key, repr(thing), "the file's own bytes were wiped")
        if KEPT != server_key:
            KEPT = bytes(bytearray(server_key))
    r = outcome(sc.load_verify_locations, "/hostile/key")
    check(r is None or r in ("OSError", "TypeError", "AttributeError", "ValueError"),
        repr(thing), r)
vfs.umount("/hostile")
end()
