# server_psk_keys of every type; get() that is none, changes the dict, returns every type and size.
from common import *

if "PSK" not in KINDS:
    print("SKIP")
    raise SystemExit


class Property:
    def __getattr__(self, name):
        raise KeyError(name)


class Returns:
    def __init__(self, value):
        self.value = value

    def get(self, identity):
        if isinstance(self.value, type):
            raise self.value
        return self.value


class Grows(dict):
    def get(self, identity):
        for i in range(100):
            self[i] = i
        return self[identity]


class NoArguments:
    def get(self):
        return KEY


big = {IDENTITY: KEY}
for i in range(500):
    big[i] = i
grows = Grows()
grows[IDENTITY] = KEY
GOOD = [{IDENTITY: KEY}, big, grows, Returns(KEY), Returns(bytearray(KEY)),
    Returns(memoryview(KEY)), Returns(KEY.decode())]
BAD = [{}, 5, "x", b"x", [], (), object(), Property(), NoArguments(), Returns, wolfssl, print,
    lambda identity: KEY, {IDENTITY: 5}, {IDENTITY: None}, {IDENTITY: b""}, {IDENTITY: bytes(65)},
    {IDENTITY: bytes(1 << 20)}, Returns(memoryview(KEY)[1:]), Returns([]), Returns(KeyError),
    Returns(MemoryError), Returns(KeyboardInterrupt), Returns(SystemExit), Returns(OSError),
    {IDENTITY: KEY + b"x"}]

for want, objects in (("ok", GOOD), ("bad", BAD)):
    for i, keys in enumerate(objects):
        cc, sc = contexts("PSK")
        r = outcome(setattr, sc, "server_psk_keys", keys)
        if r is not None:
            check(want == "bad"
                and r.split()[0] in ("TypeError", "ValueError", "OSError"), want, i, r)
            continue
        conn = Connection(cc, sc)
        r = outcome(conn.run)
        check((r == "ok") == (want == "ok"), want, i, r)
        outcome(conn.step)
        conn.close()

# What a client may have.
for identity in (b"", b"\0", b"x" * 128, b"x" * 129, b"x" * 70000, "x" * 50, "\u20ac", 5, [],
    memoryview(b"abc"), bytearray(5), 1.5, True):
    for key in (b"", b"\0" * 64, b"x" * 65, "x", 5, [], memoryview(b"abc"),
        bytearray(70000), object()):
        cc = contexts("PSK")[0]
        for name, value in (("psk_identity", identity), ("psk_key", key)):
            r = outcome(setattr, cc, name, value)
            check(r is None or r in ("OSError", "TypeError", "ValueError"), name, value, r)
        sc = contexts("PSK")[1]
        conn = Connection(cc, sc)
        r = outcome(conn.run)
        check(r != "ok" or cc.psk_identity == IDENTITY, "ok", identity, key)
        conn.close()
end()
