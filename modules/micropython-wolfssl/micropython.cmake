# The user modules wolfssl, wolfcryptolib and wolfhashlib, for ports that are built by CMake.
#
# The variables are those of micropython.mk, as CMake variables, for example
# cmake -DWOLFSSL_PROFILE=client, or in the environment when a build directory is first configured,
# for example make WOLFSSL_PROFILE=client. WOLFSSL_PORT is by default the port that is built.

set(WOLFSSL_MOD_DIR ${CMAKE_CURRENT_LIST_DIR})

get_filename_component(WOLFSSL_DEFAULT_WOLFSSL_PORT "${MICROPY_PORT_DIR}" NAME)
set(WOLFSSL_DEFAULT_WOLFSSL_USER_SETTINGS_FILE "")
set(WOLFSSL_DEFAULT_WOLFSSL_DIR ${WOLFSSL_MOD_DIR}/wolfssl)
set(WOLFSSL_DEFAULT_WOLFSSL_DROP_IN 1)
set(WOLFSSL_DEFAULT_WOLFSSL_SECURE_DEFAULTS 0)
set(WOLFSSL_DEFAULT_WOLFSSL_FORWARD_SECRECY 0)
set(WOLFSSL_DEFAULT_WOLFSSL_ASM 1)
set(WOLFSSL_DEFAULT_WOLFSSL_PROFILE full)
set(WOLFSSL_DEFAULT_MICROPY_PY_SSL_ECDSA_SIGN_ALT 0)
set(WOLFSSL_VARIABLES WOLFSSL_PORT WOLFSSL_USER_SETTINGS_FILE WOLFSSL_DIR WOLFSSL_DROP_IN WOLFSSL_SECURE_DEFAULTS
    WOLFSSL_FORWARD_SECRECY WOLFSSL_ASM WOLFSSL_PROFILE MICROPY_PY_SSL_ECDSA_SIGN_ALT)
set(WOLFSSL_VARIABLES_NOW)
foreach(NAME ${WOLFSSL_VARIABLES})
    if(NOT DEFINED ${NAME} AND NOT "$ENV{${NAME}}" STREQUAL "")
        set(${NAME} "$ENV{${NAME}}" CACHE STRING "see micropython-wolfssl")
    elseif(NOT DEFINED ${NAME})
        set(${NAME} "${WOLFSSL_DEFAULT_${NAME}}")
    endif()
    list(APPEND WOLFSSL_VARIABLES_NOW -D${NAME}=${${NAME}})
endforeach()

# The settings: the port's, or the given file.
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

# A switch with another value would be off, or an error of the compiler.
foreach(NAME WOLFSSL_DROP_IN WOLFSSL_SECURE_DEFAULTS WOLFSSL_FORWARD_SECRECY WOLFSSL_ASM
    MICROPY_PY_SSL_ECDSA_SIGN_ALT)
    if(NOT "${${NAME}}" MATCHES "^[01]$")
        message(FATAL_ERROR "micropython-wolfssl: ${NAME} is \"${${NAME}}\"; it must be 0 or 1")
    endif()
endforeach()

get_filename_component(WOLFSSL_DIR ${WOLFSSL_DIR} ABSOLUTE)
if(NOT EXISTS ${WOLFSSL_DIR}/wolfssl/wolfcrypt/settings.h)
    message(FATAL_ERROR "micropython-wolfssl: no wolfSSL sources in ${WOLFSSL_DIR} "
        "(expected wolfssl/wolfcrypt/settings.h); set WOLFSSL_DIR")
endif()

set(WOLFSSL_DEFINITIONS
    WOLFSSL_USER_SETTINGS
    MICROPY_WOLFSSL_DROP_IN=${WOLFSSL_DROP_IN}
    MICROPY_WOLFSSL_SECURE_DEFAULTS=${WOLFSSL_SECURE_DEFAULTS})
if(WOLFSSL_FORWARD_SECRECY)
    list(APPEND WOLFSSL_DEFINITIONS MICROPY_WOLFSSL_FORWARD_SECRECY=1)
endif()
if(MICROPY_PY_SSL_ECDSA_SIGN_ALT)
    list(APPEND WOLFSSL_DEFINITIONS MICROPY_WOLFSSL_ECDSA_SIGN_CALLBACK=1)
