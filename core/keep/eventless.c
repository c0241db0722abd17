/* Going through messages without events, in the order in which they came; see eventless.h. */
#include "core/keep/eventless.h"

#define WINDOW 2048                     /* messages that are looked at together */
#define SLICE_BYTES ((uint64_t)1 << 20) /* that go with one call, and what the last of them has above it */

typedef struct {
    const HtConfig *config;
    const HtRetentionConfig *section;
    int64_t before_us;
    GArray *numbers; /* of HtSpoolRun */
    uint64_t bytes, until;
    bool more; /* what comes next may be old, too */
} EventlessLook;

/* Without an event there is no type: a section that names types is not its. */
static const HtRetentionConfig *find_section(const HtConfig *config, const char *source)
{
    for (guint i = 0; i < config->retentions->len; i++) {
        const HtRetentionConfig *section = config->retentions->pdata[i];
        bool fits = !section->from || g_strv_contains((const char *const *)section->from, source);
        if (fits && !section->types) {
            return section;
        }
    }
    return NULL;
}

static bool see_message(const HtSpoolEventless *message, void *user)
{
    EventlessLook *look = user;
    if (find_section(look->config, message->source) != look->section) {
        return true;
    }
    look->more = message->received_us <= look->before_us;
    if (!look->more) {
        return false;
    }
    HtSpoolRun run = {message->number, message->number, 0};
    g_array_append_val(look->numbers, run);
    look->bytes += message->bytes;
    bool full = look->bytes >= SLICE_BYTES;
    look->until = full ? message->number : look->until;
    return !full;
}

bool ht_eventless_sweep(HtSpoolLook *look, const HtConfig *config, const HtRetentionConfig *section,
                        int64_t now_us, uint64_t *at, HtEventlessForget forget, void *user, uint64_t *all,
                        GError **error)
{
    uint64_t last = 0;
    bool good = ht_spool_look_last_message(look, &last, error);
    bool more = section->keep_ms > 0;
    while (good && more && *at < last) {
        g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
        EventlessLook seen = {.config = config,
                              .section = section,
                              .before_us = now_us - (int64_t)section->keep_ms * 1000,
                              .numbers = numbers,
                              .until = MIN(*at + WINDOW, last),
                              .more = true};
        uint64_t count = 0;
        good = ht_spool_look_eventless(look, *at, seen.until, see_message, &seen, error) &&
               (numbers->len == 0 || forget(numbers, user, &count, error));
        *all += count;
        more = seen.more;
        *at = good && more ? seen.until : *at;
    }
    return good;
}
