// wolfSSL settings of all ports without an operating system. A port's user_settings.h includes
// this file and adds what its hardware has. Only preprocessor lines here, except for declarations.
// docs/metal.md of the mpwolf project says what each of these costs and how that was measured;
// figures here are for a Cortex-M4 with wolfSSL 5.7.2.
#ifndef MPWOLF_BARE_METAL_H
#define MPWOLF_BARE_METAL_H

#include <wolfssl/version.h>

// -- Profiles: make's WOLFSSL_PROFILE ------------------------------------------------------------
// full: TLS 1.2 and 1.3 and DTLS 1.2, client and server.
// client: TLS 1.2 and 1.3, client, cipher suites with authenticated encryption and forward
// secrecy.
// tiny: TLS 1.3, client without a certificate of its own; P-256, AES-128-GCM, SHA-256, RSA
// signatures of servers; DER only.
// None of them verifies less than the others, and each has what the built-in's cryptolib and
// hashlib have.
#define MICROPY_WOLFSSL_PROFILE_FULL (0)
#define MICROPY_WOLFSSL_PROFILE_CLIENT (1)
#define MICROPY_WOLFSSL_PROFILE_TINY (2)
#ifndef MICROPY_WOLFSSL_PROFILE
#define MICROPY_WOLFSSL_PROFILE MICROPY_WOLFSSL_PROFILE_FULL
#endif
#if MICROPY_WOLFSSL_PROFILE != MICROPY_WOLFSSL_PROFILE_FULL
#define NO_WOLFSSL_SERVER
// No suites with CBC, and so no encrypt-then-MAC.
#define WOLFSSL_AEAD_ONLY
#endif
#if MICROPY_WOLFSSL_PROFILE == MICROPY_WOLFSSL_PROFILE_TINY
#define WOLFSSL_NO_TLS12
#define WOLFSSL_NO_CLIENT_AUTH
#define WOLFSSL_RSA_PUBLIC_ONLY
#endif

// -- The system ----------------------------------------------------------------------------------
#define NO_FILESYSTEM
#define WOLFSSL_USER_IO
#define WOLFSSL_NO_SOCK
#define NO_WRITEV
// RNG is the name of a register of some processors.
#define NO_OLD_RNGNAME
// Threads take turns under MicroPython's lock, which is released only in the streams' callbacks.
#define SINGLE_THREADED
#define NO_MAIN_DRIVER
#define NO_WOLFSSL_DIR

// A Cortex-M0 faults on numbers that are not aligned, which TLS messages are full of. wolfSSL
// sets this by itself only in newer releases than 5.7.2 (wolfssl/wolfcrypt/types.h).
#if defined(__arm__) && !defined(__ARM_FEATURE_UNALIGNED) && !defined(WOLFSSL_USE_ALIGN)
#define WOLFSSL_USE_ALIGN
#endif

// There is no C library to speak of, see bare_metal.c.
#define CTYPE_USER
int wolfssl_port_tolower(int c);
int wolfssl_port_toupper(int c);
#define XTOLOWER(c) wolfssl_port_tolower(c)
#define XTOUPPER(c) wolfssl_port_toupper(c)
// With -std=c99 the headers do not declare strcasecmp() and strncasecmp().
#ifdef __STRICT_ANSI__
#define USE_WOLF_STRCASECMP
#define XSTRCASECMP(s1, s2) wc_strcasecmp((s1), (s2))
#define USE_WOLF_STRNCASECMP
#define XSTRNCASECMP(s1, s2, n) wc_strncasecmp((s1), (s2), (n))
#endif

// Memory is MicroPython's heap, see wolf_alloc.c.
#define XMALLOC_OVERRIDE
#define MICROPY_WOLFSSL_TRACKED_ALLOC
#include <stddef.h>
void *wolf_malloc(size_t size);
void wolf_free(void *ptr);
void *wolf_realloc(void *ptr, size_t size);
// Without the unused arguments: -2.6 KB.
#define XMALLOC(size, heap, type) ((void)(heap), (void)(type), wolf_malloc(size))
#define XFREE(ptr, heap, type) ((void)(heap), (void)(type), wolf_free(ptr))
#define XREALLOC(ptr, size, heap, type) ((void)(heap), (void)(type), wolf_realloc(ptr, size))
// A thread's stack can be as small as 4 KB, the main one has 16 KB: big numbers and certificates
// go to the heap. +3.9 KB. Not so in the hashes, see micropython.mk: a block's schedule takes 128
// or 256 bytes there, and an allocation for each block would double what it costs.
#ifndef MICROPY_WOLFSSL_HASH
#define WOLFSSL_SMALL_STACK
#endif

// The port's wolfssl_port.c has seeds and the time.
#define CUSTOM_RAND_GENERATE_SEED wolfssl_port_seed
int wolfssl_port_seed(unsigned char *output, unsigned int size);
#define USER_TIME
#define HAVE_TM_TYPE
#define HAVE_TIME_T_TYPE
#define USER_TICKS
#include <time.h>
#define XTIME wolfssl_port_time

