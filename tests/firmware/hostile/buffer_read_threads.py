# One thread fills a bytearray from a session, over and over, that another one resizes.
from common import *

try:
    import _thread
    import time
except ImportError:
    print("SKIP")
    raise SystemExit


class Slow(End):
    def readinto(self, buf):
        time.sleep(0.0005)
        return End.readinto(self, buf)


def resize(holder, stop, done):
    n = 0
    while not stop[0]:
        n += 1
        holder[0] = bytearray(3000)
        time.sleep(0.0003)
        holder[0].extend(bytes(8000))
        victims = [bytearray(3000) for _ in range(5)]
        time.sleep(0.0003)
        for v in victims:
            if b"AAAA" in v:
                stop.append("somebody else's memory was written")
        victims = None
    done[0] = True


def main():
    conn = connect()
    slow = Slow()
    slow.other = conn.b
    conn.b.other = slow
    holder = [bytearray(3000)]
    stop = [False]
    done = [False]
    _thread.start_new_thread(resize, (holder, stop, done))
    data = b"A" * 3000
    for _ in range(60):
        conn.s.write(data)
        buf = holder[0]
        check(outcome(conn.c.readinto, buf) in (3000, "OSError 16"), "readinto")
    stop[0] = True
    until = time.time() + 20
    while not done[0] and time.time() < until:
        time.sleep(0.01)
    check(len(stop) == 1, stop)


main()
end()
