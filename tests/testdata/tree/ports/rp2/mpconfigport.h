// Options to control how MicroPython is built for this port.

// Board specific definitions.
#include "mpconfigboard.h"

// What the SDK defines.
#include "pico/config.h"
#if PICO_RP2040
#define MICROPY_EMIT_THUMB_ARMV7M   (0)
#endif

// Python internal features
#define MICROPY_TRACKED_ALLOC       (MICROPY_SSL_MBEDTLS || MICROPY_BLUETOOTH_BTSTACK)
#define MICROPY_READER_VFS          (1)

// Extended modules
#define MICROPY_PY_CRYPTOLIB        (1)
#define MICROPY_SSL_MBEDTLS         (1)

#ifndef MICROPY_PY_THREAD
#define MICROPY_PY_THREAD           (1)
#define MICROPY_PY_THREAD_GIL       (0)
#endif

#if MICROPY_PY_NETWORK
#ifndef MICROPY_PY_SSL
#define MICROPY_PY_SSL              (1)
#endif
#endif
