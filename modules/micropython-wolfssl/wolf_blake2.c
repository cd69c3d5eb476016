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


// BLAKE2b and BLAKE2s: RFC 7693. wolfSSL's look up in a table, at each step, which word of the
// message is next, and move all data into a buffer first, which takes almost twice the time.

#include "wolf_blake2.h"

#if WOLF_BLAKE2

#include <string.h>

// Section 2.7: the words of the message for a round of eight steps.
#define ROUND_0 ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define ROUND_1 ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)
#define ROUND_2 ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4)
#define ROUND_3 ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8)
#define ROUND_4 ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13)
#define ROUND_5 ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9)
#define ROUND_6 ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11)
#define ROUND_7 ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10)
#define ROUND_8 ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5)
#define ROUND_9 ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0)

// Section 3.2.
#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15) \
    MIX(v[0], v[4], v[8], v[12], m[s0], m[s1]) \
    MIX(v[1], v[5], v[9], v[13], m[s2], m[s3]) \
    MIX(v[2], v[6], v[10], v[14], m[s4], m[s5]) \
    MIX(v[3], v[7], v[11], v[15], m[s6], m[s7]) \
    MIX(v[0], v[5], v[10], v[15], m[s8], m[s9]) \
    MIX(v[1], v[6], v[11], v[12], m[s10], m[s11]) \
    MIX(v[2], v[7], v[8], v[13], m[s12], m[s13]) \
    MIX(v[3], v[4], v[9], v[14], m[s14], m[s15])

// Section 3.1.
#define MIX(a, b, c, d, x, y) \
    a += b + x; \
    d = ROTATE(d ^ a, FIRST); \
    c += d; \
    b = ROTATE(b ^ c, SECOND); \
    a += b + y; \
    d = ROTATE(d ^ a, THIRD); \
    c += d; \
    b = ROTATE(b ^ c, FOURTH);

// MicroPython's formatter takes a pointer in a macro for a product.
typedef const uint8_t *data_ptr;
typedef uint8_t *digest_ptr;

// Update and final: section 3.3. The last block, which is compressed in another way, stays in buf
// until it is known to be the last. state->used is read once, so that two threads at once compute
// nonsense but stay within the state.
#define BLAKE2(name, word_t) \
    int name##_update(name##_t * state, data_ptr in, uint32_t len) { \
        const uint32_t size = sizeof(state->buf); \
        if (len == 0) { \
            return 0; \
        } \
        const uint32_t used = state->used; \
        if (used > 0) { \
            uint32_t n = size - used; \
            n = n < len ? n : len; \
            memcpy(state->buf + used, in, n); \
            state->used = used + n; \
            in += n; \
            len -= n; \
            if (len == 0) { \
                return 0; \
            } \
            state->count += size; \
            name##_compress(state, state->buf, 0); \
        } \
        for (; len > size; len -= size) { \
            state->count += size; \
            name##_compress(state, in, 0); \
            in += size; \
        } \
        memcpy(state->buf, in, len); \
        state->used = len; \
        return 0; \
    } \
    int name##_final(name##_t * state, digest_ptr digest) { \
        const uint32_t used = state->used; \
        state->count += used; \
        memset(state->buf + used, 0, sizeof(state->buf) - used); \
        name##_compress(state, state->buf, (word_t)-1); \
        memcpy(digest, state->h, sizeof(state->h)); \
        return 0; \
    } \
    int name##_init(name##_t * state) { \
        memset(state, 0, sizeof(*state)); \
        memcpy(state->h, name##_iv, sizeof(state->h)); \
        /* Section 2.5: the digest's size, no key, one of everything. */ \
        state->h[0] ^= 0x01010000 | sizeof(state->h); \
        return 0; \
    }

/******************************************************************************/
// BLAKE2b.

#define FIRST (32)
#define SECOND (24)
#define THIRD (16)
#define FOURTH (63)
#define ROTATE(x, n) ((x) >> (n) | (x) << (64 - (n)))

static const uint64_t wolf_blake2b_iv[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static void wolf_blake2b_compress(wolf_blake2b_t *state, const uint8_t *block, uint64_t last) {
    uint64_t v[16], m[16];
    memcpy(v, state->h, sizeof(state->h));
    memcpy(v + 8, wolf_blake2b_iv, sizeof(wolf_blake2b_iv));
    memcpy(m, block, sizeof(m));
    v[12] ^= state->count;
    v[14] ^= last;
    ROUND_0 ROUND_1 ROUND_2 ROUND_3 ROUND_4 ROUND_5 ROUND_6 ROUND_7 ROUND_8 ROUND_9
    ROUND_0 ROUND_1
    for (int i = 0; i < 8; i++) {
        state->h[i] ^= v[i] ^ v[i + 8];
    }
}

BLAKE2(wolf_blake2b, uint64_t)

#undef FIRST
#undef SECOND
#undef THIRD
#undef FOURTH
#undef ROTATE

/******************************************************************************/
// BLAKE2s.

#define FIRST (16)
#define SECOND (12)
#define THIRD (8)
#define FOURTH (7)
#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))

static const uint32_t wolf_blake2s_iv[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static void wolf_blake2s_compress(wolf_blake2s_t *state, const uint8_t *block, uint32_t last) {
    uint32_t v[16], m[16];
    memcpy(v, state->h, sizeof(state->h));
    memcpy(v + 8, wolf_blake2s_iv, sizeof(wolf_blake2s_iv));
    memcpy(m, block, sizeof(m));
    v[12] ^= (uint32_t)state->count;
    v[13] ^= (uint32_t)(state->count >> 32);
    v[14] ^= last;
    ROUND_0 ROUND_1 ROUND_2 ROUND_3 ROUND_4 ROUND_5 ROUND_6 ROUND_7 ROUND_8 ROUND_9
    for (int i = 0; i < 8; i++) {
        state->h[i] ^= v[i] ^ v[i + 8];
    }
}

BLAKE2(wolf_blake2s, uint32_t)

#endif // WOLF_BLAKE2
