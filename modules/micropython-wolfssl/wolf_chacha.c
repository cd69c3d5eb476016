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


// ChaCha20-Poly1305 (RFC 8439) by AVX-512: sixteen blocks of the key stream at once, and eight
// blocks of the authenticator. Other processors are left to wolfSSL, which has AVX2.
// No branch and no address depends on a key or on data.

#include "wolf_chacha.h"

#if WOLF_CHACHA

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <immintrin.h>

#include <wolfssl/wolfcrypt/error-crypt.h>

#include "wolf_kernel.h"

// Processors that have the second kind of instructions run the first at full speed.
#define TARGET __attribute__((target("avx512f,avx512ifma")))
#define USABLE (WOLF_CPU_HAS("avx512f") && WOLF_CPU_HAS("avx512ifma"))

/******************************************************************************/
// ChaCha20: RFC 8439, section 2.3.

#define BLOCK (64)
#define WIDE (16) // blocks at once, a word of each in a register
#define NARROW (4) // blocks at once, a row of each in a register
#define MOST (WIDE + NARROW)
#define KEY_LEN (32)
#define NONCE_LEN (12)
#define TAG_LEN (16)
#define KEY (4) // where a state has what differs
#define COUNTER (12)
#define NONCE (13)

#define QUARTER_ROUND(a, b, c, d) \
    a = _mm512_add_epi32(a, b); \
    d = _mm512_rol_epi32(_mm512_xor_si512(d, a), 16); \
    c = _mm512_add_epi32(c, d); \
    b = _mm512_rol_epi32(_mm512_xor_si512(b, c), 12); \
    a = _mm512_add_epi32(a, b); \
    d = _mm512_rol_epi32(_mm512_xor_si512(d, a), 8); \
    c = _mm512_add_epi32(c, d); \
    b = _mm512_rol_epi32(_mm512_xor_si512(b, c), 7);

// Combine a block with data.
#define PUT(i, block) \
    _mm512_storeu_si512(out + BLOCK * (i), \
    _mm512_xor_si512(block, _mm512_loadu_si512(in + BLOCK * (i))));

// Four registers, each with a quarter of four blocks; these are number first, first + step …
#define PUT_FOUR(a, b, c, d, first, step) \
    { \
        const __m512i ab = _mm512_shuffle_i32x4(a, b, 0x44); \
        const __m512i cd = _mm512_shuffle_i32x4(c, d, 0x44); \
        const __m512i ab2 = _mm512_shuffle_i32x4(a, b, 0xee); \
        const __m512i cd2 = _mm512_shuffle_i32x4(c, d, 0xee); \
        PUT(first, _mm512_shuffle_i32x4(ab, cd, 0x88)) \
        PUT(first + step, _mm512_shuffle_i32x4(ab, cd, 0xdd)) \
        PUT(first + 2 * step, _mm512_shuffle_i32x4(ab2, cd2, 0x88)) \
        PUT(first + 3 * step, _mm512_shuffle_i32x4(ab2, cd2, 0xdd)) \
    }

// Words i to i + 3 of sixteen blocks become quarters of blocks 4n, 4n + 1, 4n + 2 and 4n + 3.
#define TRANSPOSE(i) \
    { \
        const __m512i ab = _mm512_unpacklo_epi32(x[i], x[i + 1]); \
        const __m512i ab2 = _mm512_unpackhi_epi32(x[i], x[i + 1]); \
        const __m512i cd = _mm512_unpacklo_epi32(x[i + 2], x[i + 3]); \
        const __m512i cd2 = _mm512_unpackhi_epi32(x[i + 2], x[i + 3]); \
        x[i] = _mm512_unpacklo_epi64(ab, cd); \
        x[i + 1] = _mm512_unpackhi_epi64(ab, cd); \
        x[i + 2] = _mm512_unpacklo_epi64(ab2, cd2); \
        x[i + 3] = _mm512_unpackhi_epi64(ab2, cd2); \
    }

// Not loops: the compiler would then keep the array in memory.
#define EACH_WORD(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) \
    X(14) X(15)
#define START(i) x[i] = _mm512_set1_epi32((int)state[i]);
#define FINISH(i) x[i] = _mm512_add_epi32(x[i], i == COUNTER ? counters : \
    _mm512_set1_epi32((int)state[i]));

