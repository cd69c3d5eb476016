# A server that echoes lines to many TLS clients at once, in one thread, with asyncio. It also runs
# with the built-in TLS, and on CPython.
#
# Usage: many_server.py PORT CERT KEY CONNECTIONS
# Prints "listening"; once that many have come and gone, how many there were at once, and the bytes
# that its process had at most, or 0.

import asyncio
import sys

port, cert, key, total = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
now = most = seen = 0
done = asyncio.Event()


# The first block of a PEM file, which the built-in may not read.
def der(name):
    from binascii import a2b_base64

    with open(name) as f:
        lines = f.read().strip().split("\n")
    return a2b_base64("".join(lines[1 : lines.index("-----END" + lines[0][10:])]))


def context():
    if sys.implementation.name == "micropython":
        import tls

        ctx = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
        ctx.load_cert_chain(der(cert), der(key))
        return ctx
    import ssl

    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(cert, key)
    return ctx


async def serve(reader, writer):
    global now, most, seen
    now += 1
    most = max(most, now)
    try:
        while True:
            line = await reader.readline()
            if not line:
                break
            writer.write(line)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
    except OSError as er:
        print("error", er)
    now -= 1
    seen += 1
    if seen == total:
        done.set()


def peak():
    try:
        with open("/proc/self/status") as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


async def main():
    await asyncio.start_server(serve, "127.0.0.1", port, backlog=total, ssl=context())
    print("listening")
    sys.stdout.flush() if hasattr(sys.stdout, "flush") else None
    await done.wait()
    print("served", most, peak())


asyncio.run(main())
