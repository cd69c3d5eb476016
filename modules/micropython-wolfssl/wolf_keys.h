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

#ifndef MICROPY_INCLUDED_WOLF_KEYS_H
#define MICROPY_INCLUDED_WOLF_KEYS_H

// What all kinds of keys share: objects, formats, hashes and the other parameters of pyca's API.

#include "wolf_crypto.h"
#include "wolf_pem.h"
#include "wolf_x509.h"

#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/random.h>

// One kind of key; each curve is one. The private type's objects have both halves, the public
// type's only the public one.
typedef struct _wolf_key_kind_t {
    const mp_obj_type_t *private_type;
    const mp_obj_type_t *public_type;
    const uint8_t *algorithm; // its AlgorithmIdentifier in DER
    uint8_t algorithm_len;
    uint8_t size; // of a private key in bytes; 0 for RSA
    int16_t curve; // wolfSSL's number of it
    qstr_short_t name;
    // Fill in the public half of a new object for a private one. Returns wolfSSL's error.
    int (*complete)(const struct _wolf_key_kind_t *kind, const uint8_t *secret, size_t secret_len,
        uint8_t *public, size_t *public_len);
    // Whether a public half is one.
    int (*check)(const struct _wolf_key_kind_t *kind, const uint8_t *public, size_t public_len);
} wolf_key_kind_t;

// A key. The private half is what PKCS#8 has for RSA, Ed25519 and X25519, and the number for EC;
// the public half is what SubjectPublicKeyInfo has.
typedef struct _wolf_key_t {
    mp_obj_base_t base;
    const wolf_key_kind_t *kind;
    uint16_t secret_len; // 0 in a public key
    uint16_t public_len;
    uint8_t data[]; // private, public
} wolf_key_t;

#define WOLF_EC_MAX (66) // bytes of a number of P-521
#define WOLF_EC_MAX_PUBLIC (1 + 2 * WOLF_EC_MAX)

extern const wolf_key_kind_t wolf_kind_p256;
extern const wolf_key_kind_t wolf_kind_p384;
extern const wolf_key_kind_t wolf_kind_p521;
extern const wolf_key_kind_t wolf_kind_ed25519;
extern const wolf_key_kind_t wolf_kind_x25519;
extern const wolf_key_kind_t wolf_kind_rsa;

static inline const uint8_t *wolf_key_public(const wolf_key_t *key) {
    return key->data + key->secret_len;
}

// A new object of copies of both halves, or of the public one if secret_len is 0. Nothing is
// checked.
mp_obj_t wolf_key_new(const wolf_key_kind_t *kind, const uint8_t *secret, size_t secret_len,
    const uint8_t *public, size_t public_len);

// A new object for a private half; the public one is computed. ValueError if it is not one.
mp_obj_t wolf_key_from_secret(const wolf_key_kind_t *kind, const uint8_t *secret, size_t len);

// A new object for a public half. ValueError if it is not one.
mp_obj_t wolf_key_from_public(const wolf_key_kind_t *kind, const uint8_t *public, size_t len);

// The object of an argument. TypeError if it has another type.
wolf_key_t *wolf_key_get(mp_obj_t obj, const mp_obj_type_t *type);

// Raise ValueError if the key is gone: an allocation may run Python code that calls __del__().
void wolf_key_check(const wolf_key_t *self);

// Methods of all keys.
MP_DECLARE_CONST_FUN_OBJ_1(wolf_key_public_key_obj);
MP_DECLARE_CONST_FUN_OBJ_KW(wolf_key_private_bytes_obj);
MP_DECLARE_CONST_FUN_OBJ_KW(wolf_key_public_bytes_obj);
MP_DECLARE_CONST_FUN_OBJ_1(wolf_key_private_bytes_raw_obj);
MP_DECLARE_CONST_FUN_OBJ_1(wolf_key_public_bytes_raw_obj);
#if WOLF_FINALISER
MP_DECLARE_CONST_FUN_OBJ_1(wolf_key___del___obj);
#define WOLF_KEY_DEL { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&wolf_key___del___obj) },
#else
#define WOLF_KEY_DEL
#endif
#define WOLF_PRIVATE_KEY_ENTRIES \
    WOLF_KEY_DEL \
    { MP_ROM_QSTR(MP_QSTR_public_key), MP_ROM_PTR(&wolf_key_public_key_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_private_bytes), MP_ROM_PTR(&wolf_key_private_bytes_obj) },
