# Three threads change the same context at once: certificates, callbacks, keys, suites, CAs,
# __del__; others use it.
from common import *

try:
    import _thread
    import time
except ImportError:
    print("SKIP")
    raise SystemExit

ERRORS = ("OSError", "OSError 9", "OSError 12", "ValueError", "AttributeError", "MemoryError")


def run(actions, stop, state):
    try:
        while not stop[0]:
            for action in actions:
                r = outcome(action)
                if isinstance(r, str) and r not in ERRORS:
                    state[0] = r
                    return
        state[0] = "done"
    except BaseException as er:
        state[0] = repr(er)


def sign(key, digest):
    return None


def attack(kind, delete):
    for ctx in contexts(kind):
        load = [lambda: ctx.load_cert_chain(server, server_key),
            lambda: ctx.load_cert_chain(other_cert, other_key)]
        flags = [
            lambda: setattr(ctx, "ecdsa_sign_callback", sign),
            lambda: setattr(ctx, "ecdsa_sign_callback", None),
            lambda: setattr(ctx, "server_psk_keys", {IDENTITY: KEY}),
            lambda: setattr(ctx, "server_psk_keys", None),
            lambda: setattr(ctx, "psk_key", KEY),
            lambda: setattr(ctx, "psk_identity", IDENTITY),
            lambda: setattr(ctx, "psk_key", None),
            lambda: ctx.load_verify_locations(cadata=ca),
        ]
        suites = [lambda: ctx.set_ciphers([TLS12]), lambda: ctx.set_ciphers([TLS13, TLS12]),
            lambda: ctx.get_ciphers()]

        def use():
            a, b = ends(kind == "DTLS")
            side = ctx.verify_mode == 0
            sock = ctx.wrap_socket(a, server_side=side, server_hostname="localhost",
                do_handshake_on_connect=False, client_id=b"x")
            sock.write(b"x")
            sock.close()

        stop = [False]
        lists = [load, load + suites, flags, [use], suites]
        states = [[None] for _ in lists]
        for actions, state in zip(lists, states):
            _thread.start_new_thread(run, (actions, stop, state))
        time.sleep(0.3)
        if delete and HAS_DEL:
            ctx.__del__()
            ctx.__del__()
            time.sleep(0.05)
        stop[0] = True
        until = time.time() + 15
        while any(s[0] is None for s in states) and time.time() < until:
            time.sleep(0.005)
        for i, state in enumerate(states):
            check(state[0] == "done", kind, delete, i, state[0])


def main():
    for kind in CERT_KINDS:
        attack(kind, False)
        attack(kind, True)


main()
end()
