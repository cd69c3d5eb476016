# A stream that gives and takes one byte at a time, nothing now and then, or random counts: all
# arrives as it was sent.
from common import *

seed = 1


def random(n):
    global seed
    seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
    return (seed >> 8) % n


def take(how, size):
    if how == "one":
        return 1
    if how == "none":
        return 1 if random(2) else None
    if how == "zero":
        return min(size, 1 + random(3)) if random(2) else 0
    return min(size, random(300) + 1) if random(4) else None


for kind in ("TLSv1.3", "TLSv1.2"):
    for how in ("one", "none", "random", "zero"):
        conn = Connection(*contexts(kind), kind)

        def hook(end, what, n, arg):
            if what == "ioctl":
                return
            n = take(how, len(arg))
            if what == "write":
                if n:
                    end.queue.append(bytes(arg[:n]))
                return (n,)
            if not end.other.queue:
                return (None,)
            if not n:
                return (None,)
            data = end.other.queue[0]
            n = min(n, len(data), len(arg))
            arg[:n] = data[:n]
            if n == len(data):
                end.other.queue.pop(0)
            else:
                end.other.queue[0] = data[n:]
            return (n,)

        conn.a.hook = conn.b.hook = hook
        r = outcome(conn.run, None, 20000)
        check(r == "ok", kind, how, r)
        if r == "ok":
            data = bytes(range(256)) * 4
            sent = 0
            got = b""
            for _ in range(30000):
                if sent < len(data):
                    sent += conn.c.write(data[sent : sent + 200]) or 0
                conn.c.read(1)  # with which goes out what the stream hasn't taken yet
                got += conn.s.read(100) or b""
                if len(got) == len(data):
                    break
            check(got == data, kind, how, sent, len(got))
        conn.a.hook = conn.b.hook = None
        conn.close()
end()
