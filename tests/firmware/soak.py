# Many handshakes, then many bytes each way, with another implementation as the peer.
#
# Usage: soak.py client blocking|asyncio PORT CAFILE HANDSHAKES BYTES
#            against a server that sends back what it gets
#        soak.py server blocking|asyncio PORT CERTFILE KEYFILE HANDSHAKES BYTES
#            sends back what it gets
#
# Every byte that comes back is compared; every end of a stream must be a clean one. Prints
# "listening PORT" (a server), and at the end "done", by how many bytes the heap and how many KB
# the process have grown after the first handshakes, and again while the bytes went through.

import sys

try:
    import asyncio
    import gc
    import socket
    import ssl

    ssl.SSLContext
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

if len(sys.argv) < 7:
    print("SKIP")
    raise SystemExit

WARM_UP = 10  # handshakes before the first look at the memory
WARM_UP_BLOCKS = 64
MOST_BLOCKS = 4096  # over one connection of a client: gnutls-serv ends each after half a minute
PARALLEL = 8  # an asyncio client's connections at once
BLOCK = 16384
LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"


# A block of text that says which one it is: GnuTLS's echo takes lines.
def block(number):
    return b"%015d " % number + (LETTERS * 257)[number % 64 :][: BLOCK - 17] + b"\n"


# Resident memory of the process in KB, or 0.
def rss():
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith("VmRSS"):
                return int(line.split()[1])
    return 0


# How much the heap (bytes) and the process (KB) have grown since the last call.
class Memory:
    def __init__(self):
        self.look()

    def look(self):
        gc.collect()
        self.heap = gc.mem_alloc()
        self.process = rss()

    def grown(self):
        heap, process = self.heap, self.process
        self.look()
        return self.heap - heap, self.process - process


def check(got, want):
    if got != want:
        raise ValueError(
            "got %d bytes %r, want %d bytes %r" % (len(got), got[:32], len(want), want[:32]))


def client_context(cafile):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = ssl.CERT_REQUIRED
    ctx.load_verify_locations(cafile=cafile)
    return ctx


def server_context(certfile, keyfile):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(certfile, keyfile)
    return ctx


def blocking_connect(ctx, port):
    s = socket.socket()
    s.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
    return ctx.wrap_socket(s, server_hostname="localhost")


def blocking_handshake(ctx, port, number):
    s = blocking_connect(ctx, port)
    line = b"handshake %d\n" % number
    s.write(line)
    check(s.readline(), line)
    s.close()


# The numbers of the first block of each connection and of the one after its last.
def pieces(total):
    for first in range(0, total // BLOCK, MOST_BLOCKS):
        yield first, min(first + MOST_BLOCKS, total // BLOCK)


def blocking_client(ctx, port, handshakes, total):
    for i in range(WARM_UP):
        blocking_handshake(ctx, port, i)
    memory = Memory()
    for i in range(handshakes):
        blocking_handshake(ctx, port, i)
    report = memory.grown()
    got = bytearray(BLOCK)
    for first, last in pieces(total):
        s = blocking_connect(ctx, port)
        for i in range(first, last):
            want = block(i)
            s.write(want)
            if s.readinto(got) != BLOCK:
                raise ValueError("end of stream")
            check(got, want)
            if i == WARM_UP_BLOCKS:
                memory.look()
        s.close()
    return report + memory.grown()


def blocking_echo(listener, ctx, read, memory=None):
    s = ctx.wrap_socket(listener.accept()[0], server_side=True)
    count = 0
    while True:
        data = read(s)
        if not data:
            break
        s.write(data)
        count += 1
        if memory and count == WARM_UP_BLOCKS:
            memory.look()
    check(s.read(1), b"")
    s.close()


def blocking_server(ctx, port, handshakes, total):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
    listener.listen(50)
    print("listening", port)
    for _ in range(WARM_UP):
        blocking_echo(listener, ctx, lambda s: s.readline())
    memory = Memory()
    for _ in range(handshakes):
        blocking_echo(listener, ctx, lambda s: s.readline())
    report = memory.grown()
    blocking_echo(listener, ctx, lambda s: s.read(BLOCK), memory)
    return report + memory.grown()


async def asyncio_handshake(ctx, port, number):
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=ctx, server_hostname="localhost"
    )
    line = b"handshake %d\n" % number
    writer.write(line)
    await writer.drain()
    check(await reader.readline(), line)
    writer.close()
    await writer.wait_closed()


async def asyncio_handshakes(ctx, port, first, last):
    for i in range(first, last):
        await asyncio_handshake(ctx, port, i)


async def asyncio_send(writer, first, last):
    for i in range(first, last):
        writer.write(block(i))
        await writer.drain()


async def asyncio_client(ctx, port, handshakes, total):
    await asyncio_handshakes(ctx, port, 0, WARM_UP)
    await asyncio.gather(*(asyncio_handshakes(ctx, port, i, i + 1) for i in range(PARALLEL)))
    memory = Memory()
    each = (handshakes + PARALLEL - 1) // PARALLEL
    await asyncio.gather(
        *(asyncio_handshakes(ctx, port, i * each, (i + 1) * each) for i in range(PARALLEL))
    )
    report = memory.grown()
    for first, last in pieces(total):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=ctx, server_hostname="localhost"
        )
        sender = asyncio.create_task(asyncio_send(writer, first, last))
        for i in range(first, last):
            check(await reader.readexactly(BLOCK), block(i))
            if i == WARM_UP_BLOCKS:
                memory.look()
        await sender
        writer.close()
        await writer.wait_closed()
    return report + memory.grown()


async def asyncio_server(ctx, port, handshakes, total):
    ended = 0
    failed = []
    progress = asyncio.Event()
    memory = Memory()

    async def echo(reader, writer):
        nonlocal ended
        count = 0
        try:
            while True:
                data = await reader.read(BLOCK)
                if not data:
                    break
                writer.write(data)
                await writer.drain()
                count += len(data)
                if count >= WARM_UP_BLOCKS * BLOCK > count - len(data):
                    memory.look()
            check(await reader.read(1), b"")
        except Exception as er:
            failed.append(er)
        writer.close()
        await writer.wait_closed()
        ended += 1
        progress.set()

    async def wait_for(count):
        while ended < count and not failed:
            await progress.wait()
            progress.clear()
        if failed:
            raise failed[0]

    server = await asyncio.start_server(echo, "127.0.0.1", port, backlog=50, ssl=ctx)
    print("listening", port)
    await wait_for(WARM_UP)
    memory.look()
    await wait_for(WARM_UP + handshakes)
    report = memory.grown()
    await wait_for(WARM_UP + handshakes + 1)
    report += memory.grown()
    server.close()
    await server.wait_closed()
    return report


# Use the whole heap once: what the process grows by after that is the C library's, not pages of
# the heap.
def use_heap():
    blocks = []
    for _ in range(gc.mem_free() * 9 // 10 // 4096):
        blocks.append(bytearray(4000))


def run(role, style, port, *args):
    files, numbers = args[:-2], [int(a) for a in args[-2:]]
    ctx = (client_context if role == "client" else server_context)(*files)
    if style == "blocking":
        return (blocking_client if role == "client" else blocking_server)(ctx, int(port), *numbers)
    return asyncio.run(
        (asyncio_client if role == "client" else asyncio_server)(ctx, int(port), *numbers))


use_heap()
gc.collect()
print("done", *run(*sys.argv[1:]))
