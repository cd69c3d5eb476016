# Keys, certificates, names and keys of AES in buffers that another thread changes and resizes
# while they are loaded.
from common import *

try:
    import _thread
    import time
    import wolfcryptolib
    import wolfhashlib
except ImportError:
    print("SKIP")
    raise SystemExit

ERRORS = ("ValueError", "OSError", "TypeError", "MemoryError")


def change(buffers, originals, stop, state):
    try:
        n = 0
        while not stop[0]:
            for buf, original in zip(buffers, originals):
                n += 1
                if n % 3 == 0:
                    buf[n % max(len(buf), 1)] ^= 0xFF
                elif n % 3 == 1:
                    buf.extend(bytes(n % 500))
                else:
                    buf[:] = original
            time.sleep(0)
        state[0] = "done"
    except BaseException as er:
        state[0] = repr(er)


def main():
    originals = (server, server_key, ca, IDENTITY, KEY)
    buffers = [bytearray(b) for b in originals]
    stop = [False]
    state = [None]
    _thread.start_new_thread(change, (buffers, originals, stop, state))
    cert, key, anchor, identity, psk = buffers
    for i in range(60):
        cc, sc = contexts()
        for f in (
            lambda: sc.load_cert_chain(cert, key),
            lambda: cc.load_verify_locations(cadata=anchor),
            lambda: setattr(cc, "psk_identity", identity),
            lambda: setattr(cc, "psk_key", psk),
            lambda: cc.wrap_socket(ends()[0], server_hostname="localhost",
                do_handshake_on_connect=False, client_id=cert),
            lambda: wolfcryptolib.aes(psk, 1),
            lambda: wolfhashlib.sha256(cert),
            lambda: wolfcryptolib.aes(KEY, 1).encrypt(cert, cert),
        ):
            r = outcome(f)
            check(not isinstance(r, str) or r.split()[0] in ERRORS, r)
    stop[0] = True
    until = time.time() + 10
    while state[0] is None and time.time() < until:
        time.sleep(0.005)
    check(state[0] == "done", state[0])
    check(outcome(connect) is not None, "afterwards")


main()
end()
