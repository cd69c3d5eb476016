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

// Keys of all kinds: their objects, their formats, and what pyca's modules hashes, serialization
// and utils have.

#include "wolf_keys.h"
#include "wolf_pem.h"

#include <string.h>

#include "py/objint.h"

#include <wolfssl/wolfcrypt/error-crypt.h>

#if WOLF_CRYPTO_KEYS

#define TAG_INTEGER (0x02)
#define TAG_BIT_STRING (0x03)
#define TAG_OCTET_STRING (0x04)
#define TAG_SEQUENCE (0x30)
#define TAG_0 (0xa0)
#define TAG_1 (0xa1)
#define TAG_PUBLIC (0x81)

// pyca's enumerations; none of their values is in two of them.
enum {
    ENCODING_PEM = WOLF_ENCODING_PEM,
    ENCODING_DER = WOLF_ENCODING_DER,
    ENCODING_RAW,
    ENCODING_X962,
    PRIVATE_TRADITIONAL = 16,
    PRIVATE_PKCS8,
    PRIVATE_RAW,
    PUBLIC_SPKI = 32,
    PUBLIC_PKCS1,
    PUBLIC_RAW,
    PUBLIC_UNCOMPRESSED,
};

static const wolf_key_kind_t *const kinds[] = {
    #if MICROPY_WOLFCRYPTOLIB_EC
    #ifndef NO_ECC256
    &wolf_kind_p256,
    #endif
    #ifdef HAVE_ECC384
    &wolf_kind_p384,
    #endif
    #ifdef HAVE_ECC521
    &wolf_kind_p521,
    #endif
    #endif
    #if MICROPY_WOLFCRYPTOLIB_ED25519
    &wolf_kind_ed25519,
    #endif
    #if MICROPY_WOLFCRYPTOLIB_X25519
    &wolf_kind_x25519,
    #endif
    #if MICROPY_WOLFCRYPTOLIB_RSA
    &wolf_kind_rsa,
    #endif
};

static bool is_ec(const wolf_key_kind_t *kind) {
    #if MICROPY_WOLFCRYPTOLIB_EC && !defined(NO_ECC256)
    return kind->private_type == wolf_kind_p256.private_type;
    #else
    (void)kind;
    return false;
    #endif
}

static bool is_rsa(const wolf_key_kind_t *kind) {
    return kind->size == 0;
}

static MP_NORETURN void raise_format(void) {
    mp_raise_ValueError(MP_ERROR_TEXT("key format"));
}

/******************************************************************************/
// Objects.

mp_obj_t wolf_key_new(const wolf_key_kind_t *kind, const uint8_t *secret, size_t secret_len,
    const uint8_t *public, size_t public_len) {
    size_t size = offsetof(wolf_key_t, data) + secret_len + public_len;
    #if WOLF_FINALISER
    wolf_key_t *self = secret_len == 0 ? m_malloc(size) : m_malloc_with_finaliser(size);
    #else
    wolf_key_t *self = m_malloc(size);
    #endif
    self->base.type = secret_len == 0 ? kind->public_type : kind->private_type;
    self->kind = kind;
    self->secret_len = secret_len;
    self->public_len = public_len;
    if (secret_len > 0) {
        memcpy(self->data, secret, secret_len);
    }
    memcpy(self->data + secret_len, public, public_len);
    return MP_OBJ_FROM_PTR(self);
}

static void raise_if_bad_key(int ret) {
    if (ret == 0) {
        return;
    }
    if (ret == MEMORY_E || ret == RNG_FAILURE_E || wolf_alloc_failed()) {
        wolf_raise_error(ret);
    }
    mp_raise_ValueError(MP_ERROR_TEXT("key"));
}

mp_obj_t wolf_key_from_secret(const wolf_key_kind_t *kind, const uint8_t *secret, size_t len) {
    // RSA's public half is a part of the private one.
    size_t public_len = is_rsa(kind) ? len : WOLF_EC_MAX_PUBLIC;
    if (len == 0 || (!is_rsa(kind) && len != kind->size) || len > 0xffff) {
        mp_raise_ValueError(MP_ERROR_TEXT("key"));
    }
    uint8_t *public = m_new(uint8_t, public_len);
    size_t allocated = public_len;
    wolf_alloc_begin();
    raise_if_bad_key(kind->complete(kind, secret, len, public, &public_len));
    mp_obj_t key = wolf_key_new(kind, secret, len, public, public_len);
    m_del(uint8_t, public, allocated);
    return key;
}

