/*
 * This file is part of the mpwolf project, which puts wolfSSL into MicroPython
 *
 * The MIT License (MIT)
 *
 * Copyright (c) 2026 the mpwolf authors
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy
 * of this software and associated documentation files (the "Software"), to deal
 * in the Software without restriction, including without limitation the rights
 * to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
 * copies of the Software, and to permit persons to whom the Software is
 * furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in
 * all copies or substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
 * IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
 * FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
 * AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
 * LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
 * OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
 * THE SOFTWARE.
 */

#include "wolf_glue.h"
#include "wolf_bundle.h"
#include "wolf_cache.h"
#include "wolf_certdict.h"
#include "wolf_reason.h"
#include "wolf_session.h"
#include "wolf_verify.h"

#include <errno.h> // needed because mp_is_nonblocking_error uses system error codes
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "py/builtin.h"
#include "py/objtype.h"
#include "py/stream.h"
#include "py/unicode.h"

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/version.h>
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>
#include <wolfssl/wolfcrypt/sha256.h>

#define MP_STREAM_POLL_RDWR (MP_STREAM_POLL_RD | MP_STREAM_POLL_WR)

#define ENDPOINT_IS_SERVER (1 << 0)
#define TRANSPORT_IS_DTLS (1 << 1)

#define PROTOCOL_TLS_CLIENT (0)
#define PROTOCOL_TLS_SERVER (ENDPOINT_IS_SERVER)
#define PROTOCOL_DTLS_CLIENT (TRANSPORT_IS_DTLS)
#define PROTOCOL_DTLS_SERVER (ENDPOINT_IS_SERVER | TRANSPORT_IS_DTLS)

#define CERT_NONE (0)
#define CERT_OPTIONAL (1)
#define CERT_REQUIRED (2)

// The release's behaviour, where releases differ.
// To verify by default, in whatever release, is to verify the name too.
#define CERT_REQUIRED_NEEDS_HOSTNAME (WOLF_MP_AT_LEAST(22) || MICROPY_WOLFSSL_SECURE_DEFAULTS)
#define CLIENT_ID_REQUIRED WOLF_MP_AT_LEAST(26)
#if WOLF_MP_AT_LEAST(23)
#define WRAP_SOCKET_ARG (0)
#define WRAP_SOCKET_SOURCE SOURCE_PATH_OR_DATA
#else
#define WRAP_SOCKET_ARG MP_ARG_KW_ONLY
#define WRAP_SOCKET_SOURCE SOURCE_DATA
#endif

// Whether errors of the handshake say why, see wolf_reason.h.
#ifndef MICROPY_WOLFSSL_REASONS
#define MICROPY_WOLFSSL_REASONS (1)
#endif

// SSLContext.keylog_filename and keylog_callback: the secrets of connections, for Wireshark.
#ifdef HAVE_SECRET_CALLBACK
#define KEY_LOG (1)
#else
#define KEY_LOG (0)
#endif

// SSLContext.pins.
#ifndef MICROPY_WOLFSSL_PINS
#define MICROPY_WOLFSSL_PINS (1)
#endif
#define PIN_LEN WC_SHA256_DIGEST_SIZE

// Bundles of trusted certificates, from which only those are read that a chain needs.
#ifndef MICROPY_WOLFSSL_CA_BUNDLE
#define MICROPY_WOLFSSL_CA_BUNDLE (1)
#endif

// SSLContext.session_cache_size, for clients that know no tickets.
#ifndef MICROPY_WOLFSSL_SESSION_CACHE
#define MICROPY_WOLFSSL_SESSION_CACHE (1)
#endif

// SSLSocket.getpeercert() and the chains: the peer's whole chain is kept.
#ifndef MICROPY_WOLFSSL_PEER_CHAIN
#define MICROPY_WOLFSSL_PEER_CHAIN (1)
#endif

// SSLContext.ocsp: stapled OCSP responses. wolfSSL can't verify them, as it has no trusted
// certificates, and hands them over only from 5.9 on, and only with this in the settings. The
// issuer is in the verified path.
#if defined(HAVE_CERTIFICATE_STATUS_REQUEST) && MICROPY_WOLFSSL_PEER_CHAIN \
    && !defined(NO_WOLFSSL_SERVER) && !defined(WOLFSSL_NO_TLS12) \
    && LIBWOLFSSL_VERSION_HEX >= 0x05009000
#define OCSP_STAPLING (1)
#else
#define OCSP_STAPLING (0)
#endif

#define OCSP_OFF (0)
#define OCSP_STAPLED (1) // ask for a response, and refuse a bad one
#define OCSP_REQUIRED (2) // refuse a server that has none, too

// One record's worth of data: what a write hands to wolfSSL at a time, so that a non-blocking
// stream sees short writes.
#define MAX_WRITE (16384)

#if defined(HAVE_PK_CALLBACKS) && defined(HAVE_ECC)
#define ECDSA_SIGN_CALLBACK (1)
#else
#define ECDSA_SIGN_CALLBACK (0)
#endif

// What the settings can leave out.
#ifdef NO_WOLFSSL_SERVER
#define HAS_SERVER (0)
#else
#define HAS_SERVER (1)
#endif
#ifdef WOLFSSL_NO_CLIENT_AUTH
#define HAS_CLIENT_CERTS (0)
#else
#define HAS_CLIENT_CERTS (1)
#endif
#ifdef WOLFSSL_NO_TLS12
#define TLS_MIN_VERSION WOLFSSL_TLSV1_3
#else
#define TLS_MIN_VERSION WOLFSSL_TLSV1_2
#endif

#ifdef NO_PSK
#define PRE_SHARED_KEYS (0)
#define PSK_TLS13 (0)
#else
#define PRE_SHARED_KEYS (1)
// What RFC 4279 requires every implementation to support, in bytes; wolfSSL supports no more.
#define PSK_MAX_IDENTITY (128)
#define PSK_MAX_KEY (64)
// wolfSSL 5.5 can't insist on forward secrecy.
#if defined(WOLFSSL_TLS13) && defined(HAVE_SUPPORTED_CURVES) \
    && LIBWOLFSSL_VERSION_HEX >= 0x05007000
#define PSK_TLS13 (1)
#else
#define PSK_TLS13 (0)
#endif
// The only cipher suite of TLS 1.3 that wolfSSL takes with a key that has none of its own.
#define PSK_TLS13_CIPHER "TLS13-AES128-GCM-SHA256"
#endif

#if defined(WOLFSSL_HAVE_MLKEM) && defined(WOLFSSL_PQC_HYBRIDS) && defined(HAVE_CURVE25519) \
    && defined(WOLFSSL_TLS13) && defined(HAVE_SUPPORTED_CURVES)
#define POST_QUANTUM (1)
#else
#define POST_QUANTUM (0)
#endif

#if !defined(WOLFSSL_ALWAYS_VERIFY_CB) || !defined(WOLFSSL_VERIFY_CB_ALL_CERTS)
#error "define WOLFSSL_ALWAYS_VERIFY_CB and WOLFSSL_VERIFY_CB_ALL_CERTS for the verify callback"
#endif

#define PEM_BEGIN "-----BEGIN "
#define PEM_BEGIN_CERT "-----BEGIN CERTIFICATE-----"
#define PEM_END_CERT "-----END CERTIFICATE-----"

// Whether two threads can be in the same context at once: wolfSSL makes its list of cipher suites
// for the first session.
#define CONTEXT_HAS_LOCK (MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL)

// Whether two threads can be in the same socket at once, one that reads and one that writes.
#define SOCKET_HAS_LOCKS MICROPY_PY_THREAD

// Whether wolfSSL speaks a version of DTLS that it can only leave out when it makes a context.
#ifdef WOLFSSL_DTLS13
#define DTLS_HAS_TWO_VERSIONS (1)
#else
#define DTLS_HAS_TWO_VERSIONS (0)
#endif

// From MicroPython 1.26 on, a DTLS server's first reply to a client, which asks it to prove its
// address, ends the attempt with WOLF_HELLO_VERIFY_REQUIRED: programs wait for that.
#define DTLS_ENDS_AT_HELLO_VERIFY WOLF_MP_AT_LEAST(26)

#define COOKIE_SECRET_LEN (32)

// In a directory.
#define CA_BUNDLE_NAME "/ca.bundle"

#ifdef HAVE_ALPN
// The extension's length is one of 16 bits, and a hello has other extensions too.
#define MAX_ALPN_LIST (16384)
#endif

#ifdef HAVE_SESSION_TICKET
// How long sessions last, in seconds, unless the server says otherwise.
#define SESSION_LIFETIME (24 * 3600)
#endif

// Whether servers issue tickets.
#if defined(HAVE_SESSION_TICKET) && HAS_SERVER && defined(HAVE_AESGCM)
#define HAS_TICKETS (1)
#else
#define HAS_TICKETS (0)
#endif

// Whether they can keep sessions of TLS 1.2 for clients that know no tickets.
#if HAS_TICKETS && !defined(WOLFSSL_NO_TLS12) && MICROPY_WOLFSSL_SESSION_CACHE
#define HAS_SESSION_CACHE (1)
#define MAX_SESSION_CACHE (4096) // each lookup compares all ids
#else
#define HAS_SESSION_CACHE (0)
#endif

// Only wolfSSL's internal headers define it.
#ifndef DTLS1_3_VERSION
#define DTLS1_3_VERSION (0xfefc)
#endif

// CPython's ssl.TLSVersion.
#define TLS_VERSION_MINIMUM_SUPPORTED (-2)
#define TLS_VERSION_MAXIMUM_SUPPORTED (-1)
#define TLS_VERSION_1_2 (0x0303)
#define TLS_VERSION_1_3 (0x0304)
#if defined(WOLFSSL_TLS13) && !defined(WOLFSSL_NO_TLS12)
#define TLS_HAS_TWO_VERSIONS (1)
#else
#define TLS_HAS_TWO_VERSIONS (0)
#endif

// The most certificates that a peer may send, including useless ones. wolfSSL's own limit is 9
// unless the settings say otherwise.
#define MAX_CHAIN (20)

// RFC 1035: the longest name of a host.
#define MAX_HOSTNAME (255)

// Where a key or certificate may come from.
typedef enum {
    SOURCE_DATA, // a str is data as well
    SOURCE_PATH_OR_DATA, // a str is the path of a file
} source_t;

// Bytes in wolfSSL's memory, or NULL.
typedef struct _blob_t {
    byte *data;
    size_t len;
} blob_t;

#if HAS_TICKETS
// RFC 5077, section 5.5: a key makes tickets for half a day, and is known for a day. So each
// ticket is good for half a day at least.
#define TICKET_KEY_ISSUES_MS ((mp_uint_t)12 * 3600 * 1000)
#define TICKET_KEY_LASTS_MS ((mp_uint_t)24 * 3600 * 1000)
#define TICKET_KEY_LEN (32)
#define TICKET_IV_LEN (12) // of the 16 bytes that wolfSSL has room for
#define TICKET_TAG_LEN (16) // of the 32
typedef struct _ticket_key_t {
    byte name[WOLFSSL_TICKET_NAME_SZ];
    byte key[TICKET_KEY_LEN];
    mp_uint_t made_ms;
    bool is_set;
} ticket_key_t;
#endif

// What a socket takes from its context when it is made: later changes of the context affect only
// later sockets.
typedef struct _settings_t {
    // tuple of what is trusted: certificates in DER, and bundles, see ca_bundle_load(); replaced,
    // never modified
    mp_obj_t anchors;
    mp_obj_t ciphers; // str, a list of wolfSSL's names, or MP_OBJ_NULL
    mp_obj_t verify_callback;
    #if KEY_LOG
    mp_obj_t keylog_filename; // a str, or mp_const_none
    mp_obj_t keylog_callback;
    #endif
    #if MICROPY_WOLFSSL_PINS
    mp_obj_t pins; // tuple of SHA-256 digests, or mp_const_none
    #endif
    #if ECDSA_SIGN_CALLBACK
    mp_obj_t ecdsa_sign_callback;
    #endif
    #if PRE_SHARED_KEYS
    mp_obj_t psk_identity; // of a client, with psk_key
    mp_obj_t psk_key;
    mp_obj_t server_psk_keys; // of a server: its get() has the keys
    mp_obj_t psk_callback; // of a client or server, instead of these
    mp_obj_t psk_hint; // of a server: str, or mp_const_none
    bool psk_only; // pre-shared keys were set up: no other cipher suite is used
    #endif
    #ifdef HAVE_ALPN
    mp_obj_t alpn; // str, the protocols with commas between them, or MP_OBJ_NULL
    #endif
    #ifdef HAVE_SESSION_TICKET
    mp_obj_t own_cert; // bytes, SHA-256 of a client's certificates, or MP_OBJ_NULL
    #endif
    #ifdef HAVE_MAX_FRAGMENT
    uint16_t max_fragment; // the most bytes in a record, or 0
    #endif
    uint8_t protocol;
    uint8_t authmode;
    #if OCSP_STAPLING
    uint8_t ocsp; // OCSP_…
    #endif
    #if TLS_HAS_TWO_VERSIONS
    bool no_tls12; // by minimum_version
    bool no_tls13; // by maximum_version
    #endif
    bool tls12_only; // set_ciphers named no cipher suite of TLS 1.3
    bool suppress_ragged_eofs;
} settings_t;

// This corresponds to an SSLContext object.
typedef struct _mp_obj_ssl_context_t {
    mp_obj_base_t base;
    WOLFSSL_CTX *ctx; // NULL once freed
    settings_t settings;
    bool has_key;
    bool key_fits; // the certificate
    #ifdef HAVE_SESSION_TICKET
    mp_obj_t session; // an SSLSession for a later socket, or mp_const_none
    #endif
    #if HAS_TICKETS
    ticket_key_t *ticket_keys; // of a server: the present one and the one before, or NULL
    #endif
    #if HAS_SESSION_CACHE
    wolf_cache_t *cache; // of a server, or NULL; taken while it is used
    uint16_t cache_size; // sessions
    bool cache_replaced; // while it was taken
    bool cache_cleared; // while it was taken
    #endif
    #if DTLS_HAS_TWO_VERSIONS
    blob_t key; // of a DTLS context, to re-create it
    blob_t cert;
    #endif
    #ifdef WOLFSSL_DTLS
    bool has_cookie_secret;
    byte cookie_secret[COOKIE_SECRET_LEN]; // of a DTLS server
    #endif
    #if CONTEXT_HAS_LOCK
    mp_thread_mutex_t lock; // of ctx
    #endif
} mp_obj_ssl_context_t;

#if MICROPY_WOLFSSL_CA_BUNDLE
// An open bundle of trusted certificates, see wolf_bundle.h.
typedef struct _ca_file_t {
    mp_obj_t stream; // a file, or MP_OBJ_NULL
    mp_buffer_info_t data; // all of its bytes, if they are in memory
    wolf_bundle_t bundle;
    mp_obj_t exception; // raised by the stream, or MP_OBJ_NULL
} ca_file_t;
#endif

// The result of an operation on a socket. An error is raised after the operation has left the
// socket.
typedef struct _outcome_t {
    mp_uint_t ret; // if there is neither an error nor an exception
    int err; // WANT_READ, WANT_WRITE, another of wolfSSL's negative numbers, or a positive errno
    int stream_error; // errno of the stream
    mp_obj_t exception; // raised by Python code below wolfSSL: the stream, or a callback
} outcome_t;

// This corresponds to an SSLSocket object.
typedef struct _mp_obj_ssl_socket_t {
    mp_obj_base_t base;
    settings_t settings;
    mp_obj_t sock; // MP_OBJ_NULL once closed
    mp_obj_t hostname; // a str, or mp_const_none
    WOLFSSL *ssl; // NULL once closed, after an error, and in a server that has no key
    outcome_t *outcome; // of the operation that is in wolfSSL
    uintptr_t poll_mask; // which read or write operations the protocol needs next
    int last_error; // sticky: errno, or wolfSSL's negative number
    mp_obj_t error_text; // which certificate was refused, and why, or MP_OBJ_NULL
    mp_obj_t late_exception; // raised after data that had to be delivered first, or MP_OBJ_NULL
    int cert_error; // why the peer's certificate is refused
    blob_t peer_cert; // in DER; with MICROPY_WOLFSSL_PEER_CHAIN a part of peer_chain
    #if MICROPY_WOLFSSL_PINS
    bool pinned; // one of the pins was found
    #endif
    #if OCSP_STAPLING
    bool is_good; // an OCSP response says so
    #endif
    #if MICROPY_WOLFSSL_PEER_CHAIN
    blob_t peer_chain; // all certificates of the peer, one after the other
    // the verified path: in peer_chain, in settings.anchors, or root
    wolf_span_t path[WOLF_MAX_PATH];
    size_t path_len; // 0 if it wasn't verified
    #endif
    #if MICROPY_WOLFSSL_CA_BUNDLE
    blob_t root; // the last certificate that was read from a bundle in a file
    blob_t noted_root; // one before, with which a path that was not accepted ends
    #endif
    int64_t cert_limit; // until when the certificates are valid, once they are accepted
    #ifdef HAVE_SESSION_TICKET
    wolf_session_t session; // what is known about the session, once connected
    bool session_offered; // to the server, to resume it
    #endif
    #if HAS_TICKETS
    mp_obj_ssl_context_t *context; // of a server: its keys
    #endif
    mp_uint_t timer_start_ms; // DTLS: since when the handshake waits for the peer
    mp_uint_t taken; // bytes that the current call of a read method already has
    bool timer_running;
    bool connected; // the handshake is done
    bool confirmed; // the peer has sent data since
    bool eof; // nothing more comes from the peer
    bool peer_closed; // the stream below ended
    bool nonblocking; // the stream below has reported that it would block
    bool timed_out; // or that it timed out
    bool in_blocked; // the stream had nothing to read
    bool out_blocked; // the stream took less than there was to write
    bool closing; // closed: the last operation in progress frees the session
    bool ended; // the session is lost: likewise
    bool alerted; // a fatal alert was sent
    #if PRE_SHARED_KEYS
    bool psk_refused; // server: there is no key for the client's identity
    #endif
    bool hello_verify; // DTLS server: the client was asked to prove its address
    #if MICROPY_WOLFSSL_REASONS
    bool saw_answer; // client: the peer has sent something, and
    bool is_answer; // that was no alert
    bool saw_hello; // server: the client's first record is complete
    bool has_offer; // and offer is what it says
    wolf_hello_t offer;
    byte *hello; // that record until then
    size_t hello_len;
    #endif
    // what the stream hasn't taken yet: records, or datagrams with their length in front
    byte *out;
    size_t out_len;
    #if HAS_TICKETS
    bool only_ticket; // a server's ticket of TLS 1.3 is all that is there
    #endif
    size_t users; // operations in progress
    #if SOCKET_HAS_LOCKS
    mp_thread_mutex_t lock; // of everything here; released while the stream reads or writes
    mp_thread_mutex_t read_lock; // one operation at a time that reads
    mp_thread_mutex_t write_lock; // and one that writes
    void *volatile owner; // the threads that have them
    void *volatile reader;
    void *volatile writer;
    #endif
} mp_obj_ssl_socket_t;

static const mp_obj_type_t ssl_context_type;
static const mp_obj_type_t ssl_socket_type;
#ifdef HAVE_SESSION_TICKET
static const mp_obj_type_t ssl_session_type;
#endif

// What wolfSSL passes to callbacks is not exactly the address of the socket: where wolfSSL's
// memory comes from MicroPython's heap, the address would keep the socket from ever being
// collected.
#define SOCKET_TO_USER(o) ((void *)((byte *)(o) + 1))
#define SOCKET_FROM_USER(user) ((mp_obj_ssl_socket_t *)((byte *)(user) - 1))

#if MICROPY_WOLFSSL_REASONS
// The oldest and the newest version that the settings have.
static const char *const tls_versions[2] = {
    #ifdef WOLFSSL_NO_TLS12
    "TLSv1.3", "TLSv1.3",
    #elif defined(WOLFSSL_TLS13)
    "TLSv1.2", "TLSv1.3",
    #else
    "TLSv1.2", "TLSv1.2",
    #endif
};
static const char *const dtls_versions[2] = {
    "DTLSv1.2", DTLS_HAS_TWO_VERSIONS ? "DTLSv1.3" : "DTLSv1.2",
};
#ifdef NO_ERROR_STRINGS
#define CIPHER_NAME(suite0, suite) wolfSSL_get_cipher_name_from_suite((suite0), (suite))
#else
#define CIPHER_NAME(suite0, suite) wolfSSL_get_cipher_name_iana_from_suite((suite0), (suite))
#endif
#endif

static const MP_DEFINE_STR_OBJ(wolfssl_version_obj, "wolfSSL " LIBWOLFSSL_VERSION_STRING);

/******************************************************************************/
// Helper functions.

// Raise the ValueError that says what is wrong with a key or certificate, unless memory ran out.
static MP_NORETURN void raise_invalid(mp_rom_error_text_t text) {
    if (wolf_alloc_failed()) {
        wolf_raise_error(MEMORY_E);
    }
    mp_raise_ValueError(text);
}

#if !MICROPY_WOLFSSL_PEER_CHAIN || DTLS_HAS_TWO_VERSIONS
static bool blob_set(blob_t *blob, const void *data, size_t len) {
    blob->data = XMALLOC(len > 0 ? len : 1, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    if (blob->data == NULL) {
        return false;
    }
    memcpy(blob->data, data, len);
    blob->len = len;
    return true;
}
#endif

static void blob_free(blob_t *blob) {
    if (blob->data != NULL) {
        wolf_wipe(blob->data, blob->len);
        XFREE(blob->data, NULL, DYNAMIC_TYPE_TMP_BUFFER);
        blob->data = NULL;
    }
}

// Whether an object is a file or another stream that is not implemented in Python.
static bool is_native_stream(mp_obj_t obj) {
    const mp_obj_type_t *type = mp_obj_get_type(obj);
    return !mp_obj_is_instance_type(type) && wolf_type_has_protocol(type);
}

// file.close(), for whatever a file system returned
static void close_file(mp_obj_t file) {
    if (wolf_type_has_protocol(mp_obj_get_type(file))) {
        mp_get_stream_raise(file, MP_STREAM_OP_IOCTL);
        mp_stream_close(file);
        return;
    }
    mp_obj_t dest[2];
    mp_load_method_maybe(file, MP_QSTR_close, dest);
    if (dest[0] != MP_OBJ_NULL) {
        mp_call_method_n_kw(0, 0, dest);
    }
}

// open(path, "rb")
static mp_obj_t open_file(mp_obj_t path) {
    mp_obj_t args[2] = { path, MP_OBJ_NEW_QSTR(MP_QSTR_rb) };
    return mp_call_function_n_kw(MP_OBJ_FROM_PTR(&mp_builtin_open_obj), 2, 0, args);
}

// file = open(path, "rb"); data = file.read(); file.close()
static mp_obj_t read_file(mp_obj_t path, bool *is_ours) {
    mp_obj_t file = open_file(path);
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        close_file(file);
        nlr_jump(nlr.ret_val);
    }
    mp_obj_t dest[2];
    mp_load_method(file, MP_QSTR_read, dest);
    mp_obj_t data = mp_call_method_n_kw(0, 0, dest);
    nlr_pop();
    close_file(file);
    // What a stream in C reads is new; Python code may keep what it returns, or return a constant.
    *is_ours = is_native_stream(file) && mp_obj_is_exact_type(data, &mp_type_bytes);
    return data;
}

// The object that has the bytes of a key or certificate: obj itself, or the contents of the file.
// *is_ours says whether nothing else refers to that object.
static mp_obj_t get_source(mp_obj_t obj, source_t source, bool *is_ours) {
    *is_ours = false;
    if (source == SOURCE_PATH_OR_DATA && mp_obj_is_str(obj)) {
        return read_file(obj, is_ours);
    }
    return obj;
}

// The first occurrence of text in data, or NULL. data need not end with a NUL.
static const byte *find(const byte *data, size_t len, const char *text) {
    size_t text_len = strlen(text);
    for (; len >= text_len; ++data, --len) {
        if (memcmp(data, text, text_len) == 0) {
            return data;
        }
    }
    return NULL;
}

static bool is_pem(const mp_buffer_info_t *bufinfo) {
    return find(bufinfo->buf, bufinfo->len, PEM_BEGIN) != NULL;
}

// The bytes in an object. They stay where they are until Python code runs again.
static void get_data(mp_obj_t obj, mp_buffer_info_t *bufinfo) {
    if (!mp_get_buffer(obj, bufinfo, MP_BUFFER_READ)) {
        // Raises the TypeError that the built-in raises.
        size_t len;
        bufinfo->buf = (void *)mp_obj_str_get_data(obj, &len);
        bufinfo->len = len;
    }
    if (bufinfo->len > LONG_MAX / 2 || bufinfo->len > INT_MAX) {
        mp_raise_OSError(MP_ENOMEM);
    }
    #ifndef WOLFSSL_PEM_TO_DER
    if (is_pem(bufinfo)) {
        mp_raise_ValueError(MP_ERROR_TEXT("no PEM in this firmware"));
    }
    #endif
}

static int format_of(const mp_buffer_info_t *bufinfo) {
    return is_pem(bufinfo) ? WOLFSSL_FILETYPE_PEM : WOLFSSL_FILETYPE_ASN1;
}

static bool is_client(const settings_t *settings) {
    return !(settings->protocol & ENDPOINT_IS_SERVER);
}

static bool is_dtls(const settings_t *settings) {
    return settings->protocol & TRANSPORT_IS_DTLS;
}

// Whether Python code makes signatures, with a key that may be only a reference to one.
static bool ssl_context_has_sign_callback(const settings_t *settings) {
    #if ECDSA_SIGN_CALLBACK
    return settings->ecdsa_sign_callback != mp_const_none;
    #else
    (void)settings;
    return false;
    #endif
}

static bool is_want(int err) {
    return err == WANT_READ || err == WANT_WRITE;
}

#if MICROPY_WOLFSSL_CA_BUNDLE

/******************************************************************************/
// Bundles of trusted certificates.

// stream.seek(offset, whence), which returns the position, or raises an exception
static size_t stream_seek(mp_obj_t stream, size_t offset, int whence) {
    struct mp_stream_seek_t seek = { .offset = offset, .whence = whence };
    int err = 0;
    const mp_stream_p_t *p = mp_get_stream_raise(stream, MP_STREAM_OP_IOCTL);
    if (p->ioctl(stream, MP_STREAM_SEEK, (uintptr_t)&seek, &err) == MP_STREAM_ERROR) {
        mp_raise_OSError(err);
    }
    return seek.offset;
}

static bool ca_file_read(void *arg, size_t offset, uint8_t *buf, size_t len) {
    ca_file_t *f = arg;
    if (f->data.buf != NULL) {
        if (offset > f->data.len || len > f->data.len - offset) {
            return false;
        }
        memcpy(buf, (const byte *)f->data.buf + offset, len);
        return true;
    }
    bool no_memory = wolf_alloc_failed();
    bool ok = false;
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        int err = 0;
        (void)stream_seek(f->stream, offset, MP_SEEK_SET);
        ok = mp_stream_rw(f->stream, buf, len, &err, MP_STREAM_RW_READ) == len;
        if (err != 0) {
            mp_raise_OSError(err);
        }
        nlr_pop();
    } else {
        f->exception = MP_OBJ_FROM_PTR(nlr.ret_val);
        ok = false;
    }
    wolf_alloc_restore(no_memory);
    return ok;
}

static void ca_file_close(ca_file_t *f) {
    if (f->stream == MP_OBJ_NULL) {
        return;
    }
    bool no_memory = wolf_alloc_failed();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        close_file(f->stream);
        nlr_pop();
    } else if (f->exception == MP_OBJ_NULL) {
        f->exception = MP_OBJ_FROM_PTR(nlr.ret_val);
    }
    f->stream = MP_OBJ_NULL;
    wolf_alloc_restore(no_memory);
}

// Open a file: what is in ROM has a buffer, from others parts are read.
static void open_ca_stream(ca_file_t *f, mp_obj_t path) {
    f->stream = open_file(path);
    if (mp_get_buffer(f->stream, &f->data, MP_BUFFER_READ)) {
        return;
    }
    if (!is_native_stream(f->stream)) {
        mp_raise_OSError(MP_EINVAL);
    }
    f->bundle.len = stream_seek(f->stream, 0, MP_SEEK_END);
}

// Open a bundle: the path of a file, or an object with a buffer. Returns false if that raised an
// exception.
static bool ca_file_open(ca_file_t *f, mp_obj_t source, bool is_path) {
    memset(f, 0, sizeof(*f));
    f->bundle.read = ca_file_read;
    f->bundle.arg = f;
    bool no_memory = wolf_alloc_failed();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        if (is_path) {
            open_ca_stream(f, source);
        } else {
            mp_get_buffer_raise(source, &f->data, MP_BUFFER_READ);
        }
        nlr_pop();
    } else {
        f->exception = MP_OBJ_FROM_PTR(nlr.ret_val);
        ca_file_close(f);
    }
    wolf_alloc_restore(no_memory);
    if (f->data.buf != NULL) {
        f->bundle.len = f->data.len;
    }
    return f->exception == MP_OBJ_NULL;
}

// Open a bundle that was loaded before. Returns 0 or one of wolfSSL's numbers.
static int ca_bundle_open(ca_file_t *f, mp_obj_t bundle) {
    mp_obj_t *items;
    mp_obj_get_array_fixed_n(bundle, 2, &items);
    if (!ca_file_open(f, items[0], mp_obj_is_str(items[0]))) {
        return ASN_PARSE_E;
    }
    int ret = wolf_bundle_open(&f->bundle);
    size_t len;
    if (ret == 0 && memcmp(mp_obj_str_get_data(items[1], &len), f->bundle.digest,
        sizeof(f->bundle.digest)) != 0) {
        ret = ASN_PARSE_E; // replaced meanwhile
    }
    return ret;
}

// The bundle in a file or an object, or MP_OBJ_NULL if that is none: a tuple of its path, or of an
// object with all of its bytes, which can't change, and of the digest. Raises an exception if it
// is damaged.
static mp_obj_t ca_bundle_load(mp_obj_t source, bool is_path) {
    ca_file_t f;
    if (!ca_file_open(&f, source, is_path)) {
        if (mp_obj_exception_match(f.exception, MP_OBJ_FROM_PTR(is_path ? &mp_type_OSError
            : &mp_type_TypeError))) {
            return MP_OBJ_NULL; // it may still be read as a whole
        }
        nlr_raise(f.exception);
    }
    if (f.data.buf != NULL && is_path) {
        source = f.stream;
        is_path = false;
    }
    byte magic[WOLF_BUNDLE_MAGIC_LEN];
    bool is_bundle = f.bundle.len >= sizeof(magic) && ca_file_read(&f, 0, magic, sizeof(magic))
        && memcmp(magic, WOLF_BUNDLE_MAGIC, sizeof(magic)) == 0;
    int ret = is_bundle ? wolf_bundle_open(&f.bundle) : 0;
    if (!is_bundle || is_path || ret != 0) {
        ca_file_close(&f);
    }
    if (f.exception != MP_OBJ_NULL) {
        nlr_raise(f.exception);
    }
    if (!is_bundle) {
        return MP_OBJ_NULL;
    }
    if (ret != 0) {
        raise_invalid(MP_ERROR_TEXT("invalid CA bundle"));
    }
    mp_buffer_info_t writable;
    if (!is_path && mp_get_buffer(source, &writable, MP_BUFFER_RW)) {
        source = mp_obj_new_bytes(writable.buf, writable.len);
    }
    mp_obj_t items[2] = {
        source, mp_obj_new_bytes(f.bundle.digest, sizeof(f.bundle.digest))
    };
    return mp_obj_new_tuple(2, items);
}

