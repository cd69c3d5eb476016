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


#ifndef MICROPY_INCLUDED_WOLF_SHA3_H
#define MICROPY_INCLUDED_WOLF_SHA3_H

// SHA-3: the hashes, not SHAKE.

#include <stdint.h>

#include <wolfssl/wolfcrypt/settings.h>

// Elsewhere wolfSSL's, which are smaller.
#if (defined(__x86_64__) || defined(__aarch64__)) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ \
    && defined(WOLFSSL_SHA3)
#define WOLF_SHA3 (1)
#else
#define WOLF_SHA3 (0)
#endif

#if WOLF_SHA3

typedef struct _wolf_sha3_t {
    uint64_t s[25];
    uint32_t digest_len; // bytes
    uint32_t used; // bytes of a block that are in s
} wolf_sha3_t;

// They return 0, as wolfSSL's functions do.
int wolf_sha3_init(wolf_sha3_t *state, uint32_t digest_len);
int wolf_sha3_update(wolf_sha3_t *state, const uint8_t *in, uint32_t len);
int wolf_sha3_final(wolf_sha3_t *state, uint8_t *digest);

#endif

#endif // MICROPY_INCLUDED_WOLF_SHA3_H
