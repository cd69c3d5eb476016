// Runs ports/rp2/wolfssl_port.c on an oscillator (RP2040) or a generator (RP2350, with
// -DPICO_RP2040=0) that fails as it is told to.
//
//   rp2 random MODE: what became of each of three seeds, how many samples it took, and its begin
//   rp2 time NANOSECONDS: what wolfSSL gets
//   rp2 hash TEXT: the SHA-256
//
// Whatever else is wrong is an error.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../ports/rp2/wolfssl_port.c"

static const char *mode;
static uint64_t clock_ns;

uint64_t mp_hal_time_ns(void) {
    return clock_ns;
}
uint32_t mp_hal_ticks_ms(void) {
    return 0;
}
int unichar_tolower(int c) {
    return c;
}
int unichar_toupper(int c) {
    return c;
}

static bool is(const char *name) {
    return strcmp(mode, name) == 0;
}

static void check(bool right, const char *what) {
    if (!right) {
        puts(what);
        exit(1);
    }
}

/******************************************************************************/
// Locks.

mp_thread_recursive_mutex_t gc_mutex;
static bool spinning;

int mp_thread_recursive_mutex_lock(mp_thread_recursive_mutex_t *mutex, int wait) {
    check(mutex == &gc_mutex && wait == 1, "another lock");
    ++gc_mutex;
    return 1;
}
void mp_thread_recursive_mutex_unlock(mp_thread_recursive_mutex_t *mutex) {
    check(mutex == &gc_mutex && gc_mutex > 0, "unlocked what was not locked");
    --gc_mutex;
}
spin_lock_t *spin_lock_instance(unsigned int id) {
    static spin_lock_t spin_lock;
    check(id == PICO_SPINLOCK_ID_RAND, "another spin lock");
    return &spin_lock;
}
uint32_t spin_lock_blocking(spin_lock_t *lock) {
    check(!spinning, "spin lock is taken");
    *lock = spinning = true;
    return 42;
}
void spin_unlock(spin_lock_t *lock, uint32_t state) {
    check(spinning && state == 42, "spin lock is not taken");
    *lock = spinning = false;
}
unsigned int get_core_num(void) {
    return 1;
}

/******************************************************************************/
// The source of samples.

static uint32_t samples, now_us;

