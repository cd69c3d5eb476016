# Sessions: what is resumed, and what is not. Both ends are here, in memory.

try:
    import io

    io.IOBase
    import hashlib
    import wolfssl as ssl

    ssl.SSLSession
    ssl.TLSVersion
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import pipes
from testkeys import ca, client_cert, client_key, other_cert, server, server_key

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def client_context(version, *anchors):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.maximum_version = version
    ctx.verify_mode = ssl.CERT_REQUIRED
    for anchor in anchors or (ca,):
        ctx.load_verify_locations(cadata=anchor)
    return ctx


def server_context():
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(server, server_key)
    return ctx


# A connection, on which a line goes each way. Returns the client's session, and whether it was
# resumed.
def connect(client, serving, name="localhost", **options):
    a, b = pipes()
    c = client.wrap_socket(a, server_hostname=name, do_handshake_on_connect=False, **options)
    s = serving.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    assert (c.session, c.session_reused, s.session, s.session_reused) == (None,) * 4
    got = {c: b"", s: b""}
    left = {c: b"ping\n", s: b"pong\n"}
    for _ in range(50):
        for sock in (c, s):
            if left[sock]:
                left[sock] = left[sock][sock.write(left[sock]) or 0 :]
            got[sock] += sock.read(100) or b""
        if got[c] == b"pong\n" and got[s] == b"ping\n":
            break
    assert got[c] == b"pong\n" and got[s] == b"ping\n"
    assert c.session_reused == s.session_reused and s.session is None
    session, reused = c.session, c.session_reused
    c.close()
    s.close()
    assert c.session is None and c.session_reused is None
    return session, reused


def resumed(client, serving, session, **options):
    return connect(client, serving, session=session, **options)[1]


def refuse(call, *args, **options):
    try:
        call(*args, **options)
        print("taken", args)
    except (TypeError, ValueError) as er:
        print(type(er).__name__)


serving = server_context()
first = {}
for version in VERSIONS:
    print(hex(version))
    client = client_context(version)
    session, reused = connect(client, serving)
    print("first", type(session).__name__, reused)
    first[version] = bytes(session)

    again, reused = connect(client, serving, session=session)
    print("resumed", reused, type(again).__name__)
    print("from bytes", resumed(client, serving, ssl.SSLSession(bytes(again))))
    print("other context", resumed(client_context(version), serving, session))
    print("twice", resumed(client, serving, session))
    # A chain of resumed sessions still rests on the first one's certificate.
    for _ in range(3):
        again, reused = connect(client, serving, session=again)
    print("chain", reused, bytes(again)[36:52] == first[version][36:52])

    print("other host", resumed(client, serving, session, name="x.example.com"))
    print("another CA", resumed(client_context(version, ca, server), serving, session))
    print("other order", resumed(client_context(version, server, ca), serving, session))
    for mode in (ssl.CERT_NONE, ssl.CERT_OPTIONAL):
        weaker = client_context(version)
        weaker.verify_mode = mode
        print("verify_mode", mode, resumed(weaker, serving, session))
        unverified, reused = connect(weaker, serving)
        print("from it", resumed(client, serving, unverified), end=" ")
        print(resumed(weaker, serving, unverified))
    lower = client_context(version)
    if version == ssl.TLSVersion.TLSv1_3:
        lower.minimum_version = version
    else:
        lower.maximum_version = ssl.TLSVersion.TLSv1_3
    print("other versions", resumed(lower, serving, session))
    suites = client_context(version)
    suites.set_ciphers([n for n in suites.get_ciphers() if "GCM" in n])
    print("other suites", resumed(suites, serving, session))
    with_cert = client_context(version)
    with_cert.load_cert_chain(client_cert, client_key)
    print("own certificate", resumed(with_cert, serving, session))
    print("from it", resumed(with_cert, serving, connect(with_cert, serving)[0]))

    # Who is called for each certificate must be called.
    called = []
    asking = client_context(version)
    asking.verify_callback = lambda cert, depth: called.append(depth) or 0
    print("callback", resumed(asking, serving, session), called, connect(asking, serving)[0])

    # A server forgets, and one that asks for certificates has no sessions.
    print("other server", resumed(client, server_context(), session))
    # Or when its cipher suites or its certificate change.
    changing = server_context()
    for change in (
        lambda: changing.set_ciphers(changing.get_ciphers()),
        lambda: changing.load_cert_chain(server, server_key),
    ):
        kept, reused = connect(client, changing)
        print("change", resumed(client, changing, kept), end=" ")
        change()
        print(resumed(client, changing, kept))
    for mode in (ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED):
        strict = server_context()
        strict.verify_mode = mode
        strict.load_verify_locations(cadata=ca)
        kept, reused = connect(with_cert, strict)
        print("strict server", resumed(with_cert, strict, kept), end=" ")
        # even if it had issued tickets before
        strict.verify_mode = ssl.CERT_NONE
        kept, reused = connect(with_cert, strict)
        print(resumed(with_cert, strict, kept), end=" ")
        strict.verify_mode = mode
        print(resumed(with_cert, strict, kept))

    # The context's session is for one socket, the next with its host name.
    client.session = session
    print("context", client.session is session, end=" ")
    print(connect(client, serving, "x.example.com")[1], end=" ")
    print(client.session is session, connect(client, serving)[1], client.session)
    client.session = session
    client.session = None
    print(connect(client, serving)[1])

