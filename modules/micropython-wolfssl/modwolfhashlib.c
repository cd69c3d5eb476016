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
#include <wolfssl/version.h>
#include <wolfssl/wolfcrypt/md5.h>
#include <wolfssl/wolfcrypt/sha.h>
#include <wolfssl/wolfcrypt/sha256.h>
#include <wolfssl/wolfcrypt/sha512.h>
#include <wolfssl/wolfcrypt/sha3.h>
#include <wolfssl/wolfcrypt/blake2.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/pwdbased.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include "wolf_blake2.h"
#include "wolf_sha3.h"

// The algorithms of this firmware: those of the built-in unless the built-in's own switches turn
// them off, and the others that wolfSSL's settings have. HASH_LIST(X) is X(name) for each.
#if WOLF_PY_HASHLIB_MD5 && !defined(NO_MD5)
#define HASH_MD5(X) X(md5)
#else
#define HASH_MD5(X)
#endif
#if WOLF_PY_HASHLIB_SHA1 && !defined(NO_SHA)
#define HASH_SHA1(X) X(sha1)
#else
#define HASH_SHA1(X)
#endif
#if WOLF_PY_HASHLIB_SHA256 && !defined(NO_SHA256)
#define HASH_SHA256(X) X(sha256)
#else
#define HASH_SHA256(X)
#endif
#ifdef WOLFSSL_SHA224
#define HASH_SHA224(X) X(sha224)
#else
#define HASH_SHA224(X)
#endif
#ifdef WOLFSSL_SHA384
#define HASH_SHA384(X) X(sha384)
#else
#define HASH_SHA384(X)
#endif
#ifdef WOLFSSL_SHA512
#define HASH_SHA512(X) X(sha512)
#else
#define HASH_SHA512(X)
#endif
#if defined(WOLFSSL_SHA3) && !defined(WOLFSSL_NOSHA3_256)
#define HASH_SHA3_256(X) X(sha3_256)
#else
#define HASH_SHA3_256(X)
#endif
#if defined(WOLFSSL_SHA3) && !defined(WOLFSSL_NOSHA3_384)
#define HASH_SHA3_384(X) X(sha3_384)
#else
#define HASH_SHA3_384(X)
#endif
#if defined(WOLFSSL_SHA3) && !defined(WOLFSSL_NOSHA3_512)
#define HASH_SHA3_512(X) X(sha3_512)
#else
#define HASH_SHA3_512(X)
#endif
// Before 5.8, wolfSSL's declarations of BLAKE2b need the one macro, its functions the other.
#if defined(HAVE_BLAKE2B) && (defined(HAVE_BLAKE2) || LIBWOLFSSL_VERSION_HEX >= 0x05008000)
#define WOLF_HAS_BLAKE2B (1)
#else
#define WOLF_HAS_BLAKE2B (0)
#endif
#if WOLF_HAS_BLAKE2B
#define HASH_BLAKE2B(X) X(blake2b)
#else
#define HASH_BLAKE2B(X)
#endif
#ifdef HAVE_BLAKE2S
#define HASH_BLAKE2S(X) X(blake2s)
#else
#define HASH_BLAKE2S(X)
#endif
#define HASH_LIST(X) HASH_SHA256(X) HASH_SHA1(X) HASH_MD5(X) HASH_SHA224(X) HASH_SHA384(X) \
    HASH_SHA512(X) HASH_SHA3_256(X) HASH_SHA3_384(X) HASH_SHA3_512(X) HASH_BLAKE2B(X) \
    HASH_BLAKE2S(X)

// Settings may leave HMAC and what is made of it out of the module although TLS has it.
#ifndef MICROPY_WOLFSSL_HMAC
#ifdef NO_HMAC
#define MICROPY_WOLFSSL_HMAC (0)
#else
#define MICROPY_WOLFSSL_HMAC (1)
#endif
#endif
// The module hmac.
#define HASH_HMAC_MODULE (MICROPY_WOLFSSL_HMAC && WOLF_DROP_IN_HASHLIB && WOLF_MP_AT_LEAST(21))
#if MICROPY_WOLFSSL_HMAC && defined(HAVE_HKDF)
#define HASH_HAVE_HKDF (1)
#else
#define HASH_HAVE_HKDF (0)
#endif
#if MICROPY_WOLFSSL_HMAC && !defined(NO_PWDBASED) && defined(HAVE_PBKDF2)
#define HASH_HAVE_PBKDF2 (1)
#else
#define HASH_HAVE_PBKDF2 (0)
#endif
#if HASH_HAVE_PBKDF2 && defined(HAVE_SCRYPT)
#define HASH_HAVE_SCRYPT (1)
#else
#define HASH_HAVE_SCRYPT (0)
#endif

#if WOLF_BLAKE2
typedef wolf_blake2b_t blake2b_t;
typedef wolf_blake2s_t blake2s_t;
#else
#if WOLF_HAS_BLAKE2B
typedef Blake2b blake2b_t;
#endif
#ifdef HAVE_BLAKE2S
typedef Blake2s blake2s_t;
#endif
#endif

