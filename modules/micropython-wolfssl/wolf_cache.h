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

#ifndef MICROPY_INCLUDED_WOLF_CACHE_H
#define MICROPY_INCLUDED_WOLF_CACHE_H

// The sessions of TLS 1.2 that a server keeps for clients that resume them by their id, because
// they do not know tickets. wolfSSL's own cache is one for all contexts, and would outlive a soft
// reset. Two threads must not use the same cache at once.

#include <stddef.h>
#include <stdint.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/ssl.h>

typedef struct _wolf_cache_t wolf_cache_t;

// A cache of at most size sessions, the newest ones, in wolfSSL's memory. NULL if there is none.
wolf_cache_t *wolf_cache_new(size_t size);

// Wipe all that it has, and free it. NULL is no cache, here and below.
void wolf_cache_free(wolf_cache_t *cache);

size_t wolf_cache_size(const wolf_cache_t *cache);

// Forget all sessions.
void wolf_cache_clear(wolf_cache_t *cache);

// Keep the session of a connection of TLS 1.2 whose client gets no ticket. It is not kept if there
// is no memory for it, which is no failed allocation for wolf_alloc_failed().
void wolf_cache_add(wolf_cache_t *cache, WOLFSSL *ssl, WOLFSSL_SESSION *session);

// A new session, which the caller frees, for the id of len bytes that a client offers; NULL if
// the connection is not of TLS 1.2, if there is none, or no memory for it.
WOLFSSL_SESSION *wolf_cache_find(wolf_cache_t *cache, WOLFSSL *ssl, const uint8_t *id, int len);

// Forget the session of a connection that failed, which must not be resumed: RFC 5246, section
// 7.2.2.
void wolf_cache_forget(wolf_cache_t *cache, WOLFSSL *ssl);

#endif // MICROPY_INCLUDED_WOLF_CACHE_H
