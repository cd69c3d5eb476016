# Connections to a server that staples OCSP responses, one after the other, all of which must be
# refused; or one and the same, while each allocation fails in turn.
#
# Usage: tls_ocsp.py HOST PORT CAFILE COUNT     prints how many were refused and accepted
#        tls_ocsp.py HOST PORT CAFILE good|bad  needs the module allocfail: prints "done", and
#                                               whatever is not as it must be before that

import sys

try:
    import gc
    import socket
    import wolfssl

    wolfssl.OCSP_REQUIRED
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

if len(sys.argv) != 5:
    print("SKIP")
    raise SystemExit

host, port, cafile, what = sys.argv[1:]
ENOMEM = 12
STATUS = (-360, -361, -406)  # revoked, unknown, invalid
address = socket.getaddrinfo(host, int(port))[0][-1]
with open(cafile, "rb") as f:
    ca = f.read()


def new_context():
    ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = wolfssl.CERT_REQUIRED
    ctx.load_verify_locations(cadata=ca)
    ctx.ocsp = wolfssl.OCSP_REQUIRED
    return ctx


def connect(make):
    s = socket.socket()
    try:
        s.connect(address)
        ss = make().wrap_socket(s, server_hostname="localhost")
        try:
            ss.write(b"ping\n")
            assert ss.readline() == b"ping\n"
        finally:
            ss.close()
    finally:
        s.close()


def refused(count):
    ctx = new_context()
    n = 0
    for _ in range(count):
        try:
            connect(lambda: ctx)
        except OSError as er:
            assert er.args[0] in STATUS, er.args
            n += 1
    print("refused", n, "accepted", count - n)


def attempt(allocfail, kind, n, times):
    def make():
        allocfail.arm(kind, n, times)
        return new_context()

    wrong = None
    try:
        connect(make)
        if what == "bad":
            wrong = "accepted"
    except MemoryError:
        pass
    except OSError as er:
        no_number = er.errno is None and kind == allocfail.HEAP and times > 2
        if er.errno != ENOMEM and not no_number and (what != "bad" or er.errno not in STATUS):
            wrong = repr(er)
    return allocfail.disarm(), wrong


def sweep(allocfail):
    def live():
        gc.collect()
        return allocfail.live() + gc.mem_alloc()

    for kind in (allocfail.LIBC, allocfail.HEAP):
        for times in (1, 2, 1 << 30):
            n = 0
            while True:
                was = live()
                failed, wrong = attempt(allocfail, kind, n, times)
                leak = live() - was
                runs = 1
                # A stale pointer on the stack is no leak.
                while wrong is None and leak > 0 and live() - was >= runs * leak:
                    if runs > 30:
                        wrong = "leak of %d" % leak
                        break
                    runs += 1
                    attempt(allocfail, kind, n, times)
                if wrong:
                    print("kind", kind, "times", times, "position", n, wrong)
                if not failed:
                    break
                n += 1
            print("# kind", kind, "times", times, "positions", n)
    print("done")


if what in ("good", "bad"):
    import allocfail

    sweep(allocfail)
else:
    refused(int(what))