#if WOLF_SHA3
typedef wolf_sha3_t sha3_t;
#elif defined(WOLFSSL_SHA3)
typedef wc_Sha3 sha3_t;
#endif

// What wolfSSL calls the algorithms: the state's type, the common part of the functions' names,
// the function that begins, the type of an HMAC; and whether a digest can be asked for once only,
// as with the built-in.
typedef union _hash_state_t {
    #ifndef NO_MD5
    wc_Md5 md5;
    #endif
    #ifndef NO_SHA
    wc_Sha sha1;
    #endif
    #ifndef NO_SHA256
    wc_Sha256 sha256;
    #endif
    #ifdef WOLFSSL_SHA224
    wc_Sha224 sha224;
    #endif
    #ifdef WOLFSSL_SHA384
    wc_Sha384 sha384;
    #endif
    #ifdef WOLFSSL_SHA512
    wc_Sha512 sha512;
    #endif
    #ifdef WOLFSSL_SHA3
    sha3_t sha3_256;
    sha3_t sha3_384;
    sha3_t sha3_512;
    #endif
    #if WOLF_HAS_BLAKE2B
    blake2b_t blake2b;
    #endif
    #ifdef HAVE_BLAKE2S
    blake2s_t blake2s;
    #endif
    uint8_t bytes[1]; // without any algorithm
} hash_state_t;

#define HASH_md5(X) X(md5, wc_Md5, wc_InitMd5_ex, WC_MD5, 16, 64, true)
#define HASH_sha1(X) X(sha1, wc_Sha, wc_InitSha_ex, WC_SHA, 20, 64, true)
#define HASH_sha256(X) X(sha256, wc_Sha256, wc_InitSha256_ex, WC_SHA256, 32, 64, true)
#define HASH_sha224(X) X(sha224, wc_Sha224, wc_InitSha224_ex, WC_SHA224, 28, 64, false)
#define HASH_sha384(X) X(sha384, wc_Sha384, wc_InitSha384_ex, WC_SHA384, 48, 128, false)
#define HASH_sha512(X) X(sha512, wc_Sha512, wc_InitSha512_ex, WC_SHA512, 64, 128, false)
#if WOLF_SHA3
#define HASH_sha3_256(X) X(sha3_256, sha3_256_, sha3_256_begin, WC_SHA3_256, 32, 136, false)
#define HASH_sha3_384(X) X(sha3_384, sha3_384_, sha3_384_begin, WC_SHA3_384, 48, 104, false)
#define HASH_sha3_512(X) X(sha3_512, sha3_512_, sha3_512_begin, WC_SHA3_512, 64, 72, false)
#else
#define HASH_sha3_256(X) X(sha3_256, wc_Sha3_256_, wc_InitSha3_256, WC_SHA3_256, 32, 136, false)
#define HASH_sha3_384(X) X(sha3_384, wc_Sha3_384_, wc_InitSha3_384, WC_SHA3_384, 48, 104, false)
#define HASH_sha3_512(X) X(sha3_512, wc_Sha3_512_, wc_InitSha3_512, WC_SHA3_512, 64, 72, false)
#endif
// wolfSSL has no HMAC of them.
#define HASH_blake2b(X) X(blake2b, blake2b_, blake2b_begin, WC_HASH_TYPE_NONE, 64, 128, false)
#define HASH_blake2s(X) X(blake2s, blake2s_, blake2s_begin, WC_HASH_TYPE_NONE, 32, 64, false)

// One algorithm, as the Python type of that name. Sizes are in bytes.
typedef struct _hash_algo_t {
    const mp_obj_type_t *type;
    uint16_t state_size;
    uint8_t digest_size;
    uint8_t block_size;
    uint8_t hmac_type;
    bool once;
    int (*init)(hash_state_t *state);
    int (*update)(hash_state_t *state, const byte *data, word32 len);
    int (*final)(hash_state_t *state, byte *digest);
    int (*copy)(hash_state_t *from, hash_state_t *to);
    void (*free)(hash_state_t *state);
} hash_algo_t;

typedef struct _mp_obj_hash_t {
    mp_obj_base_t base;
    const hash_algo_t *algo;
    bool final; // there is no state, update and digest raise an exception
    hash_state_t state; // the algorithm's part of it
} mp_obj_hash_t;

/******************************************************************************/
// Algorithms.

// MicroPython's formatter takes a pointer in a macro for a product.
typedef hash_state_t *state_ptr;
typedef const byte *data_ptr;
typedef byte *digest_ptr;

// What has no more than a state, init, update and final.
#define PLAIN_HASH(name, init, update, final) \
    static int name##_begin(name##_t * state, void *heap, int id) { \
        (void)heap; \
        (void)id; \
        return init; \
    } \
    static int name##_Update(name##_t * state, data_ptr data, word32 len) { \
        return update(state, data, len); \
    } \
    static int name##_Final(name##_t * state, digest_ptr digest) { \
        return final; \
    } \
    static int name##_Copy(name##_t * from, name##_t * to) { \
        *to = *from; \
        return 0; \
    } \
    static void name##_Free(name##_t * state) { \
        (void)state; \
    }
