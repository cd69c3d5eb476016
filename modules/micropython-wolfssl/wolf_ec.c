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

// Elliptic curves: what pyca's module ec has, ECDSA and ECDH.

#include "wolf_keys.h"
#include "wolf_pem.h"

#include <string.h>

#include "py/objint.h"

#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#if MICROPY_WOLFCRYPTOLIB_EC

static const mp_obj_type_t ec_private_key_type;
static const mp_obj_type_t ec_public_key_type;

/******************************************************************************/
// wolfSSL's keys, which exist for one operation.

// A key of wolfSSL's for an object, or for a public half alone. Returns NULL if there is no memory
// for it, or it is none; *ret is the error then.
static ecc_key *open_key(const wolf_key_kind_t *kind, const uint8_t *secret,
    const uint8_t *public, size_t public_len, int *ret) {
    ecc_key *key = wc_ecc_key_new(NULL);
    if (key == NULL) {
        *ret = MEMORY_E;
        return NULL;
    }
    if (secret != NULL) {
        *ret = wc_ecc_import_private_key_ex(secret, kind->size, public, public_len, key,
            kind->curve);
    } else {
        *ret = wc_ecc_import_x963_ex(public, public_len, key, kind->curve);
    }
    if (*ret != 0) {
        wc_ecc_key_free(key);
        return NULL;
    }
    return key;
}

static ecc_key *open_object(const wolf_key_t *self, int *ret) {
    return open_key(self->kind, self->secret_len == 0 ? NULL : self->data, wolf_key_public(self),
        self->public_len, ret);
}

