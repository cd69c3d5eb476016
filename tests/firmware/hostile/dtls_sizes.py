# Writes and reads of every size over DTLS: too large a write is refused and changes nothing, a
# small read loses no memory.
from common import *

if "DTLS" not in KINDS:
    print("SKIP")
    raise SystemExit

for n in (1, 2, 100, 1000, 1200, 1400, 1500, 2000, 4000, 16383, 16384, 16385, 20000, 65535, 65536,
    100000, 1 << 20):
    conn = connect("DTLS")
    data = bytes(n)
    r = outcome(conn.c.write, data)
    if r == n:
        got = outcome(conn.s.read, n)
        check(got == data, n, "arrives", got if isinstance(got, str) else got and len(got))
    else:
        check(isinstance(r, str) and r.startswith("OSError"), n, r)
        check(n > 1000, n, "is refused")
    for sock, peer in ((conn.c, conn.s), (conn.s, conn.c)):
        r = outcome(sock.write, b"goes on")
        got = outcome(peer.read, 7)
        check(r == 7 and got == b"goes on", n, "afterwards", r, got)
    conn.close()

# Datagrams below that are larger than any record, empty, or cut.
conn = connect("DTLS")
for data in (b"", b"\x17", bytes(13), bytes(70000), b"\x17\xfe\xfd" + bytes(10),
    b"\x17\xfe\xfd" + bytes(8) + b"\xff\xff" + bytes(1000), b"\x16\xfe\xfd" + bytes(8) + b"\0\x0c"
    + b"\x01\xff\xff\xff" + bytes(8), b"\x2f" + bytes(50), b"\x3f" + bytes(50)):
    conn.a.queue.append(data)
    r = outcome(conn.s.read, 1)
    check(r is None or r == "OSError", data[:14], r)
conn.c.write(b"through")
check(outcome(conn.s.read, 7) == b"through", "garbage")
conn.close()
end()
