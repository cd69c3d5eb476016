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

#include "wolf_verify.h"
#include "wolf_glue.h"
#include "wolf_ocsp.h"

#include <string.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/rsa.h>
#include <wolfssl/wolfcrypt/wc_port.h>
#include <wolfssl/error-ssl.h>

// The shortest keys that are accepted, as with the built-in.
#define MIN_RSA_BITS (2048)
#define MIN_ECC_BYTES (32)
#define MAX_RSA_EXPONENT_BYTES (8)

// How many signatures are tried: a chain with many certificates of the same name must not cost
// more than that.
#define MAX_SIGNATURES (24)

#define TAG_INTEGER (0x02)
#define TAG_BIT_STRING (0x03)
#define TAG_OID (0x06)
#define TAG_SEQUENCE (0x30)
#define TAG_EXPLICIT(n) (0xa0 | (n))

// The state of a search. certs[0] to certs[chain_len - 1] are the peer's, the last one is the
// anchor of the path.
typedef struct _search_t {
    wolf_verify_t *v;
    wolf_cert_t *certs;
    uint8_t path[WOLF_MAX_PATH]; // indices of certs
    int signatures; // how many may still be tried
    bool stopped; // an anchor could not be read
    int64_t now;
} search_t;

// Whether to look for no other path.
static bool is_over(const search_t *s) {
    return s->stopped || s->v->err == MEMORY_E;
}

// The i-th anchor with that subject. Returns false after the last one, or if the search is over.
static bool get_anchor(search_t *s, const wolf_span_t *subject, size_t i, wolf_span_t *der) {
    int ret = s->v->anchor(s->v->arg, subject, i, der);
    if (ret < 0) {
        s->stopped = true;
        s->v->err = ret;
    }
    return ret > 0;
}

// Remember why a path could not be completed. A reason more specific than an unknown issuer is
// kept.
static void note(search_t *s, int err, size_t depth) {
    wolf_verify_t *v = s->v;
    bool vague = v->err == 0 || v->err == ASN_NO_SIGNER_E || v->err == ASN_SELF_SIGNED_E;
    bool worse = err != ASN_NO_SIGNER_E && err != ASN_SELF_SIGNED_E;
    if (!is_over(s)
        && (err == MEMORY_E || (vague && (worse || v->err == 0 || depth > v->err_depth)))) {
        v->err = err;
        v->err_depth = depth;
        v->err_subject = s->certs[s->path[depth]].subject;
        v->path_len = depth + 1;
        for (size_t i = 0; i <= depth; ++i) {
            v->path[i] = s->certs[s->path[i]].der;
        }
    }
}

/******************************************************************************/
// Keys and signatures.

typedef enum {
    KEY_OTHER,
    KEY_RSA,
    KEY_RSA_PSS, // for such signatures alone
    KEY_ECC,
    KEY_ED25519,
} key_kind_t;

// and one byte more
static const uint8_t oid_rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01 };
static const uint8_t oid_ecc[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
// and one byte more
static const uint8_t oid_ecdsa_sha2[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03 };
static const uint8_t oid_ed25519[] = { 0x2b, 0x65, 0x70 };
// and one byte more
static const uint8_t oid_sha2[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02 };
static const uint8_t oid_mgf1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08 };

// The last byte of an OID that consists of a prefix and that byte; 0 for others.
static uint8_t oid_tail(const wolf_span_t *oid, const uint8_t *prefix, size_t len) {
    return oid->len == len + 1 && memcmp(oid->p, prefix, len) == 0 ? oid->p[len] : 0;
}

static bool is_oid(const wolf_span_t *oid, const uint8_t *other, size_t len) {
    return oid->len == len && memcmp(oid->p, other, len) == 0;
}

