// Options to control how MicroPython is built for this port.
#include "mpconfigvariant.h"

#if MICROPY_PY_SSL
#define MICROPY_PY_CRYPTOLIB        (1)
#endif

#ifndef MICROPY_TRACKED_ALLOC
#define MICROPY_TRACKED_ALLOC       (MICROPY_BLUETOOTH_BTSTACK)
#endif