// -- Numbers -------------------------------------------------------------------------------------
// Dedicated code for a curve: 42 times faster than the generic arithmetic. With the DSP
// instructions (Cortex-M4, M7, M33) in assembly, elsewhere in C (sp_c32.c).
#define WOLFSSL_HAVE_SP_ECC
#define WOLFSSL_SP_SMALL
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__thumb2__)
#define WOLFSSL_SP_ARM_CORTEX_M_ASM
#define WOLFSSL_SP_ASM
#endif
#if MICROPY_WOLFSSL_PROFILE == MICROPY_WOLFSSL_PROFILE_TINY
#define WOLFSSL_HAVE_SP_RSA
#define WOLFSSL_SP_4096
#define WOLFSSL_SP_MATH
#else
// P-384, and RSA of all sizes.
#define WOLFSSL_SP_MATH_ALL
#endif
#define SP_INT_BITS 4096
// A curve's numbers are as long as the curve needs, and not as long as RSA's: -11 KB of heap.
#define ALT_ECC_SIZE
#define TFM_TIMING_RESISTANT
#define ECC_TIMING_RESISTANT
#define WC_RSA_BLINDING

// -- Protocols -----------------------------------------------------------------------------------
#define NO_OLD_TLS
#ifndef MICROPY_WOLFSSL_NO_TLS13
#define WOLFSSL_TLS13
// RFC 8446, appendix D.4.
#define WOLFSSL_TLS13_MIDDLEBOX_COMPAT
#define HAVE_HKDF
#endif
#if MICROPY_WOLFSSL_PROFILE == MICROPY_WOLFSSL_PROFILE_FULL
#define WOLFSSL_DTLS
#define HAVE_ENCRYPT_THEN_MAC
#define HAVE_SERVER_RENEGOTIATION_INFO
// The RSA key exchange is weak, but the built-in has it and some old peers support nothing else.
#ifndef MICROPY_WOLFSSL_FORWARD_SECRECY
#define WOLFSSL_STATIC_RSA
#endif
#endif
#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_SNI
#define HAVE_EXTENDED_MASTER
#define HAVE_ALPN
#define HAVE_MAX_FRAGMENT
// There is no strtok_r().
#define USE_WOLF_STRTOK
// An alert for whatever is refused.
#define WOLFSSL_EXTRA_ALERTS

// -- Sessions that are resumed -------------------------------------------------------------------
// Programs keep them. wolfSSL's own cache, which would outlive a soft reset of the interpreter,
// stays empty: it can't be left out with tickets, and would otherwise take RAM. A server's ticket
// may have a nonce of any length.
#ifndef MICROPY_WOLFSSL_SESSIONS
#define MICROPY_WOLFSSL_SESSIONS (MICROPY_WOLFSSL_PROFILE == MICROPY_WOLFSSL_PROFILE_FULL)
#endif
#if MICROPY_WOLFSSL_SESSIONS
#define HAVE_SESSION_TICKET
#define HAVE_EXT_CACHE
#define MICRO_SESSION_CACHE
#define SESSION_CACHE_DYNAMIC_MEM
#define NO_SESSION_CACHE_REF
#define NO_CLIENT_CACHE
#define WOLFSSL_TICKET_NONCE_MALLOC
#define WOLFSSL_NO_DEF_TICKET_ENC_CB
// The longest ticket that can be offered or that a server takes. wolfSSL has three buffers of this
// length, which only keys that are shared before need: with its 1536, a handshake needs 3 KB more
// and a session 1 KB. Tickets have 200 to 300 bytes as a rule.
#define MAX_PSK_ID_LEN 512
#else
#define NO_SESSION_CACHE
#endif

