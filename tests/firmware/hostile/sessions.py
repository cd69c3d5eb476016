# Sessions with every byte changed behind a hash that fits, cut off, and made up; of another kind,
# host or CA; in threads; and in sockets that are closed or collected meanwhile.
from common import *

try:
    import hashlib

    wolfssl.SSLSession
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

SSLSession = wolfssl.SSLSession
LENGTH, DATA, HASH = 60, 64, 32  # our header's last field, wolfSSL's bytes, the hash at the end


def sealed(data):
    return SSLSession(data + hashlib.sha256(data).digest())


# wolfSSL's bytes with our header and hash.
def wrapped(header, data):
    return sealed(header[:LENGTH] + len(data).to_bytes(4, "big") + data)


def kept(cc, sc, kind):
    con = Connection(cc, sc, kind)
    check(con.run() == "ok", kind, "first")
    session = con.c.session
    con.close()
    check(type(session) is SSLSession, kind, session)
    return bytes(session)


# A connection that offers a session: whether it was resumed, or the error.
def offer(cc, sc, session, kind, hostname="localhost"):
    cc.session = session
    con = outcome(Connection, cc, sc, kind, hostname)
    if isinstance(con, str):
        return con
    try:
        end = con.run()
        return con.c.session_reused if end == "ok" else end
    except OSError as er:
        return "OSError"
    finally:
        con.close()


for kind in ("TLSv1.3", "TLSv1.2"):
    cc, sc = contexts(kind)
    whole = kept(cc, sc, kind)
    header, data = whole[:DATA], whole[DATA:-HASH]
    check(offer(cc, sc, wrapped(header, data), kind) is True, kind, "resumed")

    # What wolfSSL reads: whatever becomes of the connection, memory does not. A wrong secret or
    # ticket can end it; the rest is a full handshake.
    for i in range(len(data)):
        for change in (0xFF, 0x01, 0x80):
            changed = bytearray(data)
            changed[i] ^= change
            r = offer(cc, sc, wrapped(header, bytes(changed)), kind)
            check(r in (True, False, "OSError"), kind, i, change, r)
    for i in range(len(data)):
        r = offer(cc, sc, wrapped(header, data[:i]), kind)
        check(r in (True, False), kind, "cut", i, r)
        r = offer(cc, sc, wrapped(header, data[i:]), kind)
        check(r in (True, False, "OSError"), kind, "without", i, r)
    for more in (1, 31, 32, 64, 65, 70000):
        r = offer(cc, sc, wrapped(header, data + b"\xff" * more), kind)
        check(r in (True, False), kind, "longer", more, r)
    # Lengths that lie, and header fields at their limits.
    for length in (0, 1, len(data) - 1, len(data) + 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF):
        r = offer(cc, sc, sealed(header[:LENGTH] + length.to_bytes(4, "big") + data), kind)
        check(r is False, kind, "length", length, r)
    for at in range(36, LENGTH, 8):
        for value in (0, 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1):
            odd = header[:at] + value.to_bytes(8, "big") + header[at + 8 :]
            r = offer(cc, sc, wrapped(odd, data), kind)
            check(r in (True, False), kind, at, value, r)
    for junk in (b"", b"\0", b"mps1", header, whole[:-1], whole + b"\0", bytes(100), bytes(70000)):
        check(offer(cc, sc, SSLSession(junk), kind) is False, kind, "junk", junk[:4])
        check(offer(cc, sc, wrapped(header, junk), kind) is False, kind, "sealed junk", junk[:4])

    # Never less verification: with a session of any kind, a server that must be refused is.
    for anchor, hostname in ((other_cert, "localhost"), (ca, "wrong.example.net")):
        strict = contexts(kind)[0]
        if anchor is not ca:
            strict = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT)
            strict.verify_mode = wolfssl.CERT_REQUIRED
            strict.load_verify_locations(cadata=anchor)
        loose = contexts(kind)[0]
        loose.verify_mode = wolfssl.CERT_NONE
        for session in (SSLSession(whole), SSLSession(kept(loose, sc, kind))):
            check(offer(strict, sc, session, kind, hostname) == "OSError", kind, hostname)

    # Asked for at every moment of the handshake, from below too.
    con = Connection(cc, sc, kind)
    moments = []

    def look(*_):
        moments.append((con.c.session, con.c.session_reused, con.s.session, con.s.session_reused))

    con.a.hook = con.b.hook = look
    check(con.run(look) == "ok", kind, "looked at")
    look()
    check(type(moments[-1][0]) is SSLSession, kind, moments[-1])
    con.close()
    look()
    check(moments[0] == (None,) * 4 and moments[-1] == (None,) * 4, kind, moments[-1])

    # A server's context that is finalised while its sockets live.
    if HAS_DEL:
        cc, sc = contexts(kind)
        whole = kept(cc, sc, kind)
        cc.session = SSLSession(whole)
        con = Connection(cc, sc, kind)
        sc.__del__()
        check(outcome(con.run) in ("ok", "OSError"), kind, "no context")
        con.close()
    # A view of a session that is gone otherwise.
    view = memoryview(SSLSession(whole))
    gc.collect()
    others = [bytes(bytearray(len(whole))) for _ in range(100)]
    check(bytes(view) == whole, kind, "view", len(others))
    gc.collect()

# Those without sessions.
for kind in KINDS:
    if kind in ("PSK", "DTLS"):
        cc, sc = contexts(kind)
        con = Connection(cc, sc, kind)
        check(con.run() == "ok", kind)
        check(con.c.session is None, kind, "session")
        con.close()
        check(offer(cc, sc, SSLSession(whole), kind) is False, kind)

# Threads that resume the same session, with the same contexts.
cc, sc = contexts()
shared = SSLSession(kept(cc, sc, "TLSv1.3"))


def work():
    for _ in range(10):
        check(offer(cc, sc, shared, "TLSv1.3") in (True, False), "thread")


in_threads(work)

end()
