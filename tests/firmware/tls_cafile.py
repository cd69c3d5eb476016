# load_verify_locations of tls, where a str is data: a file has a keyword.

try:
    import os
    import tls

    tls.SSLContext
    tls.WOLFSSL_VERSION
    os.remove
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from testkeys import ca, server

FILE = "tls_cafile.%d.der" % id(ca)


def new():
    return tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)


def show(title, call, *args, **options):
    try:
        print(title, call(*args, **options))
    except (OSError, TypeError, ValueError) as er:
        print(title, type(er).__name__)


with open(FILE, "wb") as f:
    f.write(ca)
try:
    show("data", new().load_verify_locations, ca)
    show("cadata", new().load_verify_locations, cadata=ca)
    show("cafile", new().load_verify_locations, cafile=FILE)
    show("both", new().load_verify_locations, server, cafile=FILE)
    show("a path as data", new().load_verify_locations, FILE)
    show("a second argument", new().load_verify_locations, ca, FILE)
    show("nothing", new().load_verify_locations)
finally:
    os.remove(FILE)
show("no such file", new().load_verify_locations, cafile=FILE)
