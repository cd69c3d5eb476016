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

#include "wolf_x509.h"
#include "wolf_der.h"

#include <string.h>

// GeneralName, RFC 5280, section 4.2.1.6.
#define NAME_EMAIL TAG_CONTEXT(1)
#define NAME_DNS TAG_CONTEXT(2)
#define NAME_DIRECTORY TAG_EXPLICIT(4)
#define NAME_URI TAG_CONTEXT(6)
#define NAME_IP TAG_CONTEXT(7)

/******************************************************************************/
// DER.

bool wolf_der_get(wolf_span_t *in, uint8_t tag, wolf_span_t *out) {
    const uint8_t *p = in->p;
    size_t left = in->len;
    if (left < 2 || p[0] != tag) {
        return false;
    }
    size_t len = p[1];
    p += 2;
    left -= 2;
    if (len >= 0x80) {
        size_t n = len & 0x7f;
        // Three bytes are enough for the length of anything that fits into a record.
        if (n == 0 || n > 3 || n > left || p[0] == 0) {
            return false;
        }
        len = 0;
        for (left -= n; n > 0; --n) {
            len = len << 8 | *p++;
        }
        if (len < 0x80) {
            return false;
        }
    }
    if (len > left) {
        return false;
    }
    out->p = p;
    out->len = len;
    in->p = p + len;
    in->len = left - len;
    return true;
}

// The tag of the next element, or 0 at the end.
static uint8_t next_tag(const wolf_span_t *in) {
    return in->len > 0 ? in->p[0] : 0;
}

// The next element, whatever it is.
static bool get_any(wolf_span_t *in, uint8_t *tag, wolf_span_t *out) {
    *tag = next_tag(in);
    return wolf_der_get(in, *tag, out);
}

static bool is_bytes(const wolf_span_t *span, const void *bytes, size_t len) {
    return span->len == len && memcmp(span->p, bytes, len) == 0;
}

static bool get_boolean(wolf_span_t *in, bool *value) {
    wolf_span_t span;
    if (!wolf_der_get(in, TAG_BOOLEAN, &span) || span.len != 1) {
        return false;
    }
    *value = span.p[0] != 0;
    return true;
}

static bool digits(const uint8_t **p, int n, int *value) {
    *value = 0;
    for (; n > 0; --n, ++*p) {
        if (**p < '0' || **p > '9') {
            return false;
        }
        *value = *value * 10 + (**p - '0');
    }
    return true;
}

bool wolf_der_get_time(wolf_span_t *in, int64_t *seconds) {
    uint8_t tag;
    wolf_span_t span;
    if (!get_any(in, &tag, &span)) {
        return false;
    }
    const uint8_t *p = span.p;
    int year, month, day, hour, minute, second;
    if (tag == TAG_UTC_TIME && span.len == 13) {
        if (!digits(&p, 2, &year)) {
            return false;
        }
        year += year < 50 ? 2000 : 1900;
    } else if (tag != TAG_GENERALIZED_TIME || span.len != 15 || !digits(&p, 4, &year)) {
        return false;
    }
    if (!digits(&p, 2, &month) || !digits(&p, 2, &day) || !digits(&p, 2, &hour)
        || !digits(&p, 2, &minute) || !digits(&p, 2, &second) || *p != 'Z') {
        return false;
    }
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int last_day = month == 2 ? 28 + leap : 30 + ((month + month / 8) & 1);
    if (month < 1 || month > 12 || day < 1 || day > last_day || hour > 23 || minute > 59
        || second > 59) {
        return false;
    }
    // Days since 1 March of the year 0: the leap day is the last one of such a year.
    if (month < 3) {
        month += 12;
        --year;
    }
    int64_t days = 365 * (int64_t)year + year / 4 - year / 100 + year / 400 + (153 * month - 457)
        / 5 + day - 307;
    *seconds = ((days - 719162) * 24 + hour) * 3600 + minute * 60 + second;
    return true;
}

/******************************************************************************/
// Certificates.

static bool read_key_usage(wolf_cert_t *cert, wolf_span_t value) {
    wolf_span_t bits;
    if (!wolf_der_get(&value, TAG_BIT_STRING, &bits) || value.len != 0 || bits.len < 1
        || bits.p[0] > 7) {
        return false;
    }
    cert->key_usage = bits.len > 1 ? bits.p[1] : 0;
    return true;
}

