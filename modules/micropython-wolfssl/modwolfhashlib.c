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

#include "wolf_glue.h"

#include <string.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/md5.h>
#include <wolfssl/wolfcrypt/sha.h>
#include <wolfssl/wolfcrypt/sha256.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#define HASH_HAVE_MD5 (WOLF_PY_HASHLIB_MD5 && !WOLF_NO_MD5)
#define HASH_HAVE_SHA1 (WOLF_PY_HASHLIB_SHA1 && !WOLF_NO_SHA1)
#define HASH_HAVE_SHA256 (WOLF_PY_HASHLIB_SHA256 && !WOLF_NO_SHA256)

#ifdef NO_MD5
#define WOLF_NO_MD5 (1)
#else
#define WOLF_NO_MD5 (0)
#endif
#ifdef NO_SHA
#define WOLF_NO_SHA1 (1)
#else
#define WOLF_NO_SHA1 (0)
#endif
#ifdef NO_SHA256
#define WOLF_NO_SHA256 (1)
#else
#define WOLF_NO_SHA256 (0)
#endif

typedef union _hash_state_t {
    #if HASH_HAVE_MD5
    wc_Md5 md5;
    #endif
    #if HASH_HAVE_SHA1
    wc_Sha sha1;
    #endif
    #if HASH_HAVE_SHA256
    wc_Sha256 sha256;
    #endif
    uint8_t bytes[1]; // without any algorithm
} hash_state_t;

// One algorithm, as the Python type of that name.
typedef struct _hash_algo_t {
    size_t digest_size;
    int (*init)(hash_state_t *state);
    int (*update)(hash_state_t *state, const byte *data, word32 len);
    int (*final)(hash_state_t *state, byte *digest);
    void (*free)(hash_state_t *state);
} hash_algo_t;

typedef struct _mp_obj_hash_t {
    mp_obj_base_t base;
    const hash_algo_t *algo;
    bool final; // the state is gone, update and digest raise an exception
    hash_state_t state;
} mp_obj_hash_t;

/******************************************************************************/
// Algorithms.

#if HASH_HAVE_MD5
static int md5_init(hash_state_t *state) {
    return wc_InitMd5_ex(&state->md5, NULL, INVALID_DEVID);
}

static int md5_update(hash_state_t *state, const byte *data, word32 len) {
    return wc_Md5Update(&state->md5, data, len);
}

static int md5_final(hash_state_t *state, byte *digest) {
    return wc_Md5Final(&state->md5, digest);
}

static void md5_free(hash_state_t *state) {
    wc_Md5Free(&state->md5);
}

static const hash_algo_t md5_algo = {
    WC_MD5_DIGEST_SIZE, md5_init, md5_update, md5_final, md5_free
};
#endif

#if HASH_HAVE_SHA1
static int sha1_init(hash_state_t *state) {
    return wc_InitSha_ex(&state->sha1, NULL, INVALID_DEVID);
}

static int sha1_update(hash_state_t *state, const byte *data, word32 len) {
    return wc_ShaUpdate(&state->sha1, data, len);
}

static int sha1_final(hash_state_t *state, byte *digest) {
    return wc_ShaFinal(&state->sha1, digest);
}

static void sha1_free(hash_state_t *state) {
    wc_ShaFree(&state->sha1);
}

static const hash_algo_t sha1_algo = {
    WC_SHA_DIGEST_SIZE, sha1_init, sha1_update, sha1_final, sha1_free
};
#endif

#if HASH_HAVE_SHA256
static int sha256_init(hash_state_t *state) {
    return wc_InitSha256_ex(&state->sha256, NULL, INVALID_DEVID);
}

static int sha256_update(hash_state_t *state, const byte *data, word32 len) {
    return wc_Sha256Update(&state->sha256, data, len);
}

static int sha256_final(hash_state_t *state, byte *digest) {
    return wc_Sha256Final(&state->sha256, digest);
}

static void sha256_free(hash_state_t *state) {
    wc_Sha256Free(&state->sha256);
}

static const hash_algo_t sha256_algo = {
    WC_SHA256_DIGEST_SIZE, sha256_init, sha256_update, sha256_final, sha256_free
};
#endif

/******************************************************************************/
// Hash types.

static void ensure_not_final(mp_obj_hash_t *self) {
    if (self->final) {
        mp_raise_ValueError(MP_ERROR_TEXT("hash is final"));
    }
}

// Discard what was hashed. From here on the object is final.
static void finish(mp_obj_hash_t *self) {
    if (!self->final) {
        self->final = true;
        self->algo->free(&self->state);
    }
    wolf_wipe(&self->state, sizeof(self->state));
}

