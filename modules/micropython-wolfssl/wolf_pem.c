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

#include "wolf_pem.h"

#include <string.h>

static const char begin[] = "-----BEGIN ";
static const char end[] = "-----END ";
static const char dashes[] = "-----";
#define LINE (64)

/******************************************************************************/
// DER.

void wolf_der_bytes(wolf_der_writer_t *w, const uint8_t *data, size_t len) {
    if (w->full || len > (size_t)(w->p - w->start)) {
        w->full = true;
        return;
    }
    w->p -= len;
    memcpy(w->p, data, len);
}

void wolf_der_header(wolf_der_writer_t *w, uint8_t tag, const uint8_t *from) {
    size_t len = from - w->p;
    uint8_t header[4] = { tag, len };
    size_t n = 2;
    if (len >= 0x100) {
        header[1] = 0x82;
        header[2] = len >> 8;
        header[3] = len;
        n = 4;
    } else if (len >= 0x80) {
        header[1] = 0x81;
        header[2] = len;
        n = 3;
    }
    w->full = w->full || len > 0xffff;
    wolf_der_bytes(w, header, n);
}

/******************************************************************************/
// Base64, without tables: an index would be the key's.

// All bits if x is negative, else none. x has less than 16 bits.
static unsigned int mask(int x) {
    return (unsigned int)x >> 16 & 0xff;
}

static char to_char(int x) {
    int c = x + 'A';
    c += mask(25 - x) & 6; // a to z
    c -= mask(51 - x) & 75; // 0 to 9
    c -= mask(61 - x) & 15; // +
    c += mask(62 - x) & 3; // /
    return c;
}

// The value of a character, or -1.
static int from_char(int c) {
    int x = -1;
    x += (mask('A' - 1 - c) & mask(c - 'Z' - 1)) & (c - 'A' + 1);
    x += (mask('a' - 1 - c) & mask(c - 'z' - 1)) & (c - 'a' + 27);
    x += (mask('0' - 1 - c) & mask(c - '9' - 1)) & (c - '0' + 53);
    x += (mask('+' - 1 - c) & mask(c - '+' - 1)) & 63;
    x += (mask('/' - 1 - c) & mask(c - '/' - 1)) & 64;
    return x;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool wolf_pem_decode(const wolf_span_t *base64, uint8_t *out, size_t *len) {
    uint32_t bits = 0;
    size_t n_chars = 0;
    size_t n_pads = 0;
    *len = 0;
    for (size_t i = 0; i < base64->len; i++) {
        uint8_t c = base64->p[i];
        if (is_space(c)) {
            continue;
        }
        if (c == '=') {
            n_pads++;
            continue;
        }
        int x = from_char(c);
        if (x < 0 || n_pads > 0) {
            return false;
        }
        bits = bits << 6 | x;
        if (++n_chars % 4 != 1) {
            out[(*len)++] = bits >> (4 - n_chars % 4) % 4 * 2;
        }
    }
    static const uint8_t pads[] = { 0, 3, 2, 1 };
    return n_chars % 4 != 1 && n_pads == pads[n_chars % 4];
}

/******************************************************************************/
// PEM.

static const char *find(const char *text, size_t len, const char *what) {
    size_t n = strlen(what);
    for (; len >= n; text++, len--) {
        if (memcmp(text, what, n) == 0) {
            return text;
        }
    }
    return NULL;
}

bool wolf_pem_find(const char *text, size_t len, const char *suffix, wolf_span_t *label,
    wolf_span_t *base64) {
    const char *stop = text + len;
    size_t n_suffix = strlen(suffix);
    for (;;) {
        const char *p = find(text, stop - text, begin);
        if (p == NULL) {
            return false;
        }
        p += sizeof(begin) - 1;
        const char *q = find(p, stop - p, dashes);
        if (q == NULL) {
            return false;
        }
        text = q + sizeof(dashes) - 1;
        if ((size_t)(q - p) >= n_suffix && memcmp(q - n_suffix, suffix, n_suffix) == 0) {
            label->p = (const uint8_t *)p;
            label->len = q - p;
            base64->p = (const uint8_t *)text;
            q = find(text, stop - text, end);
            if (q == NULL || (size_t)(stop - q) < sizeof(end) - 1 + label->len
                || memcmp(q + sizeof(end) - 1, label->p, label->len) != 0) {
                return false;
            }
            base64->len = q - text;
            return true;
        }
    }
}

size_t wolf_pem_len(const char *label, size_t der_len) {
    size_t n_chars = (der_len + 2) / 3 * 4;
    return sizeof(begin) + sizeof(end) + 2 * (strlen(label) + sizeof(dashes) - 2) + 2
           + n_chars + (n_chars + LINE - 1) / LINE;
}

static char *put(char *out, const char *text) {
    size_t len = strlen(text);
    memcpy(out, text, len);
    return out + len;
}

void wolf_pem_encode(const char *label, const uint8_t *der, size_t der_len, char *out) {
    out = put(put(put(put(out, begin), label), dashes), "\n");
    for (size_t i = 0; i < der_len; i += 3) {
        uint32_t bits = der[i] << 16;
        bits |= i + 1 < der_len ? der[i + 1] << 8 : 0;
        bits |= i + 2 < der_len ? der[i + 2] : 0;
        *out++ = to_char(bits >> 18);
        *out++ = to_char(bits >> 12 & 63);
        *out++ = i + 1 < der_len ? to_char(bits >> 6 & 63) : '=';
        *out++ = i + 2 < der_len ? to_char(bits & 63) : '=';
        if (i % (LINE / 4 * 3) == LINE / 4 * 3 - 3 || i + 3 >= der_len) {
            *out++ = '\n';
        }
    }
    put(put(put(put(out, end), label), dashes), "\n");
}
