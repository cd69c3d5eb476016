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

# What the sources register.
set(MICROPY_GENHDR_DIR "${CMAKE_BINARY_DIR}/genhdr")
add_custom_command(
    OUTPUT ${MICROPY_GENHDR_DIR}/moduledefs.collected
    COMMAND ${CMAKE_COMMAND} -E make_directory ${MICROPY_GENHDR_DIR}
    COMMAND sh -c "cat \"$@\" | grep ^MP_REGISTER > genhdr/moduledefs.collected || true" sh ${MICROPY_SOURCE_USERMOD}
    DEPENDS ${MICROPY_SOURCE_USERMOD}
    VERBATIM
)
add_custom_target(GENHDR ALL DEPENDS ${MICROPY_GENHDR_DIR}/moduledefs.collected)