// Which kind of key a SubjectPublicKeyInfo holds, its bits, and whether it is long enough.
static key_kind_t read_key(wolf_span_t spki, wolf_span_t *bits, bool *strong) {
    wolf_span_t seq, alg, oid, number;
    *strong = false;
    if (!wolf_der_get(&spki, TAG_SEQUENCE, &seq) || !wolf_der_get(&seq, TAG_SEQUENCE, &alg)
        || !wolf_der_get(&alg, TAG_OID, &oid) || !wolf_der_get(&seq, TAG_BIT_STRING, bits)
        || bits->len < 2) {
        return KEY_OTHER;
    }
    ++bits->p;
    --bits->len;
    uint8_t rsa = oid_tail(&oid, oid_rsa, sizeof(oid_rsa));
    if (rsa == 1 || rsa == 10) {
        wolf_span_t key = *bits;
        if (!wolf_der_get(&key, TAG_SEQUENCE, &seq) || !wolf_der_get(&seq, TAG_INTEGER, &number)) {
            return KEY_OTHER;
        }
        for (; number.len > 0 && number.p[0] == 0; --number.len) {
            ++number.p;
        }
        *strong = number.len > MIN_RSA_BITS / 8
            || (number.len == MIN_RSA_BITS / 8 && (number.p[0] & 0x80));
        // A long exponent would only cost time.
        if (!wolf_der_get(&seq, TAG_INTEGER, &number) || number.len > MAX_RSA_EXPONENT_BYTES) {
            return KEY_OTHER;
        }
        return rsa == 10 ? KEY_RSA_PSS : KEY_RSA;
    }
    if (is_oid(&oid, oid_ecc, sizeof(oid_ecc))) {
        // A point is one byte and two coordinates, or one of them.
        *strong = bits->p[0] == 4 ? bits->len > 2 * MIN_ECC_BYTES : bits->len > MIN_ECC_BYTES;
        return KEY_ECC;
    }
    if (is_oid(&oid, oid_ed25519, sizeof(oid_ed25519))) {
        *strong = true;
        return KEY_ED25519;
    }
    return KEY_OTHER;
}

bool wolf_cert_has_point(const wolf_cert_t *cert, const uint8_t *point, size_t len) {
    wolf_span_t bits;
    bool strong;
    if (read_key(cert->key, &bits, &strong) != KEY_ECC) {
        return false;
    }
    return bits.p[0] != 4 || (bits.len == len && memcmp(bits.p, point, len) == 0);
}

typedef struct _sig_alg_t {
    key_kind_t kind;
    enum wc_HashType hash; // not of Ed25519
    bool pss;
    enum wc_HashType mgf_hash;
    int salt_len;
} sig_alg_t;

// SHA-1 and MD5 are too weak for a signature, and so have no type here.
static enum wc_HashType hash_type(uint8_t n) {
    switch (n) {
        case 1:
            return WC_HASH_TYPE_SHA256;
        case 2:
            return WC_HASH_TYPE_SHA384;
        case 3:
            return WC_HASH_TYPE_SHA512;
        default:
            return WC_HASH_TYPE_NONE;
    }
}

#if !defined(NO_RSA) && defined(WC_RSA_PSS)
// The hash of an AlgorithmIdentifier, whose parameters are NULL or absent.
static enum wc_HashType read_hash(wolf_span_t *in) {
    wolf_span_t alg, oid;
    if (!wolf_der_get(in, TAG_SEQUENCE, &alg) || !wolf_der_get(&alg, TAG_OID, &oid)) {
        return WC_HASH_TYPE_NONE;
    }
    return hash_type(oid_tail(&oid, oid_sha2, sizeof(oid_sha2)));
}

// RSASSA-PSS-params, RFC 4055, section 3.1. Fields with a default must be present: the default is
// SHA-1.
static bool read_pss(wolf_span_t params, sig_alg_t *alg) {
    wolf_span_t seq, part, mgf, oid, salt;
    if (!wolf_der_get(&params, TAG_SEQUENCE, &seq) || params.len != 0
        || !wolf_der_get(&seq, TAG_EXPLICIT(0), &part)) {
        return false;
    }
    alg->hash = read_hash(&part);
    if (!wolf_der_get(&seq, TAG_EXPLICIT(1), &part) || !wolf_der_get(&part, TAG_SEQUENCE, &mgf)
        || !wolf_der_get(&mgf, TAG_OID, &oid) || !is_oid(&oid, oid_mgf1, sizeof(oid_mgf1))) {
        return false;
    }
    alg->mgf_hash = read_hash(&mgf);
    alg->salt_len = 20;
    if (wolf_der_get(&seq, TAG_EXPLICIT(2), &part)) {
        if (!wolf_der_get(&part, TAG_INTEGER, &salt) || salt.len != 1 || (salt.p[0] & 0x80)) {
            return false;
        }
        alg->salt_len = salt.p[0];
    }
    if (seq.len > 0
        && !(wolf_der_get(&seq, TAG_EXPLICIT(3), &part) && seq.len == 0 && part.len == 3
             && part.p[2] == 1)) {
        return false; // trailerField has one value
    }
    return alg->hash != WC_HASH_TYPE_NONE && alg->mgf_hash != WC_HASH_TYPE_NONE;
}

