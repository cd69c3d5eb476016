// In place of ports/stm32/rng.h.
#include <stdint.h>

uint32_t rng_get(void);
