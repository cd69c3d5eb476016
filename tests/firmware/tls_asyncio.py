# asyncio's streams over TLS: start_server and open_connection with a context, server_hostname,
# application protocols, a session for the next connection, and TLS that begins later.
#
# Needs asyncio, which some firmware does not have: then MICROPYPATH names it.

try:
    import asyncio
    import socket
    import tls

    tls.SSLSession
    asyncio.start_server
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from testkeys import ca, server, server_key

HOST, PORT = "127.0.0.1", 20000 + id(server_key) // 16 % 10000 * 2


def server_context():
    ctx = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(server, server_key)
    ctx.set_alpn_protocols(["echo"])
    return ctx


def client_context():
    ctx = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(ca)
    ctx.set_alpn_protocols(["other", "echo"])
    return ctx


async def echo(reader, writer):
    try:
        while True:
            line = await reader.readline()
            if not line:
                break
            writer.write(line)
            await writer.drain()
    except OSError as er:
        # What the client refuses, it tells.
        print("server:", er.args[0])
    writer.close()
    await writer.wait_closed()


# A line in the clear, and then TLS over the same connection.
async def upgrade(reader, writer):
    assert await reader.readline() == b"STARTTLS\n"
    writer.write(b"go\n")
    await writer.drain()
    sock = serving.wrap_socket(reader.s, server_side=True, do_handshake_on_connect=False)
    secure = asyncio.StreamReader(sock)
    await echo(secure, secure)


async def exchange(reader, writer):
    writer.write(b"ping\n")
    await writer.drain()
    return await reader.readline()


async def connect(ctx, name):
    reader, writer = await asyncio.open_connection(HOST, PORT, ssl=ctx, server_hostname=name)
    try:
        line = await exchange(reader, writer)
        sock = writer.s
        print(line, sock.selected_alpn_protocol(), sock.session_reused)
        return sock.session
    finally:
        writer.close()
        await writer.wait_closed()


async def begin_later(ctx):
    reader, writer = await asyncio.open_connection(HOST, PORT + 1)
    writer.write(b"STARTTLS\n")
    await writer.drain()
    assert await reader.readline() == b"go\n"
    sock = ctx.wrap_socket(writer.s, server_hostname="localhost", do_handshake_on_connect=False)
    secure = asyncio.StreamReader(sock)
    print("later:", await exchange(secure, secure), sock.selected_alpn_protocol())
    secure.close()
    await secure.wait_closed()


async def main():
    listening = await asyncio.start_server(echo, HOST, PORT, ssl=serving)
    clear = await asyncio.start_server(upgrade, HOST, PORT + 1)
    ctx = client_context()
    session = await connect(ctx, "localhost")
    await connect(ctx, "localhost")  # without a session of its own
    ctx.session = session
    await connect(ctx, "localhost")
    await connect(ctx, "localhost")  # it was for one
    ctx.session = session
    try:
        await connect(ctx, "example.org")
    except OSError as er:
        print("client:", er.args[0])
    await asyncio.sleep(0.1)
    await begin_later(ctx)
    await asyncio.gather(*(connect(ctx, "localhost") for _ in range(3)))
    for s in (listening, clear):
        s.close()
        await s.wait_closed()


serving = server_context()
asyncio.run(main())