#endif // MICROPY_WOLFSSL_CA_BUNDLE

/******************************************************************************/
// Cipher suites. mbedTLS's names are the IANA names with dashes, those of TLS 1.3 with a prefix of
// their own.

#if defined(NO_ERROR_STRINGS)

// wolfSSL then has no IANA names, and its own are like OpenSSL's: make the IANA name of a suite
// with AES or ChaCha20, and keep wolfSSL's name of any other.
static void add_iana_name(vstr_t *vstr, byte suite0, byte suite) {
    const char *own = wolfSSL_get_cipher_name_from_suite(suite0, suite);
    if (own == NULL) {
        return;
    }
    const char *cipher = strstr(own, "AES");
    if (cipher == NULL) {
        cipher = strstr(own, "CHACHA20");
    }
    if (cipher == NULL) {
        vstr_add_str(vstr, own);
        return;
    }
    vstr_add_str(vstr, "TLS-");
    if (strncmp(own, "TLS13-", 6) != 0) {
        if (cipher == own) {
            vstr_add_str(vstr, "RSA-");
        }
        vstr_add_strn(vstr, own, cipher - own);
        vstr_add_str(vstr, "WITH-");
    }
    if (strncmp(cipher, "AES", 3) == 0 && strlen(cipher) > 6) {
        vstr_add_str(vstr, "AES-");
        vstr_add_strn(vstr, cipher + 3, 3);
        cipher += 6;
        if (strncmp(cipher, "-SHA", 4) == 0) {
            vstr_add_str(vstr, "-CBC");
        }
    }
    vstr_add_str(vstr, cipher);
    if (strcmp(cipher, "CHACHA20-POLY1305") == 0) {
        vstr_add_str(vstr, "-SHA256");
    }
}

#else

static void add_iana_name(vstr_t *vstr, byte suite0, byte suite) {
    const char *iana = wolfSSL_get_cipher_name_iana_from_suite(suite0, suite);
    if (iana != NULL) {
        vstr_add_str(vstr, iana);
    }
}

#endif

static mp_obj_t cipher_name(byte suite0, byte suite) {
    vstr_t vstr;
    vstr_init(&vstr, 48);
    add_iana_name(&vstr, suite0, suite);
    if (suite0 == 0x13 && vstr.len > 4 && memcmp(vstr.buf, "TLS", 3) == 0) {
        vstr_add_len(&vstr, 3);
        memmove(vstr.buf + 6, vstr.buf + 3, vstr.len - 6);
        memcpy(vstr.buf + 3, "1_3", 3);
    }
    for (size_t i = 0; i < vstr.len; ++i) {
        if (vstr.buf[i] == '_') {
            vstr.buf[i] = '-';
        }
    }
    mp_obj_t name = vstr.len == 0 ? mp_const_none : mp_obj_new_str(vstr.buf, vstr.len);
    vstr_clear(&vstr);
    return name;
}

// Whether a character of a name is that of another, where dashes and underscores are one.
static bool is_same_char(char a, char b) {
    return a == b || ((a == '-' || a == '_') && (b == '-' || b == '_'));
}

// Whether name is iana, with dashes or underscores, or mbedTLS's name of a suite of TLS 1.3.
static bool is_iana_name(const char *name, const vstr_t *iana, bool tls13) {
    size_t i = 0;
    if (tls13 && strncmp(name, "TLS1-3-", 7) == 0 && iana->len > 4) {
        name += 7;
        i = 4;
    }
    while (i < iana->len && *name != '\0' && is_same_char(*name, iana->buf[i])) {
        ++name;
        ++i;
    }
    return *name == '\0' && i == iana->len;
}

// wolfSSL's own name of a cipher suite that is given in any spelling, or NULL. wolfSSL's names are
// OpenSSL's, if OpenSSL has one.
static const char *find_cipher(const char *name) {
    const char *own;
    vstr_t iana;
    vstr_init(&iana, 48);
    for (int i = 0; (own = wolfSSL_get_cipher_list(i)) != NULL; ++i) {
        if (strcmp(name, own) == 0) {
            break;
        }
        byte suite0, suite;
        int flags;
        if (wolfSSL_get_cipher_suite_from_name(own, &suite0, &suite, &flags) != 0) {
            continue;
        }
        vstr_reset(&iana);
        add_iana_name(&iana, suite0, suite);
        if (is_iana_name(name, &iana, suite0 == 0x13)) {
            break;
        }
    }
    vstr_clear(&iana);
    return own;
}

/******************************************************************************/
// Operations on a socket. Python code runs below them: streams and callbacks, which may do
// anything. On the same thread they can't begin another operation on the same socket; another
// thread waits until it can.

#if SOCKET_HAS_LOCKS

static void lock(mp_thread_mutex_t *mutex) {
    if (mp_thread_mutex_lock(mutex, 0) != 1) {
        MP_THREAD_GIL_EXIT();
        mp_thread_mutex_lock(mutex, 1);
        MP_THREAD_GIL_ENTER();
    }
}

static void lock_socket(mp_obj_ssl_socket_t *o) {
    lock(&o->lock);
    o->owner = mp_thread_get_state();
}

static void unlock_socket(mp_obj_ssl_socket_t *o) {
    o->owner = NULL;
    mp_thread_mutex_unlock(&o->lock);
}

#else

#define lock_socket(o) (void)(o)
#define unlock_socket(o) (void)(o)

#endif

// What an operation needs besides the socket itself.
#define USE_READ (1)
#define USE_WRITE (2)

static void free_peer(mp_obj_ssl_socket_t *o) {
    #if MICROPY_WOLFSSL_CA_BUNDLE
    blob_free(&o->root);
    blob_free(&o->noted_root);
    #endif
    #if MICROPY_WOLFSSL_PEER_CHAIN
    o->path_len = 0;
    o->peer_cert.data = NULL;
    blob_free(&o->peer_chain);
    #else
    blob_free(&o->peer_cert);
    #endif
}

static void ssl_socket_free(mp_obj_ssl_socket_t *o) {
    if (o->ssl != NULL) {
        wolfSSL_free(o->ssl);
        o->ssl = NULL;
    }
    free_peer(o);
    #if MICROPY_WOLFSSL_REASONS
    XFREE(o->hello, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    o->hello = NULL;
    #endif
    XFREE(o->out, NULL, DYNAMIC_TYPE_OUT_BUFFER);
    o->out = NULL;
    o->out_len = 0;
}

// The stack that a handshake needs, and that everything after it needs, beyond what MicroPython
// reserves for C code: 256 bytes on rp2. Measured on x86-64: a thread with 36,000 bytes can make
// one, and one with 32,000 can't. Bare metal has WOLFSSL_SMALL_STACK. On a Cortex-M0 a handshake
// takes up to 2,280 bytes from check_stack() on, 2,620 with link-time optimization (most with a
// client's certificate or P-384), and a read 1,430; that includes streams written in Python. A CA
// bundle in memory takes 64 bytes more (on a Cortex-M4).
#ifdef WOLFSSL_SMALL_STACK
#define HANDSHAKE_STACK (2560)
#define SESSION_STACK (1280)
#else
#define HANDSHAKE_STACK (24576)
#define SESSION_STACK (0)
#endif

// Sockets can be wrapped in one another, and used at the end of a deep recursion.
static void check_stack(size_t need) {
    #if MICROPY_STACK_CHECK
    if (wolf_stack_usage() + need > MP_STATE_THREAD(stack_limit)) {
        mp_raise_recursion_depth();
    }
    #else
    (void)need;
    #endif
}

// Begin an operation. Returns false if Python code below another one asks for it.
static bool enter(mp_obj_ssl_socket_t *o, int use) {
    #if SOCKET_HAS_LOCKS
    void *me = mp_thread_get_state();
    if (o->owner == me || o->reader == me || o->writer == me) {
        return false;
    }
    if (use & USE_READ) {
        lock(&o->read_lock);
        o->reader = me;
    }
    if (use & USE_WRITE) {
        lock(&o->write_lock);
        o->writer = me;
    }
    lock_socket(o);
    #else
    (void)use;
    if (o->users > 0) {
        return false;
    }
    #endif
    ++o->users;
    return true;
}

static void leave(mp_obj_ssl_socket_t *o, int use) {
    if (--o->users == 0 && (o->closing || o->ended)) {
        ssl_socket_free(o);
    }
    unlock_socket(o);
    #if SOCKET_HAS_LOCKS
    if (use & USE_WRITE) {
        o->writer = NULL;
        mp_thread_mutex_unlock(&o->write_lock);
    }
    if (use & USE_READ) {
        o->reader = NULL;
        mp_thread_mutex_unlock(&o->read_lock);
    }
    #else
    (void)use;
    #endif
}

// Whether another thread is in a handshake, which takes as long as its peer likes: no other thread
// waits for that.
static bool is_handshake_elsewhere(const mp_obj_ssl_socket_t *o) {
    #if SOCKET_HAS_LOCKS
    void *owner = o->owner;
    return !o->connected && owner != NULL && owner != mp_thread_get_state();
    #else
    (void)o;
    return false;
    #endif
}

// Lock a socket to look at it, which Python code below an operation may do too. Returns whether it
// had to be locked.
static bool lock_to_look(mp_obj_ssl_socket_t *o) {
    #if SOCKET_HAS_LOCKS
    if (o->owner == mp_thread_get_state()) {
        return false;
    }
    #endif
    lock_socket(o);
    return true;
}

static void unlock_after_look(mp_obj_ssl_socket_t *o, bool locked) {
    if (locked) {
        unlock_socket(o);
    }
}

// Also take the write lock, if no other thread has it.
static bool try_to_write(mp_obj_ssl_socket_t *o) {
    #if SOCKET_HAS_LOCKS
    if (mp_thread_mutex_lock(&o->write_lock, 0) != 1) {
        return false;
    }
    o->writer = mp_thread_get_state();
    #else
    (void)o;
    #endif
    return true;
}

static void end_write(mp_obj_ssl_socket_t *o) {
    #if SOCKET_HAS_LOCKS
    o->writer = NULL;
    mp_thread_mutex_unlock(&o->write_lock);
    #else
    (void)o;
    #endif
}

typedef void (*operation_t)(mp_obj_ssl_socket_t *o, void *arg, mp_uint_t size);

// Do an operation. Returns false if it can't be begun; the result is in outcome.
static bool operate(mp_obj_ssl_socket_t *o, int use, operation_t operation, void *arg,
    mp_uint_t size, outcome_t *outcome) {
    memset(outcome, 0, sizeof(*outcome));
    outcome->exception = MP_OBJ_NULL;
    check_stack(o->connected ? SESSION_STACK : HANDSHAKE_STACK);
    if (!enter(o, use)) {
        return false;
    }
    o->outcome = outcome;
    wolf_alloc_begin();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        operation(o, arg, size);
        nlr_pop();
    } else {
        // The only exception here is an interrupt that came in the middle of wolfSSL: this session
        // is lost.
        outcome->exception = MP_OBJ_FROM_PTR(nlr.ret_val);
        o->last_error = MP_EINTR;
    }
    o->outcome = NULL;
    leave(o, use);
    return true;
}

// Raise what an operation ended with, or return it to a stream's caller.
static mp_uint_t conclude(mp_obj_ssl_socket_t *o, const outcome_t *outcome, int *errcode) {
    if (outcome->exception != MP_OBJ_NULL) {
        nlr_raise(outcome->exception);
    }
    if (outcome->err == 0) {
        return outcome->ret;
    }
    if (outcome->err < 0 && !is_want(outcome->err)) {
        wolf_raise_error_text(outcome->err, o->error_text);
    }
    *errcode = outcome->err > 0 ? outcome->err : MP_EWOULDBLOCK;
    return MP_STREAM_ERROR;
}

/******************************************************************************/
// The stream below a socket. An exception is kept until wolfSSL has returned, because a jump
// across wolfSSL would leave its session inconsistent and leak its memory.

static void keep_exception(mp_obj_ssl_socket_t *o, void *exception) {
    if (o->outcome->exception == MP_OBJ_NULL) {
        o->outcome->exception = MP_OBJ_FROM_PTR(exception);
    }
}

// The errno of an OSError after which the stream is as good as before, or 0.
static int passing_errno(mp_obj_t exception) {
    if (!mp_obj_exception_match(exception, MP_OBJ_FROM_PTR(&mp_type_OSError))) {
        return 0;
    }
    mp_obj_t value = mp_obj_exception_get_value(exception);
    mp_int_t err = mp_obj_is_small_int(value) ? MP_OBJ_SMALL_INT_VALUE(value) : 0;
    return err == MP_ETIMEDOUT || err == MP_EINTR || mp_is_nonblocking_error(err) ? err : 0;
}

// Read from or write to a stream that Python code implements, which may keep a reference to the
// buffer: it gets a copy.
static mp_uint_t bounce(mp_obj_t sock, void *buf, size_t len, bool write, int *err) {
    const mp_stream_p_t *stream = mp_get_stream(sock);
    byte *copy = m_new_maybe(byte, len);
    if (copy == NULL) {
        *err = MP_ENOMEM;
        return MP_STREAM_ERROR;
    }
    if (write) {
        memcpy(copy, buf, len);
        return stream->write(sock, copy, len, err);
    }
    mp_uint_t ret = stream->read(sock, copy, len, err);
    if (ret <= len) {
        memcpy(buf, copy, ret);
    }
    return ret;
}

// Read from or write to the stream. Returns a count, which is 0 at the end of the stream, or -1 if
// it would block, if it failed (stream_error is set), or if it raised an exception (which is
// kept). To wolfSSL all three are the same: the session can continue after them, for example after
// a timeout.
static int stream_rw(mp_obj_ssl_socket_t *o, void *buf, size_t len, bool write) {
    mp_obj_t sock = o->sock;
    outcome_t *outcome = o->outcome;
    if (sock == MP_OBJ_NULL) {
        outcome->stream_error = MP_EBADF;
        return -1;
    }
    const mp_stream_p_t *stream = mp_get_stream(sock);
    // During the handshake every read and write depends on the previous one.
    bool let_go = o->connected;
    if (let_go) {
        unlock_socket(o);
    }
    int err = 0;
    mp_uint_t ret = MP_STREAM_ERROR;
    mp_obj_t exception = MP_OBJ_NULL;
    bool no_memory = wolf_alloc_failed();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        if (mp_obj_is_instance_type(mp_obj_get_type(sock))) {
            ret = bounce(sock, buf, len, write, &err);
        } else {
            ret = write ? stream->write(sock, buf, len, &err) : stream->read(sock, buf, len, &err);
        }
        nlr_pop();
    } else {
        exception = MP_OBJ_FROM_PTR(nlr.ret_val);
    }
    wolf_alloc_restore(no_memory);
    if (let_go) {
        lock_socket(o);
    }
    o->outcome = outcome;
    if (exception != MP_OBJ_NULL) {
        // A stream in Python may raise what others return: that it would block, or that it timed
        // out.
        err = passing_errno(exception);
        if (err == 0) {
            keep_exception(o, MP_OBJ_TO_PTR(exception));
            return -1;
        }
    }
    if (ret <= len) {
        return ret;
    }
    if (ret != MP_STREAM_ERROR) {
        // It claims to have done more than it was asked to.
        outcome->stream_error = MP_EIO;
    } else if (mp_is_nonblocking_error(err)) {
        o->nonblocking = true;
    } else {
        o->timed_out |= err == MP_ETIMEDOUT;
        outcome->stream_error = err > 0 ? err : MP_EIO;
    }
    return -1;
}

static mp_uint_t stream_ioctl(mp_obj_ssl_socket_t *o, mp_uint_t request, uintptr_t arg,
    int *errcode) {
    mp_obj_t sock = o->sock;
    *errcode = MP_EBADF;
    if (sock == MP_OBJ_NULL) {
        return MP_STREAM_ERROR;
    }
    mp_uint_t ret = MP_STREAM_ERROR;
    bool no_memory = wolf_alloc_failed();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        ret = mp_get_stream(sock)->ioctl(sock, request, arg, errcode);
        nlr_pop();
    } else {
        keep_exception(o, nlr.ret_val);
    }
    wolf_alloc_restore(no_memory);
    return ret;
}

// Why the stream could not do something: its errno, an exception (which takes precedence over any
// number), or want.
static int stream_failure(mp_obj_ssl_socket_t *o, int want) {
    int err = o->outcome->stream_error;
    o->outcome->stream_error = 0;
    return err != 0 ? err : want;
}

// What wolfSSL writes waits in a queue of ours, so that after the stream would block, only we have
// to write the same bytes again. The client's last flight waits for its first request: of two
// small segments the second would wait for the peer's delayed acknowledgement of the first.

// In front of a datagram in the queue: its length.
#define DATAGRAM_HEADER (2)

// Whether nothing in the queue is of any hurry: no one waits for a server's ticket, and if it were
// sent by itself, Nagle's algorithm would hold the first reply back until it is acknowledged.
static bool queue_can_wait(const mp_obj_ssl_socket_t *o) {
    #if HAS_TICKETS
    return o->only_ticket;
    #else
    (void)o;
    return false;
    #endif
}

// How much may be in the queue before no more is added: a record, and a flight of the handshake
// with all its certificates.
#define MAX_QUEUE (4 * MAX_WRITE)

static bool queue(mp_obj_ssl_socket_t *o, const char *buf, size_t len) {
    size_t header = is_dtls(&o->settings) ? DATAGRAM_HEADER : 0;
    byte *out = XREALLOC(o->out, o->out_len + header + len, NULL, DYNAMIC_TYPE_OUT_BUFFER);
    if (out == NULL) {
        return false;
    }
    o->out = out;
    out += o->out_len;
    if (header > 0) {
        *out++ = len >> 8;
        *out++ = len;
    }
    memcpy(out, buf, len);
    o->out_len += header + len;
    #if HAS_TICKETS
    o->only_ticket = false;
    #endif
    return true;
}

// Put what the stream hasn't taken back, in front of what has been queued meanwhile. Returns false
// if there is no memory for that.
static bool put_back(mp_obj_ssl_socket_t *o, byte *buf, size_t len, size_t done) {
    memmove(buf, buf + done, len - done);
    len -= done;
    if (o->out_len > 0) {
        byte *all = XREALLOC(buf, len + o->out_len, NULL, DYNAMIC_TYPE_OUT_BUFFER);
        if (all == NULL) {
            XFREE(buf, NULL, DYNAMIC_TYPE_OUT_BUFFER);
            return false;
        }
        buf = all;
        memcpy(buf + len, o->out, o->out_len);
        XFREE(o->out, NULL, DYNAMIC_TYPE_OUT_BUFFER);
    }
    o->out = buf;
    o->out_len += len;
    return true;
}

// Write what is in the queue. Returns 0, WANT_WRITE, or a positive number: the stream's errno, or
// any if it raised.
static int flush(mp_obj_ssl_socket_t *o) {
    o->out_blocked = false;
    #if HAS_TICKETS
    o->only_ticket = false;
    #endif
    while (o->out_len > 0) {
        size_t header = is_dtls(&o->settings) ? DATAGRAM_HEADER : 0;
        // Another thread may queue more while the stream writes.
        byte *buf = o->out;
        size_t len = o->out_len;
        o->out = NULL;
        o->out_len = 0;
        size_t write_len = header > 0 ? (size_t)(buf[0] << 8 | buf[1]) : len;
        int ret = stream_rw(o, buf + header, write_len, true);
        // A datagram is sent as a whole, whatever the stream returns.
        size_t done = ret <= 0 ? 0 : header > 0 ? header + write_len : (size_t)ret;
        if (done == len) {
            XFREE(buf, NULL, DYNAMIC_TYPE_OUT_BUFFER);
        } else if (!put_back(o, buf, len, done)) {
            return MP_ENOMEM;
        }
        if (ret <= 0) {
            o->out_blocked = true;
            int err = stream_failure(o, WANT_WRITE);
            return o->outcome->exception != MP_OBJ_NULL ? MP_EIO : err;
        }
    }
    return 0;
}

#ifdef MICROPY_WOLFSSL_TCP_QUICKACK
// A TLS 1.3 server has nothing to send after the client's Finished. Many clients hold their first
// request back until that is acknowledged, and an acknowledgement by itself is delayed, by 40 ms
// on Linux, unless asked for. In the same way, many servers hold their first answer back until
// their tickets are acknowledged.
static void acknowledge(mp_obj_ssl_socket_t *o) {
    mp_obj_t sock = o->sock;
    if (sock == MP_OBJ_NULL || wolfSSL_version(o->ssl) != TLS1_3_VERSION
        || mp_obj_is_instance_type(mp_obj_get_type(sock))) {
        return;
    }
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        // It's not a TCP socket.
        return;
    }
    mp_obj_t dest[5];
    mp_load_method_maybe(sock, MP_QSTR_setsockopt, dest);
    if (dest[0] != MP_OBJ_NULL) {
        dest[2] = MP_OBJ_NEW_SMALL_INT(IPPROTO_TCP);
        dest[3] = MP_OBJ_NEW_SMALL_INT(MICROPY_WOLFSSL_TCP_QUICKACK);
        dest[4] = MP_OBJ_NEW_SMALL_INT(1);
        mp_call_method_n_kw(3, 0, dest);
    }
    nlr_pop();
}
#endif

/******************************************************************************/
// Callbacks from wolfSSL.

// NOTE(mpwolf): these two are in wolfssl/internal.h of wolfSSL 5.5 to 5.9, with hidden visibility,
// and have no public counterpart.
int SendAlert(WOLFSSL *ssl, int severity, int type);
int SendBuffered(WOLFSSL *ssl);

// Whether a session is of TLS 1.3 or DTLS 1.3.
static bool is_version_13(WOLFSSL *ssl) {
    int version = wolfSSL_version(ssl);
    return version == TLS1_3_VERSION || version == DTLS1_3_VERSION;
}

#ifdef WOLFSSL_DTLS

#define DTLS_RECORD_HEADER (13)

// The length of a suite's shortest protected record: it has at least a tag and, except with
// ChaCha20, the explicit part of a nonce or a block.
static size_t shortest_record(uint16_t suite) {
    bool has_short_tag = (suite >= 0xc0a0 && suite <= 0xc0a3)
        || (suite >= 0xc0a8 && suite <= 0xc0ab) || suite == 0xc0ae || suite == 0xc0af; // AES-CCM-8
    return suite >> 8 == 0xcc || has_short_tag ? 16 : 24;
}

// Whether a datagram does not belong to this connection: anyone can send one, and RFC 6347,
// section 4.1.2.7, says to drop it. wolfSSL ends the connection for some of them. It drops
// well-formed ones with wrong encryption itself.
static bool is_junk(mp_obj_ssl_socket_t *o, const byte *p, size_t len) {
    size_t min = o->connected ? shortest_record(wolfSSL_get_current_cipher_suite(o->ssl)) : 16;
    while (len > 0) {
        if ((p[0] & 0xe0) == 0x20) {
            // DTLS 1.3 has its own format, with an optional length: at least two bytes, a number
            // and a tag.
            return !DTLS_HAS_TWO_VERSIONS || len < 2 + 16
                   || (o->connected && !is_version_13(o->ssl));
        }
        if (len < DTLS_RECORD_HEADER || p[0] < 20 || p[0] > 26) {
            return true;
        }
        bool is_plain = p[3] == 0 && p[4] == 0;
        size_t record = p[11] << 8 | p[12];
        if (record > len - DTLS_RECORD_HEADER || (!is_plain && record < min)) {
            return true;
        }
        // After the handshake, only its last flight may be repeated, until the peer has sent data.
        if (o->connected && is_plain
            && (o->confirmed || is_client(&o->settings) || (p[0] != 20 && p[0] != 22))) {
            return true;
        }
        p += DTLS_RECORD_HEADER + record;
        len -= DTLS_RECORD_HEADER + record;
    }
    return false;
}

#endif

#if MICROPY_WOLFSSL_REASONS
#define RECORD_HEADER (5)

