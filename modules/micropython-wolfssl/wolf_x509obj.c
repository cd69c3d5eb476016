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

// Certificates, requests and what is in them: what pyca's module x509 has to read them.

#include "wolf_x509obj.h"
#include "wolf_certdict.h"
#include "wolf_der.h"
#include "wolf_pem.h"

#include <string.h>

#include "py/objint.h"

#if MICROPY_WOLFCRYPTOLIB_X509


#define MAX_OID (64)
#define MAX_EXTENSIONS (256) // each is compared with all before it

static const mp_obj_type_t x509_certificate_type;
static const mp_obj_type_t x509_request_type;
static const mp_obj_type_t x509_extensions_type;

#if MICROPY_WOLFCRYPTOLIB_X509_SIGN
#define MAKE_NEW(f) make_new, f,
#else
#define MAKE_NEW(f)
#endif

/******************************************************************************/
// Views.

mp_obj_t wolf_view_new(const mp_obj_type_t *type, mp_obj_t owner, wolf_span_t der) {
    wolf_view_t *self = wolf_obj_malloc(wolf_view_t, type);
    self->owner = owner;
    self->der = der;
    return MP_OBJ_FROM_PTR(self);
}

mp_obj_t wolf_view_copy(const mp_obj_type_t *type, const uint8_t *der, size_t len) {
    mp_obj_t owner = mp_obj_new_bytes(der, len);
    wolf_span_t span;
    span.p = (const uint8_t *)mp_obj_str_get_data(owner, &span.len);
    return wolf_view_new(type, owner, span);
}

const wolf_view_t *wolf_view_get(mp_obj_t obj, const mp_obj_type_t *type) {
    if (obj == MP_OBJ_NULL || !mp_obj_is_exact_type(obj, type)) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("expected %q"), (qstr)type->name);
    }
    return MP_OBJ_TO_PTR(obj);
}

static mp_obj_t new_bytes(wolf_span_t span) {
    return mp_obj_new_bytes(span.p, span.len);
}

static bool span_equal(const wolf_span_t *a, const wolf_span_t *b) {
    return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

// What is malformed, and where it begins.
static MP_NORETURN void raise_at(const wolf_view_t *self, const uint8_t *p, const char *what) {
    size_t len;
    const uint8_t *begin = self->owner == MP_OBJ_NULL ? self->der.p
        : (const uint8_t *)mp_obj_str_get_data(self->owner, &len);
    mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("invalid %s at byte %u"), what,
        (unsigned int)(p - begin));
}

static MP_NORETURN void raise_view(const wolf_view_t *self) {
    raise_at(self, self->der.p, qstr_str(self->base.type->name));
}

static mp_obj_t view_unary_op(mp_unary_op_t op, mp_obj_t self_in) {
    const wolf_view_t *self = MP_OBJ_TO_PTR(self_in);
    if (op == MP_UNARY_OP_HASH) {
        return MP_OBJ_NEW_SMALL_INT(qstr_compute_hash(self->der.p, self->der.len));
    }
    return MP_OBJ_NULL;
}

static mp_obj_t view_binary_op(mp_binary_op_t op, mp_obj_t self_in, mp_obj_t other_in) {
    if (op != MP_BINARY_OP_EQUAL) {
        return MP_OBJ_NULL;
    }
    const wolf_view_t *self = MP_OBJ_TO_PTR(self_in);
    const wolf_view_t *other = MP_OBJ_TO_PTR(other_in);
    return mp_obj_new_bool(mp_obj_is_exact_type(other_in, self->base.type)
        && span_equal(&self->der, &other->der));
}

#define COMPARABLE unary_op, view_unary_op, binary_op, view_binary_op

// print() of what has something to show.
static void view_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    const mp_obj_type_t *type = mp_obj_get_type(self_in);
    bool is_cert = type == &x509_certificate_type;
    qstr attr = type == &wolf_x509_ObjectIdentifier_type ? MP_QSTR_dotted_string
        : is_cert || type == &x509_request_type ? MP_QSTR_subject : MP_QSTR_value;
    mp_printf(print, "<%q(%q=", (qstr)type->name, attr);
    mp_obj_print_helper(print, mp_load_attr(self_in, attr), PRINT_REPR);
    mp_print_str(print, ")>");
}

// Iterating is iterating over a list.
static mp_obj_t new_iter(mp_obj_t list, mp_obj_iter_buf_t *buf) {
    return mp_getiter(list, buf);
}

/******************************************************************************/
// DER.

static uint8_t next_tag(const wolf_span_t *in) {
    return in->len > 0 ? in->p[0] : 0;
}

static bool get_any(wolf_span_t *in, uint8_t *tag, wolf_span_t *out) {
    *tag = next_tag(in);
    return wolf_der_get(in, *tag, out);
}

// The whole of a view: one element.
static bool get_whole(wolf_span_t in, uint8_t tag, wolf_span_t *out) {
    return wolf_der_get(&in, tag, out) && in.len == 0;
}

/******************************************************************************/
// Object identifiers.

// The next number, as an int of Python's.
static bool get_arc(wolf_span_t *in, mp_obj_t *number) {
    uint32_t n = 0;
    size_t digits = 0;
    bool more = true;
    *number = MP_OBJ_NULL;
    while (more) {
        if (in->len == 0 || (digits == 0 && in->p[0] == 0x80)) {
            return false;
        }
        more = *in->p & 0x80;
        n = n << 7 | (*in->p & 0x7f);
        in->p++;
        in->len--;
        digits++;
        // So far it fits into a small int.
        if (digits % 4 == 0 || !more) {
            mp_obj_t part = MP_OBJ_NEW_SMALL_INT(n);
            mp_obj_t shift = MP_OBJ_NEW_SMALL_INT(7 * (digits % 4 == 0 ? 4 : digits % 4));
            *number = *number == MP_OBJ_NULL ? part : mp_binary_op(MP_BINARY_OP_OR,
                mp_binary_op(MP_BINARY_OP_LSHIFT, *number, shift), part);
            n = 0;
        }
    }
    return true;
}

static mp_obj_t oid_text(const wolf_view_t *self) {
    wolf_span_t in = self->der;
    if (in.len == 0 || in.len > MAX_OID) {
        raise_view(self);
    }
    vstr_t vstr;
    mp_print_t print;
    vstr_init_print(&vstr, 32, &print);
    for (bool first = true; in.len > 0; first = false) {
        mp_obj_t arc;
        if (!get_arc(&in, &arc)) {
            raise_view(self);
        }
        if (!first) {
            mp_print_str(&print, ".");
        } else if (!mp_obj_is_small_int(arc) || MP_OBJ_SMALL_INT_VALUE(arc) >= 80) {
            mp_print_str(&print, "2.");
            arc = mp_binary_op(MP_BINARY_OP_SUBTRACT, arc, MP_OBJ_NEW_SMALL_INT(80));
        } else {
            mp_int_t n = MP_OBJ_SMALL_INT_VALUE(arc);
            mp_printf(&print, "%d.", (int)(n / 40));
            arc = MP_OBJ_NEW_SMALL_INT(n % 40);
        }
        mp_obj_print_helper(&print, arc, PRINT_STR);
    }
    mp_obj_t text = mp_obj_new_str(vstr.buf, vstr.len);
    vstr_clear(&vstr);
    return text;
}

static void oid_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] == MP_OBJ_NULL && attr == MP_QSTR_dotted_string) {
        dest[0] = oid_text(MP_OBJ_TO_PTR(self_in));
    }
}

// Append a number in base 128.
static void put_arc(vstr_t *vstr, uint32_t n) {
    for (int shift = 28; shift >= 0; shift -= 7) {
        if (n >> shift > 0 || shift == 0) {
            vstr_add_byte(vstr, (n >> shift & 0x7f) | (shift > 0 ? 0x80 : 0));
        }
    }
}

// ObjectIdentifier(dotted_string): numbers below 2^32 - 80
static mp_obj_t oid_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    const char *text = mp_obj_str_get_str(args[0]);
    vstr_t vstr;
    vstr_init(&vstr, 16);
    uint32_t first = 0;
    size_t n_arcs = 0;
    size_t len;
    mp_obj_str_get_data(args[0], &len);
    bool good = strlen(text) == len;
    while (good) {
        uint64_t n = 0;
        const char *begin = text;
        for (; *text >= '0' && *text <= '9' && n <= UINT32_MAX; text++) {
            n = 10 * n + (*text - '0');
        }
        good = text > begin && (*begin != '0' || text == begin + 1) && n <= UINT32_MAX - 80
            && (*text == '.' || *text == 0);
        if (n_arcs == 0) {
            good = good && n <= 2;
            first = n;
        } else {
            good = good && (n_arcs > 1 || first == 2 || n < 40);
            put_arc(&vstr, n_arcs == 1 ? 40 * first + (uint32_t)n : (uint32_t)n);
        }
        n_arcs++;
        if (*text == 0) {
            break;
        }
        text++;
    }
    if (!good || n_arcs < 2 || vstr.len > MAX_OID) {
        mp_raise_ValueError(MP_ERROR_TEXT("OID"));
    }
    mp_obj_t oid = wolf_view_copy(type, (const uint8_t *)vstr.buf, vstr.len);
    vstr_clear(&vstr);
    return oid;
}

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_ObjectIdentifier_type,
    MP_QSTR_ObjectIdentifier,
    MP_TYPE_FLAG_NONE,
    make_new, oid_make_new,
    print, view_print,
    COMPARABLE,
    attr, oid_attr
    );