#define WIDE_BEGIN(first) \
    const __m512i counters = _mm512_add_epi32(_mm512_set1_epi32((int)(state[COUNTER] + first)), \
    _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)); \
    __m512i x[16]; \
    EACH_WORD(START) \
    x[COUNTER] = counters;
#define WIDE_ROUNDS \
    QUARTER_ROUND(x[0], x[4], x[8], x[12]) \
    QUARTER_ROUND(x[1], x[5], x[9], x[13]) \
    QUARTER_ROUND(x[2], x[6], x[10], x[14]) \
    QUARTER_ROUND(x[3], x[7], x[11], x[15]) \
    QUARTER_ROUND(x[0], x[5], x[10], x[15]) \
    QUARTER_ROUND(x[1], x[6], x[11], x[12]) \
    QUARTER_ROUND(x[2], x[7], x[8], x[13]) \
    QUARTER_ROUND(x[3], x[4], x[9], x[14])
#define WIDE_END(first) \
    EACH_WORD(FINISH) \
    TRANSPOSE(0) \
    TRANSPOSE(4) \
    TRANSPOSE(8) \
    TRANSPOSE(12) \
    PUT_FOUR(x[0], x[4], x[8], x[12], first, 4) \
    PUT_FOUR(x[1], x[5], x[9], x[13], first + 1, 4) \
    PUT_FOUR(x[2], x[6], x[10], x[14], first + 2, 4) \
    PUT_FOUR(x[3], x[7], x[11], x[15], first + 3, 4)

// The key stream of WIDE blocks, combined with data.
TARGET static void wide(const uint32_t *state, uint8_t *out, const uint8_t *in) {
    WIDE_BEGIN(0)
    for (int i = 0; i < 10; i++) {
        WIDE_ROUNDS
    }
    WIDE_END(0)
}

#define ROW(i) _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)state + i))
#define TURN(row, words) _mm512_shuffle_epi32(row, (_MM_PERM_ENUM)(words))

#define NARROW_BEGIN \
    const __m512i last = _mm512_add_epi32(ROW(3), \
    _mm512_set_epi32(0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0)); \
    __m512i a = ROW(0), b = ROW(1), c = ROW(2), d = last;
#define NARROW_ROUNDS \
    QUARTER_ROUND(a, b, c, d) \
    b = TURN(b, 0x39); \
    c = TURN(c, 0x4e); \
    d = TURN(d, 0x93); \
    QUARTER_ROUND(a, b, c, d) \
    b = TURN(b, 0x93); \
    c = TURN(c, 0x4e); \
    d = TURN(d, 0x39);
#define NARROW_END \
    a = _mm512_add_epi32(a, ROW(0)); \
    b = _mm512_add_epi32(b, ROW(1)); \
    c = _mm512_add_epi32(c, ROW(2)); \
    d = _mm512_add_epi32(d, last); \
    PUT_FOUR(a, b, c, d, 0, 1)

// The key stream of NARROW blocks, combined with data.
TARGET static void narrow(const uint32_t *state, uint8_t *out, const uint8_t *in) {
    NARROW_BEGIN
    for (int i = 0; i < 10; i++) {
        NARROW_ROUNDS
    }
    NARROW_END
}

// The key stream of MOST blocks, combined with data: it takes little longer than that of WIDE.
TARGET static void most(const uint32_t *state, uint8_t *out, const uint8_t *in) {
    NARROW_BEGIN;
    WIDE_BEGIN(NARROW);
    for (int i = 0; i < 10; i++) {
        WIDE_ROUNDS;
        NARROW_ROUNDS;
    }
    NARROW_END;
    WIDE_END(NARROW);
}

// The key stream for so many bytes in a buffer of MOST blocks, combined with them. The number of
// bytes that it used is returned.
static size_t some(const uint32_t *state, uint8_t *buf, size_t len) {
    if (len <= NARROW * BLOCK) {
        narrow(state, buf, buf);
        return NARROW * BLOCK;
    }
    if (len <= WIDE * BLOCK) {
        wide(state, buf, buf);
        return WIDE * BLOCK;
    }
    most(state, buf, buf);
    return MOST * BLOCK;
}