#if WOLF_HAS_BLAKE2B && WOLF_BLAKE2
PLAIN_HASH(blake2b, wolf_blake2b_init(state), wolf_blake2b_update,
    wolf_blake2b_final(state, digest))
#elif WOLF_HAS_BLAKE2B
PLAIN_HASH(blake2b, wc_InitBlake2b(state, 64), wc_Blake2bUpdate,
    wc_Blake2bFinal(state, digest, 64))
#endif
#if defined(HAVE_BLAKE2S) && WOLF_BLAKE2
PLAIN_HASH(blake2s, wolf_blake2s_init(state), wolf_blake2s_update,
    wolf_blake2s_final(state, digest))
#elif defined(HAVE_BLAKE2S)
PLAIN_HASH(blake2s, wc_InitBlake2s(state, 32), wc_Blake2sUpdate,
    wc_Blake2sFinal(state, digest, 32))
#endif

#if WOLF_SHA3
typedef sha3_t sha3_256_t;
typedef sha3_t sha3_384_t;
typedef sha3_t sha3_512_t;
#ifndef WOLFSSL_NOSHA3_256
PLAIN_HASH(sha3_256, wolf_sha3_init(state, 32), wolf_sha3_update,
    wolf_sha3_final(state, digest))
#endif
#ifndef WOLFSSL_NOSHA3_384
PLAIN_HASH(sha3_384, wolf_sha3_init(state, 48), wolf_sha3_update,
    wolf_sha3_final(state, digest))
#endif
#ifndef WOLFSSL_NOSHA3_512
PLAIN_HASH(sha3_512, wolf_sha3_init(state, 64), wolf_sha3_update,
    wolf_sha3_final(state, digest))
#endif
#endif

#define HASH_FUNCTIONS(name, prefix, begin, hmac, digest_len, block_len, only_once) \
    static int hash_##name##_init(state_ptr state) { \
        return begin(&state->name, NULL, INVALID_DEVID); \
    } \
    static int hash_##name##_update(state_ptr state, data_ptr data, word32 len) { \
        return prefix##Update(&state->name, data, len); \
    } \
    static int hash_##name##_final(state_ptr state, digest_ptr digest) { \
        return prefix##Final(&state->name, digest); \
    } \
    static int hash_##name##_copy(state_ptr from, state_ptr to) { \
        return prefix##Copy(&from->name, &to->name); \
    } \
    static void hash_##name##_free(state_ptr state) { \
        prefix##Free(&state->name); \
    } \
    extern const mp_obj_type_t wolfhashlib_##name##_type;
#define HASH_ALGO(name, prefix, begin, hmac, digest_len, block_len, only_once) \
    { \
        &wolfhashlib_##name##_type, sizeof(((hash_state_t *)0)->name), digest_len, block_len, \
        hmac, only_once, hash_##name##_init, hash_##name##_update, hash_##name##_final, \
        hash_##name##_copy, hash_##name##_free \
    },

#define HASH_DEFINE(name) HASH_##name(HASH_FUNCTIONS)
HASH_LIST(HASH_DEFINE)

#define HASH_END { NULL, 0, 0, 0, 0, false, NULL, NULL, NULL, NULL, NULL }

#define HASH_ROW(name) HASH_##name(HASH_ALGO)
static const hash_algo_t hash_algos[] = {
    HASH_LIST(HASH_ROW)
    HASH_END
};

static const hash_algo_t *algo_of_type(const mp_obj_type_t *type) {
    const hash_algo_t *algo = hash_algos;
    while (algo->type != NULL && algo->type != type) {
        algo++;
    }
    return algo->type == NULL ? NULL : algo;
}

static const hash_algo_t *algo_of_name(mp_obj_t name_in) {
    size_t len;
    const char *name = mp_obj_str_get_data(name_in, &len);
    for (const hash_algo_t *algo = hash_algos; algo->type != NULL; algo++) {
        size_t algo_len;
        const char *algo_name = (const char *)qstr_data(algo->type->name, &algo_len);
        if (len == algo_len && memcmp(name, algo_name, len) == 0) {
            return algo;
        }
    }
    mp_raise_ValueError(MP_ERROR_TEXT("unsupported hash type"));
}

/******************************************************************************/
// Hash types.

static void raise_if(int ret) {
    if (ret != 0) {
        wolf_raise_error(ret);
    }
}

// Hand the bytes of a buffer to a function in pieces that wolfSSL's sizes can hold.
static void each_chunk(mp_obj_t data, int (*update)(void *, const byte *, word32), void *arg) {
    mp_buffer_info_t bufinfo;
    mp_get_buffer_raise(data, &bufinfo, MP_BUFFER_READ);
    for (size_t pos = 0; pos < bufinfo.len;) {
        size_t len = MIN(bufinfo.len - pos, WOLF_CHUNK);
        raise_if(update(arg, (const byte *)bufinfo.buf + pos, len));
        pos += len;
    }
}

static mp_obj_t new_hex(const byte *digest, size_t len) {
    vstr_t vstr;
    vstr_init(&vstr, 2 * len + 1);
    for (size_t i = 0; i < len; i++) {
        vstr_add_char(&vstr, "0123456789abcdef"[digest[i] >> 4]);
        vstr_add_char(&vstr, "0123456789abcdef"[digest[i] & 15]);
    }
    mp_obj_t hex = mp_obj_new_str(vstr.buf, vstr.len);
    vstr_clear(&vstr);
    return hex;
}

