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

#ifndef MICROPY_INCLUDED_WOLF_VERIFY_H
#define MICROPY_INCLUDED_WOLF_VERIFY_H

// Verification of a chain of certificates against trust anchors: wolfCrypt does the arithmetic,
// the rules are here. What a peer sends is examined, and never kept. What is accepted, and why, is
// in docs/x509.md of the mpwolf project.

#include "wolf_x509.h"

// The longest path: the peer's certificate, eight intermediates as with the built-in, and an
// anchor.
#define WOLF_MAX_PATH (10)

typedef struct _wolf_verify_t {
    // Given by the caller. The chain is as the peer sent it: its own certificate, then the others
    // in any order.
    const wolf_span_t *chain;
    size_t chain_len;
    // The i-th trust anchor, without those whose subject can't be equal to this one. Returns 1, 0
    // after the last one, or one of wolfSSL's numbers if it can't tell: then nothing is accepted.
    // The certificate must be there until the next call; if it is the last one of path, as long as
    // the caller uses that.
    int (*anchor)(void *arg, const wolf_span_t *subject, size_t i, wolf_span_t *der);
    void *arg;
    const char *host; // the name or address that the certificate must be for, or NULL
    size_t host_len;
    bool must_sign; // the peer's key makes signatures: its keyUsage must say so

    // The result: the path that was found, from the peer's certificate to an anchor. If the
    // verification failed, the path as far as it goes.
    wolf_span_t path[WOLF_MAX_PATH];
    size_t path_len;
    int64_t not_after; // if it succeeded, the end of the first of them to expire
    int err; // 0, or wolfSSL's number
    size_t err_depth; // which certificate of the path it is about
    wolf_span_t err_subject; // and the name in it
} wolf_verify_t;

// Returns v->err.
int wolf_verify(wolf_verify_t *v);

// Verify a stapled OCSP response, RFC 6960, about a certificate: its issuer must have signed it,
// or a certificate in the response that the issuer has made for that. The two certificates are the
// first ones of a verified path. Returns 0 if the certificate is good, MEMORY_E,
// OCSP_CERT_REVOKED, OCSP_CERT_UNKNOWN, or one of WOLF_OCSP_* (wolf_glue.h). until is the end of
// the response's validity, in seconds since 1970.
int wolf_verify_staple(const wolf_span_t *response, const wolf_span_t *cert,
    const wolf_span_t *issuer, int64_t *until);

// Whether a certificate has the ECC key with this public point, uncompressed. Also true if the
// certificate has the point in another form.
bool wolf_cert_has_point(const wolf_cert_t *cert, const uint8_t *point, size_t len);

#endif // MICROPY_INCLUDED_WOLF_VERIFY_H