static void stream(uint32_t *state, uint8_t *out, const uint8_t *in, size_t len) {
    for (; len >= WIDE * BLOCK; len -= WIDE * BLOCK) {
        wide(state, out, in);
        state[COUNTER] += WIDE;
        in += WIDE * BLOCK;
        out += WIDE * BLOCK;
    }
    if (len > 0) {
        uint8_t buf[WIDE * BLOCK];
        memcpy(buf, in, len);
        size_t used = some(state, buf, len);
        memcpy(out, buf, len);
        state[COUNTER] += (uint32_t)(len + BLOCK - 1) / BLOCK;
        wolf_kernel_wipe(buf, used);
    }
}

/******************************************************************************/
// Poly1305: RFC 8439, section 2.5. Numbers have limbs of 44, 44 and 42 bits. 2^130 is 5 modulo
// the prime, so what is 2^132 times something is 20 times it.

typedef unsigned __int128 wide_t;

#define BITS44 (((uint64_t)1 << 44) - 1)
#define BITS42 (((uint64_t)1 << 42) - 1)
#define PIECE (16) // bytes
#define PIECES (8) // at once, a limb of each in a register

typedef struct _poly_t {
    uint64_t r[3];
    uint64_t h[3]; // the second limb may have a few bits more
    uint64_t pad[2];
} poly_t;

static uint64_t get_number(const uint8_t *p) {
    uint64_t n;
    memcpy(&n, p, sizeof(n));
    return n;
}

static void poly_begin(poly_t *poly, const uint8_t *key) {
    uint64_t lo = get_number(key) & 0x0ffffffc0fffffff;
    uint64_t hi = get_number(key + 8) & 0x0ffffffc0ffffffc;
    poly->r[0] = lo & BITS44;
    poly->r[1] = (lo >> 44 | hi << 20) & BITS44;
    poly->r[2] = hi >> 24;
    memset(poly->h, 0, sizeof(poly->h));
    poly->pad[0] = get_number(key + 16);
    poly->pad[1] = get_number(key + 24);
}

static inline void product(uint64_t *to, const uint64_t *h, const uint64_t *r) {
    uint64_t h0 = h[0], h1 = h[1], h2 = h[2], r0 = r[0], r1 = r[1], r2 = r[2];
    uint64_t s1 = 20 * r1, s2 = 20 * r2;
    wide_t a = (wide_t)h0 * r0 + (wide_t)h1 * s2 + (wide_t)h2 * s1;
    wide_t b = (wide_t)h0 * r1 + (wide_t)h1 * r0 + (wide_t)h2 * s2;
    wide_t c = (wide_t)h0 * r2 + (wide_t)h1 * r1 + (wide_t)h2 * r0;
    b += (uint64_t)(a >> 44);
    c += (uint64_t)(b >> 44);
    h0 = ((uint64_t)a & BITS44) + 5 * (uint64_t)(c >> 42);
    to[0] = h0 & BITS44;
    to[1] = ((uint64_t)b & BITS44) + (h0 >> 44);
    to[2] = (uint64_t)c & BITS42;
}

static void poly_piece(poly_t *poly, const uint8_t *in) {
    uint64_t lo = get_number(in), hi = get_number(in + 8);
    poly->h[0] += lo & BITS44;
    poly->h[1] += (lo >> 44 | hi << 20) & BITS44;
    poly->h[2] += hi >> 24 | (uint64_t)1 << 40;
    product(poly->h, poly->h, poly->r);
}

// PIECES numbers times as many others.
#define LO(x, y, sum) _mm512_madd52lo_epu64(sum, x, y)
#define HI(x, y, sum) _mm512_madd52hi_epu64(sum, x, y)
#define TWENTY_TIMES(x) _mm512_add_epi64(_mm512_slli_epi64(x, 4), _mm512_slli_epi64(x, 2))
#define MULTIPLY(h, r, s) \
    { \
        __m512i lo0 = LO(h[0], r[0], LO(h[1], s[2], LO(h[2], s[1], zero))); \
        __m512i lo1 = LO(h[0], r[1], LO(h[1], r[0], LO(h[2], s[2], zero))); \
        __m512i lo2 = LO(h[0], r[2], LO(h[1], r[1], LO(h[2], r[0], zero))); \
        __m512i hi0 = HI(h[0], r[0], HI(h[1], s[2], HI(h[2], s[1], zero))); \
        __m512i hi1 = HI(h[0], r[1], HI(h[1], r[0], HI(h[2], s[2], zero))); \
        __m512i hi2 = HI(h[0], r[2], HI(h[1], r[1], HI(h[2], r[0], zero))); \
        /* What is 2^52 times something is 2^8 times it in the next limb. */ \
        lo1 = _mm512_add_epi64(lo1, _mm512_add_epi64(_mm512_slli_epi64(hi0, 8), \
    _mm512_srli_epi64(lo0, 44))); \
        lo2 = _mm512_add_epi64(lo2, _mm512_add_epi64(_mm512_slli_epi64(hi1, 8), \
    _mm512_srli_epi64(lo1, 44))); \
        __m512i over = _mm512_add_epi64(_mm512_slli_epi64(hi2, 10), \
    _mm512_srli_epi64(lo2, 42)); \
        lo0 = _mm512_add_epi64(_mm512_and_si512(lo0, bits44), \
    _mm512_add_epi64(over, _mm512_slli_epi64(over, 2))); \
        h[0] = _mm512_and_si512(lo0, bits44); \
        h[1] = _mm512_add_epi64(_mm512_and_si512(lo1, bits44), _mm512_srli_epi64(lo0, 44)); \
        h[2] = _mm512_and_si512(lo2, bits42); \
    }

