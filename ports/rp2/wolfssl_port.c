/*
 * This file is part of the mpwolf project, which puts wolfSSL into MicroPython
 *
 * The MIT License (MIT)
 *
 * Copyright (c) 2026 the mpwolf authors
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy
 * of this software and associated documentation files (the "Software"), to deal
 * in the Software without restriction, including without limitation the rights
 * to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
 * copies of the Software, and to permit persons to whom the Software is
 * furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in
 * all copies or substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
 * IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
 * FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
 * AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
 * LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
 * OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
 * THE SOFTWARE.
 */


// What wolfSSL needs of an RP2040 or RP2350: random seeds, the time, and locks for the two cores.

#include <string.h>

#include "py/mphal.h"
#include "py/mpstate.h"
#include "py/mpthread.h"

#include "hardware/sync.h"
#include "pico/platform.h"
#include "pico/rand.h"
#include "pico/time.h"

#if PICO_RP2040
#include "hardware/structs/clocks.h"
#include "hardware/structs/rosc.h"
#else
#include "hardware/structs/trng.h"
#endif

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/sha256.h>
#include <wolfssl/wolfcrypt/wc_port.h>

/******************************************************************************/
// Locks.

// One lock for all of wolfSSL's, which guard a few instructions each: that of MicroPython's heap.
// A soft reset stops core 1 wherever it is, but takes this lock first, so it is never left locked.
static void lock(void) {
    #if MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL
    mp_thread_recursive_mutex_lock(&MP_STATE_MEM(gc_mutex), 1);
    #endif
}

static void unlock(void) {
    #if MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL
    mp_thread_recursive_mutex_unlock(&MP_STATE_MEM(gc_mutex));
    #endif
}

int wc_InitMutex(wolfSSL_Mutex *m) {
    (void)m;
    return 0;
}

int wc_FreeMutex(wolfSSL_Mutex *m) {
    (void)m;
    return 0;
}

int wc_LockMutex(wolfSSL_Mutex *m) {
    (void)m;
    lock();
    return 0;
}

int wc_UnLockMutex(wolfSSL_Mutex *m) {
    (void)m;
    unlock();
    return 0;
}

// Each core runs one thread.
unsigned int wolfssl_port_thread(void) {
    return get_core_num();
}

/******************************************************************************/
// Raw samples: one bit each, unprocessed, SAMPLES at a time, the first in bit 0 of the first word.

#define WORD_BITS (32)

#if PICO_RP2040

#define SAMPLE_WORDS (1)

// The RP2040 has no random number generator, only a bit that shows the state of its ring
// oscillator. It is random because the oscillator's phase wanders against the crystal's that the
// processor runs from; read too soon, it is what it was. As long as the SDK waits:
#define SAMPLE_US (10)

// The oscillator may be off, or be what the processor runs from. The SDK's random numbers, which
// are mixed in, stop the processor then.
static bool source_runs(void) {
    const uint32_t from_rosc = CLOCKS_CLK_SYS_CTRL_AUXSRC_VALUE_ROSC_CLKSRC
        << CLOCKS_CLK_SYS_CTRL_AUXSRC_LSB;
    return (rosc_hw->status & ROSC_STATUS_ENABLED_BITS) != 0
           && (clocks_hw->clk[clk_sys].ctrl & CLOCKS_CLK_SYS_CTRL_AUXSRC_BITS) != from_rosc;
}

static bool get_samples(uint32_t words[SAMPLE_WORDS]) {
    if (!source_runs()) {
        return false;
    }
    uint32_t word = 0;
    for (uint32_t i = 0; i < WORD_BITS; ++i) {
        // Up to half a microsecond longer, a different time for each bit: otherwise an oscillator
        // whose frequency is near a multiple of that of the samples gives long runs, and the
        // tests below refuse it. One that stands still stands still at any time.
        busy_wait_us_32(SAMPLE_US);
        busy_wait_at_least_cycles(1 + i * 29 % 64);
        word |= (rosc_hw->randombit & 1) << i;
    }
    words[0] = word;
    return true;
}

#else

#define SAMPLE_WORDS (6)

// In cycles of the processor's clock, 0.4 us at 150 MHz.
#define SAMPLE_CYCLES (64)

// 192 samples take less than 0.1 ms.
#define TRNG_TIMEOUT_US (10000)

