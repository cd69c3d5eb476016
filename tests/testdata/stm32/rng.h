// In place of ports/stm32/rng.h.
#ifndef MPWOLF_TEST_RNG_H
#define MPWOLF_TEST_RNG_H

#include <stdint.h>

uint32_t rng_get(void);

#endif // MPWOLF_TEST_RNG_H
