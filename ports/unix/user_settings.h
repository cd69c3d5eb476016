// wolfSSL settings for MicroPython's unix port: TLS and DTLS, client and server, everything that
// the built-in mbedTLS build can do and TLS 1.3. Only preprocessor lines here: user_settings_asm.h
// includes this file for the assembly sources.
#ifndef MPWOLF_UNIX_USER_SETTINGS_H
#define MPWOLF_UNIX_USER_SETTINGS_H

#include <wolfssl/version.h>

// The C library's malloc, not MicroPython's heap: threads run without a GIL here, and
// m_tracked_calloc() takes no lock before MicroPython 1.26. Memory that the collector doesn't own
// also survives any order of finalisers.
#define XMALLOC_USER
#define MICROPY_WOLFSSL_LIBC_ALLOC
#define HAVE_THREAD_LS
// Threads that check dates at the same time.
#define HAVE_GMTIME_R

// -- Numbers -------------------------------------------------------------------------------------
// SP math turns mp_init() and similar functions into macros, so that they don't clash with
// py/runtime.c, whose mp_init() is MicroPython's own.
#define WOLFSSL_SP_MATH_ALL
#define WOLFSSL_HAVE_SP_RSA
#define WOLFSSL_HAVE_SP_ECC
// Single-precision code for P-256 and RSA-2048, which nearly every peer uses. The rest works with
// the generic code: single-precision code for P-384, RSA-3072 and RSA-4096 would take another 505
// KB, most of it tables, for P-384 in 0.95 ms instead of 2.3 and RSA-4096 in 0.8 instead of 1.0;
// P-521 has a table of 700 KB. A settings file that includes this one can define WOLFSSL_SP_384,
// WOLFSSL_SP_4096 or WOLFSSL_SP_521, and undefine WOLFSSL_SP_NO_3072.
#define WOLFSSL_SP_NO_3072
#define SP_INT_BITS 4096
#define TFM_TIMING_RESISTANT
#define ECC_TIMING_RESISTANT
#define WC_RSA_BLINDING

// -- Speed: assembly where the processor has it, decided at run time -----------------------------
#if defined(__x86_64__) && (!defined(MICROPY_WOLFSSL_ASM) || MICROPY_WOLFSSL_ASM)
#define WOLFSSL_X86_64_BUILD
// SHA-3 is in C (7 % slower, 62 KB less), except with wolfSSL 5.9, whose ML-KEM depends on it.
#if !defined(MICROPY_WOLFSSL_SHA3) || LIBWOLFSSL_VERSION_HEX >= 0x05009000
#define USE_INTEL_SPEEDUP
#endif
#define HAVE_INTEL_AVX1
#define HAVE_INTEL_AVX2
#define WOLFSSL_AESNI
#define WOLFSSL_SP_X86_64
#define WOLFSSL_SP_X86_64_ASM
#define WOLFSSL_SP_ASM
#endif
#if defined(__aarch64__)
// Every AArch64 processor supports this.
#define WOLFSSL_SP_ARM64_ASM
#define WOLFSSL_SP_ASM
#if MICROPY_WOLFSSL_ASM
#define WOLFSSL_ARMASM
#endif
#endif
#define GCM_TABLE_4BIT
#ifdef __SIZEOF_INT128__
#define HAVE___UINT128_T
#endif

// -- Protocols -----------------------------------------------------------------------------------
#define NO_OLD_TLS
#define WOLFSSL_TLS13
#define WOLFSSL_DTLS
// DTLS 1.3 is new in wolfSSL 5.5; in 5.7 a server without memory for its reply retries forever.
#if LIBWOLFSSL_VERSION_HEX >= 0x05009000
#define WOLFSSL_DTLS13
#define WOLFSSL_SEND_HRR_COOKIE
#endif
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
#define HAVE_FALLBACK_SCSV
#define HAVE_ALPN
#define HAVE_MAX_FRAGMENT
// A handshake message may be as long as a hello with every existing extension; wolfSSL allocates
// what is needed.
#define MAX_HANDSHAKE_SZ 0x10200
// CBC records with all the padding that TLS 1.2 allows: wolfSSL's limit for a record is 38 bytes
// and a digest's size above 2^14 (MAX_MSG_EXTRA in internal.h). Takes 0.9 KB per connection;
// wolfSSL 5.5 doesn't support it.
#define WC_HASH_CUSTOM_MAX_DIGEST_SIZE 288
// The RSA key exchange is weak, but the built-in has it and some old peers support nothing else.
#ifndef MICROPY_WOLFSSL_FORWARD_SECRECY
#define WOLFSSL_STATIC_RSA
#endif

