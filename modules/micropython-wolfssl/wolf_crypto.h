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

#ifndef MICROPY_INCLUDED_WOLF_CRYPTO_H
#define MICROPY_INCLUDED_WOLF_CRYPTO_H

// What the files of wolfcryptolib share. Each of its classes has a macro, which settings can
// define as 0; by default it is 1 where wolfSSL's settings have the algorithm.

#include "wolf_glue.h"

#include <wolfssl/wolfcrypt/settings.h>

#ifndef MICROPY_WOLFCRYPTOLIB_AESGCM
#if defined(HAVE_AESGCM) && !defined(NO_AES)
#define MICROPY_WOLFCRYPTOLIB_AESGCM (1)
#else
#define MICROPY_WOLFCRYPTOLIB_AESGCM (0)
#endif
#endif

// HAVE_AESCCM is on in wolfSSL's aes.c alone (micropython.mk): elsewhere it would make TLS offer
// and accept AES-CCM with tags of 8 bytes.
#ifndef MICROPY_WOLFCRYPTOLIB_AESCCM
#if defined(HAVE_AESCCM) && !defined(NO_AES)
#define MICROPY_WOLFCRYPTOLIB_AESCCM (1)
#else
#define MICROPY_WOLFCRYPTOLIB_AESCCM (0)
#endif
#endif

#ifndef MICROPY_WOLFCRYPTOLIB_CHACHA20POLY1305
#if defined(HAVE_CHACHA) && defined(HAVE_POLY1305)
#define MICROPY_WOLFCRYPTOLIB_CHACHA20POLY1305 (1)
#else
#define MICROPY_WOLFCRYPTOLIB_CHACHA20POLY1305 (0)
#endif
#endif

#ifndef MICROPY_WOLFCRYPTOLIB_CMAC
#if defined(WOLFSSL_CMAC) && !defined(NO_AES)
#define MICROPY_WOLFCRYPTOLIB_CMAC (1)
#else
#define MICROPY_WOLFCRYPTOLIB_CMAC (0)
#endif
#endif

#ifndef MICROPY_WOLFCRYPTOLIB_KEYWRAP
#if defined(HAVE_AES_KEYWRAP) && !defined(NO_AES)
#define MICROPY_WOLFCRYPTOLIB_KEYWRAP (1)
#else
#define MICROPY_WOLFCRYPTOLIB_KEYWRAP (0)
#endif
#endif

// Keys: ec, ed25519, x25519, rsa, and what they need of hashes, padding, serialization and utils.
#ifndef MICROPY_WOLFCRYPTOLIB_EC
#ifdef HAVE_ECC
#define MICROPY_WOLFCRYPTOLIB_EC (1)
#else
#define MICROPY_WOLFCRYPTOLIB_EC (0)
#endif
#endif

#ifndef MICROPY_WOLFCRYPTOLIB_ED25519
#if defined(HAVE_ED25519) && defined(WOLFSSL_SHA512)
#define MICROPY_WOLFCRYPTOLIB_ED25519 (1)
#else
#define MICROPY_WOLFCRYPTOLIB_ED25519 (0)
#endif
#endif

#ifndef MICROPY_WOLFCRYPTOLIB_X25519
#ifdef HAVE_CURVE25519
#define MICROPY_WOLFCRYPTOLIB_X25519 (1)
#else
#define MICROPY_WOLFCRYPTOLIB_X25519 (0)
#endif
#endif

#ifndef MICROPY_WOLFCRYPTOLIB_RSA
#if !defined(NO_RSA) && defined(WOLFSSL_KEY_GEN)
#define MICROPY_WOLFCRYPTOLIB_RSA (1)
#else
#define MICROPY_WOLFCRYPTOLIB_RSA (0)
#endif
#endif

// x509: certificates and certificate requests, read; with the second macro, made, too.
#ifndef MICROPY_WOLFCRYPTOLIB_X509
#define MICROPY_WOLFCRYPTOLIB_X509 (MICROPY_WOLFCRYPTOLIB_EC || MICROPY_WOLFCRYPTOLIB_RSA)
#endif
#ifndef MICROPY_WOLFCRYPTOLIB_X509_SIGN
#define MICROPY_WOLFCRYPTOLIB_X509_SIGN MICROPY_WOLFCRYPTOLIB_X509
#endif

