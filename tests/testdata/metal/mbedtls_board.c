// What the built-in mbedTLS needs of a board, by semihosting: for tests only.

#include "py/mphal.h"
#include "shared/timeutils/timeutils.h"

#include "mbedtls_board.h"
#include "mbedtls/platform_time.h"

#include "semihosting.h"

static uint32_t seconds(void) {
    return semihosting(SYS_TIME, NULL);
}

// Not random: no one looks.
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *olen);
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *olen) {
    static uint32_t state;
    (void)data;
    state ^= seconds();
    for (size_t i = 0; i < len; ++i) {
        state = state * 1664525 + 1013904223;
        output[i] = state >> 24;
    }
    *olen = len;
    return 0;
}

time_t mbedtls_board_time(time_t *timer) {
    time_t now = seconds();
    if (timer != NULL) {
        *timer = now;
    }
    return now;
}

mbedtls_ms_time_t mbedtls_ms_time(void) {
    return (mbedtls_ms_time_t)seconds() * 1000;
}

struct tm *gmtime(const time_t *timer) {
    static struct tm tm;
    timeutils_struct_time_t t;
    timeutils_seconds_since_2000_to_struct_time(*timer - 946684800, &t);
    tm = (struct tm) {
        .tm_sec = t.tm_sec, .tm_min = t.tm_min, .tm_hour = t.tm_hour,
        .tm_mday = t.tm_mday, .tm_mon = t.tm_mon - 1, .tm_year = t.tm_year - 1900,
    };
    return &tm;
}

// The port has neither this part of MicroPython nor, before 1.27, a clock.
MP_WEAK mp_uint_t mp_hal_ticks_ms(void) {
    return seconds() * 1000;
}

#include "shared/timeutils/timeutils.c"
