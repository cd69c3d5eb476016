# Everything of MicroPython that uses a stream, on a session: print, json, readline, with, for,
# BufferedWriter, select.
from common import *

conn = connect()
ERRORS = ("OSError", "TypeError", "ValueError", "AttributeError", "StopIteration",
    "NotImplementedError", "SyntaxError", "MemoryError")


def attack(sock, peer):
    while peer.read(1000):
        pass
    print("printed", 5, end="\n", file=sock)
    check(peer.readline() == b"printed 5\n", "print")
    try:
        import json

        json.dump({"a": [1, 2, None]}, sock)
        check(peer.read(100) == b'{"a": [1, 2, null]}', "json")
        peer.write(b'{"b": 1}')
        outcome(json.load, sock)
    except ImportError:
        pass
    if hasattr(io, "BufferedWriter"):
        w = io.BufferedWriter(sock, 8)
        w.write(b"0123456789")
        w.flush()
        check(peer.read(10) == b"0123456789", "BufferedWriter")
    sys.print_exception(ValueError("x"), sock)
    check(b"ValueError" in (peer.read(1000) or b""), "print_exception")
    for f in (
        lambda: sock.__enter__(), lambda: sock.__exit__(None, None, None), lambda: next(sock),
        lambda: iter(sock), lambda: len(sock),
        lambda: sock[0], lambda: sock.seek(0), lambda: sock.tell(), lambda: sock.flush(),
        lambda: sock.fileno(), lambda: sock + sock,
        lambda: hash(sock), lambda: bytes(sock), lambda: memoryview(sock), lambda: bytearray(sock),
        lambda: list(sock),
        lambda: io.BytesIO(sock), lambda: io.TextIOWrapper(sock), lambda: exec(sock),
        lambda: sock(), lambda: sys.stdout.write(sock),
        lambda: wolfssl.SSLContext(0).load_verify_locations(cadata=sock), lambda: sock.write(sock),
        lambda: sock.readinto(sock),
    ):
        r = outcome(f)
        check(not isinstance(r, str) or r.split()[0] in ERRORS, f, r)
    try:
        import deflate

        peer.write(bytes(100))
        outcome(lambda: deflate.DeflateIO(sock, deflate.ZLIB).read(10))
    except ImportError:
        pass


attack(conn.c, conn.s)
attack(conn.s, conn.c)
conn.c.close()
for f in (lambda: print("x", file=conn.c), lambda: sys.print_exception(ValueError(), conn.c)):
    r = outcome(f)
    check(r is None or r == "OSError 9", "closed", r)

# Arguments of the stream methods.
conn = connect()
buf = bytearray(10)
VALUES = (None, -1, -2, 0, 1 << 31, 1 << 62, 1 << 70, -(1 << 70), 1.5, "x", b"x", [], object(),
    memoryview(bytearray(3)), True)
for name in ("read", "readinto", "readline", "write", "recv", "recv_into", "send", "sendall",
    "setblocking"):
    method = getattr(conn.c, name, None)
    if not method:
        continue
    for first in VALUES:
        r = outcome(method, first)
        check(not isinstance(r, str) or r.split()[0] in ERRORS + ("OverflowError",),
            name, first, r)
        for second in VALUES:
            r = outcome(method, buf, second)
            check(not isinstance(r, str) or r.split()[0] in ERRORS + ("OverflowError",),
                name, second, r)
            outcome(method, b"data", second, first)
    outcome(conn.s.read, 100000)
check(outcome(conn.close) is None, "close")
end()
