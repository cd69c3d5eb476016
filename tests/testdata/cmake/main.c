// See CMakeLists.txt.

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "py/builtin.h"
#include "py/compile.h"
#include "py/gc.h"
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stackctrl.h"
#include "shared/runtime/gchelper.h"

static char heap[4000000];

static int run(const char *source, size_t len) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        mp_obj_print_exception(&mp_plat_print, MP_OBJ_FROM_PTR(nlr.ret_val));
        return 1;
    }
    mp_lexer_t *lex = mp_lexer_new_from_str_len(MP_QSTR__lt_stdin_gt_, source, len, 0);
    mp_parse_tree_t tree = mp_parse(lex, MP_PARSE_FILE_INPUT);
    mp_call_function_0(mp_compile(&tree, MP_QSTR__lt_stdin_gt_, false));
    nlr_pop();
    return 0;
}

int main(void) {
    static char source[100000];
    size_t len = fread(source, 1, sizeof(source), stdin);
    mp_stack_ctrl_init();
    mp_stack_set_limit(1000000);
    gc_init(heap, heap + sizeof(heap));
    mp_init();
    int ret = run(source, len);
    gc_sweep_all();
    mp_deinit();
    return ret;
}

void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    gc_collect_end();
}

static mp_obj_t no_open(size_t n_args, const mp_obj_t *args, mp_map_t *kwargs) {
    (void)n_args;
    (void)args;
    (void)kwargs;
    mp_raise_OSError(MP_ENOENT);
}
MP_DEFINE_CONST_FUN_OBJ_KW(mp_builtin_open_obj, 1, no_open);

mp_lexer_t *mp_lexer_new_from_file(qstr filename) {
    (void)filename;
    mp_raise_OSError(MP_ENOENT);
}

mp_import_stat_t mp_import_stat(const char *path) {
    (void)path;
    return MP_IMPORT_STAT_NO_EXIST;
}

void nlr_jump_fail(void *val) {
    (void)val;
    abort();
}

mp_uint_t mp_hal_stdout_tx_strn(const char *str, size_t len) {
    return fwrite(str, 1, len, stdout);
}

int mp_hal_stdin_rx_chr(void) {
    return getchar();
}

uintptr_t mp_hal_stdio_poll(uintptr_t poll_flags) {
    return poll_flags;
}

mp_uint_t mp_hal_ticks_ms(void) {
    return clock() / (CLOCKS_PER_SEC / 1000);
}

void mp_hal_delay_ms(mp_uint_t ms) {
    usleep(ms * 1000);
}
