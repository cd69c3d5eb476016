# The client's messages that are held back: their writing fails, is cut, blocks and raises, at
# read, write, poll and close.
from common import *

try:
    import select
except ImportError:
    print("SKIP")
    raise SystemExit


def poll(sock):
    p = select.poll()
    p.register(sock, 5)
    return p.poll(0)


ANSWERS = (None, 0, 1, -5, -11, -110, "cut", "raise", "interrupt", 1 << 20)
TRIGGERS = (lambda c: c.read(1), lambda c: c.write(b"x"), poll, lambda c: c.close(),
    lambda c: c.readline())

for kind in KINDS:
    for steps in range(3):
        for answer in ANSWERS:
            for trigger in TRIGGERS:
                conn = Connection(*contexts(kind), kind)
                for _ in range(steps):
                    conn.step()
                conn.client_step() if steps % 2 else conn.c.write(b"c")
                left = [3]

                def hook(end, what, n, arg):
                    if what == "write" and left[0]:
                        left[0] -= 1
                        if answer == "cut":
                            n = max(1, len(arg) // 3) if not end.dtls else len(arg)
                            end.queue.append(bytes(arg[:n]))
                            return (n,)
                        if answer == "raise":
                            raise KeyError
                        if answer == "interrupt":
                            raise KeyboardInterrupt
                        if answer == 1 and not end.dtls:
                            end.queue.append(bytes(arg[:1]))
                        return (answer,)

                conn.a.hook = hook
                for _ in range(4):
                    r = outcome(trigger, conn.c)
                    if r == b"s":
                        conn.got[0] = r
                    ok = not isinstance(r, str) or r.split()[0] in ("OSError", "KeyError",
                        "KeyboardInterrupt")
                    check(ok, kind, steps, answer, r)
                    outcome(conn.server_step)
                conn.a.hook = None
                # Nothing that was sent twice or lost is taken for data.
                if answer in (None, "cut", 1, "raise", "interrupt", -11,
                    -110) and trigger is not TRIGGERS[3]:
                    conn.got[1] = conn.got[1] or None
                    r = outcome(conn.run)
                    check(r in ("ok",) or kind == "DTLS" or trigger is TRIGGERS[1], kind, steps,
                        answer, TRIGGERS.index(trigger), "afterwards", r)
                outcome(conn.close)
end()
