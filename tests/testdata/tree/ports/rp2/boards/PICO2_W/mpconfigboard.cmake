set(PICO_BOARD "pico2_w")
set(PICO_PLATFORM "rp2350-arm-s")

set(MICROPY_PY_LWIP ON)
set(MICROPY_BLUETOOTH_BTSTACK ON)
list(APPEND MICROPY_DEF_BOARD
    MICROPY_PY_SSL=1 # where a board says so itself
    MICROPY_HW_EXAMPLE="a text"
)
