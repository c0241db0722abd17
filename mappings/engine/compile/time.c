/* Whose value an event's time is. Attributes go to every consumer; the time goes only to those that may see the elements that
 * have the same value (core/delivery/policy.c), so their names travel with the event. */
#include "mappings/engine/compile/compiler.h"

#define NAMES_MAX_BYTES 255 /* of an attribute */

/* False when there is no room for it. */
static bool add_name(GString *names, const HtElement *element)
{
    g_auto(GStrv) words = g_strsplit(names->str, " ", -1);
    if (g_strv_contains((const char *const *)words, element->name)) {
        return true;
    }
    bool fits = names->len + 1 + element->name_size <= NAMES_MAX_BYTES;
    if (fits) {
        g_string_append_printf(names, "%s%s", names->len > 0 ? " " : "", element->name);
    }
    return fits;
}

static bool add_readers(GString *names, const HtEventRule *event, HtSlot slot)
{
    bool fits = true;
    for (unsigned b = 0; b < event->n_blocks; b++) {
        const HtBlock *block = &event->blocks[b];
        for (unsigned r = 0; r < block->n_rules; r++) {
            if (block->each < 0 && ht_from_has(&block->rules[r].from, slot)) {
                fits = add_name(names, block->rules[r].element) && fits;
            }
        }
    }
    return fits;
}

/* The elements that read the time's path, and the one that the mapping names: in this event, else in any other. Too many to be
 * named are none, and the time counts as the most sensitive of the event. */
static HtText find_elements(HtCompiler *compiler, const HtEventRule *event, HtSlot slot)
{
    g_autoptr(GString) names = g_string_new(NULL);
    const GPtrArray *events = compiler->mapping->events;
    bool fits = !event->time_element || add_name(names, event->time_element);
    fits = add_readers(names, event, slot) && fits;
    for (guint i = 0; names->len == 0 && i < events->len; i++) {
        fits = add_readers(names, events->pdata[i], slot) && fits;
    }
    if (names->len == 0 || !fits) {
        return HT_TEXT_NONE;
    }
    return ht_text_from(ht_compile_own(compiler, g_strdup(names->str)));
}

void ht_compile_times(HtCompiler *compiler)
{
    for (guint i = 0; i < compiler->mapping->events->len; i++) {
        HtEventRule *event = compiler->mapping->events->pdata[i];
        event->time_elements = ht_compile_own(compiler, g_new0(HtText, event->time.count + 1));
        for (unsigned n = 0; n < event->time.count; n++) {
            event->time_elements[n] = find_elements(compiler, event, event->time.slots[n]);
        }
    }
}