static uint8_t hex_digit(char c) {
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

// Whether a private number is in 1 to n - 1: the borrow of number - n, without a branch on it.
static bool is_in_range(const wolf_key_kind_t *kind, const uint8_t *number) {
    const ecc_set_type *curve = wc_ecc_get_curve_params(wc_ecc_get_curve_idx(kind->curve));
    if (curve == NULL) {
        return false;
    }
    size_t n_digits = strlen(curve->order);
    unsigned int borrow = 0;
    unsigned int any = 0;
    for (size_t i = 0; i < kind->size; i++) {
        unsigned int n = 0;
        if (2 * i < n_digits) {
            n = hex_digit(curve->order[n_digits - 1 - 2 * i]);
        }
        if (2 * i + 1 < n_digits) {
            n |= hex_digit(curve->order[n_digits - 2 - 2 * i]) << 4;
        }
        uint8_t x = number[kind->size - 1 - i];
        any |= x;
        borrow = (x - n - borrow) >> 8 & 1;
    }
    return borrow != 0 && any != 0;
}

static int ec_complete(const wolf_key_kind_t *kind, const uint8_t *secret, size_t secret_len,
    uint8_t *public, size_t *public_len) {
    (void)secret_len;
    if (!is_in_range(kind, secret)) {
        return ECC_PRIV_KEY_E;
    }
    WC_RNG rng;
    int ret = wc_InitRng(&rng);
    if (ret != 0) {
        return ret;
    }
    ecc_key *key = open_key(kind, secret, NULL, 0, &ret);
    if (key != NULL) {
        word32 len = *public_len;
        ret = wc_ecc_make_pub_ex(key, NULL, &rng);
        if (ret == 0) {
            ret = wc_ecc_export_x963(key, public, &len);
        }
        *public_len = len;
        wc_ecc_key_free(key);
    }
    int freed = wc_FreeRng(&rng);
    return ret != 0 ? ret : freed;
}

static int ec_check(const wolf_key_kind_t *kind, const uint8_t *public, size_t public_len) {
    if (public_len != 1u + 2 * kind->size || public[0] != 4) {
        return ECC_BAD_ARG_E;
    }
    int ret;
    ecc_key *key = open_key(kind, NULL, public, public_len, &ret);
    if (key != NULL) {
        ret = wc_ecc_check_key(key);
        wc_ecc_key_free(key);
    }
    return ret;
}

#define EC_ALGORITHM(name_, ...) static const uint8_t name_[] = { __VA_ARGS__ }
#define EC_OID 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01
#define EC_KIND(name_, algorithm, size, curve, qstr_) \
    const wolf_key_kind_t name_ = { \
        &ec_private_key_type, &ec_public_key_type, algorithm, sizeof(algorithm), size, curve, \
        qstr_, ec_complete, ec_check \
    }
#define EC_PARAM(name_, kind, bits, qstr_) \
    static WOLF_PARAM(name_, WOLF_PARAM_CURVE, 0, bits, qstr_, &kind, NULL, MP_OBJ_NULL)

#ifndef NO_ECC256
EC_ALGORITHM(p256, 0x30, 0x13, EC_OID, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07);
EC_KIND(wolf_kind_p256, p256, 32, ECC_SECP256R1, MP_QSTR_secp256r1);
EC_PARAM(curve_p256, wolf_kind_p256, 256, MP_QSTR_secp256r1);
#endif
#ifdef HAVE_ECC384
EC_ALGORITHM(p384, 0x30, 0x10, EC_OID, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22);
EC_KIND(wolf_kind_p384, p384, 48, ECC_SECP384R1, MP_QSTR_secp384r1);
EC_PARAM(curve_p384, wolf_kind_p384, 384, MP_QSTR_secp384r1);
#endif
#ifdef HAVE_ECC521
EC_ALGORITHM(p521, 0x30, 0x10, EC_OID, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23);
EC_KIND(wolf_kind_p521, p521, 66, ECC_SECP521R1, MP_QSTR_secp521r1);
EC_PARAM(curve_p521, wolf_kind_p521, 521, MP_QSTR_secp521r1);
#endif

static const wolf_param_t param_ecdh = {
    { &wolf_param_type }, WOLF_PARAM_ECDH, 0, 0, MP_QSTRnull, NULL, NULL, MP_OBJ_NULL
};

/******************************************************************************/
// Signatures: SEQUENCE of two INTEGERs.

#define MAX_SIGNATURE (2 * (WOLF_EC_MAX + 3) + 3)

// One number, without zeros in front. Strictly DER: any other encoding would be another signature
// of the same message.
static bool get_number(wolf_span_t *in, wolf_span_t *number) {
    if (!wolf_der_get(in, 0x02, number) || number->len == 0 || number->p[0] >= 0x80) {
        return false;
    }
    if (number->len > 1 && number->p[0] == 0) {
        number->p++;
        number->len--;
        return number->p[0] >= 0x80;
    }
    return true;
}

static bool get_numbers(const uint8_t *signature, size_t len, wolf_span_t *r, wolf_span_t *s) {
    wolf_span_t whole = { signature, len };
    wolf_span_t in;
    return wolf_der_get(&whole, 0x30, &in) && whole.len == 0 && get_number(&in, r)
           && get_number(&in, s) && in.len == 0;
}

// decode_dss_signature(signature): the numbers r and s
static mp_obj_t wolf_decode_dss_signature(mp_obj_t signature_in) {
    mp_buffer_info_t signature;
    wolf_crypto_get(signature_in, &signature);
    wolf_span_t r, s;
    if (!get_numbers(signature.buf, signature.len, &r, &s)) {
        mp_raise_ValueError(MP_ERROR_TEXT("signature"));
    }
    mp_obj_t pair[] = {
        mp_obj_int_from_bytes_impl(true, r.len, r.p),
        mp_obj_int_from_bytes_impl(true, s.len, s.p),
    };
    return mp_obj_new_tuple(2, pair);
}
MP_DEFINE_CONST_FUN_OBJ_1(wolf_decode_dss_signature_obj, wolf_decode_dss_signature);

static void put_number(wolf_der_writer_t *w, mp_obj_t number) {
    static const uint8_t zero[] = { 0 };
    const uint8_t *end = w->p;
    uint8_t buf[WOLF_EC_MAX];
    wolf_int_to_bytes(number, buf, sizeof(buf));
    size_t i = 0;
    while (i < sizeof(buf) - 1 && buf[i] == 0) {
        i++;
    }
    wolf_der_bytes(w, buf + i, sizeof(buf) - i);
    if (buf[i] >= 0x80) {
        wolf_der_bytes(w, zero, sizeof(zero));
    }
    wolf_der_header(w, 0x02, end);
}

// encode_dss_signature(r, s)
static mp_obj_t wolf_encode_dss_signature(mp_obj_t r, mp_obj_t s) {
    uint8_t buf[MAX_SIGNATURE];
    uint8_t *end = buf + sizeof(buf);
    wolf_der_writer_t w = { buf, end, false };
    put_number(&w, s);
    put_number(&w, r);
    wolf_der_header(&w, 0x30, end);
    if (w.full) {
        mp_raise_ValueError(MP_ERROR_TEXT("number"));
    }
    return mp_obj_new_bytes(w.p, end - w.p);
}
MP_DEFINE_CONST_FUN_OBJ_2(wolf_encode_dss_signature_obj, wolf_encode_dss_signature);

/******************************************************************************/
// Private keys.

static void ec_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const wolf_key_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    static const wolf_param_t *const curves[] = {
        #ifndef NO_ECC256
        &curve_p256,
        #endif
        #ifdef HAVE_ECC384
        &curve_p384,
        #endif
        #ifdef HAVE_ECC521
        &curve_p521,
        #endif
    };
    if (attr == MP_QSTR_curve || attr == MP_QSTR_key_size) {
        for (size_t i = 0; i < MP_ARRAY_SIZE(curves); i++) {
            if (curves[i]->of == self->kind) {
                dest[0] = attr == MP_QSTR_curve ? MP_OBJ_FROM_PTR(curves[i])
                    : MP_OBJ_NEW_SMALL_INT(curves[i]->number);
            }
        }
    } else {
        // Continue lookup in locals_dict.
        dest[1] = MP_OBJ_SENTINEL;
    }
}

