// Options to control how MicroPython is built for this port.

// board specific definitions
#include "mpconfigboard.h"

// Python internal features
#define MICROPY_TRACKED_ALLOC                   (MICROPY_PY_OPENAMP)

// Extended modules
#define MICROPY_EPOCH_IS_1970                   (1)
#define MICROPY_PY_CRYPTOLIB                    (MICROPY_PY_SSL)
