# Which firmware this is: a line each, and nothing for what it does not tell.

import sys

print("version", sys.version)
print("machine", getattr(sys.implementation, "_machine", ""))
print("build", getattr(sys.implementation, "_build", ""))
try:
    import wolfssl

    print("wolfssl", wolfssl.WOLFSSL_VERSION)
except ImportError:
    pass