// An object without a state: not the whole union is allocated, so that SHA-256 does not take what
// SHA-512 needs.
static mp_obj_hash_t *hash_alloc(const hash_algo_t *algo) {
    size_t size = offsetof(mp_obj_hash_t, state) + algo->state_size;
    #if WOLF_FINALISER
    mp_obj_hash_t *o = m_malloc_with_finaliser(size);
    #else
    mp_obj_hash_t *o = m_malloc(size);
    #endif
    o->base.type = algo->type;
    o->algo = algo;
    o->final = true;
    memset(&o->state, 0, algo->state_size);
    return o;
}

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
    wolf_wipe(&self->state, self->algo->state_size);
}

static int hash_update_chunk(void *arg, const byte *data, word32 len) {
    mp_obj_hash_t *self = arg;
    return self->algo->update(&self->state, data, len);
}

static mp_obj_t wolfhashlib_update(mp_obj_t self_in, mp_obj_t arg) {
    mp_obj_hash_t *self = MP_OBJ_TO_PTR(self_in);
    ensure_not_final(self);
    each_chunk(arg, hash_update_chunk, self);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(wolfhashlib_update_obj, wolfhashlib_update);

static mp_obj_t wolfhashlib_copy(mp_obj_t self_in) {
    mp_obj_hash_t *self = MP_OBJ_TO_PTR(self_in);
    ensure_not_final(self);
    mp_obj_hash_t *o = hash_alloc(self->algo);
    int ret = self->algo->copy(&self->state, &o->state);
    if (ret != 0) {
        finish(o);
        wolf_raise_error(ret);
    }
    o->final = false;
    return MP_OBJ_FROM_PTR(o);
}
static MP_DEFINE_CONST_FUN_OBJ_1(wolfhashlib_copy_obj, wolfhashlib_copy);

// The digest of what was hashed up to now. It ends the hash.
static void hash_final(mp_obj_hash_t *self, byte *digest) {
    int ret = self->algo->final(&self->state, digest);
    finish(self);
    raise_if(ret);
}

static mp_obj_t wolfhashlib_digest(mp_obj_t self_in) {
    mp_obj_hash_t *self = MP_OBJ_TO_PTR(self_in);
    ensure_not_final(self);
    if (!self->algo->once) {
        self = MP_OBJ_TO_PTR(wolfhashlib_copy(self_in));
    }
    // Allocated before the hash is final: it can be used on after a MemoryError.
    vstr_t vstr;
    vstr_init_len(&vstr, self->algo->digest_size);
    hash_final(self, (byte *)vstr.buf);
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_1(wolfhashlib_digest_obj, wolfhashlib_digest);

static mp_obj_t wolfhashlib_hexdigest(mp_obj_t self_in) {
    mp_obj_hash_t *self = MP_OBJ_TO_PTR(self_in);
    byte digest[WC_MAX_DIGEST_SIZE];
    hash_final(MP_OBJ_TO_PTR(wolfhashlib_copy(self_in)), digest);
    mp_obj_t hex = new_hex(digest, self->algo->digest_size);
    if (self->algo->once) {
        finish(self);
    }
    return hex;
}
static MP_DEFINE_CONST_FUN_OBJ_1(wolfhashlib_hexdigest_obj, wolfhashlib_hexdigest);

#if WOLF_FINALISER
static mp_obj_t wolfhashlib___del__(mp_obj_t self_in) {
    finish(MP_OBJ_TO_PTR(self_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(wolfhashlib___del___obj, wolfhashlib___del__);
#endif

static mp_obj_t hash_new(const hash_algo_t *algo, mp_obj_t data) {
    mp_obj_hash_t *o = hash_alloc(algo);
    raise_if(algo->init(&o->state));
    o->final = false;
    if (data != MP_OBJ_NULL) {
        wolfhashlib_update(MP_OBJ_FROM_PTR(o), data);
    }
    return MP_OBJ_FROM_PTR(o);
}

static mp_obj_t wolfhashlib_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 1, false);
    return hash_new(algo_of_type(type), n_args == 1 ? args[0] : MP_OBJ_NULL);
}

// What hashes and HMACs have in common: false if it is none of that.
static bool algo_attr(const hash_algo_t *algo, qstr attr, mp_obj_t *dest) {
    if (attr == MP_QSTR_digest_size) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(algo->digest_size);
    } else if (attr == MP_QSTR_block_size) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(algo->block_size);
    } else {
        return false;
    }
    return true;
}

static void wolfhashlib_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    mp_obj_hash_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL || algo_attr(self->algo, attr, dest)) {
        return;
    }
    if (attr == MP_QSTR_name) {
        dest[0] = MP_OBJ_NEW_QSTR(self->algo->type->name);
    } else {
        // Continue lookup in locals_dict.
        dest[1] = MP_OBJ_SENTINEL;
    }
}

