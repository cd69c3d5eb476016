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

#ifndef MICROPY_INCLUDED_WOLF_OCSP_H
#define MICROPY_INCLUDED_WOLF_OCSP_H

// A reader of OCSP responses, RFC 6960: DER in, views of its parts out. Like wolf_x509.h, it
// allocates nothing, and knows neither TLS nor MicroPython's objects.

#include "wolf_x509.h"

// Where a response does not say until when it is valid.
#define WOLF_OCSP_NO_UPDATE (INT64_MIN)

typedef struct _wolf_ocsp_t {
    wolf_span_t tbs; // what is signed, with its header
    wolf_span_t sig_alg; // the signature's AlgorithmIdentifier, without its header
    wolf_span_t sig; // the signature
    wolf_span_t name; // of the responder, without its header; p is NULL if it is known by its key
    wolf_span_t key_hash; // of the responder, SHA-1; p is NULL if it is known by its name
    wolf_span_t singles; // SingleResponse elements, for wolf_ocsp_next()
    wolf_span_t certs; // Certificate elements, or nothing
} wolf_ocsp_t;

typedef enum {
    WOLF_OCSP_GOOD,
    WOLF_OCSP_REVOKED,
    WOLF_OCSP_UNKNOWN,
} wolf_ocsp_status_t;

// What a response says about one certificate.
typedef struct _wolf_ocsp_single_t {
    wolf_span_t hash; // OID of the algorithm of the two hashes
    wolf_span_t name_hash; // of the issuer's name
    wolf_span_t key_hash; // of the issuer's key
    wolf_span_t serial;
    wolf_ocsp_status_t status;
    int64_t this_update; // seconds since 1970
    int64_t next_update; // or WOLF_OCSP_NO_UPDATE
} wolf_ocsp_single_t;

// Read a response. Returns false if it is not a successful basic one, if there is more after it,
// or if it has a critical extension, of which none is known here.
bool wolf_ocsp_read(wolf_ocsp_t *ocsp, const uint8_t *der, size_t len);

// The next of ocsp->singles of a response that was read, or false after the last one.
bool wolf_ocsp_next(wolf_span_t *singles, wolf_ocsp_single_t *single);

#endif // MICROPY_INCLUDED_WOLF_OCSP_H
