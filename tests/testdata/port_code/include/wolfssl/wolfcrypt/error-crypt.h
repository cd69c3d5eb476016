#define RNG_FAILURE_E (-199)
