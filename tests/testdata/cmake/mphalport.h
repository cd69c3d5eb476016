#include <stdint.h>
#define mp_hal_set_interrupt_char(c) (void)(c)
