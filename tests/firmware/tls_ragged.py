# The end of a stream without close_notify: the end, as with the built-in, unless asked otherwise.
# What arrived comes first.

try:
    import io
    import wolfssl

    io.IOBase
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import pipes
from testkeys import ca, server, server_key

client = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
client.verify_mode = wolfssl.CERT_REQUIRED
client.load_verify_locations(cadata=ca)
plain_server = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER)
plain_server.load_cert_chain(server, server_key)


def cut_off(data, **options):
    s_pipe, c_pipe = pipes()
    c = client.wrap_socket(c_pipe, server_hostname="localhost", do_handshake_on_connect=False)
    s = plain_server.wrap_socket(
        s_pipe, server_side=True, do_handshake_on_connect=False, **options
    )
    while not (c.write(b"x") and s.read(1)):
        s.read(1)
        c.read(1)
    c.write(data)
    c_pipe.closed = True
    return s


def cut_off_reads(*reads, **options):
    s = cut_off(b"the last\nwords", **options)
    out = []
    for read in reads:
        try:
            out.append(read(s))
        except OSError:
            out.append("OSError")
    print("cut off", options, *out)


buf = bytearray(20)
plain_server.suppress_ragged_eofs = True  # the default but for secure defaults
for options in ({}, {"suppress_ragged_eofs": True}, {"suppress_ragged_eofs": False}):
    cut_off_reads(lambda s: s.read(20), lambda s: s.read(20), lambda s: s.read(), **options)
    cut_off_reads(lambda s: s.read(), lambda s: s.read(), lambda s: s.readline(), **options)
    cut_off_reads(lambda s: s.readline(), lambda s: s.readline(),
        lambda s: s.readline(), **options)
    cut_off_reads(lambda s: s.readinto(buf), lambda s: s.readinto(buf),
        lambda s: s.read(1), **options)
    cut_off_reads(lambda s: s.recv(20), lambda s: s.recv(20), lambda s: s.recv(20), **options)
    cut_off_reads(lambda s: s.read(20), lambda s: s.write(b"still there"), **options)
plain_server.suppress_ragged_eofs = False
cut_off_reads(lambda s: s.read(), lambda s: s.read())
cut_off_reads(lambda s: s.read(), lambda s: s.read(), suppress_ragged_eofs=True)