// As a client, note whether the peer answers with a ServerHello: with pre-shared keys wolfSSL has
// a cipher suite before that. As a server, keep the peer's first record until it is complete, and
// note what wolfSSL's errors don't say.
static void look_at_hello(mp_obj_ssl_socket_t *o, const char *buf, size_t len) {
    const char handshake = 22;
    if (!o->saw_answer) {
        o->saw_answer = true;
        o->is_answer = buf[0] == handshake;
    }
    if (o->saw_hello || o->connected || o->settings.protocol != PROTOCOL_TLS_SERVER) {
        return;
    }
    byte *hello = XREALLOC(o->hello, o->hello_len + len, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    if (hello == NULL) {
        return; // the handshake ends with that error
    }
    o->hello = hello;
    memcpy(hello + o->hello_len, buf, len);
    o->hello_len += len;
    if (o->hello_len < RECORD_HEADER
        || o->hello_len - RECORD_HEADER < (size_t)(hello[3] << 8 | hello[4])) {
        return;
    }
    o->has_offer = wolf_hello_read(hello, o->hello_len, &o->offer);
    o->saw_hello = true;
    XFREE(o->hello, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    o->hello = NULL;
}
#endif

// Read from the stream for wolfSSL.
static int receive(mp_obj_ssl_socket_t *o, WOLFSSL *ssl, char *buf, int len) {
    if (!o->connected && o->settings.protocol == PROTOCOL_TLS_SERVER) {
        // NOTE(mpwolf): wolfSSL keeps the change_cipher_spec after a HelloRetryRequest for its
        // next flight (SendChangeCipher in internal.c, with grouped messages), and clients that
        // wait for it never send theirs.
        (void)SendBuffered(ssl);
    }
    // The peer replies only to what it has received.
    if (o->out_len > 0 && !queue_can_wait(o) && (!o->connected || try_to_write(o))) {
        int err = flush(o);
        if (o->connected) {
            end_write(o);
        }
        if (err != 0 && !(o->connected && err == WANT_WRITE)) {
            o->outcome->stream_error = err > 0 ? err : 0;
            return WOLFSSL_CBIO_ERR_WANT_READ;
        }
    }
    if (o->hello_verify && !o->connected) {
        // the attempt ends here, though the reply may have arrived already
        return WOLFSSL_CBIO_ERR_WANT_READ;
    }
    int ret = stream_rw(o, buf, len, false);
    #ifdef WOLFSSL_DTLS
    while (ret > 0 && !o->closing && is_dtls(&o->settings) && is_junk(o, (const byte *)buf, ret)) {
        ret = stream_rw(o, buf, len, false);
    }
    #endif
    if (o->closing) {
        return WOLFSSL_CBIO_ERR_GENERAL;
    }
    if (ret < 0) {
        return WOLFSSL_CBIO_ERR_WANT_READ;
    }
    #ifdef HAVE_SESSION_TICKET
    if (o->session_offered && !o->connected) {
        wolf_session_look_at(ssl, (const byte *)buf, ret);
    }
    #endif
    // An empty datagram means nothing.
    if (ret == 0 && !is_dtls(&o->settings)) {
        o->peer_closed = true;
        // After the handshake we decide what that means: wolfSSL would not even write any more.
        return o->connected ? WOLFSSL_CBIO_ERR_WANT_READ : WOLFSSL_CBIO_ERR_CONN_CLOSE;
    }
    #if MICROPY_WOLFSSL_REASONS
    look_at_hello(o, buf, ret);
    #endif
    return ret == 0 ? WOLFSSL_CBIO_ERR_WANT_READ : ret;
}

static int socket_recv_cb(WOLFSSL *ssl, char *buf, int len, void *user) {
    mp_obj_ssl_socket_t *o = SOCKET_FROM_USER(user);
    int ret = receive(o, ssl, buf, len);
    o->in_blocked = ret < 0;
    return ret;
}

#if DTLS_ENDS_AT_HELLO_VERIFY && defined(WOLFSSL_DTLS)
// Whether a datagram is a DTLS server's HelloVerifyRequest, or the HelloRetryRequest of DTLS 1.3
// (RFC 8446, 4.1.3).
static bool is_hello_verify(const byte *buf, size_t len) {
    static const byte retry[] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11 };
    const size_t record = DTLS_RECORD_HEADER, handshake = 12, version = 2;
    if (len < record + handshake || buf[0] != 22) {
        return false;
    }
    size_t random = record + handshake + version;
    return buf[record] == 3
           || (buf[record] == 2 && len >= random + sizeof(retry)
               && memcmp(buf + random, retry, sizeof(retry)) == 0);
}
#endif

// Whether wolfSSL has sent a fatal alert, or is about to.
static bool has_alerted(WOLFSSL *ssl) {
    WOLFSSL_ALERT_HISTORY history;
    return wolfSSL_get_alert_history(ssl, &history) == WOLFSSL_SUCCESS
           && history.last_tx.level == alert_fatal;
}

static int socket_send_cb(WOLFSSL *ssl, char *buf, int len, void *user) {
    mp_obj_ssl_socket_t *o = SOCKET_FROM_USER(user);
    if (o->alerted) {
        // NOTE(mpwolf): wolfSSL sends some fatal alerts twice (internal.c of 5.9.2, lines 20509
        // and 23621).
        return len;
    }
    o->alerted = has_alerted(ssl);
    #if DTLS_ENDS_AT_HELLO_VERIFY && defined(WOLFSSL_DTLS)
    if (o->settings.protocol == PROTOCOL_DTLS_SERVER && !o->connected
        && is_hello_verify((const byte *)buf, len)) {
        o->hello_verify = true;
    }
    #endif
    #if !SOCKET_HAS_LOCKS
    // If no other thread can be in this socket, application data needs no copy.
    if (o->connected && o->out_len == 0 && !is_dtls(&o->settings)
        && !mp_obj_is_instance_type(mp_obj_get_type(o->sock))) {
        int ret = stream_rw(o, buf, len, true);
        if (ret == len) {
            return len;
        }
        if (ret > 0) {
            return queue(o, buf + ret, len - ret) ? len : ret;
        }
        if (ret < 0 && o->outcome->stream_error != 0 && o->outcome->stream_error != MP_ETIMEDOUT) {
            return WOLFSSL_CBIO_ERR_GENERAL;
        }
        o->outcome->stream_error = 0;
    }
    #endif
    // NOTE(mpwolf): wolfSSL refuses a client's key share when its ServerHello is made already, but
    // not sent (tls13.c of 5.9.2, line 15675). After the ServerHello the alert would have to be
    // encrypted, so it is sent alone (RFC 8446, section 4.2.8.2).
    static const byte plain_alert[] = { 21, 3, 3, 0, 2, 2 }; // then the reason
    const int alert_len = sizeof(plain_alert) + 1;
    if (o->alerted && !o->connected && len > alert_len && !is_dtls(&o->settings)
        && memcmp(buf + len - alert_len, plain_alert, sizeof(plain_alert)) == 0) {
        return queue(o, buf + len - alert_len, alert_len) ? len : WOLFSSL_CBIO_ERR_GENERAL;
    }
    // A peer that keeps requesting replies and reads none must not fill the memory.
    return o->out_len < MAX_QUEUE && queue(o, buf, len) ? len : WOLFSSL_CBIO_ERR_GENERAL;
}

// Where wolf_verify() looks for trusted certificates.
typedef struct _anchors_t {
    mp_obj_ssl_socket_t *o;
    const wolf_verify_t *v;
    #if MICROPY_WOLFSSL_CA_BUNDLE
    mp_obj_t bundle; // the one that is open, or MP_OBJ_NULL
    ca_file_t file;
    #endif
} anchors_t;

#if MICROPY_WOLFSSL_CA_BUNDLE

static void close_bundle(anchors_t *a) {
    if (a->bundle != MP_OBJ_NULL) {
        ca_file_close(&a->file);
        a->bundle = MP_OBJ_NULL;
        if (a->file.exception != MP_OBJ_NULL) {
            keep_exception(a->o, MP_OBJ_TO_PTR(a->file.exception));
        }
    }
}

// Give up because a bundle can't be read. Without memory there is a number for that, else there is
// an exception.
static int fail_bundle(anchors_t *a, int err) {
    close_bundle(a);
    if (err == MEMORY_E || wolf_alloc_failed()) {
        return MEMORY_E;
    }
    // Without memory, a second exception would take the place of the first one.
    if (a->file.exception == MP_OBJ_NULL) {
        nlr_buf_t nlr;
        if (nlr_push(&nlr) == 0) {
            mp_raise_ValueError(MP_ERROR_TEXT("CA bundle damaged or replaced"));
        }
        keep_exception(a->o, nlr.ret_val);
    }
    return VERIFY_CERT_ERROR;
}

// Make room for the next certificate from a file. A path that was not accepted may end with the
// one before.
static bool make_root(anchors_t *a, size_t len) {
    mp_obj_ssl_socket_t *o = a->o;
    if (o->root.data != NULL && a->v->path_len > 0
        && a->v->path[a->v->path_len - 1].p == o->root.data) {
        blob_free(&o->noted_root);
        o->noted_root = o->root;
        o->root = (blob_t) {0};
    }
    blob_free(&o->root);
    o->root.data = XMALLOC(len, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    o->root.len = len;
    return o->root.data != NULL;
}

// Read the i-th certificate of the open bundle. Returns 0 or one of wolfSSL's numbers.
static int read_root(anchors_t *a, size_t i, wolf_span_t *der) {
    wolf_bundle_entry_t entry;
    int ret = wolf_bundle_entry(&a->file.bundle, i, &entry);
    if (ret != 0) {
        return ret;
    }
    der->len = entry.len;
    if (a->file.data.buf != NULL) {
        der->p = (const byte *)a->file.data.buf + entry.offset;
    } else {
        if (!make_root(a, entry.len)) {
            return MEMORY_E;
        }
        der->p = a->o->root.data;
        if (!ca_file_read(&a->file, entry.offset, a->o->root.data, entry.len)) {
            return ASN_PARSE_E;
        }
    }
    return wolf_bundle_check(&entry, der->p);
}

// The i-th certificate with such a subject in a bundle, as for wolf_verify(). If there are only
// fewer, i becomes less by their number.
static int get_root(anchors_t *a, mp_obj_t bundle, const wolf_span_t *subject, size_t *i,
    wolf_span_t *der) {
    int ret = 0;
    if (a->bundle != bundle) {
        close_bundle(a);
        a->bundle = bundle;
        ret = ca_bundle_open(&a->file, bundle);
    }
    size_t first = 0, n = 0;
    if (ret == 0) {
        ret = wolf_bundle_find(&a->file.bundle, wolf_name_hash(subject), &first, &n);
    }
    if (ret == 0 && *i < n) {
        ret = read_root(a, first + *i, der);
        if (ret == 0) {
            return 1;
        }
    }
    *i -= n;
    return ret == 0 ? 0 : fail_bundle(a, ret);
}

#endif // MICROPY_WOLFSSL_CA_BUNDLE

// The i-th trusted certificate that can have such a subject, for wolf_verify().
static int get_anchor(void *arg, const wolf_span_t *subject, size_t i, wolf_span_t *der) {
    anchors_t *a = arg;
    size_t len;
    mp_obj_t *items;
    mp_obj_tuple_get(a->o->settings.anchors, &len, &items);
    for (size_t j = 0; j < len; ++j) {
        #if MICROPY_WOLFSSL_CA_BUNDLE
        if (mp_obj_is_exact_type(items[j], &mp_type_tuple)) {
            int ret = get_root(a, items[j], subject, &i, der);
            if (ret != 0) {
                return ret;
            }
            continue;
        }
        #else
        (void)subject;
        #endif
        if (i-- == 0) {
            der->p = (const byte *)mp_obj_str_get_data(items[j], &der->len);
            return 1;
        }
    }
    return 0;
}

// Ask SSLContext.verify_callback(cert, depth) about one certificate. Returns whether it accepts
// it.
static bool call_verify_callback(mp_obj_ssl_socket_t *o, const wolf_span_t *der, int depth) {
    bool no_memory = wolf_alloc_failed();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        keep_exception(o, nlr.ret_val);
        wolf_alloc_restore(no_memory);
        return false;
    }
    #if MICROPY_PY_BUILTINS_MEMORYVIEW
    byte *copy = m_new(byte, der->len);
    memcpy(copy, der->p, der->len);
    mp_obj_t cert = mp_obj_new_memoryview('B', der->len, copy);
    #else
    mp_obj_t cert = mp_obj_new_bytes(der->p, der->len);
    #endif
    mp_obj_t ret = mp_call_function_2(o->settings.verify_callback, cert,
        MP_OBJ_NEW_SMALL_INT(depth));
    bool ok = mp_obj_get_int(ret) == 0;
    nlr_pop();
    wolf_alloc_restore(no_memory);
    return ok;
}

// Keep the text of a refusal: which certificate, and why.
static void set_error_text(mp_obj_ssl_socket_t *o, int err, size_t depth,
    const wolf_span_t *subject) {
    wolf_span_t name = {0};
    if (subject->p != NULL) {
        name = wolf_name_common_name(subject);
    }
    o->error_text = wolf_cert_error_text(err, depth, name.p, name.len);
}

static bool has_pins(const settings_t *settings) {
    #if MICROPY_WOLFSSL_PINS
    return settings->pins != mp_const_none;
    #else
    (void)settings;
    return false;
    #endif
}

#if MICROPY_WOLFSSL_PINS

// Whether the SHA-256 of some bytes is a pin: 1 or 0, or wolfSSL's number.
static int is_pin(mp_obj_t pins, const wolf_span_t *span) {
    byte digest[PIN_LEN];
    int ret = wc_Sha256Hash(span->p, span->len, digest);
    if (ret != 0) {
        return ret;
    }
    size_t n;
    mp_obj_t *items;
    mp_obj_tuple_get(pins, &n, &items);
    for (size_t i = 0; i < n; ++i) {
        size_t len;
        if (memcmp(mp_obj_str_get_data(items[i], &len), digest, PIN_LEN) == 0) {
            return 1;
        }
    }
    return 0;
}

// Look for a pin in a path whose signatures were checked, or in the peer's own certificate: in
// each certificate, and in its key. Returns 0, or wolfSSL's number after storing the text for it.
static int check_pins(mp_obj_ssl_socket_t *o, const wolf_span_t *path, size_t len) {
    o->pinned = false;
    wolf_span_t subject = {0};
    for (size_t i = len; i-- > 0;) {
        wolf_cert_t cert;
        if (!wolf_cert_read(&cert, path[i].p, path[i].len)) {
            return ASN_PARSE_E;
        }
        subject = cert.subject;
        int ret = is_pin(o->settings.pins, &cert.der);
        if (ret == 0) {
            ret = is_pin(o->settings.pins, &cert.key);
        }
        if (ret != 0) {
            o->pinned = ret > 0;
            return MIN(ret, 0);
        }
    }
    set_error_text(o, WOLF_PIN_MISMATCH, 0, &subject);
    return VERIFY_CERT_ERROR;
}

#endif

// Verify the chain that the peer sent. Returns 0, or wolfSSL's number after storing the text for
// it.
static int verify_chain(mp_obj_ssl_socket_t *o, const wolf_span_t *chain, size_t len) {
    anchors_t anchors = { .o = o };
    wolf_verify_t v = {
        .chain = chain, .chain_len = len, .anchor = get_anchor, .arg = &anchors
    };
    anchors.v = &v;
    if (o->hostname != mp_const_none) {
        v.host = mp_obj_str_get_data(o->hostname, &v.host_len);
    }
    // RFC 8446, section 4.4.2.2. Before version 1.3 it depends on the cipher suite: wolfSSL checks
    // it.
    v.must_sign = is_version_13(o->ssl);
    int err = wolf_verify(&v);
    #if MICROPY_WOLFSSL_CA_BUNDLE
    close_bundle(&anchors);
    if (err == VERIFY_CERT_ERROR) {
        return err; // a bundle could not be read
    }
    #endif
    if (err == 0) {
        o->cert_limit = v.not_after;
    }
    if (err != 0 && err != MEMORY_E) {
        set_error_text(o, err, v.err_depth, &v.err_subject);
    }
    // The callback is called for the whole path, beginning at its end, whatever it returns, as in
    // the built-in.
    if (err != MEMORY_E && o->settings.verify_callback != mp_const_none) {
        for (size_t depth = v.path_len; depth-- > 0;) {
            if (!call_verify_callback(o, &v.path[depth], depth)) {
                o->error_text = MP_OBJ_NULL;
                return VERIFY_CERT_ERROR;
            }
        }
    }
    #if MICROPY_WOLFSSL_PEER_CHAIN
    if (err == 0) {
        memcpy(o->path, v.path, sizeof(o->path));
        o->path_len = v.path_len;
    }
    #endif
    #if MICROPY_WOLFSSL_PINS
    // CERT_OPTIONAL may accept a chain that was not verified: then only its first certificate has
    // a key that the peer has proved to own.
    if (has_pins(&o->settings) && (err == 0 || o->settings.authmode == CERT_OPTIONAL)
        && err != MEMORY_E) {
        int pin_err = err == 0 ? check_pins(o, v.path, v.path_len) : check_pins(o, chain, 1);
        err = pin_err != 0 ? pin_err : err;
    }
    #endif
    return err;
}

// Keep a copy of the peer's certificate, or of its chain, to which chain points from now on.
// Returns false if there is no memory for it.
static bool keep_peer(mp_obj_ssl_socket_t *o, wolf_span_t *chain, size_t n) {
    free_peer(o);
    #if MICROPY_WOLFSSL_PEER_CHAIN
    size_t len = 0;
    for (size_t i = 0; i < n; ++i) {
        len += chain[i].len;
    }
    byte *p = XMALLOC(len, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    if (p == NULL) {
        return false;
    }
    o->peer_chain = (blob_t) { p, len };
    o->peer_cert = (blob_t) { p, chain[0].len };
    for (size_t i = 0; i < n; ++i) {
        memcpy(p, chain[i].p, chain[i].len);
        chain[i].p = p;
        p += chain[i].len;
    }
    return true;
    #else
    (void)n;
    return blob_set(&o->peer_cert, chain[0].p, chain[0].len);
    #endif
}

#if MICROPY_WOLFSSL_CA_BUNDLE
// Whether the verified path is kept, which may end with a certificate from a bundle.
static bool keeps_path(const mp_obj_ssl_socket_t *o) {
    #if MICROPY_WOLFSSL_PEER_CHAIN
    return o->path_len > 0;
    #else
    (void)o;
    return false;
    #endif
}
#endif

static void check_chain(mp_obj_ssl_socket_t *o, const WOLFSSL_X509_STORE_CTX *store) {
    wolf_span_t chain[MAX_CHAIN];
    o->cert_error = ASN_PARSE_E;
    if (store->certs == NULL || store->totalCerts > MAX_CHAIN) {
        return;
    }
    for (int i = 0; i < store->totalCerts; ++i) {
        chain[i].p = store->certs[i].buffer;
        chain[i].len = store->certs[i].length;
    }
    o->cert_limit = 0;
    if (!keep_peer(o, chain, store->totalCerts)) {
        o->cert_error = MEMORY_E;
        return;
    }
    if (o->settings.authmode != CERT_NONE) {
        o->cert_error = verify_chain(o, chain, store->totalCerts);
        #if MICROPY_WOLFSSL_CA_BUNDLE
        blob_free(&o->noted_root);
        if (!keeps_path(o)) {
            blob_free(&o->root);
        }
        #endif
        return;
    }
    o->cert_error = 0;
    #if MICROPY_WOLFSSL_PINS
    if (has_pins(&o->settings)) {
        o->cert_error = check_pins(o, chain, 1);
    }
    #endif
}

// Whether wolfSSL's complaint about the peer's own certificate can be ignored: wolfSSL has no
// trusted certificate, requires version 3, and allows keyCertSign only in a CA.
static bool is_for_us_to_say(int err) {
    return err == ASN_NO_SIGNER_E || err == ASN_SELF_SIGNED_E || err == ASN_VERSION_E
           || err == KEYUSAGE_E;
}

static int wolfssl_verify_mode(const settings_t *settings) {
    if (has_pins(settings)) {
        return WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    }
    switch (settings->authmode) {
        case CERT_NONE:
            return WOLFSSL_VERIFY_NONE;
        case CERT_OPTIONAL:
            return WOLFSSL_VERIFY_PEER;
        default:
            return WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    }
}

// Called for every certificate that the peer sent, beginning with the last one, and once or twice
// for its own. Returns 1 to accept it. wolfSSL has no trusted certificates, and only finds out
// whether it can be read: everything else is done here, once, by wolf_verify.
static int verify_callback(int preverify, WOLFSSL_X509_STORE_CTX *store) {
    mp_obj_ssl_socket_t *o = SOCKET_FROM_USER(store->userCtx);
    if (store->totalCerts < 1) {
        return preverify; // none: wolfSSL knows whether there must be one
    }
    #if PRE_SHARED_KEYS
    if (o->settings.psk_only) {
        // A server of TLS 1.3 that does not know the key offers a certificate instead, which may
        // not even be verified.
        o->cert_error = PSK_KEY_ERROR;
        return 0;
    }
    #endif
    const WOLFSSL_BUFFER_INFO *leaf = store->certs;
    bool is_leaf = store->error_depth == 0;
    if (!is_leaf ? store->error_depth == store->totalCerts - 1
        : leaf == NULL || o->peer_cert.data == NULL || o->peer_cert.len != leaf->length
        || memcmp(o->peer_cert.data, leaf->buffer, leaf->length) != 0) {
        check_chain(o, store);
    }
    if (o->settings.authmode == CERT_NONE && !has_pins(&o->settings)) {
        return o->cert_error == 0;
    }
    // wolfSSL would keep what it accepts as a CA in the context, for later connections: it must
    // not while it verifies nothing.
    wolfSSL_set_verify(o->ssl, is_leaf ? wolfssl_verify_mode(&o->settings)
        : WOLFSSL_VERIFY_NONE, verify_callback);
    bool ok = o->cert_error == 0;
    if (ok && is_leaf && !preverify && o->settings.authmode != CERT_NONE
        && !is_for_us_to_say(store->error)) {
        o->cert_error = store->error;
        o->cert_limit = 0;
        ok = false;
        wolf_span_t subject = {0};
        (void)wolf_cert_read_subject(o->peer_cert.data, o->peer_cert.len, &subject);
        set_error_text(o, store->error, 0, &subject);
        #if MICROPY_WOLFSSL_PINS
        wolf_span_t span = { o->peer_cert.data, o->peer_cert.len };
        if (has_pins(&o->settings) && check_pins(o, &span, 1) != 0) {
            o->cert_error = VERIFY_CERT_ERROR; // which CERT_OPTIONAL does not accept either
        }
        #endif
    }
    if (o->settings.authmode == CERT_OPTIONAL) {
        #if MICROPY_WOLFSSL_PEER_CHAIN
        o->path_len = ok ? o->path_len : 0;
        #endif
        ok = o->cert_error != MEMORY_E && o->cert_error != VERIFY_CERT_ERROR;
    }
    if (ok && is_leaf) {
        o->cert_error = 0; // what CERT_OPTIONAL accepts is not an error later
    }
    if (!ok) {
        // Then wolfSSL sends the alert.
        wolfSSL_set_verify(o->ssl, wolfssl_verify_mode(&o->settings), verify_callback);
    }
    return ok;
}

#if OCSP_STAPLING

// Whether a client asks for the status of the server's certificate.
static bool asks_for_status(const settings_t *settings) {
    return settings->protocol == PROTOCOL_TLS_CLIENT && settings->ocsp != OCSP_OFF
           && settings->authmode != CERT_NONE;
}

// Refuse the peer's certificate because of its status. Returns wolfSSL's number after storing the
// text for it.
static int refuse_status(mp_obj_ssl_socket_t *o, int err) {
    wolf_span_t subject = {0};
    (void)wolf_cert_read_subject(o->peer_cert.data, o->peer_cert.len, &subject);
    set_error_text(o, err, 0, &subject);
    o->cert_error = err == OCSP_CERT_REVOKED || err == OCSP_CERT_UNKNOWN ? err
        : BAD_CERTIFICATE_STATUS_ERROR;
    return o->cert_error;
}

// Called with the response for the i-th certificate that the server sent, once the chain was
// verified. What wolfSSL thinks of it means nothing. Returns 0 or wolfSSL's number.
static int ocsp_status_cb(WOLFSSL *ssl, int err, byte *response, word32 len, word32 i, void *arg) {
    (void)err;
    (void)arg;
    mp_obj_ssl_socket_t *o = SOCKET_FROM_USER(wolfSSL_GetIOReadCtx(ssl));
    // Others are rare. And if CERT_OPTIONAL accepts what was not verified, it accepts any status.
    if (i != 0 || o->path_len == 0) {
        return 0;
    }
    wolf_span_t span = { response, len };
    int64_t until;
    int ret = wolf_verify_staple(&span, &o->path[0], &o->path[MIN(o->path_len - 1, 1)], &until);
    if (ret == MEMORY_E || wolf_alloc_failed()) {
        return MEMORY_E;
    }
    if (ret != 0) {
        return refuse_status(o, ret);
    }
    o->cert_limit = MIN(o->cert_limit, until);
    o->is_good = true;
    return 0;
}

// At the end of a handshake: whether the server may keep silent about its certificate. Returns 0
// or wolfSSL's number.
static int check_silence(mp_obj_ssl_socket_t *o) {
    if (!asks_for_status(&o->settings) || o->is_good) {
        return 0;
    }
    if (o->peer_cert.data == NULL) {
        // a pre-shared key
        return o->settings.ocsp == OCSP_REQUIRED ? NO_PEER_CERT : 0;
    }
    bool required = o->settings.ocsp == OCSP_REQUIRED;
    if (!required && o->path_len > 0) {
        wolf_cert_t cert;
        required = !wolf_cert_read(&cert, o->path[0].p, o->path[0].len)
            || wolf_cert_must_staple(&cert);
    }
    return required ? refuse_status(o, WOLF_OCSP_MISSING) : 0;
}

#endif // OCSP_STAPLING

#if PRE_SHARED_KEYS

// Whether a server has keys.
static bool has_server_psk(const settings_t *settings) {
    return settings->server_psk_keys != mp_const_none || settings->psk_callback != mp_const_none;
}

// wolfSSL's identity is a C string.
static bool get_psk_identity(mp_obj_t obj, mp_buffer_info_t *id) {
    return mp_get_buffer(obj, id, MP_BUFFER_READ) && id->len > 0 && id->len <= PSK_MAX_IDENTITY
           && memchr(id->buf, 0, id->len) == NULL;
}

static bool get_psk_key(mp_obj_t obj, mp_buffer_info_t *key) {
    return mp_get_buffer(obj, key, MP_BUFFER_READ) && key->len > 0 && key->len <= PSK_MAX_KEY;
}

#endif

#if ECDSA_SIGN_CALLBACK

// A copy for Python code: of the type that the built-in passes, or bytes in firmware without
// bytearray.
static mp_obj_t new_buffer(const byte *data, size_t len) {
    #if MICROPY_PY_BUILTINS_BYTEARRAY
    return mp_obj_new_bytearray(len, (void *)data);
    #else
    return mp_obj_new_bytes(data, len);
    #endif
}

// Ask SSLContext.ecdsa_sign_callback(key, hash) for a signature. Returns 1 if it returned one, 0
// if it returned None and the signature must be made here, or a negative error.
static int call_ecdsa_sign_callback(mp_obj_ssl_socket_t *o, const byte *key, size_t key_len,
    const byte *hash, size_t hash_len, byte *out, word32 *out_len) {
    bool no_memory = wolf_alloc_failed();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        keep_exception(o, nlr.ret_val);
        wolf_alloc_restore(no_memory);
        return WC_HW_E;
    }
    mp_obj_t ret = mp_call_function_2(o->settings.ecdsa_sign_callback, new_buffer(key, key_len),
        new_buffer(hash, hash_len));
    mp_buffer_info_t sig = {0};
    if (ret != mp_const_none) {
        mp_get_buffer_raise(ret, &sig, MP_BUFFER_READ);
    }
    nlr_pop();
    wolf_alloc_restore(no_memory);
    if (ret == mp_const_none) {
        return 0;
    }
    if (sig.len > *out_len) {
        return BUFFER_E;
    }
    memcpy(out, sig.buf, sig.len);
    *out_len = sig.len;
    return 1;
}

static int ecdsa_sign(ecc_key *key, const byte *hash, word32 hash_len, byte *out,
    word32 *out_len) {
    WC_RNG rng;
    int ret = wc_InitRng(&rng);
    if (ret != 0) {
        return ret;
    }
    ret = wc_ecc_set_rng(key, &rng);
    if (ret == 0) {
        ret = wc_ecc_sign_hash(hash, hash_len, out, out_len, &rng, key);
    }
    wc_FreeRng(&rng);
    return ret;
}

static int ecdsa_sign_cb(WOLFSSL *ssl, const byte *in, unsigned int in_len, byte *out,
    unsigned int *out_len, const byte *key_der, unsigned int key_len, void *user) {
    (void)ssl;
    mp_obj_ssl_socket_t *o = SOCKET_FROM_USER(user);
    ecc_key *key = XMALLOC(sizeof(*key), NULL, DYNAMIC_TYPE_ECC);
    if (key == NULL) {
        return MEMORY_E;
    }
    int ret = wc_ecc_init(key);
    if (ret == 0) {
        byte raw[MAX_ECC_BYTES];
        word32 raw_len = sizeof(raw);
        word32 idx = 0;
        ret = wc_EccPrivateKeyDecode(key_der, &idx, key, key_len);
        if (ret == 0) {
            ret = wc_ecc_export_private_only(key, raw, &raw_len);
        }
        if (ret == 0) {
            ret = !ssl_context_has_sign_callback(&o->settings) ? 0
                : call_ecdsa_sign_callback(o, raw, raw_len, in, in_len, out, out_len);
            if (ret == 0) {
                ret = ecdsa_sign(key, in, in_len, out, out_len);
            }
        }
        wolf_wipe(raw, sizeof(raw));
        wc_ecc_free(key);
    }
    XFREE(key, NULL, DYNAMIC_TYPE_ECC);
    return ret < 0 ? ret : 0;
}

// Verify a peer's ECDSA signature on the handshake. TLS 1.3 allows one hash for each curve,
// wolfSSL accepts any (DoTls13CertificateVerify in tls13.c). Signatures on certificates, which may
// have any, do not come here: wolfSSL never has a CA to verify them with, wolf_verify() does that.
static int ecc_verify_cb(WOLFSSL *ssl, const unsigned char *sig, unsigned int sig_len,
    const unsigned char *hash, unsigned int hash_len, const unsigned char *key_der,
    unsigned int key_len, int *result, void *user) {
    (void)user;
    ecc_key *key = XMALLOC(sizeof(*key), NULL, DYNAMIC_TYPE_ECC);
    if (key == NULL) {
        return MEMORY_E;
    }
    int ret = wc_ecc_init(key);
    if (ret == 0) {
        word32 idx = 0;
        ret = wc_EccPublicKeyDecode(key_der, &idx, key, key_len);
        unsigned int size = hash_len == 64 ? 66 : hash_len; // P-521 goes with SHA-512
        if (ret == 0 && is_version_13(ssl) && (unsigned int)wc_ecc_size(key) != size) {
            ret = INVALID_PARAMETER;
        }
        if (ret == 0) {
            ret = wc_ecc_verify_hash(sig, sig_len, hash, hash_len, result, key);
        }
        wc_ecc_free(key);
    }
    XFREE(key, NULL, DYNAMIC_TYPE_ECC);
    return ret;
}

#endif // ECDSA_SIGN_CALLBACK

#if PRE_SHARED_KEYS

// A str for Python code, None for an empty one. Raises UnicodeError if it is not UTF-8.
static mp_obj_t new_psk_str(const char *text) {
    if (text == NULL || *text == 0) {
        return mp_const_none;
    }
    size_t len = strlen(text);
    #if MICROPY_PY_BUILTINS_STR_UNICODE
    if (!utf8_check((const byte *)text, len)) {
        mp_raise_msg(&mp_type_UnicodeError, NULL);
    }
    #endif
    return mp_obj_new_str(text, len);
}

// Ask the callback of set_psk_client_callback() for the identity and the key. Returns false if it
// raised an exception, which is kept.
static bool call_psk_client_callback(mp_obj_ssl_socket_t *o, const char *hint, mp_obj_t *pair) {
    bool no_memory = wolf_alloc_failed();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        keep_exception(o, nlr.ret_val);
        wolf_alloc_restore(no_memory);
        return false;
    }
    mp_obj_t ret = mp_call_function_1(o->settings.psk_callback, new_psk_str(hint));
    mp_obj_t *items;
    mp_obj_get_array_fixed_n(ret, 2, &items);
    mp_buffer_info_t id, key;
    if (!get_psk_identity(items[0], &id) || !get_psk_key(items[1], &key)) {
        mp_raise_ValueError(MP_ERROR_TEXT("not a PSK identity and key"));
    }
    pair[0] = items[0];
    pair[1] = items[1];
    nlr_pop();
    wolf_alloc_restore(no_memory);
    return true;
}

// A client's identity and key; both may have changed since they were set.
static unsigned int psk_client_cb(WOLFSSL *ssl, const char *hint, char *identity,
    unsigned int identity_max, unsigned char *key, unsigned int key_max) {
    mp_obj_ssl_socket_t *o = SOCKET_FROM_USER(wolfSSL_GetIOReadCtx(ssl));
    const settings_t *self = &o->settings;
    mp_obj_t pair[2] = { self->psk_identity, self->psk_key };
    if (self->psk_callback != mp_const_none && !call_psk_client_callback(o, hint, pair)) {
        return 0;
    }
    mp_buffer_info_t id, k;
    if (!get_psk_identity(pair[0], &id) || id.len > identity_max
        || !get_psk_key(pair[1], &k) || k.len > key_max) {
        return 0;
    }
    memcpy(identity, id.buf, id.len);
    if (id.len < identity_max) {
        identity[id.len] = 0; // wolfSSL terminates one of maximum length
    }
    memcpy(key, k.buf, k.len);
    return k.len;
}

// Ask server_psk_keys.get(identity) or the callback for the key of a client; 0 refuses the client.
// So does an exception, as with the built-in: the identity that the client claims can make get()
// fail. An interrupt and a MemoryError are kept.
static unsigned int psk_server_cb(WOLFSSL *ssl, const char *identity, unsigned char *key,
    unsigned int key_max) {
    mp_obj_ssl_socket_t *o = SOCKET_FROM_USER(wolfSSL_GetIOReadCtx(ssl));
    o->psk_refused = true;
    bool no_memory = wolf_alloc_failed();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        wolf_alloc_restore(no_memory);
        mp_obj_t exception = MP_OBJ_FROM_PTR(nlr.ret_val);
        if (!mp_obj_exception_match(exception, MP_OBJ_FROM_PTR(&mp_type_Exception))
            || mp_obj_exception_match(exception, MP_OBJ_FROM_PTR(&mp_type_MemoryError))) {
            keep_exception(o, nlr.ret_val);
        }
        return 0;
    }
    mp_obj_t found;
    if (o->settings.psk_callback != mp_const_none) {
        found = mp_call_function_1(o->settings.psk_callback, new_psk_str(identity));
    } else {
        mp_obj_t dest[3];
        mp_load_method(o->settings.server_psk_keys, MP_QSTR_get, dest);
        dest[2] = mp_obj_new_bytes((const byte *)identity, strlen(identity));
        found = mp_call_method_n_kw(1, 0, dest);
    }
    nlr_pop();
    wolf_alloc_restore(no_memory);
    mp_buffer_info_t k;
    if (!get_psk_key(found, &k) || k.len > key_max) {
        return 0;
    }
    o->psk_refused = false;
    memcpy(key, k.buf, k.len);
    return k.len;
}

#endif // PRE_SHARED_KEYS

static void lock_context(mp_obj_ssl_context_t *self) {
    #if CONTEXT_HAS_LOCK
    mp_thread_mutex_lock(&self->lock, 1);
    #else
    (void)self;
    #endif
}

static void unlock_context(mp_obj_ssl_context_t *self) {
    #if CONTEXT_HAS_LOCK
    mp_thread_mutex_unlock(&self->lock);
    #else
    (void)self;
    #endif
}

/******************************************************************************/
// SSLSession type: a session of a client, for a later connection to resume. Such a connection sees
// no certificate: the session is used only where the one that it comes from would have been
// accepted for the same reasons. It is bytes only, so that it can be stored.

#ifdef HAVE_SESSION_TICKET

// The bytes are an allocation of their own: a memoryview keeps nothing else alive.
typedef struct _mp_obj_ssl_session_t {
    mp_obj_base_t base;
    size_t len;
    byte *data;
} mp_obj_ssl_session_t;

static mp_obj_t ssl_session_new(const byte *data, size_t len) {
    byte *copy = m_new(byte, len + 1); // never empty
    memcpy(copy, data, len);
    mp_obj_ssl_session_t *self = wolf_obj_malloc(mp_obj_ssl_session_t, &ssl_session_type);
    self->len = len;
    self->data = copy;
    return MP_OBJ_FROM_PTR(self);
}

// SSLSession(data). What data is worth is found out when it is used.
static mp_obj_t ssl_session_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    (void)type;
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    mp_buffer_info_t data;
    mp_get_buffer_raise(args[0], &data, MP_BUFFER_READ);
    return ssl_session_new(data.buf, data.len <= WOLF_SESSION_MAX ? data.len : 0);
}

static mp_int_t ssl_session_get_buffer(mp_obj_t self_in, mp_buffer_info_t *bufinfo,
    mp_uint_t flags) {
    mp_obj_ssl_session_t *self = MP_OBJ_TO_PTR(self_in);
    if (flags & MP_BUFFER_WRITE) {
        return 1;
    }
    bufinfo->buf = self->data;
    bufinfo->len = self->len;
    bufinfo->typecode = 'B';
    return 0;
}

static MP_DEFINE_CONST_OBJ_TYPE(
    ssl_session_type,
    MP_QSTR_SSLSession,
    MP_TYPE_FLAG_NONE,
    make_new, ssl_session_make_new,
    buffer, ssl_session_get_buffer
    );

