# Handshakes in a heap that is too small, a little less each time: what they raise, and how many KB
# both ends need.

import gc

from pair import connected, contexts

ctx, peer = contexts()


# Fill the heap except for that many bytes.
def fill(leave):
    gc.collect()
    blocks = []
    size = 4096
    while size >= 64:
        try:
            while gc.mem_free() > leave + size:
                blocks.append(bytearray(size))
        except MemoryError:
            pass
        size //= 2
    return blocks


# What a handshake in that many bytes raises; True for nothing.
def attempt(leave):
    blocks = fill(leave)
    try:
        connected(ctx, peer)
        return True
    except Exception as er:
        return er
    finally:
        # An old pointer on the stack may keep the list, but then it keeps nothing in it.
        blocks.clear()


leave = 1024
result = attempt(leave)
while result is not True and leave < 512 * 1024:
    gc.collect()
    print(leave // 1024, "KB", repr(result))
    leave += max(1024, leave // 2048 * 256)
    result = attempt(leave)
gc.collect()
if result is True:
    print(leave // 1024, "KB ok")

# What has failed must not have left anything behind.
connected(ctx, peer)
print("again ok")
