# A TLS server for tests that run another implementation's client.
#
# Usage: tls_server.py PORT CERTFILE KEYFILE [CAFILE] [key=value ...]
#   CAFILE: require a client certificate that it vouches for
#   count=N    connections to take (default 1)
#   ciphers=C, psk=KEY, secret=F, alpn=A/B, fragment=N, min=V, max=V, callback=KEY,
#   keylog=FILE: as tls_client.py
#   cache=N    the sessions to keep for clients without tickets
# Prints "listening PORT", then a line for each connection: "OK TLSv1.3 <cipher> <request>", or
# the exception as "OSError -188 <text>". The request is a line; the reply is that line.

import sys

try:
    import socket
    import ssl
    import wolfssl

    ssl.SSLContext
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit


def serve(s, ctx, options):
    ss = None
    try:
        ss = ctx.wrap_socket(s, server_side=True)
        suite = ss.cipher() if hasattr(ss, "cipher") else ("?", "?")
        request = ss.readline()
        ss.write(request)
        agreed = [ss.selected_alpn_protocol()] if "alpn" in options else []
        print("OK", suite[1], suite[0], request.decode().strip(), *agreed)
    except OSError as er:
        print("OSError", *er.args)
    finally:
        (ss or s).close()


def server(
    port,
    certfile,
    keyfile,
    cafile=None,
    count="1",
    ciphers=None,
    psk=None,
    secret=None,
    **options,
):
    module = wolfssl if ciphers or psk or secret or options else ssl
    ctx = module.SSLContext(module.PROTOCOL_TLS_SERVER)
    if options:
        import tls_set

        tls_set.set_options(ctx, **options)
    if ciphers:
        ctx.set_ciphers([ciphers])
    if psk:
        ctx.server_psk_keys = {b"sensor": psk.encode()}
    if secret:
        from p256 import signer

        ctx.ecdsa_sign_callback = signer(secret)
    ctx.load_cert_chain(certfile, keyfile)
    if cafile:
        ctx.verify_mode = ssl.CERT_REQUIRED
        ctx.load_verify_locations(cafile=cafile)
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(socket.getaddrinfo("127.0.0.1", int(port))[0][-1])
    s.listen(5)
    print("listening", port)
    for _ in range(int(count)):
        serve(s.accept()[0], ctx, options)
    s.close()


args = [a for a in sys.argv[1:] if "=" not in a]
options = dict(a.split("=", 1) for a in sys.argv[1:] if "=" in a)
if len(args) < 3:
    print("SKIP")
    raise SystemExit

server(*args, **options)
