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

// Certificates, requests and what is in them, made: what pyca's module x509 has for that.

#include "wolf_x509obj.h"
#include "wolf_der.h"

#include <string.h>

#include "py/objint.h"

#include <wolfssl/wolfcrypt/hash.h>

#if MICROPY_WOLFCRYPTOLIB_X509_SIGN

#define MAX_DER (0xffff) // what the writer can write
#define HEADER (4) // bytes of the longest header
#define SERIAL (20) // bytes of the longest serial number

/******************************************************************************/
// DER.

// A writer with memory of its own.
typedef struct _buffer_t {
    wolf_der_writer_t w;
    uint8_t *end;
    size_t size;
} buffer_t;

static MP_NORETURN void raise_too_long(void) {
    mp_raise_ValueError(MP_ERROR_TEXT("too long"));
}

// Begin to write at most size bytes and the headers of them.
static void begin(buffer_t *buf, size_t size) {
    if (size > MAX_DER) {
        raise_too_long();
    }
    buf->size = size + 4 * HEADER;
    buf->w.start = m_new(uint8_t, buf->size);
    buf->w.p = buf->end = buf->w.start + buf->size;
    buf->w.full = false;
}

// What was written, as a view.
static mp_obj_t finish(buffer_t *buf, const mp_obj_type_t *type) {
    if (buf->w.full) {
        raise_too_long();
    }
    mp_obj_t view = wolf_view_copy(type, buf->w.p, buf->end - buf->w.p);
    m_del(uint8_t, buf->w.start, buf->size);
    return view;
}

// The same as bytes.
static mp_obj_t finish_bytes(buffer_t *buf) {
    if (buf->w.full) {
        raise_too_long();
    }
    mp_obj_t bytes = mp_obj_new_bytes(buf->w.p, buf->end - buf->w.p);
    m_del(uint8_t, buf->w.start, buf->size);
    return bytes;
}

static void put(wolf_der_writer_t *w, uint8_t tag, const uint8_t *data, size_t len) {
    const uint8_t *end = w->p;
    wolf_der_bytes(w, data, len);
    wolf_der_header(w, tag, end);
}

static void put_span(wolf_der_writer_t *w, uint8_t tag, const wolf_span_t *span) {
    put(w, tag, span->p, span->len);
}

// The items of a list or tuple, which nobody can change any more: those of the tuple that is
// returned, for WOLF_KEEP().
static mp_obj_t get_items(mp_obj_t obj, size_t *n, mp_obj_t **items) {
    mp_obj_get_array(obj, n, items);
    mp_obj_t copy = mp_obj_new_tuple(*n, *items);
    mp_obj_tuple_get(copy, n, items);
    return copy;
}

/******************************************************************************/
// Names.

static bool is_oid(const wolf_view_t *oid, const void *bytes, size_t len) {
    return oid->der.len == len && memcmp(oid->der.p, bytes, len) == 0;
}

// The type of an attribute's string, as pyca and RFC 5280 have it. *longest is set if there is a
// limit.
static uint8_t string_tag(const wolf_view_t *oid, size_t *shortest, size_t *longest) {
    *shortest = 1;
    if (oid->der.len == 3 && oid->der.p[0] == 0x55 && oid->der.p[1] == 0x04) {
        switch (oid->der.p[2]) {
            case 3: // commonName
                *longest = 64;
                break;
            case 6: // countryName
                *shortest = *longest = 2;
                return TAG_PRINTABLE_STRING;
            case 5: // serialNumber
            case 46: // dnQualifier
                return TAG_PRINTABLE_STRING;
            default:
                break;
        }
    }
    if (is_oid(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9) // emailAddress
        || is_oid(oid, "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 10)) { // domainComponent
        return TAG_IA5_STRING;
    }
    return TAG_UTF8_STRING;
}

static bool is_printable(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
           || (c != 0 && strchr(" '()+,-./:=?", c) != NULL);
}

static MP_NORETURN void raise_value(void) {
    mp_raise_ValueError(MP_ERROR_TEXT("value"));
}

// The bytes of a str.
static const char *get_str(mp_obj_t obj, size_t *len) {
    if (!mp_obj_is_str(obj)) {
        mp_raise_TypeError(MP_ERROR_TEXT("expected str"));
    }
    return mp_obj_str_get_data(obj, len);
}

// NameAttribute(oid, value)
mp_obj_t wolf_x509_make_attribute(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 2, 2, false);
    const wolf_view_t *oid = wolf_view_get(args[0], &wolf_x509_ObjectIdentifier_type);
    size_t len, shortest, longest = MAX_DER;
    const char *text = get_str(args[1], &len);
    uint8_t tag = string_tag(oid, &shortest, &longest);
    size_t n_chars = 0;
    for (size_t i = 0; i < len; i++) {
        if (tag == TAG_PRINTABLE_STRING ? !is_printable(text[i])
            : tag == TAG_IA5_STRING && (uint8_t)text[i] >= 0x80) {
            raise_value();
        }
        n_chars += ((uint8_t)text[i] & 0xc0) != 0x80;
    }
    if (n_chars < shortest || n_chars > longest) {
        raise_value();
    }
    buffer_t buf;
    begin(&buf, oid->der.len + len);
    put(&buf.w, tag, (const uint8_t *)text, len);
    put_span(&buf.w, TAG_OID, &oid->der);
    return finish(&buf, type);
}

