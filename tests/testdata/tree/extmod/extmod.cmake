if(MICROPY_SSL_MBEDTLS)
    add_library(micropy_lib_mbedtls INTERFACE)
    target_include_directories(micropy_lib_mbedtls INTERFACE ${MICROPY_DIR}/lib/mbedtls/include)
    target_sources(micropy_lib_mbedtls INTERFACE ${MICROPY_DIR}/lib/mbedtls/library/ssl_tls.c)
    target_compile_definitions(micropy_lib_mbedtls INTERFACE
        MBEDTLS_CONFIG_FILE="${MICROPY_PORT_DIR}/mbedtls/mbedtls_config_port.h"
    )
    list(APPEND MICROPY_INC_CORE "${MICROPY_DIR}/lib/mbedtls/include")
endif()
