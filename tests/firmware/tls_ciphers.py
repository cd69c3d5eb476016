# Cipher suites: their names as MicroPython spells them, the three spellings that are taken, and
# what is refused. It replaces MicroPython's own tests/extmod/tls_sslcontext_ciphers.py, whose
# expected text is mbedTLS's list of suites and mbedTLS's error.

try:
    import tls

    tls.SSLContext.get_ciphers
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

ctx = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
ciphers = ctx.get_ciphers()

for name in (
    "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256",
    "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384",
    "TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256",
    "TLS-ECDHE-RSA-WITH-CHACHA20-POLY1305-SHA256",
    "TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA256",
):
    print(name, name in ciphers)

# Nothing that a reviewer would refuse.
print([c for c in ciphers if "NULL" in c or "RC4" in c or "3DES" in c or "MD5" in c
    or "EXPORT" in c])

ctx.set_ciphers(ciphers[:1])
for spelling in (
    "TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "ECDHE-ECDSA-AES128-SHA256",
):
    ctx.set_ciphers([spelling])
    print(spelling)

try:
    ctx.set_ciphers(ciphers[0])
except TypeError as e:
    print(e)

try:
    ctx.set_ciphers(["BAR"])
except OSError as e:
    print("OSError", len(e.args))