// splitmix64, which is no generator for keys.
static uint64_t next(void) {
    static uint64_t state = 1;
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static bool chance(unsigned int percent) {
    return next() % 100 < percent;
}

static uint32_t next_sample(void) {
    static uint32_t last;
    check(gc_mutex == 0, "the other core waits for samples");
    uint32_t i = samples++;
    uint32_t bit = next() & 1;
    if (is("zeros") || (is("stops") && i >= 20000 && i < 33000)) {
        bit = 0;
    } else if (is("ones")) {
        bit = 1;
    } else if (is("ones later") && i >= 34000) {
        bit = 1;
    } else if (is("97 of 100 ones")) {
        bit = !chance(3);
    } else if (is("60 of 100 ones")) {
        bit = chance(60);
    } else if (is("changes one time in 10")) {
        bit = last ^ chance(10);
    } else if (is("160 in a row") || is("161 in a row")) {
        // From the eighth window on, and not beyond it.
        uint32_t run = is("160 in a row") ? 160 : 161;
        if (i >= 8000 && i <= 8000 + run) {
            bit = i == 8000 || i == 8000 + run ? !last : last;
        }
    } else if (is("978 of a window") || is("979 of a window")) {
        // 46 or 45 of the third window are not as its first, and in no run.
        uint32_t other = is("978 of a window") ? 46 : 45, at = i - 2048;
        bit = i >= 2048 && i < 3072 ? at % 22 == 21 && at / 22 < other : bit;
    } else if (is("979 of another window")) {
        // Two windows have them together, neither has them alone.
        uint32_t at = i - 2560;
        bit = i >= 2560 && i < 3584 ? at % 22 == 21 && at / 22 < 45 : bit;
    } else if (is("first sample") || is("last sample")) {
        bit ^= i == (is("first sample") ? 0 : 32767);
    }
    return last = bit;
}

static bool source_off(void) {
    return is("off") || (is("off later") && samples >= 33000);
}

void busy_wait_us_32(uint32_t us) {
    now_us += us;
}
void busy_wait_at_least_cycles(uint32_t cycles) {
    check(cycles < 125, "waits for long");
}
uint32_t time_us_32(void) {
    return ++now_us;
}

#if PICO_RP2040
static clocks_hw_t clocks;
clocks_hw_t *clocks_hw = &clocks;

rosc_hw_t *rosc_access(void) {
    static rosc_hw_t rosc;
    static uint32_t last_us;
    rosc.status = source_off() ? 0 : 0x81001000;
    if (is("the processor's clock")) {
        clocks.clk[clk_sys].ctrl = 0x41;
    }
    if (now_us - last_us >= 10) { // too soon, it is what it was
        last_us = now_us;
        rosc.randombit = 0xfffffffe | next_sample();
    }
    return &rosc;
}
#else
trng_hw_t *trng_access(void) {
    static trng_hw_t trng;
    static uint32_t ready_us;
    check(spinning, "the generator is used without its lock");
    if (trng.rng_icr != 0 && trng.rnd_source_enable == 1) {
        check(trng.sample_cnt1 == 64 && trng.trng_debug_control == 14, "other settings");
        trng.rng_icr = trng.rnd_source_enable = trng.sample_cnt1 = trng.trng_debug_control = 0;
        trng.trng_busy = 1;
        ready_us = now_us + 80;
    }
    if (trng.trng_busy && !source_off() && now_us >= ready_us) {
        trng.trng_busy = 0;
        for (size_t i = 0; i < 192; ++i) {
            trng.ehr_data[i / 32] = trng.ehr_data[i / 32] >> 1 | next_sample() << 31;
        }
    }
    return &trng;
}
#endif

static unsigned int sdk_numbers;

void get_rand_128(rng_128_t *number) {
    #if PICO_RP2040
    check(source_runs(), "the SDK would stop the processor");
    #endif
    check(!spinning, "the SDK waits for its lock");
    *number = (rng_128_t) {{0, ++sdk_numbers + is("SDK's number")}};
}

/******************************************************************************/
// SHA-256 (FIPS 180-4), and errors from it.

static unsigned int hashes;

static int hash_error(void) {
    return is("the hash fails") && ++hashes > 150 ? -173 : 0;
}

static uint32_t ror(uint32_t x, int n) {
    return x >> n | x << (32 - n);
}

// The first 32 bits of the fractional part of the root of prime number i.
static uint32_t root_bits(unsigned int i, bool cube) {
    unsigned int prime = 2;
    for (unsigned int found = 0;; ++prime) {
        unsigned int d = 2;
        while (d * d <= prime && prime % d != 0) {
            ++d;
        }
        if (d * d > prime && found++ == i) {
            break;
        }
    }
    __extension__ typedef unsigned __int128 wide_t;
    uint64_t root = 0; // times 2^32
    for (int bit = 36; bit >= 0; --bit) {
        uint64_t x = root | (uint64_t)1 << bit;
        wide_t square = (wide_t)x * x; // times 2^64
        if (cube ? square * x <= (wide_t)prime << 96 : square <= (wide_t)prime << 64) {
            root = x;
        }
    }
    return root;
}

static void sha_block(wc_Sha256 *sha) {
    static uint32_t k[64];
    if (k[0] == 0) {
        for (int i = 0; i < 64; ++i) {
            k[i] = root_bits(i, true);
        }
    }
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; ++i) {
        const byte *b = sha->block + 4 * i;
        w[i] = (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
    }
    for (int i = 16; i < 64; ++i) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3)
            + (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
    }
    memcpy(s, sha->state, sizeof(s));
    for (int i = 0; i < 64; ++i) {
        uint32_t t1 = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25))
            + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
        uint32_t t2 = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22))
            + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof(*s));
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; ++i) {
        sha->state[i] += s[i];
    }
}