// What wrap_socket's session and SSLContext.session may be.
static void check_session(mp_obj_t session, bool is_server) {
    if (session == mp_const_none) {
        return;
    }
    if (!mp_obj_is_exact_type(session, &ssl_session_type)) {
        mp_raise_TypeError(MP_ERROR_TEXT("session must be an SSLSession"));
    }
    if (is_server) {
        mp_raise_ValueError(MP_ERROR_TEXT("session of a server"));
    }
}

// Whether a socket can resume sessions, and has one to be resumed. A verify_callback would not be
// called. With pre-shared keys there is little to save.
static bool has_sessions(const settings_t *settings) {
    bool has = settings->protocol == PROTOCOL_TLS_CLIENT
        && (settings->authmode == CERT_NONE || settings->verify_callback == mp_const_none);
    #if PRE_SHARED_KEYS
    has = has && !settings->psk_only;
    #endif
    return has;
}

// Hash data with its length, or that there is none.
static int add_to_binding(wc_Sha256 *sha, const void *data, size_t len) {
    byte prefix[5] = { data != NULL, len >> 24, len >> 16, len >> 8, len };
    int ret = wc_Sha256Update(sha, prefix, sizeof(prefix));
    return ret != 0 || data == NULL ? ret : wc_Sha256Update(sha, data, len);
}

// The same for a str or bytes.
static int add_obj_to_binding(wc_Sha256 *sha, mp_obj_t obj) {
    if (obj == MP_OBJ_NULL || obj == mp_const_none) {
        return add_to_binding(sha, NULL, 0);
    }
    size_t len;
    const char *data = mp_obj_str_get_data(obj, &len);
    return add_to_binding(sha, data, len);
}

// Hash everything that decides whether a server is accepted, and as whom it sees the client.
static int add_settings_to_binding(wc_Sha256 *sha, const mp_obj_ssl_socket_t *o) {
    const settings_t *settings = &o->settings;
    char stamp[WOLF_SESSION_STAMP_LEN];
    wolf_session_stamp(stamp);
    byte flags[] = {
        settings->authmode,
        settings->tls12_only,
        #if OCSP_STAPLING
        settings->ocsp,
        #endif
        #if TLS_HAS_TWO_VERSIONS
        settings->no_tls12,
        settings->no_tls13,
        #endif
    };
    int ret = add_to_binding(sha, stamp, sizeof(stamp));
    ret = ret != 0 ? ret : add_to_binding(sha, flags, sizeof(flags));
    ret = ret != 0 ? ret : add_obj_to_binding(sha, o->hostname);
    ret = ret != 0 ? ret : add_obj_to_binding(sha, settings->ciphers);
    ret = ret != 0 ? ret : add_obj_to_binding(sha, settings->own_cert);
    size_t len;
    mp_obj_t *anchors;
    mp_obj_tuple_get(settings->anchors, &len, &anchors);
    for (size_t i = 0; ret == 0 && i < len; ++i) {
        #if MICROPY_WOLFSSL_CA_BUNDLE
        if (mp_obj_is_exact_type(anchors[i], &mp_type_tuple)) {
            mp_obj_t *items;
            mp_obj_get_array_fixed_n(anchors[i], 2, &items);
            ret = add_obj_to_binding(sha, items[1]);
            continue;
        }
        #endif
        ret = add_obj_to_binding(sha, anchors[i]);
    }
    #if MICROPY_WOLFSSL_PINS
    if (has_pins(settings)) {
        mp_obj_t *pins;
        mp_obj_tuple_get(settings->pins, &len, &pins);
        ret = ret != 0 ? ret : add_to_binding(sha, "pins", 4);
        for (size_t i = 0; ret == 0 && i < len; ++i) {
            ret = add_obj_to_binding(sha, pins[i]);
        }
    }
    #endif
    return ret;
}

// Returns 0 or one of wolfSSL's numbers.
static int bind_session(const mp_obj_ssl_socket_t *o, byte binding[WOLF_SESSION_BINDING]) {
    wc_Sha256 sha;
    int ret = wc_InitSha256(&sha);
    if (ret != 0) {
        return ret;
    }
    ret = add_settings_to_binding(&sha, o);
    if (ret == 0) {
        ret = wc_Sha256Final(&sha, binding);
    }
    wc_Sha256Free(&sha);
    return ret;
}

// A client's own certificates, as far as sessions are concerned.
static mp_obj_t hash_own_cert(const mp_buffer_info_t *cert) {
    byte hash[WC_SHA256_DIGEST_SIZE];
    int ret = wc_Sha256Hash(cert->buf, cert->len, hash);
    if (ret != 0) {
        wolf_raise_error(ret);
    }
    return mp_obj_new_bytes(hash, sizeof(hash));
}

#if HAS_TICKETS

// Whether a server issues and takes tickets. A client that resumes a session shows no certificate,
// and need not know its pre-shared key any more.
static bool has_tickets(const settings_t *settings) {
    bool has = settings->protocol == PROTOCOL_TLS_SERVER && settings->authmode == CERT_NONE
        && !has_pins(settings);
    #if PRE_SHARED_KEYS
    has = has && !settings->psk_only;
    #endif
    return has;
}

static int set_up_tickets(mp_obj_ssl_socket_t *o) {
    #ifndef WOLFSSL_NO_TLS12
    if (!has_tickets(&o->settings) && wolfSSL_NoTicketTLSv12(o->ssl) != WOLFSSL_SUCCESS) {
        return BAD_STATE_E;
    }
    #endif
    #ifdef WOLFSSL_TLS13
    if (!has_tickets(&o->settings) && is_version_13(o->ssl)) {
        return wolfSSL_no_ticket_TLSv13(o->ssl);
    }
    #endif
    return 0;
}

static bool key_is_younger(const ticket_key_t *key, mp_uint_t age_ms) {
    return key->is_set && mp_hal_ticks_ms() - key->made_ms < age_ms;
}

static int make_ticket_key(ticket_key_t *key, WC_RNG *rng) {
    key->made_ms = mp_hal_ticks_ms();
    key->is_set = true;
    int ret = wc_RNG_GenerateBlock(rng, key->name, sizeof(key->name));
    return ret != 0 ? ret : wc_RNG_GenerateBlock(rng, key->key, sizeof(key->key));
}

// Copy the key that makes tickets now, if there is one.
static bool copy_ticket_key(mp_obj_ssl_context_t *self, ticket_key_t *key) {
    lock_context(self);
    const ticket_key_t *keys = self->ticket_keys;
    bool has = keys != NULL && key_is_younger(&keys[0], TICKET_KEY_ISSUES_MS);
    if (has) {
        *key = keys[0];
    }
    unlock_context(self);
    return has;
}

// Let key make the tickets from now on. *spare has room for two keys, and is NULL if that is now
// the context's.
static void set_ticket_key(mp_obj_ssl_context_t *self, const ticket_key_t *key,
    ticket_key_t **spare) {
    lock_context(self);
    // Once the context is finalised, what it does not know, it can't resume.
    if (self->ctx != NULL) {
        if (self->ticket_keys == NULL) {
            self->ticket_keys = *spare;
            *spare = NULL;
        }
        self->ticket_keys[1] = self->ticket_keys[0];
        self->ticket_keys[0] = *key;
    }
    unlock_context(self);
}

// The key that makes tickets now, a copy. Returns 0 or one of wolfSSL's numbers. Any allocation
// can collect garbage, and with it run Python code that changes the context: between copying and
// setting the context's keys, none of its pointers is kept, and it is not locked.
static int get_ticket_key(mp_obj_ssl_context_t *self, WC_RNG *rng, ticket_key_t *key) {
    if (copy_ticket_key(self, key)) {
        return 0;
    }
    ticket_key_t *spare = XMALLOC(2 * sizeof(*spare), NULL, DYNAMIC_TYPE_TMP_BUFFER);
    if (spare == NULL) {
        return MEMORY_E;
    }
    memset(spare, 0, 2 * sizeof(*spare));
    int ret = make_ticket_key(key, rng);
    if (ret == 0) {
        set_ticket_key(self, key, &spare);
    }
    XFREE(spare, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    return ret;
}

// Copy the key that a ticket names, if there is one. *current says whether it still makes tickets.
static bool find_ticket_key(mp_obj_ssl_context_t *self, const byte *name, ticket_key_t *found,
    bool *current) {
    bool has = false;
    lock_context(self);
    for (size_t i = 0; self->ticket_keys != NULL && i < 2; ++i) {
        const ticket_key_t *key = &self->ticket_keys[i];
        if (key_is_younger(key, TICKET_KEY_LASTS_MS)
            && memcmp(key->name, name, sizeof(key->name)) == 0) {
            *current = i == 0 && key_is_younger(key, TICKET_KEY_ISSUES_MS);
            *found = *key;
            has = true;
            break;
        }
    }
    unlock_context(self);
    return has;
}

// Encrypt or decrypt a ticket where it is. Its key's name is authenticated too.
static int crypt_ticket(const ticket_key_t *key, const byte *iv, byte *tag, bool encrypt,
    byte *ticket, int len) {
    Aes *aes = XMALLOC(sizeof(*aes), NULL, DYNAMIC_TYPE_AES);
    if (aes == NULL) {
        return MEMORY_E;
    }
    int ret = wc_AesInit(aes, NULL, INVALID_DEVID);
    if (ret == 0) {
        ret = wc_AesGcmSetKey(aes, key->key, sizeof(key->key));
        if (ret == 0) {
            ret = encrypt ? wc_AesGcmEncrypt(aes, ticket, ticket, len, iv, TICKET_IV_LEN, tag,
                TICKET_TAG_LEN, key->name, sizeof(key->name))
                : wc_AesGcmDecrypt(aes, ticket, ticket, len, iv, TICKET_IV_LEN, tag,
                TICKET_TAG_LEN, key->name, sizeof(key->name));
        }
        wc_AesFree(aes);
    }
    wolf_wipe(aes, sizeof(*aes));
    XFREE(aes, NULL, DYNAMIC_TYPE_AES);
    return ret;
}

static int make_ticket(mp_obj_ssl_context_t *self, WC_RNG *rng, byte *name, byte *iv, byte *mac,
    byte *ticket, int len) {
    ticket_key_t key;
    int ret = get_ticket_key(self, rng, &key);
    memset(iv, 0, WOLFSSL_TICKET_IV_SZ);
    memset(mac, 0, WOLFSSL_TICKET_MAC_SZ);
    if (ret == 0) {
        ret = wc_RNG_GenerateBlock(rng, iv, TICKET_IV_LEN);
    }
    if (ret == 0) {
        memcpy(name, key.name, sizeof(key.name));
        ret = crypt_ticket(&key, iv, mac, true, ticket, len);
    }
    wolf_wipe(&key, sizeof(key));
    return ret == 0 ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_FATAL;
}

static int open_ticket(mp_obj_ssl_context_t *self, bool is_13, const byte *name, const byte *iv,
    byte *mac, byte *ticket, int len) {
    bool current = false;
    ticket_key_t key;
    bool opened = find_ticket_key(self, name, &key, &current)
        && crypt_ticket(&key, iv, mac, false, ticket, len) == 0;
    wolf_wipe(&key, sizeof(key));
    if (!opened) {
        return WOLFSSL_TICKET_RET_REJECT;
    }
    // TLS 1.3 always has a new one.
    return current || is_13 ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_CREATE;
}

// Encrypt what wolfSSL puts into a ticket, or decrypt it.
static int ticket_cb(WOLFSSL *ssl, unsigned char name[WOLFSSL_TICKET_NAME_SZ],
    unsigned char iv[WOLFSSL_TICKET_IV_SZ], unsigned char mac[WOLFSSL_TICKET_MAC_SZ], int encrypt,
    unsigned char *ticket, int len, int *out_len, void *user) {
    (void)user;
    mp_obj_ssl_socket_t *o = SOCKET_FROM_USER(wolfSSL_GetIOReadCtx(ssl));
    mp_obj_ssl_context_t *self = o->context;
    bool is_13 = is_version_13(ssl);
    bool has = self != NULL && len >= 0 && has_tickets(&o->settings)
        && (encrypt || !is_13 || wolf_session_has_key_exchange(ssl));
    int ret = WOLFSSL_TICKET_RET_REJECT;
    *out_len = len;
    if (has) {
        ret = encrypt ? make_ticket(self, wolfSSL_GetRNG(ssl), name, iv, mac, ticket, len)
            : open_ticket(self, is_13, name, iv, mac, ticket, len);
    }
    if (!encrypt && !is_13 && ret == WOLFSSL_TICKET_RET_REJECT) {
        wolf_session_forget_ticket(ssl);
    }
    return ret;
}

static void ssl_context_free_ticket_keys(mp_obj_ssl_context_t *self) {
    lock_context(self);
    ticket_key_t *keys = self->ticket_keys;
    self->ticket_keys = NULL;
    unlock_context(self);
    if (keys != NULL) {
        wolf_wipe(keys, 2 * sizeof(*keys));
        XFREE(keys, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    }
}

#endif // HAS_TICKETS

#if HAS_SESSION_CACHE

// Take the cache of the context that wolfSSL's connection comes from; NULL if its client may not
// resume sessions. An allocation while it is used can collect garbage, and with it run Python code
// that changes the context: until give_cache(), the context has none, and is not locked. What
// another thread, without a GIL, looks for in the meantime is not found.
static wolf_cache_t *take_cache(WOLFSSL *ssl, mp_obj_ssl_context_t **self) {
    mp_obj_ssl_socket_t *o = SOCKET_FROM_USER(wolfSSL_GetIOReadCtx(ssl));
    if (o->context == NULL || !has_tickets(&o->settings)) {
        return NULL;
    }
    *self = o->context;
    lock_context(*self);
    wolf_cache_t *cache = (*self)->cache;
    if (cache != NULL) {
        (*self)->cache = NULL;
        (*self)->cache_replaced = false;
        (*self)->cache_cleared = false;
    }
    unlock_context(*self);
    return cache;
}

static void give_cache(mp_obj_ssl_context_t *self, wolf_cache_t *cache) {
    lock_context(self);
    if (self->cache_cleared) {
        wolf_cache_clear(cache);
    }
    if (self->cache == NULL && !self->cache_replaced) {
        self->cache = cache;
        cache = NULL;
    }
    unlock_context(self);
    wolf_cache_free(cache);
}

// Called by wolfSSL at the end of a full handshake.
static int new_session_cb(WOLFSSL *ssl, WOLFSSL_SESSION *session) {
    mp_obj_ssl_context_t *self;
    wolf_cache_t *cache = take_cache(ssl, &self);
    if (cache != NULL) {
        wolf_cache_add(cache, ssl, session);
        give_cache(self, cache);
    }
    return 0; // the session stays wolfSSL's
}

// Called by wolfSSL when a client offers an id.
static WOLFSSL_SESSION *get_session_cb(WOLFSSL *ssl, const unsigned char *id, int len,
    int *keep) {
    *keep = 0; // wolfSSL frees it
    mp_obj_ssl_context_t *self;
    wolf_cache_t *cache = take_cache(ssl, &self);
    WOLFSSL_SESSION *session = NULL;
    if (cache != NULL) {
        session = wolf_cache_find(cache, ssl, id, len);
        give_cache(self, cache);
    }
    return session;
}

static void forget_session(mp_obj_ssl_socket_t *o) {
    mp_obj_ssl_context_t *self;
    wolf_cache_t *cache = o->ssl != NULL ? take_cache(o->ssl, &self) : NULL;
    if (cache != NULL) {
        wolf_cache_forget(cache, o->ssl);
        give_cache(self, cache);
    }
}

static void ssl_context_set_cache(mp_obj_ssl_context_t *self, wolf_cache_t *cache) {
    lock_context(self);
    wolf_cache_t *old = self->cache;
    self->cache = cache;
    self->cache_size = wolf_cache_size(cache);
    self->cache_replaced = true;
    unlock_context(self);
    wolf_cache_free(old);
}

// SSLContext.session_cache_size. The new cache is empty.
static void ssl_context_set_cache_size(mp_obj_ssl_context_t *self, mp_int_t size) {
    if (self->settings.protocol != PROTOCOL_TLS_SERVER) {
        mp_raise_ValueError(MP_ERROR_TEXT("session_cache_size is for a TLS server"));
    }
    if (size < 0 || size > MAX_SESSION_CACHE) {
        mp_raise_ValueError(MP_ERROR_TEXT("session_cache_size must be 0 to 4096"));
    }
    wolf_cache_t *cache = NULL;
    if (size > 0) {
        wolf_alloc_begin();
        cache = wolf_cache_new(size);
        if (cache == NULL) {
            wolf_raise_error(MEMORY_E);
        }
    }
    ssl_context_set_cache(self, cache);
}

#endif // HAS_SESSION_CACHE

// Returns WOLFSSL_SUCCESS or one of wolfSSL's numbers.
static int configure_sessions(const settings_t *settings, WOLFSSL_CTX *ctx) {
    // wolfSSL's own cache would outlive a soft reset.
    if (wolfSSL_CTX_set_session_cache_mode(ctx, WOLFSSL_SESS_CACHE_NO_INTERNAL)
        != WOLFSSL_SUCCESS) {
        return BAD_STATE_E;
    }
    #if defined(WOLFSSL_TLS13) && LIBWOLFSSL_VERSION_HEX >= 0x05007000
    // 5.5: see wolf_session_resumed().
    if (!is_dtls(settings)) {
        int ret = wolfSSL_CTX_only_dhe_psk(ctx);
        if (ret != 0) {
            return ret;
        }
    }
    #endif
    (void)settings;
    int ret = wolfSSL_CTX_set_timeout(ctx, SESSION_LIFETIME);
    #if HAS_TICKETS
    if (ret == WOLFSSL_SUCCESS && settings->protocol == PROTOCOL_TLS_SERVER) {
        ret = wolfSSL_CTX_set_TicketEncCb(ctx, ticket_cb);
        if (ret == WOLFSSL_SUCCESS) {
            ret = wolfSSL_CTX_set_TicketHint(ctx, TICKET_KEY_ISSUES_MS / 1000);
        }
        #if HAS_SESSION_CACHE
        wolfSSL_CTX_sess_set_new_cb(ctx, new_session_cb);
        wolfSSL_CTX_sess_set_get_cb(ctx, get_session_cb);
        #endif
    }
    #endif
    return ret;
}

// Ask a server for sessions, and to resume one: the given one, or the context's. Returns 0, even
// if the session can't be used, or one of wolfSSL's numbers.
static int set_up_session(mp_obj_ssl_socket_t *o, mp_obj_ssl_context_t *ssl_context,
    mp_obj_t session) {
    #if HAS_TICKETS
    if (o->settings.protocol == PROTOCOL_TLS_SERVER) {
        o->context = ssl_context;
        return set_up_tickets(o);
    }
    #endif
    if (!has_sessions(&o->settings)) {
        return 0;
    }
    #ifndef WOLFSSL_NO_TLS12
    if (wolfSSL_UseSessionTicket(o->ssl) != WOLFSSL_SUCCESS) {
        return MEMORY_E;
    }
    #endif
    bool is_given = session != mp_const_none;
    if (!is_given) {
        session = ssl_context->session;
    }
    if (session == mp_const_none) {
        return 0;
    }
    byte binding[WOLF_SESSION_BINDING];
    int ret = bind_session(o, binding);
    if (ret != 0) {
        return ret;
    }
    const mp_obj_ssl_session_t *s = MP_OBJ_TO_PTR(session);
    ret = wolf_session_import(o->ssl, s->data, s->len, binding, &o->session);
    if (ret <= 0) {
        return ret;
    }
    o->session_offered = true;
    if (!is_given) {
        ssl_context->session = mp_const_none;
    }
    return 0;
}

// At the end of a handshake: what the session can be relied on for. Returns 0 or one of wolfSSL's
// numbers.
static int note_session(mp_obj_ssl_socket_t *o) {
    if (!is_client(&o->settings)) {
        return 0;
    }
    if (wolfSSL_session_reused(o->ssl)) {
        // No certificate was seen: there must be a session for which one was.
        int ret = o->session_offered ? wolf_session_resumed(o->ssl, &o->session) : BAD_STATE_E;
        #if MICROPY_WOLFSSL_PINS
        o->pinned = ret == 0; // that session is bound to the pins
        #endif
        #if OCSP_STAPLING
        o->is_good = ret == 0; // and to this
        #endif
        return ret;
    }
    if (o->session_offered && o->settings.authmode == CERT_REQUIRED && o->peer_cert.data == NULL) {
        return NO_PEER_CERT;
    }
    o->session.verified = XTIME(NULL);
    o->session.limit = o->settings.authmode == CERT_NONE ? INT64_MAX : o->cert_limit;
    if (o->session_offered && !is_version_13(o->ssl)) {
        // The ticket may still be the old one, without its secret. And a client that offers a
        // session of TLS 1.2 does not offer TLS 1.3: the next handshake must.
        o->session.limit = 0;
    }
    return 0;
}

static bool is_connected(const mp_obj_ssl_socket_t *o) {
    return o->ssl != NULL && o->connected;
}

// SSLSocket.session
static mp_obj_t ssl_socket_get_session(mp_obj_ssl_socket_t *o) {
    if (!has_sessions(&o->settings) || is_handshake_elsewhere(o)) {
        return mp_const_none;
    }
    byte binding[WOLF_SESSION_BINDING];
    byte *data = NULL;
    size_t len = 0;
    int err = 0;
    bool locked = lock_to_look(o);
    if (is_connected(o) && o->session.limit > 0) {
        err = bind_session(o, binding);
        if (err == 0) {
            data = wolf_session_export(o->ssl, binding, &o->session, &len, &err);
        }
    }
    unlock_after_look(o, locked);
    if (err != 0) {
        wolf_raise_error(err);
    }
    if (data == NULL) {
        return mp_const_none;
    }
    mp_obj_t session = MP_OBJ_NULL;
    nlr_buf_t nlr;
    bool failed = nlr_push(&nlr) != 0;
    if (!failed) {
        session = ssl_session_new(data, len);
        nlr_pop();
    }
    wolf_wipe(data, len);
    XFREE(data, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    if (failed) {
        nlr_jump(nlr.ret_val);
    }
    return session;
}

// SSLSocket.session_reused
static mp_obj_t ssl_socket_get_session_reused(mp_obj_ssl_socket_t *o) {
    if (is_handshake_elsewhere(o)) {
        return mp_const_none;
    }
    bool locked = lock_to_look(o);
    mp_obj_t reused = !is_connected(o) ? mp_const_none
        : mp_obj_new_bool(wolfSSL_session_reused(o->ssl));
    unlock_after_look(o, locked);
    return reused;
}

#endif // HAVE_SESSION_TICKET

// Forget what clients could resume, because the context's certificate or cipher suites change:
// wolfSSL resumes a session of TLS 1.2 with a cipher suite that was removed meanwhile.
static void ssl_context_forget_sessions(mp_obj_ssl_context_t *self) {
    #if HAS_TICKETS
    ssl_context_free_ticket_keys(self);
    #endif
    #if HAS_SESSION_CACHE
    lock_context(self);
    wolf_cache_clear(self->cache);
    self->cache_cleared = true;
    unlock_context(self);
    #else
    (void)self;
    #endif
}

#if KEY_LOG

// open(filename, "ab"), as CPython does: programs can share a file; write(line) if there is
// one; close()
static void append_to_file(mp_obj_t filename, mp_obj_t line) {
    mp_obj_t args[2] = { filename, MP_OBJ_NEW_QSTR(MP_QSTR_ab) };
    mp_obj_t file = mp_call_function_n_kw(MP_OBJ_FROM_PTR(&mp_builtin_open_obj), 2, 0, args);
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        close_file(file);
        nlr_jump(nlr.ret_val);
    }
    if (line != MP_OBJ_NULL) {
        mp_obj_t dest[3];
        mp_load_method(file, MP_QSTR_write, dest);
        dest[2] = line;
        mp_call_method_n_kw(1, 0, dest);
    }
    nlr_pop();
    close_file(file);
}

static void add_hex(vstr_t *vstr, const byte *data, size_t len) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; ++i) {
        vstr_add_byte(vstr, digits[data[i] >> 4]);
        vstr_add_byte(vstr, digits[data[i] & 15]);
    }
}

// Write a line in the format of NSS: label, client's random, secret.
static void log_secret(mp_obj_ssl_socket_t *o, const char *label, const byte *secret, size_t len) {
    bool no_memory = wolf_alloc_failed();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        keep_exception(o, nlr.ret_val);
        wolf_alloc_restore(no_memory);
        return;
    }
    byte random[32];
    size_t random_len = wolfSSL_get_client_random(o->ssl, random, sizeof(random));
    vstr_t vstr;
    vstr_init(&vstr, 200);
    vstr_add_str(&vstr, label);
    vstr_add_byte(&vstr, ' ');
    add_hex(&vstr, random, MIN(random_len, sizeof(random)));
    vstr_add_byte(&vstr, ' ');
    add_hex(&vstr, secret, len);
    if (o->settings.keylog_callback != mp_const_none) {
        mp_call_function_1(o->settings.keylog_callback, mp_obj_new_str(vstr.buf, vstr.len));
    }
    if (o->settings.keylog_filename != mp_const_none) {
        vstr_add_byte(&vstr, '\n');
        append_to_file(o->settings.keylog_filename,
            mp_obj_new_bytes((const byte *)vstr.buf, vstr.len));
    }
    vstr_clear(&vstr);
    nlr_pop();
    wolf_alloc_restore(no_memory);
}

#ifdef WOLFSSL_TLS13
static int tls13_secret_cb(WOLFSSL *ssl, int id, const unsigned char *secret, int len,
    void *user) {
    (void)ssl;
    static const char *const labels[] = {
        [CLIENT_HANDSHAKE_TRAFFIC_SECRET] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        [SERVER_HANDSHAKE_TRAFFIC_SECRET] = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        [CLIENT_TRAFFIC_SECRET] = "CLIENT_TRAFFIC_SECRET_0",
        [SERVER_TRAFFIC_SECRET] = "SERVER_TRAFFIC_SECRET_0",
        [EXPORTER_SECRET] = "EXPORTER_SECRET",
    };
    if (id >= 0 && (size_t)id < MP_ARRAY_SIZE(labels) && labels[id] != NULL) {
        log_secret(SOCKET_FROM_USER(user), labels[id], secret, len);
    }
    return 0;
}
#endif

#if LIBWOLFSSL_VERSION_HEX >= 0x05007002
static int secret_cb(WOLFSSL *ssl, void *secret, int len, void *user) {
    (void)ssl;
    log_secret(SOCKET_FROM_USER(user), "CLIENT_RANDOM", secret, len);
    return 0;
}
#endif

// Returns 0 or one of wolfSSL's numbers.
static int set_up_key_log(mp_obj_ssl_socket_t *o) {
    int ret = WOLFSSL_SUCCESS;
    if (o->settings.keylog_filename == mp_const_none
        && o->settings.keylog_callback == mp_const_none) {
        return 0;
    }
    #if LIBWOLFSSL_VERSION_HEX >= 0x05007002
    ret = wolfSSL_set_secret_cb(o->ssl, secret_cb, SOCKET_TO_USER(o));
    #endif
    #ifdef WOLFSSL_TLS13
    if (ret == WOLFSSL_SUCCESS) {
        ret = wolfSSL_set_tls13_secret_cb(o->ssl, tls13_secret_cb, SOCKET_TO_USER(o));
    }
    #endif
    return ret == WOLFSSL_SUCCESS ? 0 : BAD_STATE_E;
}

#endif // KEY_LOG

/******************************************************************************/
// SSLContext type.

// Once is enough, even across soft resets: the library itself allocates no memory, see
// wolf_alloc.c. It is never cleaned up, because other threads may be about to use it.
static void library_init(void) {
    static bool done;
    // Two threads may come here at once, and wolfSSL makes its locks here. Before MicroPython 1.26
    // the heap's lock is not recursive.
    #if CONTEXT_HAS_LOCK && WOLF_MP_AT_LEAST(26)
    mp_thread_recursive_mutex_lock(&MP_STATE_MEM(gc_mutex), 1);
    #endif
    int ret = done ? WOLFSSL_SUCCESS : wolfSSL_Init();
    done = ret == WOLFSSL_SUCCESS;
    #if CONTEXT_HAS_LOCK && WOLF_MP_AT_LEAST(26)
    mp_thread_recursive_mutex_unlock(&MP_STATE_MEM(gc_mutex));
    #endif
    if (ret != WOLFSSL_SUCCESS) {
        wolf_raise_error(ret);
    }
}

// Install a new WOLFSSL_CTX, or none. Sessions hold their own references to the one that they
// began with: they may be finalised before or after their context.
static void ssl_context_set_ctx(mp_obj_ssl_context_t *self, WOLFSSL_CTX *ctx) {
    lock_context(self);
    WOLFSSL_CTX *old = self->ctx;
    self->ctx = ctx;
    unlock_context(self);
    if (old != NULL) {
        wolfSSL_CTX_free(old);
    }
}

#if DTLS_HAS_TWO_VERSIONS
// Keep a key and its certificates, which the context owns from now on.
static void ssl_context_keep_key(mp_obj_ssl_context_t *self, blob_t key, blob_t cert) {
    lock_context(self);
    blob_t old_key = self->key, old_cert = self->cert;
    self->key = key;
    self->cert = cert;
    unlock_context(self);
    blob_free(&old_key);
    blob_free(&old_cert);
}
#endif

static WOLFSSL_METHOD *ssl_context_method(mp_int_t protocol, bool tls12_only) {
    #if DTLS_HAS_TWO_VERSIONS
    if (tls12_only && protocol == PROTOCOL_DTLS_CLIENT) {
        return wolfDTLSv1_2_client_method();
    }
    #if HAS_SERVER
    if (tls12_only && protocol == PROTOCOL_DTLS_SERVER) {
        return wolfDTLSv1_2_server_method();
    }
    #endif
    #else
    (void)tls12_only;
    #endif
    switch (protocol) {
        case PROTOCOL_TLS_CLIENT:
            return wolfSSLv23_client_method();
        #if HAS_SERVER
        case PROTOCOL_TLS_SERVER:
            return wolfSSLv23_server_method();
        #endif
        #ifdef WOLFSSL_DTLS
        case PROTOCOL_DTLS_CLIENT:
            return wolfDTLS_client_method();
        #if HAS_SERVER
        case PROTOCOL_DTLS_SERVER:
            return wolfDTLS_server_method();
        #endif
        #endif
        default:
            return NULL;
    }
}

#ifdef HAVE_SUPPORTED_CURVES
// A client's groups for the key exchange, in the order of preference. By default wolfSSL puts the
// longest first, which takes several times as long.
static const word16 client_groups[] = {
    #if POST_QUANTUM
    WOLFSSL_X25519MLKEM768, // see offer_key_shares()
    #endif
    WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP384R1, WOLFSSL_ECC_SECP521R1,
};
#endif

#if OCSP_STAPLING
static int enable_ocsp(WOLFSSL_CTX *ctx) {
    wolfSSL_CTX_set_ocsp_status_verify_cb(ctx, ocsp_status_cb, NULL);
    int ret = wolfSSL_CTX_EnableOCSPStapling(ctx);
    return ret == 0 ? MEMORY_E : ret; // 0: no mutex
}
#endif

