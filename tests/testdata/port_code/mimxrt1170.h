// An i.MX RT1170, whose port drops the status.
#define MIMXRT117x_SERIES
#include "../../../ports/mimxrt/wolfssl_port.c"

bool generate(uint8_t *buf, size_t n);

// The name of the port's function up to MicroPython 1.27.
void trng_random_data(unsigned char *output, size_t len) {
    (void)generate(output, len);
}