endif()

# wolfSSL includes "user_settings.h"; settings/user_settings.h includes a file of another name.
get_filename_component(WOLFSSL_SETTINGS_DIR ${WOLFSSL_SETTINGS} DIRECTORY)
set(WOLFSSL_ASM_SETTINGS ${WOLFSSL_SETTINGS_DIR}/user_settings_asm.h)
get_filename_component(WOLFSSL_SETTINGS_NAME ${WOLFSSL_SETTINGS} NAME)
if(NOT WOLFSSL_SETTINGS_NAME STREQUAL user_settings.h)
    set(WOLFSSL_SETTINGS_DIR ${WOLFSSL_MOD_DIR}/settings)
    list(APPEND WOLFSSL_DEFINITIONS MICROPY_WOLFSSL_SETTINGS="${WOLFSSL_SETTINGS}")
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

# What mpwolf patch --pristine sets; MicroPython's own files are then unchanged.
include(${WOLFSSL_MOD_DIR}/pristine/${WOLFSSL_PORT}.cmake OPTIONAL)

set(WOLFSSL_MOD_NAMES modwolfssl.c modwolfcryptolib.c modwolfhashlib.c wolf_glue.c wolf_alloc.c
    wolf_aead.c wolf_blake2.c wolf_bundle.c wolf_cache.c wolf_certdict.c wolf_chacha.c wolf_crypto.c wolf_ctr.c
    wolf_ec.c wolf_ed25519.c wolf_keys.c wolf_ocsp.c wolf_pem.c wolf_reason.c wolf_rsa.c wolf_session.c
    wolf_sha3.c wolf_verify.c wolf_x509.c wolf_x509gen.c wolf_x509obj.c)

# The same list as in micropython.mk, which explains it.
set(WOLFSSL_LIB_NAMES
    src/crl.c src/dtls.c src/dtls13.c src/internal.c src/keys.c src/ocsp.c src/ssl.c src/tls.c src/tls13.c src/wolfio.c
    wolfcrypt/src/aes.c wolfcrypt/src/arc4.c wolfcrypt/src/asn.c wolfcrypt/src/blake2b.c wolfcrypt/src/blake2s.c
    wolfcrypt/src/camellia.c wolfcrypt/src/chacha.c wolfcrypt/src/chacha20_poly1305.c wolfcrypt/src/cmac.c
    wolfcrypt/src/coding.c wolfcrypt/src/cpuid.c wolfcrypt/src/cryptocb.c wolfcrypt/src/curve25519.c
    wolfcrypt/src/curve448.c wolfcrypt/src/des3.c wolfcrypt/src/dh.c wolfcrypt/src/dilithium.c wolfcrypt/src/dsa.c
    wolfcrypt/src/ecc.c wolfcrypt/src/ed25519.c wolfcrypt/src/ed448.c wolfcrypt/src/error.c wolfcrypt/src/fe_448.c
    wolfcrypt/src/fe_low_mem.c wolfcrypt/src/fe_operations.c wolfcrypt/src/ge_448.c wolfcrypt/src/ge_low_mem.c
    wolfcrypt/src/ge_operations.c wolfcrypt/src/hash.c wolfcrypt/src/hmac.c wolfcrypt/src/integer.c
    wolfcrypt/src/kdf.c wolfcrypt/src/logging.c wolfcrypt/src/md2.c wolfcrypt/src/md4.c wolfcrypt/src/md5.c
    wolfcrypt/src/memory.c wolfcrypt/src/pkcs12.c wolfcrypt/src/pkcs7.c wolfcrypt/src/poly1305.c
    wolfcrypt/src/pwdbased.c wolfcrypt/src/random.c wolfcrypt/src/rc2.c wolfcrypt/src/ripemd.c wolfcrypt/src/rsa.c
    wolfcrypt/src/sha.c wolfcrypt/src/sha256.c wolfcrypt/src/sha3.c wolfcrypt/src/sha512.c
    wolfcrypt/src/signature.c wolfcrypt/src/sp_arm32.c wolfcrypt/src/sp_arm64.c wolfcrypt/src/sp_armthumb.c
    wolfcrypt/src/sp_c32.c wolfcrypt/src/sp_c64.c wolfcrypt/src/sp_cortexm.c wolfcrypt/src/sp_int.c
    wolfcrypt/src/sp_x86_64.c wolfcrypt/src/srp.c wolfcrypt/src/tfm.c wolfcrypt/src/wc_encrypt.c
    wolfcrypt/src/wc_kyber.c wolfcrypt/src/wc_kyber_poly.c wolfcrypt/src/wc_mldsa.c wolfcrypt/src/wc_mlkem.c
    wolfcrypt/src/wc_mlkem_poly.c wolfcrypt/src/wc_port.c wolfcrypt/src/wolfevent.c wolfcrypt/src/wolfmath.c
    wolfcrypt/src/port/arm/armv8-aes.c wolfcrypt/src/port/arm/armv8-chacha.c
    wolfcrypt/src/port/arm/armv8-curve25519_c.c wolfcrypt/src/port/arm/armv8-poly1305.c
    wolfcrypt/src/port/arm/armv8-sha256.c wolfcrypt/src/port/arm/armv8-sha512.c
    wolfcrypt/src/port/arm/thumb2-aes-asm_c.c wolfcrypt/src/port/arm/thumb2-chacha-asm_c.c
    wolfcrypt/src/port/arm/thumb2-curve25519_c.c wolfcrypt/src/port/arm/thumb2-poly1305-asm_c.c
    wolfcrypt/src/port/arm/thumb2-sha256-asm_c.c wolfcrypt/src/port/arm/thumb2-sha3-asm_c.c
    wolfcrypt/src/port/arm/thumb2-sha512-asm_c.c wolfcrypt/src/port/st/stm32.c)
