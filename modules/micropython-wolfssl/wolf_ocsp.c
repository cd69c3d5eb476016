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

#include "wolf_ocsp.h"
#include "wolf_der.h"

#include <string.h>

#define SUCCESSFUL (0)
#define KEY_HASH_LEN (20)
#define MAX_REASON (10)

static uint8_t next_tag(const wolf_span_t *in) {
    return in->len > 0 ? in->p[0] : 0;
}

// An element that consists of one byte.
static bool get_byte(wolf_span_t *in, uint8_t tag, uint8_t *value) {
    wolf_span_t span;
    if (!wolf_der_get(in, tag, &span) || span.len != 1) {
        return false;
    }
    *value = span.p[0];
    return true;
}

// The only element of an explicit tag.
static bool get_explicit(wolf_span_t *in, int n, uint8_t tag, wolf_span_t *out) {
    wolf_span_t outer;
    return wolf_der_get(in, TAG_EXPLICIT(n), &outer) && wolf_der_get(&outer, tag, out)
           && outer.len == 0;
}

static bool get_time(wolf_span_t *in, int64_t *seconds) {
    return next_tag(in) == TAG_GENERALIZED_TIME && wolf_der_get_time(in, seconds);
}

// Extensions that are allowed to be there, and to be ignored. They are the last element.
static bool skip_extensions(wolf_span_t *in) {
    wolf_span_t list, extension, oid, value;
    if (in->len == 0) {
        return true;
    }
    if (!get_explicit(in, 1, TAG_SEQUENCE, &list) || list.len == 0 || in->len != 0) {
        return false;
    }
    while (list.len > 0) {
        uint8_t critical = 0;
        if (!wolf_der_get(&list, TAG_SEQUENCE, &extension)
            || !wolf_der_get(&extension, TAG_OID, &oid)
            || (next_tag(&extension) == TAG_BOOLEAN
                && !get_byte(&extension, TAG_BOOLEAN, &critical))
            || !wolf_der_get(&extension, TAG_OCTET_STRING, &value) || extension.len != 0
            || critical) {
            return false;
        }
    }
    return true;
}

// CertID
static bool read_id(wolf_span_t *in, wolf_ocsp_single_t *single) {
    wolf_span_t id, alg, null;
    return wolf_der_get(in, TAG_SEQUENCE, &id) && wolf_der_get(&id, TAG_SEQUENCE, &alg)
           && wolf_der_get(&alg, TAG_OID, &single->hash)
           && (alg.len == 0
               || (wolf_der_get(&alg, TAG_NULL, &null) && null.len == 0 && alg.len == 0))
           && wolf_der_get(&id, TAG_OCTET_STRING, &single->name_hash)
           && wolf_der_get(&id, TAG_OCTET_STRING, &single->key_hash)
           && wolf_der_get(&id, TAG_INTEGER, &single->serial) && id.len == 0
           && single->serial.len > 0;
}

// CertStatus
static bool read_status(wolf_span_t *in, wolf_ocsp_status_t *status) {
    wolf_span_t span;
    uint8_t reason;
    int64_t when;
    switch (next_tag(in)) {
        case TAG_CONTEXT(0):
            *status = WOLF_OCSP_GOOD;
            return wolf_der_get(in, TAG_CONTEXT(0), &span) && span.len == 0;
        case TAG_EXPLICIT(1): // constructed, not explicit: RevokedInfo
            *status = WOLF_OCSP_REVOKED;
            if (!wolf_der_get(in, TAG_EXPLICIT(1), &span) || !get_time(&span, &when)) {
                return false;
            }
            if (span.len > 0) {
                wolf_span_t outer;
                return wolf_der_get(&span, TAG_EXPLICIT(0), &outer) && span.len == 0
                       && get_byte(&outer, TAG_ENUMERATED, &reason) && outer.len == 0
                       && reason <= MAX_REASON;
            }
            return true;
        case TAG_CONTEXT(2):
            *status = WOLF_OCSP_UNKNOWN;
            return wolf_der_get(in, TAG_CONTEXT(2), &span) && span.len == 0;
        default:
            return false;
    }
}

