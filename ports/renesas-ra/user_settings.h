// wolfSSL settings for MicroPython's renesas-ra port: those of all bare-metal ports. Seeds come
// from the secure crypto engine, the time from the RTC, see wolfssl_port.c.
#ifndef MPWOLF_RENESAS_RA_USER_SETTINGS_H
#define MPWOLF_RENESAS_RA_USER_SETTINGS_H

#include "../common/bare_metal.h"

#endif // MPWOLF_RENESAS_RA_USER_SETTINGS_H
