// As much of MicroPython's headers as ports/rp2 needs.
#define MICROPY_PY_THREAD (1)
#define MICROPY_PY_THREAD_GIL (0)
typedef int mp_thread_recursive_mutex_t;
extern mp_thread_recursive_mutex_t gc_mutex;
#define MP_STATE_MEM(x) x