// Name(attributes)
mp_obj_t wolf_x509_make_name(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    size_t n, size = 0;
    mp_obj_t *items;
    mp_obj_t copy = get_items(args[0], &n, &items);
    for (size_t i = 0; i < n && size <= MAX_DER; i++) {
        size += wolf_view_get(items[i], &wolf_x509_NameAttribute_type)->der.len + 2 * HEADER;
    }
    buffer_t buf;
    begin(&buf, size);
    for (size_t i = n; i > 0; i--) {
        const uint8_t *end = buf.w.p;
        put_span(&buf.w, TAG_SEQUENCE,
            &wolf_view_get(items[i - 1], &wolf_x509_NameAttribute_type)->der);
        wolf_der_header(&buf.w, TAG_SET, end);
    }
    WOLF_KEEP(copy);
    return finish(&buf, type);
}

// DNSName(value) and the others
mp_obj_t wolf_x509_make_general(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    if (type == &wolf_x509_RegisteredID_type) {
        const wolf_view_t *oid = wolf_view_get(args[0], &wolf_x509_ObjectIdentifier_type);
        return wolf_view_copy(type, oid->der.p, oid->der.len);
    }
    if (type == &wolf_x509_DirectoryName_type) {
        const wolf_view_t *name = wolf_view_get(args[0], &wolf_x509_Name_type);
        buffer_t buf;
        begin(&buf, name->der.len);
        put_span(&buf.w, TAG_SEQUENCE, &name->der);
        return finish(&buf, type);
    }
    size_t len;
    const char *text = get_str(args[0], &len);
    if (type == &wolf_x509_IPAddress_type) {
        uint8_t addr[16];
        size_t addr_len = wolf_host_address(text, len, addr);
        if (addr_len == 0) {
            raise_value();
        }
        return wolf_view_copy(type, addr, addr_len);
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || (uint8_t)text[i] >= 0x7f) {
            raise_value();
        }
    }
    if (len == 0) {
        raise_value();
    }
    return wolf_view_copy(type, (const uint8_t *)text, len);
}

/******************************************************************************/
// Extensions.

// An element of the sequence that a type is: its view and its tag.
static const wolf_view_t *get_element(const mp_obj_type_t *type, mp_obj_t item, uint8_t *tag) {
    *tag = TAG_OID;
    if (type == &wolf_x509_SubjectAlternativeName_type) {
        for (size_t i = 0; item != MP_OBJ_NULL && i < WOLF_X509_NAMES; i++) {
            if (mp_obj_is_exact_type(item, wolf_x509_names[i].type)) {
                *tag = wolf_x509_names[i].tag;
                return MP_OBJ_TO_PTR(item);
            }
        }
        mp_raise_TypeError(MP_ERROR_TEXT("expected GeneralName"));
    }
    return wolf_view_get(item, &wolf_x509_ObjectIdentifier_type);
}

// SubjectAlternativeName(general_names), ExtendedKeyUsage(usages)
mp_obj_t wolf_x509_make_sequence(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    size_t n, size = 0;
    mp_obj_t *items;
    uint8_t tag;
    mp_obj_t copy = get_items(args[0], &n, &items);
    for (size_t i = 0; i < n && size <= MAX_DER; i++) {
        size += get_element(type, items[i], &tag)->der.len + HEADER;
    }
    if (n == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("empty"));
    }
    buffer_t buf;
    begin(&buf, size);
    for (size_t i = n; i > 0; i--) {
        const wolf_view_t *element = get_element(type, items[i - 1], &tag);
        put_span(&buf.w, tag, &element->der);
    }
    WOLF_KEEP(copy);
    wolf_der_header(&buf.w, TAG_SEQUENCE, buf.end);
    return finish(&buf, type);
}

