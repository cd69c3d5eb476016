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

#ifndef MICROPY_INCLUDED_WOLF_MPCOMPAT_H
#define MICROPY_INCLUDED_WOLF_MPCOMPAT_H

// What differs between MicroPython 1.19.1 and 1.28, so that the modules are written as if there
// were one MicroPython. This must be the first header of a file: it makes py/mpconfig.h include
// wolf_mpconfig.h.

#pragma push_macro("MP_CONFIGFILE")
#undef MP_CONFIGFILE
#define MP_CONFIGFILE "wolf_mpconfig.h"
#include "py/mpconfig.h"

#include "py/gc.h"
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/obj.h"
#include "py/objstr.h"
#include "py/runtime.h"

// Whether this is MicroPython 1.<minor> or newer.
#define WOLF_MP_AT_LEAST(minor) (MICROPY_VERSION_MAJOR > 1 || MICROPY_VERSION_MINOR >= (minor))

// The garbage collector finalises objects that hold wolfSSL's memory, or secrets.
#define WOLF_FINALISER (WOLF_PY_SSL_FINALISER && MICROPY_ENABLE_FINALISER)

// Keep an object until here, whose contents alone were used: the collector looks for pointers to
// the beginning of objects, and the compiler keeps only what is still needed.
#define WOLF_KEEP(obj) __asm__ volatile ("" : : "r" (obj) : "memory")

// The built-in modules' names are used only if the built-in isn't in the firmware.
#if WOLF_MP_AT_LEAST(21)
#define WOLF_DROP_IN_SSL (MICROPY_WOLFSSL_DROP_IN && !MICROPY_PY_SSL)
#define WOLF_DROP_IN_CRYPTOLIB (MICROPY_WOLFSSL_DROP_IN && !MICROPY_PY_CRYPTOLIB)
#define WOLF_DROP_IN_HASHLIB (MICROPY_WOLFSSL_DROP_IN && !MICROPY_PY_HASHLIB)
#else
#define WOLF_DROP_IN_SSL (MICROPY_WOLFSSL_DROP_IN && !MICROPY_PY_USSL)
#define WOLF_DROP_IN_CRYPTOLIB (MICROPY_WOLFSSL_DROP_IN && !MICROPY_PY_UCRYPTOLIB)
#define WOLF_DROP_IN_HASHLIB (MICROPY_WOLFSSL_DROP_IN && !MICROPY_PY_UHASHLIB)
#endif

#if !WOLF_MP_AT_LEAST(26)
#define MP_NORETURN NORETURN
#endif

#if WOLF_MP_AT_LEAST(23)
#define wolf_obj_malloc(struct_type, obj_type) mp_obj_malloc(struct_type, obj_type)
#define wolf_obj_malloc_with_finaliser(struct_type, obj_type) \
    mp_obj_malloc_with_finaliser(struct_type, obj_type)
#else
static inline void *wolf_obj_init(void *obj, const mp_obj_type_t *type) {
    ((mp_obj_base_t *)obj)->type = type;
    return obj;
}
#define wolf_obj_malloc(struct_type, obj_type) \
    ((struct_type *)wolf_obj_init(m_new_obj(struct_type), obj_type))
#define wolf_obj_malloc_with_finaliser(struct_type, obj_type) \
    ((struct_type *)wolf_obj_init(m_new_obj_with_finaliser(struct_type), obj_type))
#endif

#if WOLF_FINALISER
#define wolf_obj_malloc_finalised wolf_obj_malloc_with_finaliser
#else
#define wolf_obj_malloc_finalised wolf_obj_malloc
#endif

// 1.19 has no such macro.
#ifndef mp_obj_is_exact_type
#define mp_obj_is_exact_type(obj, type) (mp_obj_get_type(obj) == (type))
#endif

