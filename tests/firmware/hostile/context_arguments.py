# SSLContext and wrap_socket of the modules with arguments of every type and size.
from common import *

VALUES = (None, True, -1, 0, 4, 5, 255, 1 << 31, 1 << 32, (1 << 32) + 1, 1 << 62, 1 << 70,
    -(1 << 70), 1.0, "0", b"0", [], (), object)
ERRORS = ("TypeError", "ValueError", "OverflowError", "OSError", "MemoryError")

for module in ("wolfssl", "tls", "ssl"):
    try:
        module = __import__(module)
    except ImportError:
        continue
    for value in VALUES:
        r = outcome(module.SSLContext, value)
        if isinstance(r, str):
            check(r in ERRORS, module, value, r)
        else:
            check(value in (0, 1, 2, 3), module, value, "made")
        outcome(module.SSLContext, value, value)
        outcome(module.SSLContext, protocol=value)
    check(outcome(module.SSLContext) == "TypeError", module)
    if not hasattr(module, "wrap_socket"):
        continue
    for name in ("key", "cert", "cert_reqs", "cadata", "server_hostname", "do_handshake",
        "server_side", "nothing"):
        for value in VALUES + ("x", b"x", "x\0y", b"-----BEGIN CERTIFICATE-----", bytearray(10),
            "/no/such/file", server, server_key):
            for server_side in (False, True):
                kw = {"do_handshake": False, "server_side": server_side}
                kw[name] = value
                if kw["do_handshake"]:
                    continue
                r = outcome(module.wrap_socket, ends()[0], **kw)
                if isinstance(r, str):
                    check(r.split()[0] in ERRORS, module, name, value, r)
                else:
                    outcome(r.write, b"x")
                    outcome(r.read, 1)
                    r.close()
end()
