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

#ifndef MICROPY_INCLUDED_WOLF_DER_H
#define MICROPY_INCLUDED_WOLF_DER_H

// Numbers of DER (X.690) and of certificates (RFC 5280), for those that read or write them.

#define TAG_BOOLEAN (0x01)
#define TAG_INTEGER (0x02)
#define TAG_BIT_STRING (0x03)
#define TAG_OCTET_STRING (0x04)
#define TAG_NULL (0x05)
#define TAG_OID (0x06)
#define TAG_ENUMERATED (0x0a)
#define TAG_UTF8_STRING (0x0c)
#define TAG_PRINTABLE_STRING (0x13)
#define TAG_T61_STRING (0x14)
#define TAG_IA5_STRING (0x16)
#define TAG_UTC_TIME (0x17)
#define TAG_GENERALIZED_TIME (0x18)
#define TAG_VISIBLE_STRING (0x1a)
#define TAG_UNIVERSAL_STRING (0x1c)
#define TAG_BMP_STRING (0x1e)
#define TAG_SEQUENCE (0x30)
#define TAG_SET (0x31)
#define TAG_CONTEXT(n) (0x80 | (n))
#define TAG_EXPLICIT(n) (0xa0 | (n))

// Extensions: the last byte of 2.5.29.x.
#define EXT_SUBJECT_KEY_ID (14)
#define EXT_KEY_USAGE (15)
#define EXT_ALT_NAMES (17)
#define EXT_BASIC_CONSTRAINTS (19)
#define EXT_NAME_CONSTRAINTS (30)
#define EXT_AUTHORITY_KEY_ID (35)
#define EXT_EXT_KEY_USAGE (37)

#endif // MICROPY_INCLUDED_WOLF_DER_H