static mp_obj_t new_oid(const wolf_view_t *self, wolf_span_t oid) {
    return wolf_view_new(&wolf_x509_ObjectIdentifier_type, self->owner, oid);
}

#define OID(name_, ...) \
    static const uint8_t oid_bytes_##name_[] = { __VA_ARGS__ }; \
    static const wolf_view_t oid_##name_ = { \
        { &wolf_x509_ObjectIdentifier_type }, MP_OBJ_NULL, \
        { oid_bytes_##name_, sizeof(oid_bytes_##name_) } \
    };
#define OID_ENTRY(name_) { MP_ROM_QSTR(MP_QSTR_##name_), MP_ROM_PTR(&oid_##name_) },
#define NAMESPACE(variable, name_) \
    static MP_DEFINE_CONST_DICT(variable##_globals, variable##_table); \
    static const mp_obj_module_t variable = { \
        .base = { &mp_type_module }, \
        .globals = (mp_obj_dict_t *)&variable##_globals, \
    };

OID(COMMON_NAME, 0x55, 0x04, 0x03)
OID(SURNAME, 0x55, 0x04, 0x04)
OID(SERIAL_NUMBER, 0x55, 0x04, 0x05)
OID(COUNTRY_NAME, 0x55, 0x04, 0x06)
OID(LOCALITY_NAME, 0x55, 0x04, 0x07)
OID(STATE_OR_PROVINCE_NAME, 0x55, 0x04, 0x08)
OID(STREET_ADDRESS, 0x55, 0x04, 0x09)
OID(ORGANIZATION_NAME, 0x55, 0x04, 0x0a)
OID(ORGANIZATIONAL_UNIT_NAME, 0x55, 0x04, 0x0b)
OID(TITLE, 0x55, 0x04, 0x0c)
OID(GIVEN_NAME, 0x55, 0x04, 0x2a)
OID(DN_QUALIFIER, 0x55, 0x04, 0x2e)
OID(PSEUDONYM, 0x55, 0x04, 0x41)
OID(USER_ID, 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x01)
OID(DOMAIN_COMPONENT, 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19)
OID(EMAIL_ADDRESS, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01)

static const mp_rom_map_elem_t name_oid_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_NameOID) },
    OID_ENTRY(COMMON_NAME)
    OID_ENTRY(SURNAME)
    OID_ENTRY(SERIAL_NUMBER)
    OID_ENTRY(COUNTRY_NAME)
    OID_ENTRY(LOCALITY_NAME)
    OID_ENTRY(STATE_OR_PROVINCE_NAME)
    OID_ENTRY(STREET_ADDRESS)
    OID_ENTRY(ORGANIZATION_NAME)
    OID_ENTRY(ORGANIZATIONAL_UNIT_NAME)
    OID_ENTRY(TITLE)
    OID_ENTRY(GIVEN_NAME)
    OID_ENTRY(DN_QUALIFIER)
    OID_ENTRY(PSEUDONYM)
    OID_ENTRY(USER_ID)
    OID_ENTRY(DOMAIN_COMPONENT)
    OID_ENTRY(EMAIL_ADDRESS)
};
NAMESPACE(name_oid, NameOID)

OID(ANY_EXTENDED_KEY_USAGE, 0x55, 0x1d, 0x25, 0x00)
OID(SERVER_AUTH, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01)
OID(CLIENT_AUTH, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02)
OID(CODE_SIGNING, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03)
OID(EMAIL_PROTECTION, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04)
OID(TIME_STAMPING, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08)
OID(OCSP_SIGNING, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09)

static const mp_rom_map_elem_t ext_key_usage_oid_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_ExtendedKeyUsageOID) },
    OID_ENTRY(ANY_EXTENDED_KEY_USAGE)
    OID_ENTRY(SERVER_AUTH)
    OID_ENTRY(CLIENT_AUTH)
    OID_ENTRY(CODE_SIGNING)
    OID_ENTRY(EMAIL_PROTECTION)
    OID_ENTRY(TIME_STAMPING)
    OID_ENTRY(OCSP_SIGNING)
};
NAMESPACE(ext_key_usage_oid, ExtendedKeyUsageOID)

/******************************************************************************/
// Texts and names.

// The text of a string, which must be one of its type.
static bool get_text(uint8_t tag, wolf_span_t in, mp_obj_t *text) {
    size_t size = tag == TAG_BMP_STRING ? 2 : tag == TAG_UNIVERSAL_STRING ? 4 : 1;
    bool ascii = tag == 0x12 || tag == 0x13 || tag == 0x16 || tag == 0x1a;
    if (in.len % size != 0
        || !(ascii || size > 1 || tag == TAG_T61_STRING || tag == TAG_UTF8_STRING)) {
        return false;
    }
    for (size_t i = 0; i < in.len; i += size) {
        uint32_t c = size == 4 ? in.p[i] << 8 | in.p[i + 1] : 0;
        if (size > 1) {
            c = c << 16 | in.p[i + size - 2] << 8 | in.p[i + size - 1];
        }
        if ((ascii && in.p[i] >= 0x80) || c >= 0x110000 || (c >= 0xd800 && c < 0xe000)) {
            return false;
        }
    }
    *text = wolf_cert_text(tag, in);
    if (tag != TAG_UTF8_STRING) {
        return true;
    }
    wolf_span_t same;
    same.p = (const uint8_t *)mp_obj_str_get_data(*text, &same.len);
    return span_equal(&same, &in);
}

static bool get_attribute(wolf_span_t in, wolf_span_t *oid, uint8_t *tag, wolf_span_t *value) {
    return wolf_der_get(&in, TAG_OID, oid) && get_any(&in, tag, value) && in.len == 0;
}

static void attribute_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const wolf_view_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL || (attr != MP_QSTR_oid && attr != MP_QSTR_value)) {
        return;
    }
    wolf_span_t oid, value;
    uint8_t tag;
    if (!get_attribute(self->der, &oid, &tag, &value)
        || (attr == MP_QSTR_value && !get_text(tag, value, &dest[0]))) {
        raise_view(self);
    }
    if (attr == MP_QSTR_oid) {
        dest[0] = new_oid(self, oid);
    }
}

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_NameAttribute_type,
    MP_QSTR_NameAttribute,
    MP_TYPE_FLAG_NONE,
    MAKE_NEW(wolf_x509_make_attribute)
    print, view_print,
    COMPARABLE,
    attr, attribute_attr
    );

// The attributes of a name, those that belong together one after the other. With an OID: those of
// that kind.
static mp_obj_t name_list(const wolf_view_t *self, const wolf_span_t *kind) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    wolf_span_t name = self->der, rdn, attribute, oid, value;
    uint8_t tag;
    while (name.len > 0) {
        if (!wolf_der_get(&name, TAG_SET, &rdn) || rdn.len == 0) {
            raise_view(self);
        }
        while (rdn.len > 0) {
            if (!wolf_der_get(&rdn, TAG_SEQUENCE, &attribute)
                || !get_attribute(attribute, &oid, &tag, &value)) {
                raise_view(self);
            }
            if (kind == NULL || span_equal(&oid, kind)) {
                mp_obj_list_append(list,
                    wolf_view_new(&wolf_x509_NameAttribute_type, self->owner, attribute));
            }
        }
    }
    return list;
}

static mp_obj_t name_getiter(mp_obj_t self, mp_obj_iter_buf_t *buf) {
    return new_iter(name_list(MP_OBJ_TO_PTR(self), NULL), buf);
}

// get_attributes_for_oid(oid)
static mp_obj_t name_get_attributes_for_oid(mp_obj_t self_in, mp_obj_t oid) {
    const wolf_view_t *self = wolf_view_get(self_in, &wolf_x509_Name_type);
    return name_list(self, &wolf_view_get(oid, &wolf_x509_ObjectIdentifier_type)->der);
}
static MP_DEFINE_CONST_FUN_OBJ_2(name_get_attributes_for_oid_obj, name_get_attributes_for_oid);

// RFC 4514, section 2.4.
static void print_value(const mp_print_t *print, mp_obj_t text) {
    size_t len;
    const char *p = mp_obj_str_get_data(text, &len);
    for (size_t i = 0; i < len; i++) {
        char c = p[i];
        if (c == 0) {
            mp_print_str(print, "\\00");
            continue;
        }
        if (strchr("\"+,;<>\\", c) != NULL || (c == ' ' && (i == 0 || i == len - 1))
            || (c == '#' && i == 0)) {
            mp_print_str(print, "\\");
        }
        mp_printf(print, "%c", c);
    }
}

