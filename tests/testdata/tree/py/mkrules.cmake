# The board's name is known to the firmware.
if(MICROPY_BOARD)
    if(MICROPY_BOARD_VARIANT)
        set(MICROPY_BOARD_BUILD_NAME ${MICROPY_BOARD}-${MICROPY_BOARD_VARIANT})
    else()
        set(MICROPY_BOARD_BUILD_NAME ${MICROPY_BOARD})
    endif()
    target_compile_definitions(${MICROPY_TARGET} PRIVATE
        MICROPY_BOARD_BUILD_NAME="${MICROPY_BOARD_BUILD_NAME}"
    )
endif()

if(DEFINED ENV{CFLAGS_EXTRA})
    set(CFLAGS_EXTRA $ENV{CFLAGS_EXTRA})
    string(APPEND CMAKE_C_FLAGS " ${CFLAGS_EXTRA}")
endif()