static bool read_basic_constraints(wolf_cert_t *cert, wolf_span_t value) {
    wolf_span_t seq, number;
    if (!wolf_der_get(&value, TAG_SEQUENCE, &seq) || value.len != 0) {
        return false;
    }
    if (next_tag(&seq) == TAG_BOOLEAN && !get_boolean(&seq, &cert->is_ca)) {
        return false;
    }
    if (seq.len > 0) {
        if (!wolf_der_get(&seq, TAG_INTEGER, &number) || seq.len != 0 || number.len < 1
            || (number.p[0] & 0x80)) {
            return false;
        }
        // No chain is long enough to need a second byte.
        cert->path_len = number.len == 1 ? number.p[0] : 127;
    }
    return true;
}

static bool read_name_constraints(wolf_cert_t *cert, wolf_span_t value) {
    wolf_span_t seq;
    if (!wolf_der_get(&value, TAG_SEQUENCE, &seq) || value.len != 0) {
        return false;
    }
    if (next_tag(&seq) == TAG_EXPLICIT(0)
        && (!wolf_der_get(&seq, TAG_EXPLICIT(0), &cert->permitted) || cert->permitted.len == 0)) {
        return false;
    }
    if (next_tag(&seq) == TAG_EXPLICIT(1)
        && (!wolf_der_get(&seq, TAG_EXPLICIT(1), &cert->excluded) || cert->excluded.len == 0)) {
        return false;
    }
    return seq.len == 0 && (cert->permitted.p != NULL || cert->excluded.p != NULL);
}

static bool read_extension(wolf_cert_t *cert, wolf_span_t *extensions, uint64_t *seen) {
    wolf_span_t extension, oid, value;
    bool critical = false;
    if (!wolf_der_get(extensions, TAG_SEQUENCE, &extension)
        || !wolf_der_get(&extension, TAG_OID, &oid)) {
        return false;
    }
    if (next_tag(&extension) == TAG_BOOLEAN && !get_boolean(&extension, &critical)) {
        return false;
    }
    if (!wolf_der_get(&extension, TAG_OCTET_STRING, &value) || extension.len != 0) {
        return false;
    }
    uint8_t id = oid.len == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x1d ? oid.p[2] : 0;
    if (id > 0 && id < 64) {
        // RFC 5280, section 4.2: no extension twice.
        if (*seen & (uint64_t)1 << id) {
            return false;
        }
        *seen |= (uint64_t)1 << id;
    }
    switch (id) {
        case EXT_KEY_USAGE:
            return read_key_usage(cert, value);
        case EXT_ALT_NAMES:
            return wolf_der_get(&value, TAG_SEQUENCE, &cert->alt_names) && value.len == 0;
        case EXT_BASIC_CONSTRAINTS:
            return read_basic_constraints(cert, value);
        case EXT_NAME_CONSTRAINTS:
            return read_name_constraints(cert, value);
        case EXT_EXT_KEY_USAGE:
            return true; // wolfSSL checks it, in the peer's own certificate
        default:
            cert->unknown_critical |= critical;
            return true;
    }
}

// What follows the key: two identifiers that are unused in practice, and the extensions.
static bool read_extensions(wolf_cert_t *cert, wolf_span_t *tbs) {
    wolf_span_t span, extensions;
    for (int i = 1; i <= 2; ++i) {
        if (next_tag(tbs) == TAG_CONTEXT(i) && !wolf_der_get(tbs, TAG_CONTEXT(i), &span)) {
            return false;
        }
    }
    if (tbs->len == 0) {
        return true;
    }
    if (cert->version != 3 || !wolf_der_get(tbs, TAG_EXPLICIT(3), &span) || tbs->len != 0
        || !wolf_der_get(&span, TAG_SEQUENCE, &extensions) || span.len != 0) {
        return false;
    }
    uint64_t seen = 0;
    while (extensions.len > 0) {
        if (!read_extension(cert, &extensions, &seen)) {
            return false;
        }
    }
    return true;
}

