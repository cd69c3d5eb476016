# Gets one URL with the HTTP clients of micropython-lib, which must be in the path.
#
# Usage: programs_http.py URL [PROGRAM]
# Prints a line for each program and way: "<program> <way>: <bytes> <sha256>", or the exception.

import sys

try:
    import asyncio
    import binascii
    import hashlib

    import aiohttp
    import requests
    import urequests
except ImportError:
    print("SKIP")
    raise SystemExit


def digest(data):
    return "%d %s" % (len(data), str(binascii.hexlify(hashlib.sha256(data).digest()), "ascii"))


def content(get, url):
    return get(url).content


def text(get, url):
    return get(url).text.encode()


def content_timeout(get, url):
    return get(url, timeout=20).content


def parsed_no_headers(get, url):
    return get(url, parse_headers=False).content


def raw_read(get, url):
    response = get(url)
    parts = []
    while True:
        part = response.raw.read(1000)
        if not part:
            break
        parts.append(bytes(part))
    response.close()
    return b"".join(parts)


def raw_readinto(get, url):
    response = get(url)
    parts = []
    buf = bytearray(333)
    while True:
        n = response.raw.readinto(buf)
        if not n:
            break
        parts.append(bytes(buf[:n]))
    response.close()
    return b"".join(parts)


async def aiohttp_read(url, version):
    async with aiohttp.ClientSession(version=version) as session:
        async with session.get(url) as response:
            if hasattr(response, "chunk_size"):
                parts = []
                while True:
                    part = await response.read()
                    if not part:
                        return b"".join(parts)
                    parts.append(part)
            return await response.read()


async def aiohttp_text(url, version):
    async with aiohttp.ClientSession(version=version) as session:
        async with session.get(url) as response:
            return (await response.text()).encode()


def show(name, function, *args):
    if not name.startswith(only):
        return
    try:
        print(name + ":", digest(function(*args)))
    except Exception as er:
        print(name + ":", type(er).__name__, *er.args)


def main(url):
    for way in content, text, content_timeout, parsed_no_headers, raw_read, raw_readinto:
        show("requests " + way.__name__, way, requests.get, url)
    show("urequests content", content, urequests.get, url)
    for version in aiohttp.HttpVersion10, aiohttp.HttpVersion11:
        name = "aiohttp %s " % version
        show(name + "read", lambda: asyncio.run(aiohttp_read(url, version)))
    show("aiohttp HTTP/1.0 text", lambda: asyncio.run(aiohttp_text(url, aiohttp.HttpVersion10)))


if len(sys.argv) not in (2, 3):
    print("SKIP")
    raise SystemExit

only = sys.argv[2] if len(sys.argv) > 2 else ""
main(sys.argv[1])
