# A slow stream that blocks, times out and takes a few bytes; after each None or ETIMEDOUT another
# buffer of another size is written. What was taken arrives, byte for byte, and nothing else.
from common import *

seed = 5


def random(n):
    global seed
    seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
    return (seed >> 8) % n


# Take what arrived off the list of what was sent: pairs of byte and count.
def compare(part, sent):
    pos = 0
    while pos < len(part):
        if not sent:
            return False
        byte, count = sent[0]
        n = min(count, len(part) - pos)
        if part[pos : pos + n] != bytes([byte]) * n:
            return False
        pos += n
        if n == count:
            sent.pop(0)
        else:
            sent[0] = (byte, count - n)
    return True


for kind in KINDS:
    for how in ("blocks", "times out", "takes little", "all of it"):
        conn = connect(kind)
        room = [0]
        calls = [0]

        def hook(end, what, n, arg):
            if what == "ioctl" and arg[0] == 3:
                return (arg[1] & (4 if room[0] else 0)
                    | (1 if arg[1] & 1 and end.other.queue else 0),)
            if what != "write":
                return
            size = len(arg)
            mood = how if how != "all of it" else ("blocks", "times out",
                "takes little")[random(3)]
            if random(3) == 0:
                return
            if mood == "times out":
                return (-110,)
            if mood == "blocks" or end.dtls:
                return (None,)
            size = 1 + random(min(size, 2000))
            end.queue.append(bytes(arg[:size]))
            return (size,)

        conn.a.hook = hook
        sent = []
        good = True
        number = 0
        for i in range(80):
            number = (number + 1) % 250
            size = (1, 17, 500, 1000)[random(4)] if kind == "DTLS" else (1, 17, 500, 3000, 16384,
                20000, 40000)[random(7)]
            buf = bytearray(bytes([number]) * size)
            try:
                n = conn.c.write(buf)
            except OSError as er:
                n = None
                check(er.args[0] == 110, kind, how, repr(er))
                if er.args[0] != 110:
                    break
            # The buffer belongs to the program again.
            for j in range(0, size, 50):
                buf[j] = 0xFF
            if n:
                sent.append((number, n))
            if random(2):
                good = compare(outcome(conn.s.read, 5000) or b"", sent) and good
            if random(5) == 0:
                outcome(conn.c.read, 1)
        # What waits goes out with the last calls.
        conn.a.hook = None
        for _ in range(5):
            outcome(conn.c.read, 1)
        check(outcome(conn.c.write, b"eee") == 3, kind, how, "end")
        sent.append((ord("e"), 3))
        conn.c.close()
        while True:
            part = outcome(conn.s.read, 5000)
            if not isinstance(part, bytes) or not part:
                break
            good = compare(part, sent) and good
        check(good and not sent, kind, how, good, sent[:1], part)
        conn.s.close()
end()
