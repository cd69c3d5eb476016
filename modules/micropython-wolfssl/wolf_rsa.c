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

// RSA: what pyca's modules rsa and padding have.

#include "wolf_keys.h"
#include "wolf_pem.h"

#include <string.h>

#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/rsa.h>

#if MICROPY_WOLFCRYPTOLIB_RSA

#define TAG_INTEGER (0x02)
#define TAG_SEQUENCE (0x30)
#define MIN_BYTES (128)
#define MAX_BYTES (SP_INT_BITS / 8)
// DigestInfo of the longest digest.
#define MAX_DIGEST_INFO (WC_MAX_DIGEST_SIZE + 32)

// padding.PSS's lengths of a salt that are no numbers.
#define SALT_MAX (-1)
#define SALT_AUTO (-2)
#define SALT_DIGEST (-3)

static const mp_obj_type_t rsa_private_key_type;
static const mp_obj_type_t rsa_public_key_type;

/******************************************************************************/
// Numbers of keys.

// A positive number, without the zero in front.
static bool get_number(wolf_span_t *in, wolf_span_t *number) {
    if (!wolf_der_get(in, TAG_INTEGER, number) || number->len == 0 || number->p[0] >= 0x80) {
        return false;
    }
    if (number->len > 1 && number->p[0] == 0) {
        number->p++;
        number->len--;
        return number->p[0] >= 0x80;
    }
    return true;
}

static bool is_public(const wolf_span_t *n, const wolf_span_t *e) {
    return n->len >= MIN_BYTES && n->len <= MAX_BYTES && (n->p[n->len - 1] & 1) != 0
           && (e->p[e->len - 1] & 1) != 0 && (e->len > 1 || e->p[0] >= 3) && e->len <= n->len;
}

// The numbers of RSAPublicKey.
static bool get_public(const uint8_t *der, size_t len, wolf_span_t *n, wolf_span_t *e) {
    wolf_span_t whole = { der, len };
    wolf_span_t in;
    return wolf_der_get(&whole, TAG_SEQUENCE, &in) && whole.len == 0 && get_number(&in, n)
           && get_number(&in, e) && in.len == 0 && is_public(n, e);
}

// How many bytes a signature of the key has.
static size_t modulus_len(const wolf_key_t *self) {
    wolf_span_t n, e;
    return get_public(wolf_key_public(self), self->public_len, &n, &e) ? n.len : 0;
}

// Whether data is as long as the modulus and a smaller number: RFC 8017, sections 5.1.2 and 5.2.2.
// wolfSSL up to 5.7 takes others, too.
static bool is_representative(const wolf_key_t *self, const mp_buffer_info_t *data) {
    wolf_span_t n, e;
    return get_public(wolf_key_public(self), self->public_len, &n, &e) && data->len == n.len
           && memcmp(data->buf, n.p, n.len) < 0;
}

/******************************************************************************/
// wolfSSL's keys, which exist for one operation.

static void close_key(RsaKey *key, int *ret) {
    int freed = wc_FreeRsaKey(key);
    wolf_wipe(key, sizeof(*key));
    XFREE(key, NULL, DYNAMIC_TYPE_RSA);
    if (*ret >= 0 && freed != 0) {
        *ret = freed;
    }
}

// An empty key. Returns NULL if there is no memory for it; *ret is the error then.
static RsaKey *new_key(int *ret) {
    RsaKey *key = XMALLOC(sizeof(RsaKey), NULL, DYNAMIC_TYPE_RSA);
    if (key == NULL) {
        *ret = MEMORY_E;
        return NULL;
    }
    *ret = wc_InitRsaKey(key, NULL);
    if (*ret != 0) {
        XFREE(key, NULL, DYNAMIC_TYPE_RSA);
        return NULL;
    }
    return key;
}

