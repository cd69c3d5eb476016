// wolfSSL settings for MicroPython's mimxrt port: those of all bare-metal ports. Seeds come from
// the true random number generator, the time from the RTC, see wolfssl_port.c.
#ifndef MPWOLF_MIMXRT_USER_SETTINGS_H
#define MPWOLF_MIMXRT_USER_SETTINGS_H

#include "../common/bare_metal.h"

#endif // MPWOLF_MIMXRT_USER_SETTINGS_H
