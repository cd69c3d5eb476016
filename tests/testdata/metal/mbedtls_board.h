// The built-in mbedTLS as MicroPython's stm32 port configures it
// (ports/stm32/mbedtls/mbedtls_config_port.h), with hardware that is made up.
#ifndef MPWOLF_TEST_MBEDTLS_BOARD_H
#define MPWOLF_TEST_MBEDTLS_BOARD_H

#include <time.h>
time_t mbedtls_board_time(time_t *timer);
#define MBEDTLS_PLATFORM_TIME_MACRO mbedtls_board_time
#define MBEDTLS_PLATFORM_MS_TIME_ALT mbedtls_ms_time

#define MICROPY_MBEDTLS_CONFIG_BARE_METAL (1)

#include "extmod/mbedtls/mbedtls_config_common.h"

#endif // MPWOLF_TEST_MBEDTLS_BOARD_H