// BasicConstraints(ca, path_length)
mp_obj_t wolf_x509_make_constraints(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *pos_args) {
    enum { ARG_ca, ARG_path_length };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_ca, MP_ARG_REQUIRED | MP_ARG_BOOL, {.u_bool = false} },
        { MP_QSTR_path_length, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all_kw_array(n_args, n_kw, pos_args, MP_ARRAY_SIZE(allowed_args), allowed_args,
        args);
    static const uint8_t yes[] = { 0xff };
    buffer_t buf;
    begin(&buf, HEADER);
    if (args[ARG_path_length].u_obj != mp_const_none) {
        mp_int_t n = mp_obj_get_int(args[ARG_path_length].u_obj);
        if (!args[ARG_ca].u_bool || n < 0 || n > 127) {
            mp_raise_ValueError(MP_ERROR_TEXT("path_length"));
        }
        uint8_t octet = n;
        put(&buf.w, TAG_INTEGER, &octet, 1);
    }
    if (args[ARG_ca].u_bool) {
        put(&buf.w, TAG_BOOLEAN, yes, sizeof(yes));
    }
    wolf_der_header(&buf.w, TAG_SEQUENCE, buf.end);
    return finish(&buf, type);
}

// KeyUsage(digital_signature, …)
mp_obj_t wolf_x509_make_key_usage(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *pos_args) {
    enum { KEY_AGREEMENT = 4, ENCIPHER_ONLY = 7, N = 9 };
    static const mp_arg_t allowed_args[N] = {
        { MP_QSTR_digital_signature, MP_ARG_REQUIRED | MP_ARG_BOOL, {.u_bool = false} },
        { MP_QSTR_content_commitment, MP_ARG_REQUIRED | MP_ARG_BOOL, {.u_bool = false} },
        { MP_QSTR_key_encipherment, MP_ARG_REQUIRED | MP_ARG_BOOL, {.u_bool = false} },
        { MP_QSTR_data_encipherment, MP_ARG_REQUIRED | MP_ARG_BOOL, {.u_bool = false} },
        { MP_QSTR_key_agreement, MP_ARG_REQUIRED | MP_ARG_BOOL, {.u_bool = false} },
        { MP_QSTR_key_cert_sign, MP_ARG_REQUIRED | MP_ARG_BOOL, {.u_bool = false} },
        { MP_QSTR_crl_sign, MP_ARG_REQUIRED | MP_ARG_BOOL, {.u_bool = false} },
        { MP_QSTR_encipher_only, MP_ARG_REQUIRED | MP_ARG_BOOL, {.u_bool = false} },
        { MP_QSTR_decipher_only, MP_ARG_REQUIRED | MP_ARG_BOOL, {.u_bool = false} },
    };
    mp_arg_val_t args[N];
    mp_arg_parse_all_kw_array(n_args, n_kw, pos_args, N, allowed_args, args);
    uint8_t bits[3] = { 0 };
    size_t used = 0;
    for (size_t i = 0; i < N; i++) {
        if (args[i].u_bool) {
            if (i >= ENCIPHER_ONLY && !args[KEY_AGREEMENT].u_bool) {
                mp_raise_ValueError(MP_ERROR_TEXT("key_agreement"));
            }
            bits[1 + i / 8] |= 0x80 >> i % 8;
            used = i + 1;
        }
    }
    // DER has no zeros at the end of such a string.
    bits[0] = (8 - used % 8) % 8;
    buffer_t buf;
    begin(&buf, sizeof(bits));
    put(&buf.w, TAG_BIT_STRING, bits, 1 + (used + 7) / 8);
    return finish(&buf, type);
}

// UnrecognizedExtension(oid, value)
mp_obj_t wolf_x509_make_unrecognized(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 2, 2, false);
    const wolf_view_t *oid = wolf_view_get(args[0], &wolf_x509_ObjectIdentifier_type);
    mp_buffer_info_t value;
    wolf_crypto_get(args[1], &value);
    // A copy: finalisers, which may run at any allocation, could change the buffer's size.
    mp_obj_t copy = mp_obj_new_bytes(value.buf, value.len);
    wolf_crypto_get(copy, &value);
    buffer_t buf;
    begin(&buf, MIN(value.len, MAX_DER) + oid->der.len);
    put(&buf.w, TAG_OCTET_STRING, value.buf, value.len);
    put_span(&buf.w, TAG_OID, &oid->der);
    return finish(&buf, type);
}

