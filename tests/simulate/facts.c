/* See facts.h. */
#include "tests/simulate/facts.h"

#include <stdio.h>
#include <string.h>

#define TEXT_BYTES 32
#define LARGE_BYTES 320 /* of a value of a message that is taken piece by piece */

/* One in three has several events, one in eleven is large. */
unsigned fact_places(unsigned key)
{
    return key % 11 == 0 ? 14 : key % 3 == 0 ? 2 + key % 2 : 1;
}

unsigned fact_person(unsigned key)
{
    return key * 5 % PERSONS;
}

unsigned fact_source(unsigned key)
{
    return key % SOURCES;
}

char *fact_payload(unsigned key, unsigned version)
{
    return g_strdup_printf("<message>%u %u</message>", key, version);
}

bool fact_read(HtText payload, unsigned *key, unsigned *version)
{
    g_autofree char *text = g_strndup(payload.data ? payload.data : "", payload.size);
    return sscanf(text, "<message>%u %u</message>", key, version) == 2;
}

static HtText pack_value(unsigned key, unsigned version, HtBuffer *data)
{
    char value[LARGE_BYTES + TEXT_BYTES];
    HtItem item = {.kind = HT_ITEM_ELEMENT, .name = HT_TEXT_LITERAL("person.name"), .value = {value, 0}};
    memset(value, 'x', sizeof value);
    int size = g_snprintf(value, TEXT_BYTES, "v%u", version);
    value[size] = ' ';
    item.value.size = key % 11 == 0 ? LARGE_BYTES : (size_t)size;
    ht_item_pack(data, &item);
    return ht_buffer_text(data);
}

static void pack_event(unsigned key, unsigned place, unsigned version, HtBuffer *packed)
{
    char division[TEXT_BYTES], number[TEXT_BYTES], person[TEXT_BYTES];
    HtBuffer data = {0};
    HtEvent event = {.data = pack_value(key, version, &data)};
    g_snprintf(division, sizeof division, "%06u", 110000 + key * 100 + place);
    g_snprintf(number, sizeof number, "k%u.%u", key, place);
    g_snprintf(person, sizeof person, "n%u", fact_person(key));
    event.attr[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.died.v1");
    event.attr[HT_ATTR_TIME] = HT_TEXT_LITERAL("2026-11-01T00:00:00+08:00");
    event.attr[HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert");
    event.attr[HT_ATTR_DIVISION] = ht_text_from(division);
    event.key = ht_text_from(number);
    event.identities[event.identity_count++] =
        (HtIdentity){HT_TEXT_LITERAL("idNumber"), ht_text_from(person), false};
    ht_event_pack(&event, packed);
    ht_buffer_clear(&data);
}

/* A message of one event goes by the event's number, one of several by its payload's. */
void fact_pack(unsigned key, unsigned version, HtBuffer *packed)
{
    HtOutcome outcome;
    HtBuffer events[PLACES] = {0};
    char number[TEXT_BYTES];
    unsigned places = fact_places(key);
    ht_outcome_init(&outcome);
    outcome.records = places;
    g_snprintf(number, sizeof number, "k%u.0", key);
    outcome.key = places == 1 ? ht_text_from(number) : HT_TEXT_NONE;
    for (unsigned place = 0; place < places; place++) {
        pack_event(key, place, version, &events[place]);
        HtText text = ht_buffer_text(&events[place]);
        g_array_append_val(outcome.events, text);
    }
    ht_outcome_pack(&outcome, packed);
    ht_outcome_clear(&outcome);
    for (unsigned place = 0; place < places; place++) {
        ht_buffer_clear(&events[place]);
    }
}

static unsigned number_in(HtText text, char before)
{
    char copy[TEXT_BYTES] = "";
    memcpy(copy, text.data ? text.data : "", MIN(text.size, sizeof copy - 1));
    return (unsigned)g_ascii_strtoull(before && copy[0] == before ? copy + 1 : copy, NULL, 10);
}

Logged fact_of(const HtStoredEvent *event)
{
    HtItem item = {0};
    HtUnpack unpack = ht_unpack(event->event.data.data, event->event.data.size);
    if (event->state != HT_STORED_WHOLE || !ht_item_next(&unpack, &item)) {
        world_fail("sequence %" G_GUINT64_FORMAT " is %s", event->sequence,
                   event->state == HT_STORED_LOST ? "lost" : "damaged");
    }
    unsigned division = number_in(event->event.attr[HT_ATTR_DIVISION], 0) - 110000;
    return (Logged){.known = true,
                    .place = (uint8_t)(division % 100),
                    .key = (uint16_t)(division / 100),
                    .version = (uint16_t)number_in(item.value, 'v'),
                    .id = event->id};
}
