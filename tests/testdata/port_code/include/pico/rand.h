// As much of the Pico SDK as ports/rp2 needs.
typedef struct { uint64_t r[2]; } rng_128_t;
void get_rand_128(rng_128_t *number);
