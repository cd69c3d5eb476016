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

#ifndef MICROPY_INCLUDED_WOLF_PEM_H
#define MICROPY_INCLUDED_WOLF_PEM_H

// PEM and a writer of DER. Neither allocates anything; what is private in a key decides about no
// branch and no address.

#include "wolf_x509.h"

// DER is written from its end: p is its first byte so far, and start how far it may grow.
typedef struct _wolf_der_writer_t {
    uint8_t *start;
    uint8_t *p;
    bool full; // something did not fit
} wolf_der_writer_t;

// Put bytes in front of what is there.
void wolf_der_bytes(wolf_der_writer_t *w, const uint8_t *data, size_t len);

// Put a tag and a length in front of what begins at w->p and ends at end.
void wolf_der_header(wolf_der_writer_t *w, uint8_t tag, const uint8_t *end);

// The first block of PEM whose label ends with a suffix: its base64. Returns false if there is
// none.
bool wolf_pem_find(const char *text, size_t len, const char *suffix, wolf_span_t *label,
    wolf_span_t *base64);

// Decode the base64 of a block, with white space between its characters. out may be where the
// input is. Returns false if it is not base64.
bool wolf_pem_decode(const wolf_span_t *base64, uint8_t *out, size_t *len);

// How long PEM is.
size_t wolf_pem_len(const char *label, size_t der_len);

// Write PEM.
void wolf_pem_encode(const char *label, const uint8_t *der, size_t der_len, char *out);

#endif // MICROPY_INCLUDED_WOLF_PEM_H