// The next PIECES pieces, in the order 0, 4, 1, 5, 2, 6, 3, 7.
#define TAKE(m) \
    { \
        const __m512i a = _mm512_loadu_si512(in); \
        const __m512i b = _mm512_loadu_si512(in + 64); \
        const __m512i lo = _mm512_unpacklo_epi64(a, b); \
        const __m512i hi = _mm512_unpackhi_epi64(a, b); \
        m[0] = _mm512_and_si512(lo, bits44); \
        m[1] = _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64(lo, 44), \
    _mm512_slli_epi64(hi, 20)), bits44); \
        m[2] = _mm512_or_si512(_mm512_srli_epi64(hi, 24), top); \
        in += PIECES * PIECE; \
    }

#define POWER(i) _mm512_setr_epi64((long long)power[7][i], (long long)power[3][i], \
    (long long)power[6][i], (long long)power[2][i], (long long)power[5][i], \
    (long long)power[1][i], (long long)power[4][i], (long long)power[0][i])
#define SET_FACTOR(x0, x1, x2) \
    r[0] = x0; \
    r[1] = x1; \
    r[2] = x2; \
    s[1] = TWENTY_TIMES(r[1]); \
    s[2] = TWENTY_TIMES(r[2]);
#define SET_FACTOR_ALL(x) SET_FACTOR(_mm512_set1_epi64((long long)x[0]), \
    _mm512_set1_epi64((long long)x[1]), _mm512_set1_epi64((long long)x[2]))
#define ADD(h, m) \
    h[0] = _mm512_add_epi64(h[0], m[0]); \
    h[1] = _mm512_add_epi64(h[1], m[1]); \
    h[2] = _mm512_add_epi64(h[2], m[2]);

// So many times PIECES pieces, at least two times. Two sums, of every other such number of pieces,
// do not wait for each other.
TARGET static void poly_wide(poly_t *poly, const uint8_t *in, size_t n) {
    const __m512i zero = _mm512_setzero_si512();
    const __m512i bits44 = _mm512_set1_epi64((long long)BITS44);
    const __m512i bits42 = _mm512_set1_epi64((long long)BITS42);
    const __m512i top = _mm512_set1_epi64((long long)1 << 40);

    // r to r^8, and r^16
    uint64_t power[PIECES][3], twice[3];
    memcpy(power[0], poly->r, sizeof(power[0]));
    product(power[1], power[0], power[0]);
    product(power[2], power[1], power[0]);
    product(power[3], power[1], power[1]);
    for (int i = 4; i < PIECES; i++) {
        product(power[i], power[3], power[i - 4]);
    }
    product(twice, power[PIECES - 1], power[PIECES - 1]);

    __m512i h[3], k[3], m[3], r[3], s[3];
    TAKE(h)
    TAKE(k)
    m[0] = _mm512_setr_epi64((long long)poly->h[0], 0, 0, 0, 0, 0, 0, 0);
    m[1] = _mm512_setr_epi64((long long)poly->h[1], 0, 0, 0, 0, 0, 0, 0);
    m[2] = _mm512_setr_epi64((long long)poly->h[2], 0, 0, 0, 0, 0, 0, 0);
    ADD(h, m)
    SET_FACTOR_ALL(twice)
    for (n -= 2; n >= 2; n -= 2) {
        TAKE(m)
        MULTIPLY(h, r, s)
        ADD(h, m)
        TAKE(m)
        MULTIPLY(k, r, s)
        ADD(k, m)
    }
    SET_FACTOR_ALL(power[PIECES - 1])
    MULTIPLY(h, r, s)
    ADD(h, k)
    if (n > 0) {
        TAKE(m)
        MULTIPLY(h, r, s)
        ADD(h, m)
    }

    // Each with the power that it still lacks; then they are added up.
    SET_FACTOR(POWER(0), POWER(1), POWER(2))
    MULTIPLY(h, r, s)
    uint64_t h0 = (uint64_t)_mm512_reduce_add_epi64(h[0]);
    uint64_t h1 = (uint64_t)_mm512_reduce_add_epi64(h[1]) + (h0 >> 44);
    uint64_t h2 = (uint64_t)_mm512_reduce_add_epi64(h[2]) + (h1 >> 44);
    poly->h[0] = (h0 & BITS44) + 5 * (h2 >> 42);
    poly->h[1] = h1 & BITS44;
    poly->h[2] = h2 & BITS42;
    wolf_kernel_wipe(power, sizeof(power));
    wolf_kernel_wipe(twice, sizeof(twice));
}

