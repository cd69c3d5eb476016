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

#ifndef MICROPY_INCLUDED_WOLF_X509_H
#define MICROPY_INCLUDED_WOLF_X509_H

// A reader of X.509 certificates: DER in, views of its parts out. It allocates nothing, and knows
// neither TLS nor MicroPython's objects. What is read from a certificate points into it.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Some bytes of a certificate; p is NULL where an optional part is missing.
typedef struct _wolf_span_t {
    const uint8_t *p;
    size_t len;
} wolf_span_t;

// Bits of wolf_cert_t's key_usage: RFC 5280, section 4.2.1.3, the first octet of the bit string.
#define WOLF_KEY_USAGE_SIGN (0x80)
#define WOLF_KEY_USAGE_CERT_SIGN (0x04)

// path_len where a certificate states none.
#define WOLF_PATH_LEN_NONE (-1)

typedef struct _wolf_cert_t {
    wolf_span_t der; // the whole certificate
    wolf_span_t tbs; // what is signed, with its header
    wolf_span_t sig_alg; // the signature's AlgorithmIdentifier, without its header
    wolf_span_t sig; // the signature
    wolf_span_t issuer; // the names, without their headers
    wolf_span_t subject;
    wolf_span_t key; // SubjectPublicKeyInfo, with its header
    wolf_span_t alt_names; // GeneralNames, without the header
    wolf_span_t permitted; // name constraints: GeneralSubtrees, without the header
    wolf_span_t excluded;
    int64_t not_before; // seconds since 1970
    int64_t not_after;
    int path_len; // of basicConstraints, at least 0, or WOLF_PATH_LEN_NONE
    uint8_t version; // 1 to 3
    uint8_t key_usage; // WOLF_KEY_USAGE_… bits; all of them without the extension
    bool is_ca; // basicConstraints says so
    bool unknown_critical; // it has a critical extension that isn't known here
} wolf_cert_t;

// The first element of in, whose tag must be tag: its contents go to out, and in continues after
// it. Lengths must be definite, and encoded in as few bytes as they can be.
bool wolf_der_get(wolf_span_t *in, uint8_t tag, wolf_span_t *out);

// A time that must be the next element: seconds since 1970, of a UTCTime or a GeneralizedTime as
// in RFC 5280, section 4.1.2.5.
bool wolf_der_get_time(wolf_span_t *in, int64_t *seconds);

// Read a certificate. Returns false if it is not one, or if there is more after it.
bool wolf_cert_read(wolf_cert_t *cert, const uint8_t *der, size_t len);

// The subject of a certificate alone: much less work than wolf_cert_read().
bool wolf_cert_read_subject(const uint8_t *der, size_t len, wolf_span_t *subject);

// The serial number of a certificate that was read.
wolf_span_t wolf_cert_serial(const wolf_cert_t *cert);

// An extension's value, without the header of its octet string, of a certificate that was read.
// Returns false if it has none with that OID.
bool wolf_cert_get_extension(const wolf_cert_t *cert, const uint8_t *oid, size_t oid_len,
    wolf_span_t *value);

// Whether a server with this certificate must staple its status: RFC 7633. Also true if what it
// says of that can't be read.
bool wolf_cert_must_staple(const wolf_cert_t *cert);

// Whether a certificate's extended key usage says that it signs OCSP responses for its issuer.
bool wolf_cert_signs_ocsp(const wolf_cert_t *cert);

// Whether two names are the same, ignoring the case of ASCII letters and the string type, as the
// built-in and OpenSSL do.
bool wolf_name_equal(const wolf_span_t *a, const wolf_span_t *b);

// A number that is the same for names that are. mpwolf bundle computes it too: it must not change.
uint32_t wolf_name_hash(const wolf_span_t *name);

// The last common name of a name; p is NULL if it has none.
wolf_span_t wolf_name_common_name(const wolf_span_t *name);

// Whether a host name is an IP address, in any spelling: its length in bytes, 4 or 16, or 0. addr
// has room for 16.
size_t wolf_host_address(const char *host, size_t len, uint8_t *addr);

// Whether a certificate is for a host: a DNS name or an IP address. The common name is used only
// in a certificate without alternative names of any kind, as with the built-in.
bool wolf_cert_is_for(const wolf_cert_t *cert, const char *host, size_t len);

// Whether the names of cert are within the name constraints of ca. Those of a kind that can't be
// checked are not. The common names are included where wolf_cert_is_for() may use them: in the
// peer's own certificate, whatever else it is.
bool wolf_cert_is_permitted(const wolf_cert_t *cert, const wolf_cert_t *ca, bool is_peer);

#endif // MICROPY_INCLUDED_WOLF_X509_H
