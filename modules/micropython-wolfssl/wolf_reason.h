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

#ifndef MICROPY_INCLUDED_WOLF_REASON_H
#define MICROPY_INCLUDED_WOLF_REASON_H

// Why a handshake failed, in words: what was wrong, and what had been agreed on until then. It
// allocates nothing, and knows neither wolfSSL's sessions nor MicroPython's objects.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// No alert, in wolf_reason_t.
#define WOLF_ALERT_NONE (-1)

typedef struct _wolf_reason_t {
    int err; // wolfSSL's number
    const char *text; // wolfSSL's own text for it, or NULL
    int alert; // the code of the alert that the peer sent, or WOLF_ALERT_NONE
    bool certificate; // the error is about the peer's certificate
    bool psk_only; // we have pre-shared keys, and so no certificate
    bool no_version; // the client offers no version that we have
    bool no_group; // and no group for the key exchange
    const char *oldest; // the versions that were offered or accepted
    const char *newest;
    const char *version; // what was agreed on, or NULL
    const char *suite;
} wolf_reason_t;

// The name of an alert as the RFCs spell it, or NULL.
const char *wolf_alert_name(int code);

// Write the text, at most size bytes with its NUL. Returns its length, 0 if nothing is known.
size_t wolf_reason_text(const wolf_reason_t *reason, char *buf, size_t size);

// What a client offers.
typedef struct _wolf_hello_t {
    bool tls12;
    bool tls13;
    bool no_group; // it lists groups for the key exchange, and not one that the settings have
} wolf_hello_t;

// Read a record with a whole ClientHello, which anyone may have sent. Returns false if it is not
// one.
bool wolf_hello_read(const uint8_t *record, size_t len, wolf_hello_t *out);

#endif // MICROPY_INCLUDED_WOLF_REASON_H
