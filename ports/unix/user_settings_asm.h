// Settings for wolfSSL's assembly sources, which cannot read C: the same as the C sources', so
// that the two can't differ.
#include "user_settings.h"
// ML-KEM is compiled without its assembly (WC_MLKEM_NO_ASM), part of which is in SHA-3's: -65 KB.
#undef WOLFSSL_HAVE_MLKEM
