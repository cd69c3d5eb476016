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

// Authenticated encryption, CMAC and key wrapping, with the names and errors of pyca's
// cryptography.

#include "wolf_crypto.h"

#include <string.h>

// The declarations of what wolfSSL's aes.c has, see wolf_crypto.h.
#if MICROPY_WOLFCRYPTOLIB_AESCCM && !defined(HAVE_AESCCM)
#ifndef HAVE_AESGCM
// wolfSSL's Aes has more members with either of the two, and every source must see the same.
#error "AESCCM needs HAVE_AESGCM in user_settings.h, or HAVE_AESCCM"
#endif
#define HAVE_AESCCM
#endif

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>
#include <wolfssl/wolfcrypt/cmac.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include "wolf_chacha.h"

/******************************************************************************/
// AESGCM, AESCCM and ChaCha20Poly1305.

#if WOLF_CRYPTO_AEAD

#define TAG_LEN (16) // AESCCM's may be shorter
#define CHACHA_KEY_LEN (32)
#if WOLF_CHACHA
#define CHACHA(ours, wolfssl) wolf_chacha20poly1305_##ours
#else
#define CHACHA(ours, wolfssl) wc_ChaCha20Poly1305_##wolfssl
#endif

typedef struct _mp_obj_aead_t {
    mp_obj_base_t base;
    uint8_t tag_len;
    bool live; // there is a key
    union {
        #ifndef NO_AES
        Aes aes;
        #endif
        uint8_t chacha[CHACHA_KEY_LEN];
    } key; // the type's part of it
} mp_obj_aead_t;

// One message. The output is as long as the input; the tag is behind neither of them.
typedef struct _message_t {
    mp_buffer_info_t nonce;
    mp_buffer_info_t data;
    mp_buffer_info_t aad;
    uint8_t tag[TAG_LEN];
} message_t;

static void check_live(const mp_obj_aead_t *self) {
    if (!self->live) {
        mp_raise_ValueError(MP_ERROR_TEXT("no key"));
    }
}

static size_t key_size(const mp_obj_type_t *type) {
    #if MICROPY_WOLFCRYPTOLIB_CHACHA20POLY1305
    if (type == &wolfcryptolib_ChaCha20Poly1305_type) {
        return CHACHA_KEY_LEN;
    }
    #endif
    return sizeof(((mp_obj_aead_t *)0)->key);
}

static bool is_key(const mp_obj_type_t *type, size_t len) {
    #if MICROPY_WOLFCRYPTOLIB_CHACHA20POLY1305
    if (type == &wolfcryptolib_ChaCha20Poly1305_type) {
        return len == CHACHA_KEY_LEN;
    }
    #endif
    return wolf_crypto_is_aes_key(len);
}

static bool is_nonce(const mp_obj_type_t *type, size_t len) {
    #if MICROPY_WOLFCRYPTOLIB_AESGCM
    if (type == &wolfcryptolib_AESGCM_type) {
        return len >= 8 && len <= 128;
    }
    #endif
    #if MICROPY_WOLFCRYPTOLIB_AESCCM
    if (type == &wolfcryptolib_AESCCM_type) {
        return len >= 7 && len <= 13;
    }
    #endif
    return len == 12;
}

#ifndef NO_AES
static int set_aes_key(mp_obj_aead_t *self, const uint8_t *key, size_t len) {
    int ret = wc_AesInit(&self->key.aes, NULL, INVALID_DEVID);
    if (ret != 0) {
        return ret;
    }
    #if MICROPY_WOLFCRYPTOLIB_AESGCM
    if (self->base.type == &wolfcryptolib_AESGCM_type) {
        ret = wc_AesGcmSetKey(&self->key.aes, key, len);
    }
    #endif
    #if MICROPY_WOLFCRYPTOLIB_AESCCM
    if (self->base.type == &wolfcryptolib_AESCCM_type) {
        ret = wc_AesCcmSetKey(&self->key.aes, key, len);
    }
    #endif
    if (ret != 0) {
        wc_AesFree(&self->key.aes);
    }
    return ret;
}
#endif

