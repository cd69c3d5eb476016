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

#include "wolf_crypto.h"
#include "wolf_ctr.h"

#include <string.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#ifndef NO_AES

// These values follow PEP 272.
#define MODE_ECB (1)
#define MODE_CBC (2)
#define MODE_CTR (6)

// One object encrypts or decrypts, never both: which one is known at its first use.
typedef enum {
    KEY_TYPE_NONE,
    KEY_TYPE_ENCRYPT,
    KEY_TYPE_DECRYPT,
} key_type_t;

// Whether two threads can be in the same object at once. CTR counts what is left of a block, which
// two at once would count below zero.
#define AES_HAS_LOCK (WOLF_PY_CRYPTOLIB_CTR && MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL)

typedef struct _mp_obj_aes_t {
    mp_obj_base_t base;
    uint8_t block_mode;
    uint8_t key_type;
    uint8_t key_len; // 0 once the key has been scheduled
    uint8_t key[32];
    uint8_t iv[16];
    Aes aes;
    #if AES_HAS_LOCK
    mp_thread_mutex_t lock; // of CTR's counter
    #endif
} mp_obj_aes_t;

/******************************************************************************/
// Helper functions.

static bool is_mode(mp_int_t mode) {
    #if WOLF_PY_CRYPTOLIB_CTR
    if (mode == MODE_CTR) {
        return true;
    }
    #endif
    return mode == MODE_ECB || mode == MODE_CBC;
}

// Schedule the key for the direction of the first use.
static int set_key(mp_obj_aes_t *self, bool encrypt) {
    int ret = wc_AesInit(&self->aes, NULL, INVALID_DEVID);
    if (ret != 0) {
        return ret;
    }
    // CTR encrypts its counter in both directions.
    int dir = encrypt || self->block_mode == MODE_CTR ? AES_ENCRYPTION : AES_DECRYPTION;
    ret = wc_AesSetKey(&self->aes, self->key, self->key_len, self->iv, dir);
    if (ret != 0) {
        wc_AesFree(&self->aes);
        return ret;
    }
    wolf_wipe(self->key, sizeof(self->key));
    self->key_len = 0;
    return 0;
}

static int process_chunk(mp_obj_aes_t *self, byte *out, const byte *in, word32 len, bool encrypt) {
    switch (self->block_mode) {
        case MODE_ECB:
            return encrypt ? wc_AesEcbEncrypt(&self->aes, out, in, len)
                : wc_AesEcbDecrypt(&self->aes, out, in, len);
        case MODE_CBC:
            return encrypt ? wc_AesCbcEncrypt(&self->aes, out, in, len)
                : wc_AesCbcDecrypt(&self->aes, out, in, len);
        #if WOLF_PY_CRYPTOLIB_CTR
        case MODE_CTR: {
            #if AES_HAS_LOCK
            mp_thread_mutex_lock(&self->lock, 1);
            #endif
            #if WOLF_CTR
            int ret = wolf_ctr(&self->aes, out, in, len);
            #else
            int ret = wc_AesCtrEncrypt(&self->aes, out, in, len);
            #endif
            #if AES_HAS_LOCK
            mp_thread_mutex_unlock(&self->lock);
            #endif
            return ret;
        }
        #endif
        default:
            return BAD_FUNC_ARG;
    }
}

/******************************************************************************/
// aes type.

