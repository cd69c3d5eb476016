// Prints wolf_name_hash() of names in DER: each is a line of hexadecimal digits, without the header of the name.

#include <stdio.h>
#include <string.h>

#include "wolf_x509.h"

int main(void) {
    static char line[200000];
    static uint8_t name[sizeof(line) / 2];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        size_t len = 0;
        unsigned int byte;
        for (char *p = line; sscanf(p, "%2x", &byte) == 1; p += 2) {
            name[len++] = byte;
        }
        wolf_span_t span = { name, len };
        printf("%08x\n", (unsigned int)wolf_name_hash(&span));
    }
    return 0;
}