// The signed part up to the issuer. alg is the AlgorithmIdentifier in it.
static bool read_head(wolf_span_t *tbs, uint8_t *version, wolf_span_t *alg, wolf_span_t *issuer) {
    wolf_span_t span, number;
    *version = 1;
    if (next_tag(tbs) == TAG_EXPLICIT(0)) {
        if (!wolf_der_get(tbs, TAG_EXPLICIT(0), &span)
            || !wolf_der_get(&span, TAG_INTEGER, &number) || span.len != 0
            || number.len != 1 || number.p[0] > 2) {
            return false;
        }
        *version = number.p[0] + 1;
    }
    return wolf_der_get(tbs, TAG_INTEGER, &number) && wolf_der_get(tbs, TAG_SEQUENCE, alg)
           && wolf_der_get(tbs, TAG_SEQUENCE, issuer);
}

bool wolf_cert_read_subject(const uint8_t *der, size_t len, wolf_span_t *subject) {
    wolf_span_t in = { der, len };
    wolf_span_t cert, tbs, span;
    uint8_t version;
    return wolf_der_get(&in, TAG_SEQUENCE, &cert) && wolf_der_get(&cert, TAG_SEQUENCE, &tbs)
           && read_head(&tbs, &version, &span, &span) && wolf_der_get(&tbs, TAG_SEQUENCE, &span)
           && wolf_der_get(&tbs, TAG_SEQUENCE, subject);
}

bool wolf_cert_read(wolf_cert_t *cert, const uint8_t *der, size_t len) {
    memset(cert, 0, sizeof(*cert));
    cert->path_len = WOLF_PATH_LEN_NONE;
    cert->key_usage = 0xff;
    cert->der.p = der;
    cert->der.len = len;

    wolf_span_t in = cert->der;
    wolf_span_t seq, tbs, alg, validity, sig;
    if (!wolf_der_get(&in, TAG_SEQUENCE, &seq) || in.len != 0) {
        return false;
    }
    cert->tbs.p = seq.p;
    if (!wolf_der_get(&seq, TAG_SEQUENCE, &tbs)) {
        return false;
    }
    cert->tbs.len = seq.p - cert->tbs.p;
    if (!wolf_der_get(&seq, TAG_SEQUENCE, &cert->sig_alg)
        || !wolf_der_get(&seq, TAG_BIT_STRING, &sig) || seq.len != 0
        || sig.len < 1 || sig.p[0] != 0) {
        return false;
    }
    cert->sig.p = sig.p + 1;
    cert->sig.len = sig.len - 1;

    if (!read_head(&tbs, &cert->version, &alg, &cert->issuer) || cert->issuer.len == 0
        || !is_bytes(&alg, cert->sig_alg.p, cert->sig_alg.len)
        || !wolf_der_get(&tbs, TAG_SEQUENCE, &validity)
        || !wolf_der_get_time(&validity, &cert->not_before)
        || !wolf_der_get_time(&validity, &cert->not_after) || validity.len != 0
        || !wolf_der_get(&tbs, TAG_SEQUENCE, &cert->subject)) {
        return false;
    }
    cert->key.p = tbs.p;
    if (!wolf_der_get(&tbs, TAG_SEQUENCE, &seq)) {
        return false;
    }
    cert->key.len = tbs.p - cert->key.p;
    return read_extensions(cert, &tbs);
}

wolf_span_t wolf_cert_serial(const wolf_cert_t *cert) {
    wolf_span_t in = cert->tbs, tbs, span, serial = {0};
    // It was read before: what is optional is there or not, and the rest is.
    if (wolf_der_get(&in, TAG_SEQUENCE, &tbs)) {
        (void)wolf_der_get(&tbs, TAG_EXPLICIT(0), &span);
        (void)wolf_der_get(&tbs, TAG_INTEGER, &serial);
    }
    return serial;
}

bool wolf_cert_get_extension(const wolf_cert_t *cert, const uint8_t *oid, size_t oid_len,
    wolf_span_t *value) {
    const uint8_t *after_key = cert->key.p + cert->key.len;
    wolf_span_t in = { after_key, cert->tbs.p + cert->tbs.len - after_key };
    wolf_span_t span, extensions, extension, id;
    for (int i = 1; i <= 2; ++i) {
        (void)wolf_der_get(&in, TAG_CONTEXT(i), &span);
    }
    if (!wolf_der_get(&in, TAG_EXPLICIT(3), &span)
        || !wolf_der_get(&span, TAG_SEQUENCE, &extensions)) {
        return false;
    }
    while (wolf_der_get(&extensions, TAG_SEQUENCE, &extension)
           && wolf_der_get(&extension, TAG_OID, &id)) {
        if (is_bytes(&id, oid, oid_len)) {
            (void)wolf_der_get(&extension, TAG_BOOLEAN, &span);
            return wolf_der_get(&extension, TAG_OCTET_STRING, value);
        }
    }
    return false;
}

