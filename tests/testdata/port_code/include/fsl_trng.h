// As much of NXP's driver as ports/mimxrt needs.
typedef int status_t;
enum { kStatus_Success, kStatus_Fail };
typedef struct { int sampleMode; } trng_config_t;
enum { kTRNG_SampleModeVonNeumann };
#define TRNG ((void *)1)
status_t TRNG_GetRandomData(void *base, void *data, size_t size);
void TRNG_GetDefaultConfig(trng_config_t *config);
status_t TRNG_Init(void *base, const trng_config_t *config);
