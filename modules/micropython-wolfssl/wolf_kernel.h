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


#ifndef MICROPY_INCLUDED_WOLF_KERNEL_H
#define MICROPY_INCLUDED_WOLF_KERNEL_H

// What the algorithms that are faster than wolfSSL's have in common.

#include <stddef.h>

// Whether processor and system have these instructions. A test may decide that.
#ifndef WOLF_CPU_HAS
#define WOLF_CPU_HAS(name) (__builtin_cpu_supports(name))
#endif

// Overwrite secrets, even if nothing reads them again.
static inline void wolf_kernel_wipe(void *p, size_t len) {
    __builtin_memset(p, 0, len);
    __asm__ __volatile__ ("" : : "r" (p) : "memory");
}

#endif // MICROPY_INCLUDED_WOLF_KERNEL_H
