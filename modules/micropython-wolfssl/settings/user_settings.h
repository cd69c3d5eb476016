// wolfSSL includes "user_settings.h": this one leads on to the file that WOLFSSL_USER_SETTINGS_FILE names.
#include MICROPY_WOLFSSL_SETTINGS
