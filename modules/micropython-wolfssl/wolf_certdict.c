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

#include "wolf_certdict.h"
#include "wolf_der.h"

#include <string.h>

/******************************************************************************/
// Texts.

static void add_char(vstr_t *vstr, uint32_t c) {
    vstr_add_char(vstr, c >= 0x110000 || (c >= 0xd800 && c < 0xe000) ? '?' : c);
}

// A character of a UTF-8 string, or '?' for a byte that is not one.
static uint32_t get_utf8(wolf_span_t *in) {
    uint8_t first = *in->p++;
    --in->len;
    if (first < 0x80) {
        return first;
    }
    size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || more > in->len) {
        return '?';
    }
    uint32_t c = first & (0x3f >> more);
    for (size_t i = 0; i < more; ++i) {
        if ((in->p[i] & 0xc0) != 0x80) {
            return '?';
        }
        c = c << 6 | (in->p[i] & 0x3f);
    }
    in->p += more;
    in->len -= more;
    static const uint32_t least[] = { 0x80, 0x800, 0x10000 };
    return c < least[more - 1] ? '?' : c;
}

// The text of a string of the type tag.
static mp_obj_t new_text(uint8_t tag, wolf_span_t in) {
    vstr_t vstr;
    vstr_init(&vstr, in.len + 1);
    size_t size = tag == TAG_BMP_STRING ? 2 : tag == TAG_UNIVERSAL_STRING ? 4 : 1;
    while (in.len >= size) {
        uint32_t c = 0;
        if (size == 1 && tag != TAG_T61_STRING) {
            c = get_utf8(&in);
        } else {
            for (size_t i = 0; i < size; ++i) {
                c = c << 8 | in.p[i];
            }
            in.p += size;
            in.len -= size;
        }
        add_char(&vstr, c);
    }
    mp_obj_t text = mp_obj_new_str(vstr.buf, vstr.len);
    vstr_clear(&vstr);
    return text;
}

#if MICROPY_WOLFCRYPTOLIB_X509
mp_obj_t wolf_cert_text(uint8_t tag, wolf_span_t in) {
    return new_text(tag, in);
}
#endif

static mp_obj_t new_str(const char *text) {
    return mp_obj_new_str(text, strlen(text));
}

static mp_obj_t new_pair(mp_obj_t first, mp_obj_t second) {
    mp_obj_t items[2] = { first, second };
    return mp_obj_new_tuple(2, items);
}

static mp_obj_t list_to_tuple(mp_obj_t list) {
    size_t len;
    mp_obj_t *items;
    mp_obj_list_get(list, &len, &items);
    return mp_obj_new_tuple(len, items);
}

// An OID with dots.
static mp_obj_t new_oid(wolf_span_t oid) {
    vstr_t vstr;
    vstr_init(&vstr, 32);
    mp_print_t print = { &vstr, (mp_print_strn_t)vstr_add_strn };
    uint32_t n = 0;
    bool first = true;
    for (size_t i = 0; i < oid.len; ++i) {
        n = n << 7 | (oid.p[i] & 0x7f);
        if (oid.p[i] & 0x80) {
            continue;
        }
        if (first) {
            unsigned int root = n < 40 ? 0 : n < 80 ? 1 : 2;
            mp_printf(&print, "%u.%u", root, (unsigned int)(n - root * 40));
        } else {
            mp_printf(&print, ".%u", (unsigned int)n);
        }
        first = false;
        n = 0;
    }
    mp_obj_t text = mp_obj_new_str(vstr.buf, vstr.len);
    vstr_clear(&vstr);
    return text;
}

// The i-th byte of a number's absolute value. In two's complement, the last byte that isn't 0 is
// negated, and those before it are inverted.
static uint8_t magnitude(wolf_span_t number, size_t i) {
    uint8_t octet = number.p[i];
    if (!(number.p[0] & 0x80)) {
        return octet;
    }
    for (size_t j = i + 1; j < number.len; ++j) {
        if (number.p[j] != 0) {
            return ~octet;
        }
    }
    return -octet;
}

