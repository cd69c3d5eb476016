// As much of MicroPython's configuration as a compiler needs to tell the wants.
#define MICROPY_VERSION_MAJOR 1
#define MICROPY_VERSION_MINOR 25
#define MICROPY_VERSION_MICRO 0

#ifdef MP_CONFIGFILE
#include MP_CONFIGFILE
#else
#include <mpconfigport.h>
#endif

#ifndef MICROPY_TRACKED_ALLOC
#define MICROPY_TRACKED_ALLOC (0)
#endif
#ifndef MICROPY_PY_HASHLIB
#define MICROPY_PY_HASHLIB (1)
#endif
#ifndef MICROPY_PY_CRYPTOLIB
#define MICROPY_PY_CRYPTOLIB (0)
#endif
#ifndef MICROPY_PY_SSL
#define MICROPY_PY_SSL (0)
#endif