static mp_obj_t wolfhashlib_update(mp_obj_t self_in, mp_obj_t arg) {
    mp_obj_hash_t *self = MP_OBJ_TO_PTR(self_in);
    ensure_not_final(self);
    mp_buffer_info_t bufinfo;
    mp_get_buffer_raise(arg, &bufinfo, MP_BUFFER_READ);
    for (size_t pos = 0; pos < bufinfo.len;) {
        size_t len = MIN(bufinfo.len - pos, WOLF_CHUNK);
        int ret = self->algo->update(&self->state, (const byte *)bufinfo.buf + pos, len);
        if (ret != 0) {
            wolf_raise_error(ret);
        }
        pos += len;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(wolfhashlib_update_obj, wolfhashlib_update);

static mp_obj_t wolfhashlib_digest(mp_obj_t self_in) {
    mp_obj_hash_t *self = MP_OBJ_TO_PTR(self_in);
    ensure_not_final(self);
    vstr_t vstr;
    vstr_init_len(&vstr, self->algo->digest_size);
    int ret = self->algo->final(&self->state, (byte *)vstr.buf);
    finish(self);
    if (ret != 0) {
        wolf_raise_error(ret);
    }
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_1(wolfhashlib_digest_obj, wolfhashlib_digest);

#if WOLF_FINALISER
static mp_obj_t wolfhashlib___del__(mp_obj_t self_in) {
    finish(MP_OBJ_TO_PTR(self_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(wolfhashlib___del___obj, wolfhashlib___del__);
#endif

static mp_obj_t hash_new(const mp_obj_type_t *type, const hash_algo_t *algo,
    size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 1, false);
    mp_obj_hash_t *o = wolf_obj_malloc_finalised(mp_obj_hash_t, type);
    o->algo = algo;
    o->final = true;
    int ret = algo->init(&o->state);
    if (ret != 0) {
        wolf_raise_error(ret);
    }
    o->final = false;
    if (n_args == 1) {
        wolfhashlib_update(MP_OBJ_FROM_PTR(o), args[0]);
    }
    return MP_OBJ_FROM_PTR(o);
}

static const mp_rom_map_elem_t wolfhashlib_hash_locals_dict_table[] = {
    #if WOLF_FINALISER
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&wolfhashlib___del___obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_update), MP_ROM_PTR(&wolfhashlib_update_obj) },
    { MP_ROM_QSTR(MP_QSTR_digest), MP_ROM_PTR(&wolfhashlib_digest_obj) },
};
static MP_DEFINE_CONST_DICT(wolfhashlib_hash_locals_dict, wolfhashlib_hash_locals_dict_table);

#if HASH_HAVE_MD5
static mp_obj_t wolfhashlib_md5_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    return hash_new(type, &md5_algo, n_args, n_kw, args);
}

static MP_DEFINE_CONST_OBJ_TYPE(
    wolfhashlib_md5_type,
    MP_QSTR_md5,
    MP_TYPE_FLAG_NONE,
    make_new, wolfhashlib_md5_make_new,
    locals_dict, &wolfhashlib_hash_locals_dict
    );
#define MD5_ENTRY { MP_ROM_QSTR(MP_QSTR_md5), MP_ROM_PTR(&wolfhashlib_md5_type) },
#else
#define MD5_ENTRY
#endif

#if HASH_HAVE_SHA1
static mp_obj_t wolfhashlib_sha1_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    return hash_new(type, &sha1_algo, n_args, n_kw, args);
}

static MP_DEFINE_CONST_OBJ_TYPE(
    wolfhashlib_sha1_type,
    MP_QSTR_sha1,
    MP_TYPE_FLAG_NONE,
    make_new, wolfhashlib_sha1_make_new,
    locals_dict, &wolfhashlib_hash_locals_dict
    );
#define SHA1_ENTRY { MP_ROM_QSTR(MP_QSTR_sha1), MP_ROM_PTR(&wolfhashlib_sha1_type) },
#else
#define SHA1_ENTRY
#endif

#if HASH_HAVE_SHA256
static mp_obj_t wolfhashlib_sha256_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    return hash_new(type, &sha256_algo, n_args, n_kw, args);
}

static MP_DEFINE_CONST_OBJ_TYPE(
    wolfhashlib_sha256_type,
    MP_QSTR_sha256,
    MP_TYPE_FLAG_NONE,
    make_new, wolfhashlib_sha256_make_new,
    locals_dict, &wolfhashlib_hash_locals_dict
    );
#define SHA256_ENTRY { MP_ROM_QSTR(MP_QSTR_sha256), MP_ROM_PTR(&wolfhashlib_sha256_type) },
#else
#define SHA256_ENTRY
#endif

/******************************************************************************/
// Modules: wolfhashlib, and the built-in's name where it isn't taken.

static const mp_rom_map_elem_t wolfhashlib_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_wolfhashlib) },
    SHA256_ENTRY
    SHA1_ENTRY
    MD5_ENTRY
};
static MP_DEFINE_CONST_DICT(wolfhashlib_globals, wolfhashlib_globals_table);

const mp_obj_module_t mp_module_wolfhashlib = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&wolfhashlib_globals,
};

MP_REGISTER_MODULE(MP_QSTR_wolfhashlib, mp_module_wolfhashlib);

#if WOLF_DROP_IN_HASHLIB
#if WOLF_MP_AT_LEAST(21)
#define DROP_IN_NAME MP_QSTR_hashlib
#else
#define DROP_IN_NAME MP_QSTR_uhashlib
#endif

static const mp_rom_map_elem_t wolf_drop_in_hashlib_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(DROP_IN_NAME) },
    SHA256_ENTRY
    SHA1_ENTRY
    MD5_ENTRY
};
static MP_DEFINE_CONST_DICT(wolf_drop_in_hashlib_globals, wolf_drop_in_hashlib_globals_table);

const mp_obj_module_t mp_module_wolf_drop_in_hashlib = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&wolf_drop_in_hashlib_globals,
};

#if WOLF_MP_AT_LEAST(21)
MP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_hashlib, mp_module_wolf_drop_in_hashlib);
#else
MP_REGISTER_MODULE(MP_QSTR_uhashlib, mp_module_wolf_drop_in_hashlib);
#endif
#endif // WOLF_DROP_IN_HASHLIB