set(WOLFSSL_LIB_SRC)
foreach(NAME ${WOLFSSL_LIB_NAMES})
    if(EXISTS ${WOLFSSL_DIR}/${NAME})
        list(APPEND WOLFSSL_LIB_SRC ${WOLFSSL_DIR}/${NAME})
    endif()
endforeach()

set(WOLFSSL_GLUE_SRC)
if(EXISTS ${WOLFSSL_PORT_DIR}/wolfssl_port.c)
    list(APPEND WOLFSSL_GLUE_SRC ${WOLFSSL_PORT_DIR}/wolfssl_port.c)
endif()

# wolfSSL's assembly, as in micropython.mk: only if there is a user_settings_asm.h.
set(WOLFSSL_ASM_SRC)
if(WOLFSSL_ASM AND EXISTS ${WOLFSSL_ASM_SETTINGS})
    set(WOLFSSL_ARCH_QUESTION ${CMAKE_CURRENT_BINARY_DIR}/wolfssl_arch.c)
    file(WRITE ${WOLFSSL_ARCH_QUESTION} "x86_64=__x86_64__\naarch64=__aarch64__\n")
    separate_arguments(WOLFSSL_ARCH_FLAGS UNIX_COMMAND "${CMAKE_C_FLAGS}")
    execute_process(COMMAND ${CMAKE_C_COMPILER} ${WOLFSSL_ARCH_FLAGS} -E -P ${WOLFSSL_ARCH_QUESTION}
        OUTPUT_VARIABLE WOLFSSL_ARCH RESULT_VARIABLE WOLFSSL_ARCH_RESULT)
    if(NOT WOLFSSL_ARCH_RESULT EQUAL 0)
        message(FATAL_ERROR "micropython-wolfssl: ${CMAKE_C_COMPILER} -E failed")
    endif()
    if(WOLFSSL_ARCH MATCHES "x86_64=1")
        foreach(NAME aes_asm.S aes_gcm_asm.S chacha_asm.S fe_x25519_asm.S poly1305_asm.S sha256_asm.S sha3_asm.S
                sha512_asm.S sp_x86_64_asm.S)
            if(EXISTS ${WOLFSSL_DIR}/wolfcrypt/src/${NAME})
                list(APPEND WOLFSSL_ASM_SRC ${WOLFSSL_DIR}/wolfcrypt/src/${NAME})
            endif()
        endforeach()
        set_source_files_properties(${WOLFSSL_DIR}/wolfcrypt/src/aes.c PROPERTIES COMPILE_OPTIONS "-maes;-mpclmul")
        # The code of the modules that is there to be fast, and TLS, which uses it.
        set_source_files_properties(${WOLFSSL_MOD_DIR}/wolf_chacha.c ${WOLFSSL_MOD_DIR}/wolf_sha3.c PROPERTIES COMPILE_OPTIONS -O2)
        set_source_files_properties(${WOLFSSL_DIR}/src/internal.c ${WOLFSSL_DIR}/src/tls13.c PROPERTIES
            COMPILE_OPTIONS "-include;${WOLFSSL_MOD_DIR}/wolf_instead.h")
        set_source_files_properties(${WOLFSSL_DIR}/wolfcrypt/src/cpuid.c PROPERTIES COMPILE_OPTIONS -mstackrealign)
        # ports/unix/user_settings.h has another setting for it than for the rest.
        set_source_files_properties(${WOLFSSL_DIR}/wolfcrypt/src/sha3.c PROPERTIES COMPILE_DEFINITIONS MICROPY_WOLFSSL_SHA3)
    elseif(WOLFSSL_ARCH MATCHES "aarch64=1" AND EXISTS ${WOLFSSL_DIR}/wolfcrypt/src/port/arm/armv8-aes-asm.S)
        foreach(NAME aes-asm.S chacha-asm.S curve25519.S poly1305-asm.S sha256-asm.S sha3-asm.S sha512-asm.S)
            list(APPEND WOLFSSL_ASM_SRC ${WOLFSSL_DIR}/wolfcrypt/src/port/arm/armv8-${NAME})
        endforeach()
        list(APPEND WOLFSSL_MOD_NAMES wolf_armv8.c)
        set(WOLFSSL_ASM_MARCH -march=armv8.2-a+crypto+sha3)
        set_source_files_properties(${WOLFSSL_DIR}/wolfcrypt/src/sha256.c PROPERTIES
            COMPILE_OPTIONS "-include;${WOLFSSL_MOD_DIR}/wolf_instead.h")
    endif()