static mp_obj_t wolfcryptolib_aes_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 2, 3, false);

    const mp_int_t block_mode = mp_obj_get_int(args[1]);
    if (!is_mode(block_mode)) {
        mp_raise_ValueError(MP_ERROR_TEXT("mode"));
    }

    mp_buffer_info_t keyinfo;
    mp_get_buffer_raise(args[0], &keyinfo, MP_BUFFER_READ);
    if (!wolf_crypto_is_aes_key(keyinfo.len)) {
        mp_raise_ValueError(MP_ERROR_TEXT("key"));
    }

    mp_buffer_info_t ivinfo = {0};
    if (n_args > 2 && args[2] != mp_const_none) {
        mp_get_buffer_raise(args[2], &ivinfo, MP_BUFFER_READ);
        if (ivinfo.len != 16) {
            mp_raise_ValueError(MP_ERROR_TEXT("IV"));
        }
    } else if (block_mode != MODE_ECB) {
        mp_raise_ValueError(MP_ERROR_TEXT("IV"));
    }

    mp_obj_aes_t *o = wolf_obj_malloc_finalised(mp_obj_aes_t, type);
    #if AES_HAS_LOCK
    mp_thread_mutex_init(&o->lock);
    #endif
    o->block_mode = block_mode;
    o->key_type = KEY_TYPE_NONE;
    o->key_len = keyinfo.len;
    memcpy(o->key, keyinfo.buf, keyinfo.len);
    memset(o->iv, 0, sizeof(o->iv));
    if (ivinfo.buf != NULL) {
        memcpy(o->iv, ivinfo.buf, ivinfo.len);
    }
    return MP_OBJ_FROM_PTR(o);
}

static mp_obj_t aes_process(size_t n_args, const mp_obj_t *args, bool encrypt) {
    mp_obj_aes_t *self = MP_OBJ_TO_PTR(args[0]);

    mp_buffer_info_t in;
    mp_get_buffer_raise(args[1], &in, MP_BUFFER_READ);
    if (self->block_mode != MODE_CTR && in.len % 16 != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("blksize % 16"));
    }

    vstr_t vstr;
    mp_buffer_info_t out;
    if (n_args > 2) {
        mp_get_buffer_raise(args[2], &out, MP_BUFFER_WRITE);
        if (out.len < in.len) {
            mp_raise_ValueError(MP_ERROR_TEXT("output too small"));
        }
    } else {
        vstr_init_len(&vstr, in.len);
        out.buf = vstr.buf;
    }

    key_type_t key_type = encrypt ? KEY_TYPE_ENCRYPT : KEY_TYPE_DECRYPT;
    if (self->key_type == KEY_TYPE_NONE) {
        int ret = set_key(self, encrypt);
        if (ret != 0) {
            wolf_raise_error(ret);
        }
        self->key_type = key_type;
    } else if (self->key_type != key_type) {
        mp_raise_ValueError(MP_ERROR_TEXT("can't encrypt & decrypt"));
    }

    for (size_t pos = 0; pos < in.len;) {
        size_t len = MIN(in.len - pos, WOLF_CHUNK);
        int ret = process_chunk(self, (byte *)out.buf + pos, (const byte *)in.buf + pos,
            len, encrypt);
        if (ret != 0) {
            wolf_raise_error(ret);
        }
        pos += len;
    }

    if (n_args > 2) {
        return args[2];
    }
    return mp_obj_new_bytes_from_vstr(&vstr);
}