bool wolf_cert_must_staple(const wolf_cert_t *cert) {
    // id-pe-tlsfeature
    static const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x18 };
    static const uint8_t status_request[] = { 5 };
    wolf_span_t value, features, feature;
    if (!wolf_cert_get_extension(cert, oid, sizeof(oid), &value)) {
        return false;
    }
    if (!wolf_der_get(&value, TAG_SEQUENCE, &features) || value.len != 0) {
        return true;
    }
    while (features.len > 0) {
        if (!wolf_der_get(&features, TAG_INTEGER, &feature)
            || is_bytes(&feature, status_request, sizeof(status_request))) {
            return true;
        }
    }
    return false;
}

bool wolf_cert_signs_ocsp(const wolf_cert_t *cert) {
    static const uint8_t ext_key_usage[] = { 0x55, 0x1d, EXT_EXT_KEY_USAGE };
    // id-kp-OCSPSigning
    static const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09 };
    wolf_span_t value, usages, usage;
    bool found = false;
    if (!wolf_cert_get_extension(cert, ext_key_usage, sizeof(ext_key_usage), &value)
        || !wolf_der_get(&value, TAG_SEQUENCE, &usages) || value.len != 0) {
        return false;
    }
    while (usages.len > 0) {
        if (!wolf_der_get(&usages, TAG_OID, &usage)) {
            return false;
        }
        found = found || is_bytes(&usage, oid, sizeof(oid));
    }
    return found;
}

/******************************************************************************/
// Names.

static uint8_t lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool equal_nocase(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len) {
    if (a_len != b_len) {
        return false;
    }
    for (; a_len > 0; --a_len) {
        if (lower(*a++) != lower(*b++)) {
            return false;
        }
    }
    return true;
}

// The minimum number of bytes of a character in a string of that type; 0 if it is not a text.
static size_t char_size(uint8_t tag) {
    switch (tag) {
        case TAG_UTF8_STRING:
        case TAG_PRINTABLE_STRING:
        case TAG_T61_STRING:
        case TAG_IA5_STRING:
        case TAG_VISIBLE_STRING:
            return 1;
        case TAG_BMP_STRING:
            return 2;
        case TAG_UNIVERSAL_STRING:
            return 4;
        default:
            return 0;
    }
}

#define TEXT_END (UINT32_MAX)

// The next character of a string, with ASCII letters in lower case and white space as a space; the
// string must not be empty. T.61 is read as Latin-1, as in OpenSSL.
static uint32_t get_char(uint8_t tag, wolf_span_t *text) {
    uint8_t first = text->p[0];
    size_t n = char_size(tag);
    bool is_long = tag == TAG_UTF8_STRING && first >= 0xc0;
    if (is_long) {
        n = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    }
    uint32_t c = 0;
    size_t i = 0;
    for (; i < n && i < text->len; ++i) {
        uint8_t byte = text->p[i];
        if (!is_long) {
            c = c << 8 | byte;
        } else if (i == 0) {
            c = byte & (0xff >> (n + 1));
        } else if ((byte & 0xc0) != 0x80) {
            break;
        } else {
            c = c << 6 | (byte & 0x3f);
        }
    }
    text->p += i;
    text->len -= i;
    if (is_long && (i < n || c < (n == 2 ? 0x80u : n == 3 ? 0x800u : 0x10000u))) {
        return 0x80000000 | c; // not UTF-8: a value that no character of another string has
    }
    return c < 0x80 ? (c >= '\t' && c <= '\r' ? ' ' : lower(c)) : c;
}

// The same without insignificant spaces: those at the ends, and all but one elsewhere (RFC 5280,
// section 7.1). started says whether there was a character before.
static uint32_t get_significant(uint8_t tag, wolf_span_t *text, bool *started) {
    bool blank = false;
    while (text->len > 0) {
        wolf_span_t rest = *text;
        uint32_t c = get_char(tag, &rest);
        if (c != ' ' && blank && *started) {
            return ' ';
        }
        *text = rest;
        if (c != ' ') {
            *started = true;
            return c;
        }
        blank = true;
    }
    return TEXT_END;
}

