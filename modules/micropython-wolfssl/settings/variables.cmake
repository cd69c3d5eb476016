# Run by each build: cmake -DWOLFSSL_PROFILE=full … -P variables.cmake, with the values that the
# build directory was configured with. See micropython.cmake.
math(EXPR LAST "${CMAKE_ARGC} - 1")
set(CHANGED)
foreach(I RANGE ${LAST})
    if(CMAKE_ARGV${I} MATCHES "^-D(WOLFSSL_[A-Z_]+)=(.*)$")
        set(NAME ${CMAKE_MATCH_1})
        set(IS "${CMAKE_MATCH_2}")
        if(NOT "$ENV{${NAME}}" STREQUAL "" AND NOT "$ENV{${NAME}}" STREQUAL IS)
            string(APPEND CHANGED "\n  ${NAME}=$ENV{${NAME}}, but it was configured with \"${IS}\"")
        endif()
    endif()
endforeach()
if(CHANGED)
    message(FATAL_ERROR "micropython-wolfssl: this build directory has other variables:${CHANGED}\n"
        "Remove the directory, or pass the variables to cmake with -D.")
endif()
