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


#ifndef MICROPY_INCLUDED_WOLF_CHACHA_H
#define MICROPY_INCLUDED_WOLF_CHACHA_H

// ChaCha20 and Poly1305 by AVX-512, for processors that have it; wolfSSL has AVX2.

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/types.h>

#if defined(__x86_64__) && MICROPY_WOLFSSL_ASM && defined(HAVE_CHACHA) && defined(HAVE_POLY1305)
#define WOLF_CHACHA (1)
#else
#define WOLF_CHACHA (0)
#endif

#if WOLF_CHACHA

#include <wolfssl/wolfcrypt/chacha20_poly1305.h>

// As wolfSSL's functions, which they call for other processors.
int wolf_chacha20poly1305_encrypt(const byte *key, const byte *nonce, const byte *aad,
    word32 aad_len, const byte *in, word32 len, byte *out, byte *tag);
int wolf_chacha20poly1305_decrypt(const byte *key, const byte *nonce, const byte *aad,
    word32 aad_len, const byte *in, word32 len, const byte *tag, byte *out);

// TLS calls these instead of wolfSSL's, see micropython.mk. wolf_poly1305_mac() directly follows
// wolf_poly1305_set_key().
int wolf_chacha_process(ChaCha *chacha, byte *out, const byte *in, word32 len);
int wolf_poly1305_set_key(Poly1305 *poly, const byte *key, word32 len);
int wolf_poly1305_mac(Poly1305 *poly, const byte *aad, word32 aad_len, const byte *in, word32 len,
    byte *tag, word32 tag_len);

#endif

#endif // MICROPY_INCLUDED_WOLF_CHACHA_H
