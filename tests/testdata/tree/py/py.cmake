set(MICROPY_PY_DIR "${MICROPY_DIR}/py")

list(APPEND MICROPY_INC_CORE "${MICROPY_DIR}")

set(MICROPY_SOURCE_PY
    ${MICROPY_PY_DIR}/obj.c
    ${MICROPY_PY_DIR}/runtime.c
    ${MICROPY_PY_DIR}/vm.c
)

macro(micropy_gather_target_properties targ)
    if(TARGET ${targ})
        get_target_property(_def ${targ} INTERFACE_COMPILE_DEFINITIONS)
        if(_def)
            list(APPEND MICROPY_CPP_DEF_EXTRA ${_def})
        endif()
    endif()
endmacro()
