/* What a replay asks for. No state. */
#include "core/delivery/replay.h"

#include "core/delivery/route.h"

#include <glib.h>
#include <string.h>

/* Of a list as in HtSpoolReplay: empty, or one of it fits as routes would have it. */
static bool is_listed(const char *list, HtText text)
{
    g_auto(GStrv) words = g_strsplit(list, ";", -1);
    bool listed = !*words;
    for (char **word = words; *word && !listed; word++) {
        listed = ht_route_fits(*word, text);
    }
    return listed;
}

bool ht_replay_wants(const HtSpoolReplay *replay, const HtStoredEvent *event)
{
    return event->sequence <= replay->last && is_listed(replay->types, event->event.attr[HT_ATTR_TYPE]) &&
           is_listed(replay->sources, event->event.attr[HT_ATTR_SOURCE]);
}

static bool is_known(const HtWindow *window, uint64_t sequence)
{
    bool known = false;
    for (unsigned i = window->next_known; window->known && i < window->known->len && !known; i++) {
        const HtSpoolRun *run = &g_array_index(window->known, HtSpoolRun, i);
        known = run->first <= sequence && sequence <= run->last;
    }
    return known;
}

bool ht_replay_is_open(const HtWindow *window, uint64_t sequence, const GList **from)
{
    if (sequence <= window->cursor || sequence > window->read_to) {
        return sequence > window->cursor && !is_known(window, sequence);
    }
    const GList *link = *from ? *from : window->entries.head;
    while (link && ((const HtEntry *)link->data)->sequence < sequence) {
        link = link->next;
    }
    *from = link ? link : *from;
    return link && ((const HtEntry *)link->data)->sequence == sequence;
}