static bool text_equal(uint8_t a_tag, wolf_span_t a, uint8_t b_tag, wolf_span_t b) {
    bool a_started = false, b_started = false;
    uint32_t a_char, b_char;
    do {
        a_char = get_significant(a_tag, &a, &a_started);
        b_char = get_significant(b_tag, &b, &b_started);
    } while (a_char == b_char && a_char != TEXT_END);
    return a_char == b_char;
}

// The next attribute of a relative distinguished name.
static bool get_attribute(wolf_span_t *rdn, wolf_span_t *oid, uint8_t *tag, wolf_span_t *value) {
    wolf_span_t seq;
    return wolf_der_get(rdn, TAG_SEQUENCE, &seq) && wolf_der_get(&seq, TAG_OID, oid)
           && get_any(&seq, tag, value)
           && seq.len == 0;
}

static bool rdn_equal(wolf_span_t a, wolf_span_t b) {
    while (a.len > 0 && b.len > 0) {
        wolf_span_t a_oid, b_oid, a_value, b_value;
        uint8_t a_tag, b_tag;
        if (!get_attribute(&a, &a_oid, &a_tag, &a_value)
            || !get_attribute(&b, &b_oid, &b_tag, &b_value)
            || !is_bytes(&a_oid, b_oid.p, b_oid.len)) {
            return false;
        }
        bool same = char_size(a_tag) > 0 && char_size(b_tag) > 0
            ? text_equal(a_tag, a_value, b_tag, b_value)
            : a_tag == b_tag && is_bytes(&a_value, b_value.p, b_value.len);
        if (!same) {
            return false;
        }
    }
    return a.len == b.len;
}

// Whether a name begins with another.
static bool name_starts_with(wolf_span_t name, wolf_span_t start) {
    while (start.len > 0) {
        wolf_span_t a, b;
        if (!wolf_der_get(&name, TAG_SET, &a) || !wolf_der_get(&start, TAG_SET, &b)
            || !rdn_equal(a, b)) {
            return false;
        }
    }
    return true;
}

bool wolf_name_equal(const wolf_span_t *a, const wolf_span_t *b) {
    return is_bytes(a, b->p, b->len) || (name_starts_with(*a, *b) && name_starts_with(*b, *a));
}

// FNV-1a
static uint32_t hash_bytes(uint32_t hash, const uint8_t *p, size_t len) {
    for (; len > 0; --len) {
        hash = (hash ^ *p++) * 16777619u;
    }
    return hash;
}

static uint32_t hash_text(uint32_t hash, uint8_t tag, wolf_span_t text) {
    bool started = false;
    uint32_t c;
    do {
        c = get_significant(tag, &text, &started);
        uint8_t bytes[] = { c, c >> 8, c >> 16, c >> 24 };
        hash = hash_bytes(hash, bytes, sizeof(bytes));
    } while (c != TEXT_END);
    return hash;
}

uint32_t wolf_name_hash(const wolf_span_t *name) {
    uint32_t hash = 2166136261u;
    wolf_span_t rest = *name, rdn, oid, value;
    uint8_t tag;
    while (rest.len > 0 && wolf_der_get(&rest, TAG_SET, &rdn)) {
        uint8_t start = TAG_SET;
        hash = hash_bytes(hash, &start, 1);
        while (rdn.len > 0 && get_attribute(&rdn, &oid, &tag, &value)) {
            hash = hash_bytes(hash, oid.p, oid.len);
            if (char_size(tag) > 0) {
                hash = hash_text(hash, tag, value);
            } else {
                hash = hash_bytes(hash, &tag, 1);
                hash = hash_bytes(hash, value.p, value.len);
            }
        }
    }
    return hash;
}

// The next value of a kind in a name, or false.
static bool next_value(wolf_span_t *name, wolf_span_t *rdn, const uint8_t *kind, size_t kind_len,
    wolf_span_t *value) {
    for (;;) {
        wolf_span_t oid;
        uint8_t tag;
        if (rdn->len == 0) {
            if (!wolf_der_get(name, TAG_SET, rdn)) {
                return false;
            }
        } else if (!get_attribute(rdn, &oid, &tag, value)) {
            return false;
        } else if (is_bytes(&oid, kind, kind_len)) {
            return true;
        }
    }
}