static int ssl_context_configure(const mp_obj_ssl_context_t *self, WOLFSSL_CTX *ctx) {
    const settings_t *settings = &self->settings;
    wolfSSL_CTX_SetIORecv(ctx, socket_recv_cb);
    wolfSSL_CTX_SetIOSend(ctx, socket_send_cb);
    #if ECDSA_SIGN_CALLBACK
    wolfSSL_CTX_SetEccVerifyCb(ctx, ecc_verify_cb);
    if (ssl_context_has_sign_callback(settings)) {
        wolfSSL_CTX_SetEccSignCb(ctx, ecdsa_sign_cb);
    }
    #endif
    #if PRE_SHARED_KEYS
    if (!is_client(settings) && has_server_psk(settings)) {
        wolfSSL_CTX_set_psk_server_callback(ctx, psk_server_cb);
    }
    #endif
    int min_version = is_dtls(settings) ? WOLFSSL_DTLSV1_2 : TLS_MIN_VERSION;
    int ret = wolfSSL_CTX_SetMinVersion(ctx, min_version);
    if (ret != WOLFSSL_SUCCESS) {
        return ret;
    }
    #if PSK_TLS13
    // Not without forward secrecy. (A context without version 1.3 says that it can't.)
    (void)wolfSSL_CTX_only_dhe_psk(ctx);
    #endif
    #ifdef HAVE_SUPPORTED_CURVES
    if (is_client(settings)) {
        for (size_t i = POST_QUANTUM; i < MP_ARRAY_SIZE(client_groups); ++i) {
            // A group that the settings leave out is not an error.
            ret = wolfSSL_CTX_UseSupportedCurve(ctx, client_groups[i]);
            if (ret == MEMORY_E) {
                return ret;
            }
        }
    }
    #endif
    #ifdef HAVE_SESSION_TICKET
    ret = configure_sessions(settings, ctx);
    if (ret != WOLFSSL_SUCCESS) {
        return ret;
    }
    #endif
    #if OCSP_STAPLING
    if (settings->ocsp != OCSP_OFF) {
        ret = enable_ocsp(ctx);
        if (ret != WOLFSSL_SUCCESS) {
            return ret;
        }
    }
    #endif
    // A flight is sent with one write, so that nothing waits for Nagle's algorithm and the peer's
    // delayed acknowledgement.
    return wolfSSL_CTX_set_group_messages(ctx);
}

// Make a WOLFSSL_CTX without certificates, or raise an exception.
static WOLFSSL_CTX *ssl_context_make(const mp_obj_ssl_context_t *self) {
    const settings_t *settings = &self->settings;
    WOLFSSL_METHOD *method = ssl_context_method(settings->protocol, settings->tls12_only);
    if (method == NULL) {
        // Either this protocol is not compiled in, or there is no memory for it.
        if (!wolf_alloc_failed()) {
            mp_raise_NotImplementedError(MP_ERROR_TEXT("protocol not in this firmware"));
        }
        wolf_raise_error(MEMORY_E);
    }
    WOLFSSL_CTX *ctx = wolfSSL_CTX_new(method);
    if (ctx == NULL) {
        wolf_raise_error(MEMORY_E);
    }
    int ret = ssl_context_configure(self, ctx);
    if (ret != WOLFSSL_SUCCESS) {
        wolfSSL_CTX_free(ctx);
        wolf_raise_error(ret);
    }
    return ctx;
}

static void ssl_context_set_authmode(mp_obj_ssl_context_t *self, mp_int_t authmode) {
    if (authmode < CERT_NONE || authmode > CERT_REQUIRED) {
        mp_raise_ValueError(MP_ERROR_TEXT("verify_mode"));
    }
    self->settings.authmode = authmode;
}

static mp_obj_t ssl_context_new(const mp_obj_type_t *type, mp_int_t protocol, mp_int_t authmode) {
    if (protocol < PROTOCOL_TLS_CLIENT || protocol > PROTOCOL_DTLS_SERVER) {
        mp_raise_ValueError(MP_ERROR_TEXT("protocol"));
    }

    mp_obj_ssl_context_t *self = wolf_obj_malloc_finalised(mp_obj_ssl_context_t, type);
    memset((byte *)self + sizeof(self->base), 0, sizeof(*self) - sizeof(self->base));
    #if CONTEXT_HAS_LOCK
    mp_thread_mutex_init(&self->lock);
    #endif
    settings_t *settings = &self->settings;
    settings->anchors = mp_const_empty_tuple;
    settings->ciphers = MP_OBJ_NULL;
    settings->verify_callback = mp_const_none;
    #if KEY_LOG
    settings->keylog_filename = mp_const_none;
    settings->keylog_callback = mp_const_none;
    #endif
    #if MICROPY_WOLFSSL_PINS
    settings->pins = mp_const_none;
    #endif
    #ifdef HAVE_ALPN
    settings->alpn = MP_OBJ_NULL;
    #endif
    #ifdef HAVE_SESSION_TICKET
    settings->own_cert = MP_OBJ_NULL;
    self->session = mp_const_none;
    #endif
    #if ECDSA_SIGN_CALLBACK
    settings->ecdsa_sign_callback = mp_const_none;
    #endif
    #if PRE_SHARED_KEYS
    settings->psk_identity = mp_const_none;
    settings->psk_key = mp_const_none;
    settings->server_psk_keys = mp_const_none;
    settings->psk_callback = mp_const_none;
    settings->psk_hint = mp_const_none;
    #endif
    settings->protocol = protocol;
    settings->suppress_ragged_eofs = !MICROPY_WOLFSSL_SECURE_DEFAULTS;
    ssl_context_set_authmode(self, authmode);

    wolf_alloc_begin();
    library_init();
    self->ctx = ssl_context_make(self);
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_ssl_context_t *ssl_context_get(mp_obj_t self_in) {
    mp_obj_ssl_context_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->ctx == NULL) {
        mp_raise_OSError(MP_EBADF);
    }
    wolf_alloc_begin();
    return self;
}

// The ssl module's SSLContext: nothing is verified unless requested, and a str is a path.
static mp_obj_t ssl_context_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    mp_int_t protocol = mp_obj_get_int(args[0]);
    bool required = MICROPY_WOLFSSL_SECURE_DEFAULTS && !(protocol & ENDPOINT_IS_SERVER);
    return ssl_context_new(type, protocol, required ? CERT_REQUIRED : CERT_NONE);
}

#if WOLF_FINALISER
static mp_obj_t ssl_context___del__(mp_obj_t self_in) {
    mp_obj_ssl_context_t *self = MP_OBJ_TO_PTR(self_in);
    ssl_context_set_ctx(self, NULL);
    #if HAS_TICKETS
    ssl_context_free_ticket_keys(self);
    #endif
    #if HAS_SESSION_CACHE
    ssl_context_set_cache(self, NULL);
    #endif
    #if DTLS_HAS_TWO_VERSIONS
    ssl_context_keep_key(self, (blob_t) {0}, (blob_t) {0});
    #endif
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(ssl_context___del___obj, ssl_context___del__);
#endif

// SSLContext.get_ciphers()
static mp_obj_t ssl_context_get_ciphers(mp_obj_t self_in) {
    (void)self_in;
    mp_obj_t list = mp_obj_new_list(0, NULL);
    const char *own;
    for (int i = 0; (own = wolfSSL_get_cipher_list(i)) != NULL; ++i) {
        byte suite0, suite;
        int flags;
        if (wolfSSL_get_cipher_suite_from_name(own, &suite0, &suite, &flags) == 0) {
            mp_obj_list_append(list, cipher_name(suite0, suite));
        }
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_1(ssl_context_get_ciphers_obj, ssl_context_get_ciphers);

// The kind of a private key.
typedef enum {
    KEY_NONE, // not of a kind that wolfSSL knows
    KEY_ECC,
    KEY_OTHER,
} key_kind_t;

// A public point of an ECC key, uncompressed.
#ifdef HAVE_ECC
#define POINT_LEN (1 + 2 * MAX_ECC_BYTES)
#else
#define POINT_LEN (1)
#endif
#if LIBWOLFSSL_VERSION_HEX >= 0x05007000
#define ECC_PRIVATE(key) wc_ecc_key_get_priv(key)
#else
#define ECC_PRIVATE(key) (&(key)->k)
#endif
typedef struct _point_t {
    byte data[POINT_LEN];
    word32 len; // 0 if there is none
} point_t;

// What kind of key der is, of any size, and the point that goes with an ECC key.
static key_kind_t private_key_kind(const byte *der, word32 len, point_t *point) {
    // Too large for the stack of a microcontroller.
    union {
        #ifndef NO_RSA
        RsaKey rsa;
        #endif
        #ifdef HAVE_ECC
        ecc_key ecc;
        #endif
        #ifdef HAVE_ED25519
        ed25519_key ed25519;
        #endif
    } *key = XMALLOC(sizeof(*key), NULL, DYNAMIC_TYPE_TMP_BUFFER);
    if (key == NULL) {
        return KEY_NONE;
    }
    word32 idx;
    int ret = ASN_PARSE_E;
    key_kind_t kind = KEY_OTHER;

    #if !defined(NO_RSA) && !defined(WOLFSSL_RSA_PUBLIC_ONLY)
    if (wc_InitRsaKey(&key->rsa, NULL) == 0) {
        idx = 0;
        ret = wc_RsaPrivateKeyDecode(der, &idx, &key->rsa, len);
        wc_FreeRsaKey(&key->rsa);
    }
    #endif
    #ifdef HAVE_ECC
    if (ret != 0 && wc_ecc_init(&key->ecc) == 0) {
        idx = 0;
        ret = wc_EccPrivateKeyDecode(der, &idx, &key->ecc, len);
        // NOTE(mpwolf): wolfSSL (5.5 to 5.9) takes a number that is longer than the curve's, and
        // then writes it outside its buffer (wc_export_int in wolfmath.c).
        if (ret == 0
            && mp_unsigned_bin_size(ECC_PRIVATE(&key->ecc)) > wc_ecc_size(&key->ecc)) {
            ret = ASN_PARSE_E;
        }
        if (ret == 0) {
            kind = KEY_ECC;
            point->len = sizeof(point->data);
            // What der itself says about the point may be wrong.
            if (wc_ecc_make_pub(&key->ecc, NULL) != 0
                || wc_ecc_export_x963(&key->ecc, point->data, &point->len) != 0) {
                point->len = 0;
            }
        }
        wc_ecc_free(&key->ecc);
    }
    #endif
    #ifdef HAVE_ED25519
    if (ret != 0 && wc_ed25519_init(&key->ed25519) == 0) {
        idx = 0;
        ret = wc_Ed25519PrivateKeyDecode(der, &idx, &key->ed25519, len);
        wc_ed25519_free(&key->ed25519);
    }
    #endif
    wolf_wipe(key, sizeof(*key));
    XFREE(key, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    return ret == 0 ? kind : KEY_NONE;
}

// Check a key by itself, so that its errors are reported before those of the certificate.
static key_kind_t check_key(const mp_buffer_info_t *bufinfo, point_t *point) {
    point->len = 0;
    #ifdef WOLFSSL_PEM_TO_DER
    if (!is_pem(bufinfo)) {
        return private_key_kind(bufinfo->buf, bufinfo->len, point);
    }
    // DER is shorter than the PEM that holds it.
    byte *der = XMALLOC(bufinfo->len, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    if (der == NULL) {
        return KEY_NONE;
    }
    int len = wc_KeyPemToDer(bufinfo->buf, bufinfo->len, der, bufinfo->len, NULL);
    key_kind_t kind = len > 0 ? private_key_kind(der, len, point) : KEY_NONE;
    wolf_wipe(der, bufinfo->len);
    XFREE(der, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    return kind;
    #else
    return private_key_kind(bufinfo->buf, bufinfo->len, point);
    #endif
}

// Load a key and its certificates into a new WOLFSSL_CTX. Returns 0, or wolfSSL's number, -1 for
// the certificate's.
static int load_key(WOLFSSL_CTX *ctx, const mp_buffer_info_t *key,
    const mp_buffer_info_t *cert, bool *fits) {
    int ret = wolfSSL_CTX_use_certificate_chain_buffer_format(ctx, cert->buf, cert->len,
        format_of(cert));
    if (ret != WOLFSSL_SUCCESS) {
        return -1;
    }
    ret = wolfSSL_CTX_use_PrivateKey_buffer(ctx, key->buf, key->len, format_of(key));
    if (ret != WOLFSSL_SUCCESS) {
        return ret;
    }
    *fits = wolfSSL_CTX_check_private_key(ctx) == WOLFSSL_SUCCESS;
    return 0;
}

// Whether a certificate, the first of those given, has an ECC key. wolfSSL checks that only with
// some settings.
static bool is_cert_of(const mp_buffer_info_t *bufinfo, const point_t *point) {
    wolf_span_t der = { bufinfo->buf, bufinfo->len };
    wolf_span_t in = der, contents;
    byte *copy = NULL;
    #ifdef WOLFSSL_PEM_TO_DER
    if (is_pem(bufinfo)) {
        // DER is shorter than the PEM that holds it.
        copy = XMALLOC(bufinfo->len, NULL, DYNAMIC_TYPE_TMP_BUFFER);
        int len = copy == NULL ? 0
            : wc_CertPemToDer(bufinfo->buf, bufinfo->len, copy, bufinfo->len, CERT_TYPE);
        der.p = copy;
        der.len = len > 0 ? len : 0;
    } else
    #endif
    if (wolf_der_get(&in, 0x30, &contents)) {
        der.len = in.p - der.p;
    }
    wolf_cert_t cert;
    bool same = der.len > 0 && wolf_cert_read(&cert, der.p, der.len)
        && wolf_cert_has_point(&cert, point->data, point->len);
    XFREE(copy, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    return same;
}

// Take a key and certificates: in the end the context either has them or is unchanged.
static void ssl_context_take_key(mp_obj_ssl_context_t *self, const mp_buffer_info_t *key,
    key_kind_t kind, const point_t *point, const mp_buffer_info_t *cert) {
    WOLFSSL_CTX *ctx = ssl_context_make(self);
    bool fits = false;
    int ret = load_key(ctx, key, cert, &fits);
    fits = fits && (point->len == 0 || is_cert_of(cert, point));
    bool may_not_fit = ECDSA_SIGN_CALLBACK && kind == KEY_ECC;
    if (ret != 0 || wolf_alloc_failed() || (!fits && !may_not_fit)) {
        wolfSSL_CTX_free(ctx);
        if (ret < -1) {
            wolf_raise_error(ret);
        }
        raise_invalid(ret != 0 ? MP_ERROR_TEXT("invalid cert")
            : MP_ERROR_TEXT("key does not fit the cert"));
    }
    #if DTLS_HAS_TWO_VERSIONS
    if (is_dtls(&self->settings)) {
        blob_t key_copy = {0}, cert_copy = {0};
        if (!blob_set(&key_copy, key->buf, key->len)
            || !blob_set(&cert_copy, cert->buf, cert->len)) {
            blob_free(&key_copy);
            wolfSSL_CTX_free(ctx);
            wolf_raise_error(MEMORY_E);
        }
        ssl_context_keep_key(self, key_copy, cert_copy);
    }
    #endif
    self->has_key = true;
    self->key_fits = fits;
    ssl_context_forget_sessions(self);
    #if PRE_SHARED_KEYS
    if (self->settings.psk_only) {
        // No session may use them.
        wolfSSL_CTX_free(ctx);
        return;
    }
    #endif
    ssl_context_set_ctx(self, ctx);
}

// Overwrite what was read from a file. (An empty object is a constant.)
static void wipe_source(bool is_ours, mp_obj_t data) {
    mp_buffer_info_t bufinfo;
    if (is_ours && mp_get_buffer(data, &bufinfo, MP_BUFFER_READ) && bufinfo.len > 0) {
        wolf_wipe(bufinfo.buf, bufinfo.len);
    }
}

static void ssl_context_load_key(mp_obj_ssl_context_t *self, mp_obj_t key_obj, mp_obj_t cert_obj,
    source_t source) {
    if (!HAS_CLIENT_CERTS && (!HAS_SERVER || is_client(&self->settings))) {
        mp_raise_NotImplementedError(MP_ERROR_TEXT("no client certificates in this firmware"));
    }
    // Files first: what Python code may change is examined after it has run.
    bool key_is_ours, cert_is_ours;
    mp_obj_t key_data = get_source(key_obj, source, &key_is_ours);
    mp_buffer_info_t key, cert;
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        wipe_source(key_is_ours, key_data);
        nlr_jump(nlr.ret_val);
    }
    cert_obj = get_source(cert_obj, source, &cert_is_ours);
    ssl_context_get(MP_OBJ_FROM_PTR(self));
    get_data(key_data, &key);
    point_t point;
    key_kind_t kind = check_key(&key, &point);
    if (kind == KEY_NONE) {
        raise_invalid(MP_ERROR_TEXT("invalid key"));
    }
    get_data(cert_obj, &cert);
    #ifdef HAVE_SESSION_TICKET
    mp_obj_t own_cert = hash_own_cert(&cert);
    #endif
    ssl_context_take_key(self, &key, kind, &point, &cert);
    #ifdef HAVE_SESSION_TICKET
    self->settings.own_cert = own_cert;
    #endif
    nlr_pop();
    wipe_source(key_is_ours, key_data);
}

#if DTLS_HAS_TWO_VERSIONS
static bool ssl_context_is_psk_only(const mp_obj_ssl_context_t *self) {
    #if PRE_SHARED_KEYS
    return self->settings.psk_only;
    #else
    (void)self;
    return false;
    #endif
}

// Load the key that a DTLS context keeps into a new WOLFSSL_CTX. Returns 0, or wolfSSL's number,
// -1 for the certificate's. An allocation can collect garbage, and with it run Python code that
// loads another key, which must not free this one.
static int ssl_context_load_again(mp_obj_ssl_context_t *self, WOLFSSL_CTX *ctx) {
    lock_context(self);
    blob_t key_blob = self->key, cert_blob = self->cert;
    self->key = (blob_t) {0};
    self->cert = (blob_t) {0};
    unlock_context(self);
    mp_buffer_info_t key = { .buf = key_blob.data, .len = key_blob.len };
    mp_buffer_info_t cert = { .buf = cert_blob.data, .len = cert_blob.len };
    bool fits = false;
    int ret = key.buf != NULL && cert.buf != NULL ? load_key(ctx, &key, &cert, &fits)
        : BAD_STATE_E;
    lock_context(self);
    bool replaced = self->key.data != NULL || self->ctx == NULL;
    if (!replaced) {
        self->key = key_blob;
        self->cert = cert_blob;
        if (ret == 0) {
            self->key_fits = fits;
        }
    }
    unlock_context(self);
    if (replaced) {
        blob_free(&key_blob);
        blob_free(&cert_blob);
        ret = BAD_STATE_E;
    }
    return ret;
}

// Make a DTLS context use only 1.2, or also 1.3: wolfSSL's context is re-created for that.
static void ssl_context_set_versions(mp_obj_ssl_context_t *self, bool tls12_only) {
    if (!is_dtls(&self->settings) || self->settings.tls12_only == tls12_only) {
        return;
    }
    self->settings.tls12_only = tls12_only;
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        self->settings.tls12_only = !tls12_only;
        nlr_jump(nlr.ret_val);
    }
    WOLFSSL_CTX *ctx = ssl_context_make(self);
    nlr_pop();
    if (self->has_key && !ssl_context_is_psk_only(self)) {
        int ret = ssl_context_load_again(self, ctx);
        if (ret != 0 || wolf_alloc_failed()) {
            wolfSSL_CTX_free(ctx);
            self->settings.tls12_only = !tls12_only;
            wolf_raise_error(ret < -1 ? ret : MEMORY_E);
        }
    }
    ssl_context_set_ctx(self, ctx);
}
#endif

// Add one of wolfSSL's own names to a list of them.
static void add_cipher(vstr_t *vstr, const char *own) {
    if (vstr->len > 0) {
        vstr_add_char(vstr, ':');
    }
    vstr_add_str(vstr, own);
}

// Use the cipher suites of a list, and clear it. To wolfSSL, an empty list means all.
static void ssl_context_use_ciphers(mp_obj_ssl_context_t *self, vstr_t *vstr, bool tls12_only) {
    if (vstr->len == 0) {
        wolf_raise_error(MATCH_SUITE_ERROR);
    }
    mp_obj_t ciphers = mp_obj_new_str(vstr->buf, vstr->len);
    vstr_clear(vstr);
    #if DTLS_HAS_TWO_VERSIONS
    // Otherwise both sides could agree on DTLS 1.3, and then on no cipher suite.
    ssl_context_set_versions(self, tls12_only);
    #endif
    self->settings.ciphers = ciphers;
    self->settings.tls12_only = tls12_only;
    ssl_context_forget_sessions(self);
}

// wolfSSL's own name for one of set_ciphers' names, which must be a cipher suite that the context
// can use.
static const char *get_cipher(const mp_obj_ssl_context_t *self, mp_obj_t name_obj) {
    size_t len;
    const char *name = mp_obj_str_get_data(name_obj, &len);
    const char *own = strlen(name) == len ? find_cipher(name) : NULL;
    #if PRE_SHARED_KEYS
    if (own != NULL && self->settings.psk_only && strstr(own, "PSK-") == NULL
        && (!PSK_TLS13 || self->settings.psk_callback == mp_const_none
            || strcmp(own, PSK_TLS13_CIPHER) != 0)) {
        own = NULL;
    }
    #endif
    (void)self;
    if (own == NULL) {
        wolf_raise_error(MATCH_SUITE_ERROR);
    }
    return own;
}

// SSLContext.set_ciphers(ciphersuite)
static mp_obj_t ssl_context_set_ciphers(mp_obj_t self_in, mp_obj_t ciphersuite) {
    mp_obj_ssl_context_t *self = ssl_context_get(self_in);

    // Check that ciphersuite is a list or tuple.
    size_t len = 0;
    mp_obj_t *ciphers;
    mp_obj_get_array(ciphersuite, &len, &ciphers);
    if (len == 0) {
        wolf_raise_error(BAD_FUNC_ARG);
    }

    // Join them in wolfSSL's own names, those of TLS 1.3 first. NOTE(mpwolf): a server with
    // wolfSSL 5.7 that agrees on TLS 1.3 takes the first one of any version, and then fails.
    vstr_t vstr;
    vstr_init(&vstr, 64);
    bool tls12_only = true;
    for (int of_tls13 = 1; of_tls13 >= 0; --of_tls13) {
        for (size_t i = 0; i < len; ++i) {
            const char *own = get_cipher(self, ciphers[i]);
            bool is_tls13 = strncmp(own, "TLS13-", 6) == 0;
            if (is_tls13 == (bool)of_tls13) {
                add_cipher(&vstr, own);
                tls12_only = tls12_only && !is_tls13;
            }
        }
    }

    ssl_context_use_ciphers(self, &vstr, tls12_only);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(ssl_context_set_ciphers_obj, ssl_context_set_ciphers);

#ifdef HAVE_ALPN
// SSLContext.set_alpn_protocols(alpn_protocols)
static mp_obj_t ssl_context_set_alpn_protocols(mp_obj_t self_in, mp_obj_t protocols_in) {
    mp_obj_ssl_context_t *self = ssl_context_get(self_in);
    size_t len;
    mp_obj_t *protocols;
    mp_obj_get_array(protocols_in, &len, &protocols);
    vstr_t vstr;
    vstr_init(&vstr, 16);
    for (size_t i = 0; i < len; ++i) {
        mp_buffer_info_t name;
        mp_get_buffer_raise(protocols[i], &name, MP_BUFFER_READ);
        // wolfSSL takes a list with commas, which ends at a NUL.
        if (name.len == 0 || name.len > 255 || memchr(name.buf, ',', name.len) != NULL
            || memchr(name.buf, 0, name.len) != NULL) {
            mp_raise_ValueError(MP_ERROR_TEXT("ALPN protocol"));
        }
        if (i > 0) {
            vstr_add_byte(&vstr, ',');
        }
        vstr_add_strn(&vstr, name.buf, name.len);
    }
    if (len > WOLFSSL_MAX_ALPN_NUMBER || vstr.len > MAX_ALPN_LIST) {
        mp_raise_ValueError(MP_ERROR_TEXT("too many ALPN protocols"));
    }
    self->settings.alpn = len == 0 ? MP_OBJ_NULL
        : mp_obj_new_bytes((const byte *)vstr.buf, vstr.len);
    vstr_clear(&vstr);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(ssl_context_set_alpn_protocols_obj,
    ssl_context_set_alpn_protocols);
#endif

#if TLS_HAS_TWO_VERSIONS
// Whether one of TLSVersion's numbers stands for TLS 1.3.
static bool is_version_1_3(const mp_obj_ssl_context_t *self, mp_obj_t version_in) {
    if (is_dtls(&self->settings)) {
        mp_raise_ValueError(MP_ERROR_TEXT("TLS version of a DTLS context"));
    }
    switch (mp_obj_get_int(version_in)) {
        case TLS_VERSION_MINIMUM_SUPPORTED:
        case TLS_VERSION_1_2:
            return false;
        case TLS_VERSION_MAXIMUM_SUPPORTED:
        case TLS_VERSION_1_3:
            return true;
        default:
            mp_raise_ValueError(MP_ERROR_TEXT("TLS version"));
    }
}
#endif

#ifdef HAVE_MAX_FRAGMENT
// RFC 6066, section 4.
static void ssl_context_set_max_fragment(mp_obj_ssl_context_t *self, mp_int_t size) {
    if (size != 0 && size != 512 && size != 1024 && size != 2048 && size != 4096) {
        mp_raise_ValueError(MP_ERROR_TEXT("max_fragment_length"));
    }
    self->settings.max_fragment = size;
}
#endif

#if PRE_SHARED_KEYS

// Offer and accept only cipher suites with pre-shared keys: a connection must not fall back to
// certificates, which may not even be verified. Those with a key exchange come first, for forward
// secrecy, and among them those with authenticated encryption. In TLS 1.3 a cipher suite says
// nothing about keys: there the context's own certificate is out of reach, and verify_callback()
// refuses the peer's.
static void ssl_context_restrict_to_psk(mp_obj_ssl_context_t *self, bool tls13) {
    vstr_t vstr;
    vstr_init(&vstr, 64);
    const char *own;
    #if PSK_TLS13
    for (int i = 0; tls13 && (own = wolfSSL_get_cipher_list(i)) != NULL; ++i) {
        if (strcmp(own, PSK_TLS13_CIPHER) == 0) {
            add_cipher(&vstr, own);
        }
    }
    #endif
    tls13 = vstr.len > 0;
    for (int rank = 0; rank < 4; ++rank) {
        for (int i = 0; (own = wolfSSL_get_cipher_list(i)) != NULL; ++i) {
            if (strstr(own, "PSK-") == NULL || strstr(own, "NULL") != NULL
                || (strstr(own, "DHE-PSK-") == NULL) * 2 + (strstr(own, "CBC") != NULL) != rank) {
                continue;
            }
            add_cipher(&vstr, own);
        }
    }
    bool was_psk_only = self->settings.psk_only;
    self->settings.psk_only = true;
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        self->settings.psk_only = was_psk_only;
        nlr_jump(nlr.ret_val);
    }
    if (self->has_key && !was_psk_only) {
        ssl_context_set_ctx(self, ssl_context_make(self));
    }
    ssl_context_use_ciphers(self, &vstr, !tls13);
    nlr_pop();
}

// Set up a client's key, as soon as it has both the identity and the key.
static void ssl_context_set_psk(mp_obj_ssl_context_t *self, mp_obj_t identity, mp_obj_t key) {
    if (identity != mp_const_none && key != mp_const_none) {
        mp_buffer_info_t id, k;
        mp_get_buffer_raise(identity, &id, MP_BUFFER_READ);
        mp_get_buffer_raise(key, &k, MP_BUFFER_READ);
        if (!get_psk_identity(identity, &id) || !get_psk_key(key, &k)) {
            wolf_raise_error(BAD_FUNC_ARG);
        }
        ssl_context_restrict_to_psk(self, false);
        self->settings.psk_callback = mp_const_none;
    }
    self->settings.psk_identity = identity;
    self->settings.psk_key = key;
}

// Without that wolfSSL makes no session for a server that has no certificate.
static void ssl_context_use_server_psk(mp_obj_ssl_context_t *self) {
    if (!is_client(&self->settings)) {
        lock_context(self);
        wolfSSL_CTX_set_psk_server_callback(self->ctx, psk_server_cb);
        unlock_context(self);
    }
}

static void ssl_context_set_server_psk(mp_obj_ssl_context_t *self, mp_obj_t keys) {
    ssl_context_restrict_to_psk(self, false);
    ssl_context_use_server_psk(self);
    self->settings.psk_callback = mp_const_none;
    self->settings.server_psk_keys = keys;
}

// Use a callback, which is not for the other side. With None, no connection succeeds.
static void ssl_context_set_psk_callback(mp_obj_ssl_context_t *self, mp_obj_t callback,
    bool client) {
    if (callback != mp_const_none && !mp_obj_is_callable(callback)) {
        mp_raise_TypeError(MP_ERROR_TEXT("callback"));
    }
    if (is_client(&self->settings) != client) {
        mp_raise_ValueError(MP_ERROR_TEXT("callback of the other side"));
    }
    ssl_context_restrict_to_psk(self, !is_dtls(&self->settings));
    self->settings.psk_identity = mp_const_none;
    self->settings.psk_key = mp_const_none;
    self->settings.server_psk_keys = mp_const_none;
    self->settings.psk_callback = callback;
}

// SSLContext.set_psk_client_callback(callback)
static mp_obj_t ssl_context_set_psk_client_callback(mp_obj_t self_in, mp_obj_t callback) {
    ssl_context_set_psk_callback(ssl_context_get(self_in), callback, true);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(ssl_context_set_psk_client_callback_obj,
    ssl_context_set_psk_client_callback);

// SSLContext.set_psk_server_callback(callback, identity_hint=None)
static mp_obj_t ssl_context_set_psk_server_callback(size_t n_args, const mp_obj_t *pos_args,
    mp_map_t *kw_args) {
    enum { ARG_callback, ARG_identity_hint };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_callback, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_identity_hint, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_obj_ssl_context_t *self = ssl_context_get(pos_args[0]);
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed_args),
        allowed_args, args);
    mp_obj_t hint = args[ARG_identity_hint].u_obj;
    if (hint != mp_const_none) {
        size_t len;
        const char *text = mp_obj_str_get_data(hint, &len);
        if (strlen(text) != len || len > PSK_MAX_IDENTITY) {
            mp_raise_ValueError(MP_ERROR_TEXT("identity_hint"));
        }
    }
    ssl_context_set_psk_callback(self, args[ARG_callback].u_obj, false);
    ssl_context_use_server_psk(self);
    self->settings.psk_hint = hint;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(ssl_context_set_psk_server_callback_obj, 2,
    ssl_context_set_psk_server_callback);

#endif // PRE_SHARED_KEYS

// Add a trusted certificate, in DER, to a list. Returns false if it is not a certificate.
static bool add_anchor(mp_obj_t anchors, mp_obj_t obj, const byte *der, size_t len) {
    wolf_cert_t cert;
    if (!wolf_cert_read(&cert, der, len)) {
        return false;
    }
    // A bytes object never changes: it may be a constant in flash, and needs no copy.
    if (obj == MP_OBJ_NULL || !mp_obj_is_exact_type(obj, &mp_type_bytes)) {
        obj = mp_obj_new_bytes(der, len);
    }
    mp_obj_list_append(anchors, obj);
    return true;
}

#ifdef WOLFSSL_PEM_TO_DER
// Add the certificates in PEM, without those that can't be read if some are left out. Returns
// false if there is none, or one that can't be read.
static bool add_pem_anchors(mp_obj_t anchors, const mp_buffer_info_t *pem, bool leave_out) {
    const byte *pos = pem->buf;
    const byte *end = pos + pem->len;
    bool some = false;
    while ((pos = find(pos, end - pos, PEM_BEGIN_CERT)) != NULL) {
        const byte *next = find(pos, end - pos, PEM_END_CERT);
        if (next == NULL) {
            return false;
        }
        next += strlen(PEM_END_CERT);
        // DER is shorter than the PEM that holds it.
        byte *buf = m_new(byte, next - pos);
        int len = wc_CertPemToDer(pos, next - pos, buf, next - pos, CERT_TYPE);
        bool ok = len > 0 && add_anchor(anchors, MP_OBJ_NULL, buf, len);
        m_del(byte, buf, next - pos);
        if (!ok && (!leave_out || wolf_alloc_failed())) {
            return false;
        }
        some = some || ok;
        pos = next;
    }
    return some;
}
#endif

// Add what is in an object or, if it is_path, in that file.
static void ssl_context_load_trusted(mp_obj_ssl_context_t *self, mp_obj_t obj, bool is_path,
    bool leave_out) {
    bool is_ours = false;
    mp_obj_t bundle = MP_OBJ_NULL;
    #if MICROPY_WOLFSSL_CA_BUNDLE
    bundle = is_path ? ca_bundle_load(obj, true) : MP_OBJ_NULL;
    #endif
    if (bundle == MP_OBJ_NULL && is_path) {
        obj = read_file(obj, &is_ours);
    }
    #if MICROPY_WOLFSSL_CA_BUNDLE
    if (bundle == MP_OBJ_NULL) {
        bundle = ca_bundle_load(obj, false);
    }
    #endif
    ssl_context_get(MP_OBJ_FROM_PTR(self));

    size_t len;
    mp_obj_t *items;
    mp_obj_tuple_get(self->settings.anchors, &len, &items);
    mp_obj_t anchors = mp_obj_new_list(len, items);
    bool ok = true;
    if (bundle != MP_OBJ_NULL) {
        mp_obj_list_append(anchors, bundle);
    } else {
        mp_buffer_info_t bufinfo;
        get_data(obj, &bufinfo);
        #ifdef WOLFSSL_PEM_TO_DER
        if (is_pem(&bufinfo)) {
            ok = add_pem_anchors(anchors, &bufinfo, leave_out);
        } else
        #else
        (void)leave_out;
        #endif
        {
            ok = add_anchor(anchors, obj, bufinfo.buf, bufinfo.len);
        }
    }
    if (!ok) {
        raise_invalid(MP_ERROR_TEXT("invalid cert"));
    }
    // Existing sockets keep the tuple that they have.
    mp_obj_list_get(anchors, &len, &items);
    self->settings.anchors = mp_obj_new_tuple(len, items);
}

static void ssl_context_load_cadata(mp_obj_ssl_context_t *self, mp_obj_t cadata,
    source_t source) {
    bool is_path = source == SOURCE_PATH_OR_DATA && mp_obj_is_str(cadata);
    ssl_context_load_trusted(self, cadata, is_path, false);
}

#if MICROPY_WOLFSSL_CA_BUNDLE

// Load a file unless there is none of that name. Returns whether there is one.
static bool ssl_context_load_default(mp_obj_ssl_context_t *self, const char *dir, size_t dir_len,
    const char *name) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        mp_obj_t exception = MP_OBJ_FROM_PTR(nlr.ret_val);
        if (mp_obj_exception_match(exception, MP_OBJ_FROM_PTR(&mp_type_OSError))) {
            mp_obj_t value = mp_obj_exception_get_value(exception);
            if (value == MP_OBJ_NEW_SMALL_INT(MP_ENOENT)
                || value == MP_OBJ_NEW_SMALL_INT(MP_ENODEV)
                || value == MP_OBJ_NEW_SMALL_INT(MP_ENOTDIR)) {
                return false;
            }
        }
        nlr_jump(nlr.ret_val);
    }
    vstr_t path;
    vstr_init(&path, dir_len + strlen(name) + 1);
    vstr_add_strn(&path, dir, dir_len);
    vstr_add_str(&path, name);
    mp_obj_t obj = mp_obj_new_str(path.buf, path.len);
    vstr_clear(&path);
    ssl_context_load_trusted(self, obj, true, true);
    nlr_pop();
    return true;
}

// The first that there is of what the system trusts, and of the bundles on a board.
static bool ssl_context_load_first_default(mp_obj_ssl_context_t *self) {
    #ifdef MICROPY_WOLFSSL_CA_FILE_VARIABLE
    const char *file = getenv(MICROPY_WOLFSSL_CA_FILE_VARIABLE);
    if (file != NULL) {
        return ssl_context_load_default(self, file, strlen(file), "");
    }
    #endif
    static const char *const files[] = {
        #ifdef MICROPY_WOLFSSL_CA_FILES
        MICROPY_WOLFSSL_CA_FILES,
        #endif
        "/lib" CA_BUNDLE_NAME, "/rom" CA_BUNDLE_NAME,
    };
    for (size_t i = 0; i < MP_ARRAY_SIZE(files); ++i) {
        if (ssl_context_load_default(self, files[i], strlen(files[i]), "")) {
            return true;
        }
    }
    #ifdef mp_sys_path
    size_t n;
    mp_obj_t *dirs;
    mp_obj_get_array(mp_sys_path, &n, &dirs);
    mp_obj_t copy = mp_obj_new_tuple(n, dirs); // Python code can change the list meanwhile
    mp_obj_tuple_get(copy, &n, &dirs);
    for (size_t i = 0; i < n; ++i) {
        if (mp_obj_is_str(dirs[i])) {
            size_t len;
            const char *dir = mp_obj_str_get_data(dirs[i], &len);
            if (ssl_context_load_default(self, dir, len, &CA_BUNDLE_NAME[len == 0])) {
                return true;
            }
        }
    }
    WOLF_KEEP(copy);
    #endif
    return false;
}

// SSLContext.load_default_certs()
static mp_obj_t ssl_context_load_default_certs(mp_obj_t self_in) {
    if (!ssl_context_load_first_default(ssl_context_get(self_in))) {
        mp_raise_OSError(MP_ENOENT);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(ssl_context_load_default_certs_obj,
    ssl_context_load_default_certs);

#endif // MICROPY_WOLFSSL_CA_BUNDLE

#if MICROPY_WOLFSSL_PINS

// One of SSLContext.pins: 32 bytes, or their 64 hexadecimal digits, which may have colons in
// between.
static mp_obj_t read_pin(mp_obj_t pin) {
    mp_buffer_info_t in;
    mp_get_buffer_raise(pin, &in, MP_BUFFER_READ);
    if (!mp_obj_is_str(pin)) {
        if (in.len != PIN_LEN) {
            mp_raise_ValueError(MP_ERROR_TEXT("a pin has 32 bytes"));
        }
        return mp_obj_new_bytes(in.buf, in.len);
    }
    byte digest[PIN_LEN];
    size_t n = 0;
    const char *p = in.buf;
    for (const char *end = p + in.len; p < end && n < 2 * PIN_LEN; ++p) {
        if (*p == ':' && n > 0 && n % 2 == 0) {
            continue;
        }
        if (!unichar_isxdigit(*p)) {
            break;
        }
        digest[n / 2] = digest[n / 2] << 4 | unichar_xdigit_value(*p);
        ++n;
    }
    if (n != 2 * PIN_LEN || p != (const char *)in.buf + in.len) {
        mp_raise_ValueError(MP_ERROR_TEXT("a pin has 64 hex digits"));
    }
    return mp_obj_new_bytes(digest, sizeof(digest));
}

static mp_obj_t read_pins(mp_obj_t list) {
    size_t n;
    mp_obj_t *items;
    mp_obj_get_array(list, &n, &items);
    if (n == 0) {
        // It would be read as "no one", and as "everyone".
        mp_raise_ValueError(MP_ERROR_TEXT("no pins"));
    }
    mp_obj_t pins = mp_obj_new_tuple(n, items);
    mp_obj_tuple_get(pins, &n, &items);
    for (size_t i = 0; i < n; ++i) {
        items[i] = read_pin(items[i]);
    }
    return pins;
}

#endif

#if OCSP_STAPLING
static void ssl_context_set_ocsp(mp_obj_ssl_context_t *self, mp_int_t mode) {
    if (self->settings.protocol != PROTOCOL_TLS_CLIENT || mode < OCSP_OFF
        || mode > OCSP_REQUIRED) {
        mp_raise_ValueError(MP_ERROR_TEXT("ocsp"));
    }
    if (mode != OCSP_OFF) {
        wolf_alloc_begin();
        lock_context(self);
        int ret = enable_ocsp(self->ctx);
        unlock_context(self);
        if (ret != WOLFSSL_SUCCESS) {
            wolf_raise_error(ret);
        }
    }
    self->settings.ocsp = mode;
}
#endif

static void ssl_context_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    mp_obj_ssl_context_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] == MP_OBJ_NULL) {
        // Load attribute.
        if (attr == MP_QSTR_verify_mode) {
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->settings.authmode);
        } else if (attr == MP_QSTR_verify_callback) {
            dest[0] = self->settings.verify_callback;
        #if KEY_LOG
        } else if (attr == MP_QSTR_keylog_filename) {
            dest[0] = self->settings.keylog_filename;
        } else if (attr == MP_QSTR_keylog_callback) {
            dest[0] = self->settings.keylog_callback;
        #endif
        #if MICROPY_WOLFSSL_PINS
        } else if (attr == MP_QSTR_pins) {
            dest[0] = self->settings.pins;
        #endif
        #if OCSP_STAPLING
        } else if (attr == MP_QSTR_ocsp) {
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->settings.ocsp);
        #endif
        } else if (attr == MP_QSTR_suppress_ragged_eofs) {
            dest[0] = mp_obj_new_bool(self->settings.suppress_ragged_eofs);
        #ifdef HAVE_SESSION_TICKET
        } else if (attr == MP_QSTR_session) {
            dest[0] = self->session;
        #endif
        #if HAS_SESSION_CACHE
        } else if (attr == MP_QSTR_session_cache_size) {
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->cache_size);
        #endif
        #if TLS_HAS_TWO_VERSIONS
        } else if (attr == MP_QSTR_minimum_version) {
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->settings.no_tls12 ? TLS_VERSION_1_3
                : TLS_VERSION_1_2);
        } else if (attr == MP_QSTR_maximum_version) {
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->settings.no_tls13 ? TLS_VERSION_1_2
                : TLS_VERSION_1_3);
        #endif
        #ifdef HAVE_MAX_FRAGMENT
        } else if (attr == MP_QSTR_max_fragment_length) {
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->settings.max_fragment);
        #endif
        #if ECDSA_SIGN_CALLBACK
        } else if (attr == MP_QSTR_ecdsa_sign_callback) {
            dest[0] = self->settings.ecdsa_sign_callback;
        #endif
        #if PRE_SHARED_KEYS
        } else if (attr == MP_QSTR_psk_identity) {
            dest[0] = self->settings.psk_identity;
        } else if (attr == MP_QSTR_psk_key) {
            dest[0] = self->settings.psk_key;
        } else if (attr == MP_QSTR_server_psk_keys) {
            dest[0] = self->settings.server_psk_keys;
        #endif
        } else {
            // Continue lookup in locals_dict.
            dest[1] = MP_OBJ_SENTINEL;
        }
    } else if (dest[1] != MP_OBJ_NULL) {
        // Store attribute.
        if (attr == MP_QSTR_verify_mode) {
            ssl_context_set_authmode(ssl_context_get(self_in), mp_obj_get_int(dest[1]));
            dest[0] = MP_OBJ_NULL;
        } else if (attr == MP_QSTR_verify_callback) {
            self->settings.verify_callback = dest[1];
            dest[0] = MP_OBJ_NULL;
        #if KEY_LOG
        } else if (attr == MP_QSTR_keylog_filename) {
            if (dest[1] != mp_const_none) {
                append_to_file(dest[1], MP_OBJ_NULL); // now, and not only in a handshake
            }
            self->settings.keylog_filename = dest[1];
            dest[0] = MP_OBJ_NULL;
        } else if (attr == MP_QSTR_keylog_callback) {
            self->settings.keylog_callback = dest[1];
            dest[0] = MP_OBJ_NULL;
        #endif
        #if MICROPY_WOLFSSL_PINS
        } else if (attr == MP_QSTR_pins) {
            self->settings.pins = dest[1] == mp_const_none ? mp_const_none : read_pins(dest[1]);
            dest[0] = MP_OBJ_NULL;
        #endif
        #if OCSP_STAPLING
        } else if (attr == MP_QSTR_ocsp) {
            ssl_context_set_ocsp(ssl_context_get(self_in), mp_obj_get_int(dest[1]));
            dest[0] = MP_OBJ_NULL;
        #endif
        } else if (attr == MP_QSTR_suppress_ragged_eofs) {
            self->settings.suppress_ragged_eofs = mp_obj_is_true(dest[1]);
            dest[0] = MP_OBJ_NULL;
        #ifdef HAVE_SESSION_TICKET
        } else if (attr == MP_QSTR_session) {
            check_session(dest[1], !is_client(&self->settings));
            self->session = dest[1];
            dest[0] = MP_OBJ_NULL;
        #endif
        #if HAS_SESSION_CACHE
        } else if (attr == MP_QSTR_session_cache_size) {
            ssl_context_set_cache_size(ssl_context_get(self_in), mp_obj_get_int(dest[1]));
            dest[0] = MP_OBJ_NULL;
        #endif
        #if TLS_HAS_TWO_VERSIONS
        } else if (attr == MP_QSTR_minimum_version) {
            self->settings.no_tls12 = is_version_1_3(self, dest[1]);
            dest[0] = MP_OBJ_NULL;
        } else if (attr == MP_QSTR_maximum_version) {
            self->settings.no_tls13 = !is_version_1_3(self, dest[1]);
            dest[0] = MP_OBJ_NULL;
        #endif
        #ifdef HAVE_MAX_FRAGMENT
        } else if (attr == MP_QSTR_max_fragment_length) {
            ssl_context_set_max_fragment(self, mp_obj_get_int(dest[1]));
            dest[0] = MP_OBJ_NULL;
        #endif
        #if ECDSA_SIGN_CALLBACK
        } else if (attr == MP_QSTR_ecdsa_sign_callback) {
            self->settings.ecdsa_sign_callback = dest[1];
            if (dest[1] != mp_const_none) {
                // It stays for sessions that began with it.
                ssl_context_get(self_in);
                lock_context(self);
                wolfSSL_CTX_SetEccSignCb(self->ctx, ecdsa_sign_cb);
                unlock_context(self);
            }
            dest[0] = MP_OBJ_NULL;
        #endif
        #if PRE_SHARED_KEYS
        } else if (attr == MP_QSTR_psk_identity) {
            ssl_context_set_psk(ssl_context_get(self_in), dest[1], self->settings.psk_key);
            dest[0] = MP_OBJ_NULL;
        } else if (attr == MP_QSTR_psk_key) {
            ssl_context_set_psk(ssl_context_get(self_in), self->settings.psk_identity, dest[1]);
            dest[0] = MP_OBJ_NULL;
        } else if (attr == MP_QSTR_server_psk_keys) {
            ssl_context_set_server_psk(ssl_context_get(self_in), dest[1]);
            dest[0] = MP_OBJ_NULL;
        #endif
        }
    }
}

