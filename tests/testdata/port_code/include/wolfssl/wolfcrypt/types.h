#include <string.h>

typedef unsigned int word32;
#define ForceZero(mem, len) memset((mem), 0, (len))