static RsaKey *open_private(const uint8_t *der, size_t len, WC_RNG *rng, int *ret) {
    RsaKey *key = new_key(ret);
    if (key != NULL) {
        word32 pos = 0;
        *ret = wc_RsaPrivateKeyDecode(der, &pos, key, len);
        if (*ret == 0 && pos != len) {
            *ret = ASN_PARSE_E;
        }
        #ifdef WC_RSA_BLINDING
        if (*ret == 0) {
            *ret = wc_RsaSetRNG(key, rng);
        }
        #else
        (void)rng;
        #endif
        if (*ret != 0) {
            close_key(key, ret);
            return NULL;
        }
    }
    return key;
}

static RsaKey *open_public(const uint8_t *der, size_t len, int *ret) {
    wolf_span_t n, e;
    if (!get_public(der, len, &n, &e)) {
        *ret = ASN_RSA_KEY_E;
        return NULL;
    }
    RsaKey *key = new_key(ret);
    if (key != NULL) {
        *ret = wc_RsaPublicKeyDecodeRaw(n.p, n.len, e.p, e.len, key);
        if (*ret != 0) {
            close_key(key, ret);
            return NULL;
        }
    }
    return key;
}

static RsaKey *open_object(const wolf_key_t *self, WC_RNG *rng, int *ret) {
    return self->secret_len > 0 ? open_private(self->data, self->secret_len, rng, ret)
        : open_public(wolf_key_public(self), self->public_len, ret);
}

// Whether d belongs to the primes, as far as they are used: wolfSSL checks all other numbers.
static int check_exponent(RsaKey *key) {
    mp_int *order = XMALLOC(2 * sizeof(mp_int), NULL, DYNAMIC_TYPE_RSA);
    if (order == NULL) {
        return MEMORY_E;
    }
    mp_int *rest = order + 1;
    int ret = mp_init_multi(order, rest, NULL, NULL, NULL, NULL);
    if (ret == MP_OKAY) {
        ret = mp_sub_d(&key->p, 1, order);
        if (ret == MP_OKAY) {
            ret = mp_mod(&key->d, order, rest);
        }
        if (ret == MP_OKAY && mp_cmp(rest, &key->dP) != MP_EQ) {
            ret = ASN_RSA_KEY_E;
        }
        if (ret == MP_OKAY) {
            ret = mp_sub_d(&key->q, 1, order);
        }
        if (ret == MP_OKAY) {
            ret = mp_mod(&key->d, order, rest);
        }
        if (ret == MP_OKAY && mp_cmp(rest, &key->dQ) != MP_EQ) {
            ret = ASN_RSA_KEY_E;
        }
        mp_forcezero(order);
        mp_forcezero(rest);
    }
    XFREE(order, NULL, DYNAMIC_TYPE_RSA);
    return ret;
}

static int rsa_complete(const wolf_key_kind_t *kind, const uint8_t *secret, size_t secret_len,
    uint8_t *public, size_t *public_len) {
    (void)kind;
    wolf_span_t whole = { secret, secret_len };
    wolf_span_t in, version, n, e;
    if (!wolf_der_get(&whole, TAG_SEQUENCE, &in) || whole.len > 0
        || !wolf_der_get(&in, TAG_INTEGER, &version) || version.len != 1 || version.p[0] != 0) {
        return ASN_PARSE_E;
    }
    const uint8_t *numbers = in.p;
    if (!get_number(&in, &n) || !get_number(&in, &e) || !is_public(&n, &e)) {
        return ASN_RSA_KEY_E;
    }
    wolf_der_writer_t w = { public, public + *public_len, false };
    wolf_der_bytes(&w, numbers, in.p - numbers);
    wolf_der_header(&w, TAG_SEQUENCE, public + *public_len);
    if (w.full) {
        return BUFFER_E;
    }
    *public_len = public + *public_len - w.p;
    memmove(public, w.p, *public_len);

    WC_RNG rng;
    int ret = wc_InitRng(&rng);
    if (ret != 0) {
        return ret;
    }
    RsaKey *key = open_private(secret, secret_len, &rng, &ret);
    if (key != NULL) {
        ret = wc_CheckRsaKey(key);
        if (ret == 0) {
            ret = check_exponent(key);
        }
        close_key(key, &ret);
    }
    int freed = wc_FreeRng(&rng);
    return ret != 0 ? ret : freed;
}