static int set_key(mp_obj_aead_t *self, const uint8_t *key, size_t len) {
    #if MICROPY_WOLFCRYPTOLIB_CHACHA20POLY1305
    if (self->base.type == &wolfcryptolib_ChaCha20Poly1305_type) {
        memcpy(self->key.chacha, key, len);
        return 0;
    }
    #endif
    #ifndef NO_AES
    return set_aes_key(self, key, len);
    #else
    return BAD_FUNC_ARG;
    #endif
}

static void aead_finish(mp_obj_aead_t *self) {
    #ifndef NO_AES
    if (self->live && key_size(self->base.type) != CHACHA_KEY_LEN) {
        wc_AesFree(&self->key.aes);
    }
    #endif
    self->live = false;
    wolf_wipe(&self->key, key_size(self->base.type));
}

static int encrypt(mp_obj_aead_t *self, message_t *m, uint8_t *out) {
    #if MICROPY_WOLFCRYPTOLIB_AESGCM
    if (self->base.type == &wolfcryptolib_AESGCM_type) {
        return wc_AesGcmEncrypt(&self->key.aes, out, m->data.buf, m->data.len, m->nonce.buf,
            m->nonce.len, m->tag, TAG_LEN, m->aad.buf, m->aad.len);
    }
    #endif
    #if MICROPY_WOLFCRYPTOLIB_AESCCM
    if (self->base.type == &wolfcryptolib_AESCCM_type) {
        return wc_AesCcmEncrypt(&self->key.aes, out, m->data.buf, m->data.len, m->nonce.buf,
            m->nonce.len, m->tag, self->tag_len, m->aad.buf, m->aad.len);
    }
    #endif
    #if MICROPY_WOLFCRYPTOLIB_CHACHA20POLY1305
    return CHACHA(encrypt, Encrypt)(self->key.chacha, m->nonce.buf, m->aad.buf, m->aad.len,
        m->data.buf, m->data.len, out, m->tag);
    #else
    return BAD_FUNC_ARG;
    #endif
}

static int decrypt(mp_obj_aead_t *self, message_t *m, uint8_t *out) {
    #if MICROPY_WOLFCRYPTOLIB_AESGCM
    if (self->base.type == &wolfcryptolib_AESGCM_type) {
        return wc_AesGcmDecrypt(&self->key.aes, out, m->data.buf, m->data.len, m->nonce.buf,
            m->nonce.len, m->tag, TAG_LEN, m->aad.buf, m->aad.len);
    }
    #endif
    #if MICROPY_WOLFCRYPTOLIB_AESCCM
    if (self->base.type == &wolfcryptolib_AESCCM_type) {
        return wc_AesCcmDecrypt(&self->key.aes, out, m->data.buf, m->data.len, m->nonce.buf,
            m->nonce.len, m->tag, self->tag_len, m->aad.buf, m->aad.len);
    }
    #endif
    #if MICROPY_WOLFCRYPTOLIB_CHACHA20POLY1305
    return CHACHA(decrypt, Decrypt)(self->key.chacha, m->nonce.buf, m->aad.buf, m->aad.len,
        m->data.buf, m->data.len, m->tag, out);
    #else
    return BAD_FUNC_ARG;
    #endif
}

static mp_obj_t aead_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    enum { ARG_key, ARG_tag_length };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_key, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_tag_length, MP_ARG_INT, {.u_int = TAG_LEN} },
    };
    mp_arg_val_t vals[MP_ARRAY_SIZE(allowed_args)];
    // Only a CCM tag has a length.
    size_t n_allowed = 1;
    #if MICROPY_WOLFCRYPTOLIB_AESCCM
    if (type == &wolfcryptolib_AESCCM_type) {
        n_allowed = 2;
    }
    #endif
    vals[ARG_tag_length].u_int = TAG_LEN;
    mp_arg_parse_all_kw_array(n_args, n_kw, args, n_allowed, allowed_args, vals);
    mp_buffer_info_t key;
    wolf_crypto_get(vals[ARG_key].u_obj, &key);
    if (!is_key(type, key.len)) {
        mp_raise_ValueError(MP_ERROR_TEXT("key"));
    }
    mp_int_t tag_len = vals[ARG_tag_length].u_int;
    if (tag_len < 4 || tag_len > TAG_LEN || tag_len % 2 != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("tag_length"));
    }

    size_t size = offsetof(mp_obj_aead_t, key) + key_size(type);
    #if WOLF_FINALISER
    mp_obj_aead_t *self = m_malloc_with_finaliser(size);
    #else
    mp_obj_aead_t *self = m_malloc(size);
    #endif
    memset(self, 0, size);
    self->base.type = type;
    self->tag_len = tag_len;
    int ret = set_key(self, key.buf, key.len);
    self->live = ret == 0;
    if (ret != 0) {
        aead_finish(self);
        wolf_raise_error(ret);
    }
    return MP_OBJ_FROM_PTR(self);
}

