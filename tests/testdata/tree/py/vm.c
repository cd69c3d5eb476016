#include "py/mpconfig.h"
int mp_vm(void) {
    return 0;
}