static mp_obj_t wolfcryptolib_aes_encrypt(size_t n_args, const mp_obj_t *args) {
    return aes_process(n_args, args, true);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(wolfcryptolib_aes_encrypt_obj, 2, 3,
    wolfcryptolib_aes_encrypt);

static mp_obj_t wolfcryptolib_aes_decrypt(size_t n_args, const mp_obj_t *args) {
    return aes_process(n_args, args, false);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(wolfcryptolib_aes_decrypt_obj, 2, 3,
    wolfcryptolib_aes_decrypt);

#if WOLF_FINALISER
static mp_obj_t wolfcryptolib_aes___del__(mp_obj_t self_in) {
    mp_obj_aes_t *self = MP_OBJ_TO_PTR(self_in);
    #if AES_HAS_LOCK
    mp_thread_mutex_lock(&self->lock, 1);
    #endif
    if (self->key_type != KEY_TYPE_NONE) {
        wc_AesFree(&self->aes);
        self->key_type = KEY_TYPE_NONE;
    }
    self->key_len = 0; // if called explicitly, the object is unusable afterwards
    wolf_wipe(&self->aes, sizeof(self->aes));
    wolf_wipe(self->key, sizeof(self->key));
    wolf_wipe(self->iv, sizeof(self->iv));
    #if AES_HAS_LOCK
    mp_thread_mutex_unlock(&self->lock);
    #endif
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(wolfcryptolib_aes___del___obj, wolfcryptolib_aes___del__);
#endif

static const mp_rom_map_elem_t wolfcryptolib_aes_locals_dict_table[] = {
    #if WOLF_FINALISER
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&wolfcryptolib_aes___del___obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_encrypt), MP_ROM_PTR(&wolfcryptolib_aes_encrypt_obj) },
    { MP_ROM_QSTR(MP_QSTR_decrypt), MP_ROM_PTR(&wolfcryptolib_aes_decrypt_obj) },
};
static MP_DEFINE_CONST_DICT(wolfcryptolib_aes_locals_dict, wolfcryptolib_aes_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    wolfcryptolib_aes_type,
    MP_QSTR_aes,
    MP_TYPE_FLAG_NONE,
    make_new, wolfcryptolib_aes_make_new,
    locals_dict, &wolfcryptolib_aes_locals_dict
    );

/******************************************************************************/
// Modules: wolfcryptolib, and the built-in's name where it isn't taken.

#if WOLF_PY_CRYPTOLIB_CONSTS
#define CONST_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_MODE_ECB), MP_ROM_INT(MODE_ECB) }, \
    { MP_ROM_QSTR(MP_QSTR_MODE_CBC), MP_ROM_INT(MODE_CBC) }, \
    CTR_CONST_ENTRIES
#else
#define CONST_ENTRIES
#endif

#if WOLF_PY_CRYPTOLIB_CTR
#define CTR_CONST_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_MODE_CTR), MP_ROM_INT(MODE_CTR) },
#else
#define CTR_CONST_ENTRIES
#endif

static const mp_rom_map_elem_t wolfcryptolib_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_wolfcryptolib) },
    { MP_ROM_QSTR(MP_QSTR_aes), MP_ROM_PTR(&wolfcryptolib_aes_type) },
    CONST_ENTRIES
    #if MICROPY_WOLFCRYPTOLIB_AESGCM
    { MP_ROM_QSTR(MP_QSTR_AESGCM), MP_ROM_PTR(&wolfcryptolib_AESGCM_type) },
    #endif
    #if MICROPY_WOLFCRYPTOLIB_AESCCM
    { MP_ROM_QSTR(MP_QSTR_AESCCM), MP_ROM_PTR(&wolfcryptolib_AESCCM_type) },
    #endif
    #if MICROPY_WOLFCRYPTOLIB_CHACHA20POLY1305
    { MP_ROM_QSTR(MP_QSTR_ChaCha20Poly1305), MP_ROM_PTR(&wolfcryptolib_ChaCha20Poly1305_type) },
    #endif
    #if WOLF_CRYPTO_AEAD
    { MP_ROM_QSTR(MP_QSTR_InvalidTag), MP_ROM_PTR(&wolfcryptolib_InvalidTag_type) },
    #endif
    #if MICROPY_WOLFCRYPTOLIB_CMAC
    { MP_ROM_QSTR(MP_QSTR_CMAC), MP_ROM_PTR(&wolfcryptolib_CMAC_type) },
    { MP_ROM_QSTR(MP_QSTR_AlreadyFinalized), MP_ROM_PTR(&wolfcryptolib_AlreadyFinalized_type) },
    #endif
    #if MICROPY_WOLFCRYPTOLIB_KEYWRAP
    { MP_ROM_QSTR(MP_QSTR_aes_key_wrap), MP_ROM_PTR(&wolfcryptolib_aes_key_wrap_obj) },
    { MP_ROM_QSTR(MP_QSTR_aes_key_unwrap), MP_ROM_PTR(&wolfcryptolib_aes_key_unwrap_obj) },
    { MP_ROM_QSTR(MP_QSTR_InvalidUnwrap), MP_ROM_PTR(&wolfcryptolib_InvalidUnwrap_type) },
    #endif
    #if MICROPY_WOLFCRYPTOLIB_CMAC || WOLF_CRYPTO_KEYS
    { MP_ROM_QSTR(MP_QSTR_InvalidSignature), MP_ROM_PTR(&wolfcryptolib_InvalidSignature_type) },
    #endif
    #if MICROPY_WOLFCRYPTOLIB_EC
    { MP_ROM_QSTR(MP_QSTR_ec), MP_ROM_PTR(&wolfcryptolib_ec_module) },
    #endif
    #if MICROPY_WOLFCRYPTOLIB_ED25519
    { MP_ROM_QSTR(MP_QSTR_ed25519), MP_ROM_PTR(&wolfcryptolib_ed25519_module) },
    #endif
    #if MICROPY_WOLFCRYPTOLIB_X25519
    { MP_ROM_QSTR(MP_QSTR_x25519), MP_ROM_PTR(&wolfcryptolib_x25519_module) },
    #endif
    #if MICROPY_WOLFCRYPTOLIB_RSA
    { MP_ROM_QSTR(MP_QSTR_rsa), MP_ROM_PTR(&wolfcryptolib_rsa_module) },
    { MP_ROM_QSTR(MP_QSTR_padding), MP_ROM_PTR(&wolfcryptolib_padding_module) },
    #endif
    #if WOLF_CRYPTO_HASHES
    { MP_ROM_QSTR(MP_QSTR_hashes), MP_ROM_PTR(&wolfcryptolib_hashes_module) },
    { MP_ROM_QSTR(MP_QSTR_utils), MP_ROM_PTR(&wolfcryptolib_utils_module) },
    #endif
    #if WOLF_CRYPTO_KEYS
    { MP_ROM_QSTR(MP_QSTR_serialization), MP_ROM_PTR(&wolfcryptolib_serialization_module) },
    #endif
    #if MICROPY_WOLFCRYPTOLIB_X509
    { MP_ROM_QSTR(MP_QSTR_x509), MP_ROM_PTR(&wolfcryptolib_x509_module) },
    #endif
    #if MICROPY_WOLFCRYPTOLIB_URANDOM
    { MP_ROM_QSTR(MP_QSTR_urandom), MP_ROM_PTR(&wolfcryptolib_urandom_obj) },
    #endif
};
static MP_DEFINE_CONST_DICT(wolfcryptolib_globals, wolfcryptolib_globals_table);

