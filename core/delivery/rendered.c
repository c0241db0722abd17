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

void ht_rendered_add(const HtRenderedClass *class, const HtStoredEvent *event, const char *bus,
                     const HtEventPolicy *policy, HtBuffer *body)
{
    size_t start = body->size;
    if (class->number == 0) {
        ht_event_render(event, bus, policy, body);
        return;
    }
    KeptText *place = &class->rendered->places[(event->sequence + class->number * 37) % PLACES];
    if (place->sequence == event->sequence && place->number == class->number) {
        ht_buffer_add_text(body, ht_buffer_text(&place->text));
        return;
    }
    ht_event_render(event, bus, policy, body);
    size_t size = body->size - start;
    place->text.size = 0;
    place->sequence = size <= BYTES_MAX ? event->sequence : 0;
    place->number = class->number;
    if (place->sequence > 0) {
        ht_buffer_add(&place->text, body->data + start, size);
    }
}
