# What a soft reset finds: connected sockets, half a handshake, contexts, a hash. Goes after
# tls_pair.py, in the same namespace, and prints nothing.

try:
    import hashlib

    pipes
    left = [
        exchange(context(ssl.PROTOCOL_TLS_CLIENT, verify=ssl.CERT_REQUIRED),
            plain_server, "localhost")
        for _ in range(2)
    ]
    half = client.wrap_socket(pipes()[0], server_hostname="localhost",
        do_handshake_on_connect=False)
    half.read(1)
    digest = hashlib.sha256(b"left")
except (ImportError, NameError):
    print("SKIP")
