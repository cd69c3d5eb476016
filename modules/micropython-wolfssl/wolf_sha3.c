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


// SHA-3: FIPS 202. The permutation is compiled twice on x86-64: the instructions of BMI rotate and
// combine without a copy of what they read, which is a third faster. wolfSSL's assembly is slower
// on some processors, and takes 62 KB.

#include "wolf_sha3.h"

#if WOLF_SHA3

#include <stddef.h>
#include <string.h>

#include "wolf_kernel.h"

#define ROUNDS (24)
#define BLOCK(state) (200 - 2 * (state)->digest_len) // bytes

static const uint64_t iota[ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

// Section 3.2: a round takes a to b. Number x + 5 * y is the lane of column x and row y.
#define XOR3(x, y, z) ((x) ^ (y) ^ (z))
#define CHI(x, y, z) ((x) ^ (~(y) & (z)))
#define TURN(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define COLUMN(a, x) XOR3(XOR3(a[x], a[x + 5], a[x + 10]), a[x + 15], a[x + 20])
#define MOVE(a, i, n) TURN(XOR3(a[i], c[(i + 4) % 5], d[(i + 1) % 5]), n)
#define ROW(b, y, v, w, x, y_, z) \
    { \
        const uint64_t p = v, q = w, r = x, s = y_, t = z; \
        b[5 * y] = CHI(p, q, r); \
        b[5 * y + 1] = CHI(q, r, s); \
        b[5 * y + 2] = CHI(r, s, t); \
        b[5 * y + 3] = CHI(s, t, p); \
        b[5 * y + 4] = CHI(t, p, q); \
    }
#define ROUND(b, a, i) \
    { \
        const uint64_t c[5] = { \
            COLUMN(a, 0), COLUMN(a, 1), COLUMN(a, 2), COLUMN(a, 3), COLUMN(a, 4) \
        }; \
        const uint64_t d[5] = { \
            TURN(c[0], 1), TURN(c[1], 1), TURN(c[2], 1), TURN(c[3], 1), TURN(c[4], 1) \
        }; \
        ROW(b, 0, XOR3(a[0], c[4], d[1]), MOVE(a, 6, 44), MOVE(a, 12, 43), MOVE(a, 18, 21), \
    MOVE(a, 24, 14)) \
        ROW(b, 1, MOVE(a, 3, 28), MOVE(a, 9, 20), MOVE(a, 10, 3), MOVE(a, 16, 45), \
    MOVE(a, 22, 61)) \
        ROW(b, 2, MOVE(a, 1, 1), MOVE(a, 7, 6), MOVE(a, 13, 25), MOVE(a, 19, 8), \
    MOVE(a, 20, 18)) \
        ROW(b, 3, MOVE(a, 4, 27), MOVE(a, 5, 36), MOVE(a, 11, 10), MOVE(a, 17, 15), \
    MOVE(a, 23, 56)) \
        ROW(b, 4, MOVE(a, 2, 62), MOVE(a, 8, 55), MOVE(a, 14, 39), MOVE(a, 15, 41), \
    MOVE(a, 21, 2)) \
        b[0] ^= iota[i]; \
    }
// Not a loop: the compiler would keep the array in memory.
#define EACH_LANE(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) \
    X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24)
#define GET(i) a[i] = lanes[i];
#define PUT(i) lanes[i] = a[i];
#define PERMUTE \
    uint64_t a[25], b[25]; \
    EACH_LANE(GET) \
    for (int i = 0; i < ROUNDS; i += 2) { \
        ROUND(b, a, i) \
        ROUND(a, b, i + 1) \
    } \
    EACH_LANE(PUT)

static void permute(uint64_t *lanes) {
    PERMUTE
}

#ifdef __x86_64__
__attribute__((target("bmi,bmi2"))) static void permute_bmi(uint64_t *lanes) {
    PERMUTE
}
#endif

// Combine bytes with those of the state.
static void absorb(uint8_t *bytes, const uint8_t *in, size_t len) {
    for (; len >= sizeof(uint64_t); len -= sizeof(uint64_t)) {
        uint64_t x, y;
        memcpy(&x, bytes, sizeof(x));
        memcpy(&y, in, sizeof(y));
        x ^= y;
        memcpy(bytes, &x, sizeof(x));
        bytes += sizeof(x);
        in += sizeof(y);
    }
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= in[i];
    }
}

static void end_block(wolf_sha3_t *state) {
    #ifdef __x86_64__
    if (WOLF_CPU_HAS("bmi") && WOLF_CPU_HAS("bmi2")) {
        permute_bmi(state->s);
        return;
    }
    #endif
    permute(state->s);
}

int wolf_sha3_init(wolf_sha3_t *state, uint32_t digest_len) {
    memset(state, 0, sizeof(*state));
    state->digest_len = digest_len;
    return 0;
}

int wolf_sha3_update(wolf_sha3_t *state, const uint8_t *in, uint32_t len) {
    uint8_t *bytes = (uint8_t *)state->s;
    const uint32_t block = BLOCK(state);
    // A copy, so that two threads at once compute nonsense but stay within the state.
    uint32_t used = state->used;
    while (len > 0) {
        uint32_t n = block - used;
        n = n < len ? n : len;
        absorb(bytes + used, in, n);
        used += n;
        in += n;
        len -= n;
        if (used == block) {
            used = 0;
            end_block(state);
        }
    }
    state->used = used;
    return 0;
}

int wolf_sha3_final(wolf_sha3_t *state, uint8_t *digest) {
    // Section 6.1: the bits 01, then as many of pad10*1 as fill the block.
    uint8_t *bytes = (uint8_t *)state->s;
    bytes[state->used] ^= 0x06;
    bytes[BLOCK(state) - 1] ^= 0x80;
    end_block(state);
    memcpy(digest, state->s, state->digest_len);
    return 0;
}

#endif // WOLF_SHA3
