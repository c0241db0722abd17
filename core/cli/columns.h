/* How wide text is on a terminal: a Chinese character takes two columns and three bytes. No state. */
#pragma once

#include <glib.h>

/* Columns of one letter: 0, 1 or 2. */
unsigned ht_columns_of(gunichar letter);

/* The field width that printf() needs, which counts bytes, so that `text` (UTF-8) takes at least `columns` columns. */
int ht_columns_field(int columns, const char *text);

/* The two arguments of a `%-*s` or `%*s` that is `columns` wide. */
#define HT_COLUMN(columns, text) ht_columns_field(columns, text), text
