# Sessions on sessions, hundreds deep, on the main stack and on a thread's small one: RuntimeError
# where it ends, no crash.
from common import *


def tower(n):
    cc = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
    a, b = ends()
    sock = a
    for _ in range(n):
        sock = cc.wrap_socket(sock, server_hostname="localhost", do_handshake_on_connect=False)
    return sock


ERRORS = ("RuntimeError", "OSError", "MemoryError")


def attack(n):
    for f in (lambda s: s.read(1), lambda s: s.write(b"x"), lambda s: s.readline(),
        lambda s: s.ioctl(3, 5) if hasattr(s, "ioctl") else None,
        lambda s: s.setblocking(False), lambda s: s.close()):
        r = outcome(f, tower(n))
        check(not isinstance(r, str) or r.split()[0] in ERRORS + ("AttributeError",), n, r)


def thread(done):
    try:
        for n in (1, 5, 20, 600):
            attack(n)
        done[0] = "done"
    except BaseException as er:
        done[0] = repr(er)


for n in (1, 10, 100, 600):
    attack(n)

try:
    import _thread
    import time

    def main():
        # Enough for what a sanitizer needs, and too little for 600.
        _thread.stack_size(256 * 1024)
        done = [None]
        _thread.start_new_thread(thread, (done,))
        until = time.time() + 30
        while done[0] is None and time.time() < until:
            time.sleep(0.01)
        check(done[0] == "done", "thread", done[0])

    main()
except ImportError:
    pass
end()