// SSLContext.load_cert_chain(certfile, keyfile)
static mp_obj_t ssl_context_load_cert_chain(mp_obj_t self_in, mp_obj_t cert, mp_obj_t key) {
    ssl_context_load_key(ssl_context_get(self_in), key, cert, SOURCE_PATH_OR_DATA);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(ssl_context_load_cert_chain_obj, ssl_context_load_cert_chain);

// SSLContext.load_verify_locations(cadata=None, *, cafile=None)
static mp_obj_t ssl_context_load_verify_locations(size_t n_args, const mp_obj_t *pos_args,
    mp_map_t *kw_args) {
    enum { ARG_cadata, ARG_cafile };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_cadata, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_cafile, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_obj_ssl_context_t *self = ssl_context_get(pos_args[0]);
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed_args),
        allowed_args, args);
    mp_obj_t cafile = args[ARG_cafile].u_obj;
    if (cafile == mp_const_none && args[ARG_cadata].u_obj == mp_const_none) {
        mp_raise_TypeError(MP_ERROR_TEXT("cadata or cafile"));
    }
    if (args[ARG_cadata].u_obj != mp_const_none) {
        ssl_context_load_cadata(self, args[ARG_cadata].u_obj, SOURCE_DATA);
    }
    if (cafile != mp_const_none) {
        ssl_context_load_cadata(self, cafile, SOURCE_PATH_OR_DATA);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(ssl_context_load_verify_locations_obj, 1,
    ssl_context_load_verify_locations);

// What wrap_socket was called with.
typedef struct _wrap_args_t {
    mp_obj_t sock;
    bool server_side;
    bool do_handshake_on_connect;
    mp_obj_t server_hostname; // a str, or mp_const_none
    mp_obj_t client_id; // of a DTLS server: the address of the client, or mp_const_none
    mp_obj_t suppress_ragged_eofs; // or mp_const_none: as in the context
    #ifdef HAVE_SESSION_TICKET
    mp_obj_t session; // an SSLSession, or mp_const_none
    #endif
} wrap_args_t;

static mp_obj_t ssl_socket_new(mp_obj_ssl_context_t *ssl_context, const wrap_args_t *args);

// SSLContext.wrap_socket(sock, server_side=False, do_handshake_on_connect=True,
// server_hostname=None, *, client_id=None, suppress_ragged_eofs=None, session=None)
static mp_obj_t ssl_context_wrap_socket(size_t n_args, const mp_obj_t *pos_args,
    mp_map_t *kw_args) {
    enum {
        ARG_server_side,
        ARG_do_handshake_on_connect,
        ARG_server_hostname,
        ARG_client_id,
        ARG_suppress_ragged_eofs,
        #ifdef HAVE_SESSION_TICKET
        ARG_session,
        #endif
    };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_server_side, MP_ARG_BOOL, {.u_bool = false} },
        { MP_QSTR_do_handshake_on_connect, MP_ARG_BOOL, {.u_bool = true} },
        { MP_QSTR_server_hostname, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_client_id, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_suppress_ragged_eofs, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        #ifdef HAVE_SESSION_TICKET
        { MP_QSTR_session, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        #endif
    };

    mp_obj_ssl_context_t *self = ssl_context_get(pos_args[0]);
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 2, pos_args + 2, kw_args, MP_ARRAY_SIZE(allowed_args),
        allowed_args, args);

    wrap_args_t wrap_args = {
        .sock = pos_args[1],
        .server_side = args[ARG_server_side].u_bool,
        .do_handshake_on_connect = args[ARG_do_handshake_on_connect].u_bool,
        .server_hostname = args[ARG_server_hostname].u_obj,
        .client_id = args[ARG_client_id].u_obj,
        .suppress_ragged_eofs = args[ARG_suppress_ragged_eofs].u_obj,
        #ifdef HAVE_SESSION_TICKET
        .session = args[ARG_session].u_obj,
        #endif
    };
    return ssl_socket_new(self, &wrap_args);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(ssl_context_wrap_socket_obj, 2, ssl_context_wrap_socket);

// The methods that the SSLContext types of the three modules share.
#if WOLF_FINALISER
#define FINALISER_ENTRY \
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&ssl_context___del___obj) },
#else
#define FINALISER_ENTRY
#endif
#ifdef HAVE_ALPN
#define ALPN_ENTRY \
    { MP_ROM_QSTR(MP_QSTR_set_alpn_protocols), MP_ROM_PTR(&ssl_context_set_alpn_protocols_obj) },
#else
#define ALPN_ENTRY
#endif
#if PRE_SHARED_KEYS
#define PSK_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_set_psk_client_callback), \
      MP_ROM_PTR(&ssl_context_set_psk_client_callback_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_set_psk_server_callback), \
      MP_ROM_PTR(&ssl_context_set_psk_server_callback_obj) },
#else
#define PSK_ENTRIES
#endif

#if MICROPY_WOLFSSL_CA_BUNDLE
#define CA_BUNDLE_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_load_default_certs), MP_ROM_PTR(&ssl_context_load_default_certs_obj) },
#else
#define CA_BUNDLE_ENTRIES
#endif
#define CONTEXT_ENTRIES \
    FINALISER_ENTRY \
    { MP_ROM_QSTR(MP_QSTR_get_ciphers), MP_ROM_PTR(&ssl_context_get_ciphers_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_set_ciphers), MP_ROM_PTR(&ssl_context_set_ciphers_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_wrap_socket), MP_ROM_PTR(&ssl_context_wrap_socket_obj) }, \
    ALPN_ENTRY \
    PSK_ENTRIES \
    CA_BUNDLE_ENTRIES

static const mp_rom_map_elem_t ssl_context_locals_dict_table[] = {
    CONTEXT_ENTRIES
    { MP_ROM_QSTR(MP_QSTR_load_cert_chain), MP_ROM_PTR(&ssl_context_load_cert_chain_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_verify_locations),
      MP_ROM_PTR(&ssl_context_load_verify_locations_obj) },
};
static MP_DEFINE_CONST_DICT(ssl_context_locals_dict, ssl_context_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    ssl_context_type,
    MP_QSTR_SSLContext,
    MP_TYPE_FLAG_NONE,
    make_new, ssl_context_make_new,
    attr, ssl_context_attr,
    locals_dict, &ssl_context_locals_dict
    );

/******************************************************************************/
// SSLContext type of the drop-in ssl module: trusted certificates may be given as a path.

#if WOLF_DROP_IN_SSL && WOLF_MP_AT_LEAST(21)

// SSLContext.load_verify_locations(cafile=None, cadata=None)
static mp_obj_t drop_in_context_load_verify_locations(size_t n_args, const mp_obj_t *pos_args,
    mp_map_t *kw_args) {
    enum { ARG_cafile, ARG_cadata };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_cafile, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_cadata, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };

    mp_obj_ssl_context_t *self = ssl_context_get(pos_args[0]);
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed_args),
        allowed_args, args);
    if (args[ARG_cafile].u_obj != mp_const_none) {
        ssl_context_load_cadata(self, args[ARG_cafile].u_obj, SOURCE_PATH_OR_DATA);
    }
    if (args[ARG_cadata].u_obj != mp_const_none) {
        ssl_context_load_cadata(self, args[ARG_cadata].u_obj, SOURCE_DATA);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(drop_in_context_load_verify_locations_obj, 1,
    drop_in_context_load_verify_locations);

static const mp_rom_map_elem_t drop_in_context_locals_dict_table[] = {
    CONTEXT_ENTRIES
    { MP_ROM_QSTR(MP_QSTR_load_cert_chain), MP_ROM_PTR(&ssl_context_load_cert_chain_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_verify_locations),
      MP_ROM_PTR(&drop_in_context_load_verify_locations_obj) },
};
static MP_DEFINE_CONST_DICT(drop_in_context_locals_dict, drop_in_context_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    drop_in_context_type,
    MP_QSTR_SSLContext,
    MP_TYPE_FLAG_NONE,
    make_new, ssl_context_make_new,
    attr, ssl_context_attr,
    locals_dict, &drop_in_context_locals_dict
    );

#endif // WOLF_DROP_IN_SSL && WOLF_MP_AT_LEAST(21)

/******************************************************************************/
// SSLContext type of the tls module (MicroPython 1.23): a client verifies unless told otherwise,
// and a str is data.

#if WOLF_DROP_IN_SSL && WOLF_MP_AT_LEAST(23)

static mp_obj_t tls_context_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    mp_int_t protocol = mp_obj_get_int(args[0]);
    return ssl_context_new(type, protocol,
        protocol & ENDPOINT_IS_SERVER ? CERT_NONE : CERT_REQUIRED);
}

