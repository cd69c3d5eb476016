# A stream that overwrites what it is given to write, once it has copied it, and everything that it
# has to fill.
from common import *

for kind in KINDS:
    conn = Connection(*contexts(kind), kind)

    def hook(end, what, n, arg):
        if what == "write":
            end.queue.append(bytes(arg))
            for i in range(len(arg)):
                arg[i] = 0xAA
            return (len(arg),)
        if what == "read":
            for i in range(len(arg)):
                arg[i] = 0xAA

    conn.a.hook = conn.b.hook = hook
    r = outcome(conn.run)
    check(r in ("ok", "OSError"), kind, r)
    outcome(conn.close)
end()
