// wolfSSL settings for MicroPython's rp2 port: those of all bare-metal ports, and locks. Seeds
// come from the ring oscillator of an RP2040 or from the random number generator of an RP2350, the
// time from the clock that the port starts, see wolfssl_port.c.
#ifndef MPWOLF_RP2_USER_SETTINGS_H
#define MPWOLF_RP2_USER_SETTINGS_H

#include "../common/bare_metal.h"

// Each core runs a thread, and there is no lock that they take turns with: wolfSSL has locks, all
// of which are one, see wolfssl_port.c.
#undef SINGLE_THREADED
#define WOLFSSL_USER_MUTEX
typedef int wolfSSL_Mutex;
#define WOLFSSL_NO_ATOMICS
// wolfSSL creates no threads here.
#define WOLFSSL_USER_THREADING
typedef void *THREAD_RETURN;
typedef int THREAD_TYPE;
#define WOLFSSL_THREAD

// The threads that can be in wolfSSL at once, and the number of the one that asks.
#define MICROPY_WOLFSSL_THREADS (2)
unsigned int wolfssl_port_thread(void);

#endif // MPWOLF_RP2_USER_SETTINGS_H
