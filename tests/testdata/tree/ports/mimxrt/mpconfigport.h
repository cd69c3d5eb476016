// Options controlling how MicroPython is built, overriding defaults in py/mpconfig.h

// Board specific definitions
#include "mpconfigboard.h"

// Memory allocation policies
#define MICROPY_TRACKED_ALLOC               (MICROPY_SSL_MBEDTLS)

// Extended modules
#define MICROPY_EPOCH_IS_1970               (1)
#define MICROPY_PY_WEBSOCKET                (MICROPY_PY_LWIP)
#define MICROPY_PY_CRYPTOLIB                (MICROPY_PY_SSL)