#ifndef NO_SHA
// RFC 5280, section 4.2.1.2: the SHA-1 of a key. A name, no protection.
static mp_obj_t new_identifier(const mp_obj_type_t *type, mp_obj_t key_in) {
    const wolf_key_t *key = wolf_key_get_any(key_in, false);
    uint8_t digest[WC_SHA_DIGEST_SIZE];
    wolf_alloc_begin();
    wolf_crypto_check(wc_Hash(WC_HASH_TYPE_SHA, wolf_key_public(key), key->public_len, digest,
        sizeof(digest)));
    bool authority = type == &wolf_x509_AuthorityKeyIdentifier_type;
    buffer_t buf;
    begin(&buf, sizeof(digest));
    put(&buf.w, authority ? 0x80 : TAG_OCTET_STRING, digest, sizeof(digest));
    if (authority) {
        wolf_der_header(&buf.w, TAG_SEQUENCE, buf.end);
    }
    return finish(&buf, type);
}

// SubjectKeyIdentifier.from_public_key(public_key)
static mp_obj_t identifier_of_key(mp_obj_t key) {
    return new_identifier(&wolf_x509_SubjectKeyIdentifier_type, key);
}
static MP_DEFINE_CONST_FUN_OBJ_1(identifier_of_key_fun_obj, identifier_of_key);
MP_DEFINE_CONST_STATICMETHOD_OBJ(wolf_x509_identifier_of_key_obj,
    MP_ROM_PTR(&identifier_of_key_fun_obj));

// AuthorityKeyIdentifier.from_issuer_public_key(public_key)
static mp_obj_t authority_of_key(mp_obj_t key) {
    return new_identifier(&wolf_x509_AuthorityKeyIdentifier_type, key);
}
static MP_DEFINE_CONST_FUN_OBJ_1(authority_of_key_fun_obj, authority_of_key);
MP_DEFINE_CONST_STATICMETHOD_OBJ(wolf_x509_authority_of_key_obj,
    MP_ROM_PTR(&authority_of_key_fun_obj));

// AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski)
static mp_obj_t authority_of_identifier(mp_obj_t identifier_in) {
    const wolf_view_t *identifier = wolf_view_get(identifier_in,
        &wolf_x509_SubjectKeyIdentifier_type);
    wolf_span_t in = identifier->der, id;
    if (!wolf_der_get(&in, TAG_OCTET_STRING, &id) || in.len > 0) {
        raise_value();
    }
    buffer_t buf;
    begin(&buf, id.len);
    put_span(&buf.w, 0x80, &id);
    wolf_der_header(&buf.w, TAG_SEQUENCE, buf.end);
    return finish(&buf, &wolf_x509_AuthorityKeyIdentifier_type);
}
static MP_DEFINE_CONST_FUN_OBJ_1(authority_of_identifier_fun_obj, authority_of_identifier);
MP_DEFINE_CONST_STATICMETHOD_OBJ(wolf_x509_authority_of_identifier_obj,
    MP_ROM_PTR(&authority_of_identifier_fun_obj));
#endif

// The contents of an Extension for the value of one.
static mp_obj_t new_extension(mp_obj_t value_in, bool critical) {
    static const uint8_t yes[] = { 0xff };
    const wolf_view_t *value = MP_OBJ_TO_PTR(value_in);
    wolf_span_t oid = { NULL, 0 }, octets;
    uint8_t standard[] = { 0x55, 0x1d, 0 };
    for (size_t i = 0; i < WOLF_X509_EXTENSIONS; i++) {
        if (mp_obj_is_exact_type(value_in, wolf_x509_extensions[i].type)) {
            standard[2] = wolf_x509_extensions[i].id;
            oid = (wolf_span_t) { standard, sizeof(standard) };
            octets = value->der;
        }
    }
    if (oid.p == NULL) {
        wolf_span_t in = wolf_view_get(value_in, &wolf_x509_UnrecognizedExtension_type)->der;
        wolf_span_t flag;
        bool good = wolf_der_get(&in, TAG_OID, &oid);
        (void)wolf_der_get(&in, TAG_BOOLEAN, &flag); // of the certificate that it comes from
        if (!good || !wolf_der_get(&in, TAG_OCTET_STRING, &octets)) {
            raise_value();
        }
    }
    buffer_t buf;
    begin(&buf, oid.len + octets.len + HEADER);
    put_span(&buf.w, TAG_OCTET_STRING, &octets);
    if (critical) {
        put(&buf.w, TAG_BOOLEAN, yes, sizeof(yes));
    }
    put_span(&buf.w, TAG_OID, &oid);
    return finish(&buf, &wolf_x509_Extension_type);
}

