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

// What wolfSSL needs of an i.MX RT: random seeds and the time.

#include "py/mphal.h"

#if defined(MIMXRT117x_SERIES)

// Up to MicroPython 1.27 the port's function has another name. No macro says which one a tree
// between releases has, so this stands in where the port has no newer one; a port that has neither
// does not link.
void trng_random_data(unsigned char *output, size_t len);
MP_WEAK void mp_hal_get_random(size_t n, uint8_t *buf) {
    trng_random_data(buf, n);
}

// The port keeps the CAAM's handle to itself, and drops its status.
static bool get_random(size_t n, uint8_t *buf) {
    mp_hal_get_random(n, buf);
    return true;
}

#else

#include "fsl_trng.h"

// The port starts the generator when it is first used, and drops the driver's status.
uint32_t trng_random_u32(void);

// As the port does it. After an error the driver waits for numbers that nothing makes.
static void restart_trng(void) {
    trng_config_t config;
    TRNG_GetDefaultConfig(&config);
    config.sampleMode = kTRNG_SampleModeVonNeumann;
    TRNG_Init(TRNG, &config);
}

static bool get_random(size_t n, uint8_t *buf) {
    static bool started = false;
    if (!started) {
        (void)trng_random_u32();
        started = true;
    }
    if (TRNG_GetRandomData(TRNG, buf, n) != kStatus_Success) {
        restart_trng();
        return false;
    }
    return true;
}

#endif

#include "../common/hal_random.c"
#include "../common/hal_time.c"
#include "../common/bare_metal.c"
