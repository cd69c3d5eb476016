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

#include <errno.h> // needed because mp_is_nonblocking_error uses system error codes
#include <limits.h>
#include <string.h>

#include "py/builtin.h"
#include "py/stream.h"

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/version.h>
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>

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
#define CERT_REQUIRED_NEEDS_HOSTNAME WOLF_MP_AT_LEAST(22)
#define CLIENT_ID_REQUIRED WOLF_MP_AT_LEAST(26)
#if WOLF_MP_AT_LEAST(23)
#define WRAP_SOCKET_ARG (0)
#define WRAP_SOCKET_SOURCE SOURCE_PATH_OR_DATA
#else
#define WRAP_SOCKET_ARG MP_ARG_KW_ONLY
#define WRAP_SOCKET_SOURCE SOURCE_DATA
#endif

// One record's worth of data: what a write hands to wolfSSL at a time, so that a non-blocking stream sees short writes.
#define MAX_WRITE (16384)

#if defined(HAVE_PK_CALLBACKS) && defined(HAVE_ECC)
#define ECDSA_SIGN_CALLBACK (1)
#else
#define ECDSA_SIGN_CALLBACK (0)
#endif

#ifdef NO_PSK
#define PRE_SHARED_KEYS (0)
#else
#define PRE_SHARED_KEYS (1)
// What RFC 4279 has every implementation support, in bytes, and wolfSSL too.
#define PSK_MAX_IDENTITY (128)
#define PSK_MAX_KEY (64)
#endif

// Differences between versions of wolfSSL.
#define WOLFSSL_CHECKS_IP_ADDRESS (LIBWOLFSSL_VERSION_HEX >= 0x05009001)
// wolfSSL 5.9.2 takes no host name without a dot but localhost.
#define WOLFSSL_CHECKS_FQDN_ONLY (LIBWOLFSSL_VERSION_HEX >= 0x05009002)

#define PEM_BEGIN "-----BEGIN "
#define PEM_BEGIN_CERT "-----BEGIN CERTIFICATE-----"
#define PEM_END_CERT "-----END CERTIFICATE-----"

// Whether two threads can be in the same context at once: wolfSSL makes its list of cipher suites for the first session.
#define CONTEXT_HAS_LOCK (MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL)

// Whether wolfSSL speaks a version of DTLS that it can only leave out when it makes a context.
#ifdef WOLFSSL_DTLS13
#define DTLS_HAS_TWO_VERSIONS (1)
#else
#define DTLS_HAS_TWO_VERSIONS (0)
#endif

// Where a key or certificate may come from.
typedef enum {
    SOURCE_DATA, // a str is data as well
    SOURCE_PATH_OR_DATA, // a str is the path of a file
} source_t;

// This corresponds to an SSLContext object.
typedef struct _mp_obj_ssl_context_t {
    mp_obj_base_t base;
    WOLFSSL_CTX *ctx; // NULL once freed
    mp_obj_t verify_callback;
    #if ECDSA_SIGN_CALLBACK
    mp_obj_t ecdsa_sign_callback;
    #endif
    #if PRE_SHARED_KEYS
    mp_obj_t psk_identity; // of a client, with psk_key
    mp_obj_t psk_key;
    mp_obj_t server_psk_keys; // of a server: its get() has the keys
    bool psk_only; // pre-shared keys were set up: no other cipher suite is used
    #endif
    mp_obj_t cas; // list of the CA certificates in DER, or MP_OBJ_NULL: verify_callback is asked about them too
    mp_obj_t late_cas; // list of CA certificates that weren't valid when they were loaded, or MP_OBJ_NULL
    int late_ca_error; // why
    uint8_t protocol;
    uint8_t authmode;
    bool has_key;
    bool tls12_only; // set_ciphers named no cipher suite of TLS 1.3
    #if DTLS_HAS_TWO_VERSIONS
    mp_obj_t key; // with cert and source what ssl_context_load_key was given, or MP_OBJ_NULL
    mp_obj_t cert;
    source_t source;
    #endif
    #if CONTEXT_HAS_LOCK
    mp_thread_mutex_t lock; // of ssl_socket_open
    #endif
} mp_obj_ssl_context_t;

// This corresponds to an SSLSocket object.
typedef struct _mp_obj_ssl_socket_t {
    mp_obj_base_t base;
    mp_obj_ssl_context_t *ssl_context;
    mp_obj_t sock; // MP_OBJ_NULL once closed
    WOLFSSL *ssl; // NULL once closed, after an error, and in a server that has no key
    uintptr_t poll_mask; // which read or write operations the protocol needs next
    mp_obj_t exception; // raised by Python code below wolfSSL: the stream, or a callback
    int stream_error; // errno of the stream
    int last_error; // sticky: errno, or wolfSSL's negative number
    mp_uint_t timer_start_ms; // DTLS: since when the handshake waits for the peer
    bool timer_running;
    bool connected; // the handshake is done
    bool eof; // the peer said that it won't send more
    bool peer_closed; // the stream below ended
    byte *held; // TLS client: handshake messages that haven't been written yet
    size_t held_len;
    bool held_blocked; // because the stream would block
    bool nonblocking; // the stream below has said that it would block
    bool busy; // Python code runs below wolfSSL: it must not call back into this session
    const byte *read_end; // where the last read ended
    #if WOLFSSL_CHECKS_FQDN_ONLY
    const char *check_hostname; // the name that the peer's certificate must have, where wolfSSL doesn't check it
    bool hostname_mismatch; // and it had not
    #endif
} mp_obj_ssl_socket_t;

static const mp_obj_type_t ssl_context_type;
static const mp_obj_type_t ssl_socket_type;

// What wolfSSL passes to callbacks is not quite the address of the socket: where wolfSSL's memory comes from
// MicroPython's heap, that would keep the socket from ever being collected.
#define SOCKET_TO_USER(o) ((void *)((byte *)(o) + 1))
#define SOCKET_FROM_USER(user) ((mp_obj_ssl_socket_t *)((byte *)(user) - 1))

static const MP_DEFINE_STR_OBJ(wolfssl_version_obj, "wolfSSL " LIBWOLFSSL_VERSION_STRING);

/******************************************************************************/
// Helper functions.

// Raise the ValueError that says what is wrong with a key or certificate, unless it's the memory that ran out.
static MP_NORETURN void raise_invalid(mp_rom_error_text_t text) {
    if (wolf_alloc_failed()) {
        wolf_raise_error(MEMORY_E);
    }
    mp_raise_ValueError(text);
}

// file = open(path, "rb"); data = file.read(); file.close()
static mp_obj_t read_file(mp_obj_t path) {
    mp_obj_t args[2] = { path, MP_OBJ_NEW_QSTR(MP_QSTR_rb) };
    mp_obj_t file = mp_call_function_n_kw(MP_OBJ_FROM_PTR(&mp_builtin_open_obj), 2, 0, args);
    mp_obj_t dest[2];
    mp_load_method(file, MP_QSTR_read, dest);
    mp_obj_t data = mp_call_method_n_kw(0, 0, dest);
    mp_stream_close(file);
    return data;
}

// The bytes of a key or certificate. Returns the object that holds them: obj itself, or the contents of the file.
static mp_obj_t get_data(mp_obj_t obj, source_t source, mp_buffer_info_t *bufinfo) {
    if (source == SOURCE_PATH_OR_DATA && mp_obj_is_str(obj)) {
        obj = read_file(obj);
    }
    if (!mp_get_buffer(obj, bufinfo, MP_BUFFER_READ)) {
        // Raises the TypeError that the built-in raises.
        size_t len;
        bufinfo->buf = (void *)mp_obj_str_get_data(obj, &len);
        bufinfo->len = len;
    }
    if (bufinfo->len > LONG_MAX / 2 || bufinfo->len > INT_MAX) {
        mp_raise_OSError(MP_ENOMEM);
    }
    return obj;
}

// The first place of text in data, or NULL. data needs no NUL at its end.
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

static int format_of(const mp_buffer_info_t *bufinfo) {
    return is_pem(bufinfo) ? WOLFSSL_FILETYPE_PEM : WOLFSSL_FILETYPE_ASN1;
}

static bool is_client(const mp_obj_ssl_context_t *ssl_context) {
    return !(ssl_context->protocol & ENDPOINT_IS_SERVER);
}

static bool is_dtls(const mp_obj_ssl_context_t *ssl_context) {
    return ssl_context->protocol & TRANSPORT_IS_DTLS;
}

// Whether a host name is an IPv4 or IPv6 address.
static bool is_ip_address(const char *hostname) {
    return strchr(hostname, ':') != NULL || strspn(hostname, "0123456789.") == strlen(hostname);
}

/******************************************************************************/
// Cipher suites. mbedTLS's names are the IANA names with dashes, those of TLS 1.3 with a prefix of their own.

static mp_obj_t cipher_name(byte suite0, byte suite) {
    const char *iana = wolfSSL_get_cipher_name_iana_from_suite(suite0, suite);
    if (iana == NULL) {
        return mp_const_none;
    }
    vstr_t vstr;
    vstr_init(&vstr, strlen(iana) + 3);
    if (suite0 == 0x13 && strncmp(iana, "TLS_", 4) == 0) {
        vstr_add_str(&vstr, "TLS1_3_");
        iana += 4;
    }
    vstr_add_str(&vstr, iana);
    for (size_t i = 0; i < vstr.len; ++i) {
        if (vstr.buf[i] == '_') {
            vstr.buf[i] = '-';
        }
    }
    mp_obj_t name = mp_obj_new_str(vstr.buf, vstr.len);
    vstr_clear(&vstr);
    return name;
}

// Whether name is iana, with dashes or underscores.
static bool is_iana_name(const char *name, const char *iana) {
    if (strncmp(name, "TLS1-3-", 7) == 0 && strncmp(iana, "TLS_", 4) == 0) {
        name += 7;
        iana += 4;
    }
    while (*name != '\0' && (*name == *iana || (*name == '-' && *iana == '_'))) {
        ++name;
        ++iana;
    }
    return *name == *iana;
}

// wolfSSL's own name of a cipher suite that is given in any spelling, or NULL. wolfSSL's names are OpenSSL's, where
// OpenSSL has one.
static const char *find_cipher(const char *name) {
    const char *own;
    for (int i = 0; (own = wolfSSL_get_cipher_list(i)) != NULL; ++i) {
        if (strcmp(name, own) == 0) {
            return own;
        }
        byte suite0, suite;
        int flags;
        if (wolfSSL_get_cipher_suite_from_name(own, &suite0, &suite, &flags) != 0) {
            continue;
        }
        const char *iana = wolfSSL_get_cipher_name_iana_from_suite(suite0, suite);
        if (iana != NULL && is_iana_name(name, iana)) {
            return own;
        }
    }
    return NULL;
}