static bool has_same_oid(const wolf_view_t *a, const wolf_view_t *b) {
    wolf_span_t in_a = a->der, in_b = b->der, oid_a, oid_b;
    return wolf_der_get(&in_a, TAG_OID, &oid_a) && wolf_der_get(&in_b, TAG_OID, &oid_b)
           && oid_a.len == oid_b.len && memcmp(oid_a.p, oid_b.p, oid_a.len) == 0;
}

/******************************************************************************/
// Builders. As in pyca, none ever changes: each method returns another one.

enum {
    SUBJECT,
    ISSUER,
    PUBLIC_KEY,
    SERIAL_NUMBER, // as bytes, as is what follows
    NOT_BEFORE,
    NOT_AFTER,
    N_PARTS,
};

typedef struct _builder_t {
    mp_obj_base_t base;
    mp_obj_t parts[N_PARTS]; // MP_OBJ_NULL: not there yet
    mp_obj_t extensions; // a tuple
} builder_t;

static mp_obj_t builder_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    (void)args;
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    builder_t *self = wolf_obj_malloc(builder_t, type);
    for (size_t i = 0; i < N_PARTS; i++) {
        self->parts[i] = MP_OBJ_NULL;
    }
    self->extensions = mp_const_empty_tuple;
    return MP_OBJ_FROM_PTR(self);
}

static builder_t *get_builder(mp_obj_t self_in) {
    if (!mp_obj_is_exact_type(self_in, &wolf_x509_CertificateBuilder_type)) {
        wolf_view_get(self_in, &wolf_x509_CertificateSigningRequestBuilder_type);
    }
    return MP_OBJ_TO_PTR(self_in);
}

static builder_t *copy_builder(const builder_t *self) {
    builder_t *copy = wolf_obj_malloc(builder_t, self->base.type);
    *copy = *self;
    return copy;
}

// Another builder, with one part more.
static mp_obj_t with_part(mp_obj_t self_in, int part, mp_obj_t value) {
    builder_t *self = get_builder(self_in);
    if (self->parts[part] != MP_OBJ_NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("already set"));
    }
    builder_t *copy = copy_builder(self);
    copy->parts[part] = value;
    return MP_OBJ_FROM_PTR(copy);
}

static mp_obj_t builder_subject_name(mp_obj_t self, mp_obj_t name) {
    wolf_view_get(name, &wolf_x509_Name_type);
    return with_part(self, SUBJECT, name);
}
static MP_DEFINE_CONST_FUN_OBJ_2(builder_subject_name_obj, builder_subject_name);

static mp_obj_t builder_issuer_name(mp_obj_t self, mp_obj_t name) {
    wolf_view_get(name, &wolf_x509_Name_type);
    return with_part(self, ISSUER, name);
}
static MP_DEFINE_CONST_FUN_OBJ_2(builder_issuer_name_obj, builder_issuer_name);

static mp_obj_t builder_public_key(mp_obj_t self, mp_obj_t key) {
    wolf_key_get_any(key, false);
    return with_part(self, PUBLIC_KEY, key);
}
static MP_DEFINE_CONST_FUN_OBJ_2(builder_public_key_obj, builder_public_key);

// The contents of an INTEGER for a positive number of at most 20 bytes.
static mp_obj_t builder_serial_number(mp_obj_t self, mp_obj_t number) {
    uint8_t buf[SERIAL];
    wolf_int_to_bytes(number, buf, sizeof(buf));
    size_t i = 0;
    while (i < SERIAL && buf[i] == 0) {
        i++;
    }
    if (i == SERIAL || buf[0] >= 0x80) {
        mp_raise_ValueError(MP_ERROR_TEXT("serial_number"));
    }
    if (buf[i] >= 0x80) {
        i--;
    }
    return with_part(self, SERIAL_NUMBER, mp_obj_new_bytes(buf + i, SERIAL - i));
}
static MP_DEFINE_CONST_FUN_OBJ_2(builder_serial_number_obj, builder_serial_number);

