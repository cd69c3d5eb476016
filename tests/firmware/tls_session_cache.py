# SSLContext.session_cache_size, of a server.

try:
    import wolfssl as ssl

    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).session_cache_size
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

import gc

ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
print(ctx.session_cache_size)
for size in (1, 4096, 7, 0, True):
    ctx.session_cache_size = size
    print(ctx.session_cache_size)

for wrong in (-1, 4097, 1 << 31, 1 << 62, 1 << 100, None, "1", 1.5):
    try:
        ctx.session_cache_size = wrong
        print("accepted", wrong)
    except (TypeError, ValueError, OverflowError):
        print(ctx.session_cache_size)

for protocol in ("PROTOCOL_TLS_CLIENT", "PROTOCOL_DTLS_CLIENT", "PROTOCOL_DTLS_SERVER"):
    other = ssl.SSLContext(getattr(ssl, protocol))
    print(protocol, other.session_cache_size, end=" ")
    try:
        other.session_cache_size = 1
    except ValueError as er:
        print(er)

# Contexts that are collected take their caches with them.
gc.collect()
for i in range(100):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.session_cache_size = 4096
    ctx.set_ciphers(ctx.get_ciphers())
gc.collect()
print("done")