# A session of one version, where another is wanted.
client = client_context(ssl.TLSVersion.TLSv1_3)
only_12, only_13 = server_context(), server_context()
only_12.maximum_version = ssl.TLSVersion.TLSv1_2
only_13.minimum_version = ssl.TLSVersion.TLSv1_3
session, reused = connect(client, only_13)
again, reused = connect(client, only_12, session=session)
print("from 1.3 to 1.2", reused, again)
session, reused = connect(client, only_12)
again, reused = connect(client, server_context(), session=session)
print("from 1.2", reused, again)
try:
    connect(client, only_13, session=session)
except OSError as er:
    print("from 1.2 to 1.3", "OSError")

# A certificate that does not fit is refused, session or not.
serving = server_context()
client = client_context(ssl.TLSVersion.TLSv1_3, other_cert)
for session in (None, ssl.SSLSession(first[VERSIONS[0]]), ssl.SSLSession(first[VERSIONS[1]])):
    try:
        connect(client, serving, session=session)
        print("accepted")
    except OSError as er:
        print("refused")

# Our header: 4 bytes, the binding, three times, a length; then wolfSSL's bytes, and the hash.
BINDING, VERIFIED, LIMIT, EXPIRES, LENGTH, DATA = 4, 36, 44, 52, 60, 64


def sealed(data):
    return ssl.SSLSession(data + hashlib.sha256(data).digest())


def changed(data, at, new):
    return sealed(data[:at] + new + data[at + len(new) : -32])


for version in VERSIONS:
    data = first[version]
    client = client_context(version)
    print("sealed", resumed(client, serving, changed(data, 0, b"")) is False, end=" ")
    session, reused = connect(client, serving)
    data = bytes(session)
    print(resumed(client, serving, changed(data, 0, b"")), end=" ")
    # Too old, or from the future.
    verified = int.from_bytes(data[VERIFIED:LIMIT], "big")
    for at, value in (
        (VERIFIED, verified + 100),
        (VERIFIED, verified - 8 * 24 * 3600),
        (VERIFIED, (1 << 64) - 1),
        (VERIFIED, 1 << 63),
        (LIMIT, verified - 1),
        (LIMIT, 0),
        (LIMIT, 1 << 63),
        (EXPIRES, verified - 1),
        (EXPIRES, (1 << 64) - 1),
        (BINDING, 0),
    ):
        assert resumed(client, serving, changed(data, at, value.to_bytes(8, "big"))) is False
    print(resumed(client, serving, changed(data, VERIFIED, (verified - 1000).to_bytes(8, "big"))))
    # Damaged: what is not whole is not used, whatever it is.
    for i in range(len(data)):
        for bit in (1, 128):
            damaged = bytearray(data)
            damaged[i] ^= bit
            client.wrap_socket(
                pipes()[0],
                server_hostname="localhost",
                do_handshake_on_connect=False,
                session=ssl.SSLSession(damaged),
            )
    for i in range(0, len(data), 37):
        damaged = bytearray(data)
        damaged[i] ^= 1
        assert resumed(client, serving, ssl.SSLSession(damaged)) is False
        assert resumed(client, serving, ssl.SSLSession(data[:i])) is False
    assert resumed(client, serving, ssl.SSLSession(data + b"\0")) is False
    assert resumed(client, serving, ssl.SSLSession(bytes(100000))) is False

client = client_context(ssl.TLSVersion.TLSv1_3)
for wrong in ("session", b"session", 1, client, ssl.SSLSession):
    refuse(connect, client, serving, session=wrong)
refuse(setattr, client, "session", b"")
refuse(setattr, serving, "session", session)
refuse(serving.wrap_socket, pipes()[0], server_side=True, session=session)
refuse(ssl.SSLSession)
refuse(ssl.SSLSession, 1)
refuse(ssl.SSLSession, data, data)
try:
    memoryview(session)[0] = 1
    print("written")
except TypeError as er:
    print("TypeError")
print(len(bytes(session)) == len(memoryview(session)), type(ssl.SSLSession(bytearray(3))).__name__)
