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

#ifndef MICROPY_INCLUDED_WOLF_GLUE_H
#define MICROPY_INCLUDED_WOLF_GLUE_H

// What the three modules share: wolfSSL's errors as Python exceptions, and memory.

#include "wolf_mpcompat.h"

// wolfSSL's sizes are 32 bits wide: work is split into pieces of at most this many bytes, which is
// a multiple of the AES block size.
#define WOLF_CHUNK ((size_t)1 << 30)

// The error after a DTLS server's first reply to a client, see modwolfssl.c: mbedTLS's number.
#define WOLF_HELLO_VERIFY_REQUIRED (-0x6a80)

// A text of ours: none of the peer's certificates or keys is pinned.
#define WOLF_PIN_MISMATCH (-0x7001)

// Texts of ours about a stapled OCSP response.
#define WOLF_OCSP_INVALID (-0x7002)
#define WOLF_OCSP_SIGNER (-0x7003)
#define WOLF_OCSP_OTHER (-0x7004)
#define WOLF_OCSP_DATE (-0x7005)
#define WOLF_OCSP_MISSING (-0x7006)

// Raise what a wolfSSL function returned: ENOMEM when memory ran out, else OSError(number, text).
MP_NORETURN void wolf_raise_error(int err);

// The same with the caller's text, if it isn't MP_OBJ_NULL.
MP_NORETURN void wolf_raise_error_text(int err, mp_obj_t text);

// What is wrong with a certificate: the text of err, how many certificates it is away from the
// peer's own, and the common name in it. MP_OBJ_NULL if there is no memory for that.
mp_obj_t wolf_cert_error_text(int err, size_t depth, const uint8_t *name, size_t name_len);

// The text of an error, or MP_OBJ_NULL where there is none, or no room for it.
mp_obj_t wolf_error_text(int err);

// A new str, or MP_OBJ_NULL if there is no memory for it.
mp_obj_t wolf_new_text(const char *text, size_t len);

// Whether one of wolfSSL's allocations has failed since the operation began: then that is the
// reason for its error, whatever wolfSSL reports.
void wolf_alloc_begin(void);
bool wolf_alloc_failed(void);

// To be called after Python code that ran below an operation, because that may have begun others:
// failed is what wolf_alloc_failed() returned before.
void wolf_alloc_restore(bool failed);

// wolfSSL's memory: what XMALLOC, XFREE and XREALLOC call.
void *wolf_malloc(size_t size);
void wolf_free(void *ptr);
void *wolf_realloc(void *ptr, size_t size);

// Overwrite a secret.
void wolf_wipe(void *ptr, size_t len);

#endif // MICROPY_INCLUDED_WOLF_GLUE_H
