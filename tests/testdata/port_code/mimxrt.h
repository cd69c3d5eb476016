// An i.MX RT whose driver has a status; with SILENT it reports success whatever happens.
#include "../../../ports/mimxrt/wolfssl_port.c"

bool generate(uint8_t *buf, size_t n);
static int restarts, started;

uint32_t trng_random_u32(void) {
    started = 1;
    return 0;
}
void TRNG_GetDefaultConfig(trng_config_t *config) {
    config->sampleMode = -1;
}
status_t TRNG_Init(void *base, const trng_config_t *config) {
    (void)base;
    restarts += config->sampleMode == kTRNG_SampleModeVonNeumann;
    return kStatus_Success;
}
status_t TRNG_GetRandomData(void *base, void *data, size_t size) {
    static int failures;
    (void)base;
    if (!started || restarts != failures) {
        abort(); // the driver would wait forever
    }
    bool good = generate(data, size);
    #ifdef SILENT
    good = true;
    #endif
    failures += !good;
    return good ? kStatus_Success : kStatus_Fail;
}