static int mgf_of(enum wc_HashType hash) {
    switch (hash) {
        #ifdef WOLFSSL_SHA384
        case WC_HASH_TYPE_SHA384:
            return WC_MGF1SHA384;
        #endif
        #ifdef WOLFSSL_SHA512
        case WC_HASH_TYPE_SHA512:
            return WC_MGF1SHA512;
        #endif
        default:
            return WC_MGF1SHA256;
    }
}
#endif

// Returns whether a signature's algorithm is known, and strong enough.
static bool read_sig_alg(wolf_span_t in, sig_alg_t *alg) {
    wolf_span_t oid;
    memset(alg, 0, sizeof(*alg));
    if (!wolf_der_get(&in, TAG_OID, &oid)) {
        return false;
    }
    if (is_oid(&oid, oid_ed25519, sizeof(oid_ed25519))) {
        alg->kind = KEY_ED25519;
        return true;
    }
    uint8_t ecdsa = oid_tail(&oid, oid_ecdsa_sha2, sizeof(oid_ecdsa_sha2));
    if (ecdsa > 1) {
        alg->kind = KEY_ECC;
        alg->hash = hash_type(ecdsa - 1);
        return alg->hash != WC_HASH_TYPE_NONE;
    }
    uint8_t rsa = oid_tail(&oid, oid_rsa, sizeof(oid_rsa));
    alg->kind = KEY_RSA;
    #if !defined(NO_RSA) && defined(WC_RSA_PSS)
    if (rsa == 10) {
        alg->pss = true;
        return read_pss(in, alg);
    }
    #endif
    alg->hash = rsa > 10 ? hash_type(rsa - 10) : WC_HASH_TYPE_NONE;
    return alg->hash != WC_HASH_TYPE_NONE;
}

#ifndef NO_RSA
// sig is overwritten.
static int verify_rsa(const sig_alg_t *alg, const byte *hash, word32 hash_len, byte *sig,
    word32 sig_len, const wolf_span_t *spki, RsaKey *key) {
    word32 idx = 0;
    byte *out = NULL;
    int ret = wc_RsaPublicKeyDecode(spki->p, &idx, key, spki->len);
    if (ret != 0) {
        return ret;
    }
    #ifdef WC_RSA_PSS
    if (alg->pss) {
        ret = wc_RsaPSS_VerifyInline_ex(sig, sig_len, &out, alg->hash, mgf_of(alg->mgf_hash),
            alg->salt_len, key);
        if (ret < 0) {
            return ret;
        }
        return wc_RsaPSS_CheckPadding_ex(hash, hash_len, out, ret, alg->hash, alg->salt_len,
            mp_count_bits(&key->n));
    }
    #endif
    byte encoded[WC_MAX_DIGEST_SIZE + MAX_DER_DIGEST_ASN_SZ];
    word32 encoded_len = wc_EncodeSignature(encoded, hash, hash_len, wc_HashGetOID(alg->hash));
    ret = wc_RsaSSL_VerifyInline(sig, sig_len, &out, key);
    if (ret < 0) {
        return ret;
    }
    return (word32)ret == encoded_len && memcmp(out, encoded, encoded_len) == 0 ? 0
        : ASN_SIG_CONFIRM_E;
}
#endif

