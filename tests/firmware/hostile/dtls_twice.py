# Every datagram of a handshake arrives twice, or each one again after the next, as may happen on a
# network: the handshake still succeeds, and the data after it arrives.
from common import *


class Twice(End):
    def write(self, buf):
        End.write(self, buf)
        return End.write(self, buf)


class Late(End):
    last = None

    def write(self, buf):
        n = End.write(self, buf)
        if self.last:
            End.write(self, self.last)
        self.last = bytes(buf)
        return n


def duplicated(kind):
    cc, sc = contexts("DTLS")
    a, b = kind(True), kind(True)
    a.other, b.other = b, a
    c = cc.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = Server(lambda: sc.wrap_socket(b, server_side=True, do_handshake_on_connect=False,
        client_id=b"peer"))
    sent = got = None
    for i in range(100):
        if not sent:
            sent = c.write(b"ping")
        if sent:
            c.read(1)
        got = s.read(4) or got
        if got:
            break
    check(got == b"ping", kind.__name__, sent, got)


for kind in (Twice, Late):
    try:
        duplicated(kind)
    except OSError as er:
        check(False, kind.__name__, er)
end()