#define WOLF_PUBLIC_KEY_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_public_bytes), MP_ROM_PTR(&wolf_key_public_bytes_obj) },

// The bytes of a number that is not negative and has at most len of them. ValueError if it is
// another.
void wolf_int_to_bytes(mp_obj_t number, uint8_t *buf, size_t len);

// The key of an argument, of any kind. TypeError if it has another type.
wolf_key_t *wolf_key_get_any(mp_obj_t obj, bool private);

// A public key in SubjectPublicKeyInfo, or, for RSA, its own format. ValueError if it is none.
mp_obj_t wolf_key_read_public(const uint8_t *der, size_t len);

// Put the SubjectPublicKeyInfo of either half of a key in front of what is there. It has at most
// WOLF_SPKI_MORE bytes more than the public half.
void wolf_key_put_public(wolf_der_writer_t *w, const wolf_key_t *key);
#define WOLF_SPKI_MORE (48)

// Values of serialization.Encoding.
enum {
    WOLF_ENCODING_PEM = 1,
    WOLF_ENCODING_DER,
};

// utils'
MP_DECLARE_CONST_FUN_OBJ_1(wolf_decode_dss_signature_obj);
MP_DECLARE_CONST_FUN_OBJ_2(wolf_encode_dss_signature_obj);

/******************************************************************************/
// Parameters: hashes, curves, paddings. In pyca each has a class; here the ones without arguments
// are constants, which return themselves when they are called.

enum {
    WOLF_PARAM_HASH,
    WOLF_PARAM_CURVE,
    WOLF_PARAM_ECDH,
    WOLF_PARAM_ECDSA,
    WOLF_PARAM_PREHASHED,
    WOLF_PARAM_PKCS1V15,
    WOLF_PARAM_PSS,
    WOLF_PARAM_OAEP,
    WOLF_PARAM_MGF1,
    WOLF_PARAM_NO_ENCRYPTION,
};

typedef struct _wolf_param_t {
    mp_obj_base_t base;
    uint8_t kind;
    uint8_t size; // of a digest in bytes
    int16_t number; // a hash's wc_HashType, or the length of a PSS salt
    qstr_short_t name;
    const void *of; // a curve's kind, another one's hash
    const struct _wolf_param_t *mgf; // the hash of MGF1
    mp_obj_t label; // MP_OBJ_NULL for none
} wolf_param_t;

extern const mp_obj_type_t wolf_param_type;
extern const wolf_param_t wolf_param_sha1;

#define WOLF_PARAM(name_, kind_, ...) \
    const wolf_param_t name_ = { { &wolf_param_type }, kind_, __VA_ARGS__ }

// The parameter of an argument. TypeError if it is of another kind.
const wolf_param_t *wolf_param_get(mp_obj_t obj, int kind);

// A new one for a hash.
wolf_param_t *wolf_param_new(int kind, mp_obj_t hash);

// What is signed: the digest of data, or, with Prehashed(), data. Returns its hash.
const wolf_param_t *wolf_digest(mp_obj_t algorithm, mp_obj_t data, uint8_t *digest);

// A generator for one operation, which must end it.
void wolf_rng_begin(WC_RNG *rng);

// End it, and raise what the operation or the end of it returned.
void wolf_rng_end(WC_RNG *rng, int ret);

#endif // MICROPY_INCLUDED_WOLF_KEYS_H
