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


#ifndef MICROPY_INCLUDED_WOLF_BLAKE2_H
#define MICROPY_INCLUDED_WOLF_BLAKE2_H

// BLAKE2b and BLAKE2s, without a key and with the longest digest.

#include <stdint.h>

#include <wolfssl/wolfcrypt/settings.h>

// Elsewhere wolfSSL's, which are smaller.
#if (defined(__x86_64__) || defined(__aarch64__)) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ \
    && (defined(HAVE_BLAKE2B) || defined(HAVE_BLAKE2S))
#define WOLF_BLAKE2 (1)
#else
#define WOLF_BLAKE2 (0)
#endif

#if WOLF_BLAKE2

typedef struct _wolf_blake2b_t {
    uint64_t h[8];
    uint64_t count; // bytes that are in h
    uint32_t used; // bytes that are in buf
    uint8_t buf[128];
} wolf_blake2b_t;

typedef struct _wolf_blake2s_t {
    uint32_t h[8];
    uint64_t count;
    uint32_t used;
    uint8_t buf[64];
} wolf_blake2s_t;

// They return 0, as wolfSSL's functions do.
int wolf_blake2b_init(wolf_blake2b_t *state);
int wolf_blake2b_update(wolf_blake2b_t *state, const uint8_t *in, uint32_t len);
int wolf_blake2b_final(wolf_blake2b_t *state, uint8_t *digest);
int wolf_blake2s_init(wolf_blake2s_t *state);
int wolf_blake2s_update(wolf_blake2s_t *state, const uint8_t *in, uint32_t len);
int wolf_blake2s_final(wolf_blake2s_t *state, uint8_t *digest);

#endif

#endif // MICROPY_INCLUDED_WOLF_BLAKE2_H
