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
#include "wolf_session.h"

#ifdef HAVE_SESSION_TICKET

#include <string.h>

#include <wolfssl/version.h>
#include <wolfssl/internal.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/sha256.h>

#if defined(NO_SESSION_CACHE) || !defined(HAVE_EXT_CACHE) || !defined(NO_CLIENT_CACHE)
#error "HAVE_SESSION_TICKET needs HAVE_EXT_CACHE, NO_CLIENT_CACHE, and not NO_SESSION_CACHE"
#endif
#if defined(SESSION_CERTS) || defined(WOLFSSL_EARLY_DATA) || defined(WOLFSSL_32BIT_MILLI_TIME) \
    || defined(OPENSSL_EXTRA) || defined(OPENSSL_EXTRA_X509_SMALL)
#error "sessions have another format with these settings"
#endif
#if defined(WOLFSSL_TLS13) && !defined(WOLFSSL_TICKET_NONCE_MALLOC)
#error "set WOLFSSL_TICKET_NONCE_MALLOC: else a ticket with a longer nonce ends a connection"
#endif

// NOTE(mpwolf): wolfssl/internal.h has what lacks a public counterpart in 5.5 to 5.9:
// LowResTimer(), seconds by the clock that sessions' ages are measured with, which need not be
// that of the date; MAX_PSK_ID_LEN, the longest ticket that a client of TLS 1.3 can offer; and the
// fields that offer_ticket() and what follows it correct.

// RFC 8446, section 4.6.1: no ticket is used for longer than a week, and here also none that goes
// back, through others, to a certificate that was verified before that.
#define MAX_AGE (7 * 24 * 3600)

// RFC 5077, section 3.3: a lifetime of 0 is unspecified in TLS 1.2. RFC 5246, appendix F.1.4,
// suggests at most a day.
#define DEFAULT_LIFETIME (24 * 3600)

/******************************************************************************/
// wolfSSL's format, wolfSSL_i2d_SSL_SESSION() in ssl_sess.c (ssl.c of 5.5).

// What is of interest in it. Everything points into the bytes.
typedef struct _fields_t {
    uint8_t *born_on; // 4 bytes, then 4 of timeout
    const uint8_t *version;
    uint8_t *group; // 2 bytes, or NULL without TLS 1.3
    const uint8_t *seen; // when the ticket arrived, and the number that hides its age; or NULL
    size_t id_len;
    size_t ticket_len;
    uint8_t side;
} fields_t;

typedef struct _cursor_t {
    uint8_t *p;
    size_t len;
} cursor_t;

// The next n bytes, or NULL.
static uint8_t *take(cursor_t *in, size_t n) {
    if (in->p == NULL || in->len < n) {
        in->p = NULL;
        return NULL;
    }
    uint8_t *p = in->p;
    in->p += n;
    in->len -= n;
    return p;
}

static size_t take_number(cursor_t *in, size_t n) {
    const uint8_t *p = take(in, n);
    size_t number = 0;
    while (p != NULL && n-- > 0) {
        number = number << 8 | *p++;
    }
    return number;
}

