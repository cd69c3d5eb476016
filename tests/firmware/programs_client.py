# Reads responses over TLS as programs do: requests, aiohttp and umqtt are the models.
#
# Usage: programs_client.py PORT CAFILE [strict=1]
#   The peer answers GET /SHAPE/END: SHAPE is how the body's end is known (see below),
#   END is notify or cut: whether close_notify comes before the end of the connection.
#   strict=1: with suppress_ragged_eofs=False
# Prints a line for each way to read each answer: "<style> <way> <shape> <end>: <bytes> <sha256>
# then <what the next two reads give>".

import sys

try:
    import asyncio
    import binascii
    import hashlib
    import select
    import socket
    import tls

    tls.SSLContext
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

ENDS = ("notify", "cut")


class Blocking:
    name = "blocking"

    def __init__(self, sock):
        self.sock = sock
        self.read = sock.read
        self.readline = sock.readline
        self.readinto = sock.readinto

    def close(self):
        self.sock.close()


# A non-blocking stream that waits by poll, as programs with a main loop of their own do.
class NonBlocking:
    name = "non-blocking"

    def __init__(self, sock):
        sock.setblocking(False)
        self.sock = sock
        self.poll = select.poll()
        self.poll.register(sock, select.POLLIN)

    def wait(self, function, *args):
        while True:
            result = function(*args)
            if result is not None:
                return result
            if not self.poll.poll(10000):
                raise Exception("nothing comes")

    def read(self, n=-1):
        if n >= 0:
            return self.wait(self.sock.read, n)
        parts = []
        while True:
            try:
                part = self.wait(self.sock.read)
            except OSError:
                if not parts:
                    raise
                part = b""  # the next read raises again
            if not part:
                return b"".join(parts)
            parts.append(part)

    # A line may come in parts.
    def readline(self):
        line = b""
        while not line.endswith(b"\n"):
            part = self.wait(self.sock.readline)
            if not part:
                break
            line += part
        return line

    def readinto(self, buf):
        return self.wait(self.sock.readinto, buf)

    def close(self):
        self.sock.close()


def connect(port, ctx, style, **options):
    s = socket.socket()
    s.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
    try:
        return style(ctx.wrap_socket(s, server_hostname="localhost", **options))
    except OSError:
        s.close()
        raise


def request(shape, end):
    return b"GET /%s/%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (shape, end)


def content_length(line, length):
    return int(line.split(b":")[1]) if line.lower().startswith(b"content-length:") else length


# The status line and headers; returns the body's length, if they give it.
def read_head(f):
    if f.readline() != b"HTTP/1.1 200 OK\r\n":
        raise Exception("no answer")
    length = None
    while True:
        line = f.readline()
        if line == b"\r\n":
            return length
        if not line:
            raise Exception("no end of the headers")
        length = content_length(line, length)


# -- Ways to read a body. Each puts what it gets into got as it comes, so that nothing is lost by
# an exception.


def by_read(f, length, got):
    got.append(f.read())


def by_blocks(f, length, got):
    while True:
        data = f.read(1000)
        if not data:
            break
        got.append(data)


def by_readinto(f, length, got):
    buf = bytearray(777)
    while length is None or length > 0:
        part = buf if length is None else memoryview(buf)[: min(len(buf), length)]
        n = f.readinto(part)
        if not n:
            break
        got.append(bytes(part[:n]))
        if length is not None:
            length -= n


def by_lines(f, length, got):
    while True:
        line = f.readline()
        if not line:
            break
        got.append(line)


def by_chunks(f, length, got):
    while True:
        size = int(f.readline(), 16)
        left = size
        while left:
            data = f.read(left)  # less, where the stream would block
            if not data:
                raise Exception("the body ends in a chunk")
            got.append(data)
            left -= len(data)
        if f.readline() != b"\r\n":
            raise Exception("no end of a chunk")
        if not size:
            break


# SHAPE: the ways to read it.
WAYS = {
    "end": (by_read, by_blocks, by_readinto, by_lines),
    "length": (by_readinto, by_lines),
    "short": (by_readinto, by_read),
    "chunked": (by_chunks,),
    "empty": (by_read, by_lines),
}


def then(f):
    try:
        return repr(f.read(1))
    except OSError:
        return "OSError"


def digest(got):
    data = b"".join(got)
    return "%d %s" % (len(data), str(binascii.hexlify(hashlib.sha256(data).digest()), "ascii"))


def run(port, ctx, style, way, shape, end, **options):
    f = connect(port, ctx, style, **options)
    got = []
    failed = ""
    try:
        if isinstance(f, Blocking):
            f.sock.write(request(shape, end))
        else:
            f.wait(f.sock.write, request(shape, end))
        length = read_head(f) if shape != "empty" else None
        try:
            way(f, length, got)
        except OSError:
            failed = " OSError"
        print(style.name, way.__name__, shape, end + ":", digest(got) + failed, "then",
            then(f), then(f))
    finally:
        f.close()


async def then_async(reader):
    try:
        return repr(await reader.read(1))
    except OSError:
        return "OSError"


async def run_async(port, ctx, way, shape, end):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=ctx,
        server_hostname="localhost")
    try:
        writer.write(request(shape, end))
        await writer.drain()
        length = None
        if shape != "empty":
            if await reader.readline() != b"HTTP/1.1 200 OK\r\n":
                raise Exception("no answer")
            while True:
                line = await reader.readline()
                if line == b"\r\n":
                    break
                if not line:
                    raise Exception("no end of the headers")
                length = content_length(line, length)
        got = []
        try:
            if way == "read":
                got.append(await reader.read(-1))
            elif way == "readexactly":
                got.append(await reader.readexactly(length))
            elif way == "blocks":
                while True:
                    data = await reader.read(1000)
                    if not data:
                        break
                    got.append(data)
            elif way == "lines":
                while True:
                    line = await reader.readline()
                    if not line:
                        break
                    got.append(line)
            elif way == "chunks":
                while True:
                    size = int(await reader.readline(), 16)
                    if size:
                        got.append(await reader.readexactly(size))
                    await reader.readexactly(2)
                    if not size:
                        break
            failed = ""
        except EOFError:
            failed = " EOFError"
        text = digest(got) + failed
        print("asyncio", way, shape, end + ":", text, "then", await then_async(reader),
            await then_async(reader))
    finally:
        writer.close()
        await writer.wait_closed()


WAYS_ASYNC = {
    "end": ("read", "blocks", "lines"),
    "length": ("readexactly", "blocks"),
    "short": ("readexactly", "blocks"),
    "chunked": ("chunks",),
    "empty": ("read", "lines"),
}


async def all_async(port, ctx):
    for shape, ways in WAYS_ASYNC.items():
        for way in ways:
            for end in ENDS:
                await run_async(port, ctx, way, shape, end)


def main(port, cafile, strict=None):
    ctx = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    with open(cafile, "rb") as f:
        ctx.load_verify_locations(f.read())
    ctx.verify_mode = tls.CERT_REQUIRED
    options = {"suppress_ragged_eofs": False} if strict else {}
    for style in Blocking, NonBlocking:
        for shape, ways in WAYS.items():
            for way in ways:
                for end in ENDS:
                    run(port, ctx, style, way, shape, end, **options)
    if not strict:
        asyncio.run(all_async(port, ctx))


args = [a for a in sys.argv[1:] if "=" not in a]
keywords = dict(a.split("=", 1) for a in sys.argv[1:] if "=" in a)
if len(args) != 2:
    print("SKIP")
    raise SystemExit

main(int(args[0]), args[1], **keywords)
