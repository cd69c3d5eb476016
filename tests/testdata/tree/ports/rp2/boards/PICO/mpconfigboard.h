// A board of the port.
#define MICROPY_HW_BOARD_NAME "Fake PICO"
