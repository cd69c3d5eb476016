// What wolfSSL needs of a machine, made up: for tests only.

#include "py/mphal.h"

#include <time.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/types.h>

// The same numbers in every run, so that a failure can be repeated.
int qemu_generate_seed(unsigned char *output, unsigned int size) {
    static uint32_t state = 1;
    for (unsigned int i = 0; i < size; ++i) {
        state = state * 1664525 + 1013904223;
        output[i] = state >> 24;
    }
    return 0;
}

// 2027, when the test certificates are valid.
time_t qemu_time(time_t *t) {
    time_t now = 1800000000;
    if (t != NULL) {
        *t = now;
    }
    return now;
}

word32 LowResTimer(void) {
    return 0;
}

// Nothing ever takes long.
mp_uint_t mp_hal_ticks_ms(void) {
    return 0;
}

int qemu_toupper(int c) {
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

int qemu_tolower(int c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}