static bool overlap(const void *a, size_t a_len, const void *b, size_t b_len) {
    uintptr_t x = (uintptr_t)a;
    uintptr_t y = (uintptr_t)b;
    return x < y + b_len && y < x + a_len;
}

// self, nonce, data, associated_data, and buf if that is given: check all of them but data's
// length. The output buffer is buf's, or NULL.
static mp_obj_aead_t *get_message(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args,
    message_t *m, mp_buffer_info_t *out) {
    enum { ARG_nonce, ARG_data, ARG_associated_data, ARG_buf };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_nonce, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_data, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_associated_data, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_buf, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args,
        MP_ARRAY_SIZE(allowed_args) - (out == NULL ? 1 : 0), allowed_args, args);
    mp_obj_aead_t *self = MP_OBJ_TO_PTR(pos_args[0]);
    check_live(self);
    wolf_crypto_get(args[ARG_nonce].u_obj, &m->nonce);
    if (!is_nonce(self->base.type, m->nonce.len)) {
        mp_raise_ValueError(MP_ERROR_TEXT("nonce"));
    }
    wolf_crypto_get(args[ARG_data].u_obj, &m->data);
    m->aad.buf = NULL;
    m->aad.len = 0;
    if (args[ARG_associated_data].u_obj != mp_const_none) {
        wolf_crypto_get(args[ARG_associated_data].u_obj, &m->aad);
    }
    if (out != NULL) {
        mp_get_buffer_raise(args[ARG_buf].u_obj, out, MP_BUFFER_WRITE);
        if (overlap(out->buf, out->len, m->nonce.buf, m->nonce.len)
            || overlap(out->buf, out->len, m->aad.buf, m->aad.len)) {
            mp_raise_ValueError(MP_ERROR_TEXT("buf overlaps"));
        }
    }
    return self;
}

// wolfSSL works in place, or on buffers that do not overlap.
static void move_into_place(message_t *m, uint8_t *out) {
    if (out != m->data.buf && overlap(out, m->data.len, m->data.buf, m->data.len)) {
        memmove(out, m->data.buf, m->data.len);
        m->data.buf = out;
    }
}

// The nonce leaves 15 - its length bytes for a message's length.
static void check_length(mp_obj_aead_t *self, message_t *m) {
    #if MICROPY_WOLFCRYPTOLIB_AESCCM
    if (self->base.type == &wolfcryptolib_AESCCM_type) {
        size_t bytes = 15 - m->nonce.len;
        if (bytes < 4 && m->data.len >> (8 * bytes) != 0) {
            mp_raise_ValueError(MP_ERROR_TEXT("data too long for nonce"));
        }
    }
    #else
    (void)self;
    (void)m;
    #endif
}

static void encrypt_message(mp_obj_aead_t *self, message_t *m, uint8_t *out) {
    move_into_place(m, out);
    wolf_alloc_begin();
    int ret = encrypt(self, m, out);
    if (ret != 0) {
        wolf_wipe(out, m->data.len);
        wolf_raise_error(ret);
    }
    memcpy(out + m->data.len, m->tag, self->tag_len);
}

