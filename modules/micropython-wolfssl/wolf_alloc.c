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

// The allocator for ports without a heap of their own: a user_settings.h asks for it with MICROPY_WOLFSSL_TRACKED_ALLOC
// and XMALLOC_USER. MicroPython's tracked allocation keeps blocks alive that only wolfSSL points to, returns NULL when
// the heap is full (after a collection), and has neither realloc nor a check of the product: both are added here.

#include "py/mpconfig.h"
#include "py/misc.h"

#include <stdint.h>
#include <string.h>

#include <wolfssl/wolfcrypt/settings.h>

#if defined(MICROPY_WOLFSSL_TRACKED_ALLOC)

#if !MICROPY_TRACKED_ALLOC
#error "wolfSSL's memory comes from MicroPython's heap here: set MICROPY_TRACKED_ALLOC to 1"
#endif

// In front of every block: its size, in as many bytes as keep the block aligned.
typedef union _wolf_block_t {
    size_t size;
    uint64_t align[2];
} wolf_block_t;

void *XMALLOC(size_t size, void *heap, int type) {
    (void)heap;
    (void)type;
    if (size > SIZE_MAX - 2 * sizeof(wolf_block_t) - 4 * sizeof(void *)) {
        return NULL;
    }
    wolf_block_t *block = m_tracked_calloc(1, sizeof(wolf_block_t) + size);
    if (block == NULL) {
        return NULL;
    }
    block->size = size;
    return block + 1;
}

void XFREE(void *ptr, void *heap, int type) {
    (void)heap;
    (void)type;
    if (ptr == NULL) {
        return;
    }
    wolf_block_t *block = (wolf_block_t *)ptr - 1;
    // Keys and plain text don't stay behind in the heap.
    memset(ptr, 0, block->size);
    m_tracked_free(block);
}

void *XREALLOC(void *ptr, size_t size, void *heap, int type) {
    if (ptr == NULL) {
        return XMALLOC(size, heap, type);
    }
    void *moved = XMALLOC(size, heap, type);
    if (moved == NULL) {
        return NULL;
    }
    size_t old_size = ((wolf_block_t *)ptr - 1)->size;
    memcpy(moved, ptr, old_size < size ? old_size : size);
    XFREE(ptr, heap, type);
    return moved;
}

#endif // MICROPY_WOLFSSL_TRACKED_ALLOC
