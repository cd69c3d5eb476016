# Whether a certificate that is valid is refused because of the time, and what the time is.

try:
    import time
    import wolfssl
    from pipes import pipes
    from testkeys import ca, server, server_key
except ImportError:
    print("SKIP")
    raise SystemExit

client = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
client.verify_mode = wolfssl.CERT_REQUIRED
client.load_verify_locations(cadata=ca)
peer = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER)
peer.load_cert_chain(server, server_key)
a, b = pipes()
socks = [
    client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False),
    peer.wrap_socket(b, server_side=True, do_handshake_on_connect=False),
]
for _ in range(10):
    for sock in socks:
        try:
            sock.read(1)
        except OSError as er:
            if er.args[0] in (-150, -151):  # ASN_BEFORE_DATE_E, ASN_AFTER_DATE_E
                # gmtime asks the clock that wolfSSL asks; time() may ask another one.
                print("refused %d-%02d-%02d %02d:%02d:%02d" % time.gmtime()[:6], er.args[1])
                raise SystemExit
print("ok")