static int rsa_check(const wolf_key_kind_t *kind, const uint8_t *public, size_t public_len) {
    (void)kind;
    wolf_span_t n, e;
    return get_public(public, public_len, &n, &e) ? 0 : ASN_RSA_KEY_E;
}

static const uint8_t rsa_algorithm[] = {
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
};

const wolf_key_kind_t wolf_kind_rsa = {
    &rsa_private_key_type, &rsa_public_key_type, rsa_algorithm, sizeof(rsa_algorithm), 0, 0,
    MP_QSTRnull, rsa_complete, rsa_check
};

static void rsa_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const wolf_key_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    wolf_span_t n, e;
    if (attr == MP_QSTR_key_size
        && get_public(wolf_key_public(self), self->public_len, &n, &e)) {
        size_t bits = 8 * n.len;
        for (uint8_t first = n.p[0]; first < 0x80; first <<= 1) {
            bits--;
        }
        dest[0] = MP_OBJ_NEW_SMALL_INT(bits);
    } else {
        // Continue lookup in locals_dict.
        dest[1] = MP_OBJ_SENTINEL;
    }
}

/******************************************************************************/
// Padding.

static int mgf_of(const wolf_param_t *hash) {
    switch (hash->number) {
        case WC_HASH_TYPE_SHA:
            return WC_MGF1SHA1;
        #ifdef WOLFSSL_SHA224
        case WC_HASH_TYPE_SHA224:
            return WC_MGF1SHA224;
        #endif
        case WC_HASH_TYPE_SHA256:
            return WC_MGF1SHA256;
        case WC_HASH_TYPE_SHA384:
            return WC_MGF1SHA384;
        case WC_HASH_TYPE_SHA512:
            return WC_MGF1SHA512;
        default:
            mp_raise_ValueError(MP_ERROR_TEXT("unsupported hash type"));
    }
}

// A padding for signatures.
static const wolf_param_t *get_padding(mp_obj_t obj) {
    const wolf_param_t *param = MP_OBJ_TO_PTR(obj);
    if (!mp_obj_is_exact_type(obj, &wolf_param_type)
        || (param->kind != WOLF_PARAM_PKCS1V15 && param->kind != WOLF_PARAM_PSS)) {
        mp_raise_TypeError(MP_ERROR_TEXT("wrong padding"));
    }
    return param;
}

static uint8_t *digest_info(const wolf_param_t *hash, const uint8_t *digest, uint8_t *buf,
    size_t *len) {
    *len = wc_EncodeSignature(buf, digest, hash->size,
        wc_HashGetOID((enum wc_HashType)hash->number));
    return buf;
}

// A salt's length for a key with so many bits. AUTO is the longest to sign with.
static int salt_len(const wolf_param_t *padding, const wolf_param_t *hash, int bits) {
    int longest = (bits + 6) / 8 - hash->size - 2;
    int len = padding->number;
    if (len == SALT_DIGEST) {
        len = hash->size;
    } else if (len < 0) {
        len = longest;
    }
    if (len > longest || longest < 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("salt_length"));
    }
    return len;
}

static int key_bits(const wolf_key_t *self) {
    mp_obj_t dest[2] = { MP_OBJ_NULL, MP_OBJ_NULL };
    wolf_key_check(self);
    rsa_attr(MP_OBJ_FROM_PTR(self), MP_QSTR_key_size, dest);
    return mp_obj_get_int(dest[0]);
}

/******************************************************************************/
// Private keys.

