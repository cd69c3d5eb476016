# Cipher suites have mbedTLS's names where wolfSSL has none of its own for them, as on bare metal.

try:
    import tls

    tls.SSLContext.get_ciphers
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

ctx = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
ciphers = ctx.get_ciphers()
for name in (
    "TLS1-3-AES-128-GCM-SHA256",
    "TLS1-3-AES-256-GCM-SHA384",
    "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256",
    "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384",
    "TLS-ECDHE-RSA-WITH-AES-128-CBC-SHA256",
    "TLS-ECDHE-ECDSA-WITH-AES-256-CBC-SHA",
    "TLS-RSA-WITH-AES-128-GCM-SHA256",
    "TLS-RSA-WITH-AES-256-CBC-SHA256",
):
    print(name in ciphers, name)

# Each name is taken, and there is no name of another sort.
for name in ciphers:
    ctx.set_ciphers([name])
    if not name.startswith("TLS1-3-") and not (name.startswith("TLS-") and "-WITH-" in name):
        print(name)
for name in ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"):
    ctx.set_ciphers([name])
for name in (
    "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA38",
    "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA3844",
    "TLS1-3-ECDHE-RSA-WITH-AES-256-GCM-SHA384",
    "TLS",
    "",
):
    try:
        ctx.set_ciphers([name])
        print("taken:", name)
    except OSError:
        pass
