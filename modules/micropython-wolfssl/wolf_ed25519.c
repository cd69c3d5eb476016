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

// Ed25519 and X25519: what pyca's modules ed25519 and x25519 have.

#include "wolf_keys.h"

#include <string.h>

#include <wolfssl/wolfcrypt/curve25519.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#define SIZE (32) // of a private and of a public key

#if MICROPY_WOLFCRYPTOLIB_ED25519 || MICROPY_WOLFCRYPTOLIB_X25519
// A key of random bytes.
static mp_obj_t generate(const wolf_key_kind_t *kind) {
    uint8_t secret[SIZE];
    WC_RNG rng;
    wolf_rng_begin(&rng);
    int ret = wc_RNG_GenerateBlock(&rng, secret, sizeof(secret));
    wolf_rng_end(&rng, ret);
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_obj_t key = wolf_key_from_secret(kind, secret, sizeof(secret));
        nlr_pop();
        wolf_wipe(secret, sizeof(secret));
        return key;
    }
    wolf_wipe(secret, sizeof(secret));
    nlr_jump(nlr.ret_val);
}

static mp_obj_t from_private(const wolf_key_kind_t *kind, mp_obj_t data_in) {
    mp_buffer_info_t data;
    wolf_crypto_get(data_in, &data);
    return wolf_key_from_secret(kind, data.buf, data.len);
}

static mp_obj_t from_public(const wolf_key_kind_t *kind, mp_obj_t data_in) {
    mp_buffer_info_t data;
    wolf_crypto_get(data_in, &data);
    return wolf_key_from_public(kind, data.buf, data.len);
}