const mp_obj_module_t mp_module_wolfcryptolib = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&wolfcryptolib_globals,
};

MP_REGISTER_MODULE(MP_QSTR_wolfcryptolib, mp_module_wolfcryptolib);

#if WOLF_DROP_IN_CRYPTOLIB
#if WOLF_MP_AT_LEAST(21)
#define DROP_IN_NAME MP_QSTR_cryptolib
#else
#define DROP_IN_NAME MP_QSTR_ucryptolib
#endif

static const mp_rom_map_elem_t wolf_drop_in_cryptolib_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(DROP_IN_NAME) },
    { MP_ROM_QSTR(MP_QSTR_aes), MP_ROM_PTR(&wolfcryptolib_aes_type) },
    CONST_ENTRIES
};
static MP_DEFINE_CONST_DICT(wolf_drop_in_cryptolib_globals, wolf_drop_in_cryptolib_globals_table);

const mp_obj_module_t mp_module_wolf_drop_in_cryptolib = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&wolf_drop_in_cryptolib_globals,
};

#if WOLF_MP_AT_LEAST(21)
MP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_cryptolib, mp_module_wolf_drop_in_cryptolib);
#else
MP_REGISTER_MODULE(MP_QSTR_ucryptolib, mp_module_wolf_drop_in_cryptolib);
#endif
#endif // WOLF_DROP_IN_CRYPTOLIB

#endif // !NO_AES
