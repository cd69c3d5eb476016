# SSLContext.ocsp with values and in contexts that have none, changed in the middle of handshakes,
# by threads, and of contexts that are gone; against a server that staples nothing.
from common import *

try:
    wolfssl.OCSP_REQUIRED
except AttributeError:
    print("SKIP")
    raise SystemExit

MODES = (wolfssl.OCSP_OFF, wolfssl.OCSP_STAPLED, wolfssl.OCSP_REQUIRED)

cc, sc = contexts()
check(cc.ocsp == wolfssl.OCSP_OFF, cc.ocsp)
cc.ocsp = wolfssl.OCSP_STAPLED
for wrong in (-1, 3, 256, 257, 1 << 32, 1 << 70, None, "1", 1.0, [], object()):
    try:
        cc.ocsp = wrong
        check(False, wrong)
    except (TypeError, ValueError, OverflowError):
        pass
check(cc.ocsp == wolfssl.OCSP_STAPLED, cc.ocsp)
for other in (sc,) + (contexts("DTLS") if "DTLS" in KINDS else ()):
    try:
        other.ocsp = wolfssl.OCSP_STAPLED
        check(False, other)
    except ValueError:
        pass

for mode in (wolfssl.CERT_NONE, wolfssl.CERT_OPTIONAL):
    cc, sc = contexts()
    cc.verify_mode = mode
    cc.ocsp = wolfssl.OCSP_REQUIRED
    try:
        Connection(cc, sc, "TLSv1.3")
        check(False, mode)
    except ValueError:
        pass

# What a socket was made with counts, whatever becomes of the context.
for kind in CERT_KINDS:
    if kind == "DTLS":
        continue
    for mode in MODES:
        for later in MODES:
            cc, sc = contexts(kind)
            cc.ocsp = mode
            con = Connection(cc, sc, kind)
            cc.ocsp = later
            try:
                end_of = con.run()
            except OSError as er:
                end_of = er.args[0]
            want = -406 if mode == wolfssl.OCSP_REQUIRED else "ok"
            check(end_of == want, kind, mode, later, end_of)
            con.close()

if "PSK" in KINDS:
    for mode in MODES:
        cc, sc = contexts("PSK")
        cc.verify_mode = wolfssl.CERT_REQUIRED
        cc.ocsp = mode
        con = outcome(Connection, cc, sc, "PSK")
        try:
            end_of = con.run()
        except OSError as er:
            end_of = "refused"
        check(end_of == ("refused" if mode == wolfssl.OCSP_REQUIRED else "ok"), mode, end_of)
        con.close()

if HAS_DEL:
    cc, sc = contexts()
    cc.__del__()
    for mode in MODES:
        try:
            cc.ocsp = mode
            check(False, "deleted")
        except (OSError, ValueError):
            pass

cc, sc = contexts()


def work():
    for i in range(60):
        cc.ocsp = MODES[i % 2]
        con = Connection(cc, sc, "TLSv1.3")
        check(con.run() == "ok", "thread")
        con.close()


in_threads(work)

end()
