#define PICO_CONFIG 1