// urandom(n)
#ifndef MICROPY_WOLFCRYPTOLIB_URANDOM
#define MICROPY_WOLFCRYPTOLIB_URANDOM (1)
#endif

#define WOLF_CRYPTO_AEAD (MICROPY_WOLFCRYPTOLIB_AESGCM || MICROPY_WOLFCRYPTOLIB_AESCCM \
    || MICROPY_WOLFCRYPTOLIB_CHACHA20POLY1305)

#define WOLF_CRYPTO_KEYS (MICROPY_WOLFCRYPTOLIB_EC || MICROPY_WOLFCRYPTOLIB_ED25519 \
    || MICROPY_WOLFCRYPTOLIB_X25519 || MICROPY_WOLFCRYPTOLIB_RSA)
// Signatures of a hash.
#define WOLF_CRYPTO_HASHES (MICROPY_WOLFCRYPTOLIB_EC || MICROPY_WOLFCRYPTOLIB_RSA)

#if MICROPY_WOLFCRYPTOLIB_X509 && !WOLF_CRYPTO_HASHES
#error "MICROPY_WOLFCRYPTOLIB_X509 needs MICROPY_WOLFCRYPTOLIB_EC or MICROPY_WOLFCRYPTOLIB_RSA"
#endif
#if MICROPY_WOLFCRYPTOLIB_X509_SIGN && !MICROPY_WOLFCRYPTOLIB_X509
#error "MICROPY_WOLFCRYPTOLIB_X509_SIGN needs MICROPY_WOLFCRYPTOLIB_X509"
#endif

// Exceptions, of the names that pyca's cryptography has for them.
extern const mp_obj_type_t wolfcryptolib_InvalidTag_type;
extern const mp_obj_type_t wolfcryptolib_InvalidSignature_type;
extern const mp_obj_type_t wolfcryptolib_InvalidUnwrap_type;
extern const mp_obj_type_t wolfcryptolib_AlreadyFinalized_type;
extern const mp_obj_type_t wolfcryptolib_ExtensionNotFound_type;

extern const mp_obj_type_t wolfcryptolib_AESGCM_type;
extern const mp_obj_type_t wolfcryptolib_AESCCM_type;
extern const mp_obj_type_t wolfcryptolib_ChaCha20Poly1305_type;
extern const mp_obj_type_t wolfcryptolib_CMAC_type;

// What keys have in pyca's modules of these names.
extern const mp_obj_module_t wolfcryptolib_ec_module;
extern const mp_obj_module_t wolfcryptolib_ed25519_module;
extern const mp_obj_module_t wolfcryptolib_x25519_module;
extern const mp_obj_module_t wolfcryptolib_rsa_module;
extern const mp_obj_module_t wolfcryptolib_padding_module;
extern const mp_obj_module_t wolfcryptolib_hashes_module;
extern const mp_obj_module_t wolfcryptolib_serialization_module;
extern const mp_obj_module_t wolfcryptolib_utils_module;
extern const mp_obj_module_t wolfcryptolib_x509_module;

MP_DECLARE_CONST_FUN_OBJ_2(wolfcryptolib_aes_key_wrap_obj);
MP_DECLARE_CONST_FUN_OBJ_2(wolfcryptolib_aes_key_unwrap_obj);
MP_DECLARE_CONST_FUN_OBJ_1(wolfcryptolib_urandom_obj);

// Raise an exception without arguments, as pyca does where nothing may be said about the reason.
MP_NORETURN void wolf_crypto_raise(const mp_obj_type_t *type);

// Raise what a wolfSSL function returned, if it is an error.
void wolf_crypto_check(int ret);

// The bytes of an argument: of a buffer, never of a str. At most WOLF_CHUNK; buf is never NULL.
void wolf_crypto_get(mp_obj_t obj, mp_buffer_info_t *bufinfo);

// Whether a key is one for AES in these settings.
bool wolf_crypto_is_aes_key(size_t len);

// Whether len bytes are equal, in a time that depends on len only.
bool wolf_crypto_equal(const uint8_t *a, const uint8_t *b, size_t len);

// Bytes of wolfSSL's generator, as an object. A key's length is checked by the caller.
mp_obj_t wolf_crypto_random(size_t len);

#endif // MICROPY_INCLUDED_WOLF_CRYPTO_H