// NOTE(mpwolf): wolfSSL_d2i_SSL_SESSION() of 5.5 and 5.7 reads beyond the end of truncated bytes,
// and that of 5.5 writes beyond the end of its fields. Returns whether the bytes are what it
// expects.
static bool find_fields(uint8_t *data, size_t len, fields_t *f) {
    cursor_t in = { data, len };
    f->side = take_number(&in, 1);
    f->born_on = take(&in, 8);
    f->id_len = take_number(&in, 1);
    if (f->id_len > ID_LEN) {
        return false;
    }
    (void)take(&in, f->id_len);
    (void)take(&in, SECRET_LEN);
    (void)take_number(&in, 1); // extended master secret
    size_t alt_id_len = take_number(&in, 1);
    if (alt_id_len != 0 && alt_id_len != ID_LEN) {
        return false;
    }
    (void)take(&in, alt_id_len);
    #if defined(WOLFSSL_TLS13) || LIBWOLFSSL_VERSION_HEX >= 0x05009000
    f->version = take(&in, 2);
    #else
    f->version = (const uint8_t *)"\3\3";
    #endif
    #if defined(WOLFSSL_TLS13) || !defined(NO_RESUME_SUITE_CHECK)
    (void)take(&in, 2);
    #endif
    f->group = NULL;
    f->seen = NULL;
    #ifdef WOLFSSL_TLS13
    f->group = take(&in, 2);
    f->seen = take(&in, WOLF_SESSION_TICKET_ID);
    if (f->seen == NULL || (f->seen[0] & 0x80)) {
        return false; // milliseconds below 0
    }
    (void)take(&in, take_number(&in, 1)); // nonce
    #endif
    f->ticket_len = take_number(&in, 2);
    (void)take(&in, f->ticket_len);
    // 5.9: of a server, hashes of the names that were agreed on.
    return in.p != NULL && (in.len == 0 || in.len == 32 || in.len == 64);
}

static uint32_t get32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put(uint8_t *p, uint64_t number, size_t len) {
    while (len-- > 0) {
        p[len] = number;
        number >>= 8;
    }
}

static int64_t get64(const uint8_t *p) {
    return (int64_t)((uint64_t)get32(p) << 32 | get32(p + 4));
}

// Whether a client can resume it. wolfSSL compares ID_LEN bytes of an id, and takes the resumption
// of one that is shorter for a full handshake.
static bool is_resumable(const fields_t *f) {
    if (f->side != WOLFSSL_CLIENT_END || f->version[0] != 3 || f->ticket_len > MAX_PSK_ID_LEN) {
        return false;
    }
    return f->version[1] == 4 ? f->ticket_len > 0
        : f->version[1] == 3 && (f->ticket_len > 0 || f->id_len == ID_LEN);
}

/******************************************************************************/
// Our format: a header, wolfSSL's bytes, and SHA-256 of both. Numbers are big-endian. The hash
// finds damage; whoever can write the bytes can also write the hash.

enum {
    MAGIC_AT = 0,
    BINDING_AT = MAGIC_AT + 4,
    VERIFIED_AT = BINDING_AT + WOLF_SESSION_BINDING,
    LIMIT_AT = VERIFIED_AT + 8,
    EXPIRES_AT = LIMIT_AT + 8,
    LENGTH_AT = EXPIRES_AT + 8, // of wolfSSL's bytes
    HEADER_LEN = LENGTH_AT + 4,
    HASH_LEN = WC_SHA256_DIGEST_SIZE,
};

static const uint8_t magic[4] = { 'm', 'p', 's', '1' };

// What else wolfSSL's format depends on.
#define SETTINGS_STAMP ((0 \
    STAMP_TLS13 STAMP_TLS12 STAMP_SERVER STAMP_SNI STAMP_ALPN STAMP_SUITE))
#ifdef WOLFSSL_TLS13
#define STAMP_TLS13 | 1
#else
#define STAMP_TLS13
#endif
#ifdef WOLFSSL_NO_TLS12
#define STAMP_TLS12 | 2
#else
#define STAMP_TLS12
#endif
#ifdef NO_WOLFSSL_SERVER
#define STAMP_SERVER | 4
#else
#define STAMP_SERVER
#endif
#ifdef HAVE_SNI
#define STAMP_SNI | 8
#else
#define STAMP_SNI
#endif
#ifdef HAVE_ALPN
#define STAMP_ALPN | 16
#else
#define STAMP_ALPN
#endif
#ifdef NO_RESUME_SUITE_CHECK
#define STAMP_SUITE | 32
#else
#define STAMP_SUITE
#endif

void wolf_session_stamp(char stamp[WOLF_SESSION_STAMP_LEN]) {
    memset(stamp, 0, WOLF_SESSION_STAMP_LEN);
    strncpy(stamp, LIBWOLFSSL_VERSION_STRING, WOLF_SESSION_STAMP_LEN - 2);
    stamp[WOLF_SESSION_STAMP_LEN - 1] = SETTINGS_STAMP;
}