/******************************************************************************/
// SSLContext type.

// Once is enough, soft resets included: the library itself has no memory, see wolf_alloc.c. It is never cleaned up,
// because other threads may just be about to use it.
static void library_init(void) {
    static bool done;
    if (!done) {
        int ret = wolfSSL_Init();
        if (ret != WOLFSSL_SUCCESS) {
            wolf_raise_error(ret);
        }
        done = true;
    }
}

static void ssl_context_free(mp_obj_ssl_context_t *self) {
    if (self->ctx != NULL) {
        // Sessions hold references of their own: they may be finalised before or after their context.
        wolfSSL_CTX_free(self->ctx);
        self->ctx = NULL;
    }
}

static WOLFSSL_METHOD *ssl_context_method(mp_int_t protocol, bool tls12_only) {
    #if DTLS_HAS_TWO_VERSIONS
    if (tls12_only && protocol == PROTOCOL_DTLS_CLIENT) {
        return wolfDTLSv1_2_client_method();
    }
    if (tls12_only && protocol == PROTOCOL_DTLS_SERVER) {
        return wolfDTLSv1_2_server_method();
    }
    #else
    (void)tls12_only;
    #endif
    switch (protocol) {
        case PROTOCOL_TLS_CLIENT:
            return wolfSSLv23_client_method();
        case PROTOCOL_TLS_SERVER:
            return wolfSSLv23_server_method();
        #ifdef WOLFSSL_DTLS
        case PROTOCOL_DTLS_CLIENT:
            return wolfDTLS_client_method();
        case PROTOCOL_DTLS_SERVER:
            return wolfDTLS_server_method();
        #endif
        default:
            return NULL;
    }
}

static int verify_callback(int preverify, WOLFSSL_X509_STORE_CTX *store);
static int socket_recv_cb(WOLFSSL *ssl, char *buf, int len, void *user);
static int socket_send_cb(WOLFSSL *ssl, char *buf, int len, void *user);
#if ECDSA_SIGN_CALLBACK
static int ecdsa_sign_cb(WOLFSSL *ssl, const byte *in, unsigned int in_len, byte *out, unsigned int *out_len,
    const byte *key, unsigned int key_len, void *user);
#endif

#if PRE_SHARED_KEYS
static unsigned int psk_client_cb(WOLFSSL *ssl, const char *hint, char *identity, unsigned int identity_max,
    unsigned char *key, unsigned int key_max);
static unsigned int psk_server_cb(WOLFSSL *ssl, const char *identity, unsigned char *key, unsigned int key_max);
static void ssl_context_set_psk(mp_obj_ssl_context_t *self, mp_obj_t identity, mp_obj_t key);
static void ssl_context_set_server_psk(mp_obj_ssl_context_t *self, mp_obj_t keys);
#endif

static void ssl_context_set_authmode(mp_obj_ssl_context_t *self, mp_int_t authmode) {
    int mode;
    switch (authmode) {
        case CERT_NONE:
            mode = WOLFSSL_VERIFY_NONE;
            break;
        case CERT_OPTIONAL:
            mode = WOLFSSL_VERIFY_PEER;
            break;
        case CERT_REQUIRED:
            mode = WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
            break;
        default:
            mp_raise_ValueError(MP_ERROR_TEXT("verify_mode"));
    }
    self->authmode = authmode;
    wolfSSL_CTX_set_verify(self->ctx, mode, verify_callback);
}

static int ssl_context_configure(mp_obj_ssl_context_t *self) {
    wolfSSL_CTX_SetIORecv(self->ctx, socket_recv_cb);
    wolfSSL_CTX_SetIOSend(self->ctx, socket_send_cb);
    int ret = wolfSSL_CTX_SetMinVersion(self->ctx, is_dtls(self) ? WOLFSSL_DTLSV1_2 : WOLFSSL_TLSV1_2);
    if (ret != WOLFSSL_SUCCESS) {
        return ret;
    }
    #ifdef HAVE_SUPPORTED_CURVES
    if (is_client(self)) {
        // In the order of preference. Left alone, wolfSSL puts the longest first, which costs a multiple of the time.
        static const word16 groups[] = {
            WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP384R1, WOLFSSL_ECC_SECP521R1,
        };
        for (size_t i = 0; i < MP_ARRAY_SIZE(groups); ++i) {
            // A group that the settings leave out is no error.
            ret = wolfSSL_CTX_UseSupportedCurve(self->ctx, groups[i]);
            if (ret == MEMORY_E) {
                return ret;
            }
        }
    }
    #endif
    // A flight leaves in one write: nothing waits for Nagle's algorithm and the peer's delayed acknowledgement.
    return wolfSSL_CTX_set_group_messages(self->ctx);
}

// Make the context itself: either it is there in the end, or an exception is raised.
static void ssl_context_make(mp_obj_ssl_context_t *self) {
    self->ctx = wolfSSL_CTX_new(ssl_context_method(self->protocol, self->tls12_only));
    if (self->ctx == NULL) {
        wolf_raise_error(MEMORY_E);
    }
    int ret = ssl_context_configure(self);
    if (ret != WOLFSSL_SUCCESS) {
        ssl_context_free(self);
        wolf_raise_error(ret);
    }
}

static mp_obj_t ssl_context_new(const mp_obj_type_t *type, mp_int_t protocol, mp_int_t authmode) {
    if (protocol < PROTOCOL_TLS_CLIENT || protocol > PROTOCOL_DTLS_SERVER) {
        mp_raise_ValueError(MP_ERROR_TEXT("protocol"));
    }

    mp_obj_ssl_context_t *self = wolf_obj_malloc_finalised(mp_obj_ssl_context_t, type);
    self->ctx = NULL;
    self->verify_callback = mp_const_none;
    #if ECDSA_SIGN_CALLBACK
    self->ecdsa_sign_callback = mp_const_none;
    #endif
    #if PRE_SHARED_KEYS
    self->psk_identity = mp_const_none;
    self->psk_key = mp_const_none;
    self->server_psk_keys = mp_const_none;
    self->psk_only = false;
    #endif
    self->cas = MP_OBJ_NULL;
    self->late_cas = MP_OBJ_NULL;
    self->late_ca_error = 0;
    self->protocol = protocol;
    self->has_key = false;
    self->tls12_only = false;
    #if CONTEXT_HAS_LOCK
    mp_thread_mutex_init(&self->lock);
    #endif
    #if DTLS_HAS_TWO_VERSIONS
    self->key = MP_OBJ_NULL;
    #endif

    wolf_alloc_begin();
    library_init();
    ssl_context_make(self);
    ssl_context_set_authmode(self, authmode);

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

// The ssl module's SSLContext: nothing is verified unless asked for, a str is a path.
static mp_obj_t ssl_context_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    mp_int_t protocol = mp_obj_get_int(args[0]);
    bool required = MICROPY_WOLFSSL_SECURE_DEFAULTS && !(protocol & ENDPOINT_IS_SERVER);
    return ssl_context_new(type, protocol, required ? CERT_REQUIRED : CERT_NONE);
}

static void ssl_context_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    mp_obj_ssl_context_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] == MP_OBJ_NULL) {
        // Load attribute.
        if (attr == MP_QSTR_verify_mode) {
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->authmode);
        } else if (attr == MP_QSTR_verify_callback) {
            dest[0] = self->verify_callback;
        #if ECDSA_SIGN_CALLBACK
        } else if (attr == MP_QSTR_ecdsa_sign_callback) {
            dest[0] = self->ecdsa_sign_callback;
        #endif
        #if PRE_SHARED_KEYS
        } else if (attr == MP_QSTR_psk_identity) {
            dest[0] = self->psk_identity;
        } else if (attr == MP_QSTR_psk_key) {
            dest[0] = self->psk_key;
        } else if (attr == MP_QSTR_server_psk_keys) {
            dest[0] = self->server_psk_keys;
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
            self->verify_callback = dest[1];
            dest[0] = MP_OBJ_NULL;
        #if ECDSA_SIGN_CALLBACK
        } else if (attr == MP_QSTR_ecdsa_sign_callback) {
            self->ecdsa_sign_callback = dest[1];
            wolfSSL_CTX_SetEccSignCb(ssl_context_get(self_in)->ctx, dest[1] == mp_const_none ? NULL : ecdsa_sign_cb);
            dest[0] = MP_OBJ_NULL;
        #endif
        #if PRE_SHARED_KEYS
        } else if (attr == MP_QSTR_psk_identity) {
            ssl_context_set_psk(ssl_context_get(self_in), dest[1], self->psk_key);
            dest[0] = MP_OBJ_NULL;
        } else if (attr == MP_QSTR_psk_key) {
            ssl_context_set_psk(ssl_context_get(self_in), self->psk_identity, dest[1]);
            dest[0] = MP_OBJ_NULL;
        } else if (attr == MP_QSTR_server_psk_keys) {
            ssl_context_set_server_psk(ssl_context_get(self_in), dest[1]);
            dest[0] = MP_OBJ_NULL;
        #endif
        }
    }
}

