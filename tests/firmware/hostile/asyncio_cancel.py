# Tasks that are cancelled at every wait of a TLS connection: connecting, reading, writing,
# draining and closing.
from common import *

try:
    import asyncio
    import socket
except ImportError:
    print("SKIP")
    raise SystemExit

PORT = 0
if not hasattr(asyncio, "start_server"):
    print("SKIP")
    raise SystemExit

cc, sc = contexts()
served = [0]


async def serve(reader, writer):
    try:
        while True:
            data = await reader.read(100)
            if not data:
                break
            writer.write(data * 20)
            await writer.drain()
        served[0] += 1
    except OSError:
        pass
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        pass


async def use(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=cc,
        server_hostname="localhost")
    try:
        for i in range(3):
            writer.write(b"x" * 100)
            await writer.drain()
            await reader.readexactly(2000)
    finally:
        writer.close()
        await writer.wait_closed()
    return "done"


async def cancelled(port, steps):
    task = asyncio.create_task(use(port))
    for _ in range(steps):
        await asyncio.sleep(0)
        if task.done():
            break
    task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        return "cancelled"


async def main():
    for port in range(42100, 42200):
        try:
            server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=sc)
            break
        except OSError:
            pass
    results = set()
    for steps in range(40):
        results.add(await cancelled(port, steps))
        if steps % 10 == 0:
            gc.collect()
    check(results <= {"done", "cancelled"} and "cancelled" in results, results)
    for timeout in (0, 0.001, 0.003):
        try:
            await asyncio.wait_for(use(port), timeout)
        except asyncio.TimeoutError:
            pass
    # All at once, half of them cancelled in the middle.
    tasks = [asyncio.create_task(use(port)) for _ in range(10)]
    for _ in range(5):
        await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    got = []
    for task in tasks:
        try:
            got.append(await task)
        except asyncio.CancelledError:
            got.append("cancelled")
        except OSError as er:
            got.append(repr(er))
    check(got[1::2] == ["done"] * 5, got)
    check(await use(port) == "done", "afterwards")
    server.close()
    await server.wait_closed()


asyncio.run(asyncio.wait_for(main(), 25))
check(served[0] > 0, "served", served)
end()
