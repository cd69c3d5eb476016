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

// What the classes of wolfcryptolib share.

#include "wolf_crypto.h"

#include <string.h>

#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/random.h>

#define EXCEPTION(name_, base) \
    MP_DEFINE_CONST_OBJ_TYPE( \
    wolfcryptolib_##name_##_type, \
    MP_QSTR_##name_, \
    MP_TYPE_FLAG_NONE, \
    make_new, mp_obj_exception_make_new, \
    print, mp_obj_exception_print, \
    attr, mp_obj_exception_attr, \
    parent, &mp_type_##base \
    );

#if WOLF_CRYPTO_AEAD
EXCEPTION(InvalidTag, Exception)
#endif
#if MICROPY_WOLFCRYPTOLIB_CMAC || WOLF_CRYPTO_KEYS
EXCEPTION(InvalidSignature, Exception)
#endif
#if MICROPY_WOLFCRYPTOLIB_CMAC
EXCEPTION(AlreadyFinalized, Exception)
#endif
#if MICROPY_WOLFCRYPTOLIB_KEYWRAP
EXCEPTION(InvalidUnwrap, Exception)
#endif
#if MICROPY_WOLFCRYPTOLIB_X509
EXCEPTION(ExtensionNotFound, Exception)
#endif

MP_NORETURN void wolf_crypto_raise(const mp_obj_type_t *type) {
    nlr_raise(mp_obj_new_exception(type));
}

void wolf_crypto_check(int ret) {
    if (ret != 0) {
        wolf_raise_error(ret);
    }
}

void wolf_crypto_get(mp_obj_t obj, mp_buffer_info_t *bufinfo) {
    static const uint8_t nothing[1];
    if (mp_obj_is_str(obj)) {
        mp_raise_TypeError(MP_ERROR_TEXT("expected bytes, not str"));
    }
    mp_get_buffer_raise(obj, bufinfo, MP_BUFFER_READ);
    if (bufinfo->len > WOLF_CHUNK) {
        mp_raise_msg(&mp_type_OverflowError, MP_ERROR_TEXT("too long"));
    }
    if (bufinfo->len == 0) {
        bufinfo->buf = (void *)nothing;
    }
}

bool wolf_crypto_is_aes_key(size_t len) {
    #ifndef NO_AES_192
    if (len == 24) {
        return true;
    }
    #endif
    return len == 16 || len == 32;
}

bool wolf_crypto_equal(const uint8_t *a, const uint8_t *b, size_t len) {
    volatile uint8_t differ = 0;
    for (size_t i = 0; i < len; i++) {
        differ |= a[i] ^ b[i];
    }
    return differ == 0;
}

mp_obj_t wolf_crypto_random(size_t len) {
    vstr_t vstr;
    vstr_init_len(&vstr, len);
    WC_RNG rng;
    wolf_alloc_begin();
    wolf_crypto_check(wc_InitRng(&rng));
    int ret = 0;
    for (size_t pos = 0; ret == 0 && pos < len;) {
        // NOTE(mpwolf): more at once is BAD_FUNC_ARG.
        size_t n = MIN(len - pos, RNG_MAX_BLOCK_LEN);
        ret = wc_RNG_GenerateBlock(&rng, (byte *)vstr.buf + pos, n);
        pos += n;
    }
    int freed = wc_FreeRng(&rng);
    if (ret != 0 || freed != 0) {
        wolf_wipe(vstr.buf, vstr.len);
        wolf_raise_error(ret != 0 ? ret : freed);
    }
    return mp_obj_new_bytes_from_vstr(&vstr);
}

#if MICROPY_WOLFCRYPTOLIB_URANDOM
// urandom(n): bytes of wolfSSL's generator
static mp_obj_t wolfcryptolib_urandom(mp_obj_t n_in) {
    mp_int_t n = mp_obj_get_int(n_in);
    if (n < 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("n"));
    }
    return wolf_crypto_random(n);
}
MP_DEFINE_CONST_FUN_OBJ_1(wolfcryptolib_urandom_obj, wolfcryptolib_urandom);
#endif
