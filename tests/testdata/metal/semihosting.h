// Calls of the computer that QEMU runs on, as in ports/qemu/wolfssl_port.c.
#ifndef METAL_SEMIHOSTING_H
#define METAL_SEMIHOSTING_H

#include <stdint.h>

#define SYS_OPEN (0x01)
#define SYS_WRITE (0x05)
#define SYS_READ (0x06)
#define SYS_TIME (0x11)

static inline intptr_t semihosting(intptr_t number, const void *arg) {
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
    __asm__ volatile ("bkpt 0xAB" : "+r" (r0) : "r" (r1) : "memory");
    return r0;
    #endif
}

#endif // METAL_SEMIHOSTING_H
