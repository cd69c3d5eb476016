# What TLS costs on this board: the heap of a session with both its ends, and, if there is a clock,
# the time of a handshake and of a few kilobytes with each algorithm.

import gc

from pair import connected, contexts

try:
    from time import ticks_diff, ticks_us
except ImportError:
    ticks_us = None

ctx, peer = contexts()
gc.collect()
before = gc.mem_free()
start = ticks_us and ticks_us()
both = connected(ctx, peer)
if ticks_us:
    print("handshake", ticks_diff(ticks_us(), start))
gc.collect()
print("heap", before, before - gc.mem_free())
both = None
gc.collect()


# The time for as many KB as take a fifth of a second.
def speed(name, function):
    function()
    start = ticks_us()
    n = took = 0
    while took < 200000 and n < 4096:
        function()
        n += 1
        took = ticks_diff(ticks_us(), start)
    print("speed", name, n, took)


if ticks_us:
    import wolfcryptolib
    import wolfhashlib

    data = bytearray(1024)
    for name in ("md5", "sha1", "sha256"):
        if hasattr(wolfhashlib, name):
            h = getattr(wolfhashlib, name)()
            speed(name, lambda: h.update(data))
    for bits in (128, 256):
        for name, mode in (("ecb", 1), ("cbc", 2), ("ctr", 6)):
            try:
                iv = () if mode == 1 else (bytes(16),)
                aes = wolfcryptolib.aes(bytes(bits // 8), mode, *iv)
            except ValueError:
                continue
            speed("aes-%d-%s" % (bits, name), lambda: aes.encrypt(data, data))