static void print_attribute(const mp_print_t *print, const wolf_view_t *name,
    wolf_span_t attribute) {
    static const struct {
        const wolf_view_t *oid;
        char name[7];
    } short_names[] = {
        { &oid_COMMON_NAME, "CN" },
        { &oid_LOCALITY_NAME, "L" },
        { &oid_STATE_OR_PROVINCE_NAME, "ST" },
        { &oid_ORGANIZATION_NAME, "O" },
        { &oid_ORGANIZATIONAL_UNIT_NAME, "OU" },
        { &oid_COUNTRY_NAME, "C" },
        { &oid_STREET_ADDRESS, "STREET" },
        { &oid_DOMAIN_COMPONENT, "DC" },
        { &oid_USER_ID, "UID" },
    };
    wolf_span_t oid, value, whole = attribute;
    uint8_t tag;
    mp_obj_t text;
    if (!get_attribute(attribute, &oid, &tag, &value)) {
        raise_view(name);
    }
    size_t i = 0;
    while (i < MP_ARRAY_SIZE(short_names) && !span_equal(&oid, &short_names[i].oid->der)) {
        i++;
    }
    if (i < MP_ARRAY_SIZE(short_names)) {
        mp_printf(print, "%s=", short_names[i].name);
    } else {
        mp_printf(print, "%s=", mp_obj_str_get_str(oid_text(MP_OBJ_TO_PTR(new_oid(name, oid)))));
    }
    if (get_text(tag, value, &text)) {
        print_value(print, text);
        return;
    }
    // What is no text: the element in hexadecimal digits.
    (void)wolf_der_get(&whole, TAG_OID, &oid);
    mp_print_str(print, "#");
    for (size_t j = 0; j < whole.len; j++) {
        mp_printf(print, "%02x", whole.p[j]);
    }
}

// rfc4514_string(): the last part first
static mp_obj_t name_rfc4514_string(mp_obj_t self_in) {
    const wolf_view_t *self = wolf_view_get(self_in, &wolf_x509_Name_type);
    mp_obj_t parts = mp_obj_new_list(0, NULL);
    wolf_span_t name = self->der, rdn, attribute;
    while (name.len > 0) {
        if (!wolf_der_get(&name, TAG_SET, &rdn)) {
            raise_view(self);
        }
        vstr_t vstr;
        mp_print_t print;
        vstr_init_print(&vstr, 32, &print);
        while (rdn.len > 0) {
            if (!wolf_der_get(&rdn, TAG_SEQUENCE, &attribute)) {
                raise_view(self);
            }
            print_attribute(&print, self, attribute);
            if (rdn.len > 0) {
                mp_print_str(&print, "+");
            }
        }
        mp_obj_list_append(parts, mp_obj_new_str(vstr.buf, vstr.len));
        vstr_clear(&vstr);
    }
    size_t n;
    mp_obj_t *items;
    mp_obj_list_get(parts, &n, &items);
    vstr_t vstr;
    mp_print_t print;
    vstr_init_print(&vstr, 64, &print);
    for (size_t i = n; i > 0; i--) {
        mp_obj_print_helper(&print, items[i - 1], PRINT_STR);
        if (i > 1) {
            mp_print_str(&print, ",");
        }
    }
    WOLF_KEEP(parts);
    mp_obj_t text = mp_obj_new_str(vstr.buf, vstr.len);
    vstr_clear(&vstr);
    return text;
}
static MP_DEFINE_CONST_FUN_OBJ_1(name_rfc4514_string_obj, name_rfc4514_string);

static void name_print(const mp_print_t *print, mp_obj_t self, mp_print_kind_t kind) {
    (void)kind;
    mp_printf(print, "<Name(%s)>", mp_obj_str_get_str(name_rfc4514_string(self)));
}

// public_bytes()
static mp_obj_t name_public_bytes(mp_obj_t self_in) {
    const wolf_view_t *self = wolf_view_get(self_in, &wolf_x509_Name_type);
    size_t size = self->der.len + 4;
    uint8_t *buf = m_new(uint8_t, size);
    wolf_der_writer_t w = { buf, buf + size, false };
    wolf_der_bytes(&w, self->der.p, self->der.len);
    wolf_der_header(&w, TAG_SEQUENCE, buf + size);
    if (w.full) {
        raise_view(self);
    }
    mp_obj_t der = mp_obj_new_bytes(w.p, buf + size - w.p);
    m_del(uint8_t, buf, size);
    return der;
}
static MP_DEFINE_CONST_FUN_OBJ_1(name_public_bytes_obj, name_public_bytes);

static const mp_rom_map_elem_t name_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_get_attributes_for_oid),
      MP_ROM_PTR(&name_get_attributes_for_oid_obj) },
    { MP_ROM_QSTR(MP_QSTR_rfc4514_string), MP_ROM_PTR(&name_rfc4514_string_obj) },
    { MP_ROM_QSTR(MP_QSTR_public_bytes), MP_ROM_PTR(&name_public_bytes_obj) },
};
static MP_DEFINE_CONST_DICT(name_locals_dict, name_locals_dict_table);

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_Name_type,
    MP_QSTR_Name,
    MP_TYPE_FLAG_NONE,
    MAKE_NEW(wolf_x509_make_name)
    print, name_print,
    COMPARABLE,
    iter, name_getiter,
    locals_dict, &name_locals_dict
    );

/******************************************************************************/
// General names, RFC 5280, section 4.2.1.6.

const wolf_x509_name_t wolf_x509_names[WOLF_X509_NAMES] = {
    { &wolf_x509_OtherName_type, TAG_EXPLICIT(0) },
    { &wolf_x509_RFC822Name_type, TAG_CONTEXT(1) },
    { &wolf_x509_DNSName_type, TAG_CONTEXT(2) },
    { &wolf_x509_DirectoryName_type, TAG_EXPLICIT(4) },
    { &wolf_x509_UniformResourceIdentifier_type, TAG_CONTEXT(6) },
    { &wolf_x509_IPAddress_type, TAG_CONTEXT(7) },
    { &wolf_x509_RegisteredID_type, TAG_CONTEXT(8) },
};

// RFC 5952: the longest run of zeros, the first one of several, is left out.
static void print_ipv6(const mp_print_t *print, const uint8_t *addr) {
    int best = -1, best_len = 1;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && addr[2 * (i + n)] == 0 && addr[2 * (i + n) + 1] == 0) {
            n++;
        }
        if (n > best_len) {
            best = i;
            best_len = n;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            mp_print_str(print, "::");
            i += best_len - 1;
            continue;
        }
        mp_printf(print, i > 0 && i != best + best_len ? ":%x" : "%x",
            addr[2 * i] << 8 | addr[2 * i + 1]);
    }
}

static mp_obj_t address_text(const wolf_view_t *self) {
    const uint8_t *addr = self->der.p;
    vstr_t vstr;
    mp_print_t print;
    vstr_init_print(&vstr, 40, &print);
    if (self->der.len == 4) {
        mp_printf(&print, "%u.%u.%u.%u", addr[0], addr[1], addr[2], addr[3]);
    } else if (self->der.len == 16) {
        print_ipv6(&print, addr);
    } else {
        raise_view(self);
    }
    mp_obj_t text = mp_obj_new_str(vstr.buf, vstr.len);
    vstr_clear(&vstr);
    return text;
}

static mp_obj_t general_value(const wolf_view_t *self) {
    const mp_obj_type_t *type = self->base.type;
    mp_obj_t value;
    wolf_span_t span;
    if (type == &wolf_x509_IPAddress_type) {
        return address_text(self);
    }
    if (type == &wolf_x509_RegisteredID_type) {
        return new_oid(self, self->der);
    }
    if (type == &wolf_x509_DirectoryName_type) {
        if (!get_whole(self->der, TAG_SEQUENCE, &span)) {
            raise_view(self);
        }
        return wolf_view_new(&wolf_x509_Name_type, self->owner, span);
    }
    if (!get_text(0x16, self->der, &value)) {
        raise_view(self);
    }
    return value;
}

static void general_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] == MP_OBJ_NULL && attr == MP_QSTR_value) {
        dest[0] = general_value(MP_OBJ_TO_PTR(self_in));
    }
}

#define GENERAL_NAME(name_) \
    MP_DEFINE_CONST_OBJ_TYPE( \
    wolf_x509_##name_##_type, \
    MP_QSTR_##name_, \
    MP_TYPE_FLAG_NONE, \
    MAKE_NEW(wolf_x509_make_general) \
    print, view_print, \
    COMPARABLE, \
    attr, general_attr \
    );
GENERAL_NAME(DNSName)
GENERAL_NAME(DirectoryName)
GENERAL_NAME(IPAddress)
GENERAL_NAME(RFC822Name)
GENERAL_NAME(RegisteredID)
GENERAL_NAME(UniformResourceIdentifier)

static void other_name_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const wolf_view_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL || (attr != MP_QSTR_type_id && attr != MP_QSTR_value)) {
        return;
    }
    wolf_span_t in = self->der, oid, value;
    if (!wolf_der_get(&in, TAG_OID, &oid) || !get_whole(in, TAG_EXPLICIT(0), &value)) {
        raise_view(self);
    }
    dest[0] = attr == MP_QSTR_value ? new_bytes(value) : new_oid(self, oid);
}

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_OtherName_type,
    MP_QSTR_OtherName,
    MP_TYPE_FLAG_NONE,
    print, view_print,
    COMPARABLE,
    attr, other_name_attr
    );

/******************************************************************************/
// What extensions say.

static mp_obj_t names_list(const wolf_view_t *self) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    wolf_span_t names, value;
    uint8_t tag;
    if (!get_whole(self->der, TAG_SEQUENCE, &names)) {
        raise_view(self);
    }
    while (names.len > 0) {
        const uint8_t *begin = names.p;
        const mp_obj_type_t *type = NULL;
        if (!get_any(&names, &tag, &value)) {
            raise_at(self, begin, "GeneralName");
        }
        for (size_t i = 0; i < WOLF_X509_NAMES; i++) {
            if (wolf_x509_names[i].tag == tag) {
                type = wolf_x509_names[i].type;
            }
        }
        if (type == NULL) {
            raise_at(self, begin, "GeneralName");
        }
        mp_obj_list_append(list, wolf_view_new(type, self->owner, value));
    }
    return list;
}

