// Options to control how MicroPython is built for this port, overriding defaults in py/mpconfig.h.

// Board specific definitions
#include "mpconfigboard.h"
#include "mpconfigboard_common.h"

// Python internal features
#define MICROPY_TRACKED_ALLOC       (MICROPY_SSL_MBEDTLS || MICROPY_BLUETOOTH_BTSTACK)

// By default networking should include sockets, ssl, websockets, webrepl, dupterm.
#if MICROPY_PY_NETWORK
#ifndef MICROPY_PY_USSL
#define MICROPY_PY_USSL                 (1)
#endif
#endif

#ifndef MICROPY_PY_CRYPTOLIB
#define MICROPY_PY_CRYPTOLIB        (MICROPY_PY_SSL)
#endif