// sign(data, ECDSA(algorithm))
static mp_obj_t ec_sign(mp_obj_t self_in, mp_obj_t data, mp_obj_t algorithm) {
    wolf_key_t *self = wolf_key_get(self_in, &ec_private_key_type);
    uint8_t digest[WC_MAX_DIGEST_SIZE];
    const wolf_param_t *hash = wolf_digest(
        MP_OBJ_FROM_PTR(wolf_param_get(algorithm, WOLF_PARAM_ECDSA)->of), data, digest);
    uint8_t signature[MAX_SIGNATURE];
    word32 len = sizeof(signature);
    WC_RNG rng;
    wolf_rng_begin(&rng);
    int ret;
    ecc_key *key = open_object(self, &ret);
    if (key != NULL) {
        ret = wc_ecc_sign_hash(digest, hash->size, signature, &len, &rng, key);
        wc_ecc_key_free(key);
    }
    wolf_rng_end(&rng, ret);
    return mp_obj_new_bytes(signature, len);
}
static MP_DEFINE_CONST_FUN_OBJ_3(ec_sign_obj, ec_sign);

// exchange(ECDH(), peer_public_key)
static mp_obj_t ec_exchange(mp_obj_t self_in, mp_obj_t algorithm, mp_obj_t peer_in) {
    wolf_key_t *self = wolf_key_get(self_in, &ec_private_key_type);
    wolf_param_get(algorithm, WOLF_PARAM_ECDH);
    wolf_key_t *peer = wolf_key_get(peer_in, &ec_public_key_type);
    if (peer->kind != self->kind) {
        mp_raise_ValueError(MP_ERROR_TEXT("another curve"));
    }
    vstr_t vstr;
    vstr_init_len(&vstr, self->kind->size);
    wolf_key_check(self);
    wolf_key_check(peer);
    word32 len = vstr.len;
    WC_RNG rng;
    wolf_rng_begin(&rng);
    int ret;
    ecc_key *key = open_object(self, &ret);
    if (key != NULL) {
        ecc_key *other = open_object(peer, &ret);
        if (other != NULL) {
            #ifdef ECC_TIMING_RESISTANT
            ret = wc_ecc_set_rng(key, &rng);
            #endif
            if (ret == 0) {
                ret = wc_ecc_shared_secret(key, other, (byte *)vstr.buf, &len);
            }
            wc_ecc_key_free(other);
        }
        wc_ecc_key_free(key);
    }
    if (ret == 0 && len != vstr.len) {
        ret = BUFFER_E;
    }
    wolf_rng_end(&rng, ret);
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_3(ec_exchange_obj, ec_exchange);

static const mp_rom_map_elem_t ec_private_key_locals_dict_table[] = {
    WOLF_PRIVATE_KEY_ENTRIES
    { MP_ROM_QSTR(MP_QSTR_sign), MP_ROM_PTR(&ec_sign_obj) },
    { MP_ROM_QSTR(MP_QSTR_exchange), MP_ROM_PTR(&ec_exchange_obj) },
};
static MP_DEFINE_CONST_DICT(ec_private_key_locals_dict, ec_private_key_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    ec_private_key_type,
    MP_QSTR_EllipticCurvePrivateKey,
    MP_TYPE_FLAG_NONE,
    attr, ec_attr,
    locals_dict, &ec_private_key_locals_dict
    );

/******************************************************************************/
// Public keys.

// verify(signature, data, ECDSA(algorithm))
static mp_obj_t ec_verify(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    wolf_key_t *self = wolf_key_get(args[0], &ec_public_key_type);
    mp_buffer_info_t signature;
    wolf_crypto_get(args[1], &signature);
    uint8_t digest[WC_MAX_DIGEST_SIZE];
    const wolf_param_t *hash = wolf_digest(
        MP_OBJ_FROM_PTR(wolf_param_get(args[3], WOLF_PARAM_ECDSA)->of), args[2], digest);
    wolf_span_t r, s;
    int valid = 0;
    int ret = 0;
    if (get_numbers(signature.buf, signature.len, &r, &s) && r.len <= self->kind->size
        && s.len <= self->kind->size) {
        wolf_alloc_begin();
        ecc_key *key = open_object(self, &ret);
        if (key != NULL) {
            ret = wc_ecc_verify_hash(signature.buf, signature.len, digest, hash->size, &valid,
                key);
            wc_ecc_key_free(key);
        }
        if (ret == MEMORY_E || wolf_alloc_failed()) {
            wolf_raise_error(ret);
        }
    }
    if (ret != 0 || valid != 1) {
        wolf_crypto_raise(&wolfcryptolib_InvalidSignature_type);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ec_verify_obj, 4, 4, ec_verify);

// from_encoded_point(curve, data)
static mp_obj_t ec_from_encoded_point(mp_obj_t curve, mp_obj_t data_in) {
    const wolf_key_kind_t *kind = wolf_param_get(curve, WOLF_PARAM_CURVE)->of;
    mp_buffer_info_t data;
    wolf_crypto_get(data_in, &data);
    return wolf_key_from_public(kind, data.buf, data.len);
}
static MP_DEFINE_CONST_FUN_OBJ_2(ec_from_encoded_point_fun_obj, ec_from_encoded_point);
static MP_DEFINE_CONST_STATICMETHOD_OBJ(ec_from_encoded_point_obj,
    MP_ROM_PTR(&ec_from_encoded_point_fun_obj));

static const mp_rom_map_elem_t ec_public_key_locals_dict_table[] = {
    WOLF_PUBLIC_KEY_ENTRIES
    { MP_ROM_QSTR(MP_QSTR_verify), MP_ROM_PTR(&ec_verify_obj) },
    { MP_ROM_QSTR(MP_QSTR_from_encoded_point), MP_ROM_PTR(&ec_from_encoded_point_obj) },
};
static MP_DEFINE_CONST_DICT(ec_public_key_locals_dict, ec_public_key_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    ec_public_key_type,
    MP_QSTR_EllipticCurvePublicKey,
    MP_TYPE_FLAG_NONE,
    attr, ec_attr,
    locals_dict, &ec_public_key_locals_dict
    );

/******************************************************************************/
// The module.

// generate_private_key(curve)
static mp_obj_t ec_generate_private_key(mp_obj_t curve) {
    const wolf_key_kind_t *kind = wolf_param_get(curve, WOLF_PARAM_CURVE)->of;
    uint8_t secret[WOLF_EC_MAX];
    uint8_t public[WOLF_EC_MAX_PUBLIC];
    word32 secret_len = sizeof(secret);
    word32 public_len = sizeof(public);
    // Allocated first: nothing must be raised while the number is on the stack.
    memset(secret, 0, sizeof(secret));
    memset(public, 0, sizeof(public));
    mp_obj_t key_obj = wolf_key_new(kind, secret, kind->size, public, 1 + 2 * kind->size);
    WC_RNG rng;
    wolf_rng_begin(&rng);
    int ret = MEMORY_E;
    ecc_key *key = wc_ecc_key_new(NULL);
    if (key != NULL) {
        ret = wc_ecc_make_key_ex(&rng, kind->size, key, kind->curve);
        if (ret == 0) {
            ret = wc_ecc_export_private_only(key, secret, &secret_len);
        }
        if (ret == 0) {
            ret = wc_ecc_export_x963(key, public, &public_len);
        }
        wc_ecc_key_free(key);
    }
    wolf_key_t *self = MP_OBJ_TO_PTR(key_obj);
    if (ret == 0 && (secret_len != self->secret_len || public_len != self->public_len)) {
        ret = BUFFER_E;
    }
    if (ret == 0) {
        memcpy(self->data, secret, secret_len);
        memcpy(self->data + secret_len, public, public_len);
    }
    wolf_wipe(secret, sizeof(secret));
    wolf_rng_end(&rng, ret);
    return key_obj;
}
static MP_DEFINE_CONST_FUN_OBJ_1(ec_generate_private_key_obj, ec_generate_private_key);

// derive_private_key(private_value, curve)
static mp_obj_t ec_derive_private_key(mp_obj_t value, mp_obj_t curve) {
    const wolf_key_kind_t *kind = wolf_param_get(curve, WOLF_PARAM_CURVE)->of;
    uint8_t secret[WOLF_EC_MAX];
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        wolf_int_to_bytes(value, secret, kind->size);
        mp_obj_t key = wolf_key_from_secret(kind, secret, kind->size);
        nlr_pop();
        wolf_wipe(secret, sizeof(secret));
        return key;
    }
    wolf_wipe(secret, sizeof(secret));
    nlr_jump(nlr.ret_val);
}
static MP_DEFINE_CONST_FUN_OBJ_2(ec_derive_private_key_obj, ec_derive_private_key);

// ECDSA(algorithm): a hash, or Prehashed()
static mp_obj_t ec_ecdsa(mp_obj_t algorithm) {
    const wolf_param_t *param = MP_OBJ_TO_PTR(algorithm);
    mp_obj_t hash = algorithm;
    if (mp_obj_is_exact_type(algorithm, &wolf_param_type)
        && param->kind == WOLF_PARAM_PREHASHED) {
        hash = MP_OBJ_FROM_PTR(param->of);
    }
    wolf_param_t *self = wolf_param_new(WOLF_PARAM_ECDSA, hash);
    self->of = param;
    return MP_OBJ_FROM_PTR(self);
}
static MP_DEFINE_CONST_FUN_OBJ_1(ec_ecdsa_obj, ec_ecdsa);

static const mp_rom_map_elem_t ec_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_ec) },
    #ifndef NO_ECC256
    { MP_ROM_QSTR(MP_QSTR_SECP256R1), MP_ROM_PTR(&curve_p256) },
    #endif
    #ifdef HAVE_ECC384
    { MP_ROM_QSTR(MP_QSTR_SECP384R1), MP_ROM_PTR(&curve_p384) },
    #endif
    #ifdef HAVE_ECC521
    { MP_ROM_QSTR(MP_QSTR_SECP521R1), MP_ROM_PTR(&curve_p521) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_ECDSA), MP_ROM_PTR(&ec_ecdsa_obj) },
    { MP_ROM_QSTR(MP_QSTR_ECDH), MP_ROM_PTR(&param_ecdh) },
    { MP_ROM_QSTR(MP_QSTR_EllipticCurvePrivateKey), MP_ROM_PTR(&ec_private_key_type) },
    { MP_ROM_QSTR(MP_QSTR_EllipticCurvePublicKey), MP_ROM_PTR(&ec_public_key_type) },
    { MP_ROM_QSTR(MP_QSTR_generate_private_key), MP_ROM_PTR(&ec_generate_private_key_obj) },
    { MP_ROM_QSTR(MP_QSTR_derive_private_key), MP_ROM_PTR(&ec_derive_private_key_obj) },
};
static MP_DEFINE_CONST_DICT(ec_globals, ec_globals_table);

const mp_obj_module_t wolfcryptolib_ec_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&ec_globals,
};

#endif // MICROPY_WOLFCRYPTOLIB_EC