#if WOLF_FINALISER
static mp_obj_t ssl_context___del__(mp_obj_t self_in) {
    ssl_context_free(MP_OBJ_TO_PTR(self_in));
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

// Add one of wolfSSL's own names to a list of them.
static void add_cipher(vstr_t *vstr, const char *own) {
    if (vstr->len > 0) {
        vstr_add_char(vstr, ':');
    }
    vstr_add_str(vstr, own);
}

#if DTLS_HAS_TWO_VERSIONS
static void ssl_context_set_versions(mp_obj_ssl_context_t *self, bool tls12_only);
#endif

// Use the cipher suites of a list, and clear it. wolfSSL takes an empty one for all.
static void ssl_context_use_ciphers(mp_obj_ssl_context_t *self, vstr_t *vstr, bool tls12_only) {
    #if DTLS_HAS_TWO_VERSIONS
    // Otherwise both sides could agree on DTLS 1.3, and then on no cipher suite.
    ssl_context_set_versions(self, tls12_only);
    #endif
    int ret = vstr->len == 0 ? MATCH_SUITE_ERROR
        : wolfSSL_CTX_set_cipher_list(self->ctx, vstr_null_terminated_str(vstr));
    vstr_clear(vstr);
    if (ret != WOLFSSL_SUCCESS) {
        wolf_raise_error(MATCH_SUITE_ERROR);
    }
    self->tls12_only = tls12_only;
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

    // Join them in wolfSSL's own names.
    vstr_t vstr;
    vstr_init(&vstr, 64);
    bool tls12_only = true;
    for (size_t i = 0; i < len; ++i) {
        const char *own = find_cipher(mp_obj_str_get_str(ciphers[i]));
        if (own == NULL) {
            wolf_raise_error(MATCH_SUITE_ERROR);
        }
        #if PRE_SHARED_KEYS
        if (self->psk_only && strstr(own, "PSK-") == NULL) {
            wolf_raise_error(MATCH_SUITE_ERROR);
        }
        #endif
        add_cipher(&vstr, own);
        if (strncmp(own, "TLS13-", 6) == 0) {
            tls12_only = false;
        }
    }

    ssl_context_use_ciphers(self, &vstr, tls12_only);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(ssl_context_set_ciphers_obj, ssl_context_set_ciphers);

#if PRE_SHARED_KEYS

// Offer and take cipher suites with pre-shared keys only: a connection shall not fall back to certificates, which may not
// even be verified. Those with a key exchange of their own come first, for the sake of forward secrecy, and among them
// those with authenticated encryption. They are all of TLS 1.2: where TLS 1.3 has pre-shared keys, a server can answer
// with a certificate.
static void ssl_context_restrict_to_psk(mp_obj_ssl_context_t *self) {
    vstr_t vstr;
    vstr_init(&vstr, 64);
    for (int rank = 0; rank < 4; ++rank) {
        const char *own;
        for (int i = 0; (own = wolfSSL_get_cipher_list(i)) != NULL; ++i) {
            if (strstr(own, "PSK-") == NULL || strstr(own, "NULL") != NULL
                || (strstr(own, "DHE-PSK-") == NULL) * 2 + (strstr(own, "CBC") != NULL) != rank) {
                continue;
            }
            add_cipher(&vstr, own);
        }
    }
    ssl_context_use_ciphers(self, &vstr, true);
    self->psk_only = true;
}

// wolfSSL's identity is a C string.
static bool get_psk_identity(mp_obj_t obj, mp_buffer_info_t *id) {
    return mp_get_buffer(obj, id, MP_BUFFER_READ) && id->len > 0 && id->len <= PSK_MAX_IDENTITY
        && memchr(id->buf, 0, id->len) == NULL;
}

static bool get_psk_key(mp_obj_t obj, mp_buffer_info_t *key) {
    return mp_get_buffer(obj, key, MP_BUFFER_READ) && key->len > 0 && key->len <= PSK_MAX_KEY;
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
        ssl_context_restrict_to_psk(self);
        if (is_client(self)) {
            wolfSSL_CTX_set_psk_client_callback(self->ctx, psk_client_cb);
        }
    }
    self->psk_identity = identity;
    self->psk_key = key;
}

static void ssl_context_set_server_psk(mp_obj_ssl_context_t *self, mp_obj_t keys) {
    ssl_context_restrict_to_psk(self);
    if (!is_client(self)) {
        wolfSSL_CTX_set_psk_server_callback(self->ctx, psk_server_cb);
    }
    self->server_psk_keys = keys;
}

#endif // PRE_SHARED_KEYS

// Whether der is a private key of a kind that wolfSSL knows, whatever its size.
static bool is_private_key(const byte *der, word32 len) {
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
        return false;
    }
    word32 idx;
    int ret = ASN_PARSE_E;

    #ifndef NO_RSA
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
    return ret == 0;
}

// Check a key by itself, so that what is wrong with it is told before anything is said about the certificate.
static bool check_key(const mp_buffer_info_t *bufinfo) {
    if (!is_pem(bufinfo)) {
        return is_private_key(bufinfo->buf, bufinfo->len);
    }
    // DER is shorter than the PEM that holds it.
    byte *der = XMALLOC(bufinfo->len, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    if (der == NULL) {
        return false;
    }
    int len = wc_KeyPemToDer(bufinfo->buf, bufinfo->len, der, bufinfo->len, NULL);
    bool ok = len > 0 && is_private_key(der, len);
    wolf_wipe(der, bufinfo->len);
    XFREE(der, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    return ok;
}

static void ssl_context_load_key_data(mp_obj_ssl_context_t *self, const mp_buffer_info_t *key, mp_obj_t cert_obj,
    source_t source) {
    if (!check_key(key)) {
        raise_invalid(MP_ERROR_TEXT("invalid key"));
    }

    mp_buffer_info_t cert;
    get_data(cert_obj, source, &cert);
    int ret = wolfSSL_CTX_use_certificate_chain_buffer_format(self->ctx, cert.buf, cert.len, format_of(&cert));
    if (ret != WOLFSSL_SUCCESS) {
        raise_invalid(MP_ERROR_TEXT("invalid cert"));
    }

    ret = wolfSSL_CTX_use_PrivateKey_buffer(self->ctx, key->buf, key->len, format_of(key));
    if (ret != WOLFSSL_SUCCESS) {
        wolf_raise_error(ret);
    }
    self->has_key = true;
}

static void ssl_context_load_key(mp_obj_ssl_context_t *self, mp_obj_t key_obj, mp_obj_t cert_obj, source_t source) {
    mp_buffer_info_t key;
    if (get_data(key_obj, source, &key) == key_obj) {
        ssl_context_load_key_data(self, &key, cert_obj, source);
    } else {
        // What was read from a file is ours alone, and is wiped in any case.
        nlr_buf_t nlr;
        if (nlr_push(&nlr) != 0) {
            wolf_wipe(key.buf, key.len);
            nlr_jump(nlr.ret_val);
        }
        ssl_context_load_key_data(self, &key, cert_obj, source);
        nlr_pop();
        wolf_wipe(key.buf, key.len);
    }
    #if DTLS_HAS_TWO_VERSIONS
    if (is_dtls(self)) {
        self->key = key_obj;
        self->cert = cert_obj;
        self->source = source;
    }
    #endif
}

// Remember a CA certificate: wolfSSL keeps its name and key only.
static void keep_ca(mp_obj_ssl_context_t *self, const byte *data, size_t len, int format) {
    mp_obj_t der;
    if (format == WOLFSSL_FILETYPE_ASN1) {
        der = mp_obj_new_bytes(data, len);
    } else {
        // DER is shorter than the PEM that holds it.
        byte *buf = m_new(byte, len);
        int der_len = wc_CertPemToDer(data, len, buf, len, CA_TYPE);
        if (der_len <= 0) {
            m_del(byte, buf, len);
            wolf_raise_error(der_len < 0 ? der_len : ASN_PARSE_E);
        }
        der = mp_obj_new_bytes(buf, der_len);
        m_del(byte, buf, len);
    }
    if (self->cas == MP_OBJ_NULL) {
        self->cas = mp_obj_new_list(0, NULL);
    }
    mp_obj_list_append(self->cas, der);
}

// Load one CA certificate. One that isn't valid now may be once the clock is set: it is kept and tried again for every
// socket, so that it never vouches for anybody outside its time.
static int load_ca(mp_obj_ssl_context_t *self, const byte *data, size_t len, int format) {
    int ret = wolfSSL_CTX_load_verify_buffer(self->ctx, data, len, format);
    if (ret == ASN_BEFORE_DATE_E || ret == ASN_AFTER_DATE_E) {
        if (self->late_cas == MP_OBJ_NULL) {
            self->late_cas = mp_obj_new_list(0, NULL);
        }
        mp_obj_list_append(self->late_cas, mp_obj_new_bytes(data, len));
        self->late_ca_error = ret;
        return WOLFSSL_SUCCESS;
    }
    if (ret == WOLFSSL_SUCCESS) {
        keep_ca(self, data, len, format);
    }
    return ret;
}

#if DTLS_HAS_TWO_VERSIONS

// Load into a new context what the one before it had.
static void ssl_context_load_again(mp_obj_ssl_context_t *self, mp_obj_t cas) {
    ssl_context_set_authmode(self, self->authmode);
    #if ECDSA_SIGN_CALLBACK
    wolfSSL_CTX_SetEccSignCb(self->ctx, self->ecdsa_sign_callback == mp_const_none ? NULL : ecdsa_sign_cb);
    #endif
    if (self->key != MP_OBJ_NULL) {
        ssl_context_load_key(self, self->key, self->cert, self->source);
    }
    if (cas != MP_OBJ_NULL) {
        size_t len;
        mp_obj_t *items;
        mp_obj_list_get(cas, &len, &items);
        for (size_t i = 0; i < len; ++i) {
            mp_buffer_info_t cert;
            mp_get_buffer_raise(items[i], &cert, MP_BUFFER_READ);
            int ret = load_ca(self, cert.buf, cert.len, WOLFSSL_FILETYPE_ASN1);
            if (ret != WOLFSSL_SUCCESS) {
                wolf_raise_error(ret);
            }
        }
    }
}

// Have a DTLS context speak 1.2 alone, or 1.3 too: wolfSSL's is made anew for that. Sessions keep the one they have.
static void ssl_context_set_versions(mp_obj_ssl_context_t *self, bool tls12_only) {
    if (!is_dtls(self) || self->tls12_only == tls12_only) {
        return;
    }
    WOLFSSL_CTX *ctx = self->ctx;
    mp_obj_t cas = self->cas;
    self->ctx = NULL;
    self->cas = MP_OBJ_NULL;
    self->tls12_only = tls12_only;
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        ssl_context_free(self);
        self->ctx = ctx;
        self->cas = cas;
        self->tls12_only = !tls12_only;
        nlr_jump(nlr.ret_val);
    }
    ssl_context_make(self);
    ssl_context_load_again(self, cas);
    nlr_pop();
    wolfSSL_CTX_free(ctx);
}

#endif // DTLS_HAS_TWO_VERSIONS

static void load_late_cas(mp_obj_ssl_context_t *self) {
    if (self->late_cas == MP_OBJ_NULL) {
        return;
    }
    size_t len;
    mp_obj_t *items;
    mp_obj_t late_cas = self->late_cas;
    mp_obj_list_get(late_cas, &len, &items);
    self->late_cas = MP_OBJ_NULL;
    self->late_ca_error = 0;
    for (size_t i = 0; i < len; ++i) {
        mp_buffer_info_t cert;
        mp_get_buffer_raise(items[i], &cert, MP_BUFFER_READ);
        int ret = load_ca(self, cert.buf, cert.len, format_of(&cert));
        if (ret != WOLFSSL_SUCCESS) {
            self->late_cas = late_cas;
            wolf_raise_error(ret);
        }
    }
}

static void ssl_context_load_cadata(mp_obj_ssl_context_t *self, mp_obj_t cadata, source_t source) {
    mp_buffer_info_t bufinfo;
    get_data(cadata, source, &bufinfo);

    int ret = ASN_PARSE_E;
    if (!is_pem(&bufinfo)) {
        ret = load_ca(self, bufinfo.buf, bufinfo.len, WOLFSSL_FILETYPE_ASN1);
    } else {
        const byte *pos = bufinfo.buf;
        const byte *end = pos + bufinfo.len;
        while ((pos = find(pos, end - pos, PEM_BEGIN_CERT)) != NULL) {
            const byte *next = find(pos, end - pos, PEM_END_CERT);
            if (next == NULL) {
                ret = ASN_PARSE_E;
                break;
            }
            next += strlen(PEM_END_CERT);
            ret = load_ca(self, pos, next - pos, WOLFSSL_FILETYPE_PEM);
            if (ret != WOLFSSL_SUCCESS) {
                break;
            }
            pos = next;
        }
    }
    if (ret != WOLFSSL_SUCCESS) {
        raise_invalid(MP_ERROR_TEXT("invalid cert"));
    }
}

// SSLContext.load_cert_chain(certfile, keyfile)
static mp_obj_t ssl_context_load_cert_chain(mp_obj_t self_in, mp_obj_t cert, mp_obj_t key) {
    ssl_context_load_key(ssl_context_get(self_in), key, cert, SOURCE_PATH_OR_DATA);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(ssl_context_load_cert_chain_obj, ssl_context_load_cert_chain);

// SSLContext.load_verify_locations(cafile=None, cadata=None)
static mp_obj_t ssl_context_load_verify_locations(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_cafile, ARG_cadata };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_cafile, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_cadata, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };

    mp_obj_ssl_context_t *self = ssl_context_get(pos_args[0]);
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    if (args[ARG_cafile].u_obj != mp_const_none) {
        ssl_context_load_cadata(self, args[ARG_cafile].u_obj, SOURCE_PATH_OR_DATA);
    }
    if (args[ARG_cadata].u_obj != mp_const_none) {
        ssl_context_load_cadata(self, args[ARG_cadata].u_obj, SOURCE_DATA);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(ssl_context_load_verify_locations_obj, 1, ssl_context_load_verify_locations);

static mp_obj_t ssl_socket_new(mp_obj_ssl_context_t *ssl_context, mp_obj_t sock, bool server_side,
    bool do_handshake_on_connect, mp_obj_t server_hostname, mp_obj_t client_id);

// SSLContext.wrap_socket(sock, server_side=False, do_handshake_on_connect=True, server_hostname=None, client_id=None)
static mp_obj_t ssl_context_wrap_socket(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_server_side, ARG_do_handshake_on_connect, ARG_server_hostname, ARG_client_id };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_server_side, MP_ARG_BOOL, {.u_bool = false} },
        { MP_QSTR_do_handshake_on_connect, MP_ARG_BOOL, {.u_bool = true} },
        { MP_QSTR_server_hostname, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_client_id, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };

    mp_obj_ssl_context_t *self = ssl_context_get(pos_args[0]);
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 2, pos_args + 2, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);

    return ssl_socket_new(self, pos_args[1], args[ARG_server_side].u_bool, args[ARG_do_handshake_on_connect].u_bool,
        args[ARG_server_hostname].u_obj, args[ARG_client_id].u_obj);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(ssl_context_wrap_socket_obj, 2, ssl_context_wrap_socket);

