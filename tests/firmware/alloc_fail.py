# Whichever allocation fails: the outcome is ENOMEM, MemoryError or success, nothing leaks, sockets
# can be closed, and nothing that must be refused is let through. Needs the user module of
# tests/testdata/allocfail.

try:
    import allocfail
    import binascii
    import gc
    import io
    import os
    import sys
    import wolfcryptolib
    import wolfhashlib
    import wolfssl
except ImportError:
    print("SKIP")
    raise SystemExit

from bundles import bundle
from pipes import DatagramServer, joined
from testkeys import ca, client_cert, server, server_key

ENOMEM = 12
FOREVER = 1 << 30


def pem(kind, der):
    text = binascii.b2a_base64(der).strip()
    lines = b"\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    return b"-----BEGIN %s-----\n%s\n-----END %s-----\n" % (kind, lines, kind)


ca_pem = pem(b"CERTIFICATE", ca)
server_pem = pem(b"CERTIFICATE", server)
key_pem = pem(b"EC PRIVATE KEY", server_key)


class Pipe(io.IOBase):
    def __init__(self, datagrams):
        self.queue = []
        self.datagrams = datagrams

    def readinto(self, buf):
        queue = self.other.queue
        if not queue:
            return None
        data = queue[0]
        n = min(len(buf), len(data))
        buf[:n] = data[:n]
        if n < len(data) and not self.datagrams:
            queue[0] = data[n:]
        else:
            queue.pop(0)
        return n

    def write(self, buf):
        self.queue.append(bytes(buf))
        return len(buf)

    def ioctl(self, request, arg):
        return arg if request == 3 else 0


def pipes(datagrams):
    return joined(Pipe(datagrams), Pipe(datagrams))


pipe = None  # the client's end of the last connection
sockets = []


def new_context():
    return wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)


def server_context(protocol=wolfssl.PROTOCOL_TLS_SERVER):
    ctx = wolfssl.SSLContext(protocol)
    ctx.load_cert_chain(server, server_key)
    return ctx


def client_context(protocol=wolfssl.PROTOCOL_TLS_CLIENT):
    ctx = wolfssl.SSLContext(protocol)
    ctx.verify_mode = wolfssl.CERT_REQUIRED
    ctx.load_verify_locations(cadata=ca)
    return ctx


def tls_contexts():
    return client_context(), server_context(), "localhost"


BUNDLE = bundle([client_cert, ca, server])
# Several firmwares may run this in one directory.
NUMBER = binascii.hexlify(os.urandom(4)).decode() if hasattr(os, "urandom") else ""
BUNDLE_FILE = "alloc_fail%s.bundle.tmp" % NUMBER


def bundle_contexts():
    ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = wolfssl.CERT_REQUIRED
    ctx.load_verify_locations(cafile=BUNDLE_FILE)
    return ctx, server_context(), "localhost"


def wrong_name_contexts():
    return client_context(), server_context(), "wrong"


def wrong_name_contexts2():
    return client_context(), server_context(), "wrong.example.net"


def wrong_ca_contexts():
    ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = wolfssl.CERT_REQUIRED
    return ctx, server_context(), "localhost"


def no_client_cert_contexts():
    srv = server_context()
    srv.verify_mode = wolfssl.CERT_REQUIRED
    srv.load_verify_locations(cadata=ca)
    return client_context(), srv, "localhost"


def callback_contexts():
    client, srv, name = tls_contexts()
    client.verify_callback = lambda cert, depth: 0
    srv.ecdsa_sign_callback = lambda key, digest: None
    return client, srv, name


def tls12_contexts():
    client, srv, name = tls_contexts()
    client.set_ciphers(["TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"])
    return client, srv, name


def no_suite_contexts():
    client, srv, name = tls12_contexts()
    srv.set_ciphers(["TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384"])
    return client, srv, name


