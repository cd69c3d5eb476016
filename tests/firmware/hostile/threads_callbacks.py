# Callbacks of sockets in two threads that wait for each other and change the contexts of both: no
# deadlock.
from common import *

try:
    import _thread
    import time
except ImportError:
    print("SKIP")
    raise SystemExit


def work(cc, sc, kind, state):
    try:
        conn = Connection(cc, sc, kind)
        state[0] = conn.run()
    except BaseException as er:
        state[0] = repr(er)


def main():
    for kind in CERT_KINDS:
        cc, sc = contexts(kind)
        arrived = [0]
        lock = _thread.allocate_lock()
        states = [[None], [None]]

        # Each waits in its callback until the other is in its own, then changes the contexts.
        def verify(cert, depth):
            if depth == 0:
                with lock:
                    arrived[0] += 1
                until = time.time() + 8
                while arrived[0] < 2 and time.time() < until:
                    time.sleep(0.001)
                a, b = ends(kind == "DTLS")
                cc.wrap_socket(a, server_hostname="localhost",
                    do_handshake_on_connect=False).close()
                cc.load_verify_locations(cadata=ca)
                sc.load_cert_chain(server, server_key)
            return 0

        cc.verify_callback = verify
        for state in states:
            _thread.start_new_thread(work, (cc, sc, kind, state))
        until = time.time() + 20
        while any(s[0] is None for s in states) and time.time() < until:
            time.sleep(0.005)
        for i, state in enumerate(states):
            check(state[0] == "ok", kind, i, state[0])
        check(arrived[0] == 2, kind, arrived)


main()
end()