static const mp_rom_map_elem_t ssl_context_locals_dict_table[] = {
    #if WOLF_FINALISER
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&ssl_context___del___obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_get_ciphers), MP_ROM_PTR(&ssl_context_get_ciphers_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_ciphers), MP_ROM_PTR(&ssl_context_set_ciphers_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_cert_chain), MP_ROM_PTR(&ssl_context_load_cert_chain_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_verify_locations), MP_ROM_PTR(&ssl_context_load_verify_locations_obj) },
    { MP_ROM_QSTR(MP_QSTR_wrap_socket), MP_ROM_PTR(&ssl_context_wrap_socket_obj) },
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
// SSLContext type of the tls module (MicroPython 1.23): a client verifies unless told otherwise, a str is data.

#if WOLF_DROP_IN_SSL && WOLF_MP_AT_LEAST(23)

static mp_obj_t tls_context_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    mp_int_t protocol = mp_obj_get_int(args[0]);
    return ssl_context_new(type, protocol, protocol & ENDPOINT_IS_SERVER ? CERT_NONE : CERT_REQUIRED);
}

// SSLContext.load_cert_chain(cert, key)
static mp_obj_t tls_context_load_cert_chain(mp_obj_t self_in, mp_obj_t cert, mp_obj_t key) {
    ssl_context_load_key(ssl_context_get(self_in), key, cert, SOURCE_DATA);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(tls_context_load_cert_chain_obj, tls_context_load_cert_chain);

// SSLContext.load_verify_locations(cadata)
static mp_obj_t tls_context_load_verify_locations(mp_obj_t self_in, mp_obj_t cadata) {
    ssl_context_load_cadata(ssl_context_get(self_in), cadata, SOURCE_DATA);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(tls_context_load_verify_locations_obj, tls_context_load_verify_locations);

static const mp_rom_map_elem_t tls_context_locals_dict_table[] = {
    #if WOLF_FINALISER
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&ssl_context___del___obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_get_ciphers), MP_ROM_PTR(&ssl_context_get_ciphers_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_ciphers), MP_ROM_PTR(&ssl_context_set_ciphers_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_cert_chain), MP_ROM_PTR(&tls_context_load_cert_chain_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_verify_locations), MP_ROM_PTR(&tls_context_load_verify_locations_obj) },
    { MP_ROM_QSTR(MP_QSTR_wrap_socket), MP_ROM_PTR(&ssl_context_wrap_socket_obj) },
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
// Callbacks from wolfSSL. Python code that they run may raise an exception: it is kept until wolfSSL has returned,
// because a jump across wolfSSL would leave its session half done and leak what it holds.

static void keep_exception(mp_obj_ssl_socket_t *o, void *exception) {
    o->busy = false;
    if (o->exception == MP_OBJ_NULL) {
        o->exception = MP_OBJ_FROM_PTR(exception);
    }
}

// Read from or write to the stream. Returns a count, which is 0 at the end of the stream, or -1 if it would block, if it
// failed (stream_error is set), or if it raised an exception (which is kept). For wolfSSL the three are the same: the
// session can go on after them, say after a timeout.
static int stream_rw(mp_obj_ssl_socket_t *o, void *buf, size_t len, bool write) {
    const mp_stream_p_t *stream = mp_get_stream(o->sock);
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        keep_exception(o, nlr.ret_val);
        return -1;
    }
    int err = 0;
    o->busy = true;
    mp_uint_t ret = write ? stream->write(o->sock, buf, len, &err) : stream->read(o->sock, buf, len, &err);
    o->busy = false;
    nlr_pop();
    if (ret != MP_STREAM_ERROR) {
        return ret;
    }
    if (mp_is_nonblocking_error(err)) {
        o->nonblocking = true;
    } else {
        o->stream_error = err;
    }
    return -1;
}

// The client's last flight and its first request leave in one segment: two small ones would have the second wait for
// the peer's delayed acknowledgement of the first. So a client's handshake messages are held until it reads, writes,
// polls or closes. Returns whether messages could be held; if not they are to be written now.
static bool hold(mp_obj_ssl_socket_t *o, const char *buf, size_t len) {
    if (o->connected || !is_client(o->ssl_context) || is_dtls(o->ssl_context)) {
        return false;
    }
    byte *held = m_new_maybe(byte, o->held_len + len);
    if (held == NULL) {
        return false;
    }
    if (o->held_len > 0) {
        memcpy(held, o->held, o->held_len);
    }
    memcpy(held + o->held_len, buf, len);
    o->held = held;
    o->held_len += len;
    return true;
}

// Write what is held and then buf. Returns how much of buf was written, or -1 if not all that is held could be.
static int flush_held(mp_obj_ssl_socket_t *o, const char *buf, size_t len) {
    byte *all = len > 0 ? m_new_maybe(byte, o->held_len + len) : NULL;
    if (all == NULL) {
        all = o->held;
        len = 0;
    } else {
        memcpy(all, o->held, o->held_len);
        memcpy(all + o->held_len, buf, len);
    }
    int ret = stream_rw(o, all, o->held_len + len, true);
    if (ret < 0 || (size_t)ret < o->held_len) {
        if (ret > 0) {
            memmove(o->held, o->held + ret, o->held_len - ret);
            o->held_len -= ret;
        }
        o->held_blocked = true;
        return -1;
    }
    ret -= o->held_len;
    o->held = NULL;
    o->held_len = 0;
    return ret;
}

#ifdef MICROPY_WOLFSSL_TCP_QUICKACK
// A TLS 1.3 server has nothing to send after the client's Finished. Many clients hold their first request back until
// that is acknowledged, and an acknowledgement by itself is delayed, by 40 ms on Linux, unless asked for.
static void acknowledge(mp_obj_ssl_socket_t *o) {
    if (is_client(o->ssl_context) || wolfSSL_version(o->ssl) != TLS1_3_VERSION) {
        return;
    }
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        // It's no TCP socket.
        o->busy = false;
        return;
    }
    mp_obj_t dest[5];
    mp_load_method_maybe(o->sock, MP_QSTR_setsockopt, dest);
    if (dest[0] != MP_OBJ_NULL) {
        dest[2] = MP_OBJ_NEW_SMALL_INT(IPPROTO_TCP);
        dest[3] = MP_OBJ_NEW_SMALL_INT(MICROPY_WOLFSSL_TCP_QUICKACK);
        dest[4] = MP_OBJ_NEW_SMALL_INT(1);
        o->busy = true;
        mp_call_method_n_kw(3, 0, dest);
        o->busy = false;
    }
    nlr_pop();
}
#endif

