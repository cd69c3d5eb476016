# client_id of every type and size, one that changes, and cookies that belong to another one.
from common import *

if "DTLS" not in KINDS:
    print("SKIP")
    raise SystemExit

ERRORS = ("OSError", "TypeError", "ValueError", "MemoryError")
cc, sc = contexts("DTLS")


def talk(client_id, change=None):
    a, b = ends(True)
    c = cc.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = serve(sc, b, "DTLS", client_id)
    for _ in range(20):
        if change:
            change()
        c.write(b"x")
        if s.read(1):
            c.close()
            s.close()
            return "ok"
    return "no end"


for n in (1, 4, 6, 16, 18, 28, 31, 32, 33, 64, 127, 128, 129, 200, 255, 256, 257, 1000, 4096,
    65535, 65536, 65537, 1 << 20):
    for make in (bytes, bytearray, lambda n: memoryview(bytes(n)), lambda n: "x" * n):
        r = outcome(talk, make(n))
        check(r == "ok" or (n > 255 and r in ERRORS), n, make, r)
for value in (b"", "", None, 5, [], (), object(), 1.5, True, ends()[0], sc):
    r = outcome(talk, value)
    check(r in ERRORS or r == "ok", value, r)

# It is taken as it was at first.
for how in () if DTLS_PROVES else range(3):
    client_id = bytearray(b"somebody at 1234")

    def change():
        if how == 0:
            client_id.extend(bytes(2000))
        elif how == 1:
            client_id[:] = b"x"
        else:
            client_id[0] = (client_id[0] + 1) & 0xFF
        trample(16, 20)

    r = outcome(talk, client_id, change)
    check(r == "ok", "changes", how, r)
end()
