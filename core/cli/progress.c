/* A bar on standard error. */
#include "core/cli/progress.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR 40

void ht_cli_progress(uint64_t done, uint64_t all, void *user)
{
    static char last[2 * BAR + 64];
    char line[2 * BAR + 64];
    if (!isatty(STDERR_FILENO) || all == 0) {
        return;
    }
    uint64_t tenths = done >= all ? 1000 : done * 1000 / all;
    int filled = (int)(tenths * BAR / 1000);
    g_snprintf(line, sizeof line, "\r%s [%.*s%*s] %3" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT " %%",
               (char *)user, filled, "########################################", BAR - filled, "",
               tenths / 10, tenths % 10);
    if (strcmp(line, last) != 0) {
        g_strlcpy(last, line, sizeof last);
        fprintf(stderr, "%s%s", line, done >= all ? "\n" : "");
    }
}
