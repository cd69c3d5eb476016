# load_cert_chain and load_verify_locations with data of every type, size and shape, megabytes of
# nonsense, nested PEM.
from common import *

try:
    import array
    import binascii
except ImportError:
    print("SKIP")
    raise SystemExit

import time

ERRORS = ("ValueError", "TypeError", "OSError", "MemoryError", "UnicodeError")


def pem(der, name="CERTIFICATE"):
    text = binascii.b2a_base64(der).strip()
    lines = b"\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    name = name.encode()
    return b"-----BEGIN " + name + b"-----\n" + lines + b"\n-----END " + name + b"-----\n"


BEGIN = b"-----BEGIN CERTIFICATE-----\n"
END = b"-----END CERTIFICATE-----\n"
cert = pem(server)
key = pem(server_key, "EC PRIVATE KEY")
NONSENSE = (
    b"", b"\0", b"x", b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff",
    b"\x30\x82\xff\xff" + bytes(65535), server[:-1], server[1:], bytes(1 << 20), b"\x30" * 100000,
    BEGIN, END, BEGIN + END, END + BEGIN, BEGIN * 1000, END * 1000, (BEGIN + END) * 500,
    BEGIN + b"A" * 100000, BEGIN + b"A" * 1000000 + b"\n" + END, BEGIN + b"!" * 1000 + END,
    BEGIN + b"\0" + END, cert[:-10], b"-----BEGIN ", b"-----BEGIN " * 1000, b"-----BEGIN \0-----",
    BEGIN + binascii.b2a_base64(b"\x30\x84\x7f\xff\xff\xff") + END, pem(b""), pem(b"\x30\x00"),
    pem(server_key),
    b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    b"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n"
    b"-----END EC PRIVATE KEY-----\n",
    b"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
    b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
    "text", "", "\0", "/\0", "x" * 100000, ".", "/", "/dev/null", "/proc/self/mem",
    "/no/such/file",
    None, 5, 1.5, [], (), {}, object(), True, 2**70, wolfssl, array.array("d", (1.0, 2.0)),
    array.array("H", (1, 2)), memoryview(b""),
    memoryview(server)[3:], bytearray(0), bytearray(70000),
)

for module in ("wolfssl", "tls"):
    try:
        module = __import__(module)
    except ImportError:
        continue
    for data in NONSENSE:
        for protocol in (module.PROTOCOL_TLS_SERVER, module.PROTOCOL_TLS_CLIENT):
            ctx = module.SSLContext(protocol)
            start = time.time()
            for f, args in (
                (ctx.load_cert_chain, (data, server_key)),
                (ctx.load_cert_chain, (server, data)),
                (ctx.load_cert_chain, (data, data)),
                (ctx.load_verify_locations, (data,)),
            ):
                r = outcome(f, *args)
                ok = isinstance(r, str) and r.split()[0] in ERRORS or (r is None and data is None)
                check(ok, module, type(data),
                    data[:20] if hasattr(data, "find") else data, len(args), r)
            check(time.time() - start < 5, module, "takes long", type(data))
    # Good ones in the middle of nonsense, and one buffer for all.
    ctx = module.SSLContext(module.PROTOCOL_TLS_SERVER)
    for good_cert in (server, cert, b"text\n" + cert + b"text", bytearray(cert),
        memoryview(server), cert + pem(ca), cert * 8):
        for good_key in (server_key, key, b"text\n" + key, bytearray(key), memoryview(server_key),
            key + cert, cert + key):
            r = outcome(ctx.load_cert_chain, good_cert, good_key)
            check(r is None or r in ERRORS, module, "good", good_cert[:8], good_key[:8], r)
    check(outcome(ctx.load_cert_chain, cert, key) is None, module, "good")
    both = cert + key
    outcome(ctx.load_cert_chain, both, both)
    r = outcome(ctx.load_cert_chain, cert * 300, key)
    check(r is None or r in ERRORS, module, "300 certificates", r)
    ctx.load_cert_chain(server, server_key)
    conn = Connection(contexts()[0], ctx)
    check(outcome(conn.run) == "ok", module, "run")
    conn.close()
    r = outcome(ctx.load_verify_locations, pem(ca) * 300)
    check(r is None or r in ERRORS, module, "300 CAs", r)
    for args in ((), (b"",), (server,), (server, server_key, b"x")):
        check(outcome(ctx.load_cert_chain, *args) == "TypeError", module, len(args))
end()
