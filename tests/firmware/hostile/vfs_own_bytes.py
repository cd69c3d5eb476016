# A filesystem in Python that hands out its own bytes, a constant, a str, a bytearray: they stay as
# they are.
from common import *

try:
    import vfs
except ImportError:
    print("SKIP")
    raise SystemExit

# Copies: bytes(b) would be b itself.
SERVER = bytes(bytearray(server))
SERVER_KEY = bytes(bytearray(server_key))


class File(io.IOBase):
    def __init__(self, data):
        self.data = data

    def read(self, *args):
        return self.data

    def readinto(self, buf):
        return 0

    def ioctl(self, request, arg):
        return 0


class Files:
    def __init__(self, files):
        self.files = files

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def open(self, path, mode):
        return File(self.files[path])


for make in (bytes, bytearray, memoryview, lambda data: memoryview(bytearray(data))):
    files = {"/cert": make(bytes(bytearray(SERVER))), "/key": make(bytes(bytearray(SERVER_KEY)))}
    vfs.mount(Files(files), "/hostile")
    for _ in range(3):
        sc = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER)
        r = outcome(sc.load_cert_chain, "/hostile/cert", "/hostile/key")
        check(r is None, make, r)
        check(bytes(files["/key"]) == SERVER_KEY and bytes(files["/cert"]) == SERVER,
            make, "changed")
    cc = contexts()[0]
    check(outcome(Connection(cc, sc).run) == "ok", make, "run")
    vfs.umount("/hostile")

# A constant of the firmware, and other odd answers.
for data in ("read", "", b"", 5, None, [], object(), vfs.__name__, print, 1.5, "key"):
    vfs.mount(Files({"/cert": data, "/key": data}), "/hostile")
    sc = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER)
    for cert, key in (("/hostile/cert", "/hostile/key"), (server, "/hostile/key"),
        ("/hostile/cert", server_key)):
        r = outcome(sc.load_cert_chain, cert, key)
        check(r in ("ValueError", "TypeError", "OSError"), repr(data), r)
    r = outcome(sc.load_verify_locations, "/hostile/cert")
    check(r in ("ValueError", "TypeError", "OSError"), repr(data), r)
    vfs.umount("/hostile")
check("read" == "rea" + "d", "a constant was wiped")
end()
