// As much of the IDF as ports/esp32 needs.
void esp_fill_random(void *buf, size_t len);