// A time as time.gmtime() has it, or the first six numbers of that, as DER.
static mp_obj_t new_time(mp_obj_t time) {
    size_t n;
    mp_obj_t *items;
    mp_obj_t copy = get_items(time, &n, &items);
    uint8_t der[2 + 15];
    uint8_t *p = der + 2;
    bool good = n >= 6;
    for (size_t i = 0; good && i < 6; i++) {
        mp_int_t number = items[i] == MP_OBJ_NULL ? -1 : mp_obj_get_int(items[i]);
        good = i == 0 ? number >= 1950 && number <= 9999 : number >= 0 && number <= 99;
        if (good && i == 0 && number >= 2050) { // RFC 5280, section 4.1.2.5
            *p++ = '0' + number / 1000;
            *p++ = '0' + number / 100 % 10;
        }
        if (good) {
            *p++ = '0' + number / 10 % 10;
            *p++ = '0' + number % 10;
        }
    }
    WOLF_KEEP(copy);
    wolf_span_t in = { der, 0 };
    int64_t seconds;
    if (good) {
        *p++ = 'Z';
        in.len = p - der;
        der[0] = in.len == sizeof(der) ? TAG_GENERALIZED_TIME : TAG_UTC_TIME;
        der[1] = in.len - 2;
    }
    if (!wolf_der_get_time(&in, &seconds)) {
        mp_raise_ValueError(MP_ERROR_TEXT("time"));
    }
    return mp_obj_new_bytes(der, p - der);
}

static mp_obj_t builder_not_valid_before(mp_obj_t self, mp_obj_t time) {
    return with_part(self, NOT_BEFORE, new_time(time));
}
static MP_DEFINE_CONST_FUN_OBJ_2(builder_not_valid_before_obj, builder_not_valid_before);

static mp_obj_t builder_not_valid_after(mp_obj_t self, mp_obj_t time) {
    return with_part(self, NOT_AFTER, new_time(time));
}
static MP_DEFINE_CONST_FUN_OBJ_2(builder_not_valid_after_obj, builder_not_valid_after);

// add_extension(extval, critical)
static mp_obj_t builder_add_extension(size_t n_args, const mp_obj_t *pos_args,
    mp_map_t *kw_args) {
    enum { ARG_extval, ARG_critical };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_extval, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_critical, MP_ARG_REQUIRED | MP_ARG_BOOL, {.u_bool = false} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args,
        args);
    builder_t *copy = copy_builder(get_builder(pos_args[0]));
    mp_obj_t extension = new_extension(args[ARG_extval].u_obj, args[ARG_critical].u_bool);
    size_t n;
    mp_obj_t *items;
    mp_obj_tuple_get(copy->extensions, &n, &items);
    for (size_t i = 0; i < n; i++) {
        if (has_same_oid(MP_OBJ_TO_PTR(items[i]), MP_OBJ_TO_PTR(extension))) {
            mp_raise_ValueError(MP_ERROR_TEXT("already set"));
        }
    }
    mp_obj_t more[] = { extension };
    copy->extensions = mp_binary_op(MP_BINARY_OP_ADD, copy->extensions, mp_obj_new_tuple(1, more));
    return MP_OBJ_FROM_PTR(copy);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(builder_add_extension_obj, 1, builder_add_extension);

/******************************************************************************/
// Signing.

// How many bytes extensions take at most.
static size_t extensions_size(const builder_t *self) {
    size_t n, size = 0;
    mp_obj_t *items;
    mp_obj_tuple_get(self->extensions, &n, &items);
    for (size_t i = 0; i < n; i++) {
        size += ((const wolf_view_t *)MP_OBJ_TO_PTR(items[i]))->der.len + HEADER;
    }
    return size;
}

// SEQUENCE OF Extension
static void put_extensions(wolf_der_writer_t *w, const builder_t *self) {
    const uint8_t *end = w->p;
    size_t n;
    mp_obj_t *items;
    mp_obj_tuple_get(self->extensions, &n, &items);
    for (size_t i = n; i > 0; i--) {
        put_span(w, TAG_SEQUENCE, &((const wolf_view_t *)MP_OBJ_TO_PTR(items[i - 1]))->der);
    }
    wolf_der_header(w, TAG_SEQUENCE, end);
}

static void put_name(wolf_der_writer_t *w, mp_obj_t name) {
    put_span(w, TAG_SEQUENCE, &((const wolf_view_t *)MP_OBJ_TO_PTR(name))->der);
}

static void put_small(wolf_der_writer_t *w, uint8_t n) {
    put(w, TAG_INTEGER, &n, 1);
}

