/* A place for each sequence, round and round. */
#include "core/delivery/rendered.h"

#define PLACES 512
#define BYTES_MAX 8192 /* of an event that is kept */

typedef struct {
    uint64_t sequence;
    unsigned number;
    HtBuffer text;
} KeptText;

struct HtRendered {
    KeptText places[PLACES];
};

HtRendered *ht_rendered_new(void)
{
    return g_new0(HtRendered, 1);
}

void ht_rendered_free(HtRendered *rendered)
{
    for (unsigned i = 0; rendered && i < PLACES; i++) {
        ht_buffer_clear(&rendered->places[i].text);
    }
    g_free(rendered);
}

void ht_rendered_clear(HtRendered *rendered)
{
    for (unsigned i = 0; i < PLACES; i++) {
        ht_buffer_clear(&rendered->places[i].text);
        rendered->places[i] = (KeptText){.sequence = 0};
    }
}

/* The text that is kept has no number, which is each consumer's own. */
static void add_kept(const KeptText *place, const HtStoredEvent *event, HtBuffer *body)
{
    HtText text = ht_buffer_text(&place->text);
    if (event->number > 0) {
        ht_event_add_number(event->number, text, body);
    } else {
        ht_buffer_add_text(body, text);
    }
}

void ht_rendered_add(const HtRenderedClass *class, const HtStoredEvent *event, const char *bus,
                     const HtEventPolicy *policy, HtBuffer *body)
{
    if (class->number == 0) {
        ht_event_render(event, bus, policy, body);
        return;
    }
    KeptText *place = &class->rendered->places[(event->sequence + class->number * 37) % PLACES];
    if (place->sequence != event->sequence || place->number != class->number) {
        HtStoredEvent nobodys = *event;
        nobodys.number = 0;
        ht_buffer_reset(&place->text, BYTES_MAX);
        ht_event_render(&nobodys, bus, policy, &place->text);
        place->sequence = event->sequence;
        place->number = class->number;
    }
    add_kept(place, event, body);
    if (place->text.size > BYTES_MAX) {
        place->sequence = 0;
        ht_buffer_clear(&place->text);
    }
}
