// A libFuzzer target for wolf_x509.c, the modules' reader of certificates and matcher of names.
//
// An input is the length of a host name (one byte), the name, the length of a certificate (two bytes, the high one
// first), the certificate, and a second certificate, its issuer, to the end.

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "wolf_x509.h"

#define MUST(what) do { if (!(what)) { abort(); } } while (0)

// Each part gets memory of its own, so that AddressSanitizer sees a byte too far.
static uint8_t *copy(const uint8_t *p, size_t len) {
    uint8_t *q = malloc(len == 0 ? 1 : len);
    MUST(q != NULL);
    if (len > 0) {
        memcpy(q, p, len);
    }
    return q;
}

static void must_be_within(const wolf_span_t *span, const uint8_t *der, size_t len) {
    if (span->p == NULL) {
        MUST(span->len == 0);
        return;
    }
    MUST(span->p >= der && span->len <= len && (size_t)(span->p - der) <= len - span->len);
}

static void compare_names(const wolf_span_t *a, const wolf_span_t *b) {
    bool equal = wolf_name_equal(a, b);
    MUST(equal == wolf_name_equal(b, a));
    MUST(!equal || wolf_name_hash(a) == wolf_name_hash(b));
}

static bool read_cert(wolf_cert_t *cert, const uint8_t *der, size_t len) {
    wolf_span_t subject = {0};
    bool has_subject = wolf_cert_read_subject(der, len, &subject);
    if (has_subject) {
        must_be_within(&subject, der, len);
    }
    if (!wolf_cert_read(cert, der, len)) {
        return false;
    }
    const wolf_span_t *spans[] = {
        &cert->der, &cert->tbs, &cert->sig_alg, &cert->sig, &cert->issuer, &cert->subject, &cert->key,
        &cert->alt_names, &cert->permitted, &cert->excluded,
    };
    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); ++i) {
        must_be_within(spans[i], der, len);
    }
    MUST(cert->der.p == der && cert->der.len == len);
    MUST(cert->version >= 1 && cert->version <= 3);
    MUST(cert->path_len >= WOLF_PATH_LEN_NONE);
    // The short way to the subject finds the same one.
    MUST(has_subject && subject.p == cert->subject.p && subject.len == cert->subject.len);
    wolf_span_t cn = wolf_name_common_name(&cert->subject);
    must_be_within(&cn, der, len);
    (void)wolf_name_equal(&cert->subject, &cert->subject);
    compare_names(&cert->subject, &cert->issuer);
    return true;
}

// What the C library takes for an address is one here, and the same.
static size_t read_host(const char *host, size_t len) {
    uint8_t addr[16], want[16];
    size_t size = wolf_host_address(host, len, addr);
    MUST(size == 0 || size == 4 || size == 16);
    char text[256];
    if (len > 0 && len < sizeof(text) && memchr(host, 0, len) == NULL) {
        memcpy(text, host, len);
        text[len] = 0;
        if (inet_pton(AF_INET, text, want) == 1) {
            MUST(size == 4 && memcmp(addr, want, 4) == 0);
        } else if (inet_pton(AF_INET6, text, want) == 1) {
            MUST(size == 16 && memcmp(addr, want, 16) == 0);
        }
    }
    return size;
}

// A name that a certificate is for stays one in capitals.
static void check_name(const wolf_cert_t *cert, const char *host, size_t len, size_t address) {
    bool is_for = wolf_cert_is_for(cert, host, len);
    MUST(!is_for || len > 0);
    MUST(!is_for || memchr(host, 0, len) == NULL);
    if (address > 0 || len == 0) {
        return;
    }
    char *other = (char *)copy((const uint8_t *)host, len);
    for (size_t i = 0; i < len; ++i) {
        if (other[i] >= 'a' && other[i] <= 'z') {
            other[i] -= 'a' - 'A';
        }
    }
    uint8_t addr[16];
    if (wolf_host_address(other, len, addr) == 0) {
        MUST(wolf_cert_is_for(cert, other, len) == is_for);
    }
    free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size < 1u + data[0] + 2u) {
        return 0;
    }
    size_t host_len = *data++;
    char *host = (char *)copy(data, host_len);
    data += host_len;
    size_t len = data[0] << 8 | data[1];
    data += 2;
    size -= 1 + host_len + 2;
    len = len < size ? len : size;
    uint8_t *der = copy(data, len), *issuer_der = copy(data + len, size - len);

    size_t address = read_host(host, host_len);
    wolf_cert_t cert, issuer;
    bool has_cert = read_cert(&cert, der, len), has_issuer = read_cert(&issuer, issuer_der, size - len);
    if (has_cert) {
        check_name(&cert, host, host_len, address);
    }
    if (has_cert && has_issuer) {
        compare_names(&cert.issuer, &issuer.subject);
        bool permitted = wolf_cert_is_permitted(&cert, &issuer, false);
        // A peer's own certificate has names that count beside those of others.
        MUST(permitted || !wolf_cert_is_permitted(&cert, &issuer, true));
        MUST(permitted || issuer.permitted.p != NULL || issuer.excluded.p != NULL);
    }
    free(host);
    free(der);
    free(issuer_der);
    return 0;
}
