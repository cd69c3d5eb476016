#include "py/mpconfig.h"
int mp_obj(void) {
    return MICROPY_PY_SSL;
}
