int mbedtls_ssl_init(void);
