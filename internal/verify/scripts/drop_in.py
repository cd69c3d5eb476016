# Whether the drop-in names lead to the modules that come with wolfSSL: their classes are the same
# objects. A file in the firmware may come before a module, and extend it.

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
    names = ["SSLContext"]
    if name != "ssl":
        names = [n for n in dir(own) if isinstance(getattr(own, n), type)]
    other = [n for n in names if getattr(module, n, None) is not getattr(own, n, None)]
    what = "ok"
    if other:
        what = "extended" if name == "ssl" and hasattr(module, "__file__") else "other"
    print(name, what, ", ".join(other))
