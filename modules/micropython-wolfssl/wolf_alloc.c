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

// wolfSSL's memory. A user_settings.h asks for this allocator with XMALLOC_USER and one of
//
//     MICROPY_WOLFSSL_LIBC_ALLOC     the C library's malloc
//     MICROPY_WOLFSSL_TRACKED_ALLOC  MicroPython's heap, for ports that have no other
//
// Both collect garbage and try again before they give up, and remember that they did, because
// wolfSSL reports many failed allocations as something else. With neither, wolfSSL allocates as
// its own settings say, and without that.

#include "wolf_glue.h"

#include <stdlib.h>
#include <string.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/types.h>

#include "wolf_processors.h"

#if defined(MICROPY_WOLFSSL_LIBC_ALLOC) || defined(MICROPY_WOLFSSL_TRACKED_ALLOC)
#define WOLF_ALLOC (1)
#else
#define WOLF_ALLOC (0)
#endif

#if WOLF_ALLOC && !defined(XMALLOC_USER) && !defined(XMALLOC_OVERRIDE)
#error "MICROPY_WOLFSSL_LIBC_ALLOC and _TRACKED_ALLOC need XMALLOC_USER or XMALLOC_OVERRIDE"
#endif

// micropython.cmake takes the port's mbedTLS out of the build, and cannot see the port's macros.
#if MICROPY_WOLFSSL_REPLACES_MBEDTLS && (MICROPY_SSL_MBEDTLS || MICROPY_PY_SSL)
#error "wolfSSL is built instead of mbedTLS: set MICROPY_PY_SSL and MICROPY_SSL_MBEDTLS to 0"
#endif

#if defined(MICROPY_WOLFSSL_PROFILE) && !defined(MICROPY_WOLFSSL_PROFILE_FULL)
#error "WOLFSSL_PROFILE is for settings that include ports/common/bare_metal.h; these do not"
#endif

// Each thread has its own where the settings have HAVE_THREAD_LS, or MICROPY_WOLFSSL_THREADS: the
// number of threads, where a port has no such variables and wolfssl_port_thread() instead.
#ifdef MICROPY_WOLFSSL_THREADS
static volatile bool failures[MICROPY_WOLFSSL_THREADS];
#define alloc_failed failures[wolfssl_port_thread()]
#else
static THREAD_LS_T bool alloc_failed;
#endif

void wolf_alloc_begin(void) {
    alloc_failed = false;
}

bool wolf_alloc_failed(void) {
    return alloc_failed;
}

void wolf_alloc_restore(bool failed) {
    alloc_failed = failed;
}

#if defined(MICROPY_WOLFSSL_TRACKED_ALLOC)

#if !MICROPY_TRACKED_ALLOC || !MICROPY_ENABLE_FINALISER
#error "wolfSSL uses MicroPython's heap: set MICROPY_TRACKED_ALLOC, MICROPY_ENABLE_FINALISER to 1"
#endif
#if !(defined(NO_SESSION_CACHE) || defined(HAVE_SESSION_TICKET)) || defined(ECC_CACHE_CURVE) \
    || defined(FP_ECC) || defined(OPENSSL_EXTRA)
#error "set NO_SESSION_CACHE, not ECC_CACHE_CURVE, FP_ECC, OPENSSL_EXTRA: a reset frees the heap"
#endif

#if MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL
#if !WOLF_MP_AT_LEAST(26)
#error "m_tracked_calloc() takes no lock before MicroPython 1.26: set MICROPY_PY_THREAD_GIL to 1"
#endif
#define LOCK() mp_thread_recursive_mutex_lock(&MP_STATE_MEM(gc_mutex), 1)
#define UNLOCK() mp_thread_recursive_mutex_unlock(&MP_STATE_MEM(gc_mutex))
#else
#define LOCK()
#define UNLOCK()
#endif

// In front of what wolfSSL gets: as few bytes as keep it aligned, because a session has dozens of
// small blocks.
typedef union _block_t {
    struct {
        union _block_t *next;
        size_t size;
    };
    uint64_t align[sizeof(size_t) / 4];
} block_t;

// All blocks that are in use, the newest first, which is also freed first as a rule.
static block_t *blocks;

