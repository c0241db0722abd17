/* Text for the manual pages (roff.h). No state. */
#include "core/cli/roff.h"

#include <stdbool.h>

void ht_roff_add(GString *roff, const char *text)
{
    for (const char *at = text; *at; at++) {
        bool begins = at == text || at[-1] == '\n';
        if (begins && (*at == '.' || *at == '\'')) {
            g_string_append(roff, "\\&");
        }
        if (*at == '\\') {
            g_string_append(roff, "\\e");
        } else if (*at == '-') {
            g_string_append(roff, "\\-");
        } else {
            g_string_append_c(roff, *at);
        }
    }
}