#define TRNG_BYPASS (TRNG_TRNG_DEBUG_CONTROL_AUTO_CORRELATE_BYPASS_BITS \
    | TRNG_TRNG_DEBUG_CONTROL_TRNG_CRNGT_BYPASS_BITS \
    | TRNG_TRNG_DEBUG_CONTROL_VNC_BYPASS_BITS)

// The RP2350's random number generator, past the circuits that would decorrelate and test its
// bits: the tests below need them as they are. The SDK's random numbers use it in the same way,
// with another sample time, under this lock.
static bool get_samples(uint32_t words[SAMPLE_WORDS]) {
    spin_lock_t *trng_lock = spin_lock_instance(PICO_SPINLOCK_ID_RAND);
    uint32_t state = spin_lock_blocking(trng_lock);
    trng_hw->sample_cnt1 = SAMPLE_CYCLES;
    trng_hw->trng_debug_control = TRNG_BYPASS;
    trng_hw->rnd_source_enable = 1;
    trng_hw->rng_icr = 0xffffffff;
    uint32_t start = time_us_32();
    bool busy = true;
    while (busy && time_us_32() - start < TRNG_TIMEOUT_US) {
        busy = (trng_hw->trng_busy & TRNG_TRNG_BUSY_BITS) != 0;
    }
    for (size_t i = 0; i < SAMPLE_WORDS; ++i) {
        words[i] = trng_hw->ehr_data[i];
    }
    spin_unlock(trng_lock, state);
    return !busy;
}

#endif

/******************************************************************************/
// Health tests: NIST SP 800-90B, 4.4, on every sample before it is used.

// The tests are for a source with at least 1/8 bit of min-entropy a sample, and refuse a good one
// once in 2^20 times. So the most frequent value of a sample has the probability p = 2^(-1/8) =
// 0.917, and the cut-offs are
//
// - repetition count: 1 + 20 / (1/8) = 161 equal samples in a row;
// - adaptive proportion: 1 + the smallest k for which the binomial distribution of 1024 samples
//   with p has P(X <= k) >= 1 - 2^(-20), which is 978: 979 samples of 1024 that are equal to the
//   first one.
//
// They find an oscillator that stands still, is in step with the processor, or is far off its
// frequency. They cannot find one that only seems to be random, so a seed is credited with much
// less than they assume, see below.
#define REPETITION_CUTOFF (161)
#define PROPORTION_CUTOFF (979)
#define PROPORTION_WINDOW (1024)

typedef struct _health_t {
    uint32_t last;
    uint32_t repeated;
    uint32_t first;
    uint32_t equal;
    uint32_t in_window;
} health_t;

static bool healthy_sample(health_t *h, uint32_t sample) {
    if (h->repeated > 0 && sample == h->last) {
        ++h->repeated;
    } else {
        h->last = sample;
        h->repeated = 1;
    }
    if (h->in_window == 0) {
        h->first = sample;
        h->equal = 0;
    }
    h->equal += sample == h->first;
    h->in_window = (h->in_window + 1) % PROPORTION_WINDOW;
    return h->repeated < REPETITION_CUTOFF && h->equal < PROPORTION_CUTOFF;
}

static bool healthy(health_t *h, const uint32_t words[SAMPLE_WORDS]) {
    bool good = true;
    for (size_t i = 0; i < SAMPLE_WORDS * WORD_BITS; ++i) {
        good &= healthy_sample(h, words[i / WORD_BITS] >> (i % WORD_BITS) & 1);
    }
    return good;
}

/******************************************************************************/
// Seeds.

// How many samples go into the first seed after a start or a failed test, and into the pool before
// each further block: whole windows of the tests. Nobody has published what a sample is worth; a
// rough estimate of an RP2040's jitter gives 0.02 to 0.001 bit. With the least of that the first
// seed has 131 bits; with 1/410 bit, the 320 that SP 800-90B (3.1.5.1.2) asks for 256 of full
// entropy. A block adds more to what the pool has. On an RP2040 they take 1.4 s and 42 ms, on an
// RP2350 56 ms and 2 ms.
#define FIRST_SAMPLES (128 * PROPORTION_WINDOW)
#define MORE_SAMPLES (4 * PROPORTION_WINDOW)

