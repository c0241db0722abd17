/* Terminal columns. */
#include "tests/demo/table.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const codes[] = {"", "\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[31m", "\033[36m"};

bool table_has_colours(void)
{
    return isatty(STDOUT_FILENO) && !g_getenv("NO_COLOR");
}

static int columns_of(gunichar character)
{
    return g_unichar_iszerowidth(character) ? 0 : g_unichar_iswide(character) ? 2 : 1;
}

/* The beginning of `text` that fits into `width` columns, with "…" when something was cut. */
static char *fit(const char *text, int width, int *used)
{
    g_autoptr(GString) out = g_string_new(NULL);
    int total = 0, columns = 0;
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        total += columns_of(g_utf8_get_char(at));
    }
    int room = total > width ? width - 1 : width;
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        int more = columns_of(g_utf8_get_char(at));
        if (columns + more > room) {
            break;
        }
        g_string_append_unichar(out, g_utf8_get_char(at));
        columns += more;
    }
    if (total > width) {
        g_string_append(out, "…");
        columns++;
    }
    *used = columns;
    return g_strdup(out->str);
}

void table_cell(const char *text, int width, Style style)
{
    int used = 0;
    g_autofree char *shown = width ? fit(text, abs(width), &used) : g_strdup(text);
    bool coloured = style != PLAIN && table_has_colours();
    printf("%*s%s%s%s%*s", width < 0 ? -width - used : 0, "", coloured ? codes[style] : "", shown,
           coloured ? "\033[0m" : "", width > 0 ? width - used : 0, "");
}

void table_heading(const char *text)
{
    putchar('\n');
    table_cell(text, 0, BOLD);
    putchar('\n');
}
