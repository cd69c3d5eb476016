// As much of MicroPython's headers as the ports' wolfssl_port.c need.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define MP_WEAK __attribute__((weak))
#define MIN(a, b) ((a) < (b) ? (a) : (b))

void mp_hal_get_random(size_t n, uint8_t *buf);
uint64_t mp_hal_time_ns(void);
uint32_t mp_hal_ticks_ms(void);