def peer(_):
    pair = wrap(tls_contexts())
    talk(pair)
    if "subject" not in pair[0].getpeercert() or len(pair[0].get_verified_chain()) != 2:
        raise ValueError("peer")
    return pair[0].get_unverified_chain()


def pins_contexts():
    client, srv, name = tls_contexts()
    client.pins = [wolfhashlib.sha256(ca).digest()]
    return client, srv, name


def wrong_pins_contexts():
    client, srv, name = tls_contexts()
    client.verify_mode = wolfssl.CERT_NONE
    client.pins = [bytes(32)]
    return client, srv, name


def options_contexts():
    client, srv, name = tls_contexts()
    for ctx in (client, srv):
        ctx.set_alpn_protocols(["mqtt", "http/1.1"])
        ctx.max_fragment_length = 1024
    client.minimum_version = wolfssl.TLSVersion.TLSv1_3
    return client, srv, name


def options(contexts):
    pair = wrap(contexts)
    talk(pair)
    agreed = [sock.selected_alpn_protocol() for sock in pair[:2]]
    if agreed != ["mqtt", "mqtt"]:
        raise ValueError(agreed)


def psk_contexts():
    client = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
    srv = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER)
    if hasattr(client, "psk_key"):
        client.psk_identity = b"sensor"
        client.psk_key = b"sixteen bytes ok"
        srv.server_psk_keys = {b"sensor": b"sixteen bytes ok"}
        return client, srv, "localhost"
    return tls_contexts()


def psk_callback_contexts():
    client, srv, name = psk_contexts()
    if hasattr(client, "set_psk_client_callback"):
        client.set_psk_client_callback(lambda hint: ("sensor", b"sixteen bytes ok"))
        srv.set_psk_server_callback(lambda identity: b"sixteen bytes ok", "hint")
    return client, srv, name


def wrong_psk_contexts():
    client, srv, name = psk_contexts()
    if not hasattr(client, "psk_key"):
        return wrong_name_contexts()
    client.psk_key = b"another key"
    return client, srv, name


def dtls_contexts():
    return (
        client_context(wolfssl.PROTOCOL_DTLS_CLIENT),
        server_context(wolfssl.PROTOCOL_DTLS_SERVER),
        "localhost",
    )


def wrap(contexts, datagrams=False):
    global pipe
    client, srv, name, *session = contexts
    pipe, b = pipes(datagrams)
    more = {"client_id": b"me"} if datagrams else {}
    client.session = session[0] if session else None
    sockets.append(client.wrap_socket(pipe, server_hostname=name, do_handshake_on_connect=False))
    make = lambda: srv.wrap_socket(b, server_side=True, do_handshake_on_connect=False, **more)
    sockets.append(DatagramServer(make) if datagrams else make())
    return sockets


def wrap_dtls(contexts):
    return wrap(contexts, True)


# A handshake, and a few bytes in each direction.
def talk(pair):
    c, s = pair
    for _ in range(40):
        if c.write(b"ping"):
            break
        s.read(1)
    else:
        if pipe.datagrams:
            # DTLS treated a message as lost, because there was no memory for it. It is repeated
            # after a second, see dtls_pair.py.
            return
        raise ValueError("no handshake")
    got = None
    for i in range(4):
        got = s.read(4)
        if got:
            break
        c.read(1)
    s.write(b"pong")
    answer = c.read(4)
    lost = (None,) if pipe.datagrams else ()
    if got not in (b"ping",) + lost:
        raise ValueError("server got", got)
    if answer not in (b"pong",) + lost:
        raise ValueError("client got", answer)


def connected():
    pair = wrap(tls_contexts())
    talk(pair)
    return pair


def read_write(pair):
    c, s = pair
    data = b"x" * 5000
    for a, b in ((c, s), (s, c)):
        a.write(data)
        got = b""
        while len(got) < len(data):
            got += b.read(len(data) - len(got))
        if got != data:
            raise ValueError("wrong data")
        a.cipher()
        a.getpeercert(True)