mp_obj_t wolf_key_from_public(const wolf_key_kind_t *kind, const uint8_t *public, size_t len) {
    if (len > 0xffff) {
        mp_raise_ValueError(MP_ERROR_TEXT("key"));
    }
    wolf_alloc_begin();
    raise_if_bad_key(kind->check(kind, public, len));
    return wolf_key_new(kind, NULL, 0, public, len);
}

wolf_key_t *wolf_key_get(mp_obj_t obj, const mp_obj_type_t *type) {
    if (!mp_obj_is_exact_type(obj, type)) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("expected %q"), (qstr)type->name);
    }
    wolf_key_t *self = MP_OBJ_TO_PTR(obj);
    wolf_key_check(self);
    return self;
}

void wolf_key_check(const wolf_key_t *self) {
    if (self->public_len == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("no key"));
    }
}

#if MICROPY_WOLFCRYPTOLIB_X509
wolf_key_t *wolf_key_get_any(mp_obj_t obj, bool private) {
    for (size_t i = 0; i < MP_ARRAY_SIZE(kinds); i++) {
        const mp_obj_type_t *type = private ? kinds[i]->private_type : kinds[i]->public_type;
        if (mp_obj_is_exact_type(obj, type)) {
            return wolf_key_get(obj, type);
        }
    }
    mp_raise_TypeError(MP_ERROR_TEXT("expected a key"));
}
#endif

#if WOLF_FINALISER
static mp_obj_t wolf_key___del__(mp_obj_t self_in) {
    wolf_key_t *self = MP_OBJ_TO_PTR(self_in);
    wolf_wipe(self->data, self->secret_len);
    self->public_len = 0; // if called explicitly, the object is unusable afterwards
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(wolf_key___del___obj, wolf_key___del__);
#endif

// The object of a method; a public key has no private_bytes().
static wolf_key_t *get_self(mp_obj_t self_in) {
    return wolf_key_get(self_in, mp_obj_get_type(self_in));
}

static mp_obj_t wolf_key_public_key(mp_obj_t self_in) {
    wolf_key_t *self = get_self(self_in);
    return wolf_key_new(self->kind, NULL, 0, wolf_key_public(self), self->public_len);
}
MP_DEFINE_CONST_FUN_OBJ_1(wolf_key_public_key_obj, wolf_key_public_key);

#if MICROPY_WOLFCRYPTOLIB_EC || MICROPY_WOLFCRYPTOLIB_X509_SIGN
void wolf_int_to_bytes(mp_obj_t number, uint8_t *buf, size_t len) {
    memset(buf, 0, len);
    if (mp_obj_is_small_int(number)) {
        mp_int_t n = MP_OBJ_SMALL_INT_VALUE(number);
        for (size_t i = len; n > 0 && i > 0; n >>= 8) {
            buf[--i] = n;
        }
    } else if (mp_obj_is_exact_type(number, &mp_type_int)) {
        mp_obj_int_to_bytes_impl(number, true, len, buf);
    } else {
        mp_raise_ValueError(MP_ERROR_TEXT("number"));
    }
    // Whatever was cut off.
    if (!mp_obj_equal(mp_obj_int_from_bytes_impl(true, len, buf), number)) {
        mp_raise_ValueError(MP_ERROR_TEXT("number"));
    }
}
#endif

/******************************************************************************/
// Writing.

static void put_octets(wolf_der_writer_t *w, uint8_t tag, const uint8_t *data, size_t len) {
    const uint8_t *end = w->p;
    wolf_der_bytes(w, data, len);
    wolf_der_header(w, tag, end);
}

static void put_bits(wolf_der_writer_t *w, const uint8_t *data, size_t len) {
    static const uint8_t unused[] = { 0 };
    const uint8_t *end = w->p;
    wolf_der_bytes(w, data, len);
    wolf_der_bytes(w, unused, sizeof(unused));
    wolf_der_header(w, TAG_BIT_STRING, end);
}

static void put_small(wolf_der_writer_t *w, uint8_t n) {
    put_octets(w, TAG_INTEGER, &n, 1);
}

#if MICROPY_WOLFCRYPTOLIB_EC
// RFC 5915. PKCS#8 has the parameters elsewhere: in the AlgorithmIdentifier, after 11 bytes.
static void put_ec(wolf_der_writer_t *w, const wolf_key_t *key, bool parameters) {
    const size_t curve = 11;
    const uint8_t *end = w->p;
    put_bits(w, wolf_key_public(key), key->public_len);
    wolf_der_header(w, TAG_1, end);
    if (parameters) {
        put_octets(w, TAG_0, key->kind->algorithm + curve, key->kind->algorithm_len - curve);
    }
    put_octets(w, TAG_OCTET_STRING, key->data, key->secret_len);
    put_small(w, 1);
    wolf_der_header(w, TAG_SEQUENCE, end);
}
#endif

static void put_private(wolf_der_writer_t *w, const wolf_key_t *key, mp_int_t format) {
    const uint8_t *end = w->p;
    if (is_rsa(key->kind)) {
        wolf_der_bytes(w, key->data, key->secret_len);
    #if MICROPY_WOLFCRYPTOLIB_EC
    } else if (is_ec(key->kind)) {
        put_ec(w, key, format == PRIVATE_TRADITIONAL);
    #endif
    } else {
        put_octets(w, TAG_OCTET_STRING, key->data, key->secret_len);
    }
    if (format == PRIVATE_PKCS8) {
        wolf_der_header(w, TAG_OCTET_STRING, end);
        wolf_der_bytes(w, key->kind->algorithm, key->kind->algorithm_len);
        put_small(w, 0);
        wolf_der_header(w, TAG_SEQUENCE, end);
    }
}

static void put_public(wolf_der_writer_t *w, const wolf_key_t *key, mp_int_t format) {
    const uint8_t *end = w->p;
    if (format == PUBLIC_PKCS1) {
        wolf_der_bytes(w, wolf_key_public(key), key->public_len);
        return;
    }
    put_bits(w, wolf_key_public(key), key->public_len);
    wolf_der_bytes(w, key->kind->algorithm, key->kind->algorithm_len);
    wolf_der_header(w, TAG_SEQUENCE, end);
}

#if MICROPY_WOLFCRYPTOLIB_X509_SIGN
void wolf_key_put_public(wolf_der_writer_t *w, const wolf_key_t *key) {
    put_public(w, key, PUBLIC_SPKI);
}
#endif

// The written key as bytes, with PEM around it if a label is given.
static mp_obj_t new_encoded(const wolf_key_t *key, bool private, mp_int_t format,
    const char *label) {
    // More than all headers, numbers and the AlgorithmIdentifier take.
    size_t size = key->secret_len + key->public_len + 96;
    uint8_t *buf = m_new(uint8_t, size);
    wolf_key_check(key);
    wolf_der_writer_t w = { buf, buf + size, false };
    if (private) {
        put_private(&w, key, format);
    } else {
        put_public(&w, key, format);
    }
    size_t len = buf + size - w.p;
    vstr_t vstr;
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        vstr_init_len(&vstr, label == NULL ? len : wolf_pem_len(label, len));
        nlr_pop();
    } else {
        wolf_wipe(buf, size);
        nlr_jump(nlr.ret_val);
    }
    if (label == NULL) {
        memcpy(vstr.buf, w.p, len);
    } else {
        wolf_pem_encode(label, w.p, len, vstr.buf);
    }
    wolf_wipe(buf, size);
    m_del(uint8_t, buf, size);
    if (w.full) {
        raise_format();
    }
    return mp_obj_new_bytes_from_vstr(&vstr);
}

