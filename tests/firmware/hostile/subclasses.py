# Subclasses of the types: half made, made twice, made by __new__, with attributes and methods of
# their own.
from common import *

import wolfcryptolib
import wolfhashlib

ERRORS = ("AttributeError", "TypeError", "ValueError", "OSError", "RuntimeError",
    "NotImplementedError")


class Context(wolfssl.SSLContext):
    pass


class Twice(wolfssl.SSLContext):
    def __init__(self, protocol):
        super().__init__(protocol)
        super().__init__(protocol)


class Aes(wolfcryptolib.aes):
    def encrypt(self, data):
        return super().encrypt(data)


class Hash(wolfhashlib.sha256):
    def __init__(self, data):
        super().__init__(data)
        super().__init__(data)


r = outcome(Context, wolfssl.PROTOCOL_TLS_CLIENT)
if not isinstance(r, str):
    # MicroPython stores the attributes of a subclass in the instance, where its C type never sees
    # them.
    strict = Context(wolfssl.PROTOCOL_TLS_CLIENT)
    for name in ("verify_mode", "verify_callback", "ecdsa_sign_callback", "psk_key",
        "server_psk_keys"):
        outcome(setattr, strict, name, 1)
        outcome(delattr, strict, name)
    strict.load_verify_locations(cadata=ca)
    conn = Connection(strict, contexts()[1])
    check(outcome(conn.run) == "ok", "a client of a subclass")
    loaded = Context(wolfssl.PROTOCOL_TLS_SERVER)
    loaded.load_cert_chain(server, server_key)
    check(outcome(Connection(contexts()[0], loaded).run) == "ok", "subclass")

r = outcome(Twice, wolfssl.PROTOCOL_TLS_SERVER)
if not isinstance(r, str):
    r.load_cert_chain(server, server_key)
    check(outcome(Connection(contexts()[0], r).run) == "ok", "made twice")

for make in (lambda: Aes(b"k" * 16, 1).encrypt(b"x" * 16), lambda: Hash(b"x").digest()):
    r = outcome(make)
    check(isinstance(r, bytes) or r in ERRORS, r)

# Methods of a type called with what is none of it.
for f, args in (
    (wolfcryptolib.aes.encrypt, (b"x" * 16,)),
    (wolfhashlib.sha256.update, (b"x",)),
    (wolfhashlib.sha256.digest, ()),
    (wolfssl.SSLContext.wrap_socket, (ends()[0],)),
    (wolfssl.SSLContext.load_cert_chain, (server, server_key)),
    (wolfssl.SSLContext.set_ciphers, ([TLS12],)),
    (wolfssl.SSLContext.get_ciphers, ()),
    (type(connect().c).read, (1,)),
    (type(connect().c).close, ()),
    (type(connect().c).cipher, ()),
    (type(connect().c).getpeercert, (True,)),
):
    for thing in (None, 5, "x", b"x" * 500, [], object(), wolfssl, bytearray(500), End(),
        wolfhashlib.sha256(), 1.5):
        if f is wolfhashlib.sha256.update and isinstance(thing, wolfhashlib.sha256):
            continue
        r = outcome(f, thing, *args)
        check(r in ERRORS or isinstance(r, (bytes, list))
            or (r is not None and r.split()[0] in ERRORS) or r is None, f, thing, r)

# Types that can't be made.
r = outcome(type(connect().c))
check(r in ERRORS, "a socket of nothing", r)
for thing in (wolfssl.SSLContext, wolfcryptolib.aes, wolfhashlib.sha256, type(connect().c)):
    check(outcome(lambda: thing.__new__(thing)) in ERRORS, thing, "__new__")
    check(outcome(object.__new__, thing) in ERRORS, thing, "object.__new__")
end()