def with_session(contexts):
    pair = wrap(contexts)
    talk(pair)
    session = wolfssl.SSLSession(bytes(pair[0].session))
    for sock in sockets:
        sock.close()
    sockets.clear()
    return contexts + (session,)


def resume(contexts):
    pair = wrap(contexts)
    talk(pair)
    if not (pair[0].session_reused and pair[1].session_reused):
        raise ValueError("not resumed")
    bytes(pair[0].session)


def ciphers(ctx):
    ctx.set_ciphers(ctx.get_ciphers()[:4])


def dtls12(contexts):
    for ctx in contexts[:2]:
        ctx.set_ciphers(["TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"])


def hashes(_):
    for name in wolfhashlib.algorithms_available:
        h = wolfhashlib.new(name, b"abc")
        h.update(b"def")
        h.copy().hexdigest()
        h.digest()
        if not name.startswith("blake2"):
            m = wolfhashlib.hmac_new(b"key", b"abc", name)
            m.copy().update(b"def")
            m.hexdigest()
    wolfhashlib.hkdf("sha256", b"key", b"salt", b"info", 40)
    if hasattr(wolfhashlib, "pbkdf2_hmac"):
        wolfhashlib.pbkdf2_hmac("sha256", b"password", b"salt", 2)
    if hasattr(wolfhashlib, "scrypt"):
        wolfhashlib.scrypt(b"password", salt=b"salt", n=2, r=1, p=1)


def aes(_):
    for mode in (1, 2, 6):
        c = wolfcryptolib.aes(b"0123456789abcdef", mode, b"0123456789abcdef")
        c.encrypt(b"0123456789abcdef")


def aead(_):
    for name, size in (("AESGCM", 16), ("AESCCM", 16), ("ChaCha20Poly1305", 32)):
        if hasattr(wolfcryptolib, name):
            box = getattr(wolfcryptolib, name)(bytes(size))
            text = box.encrypt(bytes(12), b"message", b"data")
            if box.decrypt(bytes(12), text, b"data") != b"message":
                raise ValueError("aead")
    wolfcryptolib.urandom(20)
    if hasattr(wolfcryptolib, "aes_key_wrap"):
        wrapped = wolfcryptolib.aes_key_wrap(bytes(16), bytes(16))
        wolfcryptolib.aes_key_unwrap(bytes(16), wrapped)
        mac = wolfcryptolib.CMAC(bytes(16))
        mac.update(b"message")
        mac.verify(mac.copy().finalize())


def ec_keys(_):
    if not hasattr(wolfcryptolib, "ec"):
        return
    ec, serialization = wolfcryptolib.ec, wolfcryptolib.serialization
    encoding, plain = serialization.Encoding, serialization.NoEncryption()
    ecdsa = ec.ECDSA(wolfcryptolib.hashes.SHA256())
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    key = serialization.load_pem_private_key(pem, None)
    key.public_key().verify(key.sign(b"message", ecdsa), b"message", ecdsa)
    key.exchange(ec.ECDH(), key.public_key())
    if hasattr(wolfcryptolib, "ed25519"):
        key = wolfcryptolib.ed25519.Ed25519PrivateKey.generate()
        key.public_key().verify(key.sign(b"message"), b"message")
        key = wolfcryptolib.x25519.X25519PrivateKey.generate()
        key.exchange(key.public_key())