static int socket_recv_cb(WOLFSSL *ssl, char *buf, int len, void *user) {
    (void)ssl;
    mp_obj_ssl_socket_t *o = SOCKET_FROM_USER(user);
    if (o->held_len > 0 && flush_held(o, NULL, 0) < 0) {
        return WOLFSSL_CBIO_ERR_WANT_READ;
    }
    int ret = stream_rw(o, buf, len, false);
    if (ret < 0) {
        return WOLFSSL_CBIO_ERR_WANT_READ;
    }
    if (ret == 0) {
        // An empty datagram says nothing, the end of a stream without the peer's close_notify is an error.
        if (is_dtls(o->ssl_context)) {
            return WOLFSSL_CBIO_ERR_WANT_READ;
        }
        o->peer_closed = true;
        return WOLFSSL_CBIO_ERR_CONN_CLOSE;
    }
    return ret;
}

static int socket_send_cb(WOLFSSL *ssl, char *buf, int len, void *user) {
    (void)ssl;
    mp_obj_ssl_socket_t *o = SOCKET_FROM_USER(user);
    if (hold(o, buf, len)) {
        return len;
    }
    int ret = o->held_len > 0 ? flush_held(o, buf, len) : stream_rw(o, buf, len, true);
    return ret <= 0 ? WOLFSSL_CBIO_ERR_WANT_WRITE : ret;
}

// Ask SSLContext.verify_callback(cert, depth) about one certificate. Returns whether it is content.
static bool call_verify_callback(mp_obj_ssl_socket_t *o, const byte *der, size_t len, int depth) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        keep_exception(o, nlr.ret_val);
        return false;
    }
    #if MICROPY_PY_BUILTINS_MEMORYVIEW
    byte *copy = m_new(byte, len);
    memcpy(copy, der, len);
    mp_obj_t cert = mp_obj_new_memoryview('B', len, copy);
    #else
    mp_obj_t cert = mp_obj_new_bytes(der, len);
    #endif
    o->busy = true;
    mp_obj_t ret = mp_call_function_2(o->ssl_context->verify_callback, cert, MP_OBJ_NEW_SMALL_INT(depth));
    bool ok = mp_obj_get_int(ret) == 0;
    o->busy = false;
    nlr_pop();
    return ok;
}

#if WOLFSSL_CHECKS_FQDN_ONLY

static bool is_same_name(const char *name, const char *other, size_t other_len) {
    size_t len = strlen(name);
    if (len != other_len) {
        return false;
    }
    for (size_t i = 0; i < len; ++i) {
        if (unichar_tolower((byte)name[i]) != unichar_tolower((byte)other[i])) {
            return false;
        }
    }
    return true;
}

// Whether a certificate is for hostname, which is a single label: nothing but the whole name matches.
static bool has_hostname(const byte *der, size_t len, const char *hostname) {
    DecodedCert *cert = (DecodedCert *)XMALLOC(sizeof(DecodedCert), NULL, DYNAMIC_TYPE_DCERT);
    if (cert == NULL) {
        return false;
    }
    wc_InitDecodedCert(cert, der, len, NULL);
    bool match = false;
    if (wc_ParseCert(cert, CERT_TYPE, NO_VERIFY, NULL) == 0) {
        // The subject counts only in a certificate without alternative names.
        if (cert->altNames == NULL && cert->subjectCN != NULL) {
            match = is_same_name(hostname, cert->subjectCN, cert->subjectCNLen);
        }
        for (const DNS_entry *name = cert->altNames; name != NULL; name = name->next) {
            match = match || (name->type == ASN_DNS_TYPE && is_same_name(hostname, name->name, name->len));
        }
    }
    wc_FreeDecodedCert(cert);
    XFREE(cert, NULL, DYNAMIC_TYPE_DCERT);
    return match;
}

#endif

typedef struct {
    byte subject[KEYID_SIZE];
    byte issuer[KEYID_SIZE];
} cert_names_t;

// The hashes of the names in a certificate. Returns whether it could be read.
static bool get_names(const byte *der, size_t len, cert_names_t *names) {
    DecodedCert *cert = (DecodedCert *)XMALLOC(sizeof(DecodedCert), NULL, DYNAMIC_TYPE_DCERT);
    if (cert == NULL) {
        return false;
    }
    wc_InitDecodedCert(cert, der, len, NULL);
    bool ok = wc_ParseCert(cert, CERT_TYPE, NO_VERIFY, NULL) == 0;
    if (ok) {
        memcpy(names->subject, cert->subjectHash, KEYID_SIZE);
        memcpy(names->issuer, cert->issuerHash, KEYID_SIZE);
    }
    wc_FreeDecodedCert(cert);
    XFREE(cert, NULL, DYNAMIC_TYPE_DCERT);
    return ok;
}

// Ask verify_callback about the CA that issued the last certificate the peer sent, unless that is a CA's of ours itself:
// the built-in asks about the whole chain too, whose end the peer need not send. Returns whether it is content.
static bool call_verify_callback_for_ca(mp_obj_ssl_socket_t *o, const WOLFSSL_BUFFER_INFO *last, int depth) {
    cert_names_t names, ca_names;
    if (o->ssl_context->cas == MP_OBJ_NULL) {
        return true;
    }
    if (!get_names(last->buffer, last->length, &names)) {
        return false;
    }
    if (memcmp(names.subject, names.issuer, KEYID_SIZE) == 0) {
        return true;
    }
    size_t len;
    mp_obj_t *cas;
    mp_obj_list_get(o->ssl_context->cas, &len, &cas);
    mp_buffer_info_t found = {0};
    for (size_t i = 0; i < len; ++i) {
        mp_buffer_info_t ca;
        mp_get_buffer_raise(cas[i], &ca, MP_BUFFER_READ);
        if (ca.len == last->length && memcmp(ca.buf, last->buffer, ca.len) == 0) {
            return true;
        }
        if (found.buf == NULL) {
            if (!get_names(ca.buf, ca.len, &ca_names)) {
                return false;
            }
            if (memcmp(ca_names.subject, names.issuer, KEYID_SIZE) == 0) {
                found = ca;
            }
        }
    }
    return found.buf == NULL || call_verify_callback(o, found.buf, found.len, depth);
}

// Called for every certificate that the peer sent. Returns 1 to accept it: that overrides wolfSSL's own judgement.
static int verify_callback(int preverify, WOLFSSL_X509_STORE_CTX *store) {
    mp_obj_ssl_socket_t *o = SOCKET_FROM_USER(store->userCtx);
    if (o->ssl_context->authmode == CERT_NONE) {
        return 1;
    }
    const WOLFSSL_BUFFER_INFO *cert = NULL;
    if (store->error_depth < store->totalCerts) {
        cert = &store->certs[store->error_depth];
    }
    #if WOLFSSL_CHECKS_FQDN_ONLY
    if (preverify && store->error_depth == 0 && o->check_hostname != NULL
        && (cert == NULL || !has_hostname(cert->buffer, cert->length, o->check_hostname))) {
        o->hostname_mismatch = true;
        preverify = 0;
    }
    #endif
    if (o->ssl_context->verify_callback != mp_const_none && cert != NULL) {
        // The chain is told from its end on.
        if (store->error_depth == store->totalCerts - 1
            && !call_verify_callback_for_ca(o, cert, store->error_depth + 1)) {
            return 0;
        }
        if (!call_verify_callback(o, cert->buffer, cert->length, store->error_depth)) {
            return 0;
        }
    }
    return o->ssl_context->authmode == CERT_OPTIONAL ? 1 : preverify;
}

#if ECDSA_SIGN_CALLBACK

// A copy for Python code: what the built-in hands out, or the next best in a firmware without bytearray.
static mp_obj_t new_buffer(const byte *data, size_t len) {
    #if MICROPY_PY_BUILTINS_BYTEARRAY
    return mp_obj_new_bytearray(len, (void *)data);
    #else
    return mp_obj_new_bytes(data, len);
    #endif
}

// Ask SSLContext.ecdsa_sign_callback(key, hash) for a signature. Returns 1 when it gave one, 0 when it returned None
// and the signature is to be made here, or a negative error.
static int call_ecdsa_sign_callback(mp_obj_ssl_socket_t *o, const byte *key, size_t key_len, const byte *hash,
    size_t hash_len, byte *out, word32 *out_len) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        keep_exception(o, nlr.ret_val);
        return WC_HW_E;
    }
    o->busy = true;
    mp_obj_t ret = mp_call_function_2(o->ssl_context->ecdsa_sign_callback, new_buffer(key, key_len),
        new_buffer(hash, hash_len));
    mp_buffer_info_t sig = {0};
    if (ret != mp_const_none) {
        mp_get_buffer_raise(ret, &sig, MP_BUFFER_READ);
    }
    o->busy = false;
    nlr_pop();
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

