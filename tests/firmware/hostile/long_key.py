# EC keys whose number is longer than their curve's: they are refused, and nothing is written outside
# a buffer.
from common import *

P256 = b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"


# SEC 1: version, number, curve.
def sec1(number):
    inner = b"\x02\x01\x01\x04" + bytes([len(number)]) + number + P256
    return b"\x30" + bytes([len(inner)]) + inner


for size in range(100):
    for first in (0, 1, 0x80, 0xFF):
        number = bytes([first]) + b"\x55" * (size - 1) if size else b""
        ctx = wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_SERVER)
        r = outcome(ctx.load_cert_chain, server, sec1(number))
        check(r in (None, "ValueError"), size, first, r)
        check(size <= 32 or first == 0 or r == "ValueError", "loaded", size, first, r)
end()