static void put_part(wolf_der_writer_t *w, const builder_t *self, int part) {
    size_t len;
    const char *data = mp_obj_str_get_data(self->parts[part], &len);
    wolf_der_bytes(w, (const uint8_t *)data, len);
}

static int64_t part_time(const builder_t *self, int part) {
    wolf_span_t in;
    int64_t seconds = 0;
    in.p = (const uint8_t *)mp_obj_str_get_data(self->parts[part], &in.len);
    (void)wolf_der_get_time(&in, &seconds); // it was written by new_time()
    return seconds;
}

#define FIXED (128) // more than what has always the same length, and all headers

// TBSCertificate, RFC 5280, section 4.1.
static mp_obj_t certificate_info(const builder_t *self, const wolf_x509_algorithm_t *algorithm) {
    static const qstr_short_t names[] = {
        MP_QSTR_subject_name, MP_QSTR_issuer_name, MP_QSTR_public_key, MP_QSTR_serial_number,
        MP_QSTR_not_valid_before, MP_QSTR_not_valid_after
    };
    for (size_t i = 0; i < N_PARTS; i++) {
        if (self->parts[i] == MP_OBJ_NULL) {
            mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("no %q"), (qstr)names[i]);
        }
    }
    if (part_time(self, NOT_AFTER) < part_time(self, NOT_BEFORE)) {
        mp_raise_ValueError(MP_ERROR_TEXT("not_valid_after is before not_valid_before"));
    }
    const wolf_view_t *subject = MP_OBJ_TO_PTR(self->parts[SUBJECT]);
    const wolf_view_t *issuer = MP_OBJ_TO_PTR(self->parts[ISSUER]);
    const wolf_key_t *key = wolf_key_get_any(self->parts[PUBLIC_KEY], false);
    buffer_t buf;
    begin(&buf, FIXED + subject->der.len + issuer->der.len + key->public_len + WOLF_SPKI_MORE
        + extensions_size(self));
    if (self->extensions != mp_const_empty_tuple) {
        put_extensions(&buf.w, self);
        wolf_der_header(&buf.w, TAG_EXPLICIT(3), buf.end);
    }
    wolf_key_put_public(&buf.w, key);
    put_name(&buf.w, self->parts[SUBJECT]);
    const uint8_t *end = buf.w.p;
    put_part(&buf.w, self, NOT_AFTER);
    put_part(&buf.w, self, NOT_BEFORE);
    wolf_der_header(&buf.w, TAG_SEQUENCE, end);
    put_name(&buf.w, self->parts[ISSUER]);
    put(&buf.w, TAG_SEQUENCE, algorithm->der, algorithm->len);
    end = buf.w.p;
    put_part(&buf.w, self, SERIAL_NUMBER);
    wolf_der_header(&buf.w, TAG_INTEGER, end);
    end = buf.w.p;
    put_small(&buf.w, 2); // version 3
    wolf_der_header(&buf.w, TAG_EXPLICIT(0), end);
    wolf_der_header(&buf.w, TAG_SEQUENCE, buf.end);
    return finish_bytes(&buf);
}

// CertificationRequestInfo, RFC 2986, section 4.1.
static mp_obj_t request_info(const builder_t *self, const wolf_key_t *key) {
    static const uint8_t extension_request[] = {
        0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e
    };
    if (self->parts[SUBJECT] == MP_OBJ_NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("no subject_name"));
    }
    const wolf_view_t *subject = MP_OBJ_TO_PTR(self->parts[SUBJECT]);
    buffer_t buf;
    begin(&buf, FIXED + subject->der.len + key->public_len + WOLF_SPKI_MORE
        + extensions_size(self));
    if (self->extensions != mp_const_empty_tuple) {
        put_extensions(&buf.w, self);
        wolf_der_header(&buf.w, TAG_SET, buf.end);
        put(&buf.w, TAG_OID, extension_request, sizeof(extension_request));
        wolf_der_header(&buf.w, TAG_SEQUENCE, buf.end);
    }
    wolf_der_header(&buf.w, TAG_EXPLICIT(0), buf.end);
    wolf_key_put_public(&buf.w, key);
    put_name(&buf.w, self->parts[SUBJECT]);
    put_small(&buf.w, 0);
    wolf_der_header(&buf.w, TAG_SEQUENCE, buf.end);
    return finish_bytes(&buf);
}