// Returns 0 or one of wolfSSL's numbers.
static int seal(uint8_t *data, size_t len, const uint8_t *binding, const wolf_session_t *info,
    int64_t expires) {
    memcpy(data + MAGIC_AT, magic, sizeof(magic));
    memcpy(data + BINDING_AT, binding, WOLF_SESSION_BINDING);
    put(data + VERIFIED_AT, info->verified, 8);
    put(data + LIMIT_AT, info->limit, 8);
    put(data + EXPIRES_AT, expires, 8);
    put(data + LENGTH_AT, len, 4);
    return wc_Sha256Hash(data, HEADER_LEN + len, data + HEADER_LEN + len);
}

// In TLS 1.3, whether the connection has only the ticket that it began with: the secret that goes
// with that is gone.
static bool is_used_up(const fields_t *f, const wolf_session_t *info) {
    return f->version[1] == 4 && f->seen != NULL
           && memcmp(f->seen, info->ticket_id, WOLF_SESSION_TICKET_ID) == 0;
}

uint8_t *wolf_session_export(WOLFSSL *ssl, const uint8_t *binding, const wolf_session_t *info,
    size_t *len, int *err) {
    *err = 0;
    WOLFSSL_SESSION *session = wolfSSL_get1_session(ssl);
    if (session == NULL) {
        return NULL;
    }
    int size = wolfSSL_i2d_SSL_SESSION(session, NULL);
    uint8_t *data = NULL;
    if (size > 0 && (size_t)size < WOLF_SESSION_MAX) {
        *len = HEADER_LEN + size + HASH_LEN;
        data = XMALLOC(*len, NULL, DYNAMIC_TYPE_TMP_BUFFER);
        if (data == NULL) {
            *err = MEMORY_E;
        }
    }
    fields_t f;
    bool ok = false;
    if (data != NULL) {
        unsigned char *p = data + HEADER_LEN;
        ok = wolfSSL_i2d_SSL_SESSION(session, &p) == size
            && find_fields(data + HEADER_LEN, size, &f) && is_resumable(&f)
            && !is_used_up(&f, info);
    }
    wolfSSL_SESSION_free(session);
    if (ok) {
        uint32_t lifetime = get32(f.born_on + 4);
        if (lifetime == 0 && f.version[1] == 3) {
            lifetime = DEFAULT_LIFETIME;
        }
        int64_t left = (int64_t)get32(f.born_on) + lifetime - LowResTimer();
        int64_t expires = XTIME(NULL) + left;
        ok = left > 0;
        if (ok) {
            *err = seal(data, size, binding, info, expires);
            ok = *err == 0;
        }
    }
    if (!ok && data != NULL) {
        wolf_wipe(data, *len);
        XFREE(data, NULL, DYNAMIC_TYPE_TMP_BUFFER);
        data = NULL;
    }
    return data;
}

// Whether the bytes are whole, and of the length that they state.
static bool is_whole(const uint8_t *data, size_t len, int *err) {
    if (len < HEADER_LEN + HASH_LEN || len > WOLF_SESSION_MAX + HEADER_LEN + HASH_LEN
        || memcmp(data + MAGIC_AT, magic, sizeof(magic)) != 0
        || get32(data + LENGTH_AT) != len - HEADER_LEN - HASH_LEN) {
        return false;
    }
    uint8_t hash[HASH_LEN];
    *err = wc_Sha256Hash(data, len - HASH_LEN, hash);
    return *err == 0 && memcmp(hash, data + len - HASH_LEN, HASH_LEN) == 0;
}

// Whether now is between the verification and the end of a session. *left is how many seconds it
// has.
static bool is_current(const uint8_t *data, int64_t *left) {
    int64_t now = XTIME(NULL);
    int64_t verified = get64(data + VERIFIED_AT);
    int64_t until = MIN(get64(data + LIMIT_AT), get64(data + EXPIRES_AT));
    if (verified < 0 || now < verified || now - verified > MAX_AGE || now >= until) {
        return false;
    }
    *left = MIN(until - now, MAX_AGE);
    return true;
}