// SSLContext.load_cert_chain(cert, key)
static mp_obj_t tls_context_load_cert_chain(mp_obj_t self_in, mp_obj_t cert, mp_obj_t key) {
    ssl_context_load_key(ssl_context_get(self_in), key, cert, SOURCE_DATA);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(tls_context_load_cert_chain_obj, tls_context_load_cert_chain);

static const mp_rom_map_elem_t tls_context_locals_dict_table[] = {
    CONTEXT_ENTRIES
    { MP_ROM_QSTR(MP_QSTR_load_cert_chain), MP_ROM_PTR(&tls_context_load_cert_chain_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_verify_locations),
      MP_ROM_PTR(&ssl_context_load_verify_locations_obj) },
};
static MP_DEFINE_CONST_DICT(tls_context_locals_dict, tls_context_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    tls_context_type,
    MP_QSTR_SSLContext,
    MP_TYPE_FLAG_NONE,
    make_new, tls_context_make_new,
    attr, ssl_context_attr,
    locals_dict, &tls_context_locals_dict
    );

#endif // WOLF_DROP_IN_SSL && WOLF_MP_AT_LEAST(23)

/******************************************************************************/
// SSLSocket type: the handshake.

// Why a call to wolfSSL returned ret: WANT_READ, WANT_WRITE, ZERO_RETURN, another of wolfSSL's
// negative numbers, or a positive one: the stream's errno, or any if there is an exception.
static int session_error(mp_obj_ssl_socket_t *o, int ret) {
    if (o->outcome->exception != MP_OBJ_NULL) {
        return MP_EIO;
    }
    if (o->outcome->stream_error != 0) {
        return stream_failure(o, 0);
    }
    int err = wolfSSL_get_error(o->ssl, ret);
    bool want = err == WOLFSSL_ERROR_WANT_READ || err == WOLFSSL_ERROR_WANT_WRITE;
    // wolfSSL continues after some failed allocations, with keys that are not the peer's. A
    // datagram is repeated.
    if (wolf_alloc_failed() && (!want || !is_dtls(&o->settings))) {
        return MEMORY_E;
    }
    if (!want && o->cert_error != 0) {
        return o->cert_error;
    }
    switch (err) {
        case WOLFSSL_ERROR_WANT_READ:
            // What is to be read may be the reply to something that isn't written yet.
            return o->out_blocked ? WANT_WRITE : WANT_READ;
        case WOLFSSL_ERROR_WANT_WRITE:
            return WANT_WRITE;
        #ifdef WOLFSSL_DTLS13
        case APP_DATA_READY:
            return WANT_READ;
        #endif
        case WOLFSSL_ERROR_ZERO_RETURN:
            return ZERO_RETURN;
        case SOCKET_ERROR_E:
            return o->peer_closed ? SOCKET_PEER_CLOSED_E : err;
        default:
            return err < 0 ? err : SOCKET_PEER_CLOSED_E;
    }
}

// The alert for an error for which wolfSSL sends none.
static int alert_for(int err) {
    switch (err) {
        case BUFFER_ERROR:
        case BUFFER_E:
        case PARSE_ERROR:
        case ASN_PARSE_E:
        case COMPRESSION_ERROR:
        case INCOMPLETE_DATA:
        case HANDSHAKE_SIZE_ERROR:
            return decode_error;
        case LENGTH_ERROR:
            return record_overflow;
        case UNKNOWN_RECORD_TYPE:
        case UNKNOWN_HANDSHAKE_TYPE:
        case OUT_OF_ORDER_E:
        case DUPLICATE_MSG_E:
        case SANITY_MSG_E:
        case SIDE_ERROR:
            return unexpected_message;
        case VERSION_ERROR:
            return wolfssl_alert_protocol_version;
        case VERIFY_FINISHED_ERROR:
        case VERIFY_SIGN_ERROR:
        case SIG_VERIFY_E:
            return decrypt_error;
        case DECRYPT_ERROR:
        case VERIFY_MAC_ERROR:
        case SANITY_CIPHER_E:
            return bad_record_mac;
        case ECC_PEERKEY_ERROR:
        case ECC_CURVE_ERROR:
        case ECC_CURVETYPE_ERROR:
        case PEER_KEY_ERROR:
        case INVALID_PARAMETER:
            return illegal_parameter;
        case MEMORY_E:
            return internal_error;
        #if OCSP_STAPLING
        case BAD_CERTIFICATE_STATUS_ERROR:
            return bad_certificate_status_response;
        case OCSP_CERT_REVOKED:
            return certificate_revoked;
        #endif
        default:
            return handshake_failure;
    }
}

// Write what is in the queue, including an alert. The outcome of the operation stays the same,
// whatever happens.
static void flush_alert(mp_obj_ssl_socket_t *o) {
    if (o->out_len > 0 && o->sock != MP_OBJ_NULL) {
        mp_obj_t exception = o->outcome->exception;
        (void)flush(o);
        o->outcome->exception = exception;
        o->outcome->stream_error = 0;
    }
}

// Tell the peer why the connection ends.
static void send_alert(mp_obj_ssl_socket_t *o, int err) {
    if (o->ssl != NULL && !is_dtls(&o->settings) && err != FATAL_ERROR
        && err != SOCKET_PEER_CLOSED_E && !has_alerted(o->ssl)) {
        (void)SendAlert(o->ssl, alert_fatal, alert_for(err));
    }
    flush_alert(o);
}

#ifdef WOLFSSL_DTLS
// Datagrams get lost: if the peer has been silent for too long, send the last flight again.
static int check_timer(mp_obj_ssl_socket_t *o) {
    mp_uint_t now = mp_hal_ticks_ms();
    if (!o->timer_running) {
        o->timer_running = true;
        o->timer_start_ms = now;
    } else if (now - o->timer_start_ms
               >= (mp_uint_t)wolfSSL_dtls_get_current_timeout(o->ssl) * 1000) {
        o->timer_start_ms = now;
        if (wolfSSL_dtls_got_timeout(o->ssl) != WOLFSSL_SUCCESS) {
            return wolf_alloc_failed() ? MEMORY_E : MP_ETIMEDOUT;
        }
        int err = flush(o);
        return err == 0 ? WANT_READ : err;
    }
    return WANT_READ;
}
#endif

// Refuse a client before anything is encrypted.
static void send_handshake_failure(mp_obj_ssl_socket_t *o) {
    // Alert: fatal, handshake_failure.
    static const byte alert[] = { 21, 3, 3, 0, 2, 2, 40 };
    if (queue(o, (const char *)alert, sizeof(alert))) {
        flush_alert(o);
    }
}

// A server without a key can only wait for a client and refuse it; wolfSSL makes no session for
// that.
static int refuse(mp_obj_ssl_socket_t *o) {
    byte buf[1];
    int ret = stream_rw(o, buf, sizeof(buf), false);
    if (ret < 0) {
        return o->outcome->exception != MP_OBJ_NULL ? MP_EIO : stream_failure(o, WANT_READ);
    }
    if (ret == 0 && !is_dtls(&o->settings)) {
        return SOCKET_PEER_CLOSED_E;
    }
    if (!is_dtls(&o->settings)) {
        send_handshake_failure(o);
    }
    return NO_PRIVATE_KEY;
}

static int handshake_done(mp_obj_ssl_socket_t *o) {
    // An exception may be pending nevertheless, for example from a keyboard interrupt.
    if (o->outcome->exception != MP_OBJ_NULL) {
        return MP_EIO;
    }
    if (wolf_alloc_failed() && !is_dtls(&o->settings)) {
        return MEMORY_E;
    }
    #ifdef HAVE_SESSION_TICKET
    int refused = note_session(o);
    if (refused != 0) {
        return refused;
    }
    #endif
    #if PRE_SHARED_KEYS
    if (o->settings.psk_only && o->peer_cert.data != NULL) {
        return PSK_KEY_ERROR;
    }
    #endif
    #if MICROPY_WOLFSSL_PINS
    // With a pre-shared key there is no certificate.
    if (has_pins(&o->settings) && !o->pinned) {
        return NO_PEER_CERT;
    }
    #endif
    #if OCSP_STAPLING
    int silent = check_silence(o);
    if (silent != 0) {
        return silent;
    }
    #endif
    bool waits = is_client(&o->settings);
    #if HAS_TICKETS
    // The client's Finished was the answer to everything before.
    o->only_ticket = !waits && is_version_13(o->ssl) && o->out_len > 0;
    waits = waits || o->only_ticket;
    #endif
    if (!waits || is_dtls(&o->settings)) {
        // A client's last flight waits for its first request, and a server's ticket for its first
        // reply.
        int err = flush(o);
        if (err != 0 && err != WANT_WRITE) {
            return err;
        }
    }
    #ifdef MICROPY_WOLFSSL_TCP_QUICKACK
    if (!is_client(&o->settings)) {
        acknowledge(o);
    }
    #endif
    o->connected = true;
    return 0;
}

// Continue the handshake as far as possible now. Returns 0 when it is done, else an error as
// above.
static int handshake(mp_obj_ssl_socket_t *o) {
    if (o->connected) {
        return 0;
    }
    if (o->ssl == NULL) {
        return refuse(o);
    }
    #if HAS_SERVER
    int ret = is_client(&o->settings) ? wolfSSL_connect(o->ssl) : wolfSSL_accept(o->ssl);
    #else
    int ret = wolfSSL_connect(o->ssl);
    #endif
    if (ret == WOLFSSL_SUCCESS) {
        return handshake_done(o);
    }
    #ifdef WOLFSSL_DTLS13
    if (wolfSSL_get_error(o->ssl, ret) == APP_DATA_READY) {
        // The peer's acknowledgement is still missing, but it has sent data, which can be read.
        return 0;
    }
    #endif
    int err = session_error(o, ret);
    if (err < 0 && !is_want(err)) {
        return err;
    }
    #ifdef WOLFSSL_DTLS
    if (is_dtls(&o->settings) && is_want(err)) {
        int flushed = flush(o);
        if (flushed != 0 && flushed != WANT_WRITE) {
            return flushed;
        }
        if (o->hello_verify) {
            return WOLF_HELLO_VERIFY_REQUIRED;
        }
        if (err == WANT_READ) {
            err = check_timer(o);
        }
    }
    #endif
    return err;
}

#if MICROPY_WOLFSSL_REASONS

// The alert that the peer sent, if that is why wolfSSL returned err, or WOLF_ALERT_NONE. One that
// is not encrypted in TLS 1.3, as OpenSSL's client sends when it refuses a certificate, is a
// PARSE_ERROR.
static int peer_alert(mp_obj_ssl_socket_t *o, int err) {
    WOLFSSL_ALERT_HISTORY history;
    if ((err != FATAL_ERROR && err != PARSE_ERROR)
        || wolfSSL_get_alert_history(o->ssl, &history) != WOLFSSL_SUCCESS
        || history.last_rx.code <= 0) {
        return WOLF_ALERT_NONE;
    }
    return history.last_rx.code;
}

// Keep the text for an error of the handshake, or for an alert.
static void set_reason(mp_obj_ssl_socket_t *o, int err) {
    if (o->ssl == NULL || o->error_text != MP_OBJ_NULL || err == WOLF_HELLO_VERIFY_REQUIRED) {
        return;
    }
    wolf_reason_t reason = {
        .err = err, .alert = peer_alert(o, err), .certificate = o->cert_error == err
    };
    #if PSK_TLS13
    // In TLS 1.3, wolfSSL does not distinguish an unknown identity from a different key, or, up to
    // 5.7, from none.
    if (o->psk_refused && (err == BAD_BINDER || err == NO_CERT_ERROR)) {
        reason.err = PSK_KEY_ERROR;
    }
    #endif
    #if PRE_SHARED_KEYS
    reason.psk_only = o->settings.psk_only;
    #endif
    if (o->connected && reason.alert == WOLF_ALERT_NONE) {
        return;
    }
    mp_obj_t text = wolf_error_text(err);
    if (text != MP_OBJ_NULL) {
        reason.text = mp_obj_str_get_str(text);
    }
    const char *const *versions = is_dtls(&o->settings) ? dtls_versions : tls_versions;
    reason.oldest = versions[0];
    reason.newest = versions[1];
    #if TLS_HAS_TWO_VERSIONS
    reason.oldest = o->settings.no_tls12 ? versions[1] : reason.oldest;
    reason.newest = o->settings.no_tls13 ? versions[0] : reason.newest;
    #endif
    reason.newest = o->settings.tls12_only ? versions[0] : reason.newest;
    if (o->has_offer) {
        reason.no_group = o->offer.no_group;
        reason.no_version = !(o->offer.tls12 && strcmp(reason.oldest, "TLSv1.2") == 0)
            && !(o->offer.tls13 && strcmp(reason.newest, "TLSv1.3") == 0);
    }
    int suite = wolfSSL_get_current_cipher_suite(o->ssl);
    if (suite != 0 && (o->is_answer || is_dtls(&o->settings))) {
        reason.version = wolfSSL_get_version(o->ssl);
        reason.suite = CIPHER_NAME(suite >> 8, suite & 0xff);
    }
    char buf[WOLFSSL_MAX_ERROR_SZ + 96];
    size_t len = wolf_reason_text(&reason, buf, sizeof(buf));
    if (len > 0) {
        o->error_text = wolf_new_text(buf, len);
    }
}

#endif // MICROPY_WOLFSSL_REASONS

// The result of a read or write that couldn't be done.
static void fail(mp_obj_ssl_socket_t *o, int err) {
    if (o->closing) {
        o->outcome->exception = MP_OBJ_NULL;
        o->outcome->err = MP_EBADF;
        return;
    }
    if (o->outcome->exception != MP_OBJ_NULL) {
        return;
    }
    // After a timeout the session is still usable, after other errors of the stream it is not.
    if (!is_want(err) && err != MP_ETIMEDOUT && err != MP_EINTR) {
        o->last_error = err;
    }
    if (err < 0 && !is_want(err)) {
        #if MICROPY_WOLFSSL_REASONS
        set_reason(o, err);
        #endif
        #if HAS_SESSION_CACHE
        forget_session(o);
        #endif
        send_alert(o, err);
        o->ended = true;
    }
    o->outcome->err = err;
}

/******************************************************************************/
// SSLSocket type: making one.

static int set_hostname(mp_obj_ssl_socket_t *o) {
    #ifdef HAVE_SNI
    size_t len;
    const char *hostname = mp_obj_str_get_data(o->hostname, &len);
    byte addr[16];
    // An address is not a name: RFC 6066 doesn't allow it there.
    if (is_client(&o->settings) && wolf_host_address(hostname, len, addr) == 0
        && strchr(hostname, ':') == NULL) {
        int ret = wolfSSL_UseSNI(o->ssl, WOLFSSL_SNI_HOST_NAME, hostname, len);
        return ret == WOLFSSL_SUCCESS ? 0 : ret;
    }
    #endif
    (void)o;
    return 0;
}

// Application protocols, and the length of records. Returns 0 or one of wolfSSL's numbers.
static int set_extensions(mp_obj_ssl_socket_t *o) {
    int ret = WOLFSSL_SUCCESS;
    #ifdef HAVE_ALPN
    if (o->settings.alpn != MP_OBJ_NULL) {
        size_t len;
        const char *list = mp_obj_str_get_data(o->settings.alpn, &len);
        ret = wolfSSL_UseALPN(o->ssl, (char *)list, len, WOLFSSL_ALPN_CONTINUE_ON_MISMATCH);
    }
    #endif
    #ifdef HAVE_MAX_FRAGMENT
    if (ret == WOLFSSL_SUCCESS && is_client(&o->settings) && o->settings.max_fragment > 0) {
        byte code = WOLFSSL_MFL_2_9;
        for (size_t size = 512; size < o->settings.max_fragment; size *= 2) {
            ++code;
        }
        ret = wolfSSL_UseMaxFragment(o->ssl, code);
    }
    #endif
    #if OCSP_STAPLING
    if (ret == WOLFSSL_SUCCESS && asks_for_status(&o->settings)) {
        ret = wolfSSL_UseOCSPStapling(o->ssl, WOLFSSL_CSR_OCSP, 0);
    }
    #endif
    if (ret != WOLFSSL_SUCCESS) {
        return wolf_alloc_failed() ? MEMORY_E : ret;
    }
    return 0;
}

#ifdef WOLFSSL_DTLS
#if HAS_SERVER
// The secret behind the cookies of a DTLS server is the context's: a client that proves its
// address comes back to a new socket.
static int make_cookie_secret(mp_obj_ssl_context_t *self) {
    if (self->has_cookie_secret) {
        return 0;
    }
    WC_RNG rng;
    int ret = wc_InitRng(&rng);
    if (ret == 0) {
        ret = wc_RNG_GenerateBlock(&rng, self->cookie_secret, sizeof(self->cookie_secret));
        wc_FreeRng(&rng);
    }
    self->has_cookie_secret = ret == 0;
    return ret;
}
#endif

static int set_up_dtls(mp_obj_ssl_socket_t *o, mp_obj_ssl_context_t *ssl_context,
    const mp_buffer_info_t *client_id) {
    wolfSSL_dtls_set_using_nonblock(o->ssl, 1);
    #if HAS_SERVER
    if (is_client(&o->settings)) {
        return 0;
    }
    lock_context(ssl_context);
    int ret = make_cookie_secret(ssl_context);
    unlock_context(ssl_context);
    if (ret == 0) {
        ret = wolfSSL_DTLS_SetCookieSecret(o->ssl, ssl_context->cookie_secret, COOKIE_SECRET_LEN);
    }
    #if defined(WOLFSSL_DTLS13) && defined(WOLFSSL_SEND_HRR_COOKIE)
    if (ret == 0 && !o->settings.tls12_only) {
        ret = wolfSSL_send_hrr_cookie(o->ssl, ssl_context->cookie_secret, COOKIE_SECRET_LEN);
        ret = ret == WOLFSSL_SUCCESS ? 0 : ret;
    }
    #endif
    // The cookie proves that a client can be reached at the address that it claims: it is made
    // from client_id.
    if (ret == 0 && client_id->buf != NULL
        && wolfSSL_dtls_set_peer(o->ssl, client_id->buf, client_id->len) != WOLFSSL_SUCCESS) {
        ret = wolf_alloc_failed() ? MEMORY_E : BAD_FUNC_ARG;
    }
    return ret;
    #else
    (void)ssl_context;
    (void)client_id;
    return 0;
    #endif
}
#endif

#if POST_QUANTUM

static bool is_tls13_off(const settings_t *settings) {
    #if TLS_HAS_TWO_VERSIONS
    return settings->tls12_only || settings->no_tls13;
    #else
    return settings->tls12_only;
    #endif
}

// Whether a client offers a pre-shared key: its own, or that of a session.
static bool offers_psk(const mp_obj_ssl_socket_t *o) {
    bool offers = false;
    #if PRE_SHARED_KEYS
    offers = o->settings.psk_only;
    #endif
    #ifdef HAVE_SESSION_TICKET
    offers = offers || o->session_offered;
    #endif
    (void)o;
    return offers;
}

// Offer X25519MLKEM768 in TLS 1.3, but not over DTLS: such a hello is longer than a datagram. With
// a share of it comes one of P-256, which a server without it would have to ask for. Returns 0 or
// one of wolfSSL's numbers.
static int offer_key_shares(mp_obj_ssl_socket_t *o) {
    // NOTE(mpwolf): beside a pre-shared key wolfSSL takes no second share, and no second hello
    // (SetupPskKey in tls13.c of 5.9.2).
    if (o->settings.protocol != PROTOCOL_TLS_CLIENT || is_tls13_off(&o->settings)
        || offers_psk(o)) {
        return 0;
    }
    int ret = WOLFSSL_SUCCESS;
    for (size_t i = 0; i < MP_ARRAY_SIZE(client_groups) && ret != MEMORY_E; ++i) {
        // A group that the settings leave out is not an error.
        ret = wolfSSL_UseSupportedCurve(o->ssl, client_groups[i]);
    }
    for (size_t i = 0; i < 2 && ret != MEMORY_E; ++i) {
        ret = wolfSSL_UseKeyShare(o->ssl, client_groups[i]);
        if (ret != WOLFSSL_SUCCESS) {
            break;
        }
    }
    return wolf_alloc_failed() ? MEMORY_E : ret == WOLFSSL_SUCCESS ? 0 : ret;
}
#endif

// Set up the session of a new SSLSocket. Returns 0 or one of wolfSSL's numbers.
static int set_up(mp_obj_ssl_socket_t *o, mp_obj_ssl_context_t *ssl_context,
    const mp_buffer_info_t *client_id) {
    wolfSSL_SetIOReadCtx(o->ssl, SOCKET_TO_USER(o));
    wolfSSL_SetIOWriteCtx(o->ssl, SOCKET_TO_USER(o));
    wolfSSL_SetCertCbCtx(o->ssl, SOCKET_TO_USER(o));
    wolfSSL_set_verify(o->ssl, wolfssl_verify_mode(&o->settings), verify_callback);
    #if ECDSA_SIGN_CALLBACK
    wolfSSL_SetEccSignCtx(o->ssl, SOCKET_TO_USER(o));
    #endif
    #ifdef HAVE_SERVER_RENEGOTIATION_INFO
    // Without it, the renegotiation_info of a first hello may contain anything.
    if (o->settings.protocol == PROTOCOL_TLS_SERVER
        && wolfSSL_UseSecureRenegotiation(o->ssl) != WOLFSSL_SUCCESS) {
        return MEMORY_E;
    }
    #endif
    #if PRE_SHARED_KEYS
    if (is_client(&o->settings)) {
        if (o->settings.psk_callback != mp_const_none
            || (o->settings.psk_identity != mp_const_none
                && o->settings.psk_key != mp_const_none)) {
            wolfSSL_set_psk_client_callback(o->ssl, psk_client_cb);
        }
    } else if (has_server_psk(&o->settings)) {
        wolfSSL_set_psk_server_callback(o->ssl, psk_server_cb);
        if (o->settings.psk_hint != mp_const_none
            && wolfSSL_use_psk_identity_hint(o->ssl, mp_obj_str_get_str(o->settings.psk_hint))
            != WOLFSSL_SUCCESS) {
            return MEMORY_E;
        }
    }
    #endif
    if (o->settings.ciphers != MP_OBJ_NULL) {
        const char *ciphers = mp_obj_str_get_str(o->settings.ciphers);
        if (wolfSSL_set_cipher_list(o->ssl, ciphers) != WOLFSSL_SUCCESS) {
            return wolf_alloc_failed() ? MEMORY_E : MATCH_SUITE_ERROR;
        }
    }
    if (o->settings.tls12_only && !is_dtls(&o->settings)) {
        // Otherwise both sides could agree on TLS 1.3, and then on no cipher suite.
        wolfSSL_set_options(o->ssl, WOLFSSL_OP_NO_TLSv1_3);
    }
    #if TLS_HAS_TWO_VERSIONS
    if (o->settings.no_tls13) {
        wolfSSL_set_options(o->ssl, WOLFSSL_OP_NO_TLSv1_3);
    }
    if (o->settings.no_tls12
        && wolfSSL_SetMinVersion(o->ssl, WOLFSSL_TLSV1_3) != WOLFSSL_SUCCESS) {
        return VERSION_ERROR;
    }
    #endif
    int ret = set_extensions(o);
    #if KEY_LOG
    if (ret == 0) {
        ret = set_up_key_log(o);
    }
    #endif
    if (ret == 0 && o->hostname != mp_const_none) {
        ret = set_hostname(o);
    }
    if (ret != 0) {
        return ret;
    }
    #ifdef WOLFSSL_DTLS
    if (is_dtls(&o->settings)) {
        return set_up_dtls(o, ssl_context, client_id);
    }
    #endif
    (void)ssl_context;
    (void)client_id;
    return 0;
}

// Make the session of a new SSLSocket, which may change the context: one thread at a time.
static void open_session(mp_obj_ssl_socket_t *o, mp_obj_ssl_context_t *ssl_context) {
    lock_context(ssl_context);
    o->ssl = ssl_context->ctx == NULL ? NULL : wolfSSL_new(ssl_context->ctx);
    unlock_context(ssl_context);
    if (o->ssl == NULL) {
        // wolfSSL doesn't say why: it may be a random number generator without a seed.
        WC_RNG rng;
        int ret = wc_InitRng(&rng);
        if (ret == 0) {
            wc_FreeRng(&rng);
        }
        wolf_raise_error(ret == 0 ? MEMORY_E : ret);
    }
}

// The host name to check the peer's certificate against, or mp_const_none.
static mp_obj_t check_hostname(mp_obj_t server_hostname, bool verify) {
    if (server_hostname == mp_const_none) {
        return mp_const_none;
    }
    size_t len;
    const char *hostname = mp_obj_str_get_data(server_hostname, &len);
    if (strlen(hostname) != len) {
        mp_raise_ValueError(MP_ERROR_TEXT("server_hostname"));
    }
    if (len > MAX_HOSTNAME) {
        mp_raise_ValueError(MP_ERROR_TEXT("server_hostname is too long"));
    }
    if (len == 0 && verify) {
        mp_raise_ValueError(MP_ERROR_TEXT("server_hostname is empty"));
    }
    for (size_t i = 0; i < len && verify; ++i) {
        if ((byte)hostname[i] >= 0x80) {
            mp_raise_ValueError(MP_ERROR_TEXT("server_hostname is not ASCII"));
        }
    }
    return len == 0 ? mp_const_none : server_hostname;
}

static void handshake_operation(mp_obj_ssl_socket_t *o, void *arg, mp_uint_t size) {
    (void)arg;
    (void)size;
    int err = handshake(o);
    if (err != 0) {
        fail(o, err);
    }
}

static void do_handshake(mp_obj_ssl_socket_t *o) {
    outcome_t outcome;
    for (;;) {
        operate(o, USE_READ | USE_WRITE, handshake_operation, NULL, 0, &outcome);
        if (outcome.exception != MP_OBJ_NULL || !is_want(outcome.err)) {
            break;
        }
        mp_event_wait_ms(1);
    }
    int errcode;
    if (conclude(o, &outcome, &errcode) == MP_STREAM_ERROR) {
        mp_raise_OSError(errcode);
    }
}

static mp_obj_t ssl_socket_new(mp_obj_ssl_context_t *ssl_context, const wrap_args_t *args) {
    // Verify the socket object has the full stream protocol
    mp_get_stream_raise(args->sock, MP_STREAM_OP_READ | MP_STREAM_OP_WRITE | MP_STREAM_OP_IOCTL);

    const settings_t *settings = &ssl_context->settings;
    // Run Python code, which may change the context, before anything in it is examined.
    bool suppress_ragged_eofs = args->suppress_ragged_eofs == mp_const_none
        ? settings->suppress_ragged_eofs
        : mp_obj_is_true(args->suppress_ragged_eofs);
    if (args->server_hostname == mp_const_none && CERT_REQUIRED_NEEDS_HOSTNAME
        && settings->authmode == CERT_REQUIRED && !args->server_side) {
        mp_raise_ValueError(MP_ERROR_TEXT("CERT_REQUIRED requires server_hostname"));
    }
    mp_obj_t hostname = check_hostname(args->server_hostname, settings->authmode != CERT_NONE);
    #if OCSP_STAPLING
    if (settings->ocsp == OCSP_REQUIRED && settings->authmode != CERT_REQUIRED) {
        mp_raise_ValueError(MP_ERROR_TEXT("OCSP_REQUIRED needs CERT_REQUIRED"));
    }
    #endif
    #ifdef HAVE_SESSION_TICKET
    check_session(args->session, !is_client(settings));
    #endif
    if (ECDSA_SIGN_CALLBACK && ssl_context->has_key && !ssl_context->key_fits
        && !ssl_context_has_sign_callback(settings)) {
        mp_raise_ValueError(MP_ERROR_TEXT("key does not fit the cert"));
    }

    mp_buffer_info_t client_id = {0};
    if (settings->protocol == PROTOCOL_DTLS_SERVER
        && !mp_get_buffer(args->client_id, &client_id, MP_BUFFER_READ) && CLIENT_ID_REQUIRED) {
        wolf_raise_error(BAD_FUNC_ARG);
    }

    mp_obj_ssl_socket_t *o = wolf_obj_malloc_finalised(mp_obj_ssl_socket_t, &ssl_socket_type);
    memset((byte *)o + sizeof(o->base), 0, sizeof(*o) - sizeof(o->base));
    o->settings = *settings;
    o->settings.suppress_ragged_eofs = suppress_ragged_eofs;
    o->sock = args->sock;
    o->hostname = hostname;
    o->error_text = MP_OBJ_NULL;
    o->late_exception = MP_OBJ_NULL;
    #if SOCKET_HAS_LOCKS
    mp_thread_mutex_init(&o->lock);
    mp_thread_mutex_init(&o->read_lock);
    mp_thread_mutex_init(&o->write_lock);
    #endif

    bool refused = !is_client(settings) && !ssl_context->has_key;
    #if PRE_SHARED_KEYS
    refused = !is_client(settings) && (settings->psk_only || !ssl_context->has_key)
        && !has_server_psk(settings);
    #endif

    // From here on, there is a single exit.
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        o->sock = MP_OBJ_NULL;
        ssl_socket_free(o);
        nlr_jump(nlr.ret_val);
    }
    if (!refused) {
        open_session(o, ssl_context);
        int err = set_up(o, ssl_context, &client_id);
        #ifdef HAVE_SESSION_TICKET
        if (err == 0) {
            err = set_up_session(o, ssl_context, args->session);
        }
        #endif
        #if POST_QUANTUM
        if (err == 0) {
            err = offer_key_shares(o);
        }
        #endif
        if (err != 0) {
            wolf_raise_error(err);
        }
    }
    if (args->do_handshake_on_connect) {
        do_handshake(o);
    }
    nlr_pop();
    return MP_OBJ_FROM_PTR(o);
}

/******************************************************************************/
// SSLSocket type: methods.

// A copy of bytes that another thread may free while it is made, or MP_OBJ_NULL if there are none.
static mp_obj_t copy_blob(mp_obj_ssl_socket_t *o, const blob_t *blob) {
    if (is_handshake_elsewhere(o)) {
        return MP_OBJ_NULL;
    }
    size_t len = blob->len;
    byte *copy = m_new(byte, len);
    bool locked = lock_to_look(o);
    bool have = o->connected && blob->data != NULL && blob->len == len;
    if (have) {
        memcpy(copy, blob->data, len);
    }
    unlock_after_look(o, locked);
    return have ? mp_obj_new_bytes(copy, len) : MP_OBJ_NULL;
}

// SSLSocket.getpeercert(binary_form=False)
static mp_obj_t ssl_socket_getpeercert(size_t n_args, const mp_obj_t *args) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(args[0]);
    bool binary_form = n_args > 1 && mp_obj_is_true(args[1]);
    if (!binary_form && !MICROPY_WOLFSSL_PEER_CHAIN) {
        mp_raise_NotImplementedError(NULL);
    }
    mp_obj_t cert = copy_blob(o, &o->peer_cert);
    if (cert == MP_OBJ_NULL) {
        return mp_const_none;
    }
    #if MICROPY_WOLFSSL_PEER_CHAIN
    if (!binary_form) {
        return o->path_len == 0 ? mp_obj_new_dict(0) : wolf_cert_dict(cert);
    }
    #endif
    return cert;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ssl_socket_getpeercert_obj, 1, 2,
    ssl_socket_getpeercert);

#if MICROPY_WOLFSSL_PEER_CHAIN

// Add the certificates that follow one another in an object to a list.
static void split_chain(mp_obj_t list, mp_obj_t chain) {
    wolf_span_t in, contents;
    in.p = (const byte *)mp_obj_str_get_data(chain, &in.len);
    for (const byte *begin = in.p; wolf_der_get(&in, 0x30, &contents); begin = in.p) {
        mp_obj_list_append(list, mp_obj_new_bytes(begin, in.p - begin));
    }
}

// SSLSocket.get_unverified_chain()
static mp_obj_t ssl_socket_get_unverified_chain(mp_obj_t o_in) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(o_in);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    mp_obj_t chain = copy_blob(o, &o->peer_chain);
    if (chain != MP_OBJ_NULL) {
        split_chain(list, chain);
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_1(ssl_socket_get_unverified_chain_obj,
    ssl_socket_get_unverified_chain);

// SSLSocket.get_verified_chain()
static mp_obj_t ssl_socket_get_verified_chain(mp_obj_t o_in) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(o_in);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    if (is_handshake_elsewhere(o)) {
        return list;
    }
    // The lengths of path stay the same once the handshake is done.
    size_t len = 0;
    for (size_t i = 0; i < o->path_len; ++i) {
        len += o->path[i].len;
    }
    byte *copy = m_new(byte, len);
    byte *p = copy;
    bool locked = lock_to_look(o);
    for (size_t i = 0; o->connected && i < o->path_len; ++i) {
        memcpy(p, o->path[i].p, o->path[i].len);
        p += o->path[i].len;
    }
    unlock_after_look(o, locked);
    split_chain(list, mp_obj_new_bytes(copy, p - copy));
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_1(ssl_socket_get_verified_chain_obj,
    ssl_socket_get_verified_chain);

#endif

// The version that was agreed on, and the cipher suite, or NULL before that.
static const char *agreed_version(mp_obj_ssl_socket_t *o, int *suite) {
    if (is_handshake_elsewhere(o)) {
        return NULL;
    }
    bool locked = lock_to_look(o);
    bool have = o->ssl != NULL && o->connected;
    *suite = have ? wolfSSL_get_current_cipher_suite(o->ssl) : 0;
    const char *version = have ? wolfSSL_get_version(o->ssl) : NULL;
    unlock_after_look(o, locked);
    return version;
}

static mp_obj_t ssl_socket_cipher(mp_obj_t o_in) {
    int suite;
    const char *version = agreed_version(MP_OBJ_TO_PTR(o_in), &suite);
    if (version == NULL) {
        return mp_const_none;
    }
    mp_obj_t tuple[2] = {
        cipher_name(suite >> 8, suite & 0xff), mp_obj_new_str(version, strlen(version))
    };
    return mp_obj_new_tuple(2, tuple);
}
static MP_DEFINE_CONST_FUN_OBJ_1(ssl_socket_cipher_obj, ssl_socket_cipher);

// SSLSocket.version()
static mp_obj_t ssl_socket_version(mp_obj_t o_in) {
    int suite;
    const char *version = agreed_version(MP_OBJ_TO_PTR(o_in), &suite);
    return version == NULL ? mp_const_none : mp_obj_new_str(version, strlen(version));
}
static MP_DEFINE_CONST_FUN_OBJ_1(ssl_socket_version_obj, ssl_socket_version);

#ifdef HAVE_ALPN
// SSLSocket.selected_alpn_protocol()
static mp_obj_t ssl_socket_selected_alpn_protocol(mp_obj_t o_in) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(o_in);
    if (is_handshake_elsewhere(o)) {
        return mp_const_none;
    }
    char copy[255];
    char *name = NULL;
    word16 len = 0;
    bool locked = lock_to_look(o);
    bool have = o->ssl != NULL && o->connected
        && wolfSSL_ALPN_GetProtocol(o->ssl, &name, &len) == WOLFSSL_SUCCESS && len <= sizeof(copy);
    if (have) {
        memcpy(copy, name, len);
    }
    unlock_after_look(o, locked);
    return have ? mp_obj_new_str(copy, len) : mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(ssl_socket_selected_alpn_protocol_obj,
    ssl_socket_selected_alpn_protocol);
#endif

#if !WOLF_MP_AT_LEAST(21)
static void ssl_socket_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    mp_printf(print, "<_SSLSocket %p>", MP_OBJ_TO_PTR(self_in));
}
#endif

static mp_obj_t ssl_socket_setblocking(mp_obj_t self_in, mp_obj_t flag_in) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(self_in);
    if (o->sock == MP_OBJ_NULL) {
        mp_raise_OSError(MP_EBADF);
    }
    check_stack(0);
    mp_obj_t dest[3];
    mp_load_method(o->sock, MP_QSTR_setblocking, dest);
    dest[2] = flag_in;
    o->nonblocking = !mp_obj_is_true(flag_in);
    return mp_call_method_n_kw(1, 0, dest);
}
static MP_DEFINE_CONST_FUN_OBJ_2(ssl_socket_setblocking_obj, ssl_socket_setblocking);

/******************************************************************************/
// SSLSocket type: reading and writing.

// What an operation reads from or writes to.
typedef struct _place_t {
    // its buffer is fetched after Python code has run, which may have moved it; or MP_OBJ_NULL
    mp_obj_t obj;
    size_t start; // in obj
    byte *buf; // without obj
} place_t;

// The bytes of a place, at most *len.
static byte *locate(const place_t *place, int flags, size_t *len) {
    if (place->obj == MP_OBJ_NULL) {
        return place->buf;
    }
    mp_buffer_info_t bufinfo;
    if (!mp_get_buffer(place->obj, &bufinfo, flags) || bufinfo.len <= place->start) {
        *len = 0;
        return NULL;
    }
    *len = MIN(*len, bufinfo.len - place->start);
    return (byte *)bufinfo.buf + place->start;
}

// Whether a read or write can begin; if not, the outcome says why.
static bool is_usable(mp_obj_ssl_socket_t *o) {
    o->poll_mask = 0;
    if (o->sock == MP_OBJ_NULL) {
        o->outcome->err = MP_EBADF;
    } else if (o->late_exception != MP_OBJ_NULL) {
        o->outcome->exception = o->late_exception;
        o->late_exception = MP_OBJ_NULL;
    } else {
        o->outcome->err = o->last_error;
    }
    return o->outcome->err == 0 && o->outcome->exception == MP_OBJ_NULL;
}

// Make the next operation raise an exception instead of this one. Returns whether that is done: an
// interrupt doesn't wait.
static bool keep_for_later(mp_obj_ssl_socket_t *o) {
    outcome_t *outcome = o->outcome;
    if (outcome->exception == MP_OBJ_NULL
        || !mp_obj_exception_match(outcome->exception, MP_OBJ_FROM_PTR(&mp_type_Exception))) {
        return false;
    }
    o->late_exception = outcome->exception;
    outcome->exception = MP_OBJ_NULL;
    return true;
}

// A call of read() asks for more until it has everything, and an error would discard what it has:
// data that arrived is returned first, and the next call raises the error.
static void put_off(mp_obj_ssl_socket_t *o) {
    outcome_t *outcome = o->outcome;
    bool failed = outcome->exception != MP_OBJ_NULL
        || (outcome->err != 0 && !is_want(outcome->err));
    if (!failed || o->taken == 0 || o->closing) {
        return;
    }
    if (outcome->exception != MP_OBJ_NULL && !keep_for_later(o)) {
        return;
    }
    outcome->err = 0;
    outcome->ret = 0;
}

