/* What `hutong top` shows, without a terminal: status pages go in one after the other, a screen of text comes out. */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

typedef struct HtTop HtTop;

/* How the screen is. Colours are those of the terminal's own palette, and only such as can be read on dark and on light. */
typedef struct {
    unsigned columns, rows;
    bool colour, unicode;
} HtTopScreen;

HtTop *ht_top_new(void);
void ht_top_free(HtTop *top);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtTop, ht_top_free)

/* The next status page, as it was at this time (monotonic, microseconds): rates are the differences of its counters. */
void ht_top_take(HtTop *top, JsonObject *status, int64_t time_us);

/* A key: the name of its letter; 'U', 'D' for up and down, '\n' to look into the row, 27 back. False: it ends. */
bool ht_top_key(HtTop *top, int key);

/* The screen: `rows` lines at most, none longer than `columns`, each ended by a line break. `problem` (NULL: none) is told instead of the
 * state. */
void ht_top_draw(HtTop *top, const HtTopScreen *screen, const char *problem, GString *out);
