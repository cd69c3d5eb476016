// Runs a port's wolfssl_port.c on a generator and a clock that fail as they are told to.
//
//   port_code random MODE: "seeded", or "refused" if the first seed that is not given says so
//   port_code time NANOSECONDS: what wolfSSL gets
//
// Whatever else is wrong is an error.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "py/mphal.h"
#include PORT_H

static const char *mode;
static uint64_t clock_ns;

uint64_t mp_hal_time_ns(void) {
    return clock_ns;
}
uint32_t mp_hal_ticks_ms(void) {
    return 0;
}
int unichar_tolower(int c) {
    return c;
}
int unichar_toupper(int c) {
    return c;
}

static bool is(const char *name) {
    return strcmp(mode, name) == 0;
}

// splitmix64, which is no generator for keys.
static uint64_t next(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static uint64_t state = 1;

static void works(uint8_t *buf, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        buf[i] = next(&state);
    }
}

// The generator: false if it knows that it failed.
bool generate(uint8_t *buf, size_t n) {
    static int calls;
    ++calls;
    bool good = is("works") || (is("stops") && calls <= 5) || (is("hiccup") && calls != 3);
    if (good) {
        works(buf, n);
        return true;
    }
    if (is("zeros") || is("ones") || is("bytes")) {
        memset(buf, is("zeros") ? 0 : is("ones") ? 0xff : 0xa5, n);
    } else if (is("first word")) {
        works(buf, MIN(n, 4));
    } else if (is("all but the last word")) {
        works(buf, n - MIN(n, 4));
    } else if (is("same word")) {
        works(buf, MIN(n, 4));
        for (size_t i = 4; i < n; ++i) {
            buf[i] = buf[i - 4];
        }
    } else if (is("repeats") || is("alternates")) {
        state = is("repeats") ? 1 : calls % 2;
        works(buf, n);
    } else if (is("one word of the block before")) {
        static uint8_t kept[4];
        works(buf, n);
        memcpy(calls == 1 ? kept : buf, calls == 1 ? buf : kept, 4);
    }
    return false; // "nothing" leaves the buffer as it is
}

static int random_seeds(void) {
    static const unsigned int sizes[] = {1, 4, 16, 17, 48, 100};
    uint8_t seen[6][128];
    for (size_t i = 0; i < 6; ++i) {
        memset(seen[i], 0, sizeof(seen[i]));
        int ret = wolfssl_port_seed(seen[i], sizes[i]);
        if (ret != 0) {
            puts(ret == -199 ? "refused" : "unknown error");
            return 0;
        }
        for (unsigned int j = sizes[i]; j < sizeof(seen[i]); ++j) {
            if (seen[i][j] != 0) {
                puts("more than was wanted is overwritten");
                return 1;
            }
        }
        for (size_t j = 2; j < i; ++j) {
            if (memcmp(seen[i], seen[j], 16) == 0) {
                puts("two seeds are the same");
                return 1;
            }
        }
    }
    puts("seeded");
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        return 2;
    }
    mode = argv[2];
    if (strcmp(argv[1], "random") == 0) {
        return random_seeds();
    }
    clock_ns = strtoll(argv[2], NULL, 10);
    time_t other = 1, now = wolfssl_port_time(&other);
    printf("%lld\n", (long long)now);
    return now != other || now != wolfssl_port_time(NULL);
}