// A serial number in hexadecimal digits.
static mp_obj_t new_serial(wolf_span_t number) {
    vstr_t vstr;
    vstr_init(&vstr, 2 * number.len + 2);
    mp_print_t print = { &vstr, (mp_print_strn_t)vstr_add_strn };
    if (number.len > 0 && (number.p[0] & 0x80)) {
        vstr_add_byte(&vstr, '-');
    }
    bool started = false;
    for (size_t i = 0; i < number.len; ++i) {
        uint8_t octet = magnitude(number, i);
        started = started || octet != 0 || i == number.len - 1;
        if (started) {
            mp_printf(&print, "%02X", octet);
        }
    }
    mp_obj_t text = mp_obj_new_str(vstr.buf, vstr.len);
    vstr_clear(&vstr);
    return text;
}

// A time, of seconds since 1970, as in "Jan  5 09:34:43 2018 GMT".
static mp_obj_t new_time(int64_t seconds) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t days = seconds / 86400;
    int second = seconds % 86400;
    if (second < 0) {
        second += 86400;
        --days;
    }
    // Days and years since 1 March of the year 0: the leap day is the last one of such a year.
    days += 719468;
    int era = (days < 0 ? days - 146096 : days) / 146097;
    int day = days - (int64_t)era * 146097;
    int year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    int month = (5 * day + 2) / 153;
    day -= (153 * month + 2) / 5;
    year += era * 400 + (month >= 10);
    month = (month + 2) % 12;
    char buf[] = "Jan 00 00:00:00 0000 GMT";
    memcpy(buf, months + 3 * month, 3);
    int fields[] = {
        day + 1, second / 3600, second / 60 % 60, second % 60, year / 100, year % 100
    };
    static const uint8_t places[] = { 4, 7, 10, 13, 16, 18 };
    for (size_t i = 0; i < MP_ARRAY_SIZE(fields); ++i) {
        buf[places[i]] = '0' + fields[i] / 10;
        buf[places[i] + 1] = '0' + fields[i] % 10;
    }
    if (buf[4] == '0') {
        buf[4] = ' ';
    }
    return mp_obj_new_str(buf, sizeof(buf) - 1);
}

/******************************************************************************/
// Names.

static const struct {
    uint8_t id; // the last byte of 2.5.4.x
    char name[23];
} attributes[] = {
    { 3, "commonName" },
    { 4, "surname" },
    { 5, "serialNumber" },
    { 6, "countryName" },
    { 7, "localityName" },
    { 8, "stateOrProvinceName" },
    { 9, "streetAddress" },
    { 10, "organizationName" },
    { 11, "organizationalUnitName" },
    { 12, "title" },
    { 13, "description" },
    { 15, "businessCategory" },
    { 17, "postalCode" },
    { 41, "name" },
    { 42, "givenName" },
    { 43, "initials" },
    { 44, "generationQualifier" },
    { 46, "dnQualifier" },
    { 65, "pseudonym" },
    { 97, "organizationIdentifier" },
};

static bool is_oid(const wolf_span_t *oid, const char *bytes, size_t len) {
    return oid->len == len && memcmp(oid->p, bytes, len) == 0;
}
#define IS_OID(oid, bytes) is_oid((oid), (bytes), sizeof(bytes) - 1)

