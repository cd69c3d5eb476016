// wolfSSL includes "user_settings.h": this one includes the file that WOLFSSL_USER_SETTINGS_FILE
// names.
#include MICROPY_WOLFSSL_SETTINGS
