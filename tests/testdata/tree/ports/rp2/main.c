#include "py/mpconfig.h"
int mp_main(void);
int main(void) {
    return mp_main();
}
