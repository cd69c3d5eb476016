# A session as the terminal: what is printed goes through TLS, also what its own stream prints, and its errors.
from common import *

try:
    from os import dupterm
except ImportError:
    print("SKIP")
    raise SystemExit

for number in range(6):
    conn = connect()
    count = [0]

    def hook(end, what, n, arg):
        count[0] += 1
        if count[0] > 200:
            return (None,) if what != "ioctl" else (0,)
        if number == 1 and what == "write":
            print("", end="")
        elif number == 2 and what == "write":
            raise ValueError
        elif number == 3 and what == "write":
            return (None,)
        elif number == 4 and what == "write":
            return (-5,)
        elif number == 5 and what == "write":
            outcome(conn.c.close)

    conn.a.hook = hook
    # The text goes to stdout too: it is empty but for blanks, which are looked for on the other side.
    old = outcome(dupterm, conn.c)
    if isinstance(old, str):
        break
    r = outcome(print, "", end="")
    outcome(sys.stdout.write, "")
    outcome(dupterm, None)
    check(r is None, number, r)
    conn.a.hook = None
    outcome(conn.s.read, 100)
    check(outcome(conn.close) is None or number == 5, number, "close")
end()
