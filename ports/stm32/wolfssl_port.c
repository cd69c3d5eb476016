/*
 * This file is part of the mpwolf project, which puts wolfSSL into MicroPython
 *
 * The MIT License (MIT)
 *
 * Copyright (c) 2026 the mpwolf authors
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy
 * of this software and associated documentation files (the "Software"), to deal
 * in the Software without restriction, including without limitation the rights
 * to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
 * copies of the Software, and to permit persons to whom the Software is
 * furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in
 * all copies or substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
 * IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
 * FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
 * AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
 * LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
 * OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
 * THE SOFTWARE.
 */

// What wolfSSL needs of an STM32: random seeds and the time.

#include <string.h>

#include "py/mphal.h"
#include "py/nlr.h"
#include "shared/timeutils/timeutils.h"

#include "rng.h"
#include "rtc.h"

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/wc_port.h>

// 1 allows cryptography on a board without a hardware random number generator, for experiments.
#ifndef MICROPY_WOLFSSL_WEAK_RANDOM
#define MICROPY_WOLFSSL_WEAK_RANDOM (0)
#endif

#if !MICROPY_HW_ENABLE_RNG && !MICROPY_WOLFSSL_WEAK_RANDOM
_Static_assert(0, "board " MICROPY_HW_BOARD_NAME " has no hardware random number generator, "
    "and without one keys are predictable: if its MCU has one, set MICROPY_HW_ENABLE_RNG to 1 in "
    "mpconfigboard.h; to build without, CFLAGS_EXTRA=-DMICROPY_WOLFSSL_WEAK_RANDOM=1");
#endif

// A clock with an earlier year was never set: without a battery, the port starts at 2015, or 2000.
#define CLOCK_FIRST_YEAR (2020)

#define SECONDS_1970_TO_2000 (946684800)

// The port's random numbers: rng_get() until MicroPython 1.28, which returns 0 when the generator
// gives nothing, and mp_hal_get_hw_random_u32() since, which raises an exception. No macro says
// which one a tree between releases has, so this stands in where the port has no newer one; a port
// that has neither does not link.
uint32_t rng_get(void);
MP_WEAK uint32_t mp_hal_get_hw_random_u32(void) {
    return rng_get();
}

// A broken generator may repeat itself.
static int get_word(uint32_t *word) {
    static uint32_t last;
    for (int tries = 0; tries < 3; ++tries) {
        uint32_t value = mp_hal_get_hw_random_u32();
        if (value != 0 && value != last) {
            *word = last = value;
            return 0;
        }
    }
    return RNG_FAILURE_E;
}

static int get_words(unsigned char *output, unsigned int size) {
    while (size > 0) {
        uint32_t word;
        int ret = get_word(&word);
        if (ret != 0) {
            return ret;
        }
        unsigned int n = MIN(size, sizeof(word));
        memcpy(output, &word, n);
        output += n;
        size -= n;
    }
    return 0;
}

// An exception must not pass through wolfSSL, which would leak what it holds.
int wolfssl_port_seed(unsigned char *output, unsigned int size) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        return RNG_FAILURE_E;
    }
    int ret = get_words(output, size);
    nlr_pop();
    return ret;
}

// Seconds since 1970, whatever the port's epoch is. 0 when the clock was never set: wolfSSL then
// accepts no certificate.
time_t wolfssl_port_time(time_t *timer) {
    rtc_init_finalise();
    RTC_TimeTypeDef time;
    RTC_DateTypeDef date;
    // The date is latched until it's read after the time.
    HAL_RTC_GetTime(&RTCHandle, &time, RTC_FORMAT_BIN);
    HAL_RTC_GetDate(&RTCHandle, &date, RTC_FORMAT_BIN);

    time_t now = 0;
    if (2000 + date.Year >= CLOCK_FIRST_YEAR) {
        now = timeutils_seconds_since_2000(2000 + date.Year, date.Month, date.Date,
            time.Hours, time.Minutes, time.Seconds);
        now += SECONDS_1970_TO_2000;
    }
    if (timer != NULL) {
        *timer = now;
    }
    return now;
}

#include "../common/bare_metal.c"