static int ecdsa_sign(ecc_key *key, const byte *hash, word32 hash_len, byte *out, word32 *out_len) {
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

static int ecdsa_sign_cb(WOLFSSL *ssl, const byte *in, unsigned int in_len, byte *out, unsigned int *out_len,
    const byte *key_der, unsigned int key_len, void *user) {
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
            ret = call_ecdsa_sign_callback(o, raw, raw_len, in, in_len, out, out_len);
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

#endif // ECDSA_SIGN_CALLBACK

#if PRE_SHARED_KEYS

// The identity and the key that a client has; both may have changed since they were set.
static unsigned int psk_client_cb(WOLFSSL *ssl, const char *hint, char *identity, unsigned int identity_max,
    unsigned char *key, unsigned int key_max) {
    (void)hint;
    mp_obj_ssl_context_t *self = SOCKET_FROM_USER(wolfSSL_GetIOReadCtx(ssl))->ssl_context;
    mp_buffer_info_t id, k;
    if (!get_psk_identity(self->psk_identity, &id) || id.len > identity_max || !get_psk_key(self->psk_key, &k)
        || k.len > key_max) {
        return 0;
    }
    memcpy(identity, id.buf, id.len);
    if (id.len < identity_max) {
        identity[id.len] = 0; // wolfSSL ends one that is as long as can be
    }
    memcpy(key, k.buf, k.len);
    return k.len;
}

// Ask server_psk_keys.get(identity) for the key of a client; 0 refuses the client. So does an exception, as with the
// built-in: who the client says to be can make get() fail. An interrupt is kept, and a MemoryError.
static unsigned int psk_server_cb(WOLFSSL *ssl, const char *identity, unsigned char *key, unsigned int key_max) {
    mp_obj_ssl_socket_t *o = SOCKET_FROM_USER(wolfSSL_GetIOReadCtx(ssl));
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        mp_obj_t exception = MP_OBJ_FROM_PTR(nlr.ret_val);
        if (mp_obj_exception_match(exception, MP_OBJ_FROM_PTR(&mp_type_Exception))
            && !mp_obj_exception_match(exception, MP_OBJ_FROM_PTR(&mp_type_MemoryError))) {
            o->busy = false;
        } else {
            keep_exception(o, nlr.ret_val);
        }
        return 0;
    }
    mp_obj_t dest[3];
    o->busy = true;
    mp_load_method(o->ssl_context->server_psk_keys, MP_QSTR_get, dest);
    dest[2] = mp_obj_new_bytes((const byte *)identity, strlen(identity));
    mp_obj_t found = mp_call_method_n_kw(1, 0, dest);
    o->busy = false;
    nlr_pop();
    mp_buffer_info_t k;
    if (!get_psk_key(found, &k) || k.len > key_max) {
        return 0;
    }
    memcpy(key, k.buf, k.len);
    return k.len;
}

#endif // PRE_SHARED_KEYS

/******************************************************************************/
// SSLSocket type.

static void ssl_socket_free(mp_obj_ssl_socket_t *o) {
    if (o->ssl != NULL) {
        wolfSSL_free(o->ssl);
        o->ssl = NULL;
    }
}

// Raise the exception that Python code below wolfSSL raised, if any.
static void raise_kept_exception(mp_obj_ssl_socket_t *o) {
    if (o->exception != MP_OBJ_NULL) {
        mp_obj_t exception = o->exception;
        o->exception = MP_OBJ_NULL;
        nlr_raise(exception);
    }
}

static bool is_want(int err) {
    return err == WOLFSSL_ERROR_WANT_READ || err == WOLFSSL_ERROR_WANT_WRITE;
}

// Why a call to wolfSSL returned ret: WANT_READ, WANT_WRITE, ZERO_RETURN, another of wolfSSL's negative numbers, or the
// stream's errno, which is positive.
static int ssl_socket_error(mp_obj_ssl_socket_t *o, int ret) {
    raise_kept_exception(o);
    if (o->stream_error != 0) {
        int err = o->stream_error;
        o->stream_error = 0;
        return err;
    }
    int err = wolfSSL_get_error(o->ssl, ret);
    // wolfSSL goes on after some failed allocations, with keys that are not the peer's. A datagram comes again.
    if (wolf_alloc_failed() && (!is_want(err) || !is_dtls(o->ssl_context))) {
        return MEMORY_E;
    }
    switch (err) {
        case WOLFSSL_ERROR_WANT_READ:
            if (o->held_blocked) {
                // What wants to be read is the answer to something that isn't written yet.
                o->held_blocked = false;
                return WANT_WRITE;
            }
            return WANT_READ;
        case WOLFSSL_ERROR_WANT_WRITE:
            return WANT_WRITE;
        #ifdef WOLFSSL_DTLS13
        case APP_DATA_READY:
            return WANT_READ;
        #endif
        case WOLFSSL_ERROR_ZERO_RETURN:
            return ZERO_RETURN;
        case ASN_NO_SIGNER_E:
        case ASN_SELF_SIGNED_E:
            // A CA certificate that isn't valid now may be the reason: then that is what has to be put right.
            return o->ssl_context->late_ca_error != 0 ? o->ssl_context->late_ca_error : err;
        #if WOLFSSL_CHECKS_FQDN_ONLY
        case VERIFY_CERT_ERROR:
            return o->hostname_mismatch ? DOMAIN_NAME_MISMATCH : err;
        #endif
        case SOCKET_ERROR_E:
            return o->peer_closed ? SOCKET_PEER_CLOSED_E : err;
        default:
            return err < 0 ? err : SOCKET_PEER_CLOSED_E;
    }
}

#ifdef WOLFSSL_DTLS
// Datagrams get lost: when the peer has been silent for too long, send the last flight again.
static int ssl_socket_check_timer(mp_obj_ssl_socket_t *o) {
    mp_uint_t now = mp_hal_ticks_ms();
    if (!o->timer_running) {
        o->timer_running = true;
        o->timer_start_ms = now;
    } else if (now - o->timer_start_ms >= (mp_uint_t)wolfSSL_dtls_get_current_timeout(o->ssl) * 1000) {
        o->timer_start_ms = now;
        return wolfSSL_dtls_got_timeout(o->ssl);
    }
    return WOLFSSL_SUCCESS;
}
#endif

// Refuse a client before anything is encrypted.
static void send_handshake_failure(mp_obj_ssl_socket_t *o) {
    // Alert: fatal, handshake_failure.
    static const byte alert[] = { 21, 3, 3, 0, 2, 2, 40 };
    (void)socket_send_cb(NULL, (char *)alert, sizeof(alert), SOCKET_TO_USER(o));
}

// A server without a key can do no more than wait for a client and refuse it; wolfSSL makes no session for that.
static int ssl_socket_refuse(mp_obj_ssl_socket_t *o) {
    char buf[1];
    int ret = socket_recv_cb(NULL, buf, sizeof(buf), SOCKET_TO_USER(o));
    raise_kept_exception(o);
    if (o->stream_error != 0) {
        ret = o->stream_error;
        o->stream_error = 0;
        return ret;
    }
    if (ret == WOLFSSL_CBIO_ERR_WANT_READ) {
        return WANT_READ;
    }
    if (ret == WOLFSSL_CBIO_ERR_CONN_CLOSE) {
        return SOCKET_PEER_CLOSED_E;
    }
    if (!is_dtls(o->ssl_context)) {
        send_handshake_failure(o);
        raise_kept_exception(o);
        o->stream_error = 0;
    }
    return NO_PRIVATE_KEY;
}

// wolfSSL up to 5.7 ends the handshake with a TLS 1.2 client that has no certificate without a word.
static void alert_missing_cert(mp_obj_ssl_socket_t *o, int err) {
    WOLFSSL_ALERT_HISTORY history;
    if (err == NO_PEER_CERT && !is_dtls(o->ssl_context) && wolfSSL_GetVersion(o->ssl) == WOLFSSL_TLSV1_2
        && wolfSSL_get_alert_history(o->ssl, &history) == WOLFSSL_SUCCESS && history.last_tx.code < 0) {
        send_handshake_failure(o);
        o->stream_error = 0; // the missing certificate is what is told
    }
}

// Take the handshake as far as it goes now. Returns 0 when it is done, else an error as above.
static int ssl_socket_handshake(mp_obj_ssl_socket_t *o) {
    if (o->connected) {
        return 0;
    }
    if (o->ssl == NULL) {
        return ssl_socket_refuse(o);
    }
    int ret = is_client(o->ssl_context) ? wolfSSL_connect(o->ssl) : wolfSSL_accept(o->ssl);
    if (ret != WOLFSSL_SUCCESS && !is_client(o->ssl_context)) {
        alert_missing_cert(o, wolfSSL_get_error(o->ssl, ret));
    }
    if (ret != WOLFSSL_SUCCESS && o->held_len > 0 && !is_want(wolfSSL_get_error(o->ssl, ret))) {
        // The handshake failed: the peer gets the alert. The failure is what is told here, whatever comes of that.
        mp_obj_t exception = o->exception;
        (void)flush_held(o, NULL, 0);
        o->exception = exception;
        o->stream_error = 0;
    }
    if (ret == WOLFSSL_SUCCESS) {
        // Somebody may have raised an exception all the same, say by an interrupt from the keyboard.
        raise_kept_exception(o);
        if (wolf_alloc_failed() && !is_dtls(o->ssl_context)) {
            return MEMORY_E;
        }
        o->connected = true;
        #ifdef MICROPY_WOLFSSL_TCP_QUICKACK
        acknowledge(o);
        #endif
        return 0;
    }
    #ifdef WOLFSSL_DTLS13
    if (wolfSSL_get_error(o->ssl, ret) == APP_DATA_READY) {
        // The peer's acknowledgement is still missing, but it has sent data, which can be read.
        return 0;
    }
    #endif
    int err = ssl_socket_error(o, ret);
    #ifdef WOLFSSL_DTLS
    if (err == WANT_READ && is_dtls(o->ssl_context)) {
        ret = ssl_socket_check_timer(o);
        if (ret != WOLFSSL_SUCCESS) {
            err = ssl_socket_error(o, ret);
        }
    }
    #endif
    return err;
}

static int ssl_socket_set_hostname(mp_obj_ssl_socket_t *o, const char *hostname, size_t len) {
    bool is_ip = is_ip_address(hostname);
    int ret;
    #if WOLFSSL_CHECKS_IP_ADDRESS
    if (is_ip) {
        ret = wolfSSL_check_ip_address(o->ssl, hostname);
    } else
    #endif
    {
        ret = wolfSSL_check_domain_name(o->ssl, hostname);
    }
    if (ret != WOLFSSL_SUCCESS) {
        #if WOLFSSL_CHECKS_FQDN_ONLY
        o->check_hostname = hostname;
        #else
        return MEMORY_E;
        #endif
    }
    #ifdef HAVE_SNI
    // An address is no name: RFC 6066 doesn't allow it there.
    if (is_client(o->ssl_context) && !is_ip) {
        ret = wolfSSL_UseSNI(o->ssl, WOLFSSL_SNI_HOST_NAME, hostname, len);
        if (ret != WOLFSSL_SUCCESS) {
            return ret;
        }
    }
    #endif
    return 0;
}

#ifdef WOLFSSL_DTLS
// The cookie of a DTLS server says that a client can be reached where it claims to be: it is made from client_id.
static int ssl_socket_set_client_id(mp_obj_ssl_socket_t *o, const mp_buffer_info_t *client_id) {
    int ret = wolfSSL_dtls_set_peer(o->ssl, client_id->buf, client_id->len);
    return ret == WOLFSSL_SUCCESS ? 0 : BAD_FUNC_ARG;
}
#endif

// Set up the session of a new SSLSocket. Returns 0 or one of wolfSSL's numbers.
static int ssl_socket_setup(mp_obj_ssl_socket_t *o, const char *hostname, size_t hostname_len,
    const mp_buffer_info_t *client_id) {
    wolfSSL_SetIOReadCtx(o->ssl, SOCKET_TO_USER(o));
    wolfSSL_SetIOWriteCtx(o->ssl, SOCKET_TO_USER(o));
    wolfSSL_SetCertCbCtx(o->ssl, SOCKET_TO_USER(o));
    #if ECDSA_SIGN_CALLBACK
    wolfSSL_SetEccSignCtx(o->ssl, SOCKET_TO_USER(o));
    #endif
    if (o->ssl_context->tls12_only && !is_dtls(o->ssl_context)) {
        // Otherwise both sides could agree on TLS 1.3, and then on no cipher suite.
        wolfSSL_set_options(o->ssl, WOLFSSL_OP_NO_TLSv1_3);
    }
    if (hostname != NULL) {
        int ret = ssl_socket_set_hostname(o, hostname, hostname_len);
        if (ret != 0) {
            return ret;
        }
    }
    #ifdef WOLFSSL_DTLS
    if (is_dtls(o->ssl_context)) {
        wolfSSL_dtls_set_using_nonblock(o->ssl, 1);
        if (client_id->buf != NULL) {
            return ssl_socket_set_client_id(o, client_id);
        }
    }
    #endif
    return 0;
}

static void ssl_socket_new_session(mp_obj_ssl_socket_t *o) {
    o->ssl = wolfSSL_new(o->ssl_context->ctx);
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

// Make the session of a new SSLSocket, which may change the context: one thread at a time.
static void ssl_socket_open(mp_obj_ssl_socket_t *o) {
    #if CONTEXT_HAS_LOCK
    mp_thread_mutex_lock(&o->ssl_context->lock, 1);
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        mp_thread_mutex_unlock(&o->ssl_context->lock);
        nlr_jump(nlr.ret_val);
    }
    #endif
    load_late_cas(o->ssl_context);
    ssl_socket_new_session(o);
    #if CONTEXT_HAS_LOCK
    nlr_pop();
    mp_thread_mutex_unlock(&o->ssl_context->lock);
    #endif
}

static mp_obj_t ssl_socket_new(mp_obj_ssl_context_t *ssl_context, mp_obj_t sock, bool server_side,
    bool do_handshake_on_connect, mp_obj_t server_hostname, mp_obj_t client_id_obj) {

    // Verify the socket object has the full stream protocol
    mp_get_stream_raise(sock, MP_STREAM_OP_READ | MP_STREAM_OP_WRITE | MP_STREAM_OP_IOCTL);

    const char *hostname = NULL;
    size_t hostname_len = 0;
    if (server_hostname != mp_const_none) {
        hostname = mp_obj_str_get_data(server_hostname, &hostname_len);
        if (strlen(hostname) != hostname_len) {
            mp_raise_ValueError(MP_ERROR_TEXT("server_hostname"));
        }
    } else if (CERT_REQUIRED_NEEDS_HOSTNAME && ssl_context->authmode == CERT_REQUIRED && !server_side) {
        mp_raise_ValueError(MP_ERROR_TEXT("CERT_REQUIRED requires server_hostname"));
    }

    mp_buffer_info_t client_id = {0};
    if (ssl_context->protocol == PROTOCOL_DTLS_SERVER && !mp_get_buffer(client_id_obj, &client_id, MP_BUFFER_READ)
        && CLIENT_ID_REQUIRED) {
        wolf_raise_error(BAD_FUNC_ARG);
    }

    mp_obj_ssl_socket_t *o = wolf_obj_malloc_finalised(mp_obj_ssl_socket_t, &ssl_socket_type);
    o->ssl_context = ssl_context;
    o->sock = sock;
    o->ssl = NULL;
    o->poll_mask = 0;
    o->exception = MP_OBJ_NULL;
    o->stream_error = 0;
    o->last_error = 0;
    o->timer_running = false;
    o->connected = false;
    o->eof = false;
    o->peer_closed = false;
    o->held = NULL;
    o->held_len = 0;
    o->held_blocked = false;
    o->nonblocking = false;
    o->busy = false;
    o->read_end = NULL;
    #if WOLFSSL_CHECKS_FQDN_ONLY
    o->check_hostname = NULL;
    o->hostname_mismatch = false;
    #endif

    bool refuse = !is_client(ssl_context) && !ssl_context->has_key;
    #if PRE_SHARED_KEYS
    refuse = refuse && ssl_context->server_psk_keys == mp_const_none;
    #endif
    if (!refuse) {
        ssl_socket_open(o);
    }

    // From here on one way out: an exception from the stream or a callback is kept like every other error.
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        o->sock = MP_OBJ_NULL;
        ssl_socket_free(o);
        nlr_jump(nlr.ret_val);
    }
    int err = refuse ? 0 : ssl_socket_setup(o, hostname, hostname_len, &client_id);
    if (err == 0 && do_handshake_on_connect) {
        while ((err = ssl_socket_handshake(o)) == WANT_READ || err == WANT_WRITE) {
            mp_event_wait_ms(1);
        }
    }
    if (err > 0) {
        mp_raise_OSError(err);
    } else if (err < 0) {
        wolf_raise_error(err);
    }
    nlr_pop();

    return MP_OBJ_FROM_PTR(o);
}

