// wolfSSL settings for MicroPython's qemu port: those of all bare-metal ports. For testing only:
// seeds and the time come from the computer that QEMU runs on, see wolfssl_port.c.
#ifndef MPWOLF_QEMU_USER_SETTINGS_H
#define MPWOLF_QEMU_USER_SETTINGS_H

#include "../common/bare_metal.h"

#endif // MPWOLF_QEMU_USER_SETTINGS_H
