# A thread waits in read() of a blocking TCP socket for an answer to what another thread has yet to
# write to it.
from common import *

try:
    import _thread
    import socket
    import time
except ImportError:
    print("SKIP")
    raise SystemExit

ROUNDS = 20


def serve(sc, b, state):
    try:
        s = sc.wrap_socket(b, server_side=True)
        for _ in range(ROUNDS):
            request = s.read(10)
            s.write(bytes(reversed(request)))
        s.close()
        state[0] = "done"
    except BaseException as er:
        state[0] = "serve " + repr(er)


def read(c, asked, state):
    try:
        for i in range(ROUNDS):
            # Nothing has been requested yet: the reply comes when the other thread has done that.
            asked[1] = i
            answer = c.read(10)
            if bytes(reversed(answer)) != b"%010d" % i:
                raise ValueError(answer)
        state[0] = "done"
    except BaseException as er:
        state[0] = "read " + repr(er)


def write(c, asked, state):
    try:
        for i in range(ROUNDS):
            while asked[1] < i and state[0] is None:
                time.sleep(0.001)
            time.sleep(0.005)  # the other one waits in the stream now
            c.write(b"%010d" % i)
        state[0] = "done"
    except BaseException as er:
        state[0] = "write " + repr(er)


def main():
    for kind in ("TLSv1.3", "TLSv1.2"):
        cc, sc = contexts(kind)
        a, b = tcp_pair()
        states = [[None], [None], [None]]
        _thread.start_new_thread(serve, (sc, b, states[0]))
        c = cc.wrap_socket(a, server_hostname="localhost")
        asked = [0, -1]
        _thread.start_new_thread(read, (c, asked, states[1]))
        _thread.start_new_thread(write, (c, asked, states[2]))
        until = time.time() + 12
        while any(s[0] is None for s in states) and time.time() < until:
            time.sleep(0.005)
        for i, state in enumerate(states):
            check(state[0] == "done", kind, i, state[0])
        if failures:
            # Threads that wait forever would keep the program from ending.
            return
        c.close()


main()
end()
