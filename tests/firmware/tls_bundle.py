# CA bundles: what is trusted is found in them, and nothing in one that is damaged.

try:
    import hashlib
    import io
    import struct

    io.IOBase
    import wolfssl as ssl

    ssl.create_default_context
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from bundles import bundle, context, reason, talk
from testkeys import ca, client_cert, other_cert, server


good = bundle([client_cert, ca, other_cert, server])
print("where they are")
for options in (
    {"cadata": good},
    {"cadata": bytearray(good)},
    {"cadata": memoryview(good)},
):
    ctx = context(**options)
    print(talk(ctx), talk(ctx, "example.com"), talk(ctx))
changing = bytearray(good)
ctx = context(cadata=changing)
changing[:] = bytes(len(changing))
print(talk(ctx))

print("who is in them")
print(talk(context(cadata=bundle([client_cert]))))
print(talk(context(cadata=bundle([]))))
print(talk(context(cadata=bundle([server]))))  # it is no CA, and not self-issued
ctx = context(cadata=bundle([client_cert]))
ctx.load_verify_locations(bundle([other_cert]))
ctx.load_verify_locations(other_cert)
print(talk(ctx))
ctx.load_verify_locations(good)
print(talk(ctx))

print("what is damaged")
index = 48 + 4 * 44
refused = 0
for i in range(index):
    damaged = bytearray(good)
    damaged[i] ^= 1 << i % 8
    try:
        context(cadata=damaged)
    except ValueError:
        refused += 1
print(refused == index)
refused = 0
for size in range(len(good)):
    try:
        context(cadata=good[:size])
    except ValueError:
        refused += 1
print(refused == len(good))
start = good.find(ca)
for i in range(start, start + len(ca), 29):
    damaged = bytearray(good)
    damaged[i] ^= 1 << i % 8
    text = talk(context(cadata=damaged))
    assert text == "ValueError: CA bundle damaged or replaced", text
# The index is right, but what it says is not.
for where, value in ((0, 0), (4, 0), (4, 47), (4, len(good)), (4, 0xFFFFFFFF), (8, 0)):
    for entry in range(4):

        def tamper(index):
            pos = entry * 44 + where
            return index[:pos] + struct.pack("<I", value) + index[pos + 4 :]

        try:
            text = talk(context(cadata=bundle([client_cert, ca, other_cert, server], tamper)))
        except ValueError as er:
            text = reason(er)
        if where == 0:
            assert text != "ok" or entry == 0, text
        elif not text.startswith("ValueError: "):
            assert text.startswith("ok") and good[48 + entry * 44 :][12:44] != ca, text
try:
    context(cadata=good[:8] + ca)
    print("taken")
except ValueError as er:
    print(reason(er))

