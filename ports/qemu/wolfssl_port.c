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


// What wolfSSL needs of a machine in QEMU: random seeds and the time, which semihosting takes from
// the computer that QEMU runs on. Hardware has no such thing: for testing only.

#include <string.h>

#include "py/mphal.h"

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

// Semihosting for AArch32 and AArch64, 2.0 (Arm), which RISC-V's follows.
#define SYS_OPEN (0x01)
#define SYS_CLOSE (0x02)
#define SYS_READ (0x06)
#define SYS_CLOCK (0x10)
#define SYS_TIME (0x11)
#define MODE_RB (1)

static intptr_t semihosting(intptr_t number, const void *arg) {
    #if defined(__riscv)
    register intptr_t a0 __asm__ ("a0") = number;
    register const void *a1 __asm__ ("a1") = arg;
    // The three must be instructions of 32 bits, in one page.
    __asm__ volatile (
        ".option push\n"
        ".option norvc\n"
        ".balign 16\n"
        "slli zero, zero, 0x1f\n"
        "ebreak\n"
        "srai zero, zero, 7\n"
        ".option pop\n"
        : "+r" (a0) : "r" (a1) : "memory");
    return a0;
    #else
    register intptr_t r0 __asm__ ("r0") = number;
    register const void *r1 __asm__ ("r1") = arg;
    #if defined(__ARM_ARCH_ISA_ARM)
    __asm__ volatile ("svc 0x00123456" : "+r" (r0) : "r" (r1) : "memory");
    #else
    __asm__ volatile ("bkpt 0xAB" : "+r" (r0) : "r" (r1) : "memory");
    #endif
    return r0;
    #endif
}

int wolfssl_port_seed(unsigned char *output, unsigned int size) {
    static const char name[] = "/dev/urandom";
    const uintptr_t open_args[] = { (uintptr_t)name, MODE_RB, sizeof(name) - 1 };
    intptr_t file = semihosting(SYS_OPEN, open_args);
    if (file < 0) {
        return RNG_FAILURE_E;
    }
    const uintptr_t read_args[] = { file, (uintptr_t)output, size };
    intptr_t missing = semihosting(SYS_READ, read_args);
    const uintptr_t close_args[] = { file };
    (void)semihosting(SYS_CLOSE, close_args); // what was read stays read
    return missing == 0 ? 0 : RNG_FAILURE_E;
}

// Seconds since 1970.
time_t wolfssl_port_time(time_t *timer) {
    time_t now = (uint32_t)semihosting(SYS_TIME, NULL);
    if (timer != NULL) {
        *timer = now;
    }
    return now;
}

// The port has a clock from MicroPython 1.27 on.
MP_WEAK mp_uint_t mp_hal_ticks_ms(void) {
    return (mp_uint_t)semihosting(SYS_CLOCK, NULL) * 10;
}

#include "../common/bare_metal.c"
