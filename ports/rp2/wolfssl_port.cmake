# The port's CMakeLists.txt names this target whether there is a TLS library or not, and compiles
# its glue for mbedTLS, whatever the macros are.
if(NOT TARGET micropy_lib_mbedtls)
    add_library(micropy_lib_mbedtls INTERFACE)
endif()
set_source_files_properties(${MICROPY_PORT_DIR}/mbedtls/mbedtls_port.c PROPERTIES HEADER_FILE_ONLY ON)

# wolfssl_port.c uses the SDK's random numbers, which the port itself links from MicroPython 1.28 on.
# The generator expression hides the SDK's sources from the search for qstrs.
target_link_libraries(micropython_wolfssl_lib INTERFACE $<1:pico_rand>)
# NOTE(mpwolf): that search preprocesses wolfssl_port.c with the include directories of the SDK's parts that the port
# itself links.
if(TARGET pico_rand_headers)
    get_target_property(WOLFSSL_RAND_INC pico_rand_headers INTERFACE_INCLUDE_DIRECTORIES)
    if(WOLFSSL_RAND_INC)
        list(APPEND MICROPY_CPP_INC_EXTRA ${WOLFSSL_RAND_INC})
    endif()
endif()
