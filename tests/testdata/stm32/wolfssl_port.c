// ports/stm32/wolfssl_port.c on a machine in QEMU: its hardware is made up, for tests only. Python code moves it through
// memory of the machine that nothing else uses.

#include "py/mphal.h"
#include "py/runtime.h"

// What QEMU's machine starts with is 0: the year 2000, and a generator that works.
#define RTC_YEAR (((volatile uint32_t *)0x21000010)[0])
#define RNG_BROKEN (((volatile uint32_t *)0x21000010)[1])

#include "rng.h"
#include "rtc.h"

RTC_HandleTypeDef RTCHandle;

// Not random, so that a failure can be repeated. A generator that is broken gives 0, as the port's does until MicroPython
// 1.28, or raises an exception, as the port's does since.
uint32_t rng_get(void) {
    static uint32_t state = 1;
    if (RNG_BROKEN == 1) {
        return 0;
    }
    if (RNG_BROKEN == 2) {
        mp_raise_msg(&mp_type_OSError, MP_ERROR_TEXT("RNG failed"));
    }
    state = state * 1664525 + 1013904223;
    return state ^ state >> 16;
}

void rtc_init_finalise(void) {
}

void HAL_RTC_GetTime(RTC_HandleTypeDef *rtc, RTC_TimeTypeDef *time, uint32_t format) {
    (void)rtc;
    (void)format;
    *time = (RTC_TimeTypeDef) { .Hours = 8 };
}

void HAL_RTC_GetDate(RTC_HandleTypeDef *rtc, RTC_DateTypeDef *date, uint32_t format) {
    (void)rtc;
    (void)format;
    *date = (RTC_DateTypeDef) { .Month = 1, .Date = 15, .Year = RTC_YEAR };
}

// Nothing ever takes long.
mp_uint_t mp_hal_ticks_ms(void) {
    return 0;
}

#include "shared/timeutils/timeutils.c"
#include "stm32_port.c"