int wc_InitSha256(wc_Sha256 *sha) {
    memset(sha, 0, sizeof(*sha));
    for (int i = 0; i < 8; ++i) {
        sha->state[i] = root_bits(i, false);
    }
    return 0;
}
int wc_Sha256Update(wc_Sha256 *sha, const byte *data, word32 len) {
    for (; len > 0; --len) {
        sha->block[sha->len++ % 64] = *data++;
        if (sha->len % 64 == 0) {
            sha_block(sha);
        }
    }
    return hash_error();
}
int wc_Sha256Final(wc_Sha256 *sha, byte *digest) {
    uint64_t bits = sha->len * 8;
    static const byte one = 0x80, zero = 0;
    for (const byte *pad = &one; pad == &one || sha->len % 64 != 56; pad = &zero) {
        sha->block[sha->len++ % 64] = *pad;
        if (sha->len % 64 == 0) {
            sha_block(sha);
        }
    }
    for (int i = 0; i < 8; ++i) {
        sha->block[56 + i] = bits >> (56 - 8 * i);
    }
    sha_block(sha);
    for (int i = 0; i < 32; ++i) {
        digest[i] = sha->state[i / 4] >> (24 - 8 * (i % 4));
    }
    return wc_InitSha256(sha); // as wolfSSL does
}
void wc_Sha256Free(wc_Sha256 *sha) {
    memset(sha, 0, sizeof(*sha));
}

/******************************************************************************/

static void random_seeds(void) {
    static const unsigned int sizes[] = {48, 1, 100};
    uint8_t seen[3][128] = {{0}};
    for (size_t i = 0; i < 3; ++i) {
        uint32_t before = samples;
        int ret = wolfssl_port_seed(seen[i], sizes[i]);
        check(gc_mutex == 0 && !spinning, "a lock is still taken");
        if (ret != 0) {
            printf("%s\n", ret == -199 ? "refused" : ret == -173 ? "not hashed" : "unknown error");
            continue;
        }
        for (unsigned int j = sizes[i]; j < sizeof(seen[i]); ++j) {
            check(seen[i][j] == 0, "more than was wanted is overwritten");
        }
        for (size_t j = 0; j + 64 <= sizes[i]; ++j) {
            check(memcmp(seen[i] + j, seen[i] + j + 32, 32) != 0, "a block is the one before");
        }
        printf("seeded from %u", samples - before);
        for (unsigned int j = 0; j < MIN(sizes[i], 16); ++j) {
            printf("%s%02x", j == 0 ? " " : "", seen[i][j]);
        }
        puts("");
    }
    check(memcmp(seen[0], seen[2], 32) != 0 || seen[0][0] == 0, "two seeds are the same");
}

int main(int argc, char **argv) {
    if (argc != 3) {
        return 2;
    }
    mode = argv[2];
    if (strcmp(argv[1], "hash") == 0) {
        uint8_t digest[32];
        wc_Sha256 sha;
        int ret = wc_InitSha256(&sha);
        ret |= wc_Sha256Update(&sha, (const byte *)mode, strlen(mode));
        ret |= wc_Sha256Final(&sha, digest);
        for (int i = 0; i < 32; ++i) {
            printf("%02x", digest[i]);
        }
        puts("");
        return ret;
    }
    if (strcmp(argv[1], "random") == 0) {
        random_seeds();
        return wolfssl_port_thread() != 1;
    }
    clock_ns = strtoll(argv[2], NULL, 10);
    time_t other = 1, now = wolfssl_port_time(&other);
    printf("%lld\n", (long long)now);
    return now != other || now != wolfssl_port_time(NULL);
}