// -- Ciphers and hashes --------------------------------------------------------------------------
#define HAVE_AESGCM
#define HAVE_AES_ECB
#define HAVE_AES_CBC
#define WOLFSSL_AES_COUNTER
#define WOLFSSL_AES_DIRECT
#define HAVE_CHACHA
#define HAVE_POLY1305
#define HAVE_ONE_TIME_AUTH
// The drafts' ChaCha20-Poly1305 suites, from before RFC 7905.
#define NO_OLD_POLY1305
#define WOLFSSL_SHA224
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define WOLFSSL_SHA3
// Before 5.8, wolfSSL's declarations of BLAKE2b need the first macro, its functions the second.
#define HAVE_BLAKE2B
#define HAVE_BLAKE2
#define HAVE_BLAKE2S
// wolfcryptolib: docs/crypto.md. Not HAVE_AESCCM, which also brings cipher suites, some with tags
// of 8 bytes: see micropython.mk.
#define MICROPY_WOLFCRYPTOLIB_AESCCM (1)
#define WOLFSSL_CMAC
#define HAVE_AES_KEYWRAP
// Passwords: hashlib's pbkdf2_hmac and scrypt.
#define HAVE_SCRYPT
#define NO_DES3
#define NO_RC4
#define NO_MD4
#define NO_DSA
#define NO_DH

// -- Keys ----------------------------------------------------------------------------------------
#define HAVE_ECC
#define ECC_SHAMIR
#define HAVE_ECC384
#define HAVE_ECC521
#define ECC_USER_CURVES
#define HAVE_CURVE25519
#define HAVE_ED25519
// A key exchange that no quantum computer can undo: X25519MLKEM768, in wolfSSL from 5.9 on.
#ifndef MICROPY_WOLFSSL_MLKEM
#define MICROPY_WOLFSSL_MLKEM (1)
#endif
#if MICROPY_WOLFSSL_MLKEM && LIBWOLFSSL_VERSION_HEX >= 0x05009000
#define WOLFSSL_HAVE_MLKEM
#define WOLFSSL_NO_ML_KEM_512
#define WOLFSSL_NO_ML_KEM_1024
#define WOLFSSL_PQC_HYBRIDS
#define WOLFSSL_TLS_NO_MLKEM_STANDALONE
#define WOLFSSL_SHAKE128
#define WOLFSSL_SHAKE256
// wolfSSL asks for it beside DTLS 1.3; a DTLS client here does not offer the group.
#define WOLFSSL_DTLS_CH_FRAG
// The assembly is 83 KB.
#define WC_MLKEM_NO_ASM
// The module offers the group only where it fits, see offer_key_shares() in modwolfssl.c.
#define WOLFSSL_KEY_SHARE_DEFAULT_GROUP WOLFSSL_ECC_SECP256R1
#endif
#define WC_RSA_PSS
// Salts of any length, as pyca's MAX_LENGTH and AUTO; TLS and certificates fix it.
#define WOLFSSL_PSS_LONG_SALT
#define WOLFSSL_PSS_SALT_LEN_DISCOVER
// Not WOLFSSL_RSA_DECRYPT_TO_0_LEN: what does not decrypt would be an empty message.
// RSA keys made by programs, and checked.
#define WOLFSSL_KEY_GEN
#define WOLFSSL_RSA_KEY_CHECK
// Stapled OCSP responses, SSLContext.ocsp: with wolfSSL from 5.9 on, which hands them over.
#ifndef MICROPY_WOLFSSL_OCSP
#define MICROPY_WOLFSSL_OCSP (1)
#endif
#if MICROPY_WOLFSSL_OCSP && LIBWOLFSSL_VERSION_HEX >= 0x05009000
#define HAVE_OCSP
#define HAVE_CERTIFICATE_STATUS_REQUEST
#endif
#define HAVE_PK_CALLBACKS
#define WOLFSSL_BASE64_ENCODE