#if MICROPY_WOLFCRYPTOLIB_EC || MICROPY_WOLFCRYPTOLIB_ED25519 || MICROPY_WOLFCRYPTOLIB_X25519
static mp_obj_t new_raw(const wolf_key_t *self, const uint8_t *part, size_t len) {
    mp_obj_t raw = mp_obj_new_bytes(part, len);
    wolf_key_check(self);
    return raw;
}
#endif

// private_bytes(encoding, format, encryption_algorithm)
static mp_obj_t wolf_key_private_bytes(size_t n_args, const mp_obj_t *pos_args,
    mp_map_t *kw_args) {
    enum { ARG_encoding, ARG_format, ARG_encryption_algorithm };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_encoding, MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_format, MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_encryption_algorithm, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args,
        args);
    wolf_key_t *self = get_self(pos_args[0]);
    wolf_param_get(args[ARG_encryption_algorithm].u_obj, WOLF_PARAM_NO_ENCRYPTION);
    mp_int_t encoding = args[ARG_encoding].u_int;
    mp_int_t format = args[ARG_format].u_int;
    bool ec = is_ec(self->kind);
    bool traditional = ec || is_rsa(self->kind);
    if (encoding == ENCODING_RAW && format == PRIVATE_RAW && !traditional) {
        return new_raw(self, self->data, self->secret_len);
    }
    if ((encoding != ENCODING_PEM && encoding != ENCODING_DER)
        || (format != PRIVATE_PKCS8 && (format != PRIVATE_TRADITIONAL || !traditional))) {
        mp_raise_ValueError(MP_ERROR_TEXT("encoding or format"));
    }
    return new_encoded(self, true, format, encoding != ENCODING_PEM ? NULL
        : format == PRIVATE_PKCS8 ? "PRIVATE KEY" : ec ? "EC PRIVATE KEY" : "RSA PRIVATE KEY");
}
MP_DEFINE_CONST_FUN_OBJ_KW(wolf_key_private_bytes_obj, 1, wolf_key_private_bytes);

