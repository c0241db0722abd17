/* One line of a report for each claim. */
#include "core/kit/kit-inside.h"

#include <glib/gi18n.h>

void ht_kit_report(HtKit *kit, bool good, const char *claim, const char *detail)
{
    const char *group = kit->group && kit->group->name ? kit->group->name : NULL;
    bool is_named = group && strstr(claim, group); /* a fixture's name begins with its folder */
    g_autofree char *full =
        group && !is_named ? g_strdup_printf("%s: %s", group, _(claim)) : g_strdup(_(claim));
    kit->summary->checks++;
    kit->summary->failures += !good;
    if (!good && !kit->summary->failed) {
        kit->summary->failed = g_strdup_printf("%s%s%s", full, detail ? ": " : "", detail ? detail : "");
    }
    kit->options->report(kit->options->user, good ? HT_KIT_OK : HT_KIT_FAILED, full, detail);
}

void ht_kit_note(HtKit *kit, const char *text)
{
    kit->options->report(kit->options->user, HT_KIT_NOTE, _(text), NULL);
}