// Data, filled up with zeros to a multiple of PIECE.
static void poly_data(poly_t *poly, const uint8_t *in, size_t len) {
    if (len >= 2 * PIECES * PIECE) {
        size_t n = len / (PIECES * PIECE);
        poly_wide(poly, in, n);
        in += n * PIECES * PIECE;
        len -= n * PIECES * PIECE;
    }
    for (; len >= PIECE; len -= PIECE) {
        poly_piece(poly, in);
        in += PIECE;
    }
    if (len > 0) {
        uint8_t piece[PIECE] = { 0 };
        memcpy(piece, in, len);
        poly_piece(poly, piece);
        wolf_kernel_wipe(piece, sizeof(piece));
    }
}

static void poly_end(poly_t *poly, uint8_t *tag) {
    uint64_t *h = poly->h;
    // Twice: the first carry out of the last limb may make the others too large again.
    for (int i = 0; i < 2; i++) {
        h[1] += h[0] >> 44;
        h[0] &= BITS44;
        h[2] += h[1] >> 44;
        h[1] &= BITS44;
        h[0] += 5 * (h[2] >> 42);
        h[2] &= BITS42;
    }
    h[1] += h[0] >> 44;
    h[0] &= BITS44;
    // h - p, if that is not negative.
    uint64_t g0 = h[0] + 5;
    uint64_t g1 = h[1] + (g0 >> 44);
    uint64_t g2 = h[2] + (g1 >> 44);
    uint64_t keep = (g2 >> 42) - 1;
    h[0] = (h[0] & keep) | (g0 & BITS44 & ~keep);
    h[1] = (h[1] & keep) | (g1 & BITS44 & ~keep);
    h[2] = (h[2] & keep) | (g2 & BITS42 & ~keep);

    wide_t sum = (wide_t)(h[0] | h[1] << 44) + poly->pad[0];
    uint64_t lo = (uint64_t)sum;
    uint64_t hi = (h[1] >> 20 | h[2] << 24) + poly->pad[1] + (uint64_t)(sum >> 64);
    memcpy(tag, &lo, sizeof(lo));
    memcpy(tag + sizeof(lo), &hi, sizeof(hi));
}

// RFC 8439, section 2.8: the authenticator of associated data and a ciphertext.
static void authenticate(const uint8_t *key, const uint8_t *aad, size_t aad_len,
    const uint8_t *in, size_t len, uint8_t *tag) {
    poly_t poly;
    poly_begin(&poly, key);
    poly_data(&poly, aad, aad_len);
    poly_data(&poly, in, len);
    uint64_t lengths[2] = { aad_len, len };
    poly_piece(&poly, (const uint8_t *)lengths);
    poly_end(&poly, tag);
    wolf_kernel_wipe(&poly, sizeof(poly));
}

/******************************************************************************/
// ChaCha20-Poly1305.

#define FIRST_DATA (MOST * BLOCK - BLOCK) // the data that the first blocks are for, behind a key

static void begin(uint32_t *state, const uint8_t *key, const uint8_t *nonce) {
    state[0] = 0x61707865; // "expand 32-byte k"
    state[1] = 0x3320646e;
    state[2] = 0x79622d32;
    state[3] = 0x6b206574;
    memcpy(state + KEY, key, KEY_LEN);
    state[COUNTER] = 0;
    memcpy(state + NONCE, nonce, NONCE_LEN);
}