// The tag is behind the data. Without one there is nothing to decrypt.
static void take_tag(mp_obj_aead_t *self, message_t *m) {
    if (m->data.len < self->tag_len) {
        wolf_crypto_raise(&wolfcryptolib_InvalidTag_type);
    }
    m->data.len -= self->tag_len;
    memcpy(m->tag, (const uint8_t *)m->data.buf + m->data.len, self->tag_len);
    check_length(self, m);
}

// False if the tag is wrong; then no byte of the output is kept.
static void decrypt_message(mp_obj_aead_t *self, message_t *m, uint8_t *out) {
    move_into_place(m, out);
    wolf_alloc_begin();
    int ret = decrypt(self, m, out);
    if (ret == 0) {
        return;
    }
    wolf_wipe(out, m->data.len);
    if (ret == AES_GCM_AUTH_E || ret == AES_CCM_AUTH_E || ret == MAC_CMP_FAILED_E) {
        wolf_crypto_raise(&wolfcryptolib_InvalidTag_type);
    }
    wolf_raise_error(ret);
}

// encrypt(nonce, data, associated_data): what was encrypted, and the tag
static mp_obj_t aead_encrypt(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    message_t m;
    mp_obj_aead_t *self = get_message(n_args, args, kw_args, &m, NULL);
    check_length(self, &m);
    vstr_t vstr;
    vstr_init_len(&vstr, m.data.len + self->tag_len);
    check_live(self); // it may have run Python code
    encrypt_message(self, &m, (uint8_t *)vstr.buf);
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(aead_encrypt_obj, 1, aead_encrypt);

// decrypt(nonce, data, associated_data)
static mp_obj_t aead_decrypt(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    message_t m;
    mp_obj_aead_t *self = get_message(n_args, args, kw_args, &m, NULL);
    take_tag(self, &m);
    vstr_t vstr;
    vstr_init_len(&vstr, m.data.len);
    check_live(self);
    decrypt_message(self, &m, (uint8_t *)vstr.buf);
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(aead_decrypt_obj, 1, aead_decrypt);

static void check_buf(const mp_buffer_info_t *out, size_t len) {
    if (out->len != len) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("buf must have %u bytes"),
            (unsigned int)len);
    }
}

