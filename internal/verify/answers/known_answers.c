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

// Known answers of wolfCrypt's algorithms, those that Python does not reach among them. verify
// links this with the firmware's own wolfSSL objects and runs it on the machine that built them:
// "ok NAME" or "FAIL NAME CODE" for each algorithm that the settings have.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>
#include <wolfssl/wolfcrypt/curve25519.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/kdf.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>
#include <wolfssl/wolfcrypt/types.h>
#include <wolfssl/wolfcrypt/wc_port.h>

#include "vectors.h"

// The firmware's allocator belongs to MicroPython; here the C library's takes its place.
void *wolf_malloc(size_t size);
void *wolf_malloc(size_t size) {
    return malloc(size);
}

void wolf_free(void *ptr);
void wolf_free(void *ptr) {
    free(ptr);
}

void *wolf_realloc(void *ptr, size_t size);
void *wolf_realloc(void *ptr, size_t size) {
    return realloc(ptr, size);
}

#ifdef XMALLOC_USER
void *XMALLOC(size_t size, void *heap, int type) {
    (void)heap;
    (void)type;
    return malloc(size);
}

void XFREE(void *ptr, void *heap, int type) {
    (void)heap;
    (void)type;
    free(ptr);
}

void *XREALLOC(void *ptr, size_t size, void *heap, int type) {
    (void)heap;
    (void)type;
    return realloc(ptr, size);
}
#endif

// No number of wolfSSL's: the answer is another one.
#define WRONG (-1)

static int failures;
static byte key[32], iv[12], out[4096];
static const byte aad[] = "header";
static const byte text[] = "The quick brown fox jumps over the lazy dog";
#define AAD_LEN (sizeof(aad) - 1)
#define TEXT_LEN (sizeof(text) - 1)

static void report(const char *name, int ret) {
    if (ret == 0) {
        printf("ok %s\n", name);
    } else {
        printf("FAIL %s %d\n", name, ret);
        ++failures;
    }
}

// Whether out holds the answer; ret is what the algorithm returned.
static int same(int ret, const byte *want, size_t len) {
    if (ret < 0) {
        return ret;
    }
    return memcmp(out, want, len) == 0 ? 0 : WRONG;
}

static void hash(const char *name, enum wc_HashType type, const byte *want, size_t len) {
    int ret = wc_Hash(type, (const byte *)"abc", 3, out, (word32)len);
    report(name, same(ret, want, len));
}

#ifndef NO_HMAC
static void hmac(const char *name, int type, const byte *want, size_t len) {
    Hmac hmac;
    int ret = wc_HmacInit(&hmac, NULL, INVALID_DEVID);
    if (ret == 0) {
        ret = wc_HmacSetKey(&hmac, type, key, sizeof(key));
        if (ret == 0) {
            ret = wc_HmacUpdate(&hmac, text, TEXT_LEN);
        }
        if (ret == 0) {
            ret = wc_HmacFinal(&hmac, out);
        }
        wc_HmacFree(&hmac);
    }
    report(name, same(ret, want, len));
}
#endif

#ifdef HAVE_HKDF
static void hkdf(const char *name, int type, const byte *want) {
    int ret = wc_HKDF(type, key, sizeof(key), iv, sizeof(iv), aad, AAD_LEN, out, 42);
    report(name, same(ret, want, 42));
}
#endif

#ifdef WOLFSSL_HAVE_PRF
static void prf(const char *name, int type, const byte *want) {
    static const byte label[] = "master secret";
    int ret = wc_PRF_TLS(out, 48, key, sizeof(key), label, sizeof(label) - 1, iv, sizeof(iv), 1,
        type, NULL, INVALID_DEVID);
    report(name, same(ret, want, 48));
}
#endif