// public_bytes(encoding, format)
static mp_obj_t wolf_key_public_bytes(size_t n_args, const mp_obj_t *pos_args,
    mp_map_t *kw_args) {
    enum { ARG_encoding, ARG_format };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_encoding, MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_format, MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args,
        args);
    wolf_key_t *self = get_self(pos_args[0]);
    mp_int_t encoding = args[ARG_encoding].u_int;
    mp_int_t format = args[ARG_format].u_int;
    bool ec = is_ec(self->kind);
    bool rsa = is_rsa(self->kind);
    if ((encoding == ENCODING_X962 && format == PUBLIC_UNCOMPRESSED && ec)
        || (encoding == ENCODING_RAW && format == PUBLIC_RAW && !ec && !rsa)) {
        return new_raw(self, wolf_key_public(self), self->public_len);
    }
    if ((encoding != ENCODING_PEM && encoding != ENCODING_DER)
        || (format != PUBLIC_SPKI && (format != PUBLIC_PKCS1 || !rsa))) {
        mp_raise_ValueError(MP_ERROR_TEXT("encoding or format"));
    }
    return new_encoded(self, false, format, encoding != ENCODING_PEM ? NULL
        : format == PUBLIC_SPKI ? "PUBLIC KEY" : "RSA PUBLIC KEY");
}
MP_DEFINE_CONST_FUN_OBJ_KW(wolf_key_public_bytes_obj, 1, wolf_key_public_bytes);

#if MICROPY_WOLFCRYPTOLIB_ED25519 || MICROPY_WOLFCRYPTOLIB_X25519
static mp_obj_t wolf_key_private_bytes_raw(mp_obj_t self_in) {
    wolf_key_t *self = get_self(self_in);
    return new_raw(self, self->data, self->secret_len);
}
MP_DEFINE_CONST_FUN_OBJ_1(wolf_key_private_bytes_raw_obj, wolf_key_private_bytes_raw);

static mp_obj_t wolf_key_public_bytes_raw(mp_obj_t self_in) {
    wolf_key_t *self = get_self(self_in);
    return new_raw(self, wolf_key_public(self), self->public_len);
}
MP_DEFINE_CONST_FUN_OBJ_1(wolf_key_public_bytes_raw_obj, wolf_key_public_bytes_raw);
#endif

/******************************************************************************/
// Reading.

static bool is_small(const wolf_span_t *number, uint8_t n) {
    return number->len == 1 && number->p[0] == n;
}

// The public half of a private key's file, a BIT STRING's contents, must be this key's; NULL if it
// has none.
static void check_public(const wolf_key_t *key, const wolf_span_t *public) {
    size_t len = key->public_len;
    if (public->p != NULL
        && (public->len != 1 + len || memcmp(public->p + 1, wolf_key_public(key), len) != 0)) {
        raise_format();
    }
}

// The kind of key that an AlgorithmIdentifier, without its header, names; or NULL.
static const wolf_key_kind_t *kind_of(const wolf_span_t *algorithm) {
    const size_t header = 2;
    for (size_t i = 0; i < MP_ARRAY_SIZE(kinds); i++) {
        if (algorithm->len == kinds[i]->algorithm_len - header
            && memcmp(algorithm->p, kinds[i]->algorithm + header, algorithm->len) == 0) {
            return kinds[i];
        }
    }
    return NULL;
}

#if MICROPY_WOLFCRYPTOLIB_EC
// The kind of the curve that an ECPrivateKey names; or NULL.
static const wolf_key_kind_t *kind_of_curve(const wolf_span_t *oid) {
    const size_t curve = 11;
    for (size_t i = 0; i < MP_ARRAY_SIZE(kinds); i++) {
        if (is_ec(kinds[i]) && oid->len == kinds[i]->algorithm_len - curve
            && memcmp(oid->p, kinds[i]->algorithm + curve, oid->len) == 0) {
            return kinds[i];
        }
    }
    return NULL;
}

