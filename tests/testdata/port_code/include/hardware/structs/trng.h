// As much of the Pico SDK as ports/rp2 needs. Each access lets the generator do what it was told.
#define TRNG_TRNG_BUSY_BITS (1)
#define TRNG_TRNG_DEBUG_CONTROL_AUTO_CORRELATE_BYPASS_BITS (8)
#define TRNG_TRNG_DEBUG_CONTROL_TRNG_CRNGT_BYPASS_BITS (4)
#define TRNG_TRNG_DEBUG_CONTROL_VNC_BYPASS_BITS (2)
typedef struct {
    uint32_t rng_icr, ehr_data[6], rnd_source_enable, sample_cnt1, trng_debug_control, trng_busy;
} trng_hw_t;
trng_hw_t *trng_access(void);
#define trng_hw (trng_access())
