# A filesystem in Python that, while a key or certificate is read, resizes the other one, frees the
# context, loads again.
from common import *

try:
    import vfs
except ImportError:
    print("SKIP")
    raise SystemExit


class Files:
    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def open(self, path, mode):
        if self.hook:
            self.hook(path)
        return io.BytesIO(server if path == "/cert" else server_key if path == "/key" else ca)


files = Files()
vfs.mount(files, "/hostile")

# The key is a bytearray that the reading of the certificate empties; another key takes its memory.
for how in range(3):
    key = bytearray(server_key)
    cc, sc = contexts()
    junk = []

    def hook(path):
        if how == 0:
            key.extend(bytes(5000))
        elif how == 1:
            key[:] = b""
        else:
            for i in range(len(key)):
                key[i] = 0
        gc.collect()
        for _ in range(200):
            junk.append(bytearray(other_key))

    files.hook = hook
    r = outcome(sc.load_cert_chain, "/hostile/cert", key)
    check(r is None or r in ("ValueError", "OSError"), how, r)
    check(all(bytes(j) == other_key for j in junk), how, "somebody else's memory was written")
    files.hook = None
    r = outcome(Connection(cc, sc).run)
    check(r == "ok", how, "afterwards", r)

# The same with a client that has no key before.
key = bytearray(server_key)
junk = []


def hook(path):
    key.extend(bytes(5000))
    for _ in range(200):
        junk.append(bytearray(other_key))


files.hook = hook
sc = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER)
r = outcome(sc.load_cert_chain, "/hostile/cert", key)
if r is None:
    files.hook = None
    check(outcome(Connection(contexts()[0], sc).run) == "ok", "loaded another key")

# The context goes, or changes.
for kind in CERT_KINDS:
    for how in range(6):
        cc, sc = contexts(kind)
        conn = Connection(cc, sc, kind)
        depth = [0]

        def hook(path):
            if depth[0] > 3:
                return
            depth[0] += 1
            if how == 0 and HAS_DEL:
                sc.__del__()
            elif how == 1:
                sc.load_cert_chain("/hostile/cert", "/hostile/key")
            elif how == 2:
                sc.load_verify_locations(cafile="/hostile/ca")
            elif how == 3:
                sc.set_ciphers([TLS12])
            elif how == 4:
                sc.set_ciphers([TLS12])
                sc.set_ciphers([TLS13])
                sc.set_ciphers([TLS13, TLS12])
            elif how == 5:
                conn.run()

        files.hook = hook
        for f, args in (
            (sc.load_cert_chain, ("/hostile/cert", "/hostile/key")),
            (lambda file: sc.load_verify_locations(cafile=file), ("/hostile/ca",)),
            (sc.load_cert_chain, (server, "/hostile/key")),
        ):
            depth[0] = 0
            r = outcome(f, *args)
            check(r is None or r == "OSError 9", kind, how, r)
        files.hook = None
        check(outcome(conn.run) == "ok", kind, how, "under way")
        conn.close()
        if how != 0:
            check(outcome(Connection(cc, sc, kind).run) == "ok", kind, how, "next")
vfs.umount("/hostile")
end()