#if !defined(WOLFSSL_NO_TLS12) || !defined(NO_WOLFSSL_SERVER)
static TLSX *find_extension(WOLFSSL *ssl, TLSX_Type type) {
    TLSX *extension = ssl->extensions;
    while (extension != NULL && extension->type != type) {
        extension = extension->next;
    }
    return extension;
}
#endif

#ifndef WOLFSSL_NO_TLS12
// NOTE(mpwolf): in TLS 1.2, wolfSSL (SendClientHello() in internal.c of 5.5 to 5.9) offers a
// ticket without a session id, takes its acceptance for granted, and ends the connection if the
// server makes a full handshake: 5.5 always, 5.7 if the session has an id, 5.9 if the server sends
// one.
// Offered like this, with a session id, which the server repeats if it accepts the ticket (RFC
// 5077, section 3.4), wolfSSL decides by that alone.
static int offer_ticket(WOLFSSL *ssl, wolf_session_t *info) {
    WOLFSSL_SESSION *session = ssl->session;
    TLSX *extension = find_extension(ssl, TLSX_SESSION_TICKET);
    if (extension == NULL || extension->data != NULL) {
        return BAD_STATE_E; // wolfSSL_UseSessionTicket() was not called
    }
    SessionTicket *ticket = XMALLOC(sizeof(*ticket), ssl->heap, DYNAMIC_TYPE_TLSX);
    byte *data = XMALLOC(session->ticketLen, ssl->heap, DYNAMIC_TYPE_TLSX);
    if (ticket == NULL || data == NULL) {
        XFREE(ticket, ssl->heap, DYNAMIC_TYPE_TLSX);
        XFREE(data, ssl->heap, DYNAMIC_TYPE_TLSX);
        return MEMORY_E;
    }
    memcpy(data, session->ticket, session->ticketLen);
    ticket->lifetime = 0;
    ticket->data = data;
    ticket->size = session->ticketLen;
    extension->data = ticket;
    info->ticket_len = session->ticketLen;
    session->ticketLen = 0;
    session->sessionIDSz = ID_LEN;
    return wc_RNG_GenerateBlock(ssl->rng, session->sessionID, ID_LEN);
}
#endif

// Give the session to wolfSSL, as if it had been made now.
static int set_session(WOLFSSL *ssl, uint8_t *data, size_t len, const fields_t *f, int64_t left,
    wolf_session_t *info) {
    put(f->born_on, LowResTimer(), 4);
    put(f->born_on + 4, left, 4);
    #if defined(WOLFSSL_TLS13) && LIBWOLFSSL_VERSION_HEX < 0x05007000
    // See wolf_session_resumed().
    put(f->group, 0, 2);
    #endif
    const unsigned char *p = data;
    WOLFSSL_SESSION *session = wolfSSL_d2i_SSL_SESSION(NULL, &p, len);
    if (session == NULL) {
        return wolf_alloc_failed() ? MEMORY_E : 0;
    }
    int ret = wolfSSL_set_session(ssl, session);
    wolfSSL_SESSION_free(session);
    if (ret != WOLFSSL_SUCCESS) {
        return wolf_alloc_failed() ? MEMORY_E : BAD_STATE_E;
    }
    #ifndef WOLFSSL_NO_TLS12
    if (f->version[1] == 3 && f->ticket_len > 0) {
        ret = offer_ticket(ssl, info);
        return ret != 0 ? ret : 1;
    }
    #endif
    return 1;
}

