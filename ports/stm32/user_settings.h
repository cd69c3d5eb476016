// wolfSSL settings for MicroPython's stm32 port: TLS and DTLS, client and server, everything that
// the built-in mbedTLS build can do and TLS 1.3, in as little flash as that takes. What each of
// these costs is in docs/stm32.md of the mpwolf project. Only preprocessor lines here, but for one
// declaration.
#ifndef MPWOLF_STM32_USER_SETTINGS_H
#define MPWOLF_STM32_USER_SETTINGS_H

#include <wolfssl/version.h>

// -- What the board has, see wolfssl_port.c ------------------------------------------------------
#define NO_FILESYSTEM
#define WOLFSSL_USER_IO
#define WOLFSSL_NO_SOCK
#define NO_WRITEV
// RNG is the name of a register.
#define NO_OLD_RNGNAME
// Threads take turns by MicroPython's lock, which is let go only in the streams' callbacks.
#define SINGLE_THREADED
#define NO_MAIN_DRIVER
#define NO_WOLFSSL_DIR

// The port has no C library.
#define CTYPE_USER
int wolfssl_port_tolower(int c);
int wolfssl_port_toupper(int c);
#define XTOLOWER(c) wolfssl_port_tolower(c)
#define XTOUPPER(c) wolfssl_port_toupper(c)

// Memory is MicroPython's heap, see wolf_alloc.c.
#define XMALLOC_OVERRIDE
#define MICROPY_WOLFSSL_TRACKED_ALLOC
#include <stddef.h>
void *wolf_malloc(size_t size);
void wolf_free(void *ptr);
void *wolf_realloc(void *ptr, size_t size);
// Without the arguments that nobody reads.
#define XMALLOC(size, heap, type) ((void)(heap), (void)(type), wolf_malloc(size))
#define XFREE(ptr, heap, type) ((void)(heap), (void)(type), wolf_free(ptr))
#define XREALLOC(ptr, size, heap, type) ((void)(heap), (void)(type), wolf_realloc(ptr, size))
// A thread's stack can be as small as 4 KB, the main one has 16 KB: big numbers and certificates
// go to the heap.
#define WOLFSSL_SMALL_STACK

// The seed comes from the hardware random number generator.
#define CUSTOM_RAND_GENERATE_SEED wolfssl_port_seed
int wolfssl_port_seed(unsigned char *output, unsigned int size);

// The time comes from the RTC.
#define USER_TIME
#define HAVE_TM_TYPE
#define HAVE_TIME_T_TYPE
#define USER_TICKS
#include <time.h>
#define XTIME wolfssl_port_time

// -- Numbers -------------------------------------------------------------------------------------
#define WOLFSSL_SP_MATH_ALL
#define WOLFSSL_SP_SMALL
#define SP_INT_BITS 4096
#ifdef MICROPY_WOLFSSL_FAST
#define WOLFSSL_HAVE_SP_ECC
#if defined(__ARM_FEATURE_DSP)
#define WOLFSSL_SP_ARM_CORTEX_M_ASM
#define WOLFSSL_SP_ASM
#endif
#endif
#define TFM_TIMING_RESISTANT
#define ECC_TIMING_RESISTANT
#define WC_RSA_BLINDING

// -- Protocols -----------------------------------------------------------------------------------
#define NO_OLD_TLS
#define WOLFSSL_TLS13
#define WOLFSSL_DTLS
#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_SNI
#define HAVE_EXTENDED_MASTER
#define HAVE_ENCRYPT_THEN_MAC
#define HAVE_HKDF
#define HAVE_SERVER_RENEGOTIATION_INFO
// RFC 8446, appendix D.4, and an alert for whatever is refused.
#define WOLFSSL_TLS13_MIDDLEBOX_COMPAT
#define WOLFSSL_EXTRA_ALERTS
// The RSA key exchange is weak, but the built-in has it and some old peers know nothing else.
#define WOLFSSL_STATIC_RSA

// -- Ciphers and hashes --------------------------------------------------------------------------
#define HAVE_AESGCM
#define GCM_TABLE_4BIT
#define HAVE_AES_ECB
#define HAVE_AES_CBC
#define WOLFSSL_AES_COUNTER
#define WOLFSSL_AES_DIRECT
#define WOLFSSL_AES_SMALL_TABLES
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define USE_SLOW_SHA
#define USE_SLOW_SHA256
#define USE_SLOW_SHA512
// Nothing calls these, but wolfSSL's tables name them.
#define WOLFSSL_NOSHA512_224
#define WOLFSSL_NOSHA512_256
#define NO_DES3
#define NO_RC4
#define NO_MD4
#define NO_DSA
#define NO_DH
#define NO_PSK
#define NO_PWDBASED

// -- Keys ----------------------------------------------------------------------------------------
#define HAVE_ECC
#define ECC_SHAMIR
#define HAVE_ECC384
#define ECC_USER_CURVES
#define WC_RSA_PSS
// TLS has no OAEP.
#define WC_NO_RSA_OAEP

// -- Certificates --------------------------------------------------------------------------------
// The modules verify certificates themselves, in wolfSSL's callback, see wolf_verify.c.
#define WOLFSSL_ALWAYS_VERIFY_CB
#define WOLFSSL_VERIFY_CB_ALL_CERTS
#define WOLFSSL_PEM_TO_DER
// Large sites have more than wolfSSL's 128.
#define WOLFSSL_MAX_ALT_NAMES 1024
// What the built-in and OpenSSL read in certificates, and wolfSSL refuses otherwise: a
// basicConstraints that says that it is no CA, and serial number 0 (in 5.7 and before only under
// the name of a larger project).
#define WOLFSSL_ALLOW_ENCODING_CA_FALSE
#define WOLFSSL_ASN_ALLOW_0_SERIAL
#if LIBWOLFSSL_VERSION_HEX < 0x05008000
#define WOLFSSL_PYTHON
#endif

// -- What a firmware doesn't need ----------------------------------------------------------------
// A session cache, a curve cache or a fixed-point cache would outlive a soft reset of the
// interpreter.
#define NO_SESSION_CACHE
// Of wolfSSL's error texts the modules have those that matter.
#define NO_ERROR_STRINGS
#define NO_AES_192

// NOTE(mpwolf): wolfSSL 5.5 calls snprintf() without its header where NO_FILESYSTEM is set.
#include <stdio.h>

#endif // MPWOLF_STM32_USER_SETTINGS_H
