// The allocations that fail, for tests/firmware/alloc_fail.py. See micropython.mk.

#include <stdlib.h>

#include "py/gc.h"
#include "py/obj.h"
#include "py/runtime.h"

// What arm() chooses between.
enum {
    LIBC = 1,
    HEAP = 2,
};

static struct {
    mp_int_t kinds;
    mp_int_t countdown; // how many allocations there are until the first that fails
    mp_int_t times; // how many fail from there on
    mp_int_t failed;
    mp_int_t live; // blocks of the C library that have been allocated and not freed
} state;

static bool fails(mp_int_t kind) {
    if (!(state.kinds & kind)) {
        return false;
    }
    if (state.countdown > 0) {
        --state.countdown;
        return false;
    }
    if (state.failed >= state.times) {
        return false;
    }
    ++state.failed;
    return true;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) {
    void *ptr = fails(LIBC) ? NULL : __real_malloc(size);
    state.live += ptr != NULL;
    return ptr;
}

void *__real_realloc(void *ptr, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__wrap_realloc(void *ptr, size_t size) {
    void *moved = fails(LIBC) ? NULL : __real_realloc(ptr, size);
    state.live += moved != NULL && ptr == NULL;
    return moved;
}

void __real_free(void *ptr);
void __wrap_free(void *ptr);
void __wrap_free(void *ptr) {
    state.live -= ptr != NULL;
    __real_free(ptr);
}

void *__real_gc_alloc(size_t size, unsigned int flags);
void *__wrap_gc_alloc(size_t size, unsigned int flags);
void *__wrap_gc_alloc(size_t size, unsigned int flags) {
    return fails(HEAP) ? NULL : __real_gc_alloc(size, flags);
}

void *__real_gc_realloc(void *ptr, size_t size, bool allow_move);
void *__wrap_gc_realloc(void *ptr, size_t size, bool allow_move);
void *__wrap_gc_realloc(void *ptr, size_t size, bool allow_move) {
    return fails(HEAP) ? NULL : __real_gc_realloc(ptr, size, allow_move);
}

// arm(kinds, n, times): after n more allocations of these kinds the next ones fail, so many times.
static mp_obj_t allocfail_arm(mp_obj_t kinds, mp_obj_t n, mp_obj_t times) {
    state.failed = 0;
    state.countdown = mp_obj_get_int(n);
    state.times = mp_obj_get_int(times);
    state.kinds = mp_obj_get_int(kinds);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(allocfail_arm_obj, allocfail_arm);

// disarm() -> how many allocations failed
static mp_obj_t allocfail_disarm(void) {
    state.kinds = 0;
    return MP_OBJ_NEW_SMALL_INT(state.failed);
}
static MP_DEFINE_CONST_FUN_OBJ_0(allocfail_disarm_obj, allocfail_disarm);

// live() -> how many of the C library's blocks are in use, but for a constant
static mp_obj_t allocfail_live(void) {
    return MP_OBJ_NEW_SMALL_INT(state.live);
}
static MP_DEFINE_CONST_FUN_OBJ_0(allocfail_live_obj, allocfail_live);

static const mp_rom_map_elem_t allocfail_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_allocfail) },
    { MP_ROM_QSTR(MP_QSTR_arm), MP_ROM_PTR(&allocfail_arm_obj) },
    { MP_ROM_QSTR(MP_QSTR_disarm), MP_ROM_PTR(&allocfail_disarm_obj) },
    { MP_ROM_QSTR(MP_QSTR_live), MP_ROM_PTR(&allocfail_live_obj) },
    { MP_ROM_QSTR(MP_QSTR_LIBC), MP_ROM_INT(LIBC) },
    { MP_ROM_QSTR(MP_QSTR_HEAP), MP_ROM_INT(HEAP) },
};
static MP_DEFINE_CONST_DICT(allocfail_globals, allocfail_globals_table);

const mp_obj_module_t mp_module_allocfail = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&allocfail_globals,
};

MP_REGISTER_MODULE(MP_QSTR_allocfail, mp_module_allocfail);
