// As much of the Pico SDK as ports/rp2 needs.
uint32_t time_us_32(void);
void busy_wait_us_32(uint32_t us);
