# CA bundles in files: where they are found, and what becomes of those that change.

try:
    import gc
    import hashlib
    import io
    import os
    import struct

    io.IOBase
    os.remove
    import wolfssl as ssl

    ssl.create_default_context
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

try:
    from vfs import VfsRom, mount, umount

    has_rom = True
except ImportError:
    has_rom = False

from bundles import bundle, context, reason, talk
from testkeys import ca, client_cert, other_cert, server

FILE = "tls_bundle.%d.tmp" % id(ca)


# A number, in groups of seven bits.
def number(n):
    data = bytes([n & 0x7F])
    while n > 0x7F:
        n >>= 7
        data = bytes([0x80 | n & 0x7F]) + data
    return data


def record(kind, data):
    return number(kind) + number(len(data)) + data


# An image of ROMFS with one file.
def rom_image(name, data):
    file = record(5, number(len(name)) + name.encode() + record(2, data))
    return b"\xd2\xcd\x31" + number(len(file)) + file


def write(data):
    with open(FILE, "wb") as f:
        f.write(data)


def show(title, call, *args, **options):
    try:
        print(title, call(*args, **options))
    except (OSError, ValueError) as er:
        print(title, reason(er))


good = bundle([client_cert, ca, other_cert, server])
try:
    write(good)
    ctx = context(cafile=FILE)
    print(talk(ctx), talk(ctx, "example.com"), talk(ctx))
    start = good.find(ca)
    for i in range(start, start + len(ca), 29):
        damaged = bytearray(good)
        damaged[i] ^= 1 << i % 8
        write(damaged)
        text = talk(context(cafile=FILE))
        assert text == "ValueError: CA bundle damaged or replaced", text

    print("what becomes of a file")
    write(good)
    ctx = context(cafile=FILE)
    write(bundle([ca]))
    show("another", talk, ctx)
    write(good[:-1])
    show("shorter", talk, ctx)
    os.remove(FILE)
    show("none", talk, ctx)
    ctx.verify_mode = ssl.CERT_OPTIONAL
    show("none, optional", talk, ctx)
    write(good)
    print("again", talk(ctx))
    write(good + b"x")
    show("longer", context, cafile=FILE)

    print("ROM")
    if has_rom:
        mount(VfsRom(rom_image("ca.bundle", good)), "/rom_test")
        gc.collect()
        before = gc.mem_alloc()
        ctx = context(cafile="/rom_test/ca.bundle")
        gc.collect()
        assert gc.mem_alloc() - before < 600, gc.mem_alloc() - before
        assert talk(ctx, "example.com") == "OSError -322"
        print(talk(ctx))
        umount("/rom_test")
        assert talk(ctx) == "ok"  # it is used in place
    else:
        print("ok")

    print("defaults")
    write(good)
    print(talk(ssl.create_default_context(cafile=FILE)))
    print(talk(ssl.create_default_context(cadata=good)))
    if hasattr(os, "putenv"):
        os.putenv("SSL_CERT_FILE", FILE)
        print(talk(ssl.create_default_context()))
        os.putenv("SSL_CERT_FILE", FILE + ".none")
        show("no such file", ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_default_certs)
        print(talk(ssl.create_default_context()))
    else:
        for _ in range(3):
            print()
finally:
    os.remove(FILE)
