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


// What wolfSSL needs and no board has: the wolfssl_port.c of each bare-metal port includes this
// file, which is not compiled by itself.

#include "py/mphal.h"
#include "py/unicode.h"

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/types.h>

int wolfssl_port_tolower(int c) {
    return unichar_tolower(c);
}

int wolfssl_port_toupper(int c) {
    return unichar_toupper(c);
}

// For the age of DTLS cookies and session tickets.
word32 LowResTimer(void) {
    return mp_hal_ticks_ms() / 1000;
}

#if defined(WOLFSSL_TLS13) \
    && (defined(HAVE_SESSION_TICKET) || !defined(NO_PSK) || defined(WOLFSSL_DTLS13))
// For the age of the tickets of TLS 1.3, also across a deep sleep. To wolfSSL, 0 is a failure.
sword64 TimeNowInMilliseconds(void) {
    return (sword64)XTIME(NULL) * 1000 + 1;
}
#endif