static mp_obj_t names_getiter(mp_obj_t self, mp_obj_iter_buf_t *buf) {
    return new_iter(names_list(MP_OBJ_TO_PTR(self)), buf);
}

// get_values_for_type(type)
static mp_obj_t names_get_values_for_type(mp_obj_t self_in, mp_obj_t type) {
    const wolf_view_t *self = wolf_view_get(self_in, &wolf_x509_SubjectAlternativeName_type);
    size_t n;
    mp_obj_t *items;
    mp_obj_t names = names_list(self);
    mp_obj_list_get(names, &n, &items);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    for (size_t i = 0; i < n; i++) {
        if (MP_OBJ_FROM_PTR(mp_obj_get_type(items[i])) == type) {
            bool other = type == MP_OBJ_FROM_PTR(&wolf_x509_OtherName_type);
            mp_obj_list_append(list, other ? items[i] : general_value(MP_OBJ_TO_PTR(items[i])));
        }
    }
    WOLF_KEEP(names);
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_2(names_get_values_for_type_obj, names_get_values_for_type);

static const mp_rom_map_elem_t names_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_get_values_for_type), MP_ROM_PTR(&names_get_values_for_type_obj) },
};
static MP_DEFINE_CONST_DICT(names_locals_dict, names_locals_dict_table);

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_SubjectAlternativeName_type,
    MP_QSTR_SubjectAlternativeName,
    MP_TYPE_FLAG_NONE,
    MAKE_NEW(wolf_x509_make_sequence)
    COMPARABLE,
    iter, names_getiter,
    locals_dict, &names_locals_dict
    );

static mp_obj_t ext_key_usage_getiter(mp_obj_t self_in, mp_obj_iter_buf_t *buf) {
    const wolf_view_t *self = MP_OBJ_TO_PTR(self_in);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    wolf_span_t oids, oid;
    if (!get_whole(self->der, TAG_SEQUENCE, &oids)) {
        raise_view(self);
    }
    while (oids.len > 0) {
        if (!wolf_der_get(&oids, TAG_OID, &oid)) {
            raise_view(self);
        }
        mp_obj_list_append(list, new_oid(self, oid));
    }
    return new_iter(list, buf);
}

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_ExtendedKeyUsage_type,
    MP_QSTR_ExtendedKeyUsage,
    MP_TYPE_FLAG_NONE,
    MAKE_NEW(wolf_x509_make_sequence)
    COMPARABLE,
    iter, ext_key_usage_getiter
    );

static bool get_constraints(wolf_span_t der, bool *ca, wolf_span_t *path_len) {
    wolf_span_t seq, flag;
    *ca = false;
    path_len->p = NULL;
    if (!get_whole(der, TAG_SEQUENCE, &seq)) {
        return false;
    }
    if (next_tag(&seq) == TAG_BOOLEAN) {
        if (!wolf_der_get(&seq, TAG_BOOLEAN, &flag) || flag.len != 1) {
            return false;
        }
        *ca = flag.p[0] != 0;
    }
    return seq.len == 0 || (get_whole(seq, TAG_INTEGER, path_len) && path_len->len > 0
        && path_len->p[0] < 0x80);
}

static void constraints_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const wolf_view_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL || (attr != MP_QSTR_ca && attr != MP_QSTR_path_length)) {
        return;
    }
    bool ca;
    wolf_span_t path_len;
    if (!get_constraints(self->der, &ca, &path_len)) {
        raise_view(self);
    }
    dest[0] = attr == MP_QSTR_ca ? mp_obj_new_bool(ca) : path_len.p == NULL ? mp_const_none
        : mp_obj_int_from_bytes_impl(true, path_len.len, path_len.p);
}

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_BasicConstraints_type,
    MP_QSTR_BasicConstraints,
    MP_TYPE_FLAG_NONE,
    MAKE_NEW(wolf_x509_make_constraints)
    COMPARABLE,
    attr, constraints_attr
    );

static bool get_usage(wolf_span_t der, wolf_span_t *bits) {
    return get_whole(der, TAG_BIT_STRING, bits) && bits->len >= 1 && bits->p[0] <= 7;
}

static void key_usage_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const wolf_view_t *self = MP_OBJ_TO_PTR(self_in);
    static const qstr_short_t names[] = {
        MP_QSTR_digital_signature, MP_QSTR_content_commitment, MP_QSTR_key_encipherment,
        MP_QSTR_data_encipherment, MP_QSTR_key_agreement, MP_QSTR_key_cert_sign,
        MP_QSTR_crl_sign, MP_QSTR_encipher_only, MP_QSTR_decipher_only
    };
    wolf_span_t bits;
    for (size_t i = 0; dest[0] == MP_OBJ_NULL && i < MP_ARRAY_SIZE(names); i++) {
        if (attr == names[i]) {
            if (!get_usage(self->der, &bits)) {
                raise_view(self);
            }
            size_t octet = 1 + i / 8;
            dest[0] = mp_obj_new_bool(octet < bits.len && bits.p[octet] & 0x80 >> i % 8);
            return;
        }
    }
}

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_KeyUsage_type,
    MP_QSTR_KeyUsage,
    MP_TYPE_FLAG_NONE,
    MAKE_NEW(wolf_x509_make_key_usage)
    COMPARABLE,
    attr, key_usage_attr
    );

static void identifier_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const wolf_view_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    if (attr != MP_QSTR_digest && attr != MP_QSTR_key_identifier) {
        dest[1] = MP_OBJ_SENTINEL; // continue lookup in locals_dict
        return;
    }
    wolf_span_t id;
    if (!get_whole(self->der, TAG_OCTET_STRING, &id)) {
        raise_view(self);
    }
    dest[0] = new_bytes(id);
}

#if MICROPY_WOLFCRYPTOLIB_X509_SIGN && !defined(NO_SHA)
static const mp_rom_map_elem_t identifier_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_from_public_key), MP_ROM_PTR(&wolf_x509_identifier_of_key_obj) },
};
static MP_DEFINE_CONST_DICT(identifier_locals_dict, identifier_locals_dict_table);

static const mp_rom_map_elem_t authority_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_from_issuer_public_key), MP_ROM_PTR(&wolf_x509_authority_of_key_obj) },
    { MP_ROM_QSTR(MP_QSTR_from_issuer_subject_key_identifier),
      MP_ROM_PTR(&wolf_x509_authority_of_identifier_obj) },
};
static MP_DEFINE_CONST_DICT(authority_locals_dict, authority_locals_dict_table);
#define LOCALS_DICT(name_) , locals_dict, &name_
#else
#define LOCALS_DICT(name_)
#endif

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_SubjectKeyIdentifier_type,
    MP_QSTR_SubjectKeyIdentifier,
    MP_TYPE_FLAG_NONE,
    COMPARABLE,
    attr, identifier_attr
    LOCALS_DICT(identifier_locals_dict)
    );

// The issuer's name and number in it are not supported.
static void authority_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const wolf_view_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    if (attr != MP_QSTR_key_identifier) {
        dest[1] = MP_OBJ_SENTINEL; // continue lookup in locals_dict
        return;
    }
    wolf_span_t seq, id;
    if (!get_whole(self->der, TAG_SEQUENCE, &seq)) {
        raise_view(self);
    }
    dest[0] = mp_const_none;
    if (next_tag(&seq) == TAG_CONTEXT(0)) {
        if (!wolf_der_get(&seq, TAG_CONTEXT(0), &id)) {
            raise_view(self);
        }
        dest[0] = new_bytes(id);
    }
}

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_AuthorityKeyIdentifier_type,
    MP_QSTR_AuthorityKeyIdentifier,
    MP_TYPE_FLAG_NONE,
    COMPARABLE,
    attr, authority_attr
    LOCALS_DICT(authority_locals_dict)
    );

/******************************************************************************/
// Extensions.

const wolf_x509_extension_t wolf_x509_extensions[WOLF_X509_EXTENSIONS] = {
    { &wolf_x509_SubjectKeyIdentifier_type, EXT_SUBJECT_KEY_ID },
    { &wolf_x509_KeyUsage_type, EXT_KEY_USAGE },
    { &wolf_x509_SubjectAlternativeName_type, EXT_ALT_NAMES },
    { &wolf_x509_BasicConstraints_type, EXT_BASIC_CONSTRAINTS },
    { &wolf_x509_AuthorityKeyIdentifier_type, EXT_AUTHORITY_KEY_ID },
    { &wolf_x509_ExtendedKeyUsage_type, EXT_EXT_KEY_USAGE },
};

// x of 2.5.29.x, or 0.
static uint8_t extension_id(const wolf_span_t *oid) {
    return oid->len == 3 && oid->p[0] == 0x55 && oid->p[1] == 0x1d ? oid->p[2] : 0;
}

static bool get_extension(wolf_span_t in, wolf_span_t *oid, bool *critical, wolf_span_t *value) {
    wolf_span_t flag;
    *critical = false;
    if (!wolf_der_get(&in, TAG_OID, oid)) {
        return false;
    }
    if (next_tag(&in) == TAG_BOOLEAN) {
        if (!wolf_der_get(&in, TAG_BOOLEAN, &flag) || flag.len != 1) {
            return false;
        }
        *critical = flag.p[0] != 0;
    }
    return get_whole(in, TAG_OCTET_STRING, value);
}

