# The user modules wolfssl, wolfcryptolib and wolfhashlib, for ports that are built by CMake. The
# variables are those of micropython.mk, as CMake variables: cmake -DWOLFSSL_PORT=...

set(WOLFSSL_MOD_DIR ${CMAKE_CURRENT_LIST_DIR})

if(NOT DEFINED WOLFSSL_PORT)
    set(WOLFSSL_PORT unix)
endif()
if(NOT DEFINED WOLFSSL_DIR)
    set(WOLFSSL_DIR ${WOLFSSL_MOD_DIR}/wolfssl)
endif()
if(NOT DEFINED WOLFSSL_DROP_IN)
    set(WOLFSSL_DROP_IN 1)
endif()
if(NOT DEFINED WOLFSSL_SECURE_DEFAULTS)
    set(WOLFSSL_SECURE_DEFAULTS 0)
endif()
if(NOT DEFINED WOLFSSL_FORWARD_SECRECY)
    set(WOLFSSL_FORWARD_SECRECY 0)
endif()
if(NOT DEFINED WOLFSSL_PROFILE)
    set(WOLFSSL_PROFILE full)
endif()

set(WOLFSSL_PORT_DIR ${WOLFSSL_MOD_DIR}/ports/${WOLFSSL_PORT})
if(NOT EXISTS ${WOLFSSL_PORT_DIR}/user_settings.h)
    file(GLOB WOLFSSL_PORTS RELATIVE ${WOLFSSL_MOD_DIR}/ports ${WOLFSSL_MOD_DIR}/ports/*/user_settings.h)
    string(REPLACE ";" " " WOLFSSL_PORTS "${WOLFSSL_PORTS}")
    string(REPLACE "/user_settings.h" "" WOLFSSL_PORTS "${WOLFSSL_PORTS}")
    message(FATAL_ERROR "micropython-wolfssl: unknown WOLFSSL_PORT \"${WOLFSSL_PORT}\"; known ports: ${WOLFSSL_PORTS}")
endif()

if(WOLFSSL_USER_SETTINGS_FILE)
    get_filename_component(WOLFSSL_SETTINGS ${WOLFSSL_USER_SETTINGS_FILE} ABSOLUTE)
else()
    set(WOLFSSL_SETTINGS ${WOLFSSL_PORT_DIR}/user_settings.h)
endif()
if(NOT EXISTS ${WOLFSSL_SETTINGS})
    message(FATAL_ERROR "micropython-wolfssl: no settings file ${WOLFSSL_SETTINGS}")
endif()
if(IS_DIRECTORY ${WOLFSSL_SETTINGS})
    message(FATAL_ERROR "micropython-wolfssl: the settings file ${WOLFSSL_SETTINGS} is a directory")
endif()
foreach(name WOLFSSL_DROP_IN WOLFSSL_SECURE_DEFAULTS WOLFSSL_FORWARD_SECRECY)
    if(NOT "${${name}}" MATCHES "^[01]$")
        message(FATAL_ERROR "micropython-wolfssl: ${name} is \"${${name}}\"; it must be 0 or 1")
    endif()
endforeach()

if(NOT EXISTS ${WOLFSSL_DIR}/wolfssl/wolfcrypt/settings.h)
    message(FATAL_ERROR "micropython-wolfssl: no wolfSSL sources in ${WOLFSSL_DIR} "
        "(expected wolfssl/wolfcrypt/settings.h); set WOLFSSL_DIR")
endif()

# The same list as in micropython.mk, which explains it.
set(WOLFSSL_LIB_NAMES
    src/crl src/dtls src/dtls13 src/internal src/keys src/ocsp src/ssl src/tls src/tls13 src/wolfio
    wolfcrypt/src/aes wolfcrypt/src/arc4 wolfcrypt/src/asn wolfcrypt/src/blake2b wolfcrypt/src/blake2s
    wolfcrypt/src/camellia wolfcrypt/src/chacha wolfcrypt/src/chacha20_poly1305 wolfcrypt/src/cmac
    wolfcrypt/src/coding wolfcrypt/src/cpuid wolfcrypt/src/cryptocb wolfcrypt/src/curve25519
    wolfcrypt/src/curve448 wolfcrypt/src/des3 wolfcrypt/src/dh wolfcrypt/src/dilithium wolfcrypt/src/dsa
    wolfcrypt/src/ecc wolfcrypt/src/ed25519 wolfcrypt/src/ed448 wolfcrypt/src/error wolfcrypt/src/fe_448
    wolfcrypt/src/fe_low_mem wolfcrypt/src/fe_operations wolfcrypt/src/ge_448 wolfcrypt/src/ge_low_mem
    wolfcrypt/src/ge_operations wolfcrypt/src/hash wolfcrypt/src/hmac wolfcrypt/src/integer wolfcrypt/src/kdf
    wolfcrypt/src/logging wolfcrypt/src/md2 wolfcrypt/src/md4 wolfcrypt/src/md5 wolfcrypt/src/memory
    wolfcrypt/src/pkcs12 wolfcrypt/src/pkcs7 wolfcrypt/src/poly1305 wolfcrypt/src/pwdbased
    wolfcrypt/src/random wolfcrypt/src/rc2 wolfcrypt/src/ripemd wolfcrypt/src/rsa wolfcrypt/src/sha
    wolfcrypt/src/sha256 wolfcrypt/src/sha3 wolfcrypt/src/sha512 wolfcrypt/src/signature
    wolfcrypt/src/sp_arm32 wolfcrypt/src/sp_arm64 wolfcrypt/src/sp_armthumb wolfcrypt/src/sp_c32
    wolfcrypt/src/sp_c64 wolfcrypt/src/sp_cortexm wolfcrypt/src/sp_int wolfcrypt/src/sp_x86_64
    wolfcrypt/src/srp wolfcrypt/src/tfm wolfcrypt/src/wc_encrypt wolfcrypt/src/wc_kyber
    wolfcrypt/src/wc_kyber_poly wolfcrypt/src/wc_mldsa wolfcrypt/src/wc_mlkem wolfcrypt/src/wc_mlkem_poly
    wolfcrypt/src/wc_port wolfcrypt/src/wolfevent wolfcrypt/src/wolfmath
    wolfcrypt/src/port/arm/armv8-aes wolfcrypt/src/port/arm/armv8-chacha
    wolfcrypt/src/port/arm/armv8-curve25519_c wolfcrypt/src/port/arm/armv8-poly1305
    wolfcrypt/src/port/arm/armv8-sha256 wolfcrypt/src/port/arm/armv8-sha512
    wolfcrypt/src/port/arm/thumb2-aes-asm_c wolfcrypt/src/port/arm/thumb2-chacha-asm_c
    wolfcrypt/src/port/arm/thumb2-curve25519_c wolfcrypt/src/port/arm/thumb2-poly1305-asm_c
    wolfcrypt/src/port/arm/thumb2-sha256-asm_c wolfcrypt/src/port/arm/thumb2-sha3-asm_c
    wolfcrypt/src/port/arm/thumb2-sha512-asm_c wolfcrypt/src/port/st/stm32)
set(WOLFSSL_LIB_SRC)
foreach(NAME ${WOLFSSL_LIB_NAMES})
    if(EXISTS ${WOLFSSL_DIR}/${NAME}.c)
        list(APPEND WOLFSSL_LIB_SRC ${WOLFSSL_DIR}/${NAME}.c)
    endif()
endforeach()

set(WOLFSSL_GLUE_SRC)
if(EXISTS ${WOLFSSL_PORT_DIR}/wolfssl_port.c)
    list(APPEND WOLFSSL_GLUE_SRC ${WOLFSSL_PORT_DIR}/wolfssl_port.c)
endif()

set(WOLFSSL_DEFINITIONS
    WOLFSSL_USER_SETTINGS
    MICROPY_WOLFSSL_ASM=0
    MICROPY_WOLFSSL_DROP_IN=${WOLFSSL_DROP_IN}
    MICROPY_WOLFSSL_SECURE_DEFAULTS=${WOLFSSL_SECURE_DEFAULTS})
if(WOLFSSL_FORWARD_SECRECY)
    list(APPEND WOLFSSL_DEFINITIONS MICROPY_WOLFSSL_FORWARD_SECRECY=1)
endif()
# The profile is passed only if it is given: settings without profiles then stop the compiler, see
# wolf_alloc.c.
set(WOLFSSL_PROFILES full client tiny)
if(NOT WOLFSSL_PROFILE IN_LIST WOLFSSL_PROFILES)
    string(REPLACE ";" " " WOLFSSL_PROFILES "${WOLFSSL_PROFILES}")
    message(FATAL_ERROR "micropython-wolfssl: unknown WOLFSSL_PROFILE \"${WOLFSSL_PROFILE}\"; "
        "known profiles: ${WOLFSSL_PROFILES}")
elseif(NOT WOLFSSL_PROFILE STREQUAL full)
    string(TOUPPER ${WOLFSSL_PROFILE} WOLFSSL_PROFILE_NAME)
    list(APPEND WOLFSSL_DEFINITIONS MICROPY_WOLFSSL_PROFILE=MICROPY_WOLFSSL_PROFILE_${WOLFSSL_PROFILE_NAME})
endif()
get_filename_component(WOLFSSL_SETTINGS_NAME ${WOLFSSL_SETTINGS} NAME)
if(WOLFSSL_SETTINGS_NAME STREQUAL user_settings.h)
    get_filename_component(WOLFSSL_SETTINGS_DIR ${WOLFSSL_SETTINGS} DIRECTORY)
else()
    set(WOLFSSL_SETTINGS_DIR ${WOLFSSL_MOD_DIR}/settings)
    list(APPEND WOLFSSL_DEFINITIONS MICROPY_WOLFSSL_SETTINGS="${WOLFSSL_SETTINGS}")
endif()

# The library is a separate target, so that a port can set compile options for it. MicroPython's
# usermod.cmake follows links between targets: it searches the library's sources for qstrs too, and
# finds none.
add_library(micropython_wolfssl_lib INTERFACE)
target_sources(micropython_wolfssl_lib INTERFACE ${WOLFSSL_GLUE_SRC} ${WOLFSSL_LIB_SRC})

# The names in the modules are collected again when one of these variables changes: that rule looks
# only at the sources' times, and this file is one of them. CMake itself recompiles what has new
# definitions.
set(WOLFSSL_VARIABLES ${CMAKE_CURRENT_BINARY_DIR}/wolfssl_variables.c)
set(WOLFSSL_VARIABLES_NOW "// ${WOLFSSL_PORT} ${WOLFSSL_SETTINGS} ${WOLFSSL_DIR} ${WOLFSSL_DROP_IN} ${WOLFSSL_SECURE_DEFAULTS} \
${WOLFSSL_FORWARD_SECRECY} ${WOLFSSL_PROFILE}\ntypedef int wolfssl_variables_t;\n")
set(WOLFSSL_VARIABLES_BEFORE)
if(EXISTS ${WOLFSSL_VARIABLES})
    file(READ ${WOLFSSL_VARIABLES} WOLFSSL_VARIABLES_BEFORE)
endif()
if(NOT WOLFSSL_VARIABLES_BEFORE STREQUAL WOLFSSL_VARIABLES_NOW)
    file(WRITE ${WOLFSSL_VARIABLES} "${WOLFSSL_VARIABLES_NOW}")
endif()

# The hashes: ports/common/bare_metal.h has different settings for them than for the rest.
foreach(NAME sha sha256 sha512 port/arm/armv8-sha256 port/arm/armv8-sha512
        port/arm/thumb2-sha256-asm_c port/arm/thumb2-sha512-asm_c)
    set_source_files_properties(${WOLFSSL_DIR}/wolfcrypt/src/${NAME}.c PROPERTIES COMPILE_DEFINITIONS MICROPY_WOLFSSL_HASH)
endforeach()

add_library(usermod_wolfssl INTERFACE)
target_sources(usermod_wolfssl INTERFACE
    ${WOLFSSL_VARIABLES}
    ${WOLFSSL_MOD_DIR}/modwolfssl.c
    ${WOLFSSL_MOD_DIR}/modwolfcryptolib.c
    ${WOLFSSL_MOD_DIR}/modwolfhashlib.c
    ${WOLFSSL_MOD_DIR}/wolf_glue.c
    ${WOLFSSL_MOD_DIR}/wolf_alloc.c
    ${WOLFSSL_MOD_DIR}/wolf_session.c
    ${WOLFSSL_MOD_DIR}/wolf_verify.c
    ${WOLFSSL_MOD_DIR}/wolf_x509.c)
target_include_directories(usermod_wolfssl INTERFACE ${WOLFSSL_MOD_DIR} ${WOLFSSL_SETTINGS_DIR} ${WOLFSSL_DIR})
target_compile_definitions(usermod_wolfssl INTERFACE ${WOLFSSL_DEFINITIONS})
# NOTE(mpwolf): usermod.cmake passes a module's include directories to the search for qstrs, but not
# its definitions.
list(APPEND MICROPY_CPP_DEF_EXTRA ${WOLFSSL_DEFINITIONS})
target_link_libraries(usermod_wolfssl INTERFACE micropython_wolfssl_lib)

target_link_libraries(usermod INTERFACE usermod_wolfssl)