// An ECPrivateKey, without its header. PKCS#8 has said what curve it is.
static mp_obj_t read_ec(wolf_span_t in, const wolf_key_kind_t *kind) {
    wolf_span_t version, number, curve, wrapped;
    wolf_span_t public = { NULL, 0 };
    if (!wolf_der_get(&in, TAG_INTEGER, &version) || !is_small(&version, 1)
        || !wolf_der_get(&in, TAG_OCTET_STRING, &number)) {
        raise_format();
    }
    if (in.len > 0 && in.p[0] == TAG_0) {
        if (!wolf_der_get(&in, TAG_0, &curve)) {
            raise_format();
        }
        const wolf_key_kind_t *named = kind_of_curve(&curve);
        if (named == NULL || (kind != NULL && kind != named)) {
            raise_format();
        }
        kind = named;
    }
    if (in.len > 0 && (!wolf_der_get(&in, TAG_1, &wrapped)
                       || !wolf_der_get(&wrapped, TAG_BIT_STRING, &public) || wrapped.len > 0
                       || public.len == 0 || public.p[0] != 0)) {
        raise_format();
    }
    if (in.len > 0 || kind == NULL || number.len > kind->size) {
        raise_format();
    }
    // Some leave out a number's first zeros.
    uint8_t secret[WOLF_EC_MAX] = { 0 };
    memcpy(secret + kind->size - number.len, number.p, number.len);
    nlr_buf_t nlr;
    mp_obj_t key;
    if (nlr_push(&nlr) == 0) {
        key = wolf_key_from_secret(kind, secret, kind->size);
        nlr_pop();
    } else {
        wolf_wipe(secret, sizeof(secret));
        nlr_jump(nlr.ret_val);
    }
    wolf_wipe(secret, sizeof(secret));
    check_public(MP_OBJ_TO_PTR(key), &public);
    return key;
}
#endif

static mp_obj_t read_pkcs8(wolf_span_t in, const wolf_span_t *algorithm, bool has_public) {
    wolf_span_t inner, key;
    const wolf_key_kind_t *kind = kind_of(algorithm);
    if (kind == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("unsupported key"));
    }
    if (!wolf_der_get(&in, TAG_OCTET_STRING, &inner)) {
        raise_format();
    }
    // Attributes may follow, and are of no interest; and the public half, RFC 5958.
    wolf_span_t attributes, public = { NULL, 0 };
    if (in.len > 0 && in.p[0] == TAG_0 && !wolf_der_get(&in, TAG_0, &attributes)) {
        raise_format();
    }
    if (in.len > 0 && has_public && (!wolf_der_get(&in, TAG_PUBLIC, &public)
                                     || public.len == 0 || public.p[0] != 0)) {
        raise_format();
    }
    if (in.len > 0) {
        raise_format();
    }
    mp_obj_t obj;
    if (is_rsa(kind)) {
        obj = wolf_key_from_secret(kind, inner.p, inner.len);
    #if MICROPY_WOLFCRYPTOLIB_EC
    } else if (is_ec(kind)) {
        if (!wolf_der_get(&inner, TAG_SEQUENCE, &key) || inner.len > 0) {
            raise_format();
        }
        obj = read_ec(key, kind);
    #endif
    } else {
        if (!wolf_der_get(&inner, TAG_OCTET_STRING, &key) || inner.len > 0) {
            raise_format();
        }
        obj = wolf_key_from_secret(kind, key.p, key.len);
    }
    if (!is_rsa(kind)) {
        check_public(MP_OBJ_TO_PTR(obj), &public);
    }
    return obj;
}

static mp_obj_t read_private(const uint8_t *der, size_t len) {
    wolf_span_t whole = { der, len };
    wolf_span_t in, version, algorithm;
    if (!wolf_der_get(&whole, TAG_SEQUENCE, &in) || whole.len > 0) {
        raise_format();
    }
    #if MICROPY_WOLFCRYPTOLIB_EC
    wolf_span_t ec = in;
    #endif
    if (!wolf_der_get(&in, TAG_INTEGER, &version) || in.len == 0) {
        raise_format();
    }
    // PKCS#8's version is 1 if it has the public key too.
    if (in.p[0] == TAG_SEQUENCE && (is_small(&version, 0) || is_small(&version, 1))
        && wolf_der_get(&in, TAG_SEQUENCE, &algorithm)) {
        return read_pkcs8(in, &algorithm, is_small(&version, 1));
    }
    #if MICROPY_WOLFCRYPTOLIB_EC
    if (in.p[0] == TAG_OCTET_STRING) {
        return read_ec(ec, NULL);
    }
    #endif
    #if MICROPY_WOLFCRYPTOLIB_RSA
    if (in.p[0] == TAG_INTEGER) {
        return wolf_key_from_secret(&wolf_kind_rsa, der, len);
    }
    #endif
    raise_format();
}