int wolf_session_import(WOLFSSL *ssl, const uint8_t *data, size_t len, const uint8_t *binding,
    wolf_session_t *info) {
    int err = 0;
    int64_t left;
    if (!is_whole(data, len, &err)) {
        return err;
    }
    if (memcmp(data + BINDING_AT, binding, WOLF_SESSION_BINDING) != 0
        || !is_current(data, &left)) {
        return 0;
    }
    info->verified = get64(data + VERIFIED_AT);
    info->limit = get64(data + LIMIT_AT);
    size_t size = len - HEADER_LEN - HASH_LEN;
    uint8_t *copy = XMALLOC(size + 1, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    if (copy == NULL) {
        return MEMORY_E;
    }
    memcpy(copy, data + HEADER_LEN, size);
    fields_t f;
    int ret = 0;
    if (find_fields(copy, size, &f) && is_resumable(&f)) {
        if (f.seen != NULL) {
            memcpy(info->ticket_id, f.seen, WOLF_SESSION_TICKET_ID);
        }
        ret = set_session(ssl, copy, size, &f, left, info);
    }
    wolf_wipe(copy, size);
    XFREE(copy, NULL, DYNAMIC_TYPE_TMP_BUFFER);
    return ret;
}

// NOTE(mpwolf): if a client offers a session of TLS 1.3 and the server agrees on TLS 1.2, wolfSSL
// takes that for a resumption, and ends the connection at the server's certificate: 5.5 always,
// 5.7 if the session has an id, 5.9 if the server sends one.
void wolf_session_look_at(WOLFSSL *ssl, const uint8_t *data, size_t len) {
    #ifdef WOLFSSL_TLS13
    const size_t id_len_at = 4 + 2 + 32; // after a handshake message's header, version and random
    // What comes after the ServerHello is encrypted, and may look like anything.
    if (!ssl->options.resuming || ssl->options.serverState >= SERVER_HELLO_COMPLETE
        || ssl->session->version.minor != TLSv1_3_MINOR || len <= id_len_at
        || data[0] != server_hello || data[4] != SSLv3_MAJOR) {
        return;
    }
    size_t suite_at = id_len_at + 1 + data[id_len_at];
    if (suite_at < len && data[suite_at] != TLS13_BYTE) {
        ssl->options.resuming = 0;
        ssl->options.tls1_3 = 0; // 5.5 sets it with the session
        ssl->session->ticketLen = 0;
        ssl->session->sessionIDSz = 0;
    }
    #else
    (void)ssl;
    (void)data;
    (void)len;
    #endif
}

int wolf_session_resumed(WOLFSSL *ssl, const wolf_session_t *info) {
    WOLFSSL_SESSION *session = ssl->session;
    if (session->ticketLen == 0 && info->ticket_len > 0) {
        // The server has sent no new ticket: the old one is still good.
        session->ticketLen = info->ticket_len;
    }
    #if defined(WOLFSSL_TLS13) && LIBWOLFSSL_VERSION_HEX < 0x05007000
    // NOTE(mpwolf): a client with wolfSSL 5.5 also offers to resume a session of TLS 1.3 without a
    // key exchange, and the server may choose that. wolfSSL notes the group of a key exchange in
    // the session, which began without one here. Later versions have wolfSSL_CTX_only_dhe_psk().
    if (wolfSSL_version(ssl) == TLS1_3_VERSION && session->namedGroup == 0) {
        return PSK_KEY_ERROR;
    }
    #endif
    return 0;
}

#ifndef NO_WOLFSSL_SERVER
// NOTE(mpwolf): after TLSX_SessionTicket_Parse() in tls.c of 5.5 to 5.9 has refused a ticket, the
// server goes on as if it resumed the session that it has just made, or, where that is too old,
// repeats the client's session id in a full handshake, which tells the client the opposite.
void wolf_session_forget_ticket(WOLFSSL *ssl) {
    ssl->options.resuming = 0;
    if (ssl->arrays != NULL) {
        ssl->arrays->sessionIDSz = 0;
    }
}

bool wolf_session_has_key_exchange(WOLFSSL *ssl) {
    #ifdef WOLFSSL_TLS13
    const TLSX *modes = find_extension(ssl, TLSX_PSK_KEY_EXCHANGE_MODES);
    return modes != NULL && (modes->val & (1 << PSK_DHE_KE))
           && find_extension(ssl, TLSX_KEY_SHARE) != NULL;
    #else
    (void)ssl;
    return false;
    #endif
}
#endif

#endif // HAVE_SESSION_TICKET
