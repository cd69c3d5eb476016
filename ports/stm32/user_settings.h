// wolfSSL settings for MicroPython's stm32 port: those of all bare-metal ports. Seeds come from
// the hardware random number generator, the time from the RTC, see wolfssl_port.c.
#ifndef MPWOLF_STM32_USER_SETTINGS_H
#define MPWOLF_STM32_USER_SETTINGS_H

#include "../common/bare_metal.h"

#endif // MPWOLF_STM32_USER_SETTINGS_H
