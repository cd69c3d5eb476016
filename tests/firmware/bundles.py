# Makes CA bundles, as mpwolf bundle does, and connects a client that uses them with a server. The
# scripts beside this file import it.

import hashlib
import struct
import wolfssl as ssl

from pipes import pipes
from testkeys import ca, server, server_key


def sha256(data):
    return hashlib.sha256(data).digest()


# The elements that follow one another in DER, as pairs of tag and contents.
def elements(der):
    pos = 0
    while pos < len(der):
        tag, size = der[pos], der[pos + 1]
        pos += 2
        if size & 0x80:
            n = size & 0x7F
            size = int.from_bytes(der[pos : pos + n], "big")
            pos += n
        yield tag, der[pos : pos + size]
        pos += size


def inside(der):
    return [contents for _, contents in elements(der)]


def subject(cert):
    return inside(inside(inside(cert)[0])[0])[5]


def fnv(h, data):
    for b in data:
        h = (h ^ b) * 16777619 & 0xFFFFFFFF
    return h


# Of a name that consists of printable ASCII without double spaces.
def name_hash(name):
    h = 2166136261
    for attributes in inside(name):
        h = fnv(h, b"\x31")
        for attribute in inside(attributes):
            oid, text = inside(attribute)
            h = fnv(h, oid)
            for c in text.lower():
                h = fnv(h, struct.pack("<I", c))
            h = fnv(h, b"\xff\xff\xff\xff")
    return h


def bundle(certs, tamper=None):
    entries = sorted((name_hash(subject(c)), sha256(c), c) for c in certs)
    pos = 48 + 44 * len(entries)
    size = pos + sum(len(c) for c in certs)
    index = b""
    for h, digest, c in entries:
        index += struct.pack("<III", h, pos, len(c)) + digest
        pos += len(c)
    if tamper:
        index = tamper(index)
    start = b"\x89CAB\r\n\x1a\n" + struct.pack("<HHI", 1, len(entries), size)
    return start + sha256(start + index) + index + b"".join(c for _, _, c in entries)


serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
serving.load_cert_chain(server, server_key)


def context(**options):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = ssl.CERT_REQUIRED
    ctx.load_verify_locations(**options)
    return ctx


def reason(er):
    if isinstance(er, OSError):
        return "OSError %d" % er.args[0]
    return "%s: %s" % (type(er).__name__, er)


def talk(client, name="localhost"):
    a, b = pipes()
    c = client.wrap_socket(a, server_hostname=name, do_handshake_on_connect=False)
    s = serving.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    for _ in range(10):
        for sock in (c, s):
            try:
                sock.write(b"x")
                if sock.read(1):
                    if hasattr(c, "get_verified_chain"):
                        assert c.get_verified_chain() == [server, ca]
                    return "ok"
            except Exception as er:
                return reason(er)
    return "no end"