endif()
if(WOLFSSL_ASM_SRC)
    enable_language(ASM)
    set_source_files_properties(${WOLFSSL_ASM_SRC} PROPERTIES
        COMPILE_OPTIONS "-include;${WOLFSSL_ASM_SETTINGS};${WOLFSSL_ASM_MARCH}"
        COMPILE_DEFINITIONS WOLFSSL_USER_SETTINGS_ASM)
    list(APPEND WOLFSSL_DEFINITIONS MICROPY_WOLFSSL_ASM=1)
else()
    list(APPEND WOLFSSL_DEFINITIONS MICROPY_WOLFSSL_ASM=0)
endif()

# AES-CCM for wolfcryptolib, which the linker leaves out where nothing uses it. As a setting, HAVE_AESCCM would also give TLS its
# cipher suites, some of them with tags of 8 bytes.
set_source_files_properties(${WOLFSSL_DIR}/wolfcrypt/src/aes.c ${WOLFSSL_DIR}/wolfcrypt/src/port/arm/armv8-aes.c
    PROPERTIES COMPILE_DEFINITIONS "HAVE_AESCCM=")

# The hashes: ports/common/bare_metal.h has different settings for them than for the rest.
foreach(NAME sha sha256 sha512 port/arm/armv8-sha256 port/arm/armv8-sha512
        port/arm/thumb2-sha256-asm_c port/arm/thumb2-sha512-asm_c)
    set_source_files_properties(${WOLFSSL_DIR}/wolfcrypt/src/${NAME}.c PROPERTIES COMPILE_DEFINITIONS MICROPY_WOLFSSL_HASH)
endforeach()

# The library is a separate target, so that a port can set compile options for it. MicroPython's
# usermod.cmake follows links between targets: it searches the library's sources for qstrs too, and
# finds none.
add_library(micropython_wolfssl_lib INTERFACE)
target_sources(micropython_wolfssl_lib INTERFACE ${WOLFSSL_GLUE_SRC} ${WOLFSSL_LIB_SRC} ${WOLFSSL_ASM_SRC})

