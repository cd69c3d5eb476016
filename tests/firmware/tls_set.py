# Settings that not every firmware has. tls_client.py and tls_server.py import this file.

import wolfssl


def set_options(ctx, alpn=None, fragment=None, min=None, max=None):
    versions = {"1.2": wolfssl.TLSVersion.TLSv1_2, "1.3": wolfssl.TLSVersion.TLSv1_3}
    if alpn:
        ctx.set_alpn_protocols(alpn.split("/"))
    if fragment:
        ctx.max_fragment_length = int(fragment)
    if min:
        ctx.minimum_version = versions[min]
    if max:
        ctx.maximum_version = versions[max]