static const mp_rom_map_elem_t wolfhashlib_hash_locals_dict_table[] = {
    #if WOLF_FINALISER
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&wolfhashlib___del___obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_update), MP_ROM_PTR(&wolfhashlib_update_obj) },
    { MP_ROM_QSTR(MP_QSTR_digest), MP_ROM_PTR(&wolfhashlib_digest_obj) },
    { MP_ROM_QSTR(MP_QSTR_hexdigest), MP_ROM_PTR(&wolfhashlib_hexdigest_obj) },
    { MP_ROM_QSTR(MP_QSTR_copy), MP_ROM_PTR(&wolfhashlib_copy_obj) },
};
static MP_DEFINE_CONST_DICT(wolfhashlib_hash_locals_dict, wolfhashlib_hash_locals_dict_table);

#define HASH_TYPE(name_) \
    MP_DEFINE_CONST_OBJ_TYPE( \
    wolfhashlib_##name_##_type, \
    MP_QSTR_##name_, \
    MP_TYPE_FLAG_NONE, \
    make_new, wolfhashlib_make_new, \
    attr, wolfhashlib_attr, \
    locals_dict, &wolfhashlib_hash_locals_dict \
    );
HASH_LIST(HASH_TYPE)

// new(name, data=b"")
static mp_obj_t wolfhashlib_new(size_t n_args, const mp_obj_t *args) {
    return hash_new(algo_of_name(args[0]), n_args == 2 ? args[1] : MP_OBJ_NULL);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(wolfhashlib_new_obj, 1, 2, wolfhashlib_new);

// A set in CPython; here it takes no RAM.
#define HASH_COUNT(name) + 1
#define HASH_NAME(name) MP_ROM_QSTR(MP_QSTR_##name),
static const mp_rom_obj_tuple_t wolfhashlib_algorithms_obj = {
    { &mp_type_tuple }, 0 HASH_LIST(HASH_COUNT), { HASH_LIST(HASH_NAME) }
};

/******************************************************************************/
// HMAC, and what is made of it.

#if MICROPY_WOLFSSL_HMAC
typedef struct _mp_obj_hmac_t {
    mp_obj_base_t base;
    const hash_algo_t *algo;
    bool live; // there is a state
    Hmac hmac;
} mp_obj_hmac_t;

extern const mp_obj_type_t wolfhashlib_hmac_type;

static mp_obj_hmac_t *hmac_alloc(const hash_algo_t *algo) {
    mp_obj_hmac_t *o = wolf_obj_malloc_finalised(mp_obj_hmac_t, &wolfhashlib_hmac_type);
    o->algo = algo;
    o->live = false;
    memset(&o->hmac, 0, sizeof(o->hmac));
    return o;
}

static void hmac_finish(mp_obj_hmac_t *self) {
    if (self->live) {
        self->live = false;
        wc_HmacFree(&self->hmac);
    }
    wolf_wipe(&self->hmac, sizeof(self->hmac));
}

#if WOLF_FINALISER
static mp_obj_t hmac___del__(mp_obj_t self_in) {
    hmac_finish(MP_OBJ_TO_PTR(self_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(hmac___del___obj, hmac___del__);
#endif

static mp_obj_hmac_t *hmac_get(mp_obj_t self_in) {
    mp_obj_hmac_t *self = MP_OBJ_TO_PTR(self_in);
    if (!self->live) {
        // Only after an error.
        mp_raise_ValueError(MP_ERROR_TEXT("hash is final"));
    }
    return self;
}

static int hmac_update_chunk(void *arg, const byte *data, word32 len) {
    return wc_HmacUpdate(arg, data, len);
}

static mp_obj_t hmac_update(mp_obj_t self_in, mp_obj_t arg) {
    each_chunk(arg, hmac_update_chunk, &hmac_get(self_in)->hmac);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(hmac_update_obj, hmac_update);

#if LIBWOLFSSL_VERSION_HEX < 0x05009000
// Whether the algorithm's state is not the one that an HMAC has: of SHA-3, where wolfSSL's is no
// more than its bytes.
static bool has_own_state(const hash_algo_t *algo) {
    #if WOLF_SHA3
    return algo->hmac_type == WC_SHA3_256 || algo->hmac_type == WC_SHA3_384
           || algo->hmac_type == WC_SHA3_512;
    #else
    (void)algo;
    return false;
    #endif
}
#endif

static mp_obj_t hmac_copy(mp_obj_t self_in) {
    mp_obj_hmac_t *self = hmac_get(self_in);
    mp_obj_hmac_t *o = hmac_alloc(self->algo);
    #if LIBWOLFSSL_VERSION_HEX >= 0x05009000
    int ret = wc_HmacCopy(&self->hmac, &o->hmac);
    #else
    // There is no function for it. Both unions begin at their start, whatever the algorithm.
    o->hmac = self->hmac;
    int ret = 0;
    if (!has_own_state(self->algo)) {
        memset(&o->hmac.hash, 0, sizeof(o->hmac.hash));
        ret = self->algo->copy((hash_state_t *)(void *)&self->hmac.hash,
            (hash_state_t *)(void *)&o->hmac.hash);
    }
    #endif
    if (ret != 0) {
        hmac_finish(o);
        wolf_raise_error(ret);
    }
    o->live = true;
    return MP_OBJ_FROM_PTR(o);
}
static MP_DEFINE_CONST_FUN_OBJ_1(hmac_copy_obj, hmac_copy);

// The code of what was hashed up to now; the object can be used on.
static const hash_algo_t *hmac_compute(mp_obj_t self_in, byte *digest) {
    mp_obj_hmac_t *o = MP_OBJ_TO_PTR(hmac_copy(self_in));
    int ret = wc_HmacFinal(&o->hmac, digest);
    hmac_finish(o);
    raise_if(ret);
    return o->algo;
}

static mp_obj_t hmac_digest(mp_obj_t self_in) {
    byte digest[WC_MAX_DIGEST_SIZE];
    const hash_algo_t *algo = hmac_compute(self_in, digest);
    return mp_obj_new_bytes(digest, algo->digest_size);
}
static MP_DEFINE_CONST_FUN_OBJ_1(hmac_digest_obj, hmac_digest);

static mp_obj_t hmac_hexdigest(mp_obj_t self_in) {
    byte digest[WC_MAX_DIGEST_SIZE];
    const hash_algo_t *algo = hmac_compute(self_in, digest);
    return new_hex(digest, algo->digest_size);
}
static MP_DEFINE_CONST_FUN_OBJ_1(hmac_hexdigest_obj, hmac_hexdigest);

static void hmac_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    mp_obj_hmac_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL || algo_attr(self->algo, attr, dest)) {
        return;
    }
    if (attr == MP_QSTR_name) {
        vstr_t vstr;
        vstr_init(&vstr, 16);
        vstr_printf(&vstr, "hmac-%q", (qstr)self->algo->type->name);
        dest[0] = mp_obj_new_str(vstr.buf, vstr.len);
        vstr_clear(&vstr);
    } else {
        // Continue lookup in locals_dict.
        dest[1] = MP_OBJ_SENTINEL;
    }
}

// An algorithm that wolfSSL has an HMAC of.
static const hash_algo_t *hmac_algo(const hash_algo_t *algo) {
    if (algo->hmac_type == WC_HASH_TYPE_NONE) {
        mp_raise_ValueError(MP_ERROR_TEXT("unsupported hash type"));
    }
    return algo;
}

// A name, or one of the types above.
static const hash_algo_t *algo_of_digestmod(mp_obj_t digestmod) {
    if (mp_obj_is_str(digestmod)) {
        return hmac_algo(algo_of_name(digestmod));
    }
    const hash_algo_t *algo = NULL;
    if (mp_obj_is_type(digestmod, &mp_type_type)) {
        algo = algo_of_type(MP_OBJ_TO_PTR(digestmod));
    }
    if (algo == NULL) {
        mp_raise_TypeError(MP_ERROR_TEXT("digestmod: expected a name or type of hashlib"));
    }
    return hmac_algo(algo);
}

// A key or a password. A str is refused, as in CPython: its bytes depend on an encoding.
static void get_secret(mp_obj_t obj, mp_buffer_info_t *bufinfo) {
    if (mp_obj_is_str(obj)) {
        mp_raise_TypeError(MP_ERROR_TEXT("expected bytes, not str"));
    }
    mp_get_buffer_raise(obj, bufinfo, MP_BUFFER_READ);
    if (bufinfo->len > WOLF_CHUNK) {
        mp_raise_ValueError(MP_ERROR_TEXT("too long"));
    }
}

static mp_obj_t new_hmac(mp_obj_t key_in, mp_obj_t msg, const hash_algo_t *algo) {
    mp_buffer_info_t key;
    get_secret(key_in, &key);
    mp_obj_hmac_t *o = hmac_alloc(algo);
    raise_if(wc_HmacInit(&o->hmac, NULL, INVALID_DEVID));
    o->live = true;
    int ret = wc_HmacSetKey(&o->hmac, algo->hmac_type, key.buf, key.len);
    if (ret != 0) {
        hmac_finish(o);
        wolf_raise_error(ret);
    }
    if (msg != mp_const_none) {
        hmac_update(MP_OBJ_FROM_PTR(o), msg);
    }
    return MP_OBJ_FROM_PTR(o);
}

// hmac.new(key, msg=None, digestmod)
static mp_obj_t hmac_new_args(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_key, ARG_msg, ARG_digestmod };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_key, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_msg, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_digestmod, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    return new_hmac(args[ARG_key].u_obj, args[ARG_msg].u_obj,
        algo_of_digestmod(args[ARG_digestmod].u_obj));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(hmac_new_obj, 0, hmac_new_args);

static mp_obj_t hmac_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    (void)type;
    mp_map_t kw_args;
    mp_map_init_fixed_table(&kw_args, n_kw, args + n_args);
    return hmac_new_args(n_args, args, &kw_args);
}

static const mp_rom_map_elem_t hmac_locals_dict_table[] = {
    #if WOLF_FINALISER
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&hmac___del___obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_update), MP_ROM_PTR(&hmac_update_obj) },
    { MP_ROM_QSTR(MP_QSTR_digest), MP_ROM_PTR(&hmac_digest_obj) },
    { MP_ROM_QSTR(MP_QSTR_hexdigest), MP_ROM_PTR(&hmac_hexdigest_obj) },
    { MP_ROM_QSTR(MP_QSTR_copy), MP_ROM_PTR(&hmac_copy_obj) },
};
static MP_DEFINE_CONST_DICT(hmac_locals_dict, hmac_locals_dict_table);

