// As much of the Pico SDK as ports/rp2 needs.
unsigned int get_core_num(void);
void busy_wait_at_least_cycles(uint32_t cycles);