static mp_obj_t attribute_name(wolf_span_t oid) {
    if (oid.len == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x04) {
        for (size_t i = 0; i < MP_ARRAY_SIZE(attributes); ++i) {
            if (attributes[i].id == oid.p[2]) {
                return new_str(attributes[i].name);
            }
        }
    }
    if (IS_OID(&oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01")) {
        return new_str("emailAddress");
    }
    if (IS_OID(&oid, "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19")) {
        return new_str("domainComponent");
    }
    if (IS_OID(&oid, "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01")) {
        return new_str("userId");
    }
    return new_oid(oid);
}

// The next element of any type that has a one-byte tag.
static bool get_any(wolf_span_t *in, uint8_t *tag, wolf_span_t *out) {
    *tag = in->len > 0 ? in->p[0] : 0;
    return wolf_der_get(in, *tag, out);
}

// A name, without its header: a tuple of tuples of pairs.
static mp_obj_t new_name(wolf_span_t name) {
    mp_obj_t rdns = mp_obj_new_list(0, NULL);
    wolf_span_t rdn, seq, oid, value;
    uint8_t tag;
    while (wolf_der_get(&name, TAG_SET, &rdn)) {
        mp_obj_t pairs = mp_obj_new_list(0, NULL);
        while (wolf_der_get(&rdn, TAG_SEQUENCE, &seq) && wolf_der_get(&seq, TAG_OID, &oid)
               && get_any(&seq, &tag, &value)) {
            mp_obj_t type = attribute_name(oid);
            mp_obj_list_append(pairs, new_pair(type, new_text(tag, value)));
        }
        mp_obj_list_append(rdns, list_to_tuple(pairs));
    }
    return list_to_tuple(rdns);
}

static mp_obj_t new_address(wolf_span_t in) {
    vstr_t vstr;
    vstr_init(&vstr, 40);
    mp_print_t print = { &vstr, (mp_print_strn_t)vstr_add_strn };
    if (in.len == 4) {
        mp_printf(&print, "%u.%u.%u.%u", in.p[0], in.p[1], in.p[2], in.p[3]);
    } else if (in.len == 16) {
        for (size_t i = 0; i < 16; i += 2) {
            mp_printf(&print, i > 0 ? ":%X" : "%X", in.p[i] << 8 | in.p[i + 1]);
        }
    } else {
        vstr_add_str(&vstr, "<invalid>");
    }
    mp_obj_t text = mp_obj_new_str(vstr.buf, vstr.len);
    vstr_clear(&vstr);
    return text;
}

// A GeneralName: a pair of its kind and its value.
static mp_obj_t new_general_name(uint8_t tag, wolf_span_t value) {
    wolf_span_t name;
    switch (tag) {
        case TAG_CONTEXT(1):
            return new_pair(new_str("email"), new_text(TAG_UTF8_STRING, value));
        case TAG_CONTEXT(2):
            return new_pair(new_str("DNS"), new_text(TAG_UTF8_STRING, value));
        case TAG_CONTEXT(6):
            return new_pair(new_str("URI"), new_text(TAG_UTF8_STRING, value));
        case TAG_CONTEXT(7):
            return new_pair(new_str("IP Address"), new_address(value));
        case TAG_CONTEXT(8):
            return new_pair(new_str("Registered ID"), new_oid(value));
        case TAG_EXPLICIT(4):
            if (wolf_der_get(&value, TAG_SEQUENCE, &name)) {
                return new_pair(new_str("DirName"), new_name(name));
            }
            break;
        default:
            break;
    }
    return new_pair(new_str("othername"), new_str("<unsupported>"));
}

static mp_obj_t new_general_names(wolf_span_t names) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    uint8_t tag;
    wolf_span_t value;
    while (get_any(&names, &tag, &value)) {
        mp_obj_list_append(list, new_general_name(tag, value));
    }
    return list_to_tuple(list);
}

/******************************************************************************/
// Extensions.

static void store(mp_obj_t dict, const char *key, mp_obj_t value) {
    mp_obj_dict_store(dict, new_str(key), value);
}

// Store the tuple of a list, if there is something in it.
static void store_list(mp_obj_t dict, const char *key, mp_obj_t list) {
    size_t len;
    mp_obj_t *items;
    mp_obj_list_get(list, &len, &items);
    if (len > 0) {
        store(dict, key, mp_obj_new_tuple(len, items));
    }
}