static mp_obj_t read_public(const uint8_t *der, size_t len) {
    wolf_span_t whole = { der, len };
    wolf_span_t in, algorithm, bits;
    if (!wolf_der_get(&whole, TAG_SEQUENCE, &in) || whole.len > 0 || in.len == 0) {
        raise_format();
    }
    #if MICROPY_WOLFCRYPTOLIB_RSA
    if (in.p[0] == TAG_INTEGER) {
        return wolf_key_from_public(&wolf_kind_rsa, der, len);
    }
    #endif
    if (!wolf_der_get(&in, TAG_SEQUENCE, &algorithm) || !wolf_der_get(&in, TAG_BIT_STRING, &bits)
        || in.len > 0 || bits.len == 0 || bits.p[0] != 0) {
        raise_format();
    }
    const wolf_key_kind_t *kind = kind_of(&algorithm);
    if (kind == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("unsupported key"));
    }
    return wolf_key_from_public(kind, bits.p + 1, bits.len - 1);
}

#if MICROPY_WOLFCRYPTOLIB_X509
mp_obj_t wolf_key_read_public(const uint8_t *der, size_t len) {
    return read_public(der, len);
}
#endif

// A key in PEM: decoded, read and wiped.
static mp_obj_t read_pem(const mp_buffer_info_t *data, bool private) {
    wolf_span_t label, base64;
    if (!wolf_pem_find(data->buf, data->len, private ? "PRIVATE KEY" : "PUBLIC KEY", &label,
        &base64)) {
        mp_raise_ValueError(MP_ERROR_TEXT("no key in PEM"));
    }
    if (label.len > 10 && memcmp(label.p, "ENCRYPTED ", 10) == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("encrypted key"));
    }
    size_t size = base64.len;
    uint8_t *der = m_new(uint8_t, size);
    size_t len;
    mp_obj_t key;
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        if (!wolf_pem_decode(&base64, der, &len)) {
            mp_raise_ValueError(MP_ERROR_TEXT("PEM"));
        }
        key = private ? read_private(der, len) : read_public(der, len);
        nlr_pop();
    } else {
        wolf_wipe(der, size);
        nlr_jump(nlr.ret_val);
    }
    wolf_wipe(der, size);
    m_del(uint8_t, der, size);
    return key;
}

// data, password=None: an encrypted key can't be read.
static void get_private_data(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args,
    mp_buffer_info_t *data) {
    enum { ARG_data, ARG_password };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_data, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_password, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    wolf_crypto_get(args[ARG_data].u_obj, data);
    if (args[ARG_password].u_obj != mp_const_none) {
        mp_raise_ValueError(MP_ERROR_TEXT("encrypted key"));
    }
}

static mp_obj_t load_pem_private_key(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    mp_buffer_info_t data;
    get_private_data(n_args, pos_args, kw_args, &data);
    return read_pem(&data, true);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(load_pem_private_key_obj, 1, load_pem_private_key);

static mp_obj_t load_der_private_key(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    mp_buffer_info_t data;
    get_private_data(n_args, pos_args, kw_args, &data);
    return read_private(data.buf, data.len);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(load_der_private_key_obj, 1, load_der_private_key);

static mp_obj_t load_pem_public_key(mp_obj_t data_in) {
    mp_buffer_info_t data;
    wolf_crypto_get(data_in, &data);
    return read_pem(&data, false);
}
static MP_DEFINE_CONST_FUN_OBJ_1(load_pem_public_key_obj, load_pem_public_key);

static mp_obj_t load_der_public_key(mp_obj_t data_in) {
    mp_buffer_info_t data;
    wolf_crypto_get(data_in, &data);
    return read_public(data.buf, data.len);
}
static MP_DEFINE_CONST_FUN_OBJ_1(load_der_public_key_obj, load_der_public_key);

/******************************************************************************/
// Parameters.

static mp_obj_t param_call(mp_obj_t self_in, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)args;
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    return self_in;
}

static void param_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const wolf_param_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    if (attr == MP_QSTR_name && self->name != MP_QSTRnull) {
        dest[0] = MP_OBJ_NEW_QSTR(self->name);
    } else if (attr == MP_QSTR_digest_size && self->kind == WOLF_PARAM_HASH) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(self->size);
    }
}

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_param_type,
    MP_QSTR_parameter,
    MP_TYPE_FLAG_NONE,
    call, param_call,
    attr, param_attr
    );

