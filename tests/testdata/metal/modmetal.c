// Measures the heap, the instructions and the stream of a TLS connection, on a machine in QEMU: a
// Cortex-M (MPS2) or a RISC-V (virt).

#include <string.h>

#include "py/gc.h"
#include "py/mperrno.h"
#include "py/obj.h"
#include "py/runtime.h"
#include "py/stream.h"

#include "semihosting.h"

// QEMU can be told to start with a number here, which is then the size of the heap in bytes;
// otherwise it is 0.
#if defined(__riscv)
#define HEAP_SIZE (*(volatile uint32_t *)0x87000000)
#else
#define HEAP_SIZE (*(volatile uint32_t *)0x21000000)
#endif

// Memory that the library has in the heap, in whole blocks of the collector.
static struct {
    size_t live;
    size_t peak;
    size_t largest;
    size_t allocations;
} heap;

// In front of what a tracked allocation returns: two pointers, see py/malloc.c.
static size_t block_size(void *ptr) {
    return gc_nbytes((byte *)ptr - 2 * sizeof(void *));
}

void *__real_m_tracked_calloc(size_t nmemb, size_t size);
void *__wrap_m_tracked_calloc(size_t nmemb, size_t size);
void *__wrap_m_tracked_calloc(size_t nmemb, size_t size) {
    void *ptr = __real_m_tracked_calloc(nmemb, size);
    if (ptr != NULL) {
        size_t block = block_size(ptr);
        heap.live += block;
        heap.peak = MAX(heap.peak, heap.live);
        heap.largest = MAX(heap.largest, block);
        ++heap.allocations;
    }
    return ptr;
}

void __real_m_tracked_free(void *ptr);
void __wrap_m_tracked_free(void *ptr);
void __wrap_m_tracked_free(void *ptr) {
    if (ptr != NULL) {
        heap.live -= block_size(ptr);
    }
    __real_m_tracked_free(ptr);
}

void __real_gc_init(void *start, void *end);
void __wrap_gc_init(void *start, void *end);
void __wrap_gc_init(void *start, void *end) {
    size_t size = HEAP_SIZE;
    __real_gc_init(start, size == 0 ? end : (byte *)start + size);
}

// heap() -> (bytes in use, the most since the last call, the largest block, allocations); the
// latter three start anew.
static mp_obj_t metal_heap(void) {
    mp_obj_t items[4] = {
        MP_OBJ_NEW_SMALL_INT(heap.live),
        MP_OBJ_NEW_SMALL_INT(heap.peak),
        MP_OBJ_NEW_SMALL_INT(heap.largest),
        MP_OBJ_NEW_SMALL_INT(heap.allocations),
    };
    heap.peak = heap.live;
    heap.largest = 0;
    heap.allocations = 0;
    return mp_obj_new_tuple(MP_ARRAY_SIZE(items), items);
}
static MP_DEFINE_CONST_FUN_OBJ_0(metal_heap_obj, metal_heap);

#if defined(__riscv)
// With -icount the processor counts its own instructions.
static uint64_t begun;

static uint64_t instructions(void) {
    uint32_t high, low, again;
    do {
        __asm__ volatile ("csrr %0, minstreth\n csrr %1, minstret\n csrr %2, minstreth"
            : "=r" (high), "=r" (low), "=r" (again));
    } while (high != again);
    return (uint64_t)high << 32 | low;
}

static void count_from_here(void) {
    begun = instructions();
}

static uint64_t counted(void) {
    return instructions() - begun;
}
#else
// Timer 0 of Arm's CMSDK counts down at 25 MHz: with -icount shift=0, which makes an instruction
// last a nanosecond, once in 40 instructions; up to 171 thousand million.
#define TIMER ((volatile uint32_t *)0x40000000) // control, value, reload
#define INSTRUCTIONS_PER_TICK (40)

static void count_from_here(void) {
    TIMER[0] = 0;
    TIMER[2] = 0xffffffff;
    TIMER[1] = 0xffffffff;
    TIMER[0] = 1;
}

static uint64_t counted(void) {
    return (uint64_t)(0xffffffff - TIMER[1]) * INSTRUCTIONS_PER_TICK;
}
#endif

// start() begins to count instructions, count() -> how many there were.
static mp_obj_t metal_start(void) {
    count_from_here();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(metal_start_obj, metal_start);

static mp_obj_t metal_count(void) {
    return mp_obj_new_int_from_ull(counted());
}
static MP_DEFINE_CONST_FUN_OBJ_0(metal_count_obj, metal_count);

// A stream on two files of the computer that QEMU runs on, by semihosting: QEMU waits for what is
// read, and no instruction is counted meanwhile.
typedef struct _pipe_t {
    mp_obj_base_t base;
    int in;
    int out;
} pipe_t;

static int open_file(mp_obj_t name, int mode) {
    size_t len;
    const char *text = mp_obj_str_get_data(name, &len);
    const uintptr_t args[] = { (uintptr_t)text, mode, len };
    int file = semihosting(SYS_OPEN, args);
    if (file < 0) {
        mp_raise_OSError(MP_ENOENT);
    }
    return file;
}

static mp_obj_t pipe_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 2, 2, false);
    pipe_t *self = mp_obj_malloc(pipe_t, type);
    self->in = open_file(args[0], 1);
    self->out = open_file(args[1], 5);
    return MP_OBJ_FROM_PTR(self);
}

static mp_uint_t pipe_read(mp_obj_t self_in, void *buf, mp_uint_t size, int *errcode) {
    (void)errcode;
    pipe_t *self = MP_OBJ_TO_PTR(self_in);
    const uintptr_t args[] = { self->in, (uintptr_t)buf, size };
    return size - semihosting(SYS_READ, args);
}

static mp_uint_t pipe_write(mp_obj_t self_in, const void *buf, mp_uint_t size, int *errcode) {
    (void)errcode;
    pipe_t *self = MP_OBJ_TO_PTR(self_in);
    const uintptr_t args[] = { self->out, (uintptr_t)buf, size };
    return size - semihosting(SYS_WRITE, args);
}

static mp_uint_t pipe_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t arg, int *errcode) {
    (void)self_in;
    (void)errcode;
    return request == MP_STREAM_POLL ? arg : 0;
}

static const mp_stream_p_t pipe_stream = {
    .read = pipe_read,
    .write = pipe_write,
    .ioctl = pipe_ioctl,
};

static MP_DEFINE_CONST_OBJ_TYPE(
    pipe_type,
    MP_QSTR_Pipe,
    MP_TYPE_FLAG_NONE,
    make_new, pipe_make_new,
    protocol, &pipe_stream
    );

static const mp_rom_map_elem_t metal_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_metal) },
    { MP_ROM_QSTR(MP_QSTR_heap), MP_ROM_PTR(&metal_heap_obj) },
    { MP_ROM_QSTR(MP_QSTR_start), MP_ROM_PTR(&metal_start_obj) },
    { MP_ROM_QSTR(MP_QSTR_count), MP_ROM_PTR(&metal_count_obj) },
    { MP_ROM_QSTR(MP_QSTR_Pipe), MP_ROM_PTR(&pipe_type) },
};
static MP_DEFINE_CONST_DICT(metal_globals, metal_globals_table);

const mp_obj_module_t mp_module_metal = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&metal_globals,
};

MP_REGISTER_MODULE(MP_QSTR_metal, mp_module_metal);
