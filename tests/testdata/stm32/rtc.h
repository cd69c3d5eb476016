// In place of ports/stm32/rtc.h and what it takes from ST's headers.
#ifndef MPWOLF_TEST_RTC_H
#define MPWOLF_TEST_RTC_H

#include <stdint.h>

#define RTC_FORMAT_BIN (0)

typedef struct {
    int unused;
} RTC_HandleTypeDef;

typedef struct {
    uint8_t Hours;
    uint8_t Minutes;
    uint8_t Seconds;
} RTC_TimeTypeDef;

typedef struct {
    uint8_t Month;
    uint8_t Date;
    uint8_t Year;
} RTC_DateTypeDef;

extern RTC_HandleTypeDef RTCHandle;

void rtc_init_finalise(void);
void HAL_RTC_GetTime(RTC_HandleTypeDef *rtc, RTC_TimeTypeDef *time, uint32_t format);
void HAL_RTC_GetDate(RTC_HandleTypeDef *rtc, RTC_DateTypeDef *date, uint32_t format);

#endif // MPWOLF_TEST_RTC_H
