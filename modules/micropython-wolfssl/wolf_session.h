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


#ifndef MICROPY_INCLUDED_WOLF_SESSION_H
#define MICROPY_INCLUDED_WOLF_SESSION_H

// TLS sessions of a client as bytes, to be resumed by a later connection. wolfSSL checks neither
// what it reads from such bytes, nor, in a connection that resumes a session, a certificate or a
// host name: both are done here and in modwolfssl.c.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/ssl.h>

// An identity of 128 bytes is to fit.
#if !defined(NO_PSK) && defined(MAX_PSK_ID_LEN) && MAX_PSK_ID_LEN < 128
#error "without NO_PSK, #undef MAX_PSK_ID_LEN, and #define it as a number of at least 128"
#endif

#ifdef HAVE_SESSION_TICKET

// SHA-256 of whatever must be the same when the session is resumed: wolf_session_bind() begins it
// with wolfSSL's version and settings.
#define WOLF_SESSION_BINDING (32)

// More than the longest session has.
#define WOLF_SESSION_MAX ((size_t)68 * 1024)

// What distinguishes one ticket of TLS 1.3 from another.
#define WOLF_SESSION_TICKET_ID (12)

// What is known about a session besides its keys. Times are in seconds since 1970.
typedef struct _wolf_session_t {
    int64_t verified; // when the peer's certificate was verified; 0 if the clock was not set
    int64_t limit; // until when it can be relied on
    uint8_t ticket_id[WOLF_SESSION_TICKET_ID]; // of the ticket of TLS 1.3 that was offered
    uint16_t ticket_len; // of the ticket of TLS 1.2 that was offered
} wolf_session_t;

// What the bytes of a session begin with depends on these settings.
#define WOLF_SESSION_STAMP_LEN (40)
void wolf_session_stamp(char stamp[WOLF_SESSION_STAMP_LEN]);

// The session of a connection, in wolfSSL's memory. Returns NULL if there is none that could be
// resumed (*err is 0), or if something failed.
uint8_t *wolf_session_export(WOLFSSL *ssl, const uint8_t *binding, const wolf_session_t *info,
    size_t *len, int *err);

// Let a new connection resume a session. Returns 1 if it will try to, 0 if the bytes are damaged,
// bound to something else, or too old, and one of wolfSSL's negative numbers if it failed.
int wolf_session_import(WOLFSSL *ssl, const uint8_t *data, size_t len, const uint8_t *binding,
    wolf_session_t *info);

// To be called with what a client that has offered a session receives, before wolfSSL sees it.
void wolf_session_look_at(WOLFSSL *ssl, const uint8_t *data, size_t len);

// To be called at the end of a handshake that resumed a session. Returns 0, or one of wolfSSL's
// numbers if the connection can't be accepted.
int wolf_session_resumed(WOLFSSL *ssl, const wolf_session_t *info);

#ifndef NO_WOLFSSL_SERVER
// Make a server of TLS 1.2 go on with a full handshake after it has refused a client's ticket.
void wolf_session_forget_ticket(WOLFSSL *ssl);

// Whether a client of TLS 1.3 that offers a ticket also offers a key exchange. wolfSSL 5.5 would
// resume the session without one, later versions would end the connection.
bool wolf_session_has_key_exchange(WOLFSSL *ssl);
#endif

#endif // HAVE_SESSION_TICKET

#endif // MICROPY_INCLUDED_WOLF_SESSION_H
