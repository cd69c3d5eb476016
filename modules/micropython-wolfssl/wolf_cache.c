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
#include "wolf_cache.h"

#if defined(HAVE_SESSION_TICKET) && !defined(NO_WOLFSSL_SERVER) && !defined(WOLFSSL_NO_TLS12)

#include <string.h>

// NOTE(mpwolf): wolfssl/internal.h has what lacks a public counterpart in 5.5 to 5.9: ID_LEN,
// LowResTimer(), the clock that wolfSSL measures the age of a session with, the id of a
// connection's session, and whether its client gets a ticket.
#include <wolfssl/internal.h>

typedef struct _entry_t {
    uint8_t *data; // what wolfSSL_i2d_SSL_SESSION() wrote; NULL if there is no session
    uint32_t len;
    uint32_t born_on; // seconds of LowResTimer()
    uint32_t lifetime; // seconds
    uint8_t id[ID_LEN];
} entry_t;

struct _wolf_cache_t {
    size_t size;
    size_t next; // the entry that is used next: the oldest
    entry_t entries[];
};

static void clear_entry(entry_t *e) {
    if (e->data != NULL) {
        wolf_wipe(e->data, e->len);
        XFREE(e->data, NULL, DYNAMIC_TYPE_SESSION);
        e->data = NULL;
    }
}

wolf_cache_t *wolf_cache_new(size_t size) {
    wolf_cache_t *cache = NULL;
    if (size <= (SIZE_MAX - sizeof(*cache)) / sizeof(cache->entries[0])) {
        size_t len = sizeof(*cache) + size * sizeof(cache->entries[0]);
        cache = XMALLOC(len, NULL, DYNAMIC_TYPE_SESSION);
        if (cache != NULL) {
            memset(cache, 0, len);
            cache->size = size;
        }
    }
    return cache;
}

void wolf_cache_clear(wolf_cache_t *cache) {
    for (size_t i = 0; i < wolf_cache_size(cache); ++i) {
        clear_entry(&cache->entries[i]);
    }
}

void wolf_cache_free(wolf_cache_t *cache) {
    wolf_cache_clear(cache);
    XFREE(cache, NULL, DYNAMIC_TYPE_SESSION);
}

size_t wolf_cache_size(const wolf_cache_t *cache) {
    return cache != NULL ? cache->size : 0;
}

// The entry with an id, or NULL. What is too old is forgotten on the way.
static entry_t *find_entry(wolf_cache_t *cache, const uint8_t *id) {
    entry_t *found = NULL;
    uint32_t now = LowResTimer();
    for (size_t i = 0; i < wolf_cache_size(cache); ++i) {
        entry_t *e = &cache->entries[i];
        if (e->data == NULL) {
            continue;
        }
        // Also if the clock was set back.
        if (now - e->born_on >= e->lifetime) {
            clear_entry(e);
        } else if (memcmp(e->id, id, ID_LEN) == 0) {
            found = e;
        }
    }
    return found;
}

void wolf_cache_add(wolf_cache_t *cache, WOLFSSL *ssl, WOLFSSL_SESSION *session) {
    // A client with a ticket needs no id. TLS 1.3 has tickets only.
    if (wolf_cache_size(cache) == 0 || wolfSSL_version(ssl) != TLS1_2_VERSION
        || ssl->options.createTicket || ssl->options.useTicket
        || session->sessionIDSz != ID_LEN || session->timeout == 0) {
        return;
    }
    bool failed = wolf_alloc_failed();
    int len = wolfSSL_i2d_SSL_SESSION(session, NULL);
    uint8_t *data = len > 0 ? XMALLOC(len, NULL, DYNAMIC_TYPE_SESSION) : NULL;
    if (data != NULL) {
        unsigned char *p = data;
        entry_t e = {
            .data = data, .len = len, .born_on = LowResTimer(), .lifetime = session->timeout
        };
        memcpy(e.id, session->sessionID, ID_LEN);
        if (wolfSSL_i2d_SSL_SESSION(session, &p) == len) {
            entry_t *place = &cache->entries[cache->next];
            cache->next = (cache->next + 1) % cache->size;
            clear_entry(place);
            *place = e;
        } else {
            clear_entry(&e);
        }
    }
    wolf_alloc_restore(failed);
}

WOLFSSL_SESSION *wolf_cache_find(wolf_cache_t *cache, WOLFSSL *ssl, const uint8_t *id, int len) {
    // wolfSSL also asks for the session of a ticket of TLS 1.3 that is as long as an id.
    if (wolfSSL_version(ssl) != TLS1_2_VERSION || len != ID_LEN) {
        return NULL;
    }
    const entry_t *e = find_entry(cache, id);
    if (e == NULL) {
        return NULL;
    }
    bool failed = wolf_alloc_failed();
    const unsigned char *p = e->data;
    WOLFSSL_SESSION *session = wolfSSL_d2i_SSL_SESSION(NULL, &p, e->len);
    wolf_alloc_restore(failed);
    return session;
}

void wolf_cache_forget(wolf_cache_t *cache, WOLFSSL *ssl) {
    if (wolf_cache_size(cache) == 0 || ssl->session == NULL
        || ssl->session->sessionIDSz != ID_LEN) {
        return;
    }
    entry_t *e = find_entry(cache, ssl->session->sessionID);
    if (e != NULL) {
        clear_entry(e);
    }
}

#endif // HAVE_SESSION_TICKET && !NO_WOLFSSL_SERVER && !WOLFSSL_NO_TLS12