static int verify_hash(const sig_alg_t *alg, const byte *hash, word32 hash_len,
    const wolf_span_t *sig, const wolf_span_t *spki) {
    int ret = MEMORY_E;
    #ifndef NO_RSA
    if (alg->kind == KEY_RSA) {
        RsaKey *key = XMALLOC(sizeof(*key), NULL, DYNAMIC_TYPE_RSA);
        byte *copy = XMALLOC(sig->len, NULL, DYNAMIC_TYPE_TMP_BUFFER);
        if (key != NULL && copy != NULL && wc_InitRsaKey(key, NULL) == 0) {
            memcpy(copy, sig->p, sig->len);
            ret = verify_rsa(alg, hash, hash_len, copy, sig->len, spki, key);
            wc_FreeRsaKey(key);
        }
        XFREE(copy, NULL, DYNAMIC_TYPE_TMP_BUFFER);
        XFREE(key, NULL, DYNAMIC_TYPE_RSA);
        return ret;
    }
    #endif
    #ifdef HAVE_ECC
    ecc_key *key = XMALLOC(sizeof(*key), NULL, DYNAMIC_TYPE_ECC);
    if (key != NULL && wc_ecc_init(key) == 0) {
        word32 idx = 0;
        int match = 0;
        ret = wc_EccPublicKeyDecode(spki->p, &idx, key, spki->len);
        if (ret == 0) {
            ret = wc_ecc_verify_hash(sig->p, sig->len, hash, hash_len, &match, key);
        }
        if (ret == 0 && match != 1) {
            ret = ASN_SIG_CONFIRM_E;
        }
        wc_ecc_free(key);
    }
    XFREE(key, NULL, DYNAMIC_TYPE_ECC);
    #endif
    return ret;
}

#if defined(HAVE_ED25519)
static int verify_ed25519(const wolf_cert_t *cert, const wolf_span_t *bits) {
    int ret = MEMORY_E;
    ed25519_key *key = XMALLOC(sizeof(*key), NULL, DYNAMIC_TYPE_ED25519);
    if (key != NULL && wc_ed25519_init(key) == 0) {
        int match = 0;
        ret = wc_ed25519_import_public(bits->p, bits->len, key);
        if (ret == 0) {
            ret = wc_ed25519_verify_msg(cert->sig.p, cert->sig.len, cert->tbs.p,
                cert->tbs.len, &match, key);
        }
        if (ret == 0 && match != 1) {
            ret = ASN_SIG_CONFIRM_E;
        }
        wc_ed25519_free(key);
    }
    XFREE(key, NULL, DYNAMIC_TYPE_ED25519);
    return ret;
}
#endif

// A key for PSS may restrict its signatures: RFC 4055, section 3.3.
static bool pss_key_allows(const wolf_cert_t *issuer, const sig_alg_t *alg) {
    #if !defined(NO_RSA) && defined(WC_RSA_PSS)
    wolf_span_t spki = issuer->key, seq, in, oid;
    sig_alg_t key = {0};
    if (!wolf_der_get(&spki, TAG_SEQUENCE, &seq) || !wolf_der_get(&seq, TAG_SEQUENCE, &in)
        || !wolf_der_get(&in, TAG_OID, &oid)) {
        return false;
    }
    if (in.len == 0) {
        return true;
    }
    return read_pss(in, &key) && key.hash == alg->hash && key.mgf_hash == alg->mgf_hash
           && key.salt_len <= alg->salt_len;
    #else
    (void)issuer;
    (void)alg;
    return false;
    #endif
}

// Whether an issuer's key has signed a certificate. Returns 0 or wolfSSL's number.
static int verify_signature(const wolf_cert_t *cert, const wolf_cert_t *issuer) {
    sig_alg_t alg;
    if (!read_sig_alg(cert->sig_alg, &alg)) {
        return ASN_SIG_HASH_E;
    }
    wolf_span_t bits;
    bool strong;
    key_kind_t kind = read_key(issuer->key, &bits, &strong);
    if (kind != alg.kind
        && !(kind == KEY_RSA_PSS && alg.pss && pss_key_allows(issuer, &alg))) {
        return ASN_SIG_KEY_E;
    }
    if (!strong) {
        return alg.kind == KEY_RSA ? RSA_KEY_SIZE_E : ECC_KEY_SIZE_E;
    }
    int ret;
    if (alg.kind == KEY_ED25519) {
        #ifdef HAVE_ED25519
        ret = verify_ed25519(cert, &bits);
        #else
        ret = ASN_SIG_KEY_E;
        #endif
    } else {
        byte hash[WC_MAX_DIGEST_SIZE];
        int hash_len = wc_HashGetDigestSize(alg.hash);
        ret = hash_len < 0 ? hash_len
            : wc_Hash(alg.hash, cert->tbs.p, cert->tbs.len, hash, hash_len);
        if (ret != 0) {
            return ret == MEMORY_E ? ret : ASN_SIG_HASH_E;
        }
        ret = verify_hash(&alg, hash, hash_len, &cert->sig, &issuer->key);
    }
    return ret == 0 || ret == MEMORY_E || wolf_alloc_failed() ? ret : ASN_SIG_CONFIRM_E;
}