// AuthorityInfoAccess, RFC 5280, section 4.2.2.1.
static void store_access(mp_obj_t dict, wolf_span_t value) {
    mp_obj_t ocsp = mp_obj_new_list(0, NULL), issuers = mp_obj_new_list(0, NULL);
    wolf_span_t seq, access, oid, uri;
    if (!wolf_der_get(&value, TAG_SEQUENCE, &seq)) {
        return;
    }
    while (wolf_der_get(&seq, TAG_SEQUENCE, &access)) {
        if (!wolf_der_get(&access, TAG_OID, &oid)
            || !wolf_der_get(&access, TAG_CONTEXT(6), &uri)) {
            continue;
        }
        if (IS_OID(&oid, "\x2b\x06\x01\x05\x05\x07\x30\x01")) {
            mp_obj_list_append(ocsp, new_text(TAG_UTF8_STRING, uri));
        } else if (IS_OID(&oid, "\x2b\x06\x01\x05\x05\x07\x30\x02")) {
            mp_obj_list_append(issuers, new_text(TAG_UTF8_STRING, uri));
        }
    }
    store_list(dict, "OCSP", ocsp);
    store_list(dict, "caIssuers", issuers);
}

// CRLDistributionPoints, RFC 5280, section 4.2.1.13.
static void store_crls(mp_obj_t dict, wolf_span_t value) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    wolf_span_t seq, point, name, full, uri;
    uint8_t tag;
    if (!wolf_der_get(&value, TAG_SEQUENCE, &seq)) {
        return;
    }
    while (wolf_der_get(&seq, TAG_SEQUENCE, &point)) {
        if (!wolf_der_get(&point, TAG_EXPLICIT(0), &name)
            || !wolf_der_get(&name, TAG_EXPLICIT(0), &full)) {
            continue;
        }
        while (get_any(&full, &tag, &uri)) {
            if (tag == TAG_CONTEXT(6)) {
                mp_obj_list_append(list, new_text(TAG_UTF8_STRING, uri));
            }
        }
    }
    store_list(dict, "crlDistributionPoints", list);
}

static void store_extensions(mp_obj_t dict, wolf_span_t rest) {
    wolf_span_t span, extensions, extension, oid, value;
    for (int i = 1; i <= 2; ++i) {
        (void)wolf_der_get(&rest, TAG_CONTEXT(i), &span); // identifiers, if there are any
    }
    if (!wolf_der_get(&rest, TAG_EXPLICIT(3), &span)
        || !wolf_der_get(&span, TAG_SEQUENCE, &extensions)) {
        return;
    }
    while (wolf_der_get(&extensions, TAG_SEQUENCE, &extension)) {
        if (!wolf_der_get(&extension, TAG_OID, &oid)) {
            return;
        }
        (void)wolf_der_get(&extension, TAG_BOOLEAN, &span); // critical, if it says so
        if (!wolf_der_get(&extension, TAG_OCTET_STRING, &value)) {
            return;
        }
        if (IS_OID(&oid, "\x2b\x06\x01\x05\x05\x07\x01\x01")) {
            store_access(dict, value);
        } else if (IS_OID(&oid, "\x55\x1d\x1f")) {
            store_crls(dict, value);
        }
    }
}

mp_obj_t wolf_cert_dict(mp_obj_t der_obj) {
    size_t len;
    const uint8_t *der = (const uint8_t *)mp_obj_str_get_data(der_obj, &len);
    mp_obj_t dict = mp_obj_new_dict(8);
    wolf_cert_t cert;
    if (!wolf_cert_read(&cert, der, len)) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid cert"));
    }
    store(dict, "subject", new_name(cert.subject));
    store(dict, "issuer", new_name(cert.issuer));
    store(dict, "version", MP_OBJ_NEW_SMALL_INT(cert.version));
    wolf_span_t in = cert.tbs, tbs, span;
    if (wolf_der_get(&in, TAG_SEQUENCE, &tbs)) {
        (void)wolf_der_get(&tbs, TAG_EXPLICIT(0), &span); // the version
        if (wolf_der_get(&tbs, TAG_INTEGER, &span)) {
            store(dict, "serialNumber", new_serial(span));
        }
    }
    store(dict, "notBefore", new_time(cert.not_before));
    store(dict, "notAfter", new_time(cert.not_after));
    if (cert.alt_names.p != NULL) {
        store(dict, "subjectAltName", new_general_names(cert.alt_names));
    }
    const uint8_t *after_key = cert.key.p + cert.key.len;
    wolf_span_t rest = { after_key, cert.tbs.p + cert.tbs.len - after_key };
    store_extensions(dict, rest);
    return dict;
}
