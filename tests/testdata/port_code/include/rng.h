uint32_t rng_read(void);
