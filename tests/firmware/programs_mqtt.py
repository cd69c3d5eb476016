# Talks to an MQTT broker with the clients of micropython-lib, which must be in the path.
#
# Usage: programs_mqtt.py simple|robust PORT CAFILE COUNT
#   COUNT messages are published and must come back, half of them awaited and half polled for
# Prints "OK <messages>", or the exception. robust says "reconnects" too if it had to.

import sys

try:
    import ssl
    import time

    from umqtt import robust, simple
except ImportError:
    print("SKIP")
    raise SystemExit

TOPIC = b"mpwolf/test"


class Robust(robust.MQTTClient):
    DELAY = 0
    reconnects = 0

    # A broker forgets what a client subscribed to when that begins a clean session.
    def connect(self, clean_session=True, timeout=None):
        result = super().connect(clean_session, timeout)
        self.subscribe(TOPIC, 1)
        return result

    def reconnect(self):
        self.reconnects += 1
        return super().reconnect()


def main(kind, port, cafile, count):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = ssl.CERT_REQUIRED
    ctx.load_verify_locations(cafile=cafile)
    client = (Robust if kind == "robust" else simple.MQTTClient)(
        "mpwolf", "localhost", port, keepalive=60, ssl=ctx
    )
    got = []
    client.set_callback(lambda topic, message: got.append(message))
    client.connect()
    if kind == "simple":
        client.subscribe(TOPIC, 1)
    for i in range(count):
        message = b"%d " % i + b"x" * (i * 37)
        client.publish(TOPIC, message, qos=i % 2)
        end = time.ticks_add(time.ticks_ms(), 10000)
        while message not in got:
            if i % 4 < 2:
                client.wait_msg()
            else:
                client.check_msg()
            if time.ticks_diff(end, time.ticks_ms()) < 0:
                print("lost message", i)
                return
    client.ping()
    client.wait_msg()
    client.disconnect()
    print("OK", count, "reconnects" if kind == "robust" and client.reconnects else "")


if len(sys.argv) != 5:
    print("SKIP")
    raise SystemExit

try:
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
except OSError as er:
    print("OSError", *er.args)
