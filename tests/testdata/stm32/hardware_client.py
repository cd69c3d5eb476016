# hardware.py for firmware without a server: the client of this machine, whose peer is OpenSSL's server behind a pipe. What
# comes before this defines pipes, the pipes' names; root, a trusted certificate; year, in which the server's is valid.

import machine
import metal
import ssl

CLOCK_YEAR = 0x21000010
RNG_BROKEN = 0x21000014


def connect():
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = ssl.CERT_REQUIRED
    ctx.load_verify_locations(root)
    path = pipes.pop(0)
    pipe = metal.Pipe(path + ".in", path + ".out")
    return ctx.wrap_socket(pipe, server_hostname="localhost")


def request():
    s = connect()
    s.write(b"GET /small HTTP/1.0\r\n\r\n")
    return s.read(16)


def show(title):
    try:
        print(title, request())
    except OSError as er:
        print(title, *er.args)


machine.mem32[CLOCK_YEAR] = 15  # where the port starts after power-on
show("clock never set")
machine.mem32[CLOCK_YEAR] = year
show("clock set")
machine.mem32[RNG_BROKEN] = 1
show("generator broken")
machine.mem32[RNG_BROKEN] = 2
show("generator raises")
machine.mem32[RNG_BROKEN] = 0
show("generator works")
try:
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
except NotImplementedError as er:
    print(er)