#define STATIC_METHODS(prefix, kind) \
    static mp_obj_t prefix##_generate(void) { \
        return generate(&kind); \
    } \
    static MP_DEFINE_CONST_FUN_OBJ_0(prefix##_generate_fun_obj, prefix##_generate); \
    static MP_DEFINE_CONST_STATICMETHOD_OBJ(prefix##_generate_obj, \
    MP_ROM_PTR(&prefix##_generate_fun_obj)); \
    static mp_obj_t prefix##_from_private_bytes(mp_obj_t data) { \
        return from_private(&kind, data); \
    } \
    static MP_DEFINE_CONST_FUN_OBJ_1(prefix##_from_private_bytes_fun_obj, \
    prefix##_from_private_bytes); \
    static MP_DEFINE_CONST_STATICMETHOD_OBJ(prefix##_from_private_bytes_obj, \
    MP_ROM_PTR(&prefix##_from_private_bytes_fun_obj)); \
    static mp_obj_t prefix##_from_public_bytes(mp_obj_t data) { \
        return from_public(&kind, data); \
    } \
    static MP_DEFINE_CONST_FUN_OBJ_1(prefix##_from_public_bytes_fun_obj, \
    prefix##_from_public_bytes); \
    static MP_DEFINE_CONST_STATICMETHOD_OBJ(prefix##_from_public_bytes_obj, \
    MP_ROM_PTR(&prefix##_from_public_bytes_fun_obj));

#define RAW_PRIVATE_ENTRIES(prefix) \
    WOLF_PRIVATE_KEY_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_private_bytes_raw), MP_ROM_PTR(&wolf_key_private_bytes_raw_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_generate), MP_ROM_PTR(&prefix##_generate_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_from_private_bytes), MP_ROM_PTR(&prefix##_from_private_bytes_obj) },
#define RAW_PUBLIC_ENTRIES(prefix) \
    WOLF_PUBLIC_KEY_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_public_bytes_raw), MP_ROM_PTR(&wolf_key_public_bytes_raw_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_from_public_bytes), MP_ROM_PTR(&prefix##_from_public_bytes_obj) },
#endif

/******************************************************************************/
// Ed25519.

#if MICROPY_WOLFCRYPTOLIB_ED25519

static const mp_obj_type_t ed25519_private_key_type;
static const mp_obj_type_t ed25519_public_key_type;

static int ed25519_complete(const wolf_key_kind_t *kind, const uint8_t *secret, size_t secret_len,
    uint8_t *public, size_t *public_len) {
    (void)kind;
    ed25519_key key;
    int ret = wc_ed25519_init(&key);
    if (ret != 0) {
        return ret;
    }
    ret = wc_ed25519_import_private_only(secret, secret_len, &key);
    if (ret == 0) {
        ret = wc_ed25519_make_public(&key, public, SIZE);
    }
    *public_len = SIZE;
    wc_ed25519_free(&key);
    return ret;
}

static int ed25519_check(const wolf_key_kind_t *kind, const uint8_t *public, size_t public_len) {
    (void)kind;
    (void)public;
    // Whether it is a point is found out when it is used, as in pyca.
    return public_len == SIZE ? 0 : BAD_FUNC_ARG;
}

static const uint8_t ed25519_algorithm[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 };

const wolf_key_kind_t wolf_kind_ed25519 = {
    &ed25519_private_key_type, &ed25519_public_key_type, ed25519_algorithm,
    sizeof(ed25519_algorithm), SIZE, 0, MP_QSTRnull, ed25519_complete, ed25519_check
};

// sign(data)
static mp_obj_t ed25519_sign(mp_obj_t self_in, mp_obj_t data_in) {
    wolf_key_t *self = wolf_key_get(self_in, &ed25519_private_key_type);
    mp_buffer_info_t data;
    wolf_crypto_get(data_in, &data);
    vstr_t vstr;
    vstr_init_len(&vstr, ED25519_SIG_SIZE);
    wolf_key_check(self);
    word32 len = vstr.len;
    ed25519_key key;
    wolf_alloc_begin();
    wolf_crypto_check(wc_ed25519_init(&key));
    int ret = wc_ed25519_import_private_key(self->data, self->secret_len, wolf_key_public(self),
        self->public_len, &key);
    if (ret == 0) {
        ret = wc_ed25519_sign_msg(data.buf, data.len, (byte *)vstr.buf, &len, &key);
    }
    wc_ed25519_free(&key);
    wolf_crypto_check(ret == 0 && len != vstr.len ? BUFFER_E : ret);
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_2(ed25519_sign_obj, ed25519_sign);

// verify(signature, data)
static mp_obj_t ed25519_verify(mp_obj_t self_in, mp_obj_t signature_in, mp_obj_t data_in) {
    wolf_key_t *self = wolf_key_get(self_in, &ed25519_public_key_type);
    mp_buffer_info_t signature, data;
    wolf_crypto_get(signature_in, &signature);
    wolf_crypto_get(data_in, &data);
    int valid = 0;
    int ret = BAD_FUNC_ARG;
    if (signature.len == ED25519_SIG_SIZE) {
        ed25519_key key;
        wolf_alloc_begin();
        wolf_crypto_check(wc_ed25519_init(&key));
        ret = wc_ed25519_import_public(wolf_key_public(self), self->public_len, &key);
        if (ret == 0) {
            ret = wc_ed25519_verify_msg(signature.buf, signature.len, data.buf, data.len, &valid,
                &key);
        }
        wc_ed25519_free(&key);
        if (ret == MEMORY_E || wolf_alloc_failed()) {
            wolf_raise_error(ret);
        }
    }
    if (ret != 0 || valid != 1) {
        wolf_crypto_raise(&wolfcryptolib_InvalidSignature_type);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(ed25519_verify_obj, ed25519_verify);

STATIC_METHODS(ed25519, wolf_kind_ed25519)

static const mp_rom_map_elem_t ed25519_private_key_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_sign), MP_ROM_PTR(&ed25519_sign_obj) },
    RAW_PRIVATE_ENTRIES(ed25519)
};
static MP_DEFINE_CONST_DICT(ed25519_private_key_locals_dict,
    ed25519_private_key_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    ed25519_private_key_type,
    MP_QSTR_Ed25519PrivateKey,
    MP_TYPE_FLAG_NONE,
    locals_dict, &ed25519_private_key_locals_dict
    );

static const mp_rom_map_elem_t ed25519_public_key_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_verify), MP_ROM_PTR(&ed25519_verify_obj) },
    RAW_PUBLIC_ENTRIES(ed25519)
};
static MP_DEFINE_CONST_DICT(ed25519_public_key_locals_dict, ed25519_public_key_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    ed25519_public_key_type,
    MP_QSTR_Ed25519PublicKey,
    MP_TYPE_FLAG_NONE,
    locals_dict, &ed25519_public_key_locals_dict
    );

static const mp_rom_map_elem_t ed25519_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_ed25519) },
    { MP_ROM_QSTR(MP_QSTR_Ed25519PrivateKey), MP_ROM_PTR(&ed25519_private_key_type) },
    { MP_ROM_QSTR(MP_QSTR_Ed25519PublicKey), MP_ROM_PTR(&ed25519_public_key_type) },
};
static MP_DEFINE_CONST_DICT(ed25519_globals, ed25519_globals_table);

const mp_obj_module_t wolfcryptolib_ed25519_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&ed25519_globals,
};

