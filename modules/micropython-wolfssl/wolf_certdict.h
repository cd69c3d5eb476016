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

#ifndef MICROPY_INCLUDED_WOLF_CERTDICT_H
#define MICROPY_INCLUDED_WOLF_CERTDICT_H

#include "wolf_crypto.h"
#include "wolf_x509.h"

// What a certificate says, as the dict of CPython's SSLSocket.getpeercert(). der is a bytes object
// with a certificate that wolf_cert_read() can read; what else is in it need not be well formed.
mp_obj_t wolf_cert_dict(mp_obj_t der);

#if MICROPY_WOLFCRYPTOLIB_X509
// The text of a string of the type tag; what is no character is a question mark.
mp_obj_t wolf_cert_text(uint8_t tag, wolf_span_t in);
#endif

#endif // MICROPY_INCLUDED_WOLF_CERTDICT_H