// A soft reset finalises every object, in any order, and then discards the heap; if a tracked
// block is left, MicroPython's list still points into the old heap, and the next tracked
// allocation would write through that pointer. This object, which lives as long as the heap does,
// frees the blocks that are left.
typedef struct _sentinel_t {
    mp_obj_base_t base;
} sentinel_t;

// The tracked block that keeps it alive. NULL: there has been no allocation since the last soft
// reset.
static sentinel_t **sentinel;

static mp_obj_t sentinel___del__(mp_obj_t self_in) {
    (void)self_in;
    // Finalisers that run after this one still read their blocks: the memory stays intact until
    // the sweep is over.
    while (blocks != NULL) {
        block_t *next = blocks->next;
        m_tracked_free(blocks);
        blocks = next;
    }
    m_tracked_free(sentinel);
    sentinel = NULL;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(sentinel___del___obj, sentinel___del__);

static const mp_rom_map_elem_t sentinel_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&sentinel___del___obj) },
};
static MP_DEFINE_CONST_DICT(sentinel_locals_dict, sentinel_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    sentinel_type,
    MP_QSTR_,
    MP_TYPE_FLAG_NONE,
    locals_dict, &sentinel_locals_dict
    );

static bool make_sentinel(void) {
    sentinel_t **holder = m_tracked_calloc(1, sizeof(*holder));
    sentinel_t *obj = gc_alloc(sizeof(*obj), GC_ALLOC_FLAG_HAS_FINALISER);
    if (holder == NULL || obj == NULL) {
        m_tracked_free(holder);
        return false;
    }
    obj->base.type = &sentinel_type;
    *holder = obj;
    sentinel = holder;
    return true;
}

static void *allocate(size_t size) {
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    LOCK();
    block_t *block = NULL;
    if (sentinel != NULL || make_sentinel()) {
        block = m_tracked_calloc(1, sizeof(block_t) + size);
    }
    if (block != NULL) {
        block->size = size;
        block->next = blocks;
        blocks = block;
        ++block;
    }
    UNLOCK();
    return block;
}

static void release(void *ptr) {
    block_t *block = (block_t *)ptr - 1;
    // Keys and plain text don't stay behind in the heap.
    memset(ptr, 0, block->size);
    LOCK();
    if (sentinel != NULL) {
        block_t **link = &blocks;
        while (*link != NULL && *link != block) {
            link = &(*link)->next;
        }
        if (*link != NULL) {
            *link = block->next;
            m_tracked_free(block);
        }
    }
    UNLOCK();
}

static void *reallocate(void *ptr, size_t size) {
    void *moved = allocate(size);
    if (moved != NULL) {
        size_t old_size = ((block_t *)ptr - 1)->size;
        memcpy(moved, ptr, MIN(old_size, size));
        release(ptr);
    }
    return moved;
}

#elif WOLF_ALLOC

#define allocate malloc
#define reallocate realloc
#define release free

#endif

#if WOLF_ALLOC

// After a first failure: whether it's worth trying again. Finalisers of unused objects free
// memory, but not while they run.
static bool make_room(void) {
    if (gc_is_locked()) {
        return false;
    }
    gc_collect();
    return true;
}

void *wolf_malloc(size_t size) {
    void *ptr = allocate(size);
    if (ptr == NULL && make_room()) {
        ptr = allocate(size);
    }
    if (ptr == NULL) {
        alloc_failed = true;
    }
    return ptr;
}

void wolf_free(void *ptr) {
    if (ptr != NULL) {
        release(ptr);
    }
}

void *wolf_realloc(void *ptr, size_t size) {
    if (ptr == NULL) {
        return wolf_malloc(size);
    }
    void *moved = reallocate(ptr, size);
    if (moved == NULL && make_room()) {
        moved = reallocate(ptr, size);
    }
    if (moved == NULL) {
        alloc_failed = true;
    }
    return moved;
}

#ifdef XMALLOC_USER
void *XMALLOC(size_t size, void *heap, int type) {
    (void)heap;
    (void)type;
    return wolf_malloc(size);
}

void XFREE(void *ptr, void *heap, int type) {
    (void)heap;
    (void)type;
    wolf_free(ptr);
}

void *XREALLOC(void *ptr, size_t size, void *heap, int type) {
    (void)heap;
    (void)type;
    return wolf_realloc(ptr, size);
}
#endif

#endif // WOLF_ALLOC
