# The secrets of a connection for Wireshark: both ends have the same, and a callback's exception
# ends the handshake.

try:
    import io

    io.IOBase
    import wolfssl as ssl

    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_callback
    ssl.TLSVersion
except (ImportError, AttributeError):
    print("SKIP")
    raise SystemExit

from pipes import pipes
from testkeys import ca, server, server_key


def contexts(of_client, of_server):
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_mode = ssl.CERT_REQUIRED
    client.load_verify_locations(cadata=ca)
    client.keylog_callback = of_client
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(server, server_key)
    serving.keylog_callback = of_server
    return client, serving


def talk(client, serving):
    a, b = pipes()
    c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = serving.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    for _ in range(10):
        try:
            c.write(b"x")
            if s.read(1):
                return "ok"
        except Exception as er:
            return type(er).__name__
    return "no end"


old = ssl.WOLFSSL_VERSION.startswith("wolfSSL 5.5.")
lines = {"client": [], "server": []}
client, serving = contexts(lines["client"].append, lines["server"].append)
print(talk(client, serving), sorted(lines["client"]) == sorted(lines["server"]))
for line in sorted(lines["client"]):
    label, random, secret = line.split(" ")
    print(label, len(random), len(secret) in (64, 96))
lines["client"].clear()
lines["server"].clear()
client.maximum_version = ssl.TLSVersion.TLSv1_2
print(talk(client, serving), lines["client"] == lines["server"])
# wolfSSL 5.5 tells no secrets of TLS 1.2.
print(old or [(len(line), line.split(" ")[0]) for line in lines["client"]])


def fail(line):
    raise ValueError


client, serving = contexts(fail, None)
print(talk(client, serving))
try:
    client.keylog_filename = "/no/such/directory/keys"
except OSError:
    print("OSError", client.keylog_filename)
