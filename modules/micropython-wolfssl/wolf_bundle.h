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

#ifndef MICROPY_INCLUDED_WOLF_BUNDLE_H
#define MICROPY_INCLUDED_WOLF_BUNDLE_H

// A file with many trusted certificates, which mpwolf bundle writes: an index tells where the
// certificates with a certain subject are, so that only these have to be read. No TLS, and nothing
// of MicroPython.
//
// All numbers are little-endian.
//
//     0   8 bytes   WOLF_BUNDLE_MAGIC
//     8   uint16    version of this format: 1
//     10  uint16    number of certificates
//     12  uint32    length of the whole file
//     16  32 bytes  SHA-256 of the 16 bytes before it and of the index
//     48  44 bytes for each certificate, in the order of the hashes:
//         uint32    wolf_name_hash() of its subject
//         uint32    where it is in the file
//         uint32    its length
//         32 bytes  its SHA-256
//     then the certificates in DER

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WOLF_BUNDLE_MAGIC "\x89" "CAB\r\n\x1a\n"
#define WOLF_BUNDLE_MAGIC_LEN (8)
#define WOLF_BUNDLE_DIGEST_LEN (32)

typedef struct _wolf_bundle_t {
    // Given by the caller: the length of the file, and a function that reads from it. It returns
    // false if it can't.
    size_t len;
    bool (*read)(void *arg, size_t offset, uint8_t *buf, size_t len);
    void *arg;

    // What wolf_bundle_open() finds out. The digest stands for all of the certificates.
    size_t count;
    uint8_t digest[WOLF_BUNDLE_DIGEST_LEN];
} wolf_bundle_t;

typedef struct _wolf_bundle_entry_t {
    uint32_t hash; // of the subject
    uint32_t offset;
    uint32_t len;
    uint8_t digest[WOLF_BUNDLE_DIGEST_LEN];
} wolf_bundle_entry_t;

// Read the header, and check all of the index. Returns 0, ASN_PARSE_E if this is not a bundle or a
// damaged one, or another of wolfSSL's numbers.
int wolf_bundle_open(wolf_bundle_t *bundle);

// Which entries have such a hash, after wolf_bundle_open(): n of them, beginning with first.
// Returns 0 or one of wolfSSL's numbers.
int wolf_bundle_find(const wolf_bundle_t *bundle, uint32_t hash, size_t *first, size_t *n);

// The i-th entry. Returns 0 or one of wolfSSL's numbers.
int wolf_bundle_entry(const wolf_bundle_t *bundle, size_t i, wolf_bundle_entry_t *entry);

// Whether what was read for an entry is that certificate. Returns 0 or one of wolfSSL's numbers.
int wolf_bundle_check(const wolf_bundle_entry_t *entry, const uint8_t *der);

#endif // MICROPY_INCLUDED_WOLF_BUNDLE_H
