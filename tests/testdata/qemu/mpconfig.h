// What the modules need of MicroPython's qemu port, in place of a patch: MP_CONFIGFILE names this file.
#include <mpconfigport.h>
#undef MICROPY_PY_HASHLIB
#undef MICROPY_PY_CRYPTOLIB
#undef MICROPY_TRACKED_ALLOC
#define MICROPY_PY_HASHLIB (0)
#define MICROPY_PY_CRYPTOLIB (0)
#define MICROPY_TRACKED_ALLOC (1)

#ifdef MPWOLF_TEST_NO_FINALISER
#undef MICROPY_PY_SSL_FINALISER
#define MICROPY_PY_SSL_FINALISER (0)
#endif
