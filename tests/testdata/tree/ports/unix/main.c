#include "py/mpconfig.h"