# MicroPython's own TLS library is not built: its target stays, but is empty.
if(TARGET micropy_lib_mbedtls)
    set_target_properties(micropy_lib_mbedtls PROPERTIES
        INTERFACE_SOURCES "" INTERFACE_INCLUDE_DIRECTORIES "" INTERFACE_COMPILE_DEFINITIONS "")
    list(REMOVE_ITEM MICROPY_INC_CORE ${MICROPY_DIR}/lib/mbedtls/include)
    list(APPEND WOLFSSL_DEFINITIONS MICROPY_WOLFSSL_REPLACES_MBEDTLS=1)
endif()

# What the port's own CMake files lack.
include(${WOLFSSL_PORT_DIR}/wolfssl_port.cmake OPTIONAL)

# The names in the modules are collected again when one of the variables changes, or the settings:
# that rule looks only at the sources' times, and this file is one of them. CMake itself recompiles
# what has new definitions.
file(GLOB WOLFSSL_SETTINGS_FILES ${WOLFSSL_PORT_DIR}/*.h ${WOLFSSL_MOD_DIR}/ports/common/*.h
    ${WOLFSSL_MOD_DIR}/pristine/*.h)
list(APPEND WOLFSSL_SETTINGS_FILES ${WOLFSSL_SETTINGS})
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${WOLFSSL_SETTINGS_FILES})
set(WOLFSSL_STAMP ${CMAKE_CURRENT_BINARY_DIR}/wolfssl_variables.c)
set(WOLFSSL_STAMP_NOW "// ${WOLFSSL_VARIABLES_NOW}\n// ${WOLFSSL_DEFINITIONS}\n")
foreach(NAME ${WOLFSSL_SETTINGS_FILES})
    file(SHA256 ${NAME} WOLFSSL_SETTINGS_HASH)
    string(APPEND WOLFSSL_STAMP_NOW "// ${NAME} ${WOLFSSL_SETTINGS_HASH}\n")
endforeach()
string(APPEND WOLFSSL_STAMP_NOW "typedef int wolfssl_variables_t;\n")
set(WOLFSSL_STAMP_BEFORE)
if(EXISTS ${WOLFSSL_STAMP})
    file(READ ${WOLFSSL_STAMP} WOLFSSL_STAMP_BEFORE)
endif()
if(NOT WOLFSSL_STAMP_BEFORE STREQUAL WOLFSSL_STAMP_NOW)
    file(WRITE ${WOLFSSL_STAMP} "${WOLFSSL_STAMP_NOW}")
endif()

# In an existing build directory, CMake does not see that a variable of the environment has another
# value: such a build stops.
add_custom_target(wolfssl_variables ALL
    COMMAND ${CMAKE_COMMAND} ${WOLFSSL_VARIABLES_NOW} -P ${WOLFSSL_MOD_DIR}/settings/variables.cmake
    VERBATIM)

list(TRANSFORM WOLFSSL_MOD_NAMES PREPEND ${WOLFSSL_MOD_DIR}/ OUTPUT_VARIABLE WOLFSSL_MOD_SRC)
add_library(usermod_wolfssl INTERFACE)
add_dependencies(usermod_wolfssl wolfssl_variables)
target_sources(usermod_wolfssl INTERFACE ${WOLFSSL_STAMP} ${WOLFSSL_MOD_SRC})
# NOTE(mpwolf): only the root of wolfSSL's tree is on the -I path: its wolfssl/ directory contains
# headers named ssl.h and random.h.
target_include_directories(usermod_wolfssl INTERFACE ${WOLFSSL_MOD_DIR} ${WOLFSSL_SETTINGS_DIR} ${WOLFSSL_DIR})
target_compile_definitions(usermod_wolfssl INTERFACE ${WOLFSSL_DEFINITIONS})
# NOTE(mpwolf): usermod.cmake passes a module's include directories to the search for qstrs, but not
# its definitions.
list(APPEND MICROPY_CPP_DEF_EXTRA ${WOLFSSL_DEFINITIONS})
target_link_libraries(usermod_wolfssl INTERFACE micropython_wolfssl_lib)

target_link_libraries(usermod INTERFACE usermod_wolfssl)
