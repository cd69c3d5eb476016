# A peer that floods either end, before and in the handshake, with empty records, alerts,
# ChangeCipherSpecs and headers.
from common import *

import time

FLOODS = (
    b"\x16\x03\x03\x00\x00",
    b"\x15\x03\x03\x00\x02\x01\x5a",  # a warning
    b"\x15\x03\x03\x00\x02\x01\x00",  # close_notify
    b"\x15\x03\x03\x00\x00",
    b"\x14\x03\x03\x00\x01\x01",
    b"\x14\x03\x03\x00\x00",
    b"\x17\x03\x03\x00\x00",
    b"\x17\x03\x03\x00\x01x",
    b"\x18\x03\x03\x00\x03\x01\xff\xff",  # a heartbeat
    b"\x16\x03\x01\x00\x04\x00\x00\x00\x00",  # HelloRequest
    b"\x16\x03\x03\xff\xff" + bytes(1000),
    b"\x16\x03\x03\x00\x01\x01",
    b"\x16\x03\x03\x00\x04\x01\xff\xff\xff" + b"\x16\x03\x03\x00\x40" + bytes(64),
    b"\x80\x2e\x01\x00\x02" + bytes(50),
    bytes(100),
    b"GET / HTTP/1.0\r\n",
)

for kind in KINDS:
    for side in (0, 1):
        for steps in (0, 1, 2, 8):
            for flood in FLOODS:
                if kind == "DTLS":
                    flood = flood[:1] + b"\xfe\xfd" + bytes(8) + flood[3:]
                conn = Connection(*contexts(kind), kind)
                for _ in range(steps):
                    outcome(conn.step)
                sock, queue = (conn.c, conn.b.queue) if side == 0 else (conn.s, conn.a.queue)
                queue.extend([flood] * 300)
                start = time.time()
                for _ in range(320):
                    r = outcome(sock.read, 1)
                    if isinstance(r, str) or not queue:
                        break
                # All was read, or it was too much; and not one byte of it was taken for data.
                check(r in (None, b"", "OSError"), kind, side, steps, flood[:6], r)
                check(time.time() - start < 5, kind, side, steps, flood[:6], "takes long")
                outcome(sock.write, b"x")
                check(outcome(conn.close) is None, kind, side, steps, "close")
end()
