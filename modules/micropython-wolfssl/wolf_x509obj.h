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

#ifndef MICROPY_INCLUDED_WOLF_X509OBJ_H
#define MICROPY_INCLUDED_WOLF_X509OBJ_H

// What the classes of wolfcryptolib.x509 share. Each object is a view of DER in a bytes object:
// nothing is decoded before it is asked for.

#include "wolf_keys.h"

typedef struct _wolf_view_t {
    mp_obj_base_t base;
    mp_obj_t owner; // the bytes object that has the DER; MP_OBJ_NULL for a constant
    wolf_span_t der; // which part of the encoding it is depends on the type
} wolf_view_t;

// The contents of an OBJECT IDENTIFIER.
extern const mp_obj_type_t wolf_x509_ObjectIdentifier_type;
// The contents of an AttributeTypeAndValue, of a Name.
extern const mp_obj_type_t wolf_x509_NameAttribute_type;
extern const mp_obj_type_t wolf_x509_Name_type;
// The contents of a GeneralName.
extern const mp_obj_type_t wolf_x509_DNSName_type;
extern const mp_obj_type_t wolf_x509_DirectoryName_type;
extern const mp_obj_type_t wolf_x509_IPAddress_type;
extern const mp_obj_type_t wolf_x509_OtherName_type;
extern const mp_obj_type_t wolf_x509_RFC822Name_type;
extern const mp_obj_type_t wolf_x509_RegisteredID_type;
extern const mp_obj_type_t wolf_x509_UniformResourceIdentifier_type;
// What is in an extension's octet string.
extern const mp_obj_type_t wolf_x509_AuthorityKeyIdentifier_type;
extern const mp_obj_type_t wolf_x509_BasicConstraints_type;
extern const mp_obj_type_t wolf_x509_ExtendedKeyUsage_type;
extern const mp_obj_type_t wolf_x509_KeyUsage_type;
extern const mp_obj_type_t wolf_x509_SubjectAlternativeName_type;
extern const mp_obj_type_t wolf_x509_SubjectKeyIdentifier_type;
// The contents of an Extension.
extern const mp_obj_type_t wolf_x509_Extension_type;
extern const mp_obj_type_t wolf_x509_UnrecognizedExtension_type;

// How a type of GeneralName is tagged.
typedef struct _wolf_x509_name_t {
    const mp_obj_type_t *type;
    uint8_t tag;
} wolf_x509_name_t;
#define WOLF_X509_NAMES (7)
extern const wolf_x509_name_t wolf_x509_names[WOLF_X509_NAMES];

// The extension that a type is the value of: the last byte of 2.5.29.x.
typedef struct _wolf_x509_extension_t {
    const mp_obj_type_t *type;
    uint8_t id;
} wolf_x509_extension_t;
#define WOLF_X509_EXTENSIONS (6)
extern const wolf_x509_extension_t wolf_x509_extensions[WOLF_X509_EXTENSIONS];

// A signature's algorithm.
typedef struct _wolf_x509_algorithm_t {
    uint8_t key; // one of WOLF_X509_KEY_…
    uint8_t hash; // wolfSSL's number of it
    uint8_t len;
    uint8_t der[13]; // the AlgorithmIdentifier, without its header
} wolf_x509_algorithm_t;

enum {
    WOLF_X509_KEY_OTHER, // which signs nothing
    WOLF_X509_KEY_EC,
    WOLF_X509_KEY_ED25519,
    WOLF_X509_KEY_RSA,
};

// What signs with a kind of key: one of WOLF_X509_KEY_…
uint8_t wolf_x509_key_class(const wolf_key_kind_t *kind);

// The algorithm of a kind of key with a hash, which is None for Ed25519. ValueError if there is
// none.
const wolf_x509_algorithm_t *wolf_x509_algorithm(uint8_t key, mp_obj_t hash);

// Call key.sign() or key.verify() with args[2…]; one more and the hash are added as the algorithm
// wants it. args has room for 6, and 2 + n are filled in.
mp_obj_t wolf_x509_call(mp_obj_t key, qstr method, const wolf_x509_algorithm_t *algorithm,
    mp_obj_t *args, size_t n);

// New views: of a part of owner, and of a copy.
mp_obj_t wolf_view_new(const mp_obj_type_t *type, mp_obj_t owner, wolf_span_t der);
mp_obj_t wolf_view_copy(const mp_obj_type_t *type, const uint8_t *der, size_t len);

// The view of an argument. TypeError if it has another type.
const wolf_view_t *wolf_view_get(mp_obj_t obj, const mp_obj_type_t *type);

// Objects for a whole encoding in a bytes object. ValueError if it is none.
mp_obj_t wolf_x509_certificate(mp_obj_t der);
mp_obj_t wolf_x509_request(mp_obj_t der);

// Constructors, which are in wolf_x509gen.c.
mp_obj_t wolf_x509_make_oid(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args);
mp_obj_t wolf_x509_make_attribute(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args);
mp_obj_t wolf_x509_make_name(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args);
mp_obj_t wolf_x509_make_general(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args);
mp_obj_t wolf_x509_make_constraints(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args);
mp_obj_t wolf_x509_make_key_usage(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args);
mp_obj_t wolf_x509_make_sequence(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args);
mp_obj_t wolf_x509_make_unrecognized(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args);
extern const mp_rom_obj_static_class_method_t wolf_x509_identifier_of_key_obj;
extern const mp_rom_obj_static_class_method_t wolf_x509_authority_of_key_obj;
extern const mp_rom_obj_static_class_method_t wolf_x509_authority_of_identifier_obj;
MP_DECLARE_CONST_FUN_OBJ_0(wolf_x509_random_serial_number_obj);
extern const mp_obj_type_t wolf_x509_CertificateBuilder_type;
extern const mp_obj_type_t wolf_x509_CertificateSigningRequestBuilder_type;

#endif // MICROPY_INCLUDED_WOLF_X509OBJ_H
