# What is the deepest that handshakes reach into the stack, at the end of a recursion that leaves them
# as little as is accepted? The test puts before this the address of stack_top, which MicroPython's
# stack_limit follows.

import machine
import ssl
from micropython import stack_use

from pipes import pipes
from testkeys import ca, client_cert, client_key, server, server_key

PAINT = 0x5AA5C33C
mem = machine.mem32
top, limit = mem[state], mem[state + 4]
low = (top - limit - 4096) & ~3


def paint():
    end = top - stack_use() - 700  # not what runs now
    for address in range(low, end, 4):
        mem[address] = PAINT


def deepest():
    for address in range(low, top, 4):
        if mem[address] != PAINT:
            return top - address


def pair(version):
    a, b = pipes()
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.verify_mode = ssl.CERT_REQUIRED
    c.load_verify_locations(cadata=ca)
    c.load_cert_chain(client_cert, client_key)
    c.maximum_version = version
    s = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    s.verify_mode = ssl.CERT_REQUIRED
    s.load_verify_locations(cadata=ca)
    s.load_cert_chain(server, server_key)
    return (
        c.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False),
        s.wrap_socket(b, server_side=True, do_handshake_on_connect=False),
    )


# Leave less and less of the stack, as long as the handshake is done.
def step(n, sock, data):
    if n:
        return step(n - 1, sock, data)
    global left
    left = limit - stack_use()
    return sock.write(data)


def exchange(n, c, s):
    sent = 0
    for _ in range(20):
        for sock in (c, s):
            sent += step(n, sock, b"x") or 0
        if sent >= 2:
            break
    return c.read(1), s.read(1)


def handshakes(version):
    n = (limit - 5000) // 270  # about what a step takes
    done = 0
    most = 0
    while True:
        c, s = pair(version)
        paint()
        try:
            got = exchange(n, c, s)
        except RuntimeError:
            return done, most, room
        if got != (b"x", b"x") or c.version() != s.version():
            raise ValueError
        done += 1
        most = max(most, deepest())
        room = left
        n += 1


from wolfssl import TLSVersion

for version in (TLSVersion.TLSv1_2, TLSVersion.TLSv1_3):
    print(limit, *handshakes(version))
