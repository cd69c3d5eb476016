# A board whose clock was never set, and one whose random number generator fails, on the machine of testdata/stm32.

import machine
import ssl
from pipes import pipes
from testkeys import ca, server, server_key

CLOCK_YEAR = 0x21000010
RNG_BROKEN = 0x21000014


def handshake():
    # New contexts, so that everything happens here.
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_mode = ssl.CERT_REQUIRED
    client.load_verify_locations(ca)
    host = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    host.load_cert_chain(server, server_key)
    a, b = pipes()
    c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = host.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    for _ in range(20):
        c.write(b"hello")
        got = s.read(5)
        if got:
            return got
        c.read(1)
    return "no end"


def show(title):
    try:
        print(title, handshake())
    except OSError as er:
        print(title, *er.args)


machine.mem32[CLOCK_YEAR] = 15  # where the port starts after power-on
show("clock never set")
machine.mem32[CLOCK_YEAR] = 27
show("clock set")
machine.mem32[RNG_BROKEN] = 1
show("generator broken")
machine.mem32[RNG_BROKEN] = 2
show("generator raises")
machine.mem32[RNG_BROKEN] = 0
show("generator works")
