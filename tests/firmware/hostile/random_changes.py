# Everything that can be done to contexts and sockets, in random order, from anywhere: nothing
# crashes, bytes stay bytes.
from common import *

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 11


def random(n):
    global seed
    seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
    return (seed >> 8) % n


def callback(*args):
    if random(4) == 0:
        act()
    return 0


def sign(*args):
    if random(4) == 0:
        act()


def keys_get(self, identity):
    if random(4) == 0:
        act()
    return KEY


class Keys:
    get = keys_get


conns = []
ctxs = []
kinds = []
depth = [0]


def hook(end, what, n, arg):
    if random(30) == 0:
        act()
    elif random(100) == 0:
        return (None,) if what != "ioctl" else (0,)
    elif random(300) == 0:
        raise ValueError


def act():
    if depth[0] > 2:
        return
    depth[0] += 1
    try:
        outcome(ACTIONS[random(len(ACTIONS))])
    finally:
        depth[0] -= 1


def pick():
    return conns[random(len(conns))] if conns else None


def new():
    i = random(len(ctxs))
    conn = Connection(ctxs[i][0], ctxs[i][1], kinds[i])
    conn.a.hook = conn.b.hook = hook
    conns.append(conn)
    if len(conns) > 8:
        conns.pop(random(4))


def ctx():
    return ctxs[random(len(ctxs))][random(2)]


def renew():
    i = random(len(ctxs))
    ctxs[i] = contexts(kinds[i])


def step():
    conn = pick()
    conn.step()
    check(conn.got[0] in (None, b"", b"s") and conn.got[1] in (None, b"", b"c"), conn.got)


ACTIONS = [
    new, new, step, step, step, step, step, step, gc.collect, renew,
    lambda: pick().c.close(),
    lambda: pick().s.close(),
    lambda: pick().c.read(10),
    lambda: pick().s.readline(),
    lambda: pick().c.cipher(),
    lambda: pick().s.getpeercert(True),
    lambda: pick().c.ioctl(3, 5),
    lambda: ctx().load_cert_chain(server, server_key),
    lambda: ctx().load_cert_chain(other_cert, other_key),
    lambda: ctx().load_cert_chain(server, other_key),
    lambda: ctx().load_verify_locations(cadata=ca),
    lambda: ctx().load_verify_locations(cadata=b"x"),
    lambda: ctx().set_ciphers([TLS12]),
    lambda: ctx().set_ciphers([TLS12, TLS13]),
    lambda: setattr(ctx(), "verify_mode", random(4)),
    lambda: setattr(ctx(), "verify_callback", callback if random(2) else None),
    lambda: setattr(ctx(), "ecdsa_sign_callback", sign if random(2) else None),
    lambda: setattr(ctx(), "psk_key", KEY),
    lambda: setattr(ctx(), "psk_identity", IDENTITY),
    lambda: setattr(ctx(), "server_psk_keys", Keys()),
    lambda: ctx().__del__() if random(5) == 0 else None,
    lambda: pick().c.__del__() if random(3) == 0 else None,
    lambda: pick().a.queue.append(bytes([random(256) for _ in range(random(50))]))
    if random(5) == 0 else None,
    lambda: pick().b.queue.pop() if random(5) == 0 else None,
    lambda: trample(random(1000), 5),
]

for kind in KINDS:
    kinds.append(kind)
    ctxs.append(contexts(kind))
for i in range(4000):
    act()
    if i % 400 == 0:
        for j in range(len(ctxs)):
            ctxs[j] = contexts(kinds[j])
        conns.clear()
        new()
depth[0] = 9
for conn in conns:
    conn.a.hook = conn.b.hook = None
    check(outcome(conn.close) is None, "close")
end()
