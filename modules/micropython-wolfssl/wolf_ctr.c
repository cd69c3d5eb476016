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

// AES-CTR by the processor's AES instructions. wolfSSL makes each counter by itself, encrypts them
// as ECB, and then combines the result with the data, which takes ten times as long. Whatever
// does not fill a block, and every processor without the instructions, is left to wolfSSL.
// The instructions take the same time for every key and all data; nothing here depends on either.

#include "wolf_ctr.h"

#if WOLF_CTR

#include <string.h>
#include <tmmintrin.h>
#include <wmmintrin.h>

// wolfSSL has asked the processor (use_aesni); the rest of the file is for any x86-64.
#define TARGET __attribute__((target("aes,ssse3")))

#define BLOCK (16)
#define LANES (8) // at once: the instructions' results take several cycles
#define EACH_LANE(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define START(i) lane[i] = _mm_xor_si128(_mm_shuffle_epi8(counter, reverse), first); \
    counter = _mm_add_epi64(counter, one);
#define ROUND(i) lane[i] = _mm_aesenc_si128(lane[i], key);
#define FINISH(i) lane[i] = _mm_xor_si128(_mm_aesenclast_si128(lane[i], last), \
    _mm_loadu_si128((const __m128i *)in + i));
#define STORE(i) _mm_storeu_si128((__m128i *)out + i, lane[i]);

// The key stream of counters from hi:lo on, of which lo does not wrap, combined with data.
TARGET static void run(const __m128i *keys, size_t rounds, uint64_t hi, uint64_t lo, uint8_t *out,
    const uint8_t *in, size_t blocks) {
    const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m128i one = _mm_set_epi64x(0, 1);
    const __m128i first = _mm_loadu_si128(keys);
    const __m128i last = _mm_loadu_si128(keys + rounds);
    __m128i counter = _mm_set_epi64x((long long)hi, (long long)lo);
    while (blocks >= LANES) {
        __m128i lane[LANES];
        EACH_LANE(START)
        for (size_t r = 1; r < rounds; r++) {
            const __m128i key = _mm_loadu_si128(keys + r);
            EACH_LANE(ROUND)
        }
        EACH_LANE(FINISH)
        EACH_LANE(STORE)
        in += LANES * BLOCK;
        out += LANES * BLOCK;
        blocks -= LANES;
    }
    for (; blocks > 0; blocks--) {
        __m128i block = _mm_xor_si128(_mm_shuffle_epi8(counter, reverse), first);
        counter = _mm_add_epi64(counter, one);
        for (size_t r = 1; r < rounds; r++) {
            block = _mm_aesenc_si128(block, _mm_loadu_si128(keys + r));
        }
        block = _mm_xor_si128(_mm_aesenclast_si128(block, last),
            _mm_loadu_si128((const __m128i *)in));
        _mm_storeu_si128((__m128i *)out, block);
        in += BLOCK;
        out += BLOCK;
    }
}

static uint64_t get_number(const uint8_t *p) {
    uint64_t n;
    memcpy(&n, p, sizeof(n));
    return __builtin_bswap64(n);
}

static void put_number(uint8_t *p, uint64_t n) {
    n = __builtin_bswap64(n);
    memcpy(p, &n, sizeof(n));
}

int wolf_ctr(Aes *aes, uint8_t *out, const uint8_t *in, word32 len) {
    if (!aes->use_aesni) {
        return wc_AesCtrEncrypt(aes, out, in, len);
    }
    // What is left of a block from the last call.
    word32 head = MIN(aes->left, len);
    if (head > 0) {
        int ret = wc_AesCtrEncrypt(aes, out, in, head);
        if (ret != 0) {
            return ret;
        }
    }
    uint8_t *reg = (uint8_t *)aes->reg;
    size_t blocks = (len - head) / BLOCK;
    word32 pos = head;
    while (blocks > 0) {
        uint64_t hi = get_number(reg), lo = get_number(reg + 8);
        // As many as there are before lo wraps; 0 is 2^64.
        uint64_t most = 0 - lo;
        size_t n = most != 0 && most < blocks ? (size_t)most : blocks;
        run((const __m128i *)aes->key, aes->rounds, hi, lo, out + pos, in + pos, n);
        lo += n;
        put_number(reg + 8, lo);
        put_number(reg, lo == 0 ? hi + 1 : hi);
        pos += n * BLOCK;
        blocks -= n;
    }
    return pos < len ? wc_AesCtrEncrypt(aes, out + pos, in + pos, len - pos) : 0;
}

#endif // WOLF_CTR
