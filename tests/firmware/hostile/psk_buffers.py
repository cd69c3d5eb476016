# Identity and key are bytearrays that grow, shrink and change between the steps of a handshake: no
# crash, no old memory.
from common import *

if "PSK" not in KINDS:
    print("SKIP")
    raise SystemExit


class Keys:
    def __init__(self, key):
        self.key = key
        self.seen = []

    def get(self, identity):
        self.seen.append(bytes(bytearray(identity)))
        key = self.key
        if how == 3:
            key.extend(bytes(2000))
            trample(16, 50)
        return key


for how in range(5):
    for when in range(6):
        cc, sc = contexts("PSK")
        identity = bytearray(IDENTITY)
        key = bytearray(KEY)
        keys = Keys(bytearray(KEY))
        cc.psk_identity = identity
        cc.psk_key = key
        sc.server_psk_keys = keys
        conn = Connection(cc, sc)

        def between(i):
            if i != when:
                return
            if how == 0:
                identity.extend(bytes(500))
                key.extend(bytes(500))
            elif how == 1:
                identity[:] = b""
                key[:] = b""
            elif how == 2:
                identity[0] = 0
                for n in range(len(key)):
                    key[n] = 0
            elif how == 4:
                identity[:] = b"x" * 128
                key[:] = b"x" * 64
            trample(16, 50, 0x41)

        r = outcome(conn.run, between)
        check(r == "ok" or r == "OSError", how, when, r)
        check(all(b"\x41" not in seen and b"\0" not in seen for seen in keys.seen), how,
            when, keys.seen)
        conn.close()
end()
