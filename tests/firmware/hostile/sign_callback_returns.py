# ecdsa_sign_callback that returns nonsense of every type and size, changes what it was given, or
# is none.
from common import *

cc, sc = contexts()
if not hasattr(cc, "ecdsa_sign_callback"):
    print("SKIP")
    raise SystemExit

import array


def grows(key, digest):
    key.extend(b"x" * 5000)
    digest.extend(b"x" * 5000)
    return digest


def keeps(key, digest):
    kept.append(key)
    kept.append(digest)
    for i in range(len(key)):
        key[i] = 0xFF
    for i in range(len(digest)):
        digest[i] = 0xFF
    return None


kept = []
GOOD = (lambda key, digest: None, keeps)
BAD = (
    lambda key, digest: b"",
    lambda key, digest: b"\x30",
    lambda key, digest: b"\x30\x84\xff\xff\xff\xff",
    lambda key, digest: b"\x30\x06\x02\x01\x00\x02\x01\x00",
    lambda key, digest: bytes(1 << 20),
    lambda key, digest: bytes(71),
    lambda key, digest: bytearray(139),
    lambda key, digest: key,
    lambda key, digest: digest,
    lambda key, digest: memoryview(digest)[1:],
    lambda key, digest: array.array("d", (1.0, 2.0)),
    lambda key, digest: "a str",
    lambda key, digest: 5,
    lambda key, digest: False,
    lambda key, digest: [],
    lambda key: None,
    lambda: None,
    grows,
    5,
    "x",
)

for kind in CERT_KINDS:
    for want, functions in (("ok", GOOD), ("bad", BAD)):
        for i, f in enumerate(functions):
            cc, sc = contexts(kind)
            if outcome(setattr, sc, "ecdsa_sign_callback", f) is not None:
                continue
            conn = Connection(cc, sc, kind)
            r = outcome(conn.run)
            check(r == "ok" if want == "ok" else r in ("OSError", "TypeError", "ValueError"),
                kind, want, i, r)
            conn.close()
end()
