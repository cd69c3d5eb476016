# The names in a module, one a line, as tests/testdata/stub_names.py prints those in its stub.
#
# Usage: stub_names.py MODULE

import sys

if len(sys.argv) < 2:
    print("SKIP")
    raise SystemExit

module = __import__(sys.argv[1])


def show(obj, prefix=""):
    for name in dir(obj):
        if not name.startswith("_"):
            print(prefix + name)


# Attributes that dir() does not list.
EXTRA = {
    "SSLContext": "verify_mode verify_callback pins ocsp suppress_ragged_eofs minimum_version "
    "maximum_version max_fragment_length session session_cache_size ecdsa_sign_callback "
    "psk_identity psk_key server_psk_keys",
    "SSLSocket": "session session_reused",
}



# What is in modules in it.
def show_inner(obj, prefix=""):
    for name in dir(obj):
        inner = getattr(obj, name)
        if isinstance(inner, (type, type(sys))) and not name.startswith("_"):
            show(inner, prefix + name + ".")
            show_inner(inner, prefix + name + ".")


for name in dir(module):
    inner = getattr(module, name)
    if isinstance(inner, type(sys)):
        show(inner, name + ".")
        show_inner(inner, name + ".")

show(module)
found = {name: getattr(module, name) for name in dir(module)}
found = {name: obj for name, obj in found.items() if name[0] != "_" and isinstance(obj, type)}
objects = {}
if "SSLContext" in found:
    from pipes import pipes

    objects["SSLContext"] = found["SSLContext"](module.PROTOCOL_TLS_CLIENT)
    objects["SSLContext"].verify_mode = module.CERT_NONE
    objects["SSLSocket"] = objects["SSLContext"].wrap_socket(
        pipes()[0], do_handshake_on_connect=False
    )
    found["SSLSocket"] = type(objects["SSLSocket"])
for name, cls in found.items():
    show(cls, name + ".")
    if name in EXTRA:
        for extra in EXTRA[name].split():
            if hasattr(objects[name], extra):
                print(name + "." + extra)
    elif hasattr(cls, "digest"):
        for extra in ("name", "digest_size", "block_size"):
            if hasattr(cls(), extra):
                print(name + "." + extra)
