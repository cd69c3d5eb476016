// An Alif Ensemble, whose port gives 0 when the secure enclave has no number.
#include "../../../ports/alif/wolfssl_port.c"

bool generate(uint8_t *buf, size_t n);

uint64_t se_services_rand64(void) {
    uint64_t value = 0;
    (void)generate((uint8_t *)&value, sizeof(value));
    return value;
}