static mp_obj_t extension_value(const wolf_view_t *self, wolf_span_t oid, wolf_span_t value) {
    for (size_t i = 0; i < WOLF_X509_EXTENSIONS; i++) {
        if (wolf_x509_extensions[i].id == extension_id(&oid)) {
            return wolf_view_new(wolf_x509_extensions[i].type, self->owner, value);
        }
    }
    return wolf_view_new(&wolf_x509_UnrecognizedExtension_type, self->owner, self->der);
}

// The value of an UnrecognizedExtension is bytes.
static void extension_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const wolf_view_t *self = MP_OBJ_TO_PTR(self_in);
    bool whole = self->base.type == &wolf_x509_Extension_type;
    if (dest[0] != MP_OBJ_NULL || (attr != MP_QSTR_oid && attr != MP_QSTR_value
                                   && (attr != MP_QSTR_critical || !whole))) {
        return;
    }
    wolf_span_t oid, value;
    bool critical;
    if (!get_extension(self->der, &oid, &critical, &value)) {
        raise_view(self);
    }
    dest[0] = attr == MP_QSTR_oid ? new_oid(self, oid)
        : attr == MP_QSTR_critical ? mp_obj_new_bool(critical)
        : whole ? extension_value(self, oid, value) : new_bytes(value);
}

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_Extension_type,
    MP_QSTR_Extension,
    MP_TYPE_FLAG_NONE,
    COMPARABLE,
    attr, extension_attr
    );

MP_DEFINE_CONST_OBJ_TYPE(
    wolf_x509_UnrecognizedExtension_type,
    MP_QSTR_UnrecognizedExtension,
    MP_TYPE_FLAG_NONE,
    MAKE_NEW(wolf_x509_make_unrecognized)
    COMPARABLE,
    attr, extension_attr
    );

// Those with an OID, or all of them. None may be there twice.
static mp_obj_t extensions_list(const wolf_view_t *self, const wolf_span_t *only) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    wolf_span_t in = self->der, extension, oid, value, before, other;
    bool critical;
    for (size_t n = 0; in.len > 0; n++) {
        wolf_span_t earlier = { self->der.p, in.p - self->der.p };
        if (n == MAX_EXTENSIONS) {
            raise_at(self, in.p, "extensions (too many)");
        }
        if (!wolf_der_get(&in, TAG_SEQUENCE, &extension)
            || !get_extension(extension, &oid, &critical, &value)) {
            raise_at(self, earlier.p + earlier.len, "Extension");
        }
        while (earlier.len > 0 && wolf_der_get(&earlier, TAG_SEQUENCE, &before)
               && wolf_der_get(&before, TAG_OID, &other)) {
            if (span_equal(&oid, &other)) {
                raise_at(self, extension.p, "extensions (one is there twice)");
            }
        }
        if (only == NULL || span_equal(&oid, only)) {
            mp_obj_list_append(list,
                wolf_view_new(&wolf_x509_Extension_type, self->owner, extension));
        }
    }
    return list;
}

static mp_obj_t extensions_getiter(mp_obj_t self, mp_obj_iter_buf_t *buf) {
    return new_iter(extensions_list(MP_OBJ_TO_PTR(self), NULL), buf);
}

static mp_obj_t get_one(mp_obj_t self_in, const wolf_span_t *oid) {
    const wolf_view_t *self = wolf_view_get(self_in, &x509_extensions_type);
    size_t n;
    mp_obj_t *items;
    mp_obj_list_get(extensions_list(self, oid), &n, &items);
    if (n == 0) {
        wolf_crypto_raise(&wolfcryptolib_ExtensionNotFound_type);
    }
    return items[0];
}

// get_extension_for_oid(oid)
static mp_obj_t extensions_get_extension_for_oid(mp_obj_t self, mp_obj_t oid) {
    return get_one(self, &wolf_view_get(oid, &wolf_x509_ObjectIdentifier_type)->der);
}
static MP_DEFINE_CONST_FUN_OBJ_2(extensions_get_extension_for_oid_obj,
    extensions_get_extension_for_oid);

// get_extension_for_class(extclass)
static mp_obj_t extensions_get_extension_for_class(mp_obj_t self, mp_obj_t type) {
    for (size_t i = 0; i < WOLF_X509_EXTENSIONS; i++) {
        if (MP_OBJ_FROM_PTR(wolf_x509_extensions[i].type) == type) {
            const uint8_t oid[] = { 0x55, 0x1d, wolf_x509_extensions[i].id };
            wolf_span_t span = { oid, sizeof(oid) };
            return get_one(self, &span);
        }
    }
    mp_raise_TypeError(MP_ERROR_TEXT("no class of an extension"));
}
static MP_DEFINE_CONST_FUN_OBJ_2(extensions_get_extension_for_class_obj,
    extensions_get_extension_for_class);

static const mp_rom_map_elem_t extensions_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_get_extension_for_class),
      MP_ROM_PTR(&extensions_get_extension_for_class_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_extension_for_oid),
      MP_ROM_PTR(&extensions_get_extension_for_oid_obj) },
};
static MP_DEFINE_CONST_DICT(extensions_locals_dict, extensions_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    x509_extensions_type,
    MP_QSTR_Extensions,
    MP_TYPE_FLAG_NONE,
    COMPARABLE,
    iter, extensions_getiter,
    locals_dict, &extensions_locals_dict
    );

static mp_obj_t new_extensions(const wolf_view_t *self, wolf_span_t extensions) {
    mp_obj_t obj = wolf_view_new(&x509_extensions_type, self->owner, extensions);
    extensions_list(MP_OBJ_TO_PTR(obj), NULL); // raises an exception if there is a reason
    return obj;
}

/******************************************************************************/
// Signatures.

#define ECDSA(hash, n) { WOLF_X509_KEY_EC, hash, 10, \
                         { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, n } }
#define RSA(hash, n) { WOLF_X509_KEY_RSA, hash, 13, \
                       { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, n, 0x05, \
                         0x00 } }

// No SHA-1: it has been broken.
static const wolf_x509_algorithm_t algorithms[] = {
    #if MICROPY_WOLFCRYPTOLIB_EC
    ECDSA(WC_HASH_TYPE_SHA256, 2),
    ECDSA(WC_HASH_TYPE_SHA384, 3),
    ECDSA(WC_HASH_TYPE_SHA512, 4),
    #endif
    #if MICROPY_WOLFCRYPTOLIB_RSA
    RSA(WC_HASH_TYPE_SHA256, 11),
    RSA(WC_HASH_TYPE_SHA384, 12),
    RSA(WC_HASH_TYPE_SHA512, 13),
    #endif
    #if MICROPY_WOLFCRYPTOLIB_ED25519
    { WOLF_X509_KEY_ED25519, WC_HASH_TYPE_NONE, 5, { 0x06, 0x03, 0x2b, 0x65, 0x70 } },
    #endif
};

uint8_t wolf_x509_key_class(const wolf_key_kind_t *kind) {
    #if MICROPY_WOLFCRYPTOLIB_EC
    #ifndef NO_ECC256
    if (kind == &wolf_kind_p256) {
        return WOLF_X509_KEY_EC;
    }
    #endif
    #ifdef HAVE_ECC384
    if (kind == &wolf_kind_p384) {
        return WOLF_X509_KEY_EC;
    }
    #endif
    #ifdef HAVE_ECC521
    if (kind == &wolf_kind_p521) {
        return WOLF_X509_KEY_EC;
    }
    #endif
    #endif
    #if MICROPY_WOLFCRYPTOLIB_ED25519
    if (kind == &wolf_kind_ed25519) {
        return WOLF_X509_KEY_ED25519;
    }
    #endif
    #if MICROPY_WOLFCRYPTOLIB_RSA
    if (kind == &wolf_kind_rsa) {
        return WOLF_X509_KEY_RSA;
    }
    #endif
    return WOLF_X509_KEY_OTHER;
}

// The object of a hash in the module hashes; None without one, or if the settings lack it.
static mp_obj_t hash_object(uint8_t number) {
    const mp_map_t *map = &wolfcryptolib_hashes_module.globals->map;
    for (size_t i = 0; i < map->used; i++) {
        const wolf_param_t *hash = MP_OBJ_TO_PTR(map->table[i].value);
        if (mp_obj_is_exact_type(map->table[i].value, &wolf_param_type)
            && hash->kind == WOLF_PARAM_HASH && hash->number == number) {
            return map->table[i].value;
        }
    }
    return mp_const_none;
}

static const wolf_x509_algorithm_t *algorithm_of(const wolf_span_t *der) {
    for (size_t i = 0; i < MP_ARRAY_SIZE(algorithms); i++) {
        if (der->len == algorithms[i].len && memcmp(der->p, algorithms[i].der, der->len) == 0) {
            return &algorithms[i];
        }
    }
    mp_raise_ValueError(MP_ERROR_TEXT("unsupported signature algorithm"));
}

const wolf_x509_algorithm_t *wolf_x509_algorithm(uint8_t key, mp_obj_t hash) {
    int number = hash == mp_const_none ? WC_HASH_TYPE_NONE
        : wolf_param_get(hash, WOLF_PARAM_HASH)->number;
    for (size_t i = 0; i < MP_ARRAY_SIZE(algorithms); i++) {
        if (algorithms[i].key == key && algorithms[i].hash == number) {
            return &algorithms[i];
        }
    }
    mp_raise_ValueError(MP_ERROR_TEXT("no signature algorithm for this key and hash"));
}

