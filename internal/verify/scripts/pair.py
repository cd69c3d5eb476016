# A TLS client and a server in memory, of which the client verifies the other. The scripts beside
# this file import it.

try:
    import ssl

    ssl.SSLContext
except (ImportError, AttributeError):  # without the drop-in names
    import wolfssl as ssl

from pipes import pipes
from testkeys import ca, server, server_key


def contexts():
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = ssl.CERT_REQUIRED
    ctx.load_verify_locations(cadata=ca)
    peer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    peer.verify_mode = ssl.CERT_NONE
    peer.load_cert_chain(server, server_key)
    return ctx, peer


# Both ends, after the handshake and a byte from the client.
def connected(ctx, peer):
    a, b = pipes()
    c = ctx.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = peer.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    sent = got = None
    for _ in range(20):
        sent = sent or c.write(b"x")
        got = got or s.read(1)
        if got:
            return c, s
    raise OSError("no handshake")