// sign(data, padding, algorithm)
static mp_obj_t rsa_sign(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    wolf_key_t *self = wolf_key_get(args[0], &rsa_private_key_type);
    const wolf_param_t *padding = get_padding(args[2]);
    uint8_t digest[WC_MAX_DIGEST_SIZE];
    const wolf_param_t *hash = wolf_digest(args[3], args[1], digest);
    vstr_t vstr;
    vstr_init_len(&vstr, modulus_len(self));
    wolf_key_check(self);
    uint8_t info[MAX_DIGEST_INFO];
    size_t info_len = 0;
    int mgf = 0;
    int salt = 0;
    if (padding->kind == WOLF_PARAM_PSS) {
        mgf = mgf_of(padding->mgf);
        salt = salt_len(padding, hash, key_bits(self));
    } else {
        // It allocates, and says nothing of that: no length is its only error.
        wolf_alloc_begin();
        digest_info(hash, digest, info, &info_len);
        if (info_len == 0) {
            wolf_raise_error(BAD_FUNC_ARG);
        }
    }
    WC_RNG rng;
    wolf_rng_begin(&rng);
    int ret;
    RsaKey *key = open_object(self, &rng, &ret);
    if (key != NULL) {
        ret = padding->kind == WOLF_PARAM_PSS
            ? wc_RsaPSS_Sign_ex(digest, hash->size, (byte *)vstr.buf, vstr.len,
            (enum wc_HashType)hash->number, mgf, salt, key, &rng)
            : wc_RsaSSL_Sign(info, info_len, (byte *)vstr.buf, vstr.len, key, &rng);
        close_key(key, &ret);
    }
    if (ret == (int)vstr.len) {
        ret = 0;
    } else if (ret >= 0) {
        ret = BUFFER_E;
    }
    wolf_rng_end(&rng, ret);
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(rsa_sign_obj, 4, 4, rsa_sign);

// What encrypt() and decrypt() take: a padding's arguments for wolfSSL.
typedef struct _cipher_t {
    int type;
    enum wc_HashType hash;
    int mgf;
    mp_buffer_info_t label;
} cipher_t;

static cipher_t get_cipher(mp_obj_t obj) {
    const wolf_param_t *param = MP_OBJ_TO_PTR(obj);
    cipher_t cipher = { WC_RSA_PKCSV15_PAD, WC_HASH_TYPE_NONE, WC_MGF1NONE, { NULL, 0, 0 } };
    if (mp_obj_is_exact_type(obj, &wolf_param_type) && param->kind == WOLF_PARAM_OAEP) {
        cipher.type = WC_RSA_OAEP_PAD;
        cipher.hash = (enum wc_HashType)((const wolf_param_t *)param->of)->number;
        cipher.mgf = mgf_of(param->mgf);
        if (param->label != MP_OBJ_NULL) {
            wolf_crypto_get(param->label, &cipher.label);
        }
    } else {
        wolf_param_get(obj, WOLF_PARAM_PKCS1V15);
    }
    return cipher;
}

// decrypt(ciphertext, padding)
static mp_obj_t rsa_decrypt(mp_obj_t self_in, mp_obj_t data_in, mp_obj_t padding) {
    wolf_key_t *self = wolf_key_get(self_in, &rsa_private_key_type);
    mp_buffer_info_t data;
    wolf_crypto_get(data_in, &data);
    cipher_t cipher = get_cipher(padding);
    size_t size = modulus_len(self);
    if (data.len != size) {
        mp_raise_ValueError(MP_ERROR_TEXT("length of the ciphertext"));
    }
    if (!is_representative(self, &data)) {
        mp_raise_ValueError(MP_ERROR_TEXT("Decryption failed"));
    }
    vstr_t vstr;
    vstr_init_len(&vstr, size);
    wolf_key_check(self);
    WC_RNG rng;
    wolf_rng_begin(&rng);
    int ret;
    RsaKey *key = open_object(self, &rng, &ret);
    if (key != NULL) {
        ret = wc_RsaPrivateDecrypt_ex(data.buf, data.len, (byte *)vstr.buf, vstr.len, key,
            cipher.type, cipher.hash, cipher.mgf, cipher.label.buf, cipher.label.len);
        close_key(key, &ret);
    }
    bool no_memory = ret == MEMORY_E || wolf_alloc_failed();
    wolf_rng_end(&rng, no_memory ? MEMORY_E : 0);
    if (ret < 0) {
        wolf_wipe(vstr.buf, size);
        mp_raise_ValueError(MP_ERROR_TEXT("Decryption failed"));
    }
    vstr.len = ret;
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_3(rsa_decrypt_obj, rsa_decrypt);

static const mp_rom_map_elem_t rsa_private_key_locals_dict_table[] = {
    WOLF_PRIVATE_KEY_ENTRIES
    { MP_ROM_QSTR(MP_QSTR_sign), MP_ROM_PTR(&rsa_sign_obj) },
    { MP_ROM_QSTR(MP_QSTR_decrypt), MP_ROM_PTR(&rsa_decrypt_obj) },
};
static MP_DEFINE_CONST_DICT(rsa_private_key_locals_dict, rsa_private_key_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    rsa_private_key_type,
    MP_QSTR_RSAPrivateKey,
    MP_TYPE_FLAG_NONE,
    attr, rsa_attr,
    locals_dict, &rsa_private_key_locals_dict
    );

/******************************************************************************/
// Public keys.

// Whether a signature is one, or an error of wolfSSL's. work has room for one.
static int verify(RsaKey *key, const mp_buffer_info_t *signature, const wolf_param_t *padding,
    const wolf_param_t *hash, const uint8_t *digest, int mgf, int salt, int bits, uint8_t *work) {
    if (padding->kind == WOLF_PARAM_PSS) {
        enum wc_HashType type = (enum wc_HashType)hash->number;
        int ret = wc_RsaPSS_Verify_ex(signature->buf, signature->len, work, signature->len, type,
            mgf, salt, key);
        if (ret >= 0) {
            ret = wc_RsaPSS_CheckPadding_ex(digest, hash->size, work, ret, type, salt, bits);
        }
        return ret;
    }
    uint8_t info[MAX_DIGEST_INFO];
    size_t info_len;
    digest_info(hash, digest, info, &info_len);
    int ret = wc_RsaSSL_Verify(signature->buf, signature->len, work, signature->len, key);
    if (ret >= 0) {
        ret = (size_t)ret == info_len && memcmp(work, info, info_len) == 0 ? 0 : RSA_PAD_E;
    }
    return ret;
}

// verify(signature, data, padding, algorithm)
static mp_obj_t rsa_verify(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    wolf_key_t *self = wolf_key_get(args[0], &rsa_public_key_type);
    mp_buffer_info_t signature;
    wolf_crypto_get(args[1], &signature);
    const wolf_param_t *padding = get_padding(args[3]);
    uint8_t digest[WC_MAX_DIGEST_SIZE];
    const wolf_param_t *hash = wolf_digest(args[4], args[2], digest);
    int ret = RSA_PAD_E;
    if (is_representative(self, &signature)) {
        int mgf = 0;
        int salt = 0;
        int bits = key_bits(self);
        if (padding->kind == WOLF_PARAM_PSS) {
            mgf = mgf_of(padding->mgf);
            salt = padding->number == SALT_AUTO ? RSA_PSS_SALT_LEN_DISCOVER
                : salt_len(padding, hash, bits);
        }
        uint8_t *work = m_new(uint8_t, signature.len);
        wolf_key_check(self);
        wolf_alloc_begin();
        RsaKey *key = open_object(self, NULL, &ret);
        if (key != NULL) {
            ret = verify(key, &signature, padding, hash, digest, mgf, salt, bits, work);
            close_key(key, &ret);
        }
        m_del(uint8_t, work, signature.len);
        if (ret == MEMORY_E || wolf_alloc_failed()) {
            wolf_raise_error(ret);
        }
    }
    if (ret != 0) {
        wolf_crypto_raise(&wolfcryptolib_InvalidSignature_type);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(rsa_verify_obj, 5, 5, rsa_verify);

// encrypt(plaintext, padding)
static mp_obj_t rsa_encrypt(mp_obj_t self_in, mp_obj_t data_in, mp_obj_t padding) {
    wolf_key_t *self = wolf_key_get(self_in, &rsa_public_key_type);
    mp_buffer_info_t data;
    wolf_crypto_get(data_in, &data);
    cipher_t cipher = get_cipher(padding);
    vstr_t vstr;
    vstr_init_len(&vstr, modulus_len(self));
    wolf_key_check(self);
    // What the padding takes: RFC 8017, sections 7.1.1 and 7.2.1.
    size_t overhead = cipher.type == WC_RSA_OAEP_PAD
        ? 2 * (size_t)wc_HashGetDigestSize(cipher.hash) + 2 : 11;
    // wolfSSL encrypts no empty message.
    if (data.len == 0 || data.len + overhead > vstr.len) {
        mp_raise_ValueError(MP_ERROR_TEXT("Encryption failed"));
    }
    WC_RNG rng;
    wolf_rng_begin(&rng);
    int ret;
    RsaKey *key = open_object(self, &rng, &ret);
    if (key != NULL) {
        ret = wc_RsaPublicEncrypt_ex(data.buf, data.len, (byte *)vstr.buf, vstr.len, key, &rng,
            cipher.type, cipher.hash, cipher.mgf, cipher.label.buf, cipher.label.len);
        close_key(key, &ret);
    }
    if (ret == (int)vstr.len) {
        ret = 0;
    } else if (ret >= 0) {
        ret = BUFFER_E;
    }
    wolf_rng_end(&rng, ret);
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_3(rsa_encrypt_obj, rsa_encrypt);

static const mp_rom_map_elem_t rsa_public_key_locals_dict_table[] = {
    WOLF_PUBLIC_KEY_ENTRIES
    { MP_ROM_QSTR(MP_QSTR_verify), MP_ROM_PTR(&rsa_verify_obj) },
    { MP_ROM_QSTR(MP_QSTR_encrypt), MP_ROM_PTR(&rsa_encrypt_obj) },
};
static MP_DEFINE_CONST_DICT(rsa_public_key_locals_dict, rsa_public_key_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    rsa_public_key_type,
    MP_QSTR_RSAPublicKey,
    MP_TYPE_FLAG_NONE,
    attr, rsa_attr,
    locals_dict, &rsa_public_key_locals_dict
    );

/******************************************************************************/
// The modules.

// generate_private_key(public_exponent, key_size)
static mp_obj_t rsa_generate_private_key(size_t n_args, const mp_obj_t *pos_args,
    mp_map_t *kw_args) {
    enum { ARG_public_exponent, ARG_key_size };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_public_exponent, MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_key_size, MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    mp_int_t e = args[ARG_public_exponent].u_int;
    mp_int_t bits = args[ARG_key_size].u_int;
    if (e != 3 && e != 65537) {
        mp_raise_ValueError(MP_ERROR_TEXT("public_exponent"));
    }
    if (bits < MAX(8 * MIN_BYTES, RSA_MIN_SIZE) || bits > 8 * MAX_BYTES || bits % 8 != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("key_size"));
    }
    // Nine numbers: n and d have its length, five others half of it.
    size_t size = bits / 8 * 5 + 64;
    uint8_t *der = m_new(uint8_t, size);
    WC_RNG rng;
    wolf_rng_begin(&rng);
    int ret;
    RsaKey *key = new_key(&ret);
    if (key != NULL) {
        ret = wc_MakeRsaKey(key, bits, e, &rng);
        if (ret == 0) {
            ret = wc_RsaKeyToDer(key, der, size);
        }
        close_key(key, &ret);
    }
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        wolf_rng_end(&rng, ret < 0 ? ret : 0);
        mp_obj_t made = wolf_key_from_secret(&wolf_kind_rsa, der, ret);
        nlr_pop();
        wolf_wipe(der, size);
        m_del(uint8_t, der, size);
        return made;
    }
    wolf_wipe(der, size);
    nlr_jump(nlr.ret_val);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(rsa_generate_private_key_obj, 0, rsa_generate_private_key);

static const mp_rom_map_elem_t rsa_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_rsa) },
    { MP_ROM_QSTR(MP_QSTR_RSAPrivateKey), MP_ROM_PTR(&rsa_private_key_type) },
    { MP_ROM_QSTR(MP_QSTR_RSAPublicKey), MP_ROM_PTR(&rsa_public_key_type) },
    { MP_ROM_QSTR(MP_QSTR_generate_private_key), MP_ROM_PTR(&rsa_generate_private_key_obj) },
};
static MP_DEFINE_CONST_DICT(rsa_globals, rsa_globals_table);

const mp_obj_module_t wolfcryptolib_rsa_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&rsa_globals,
};

