# verify_mode changed after wrap_socket, between the steps and from the stream: who was to be
# verified is.
from common import *

for kind in CERT_KINDS:
    for before, after, want in (
        (wolfssl.CERT_REQUIRED, wolfssl.CERT_NONE, "OSError"),
        (wolfssl.CERT_REQUIRED, wolfssl.CERT_OPTIONAL, "OSError"),
        (wolfssl.CERT_NONE, wolfssl.CERT_REQUIRED, "ok"),
    ):
        for when in range(6):
            for from_stream in (False, True):
                cc, sc = contexts(kind)
                sc.load_cert_chain(other_cert, other_key)  # which the client doesn't trust
                cc.verify_mode = before
                conn = Connection(cc, sc, kind)

                def change(i):
                    if i == when:
                        cc.verify_mode = after

                if from_stream:
                    conn.a.hook = lambda end, what, n, arg: change(n)
                    r = outcome(conn.run)
                else:
                    r = outcome(conn.run, change)
                check(r == want, kind, before, after, when, from_stream, r)
                conn.close()
end()