// -- Sessions that are resumed -------------------------------------------------------------------
// Programs keep them. wolfSSL's own cache, which would outlive a soft reset of the interpreter,
// stays empty: it can't be left out with tickets, and would otherwise take RAM. A server's ticket
// may have a nonce of any length.
#define HAVE_SESSION_TICKET
#define HAVE_EXT_CACHE
#define MICRO_SESSION_CACHE
#define SESSION_CACHE_DYNAMIC_MEM
#define NO_SESSION_CACHE_REF
#define NO_CLIENT_CACHE
#define WOLFSSL_TICKET_NONCE_MALLOC
#define WOLFSSL_NO_DEF_TICKET_ENC_CB
// The longest ticket that can be offered: that of wolfSSL 5.5 and 5.7. 5.9 has the length of its
// own tickets, some 240 bytes; a server that puts certificates into tickets needs more.
#define MAX_PSK_ID_LEN 1536

// -- Pre-shared keys -----------------------------------------------------------------------------
// Only a context with such keys uses them. Suites without a key exchange have no forward secrecy,
// but the built-in supports nothing else.
#ifndef MICROPY_WOLFSSL_FORWARD_SECRECY
#define WOLFSSL_STATIC_PSK
#endif

// -- Certificates --------------------------------------------------------------------------------
// The modules verify certificates themselves, in wolfSSL's callback, see wolf_verify.c.
#define WOLFSSL_ALWAYS_VERIFY_CB
#define WOLFSSL_VERIFY_CB_ALL_CERTS
#define WOLFSSL_PEM_TO_DER
// What the built-in and OpenSSL accept in certificates, and wolfSSL refuses otherwise: a
// basicConstraints that says that it is not a CA, and serial number 0 (in 5.7 and before only
// under the name of a larger project).
#define WOLFSSL_ALLOW_ENCODING_CA_FALSE
#define WOLFSSL_ASN_ALLOW_0_SERIAL
#if LIBWOLFSSL_VERSION_HEX < 0x05008000
#define WOLFSSL_PYTHON
#endif
#define WOLFSSL_DER_LOAD
#define WOLFSSL_MAX_ALT_NAMES 1024
#define MAX_CHAIN_DEPTH 20
#define EXTERNAL_SERIAL_SIZE 64

// -- What a firmware doesn't need ----------------------------------------------------------------
// A curve cache or a fixed-point cache would outlive a soft reset of the interpreter.
#define NO_WOLFSSL_DIR
#define NO_MAIN_DRIVER
#define WOLFSSL_USER_IO
#define WC_NO_ASYNC_THREADING

// Certificates come through MicroPython's file systems. Seeds come from the kernel without a file
// descriptor where that is possible; elsewhere wolfSSL needs its own file access for /dev/urandom.
#ifdef __linux__
#define WOLFSSL_GETRANDOM
#define NO_FILESYSTEM
#endif

// See acknowledge() in modwolfssl.c.
#if defined(__linux__) && !defined(__ASSEMBLER__)
#include <netinet/in.h>
#include <netinet/tcp.h>
#define MICROPY_WOLFSSL_TCP_QUICKACK TCP_QUICKACK
#endif

// What SSLContext.load_default_certs() trusts: the file that this variable names, else the first
// of these that exists. They are the systems' (Debian, Fedora, openSUSE, Alpine and macOS).
#define MICROPY_WOLFSSL_CA_FILE_VARIABLE "SSL_CERT_FILE"
#define MICROPY_WOLFSSL_CA_FILES \
    "/etc/ssl/certs/ca-certificates.crt", \
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", \
    "/etc/ssl/ca-bundle.pem", \
    "/etc/ssl/cert.pem"

// NOTE(mpwolf): wolfSSL 5.5 calls snprintf(), 5.9 gettimeofday() without their headers where
// NO_FILESYSTEM is set.
#ifndef __ASSEMBLER__
#include <stdio.h>
#include <sys/time.h>
#endif

// For the smallest firmware, NO_ERROR_STRINGS is fine: OSError then has only the number.

#endif // MPWOLF_UNIX_USER_SETTINGS_H
