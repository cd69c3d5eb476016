# What a peer sends in a handshake, changed in one place at random, cut, doubled, reordered: an
# error, or nothing changed.
from common import *

seed = 3


def random(n):
    global seed
    seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
    return (seed >> 8) % n


for kind in KINDS:
    for mutual in (False, True):
        if mutual and kind == "PSK":
            continue
        cc, sc = contexts(kind, mutual)
        for i in range(40):
            conn = Connection(cc, sc, kind)
            when = random(6)
            how = random(6)

            def hook(end, what, n, arg):
                if what != "write" or n < when:
                    return
                data = bytearray(arg)
                if how == 0:
                    data[random(len(data))] ^= 1 << random(8)
                elif how == 1:
                    data = data[: random(len(data))]
                elif how == 2:
                    data = data + data
                elif how == 3:
                    n = random(len(data))
                    data = data[:n] + bytes([random(256)]) * random(20) + data[n:]
                elif how == 4:
                    for _ in range(3):
                        data[random(min(len(data), 100))] = (0, 0xFF)[random(2)]
                elif how == 5:
                    end.queue.append(bytes(data))
                    data = bytearray(end.queue.pop(0))
                end.queue.append(bytes(data))
                return (len(arg),)

            (conn.a, conn.b)[random(2)].hook = hook
            r = outcome(conn.run, None, 8)
            check(r in ("ok", "no end", "OSError", "ValueError") or r == "OSError 12", kind,
                mutual, i, how, r)
            check(r != "ValueError", kind, mutual, i, how, "other bytes arrived", conn.got)
            conn.a.hook = conn.b.hook = None
            check(outcome(conn.close) is None, kind, mutual, i, "close")
end()