// sign(private_key, algorithm)
static mp_obj_t builder_sign(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_private_key, ARG_algorithm };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_private_key, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_algorithm, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args,
        args);
    const builder_t *self = get_builder(pos_args[0]);
    const wolf_key_t *key = wolf_key_get_any(args[ARG_private_key].u_obj, true);
    const wolf_x509_algorithm_t *algorithm = wolf_x509_algorithm(wolf_x509_key_class(key->kind),
        args[ARG_algorithm].u_obj);
    bool is_cert = self->base.type == &wolf_x509_CertificateBuilder_type;
    mp_obj_t info = is_cert ? certificate_info(self, algorithm) : request_info(self, key);
    mp_obj_t call[5] = { MP_OBJ_NULL, MP_OBJ_NULL, info };
    mp_obj_t signature = wolf_x509_call(args[ARG_private_key].u_obj, MP_QSTR_sign, algorithm,
        call, 1);

    static const uint8_t unused[] = { 0 };
    size_t info_len, len;
    const char *info_data = mp_obj_str_get_data(info, &info_len);
    const char *data = mp_obj_str_get_data(signature, &len);
    buffer_t buf;
    begin(&buf, info_len + len + FIXED);
    wolf_der_bytes(&buf.w, (const uint8_t *)data, len);
    wolf_der_bytes(&buf.w, unused, sizeof(unused));
    wolf_der_header(&buf.w, TAG_BIT_STRING, buf.end);
    put(&buf.w, TAG_SEQUENCE, algorithm->der, algorithm->len);
    wolf_der_bytes(&buf.w, (const uint8_t *)info_data, info_len);
    wolf_der_header(&buf.w, TAG_SEQUENCE, buf.end);
    mp_obj_t der = finish_bytes(&buf);
    return is_cert ? wolf_x509_certificate(der) : wolf_x509_request(der);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(builder_sign_obj, 1, builder_sign);

static const mp_rom_map_elem_t certificate_builder_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_subject_name), MP_ROM_PTR(&builder_subject_name_obj) },
    { MP_ROM_QSTR(MP_QSTR_issuer_name), MP_ROM_PTR(&builder_issuer_name_obj) },
    { MP_ROM_QSTR(MP_QSTR_public_key), MP_ROM_PTR(&builder_public_key_obj) },
    { MP_ROM_QSTR(MP_QSTR_serial_number), MP_ROM_PTR(&builder_serial_number_obj) },
    { MP_ROM_QSTR(MP_QSTR_not_valid_before), MP_ROM_PTR(&builder_not_valid_before_obj) },
    { MP_ROM_QSTR(MP_QSTR_not_valid_after), MP_ROM_PTR(&builder_not_valid_after_obj) },
    { MP_ROM_QSTR(MP_QSTR_add_extension), MP_ROM_PTR(&builder_add_extension_obj) },
    { MP_ROM_QSTR(MP_QSTR_sign), MP_ROM_PTR(&builder_sign_obj) },
};
static MP_DEFINE_CONST_DICT(certificate_builder_locals_dict,
    certificate_builder_locals_dict_table);

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_CertificateBuilder_type,
    MP_QSTR_CertificateBuilder,
    MP_TYPE_FLAG_NONE,
    make_new, builder_make_new,
    locals_dict, &certificate_builder_locals_dict
    );

static const mp_rom_map_elem_t request_builder_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_subject_name), MP_ROM_PTR(&builder_subject_name_obj) },
    { MP_ROM_QSTR(MP_QSTR_add_extension), MP_ROM_PTR(&builder_add_extension_obj) },
    { MP_ROM_QSTR(MP_QSTR_sign), MP_ROM_PTR(&builder_sign_obj) },
};
static MP_DEFINE_CONST_DICT(request_builder_locals_dict, request_builder_locals_dict_table);

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_CertificateSigningRequestBuilder_type,
    MP_QSTR_CertificateSigningRequestBuilder,
    MP_TYPE_FLAG_NONE,
    make_new, builder_make_new,
    locals_dict, &request_builder_locals_dict
    );

// random_serial_number(): 159 random bits
static mp_obj_t random_serial_number(void) {
    mp_obj_t random = wolf_crypto_random(SERIAL);
    uint8_t buf[SERIAL];
    size_t len;
    memcpy(buf, mp_obj_str_get_data(random, &len), SERIAL);
    buf[0] &= 0x7f;
    return mp_obj_int_from_bytes_impl(true, SERIAL, buf);
}
MP_DEFINE_CONST_FUN_OBJ_0(wolf_x509_random_serial_number_obj, random_serial_number);

#endif // MICROPY_WOLFCRYPTOLIB_X509_SIGN
