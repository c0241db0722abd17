/* The configuration and the dictionary of all lives: read before the first. */
#pragma once

#include "core/config/config.h"
#include "mappings/engine/reference/dictionary.h"

void settings_load(void);
const HtConfig *settings_config(void);
const HtDictionary *settings_dictionary(void);
