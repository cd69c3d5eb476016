# Settings that not every firmware has. tls_client.py and tls_server.py import this file.

import wolfssl


def set_options(
    ctx,
    alpn=None,
    fragment=None,
    min=None,
    max=None,
    callback=None,
    keylog=None,
    ocsp=None,
    cache=None,
):
    versions = {"1.2": wolfssl.TLSVersion.TLSv1_2, "1.3": wolfssl.TLSVersion.TLSv1_3}
    if alpn:
        ctx.set_alpn_protocols(alpn.split("/"))
    if fragment:
        ctx.max_fragment_length = int(fragment)
    if min:
        ctx.minimum_version = versions[min]
    if max:
        ctx.maximum_version = versions[max]
    if cache:
        ctx.session_cache_size = int(cache)
    if ocsp:
        ctx.ocsp = int(ocsp)
    if keylog:
        ctx.keylog_filename = keylog
    if callback:
        try:
            ctx.set_psk_client_callback(lambda hint: ("sensor", callback.encode()))
        except ValueError:  # it's a server's
            ctx.set_psk_server_callback(
                lambda identity: callback.encode() if identity == "sensor" else b""
            )
