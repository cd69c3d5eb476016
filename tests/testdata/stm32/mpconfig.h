// What the modules need of MicroPython's qemu port, in place of a patch, and what the stm32 port would define:
// MP_CONFIGFILE names this file.
#include <mpconfigport.h>
#undef MICROPY_PY_HASHLIB
#undef MICROPY_PY_CRYPTOLIB
#undef MICROPY_TRACKED_ALLOC
#define MICROPY_PY_HASHLIB (0)
#define MICROPY_PY_CRYPTOLIB (0)
#define MICROPY_TRACKED_ALLOC (1)
#define MICROPY_HW_ENABLE_RNG (1)
