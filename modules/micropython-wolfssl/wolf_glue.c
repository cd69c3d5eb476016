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
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#if MICROPY_MULTIPLE_INHERITANCE
// The exception for a refused peer certificate is an OSError with wolfSSL's number and text, and
// also a ValueError, which the built-in raises from MicroPython 1.22 on.
static const mp_rom_obj_tuple_t wolf_cert_error_bases = {
    {&mp_type_tuple}, 2, {MP_ROM_PTR(&mp_type_OSError), MP_ROM_PTR(&mp_type_ValueError)}
};

static MP_DEFINE_CONST_OBJ_TYPE(
    wolf_cert_error_type,
    MP_QSTR_OSError,
    MP_TYPE_FLAG_NONE,
    make_new, mp_obj_exception_make_new,
    print, mp_obj_exception_print,
    attr, mp_obj_exception_attr,
    parent, &wolf_cert_error_bases
    );
#endif

#if MICROPY_MULTIPLE_INHERITANCE || defined(NO_ERROR_STRINGS)
static bool is_cert_error(int err) {
    switch (err) {
        case ASN_BEFORE_DATE_E:
        case ASN_AFTER_DATE_E:
        case ASN_SIG_OID_E:
        case ASN_SIG_KEY_E:
        case ASN_SIG_HASH_E:
        case ASN_SIG_CONFIRM_E:
        case ASN_NO_SIGNER_E:
        case ASN_SELF_SIGNED_E:
        case ASN_PATHLEN_SIZE_E:
        case ASN_PATHLEN_INV_E:
        case ASN_NAME_INVALID_E:
        case ASN_CRIT_EXT_E:
        case KEYUSAGE_E:
        case EXTKEYUSAGE_E:
        case EXTKEYUSE_AUTH_E:
        case KEYUSE_SIGNATURE_E:
        case KEYUSE_ENCIPHER_E:
        case DOMAIN_NAME_MISMATCH:
        case IPADDR_MISMATCH:
        case VERIFY_CERT_ERROR:
        case VERIFY_SIGN_ERROR:
        case NOT_CA_ERROR:
        case MAX_CHAIN_ERROR:
        case RSA_KEY_SIZE_E:
        case ECC_KEY_SIZE_E:
        case OCSP_CERT_REVOKED:
        case OCSP_CERT_UNKNOWN:
        case BAD_CERTIFICATE_STATUS_ERROR:
            return true;
        default:
            return false;
    }
}
#endif

// Whether err is about the date of a certificate and the clock was never set: the port's clock
// then returns 0.
static bool is_clock_error(int err) {
    #ifdef USER_TIME
    return (err == ASN_BEFORE_DATE_E || err == ASN_AFTER_DATE_E || err == ASN_DATE_SZ_E)
           && XTIME(NULL) == 0;
    #else
    (void)err;
    return false;
    #endif
}

// How much of wolfSSL's text and of a certificate's common name is shown.
#define MAX_BASE (80)
#define MAX_NAME (64)

static const MP_DEFINE_STR_OBJ(clock_text, "the clock is not set");
static const MP_DEFINE_STR_OBJ(pin_text, "certificate not pinned");

#ifdef HAVE_CERTIFICATE_STATUS_REQUEST
static const MP_DEFINE_STR_OBJ(ocsp_revoked_text, "certificate revoked");
static const MP_DEFINE_STR_OBJ(ocsp_unknown_text, "certificate unknown to its OCSP responder");
static const MP_DEFINE_STR_OBJ(ocsp_invalid_text, "OCSP response malformed or not valid now");
static const MP_DEFINE_STR_OBJ(ocsp_signer_text, "OCSP response not signed for the issuer");
static const MP_DEFINE_STR_OBJ(ocsp_other_text, "OCSP response for another certificate");
static const MP_DEFINE_STR_OBJ(ocsp_date_text, "OCSP response not valid now");
static const MP_DEFINE_STR_OBJ(ocsp_missing_text, "no OCSP response from the server");

// What is wrong with a certificate's status.
static const mp_obj_str_t *ocsp_text(int err) {
    switch (err) {
        case OCSP_CERT_REVOKED:
            return &ocsp_revoked_text;
        case OCSP_CERT_UNKNOWN:
            return &ocsp_unknown_text;
        case WOLF_OCSP_INVALID:
        case BAD_CERTIFICATE_STATUS_ERROR:
            return &ocsp_invalid_text;
        case WOLF_OCSP_SIGNER:
            return &ocsp_signer_text;
        case WOLF_OCSP_OTHER:
            return &ocsp_other_text;
        case WOLF_OCSP_DATE:
            return &ocsp_date_text;
        case WOLF_OCSP_MISSING:
            return &ocsp_missing_text;
        default:
            return NULL;
    }
}
#endif

