# Whether the drop-in names lead to the modules that come with wolfSSL: what the built-in modules
# have too is the same object there, and ssl names wolfSSL. A file in the firmware may come before a
# module, and extend it.

for name in ("ssl", "cryptolib", "hashlib"):
    try:
        own = __import__("wolf" + name)
        try:
            module = __import__(name)
        except ImportError:
            module = __import__("u" + name)
    except ImportError:
        print(name, "absent")
        continue
    if name == "ssl":
        # Its SSLContext takes paths as the built-in's does, which wolfssl's does not.
        mine = str(getattr(module, "MBEDTLS_VERSION", "")).startswith("wolfSSL")
        other = [] if mine and not hasattr(module, "__file__") else ["SSLContext"]
    else:
        names = ("aes",) if name == "cryptolib" else ("md5", "sha1", "sha256")
        names = [n for n in names if hasattr(own, n)]
        other = [n for n in names if getattr(module, n, None) is not getattr(own, n)]
    what = "ok"
    if other:
        what = "extended" if name == "ssl" and hasattr(module, "__file__") else "other"
    print(name, what, ", ".join(other))
