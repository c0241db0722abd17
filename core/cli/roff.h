/* Text for manual pages. */
#pragma once

#include <glib.h>

/* Adds text so that roff shows it as it is. */
void ht_roff_add(GString *roff, const char *text);
