// A board of the port.
#define MICROPY_HW_BOARD_NAME "Fake EVB"

#define MICROPY_PY_NETWORK 1
