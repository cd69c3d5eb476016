# A handshake at every depth of recursion in a thread, whose stack is small: RuntimeError where it
# ends, no crash.
from common import *

try:
    import _thread
    import time
except ImportError:
    print("SKIP")
    raise SystemExit

results = []


def handshake(cc, sc):
    conn = Connection(cc, sc)
    r = conn.run()
    conn.close()
    return r


def deep(n, cc, sc):
    if n > 0:
        return deep(n - 1, cc, sc)
    return handshake(cc, sc)


def work(done, cc, sc):
    try:
        low = 0
        r = "ok"
        for depth in range(0, 400, 4):
            r = outcome(deep, depth, cc, sc)
            if r != "ok":
                break
        # Just below the end, in small steps.
        for near in range(max(0, depth - 8), depth + 3):
            results.append(outcome(deep, near, cc, sc))
        done[0] = r
    except BaseException as er:
        done[0] = repr(er)


def main():
    for kind in ("TLSv1.3", "TLSv1.2"):
        cc, sc = contexts(kind)
        done = [None]
        _thread.start_new_thread(work, (done, cc, sc))
        until = time.time() + 60
        while done[0] is None and time.time() < until:
            time.sleep(0.01)
        check(done[0] == "RuntimeError", kind, done[0])
        check(set(results) <= {"ok", "RuntimeError"}, kind, set(results))


main()
end()
