// An ESP32, whose generator has no status.
#include "../../../ports/esp32/wolfssl_port.c"

bool generate(uint8_t *buf, size_t n);

void esp_fill_random(void *buf, size_t len) {
    (void)generate(buf, len);
}