// The next common name of a name, or false.
static bool next_common_name(wolf_span_t *name, wolf_span_t *rdn, wolf_span_t *value) {
    static const uint8_t common_name[] = { 0x55, 0x04, 0x03 };
    return next_value(name, rdn, common_name, sizeof(common_name), value);
}

wolf_span_t wolf_name_common_name(const wolf_span_t *name) {
    wolf_span_t left = *name;
    wolf_span_t rdn = {0};
    wolf_span_t value, last = {0};
    while (next_common_name(&left, &rdn, &value)) {
        last = value;
    }
    return last;
}

/******************************************************************************/
// Hosts.

static size_t ipv4_address(const char *host, size_t len, uint8_t *addr) {
    for (int i = 0; i < 4; ++i) {
        unsigned int n = 0;
        size_t digits = 0;
        for (; len > 0 && *host >= '0' && *host <= '9' && digits < 3; ++digits, ++host, --len) {
            n = n * 10 + (*host - '0');
        }
        // A leading zero would make the number octal elsewhere.
        if (digits == 0 || n > 255 || (digits > 1 && host[-(int)digits] == '0')) {
            return 0;
        }
        addr[i] = n;
        if (i < 3) {
            if (len == 0 || *host != '.') {
                return 0;
            }
            ++host;
            --len;
        }
    }
    return len == 0 ? 4 : 0;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a'
           && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

// RFC 4291, section 2.2. A zone, which has a meaning only on this host, is not a part of an
// address.
static size_t ipv6_address(const char *host, size_t len, uint8_t *addr) {
    size_t n = 0; // bytes so far
    int gap = -1; // where the "::" is
    if (len >= 2 && host[0] == ':' && host[1] == ':') {
        gap = 0;
        host += 2;
        len -= 2;
    }
    while (len > 0) {
        if (n > 14) {
            return 0;
        }
        size_t digits = 0;
        unsigned int group = 0;
        while (digits < len && digits < 4 && hex_digit(host[digits]) >= 0) {
            group = group << 4 | hex_digit(host[digits++]);
        }
        if (digits < len && host[digits] == '.') {
            if (n > 12 || ipv4_address(host, len, addr + n) == 0) {
                return 0;
            }
            n += 4;
            break;
        }
        if (digits == 0 || (digits < len && host[digits] != ':')) {
            return 0;
        }
        addr[n++] = group >> 8;
        addr[n++] = group;
        host += digits;
        len -= digits;
        if (len > 0) {
            ++host;
            if (--len == 0) {
                return 0;
            }
            if (*host == ':') {
                if (gap >= 0) {
                    return 0;
                }
                gap = n;
                ++host;
                --len;
            }
        }
    }
    if (gap >= 0) {
        if (n > 14) {
            return 0;
        }
        memmove(addr + 16 - (n - gap), addr + gap, n - gap);
        memset(addr + gap, 0, 16 - n);
    } else if (n != 16) {
        return 0;
    }
    return 16;
}

size_t wolf_host_address(const char *host, size_t len, uint8_t *addr) {
    return memchr(host, ':', len) != NULL ? ipv6_address(host, len, addr)
        : ipv4_address(host, len, addr);
}

// Whether a name in a certificate is a host's. A wildcard is the whole left-most label, and stands
// for one label.
static bool is_host(const wolf_span_t *name, const char *host_str, size_t len, bool is_address) {
    const uint8_t *host = (const uint8_t *)host_str;
    if (equal_nocase(name->p, name->len, host, len)) {
        return true;
    }
    if (is_address || name->len < 3 || name->p[0] != '*' || name->p[1] != '.') {
        return false;
    }
    const uint8_t *dot = memchr(host, '.', len);
    return dot != NULL && dot != host
           && equal_nocase(name->p + 1, name->len - 1, dot, len - (dot - host));
}

bool wolf_cert_is_for(const wolf_cert_t *cert, const char *host, size_t len) {
    uint8_t addr[16];
    size_t addr_len = wolf_host_address(host, len, addr);
    wolf_span_t value;
    if (len == 0 || memchr(host, 0, len) != NULL) {
        return false; // not a host name, though a certificate may contain it
    }
    if (cert->alt_names.p == NULL) {
        wolf_span_t name = cert->subject;
        wolf_span_t rdn = {0};
        while (next_common_name(&name, &rdn, &value)) {
            if (is_host(&value, host, len, addr_len > 0)) {
                return true;
            }
        }
        return false;
    }
    wolf_span_t names = cert->alt_names;
    uint8_t tag;
    while (get_any(&names, &tag, &value)) {
        if (tag == NAME_DNS ? is_host(&value, host, len, addr_len > 0)
            : tag == NAME_IP && addr_len > 0 && is_bytes(&value, addr, addr_len)) {
            return true;
        }
    }
    return false;
}

/******************************************************************************/
// Name constraints, RFC 5280, section 4.2.1.10.

static bool ends_with(const wolf_span_t *name, const uint8_t *end, size_t len) {
    return name->len >= len && equal_nocase(name->p + name->len - len, len, end, len);
}

// Whether a host is a domain, or in it; a domain that begins with a dot, as for a URI or an e-mail
// address, includes only subdomains.
static bool in_domain(const wolf_span_t *host, const wolf_span_t *domain) {
    if (!ends_with(host, domain->p, domain->len)) {
        return false;
    }
    return domain->len == 0 || host->len == domain->len || domain->p[0] == '.'
           || host->p[host->len - domain->len - 1] == '.';
}

// Whether a host is one, or has a domain that begins with a dot.
static bool is_host_in(wolf_span_t host, const wolf_span_t *base) {
    return base->len > 0 && base->p[0] == '.' ? in_domain(&host, base)
        : equal_nocase(host.p, host.len, base->p, base->len);
}

// The host of a URI, RFC 3986, section 3; empty if it has none.
static wolf_span_t uri_host(const wolf_span_t *uri) {
    wolf_span_t host = {0};
    const uint8_t *end = uri->p + uri->len;
    const uint8_t *p = memchr(uri->p, ':', uri->len);
    if (p == NULL || end - p < 3 || p[1] != '/' || p[2] != '/') {
        return host;
    }
    host.p = p += 3;
    for (; p < end && *p != '/' && *p != '?' && *p != '#'; ++p) {
        if (*p == '@') {
            host.p = p + 1;
        }
    }
    end = p;
    p = memchr(host.p, ':', end - host.p);
    host.len = (p != NULL ? p : end) - host.p;
    return host;
}

static bool in_subtree(uint8_t tag, const wolf_span_t *name, const wolf_span_t *base) {
    switch (tag) {
        case NAME_DNS:
            return in_domain(name, base);
        case NAME_EMAIL: {
            const uint8_t *at = memchr(name->p, '@', name->len);
            if (at == NULL) {
                return false;
            }
            if (memchr(base->p, '@', base->len) != NULL) {
                return is_bytes(name, base->p, base->len);
            }
            wolf_span_t host = { at + 1, name->len - (at + 1 - name->p) };
            return is_host_in(host, base);
        }
        case NAME_URI: {
            wolf_span_t host = uri_host(name);
            return host.len > 0 && is_host_in(host, base);
        }
        case NAME_IP:
            if (base->len != 2 * name->len) {
                return false;
            }
            for (size_t i = 0; i < name->len; ++i) {
                if ((name->p[i] ^ base->p[i]) & base->p[name->len + i]) {
                    return false;
                }
            }
            return true;
        case NAME_DIRECTORY: {
            wolf_span_t outer = *base;
            wolf_span_t start;
            return wolf_der_get(&outer, TAG_SEQUENCE, &start) && name_starts_with(*name, start);
        }
        default:
            return false;
    }
}

// Whether a wildcard stands for names that a domain includes, or for the domain itself.
static bool wildcard_meets(const wolf_span_t *name, const wolf_span_t *domain) {
    if (name->len < 3 || name->p[0] != '*' || name->p[1] != '.') {
        return false;
    }
    wolf_span_t rest = { name->p + 2, name->len - 2 };
    const uint8_t *dot = memchr(domain->p, '.', domain->len);
    if (dot == NULL) {
        return false;
    }
    wolf_span_t parent = { dot + 1, domain->len - (dot + 1 - domain->p) };
    return equal_nocase(rest.p, rest.len, parent.p, parent.len);
}

// Whether one name is within the constraints of a CA. A directoryName comes without its header.
static bool is_permitted(uint8_t tag, const wolf_span_t *name, const wolf_cert_t *ca) {
    bool known = tag == NAME_DNS || tag == NAME_EMAIL || tag == NAME_IP || tag == NAME_DIRECTORY
        || (tag == NAME_URI && uri_host(name).len > 0);
    for (int excluded = 0; excluded < 2; ++excluded) {
        wolf_span_t subtrees = excluded ? ca->excluded : ca->permitted;
        bool constrained = false, match = false;
        while (subtrees.len > 0) {
            wolf_span_t subtree, base;
            uint8_t base_tag;
            // A minimum or maximum is never used.
            if (!wolf_der_get(&subtrees, TAG_SEQUENCE, &subtree)
                || !get_any(&subtree, &base_tag, &base) || subtree.len != 0) {
                return false;
            }
            if (base_tag == tag) {
                // A name cannot have that form either.
                if (tag == NAME_DNS
                    && ((base.len > 0 && base.p[0] == '.')
                        || (name->len > 0 && name->p[0] == '.'))) {
                    return false;
                }
                if (tag == NAME_IP && base.len != 8 && base.len != 32) {
                    return false; // not an address and its mask
                }
                constrained = true;
                match = match || in_subtree(tag, name, &base)
                    || (excluded && tag == NAME_DNS && wildcard_meets(name, &base));
            }
        }
        if (constrained && (!known || match == (bool)excluded)) {
            return false;
        }
    }
    return true;
}

// Whether the name of a host is within the constraints of a CA: it may be an address, and may end
// with a dot.
static bool is_host_permitted(wolf_span_t name, const wolf_cert_t *ca) {
    uint8_t addr[16];
    wolf_span_t ip = { addr, wolf_host_address((const char *)name.p, name.len, addr) };
    if (ip.len > 0 && !is_permitted(NAME_IP, &ip, ca)) {
        return false;
    }
    if (name.len > 0 && name.p[name.len - 1] == '.') {
        --name.len;
    }
    return is_permitted(NAME_DNS, &name, ca);
}

static bool common_names_are_permitted(const wolf_cert_t *cert, const wolf_cert_t *ca) {
    wolf_span_t name = cert->subject;
    wolf_span_t rdn = {0};
    wolf_span_t value;
    while (next_common_name(&name, &rdn, &value)) {
        uint8_t addr[16];
        size_t addr_len = wolf_host_address((const char *)value.p, value.len, addr);
        wolf_span_t ip = { addr, addr_len };
        // An address is not a DNS name here: a certificate without alternative names could not
        // express it.
        if (addr_len > 0 ? !is_permitted(NAME_IP, &ip, ca) : !is_host_permitted(value, ca)) {
            return false;
        }
    }
    return true;
}

// A subject may have e-mail addresses, too: RFC 5280, section 4.2.1.10.
static bool emails_are_permitted(const wolf_cert_t *cert, const wolf_cert_t *ca) {
    static const uint8_t email[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01 };
    wolf_span_t name = cert->subject;
    wolf_span_t rdn = {0};
    wolf_span_t value;
    while (next_value(&name, &rdn, email, sizeof(email), &value)) {
        if (!is_permitted(NAME_EMAIL, &value, ca)) {
            return false;
        }
    }
    return true;
}

bool wolf_cert_is_permitted(const wolf_cert_t *cert, const wolf_cert_t *ca, bool is_peer) {
    if (ca->permitted.p == NULL && ca->excluded.p == NULL) {
        return true;
    }
    if (cert->subject.len > 0 && (!is_permitted(NAME_DIRECTORY, &cert->subject, ca)
                                  || !emails_are_permitted(cert, ca))) {
        return false;
    }
    if (cert->alt_names.p == NULL) {
        return !is_peer || common_names_are_permitted(cert, ca);
    }
    wolf_span_t names = cert->alt_names;
    while (names.len > 0) {
        uint8_t tag;
        wolf_span_t name;
        if (!get_any(&names, &tag, &name)) {
            return false;
        }
        if (tag == NAME_DIRECTORY) {
            wolf_span_t outer = name;
            if (!wolf_der_get(&outer, TAG_SEQUENCE, &name)) {
                return false;
            }
        }
        if (tag == NAME_DNS ? !is_host_permitted(name, ca) : !is_permitted(tag, &name, ca)) {
            return false;
        }
    }
    return true;
}