MP_DEFINE_CONST_OBJ_TYPE(
    wolfhashlib_hmac_type,
    MP_QSTR_HMAC,
    MP_TYPE_FLAG_NONE,
    make_new, hmac_make_new,
    attr, hmac_attr,
    locals_dict, &hmac_locals_dict
    );

#if HASH_HMAC_MODULE
// hmac.digest(key, msg, digest)
static mp_obj_t hmac_of(mp_obj_t key, mp_obj_t msg, mp_obj_t digestmod) {
    mp_obj_t o = new_hmac(key, msg, algo_of_digestmod(digestmod));
    mp_obj_t digest = hmac_digest(o);
    hmac_finish(MP_OBJ_TO_PTR(o));
    return digest;
}
static MP_DEFINE_CONST_FUN_OBJ_3(hmac_of_obj, hmac_of);
#endif

// Whether two secrets are equal, in a time that depends on their lengths only.
static mp_obj_t compare_digest(mp_obj_t a_in, mp_obj_t b_in) {
    if (mp_obj_is_str(a_in) != mp_obj_is_str(b_in)) {
        mp_raise_TypeError(MP_ERROR_TEXT("expected two of bytes, or two of str"));
    }
    mp_buffer_info_t a, b;
    mp_get_buffer_raise(a_in, &a, MP_BUFFER_READ);
    mp_get_buffer_raise(b_in, &b, MP_BUFFER_READ);
    volatile byte differ = a.len != b.len;
    const byte *x = a.buf;
    const byte *y = a.len == b.len ? b.buf : a.buf;
    for (size_t i = 0; i < a.len; i++) {
        differ |= x[i] ^ y[i];
    }
    return mp_obj_new_bool(differ == 0);
}
static MP_DEFINE_CONST_FUN_OBJ_2(compare_digest_obj, compare_digest);