#ifdef KEEP_PEER_CERT
static mp_obj_t ssl_socket_getpeercert(mp_obj_t o_in, mp_obj_t binary_form) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(o_in);
    if (!mp_obj_is_true(binary_form)) {
        mp_raise_NotImplementedError(NULL);
    }
    if (o->ssl == NULL) {
        return mp_const_none;
    }
    wolf_alloc_begin();
    WOLFSSL_X509 *peer_cert = wolfSSL_get_peer_certificate(o->ssl);
    if (peer_cert == NULL) {
        if (wolf_alloc_failed()) {
            wolf_raise_error(MEMORY_E);
        }
        return mp_const_none;
    }
    int len = 0;
    const byte *der = wolfSSL_X509_get_der(peer_cert, &len);
    vstr_t vstr;
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        wolfSSL_FreeX509(peer_cert);
        nlr_jump(nlr.ret_val);
    }
    vstr_init_len(&vstr, len);
    nlr_pop();
    memcpy(vstr.buf, der, len);
    wolfSSL_FreeX509(peer_cert);
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_2(ssl_socket_getpeercert_obj, ssl_socket_getpeercert);
#endif

static mp_obj_t ssl_socket_cipher(mp_obj_t o_in) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(o_in);
    if (o->ssl == NULL || !o->connected) {
        return mp_const_none;
    }
    int suite = wolfSSL_get_current_cipher_suite(o->ssl);
    const char *version = wolfSSL_get_version(o->ssl);
    mp_obj_t tuple[2] = { cipher_name(suite >> 8, suite & 0xff), mp_obj_new_str(version, strlen(version)) };
    return mp_obj_new_tuple(2, tuple);
}
static MP_DEFINE_CONST_FUN_OBJ_1(ssl_socket_cipher_obj, ssl_socket_cipher);

#if !WOLF_MP_AT_LEAST(21)
static void ssl_socket_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    mp_printf(print, "<_SSLSocket %p>", MP_OBJ_TO_PTR(self_in));
}
#endif

// Whether a read or write can begin; if not, *errcode is set or an exception raised.
static bool ssl_socket_is_usable(mp_obj_ssl_socket_t *o, int *errcode) {
    if (o->busy) {
        *errcode = MP_EBUSY;
        return false;
    }
    o->poll_mask = 0;
    o->held_blocked = false;
    wolf_alloc_begin();
    if (o->last_error < 0 && o->sock != MP_OBJ_NULL) {
        wolf_raise_error(o->last_error);
    }
    if (o->last_error > 0 || o->sock == MP_OBJ_NULL) {
        *errcode = o->last_error > 0 ? o->last_error : MP_EBADF;
        return false;
    }
    return true;
}

// What a read or write that couldn't be done returns: err is from ssl_socket_error.
static mp_uint_t ssl_socket_fail(mp_obj_ssl_socket_t *o, int err, int *errcode) {
    if (err == WANT_READ || err == WANT_WRITE) {
        *errcode = MP_EWOULDBLOCK;
        return MP_STREAM_ERROR;
    }
    if (err > 0) {
        // After a timeout the session is as good as before, after other errors of the stream it is not.
        if (err != MP_ETIMEDOUT && err != MP_EINTR) {
            o->last_error = err;
        }
        *errcode = err;
        return MP_STREAM_ERROR;
    }
    // wolfSSL has sent the alert; nothing more can be done with this session.
    o->last_error = err;
    ssl_socket_free(o);
    wolf_raise_error(err);
}

// MicroPython's read(n) calls the stream until it has n bytes, and forgets what it has when an exception comes. On a
// non-blocking stream an error that follows data is told by the next read, so that the data arrives. (On a blocking
// one a short read means the end of the stream, which an error must not look like.)
static bool ssl_socket_put_off(mp_obj_ssl_socket_t *o, int err, const void *buf) {
    if (err == WANT_READ || err == WANT_WRITE || !o->nonblocking || buf != o->read_end) {
        return false;
    }
    o->last_error = err;
    ssl_socket_free(o);
    return true;
}

static mp_uint_t ssl_socket_read(mp_obj_t o_in, void *buf, mp_uint_t size, int *errcode) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(o_in);
    if (!ssl_socket_is_usable(o, errcode)) {
        return MP_STREAM_ERROR;
    }
    if (o->eof || size == 0) {
        return 0;
    }
    int err = ssl_socket_handshake(o);
    if (err == 0) {
        int ret = wolfSSL_read(o->ssl, buf, MIN(size, INT_MAX));
        if (ret > 0) {
            o->read_end = (const byte *)buf + ret;
            return ret;
        }
        err = ssl_socket_error(o, ret);
        if (err == ZERO_RETURN) {
            // The peer's close_notify: end of stream.
            o->eof = true;
            return 0;
        }
        if (ssl_socket_put_off(o, err, buf)) {
            *errcode = MP_EWOULDBLOCK;
            return MP_STREAM_ERROR;
        }
    }
    if (err == WANT_WRITE) {
        // If the handshake is not finished, a read may end up in the protocol wanting to write the next message.
        o->poll_mask = MP_STREAM_POLL_WR;
    }
    return ssl_socket_fail(o, err, errcode);
}

static mp_uint_t ssl_socket_write(mp_obj_t o_in, const void *buf, mp_uint_t size, int *errcode) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(o_in);
    if (!ssl_socket_is_usable(o, errcode)) {
        return MP_STREAM_ERROR;
    }
    if (size == 0) {
        return 0;
    }
    int err = ssl_socket_handshake(o);
    if (err == 0) {
        // A datagram is all or nothing.
        int ret = wolfSSL_write(o->ssl, buf, is_dtls(o->ssl_context) ? MIN(size, INT_MAX) : MIN(size, MAX_WRITE));
        if (ret > 0) {
            return ret;
        }
        err = ssl_socket_error(o, ret);
    }
    if (err == WANT_READ) {
        // As above, the other way round.
        o->poll_mask = MP_STREAM_POLL_RD;
    }
    return ssl_socket_fail(o, err, errcode);
}

