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

#include "wolf_reason.h"

#include <string.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

// Each name begins with its code, and ends with a NUL.
static const char alert_names[] =
    "\x0a" "unexpected_message\0"
    "\x14" "bad_record_mac\0"
    "\x16" "record_overflow\0"
    "\x28" "handshake_failure\0"
    "\x2a" "bad_certificate\0"
    "\x2b" "unsupported_certificate\0"
    "\x2c" "certificate_revoked\0"
    "\x2d" "certificate_expired\0"
    "\x2e" "certificate_unknown\0"
    "\x2f" "illegal_parameter\0"
    "\x30" "unknown_ca\0"
    "\x31" "access_denied\0"
    "\x32" "decode_error\0"
    "\x33" "decrypt_error\0"
    "\x46" "protocol_version\0"
    "\x47" "insufficient_security\0"
    "\x50" "internal_error\0"
    "\x56" "inappropriate_fallback\0"
    "\x5a" "user_canceled\0"
    "\x64" "no_renegotiation\0"
    "\x6d" "missing_extension\0"
    "\x6e" "unsupported_extension\0"
    "\x70" "unrecognized_name\0"
    "\x71" "bad_certificate_status_response\0"
    "\x73" "unknown_psk_identity\0"
    "\x74" "certificate_required\0"
    "\x78" "no_application_protocol\0";

const char *wolf_alert_name(int code) {
    for (const char *p = alert_names; *p != 0; p += strlen(p) + 1) {
        if (*p == code) {
            return p + 1;
        }
    }
    return NULL;
}

/******************************************************************************/
// The text.

typedef struct _text_t {
    char *buf;
    size_t size;
    size_t len;
} text_t;

static void add(text_t *text, const char *s) {
    size_t len = strlen(s);
    if (len > text->size - 1 - text->len) {
        len = text->size - 1 - text->len;
    }
    memcpy(text->buf + text->len, s, len);
    text->len += len;
}

static void add_number(text_t *text, unsigned int n) {
    char digits[4] = { '0' + n / 100 % 10, '0' + n / 10 % 10, '0' + n % 10, 0 };
    add(text, digits + (n < 10 ? 2 : n < 100 ? 1 : 0));
}

static void add_alert(text_t *text, int code) {
    const char *name = wolf_alert_name(code);
    add(text, "alert from the peer: ");
    if (name != NULL) {
        add(text, name);
    } else {
        add_number(text, code);
    }
}

static bool has_psk(const wolf_reason_t *reason) {
    return reason->suite != NULL && strstr(reason->suite, "PSK") != NULL;
}

// Our own words for what a handshake can fail to agree on, or NULL.
static const char *words_for(const wolf_reason_t *reason) {
    switch (reason->err) {
        case VERSION_ERROR:
            return "no shared version";
        case MATCH_SUITE_ERROR:
        case UNSUPPORTED_SUITE:
            return reason->no_version ? "no shared version"
                : reason->no_group ? "no shared curve"
                : reason->suite != NULL ? "no shared signature algorithm"
                : "no shared cipher suite";
        case BAD_KEY_SHARE_DATA:
            return reason->no_group ? "no shared curve" : NULL;
        case ECC_CURVE_ERROR:
        case ECC_CURVETYPE_ERROR:
            return "no shared curve";
        case UNKNOWN_ALPN_PROTOCOL_NAME_E:
            return "no shared ALPN protocol";
        case PSK_KEY_ERROR:
            return reason->certificate ? "a certificate instead of a pre-shared key"
                : "no pre-shared key for this identity";
        #if defined(WOLFSSL_TLS13) && !defined(NO_PSK)
        case NO_CERT_ERROR: // which a server with pre-shared keys does not have
            return reason->psk_only ? "no pre-shared key from the client" : NULL;
        case BAD_BINDER:
            return "the pre-shared keys differ";
        #endif
        case VERIFY_MAC_ERROR:
        case DECRYPT_ERROR:
        case VERIFY_FINISHED_ERROR:
            return has_psk(reason) ? "the pre-shared keys differ" : NULL;
        default:
            return NULL;
    }
}

