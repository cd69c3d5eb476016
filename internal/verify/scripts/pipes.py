# Two streams, or two ends for datagrams, that are each other's other end, in memory. The scripts
# beside this file import it.

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


def joined(a, b):
    a.other = b
    b.other = a
    return a, b


def pipes():
    return joined(Pipe(), Pipe())


class Datagrams(io.IOBase):
    def __init__(self):
        self.queue = []
        self.sent = []  # everything, for replays
        self.lose = ()  # which datagrams get lost

    def readinto(self, buf):
        queue = self.other.queue
        if not queue:
            return None
        data = queue.pop(0)
        n = min(len(buf), len(data))
        buf[:n] = data[:n]
        return n

    def write(self, buf):
        self.sent.append(bytes(buf))
        if len(self.sent) - 1 not in self.lose:
            self.queue.append(bytes(buf))
        return len(buf)

    def ioctl(self, request, arg):
        return arg if request == 3 else 0


def datagrams():
    return joined(Datagrams(), Datagrams())


# A DTLS server: wrap() makes its socket, anew once the client was asked to prove its address
# (MicroPython 1.26 and later).
class DatagramServer:
    def __init__(self, wrap):
        self.wrap = wrap
        self.sock = wrap()

    def read(self, n):
        try:
            return self.sock.read(n)
        except OSError as er:
            if er.args[0] != -27264:  # MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED
                raise
            self.sock = self.wrap()

    def write(self, buf):
        return self.sock.write(buf)

    def cipher(self):
        return self.sock.cipher()

    def getpeercert(self, binary):
        return self.sock.getpeercert(binary)

    def close(self):
        self.sock.close()