// The first blocks of the key stream, as far as they are needed, combined with data behind the key
// of the authenticator.
static size_t first_blocks(uint32_t *state, uint8_t *buf, size_t *used, const uint8_t *in,
    size_t len) {
    len = len < FIRST_DATA ? len : FIRST_DATA;
    memset(buf, 0, BLOCK);
    if (len > 0) {
        memcpy(buf + BLOCK, in, len);
    }
    *used = some(state, buf, BLOCK + len);
    state[COUNTER] = MOST;
    return len;
}

int wolf_chacha20poly1305_encrypt(const byte *key, const byte *nonce, const byte *aad,
    word32 aad_len, const byte *in, word32 len, byte *out, byte *tag) {
    if (!USABLE) {
        return wc_ChaCha20Poly1305_Encrypt(key, nonce, aad, aad_len, in, len, out, tag);
    }
    uint32_t state[16];
    uint8_t buf[MOST * BLOCK];
    begin(state, key, nonce);
    size_t used, n = first_blocks(state, buf, &used, in, len);
    if (n > 0) {
        memcpy(out, buf + BLOCK, n);
    }
    if (n < len) {
        stream(state, out + n, in + n, len - n);
    }
    authenticate(buf, aad, aad_len, out, len, tag);
    wolf_kernel_wipe(buf, used);
    wolf_kernel_wipe(state, sizeof(state));
    return 0;
}

int wolf_chacha20poly1305_decrypt(const byte *key, const byte *nonce, const byte *aad,
    word32 aad_len, const byte *in, word32 len, const byte *tag, byte *out) {
    if (!USABLE) {
        return wc_ChaCha20Poly1305_Decrypt(key, nonce, aad, aad_len, in, len, tag, out);
    }
    uint32_t state[16];
    uint8_t buf[MOST * BLOCK], expected[TAG_LEN];
    begin(state, key, nonce);
    size_t used, n = first_blocks(state, buf, &used, in, len);
    authenticate(buf, aad, aad_len, in, len, expected);
    volatile uint8_t differ = 0;
    for (size_t i = 0; i < sizeof(expected); i++) {
        differ |= expected[i] ^ tag[i];
    }
    int ret = differ == 0 ? 0 : MAC_CMP_FAILED_E;
    if (ret == 0) {
        if (n < len) {
            stream(state, out + n, in + n, len - n);
        }
        if (n > 0) {
            memcpy(out, buf + BLOCK, n);
        }
    }
    wolf_kernel_wipe(expected, sizeof(expected));
    wolf_kernel_wipe(buf, used);
    wolf_kernel_wipe(state, sizeof(state));
    return ret;
}

/******************************************************************************/
// TLS.

// Whether there is room for a key until there is data.
#define HAS_ROOM (sizeof(((Poly1305 *)NULL)->buffer) >= KEY_LEN)

int wolf_chacha_process(ChaCha *chacha, byte *out, const byte *in, word32 len) {
    // Only whole blocks, so that wolfSSL keeps what is left of the last one.
    word32 whole = 0;
    if (chacha != NULL && chacha->left == 0 && USABLE) {
        whole = len - len % BLOCK;
        stream(chacha->X, out, in, whole);
    }
    return whole < len ? wc_Chacha_Process(chacha, out + whole, in + whole, len - whole) : 0;
}

int wolf_poly1305_set_key(Poly1305 *poly, const byte *key, word32 len) {
    int ret = wc_Poly1305SetKey(poly, key, len);
    if (ret == 0 && HAS_ROOM) {
        memcpy(poly->buffer, key, KEY_LEN);
    }
    return ret;
}

int wolf_poly1305_mac(Poly1305 *poly, const byte *aad, word32 aad_len, const byte *in, word32 len,
    byte *tag, word32 tag_len) {
    if (!HAS_ROOM || tag_len != TAG_LEN || !USABLE) {
        return wc_Poly1305_MAC(poly, aad, aad_len, in, len, tag, tag_len);
    }
    authenticate(poly->buffer, aad, aad_len, in, len, tag);
    wolf_kernel_wipe(poly->buffer, KEY_LEN);
    return 0;
}

#endif // WOLF_CHACHA
