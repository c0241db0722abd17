/* Widths on a terminal; see columns.h. */
#include "core/cli/columns.h"

#include <string.h>

unsigned ht_columns_of(gunichar letter)
{
    return g_unichar_iszerowidth(letter) ? 0 : g_unichar_iswide(letter) ? 2 : 1;
}

int ht_columns_field(int columns, const char *text)
{
    int bytes = (int)strlen(text), used = 0;
    g_autofree char *valid = g_utf8_make_valid(text, bytes);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        used += (int)ht_columns_of(g_utf8_get_char(at));
    }
    return columns + bytes - used;
}