mp_obj_t wolf_x509_call(mp_obj_t key, qstr method, const wolf_x509_algorithm_t *algorithm,
    mp_obj_t *args, size_t n) {
    mp_obj_t hash = hash_object(algorithm->hash);
    if (algorithm->key != WOLF_X509_KEY_ED25519 && hash == mp_const_none) {
        mp_raise_ValueError(MP_ERROR_TEXT("unsupported signature algorithm"));
    }
    mp_load_method(key, method, args);
    #if MICROPY_WOLFCRYPTOLIB_EC
    if (algorithm->key == WOLF_X509_KEY_EC) {
        args[2 + n++] = MP_OBJ_FROM_PTR(wolf_param_new(WOLF_PARAM_ECDSA, hash));
    }
    #endif
    #if MICROPY_WOLFCRYPTOLIB_RSA
    if (algorithm->key == WOLF_X509_KEY_RSA) {
        args[2 + n++] = mp_load_attr(MP_OBJ_FROM_PTR(&wolfcryptolib_padding_module),
            MP_QSTR_PKCS1v15);
        args[2 + n++] = hash;
    }
    #endif
    return mp_call_method_n_kw(n, 0, args);
}

// Raise an exception if a signature is not a key's.
static void verify(mp_obj_t key, const wolf_span_t *algorithm_der, wolf_span_t data,
    wolf_span_t signature) {
    const wolf_x509_algorithm_t *algorithm = algorithm_of(algorithm_der);
    if (wolf_x509_key_class(wolf_key_get_any(key, false)->kind) != algorithm->key) {
        mp_raise_ValueError(MP_ERROR_TEXT("another kind of key"));
    }
    mp_obj_t args[6] = { MP_OBJ_NULL, MP_OBJ_NULL, new_bytes(signature), new_bytes(data) };
    wolf_x509_call(key, MP_QSTR_verify, algorithm, args, 2);
}

// What certificates and requests have of their signatures.
static bool signature_attr(const wolf_view_t *self, qstr attr, wolf_span_t algorithm,
    wolf_span_t signature, mp_obj_t *dest) {
    if (attr == MP_QSTR_signature) {
        dest[0] = new_bytes(signature);
    } else if (attr == MP_QSTR_signature_algorithm_oid) {
        wolf_span_t oid;
        if (!wolf_der_get(&algorithm, TAG_OID, &oid)) {
            raise_at(self, algorithm.p, "signatureAlgorithm");
        }
        dest[0] = new_oid(self, oid);
    } else if (attr == MP_QSTR_signature_hash_algorithm) {
        dest[0] = hash_object(algorithm_of(&algorithm)->hash);
    } else {
        return false;
    }
    return true;
}

/******************************************************************************/
// Certificates.

// The next element, or an exception that names it.
static wolf_span_t must_get(const wolf_view_t *self, wolf_span_t *in, uint8_t tag,
    const char *what) {
    wolf_span_t out;
    if (!wolf_der_get(in, tag, &out)) {
        raise_at(self, in->p, what);
    }
    return out;
}

// The extensions of a certificate that was read; empty if it has none.
static wolf_span_t cert_extensions(const wolf_cert_t *cert) {
    const uint8_t *after_key = cert->key.p + cert->key.len;
    wolf_span_t in = { after_key, cert->tbs.p + cert->tbs.len - after_key };
    wolf_span_t span, extensions = { after_key, 0 };
    for (int i = 1; i <= 2; i++) {
        (void)wolf_der_get(&in, TAG_CONTEXT(i), &span);
    }
    if (wolf_der_get(&in, TAG_EXPLICIT(3), &span)) {
        (void)wolf_der_get(&span, TAG_SEQUENCE, &extensions);
    }
    return extensions;
}

// Which extension wolf_cert_read() refused.
static MP_NORETURN void raise_extensions(const wolf_view_t *self, const wolf_cert_t *cert) {
    const uint8_t *after_key = cert->key.p + cert->key.len;
    wolf_span_t in = cert_extensions(cert);
    wolf_view_t view = { { &x509_extensions_type }, self->owner, in };
    extensions_list(&view, NULL);
    wolf_span_t extension, oid, value, span;
    while (wolf_der_get(&in, TAG_SEQUENCE, &extension)) {
        bool flag;
        (void)get_extension(extension, &oid, &flag, &value);
        const char *name = NULL;
        switch (extension_id(&oid)) {
            case EXT_KEY_USAGE:
                name = get_usage(value, &span) ? NULL : "KeyUsage";
                break;
            case EXT_ALT_NAMES:
                name = get_whole(value, TAG_SEQUENCE, &span) ? NULL : "SubjectAlternativeName";
                break;
            case EXT_BASIC_CONSTRAINTS:
                name = get_constraints(value, &flag, &span) ? NULL : "BasicConstraints";
                break;
            case EXT_NAME_CONSTRAINTS:
                name = "NameConstraints"; // unless another one is
                break;
            default:
                break;
        }
        if (name != NULL) {
            raise_at(self, value.p, name);
        }
    }
    raise_at(self, after_key, "extensions");
}

// Say what wolf_cert_read() refused. It has filled in what it has read: the first part that is
// missing is the one.
static MP_NORETURN void raise_certificate(const wolf_view_t *self, const wolf_cert_t *cert) {
    wolf_span_t in = self->der;
    wolf_span_t seq = must_get(self, &in, TAG_SEQUENCE, "Certificate");
    if (in.len > 0) {
        raise_at(self, in.p, "data after the Certificate");
    }
    wolf_span_t tbs = must_get(self, &seq, TAG_SEQUENCE, "tbsCertificate");
    const uint8_t *outer = seq.p;
    must_get(self, &seq, TAG_SEQUENCE, "signatureAlgorithm");
    if (cert->sig.p == NULL) {
        raise_at(self, seq.p, "signature");
    }
    const uint8_t *begin = tbs.p;
    wolf_span_t span;
    if (next_tag(&tbs) == TAG_EXPLICIT(0)) {
        must_get(self, &tbs, TAG_EXPLICIT(0), "version");
    }
    must_get(self, &tbs, TAG_INTEGER, "serialNumber");
    span = must_get(self, &tbs, TAG_SEQUENCE, "signature algorithm");
    const uint8_t *issuer = tbs.p;
    must_get(self, &tbs, TAG_SEQUENCE, "issuer");
    if (cert->issuer.p == NULL) {
        raise_at(self, begin, "version");
    }
    if (cert->issuer.len == 0) {
        raise_at(self, issuer, "issuer");
    }
    if (!span_equal(&span, &cert->sig_alg)) {
        raise_at(self, outer, "signatureAlgorithm");
    }
    const uint8_t *validity = tbs.p;
    must_get(self, &tbs, TAG_SEQUENCE, "validity");
    if (cert->subject.p == NULL) {
        span = tbs;
        must_get(self, &span, TAG_SEQUENCE, "subject");
        raise_at(self, validity, "validity");
    }
    if (cert->key.len == 0) {
        raise_at(self, cert->key.p, "subjectPublicKeyInfo");
    }
    raise_extensions(self, cert);
}

static void read_certificate(const wolf_view_t *self, wolf_cert_t *cert) {
    if (!wolf_cert_read(cert, self->der.p, self->der.len)) {
        raise_certificate(self, cert);
    }
}

// A bytes object is never changed: each method reads it again.
static const wolf_view_t *get_certificate(mp_obj_t self_in, wolf_cert_t *cert) {
    const wolf_view_t *self = wolf_view_get(self_in, &x509_certificate_type);
    read_certificate(self, cert);
    return self;
}

static mp_obj_t new_whole(const mp_obj_type_t *type, mp_obj_t der) {
    wolf_span_t span;
    span.p = (const uint8_t *)mp_obj_str_get_data(der, &span.len);
    return wolf_view_new(type, der, span);
}

mp_obj_t wolf_x509_certificate(mp_obj_t der) {
    mp_obj_t self = new_whole(&x509_certificate_type, der);
    wolf_cert_t cert;
    get_certificate(self, &cert);
    return self;
}

// A number in two's complement.
static mp_obj_t new_int(wolf_span_t number) {
    mp_obj_t n = mp_obj_int_from_bytes_impl(true, number.len, number.p);
    if (number.len > 0 && number.p[0] >= 0x80) {
        mp_obj_t one = MP_OBJ_NEW_SMALL_INT(1);
        n = mp_binary_op(MP_BINARY_OP_SUBTRACT, n, mp_binary_op(MP_BINARY_OP_LSHIFT, one,
            mp_obj_new_int_from_uint(8 * number.len)));
    }
    return n;
}

static int two_digits(const uint8_t *p) {
    return 10 * (p[0] - '0') + p[1] - '0';
}

