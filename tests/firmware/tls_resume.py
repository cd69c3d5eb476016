# A TLS client that takes its session through a file, for tests that run against another
# implementation's server.
#
# Usage: tls_resume.py HOST PORT CAFILE SERVER_NAME FILE [key=value ...]
#   FILE       has the session of an earlier run, if it exists; the new one is written to it, or
#              it is emptied if there is none
#   how=context    use context.session
#   min=V, max=V, fragment=N, alpn=A/B, ocsp=N: as tls_client.py
# Prints one line: "OK TLSv1.3 resumed <reply>" or "OK TLSv1.3 full <reply>", or the exception as
# "OSError -188 <text>".

import sys

try:
    import socket
    import tls_set
    import wolfssl

    wolfssl.SSLSession
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit


def load(path):
    try:
        with open(path, "rb") as f:
            return wolfssl.SSLSession(f.read())
    except OSError:
        return None


def store(path, session):
    with open(path, "wb") as f:
        f.write(bytes(session) if session else b"")


def client(host, port, cafile, name, path, how="argument", **options):
    ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
    tls_set.set_options(ctx, **options)
    ctx.verify_mode = wolfssl.CERT_REQUIRED
    ctx.load_verify_locations(cafile=cafile)
    session = load(path)
    if how == "context":
        ctx.session = session
        session = None
    s = socket.socket()
    s.connect(socket.getaddrinfo(host, int(port))[0][-1])
    ss = None
    try:
        ss = ctx.wrap_socket(s, server_hostname=name, session=session)
        ss.write(b"ping\n")
        reply = ss.readline()
        how = "resumed" if ss.session_reused else "full"
        print("OK", ss.version(), how, reply.decode().strip())
        store(path, ss.session)
    finally:
        (ss or s).close()


args = [a for a in sys.argv[1:] if "=" not in a]
options = dict(a.split("=", 1) for a in sys.argv[1:] if "=" in a)
if len(args) < 5:
    print("SKIP")
    raise SystemExit

try:
    client(*args, **options)
except OSError as er:
    print("OSError", *er.args)