// Read what is available, at most size bytes. Returns an error like session_error(), or 0.
static int read_some(mp_obj_ssl_socket_t *o, const place_t *place, size_t size) {
    int err = handshake(o);
    if (err != 0) {
        return err;
    }
    byte first;
    size = MIN(size, INT_MAX);
    int ret;
    bool again;
    do {
        o->in_blocked = false;
        ret = place->obj == MP_OBJ_NULL ? wolfSSL_read(o->ssl, place->buf, size)
            : wolfSSL_peek(o->ssl, &first, 1);
        // NOTE(mpwolf): wolfSSL_peek() returns WANT_READ after each session ticket of TLS 1.3,
        // whatever the stream has.
        again = ret <= 0 && wolfSSL_get_error(o->ssl, ret) == WOLFSSL_ERROR_WANT_READ
            && !o->in_blocked;
    } while (again && !o->closing && !is_dtls(&o->settings));
    if (ret > 0 && place->obj != MP_OBJ_NULL) {
        // The code below runs no Python code.
        byte *buf = locate(place, MP_BUFFER_WRITE, &size);
        ret = size == 0 ? 0 : wolfSSL_read(o->ssl, buf, size);
        if (size == 0) {
            return 0;
        }
    }
    if (ret > 0) {
        o->confirmed = o->connected;
        o->outcome->ret = ret;
        return 0;
    }
    err = session_error(o, ret);
    if (err == ZERO_RETURN) {
        // The peer's close_notify.
        o->eof = true;
        return 0;
    }
    if (is_want(err) && o->peer_closed) {
        // The end of the stream without one: anyone in between may have cut it off.
        o->eof = o->settings.suppress_ragged_eofs;
        return o->eof ? 0 : SOCKET_PEER_CLOSED_E;
    }
    return err;
}

static void read_operation(mp_obj_ssl_socket_t *o, void *arg, mp_uint_t size) {
    if (is_usable(o) && !o->eof && size > 0) {
        int err = read_some(o, arg, size);
        if (err == WANT_WRITE) {
            // If the handshake is not finished, a read may end up in the protocol wanting to write
            // the next message.
            o->poll_mask = MP_STREAM_POLL_WR;
        }
        if (err != 0 || o->closing) {
            fail(o, err);
        }
    }
    put_off(o);
    o->taken += o->outcome->err == 0 ? o->outcome->ret : 0;
}

static mp_uint_t ssl_socket_do(mp_obj_ssl_socket_t *o, int use, operation_t operation,
    place_t *place, mp_uint_t size, int *errcode) {
    outcome_t outcome;
    if (!operate(o, use, operation, place, size, &outcome)) {
        *errcode = MP_EBUSY;
        return MP_STREAM_ERROR;
    }
    return conclude(o, &outcome, errcode);
}

static mp_uint_t ssl_socket_read(mp_obj_t o_in, void *buf, mp_uint_t size, int *errcode) {
    place_t place = { .obj = MP_OBJ_NULL, .buf = buf };
    return ssl_socket_do(MP_OBJ_TO_PTR(o_in), USE_READ, read_operation, &place, size, errcode);
}

// A program that writes to a non-blocking stream waits until everything is accepted, and may then
// close, or sleep: what was accepted must not be left in the queue. So a record is made only if
// the stream is writable, which means that it has room for a small one. If a larger record would
// be the last, its last byte is not accepted yet, and the program calls again for that.
#define SMALL_WRITE (1024)

static size_t take_no_more_than(mp_obj_ssl_socket_t *o, size_t size) {
    size_t most = MAX_WRITE;
    #ifdef HAVE_MAX_FRAGMENT
    // Even if the peer has not agreed to it: what is sent needs memory too.
    if (o->settings.max_fragment > 0) {
        most = o->settings.max_fragment;
    }
    #endif
    if (!(o->nonblocking || o->timed_out) || is_dtls(&o->settings)) {
        return MIN(size, most);
    }
    int errcode;
    // A stream in Python need not support poll.
    if (o->nonblocking && o->sock != MP_OBJ_NULL
        && !mp_obj_is_instance_type(mp_obj_get_type(o->sock))) {
        mp_uint_t ret = stream_ioctl(o, MP_STREAM_POLL, MP_STREAM_POLL_WR, &errcode);
        if (ret == 0) {
            return 0;
        }
    }
    return size > most ? most : size > SMALL_WRITE ? size - 1 : size;
}

// Make a record of at most size bytes. It counts as written even if the stream doesn't take it
// yet. Returns an error like session_error(), or 0.
static int write_some(mp_obj_ssl_socket_t *o, const place_t *place, size_t size) {
    int err = handshake(o);
    // What is queued goes first: until it is sent, no byte is accepted.
    if (err == 0 && !(o->connected && (is_client(&o->settings) || queue_can_wait(o)))) {
        err = flush(o);
    }
    if (err == 0 && o->out_blocked) {
        err = flush(o);
    }
    if (err != 0) {
        return err;
    }
    size_t most = take_no_more_than(o, size);
    if (most == 0) {
        return WANT_WRITE;
    }
    const byte *buf = locate(place, MP_BUFFER_READ, &size);
    if (size == 0) {
        return 0;
    }
    #ifdef WOLFSSL_DTLS
    if (is_dtls(&o->settings) && size > (size_t)wolfSSL_GetMaxOutputSize(o->ssl)) {
        return DTLS_SIZE_ERROR;
    }
    #endif
    int ret = wolfSSL_write(o->ssl, buf, MIN(size, most));
    if (ret <= 0) {
        return session_error(o, ret);
    }
    o->outcome->ret = ret;
    err = flush(o);
    #ifdef MICROPY_WOLFSSL_TCP_QUICKACK
    if (is_client(&o->settings) && !o->confirmed && o->outcome->exception == MP_OBJ_NULL) {
        acknowledge(o); // the tickets, which come before the first answer
    }
    #endif
    return err == WANT_WRITE || err == MP_ETIMEDOUT || err == MP_EINTR ? 0 : err;
}

static void write_operation(mp_obj_ssl_socket_t *o, void *arg, mp_uint_t size) {
    if (!is_usable(o) || size == 0) {
        return;
    }
    int err = write_some(o, arg, size);
    if (err == DTLS_SIZE_ERROR) {
        o->outcome->err = err; // this datagram is too large, others may not be
    } else if (err != 0 || o->closing) {
        if (err == WANT_READ) {
            // As in read_operation(), the other way round.
            o->poll_mask = MP_STREAM_POLL_RD;
        }
        fail(o, err);
    }
}

static mp_uint_t ssl_socket_write(mp_obj_t o_in, const void *buf, mp_uint_t size, int *errcode) {
    place_t place = { .obj = MP_OBJ_NULL, .buf = (byte *)buf };
    return ssl_socket_do(MP_OBJ_TO_PTR(o_in), USE_WRITE, write_operation, &place, size, errcode);
}

// method(buf[, max_len]) or method(buf, start, max_len): as the streams' methods of this name,
// except that Python code below may change buf meanwhile, and that a timeout after a part was done
// returns what was done.
static mp_obj_t read_or_write(size_t n_args, const mp_obj_t *args, int use, bool once) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(args[0]);
    bool write = use == USE_WRITE;
    int flags = write ? MP_BUFFER_READ : MP_BUFFER_WRITE;
    mp_buffer_info_t bufinfo;
    mp_get_buffer_raise(args[1], &bufinfo, flags);
    place_t place = { .obj = args[1] };
    size_t left = bufinfo.len;
    if (n_args == 4) {
        place.start = MIN((size_t)mp_obj_get_int(args[2]), bufinfo.len);
        left -= place.start;
    }
    if (n_args > 2) {
        left = MIN(left, (size_t)mp_obj_get_int(args[n_args - 1]));
    }
    size_t done = 0;
    if (!write) {
        o->taken = 0;
    }
    while (left > 0) {
        int errcode;
        mp_uint_t ret = ssl_socket_do(o, use, write ? write_operation : read_operation, &place,
            left, &errcode);
        if (ret == MP_STREAM_ERROR) {
            if (done > 0 && (mp_is_nonblocking_error(errcode) || errcode == MP_ETIMEDOUT)) {
                break;
            }
            if (mp_is_nonblocking_error(errcode)) {
                return mp_const_none;
            }
            mp_raise_OSError(errcode);
        }
        place.start += ret;
        done += ret;
        left -= ret;
        if (ret == 0 || once) {
            break;
        }
    }
    return MP_OBJ_NEW_SMALL_INT(done);
}

static mp_obj_t ssl_socket_readinto_method(size_t n_args, const mp_obj_t *args) {
    return read_or_write(n_args, args, USE_READ, false);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ssl_socket_readinto_obj, 2, 4,
    ssl_socket_readinto_method);

static mp_obj_t ssl_socket_write_method(size_t n_args, const mp_obj_t *args) {
    return read_or_write(n_args, args, USE_WRITE, false);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ssl_socket_write_obj, 2, 4, ssl_socket_write_method);

static mp_obj_t ssl_socket_send_method(size_t n_args, const mp_obj_t *args) {
    return read_or_write(n_args, args, USE_WRITE, true);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ssl_socket_send_obj, 2, 4, ssl_socket_send_method);

static mp_obj_t ssl_socket_read_method(size_t n_args, const mp_obj_t *args) {
    ((mp_obj_ssl_socket_t *)MP_OBJ_TO_PTR(args[0]))->taken = 0;
    return mp_stream_read_obj.fun.var(n_args, args);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ssl_socket_read_obj, 1, 2, ssl_socket_read_method);

static mp_obj_t ssl_socket_recv_method(size_t n_args, const mp_obj_t *args) {
    ((mp_obj_ssl_socket_t *)MP_OBJ_TO_PTR(args[0]))->taken = 0;
    return mp_stream_read1_obj.fun.var(n_args, args);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ssl_socket_recv_obj, 1, 2, ssl_socket_recv_method);

static mp_obj_t ssl_socket_readline_method(size_t n_args, const mp_obj_t *args) {
    ((mp_obj_ssl_socket_t *)MP_OBJ_TO_PTR(args[0]))->taken = 0;
    return mp_stream_unbuffered_readline_obj.fun.var(n_args, args);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ssl_socket_readline_obj, 1, 2,
    ssl_socket_readline_method);

/******************************************************************************/
// SSLSocket type: polling and closing.

static void poll_operation(mp_obj_ssl_socket_t *o, void *arg_in, mp_uint_t arg) {
    int *errcode = arg_in;
    outcome_t *outcome = o->outcome;
    if (o->sock == MP_OBJ_NULL || o->last_error != 0) {
        // Closed or error socket, return NVAL flag.
        outcome->ret = MP_STREAM_POLL_NVAL;
        return;
    }

    // A program that polls waits for the peer: send everything first. An error will occur again
    // later.
    if (o->connected && o->out_len > 0 && !queue_can_wait(o) && try_to_write(o)) {
        (void)flush(o);
        end_write(o);
        if (outcome->exception != MP_OBJ_NULL || o->sock == MP_OBJ_NULL) {
            outcome->ret = MP_STREAM_POLL_NVAL;
            return;
        }
    }

    // If the library signaled us that it needs reading or writing, only check that direction,
    // but save what the caller asked because we need to restore it later
    uintptr_t saved_arg = 0;
    if (o->poll_mask && (arg & MP_STREAM_POLL_RDWR)) {
        saved_arg = arg & MP_STREAM_POLL_RDWR;
        arg = (arg & ~saved_arg) | o->poll_mask;
    }

    // Take into account that the library might have buffered data already
    mp_uint_t pending = 0;
    if ((arg & MP_STREAM_POLL_RD)
        && (o->eof || o->late_exception != MP_OBJ_NULL
            || (o->ssl != NULL && wolfSSL_pending(o->ssl) > 0))) {
        pending = MP_STREAM_POLL_RD;
        if (arg == MP_STREAM_POLL_RD) {
            // Shortcut if we only need to read and we have buffered data, no need to go to the
            // underlying socket
            outcome->ret = MP_STREAM_POLL_RD;
            return;
        }
    }

    bool waits = o->connected && o->out_len > 0 && !queue_can_wait(o);
    uintptr_t poll_mask = o->poll_mask;
    mp_uint_t ret = stream_ioctl(o, MP_STREAM_POLL,
        waits ? arg | MP_STREAM_POLL_WR : arg, errcode);
    if (ret == MP_STREAM_ERROR) {
        outcome->err = *errcode > 0 ? *errcode : MP_EIO;
        return;
    }
    if (waits) {
        // A write could not take anything yet.
        ret &= ~(mp_uint_t)MP_STREAM_POLL_WR;
    }
    ret |= pending;

    // The direction the library needed is available, return a fake result to the caller so that
    // it reenters a read or a write to allow the handshake to progress
    if (ret & poll_mask) {
        ret |= saved_arg;
    }
    outcome->ret = ret;
}

// Tell the peer that nothing more will come, if that can be done at once: closing doesn't wait,
// and doesn't fail. Only data that write() has accepted waits, for as long as a blocking stream
// takes.
static void send_close_notify(mp_obj_ssl_socket_t *o) {
    if (o->ssl == NULL || !o->connected || o->last_error != 0 || !try_to_write(o)) {
        return;
    }
    if (!o->nonblocking) {
        flush_alert(o);
    }
    int errcode;
    mp_uint_t ret = stream_ioctl(o, MP_STREAM_POLL, MP_STREAM_POLL_WR, &errcode);
    if (ret != MP_STREAM_ERROR && (ret & MP_STREAM_POLL_WR)) {
        // The outcome makes no difference: the session is freed next.
        (void)wolfSSL_shutdown(o->ssl);
        flush_alert(o);
    }
    o->outcome->exception = MP_OBJ_NULL;
    end_write(o);
}

static void close_operation(mp_obj_ssl_socket_t *o, void *arg, mp_uint_t size) {
    (void)size;
    send_close_notify(o);
    *(mp_obj_t *)arg = o->sock;
    o->sock = MP_OBJ_NULL;
    o->closing = true;
}

static mp_uint_t ssl_socket_ioctl(mp_obj_t o_in, mp_uint_t request, uintptr_t arg, int *errcode) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(o_in);
    outcome_t outcome;
    switch (request) {
        case MP_STREAM_CLOSE: {
            if (o->sock == MP_OBJ_NULL) {
                // Already closed socket, do nothing.
                return 0;
            }
            mp_obj_t sock = MP_OBJ_NULL;
            if (is_handshake_elsewhere(o)) {
                // The thread that is in the session frees it; closing the stream may wake that
                // thread.
                sock = o->sock;
                o->closing = true;
                o->sock = MP_OBJ_NULL;
            } else if (!operate(o, 0, close_operation, &sock, 0, &outcome)) {
                *errcode = MP_EBUSY;
                return MP_STREAM_ERROR;
            }
            // Another thread may have closed it first.
            return sock == MP_OBJ_NULL ? 0
                : mp_get_stream(sock)->ioctl(sock, request, arg, errcode);
        }
        case MP_STREAM_POLL:
            if (is_handshake_elsewhere(o)) {
                return 0;
            }
            if (!operate(o, 0, poll_operation, errcode, arg, &outcome)) {
                *errcode = MP_EBUSY;
                return MP_STREAM_ERROR;
            }
            return conclude(o, &outcome, errcode);
        #ifdef MP_STREAM_RAISE_ERROR
        case MP_STREAM_RAISE_ERROR:
            // Raise the error with its text, for a caller that has only the number.
            if ((int)arg < 0) {
                wolf_raise_error((int)arg);
            }
            mp_raise_OSError((int)arg);
        #endif
        default:
            // Unsupported ioctl. GET_FILENO is one: what is buffered here can't be seen through a
            // descriptor.
            *errcode = MP_EINVAL;
            return MP_STREAM_ERROR;
    }
}

#if WOLF_FINALISER
// Nothing is sent or allocated: the other objects may be gone already, and the peer sees that the
// connection was not closed.
static mp_obj_t ssl_socket___del__(mp_obj_t self_in) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(self_in);
    // If called explicitly, the socket may be in use; the collector must not wait.
    #if SOCKET_HAS_LOCKS
    if (mp_thread_mutex_lock(&o->lock, 0) != 1) {
        return mp_const_none;
    }
    #endif
    if (o->users == 0) {
        o->sock = MP_OBJ_NULL;
        ssl_socket_free(o);
    }
    #if SOCKET_HAS_LOCKS
    mp_thread_mutex_unlock(&o->lock);
    #endif
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(ssl_socket___del___obj, ssl_socket___del__);
#endif

static const mp_rom_map_elem_t ssl_socket_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&ssl_socket_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&ssl_socket_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_readline), MP_ROM_PTR(&ssl_socket_readline_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&ssl_socket_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_recv), MP_ROM_PTR(&ssl_socket_recv_obj) },
    { MP_ROM_QSTR(MP_QSTR_recv_into), MP_ROM_PTR(&ssl_socket_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_send), MP_ROM_PTR(&ssl_socket_send_obj) },
    { MP_ROM_QSTR(MP_QSTR_sendall), MP_ROM_PTR(&ssl_socket_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_setblocking), MP_ROM_PTR(&ssl_socket_setblocking_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&mp_stream_close_obj) },
    #if WOLF_FINALISER
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&ssl_socket___del___obj) },
    #endif
    #if MICROPY_UNIX_COVERAGE
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&mp_stream_ioctl_obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_getpeercert), MP_ROM_PTR(&ssl_socket_getpeercert_obj) },
    #if MICROPY_WOLFSSL_PEER_CHAIN
    { MP_ROM_QSTR(MP_QSTR_get_verified_chain), MP_ROM_PTR(&ssl_socket_get_verified_chain_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_unverified_chain),
      MP_ROM_PTR(&ssl_socket_get_unverified_chain_obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_cipher), MP_ROM_PTR(&ssl_socket_cipher_obj) },
    { MP_ROM_QSTR(MP_QSTR_version), MP_ROM_PTR(&ssl_socket_version_obj) },
    #ifdef HAVE_ALPN
    { MP_ROM_QSTR(MP_QSTR_selected_alpn_protocol),
      MP_ROM_PTR(&ssl_socket_selected_alpn_protocol_obj) },
    #endif
};
static MP_DEFINE_CONST_DICT(ssl_socket_locals_dict, ssl_socket_locals_dict_table);

#ifdef HAVE_SESSION_TICKET
static void ssl_socket_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    if (attr == MP_QSTR_session) {
        dest[0] = ssl_socket_get_session(MP_OBJ_TO_PTR(self_in));
    } else if (attr == MP_QSTR_session_reused) {
        dest[0] = ssl_socket_get_session_reused(MP_OBJ_TO_PTR(self_in));
    } else {
        dest[1] = MP_OBJ_SENTINEL;
    }
}
#endif

static const mp_stream_p_t ssl_socket_stream_p = {
    .read = ssl_socket_read,
    .write = ssl_socket_write,
    .ioctl = ssl_socket_ioctl,
};

static MP_DEFINE_CONST_OBJ_TYPE(
    ssl_socket_type,
    #if WOLF_MP_AT_LEAST(21)
    MP_QSTR_SSLSocket,
    MP_TYPE_FLAG_NONE,
    #else
    MP_QSTR_ussl,
    MP_TYPE_FLAG_NONE,
    print, ssl_socket_print,
    #endif
    protocol, &ssl_socket_stream_p,
    #ifdef HAVE_SESSION_TICKET
    attr, ssl_socket_attr,
    #endif
    locals_dict, &ssl_socket_locals_dict
    );

/******************************************************************************/
// wrap_socket, as in the ssl module of each release.

static mp_obj_t mod_ssl_wrap_socket(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum {
        ARG_server_side,
        ARG_key,
        ARG_cert,
        ARG_cert_reqs,
        ARG_cadata,
        ARG_server_hostname,
        ARG_do_handshake,
        ARG_suppress_ragged_eofs,
    };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_server_side, WRAP_SOCKET_ARG | MP_ARG_BOOL, {.u_bool = false} },
        { MP_QSTR_key, WRAP_SOCKET_ARG | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_cert, WRAP_SOCKET_ARG | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_cert_reqs, WRAP_SOCKET_ARG | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_cadata, WRAP_SOCKET_ARG | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_server_hostname, WRAP_SOCKET_ARG | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_do_handshake, WRAP_SOCKET_ARG | MP_ARG_BOOL, {.u_bool = true} },
        { MP_QSTR_suppress_ragged_eofs, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };

    // Parse arguments.
    mp_obj_t sock = pos_args[0];
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed_args),
        allowed_args, args);

    // Create SSLContext.
    bool server_side = args[ARG_server_side].u_bool;
    mp_obj_t protocol = MP_OBJ_NEW_SMALL_INT(server_side ? PROTOCOL_TLS_SERVER
        : PROTOCOL_TLS_CLIENT);
    mp_obj_ssl_context_t *ssl_context =
        MP_OBJ_TO_PTR(ssl_context_make_new(&ssl_context_type, 1, 0, &protocol));

    // Load key and cert if given.
    if (mp_obj_is_true(args[ARG_key].u_obj) || (WRAP_SOCKET_SOURCE == SOURCE_PATH_OR_DATA
                                                && mp_obj_is_true(args[ARG_cert].u_obj))) {
        ssl_context_load_key(ssl_context, args[ARG_key].u_obj, args[ARG_cert].u_obj,
            WRAP_SOCKET_SOURCE);
    }

    // Set the verify_mode.
    if (args[ARG_cert_reqs].u_int != -1) {
        ssl_context_set_authmode(ssl_context, args[ARG_cert_reqs].u_int);
    }

    // Load cadata if given.
    if (mp_obj_is_true(args[ARG_cadata].u_obj)) {
        ssl_context_load_cadata(ssl_context, args[ARG_cadata].u_obj, SOURCE_DATA);
    }

    // Create and return the new SSLSocket object.
    wrap_args_t wrap_args = {
        .sock = sock,
        .server_side = server_side,
        .do_handshake_on_connect = args[ARG_do_handshake].u_bool,
        .server_hostname = args[ARG_server_hostname].u_obj,
        .client_id = mp_const_none,
        .suppress_ragged_eofs = args[ARG_suppress_ragged_eofs].u_obj,
        #ifdef HAVE_SESSION_TICKET
        .session = mp_const_none,
        #endif
    };
    return ssl_socket_new(ssl_context, &wrap_args);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(mod_ssl_wrap_socket_obj, 1, mod_ssl_wrap_socket);

/******************************************************************************/
// Modules: wolfssl, and the built-in's names where they aren't taken.

#define CERT_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_CERT_NONE), MP_ROM_INT(CERT_NONE) }, \
    { MP_ROM_QSTR(MP_QSTR_CERT_OPTIONAL), MP_ROM_INT(CERT_OPTIONAL) }, \
    { MP_ROM_QSTR(MP_QSTR_CERT_REQUIRED), MP_ROM_INT(CERT_REQUIRED) },

#if OCSP_STAPLING
#define OCSP_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_OCSP_OFF), MP_ROM_INT(OCSP_OFF) }, \
    { MP_ROM_QSTR(MP_QSTR_OCSP_STAPLED), MP_ROM_INT(OCSP_STAPLED) }, \
    { MP_ROM_QSTR(MP_QSTR_OCSP_REQUIRED), MP_ROM_INT(OCSP_REQUIRED) },
#else
#define OCSP_ENTRIES
#endif

#define PROTOCOL_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_PROTOCOL_TLS_CLIENT), MP_ROM_INT(PROTOCOL_TLS_CLIENT) }, \
    { MP_ROM_QSTR(MP_QSTR_PROTOCOL_TLS_SERVER), MP_ROM_INT(PROTOCOL_TLS_SERVER) },

#ifdef WOLFSSL_DTLS
#define DTLS_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_PROTOCOL_DTLS_CLIENT), MP_ROM_INT(PROTOCOL_DTLS_CLIENT) }, \
    { MP_ROM_QSTR(MP_QSTR_PROTOCOL_DTLS_SERVER), MP_ROM_INT(PROTOCOL_DTLS_SERVER) },
#else
#define DTLS_ENTRIES
#endif

// CPython's enum, as integers.
#if TLS_HAS_TWO_VERSIONS
static const mp_rom_map_elem_t tls_version_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_MINIMUM_SUPPORTED), MP_ROM_INT(TLS_VERSION_MINIMUM_SUPPORTED) },
    { MP_ROM_QSTR(MP_QSTR_TLSv1_2), MP_ROM_INT(TLS_VERSION_1_2) },
    { MP_ROM_QSTR(MP_QSTR_TLSv1_3), MP_ROM_INT(TLS_VERSION_1_3) },
    { MP_ROM_QSTR(MP_QSTR_MAXIMUM_SUPPORTED), MP_ROM_INT(TLS_VERSION_MAXIMUM_SUPPORTED) },
};
static MP_DEFINE_CONST_DICT(tls_version_locals_dict, tls_version_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    tls_version_type,
    MP_QSTR_TLSVersion,
    MP_TYPE_FLAG_NONE,
    locals_dict, &tls_version_locals_dict
    );
#define TLS_VERSION_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_TLSVersion), MP_ROM_PTR(&tls_version_type) },
#else
#define TLS_VERSION_ENTRIES
#endif

#if MICROPY_WOLFSSL_CA_BUNDLE

// create_default_context(*, cafile=None, cadata=None): a client that verifies its peer. Without
// certificates it trusts those of load_default_certs(), if there are any.
static mp_obj_t new_default_context(const mp_obj_type_t *type, size_t n_args,
    const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_cafile, ARG_cadata };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_cafile, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_cadata, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    mp_obj_t self_in = ssl_context_new(type, PROTOCOL_TLS_CLIENT, CERT_REQUIRED);
    mp_obj_ssl_context_t *self = MP_OBJ_TO_PTR(self_in);
    mp_obj_t cafile = args[ARG_cafile].u_obj, cadata = args[ARG_cadata].u_obj;
    if (cafile == mp_const_none && cadata == mp_const_none) {
        (void)ssl_context_load_first_default(self);
    }
    if (cafile != mp_const_none) {
        ssl_context_load_cadata(self, cafile, SOURCE_PATH_OR_DATA);
    }
    if (cadata != mp_const_none) {
        ssl_context_load_cadata(self, cadata, SOURCE_DATA);
    }
    return self_in;
}

static mp_obj_t wolfssl_create_default_context(size_t n_args, const mp_obj_t *pos_args,
    mp_map_t *kw_args) {
    return new_default_context(&ssl_context_type, n_args, pos_args, kw_args);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(wolfssl_create_default_context_obj, 0,
    wolfssl_create_default_context);

#if WOLF_DROP_IN_SSL && WOLF_MP_AT_LEAST(23)
static mp_obj_t tls_create_default_context(size_t n_args, const mp_obj_t *pos_args,
    mp_map_t *kw_args) {
    return new_default_context(&tls_context_type, n_args, pos_args, kw_args);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(tls_create_default_context_obj, 0, tls_create_default_context);
#endif

#endif // MICROPY_WOLFSSL_CA_BUNDLE

#ifdef HAVE_SESSION_TICKET
#define SESSION_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_SSLSession), MP_ROM_PTR(&ssl_session_type) },
#else
#define SESSION_ENTRIES
#endif

// Python code checks for MBEDTLS_VERSION to tell the full ssl module from axTLS's.
#define VERSION_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_MBEDTLS_VERSION), MP_ROM_PTR(&wolfssl_version_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_WOLFSSL_VERSION), MP_ROM_PTR(&wolfssl_version_obj) },

static const mp_rom_map_elem_t wolfssl_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_wolfssl) },
    { MP_ROM_QSTR(MP_QSTR_wrap_socket), MP_ROM_PTR(&mod_ssl_wrap_socket_obj) },
    { MP_ROM_QSTR(MP_QSTR_SSLContext), MP_ROM_PTR(&ssl_context_type) },
    #if MICROPY_WOLFSSL_CA_BUNDLE
    { MP_ROM_QSTR(MP_QSTR_create_default_context),
      MP_ROM_PTR(&wolfssl_create_default_context_obj) },
    #endif
    VERSION_ENTRIES
    TLS_VERSION_ENTRIES
    OCSP_ENTRIES
    SESSION_ENTRIES
    PROTOCOL_ENTRIES
    DTLS_ENTRIES
    CERT_ENTRIES
};
static MP_DEFINE_CONST_DICT(wolfssl_globals, wolfssl_globals_table);

const mp_obj_module_t mp_module_wolfssl = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&wolfssl_globals,
};

MP_REGISTER_MODULE(MP_QSTR_wolfssl, mp_module_wolfssl);

#if WOLF_DROP_IN_SSL

#if WOLF_MP_AT_LEAST(23)
static const mp_rom_map_elem_t wolf_drop_in_tls_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_tls) },
    { MP_ROM_QSTR(MP_QSTR_SSLContext), MP_ROM_PTR(&tls_context_type) },
    #if MICROPY_WOLFSSL_CA_BUNDLE
    { MP_ROM_QSTR(MP_QSTR_create_default_context), MP_ROM_PTR(&tls_create_default_context_obj) },
    #endif
    VERSION_ENTRIES
    TLS_VERSION_ENTRIES
    OCSP_ENTRIES
    SESSION_ENTRIES
    PROTOCOL_ENTRIES
    DTLS_ENTRIES
    CERT_ENTRIES
};
static MP_DEFINE_CONST_DICT(wolf_drop_in_tls_globals, wolf_drop_in_tls_globals_table);

const mp_obj_module_t mp_module_wolf_drop_in_tls = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&wolf_drop_in_tls_globals,
};

MP_REGISTER_MODULE(MP_QSTR_tls, mp_module_wolf_drop_in_tls);
#endif

// From MicroPython 1.23 on, the ssl module is Python code from micropython-lib. This one is for
// firmware without it: a frozen ssl.py, or one in the filesystem, is found first. With secure
// defaults it is not, because that code always sets CERT_NONE itself.
static const mp_rom_map_elem_t wolf_drop_in_ssl_globals_table[] = {
    #if WOLF_MP_AT_LEAST(21)
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_ssl) },
    #else
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_ussl) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_wrap_socket), MP_ROM_PTR(&mod_ssl_wrap_socket_obj) },
    #if WOLF_MP_AT_LEAST(21)
    { MP_ROM_QSTR(MP_QSTR_SSLContext), MP_ROM_PTR(&drop_in_context_type) },
    PROTOCOL_ENTRIES
    #endif
    #if WOLF_MP_AT_LEAST(22)
    VERSION_ENTRIES
    #endif
    #if WOLF_MP_AT_LEAST(25)
    DTLS_ENTRIES
    #endif
    #if WOLF_MP_AT_LEAST(20)
    CERT_ENTRIES
    #endif
};
static MP_DEFINE_CONST_DICT(wolf_drop_in_ssl_globals, wolf_drop_in_ssl_globals_table);

const mp_obj_module_t mp_module_wolf_drop_in_ssl = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&wolf_drop_in_ssl_globals,
};

#if MICROPY_WOLFSSL_SECURE_DEFAULTS && WOLF_MP_AT_LEAST(21)
MP_REGISTER_MODULE(MP_QSTR_ssl, mp_module_wolf_drop_in_ssl);
#elif WOLF_MP_AT_LEAST(21)
MP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_ssl, mp_module_wolf_drop_in_ssl);
#else
MP_REGISTER_MODULE(MP_QSTR_ussl, mp_module_wolf_drop_in_ssl);
#endif

#endif // WOLF_DROP_IN_SSL