static mp_obj_t ssl_socket_setblocking(mp_obj_t self_in, mp_obj_t flag_in) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(self_in);
    if (o->sock == MP_OBJ_NULL) {
        mp_raise_OSError(MP_EBADF);
    }
    mp_obj_t dest[3];
    mp_load_method(o->sock, MP_QSTR_setblocking, dest);
    dest[2] = flag_in;
    return mp_call_method_n_kw(1, 0, dest);
}
static MP_DEFINE_CONST_FUN_OBJ_2(ssl_socket_setblocking_obj, ssl_socket_setblocking);

// Tell the peer that nothing more will come, if that can be done at once: closing doesn't wait, and doesn't fail.
static void ssl_socket_send_close_notify(mp_obj_ssl_socket_t *o) {
    if (o->ssl == NULL || !o->connected || o->last_error != 0) {
        return;
    }
    if (o->held_len > 0) {
        (void)flush_held(o, NULL, 0);
    }
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        return;
    }
    int errcode;
    mp_uint_t ret = mp_get_stream(o->sock)->ioctl(o->sock, MP_STREAM_POLL, MP_STREAM_POLL_WR, &errcode);
    nlr_pop();
    if (ret != MP_STREAM_ERROR && (ret & MP_STREAM_POLL_WR)) {
        // The outcome makes no difference: the session is freed next.
        (void)wolfSSL_shutdown(o->ssl);
        o->exception = MP_OBJ_NULL;
        o->stream_error = 0;
    }
}

static mp_uint_t ssl_socket_poll(mp_obj_ssl_socket_t *o, uintptr_t arg, int *errcode) {
    if (o->sock == MP_OBJ_NULL || o->last_error != 0) {
        // Closed or error socket, return NVAL flag.
        return MP_STREAM_POLL_NVAL;
    }

    // Who polls waits for the peer: it has to get everything first.
    if (o->connected && o->held_len > 0) {
        if (flush_held(o, NULL, 0) < 0) {
            o->poll_mask = MP_STREAM_POLL_WR;
        }
        raise_kept_exception(o);
        o->stream_error = 0; // a read or write meets it again
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
    if ((arg & MP_STREAM_POLL_RD) && (o->eof || (o->ssl != NULL && wolfSSL_pending(o->ssl) > 0))) {
        pending = MP_STREAM_POLL_RD;
        if (arg == MP_STREAM_POLL_RD) {
            // Shortcut if we only need to read and we have buffered data, no need to go to the underlying socket
            return MP_STREAM_POLL_RD;
        }
    }

    mp_uint_t ret = mp_get_stream(o->sock)->ioctl(o->sock, MP_STREAM_POLL, arg, errcode);
    if (ret == MP_STREAM_ERROR) {
        return ret;
    }
    ret |= pending;

    // The direction the library needed is available, return a fake result to the caller so that
    // it reenters a read or a write to allow the handshake to progress
    if (ret & o->poll_mask) {
        ret |= saved_arg;
    }
    return ret;
}

static mp_uint_t ssl_socket_ioctl(mp_obj_t o_in, mp_uint_t request, uintptr_t arg, int *errcode) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(o_in);
    if (o->busy) {
        *errcode = MP_EBUSY;
        return MP_STREAM_ERROR;
    }
    switch (request) {
        case MP_STREAM_CLOSE: {
            if (o->sock == MP_OBJ_NULL) {
                // Already closed socket, do nothing.
                return 0;
            }
            ssl_socket_send_close_notify(o);
            mp_obj_t sock = o->sock;
            o->sock = MP_OBJ_NULL;
            ssl_socket_free(o);
            return mp_get_stream(sock)->ioctl(sock, request, arg, errcode);
        }
        case MP_STREAM_POLL:
            return ssl_socket_poll(o, arg, errcode);
        #ifdef MP_STREAM_RAISE_ERROR
        case MP_STREAM_RAISE_ERROR:
            // Raise the error with its text, for a caller that has only the number.
            if ((int)arg < 0) {
                wolf_raise_error((int)arg);
            }
            mp_raise_OSError((int)arg);
        #endif
        default:
            // Unsupported ioctl. GET_FILENO is among them: what is buffered here can't be seen through a descriptor.
            *errcode = MP_EINVAL;
            return MP_STREAM_ERROR;
    }
}

#if WOLF_FINALISER
// Nothing is sent and nothing allocated: the other objects may be gone already, and the peer sees that the connection
// was not closed.
static mp_obj_t ssl_socket___del__(mp_obj_t self_in) {
    mp_obj_ssl_socket_t *o = MP_OBJ_TO_PTR(self_in);
    if (!o->busy) {
        o->sock = MP_OBJ_NULL;
        ssl_socket_free(o);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(ssl_socket___del___obj, ssl_socket___del__);
#endif

static const mp_rom_map_elem_t ssl_socket_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&mp_stream_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&mp_stream_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_readline), MP_ROM_PTR(&mp_stream_unbuffered_readline_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&mp_stream_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_recv), MP_ROM_PTR(&mp_stream_read1_obj) },
    { MP_ROM_QSTR(MP_QSTR_recv_into), MP_ROM_PTR(&mp_stream_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_send), MP_ROM_PTR(&mp_stream_write1_obj) },
    { MP_ROM_QSTR(MP_QSTR_sendall), MP_ROM_PTR(&mp_stream_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_setblocking), MP_ROM_PTR(&ssl_socket_setblocking_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&mp_stream_close_obj) },
    #if WOLF_FINALISER
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&ssl_socket___del___obj) },
    #endif
    #if MICROPY_UNIX_COVERAGE
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&mp_stream_ioctl_obj) },
    #endif
    #ifdef KEEP_PEER_CERT
    { MP_ROM_QSTR(MP_QSTR_getpeercert), MP_ROM_PTR(&ssl_socket_getpeercert_obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_cipher), MP_ROM_PTR(&ssl_socket_cipher_obj) },
};
static MP_DEFINE_CONST_DICT(ssl_socket_locals_dict, ssl_socket_locals_dict_table);

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
    locals_dict, &ssl_socket_locals_dict
    );

/******************************************************************************/
// wrap_socket, as the ssl module of each release has it.

static mp_obj_t mod_ssl_wrap_socket(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum {
        ARG_server_side,
        ARG_key,
        ARG_cert,
        ARG_cert_reqs,
        ARG_cadata,
        ARG_server_hostname,
        ARG_do_handshake,
    };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_server_side, WRAP_SOCKET_ARG | MP_ARG_BOOL, {.u_bool = false} },
        { MP_QSTR_key, WRAP_SOCKET_ARG | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_cert, WRAP_SOCKET_ARG | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_cert_reqs, WRAP_SOCKET_ARG | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_cadata, WRAP_SOCKET_ARG | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_server_hostname, WRAP_SOCKET_ARG | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_do_handshake, WRAP_SOCKET_ARG | MP_ARG_BOOL, {.u_bool = true} },
    };

    // Parse arguments.
    mp_obj_t sock = pos_args[0];
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);

    // Create SSLContext.
    bool server_side = args[ARG_server_side].u_bool;
    mp_obj_t protocol = MP_OBJ_NEW_SMALL_INT(server_side ? PROTOCOL_TLS_SERVER : PROTOCOL_TLS_CLIENT);
    mp_obj_ssl_context_t *ssl_context = MP_OBJ_TO_PTR(ssl_context_make_new(&ssl_context_type, 1, 0, &protocol));

    // Load key and cert if given.
    if (mp_obj_is_true(args[ARG_key].u_obj) || (WRAP_SOCKET_SOURCE == SOURCE_PATH_OR_DATA
                                                && mp_obj_is_true(args[ARG_cert].u_obj))) {
        ssl_context_load_key(ssl_context, args[ARG_key].u_obj, args[ARG_cert].u_obj, WRAP_SOCKET_SOURCE);
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
    return ssl_socket_new(ssl_context, sock, server_side, args[ARG_do_handshake].u_bool,
        args[ARG_server_hostname].u_obj, mp_const_none);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(mod_ssl_wrap_socket_obj, 1, mod_ssl_wrap_socket);

/******************************************************************************/
// Modules: wolfssl, and the built-in's names where they aren't taken.

#define CERT_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_CERT_NONE), MP_ROM_INT(CERT_NONE) }, \
    { MP_ROM_QSTR(MP_QSTR_CERT_OPTIONAL), MP_ROM_INT(CERT_OPTIONAL) }, \
    { MP_ROM_QSTR(MP_QSTR_CERT_REQUIRED), MP_ROM_INT(CERT_REQUIRED) },

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

// Python code asks for MBEDTLS_VERSION to know whether it has the full ssl module, not axTLS's.
#define VERSION_ENTRIES \
    { MP_ROM_QSTR(MP_QSTR_MBEDTLS_VERSION), MP_ROM_PTR(&wolfssl_version_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_WOLFSSL_VERSION), MP_ROM_PTR(&wolfssl_version_obj) },

static const mp_rom_map_elem_t wolfssl_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_wolfssl) },
    { MP_ROM_QSTR(MP_QSTR_wrap_socket), MP_ROM_PTR(&mod_ssl_wrap_socket_obj) },
    { MP_ROM_QSTR(MP_QSTR_SSLContext), MP_ROM_PTR(&ssl_context_type) },
    VERSION_ENTRIES
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
    VERSION_ENTRIES
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

// From MicroPython 1.23 on the ssl module is Python code of micropython-lib's. This one is for a firmware without it:
// a frozen ssl.py, or one in the filesystem, is found first.
static const mp_rom_map_elem_t wolf_drop_in_ssl_globals_table[] = {
    #if WOLF_MP_AT_LEAST(21)
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_ssl) },
    #else
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_ussl) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_wrap_socket), MP_ROM_PTR(&mod_ssl_wrap_socket_obj) },
    #if WOLF_MP_AT_LEAST(21)
    { MP_ROM_QSTR(MP_QSTR_SSLContext), MP_ROM_PTR(&ssl_context_type) },
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

#if WOLF_MP_AT_LEAST(21)
MP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_ssl, mp_module_wolf_drop_in_ssl);
#else
MP_REGISTER_MODULE(MP_QSTR_ussl, mp_module_wolf_drop_in_ssl);
#endif

#endif // WOLF_DROP_IN_SSL
