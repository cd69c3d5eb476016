# Keys and states do not stay in the heap: what an object held is gone when the collector has freed
# it. Inputs are not copied.

try:
    import gc
    import uctypes
    import wolfcryptolib
    import wolfhashlib
except ImportError:
    print("SKIP")
    raise SystemExit

SECRET = b"a secret of 32 bytes, no less..."


# What is at an address. Not from its first byte on: to the collector that would be a pointer to
# the object. It is made before the object is freed, so that it does not take that place.
def view(addr):
    return memoryview(uctypes.bytearray_at(addr + 1, 255))


def holds(mem):
    return any(mem[i : i + 16] == SECRET[8:24] for i in range(len(mem) - 16))


# Makes an object that holds SECRET; only this function ever knows it.
def make(new, address):
    obj = new()
    mem = view(address(obj))
    return mem, holds(mem)


# Whether SECRET was there, and whether it is when the object is freed.
def left(new, address):
    mem, held = make(new, address)
    (lambda *args: args)(*range(50))  # over stale pointers on the stack
    gc.collect()
    return held, holds(mem)


for name, new, address in (
    ("aes", lambda: wolfcryptolib.aes(SECRET, 1), id),
    ("sha256", lambda: wolfhashlib.sha256(SECRET), id),
    ("copy", lambda: wolfhashlib.sha256(SECRET).copy(), id),
    ("what nobody wipes", lambda: bytearray(SECRET * 8), uctypes.addressof),
):
    results = [left(new, address) for _ in range(5)]
    # The collector may keep one because of a stale pointer, but not all.
    print(name, "held", all(r[0] for r in results), "left", all(r[1] for r in results))


def allocated(f, *args):
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    f(*args)
    took = gc.mem_alloc() - before
    gc.enable()
    return took if took > 1024 else "next to nothing"


data = bytearray(64 * 1024 + 1)
odd = memoryview(data)[1:]
for name in ("md5", "sha1", "sha256"):
    print(name, "allocates", allocated(getattr(wolfhashlib, name)().update, odd))
for mode in (1, 2, 6):
    cipher = wolfcryptolib.aes(SECRET, mode, SECRET[:16])
    print("aes", mode, "allocates", allocated(cipher.encrypt, odd, odd))