/******************************************************************************/
// Paths.

static bool same_der(const wolf_span_t *a, const wolf_span_t *b) {
    return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

// Whether every certificate of a complete path may be used in its position.
static bool check_path(search_t *s, size_t len) {
    size_t below = 0; // CAs below that count for path lengths: those that are not self-issued
    for (size_t i = 0; i < len; ++i) {
        const wolf_cert_t *cert = &s->certs[s->path[i]];
        int err = 0;
        #ifndef NO_ASN_TIME
        if (s->now < cert->not_before) {
            err = ASN_BEFORE_DATE_E;
        } else if (s->now > cert->not_after) {
            err = ASN_AFTER_DATE_E;
        }
        #endif
        if (err == 0 && cert->unknown_critical) {
            err = ASN_CRIT_EXT_E;
        }
        if (err == 0 && i > 0 && cert->path_len != WOLF_PATH_LEN_NONE
            && below > (size_t)cert->path_len) {
            err = ASN_PATHLEN_INV_E;
        }
        for (size_t j = 0; err == 0 && j < i; ++j) {
            const wolf_cert_t *lower = &s->certs[s->path[j]];
            if (j > 0 && wolf_name_equal(&lower->issuer, &lower->subject)) {
                continue; // a CA that renewed its key
            }
            if (!wolf_cert_is_permitted(lower, cert, j == 0)) {
                note(s, ASN_NAME_INVALID_E, j);
                return false;
            }
        }
        if (err != 0) {
            note(s, err, i);
            return false;
        }
        if (i > 0 && !wolf_name_equal(&cert->issuer, &cert->subject)) {
            ++below;
        }
    }
    wolf_verify_t *v = s->v;
    v->err = 0;
    v->path_len = len;
    v->not_after = INT64_MAX;
    for (size_t i = 0; i < len; ++i) {
        v->path[i] = s->certs[s->path[i]].der;
        v->not_after = MIN(v->not_after, s->certs[s->path[i]].not_after);
    }
    return true;
}

// Whether a certificate may issue others, and has issued the one at depth. It is already the next
// one in the path.
static bool is_issuer(search_t *s, size_t depth, const wolf_cert_t *issuer, bool is_anchor) {
    // Before version 3, certificates did not say whether they were a CA: the user does, by
    // trusting one.
    if (!(is_anchor && issuer->version < 3)
        && !(issuer->is_ca && (issuer->key_usage & WOLF_KEY_USAGE_CERT_SIGN))) {
        note(s, NOT_CA_ERROR, depth + 1);
        return false;
    }
    if (s->signatures == 0) {
        note(s, MAX_CHAIN_ERROR, depth);
        return false;
    }
    --s->signatures;
    int err = verify_signature(&s->certs[s->path[depth]], issuer);
    if (err != 0) {
        note(s, err, err == RSA_KEY_SIZE_E || err == ECC_KEY_SIZE_E ? depth + 1 : depth);
    }
    return err == 0;
}

static bool is_anchor(search_t *s, const wolf_cert_t *cert) {
    wolf_span_t der;
    for (size_t i = 0; get_anchor(s, &cert->subject, i, &der); ++i) {
        if (same_der(&der, &cert->der)) {
            return true;
        }
    }
    return false;
}

static bool is_current(const search_t *s, const wolf_cert_t *cert) {
    #ifndef NO_ASN_TIME
    return s->now >= cert->not_before && s->now <= cert->not_after;
    #else
    (void)s;
    (void)cert;
    return true;
    #endif
}

static bool complete(search_t *s, size_t depth);

// Complete a path with an issuer that is valid now, or with one that is not.
static bool complete_by(search_t *s, size_t depth, bool current) {
    wolf_verify_t *v = s->v;
    const wolf_cert_t *cert = &s->certs[s->path[depth]];
    wolf_span_t der, subject;
    wolf_cert_t *anchor = &s->certs[v->chain_len];
    for (size_t i = 0; get_anchor(s, &cert->issuer, i, &der); ++i) {
        s->path[depth + 1] = v->chain_len;
        if (!wolf_cert_read_subject(der.p, der.len, &subject)
            || !wolf_name_equal(&subject, &cert->issuer)
            || same_der(&der, &cert->der) || !wolf_cert_read(anchor, der.p, der.len)
            || is_current(s, anchor) != current) {
            continue;
        }
        if (is_issuer(s, depth, anchor, true) && check_path(s, depth + 2)) {
            return true;
        }
        if (is_over(s)) {
            return false;
        }
    }
    if (is_over(s)) {
        return false;
    }
    for (size_t i = 1; i < v->chain_len; ++i) {
        const wolf_cert_t *issuer = &s->certs[i];
        bool used = false;
        for (size_t j = 0; j <= depth; ++j) {
            used = used || same_der(&s->certs[s->path[j]].der, &issuer->der);
        }
        if (used || is_current(s, issuer) != current
            || !wolf_name_equal(&issuer->subject, &cert->issuer)) {
            continue;
        }
        s->path[depth + 1] = i;
        if (is_issuer(s, depth, issuer, false) && complete(s, depth + 1)) {
            return true;
        }
        if (is_over(s)) {
            return false;
        }
    }
    return false;
}

// Complete a path from the certificate at depth, which is its last one so far.
static bool complete(search_t *s, size_t depth) {
    const wolf_cert_t *cert = &s->certs[s->path[depth]];
    bool self_issued = wolf_name_equal(&cert->issuer, &cert->subject);

    // The peer's own certificate vouches for itself only if it is self-issued, as with the
    // built-in.
    if ((depth > 0 || self_issued) && is_anchor(s, cert)) {
        sig_alg_t alg;
        if (depth == 0 && !read_sig_alg(cert->sig_alg, &alg)) {
            note(s, ASN_SIG_HASH_E, 0);
            return false;
        }
        if (check_path(s, depth + 1)) {
            return true;
        }
    }
    if (is_over(s)) {
        return false;
    }
    if (depth + 1 == WOLF_MAX_PATH) {
        note(s, MAX_CHAIN_ERROR, depth);
        return false;
    }
    // An expired duplicate must not use up the signatures that may be tried.
    if (complete_by(s, depth, true)) {
        return true;
    }
    if (!is_over(s) && complete_by(s, depth, false)) {
        return true;
    }
    if (!is_over(s)) {
        note(s, self_issued ? ASN_SELF_SIGNED_E : ASN_NO_SIGNER_E, depth);
    }
    return false;
}

static void verify(search_t *s) {
    wolf_verify_t *v = s->v;
    for (size_t i = 0; i < v->chain_len; ++i) {
        if (!wolf_cert_read(&s->certs[i], v->chain[i].p, v->chain[i].len)) {
            v->err = ASN_PARSE_E;
            v->err_depth = i;
            (void)wolf_cert_read_subject(v->chain[i].p, v->chain[i].len, &v->err_subject);
            return;
        }
    }
    const wolf_cert_t *leaf = &s->certs[0];
    s->path[0] = 0;
    if (!complete(s, 0)) {
        return;
    }
    wolf_span_t bits;
    bool strong;
    key_kind_t kind = read_key(leaf->key, &bits, &strong);
    if (kind == KEY_OTHER || !strong) {
        v->err = kind == KEY_RSA || kind == KEY_RSA_PSS ? RSA_KEY_SIZE_E : kind == KEY_ECC
            ? ECC_KEY_SIZE_E : ASN_SIG_KEY_E;
    } else if (v->must_sign && !(leaf->key_usage & WOLF_KEY_USAGE_SIGN)) {
        v->err = KEYUSE_SIGNATURE_E;
    } else if (v->host != NULL && !wolf_cert_is_for(leaf, v->host, v->host_len)) {
        uint8_t addr[16];
        v->err = wolf_host_address(v->host, v->host_len, addr) > 0 ? IPADDR_MISMATCH
            : DOMAIN_NAME_MISMATCH;
    }
    v->err_depth = 0;
    v->err_subject = leaf->subject;
}

int wolf_verify(wolf_verify_t *v) {
    search_t s = { .v = v, .signatures = MAX_SIGNATURES };
    v->err = 0;
    v->err_depth = 0;
    v->path_len = 0;
    memset(&v->err_subject, 0, sizeof(v->err_subject));
    #ifndef NO_ASN_TIME
    s.now = XTIME(NULL);
    #endif
    s.certs = XMALLOC((v->chain_len + 1) * sizeof(*s.certs), NULL, DYNAMIC_TYPE_TMP_BUFFER);
    if (s.certs == NULL) {
        v->err = MEMORY_E;
    } else {
        verify(&s);
        XFREE(s.certs, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    }
    return v->err;
}

/******************************************************************************/
// Stapled OCSP responses.

#ifdef HAVE_CERTIFICATE_STATUS_REQUEST

// How many certificates of a response are looked at.
#define OCSP_MAX_CERTS (4)

// The certificates that are involved.
typedef struct _staple_t {
    wolf_cert_t cert;
    wolf_cert_t issuer;
    wolf_cert_t responder;
    int64_t now;
} staple_t;

// The type of a hash that identifies something: unlike in a signature, SHA-1 is good enough.
static enum wc_HashType id_hash_type(const wolf_span_t *oid) {
    static const uint8_t sha1[] = { 0x2b, 0x0e, 0x03, 0x02, 0x1a };
    return is_oid(oid, sha1, sizeof(sha1)) ? WC_HASH_TYPE_SHA
        : hash_type(oid_tail(oid, oid_sha2, sizeof(oid_sha2)));
}

// Whether the hash of some bytes is the given one: 1 or 0, or MEMORY_E.
static int has_hash(enum wc_HashType type, const wolf_span_t *span, const wolf_span_t *expected) {
    byte hash[WC_MAX_DIGEST_SIZE];
    int len = wc_HashGetDigestSize(type);
    if (len < 0 || (size_t)len != expected->len) {
        return 0;
    }
    int ret = wc_Hash(type, span->p, span->len, hash, len);
    if (ret == MEMORY_E) {
        return ret;
    }
    return ret == 0 && memcmp(hash, expected->p, len) == 0;
}

// The hash of a certificate's key is that of the bits alone.
static int has_key_hash(enum wc_HashType type, const wolf_cert_t *cert,
    const wolf_span_t *expected) {
    wolf_span_t bits;
    bool strong;
    if (read_key(cert->key, &bits, &strong) == KEY_OTHER) {
        return 0;
    }
    return has_hash(type, &bits, expected);
}

// The hash of a name is that of its whole element.
static int has_name_hash(enum wc_HashType type, const wolf_span_t *name,
    const wolf_span_t *expected) {
    size_t header = name->len < 0x80 ? 2 : name->len < 0x100 ? 3 : name->len < 0x10000 ? 4 : 5;
    wolf_span_t element = { name->p - header, name->len + header };
    return has_hash(type, &element, expected);
}

// Whether a certificate's owner is the one who says that he has signed a response.
static int is_responder(const wolf_ocsp_t *ocsp, const wolf_cert_t *cert) {
    return ocsp->name.p != NULL ? wolf_name_equal(&ocsp->name, &cert->subject)
        : has_key_hash(WC_HASH_TYPE_SHA, cert, &ocsp->key_hash);
}

// Whether the issuer has made a certificate for signing responses. Returns 0 or wolfSSL's number.
static int verify_delegate(const staple_t *s) {
    const wolf_cert_t *cert = &s->responder;
    if (!wolf_name_equal(&cert->issuer, &s->issuer.subject) || !wolf_cert_signs_ocsp(cert)
        || cert->unknown_critical || !(cert->key_usage & WOLF_KEY_USAGE_SIGN)) {
        return EXTKEYUSAGE_E;
    }
    #ifndef NO_ASN_TIME
    if (s->now < cert->not_before || s->now > cert->not_after) {
        return ASN_AFTER_DATE_E;
    }
    #endif
    return verify_signature(cert, &s->issuer);
}

// Whether the issuer, or someone on its behalf, has signed a response. Returns 0, MEMORY_E or
// WOLF_OCSP_SIGNER.
static int verify_response_signature(staple_t *s, const wolf_ocsp_t *ocsp) {
    wolf_cert_t signed_part = { .tbs = ocsp->tbs, .sig_alg = ocsp->sig_alg, .sig = ocsp->sig };
    int ret = is_responder(ocsp, &s->issuer);
    if (ret == 1 && (ret = verify_signature(&signed_part, &s->issuer)) == 0) {
        return 0;
    }
    wolf_span_t certs = ocsp->certs, span;
    for (size_t i = 0; i < OCSP_MAX_CERTS && ret != MEMORY_E; ++i) {
        const uint8_t *der = certs.p;
        if (!wolf_der_get(&certs, TAG_SEQUENCE, &span)
            || !wolf_cert_read(&s->responder, der, certs.p - der)) {
            break;
        }
        ret = is_responder(ocsp, &s->responder);
        if (ret != 1) {
            continue;
        }
        ret = verify_delegate(s);
        if (ret == 0 && (ret = verify_signature(&signed_part, &s->responder)) == 0) {
            return 0;
        }
    }
    return ret == MEMORY_E ? ret : WOLF_OCSP_SIGNER;
}

// Whether a part of a response is about our certificate: 1 or 0, or MEMORY_E.
static int is_about(const wolf_ocsp_single_t *single, const staple_t *s) {
    wolf_span_t serial = wolf_cert_serial(&s->cert);
    if (!same_der(&single->serial, &serial)) {
        return 0;
    }
    enum wc_HashType type = id_hash_type(&single->hash);
    int ret = has_name_hash(type, &s->cert.issuer, &single->name_hash);
    return ret == 1 ? has_key_hash(type, &s->issuer, &single->key_hash) : ret;
}

// What a signed response says. If it says several things, the worst counts.
static int check_status(const wolf_ocsp_t *ocsp, const staple_t *s, int64_t *until) {
    wolf_span_t singles = ocsp->singles;
    wolf_ocsp_single_t single;
    int result = WOLF_OCSP_OTHER;
    *until = INT64_MAX;
    while (wolf_ocsp_next(&singles, &single)) {
        int ret = is_about(&single, s);
        if (ret < 0) {
            return ret;
        }
        if (ret == 0) {
            continue;
        }
        if (single.status != WOLF_OCSP_GOOD) {
            return single.status == WOLF_OCSP_REVOKED ? OCSP_CERT_REVOKED : OCSP_CERT_UNKNOWN;
        }
        #ifndef NO_ASN_TIME
        // Without an end, it could be presented forever.
        if (single.this_update > s->now
            || single.next_update == WOLF_OCSP_NO_UPDATE || single.next_update < s->now) {
            return WOLF_OCSP_DATE;
        }
        #endif
        *until = MIN(*until, single.next_update);
        result = 0;
    }
    return result;
}

int wolf_verify_staple(const wolf_span_t *response, const wolf_span_t *cert,
    const wolf_span_t *issuer, int64_t *until) {
    wolf_ocsp_t ocsp;
    if (!wolf_ocsp_read(&ocsp, response->p, response->len)) {
        return WOLF_OCSP_INVALID;
    }
    staple_t *s = XMALLOC(sizeof(*s), NULL, DYNAMIC_TYPE_TMP_BUFFER);
    if (s == NULL) {
        return MEMORY_E;
    }
    int ret = WOLF_OCSP_INVALID;
    if (wolf_cert_read(&s->cert, cert->p, cert->len)
        && wolf_cert_read(&s->issuer, issuer->p, issuer->len)) {
        #ifndef NO_ASN_TIME
        s->now = XTIME(NULL);
        #endif
        ret = verify_response_signature(s, &ocsp);
        if (ret == 0) {
            ret = check_status(&ocsp, s, until);
        }
    }
    XFREE(s, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    return ret;
}

#endif // HAVE_CERTIFICATE_STATUS_REQUEST
