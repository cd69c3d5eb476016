// The unix port's settings, but as on a microcontroller: memory from MicroPython's heap, little stack, no assembly.
#include MPWOLF_TEST_UNIX_SETTINGS
#ifndef MPWOLF_TEST_TRACKED_H
#define MPWOLF_TEST_TRACKED_H
#undef MICROPY_WOLFSSL_LIBC_ALLOC
#undef HAVE_THREAD_LS
#define MICROPY_WOLFSSL_TRACKED_ALLOC
#define WOLFSSL_SMALL_STACK
#define SINGLE_THREADED
// As on a microcontroller by default; RSA's numbers would take alloc_fail.py a quarter of an hour.
#define MICROPY_WOLFCRYPTOLIB_RSA (0)
// The key log, see docs/tls.md.
#define HAVE_SECRET_CALLBACK
#endif
