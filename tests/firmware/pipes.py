# Two streams that are each other's other end, in memory. The scripts beside this file import it.

import io


class Pipe(io.IOBase):
    def __init__(self):
        self.data = b""
        self.closed = False
        self.writes = 0

    def readinto(self, buf):
        data = self.other.data
        if not data:
            return 0 if self.other.closed else None
        n = min(len(buf), len(data))
        buf[:n] = data[:n]
        self.other.data = data[n:]
        return n

    def write(self, buf):
        self.data += bytes(buf)
        self.writes += 1
        return len(buf)

    def ioctl(self, request, arg):
        if request == 3:  # poll
            readable = self.other.data or self.other.closed
            return arg & (5 if readable else 4)
        if request == 4:  # close
            self.closed = True
        return 0


def pipes():
    a = Pipe()
    b = Pipe()
    a.other = b
    b.other = a
    return a, b
