# ffi module requires libffi
MICROPY_PY_FFI = 1

# ssl module requires one of the TLS libraries below
MICROPY_PY_SSL = 1# or 0
MICROPY_SSL_MBEDTLS = 1
