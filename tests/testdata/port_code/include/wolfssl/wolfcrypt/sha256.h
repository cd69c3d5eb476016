// As much of wolfSSL's as ports/rp2 needs: see rp2.c.
#include <wolfssl/wolfcrypt/types.h>
typedef unsigned char byte;
#define WC_SHA256_DIGEST_SIZE (32)
typedef struct { uint32_t state[8]; uint64_t len; byte block[64]; } wc_Sha256;
int wc_InitSha256(wc_Sha256 *sha);
int wc_Sha256Update(wc_Sha256 *sha, const byte *data, word32 len);
int wc_Sha256Final(wc_Sha256 *sha, byte *digest);
void wc_Sha256Free(wc_Sha256 *sha);
