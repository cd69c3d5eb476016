# The stream's setsockopt and setblocking, which TLS calls, close, read, raise, free and return
# nonsense.
from common import *


class Socket(End):
    def setsockopt(self, *args):
        return self.act("setsockopt", args)

    def setblocking(self, flag):
        return self.act("setblocking", flag)


for kind in KINDS:
    for number in range(9):
        cc, sc = contexts(kind)
        dtls = kind == "DTLS"
        a, b = Socket(dtls), Socket(dtls)
        a.other, b.other = b, a
        conn = Connection(cc, sc, kind)
        conn.c = cc.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
        s = serve(sc, b, kind)
        if dtls and DTLS_PROVES:
            a.act = b.act = lambda what, arg: None
            conn.c.read(1)
            s.read(1)
        conn.s = s.sock

        def act(what, arg):
            sock = conn.s
            if number == 0:
                outcome(sock.close)
            elif number == 1:
                outcome(sock.read, 1)
            elif number == 2:
                outcome(sock.write, b"x")
            elif number == 3 and HAS_DEL:
                outcome(sock.__del__)
                sc.__del__()
            elif number == 4:
                raise OSError(92)
            elif number == 5:
                raise KeyError
            elif number == 6:
                return "nonsense"
            elif number == 7:
                sc.load_cert_chain(other_cert, other_key)
                trample(500, 20)
            elif number == 8:
                raise MemoryError

        a.act = b.act = act
        r = outcome(conn.run)
        # What is written in between comes before the rest.
        check(r == "ok" or number in (1, 2) or (number == 0 and r.startswith("OSError")),
            kind, number, r)
        for flag in (True, False, None, 5):
            r = outcome(conn.s.setblocking, flag)
            check(r in (None, "nonsense", "OSError 92", "KeyError", "MemoryError", "OSError 9"),
                kind, number, r)
        a.act = b.act = lambda what, arg: None
        outcome(conn.close)
        a.act = b.act = None

# One that is taken away while it is used.
conn = connect()
check(outcome(conn.c.setblocking, True) == "AttributeError", "no setblocking")
conn.close()
end()
