/* Does a value have the form that the dictionary says. The mapper writes most values so; texts, codes without a table and
 * unknown divisions it carries as they were sent. Asked in the bus, of what a host sent. Pure; any thread. */
#pragma once

#include "mappings/engine/reference/dictionary.h"

/* Form and length only; a code need not be in its table. A text that holds a citizen number fits no element but those for
 * such numbers. */
bool ht_element_fits(const HtElement *element, HtText value);