const wolf_param_t *wolf_param_get(mp_obj_t obj, int kind) {
    const wolf_param_t *param = MP_OBJ_TO_PTR(obj);
    if (!mp_obj_is_exact_type(obj, &wolf_param_type) || param->kind != kind) {
        mp_raise_TypeError(MP_ERROR_TEXT("wrong parameter"));
    }
    return param;
}

static WOLF_PARAM(param_no_encryption, WOLF_PARAM_NO_ENCRYPTION, 0, 0, MP_QSTRnull, NULL, NULL,
    MP_OBJ_NULL);

#if WOLF_CRYPTO_HASHES
wolf_param_t *wolf_param_new(int kind, mp_obj_t hash) {
    wolf_param_t *self = wolf_obj_malloc(wolf_param_t, &wolf_param_type);
    self->kind = kind;
    self->size = 0;
    self->number = 0;
    self->name = MP_QSTRnull;
    self->of = wolf_param_get(hash, WOLF_PARAM_HASH);
    self->mgf = NULL;
    self->label = MP_OBJ_NULL;
    return self;
}

const wolf_param_t *wolf_digest(mp_obj_t algorithm, mp_obj_t data_in, uint8_t *digest) {
    mp_buffer_info_t data;
    wolf_crypto_get(data_in, &data);
    const wolf_param_t *param = MP_OBJ_TO_PTR(algorithm);
    if (mp_obj_is_exact_type(algorithm, &wolf_param_type)
        && param->kind == WOLF_PARAM_PREHASHED) {
        param = param->of;
        if (data.len != param->size) {
            mp_raise_ValueError(MP_ERROR_TEXT("length of the digest"));
        }
        memcpy(digest, data.buf, data.len);
        return param;
    }
    param = wolf_param_get(algorithm, WOLF_PARAM_HASH);
    wolf_alloc_begin();
    wolf_crypto_check(wc_Hash((enum wc_HashType)param->number, data.buf, data.len, digest,
        param->size));
    return param;
}

#define HASH(name_, number_, size_) \
    static WOLF_PARAM(param_##name_, WOLF_PARAM_HASH, size_, number_, MP_QSTR_##name_, NULL, \
    NULL, MP_OBJ_NULL);
#define HASH_ENTRY(upper, name_) \
    { MP_ROM_QSTR(MP_QSTR_##upper), MP_ROM_PTR(&param_##name_) },

#ifndef NO_SHA
WOLF_PARAM(wolf_param_sha1, WOLF_PARAM_HASH, 20, WC_HASH_TYPE_SHA, MP_QSTR_sha1, NULL, NULL,
    MP_OBJ_NULL);
#endif
#ifdef WOLFSSL_SHA224
HASH(sha224, WC_HASH_TYPE_SHA224, 28)
#endif
HASH(sha256, WC_HASH_TYPE_SHA256, 32)
#ifdef WOLFSSL_SHA384
HASH(sha384, WC_HASH_TYPE_SHA384, 48)
#endif
#ifdef WOLFSSL_SHA512
HASH(sha512, WC_HASH_TYPE_SHA512, 64)
#endif
#ifdef WOLFSSL_SHA3
HASH(sha3_256, WC_HASH_TYPE_SHA3_256, 32)
HASH(sha3_384, WC_HASH_TYPE_SHA3_384, 48)
HASH(sha3_512, WC_HASH_TYPE_SHA3_512, 64)
#endif

static const mp_rom_map_elem_t hashes_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_hashes) },
    #ifndef NO_SHA
    { MP_ROM_QSTR(MP_QSTR_SHA1), MP_ROM_PTR(&wolf_param_sha1) },
    #endif
    #ifdef WOLFSSL_SHA224
    HASH_ENTRY(SHA224, sha224)
    #endif
    HASH_ENTRY(SHA256, sha256)
    #ifdef WOLFSSL_SHA384
    HASH_ENTRY(SHA384, sha384)
    #endif
    #ifdef WOLFSSL_SHA512
    HASH_ENTRY(SHA512, sha512)
    #endif
    #ifdef WOLFSSL_SHA3
    HASH_ENTRY(SHA3_256, sha3_256)
    HASH_ENTRY(SHA3_384, sha3_384)
    HASH_ENTRY(SHA3_512, sha3_512)
    #endif
};
static MP_DEFINE_CONST_DICT(hashes_globals, hashes_globals_table);

const mp_obj_module_t wolfcryptolib_hashes_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&hashes_globals,
};

