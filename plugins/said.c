/* See said.h. Bus, main-loop thread. */
#include "plugins/said.h"

#include "plugins/scrub.h"

#define LINES_PER_SECOND 20
#define WARNING_BYTES 1000

void ht_said_clear(HtSaid *said)
{
    g_clear_pointer(&said->warnings, g_ptr_array_unref);
    g_clear_pointer(&said->missing, g_free);
}

void ht_said_log(HtSaid *said, const char *host, HtLogLevel level, const char *text)
{
    int64_t second = g_get_monotonic_time() / G_USEC_PER_SEC;
    if (second != said->log_second) {
        said->log_second = second;
        said->log_lines = 0;
    }
    if (said->log_lines++ < LINES_PER_SECOND) {
        ht_log(level, host, "adapter: %s", text);
    } else if (said->log_lines == LINES_PER_SECOND + 1) {
        ht_log(HT_LOG_WARNING, host,
               "its adapter logs more than %u lines a second; the rest of this one is left out",
               LINES_PER_SECOND);
    }
}

static bool knows_warning(const HtSaid *said, const char *warning)
{
    return said->warnings && g_ptr_array_find_with_equal_func(said->warnings, warning, g_str_equal, NULL);
}

void ht_said_warnings(HtSaid *said, const char *host, const GPtrArray *warnings, bool silent)
{
    GPtrArray *clean = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < warnings->len; i++) {
        char *warning = ht_scrub(ht_text_from(warnings->pdata[i]), WARNING_BYTES);
        if (!silent && !knows_warning(said, warning)) {
            ht_log(HT_LOG_WARNING, host, "mapping: %s", warning);
        }
        g_ptr_array_add(clean, warning);
    }
    g_clear_pointer(&said->warnings, g_ptr_array_unref);
    said->warnings = clean;
}

void ht_said_box(HtSaid *said, const char *host, const HtBox *box, bool silent)
{
    char *missing = ht_box_missing(box);
    if (missing && !silent && g_strcmp0(missing, said->missing) != 0) {
        ht_log(HT_LOG_WARNING, host, "its adapter's box lacks: %s", missing);
    }
    g_free(said->missing);
    said->missing = missing;
    said->knows_box = true;
    said->box = *box;
}