// A time of the validity, which was read, as time.gmtime() has it.
static mp_obj_t new_time(const wolf_cert_t *cert, bool after) {
    const uint8_t *p = cert->issuer.p + cert->issuer.len;
    wolf_span_t in = { p, cert->subject.p - p }, validity, text = { NULL, 0 };
    uint8_t tag;
    if (wolf_der_get(&in, TAG_SEQUENCE, &validity)) {
        for (int i = 0; i <= after; i++) {
            (void)get_any(&validity, &tag, &text);
        }
    }
    p = text.p;
    int year = two_digits(p);
    p += 2;
    if (text.len == 15) { // GeneralizedTime
        year = 100 * year + two_digits(p);
        p += 2;
    } else {
        year += year < 50 ? 2000 : 1900;
    }
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int month = two_digits(p), day = two_digits(p + 2);
    int yearday = day;
    for (int m = 1; m < month; m++) {
        yearday += m == 2 ? 28 + leap : 30 + ((m + m / 8) & 1);
    }
    int64_t seconds = after ? cert->not_after : cert->not_before;
    // 1 January 1970 was a Thursday, and so was the first day of the years 1600 - 2 * 7 * 400 ….
    int64_t days = seconds / 86400 - (seconds % 86400 < 0);
    int weekday = (days % 7 + 7 + 3) % 7;
    const int fields[] = {
        year, month, day, two_digits(p + 4), two_digits(p + 6), two_digits(p + 8), weekday,
        yearday
    };
    mp_obj_t items[MP_ARRAY_SIZE(fields)];
    for (size_t i = 0; i < MP_ARRAY_SIZE(fields); i++) {
        items[i] = MP_OBJ_NEW_SMALL_INT(fields[i]);
    }
    return mp_obj_new_tuple(MP_ARRAY_SIZE(items), items);
}

static void certificate_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    wolf_cert_t cert;
    const wolf_view_t *self = get_certificate(self_in, &cert);
    switch (attr) {
        case MP_QSTR_subject:
            dest[0] = wolf_view_new(&wolf_x509_Name_type, self->owner, cert.subject);
            break;
        case MP_QSTR_issuer:
            dest[0] = wolf_view_new(&wolf_x509_Name_type, self->owner, cert.issuer);
            break;
        case MP_QSTR_serial_number:
            dest[0] = new_int(wolf_cert_serial(&cert));
            break;
        case MP_QSTR_version:
            dest[0] = MP_OBJ_NEW_SMALL_INT(cert.version - 1);
            break;
        case MP_QSTR_not_valid_before:
        case MP_QSTR_not_valid_before_utc:
            dest[0] = new_time(&cert, false);
            break;
        case MP_QSTR_not_valid_after:
        case MP_QSTR_not_valid_after_utc:
            dest[0] = new_time(&cert, true);
            break;
        case MP_QSTR_extensions:
            dest[0] = new_extensions(self, cert_extensions(&cert));
            break;
        case MP_QSTR_tbs_certificate_bytes:
            dest[0] = new_bytes(cert.tbs);
            break;
        default:
            if (!signature_attr(self, attr, cert.sig_alg, cert.sig, dest)) {
                dest[1] = MP_OBJ_SENTINEL; // continue lookup in locals_dict
            }
            break;
    }
}

static mp_obj_t certificate_public_key(mp_obj_t self_in) {
    wolf_cert_t cert;
    get_certificate(self_in, &cert);
    return wolf_key_read_public(cert.key.p, cert.key.len);
}
static MP_DEFINE_CONST_FUN_OBJ_1(certificate_public_key_obj, certificate_public_key);

// fingerprint(algorithm)
static mp_obj_t certificate_fingerprint(mp_obj_t self_in, mp_obj_t algorithm) {
    const wolf_view_t *self = wolf_view_get(self_in, &x509_certificate_type);
    uint8_t digest[WC_MAX_DIGEST_SIZE];
    wolf_param_get(algorithm, WOLF_PARAM_HASH);
    const wolf_param_t *hash = wolf_digest(algorithm, self->owner, digest);
    return mp_obj_new_bytes(digest, hash->size);
}
static MP_DEFINE_CONST_FUN_OBJ_2(certificate_fingerprint_obj, certificate_fingerprint);

// public_bytes(encoding), of requests too
static mp_obj_t whole_public_bytes(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_encoding, MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args,
        args);
    bool is_cert = mp_obj_is_exact_type(pos_args[0], &x509_certificate_type);
    const wolf_view_t *self = wolf_view_get(pos_args[0],
        is_cert ? &x509_certificate_type : &x509_request_type);
    if (args[0].u_int == WOLF_ENCODING_DER) {
        return self->owner;
    }
    if (args[0].u_int != WOLF_ENCODING_PEM) {
        mp_raise_ValueError(MP_ERROR_TEXT("encoding"));
    }
    const char *label = is_cert ? "CERTIFICATE" : "CERTIFICATE REQUEST";
    vstr_t vstr;
    vstr_init_len(&vstr, wolf_pem_len(label, self->der.len));
    wolf_pem_encode(label, self->der.p, self->der.len, vstr.buf);
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(whole_public_bytes_obj, 1, whole_public_bytes);

// verify_directly_issued_by(issuer): the names and the signature, and nothing else
static mp_obj_t certificate_verify_directly_issued_by(mp_obj_t self_in, mp_obj_t issuer_in) {
    wolf_cert_t cert, issuer;
    get_certificate(self_in, &cert);
    get_certificate(issuer_in, &issuer);
    if (!wolf_name_equal(&cert.issuer, &issuer.subject)) {
        mp_raise_ValueError(MP_ERROR_TEXT("the issuer has another name"));
    }
    verify(wolf_key_read_public(issuer.key.p, issuer.key.len), &cert.sig_alg, cert.tbs,
        cert.sig);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(certificate_verify_directly_issued_by_obj,
    certificate_verify_directly_issued_by);

static const mp_rom_map_elem_t certificate_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_public_key), MP_ROM_PTR(&certificate_public_key_obj) },
    { MP_ROM_QSTR(MP_QSTR_fingerprint), MP_ROM_PTR(&certificate_fingerprint_obj) },
    { MP_ROM_QSTR(MP_QSTR_public_bytes), MP_ROM_PTR(&whole_public_bytes_obj) },
    { MP_ROM_QSTR(MP_QSTR_verify_directly_issued_by),
      MP_ROM_PTR(&certificate_verify_directly_issued_by_obj) },
};
static MP_DEFINE_CONST_DICT(certificate_locals_dict, certificate_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    x509_certificate_type,
    MP_QSTR_Certificate,
    MP_TYPE_FLAG_NONE,
    print, view_print,
    COMPARABLE,
    attr, certificate_attr,
    locals_dict, &certificate_locals_dict
    );

/******************************************************************************/
// Requests, RFC 2986.

typedef struct _request_t {
    wolf_span_t info; // what is signed
    wolf_span_t subject;
    wolf_span_t key;
    wolf_span_t extensions; // empty if it asks for none
    wolf_span_t algorithm;
    wolf_span_t signature;
} request_t;

static void read_attributes(const wolf_view_t *self, wolf_span_t in, request_t *request) {
    static const uint8_t requested[] = {
        0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e
    };
    const wolf_span_t extension_request = { requested, sizeof(requested) };
    wolf_span_t oid, values;
    request->extensions = (wolf_span_t) { in.p, 0 };
    bool found = false;
    while (in.len > 0) {
        const uint8_t *begin = in.p;
        wolf_span_t attribute = must_get(self, &in, TAG_SEQUENCE, "attribute");
        if (!wolf_der_get(&attribute, TAG_OID, &oid)
            || !get_whole(attribute, TAG_SET, &values)) {
            raise_at(self, begin, "attribute");
        }
        if (span_equal(&oid, &extension_request)) {
            if (found || !get_whole(values, TAG_SEQUENCE, &request->extensions)) {
                raise_at(self, begin, "extensionRequest");
            }
            found = true;
        }
    }
}

static const wolf_view_t *get_request(mp_obj_t self_in, request_t *request) {
    const wolf_view_t *self = wolf_view_get(self_in, &x509_request_type);
    wolf_span_t in = self->der, attributes;
    wolf_span_t seq = must_get(self, &in, TAG_SEQUENCE, "CertificationRequest");
    if (in.len > 0) {
        raise_at(self, in.p, "data after the CertificationRequest");
    }
    request->info.p = seq.p;
    wolf_span_t info = must_get(self, &seq, TAG_SEQUENCE, "certificationRequestInfo");
    request->info.len = seq.p - request->info.p;
    request->algorithm = must_get(self, &seq, TAG_SEQUENCE, "signatureAlgorithm");
    const uint8_t *begin = seq.p;
    request->signature = must_get(self, &seq, TAG_BIT_STRING, "signature");
    if (seq.len > 0 || request->signature.len == 0 || request->signature.p[0] != 0) {
        raise_at(self, begin, "signature");
    }
    request->signature.p++;
    request->signature.len--;
    begin = info.p;
    wolf_span_t version = must_get(self, &info, TAG_INTEGER, "version");
    if (version.len != 1 || version.p[0] != 0) {
        raise_at(self, begin, "version");
    }
    request->subject = must_get(self, &info, TAG_SEQUENCE, "subject");
    request->key.p = info.p;
    must_get(self, &info, TAG_SEQUENCE, "subjectPKInfo");
    request->key.len = info.p - request->key.p;
    // Some leave out an empty set of attributes.
    attributes = (wolf_span_t) { info.p, 0 };
    if (info.len > 0 && !get_whole(info, TAG_EXPLICIT(0), &attributes)) {
        raise_at(self, info.p, "attributes");
    }
    read_attributes(self, attributes, request);
    return self;
}

mp_obj_t wolf_x509_request(mp_obj_t der) {
    mp_obj_t self = new_whole(&x509_request_type, der);
    request_t request;
    get_request(self, &request);
    return self;
}

