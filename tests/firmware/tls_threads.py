# Threads that share contexts: the first sockets of one, handshakes in memory, verification
# callbacks, hashes and garbage at the same time. With an argument it leaves out the garbage:
# ThreadSanitizer holds back the collector's signals.

try:
    import _thread
    import gc
    import io
    import ssl
    import sys
    import time
    import wolfcryptolib
    import wolfhashlib

    io.IOBase
    ssl.SSLContext
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import pipes
from testkeys import ca, server, server_key

THREADS = 4
ROUNDS = 10
CONTEXTS = 100

client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
client.verify_mode = ssl.CERT_REQUIRED
client.load_verify_locations(cadata=ca)
srv = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
srv.load_cert_chain(server, server_key)


def handshake(n):
    a, b = pipes()
    c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = srv.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    data = bytes([65 + n]) * 100
    while not c.write(data):
        s.read(1)
    if s.read(100) != data:
        raise ValueError("data of another thread")
    if n % 2:
        c.close()
        s.close()


def work(n, results):
    try:
        for i in range(ROUNDS):
            handshake(n)
            own = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            own.load_verify_locations(cadata=ca)
            if wolfhashlib.sha256(b"abc").digest()[:2] != b"\xba\x78":
                raise ValueError("hash")
            wolfcryptolib.aes(b"k" * 16, 1).encrypt(b"x" * 16)
            if i % 10 == 0 and len(sys.argv) < 2:
                gc.collect()
        results[0] = "done"
    except Exception as er:
        results[0] = repr(er)


def wrap(context, started, results, n):
    started[n] = True
    while None in started:
        pass
    try:
        results[n] = context.wrap_socket(pipes()[0], server_hostname="localhost",
            do_handshake_on_connect=False)
    except Exception as er:
        results[n] = er


# All threads at once make the first socket of a context.
def first_sockets():
    for _ in range(CONTEXTS):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        started = [None] * THREADS
        results = [None] * THREADS
        for n in range(THREADS):
            _thread.start_new_thread(wrap, (context, started, results, n))
        end = time.time() + 60
        while None in results and time.time() < end:
            time.sleep(0.001)
        for result in results:
            if not hasattr(result, "write"):
                return repr(result)
    return "done"


# In a function: without a GIL, a global that is made while threads run can hide the others from
# them for a moment.
def main():
    print(first_sockets())
    states = [[None] for _ in range(THREADS)]
    for n in range(THREADS):
        _thread.start_new_thread(work, (n, states[n]))
    end = time.time() + 60
    while None in [s[0] for s in states] and time.time() < end:
        time.sleep(0.05)
    for s in states:
        print(s[0])


main()
