/* Printing for people: columns that line up although Chinese characters are two columns wide, colours on a terminal. */
#pragma once

#include <stdbool.h>

typedef enum { PLAIN, BOLD, DIM, GREEN, YELLOW, RED, CYAN } Style;

/* Whether colours are used: a terminal, and NO_COLOR not set. */
bool table_has_colours(void);

/* Prints `text` in the style, cut or padded with blanks to `width` columns (negative: right-aligned); 0: as it is. */
void table_cell(const char *text, int width, Style style);

/* Prints a heading with a rule below. */
void table_heading(const char *text);
