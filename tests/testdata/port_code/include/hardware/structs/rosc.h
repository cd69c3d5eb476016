// As much of the Pico SDK as ports/rp2 needs. Each access makes the next bit.
#define ROSC_STATUS_ENABLED_BITS (0x1000)
typedef struct { uint32_t status, randombit; } rosc_hw_t;
rosc_hw_t *rosc_access(void);
#define rosc_hw (rosc_access())