#ifdef NO_ERROR_STRINGS
// If the settings leave out wolfSSL's texts: those for errors that a firmware's user can do
// something about.
static const struct {
    int err;
    mp_obj_str_t text;
} error_texts[] = {
    #define TEXT(err, text) { err, { { &mp_type_str }, 0, sizeof(text) - 1, (const byte *)text } }
    TEXT(ASN_BEFORE_DATE_E, "certificate not valid yet"),
    TEXT(ASN_AFTER_DATE_E, "certificate expired"),
    TEXT(ASN_NO_SIGNER_E, "certificate issuer unknown"),
    TEXT(ASN_SELF_SIGNED_E, "self-signed certificate"),
    TEXT(ASN_SIG_CONFIRM_E, "certificate signature"),
    TEXT(ASN_SIG_HASH_E, "certificate signature with an unsupported hash"),
    TEXT(ASN_SIG_KEY_E, "certificate signature with an unsupported key"),
    TEXT(ASN_SIG_OID_E, "certificate signature with an unsupported algorithm"),
    TEXT(DOMAIN_NAME_MISMATCH, "hostname mismatch"),
    TEXT(IPADDR_MISMATCH, "IP address mismatch"),
    TEXT(VERIFY_CERT_ERROR, "certificate refused"),
    TEXT(NO_PEER_CERT, "no peer certificate"),
    TEXT(NOT_CA_ERROR, "issuer is no CA"),
    TEXT(RSA_KEY_SIZE_E, "key too short"),
    TEXT(ECC_KEY_SIZE_E, "key too short"),
    TEXT(FATAL_ERROR, "fatal alert from peer"),
    TEXT(VERSION_ERROR, "TLS version"),
    TEXT(BUFFER_ERROR, "malformed message"),
    TEXT(MATCH_SUITE_ERROR, "no common cipher suite"),
    TEXT(SOCKET_PEER_CLOSED_E, "connection closed"),
    TEXT(RNG_FAILURE_E, "random number generator"),
#undef TEXT
};
#endif

#if WOLF_MP_AT_LEAST(26)
// Not wolfSSL's, but what programs look for, see modwolfssl.c.
static const MP_DEFINE_STR_OBJ(hello_verify_text, "MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED");
#endif

mp_obj_t wolf_new_text(const char *from, size_t len) {
    mp_obj_str_t *text = m_new_obj_maybe(mp_obj_str_t);
    byte *data = m_new_maybe(byte, len + 1);
    if (text == NULL || data == NULL) {
        return MP_OBJ_NULL;
    }
    memcpy(data, from, len);
    data[len] = 0;
    text->base.type = &mp_type_str;
    text->data = data;
    text->len = len;
    text->hash = qstr_compute_hash(data, len);
    return MP_OBJ_FROM_PTR(text);
}

mp_obj_t wolf_error_text(int err) {
    if (is_clock_error(err)) {
        return MP_OBJ_FROM_PTR(&clock_text);
    }
    if (err == WOLF_PIN_MISMATCH) {
        return MP_OBJ_FROM_PTR(&pin_text);
    }
    #ifdef HAVE_CERTIFICATE_STATUS_REQUEST
    const mp_obj_str_t *about_status = ocsp_text(err);
    if (about_status != NULL) {
        return MP_OBJ_FROM_PTR(about_status);
    }
    #endif
    #if WOLF_MP_AT_LEAST(26)
    if (err == WOLF_HELLO_VERIFY_REQUIRED) {
        return MP_OBJ_FROM_PTR(&hello_verify_text);
    }
    #endif
    #ifdef NO_ERROR_STRINGS
    for (size_t i = 0; i < MP_ARRAY_SIZE(error_texts); ++i) {
        if (error_texts[i].err == err) {
            return MP_OBJ_FROM_PTR(&error_texts[i].text);
        }
    }
    return is_cert_error(err) ? wolf_error_text(VERIFY_CERT_ERROR) : MP_OBJ_NULL;
    #else
    char text[WOLFSSL_MAX_ERROR_SZ];
    wolfSSL_ERR_error_string((unsigned long)err, text);
    return wolf_new_text(text, strlen(text));
    #endif
}

void wolf_wipe(void *ptr, size_t len) {
    volatile uint8_t *p = ptr;
    while (len-- > 0) {
        *p++ = 0;
    }
}

mp_obj_t wolf_cert_error_text(int err, size_t depth, const uint8_t *name, size_t name_len) {
    mp_obj_t base_obj = wolf_error_text(err);
    if (base_obj == MP_OBJ_NULL || is_clock_error(err)) {
        return base_obj; // an unset clock is not the certificate's fault
    }
    size_t base_len;
    const char *base = mp_obj_str_get_data(base_obj, &base_len);
    name_len = MIN(name_len, MAX_NAME);
    char data[MAX_BASE + sizeof(" (depth 00, CN )") + MAX_NAME];
    base_len = MIN(base_len, MAX_BASE);
    memcpy(data, base, base_len);
    char *p = data + base_len;
    memcpy(p, " (depth ", 8);
    p += 8;
    if (depth > 9) {
        *p++ = '0' + depth / 10 % 10;
    }
    *p++ = '0' + depth % 10;
    if (name_len > 0) {
        memcpy(p, ", CN ", 5);
        p += 5;
        // The peer chose the name: escape it, so that it is harmless wherever it is shown.
        for (size_t i = 0; i < name_len; ++i) {
            *p++ = name[i] >= ' ' && name[i] < 0x7f ? name[i] : '?';
        }
    }
    *p++ = ')';
    return wolf_new_text(data, p - data);
}

MP_NORETURN void wolf_raise_error(int err) {
    wolf_raise_error_text(err, MP_OBJ_NULL);
}

MP_NORETURN void wolf_raise_error_text(int err, mp_obj_t text) {
    if (err == MEMORY_E || err == MEMORY_ERROR || wolf_alloc_failed()) {
        mp_raise_OSError(MP_ENOMEM);
    }

    const mp_obj_type_t *type = &mp_type_OSError;
    #if MICROPY_MULTIPLE_INHERITANCE
    if (is_cert_error(err)) {
        type = &wolf_cert_error_type;
    }
    #endif

    mp_obj_t args[2] = {
        MP_OBJ_NEW_SMALL_INT(err), text != MP_OBJ_NULL ? text : wolf_error_text(err)
    };
    size_t n_args = args[1] == MP_OBJ_NULL ? 1 : 2;
    nlr_raise(mp_obj_exception_make_new(type, n_args, 0, args));
}
