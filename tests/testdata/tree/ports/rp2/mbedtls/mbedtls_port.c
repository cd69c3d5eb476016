#include "py/mpconfig.h"
#ifdef MICROPY_SSL_MBEDTLS
#include "mbedtls/ssl.h"
int mbedtls_port(void) {
    return 0;
}
#endif
