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

#include "wolf_bundle.h"

#include <string.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/sha256.h>

#define VERSION (1)
#define HEADER_LEN (48)
#define HASHED_LEN (16) // of the header
#define ENTRY_LEN (44)

// The longest certificate.
#define MAX_CERT (65535)

static uint32_t get_uint32(const uint8_t *p) {
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

// Read the i-th entry of the index. Returns 0, or ASN_PARSE_E if it can't be right.
static int get_entry(const wolf_bundle_t *bundle, size_t i, uint8_t raw[ENTRY_LEN],
    wolf_bundle_entry_t *entry) {
    if (!bundle->read(bundle->arg, HEADER_LEN + i * ENTRY_LEN, raw, ENTRY_LEN)) {
        return ASN_PARSE_E;
    }
    entry->hash = get_uint32(raw);
    entry->offset = get_uint32(raw + 4);
    entry->len = get_uint32(raw + 8);
    memcpy(entry->digest, raw + 12, sizeof(entry->digest));
    bool inside = entry->offset >= HEADER_LEN + bundle->count * ENTRY_LEN
        && entry->offset <= bundle->len && entry->len <= bundle->len - entry->offset;
    return inside && entry->len > 0 && entry->len <= MAX_CERT ? 0 : ASN_PARSE_E;
}

static int check_index(wolf_bundle_t *bundle, wc_Sha256 *sha) {
    uint32_t last = 0;
    int ret = 0;
    for (size_t i = 0; ret == 0 && i < bundle->count; ++i) {
        uint8_t raw[ENTRY_LEN];
        wolf_bundle_entry_t entry;
        ret = get_entry(bundle, i, raw, &entry);
        if (ret == 0) {
            ret = entry.hash < last ? ASN_PARSE_E : wc_Sha256Update(sha, raw, sizeof(raw));
            last = entry.hash;
        }
    }
    return ret;
}

int wolf_bundle_open(wolf_bundle_t *bundle) {
    uint8_t header[HEADER_LEN], digest[WC_SHA256_DIGEST_SIZE];
    if (bundle->len < sizeof(header) || !bundle->read(bundle->arg, 0, header, sizeof(header))
        || memcmp(header, WOLF_BUNDLE_MAGIC, WOLF_BUNDLE_MAGIC_LEN) != 0
        || header[8] != VERSION || header[9] != 0 || get_uint32(header + 12) != bundle->len) {
        return ASN_PARSE_E;
    }
    bundle->count = header[11] << 8 | header[10];
    if (bundle->count > (bundle->len - sizeof(header)) / ENTRY_LEN) {
        return ASN_PARSE_E;
    }
    wc_Sha256 sha;
    int ret = wc_InitSha256(&sha);
    if (ret != 0) {
        return ret;
    }
    ret = wc_Sha256Update(&sha, header, HASHED_LEN);
    if (ret == 0) {
        ret = check_index(bundle, &sha);
    }
    if (ret == 0) {
        ret = wc_Sha256Final(&sha, digest);
    }
    wc_Sha256Free(&sha);
    if (ret == 0) {
        ret = memcmp(digest, header + HASHED_LEN, sizeof(digest)) == 0 ? 0 : ASN_PARSE_E;
        memcpy(bundle->digest, digest, sizeof(bundle->digest));
    }
    return ret;
}

// How many entries have a smaller hash, or, if also is set, no larger one.
static int count_up_to(const wolf_bundle_t *bundle, uint32_t hash, bool also, size_t *n) {
    size_t low = 0, high = bundle->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        wolf_bundle_entry_t entry;
        int ret = wolf_bundle_entry(bundle, middle, &entry);
        if (ret != 0) {
            return ret;
        }
        if (entry.hash < hash || (also && entry.hash == hash)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *n = low;
    return 0;
}

int wolf_bundle_find(const wolf_bundle_t *bundle, uint32_t hash, size_t *first, size_t *n) {
    size_t end;
    int ret = count_up_to(bundle, hash, false, first);
    if (ret == 0) {
        ret = count_up_to(bundle, hash, true, &end);
    }
    if (ret == 0 && end < *first) {
        ret = ASN_PARSE_E; // the file is changing
    }
    if (ret == 0) {
        *n = end - *first;
    }
    return ret;
}

int wolf_bundle_entry(const wolf_bundle_t *bundle, size_t i, wolf_bundle_entry_t *entry) {
    uint8_t raw[ENTRY_LEN];
    return get_entry(bundle, i, raw, entry);
}

int wolf_bundle_check(const wolf_bundle_entry_t *entry, const uint8_t *der) {
    uint8_t digest[WC_SHA256_DIGEST_SIZE];
    int ret = wc_Sha256Hash(der, entry->len, digest);
    if (ret != 0) {
        return ret;
    }
    return memcmp(digest, entry->digest, sizeof(digest)) == 0 ? 0 : ASN_PARSE_E;
}
