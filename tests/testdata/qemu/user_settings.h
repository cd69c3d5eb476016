// wolfSSL settings for MicroPython's qemu port, in tests only: as on a microcontroller, with MicroPython's heap as the
// only one.
#ifndef MPWOLF_QEMU_USER_SETTINGS_H
#define MPWOLF_QEMU_USER_SETTINGS_H

#define XMALLOC_USER
#define MICROPY_WOLFSSL_TRACKED_ALLOC
#define SINGLE_THREADED
#define WOLFSSL_SMALL_STACK
#define NO_FILESYSTEM
#define NO_WRITEV
#define WOLFSSL_NO_SOCK
#define WOLFSSL_USER_IO
#define NO_SESSION_CACHE
#define NO_MAIN_DRIVER
#define NO_PSK
#define NO_DH
#define NO_DSA
#define NO_RC4
#define NO_MD4
#define NO_DES3
#define NO_OLD_TLS
#define NO_OLD_POLY1305

#define WOLFSSL_SP_MATH_ALL
#define WOLFSSL_HAVE_SP_ECC
#define WOLFSSL_HAVE_SP_RSA
#define SP_INT_BITS 2048
#define TFM_TIMING_RESISTANT
#define ECC_TIMING_RESISTANT
#define WC_RSA_BLINDING

#define WOLFSSL_TLS13
#define WOLFSSL_DTLS
#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_SNI
#define HAVE_EXTENDED_MASTER
#define HAVE_HKDF
#define HAVE_ECC
#define ECC_SHAMIR
#define ECC_USER_CURVES
#define HAVE_AESGCM
#define GCM_TABLE_4BIT
#define HAVE_AES_ECB
#define HAVE_AES_CBC
#define WOLFSSL_AES_COUNTER
#define WOLFSSL_AES_DIRECT
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define WC_RSA_PSS

#define KEEP_PEER_CERT
#define WOLFSSL_IP_ALT_NAME
#define WOLFSSL_ALT_CERT_CHAINS
#define WOLFSSL_ALWAYS_VERIFY_CB
#define WOLFSSL_VERIFY_CB_ALL_CERTS
#define WOLFSSL_PEM_TO_DER
#define WOLFSSL_DER_LOAD
#define WOLFSSL_BASE64_ENCODE

// The machine has neither a source of randomness nor a clock nor a C library: wolfssl_port.c makes them up, which no firmware may do.
#define CUSTOM_RAND_GENERATE_SEED qemu_generate_seed
int qemu_generate_seed(unsigned char *output, unsigned int size);
#define CTYPE_USER
#define XTOUPPER qemu_toupper
#define XTOLOWER qemu_tolower
int qemu_toupper(int c);
int qemu_tolower(int c);
#define USER_TIME
#define HAVE_TM_TYPE
#define HAVE_TIME_T_TYPE
#define USER_TICKS
#include <time.h>
#define XTIME qemu_time
time_t qemu_time(time_t *t);

#endif // MPWOLF_QEMU_USER_SETTINGS_H