#if !defined(NO_AES) && (defined(HAVE_AESGCM) || defined(HAVE_AESCCM))
// Authenticated encryption both ways, and a tag with one bit wrong, which must be refused. want is
// the text and its tag.
static int aead(Aes *aes, const byte *want, int ccm) {
    byte tag[16], plain[TEXT_LEN];
    int ret = NOT_COMPILED_IN;
    for (int step = 0; step < 3; ++step) {
        if (step == 2) {
            tag[15] ^= 1;
        }
        if (ccm) {
            #ifdef HAVE_AESCCM
            ret = step == 0
                ? wc_AesCcmEncrypt(aes, out, text, TEXT_LEN, iv, sizeof(iv), tag, 16, aad, AAD_LEN)
                : wc_AesCcmDecrypt(aes, plain, want, TEXT_LEN, iv, sizeof(iv), tag, 16,
                aad, AAD_LEN);
            #endif
        } else {
            #ifdef HAVE_AESGCM
            ret = step == 0
                ? wc_AesGcmEncrypt(aes, out, text, TEXT_LEN, iv, sizeof(iv), tag, 16, aad, AAD_LEN)
                : wc_AesGcmDecrypt(aes, plain, want, TEXT_LEN, iv, sizeof(iv), tag, 16,
                aad, AAD_LEN);
            #endif
        }
        if (step == 2) {
            return ret != 0 ? 0 : WRONG;
        }
        if (ret != 0) {
            return ret;
        }
        if (memcmp(step == 0 ? out : plain, step == 0 ? want : text, TEXT_LEN) != 0
            || memcmp(tag, want + TEXT_LEN, 16) != 0) {
            return WRONG;
        }
    }
    return ret;
}

static void aes_aead(const char *name, size_t key_len, const byte *want, int ccm) {
    Aes aes;
    int ret = wc_AesInit(&aes, NULL, INVALID_DEVID);
    if (ret == 0) {
        ret = NOT_COMPILED_IN;
        #ifdef HAVE_AESCCM
        if (ccm) {
            ret = wc_AesCcmSetKey(&aes, key, (word32)key_len);
        }
        #endif
        #ifdef HAVE_AESGCM
        if (!ccm) {
            ret = wc_AesGcmSetKey(&aes, key, (word32)key_len);
        }
        #endif
        if (ret == 0) {
            ret = aead(&aes, want, ccm);
        }
        wc_AesFree(&aes);
    }
    report(name, ret);
}
#endif

#if defined(HAVE_CHACHA) && defined(HAVE_POLY1305)
static int chacha_poly(void) {
    byte tag[16], plain[TEXT_LEN];
    int ret = wc_ChaCha20Poly1305_Encrypt(key, iv, aad, AAD_LEN, text, TEXT_LEN, out, tag);
    if (ret == 0
        && (memcmp(out, chacha, TEXT_LEN) != 0 || memcmp(tag, chacha + TEXT_LEN, 16) != 0)) {
        return WRONG;
    }
    if (ret == 0) {
        ret = wc_ChaCha20Poly1305_Decrypt(key, iv, aad, AAD_LEN, chacha, TEXT_LEN, tag, plain);
    }
    if (ret == 0 && memcmp(plain, text, TEXT_LEN) != 0) {
        return WRONG;
    }
    if (ret == 0) {
        tag[0] ^= 1;
        ret = wc_ChaCha20Poly1305_Decrypt(key, iv, aad, AAD_LEN, chacha, TEXT_LEN, tag, plain)
            != 0 ? 0 : WRONG;
    }
    return ret;
}
#endif

#ifdef HAVE_ECC
typedef struct _curve_t {
    const char *name;
    int id;
    const byte *private, *public, *peer, *secret, *signature, *digest;
    word32 size, signature_len, digest_len;
} curve_t;

