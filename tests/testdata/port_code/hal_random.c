// The name of every port's function since MicroPython 1.28, which returns no status.
#include "py/mphal.h"

bool generate(uint8_t *buf, size_t n);

void mp_hal_get_random(size_t n, uint8_t *buf) {
    (void)generate(buf, n);
}
