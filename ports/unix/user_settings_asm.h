// Settings for wolfSSL's assembly sources, which cannot read C: the same as the C sources', so
// that the two can't differ.
#include "user_settings.h"