static const wolf_param_t param_pkcs1v15 = {
    { &wolf_param_type }, WOLF_PARAM_PKCS1V15, 0, 0, MP_QSTRnull, NULL, NULL, MP_OBJ_NULL
};

// MGF1(algorithm)
static mp_obj_t padding_mgf1(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_algorithm, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    return MP_OBJ_FROM_PTR(wolf_param_new(WOLF_PARAM_MGF1, args[0].u_obj));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(padding_mgf1_obj, 0, padding_mgf1);

// OAEP(mgf, algorithm, label)
static mp_obj_t padding_oaep(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_mgf, ARG_algorithm, ARG_label };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_mgf, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_algorithm, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_label, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    const wolf_param_t *mgf = wolf_param_get(args[ARG_mgf].u_obj, WOLF_PARAM_MGF1);
    wolf_param_t *self = wolf_param_new(WOLF_PARAM_OAEP, args[ARG_algorithm].u_obj);
    self->mgf = mgf->of;
    if (args[ARG_label].u_obj != mp_const_none) {
        mp_buffer_info_t label;
        wolf_crypto_get(args[ARG_label].u_obj, &label);
        self->label = label.len == 0 ? MP_OBJ_NULL : mp_obj_new_bytes(label.buf, label.len);
    }
    return MP_OBJ_FROM_PTR(self);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(padding_oaep_obj, 0, padding_oaep);

// PSS(mgf, salt_length)
static mp_obj_t padding_pss_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *pos_args) {
    (void)type;
    enum { ARG_mgf, ARG_salt_length };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_mgf, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_salt_length, MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all_kw_array(n_args, n_kw, pos_args, MP_ARRAY_SIZE(allowed_args), allowed_args,
        args);
    const wolf_param_t *mgf = wolf_param_get(args[ARG_mgf].u_obj, WOLF_PARAM_MGF1);
    mp_int_t salt = args[ARG_salt_length].u_int;
    if (salt < SALT_DIGEST || salt > MAX_BYTES) {
        mp_raise_ValueError(MP_ERROR_TEXT("salt_length"));
    }
    wolf_param_t *self = wolf_param_new(WOLF_PARAM_PSS, MP_OBJ_FROM_PTR(mgf->of));
    self->mgf = mgf->of;
    self->number = salt;
    return MP_OBJ_FROM_PTR(self);
}

