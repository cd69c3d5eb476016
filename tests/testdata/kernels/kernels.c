// What the modules compute themselves, compared with wolfSSL's results for every length up to
// some thousand bytes, in pieces of any size, and with the known answers of RFC 8439. With the
// argument "plain" the processor seems to lack the instructions; what is then left is wolfSSL's.
// Prints what was compared.

#include <stdbool.h>

static bool plain;
#define WOLF_CPU_HAS(name) (!plain && __builtin_cpu_supports(name))

#include "wolf_chacha.c"
#include "wolf_blake2.c"
// The files are not made to be in one.
#undef BLOCK
#undef PUT
#undef ROUND
#undef ROW
#undef TURN
#include "wolf_sha3.c"

#include <stdio.h>
#include <stdlib.h>
#include <wolfssl/wolfcrypt/blake2.h>
#include <wolfssl/wolfcrypt/sha3.h>

#define MOST_DATA 5000
#define MOST_AAD 400

static uint32_t seed = 1;

static uint32_t any(void) {
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static void fail(const char *what, size_t len) {
    printf("%s of %u bytes differs\n", what, (unsigned)len);
    exit(1);
}

static void check(const char *what, size_t len, int ret, const void *a, const void *b,
    size_t size) {
    if (ret != 0 || memcmp(a, b, size) != 0) {
        fail(what, len);
    }
}

// Sometimes all ones: numbers that are as large as they can be.
static void fill(uint8_t *p, size_t len, bool ones) {
    for (size_t i = 0; i < len; i++) {
        p[i] = ones ? 0xff : (uint8_t)any();
    }
}

static uint8_t in[MOST_DATA], a[MOST_DATA], b[MOST_DATA], aad[MOST_AAD];

static void same_aead(size_t len) {
    uint8_t key[32], nonce[12], tag[16], tag2[16];
    uint32_t aad_len = any() % 4 == 0 ? 0 : any() % MOST_AAD;
    fill(key, sizeof(key), len % 7 == 0);
    fill(nonce, sizeof(nonce), false);
    fill(aad, aad_len, len % 11 == 0);
    fill(in, len, len % 5 == 0);
    int ret = wc_ChaCha20Poly1305_Encrypt(key, nonce, aad, aad_len, in, len, a, tag);
    ret |= wolf_chacha20poly1305_encrypt(key, nonce, aad, aad_len, in, len, b, tag2);
    check("ciphertext", len, ret, a, b, len);
    check("tag", len, 0, tag, tag2, sizeof(tag));
    memcpy(a, b, len); // in place
    ret = wolf_chacha20poly1305_decrypt(key, nonce, aad, aad_len, a, len, tag, a);
    check("plaintext", len, ret, a, in, len);
    memcpy(a, in, len);
    ret = wolf_chacha20poly1305_encrypt(key, nonce, aad, aad_len, a, len, a, tag2);
    check("ciphertext in place", len, ret, a, b, len);
    tag[len % 16] ^= 1 << len % 8;
    if (wolf_chacha20poly1305_decrypt(key, nonce, aad, aad_len, b, len, tag, a)
        != MAC_CMP_FAILED_E) {
        fail("refused tag", len);
    }
}

// As TLS calls them.
static void same_parts(size_t len) {
    uint8_t key[32], nonce[12], tag[16], tag2[16];
    ChaCha x, y;
    fill(key, sizeof(key), false);
    fill(nonce, sizeof(nonce), false);
    memset(&x, 0, sizeof(x));
    int ret = wc_Chacha_SetKey(&x, key, sizeof(key)) | wc_Chacha_SetIV(&x, nonce, any());
    memcpy(&y, &x, sizeof(x));
    for (size_t pos = 0; pos < len;) {
        size_t n = any() % 2 == 0 ? any() % 70 : any() % 2000;
        n = n < len - pos ? n : len - pos;
        if (n > 0) {
            ret |= wc_Chacha_Process(&x, a + pos, in + pos, n);
            ret |= wolf_chacha_process(&y, b + pos, in + pos, n);
        }
        pos += n;
    }
    check("key stream", len, ret, a, b, len);
    Poly1305 p, q;
    memset(&p, 0, sizeof(p));
    memset(&q, 0, sizeof(q));
    ret = wc_Poly1305SetKey(&p, key, 32) | wolf_poly1305_set_key(&q, key, 32);
    ret |= wc_Poly1305_MAC(&p, aad, 13, in, len, tag, 16);
    ret |= wolf_poly1305_mac(&q, aad, 13, in, len, tag2, 16);
    check("authenticator", len, ret, tag, tag2, 16);
}

static void same_blake2(size_t len) {
    Blake2b x;
    Blake2s y;
    wolf_blake2b_t b2;
    wolf_blake2s_t s2;
    uint8_t digest[64], digest2[64];
    int ret = wc_InitBlake2b(&x, 64) | wolf_blake2b_init(&b2);
    ret |= wc_InitBlake2s(&y, 32) | wolf_blake2s_init(&s2);
    for (size_t pos = 0; pos < len;) {
        size_t n = any() % 300;
        n = n < len - pos ? n : len - pos;
        ret |= wc_Blake2bUpdate(&x, in + pos, n) | wolf_blake2b_update(&b2, in + pos, n);
        ret |= wc_Blake2sUpdate(&y, in + pos, n) | wolf_blake2s_update(&s2, in + pos, n);
        pos += n;
    }
    ret |= wc_Blake2bFinal(&x, digest, 64) | wolf_blake2b_final(&b2, digest2);
    check("BLAKE2b", len, ret, digest, digest2, 64);
    ret = wc_Blake2sFinal(&y, digest, 32) | wolf_blake2s_final(&s2, digest2);
    check("BLAKE2s", len, ret, digest, digest2, 32);
}

static void same_sha3(size_t len) {
    wc_Sha3 x;
    wolf_sha3_t s;
    uint8_t digest[64], digest2[64];
    uint32_t size = 32 + 16 * (len % 2) + 32 * (len % 2 == 0 && len % 4 == 0);
    int ret = size == 32 ? wc_InitSha3_256(&x, NULL, INVALID_DEVID)
        : size == 48 ? wc_InitSha3_384(&x, NULL, INVALID_DEVID)
        : wc_InitSha3_512(&x, NULL, INVALID_DEVID);
    ret |= wolf_sha3_init(&s, size);
    for (size_t pos = 0; pos < len;) {
        size_t n = any() % 300;
        n = n < len - pos ? n : len - pos;
        ret |= size == 32 ? wc_Sha3_256_Update(&x, in + pos, n)
            : size == 48 ? wc_Sha3_384_Update(&x, in + pos, n)
            : wc_Sha3_512_Update(&x, in + pos, n);
        ret |= wolf_sha3_update(&s, in + pos, n);
        pos += n;
    }
    ret |= size == 32 ? wc_Sha3_256_Final(&x, digest)
        : size == 48 ? wc_Sha3_384_Final(&x, digest) : wc_Sha3_512_Final(&x, digest);
    ret |= wolf_sha3_final(&s, digest2);
    check("SHA-3", len, ret, digest, digest2, size);
}

// RFC 8439, appendix A.3, vectors 7 to 11: numbers at the edges of the prime.
static void poly_edges(void) {
    static const struct {
        uint8_t r[16], pad;
        size_t len;
        uint8_t data[64], tag[16];
    } vectors[] = {
        { {2}, 0, 16, {[0 ... 15] = 0xff}, {3} },
        { {2}, 0xff, 16, {2}, {3} },
        { {1}, 0, 48, {[0 ... 15] = 0xff, [16] = 0xf0, [17 ... 31] = 0xff, [32] = 0x11}, {5} },
        { {1}, 0, 48, {[0 ... 15] = 0xff, [16] = 0xfb, [17 ... 31] = 0xfe, [32 ... 47] = 1}, {0} },
        { {2}, 0, 16, {0xfd, [1 ... 15] = 0xff}, {0xfa, [1 ... 15] = 0xff} },
        { {1, [8] = 4}, 0, 64,
          {0xe3, 0x35, 0x94, 0xd7, 0x50, 0x5e, 0x43, 0xb9, [16] = 0x33, 0x94, 0xd7, 0x50, 0x5e,
           0x43, 0x79, 0xcd, 1, [48] = 1}, {0x14, [8] = 0x55} },
        { {1, [8] = 4}, 0, 48,
          {0xe3, 0x35, 0x94, 0xd7, 0x50, 0x5e, 0x43, 0xb9, [16] = 0x33, 0x94, 0xd7, 0x50, 0x5e,
           0x43, 0x79, 0xcd, 1}, {0x13} },
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        uint8_t key[32], tag[16];
        poly_t poly;
        memcpy(key, vectors[i].r, 16);
        memset(key + 16, vectors[i].pad, 16);
        poly_begin(&poly, key);
        poly_data(&poly, vectors[i].data, vectors[i].len);
        poly_end(&poly, tag);
        check("known authenticator", i, 0, tag, vectors[i].tag, 16);
    }
}

int main(int argc, char **argv) {
    plain = argc > 1 && strcmp(argv[1], "plain") == 0;
    poly_edges();
    for (size_t len = 0; len < MOST_DATA; len += len < 2700 ? 1 : 1 + any() % 40) {
        same_aead(len);
        same_parts(len);
        same_blake2(len);
        same_sha3(len);
    }
    printf("same %s\n", USABLE ? "with AVX-512" : "without AVX-512");
    return 0;
}
