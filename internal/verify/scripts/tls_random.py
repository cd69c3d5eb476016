# The random numbers of a client's hello, which must be others at each run.

try:
    from binascii import hexlify
    import io
    import wolfssl

    io.IOBase
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import pipes

a, b = pipes()
ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
ctx.verify_mode = wolfssl.CERT_NONE
c = ctx.wrap_socket(a, do_handshake_on_connect=False)
c.read(1)
# A record's header is 5 bytes long, the message's 4, and the version 2; then there are 32 of random.
hello = a.data
print("random", hexlify(hello[11:43]).decode())