size_t wolf_reason_text(const wolf_reason_t *reason, char *buf, size_t size) {
    text_t text = { buf, size, 0 };
    if (reason->alert != WOLF_ALERT_NONE) {
        add_alert(&text, reason->alert);
        if (has_psk(reason)
            && (reason->alert == bad_record_mac || reason->alert == decrypt_error)) {
            add(&text, ", the pre-shared keys may differ");
        }
    } else {
        const char *words = words_for(reason);
        if (words == NULL) {
            words = reason->text;
        }
        if (words == NULL) {
            return 0;
        }
        add(&text, words);
    }
    // A client reads the suite before it refuses the version.
    if (reason->suite != NULL && reason->err != VERSION_ERROR) {
        add(&text, " (agreed on ");
        add(&text, reason->version);
        add(&text, ", ");
        add(&text, reason->suite);
    } else {
        // The versions' names sort like the versions. Pre-shared keys and cipher suites can
        // exclude what minimum_version asks for.
        int order = strcmp(reason->newest, reason->oldest);
        add(&text, " (nothing agreed on; ours is ");
        add(&text, order < 0 ? "none" : reason->oldest);
        if (order > 0) {
            add(&text, " to ");
            add(&text, reason->newest);
        }
    }
    add(&text, ")");
    buf[text.len] = 0;
    return text.len;
}

/******************************************************************************/
// The client's hello.

// Its groups that are in the settings.
static const uint16_t our_groups[] = {
    #if defined(HAVE_ECC) && !defined(NO_ECC256)
    WOLFSSL_ECC_SECP256R1,
    #endif
    #if defined(HAVE_ECC) && (defined(HAVE_ECC384) || defined(HAVE_ALL_CURVES))
    WOLFSSL_ECC_SECP384R1,
    #endif
    #if defined(HAVE_ECC) && (defined(HAVE_ECC521) || defined(HAVE_ALL_CURVES))
    WOLFSSL_ECC_SECP521R1,
    #endif
    #ifdef HAVE_CURVE25519
    WOLFSSL_ECC_X25519,
    #endif
    #if defined(WOLFSSL_HAVE_MLKEM) && defined(WOLFSSL_PQC_HYBRIDS) && defined(HAVE_CURVE25519)
    WOLFSSL_X25519MLKEM768,
    #endif
    0 // there is no such group
};

typedef struct _input_t {
    const uint8_t *p;
    size_t len;
} input_t;

// Take a number of width bytes from the input.
static bool take_number(input_t *in, size_t width, size_t *n) {
    if (in->len < width) {
        return false;
    }
    *n = 0;
    for (; width > 0; --width) {
        *n = *n << 8 | *in->p++;
        --in->len;
    }
    return true;
}

static bool take(input_t *in, size_t len, input_t *out) {
    if (in->len < len) {
        return false;
    }
    out->p = in->p;
    out->len = len;
    in->p += len;
    in->len -= len;
    return true;
}

// Take a vector, whose length comes first in width bytes.
static bool take_vector(input_t *in, size_t width, input_t *out) {
    size_t len;
    return take_number(in, width, &len) && take(in, len, out);
}

static bool lacks_group(input_t groups) {
    size_t group;
    while (take_number(&groups, 2, &group)) {
        for (size_t i = 0; our_groups[i] != 0; ++i) {
            if (our_groups[i] == group) {
                return false;
            }
        }
    }
    return true;
}

// The versions in an extension supported_versions.
static void read_versions(input_t list, wolf_hello_t *out) {
    size_t version;
    out->tls12 = false;
    while (take_number(&list, 2, &version)) {
        out->tls12 = out->tls12 || version == 0x0303;
        out->tls13 = out->tls13 || version == 0x0304;
    }
}

bool wolf_hello_read(const uint8_t *record, size_t len, wolf_hello_t *out) {
    const size_t handshake = 22, client_hello = 1, supported_groups = 10, supported_versions = 43;
    input_t in = { record, len }, hello, skipped, extensions, extension, list;
    size_t type, version;
    memset(out, 0, sizeof(*out));
    if (!take_number(&in, 1, &type) || type != handshake || !take(&in, 2, &skipped)
        || !take_vector(&in, 2, &hello) || !take_number(&hello, 1, &type)
        || type != client_hello || !take_vector(&hello, 3, &in)) {
        return false;
    }
    // Version and random, session ID, cipher suites, compression.
    if (!take_number(&in, 2, &version) || !take(&in, 32, &skipped)
        || !take_vector(&in, 1, &skipped) || !take_vector(&in, 2, &skipped)
        || !take_vector(&in, 1, &skipped)) {
        return false;
    }
    out->tls12 = version >= 0x0303;
    if (!take_vector(&in, 2, &extensions)) {
        return in.len == 0;
    }
    while (take_number(&extensions, 2, &type) && take_vector(&extensions, 2, &extension)) {
        if (type == supported_groups && take_vector(&extension, 2, &list)) {
            out->no_group = lacks_group(list);
        } else if (type == supported_versions && take_vector(&extension, 1, &list)) {
            read_versions(list, out);
        }
    }
    return true;
}