// Secret, and never given out itself. Guarded by the lock, as is seeded.
static uint8_t pool[WC_SHA256_DIGEST_SIZE];
static bool seeded;

// Wipes a secret: the compiler may not leave it out.
static void wipe(volatile void *ptr, size_t len) {
    volatile uint8_t *bytes = ptr;
    for (size_t i = 0; i < len; ++i) {
        bytes[i] = 0;
    }
}

static int add_samples(wc_Sha256 *sha, size_t n) {
    health_t health = {0};
    uint32_t words[SAMPLE_WORDS];
    int ret = 0;
    for (size_t i = 0; i < n && ret == 0; i += SAMPLE_WORDS * WORD_BITS) {
        ret = RNG_FAILURE_E;
        if (get_samples(words) && healthy(&health, words)) {
            ret = wc_Sha256Update(sha, (const byte *)words, sizeof(words));
        }
    }
    wipe(words, sizeof(words));
    wipe(&health, sizeof(health));
    return ret;
}

// The SDK's random numbers come from the same source, and from the time, the board's number and
// what the RAM contained at the start. No entropy is credited for them.
static int add_sdk(wc_Sha256 *sha) {
    rng_128_t number;
    get_rand_128(&number);
    int ret = wc_Sha256Update(sha, (const byte *)&number, sizeof(number));
    wipe(&number, sizeof(number));
    return ret;
}

// One hash of the purpose and the pool, and of whatever was added before. It ends the hash.
static int hash_pool(wc_Sha256 *sha, byte purpose, uint8_t out[WC_SHA256_DIGEST_SIZE]) {
    int ret = wc_Sha256Update(sha, &purpose, sizeof(purpose));
    if (ret == 0) {
        ret = wc_Sha256Update(sha, pool, sizeof(pool));
    }
    if (ret == 0) {
        ret = wc_Sha256Final(sha, out);
    }
    return ret;
}

// Samples are gathered without the lock, because that takes long.
static int fill_pool(void) {
    wc_Sha256 sha;
    int ret = wc_InitSha256(&sha);
    if (ret != 0) {
        return ret;
    }
    lock();
    size_t n = seeded ? MORE_SAMPLES : FIRST_SAMPLES;
    unlock();
    ret = add_samples(&sha, n);
    if (ret == 0) {
        ret = add_sdk(&sha);
    }
    lock();
    if (ret == 0) {
        ret = hash_pool(&sha, 'p', pool);
    }
    // After an error the next seed begins anew. Another core may have found one meanwhile: what
    // this one has added to the pool is worth a first seed only if it was gathered as one.
    if (ret != 0) {
        seeded = false;
    } else if (n == FIRST_SAMPLES) {
        seeded = true;
    } else if (!seeded) {
        ret = RNG_FAILURE_E;
    }
    unlock();
    wc_Sha256Free(&sha);
    return ret;
}

// A block is made of the pool as it is and of a number, and the pool is replaced before anyone can
// see the block: neither a later pool nor a later block tells anything about it.
static int get_block(uint8_t block[WC_SHA256_DIGEST_SIZE]) {
    int ret = fill_pool();
    if (ret != 0) {
        return ret;
    }
    wc_Sha256 sha;
    ret = wc_InitSha256(&sha);
    if (ret != 0) {
        return ret;
    }
    lock();
    ret = hash_pool(&sha, 'b', block);
    if (ret == 0) {
        ret = hash_pool(&sha, 'n', pool);
    }
    unlock();
    wc_Sha256Free(&sha);
    return ret;
}

int wolfssl_port_seed(unsigned char *output, unsigned int size) {
    uint8_t block[WC_SHA256_DIGEST_SIZE];
    int ret = 0;
    while (size > 0 && ret == 0) {
        ret = get_block(block);
        if (ret == 0) {
            unsigned int n = MIN(size, sizeof(block));
            memcpy(output, block, n);
            output += n;
            size -= n;
        }
    }
    wipe(block, sizeof(block));
    return ret;
}

/******************************************************************************/
// The time.

// 2025-01-01. The port starts its clock at 2021-01-01, at each start; MicroPython 1.26, the oldest
// that this port works with, is of August 2025.
#define CLOCK_FIRST_SECOND (1735689600)

#include "../common/hal_time.c"
#include "../common/bare_metal.c"