#define CURVE(bits, digest_bits) { "P-" #bits, ECC_SECP##bits##R1, \
        p##bits##_private, p##bits##_public, p##bits##_peer, p##bits##_secret, \
        p##bits##_signature, digest##digest_bits, (bits + 7) / 8, \
        sizeof(p##bits##_signature), \
        sizeof(digest##digest_bits) }

static const curve_t curves[] = {
    CURVE(256, 256), CURVE(384, 384), CURVE(521, 512),
};

// A signature of OpenSSL's, one of our own, and both refused for another digest.
static int ecdsa(const curve_t *c, ecc_key *own, WC_RNG *rng) {
    byte digest[64];
    byte sig[256];
    word32 sig_len = sizeof(sig);
    int good = 0;
    int ret = wc_ecc_verify_hash(c->signature, c->signature_len, c->digest,
        c->digest_len, &good, own);
    if (ret == 0) {
        ret = good == 1
            ? wc_ecc_sign_hash(c->digest, c->digest_len, sig, &sig_len, rng, own) : WRONG;
    }
    if (ret == 0) {
        good = 0;
        ret = wc_ecc_verify_hash(sig, sig_len, c->digest, c->digest_len, &good, own);
    }
    if (ret == 0 && good != 1) {
        ret = WRONG;
    }
    if (ret == 0) {
        memcpy(digest, c->digest, c->digest_len);
        digest[0] ^= 1;
        good = 1;
        // An error refuses as well.
        (void)wc_ecc_verify_hash(sig, sig_len, digest, c->digest_len, &good, own);
        ret = good == 1 ? WRONG : 0;
    }
    return ret;
}

static int ecdh(const curve_t *c, ecc_key *own) {
    ecc_key peer;
    word32 len = sizeof(out);
    int ret = wc_ecc_init(&peer);
    if (ret == 0) {
        ret = wc_ecc_import_x963_ex(c->peer, 2 * c->size + 1, &peer, c->id);
        if (ret == 0) {
            ret = wc_ecc_shared_secret(own, &peer, out, &len);
        }
        wc_ecc_free(&peer);
    }
    return same(ret, c->secret, c->size);
}

static void ecc(const curve_t *c, WC_RNG *rng) {
    if (wc_ecc_get_curve_idx(c->id) < 0) {
        return; // these settings do not have it
    }
    char name[32];
    ecc_key own;
    int ret = wc_ecc_init(&own);
    int sign_ret = ret;
    if (ret == 0) {
        ret = wc_ecc_import_private_key_ex(c->private, c->size, c->public,
            2 * c->size + 1, &own, c->id);
        #ifdef ECC_TIMING_RESISTANT
        if (ret == 0) {
            ret = wc_ecc_set_rng(&own, rng);
        }
        #endif
        sign_ret = ret;
        if (ret == 0) {
            ret = ecdh(c, &own);
            sign_ret = ecdsa(c, &own, rng);
        }
        wc_ecc_free(&own);
    }
    snprintf(name, sizeof(name), "ECDH %s", c->name);
    report(name, ret);
    snprintf(name, sizeof(name), "ECDSA %s", c->name);
    report(name, sign_ret);
}
#endif

#ifdef HAVE_CURVE25519
static int x25519(WC_RNG *rng) {
    curve25519_key own, peer;
    word32 len = sizeof(out);
    int ret = wc_curve25519_init(&own);
    if (ret != 0) {
        return ret;
    }
    ret = wc_curve25519_init(&peer);
    if (ret == 0) {
        ret = wc_curve25519_import_private_ex(x25519_private, 32, &own, EC25519_LITTLE_ENDIAN);
        if (ret == 0) {
            ret = wc_curve25519_import_public_ex(x25519_peer, 32, &peer, EC25519_LITTLE_ENDIAN);
        }
        #ifdef WOLFSSL_CURVE25519_BLINDING
        if (ret == 0) {
            ret = wc_curve25519_set_rng(&own, rng);
        }
        #else
        (void)rng;
        #endif
        if (ret == 0) {
            ret = wc_curve25519_shared_secret_ex(&own, &peer, out, &len, EC25519_LITTLE_ENDIAN);
        }
        wc_curve25519_free(&peer);
    }
    wc_curve25519_free(&own);
    return same(ret, x25519_secret, 32);
}
#endif

#ifdef HAVE_ED25519
static int ed25519(void) {
    ed25519_key ed;
    word32 len = sizeof(out);
    int good = 0;
    int ret = wc_ed25519_init(&ed);
    if (ret != 0) {
        return ret;
    }
    ret = wc_ed25519_import_private_key(ed25519_private, 32, ed25519_public, 32, &ed);
    if (ret == 0) {
        ret = same(wc_ed25519_sign_msg(text, TEXT_LEN, out, &len, &ed), ed25519_signature, 64);
    }
    if (ret == 0) {
        ret = wc_ed25519_verify_msg(ed25519_signature, 64, text, TEXT_LEN, &good, &ed);
    }
    if (ret == 0 && good != 1) {
        ret = WRONG;
    }
    if (ret == 0) {
        good = 1;
        // An error refuses as well.
        (void)wc_ed25519_verify_msg(ed25519_signature, 64, text, TEXT_LEN - 1, &good, &ed);
        ret = good == 1 ? WRONG : 0;
    }
    wc_ed25519_free(&ed);
    return ret;
}
#endif

#ifndef NO_RSA
static void rsa(WC_RNG *rng) {
    RsaKey rsa;
    word32 idx = 0;
    int ret = wc_InitRsaKey(&rsa, NULL);
    if (ret != 0) {
        report("RSA-2048", ret);
        return;
    }
    ret = wc_RsaPrivateKeyDecode(rsa_private, &idx, &rsa, sizeof(rsa_private));
    #ifdef WC_RSA_BLINDING
    if (ret == 0) {
        ret = wc_RsaSetRNG(&rsa, rng);
    }
    #endif
    int pss_ret = ret;
    if (ret == 0) {
        ret = same(wc_RsaSSL_Sign(rsa_digest_info, sizeof(rsa_digest_info), out, 256, &rsa, rng),
            rsa_pkcs1, 256);
    }
    if (ret == 0) {
        int len = wc_RsaSSL_Verify(rsa_pkcs1, 256, out, sizeof(out), &rsa);
        ret = len >= 0 && len != sizeof(rsa_digest_info) ? WRONG
            : same(len, rsa_digest_info, sizeof(rsa_digest_info));
    }
    report("RSA-2048 PKCS #1", ret);
    #ifdef WC_RSA_PSS
    if (pss_ret == 0) {
        byte digest[sizeof(digest256)];
        memcpy(digest, digest256, sizeof(digest));
        pss_ret = wc_RsaPSS_VerifyCheck((byte *)rsa_pss, 256, out, sizeof(out), digest,
            sizeof(digest), WC_HASH_TYPE_SHA256, WC_MGF1SHA256, &rsa);
        digest[0] ^= 1;
        if (pss_ret >= 0) {
            pss_ret = wc_RsaPSS_VerifyCheck((byte *)rsa_pss, 256, out, sizeof(out), digest,
                sizeof(digest), WC_HASH_TYPE_SHA256, WC_MGF1SHA256, &rsa) < 0 ? 0 : WRONG;
        }
    }
    report("RSA-2048 PSS", pss_ret);
    #else
    (void)pss_ret;
    #endif
    wc_FreeRsaKey(&rsa);
}
#endif

int main(void) {
    WC_RNG rng;
    for (size_t i = 0; i < sizeof(key); ++i) {
        key[i] = (byte)i;
    }
    memcpy(iv, key, sizeof(iv));
    int ret = wolfCrypt_Init();
    if (ret == 0) {
        ret = wc_InitRng(&rng);
    }
    if (ret != 0) {
        report("random numbers", ret);
        return 1;
    }

    #ifndef NO_MD5
    hash("MD5", WC_HASH_TYPE_MD5, md5_abc, sizeof(md5_abc));
    #endif
    #ifndef NO_SHA
    hash("SHA-1", WC_HASH_TYPE_SHA, sha1_abc, sizeof(sha1_abc));
    #endif
    #ifdef WOLFSSL_SHA224
    hash("SHA-224", WC_HASH_TYPE_SHA224, sha224_abc, sizeof(sha224_abc));
    #endif
    #ifndef NO_SHA256
    hash("SHA-256", WC_HASH_TYPE_SHA256, sha256_abc, sizeof(sha256_abc));
    #endif
    #ifdef WOLFSSL_SHA384
    hash("SHA-384", WC_HASH_TYPE_SHA384, sha384_abc, sizeof(sha384_abc));
    #endif
    #ifdef WOLFSSL_SHA512
    hash("SHA-512", WC_HASH_TYPE_SHA512, sha512_abc, sizeof(sha512_abc));
    #endif
    #ifdef WOLFSSL_SHA3
    hash("SHA3-256", WC_HASH_TYPE_SHA3_256, sha3_256_abc, sizeof(sha3_256_abc));
    hash("SHA3-384", WC_HASH_TYPE_SHA3_384, sha3_384_abc, sizeof(sha3_384_abc));
    hash("SHA3-512", WC_HASH_TYPE_SHA3_512, sha3_512_abc, sizeof(sha3_512_abc));
    #endif

    #ifndef NO_HMAC
    #ifndef NO_SHA
    hmac("HMAC SHA-1", WC_SHA, hmac_sha1, sizeof(hmac_sha1));
    #endif
    #ifndef NO_SHA256
    hmac("HMAC SHA-256", WC_SHA256, hmac_sha256, sizeof(hmac_sha256));
    #endif
    #ifdef WOLFSSL_SHA384
    hmac("HMAC SHA-384", WC_SHA384, hmac_sha384, sizeof(hmac_sha384));
    #endif
    #ifdef WOLFSSL_SHA512
    hmac("HMAC SHA-512", WC_SHA512, hmac_sha512, sizeof(hmac_sha512));
    #endif
    #endif
    #ifdef HAVE_HKDF
    #ifndef NO_SHA256
    hkdf("HKDF SHA-256", WC_SHA256, hkdf_sha256);
    #endif
    #ifdef WOLFSSL_SHA384
    hkdf("HKDF SHA-384", WC_SHA384, hkdf_sha384);
    #endif
    #endif
    #ifdef WOLFSSL_HAVE_PRF
    #ifndef NO_SHA256
    prf("TLS 1.2 PRF SHA-256", sha256_mac, prf_sha256);
    #endif
    #ifdef WOLFSSL_SHA384
    prf("TLS 1.2 PRF SHA-384", sha384_mac, prf_sha384);
    #endif
    #endif

    #ifndef NO_AES
    #ifdef HAVE_AESGCM
    #ifdef WOLFSSL_AES_128
    aes_aead("AES-128-GCM", 16, gcm128, 0);
    #endif
    #ifdef WOLFSSL_AES_256
    aes_aead("AES-256-GCM", 32, gcm256, 0);
    #endif
    #endif
    #ifdef HAVE_AESCCM
    #ifdef WOLFSSL_AES_128
    aes_aead("AES-128-CCM", 16, ccm128, 1);
    #endif
    #ifdef WOLFSSL_AES_256
    aes_aead("AES-256-CCM", 32, ccm256, 1);
    #endif
    #endif
    #endif
    #if defined(HAVE_CHACHA) && defined(HAVE_POLY1305)
    report("ChaCha20-Poly1305", chacha_poly());
    #endif

    #ifdef HAVE_ECC
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); ++i) {
        ecc(&curves[i], &rng);
    }
    #endif
    #ifdef HAVE_CURVE25519
    report("X25519", x25519(&rng));
    #endif
    #ifdef HAVE_ED25519
    report("Ed25519", ed25519());
    #endif
    #ifndef NO_RSA
    rsa(&rng);
    #endif

    (void)wc_FreeRng(&rng);
    (void)wolfCrypt_Cleanup();
    return failures == 0 ? 0 : 1;
}