// Prehashed(algorithm)
static mp_obj_t prehashed(mp_obj_t algorithm) {
    return MP_OBJ_FROM_PTR(wolf_param_new(WOLF_PARAM_PREHASHED, algorithm));
}
static MP_DEFINE_CONST_FUN_OBJ_1(prehashed_obj, prehashed);

static const mp_rom_map_elem_t utils_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_utils) },
    { MP_ROM_QSTR(MP_QSTR_Prehashed), MP_ROM_PTR(&prehashed_obj) },
    #if MICROPY_WOLFCRYPTOLIB_EC
    { MP_ROM_QSTR(MP_QSTR_decode_dss_signature), MP_ROM_PTR(&wolf_decode_dss_signature_obj) },
    { MP_ROM_QSTR(MP_QSTR_encode_dss_signature), MP_ROM_PTR(&wolf_encode_dss_signature_obj) },
    #endif
};
static MP_DEFINE_CONST_DICT(utils_globals, utils_globals_table);

const mp_obj_module_t wolfcryptolib_utils_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&utils_globals,
};
#endif // WOLF_CRYPTO_HASHES

void wolf_rng_begin(WC_RNG *rng) {
    wolf_alloc_begin();
    wolf_crypto_check(wc_InitRng(rng));
}

void wolf_rng_end(WC_RNG *rng, int ret) {
    int freed = wc_FreeRng(rng);
    wolf_crypto_check(ret != 0 ? ret : freed);
}

/******************************************************************************/
// serialization.

#define NAMESPACE(name_) \
    static MP_DEFINE_CONST_DICT(name_##_globals, name_##_globals_table); \
    static const mp_obj_module_t name_##_module = { \
        .base = { &mp_type_module }, \
        .globals = (mp_obj_dict_t *)&name_##_globals, \
    };

static const mp_rom_map_elem_t encoding_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_Encoding) },
    { MP_ROM_QSTR(MP_QSTR_PEM), MP_ROM_INT(ENCODING_PEM) },
    { MP_ROM_QSTR(MP_QSTR_DER), MP_ROM_INT(ENCODING_DER) },
    { MP_ROM_QSTR(MP_QSTR_Raw), MP_ROM_INT(ENCODING_RAW) },
    { MP_ROM_QSTR(MP_QSTR_X962), MP_ROM_INT(ENCODING_X962) },
};
NAMESPACE(encoding)

static const mp_rom_map_elem_t private_format_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_PrivateFormat) },
    { MP_ROM_QSTR(MP_QSTR_TraditionalOpenSSL), MP_ROM_INT(PRIVATE_TRADITIONAL) },
    { MP_ROM_QSTR(MP_QSTR_PKCS8), MP_ROM_INT(PRIVATE_PKCS8) },
    { MP_ROM_QSTR(MP_QSTR_Raw), MP_ROM_INT(PRIVATE_RAW) },
};
NAMESPACE(private_format)

static const mp_rom_map_elem_t public_format_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_PublicFormat) },
    { MP_ROM_QSTR(MP_QSTR_SubjectPublicKeyInfo), MP_ROM_INT(PUBLIC_SPKI) },
    { MP_ROM_QSTR(MP_QSTR_PKCS1), MP_ROM_INT(PUBLIC_PKCS1) },
    { MP_ROM_QSTR(MP_QSTR_Raw), MP_ROM_INT(PUBLIC_RAW) },
    { MP_ROM_QSTR(MP_QSTR_UncompressedPoint), MP_ROM_INT(PUBLIC_UNCOMPRESSED) },
};
NAMESPACE(public_format)

static const mp_rom_map_elem_t serialization_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_serialization) },
    { MP_ROM_QSTR(MP_QSTR_Encoding), MP_ROM_PTR(&encoding_module) },
    { MP_ROM_QSTR(MP_QSTR_PrivateFormat), MP_ROM_PTR(&private_format_module) },
    { MP_ROM_QSTR(MP_QSTR_PublicFormat), MP_ROM_PTR(&public_format_module) },
    { MP_ROM_QSTR(MP_QSTR_NoEncryption), MP_ROM_PTR(&param_no_encryption) },
    { MP_ROM_QSTR(MP_QSTR_load_pem_private_key), MP_ROM_PTR(&load_pem_private_key_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_der_private_key), MP_ROM_PTR(&load_der_private_key_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_pem_public_key), MP_ROM_PTR(&load_pem_public_key_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_der_public_key), MP_ROM_PTR(&load_der_public_key_obj) },
};
static MP_DEFINE_CONST_DICT(serialization_globals, serialization_globals_table);

const mp_obj_module_t wolfcryptolib_serialization_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&serialization_globals,
};

#endif // WOLF_CRYPTO_KEYS
