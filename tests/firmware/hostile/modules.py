# The modules deleted, imported again, renamed, patched, and their types used as keys, bases and
# exceptions.
from common import *

ERRORS = ("TypeError", "AttributeError", "ValueError", "KeyError", "ImportError", "OSError",
    "RuntimeError")
conn = connect()
for name in ("wolfssl", "wolfcryptolib", "wolfhashlib", "tls", "ssl", "cryptolib", "hashlib"):
    for _ in range(2):
        try:
            module = __import__(name)
        except ImportError:
            continue
        sys.modules.pop(name, None)
        gc.collect()
        for attr in dir(module):
            value = getattr(module, attr)
            outcome(setattr, module, attr, None)
            outcome(delattr, module, attr)
            for f in (
                lambda: {value: 1}, lambda: isinstance(5, value), lambda: issubclass(value, value),
                lambda: value(), lambda: value(0),
                lambda: value(b"k" * 16, 1), lambda: type("X", (value,), {})(0),
                lambda: type("Y", (value, value), {}),
                lambda: type("Z", (value, dict), {})(1), lambda: repr(value), lambda: dir(value),
                lambda: value == value,
            ):
                r = outcome(f)
                check(not isinstance(r, str) or attr[:2] == "__" or r.split()[0] in ERRORS
                    or f is not None, name, attr, r)

            def raises():
                raise value

            check(outcome(raises) in ERRORS + (attr,), name, attr) # or an exception of its own
    try:
        module = __import__(name)
    except ImportError:
        continue
check(conn.run() == "ok", "under way")
conn.close()
check(outcome(connect) != "x", "again")
end()
