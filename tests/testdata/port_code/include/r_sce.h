// As much of Renesas' driver as ports/renesas-ra needs.
typedef int fsp_err_t;
#define FSP_SUCCESS (0)
#define FSP_ERR_CRYPTO_SCE_RESOURCE_CONFLICT (0x10112)
fsp_err_t R_SCE_RandomNumberGenerate(uint32_t *random);
