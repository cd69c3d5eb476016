# server_psk_keys whose get() calls into the session, changes the context, takes itself away, or
# makes another handshake.
from common import *

if "PSK" not in KINDS:
    print("SKIP")
    raise SystemExit


class Keys:
    def __init__(self, number):
        self.number = number
        self.results = set()

    def get(self, identity):
        r = outcome(self.attack, self.number)
        self.results.add(r if isinstance(r, str) else "value")
        gc.collect()
        trample(32, 50)
        return KEY

    def attack(self, number):
        if number == 0:
            return conn.s.close()
        if number == 1:
            return conn.s.read(1)
        if number == 2:
            return conn.s.write(b"x")
        if number == 3:
            return conn.s.cipher(), conn.s.getpeercert(True)
        if number == 4 and HAS_DEL:
            return conn.s.__del__()
        if number == 5 and HAS_DEL:
            sc.__del__()
        if number == 6:
            sc.server_psk_keys = None
        if number == 7:
            sc.server_psk_keys = {}
            cc.psk_key = b"another"
            cc.psk_identity = None
        if number == 8:
            sc.load_cert_chain(server, server_key)
            sc.server_psk_keys = {IDENTITY: KEY}
            inner = Connection(cc, sc)
            r = inner.run()
            inner.close()
            check(r == "ok", "inner", r)


for number in range(9):
    cc, sc = contexts("PSK")
    keys = sc.server_psk_keys = Keys(number)
    conn = Connection(cc, sc)
    r = outcome(conn.run)
    if number in (0, 1, 2):
        check(keys.results and all(r.startswith("OSError") for r in keys.results),
            number, keys.results)
    check(r == "ok", number, r)
    conn.close()
end()