bool wolf_ocsp_next(wolf_span_t *singles, wolf_ocsp_single_t *single) {
    wolf_span_t seq, outer;
    memset(single, 0, sizeof(*single));
    single->next_update = WOLF_OCSP_NO_UPDATE;
    if (!wolf_der_get(singles, TAG_SEQUENCE, &seq) || !read_id(&seq, single)
        || !read_status(&seq, &single->status) || !get_time(&seq, &single->this_update)) {
        return false;
    }
    if (next_tag(&seq) == TAG_EXPLICIT(0)
        && (!wolf_der_get(&seq, TAG_EXPLICIT(0), &outer)
            || !get_time(&outer, &single->next_update) || outer.len != 0
            || single->next_update < single->this_update)) {
        return false;
    }
    return skip_extensions(&seq);
}

// ResponseData, without its header
static bool read_data(wolf_ocsp_t *ocsp, wolf_span_t data) {
    wolf_span_t span;
    uint8_t version;
    int64_t produced_at;
    if (next_tag(&data) == TAG_EXPLICIT(0)) {
        // Version 1, which is the default.
        if (!wolf_der_get(&data, TAG_EXPLICIT(0), &span)
            || !get_byte(&span, TAG_INTEGER, &version) || span.len != 0 || version != 0) {
            return false;
        }
    }
    if (next_tag(&data) == TAG_EXPLICIT(1)) {
        if (!get_explicit(&data, 1, TAG_SEQUENCE, &ocsp->name)) {
            return false;
        }
    } else if (!get_explicit(&data, 2, TAG_OCTET_STRING, &ocsp->key_hash)
               || ocsp->key_hash.len != KEY_HASH_LEN) {
        return false;
    }
    if (!get_time(&data, &produced_at) || !wolf_der_get(&data, TAG_SEQUENCE, &ocsp->singles)
        || ocsp->singles.len == 0) {
        return false;
    }
    wolf_span_t singles = ocsp->singles;
    wolf_ocsp_single_t single;
    while (singles.len > 0) {
        if (!wolf_ocsp_next(&singles, &single)) {
            return false;
        }
    }
    return skip_extensions(&data);
}

// BasicOCSPResponse
static bool read_basic(wolf_ocsp_t *ocsp, wolf_span_t in) {
    wolf_span_t basic, data, sig;
    if (!wolf_der_get(&in, TAG_SEQUENCE, &basic) || in.len != 0) {
        return false;
    }
    ocsp->tbs.p = basic.p;
    if (!wolf_der_get(&basic, TAG_SEQUENCE, &data)) {
        return false;
    }
    ocsp->tbs.len = basic.p - ocsp->tbs.p;
    if (!wolf_der_get(&basic, TAG_SEQUENCE, &ocsp->sig_alg)
        || !wolf_der_get(&basic, TAG_BIT_STRING, &sig) || sig.len < 1 || sig.p[0] != 0) {
        return false;
    }
    ocsp->sig.p = sig.p + 1;
    ocsp->sig.len = sig.len - 1;
    if (basic.len > 0
        && (!get_explicit(&basic, 0, TAG_SEQUENCE, &ocsp->certs) || basic.len != 0)) {
        return false;
    }
    return read_data(ocsp, data);
}

bool wolf_ocsp_read(wolf_ocsp_t *ocsp, const uint8_t *der, size_t len) {
    // id-pkix-ocsp-basic
    static const uint8_t basic[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01 };
    memset(ocsp, 0, sizeof(*ocsp));
    wolf_span_t in = { der, len };
    wolf_span_t seq, bytes, oid, response;
    uint8_t status;
    return wolf_der_get(&in, TAG_SEQUENCE, &seq) && in.len == 0
           && get_byte(&seq, TAG_ENUMERATED, &status) && status == SUCCESSFUL
           && get_explicit(&seq, 0, TAG_SEQUENCE, &bytes) && seq.len == 0
           && wolf_der_get(&bytes, TAG_OID, &oid) && oid.len == sizeof(basic)
           && memcmp(oid.p, basic, sizeof(basic)) == 0
           && wolf_der_get(&bytes, TAG_OCTET_STRING, &response) && bytes.len == 0
           && read_basic(ocsp, response);
}
