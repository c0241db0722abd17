/* Naming limits. No state; any thread. */
#include "core/base/limit.h"

#include <glib.h>

/* As the configuration writes it: the largest unit that divides it. */
static void write_as_configured(HtLimit limit, char *text, size_t room)
{
    static const struct {
        HtLimitUnit unit;
        uint64_t size;
        const char *name;
    } units[] = {
        {HT_LIMIT_BYTES, 1 << 30, "G"}, {HT_LIMIT_BYTES, 1 << 20, "M"}, {HT_LIMIT_BYTES, 1 << 10, "K"},
        {HT_LIMIT_MS, 60000, "min"},    {HT_LIMIT_MS, 1000, "s"},       {HT_LIMIT_MS, 1, "ms"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (units[i].unit == limit.unit && limit.value > 0 && limit.value % units[i].size == 0) {
            g_snprintf(text, room, "%" G_GUINT64_FORMAT "%s", limit.value / units[i].size, units[i].name);
            return;
        }
    }
    g_snprintf(text, room, "%" G_GUINT64_FORMAT, limit.value);
}

const char *ht_limit_name(HtLimit limit, char text[HT_LIMIT_TEXT])
{
    char configured[32];
    const char *of = limit.unit == HT_LIMIT_BYTES ? "bytes" : limit.unit == HT_LIMIT_MS ? "ms" : limit.of;
    write_as_configured(limit, configured, sizeof configured);
    if (limit.key) {
        g_snprintf(text, HT_LIMIT_TEXT, "%" G_GUINT64_FORMAT " %s (%s = %s)", limit.value, of, limit.key,
                   configured);
    } else {
        g_snprintf(text, HT_LIMIT_TEXT, "%s %s (fixed)", configured, of);
    }
    return text;
}
