// With the types of MicroPython's timeutils.h.
#if MICROPY_EPOCH_IS_1970
static inline uint64_t timeutils_nanoseconds_since_epoch_to_nanoseconds_since_1970(uint64_t ns) {
    return ns;
}
#else
static inline int64_t timeutils_nanoseconds_since_epoch_to_nanoseconds_since_1970(int64_t ns) {
    return ns + 946684800ULL * 1000000000ULL;
}
#endif