// encrypt_into(nonce, data, associated_data, buf): how many bytes were written
static mp_obj_t aead_encrypt_into(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    message_t m;
    mp_buffer_info_t out;
    mp_obj_aead_t *self = get_message(n_args, args, kw_args, &m, &out);
    check_length(self, &m);
    check_buf(&out, m.data.len + self->tag_len);
    encrypt_message(self, &m, out.buf);
    return MP_OBJ_NEW_SMALL_INT(out.len);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(aead_encrypt_into_obj, 1, aead_encrypt_into);

// decrypt_into(nonce, data, associated_data, buf): how many bytes were written
static mp_obj_t aead_decrypt_into(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    static uint8_t nothing[1];
    message_t m;
    mp_buffer_info_t out;
    mp_obj_aead_t *self = get_message(n_args, args, kw_args, &m, &out);
    take_tag(self, &m);
    check_buf(&out, m.data.len);
    decrypt_message(self, &m, out.len == 0 ? nothing : out.buf);
    return MP_OBJ_NEW_SMALL_INT(out.len);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(aead_decrypt_into_obj, 1, aead_decrypt_into);

#if WOLF_FINALISER
static mp_obj_t aead___del__(mp_obj_t self_in) {
    aead_finish(MP_OBJ_TO_PTR(self_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(aead___del___obj, aead___del__);
#define DEL_ENTRY { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&aead___del___obj) },
#else
#define DEL_ENTRY
#endif

#define AEAD_ENTRIES \
    DEL_ENTRY \
    { MP_ROM_QSTR(MP_QSTR_encrypt), MP_ROM_PTR(&aead_encrypt_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_decrypt), MP_ROM_PTR(&aead_decrypt_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_encrypt_into), MP_ROM_PTR(&aead_encrypt_into_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_decrypt_into), MP_ROM_PTR(&aead_decrypt_into_obj) },

#if MICROPY_WOLFCRYPTOLIB_AESGCM || MICROPY_WOLFCRYPTOLIB_AESCCM
// generate_key(bit_length)
static mp_obj_t aes_generate_key(mp_obj_t bit_length) {
    mp_int_t bits = mp_obj_get_int(bit_length);
    if (bits < 0 || bits % 8 != 0 || !wolf_crypto_is_aes_key(bits / 8)) {
        mp_raise_ValueError(MP_ERROR_TEXT("bit_length"));
    }
    return wolf_crypto_random(bits / 8);
}
static MP_DEFINE_CONST_FUN_OBJ_1(aes_generate_key_fun_obj, aes_generate_key);
static MP_DEFINE_CONST_STATICMETHOD_OBJ(aes_generate_key_obj,
    MP_ROM_PTR(&aes_generate_key_fun_obj));

static const mp_rom_map_elem_t aes_aead_locals_dict_table[] = {
    AEAD_ENTRIES
    { MP_ROM_QSTR(MP_QSTR_generate_key), MP_ROM_PTR(&aes_generate_key_obj) },
};
static MP_DEFINE_CONST_DICT(aes_aead_locals_dict, aes_aead_locals_dict_table);
#endif

#if MICROPY_WOLFCRYPTOLIB_AESGCM
MP_DEFINE_CONST_OBJ_TYPE(
    wolfcryptolib_AESGCM_type,
    MP_QSTR_AESGCM,
    MP_TYPE_FLAG_NONE,
    make_new, aead_make_new,
    locals_dict, &aes_aead_locals_dict
    );
#endif

#if MICROPY_WOLFCRYPTOLIB_AESCCM
MP_DEFINE_CONST_OBJ_TYPE(
    wolfcryptolib_AESCCM_type,
    MP_QSTR_AESCCM,
    MP_TYPE_FLAG_NONE,
    make_new, aead_make_new,
    locals_dict, &aes_aead_locals_dict
    );
#endif

#if MICROPY_WOLFCRYPTOLIB_CHACHA20POLY1305
// generate_key()
static mp_obj_t chacha_generate_key(void) {
    return wolf_crypto_random(CHACHA_KEY_LEN);
}
static MP_DEFINE_CONST_FUN_OBJ_0(chacha_generate_key_fun_obj, chacha_generate_key);
static MP_DEFINE_CONST_STATICMETHOD_OBJ(chacha_generate_key_obj,
    MP_ROM_PTR(&chacha_generate_key_fun_obj));

static const mp_rom_map_elem_t chacha_locals_dict_table[] = {
    AEAD_ENTRIES
    { MP_ROM_QSTR(MP_QSTR_generate_key), MP_ROM_PTR(&chacha_generate_key_obj) },
};
static MP_DEFINE_CONST_DICT(chacha_locals_dict, chacha_locals_dict_table);

MP_DEFINE_CONST_OBJ_TYPE(
    wolfcryptolib_ChaCha20Poly1305_type,
    MP_QSTR_ChaCha20Poly1305,
    MP_TYPE_FLAG_NONE,
    make_new, aead_make_new,
    locals_dict, &chacha_locals_dict
    );
#endif

#endif // WOLF_CRYPTO_AEAD

/******************************************************************************/
// CMAC.

#if MICROPY_WOLFCRYPTOLIB_CMAC

typedef struct _mp_obj_cmac_t {
    mp_obj_base_t base;
    bool live; // there is a state; finalize() and verify() end it
    Cmac cmac;
} mp_obj_cmac_t;

static void cmac_finish(mp_obj_cmac_t *self) {
    if (self->live) {
        self->live = false;
        wc_AesFree(&self->cmac.aes);
    }
    wolf_wipe(&self->cmac, sizeof(self->cmac));
}

static mp_obj_cmac_t *cmac_get(mp_obj_t self_in) {
    mp_obj_cmac_t *self = MP_OBJ_TO_PTR(self_in);
    if (!self->live) {
        wolf_crypto_raise(&wolfcryptolib_AlreadyFinalized_type);
    }
    return self;
}

static mp_obj_cmac_t *cmac_alloc(void) {
    mp_obj_cmac_t *self = wolf_obj_malloc_finalised(mp_obj_cmac_t, &wolfcryptolib_CMAC_type);
    self->live = false;
    memset(&self->cmac, 0, sizeof(self->cmac));
    return self;
}

static mp_obj_t cmac_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    (void)type;
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    mp_buffer_info_t key;
    wolf_crypto_get(args[0], &key);
    if (!wolf_crypto_is_aes_key(key.len)) {
        mp_raise_ValueError(MP_ERROR_TEXT("key"));
    }
    mp_obj_cmac_t *self = cmac_alloc();
    int ret = wc_InitCmac(&self->cmac, key.buf, key.len, WC_CMAC_AES, NULL);
    self->live = true;
    if (ret != 0) {
        cmac_finish(self);
        wolf_raise_error(ret);
    }
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t cmac_update(mp_obj_t self_in, mp_obj_t data_in) {
    mp_obj_cmac_t *self = cmac_get(self_in);
    mp_buffer_info_t data;
    wolf_crypto_get(data_in, &data);
    #if MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL
    // Two threads in one object must not count its buffer beyond its end.
    Cmac cmac = self->cmac;
    int ret = wc_CmacUpdate(&cmac, data.buf, data.len);
    self->cmac = cmac;
    wolf_wipe(&cmac, sizeof(cmac));
    #else
    int ret = wc_CmacUpdate(&self->cmac, data.buf, data.len);
    #endif
    wolf_crypto_check(ret);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(cmac_update_obj, cmac_update);

static mp_obj_t cmac_copy(mp_obj_t self_in) {
    mp_obj_cmac_t *self = cmac_get(self_in);
    mp_obj_cmac_t *copy = cmac_alloc();
    (void)cmac_get(self_in); // allocating may run Python code that ends it
    // There is no function for it, and no pointer to anything in it.
    copy->cmac = self->cmac;
    copy->live = true;
    return MP_OBJ_FROM_PTR(copy);
}
static MP_DEFINE_CONST_FUN_OBJ_1(cmac_copy_obj, cmac_copy);

static void cmac_final(mp_obj_cmac_t *self, uint8_t *tag) {
    word32 len = WC_CMAC_TAG_MAX_SZ;
    (void)cmac_get(MP_OBJ_FROM_PTR(self)); // the caller has allocated, too
    int ret = wc_CmacFinal(&self->cmac, tag, &len);
    self->live = false; // it was freed
    cmac_finish(self);
    wolf_crypto_check(ret);
}

static mp_obj_t cmac_finalize(mp_obj_t self_in) {
    mp_obj_cmac_t *self = cmac_get(self_in);
    vstr_t vstr;
    vstr_init_len(&vstr, WC_CMAC_TAG_MAX_SZ);
    cmac_final(self, (uint8_t *)vstr.buf);
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_1(cmac_finalize_obj, cmac_finalize);

static mp_obj_t cmac_verify(mp_obj_t self_in, mp_obj_t signature_in) {
    mp_obj_cmac_t *self = cmac_get(self_in);
    mp_buffer_info_t signature;
    wolf_crypto_get(signature_in, &signature);
    uint8_t tag[WC_CMAC_TAG_MAX_SZ];
    cmac_final(self, tag);
    bool equal = signature.len == sizeof(tag)
        && wolf_crypto_equal(signature.buf, tag, sizeof(tag));
    wolf_wipe(tag, sizeof(tag));
    if (!equal) {
        wolf_crypto_raise(&wolfcryptolib_InvalidSignature_type);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(cmac_verify_obj, cmac_verify);

#if WOLF_FINALISER
static mp_obj_t cmac___del__(mp_obj_t self_in) {
    cmac_finish(MP_OBJ_TO_PTR(self_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(cmac___del___obj, cmac___del__);
#endif

static const mp_rom_map_elem_t cmac_locals_dict_table[] = {
    #if WOLF_FINALISER
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&cmac___del___obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_update), MP_ROM_PTR(&cmac_update_obj) },
    { MP_ROM_QSTR(MP_QSTR_copy), MP_ROM_PTR(&cmac_copy_obj) },
    { MP_ROM_QSTR(MP_QSTR_finalize), MP_ROM_PTR(&cmac_finalize_obj) },
    { MP_ROM_QSTR(MP_QSTR_verify), MP_ROM_PTR(&cmac_verify_obj) },
};
static MP_DEFINE_CONST_DICT(cmac_locals_dict, cmac_locals_dict_table);

MP_DEFINE_CONST_OBJ_TYPE(
    wolfcryptolib_CMAC_type,
    MP_QSTR_CMAC,
    MP_TYPE_FLAG_NONE,
    make_new, cmac_make_new,
    locals_dict, &cmac_locals_dict
    );

#endif // MICROPY_WOLFCRYPTOLIB_CMAC

/******************************************************************************/
// AES key wrap, RFC 3394.

#if MICROPY_WOLFCRYPTOLIB_KEYWRAP

#define WRAP_BLOCK (8)

static void get_wrapping_key(mp_obj_t obj, mp_buffer_info_t *key) {
    wolf_crypto_get(obj, key);
    if (!wolf_crypto_is_aes_key(key->len)) {
        mp_raise_ValueError(MP_ERROR_TEXT("wrapping_key"));
    }
}

// aes_key_wrap(wrapping_key, key_to_wrap)
static mp_obj_t wolfcryptolib_aes_key_wrap(mp_obj_t wrapping_key, mp_obj_t key_to_wrap) {
    mp_buffer_info_t key, in;
    get_wrapping_key(wrapping_key, &key);
    wolf_crypto_get(key_to_wrap, &in);
    if (in.len < 2 * WRAP_BLOCK || in.len % WRAP_BLOCK != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("key_to_wrap"));
    }
    vstr_t vstr;
    vstr_init_len(&vstr, in.len + WRAP_BLOCK);
    wolf_alloc_begin();
    int ret = wc_AesKeyWrap(key.buf, key.len, in.buf, in.len, (byte *)vstr.buf, vstr.len, NULL);
    if (ret != (int)vstr.len) {
        wolf_wipe(vstr.buf, vstr.len);
        wolf_raise_error(ret < 0 ? ret : BUFFER_E);
    }
    return mp_obj_new_bytes_from_vstr(&vstr);
}
MP_DEFINE_CONST_FUN_OBJ_2(wolfcryptolib_aes_key_wrap_obj, wolfcryptolib_aes_key_wrap);

// aes_key_unwrap(wrapping_key, wrapped_key)
static mp_obj_t wolfcryptolib_aes_key_unwrap(mp_obj_t wrapping_key, mp_obj_t wrapped_key) {
    mp_buffer_info_t key, in;
    get_wrapping_key(wrapping_key, &key);
    wolf_crypto_get(wrapped_key, &in);
    if (in.len < 3 * WRAP_BLOCK || in.len % WRAP_BLOCK != 0) {
        wolf_crypto_raise(&wolfcryptolib_InvalidUnwrap_type);
    }
    vstr_t vstr;
    vstr_init_len(&vstr, in.len - WRAP_BLOCK);
    wolf_alloc_begin();
    // NOTE(mpwolf): 5.5 and 5.7 compare the check value with memcmp(). It is the output of a
    // permutation that the attacker has no key of, so how much of it matches is of no use.
    int ret = wc_AesKeyUnWrap(key.buf, key.len, in.buf, in.len, (byte *)vstr.buf, vstr.len, NULL);
    if (ret != (int)vstr.len) {
        wolf_wipe(vstr.buf, vstr.len);
        if (ret == BAD_KEYWRAP_IV_E) {
            wolf_crypto_raise(&wolfcryptolib_InvalidUnwrap_type);
        }
        wolf_raise_error(ret < 0 ? ret : BUFFER_E);
    }
    return mp_obj_new_bytes_from_vstr(&vstr);
}
MP_DEFINE_CONST_FUN_OBJ_2(wolfcryptolib_aes_key_unwrap_obj, wolfcryptolib_aes_key_unwrap);

#endif // MICROPY_WOLFCRYPTOLIB_KEYWRAP