static const mp_rom_map_elem_t padding_pss_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_MAX_LENGTH), MP_ROM_INT(SALT_MAX) },
    { MP_ROM_QSTR(MP_QSTR_AUTO), MP_ROM_INT(SALT_AUTO) },
    { MP_ROM_QSTR(MP_QSTR_DIGEST_LENGTH), MP_ROM_INT(SALT_DIGEST) },
};
static MP_DEFINE_CONST_DICT(padding_pss_locals_dict, padding_pss_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    padding_pss_type,
    MP_QSTR_PSS,
    MP_TYPE_FLAG_NONE,
    make_new, padding_pss_make_new,
    locals_dict, &padding_pss_locals_dict
    );

static const mp_rom_map_elem_t padding_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_padding) },
    { MP_ROM_QSTR(MP_QSTR_PKCS1v15), MP_ROM_PTR(&param_pkcs1v15) },
    { MP_ROM_QSTR(MP_QSTR_PSS), MP_ROM_PTR(&padding_pss_type) },
    { MP_ROM_QSTR(MP_QSTR_OAEP), MP_ROM_PTR(&padding_oaep_obj) },
    { MP_ROM_QSTR(MP_QSTR_MGF1), MP_ROM_PTR(&padding_mgf1_obj) },
};
static MP_DEFINE_CONST_DICT(padding_globals, padding_globals_table);

const mp_obj_module_t wolfcryptolib_padding_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&padding_globals,
};

#endif // MICROPY_WOLFCRYPTOLIB_RSA