#endif // MICROPY_WOLFCRYPTOLIB_ED25519

/******************************************************************************/
// X25519.

#if MICROPY_WOLFCRYPTOLIB_X25519

static const mp_obj_type_t x25519_private_key_type;
static const mp_obj_type_t x25519_public_key_type;

// The number of a private key: RFC 7748, section 5. wolfSSL wants it so.
static void clamp(uint8_t *number, const uint8_t *secret) {
    memcpy(number, secret, SIZE);
    number[0] &= 0xf8;
    number[SIZE - 1] = (number[SIZE - 1] & 0x7f) | 0x40;
}

static int x25519_complete(const wolf_key_kind_t *kind, const uint8_t *secret, size_t secret_len,
    uint8_t *public, size_t *public_len) {
    (void)kind;
    (void)secret_len;
    uint8_t number[SIZE];
    clamp(number, secret);
    int ret = wc_curve25519_make_pub(SIZE, public, SIZE, number);
    wolf_wipe(number, sizeof(number));
    *public_len = SIZE;
    return ret;
}

static int x25519_check(const wolf_key_kind_t *kind, const uint8_t *public, size_t public_len) {
    (void)kind;
    (void)public;
    return public_len == SIZE ? 0 : BAD_FUNC_ARG; // each number is one
}

static const uint8_t x25519_algorithm[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e };

const wolf_key_kind_t wolf_kind_x25519 = {
    &x25519_private_key_type, &x25519_public_key_type, x25519_algorithm,
    sizeof(x25519_algorithm), SIZE, 0, MP_QSTRnull, x25519_complete, x25519_check
};

