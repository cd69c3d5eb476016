// wolfSSL settings for MicroPython's esp32 port: those of all bare-metal ports, and the memory of
// the C library. Seeds come from the chip's random number generator, the time from the system's
// clock, see wolfssl_port.c. No one has reported yet that a firmware with them was linked.
#ifndef MPWOLF_ESP32_USER_SETTINGS_H
#define MPWOLF_ESP32_USER_SETTINGS_H

#include "../common/bare_metal.h"

// MicroPython's heap is not the only memory: use what the built-in's TLS uses.
#undef MICROPY_WOLFSSL_TRACKED_ALLOC
#define MICROPY_WOLFSSL_LIBC_ALLOC

#endif // MPWOLF_ESP32_USER_SETTINGS_H
