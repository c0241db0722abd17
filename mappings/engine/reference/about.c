/* What event types are about. No state. */
#include "mappings/engine/reference/dictionary.h"

bool ht_event_type_is_about(const HtEventType *type, const char *what)
{
    g_auto(GStrv) words = g_strsplit(type->about ? type->about : "person", " ", -1);
    return g_strv_contains((const char *const *)words, what);
}

static bool share_about(const HtEventType *a, const HtEventType *b)
{
    bool shared = false;
    g_auto(GStrv) words = g_strsplit(a->about ? a->about : "person", " ", -1);
    for (char **word = words; *word && !shared; word++) {
        shared = ht_event_type_is_about(b, *word);
    }
    return shared;
}

const HtEventType *ht_event_type_slower(const HtEventType *type, const HtEventType *others, uint32_t count)
{
    const HtEventType *slower = NULL;
    for (uint32_t i = 0; type->overtakes && i < count && !slower; i++) {
        slower = !others[i].overtakes && share_about(type, &others[i]) ? &others[i] : NULL;
    }
    return slower;
}