// Whether the request is signed with its own key.
static mp_obj_t request_is_valid(const request_t *request) {
    mp_obj_t key = wolf_key_read_public(request->key.p, request->key.len);
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        verify(key, &request->algorithm, request->info, request->signature);
        nlr_pop();
        return mp_const_true;
    }
    if (mp_obj_get_type(MP_OBJ_FROM_PTR(nlr.ret_val)) == &wolfcryptolib_InvalidSignature_type) {
        return mp_const_false;
    }
    nlr_jump(nlr.ret_val);
}

static void request_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    request_t request;
    const wolf_view_t *self = get_request(self_in, &request);
    switch (attr) {
        case MP_QSTR_subject:
            dest[0] = wolf_view_new(&wolf_x509_Name_type, self->owner, request.subject);
            break;
        case MP_QSTR_extensions:
            dest[0] = new_extensions(self, request.extensions);
            break;
        case MP_QSTR_is_signature_valid:
            dest[0] = request_is_valid(&request);
            break;
        case MP_QSTR_tbs_certrequest_bytes:
            dest[0] = new_bytes(request.info);
            break;
        default:
            if (!signature_attr(self, attr, request.algorithm, request.signature, dest)) {
                dest[1] = MP_OBJ_SENTINEL; // continue lookup in locals_dict
            }
            break;
    }
}

static mp_obj_t request_public_key(mp_obj_t self_in) {
    request_t request;
    get_request(self_in, &request);
    return wolf_key_read_public(request.key.p, request.key.len);
}
static MP_DEFINE_CONST_FUN_OBJ_1(request_public_key_obj, request_public_key);

static const mp_rom_map_elem_t request_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_public_key), MP_ROM_PTR(&request_public_key_obj) },
    { MP_ROM_QSTR(MP_QSTR_public_bytes), MP_ROM_PTR(&whole_public_bytes_obj) },
};
static MP_DEFINE_CONST_DICT(request_locals_dict, request_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    x509_request_type,
    MP_QSTR_CertificateSigningRequest,
    MP_TYPE_FLAG_NONE,
    print, view_print,
    COMPARABLE,
    attr, request_attr,
    locals_dict, &request_locals_dict
    );

/******************************************************************************/
// Reading.

// The bytes of a DER argument, which nobody can change.
static mp_obj_t get_der(mp_obj_t data_in) {
    mp_buffer_info_t data;
    wolf_crypto_get(data_in, &data);
    return mp_obj_is_exact_type(data_in, &mp_type_bytes) ? data_in
        : mp_obj_new_bytes(data.buf, data.len);
}

// The next block of PEM with a label, alone or after a prefix; MP_OBJ_NULL if there is none.
static mp_obj_t next_pem(wolf_span_t *in, const char *label, const char *prefix) {
    wolf_span_t found, base64;
    while (wolf_pem_find((const char *)in->p, in->len, label, &found, &base64)) {
        const uint8_t *end = in->p + in->len;
        in->p = base64.p + base64.len;
        in->len = end - in->p;
        size_t extra = found.len - strlen(label);
        if (extra > 0 && (extra != strlen(prefix) || memcmp(found.p, prefix, extra) != 0)) {
            continue;
        }
        vstr_t vstr;
        vstr_init_len(&vstr, base64.len);
        if (!wolf_pem_decode(&base64, (uint8_t *)vstr.buf, &vstr.len)) {
            mp_raise_ValueError(MP_ERROR_TEXT("PEM"));
        }
        mp_obj_t der = mp_obj_new_bytes((const byte *)vstr.buf, vstr.len);
        vstr_clear(&vstr);
        return der;
    }
    return MP_OBJ_NULL;
}

static mp_obj_t first_pem(mp_obj_t data_in, const char *label, const char *prefix) {
    mp_buffer_info_t data;
    wolf_crypto_get(data_in, &data);
    wolf_span_t in = { data.buf, data.len };
    mp_obj_t der = next_pem(&in, label, prefix);
    if (der == MP_OBJ_NULL) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("no %s in PEM"), label);
    }
    return der;
}

static mp_obj_t load_der_x509_certificate(mp_obj_t data) {
    return wolf_x509_certificate(get_der(data));
}
static MP_DEFINE_CONST_FUN_OBJ_1(load_der_x509_certificate_obj, load_der_x509_certificate);

static mp_obj_t load_pem_x509_certificate(mp_obj_t data) {
    return wolf_x509_certificate(first_pem(data, "CERTIFICATE", "X509 "));
}
static MP_DEFINE_CONST_FUN_OBJ_1(load_pem_x509_certificate_obj, load_pem_x509_certificate);

static mp_obj_t load_pem_x509_certificates(mp_obj_t data_in) {
    // A copy: finalisers, which may run at any allocation, could change the buffer's size.
    mp_buffer_info_t data;
    mp_obj_t copy = get_der(data_in);
    wolf_crypto_get(copy, &data);
    wolf_span_t in = { data.buf, data.len };
    mp_obj_t list = mp_obj_new_list(0, NULL);
    mp_obj_t der = next_pem(&in, "CERTIFICATE", "X509 ");
    while (der != MP_OBJ_NULL) {
        mp_obj_list_append(list, wolf_x509_certificate(der));
        der = next_pem(&in, "CERTIFICATE", "X509 ");
    }
    size_t n;
    mp_obj_t *items;
    mp_obj_list_get(list, &n, &items);
    if (n == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("no CERTIFICATE in PEM"));
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_1(load_pem_x509_certificates_obj, load_pem_x509_certificates);

static mp_obj_t load_der_x509_csr(mp_obj_t data) {
    return wolf_x509_request(get_der(data));
}
static MP_DEFINE_CONST_FUN_OBJ_1(load_der_x509_csr_obj, load_der_x509_csr);

static mp_obj_t load_pem_x509_csr(mp_obj_t data) {
    return wolf_x509_request(first_pem(data, "CERTIFICATE REQUEST", "NEW "));
}
static MP_DEFINE_CONST_FUN_OBJ_1(load_pem_x509_csr_obj, load_pem_x509_csr);

/******************************************************************************/
// The module.

static const mp_rom_map_elem_t version_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_Version) },
    { MP_ROM_QSTR(MP_QSTR_v1), MP_ROM_INT(0) },
    { MP_ROM_QSTR(MP_QSTR_v3), MP_ROM_INT(2) },
};
NAMESPACE(version, Version)

#define TYPE_ENTRY(name_) { MP_ROM_QSTR(MP_QSTR_##name_), MP_ROM_PTR(&wolf_x509_##name_##_type) },

static const mp_rom_map_elem_t x509_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_x509) },
    { MP_ROM_QSTR(MP_QSTR_load_der_x509_certificate),
      MP_ROM_PTR(&load_der_x509_certificate_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_pem_x509_certificate),
      MP_ROM_PTR(&load_pem_x509_certificate_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_pem_x509_certificates),
      MP_ROM_PTR(&load_pem_x509_certificates_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_der_x509_csr), MP_ROM_PTR(&load_der_x509_csr_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_pem_x509_csr), MP_ROM_PTR(&load_pem_x509_csr_obj) },
    { MP_ROM_QSTR(MP_QSTR_Certificate), MP_ROM_PTR(&x509_certificate_type) },
    { MP_ROM_QSTR(MP_QSTR_CertificateSigningRequest), MP_ROM_PTR(&x509_request_type) },
    { MP_ROM_QSTR(MP_QSTR_Version), MP_ROM_PTR(&version) },
    { MP_ROM_QSTR(MP_QSTR_NameOID), MP_ROM_PTR(&name_oid) },
    { MP_ROM_QSTR(MP_QSTR_ExtendedKeyUsageOID), MP_ROM_PTR(&ext_key_usage_oid) },
    { MP_ROM_QSTR(MP_QSTR_Extensions), MP_ROM_PTR(&x509_extensions_type) },
    { MP_ROM_QSTR(MP_QSTR_ExtensionNotFound), MP_ROM_PTR(&wolfcryptolib_ExtensionNotFound_type) },
    TYPE_ENTRY(ObjectIdentifier)
    TYPE_ENTRY(Name)
    TYPE_ENTRY(NameAttribute)
    TYPE_ENTRY(DNSName)
    TYPE_ENTRY(DirectoryName)
    TYPE_ENTRY(IPAddress)
    TYPE_ENTRY(OtherName)
    TYPE_ENTRY(RFC822Name)
    TYPE_ENTRY(RegisteredID)
    TYPE_ENTRY(UniformResourceIdentifier)
    TYPE_ENTRY(Extension)
    TYPE_ENTRY(AuthorityKeyIdentifier)
    TYPE_ENTRY(BasicConstraints)
    TYPE_ENTRY(ExtendedKeyUsage)
    TYPE_ENTRY(KeyUsage)
    TYPE_ENTRY(SubjectAlternativeName)
    TYPE_ENTRY(SubjectKeyIdentifier)
    TYPE_ENTRY(UnrecognizedExtension)
    #if MICROPY_WOLFCRYPTOLIB_X509_SIGN
    TYPE_ENTRY(CertificateBuilder)
    TYPE_ENTRY(CertificateSigningRequestBuilder)
    {
        MP_ROM_QSTR(MP_QSTR_random_serial_number), MP_ROM_PTR(&wolf_x509_random_serial_number_obj)
    },
    #endif
};
static MP_DEFINE_CONST_DICT(x509_globals, x509_globals_table);

const mp_obj_module_t wolfcryptolib_x509_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&x509_globals,
};

#endif // MICROPY_WOLFCRYPTOLIB_X509
