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

// What wolfSSL needs of a Renesas RA: random seeds and the time.

#include <string.h>

#include "py/mphal.h"

#if MICROPY_HW_ENABLE_RNG

#include "rng.h"
#include "r_sce.h"

// The engine gives four words at a time.
#define SCE_WORDS (4)

// The port opens the engine when it is first used. Its functions drop the engine's status, and
// use one of the four words, or one byte of them.
static bool get_random(size_t n, uint8_t *buf) {
    static bool opened = false;
    if (!opened) {
        (void)rng_read();
        opened = true;
    }
    uint32_t words[SCE_WORDS] = {0};
    while (n > 0) {
        if (R_SCE_RandomNumberGenerate(words) != FSP_SUCCESS) {
            return false;
        }
        size_t m = MIN(n, sizeof(words));
        memcpy(buf, words, m);
        buf += m;
        n -= m;
    }
    return true;
}

#include "../common/hal_random.c"

#else
_Static_assert(0, "board " MICROPY_HW_BOARD_NAME " has no hardware random number generator in "
    "use, and the port has no other: if its MCU is an RA6M5, set MICROPY_HW_ENABLE_RNG to 1 in "
    "mpconfigboard.h and mpconfigboard.mk");
#endif

#include "../common/hal_time.c"
#include "../common/bare_metal.c"
