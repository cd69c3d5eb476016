# Host names that are made up at run time and dropped at once, while the handshake takes its time.
from common import *


def make(text):
    return "".join([c for c in text])


for kind in CERT_KINDS:
    for name, want in (("localhost", "ok"), ("www.example.com", "ok"), ("127.0.0.1", "ok"),
        ("localhos", "OSError"), ("wwwhost", "OSError"), ("xlocalhost", "OSError"),
        ("a.b.example.com", "OSError"), ("127.0.0.2", "OSError"), ("l", "OSError")):
        cc, sc = contexts(kind)
        conn = Connection(cc, sc, kind, make(name))

        def between(i):
            # Memory that held the name is used again, for the right one.
            gc.collect()
            for _ in range(50):
                make("localhost")

        r = outcome(conn.run, between)
        check(r == want, kind, name, r)
        outcome(conn.close)
end()
