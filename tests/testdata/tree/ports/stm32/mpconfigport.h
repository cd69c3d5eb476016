// Options to control how MicroPython is built for this port.

// Board specific definitions.
#include "mpconfigboard.h"

// Python internal features
#define MICROPY_TRACKED_ALLOC       (MICROPY_SSL_MBEDTLS || MICROPY_BLUETOOTH_BTSTACK)
#define MICROPY_READER_VFS          (1)

// extended modules
#ifndef MICROPY_PY_CRYPTOLIB
#define MICROPY_PY_CRYPTOLIB        (MICROPY_PY_SSL)
#endif