#if HASH_HAVE_HKDF || HASH_HAVE_PBKDF2
// A derived key of so many bytes, filled by the caller.
static void vstr_init_key(vstr_t *vstr, mp_int_t len) {
    if (len < 1 || (size_t)len > WOLF_CHUNK) {
        mp_raise_ValueError(MP_ERROR_TEXT("length of the key"));
    }
    vstr_init_len(vstr, len);
}

static mp_obj_t new_key(vstr_t *vstr, int ret) {
    if (ret != 0) {
        wolf_wipe(vstr->buf, vstr->len);
        wolf_raise_error(ret);
    }
    return mp_obj_new_bytes_from_vstr(vstr);
}
#endif

#if HASH_HAVE_HKDF
// hkdf(hash_name, key, salt, info, length): RFC 5869, extract and expand
static mp_obj_t wolfhashlib_hkdf(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    const hash_algo_t *algo = hmac_algo(algo_of_name(args[0]));
    mp_int_t len = mp_obj_get_int(args[4]); // first: __int__() could change the buffers
    mp_buffer_info_t key, salt, info;
    get_secret(args[1], &key);
    get_secret(args[2], &salt);
    get_secret(args[3], &info);
    if (len > 255 * algo->digest_size) {
        mp_raise_ValueError(MP_ERROR_TEXT("length of the key"));
    }
    vstr_t vstr;
    vstr_init_key(&vstr, len);
    return new_key(&vstr, wc_HKDF(algo->hmac_type, key.buf, key.len, salt.buf, salt.len,
        info.buf, info.len, (byte *)vstr.buf, vstr.len));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(wolfhashlib_hkdf_obj, 5, 5, wolfhashlib_hkdf);
#endif

#if HASH_HAVE_PBKDF2
// pbkdf2_hmac(hash_name, password, salt, iterations, dklen=None)
static mp_obj_t wolfhashlib_pbkdf2_hmac(size_t n_args, const mp_obj_t *pos_args,
    mp_map_t *kw_args) {
    enum { ARG_hash_name, ARG_password, ARG_salt, ARG_iterations, ARG_dklen };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_hash_name, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_password, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_salt, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_iterations, MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_dklen, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    const hash_algo_t *algo = hmac_algo(algo_of_name(args[ARG_hash_name].u_obj));
    mp_int_t len = algo->digest_size;
    if (args[ARG_dklen].u_obj != mp_const_none) {
        len = mp_obj_get_int(args[ARG_dklen].u_obj);
    }
    mp_buffer_info_t password, salt;
    get_secret(args[ARG_password].u_obj, &password);
    get_secret(args[ARG_salt].u_obj, &salt);
    mp_int_t iterations = args[ARG_iterations].u_int;
    if (iterations < 1 || iterations > 0x7fffffff) {
        mp_raise_ValueError(MP_ERROR_TEXT("iterations"));
    }
    vstr_t vstr;
    vstr_init_key(&vstr, len);
    return new_key(&vstr, wc_PBKDF2((byte *)vstr.buf, password.buf, password.len, salt.buf,
        salt.len, iterations, vstr.len, algo->hmac_type));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(wolfhashlib_pbkdf2_hmac_obj, 0, wolfhashlib_pbkdf2_hmac);
#endif

#if HASH_HAVE_SCRYPT
// scrypt(password, *, salt, n, r, p, dklen=64)
static mp_obj_t wolfhashlib_scrypt(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_password, ARG_salt, ARG_n, ARG_r, ARG_p, ARG_dklen };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_password, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_salt, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_OBJ,
          {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_n, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_r, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_p, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_dklen, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 64} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    mp_buffer_info_t password, salt;
    get_secret(args[ARG_password].u_obj, &password);
    get_secret(args[ARG_salt].u_obj, &salt);
    mp_int_t n = args[ARG_n].u_int;
    mp_int_t r = args[ARG_r].u_int;
    mp_int_t p = args[ARG_p].u_int;
    // RFC 7914, section 2, and what memory of 32-bit sizes can hold: 128 * r * n bytes.
    // wolfSSL limits r.
    if (n < 2 || (n & (n - 1)) != 0 || r < 1 || p < 1 || r > 8 || p > 0x1ffffff / r
        || n > 0x7fffffff / 128 / r) {
        mp_raise_ValueError(MP_ERROR_TEXT("n, r or p"));
    }
    int log_n = 0;
    while (((mp_int_t)1 << log_n) < n) {
        log_n++;
    }
    if (log_n >= 16 * r) {
        mp_raise_ValueError(MP_ERROR_TEXT("n, r or p"));
    }
    vstr_t vstr;
    vstr_init_key(&vstr, args[ARG_dklen].u_int);
    wolf_alloc_begin();
    return new_key(&vstr, wc_scrypt((byte *)vstr.buf, password.buf, password.len, salt.buf,
        salt.len, log_n, r, p, vstr.len));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(wolfhashlib_scrypt_obj, 0, wolfhashlib_scrypt);
#endif
#endif // MICROPY_WOLFSSL_HMAC

/******************************************************************************/
// Modules: wolfhashlib, and the built-in's name where it isn't taken.

#define HASH_ENTRY(name) { MP_ROM_QSTR(MP_QSTR_##name), MP_ROM_PTR(&wolfhashlib_##name##_type) },
#define HASH_ENTRIES \
    HASH_LIST(HASH_ENTRY) \
    { MP_ROM_QSTR(MP_QSTR_new), MP_ROM_PTR(&wolfhashlib_new_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_algorithms_available), MP_ROM_PTR(&wolfhashlib_algorithms_obj) },
#if HASH_HAVE_PBKDF2
#define PBKDF2_ENTRY \
    { MP_ROM_QSTR(MP_QSTR_pbkdf2_hmac), MP_ROM_PTR(&wolfhashlib_pbkdf2_hmac_obj) },
#else
#define PBKDF2_ENTRY
#endif
#if HASH_HAVE_SCRYPT
#define SCRYPT_ENTRY { MP_ROM_QSTR(MP_QSTR_scrypt), MP_ROM_PTR(&wolfhashlib_scrypt_obj) },
#else
#define SCRYPT_ENTRY
#endif

static const mp_rom_map_elem_t wolfhashlib_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_wolfhashlib) },
    HASH_ENTRIES
    PBKDF2_ENTRY
    SCRYPT_ENTRY
    #if HASH_HAVE_HKDF
    { MP_ROM_QSTR(MP_QSTR_hkdf), MP_ROM_PTR(&wolfhashlib_hkdf_obj) },
    #endif
    #if MICROPY_WOLFSSL_HMAC
    { MP_ROM_QSTR(MP_QSTR_hmac_new), MP_ROM_PTR(&hmac_new_obj) },
    { MP_ROM_QSTR(MP_QSTR_compare_digest), MP_ROM_PTR(&compare_digest_obj) },
    #endif
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
    HASH_ENTRIES
    PBKDF2_ENTRY
    SCRYPT_ENTRY
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

#if HASH_HMAC_MODULE
static const mp_rom_map_elem_t wolf_drop_in_hmac_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_hmac) },
    { MP_ROM_QSTR(MP_QSTR_HMAC), MP_ROM_PTR(&wolfhashlib_hmac_type) },
    { MP_ROM_QSTR(MP_QSTR_new), MP_ROM_PTR(&hmac_new_obj) },
    { MP_ROM_QSTR(MP_QSTR_digest), MP_ROM_PTR(&hmac_of_obj) },
    { MP_ROM_QSTR(MP_QSTR_compare_digest), MP_ROM_PTR(&compare_digest_obj) },
};
static MP_DEFINE_CONST_DICT(wolf_drop_in_hmac_globals, wolf_drop_in_hmac_globals_table);

const mp_obj_module_t mp_module_wolf_drop_in_hmac = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&wolf_drop_in_hmac_globals,
};

MP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_hmac, mp_module_wolf_drop_in_hmac);
#endif
#endif // WOLF_DROP_IN_HASHLIB
