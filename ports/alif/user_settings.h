// wolfSSL settings for MicroPython's alif port: those of all bare-metal ports. Seeds come from
// the secure enclave, the time from the RTC, see wolfssl_port.c.
#ifndef MPWOLF_ALIF_USER_SETTINGS_H
#define MPWOLF_ALIF_USER_SETTINGS_H

#include "../common/bare_metal.h"

#endif // MPWOLF_ALIF_USER_SETTINGS_H
