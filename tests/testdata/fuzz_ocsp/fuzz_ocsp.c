// A libFuzzer target for wolf_ocsp.c, the modules' reader of OCSP responses. An input is a response.

#include <stdlib.h>
#include <string.h>

#include "wolf_ocsp.h"

#define MUST(what) do { if (!(what)) { abort(); } } while (0)

static void must_be_within(const wolf_span_t *span, const uint8_t *der, size_t len) {
    if (span->p == NULL) {
        MUST(span->len == 0);
        return;
    }
    MUST(span->p >= der && span->len <= len && (size_t)(span->p - der) <= len - span->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    // Memory of its own, so that AddressSanitizer sees a byte too far.
    uint8_t *der = malloc(size == 0 ? 1 : size);
    MUST(der != NULL);
    if (size > 0) {
        memcpy(der, data, size);
    }
    wolf_ocsp_t ocsp;
    if (wolf_ocsp_read(&ocsp, der, size)) {
        const wolf_span_t *spans[] = {
            &ocsp.tbs, &ocsp.sig_alg, &ocsp.sig, &ocsp.name, &ocsp.key_hash, &ocsp.singles, &ocsp.certs,
        };
        for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); ++i) {
            must_be_within(spans[i], der, size);
        }
        // One of the two, and it was signed.
        MUST((ocsp.name.p == NULL) != (ocsp.key_hash.p == NULL));
        MUST(ocsp.key_hash.p == NULL || ocsp.key_hash.len == 20);
        must_be_within(ocsp.name.p != NULL ? &ocsp.name : &ocsp.key_hash, ocsp.tbs.p, ocsp.tbs.len);
        must_be_within(&ocsp.singles, ocsp.tbs.p, ocsp.tbs.len);
        wolf_span_t singles = ocsp.singles;
        wolf_ocsp_single_t single;
        size_t n = 0;
        while (wolf_ocsp_next(&singles, &single)) {
            ++n;
            const wolf_span_t *parts[] = { &single.hash, &single.name_hash, &single.key_hash, &single.serial };
            for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); ++i) {
                must_be_within(parts[i], ocsp.singles.p, ocsp.singles.len);
            }
            MUST(single.serial.len > 0 && single.status <= WOLF_OCSP_UNKNOWN);
            MUST(single.next_update == WOLF_OCSP_NO_UPDATE || single.next_update >= single.this_update);
        }
        // All of them could be read.
        MUST(n > 0 && singles.len == 0);
        // Nothing may be missing.
        wolf_ocsp_t other;
        MUST(!wolf_ocsp_read(&other, der, size - 1));
    }
    free(der);
    return 0;
}