def certificates(_):
    if not hasattr(wolfcryptolib, "x509"):
        return bytearray(100)  # something that can fail
    x509, ec = wolfcryptolib.x509, wolfcryptolib.ec
    sha256 = wolfcryptolib.hashes.SHA256()
    encoding = wolfcryptolib.serialization.Encoding
    root = x509.load_pem_x509_certificates(ca_pem)[0]
    leaf = x509.load_der_x509_certificate(bytearray(server))
    leaf.verify_directly_issued_by(root)
    for extension in leaf.extensions:
        extension.value
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if "localhost" not in names.get_values_for_type(x509.DNSName):
        raise ValueError("names")
    str(leaf.subject), leaf.serial_number, leaf.not_valid_after_utc, leaf.fingerprint(sha256)
    key = ec.derive_private_key(12345, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "node 7")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    request = request.add_extension(names, critical=False).sign(key, sha256)
    if not request.is_signature_valid:
        raise ValueError("request")
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    made = made.public_key(request.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before((2026, 1, 1, 0, 0, 0)).not_valid_after((2050, 1, 1, 0, 0, 0))
    made = made.add_extension(x509.BasicConstraints(True, 0), critical=True).sign(key, sha256)
    x509.load_pem_x509_certificate(made.public_bytes(encoding.PEM))


def rsa_key():
    if not hasattr(wolfcryptolib, "rsa"):
        return None
    return wolfcryptolib.rsa.generate_private_key(65537, 2048)


def rsa_use(key):
    if key is None:
        return bytearray(100)  # something that can fail
    padding, sha256 = wolfcryptolib.padding, wolfcryptolib.hashes.SHA256()
    mgf = padding.MGF1(sha256)
    for pad in (padding.PKCS1v15(), padding.PSS(mgf, 32)):
        key.public_key().verify(key.sign(b"message", pad, sha256), b"message", pad, sha256)
    pad = padding.OAEP(mgf, sha256, None)
    # Whatever is wrong with a ciphertext is a ValueError; it must not hide that memory ran out.
    key.decrypt(key.public_key().encrypt(b"message", pad), pad)


# Name, what goes before, what is done, and whether it succeeds when no allocation fails.
OPERATIONS = (
    ("new context", None, lambda _: new_context(), True),
    ("load_cert_chain DER", new_context, lambda c: c.load_cert_chain(server, server_key), True),
    ("load_cert_chain PEM", new_context, lambda c: c.load_cert_chain(server_pem, key_pem), True),
    ("load_verify_locations DER", new_context, lambda c: c.load_verify_locations(cadata=ca), True),
    (
        "load_verify_locations PEM",
        new_context,
        lambda c: c.load_verify_locations(cadata=ca_pem + server_pem),
        True,
    ),
    (
        "load_verify_locations, a bundle",
        new_context,
        lambda c: c.load_verify_locations(cadata=BUNDLE),
        True,
    ),
    ("a bundle in a file", None, lambda _: bundle_contexts(), True),
    ("TLS with a bundle", lambda: wrap(bundle_contexts()), talk, True),
    ("ciphers", new_context, ciphers, True),
    ("wrap_socket", tls_contexts, wrap, True),
    ("TLS 1.3", lambda: wrap(tls_contexts()), talk, True),
    ("TLS 1.2", lambda: wrap(tls12_contexts()), talk, True),
    ("callbacks", lambda: wrap(callback_contexts()), talk, True),
    ("ALPN and short records", None, lambda _: options(options_contexts()), True),
    ("pre-shared keys", None, lambda _: psk_contexts(), True),
    ("TLS with pre-shared keys", lambda: wrap(psk_contexts()), talk, True),
    ("pre-shared key callbacks", None, lambda _: psk_callback_contexts(), True),
    ("TLS 1.3 with a pre-shared key", lambda: wrap(psk_callback_contexts()), talk, True),
    ("wrong pre-shared key", lambda: wrap(wrong_psk_contexts()), talk, False),
    ("DTLS wrap_socket", dtls_contexts, wrap_dtls, True),
    ("DTLS", lambda: wrap_dtls(dtls_contexts()), talk, True),
    ("DTLS 1.2 alone", dtls_contexts, dtls12, True),
    ("read and write", connected, read_write, True),
    ("session", connected, lambda pair: bytes(pair[0].session), True),
    ("resumed TLS 1.3", lambda: with_session(tls_contexts()), resume, True),
    ("resumed TLS 1.2", lambda: with_session(tls12_contexts()), resume, True),
    ("wrong name", lambda: wrap(wrong_name_contexts()), talk, False),
    ("wrong name with dots", lambda: wrap(wrong_name_contexts2()), talk, False),
    ("wrong CA", lambda: wrap(wrong_ca_contexts()), talk, False),
    ("no client certificate", lambda: wrap(no_client_cert_contexts()), talk, False),
    ("no shared cipher suite", lambda: wrap(no_suite_contexts()), talk, False),
    ("certificates of the peer", None, peer, True),
    ("pins", lambda: wrap(pins_contexts()), talk, True),
    ("other pins", lambda: wrap(wrong_pins_contexts()), talk, False),
    ("hashes", None, hashes, True),
    ("aes", None, aes, True),
    ("aead", None, aead, True),
    ("keys", None, ec_keys, True),
    ("certificates", None, certificates, True),
    ("rsa", rsa_key, rsa_use, True),
)


# Returns what is wrong with the outcome, or None, and how many allocations failed.
def run(before, operation, succeeds, kind, n, times):
    arg = before() if before else None
    allocfail.arm(kind, n, times)
    try:
        operation(arg)
        failed = allocfail.disarm()
        wrong = None if succeeds else "success"
    except MemoryError:
        failed = allocfail.disarm()
        wrong = None
    except OSError as er:
        failed = allocfail.disarm()
        # Without any memory, and without a buffer for emergencies, MicroPython leaves out the number.
        no_number = er.errno is None and kind == allocfail.HEAP and times == FOREVER
        wrong = None if er.errno == ENOMEM or no_number or not succeeds else repr(er)
        if er.errno == ENOMEM and not failed:
            wrong = "ENOMEM for nothing"
        if er.errno == ENOMEM and kind == allocfail.LIBC and times == 1:
            wrong = "no second try"
    except Exception as er:
        failed = allocfail.disarm()
        wrong = repr(er)
    for sock in sockets:
        try:
            sock.close()
        except Exception as er:
            wrong = "close: %r" % er
    sockets.clear()
    return wrong, failed


def live():
    gc.collect()
    return allocfail.live() + gc.mem_alloc()


def sweep(name, before, operation, succeeds, kind, times):
    n = 0
    while True:
        was = live()
        wrong, failed = run(before, operation, succeeds, kind, n, times)
        leak = live() - was
        # The collector may have seen stale pointers on the stack; a leak comes again and again.
        runs = 1
        while wrong is None and leak > 0 and live() - was >= runs * leak:
            if runs > 30:
                wrong = "leak of %d" % leak
                break
            runs += 1
            run(before, operation, succeeds, kind, n, times)
        if wrong is not None:
            print(name, "kind", kind, "times", times, "position", n, wrong)
        if failed == 0:
            return n
        n += step


# alloc_fail.py [STEP [OPERATION…]]: only every STEP-th allocation, only these operations.
file_wanted = len(sys.argv) <= 2 or any("bundle" in name for name in sys.argv[2:])
if file_wanted:
    with open(BUNDLE_FILE, "wb") as f:
        f.write(BUNDLE)
verbose = len(sys.argv) > 2
step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
for name, before, operation, succeeds in OPERATIONS:
    if len(sys.argv) > 2 and name not in sys.argv[2:]:
        continue
    # What is made only once is there before the sweep.
    run(before, operation, succeeds, allocfail.HEAP, FOREVER, 1)
    was = live()
    tried = [
        sweep(name, before, operation, succeeds, kind, times)
        for kind in (allocfail.LIBC, allocfail.HEAP)
        for times in (1, 2, FOREVER)
    ]
    if live() - was > 1000:
        print(name, "grew by", live() - was)
    print(name, "done" if max(tried) > 0 else "never allocates")
    if verbose:
        print(tried)
if file_wanted:
    os.remove(BUNDLE_FILE)
