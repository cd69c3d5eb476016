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

// The time of ports with mp_hal_time_ns(). The wolfssl_port.c of such a port includes this file,
// which is not compiled by itself.

#include "py/mphal.h"
#include "shared/timeutils/timeutils.h"

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/types.h>

// A clock with an earlier time was never set. 2020-01-01, unless a port starts it at a later year.
#ifndef CLOCK_FIRST_SECOND
#define CLOCK_FIRST_SECOND (1577836800)
#endif

// Seconds since 1970, whatever the port's epoch is. 0 when the clock was never set: wolfSSL then
// accepts no certificate.
time_t wolfssl_port_time(time_t *timer) {
    int64_t ns = timeutils_nanoseconds_since_epoch_to_nanoseconds_since_1970(mp_hal_time_ns());
    time_t now = ns / 1000000000;
    if (now < CLOCK_FIRST_SECOND) {
        now = 0;
    }
    if (timer != NULL) {
        *timer = now;
    }
    return now;
}
