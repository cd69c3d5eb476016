// What ports/stm32/wolfssl_port.c gives wolfSSL on a board, from the C library: for tests of those settings on this machine.

#include <ctype.h>
#include <sys/random.h>
#include <time.h>

int wolfssl_port_seed(unsigned char *output, unsigned int size);
time_t wolfssl_port_time(time_t *timer);
int wolfssl_port_tolower(int c);
int wolfssl_port_toupper(int c);
unsigned int LowResTimer(void);

int wolfssl_port_seed(unsigned char *output, unsigned int size) {
    return getrandom(output, size, 0) == (ssize_t)size ? 0 : -1;
}

time_t wolfssl_port_time(time_t *timer) {
    return time(timer);
}

int wolfssl_port_tolower(int c) {
    return tolower(c);
}

int wolfssl_port_toupper(int c) {
    return toupper(c);
}

unsigned int LowResTimer(void) {
    return time(NULL);
}