#if !WOLF_MP_AT_LEAST(20)
#define mp_obj_new_bytes_from_vstr(vstr) mp_obj_new_str_from_vstr(&mp_type_bytes, (vstr))
// Types were plain structs before 1.20: name the slots that these modules use.
#define MP_TYPE_FLAG_NONE (0)
#define WOLF_TYPE_SLOT_make_new .make_new =
#define WOLF_TYPE_SLOT_print .print =
#define WOLF_TYPE_SLOT_call .call =
#define WOLF_TYPE_SLOT_unary_op .unary_op =
#define WOLF_TYPE_SLOT_binary_op .binary_op =
#define WOLF_TYPE_SLOT_iter .getiter =
#define WOLF_TYPE_SLOT_attr .attr =
#define WOLF_TYPE_SLOT_protocol .protocol =
#define WOLF_TYPE_SLOT_buffer .buffer_p.get_buffer =
#define WOLF_TYPE_SLOT_parent .parent =
#define WOLF_TYPE_SLOT_locals_dict .locals_dict = (mp_obj_dict_t *)
#define WOLF_TYPE_1(t, n, s1, v1) \
    const mp_obj_type_t t = { { &mp_type_type }, .name = n, WOLF_TYPE_SLOT_##s1 v1 }
#define WOLF_TYPE_2(t, n, s1, v1, s2, v2) \
    const mp_obj_type_t t = { \
        { &mp_type_type }, .name = n, WOLF_TYPE_SLOT_##s1 v1, WOLF_TYPE_SLOT_##s2 v2 }
#define WOLF_TYPE_3(t, n, s1, v1, s2, v2, s3, v3) \
    const mp_obj_type_t t = { \
        { &mp_type_type }, .name = n, WOLF_TYPE_SLOT_##s1 v1, WOLF_TYPE_SLOT_##s2 v2, \
        WOLF_TYPE_SLOT_##s3 v3 }
#define WOLF_TYPE_4(t, n, s1, v1, s2, v2, s3, v3, s4, v4) \
    const mp_obj_type_t t = { \
        { &mp_type_type }, .name = n, WOLF_TYPE_SLOT_##s1 v1, WOLF_TYPE_SLOT_##s2 v2, \
        WOLF_TYPE_SLOT_##s3 v3, WOLF_TYPE_SLOT_##s4 v4 }
#define WOLF_TYPE_5(t, n, s1, v1, s2, v2, s3, v3, s4, v4, s5, v5) \
    const mp_obj_type_t t = { \
        { &mp_type_type }, .name = n, WOLF_TYPE_SLOT_##s1 v1, WOLF_TYPE_SLOT_##s2 v2, \
        WOLF_TYPE_SLOT_##s3 v3, WOLF_TYPE_SLOT_##s4 v4, WOLF_TYPE_SLOT_##s5 v5 }
#define WOLF_TYPE_6(t, n, s1, v1, s2, v2, s3, v3, s4, v4, s5, v5, s6, v6) \
    const mp_obj_type_t t = { \
        { &mp_type_type }, .name = n, WOLF_TYPE_SLOT_##s1 v1, WOLF_TYPE_SLOT_##s2 v2, \
        WOLF_TYPE_SLOT_##s3 v3, WOLF_TYPE_SLOT_##s4 v4, WOLF_TYPE_SLOT_##s5 v5, \
        WOLF_TYPE_SLOT_##s6 v6 }
#define WOLF_TYPE_7(t, n, s1, v1, s2, v2, s3, v3, s4, v4, s5, v5, s6, v6, s7, v7) \
    const mp_obj_type_t t = { \
        { &mp_type_type }, .name = n, WOLF_TYPE_SLOT_##s1 v1, WOLF_TYPE_SLOT_##s2 v2, \
        WOLF_TYPE_SLOT_##s3 v3, WOLF_TYPE_SLOT_##s4 v4, WOLF_TYPE_SLOT_##s5 v5, \
        WOLF_TYPE_SLOT_##s6 v6, WOLF_TYPE_SLOT_##s7 v7 }
#define WOLF_TYPE_N(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, n, ...) n
#define MP_DEFINE_CONST_OBJ_TYPE(t, n, flags, ...) \
    WOLF_TYPE_N(__VA_ARGS__, WOLF_TYPE_7, _, WOLF_TYPE_6, _, WOLF_TYPE_5, _, WOLF_TYPE_4, _, \
    WOLF_TYPE_3, _, WOLF_TYPE_2, _, WOLF_TYPE_1, _)(t, n, __VA_ARGS__)
#endif

// Whether objects of a type have a protocol, which is a stream's unless the type says otherwise.
#if WOLF_MP_AT_LEAST(20)
#define wolf_type_has_protocol(type) MP_OBJ_TYPE_HAS_SLOT(type, protocol)
#else
#define wolf_type_has_protocol(type) ((type)->protocol != NULL)
#endif

// Before 1.21, a file could override a module only because the module's own name has an additional
// u.
#if !WOLF_MP_AT_LEAST(21)
#define MP_REGISTER_EXTENSIBLE_MODULE MP_REGISTER_MODULE
#endif

// How much of its stack a thread uses, in bytes.
#if WOLF_MP_AT_LEAST(25)
#include "py/cstack.h"
#define wolf_stack_usage() mp_cstack_usage()
#else
#include "py/stackctrl.h"
#define wolf_stack_usage() mp_stack_usage()
#endif

// Let the port and other threads run while a handshake waits on a non-blocking stream.
#if !WOLF_MP_AT_LEAST(22)
#ifdef MICROPY_EVENT_POLL_HOOK
#define mp_event_wait_ms(ms) do { (void)(ms); MICROPY_EVENT_POLL_HOOK } while (0)
#else
#define mp_event_wait_ms(ms) mp_hal_delay_ms(ms)
#endif
#endif

// wolfSSL's types.h declares byte again, like py/misc.h, which C allows only since C11. It doesn't
// if byte is a macro.
#define byte byte

#endif // MICROPY_INCLUDED_WOLF_MPCOMPAT_H