// -- Ciphers and hashes --------------------------------------------------------------------------
#define HAVE_AESGCM
#define GCM_TABLE_4BIT
// cryptolib has ECB, CBC, CTR and keys of 256 bits in every profile.
#define HAVE_AES_ECB
#define HAVE_AES_CBC
#define WOLFSSL_AES_COUNTER
#define WOLFSSL_AES_DIRECT
#define NO_AES_192
#if defined(__thumb2__) && LIBWOLFSSL_VERSION_HEX >= 0x05007000 && !defined(MICROPY_WOLFSSL_HASH)
#define WOLFSSL_ARMASM
#define WOLFSSL_ARMASM_THUMB2
#define WOLFSSL_ARMASM_INLINE
#define WOLFSSL_ARMASM_NO_HW_CRYPTO
#define WOLFSSL_ARMASM_NO_NEON
#endif
#if MICROPY_WOLFSSL_PROFILE != MICROPY_WOLFSSL_PROFILE_TINY
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#endif
#define USE_SLOW_SHA
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
#if MICROPY_WOLFSSL_PROFILE != MICROPY_WOLFSSL_PROFILE_TINY
#define HAVE_ECC384
#endif
#define ECC_USER_CURVES
// A key exchange that no quantum computer can undo, see docs/tls.md: X25519MLKEM768, in wolfSSL
// from 5.9 on.
#ifndef MICROPY_WOLFSSL_MLKEM
#define MICROPY_WOLFSSL_MLKEM (0)
#endif
#if MICROPY_WOLFSSL_MLKEM && LIBWOLFSSL_VERSION_HEX >= 0x05009000
#define HAVE_CURVE25519
#define WOLFSSL_HAVE_MLKEM
#define WOLFSSL_NO_ML_KEM_512
#define WOLFSSL_NO_ML_KEM_1024
#define WOLFSSL_PQC_HYBRIDS
#define WOLFSSL_TLS_NO_MLKEM_STANDALONE
#define WOLFSSL_MLKEM_SMALL
#define WOLFSSL_MLKEM_MAKEKEY_SMALL_MEM
#define WOLFSSL_MLKEM_ENCAPSULATE_SMALL_MEM
#define WC_MLKEM_NO_ASM
// The module offers the group only where it fits, see offer_key_shares() in modwolfssl.c.
#define WOLFSSL_KEY_SHARE_DEFAULT_GROUP WOLFSSL_ECC_SECP256R1
#define WOLFSSL_SHA3
#define WOLFSSL_SHA3_SMALL
#define WOLFSSL_SHAKE128
#define WOLFSSL_SHAKE256
#endif
#define WC_RSA_PSS
// TLS has no OAEP.
#define WC_NO_RSA_OAEP

// -- Certificates --------------------------------------------------------------------------------
// The modules verify certificates themselves, in wolfSSL's callback, see wolf_verify.c.
#define WOLFSSL_ALWAYS_VERIFY_CB
#define WOLFSSL_VERIFY_CB_ALL_CERTS
#if MICROPY_WOLFSSL_PROFILE == MICROPY_WOLFSSL_PROFILE_TINY
#define WOLFSSL_NO_PEM
#else
#define WOLFSSL_PEM_TO_DER
#endif
// Large sites have more than wolfSSL's 128.
#define WOLFSSL_MAX_ALT_NAMES 1024
// What the built-in and OpenSSL accept in certificates, and wolfSSL refuses otherwise: a
// basicConstraints that says that it is not a CA, and serial number 0 (in 5.7 and before only
// under the name of a larger project).
#define WOLFSSL_ALLOW_ENCODING_CA_FALSE
#define WOLFSSL_ASN_ALLOW_0_SERIAL
#if LIBWOLFSSL_VERSION_HEX < 0x05008000
#define WOLFSSL_PYTHON
#endif

// -- What a firmware doesn't need ----------------------------------------------------------------
// A curve cache or a fixed-point cache would outlive a soft reset of the interpreter.
// The modules have their own texts for the errors that matter: -15 KB.
#define NO_ERROR_STRINGS
// Keys for programs, see docs/crypto.md: 8 to 10 KB of flash.
#ifndef MICROPY_WOLFCRYPTOLIB_EC
#define MICROPY_WOLFCRYPTOLIB_EC (0)
#endif
// Certificates for programs: read, and, with the second macro, made.
#ifndef MICROPY_WOLFCRYPTOLIB_X509
#define MICROPY_WOLFCRYPTOLIB_X509 (0)
#endif
// Features of the modules, see docs/tls.md.
#if MICROPY_WOLFSSL_PROFILE != MICROPY_WOLFSSL_PROFILE_FULL
#ifndef MICROPY_WOLFSSL_REASONS
#define MICROPY_WOLFSSL_REASONS (0)
#endif
#ifndef MICROPY_WOLFSSL_PINS
#define MICROPY_WOLFSSL_PINS (0)
#endif
#ifndef MICROPY_WOLFSSL_CA_BUNDLE
#define MICROPY_WOLFSSL_CA_BUNDLE (0)
#endif
#endif
// SSLContext.ecdsa_sign_callback; make's MICROPY_PY_SSL_ECDSA_SIGN_ALT=1, as for the built-in.
#ifndef MICROPY_WOLFSSL_ECDSA_SIGN_CALLBACK
#define MICROPY_WOLFSSL_ECDSA_SIGN_CALLBACK (0)
#endif
#if MICROPY_WOLFSSL_ECDSA_SIGN_CALLBACK
#define HAVE_PK_CALLBACKS
#endif
#ifndef MICROPY_WOLFSSL_SESSION_CACHE
#define MICROPY_WOLFSSL_SESSION_CACHE (0)
#endif
#ifndef MICROPY_WOLFSSL_PEER_CHAIN
#define MICROPY_WOLFSSL_PEER_CHAIN (0)
#endif

// NOTE(mpwolf): wolfSSL 5.5 calls snprintf() without its header where NO_FILESYSTEM is set.
#include <stdio.h>

#endif // MPWOLF_BARE_METAL_H
