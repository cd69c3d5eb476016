#include "py/mpconfig.h"
int mp_vm(void);
int mp_obj(void);
int mp_main(void) {
    return mp_vm() + mp_obj();
}
