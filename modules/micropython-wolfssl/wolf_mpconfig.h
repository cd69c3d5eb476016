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

// No include guard: py/mpconfig.h includes this once, in place of the port's configuration, see
// wolf_mpcompat.h.

#pragma pop_macro("MP_CONFIGFILE")
#ifdef MP_CONFIGFILE
#include MP_CONFIGFILE
#else
#include <mpconfigport.h>
#endif

// The macros that configure the built-in cryptolib and hashlib configure ours too, under their
// names before and after MicroPython 1.21. They are evaluated here, before py/mpconfig.h supplies
// defaults: an unset one means on, because those defaults are 0 or follow MICROPY_PY_SSL, which is
// 0 where wolfSSL takes over. For the same reason, a macro that a port derives from MICROPY_PY_SSL
// is evaluated as if SSL were on.
#pragma push_macro("MICROPY_PY_SSL")
#pragma push_macro("MICROPY_PY_USSL")
#undef MICROPY_PY_SSL
#undef MICROPY_PY_USSL
#define MICROPY_PY_SSL (1)
#define MICROPY_PY_USSL (1)

#define WOLF_PY_HASHLIB_MD5 (1)
#define WOLF_PY_HASHLIB_SHA1 (1)
#define WOLF_PY_HASHLIB_SHA256 (1)
#define WOLF_PY_CRYPTOLIB_CTR (1)
#define WOLF_PY_CRYPTOLIB_CONSTS (1)
#define WOLF_PY_SSL_FINALISER (1)

#if (defined(MICROPY_PY_HASHLIB_MD5) && !(MICROPY_PY_HASHLIB_MD5)) \
    || (defined(MICROPY_PY_UHASHLIB_MD5) && !(MICROPY_PY_UHASHLIB_MD5))
#undef WOLF_PY_HASHLIB_MD5
#define WOLF_PY_HASHLIB_MD5 (0)
#endif

#if (defined(MICROPY_PY_HASHLIB_SHA1) && !(MICROPY_PY_HASHLIB_SHA1)) \
    || (defined(MICROPY_PY_UHASHLIB_SHA1) && !(MICROPY_PY_UHASHLIB_SHA1))
#undef WOLF_PY_HASHLIB_SHA1
#define WOLF_PY_HASHLIB_SHA1 (0)
#endif

#if (defined(MICROPY_PY_HASHLIB_SHA256) && !(MICROPY_PY_HASHLIB_SHA256)) \
    || (defined(MICROPY_PY_UHASHLIB_SHA256) && !(MICROPY_PY_UHASHLIB_SHA256))
#undef WOLF_PY_HASHLIB_SHA256
#define WOLF_PY_HASHLIB_SHA256 (0)
#endif

#if (defined(MICROPY_PY_CRYPTOLIB_CTR) && !(MICROPY_PY_CRYPTOLIB_CTR)) \
    || (defined(MICROPY_PY_UCRYPTOLIB_CTR) && !(MICROPY_PY_UCRYPTOLIB_CTR))
#undef WOLF_PY_CRYPTOLIB_CTR
#define WOLF_PY_CRYPTOLIB_CTR (0)
#endif

#if (defined(MICROPY_PY_CRYPTOLIB_CONSTS) && !(MICROPY_PY_CRYPTOLIB_CONSTS)) \
    || (defined(MICROPY_PY_UCRYPTOLIB_CONSTS) && !(MICROPY_PY_UCRYPTOLIB_CONSTS))
#undef WOLF_PY_CRYPTOLIB_CONSTS
#define WOLF_PY_CRYPTOLIB_CONSTS (0)
#endif

#if (defined(MICROPY_PY_SSL_FINALISER) && !(MICROPY_PY_SSL_FINALISER)) \
    || (defined(MICROPY_PY_USSL_FINALISER) && !(MICROPY_PY_USSL_FINALISER))
#undef WOLF_PY_SSL_FINALISER
#define WOLF_PY_SSL_FINALISER (0)
#endif

#pragma pop_macro("MICROPY_PY_SSL")
#pragma pop_macro("MICROPY_PY_USSL")