static int x25519_shared(const wolf_key_t *self, const wolf_key_t *peer, uint8_t *out,
    WC_RNG *rng) {
    curve25519_key key, other;
    uint8_t number[SIZE];
    word32 len = SIZE;
    int ret = wc_curve25519_init(&key);
    if (ret != 0) {
        return ret;
    }
    ret = wc_curve25519_init(&other);
    if (ret != 0) {
        wc_curve25519_free(&key);
        return ret;
    }
    clamp(number, self->data);
    // wolfSSL's are numbers below 2^255.
    uint8_t u[SIZE];
    memcpy(u, wolf_key_public(peer), SIZE);
    u[SIZE - 1] &= 0x7f;
    // NOTE(mpwolf): with u = 2 and half of all keys, the assembly of wolfSSL 5.7 to 5.9 for x86-64
    // has another result (curve25519_x64, curve25519_avx2: a borrow is lost where a difference is
    // -p - 1). It is right with the same number's other form, p + 2.
    static const uint8_t two[SIZE] = { 2 };
    if (memcmp(u, two, SIZE) == 0) {
        memset(u, 0xff, SIZE);
        u[0] = 0xed + 2;
        u[SIZE - 1] = 0x7f;
    }
    ret = wc_curve25519_import_private_ex(number, SIZE, &key, EC25519_LITTLE_ENDIAN);
    if (ret == 0) {
        ret = wc_curve25519_import_public_ex(u, SIZE, &other, EC25519_LITTLE_ENDIAN);
    }
    #ifdef WOLFSSL_CURVE25519_BLINDING
    if (ret == 0) {
        ret = wc_curve25519_set_rng(&key, rng);
    }
    #else
    (void)rng;
    #endif
    if (ret == 0) {
        ret = wc_curve25519_shared_secret_ex(&key, &other, out, &len, EC25519_LITTLE_ENDIAN);
    }
    if (ret == 0 && len != SIZE) {
        ret = BUFFER_E;
    }
    // NOTE(mpwolf): wolfSSL 5.7's assembly for x86-64 leaves this bit set where it reduces p to 0,
    // p + 1 to 1, and so on.
    out[SIZE - 1] &= 0x7f;
    wolf_wipe(number, sizeof(number));
    wc_curve25519_free(&other);
    wc_curve25519_free(&key);
    return ret;
}

// exchange(peer_public_key)
static mp_obj_t x25519_exchange(mp_obj_t self_in, mp_obj_t peer_in) {
    wolf_key_t *self = wolf_key_get(self_in, &x25519_private_key_type);
    wolf_key_t *peer = wolf_key_get(peer_in, &x25519_public_key_type);
    vstr_t vstr;
    vstr_init_len(&vstr, SIZE);
    wolf_key_check(self);
    wolf_key_check(peer);
    WC_RNG rng;
    wolf_rng_begin(&rng);
    int ret = x25519_shared(self, peer, (uint8_t *)vstr.buf, &rng);
    bool refused = ret == ECC_OUT_OF_RANGE_E || ret == ECC_BAD_ARG_E;
    wolf_rng_end(&rng, refused ? 0 : ret);
    // The peer's point is of small order: RFC 7748, section 6.1.
    static const uint8_t zero[SIZE];
    if (refused || wolf_crypto_equal((const uint8_t *)vstr.buf, zero, SIZE)) {
        mp_raise_ValueError(MP_ERROR_TEXT("public key"));
    }
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_2(x25519_exchange_obj, x25519_exchange);

STATIC_METHODS(x25519, wolf_kind_x25519)

static const mp_rom_map_elem_t x25519_private_key_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_exchange), MP_ROM_PTR(&x25519_exchange_obj) },
    RAW_PRIVATE_ENTRIES(x25519)
};
static MP_DEFINE_CONST_DICT(x25519_private_key_locals_dict, x25519_private_key_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    x25519_private_key_type,
    MP_QSTR_X25519PrivateKey,
    MP_TYPE_FLAG_NONE,
    locals_dict, &x25519_private_key_locals_dict
    );

static const mp_rom_map_elem_t x25519_public_key_locals_dict_table[] = {
    RAW_PUBLIC_ENTRIES(x25519)
};
static MP_DEFINE_CONST_DICT(x25519_public_key_locals_dict, x25519_public_key_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    x25519_public_key_type,
    MP_QSTR_X25519PublicKey,
    MP_TYPE_FLAG_NONE,
    locals_dict, &x25519_public_key_locals_dict
    );

static const mp_rom_map_elem_t x25519_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_x25519) },
    { MP_ROM_QSTR(MP_QSTR_X25519PrivateKey), MP_ROM_PTR(&x25519_private_key_type) },
    { MP_ROM_QSTR(MP_QSTR_X25519PublicKey), MP_ROM_PTR(&x25519_public_key_type) },
};
static MP_DEFINE_CONST_DICT(x25519_globals, x25519_globals_table);

const mp_obj_module_t wolfcryptolib_x25519_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&x25519_globals,
};

#endif // MICROPY_WOLFCRYPTOLIB_X25519
