/* The project's own data files, for tests: found through HUTONG_DATADIR, or in the source tree. */
#pragma once

#include "mappings/engine/reference/dictionary.h"

/* The dictionary; fails the test when it cannot be loaded. */
HtDictionary *test_dictionary(void);
