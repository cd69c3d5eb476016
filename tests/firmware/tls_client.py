# A TLS client for tests that run against another implementation's server.
#
# Usage: tls_client.py HOST PORT CAFILE SERVER_NAME [CERTFILE KEYFILE] [key=value ...]
#   CAFILE -: verify nothing; SERVER_NAME -: send and check no name
#   send=TEXT  line to send (default "ping"); the reply is a line
#   eof=1      then read on to the end of the stream, which must be a clean one
#   ciphers=C  the one cipher suite that is offered
#   psk=KEY    use this pre-shared key, with the identity "sensor"
#   secret=F   sign with ecdsa_sign_callback and the 32 bytes of this file; KEYFILE's key is not
#              the certificate's
#   times=N    send the text that often
#   alpn=A/B   offer these application protocols; the one that is agreed on ends the line
#   fragment=N max_fragment_length
#   min=V, max=V  the versions of TLS, 1.2 or 1.3
#   callback=KEY  as psk, by CPython's callbacks
#   keylog=FILE   keylog_filename
#   ocsp=N     SSLContext.ocsp
# Prints one line: "OK TLSv1.3 <cipher> <reply>", or the exception as "OSError -188 <text>".

import sys

try:
    import socket
    import ssl
    import wolfssl

    ssl.SSLContext
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit


def client(
    host,
    port,
    cafile,
    name,
    certfile=None,
    keyfile=None,
    send="ping",
    eof=None,
    ciphers=None,
    psk=None,
    secret=None,
    times="1",
    **options,
):
    # micropython-lib's ssl has no set_ciphers, no pre-shared keys and no ecdsa_sign_callback.
    module = wolfssl if ciphers or psk or secret or options else ssl
    ctx = module.SSLContext(module.PROTOCOL_TLS_CLIENT)
    if options:
        import tls_set

        tls_set.set_options(ctx, **options)
    if ciphers:
        ctx.set_ciphers([ciphers])
    if psk:
        ctx.psk_identity = b"sensor"
        ctx.psk_key = psk.encode()
    if secret:
        from p256 import signer

        ctx.ecdsa_sign_callback = signer(secret)
    if cafile == "-":
        ctx.verify_mode = ssl.CERT_NONE
    else:
        ctx.verify_mode = ssl.CERT_REQUIRED
        ctx.load_verify_locations(cafile=cafile)
    if certfile:
        ctx.load_cert_chain(certfile, keyfile)
    s = socket.socket()
    s.connect(socket.getaddrinfo(host, int(port))[0][-1])
    ss = None
    try:
        ss = ctx.wrap_socket(s, server_hostname=None if name == "-" else name)
        suite = ss.cipher() if hasattr(ss, "cipher") else ("?", "?")
        ss.write(send.encode() * int(times) + b"\n")
        reply = ss.readline()
        if eof:
            reply += ss.read()
        agreed = [ss.selected_alpn_protocol()] if "alpn" in options else []
        print("OK", suite[1], suite[0], reply.decode().strip(), *agreed)
    finally:
        (ss or s).close()


args = [a for a in sys.argv[1:] if "=" not in a]
options = dict(a.split("=", 1) for a in sys.argv[1:] if "=" in a)
if len(args) < 4:
    print("SKIP")
    raise SystemExit

try:
    client(*args, **options)
except OSError as er:
    print("OSError", *er.args)
