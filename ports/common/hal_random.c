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

// Seeds from a hardware random number generator. The wolfssl_port.c of a port includes this file,
// which is not compiled by itself, after it has defined
//
//   static bool get_random(size_t n, uint8_t *buf)
//
// which returns false if the generator reports an error.

#include <string.h>

#include "py/mphal.h"

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

// In words of 32 bits.
#define SEED_BLOCK (4)

// A generator that works fails one try in 160 million.
#define SEED_TRIES (3)

// Many of the ports' and the vendors' functions return no error: a generator that fails leaves the
// buffer as it is, or a part of it, or fills it with a constant, or repeats itself. So no word may
// be what it was before, what it is in two other blocks, or the same as the word beside it.
static bool get_block(uint32_t block[SEED_BLOCK], const uint32_t one[SEED_BLOCK],
    const uint32_t two[SEED_BLOCK]) {
    const uint32_t pattern = 0x5a5aa5a5;
    for (size_t i = 0; i < SEED_BLOCK; ++i) {
        block[i] = pattern;
    }
    if (!get_random(SEED_BLOCK * sizeof(*block), (uint8_t *)block)) {
        return false;
    }
    for (size_t i = 0; i < SEED_BLOCK; ++i) {
        uint32_t word = block[i];
        if (word == pattern || word == one[i] || word == two[i]
            || (i > 0 && word == block[i - 1])) {
            return false;
        }
    }
    return true;
}

// Another block is read after each, for comparison only: whoever reads last, which stays in RAM,
// learns nothing about a seed.
static int get_seed_block(uint32_t block[SEED_BLOCK]) {
    static uint32_t last[SEED_BLOCK];
    uint32_t other[SEED_BLOCK];
    for (int tries = 0; tries < SEED_TRIES; ++tries) {
        bool good = get_block(block, last, last);
        if (get_block(other, block, last) && good) {
            memcpy(last, other, sizeof(last));
            return 0;
        }
    }
    return RNG_FAILURE_E;
}

// wolfSSL has a function for this, under a name that depends on its version.
static void wipe(volatile uint32_t *block) {
    for (size_t i = 0; i < SEED_BLOCK; ++i) {
        block[i] = 0;
    }
}

int wolfssl_port_seed(unsigned char *output, unsigned int size) {
    uint32_t block[SEED_BLOCK];
    int ret = 0;
    while (size > 0 && ret == 0) {
        ret = get_seed_block(block);
        if (ret == 0) {
            unsigned int n = MIN(size, sizeof(block));
            memcpy(output, block, n);
            output += n;
            size -= n;
        }
    }
    wipe(block);
    return ret;
}
