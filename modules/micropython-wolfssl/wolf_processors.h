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

#ifndef MICROPY_INCLUDED_WOLF_PROCESSORS_H
#define MICROPY_INCLUDED_WOLF_PROCESSORS_H

// mpwolf patch installs only the parts of wolfSSL that its targets can use, and names these parts
// in the file mpwolf-processors. A build for another processor would lack files, or succeed
// without its assembly; one with settings of the user's own could lack functions. To be included
// after wolfSSL's settings.

#if defined(__has_include)
#if __has_include("mpwolf-processors")
#if (defined(__x86_64__) || defined(__i386__)) && !__has_include("wolfcrypt/src/sp_x86_64.c")
#error "no files for x86: mpwolf patch for this port, or --wolfssl-full, adds them"
#elif defined(__aarch64__) && !__has_include("wolfcrypt/src/sp_arm64.c")
#error "no files for arm64: mpwolf patch for this port, or --wolfssl-full, adds them"
#elif defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' \
    && !__has_include("wolfcrypt/src/sp_cortexm.c")
#error "no files for Cortex-M: mpwolf patch for this port, or --wolfssl-full, adds them"
#elif defined(__arm__) && !(defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M') \
    && !__has_include("wolfcrypt/src/sp_arm32.c")
#error "no files for 32-bit ARM: mpwolf patch for this port, or --wolfssl-full, adds them"
#endif

#if (defined(WOLFSSL_HAVE_SP_RSA) || defined(WOLFSSL_HAVE_SP_ECC)) \
    && !defined(WOLFSSL_SP_ASM) && !__has_include("wolfcrypt/src/sp_c32.c") \
    && !__has_include("wolfcrypt/src/sp_c64.c")
#error "no files for plain C: mpwolf patch --make WOLFSSL_ASM=0, or --wolfssl-full, adds them"
#endif

#if !__has_include("wolfcrypt/src/pkcs7.c")
#if defined(HAVE_PKCS7) || defined(HAVE_CRL) || defined(OPENSSL_EXTRA) \
    || defined(WOLF_CRYPTO_CB) || defined(HAVE_WOLF_EVENT) || defined(WOLFCRYPT_HAVE_SRP) \
    || defined(WOLFSSL_SP_ARM_THUMB_ASM) || defined(USE_FAST_MATH) \
    || !(defined(WOLFSSL_SP_MATH) || defined(WOLFSSL_SP_MATH_ALL)) \
    || defined(HAVE_CURVE448) || defined(HAVE_ED448) || defined(CURVE25519_SMALL) \
    || defined(ED25519_SMALL) || defined(HAVE_CAMELLIA) || defined(WOLFSSL_RIPEMD) \
    || defined(WC_RC2) || defined(WOLFSSL_MD2) || defined(HAVE_DILITHIUM) \
    || defined(WOLFSSL_HAVE_MLDSA) \
    || defined(WOLFSSL_HAVE_KYBER) || !defined(NO_DH) \
    || !defined(NO_DSA) || !defined(NO_DES3) || !defined(NO_RC4) || !defined(NO_MD4) \
    || (defined(HAVE_ED25519) && !__has_include("wolfcrypt/src/ge_operations.c")) \
    || (defined(HAVE_CURVE25519) && !__has_include("wolfcrypt/src/ge_operations.c")) \
    || ((defined(HAVE_BLAKE2) || defined(HAVE_BLAKE2B) || defined(HAVE_BLAKE2S) \
    || defined(WOLFSSL_CMAC)) && !__has_include("wolfcrypt/src/cmac.c"))
#error "no files for these settings: mpwolf patch --user-settings FILE or --wolfssl-full adds them"
#endif
#endif
#endif
#endif

#endif // MICROPY_INCLUDED_WOLF_PROCESSORS_H
