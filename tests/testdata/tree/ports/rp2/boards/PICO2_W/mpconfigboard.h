// A board of the port.
#define MICROPY_HW_BOARD_NAME "Fake PICO2_W"

#define MICROPY_PY_NETWORK 1
