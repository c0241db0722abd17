/* Fuzz: two records that differ in one mapped value are never one event: their number or their digest differs. The input is
 * which value differs, and the values. */
#include "core/base/event-digest.h"
#include "tests/fuzz/mapping-target.h"

#include <string.h>

#define VALUE_MOST 12

/* Numbers, identities, texts, a group; what is no text of its own would have to be a date or a code. */
static const char *const fields[] = {"NO", "RYID", "XM", "CSD", "GZ", "JHR2"};
#define FIELDS (sizeof fields / sizeof *fields)

typedef struct {
    uint8_t digest[HT_EVENT_DIGEST];
    char key[512];
} Said;

/* The q keeps what follows from being a word for null, or a number. Gives the bytes used. */
static size_t write_value(GString *payload, const uint8_t *data, size_t size, bool altered)
{
    size_t length = size > 0 ? MIN(size - 1, (size_t)(1 + data[0] % VALUE_MOST)) : 0;
    g_string_append_c(payload, 'q');
    for (size_t i = 0; i < length; i++) {
        g_string_append_c(payload, (char)('a' + data[1 + i] % 26));
    }
    g_string_append_c(payload, altered ? 'y' : 'z');
    return size > 0 ? 1 + length : 0;
}

static void say(const uint8_t *data, size_t size, size_t altered, Said *said)
{
    g_autoptr(GString) payload = g_string_new("<R><head><no>1</no><code>0</code></head><S>");
    HtOutcome outcome;
    HtEvent event;
    for (size_t i = 0, at = 0; i < FIELDS; i++) {
        g_string_append_printf(payload, "<%s>", fields[i]);
        at += write_value(payload, data + at, size - at, i == altered);
        g_string_append_printf(payload, "</%s>", fields[i]);
    }
    g_string_append(payload, "</S></R>");
    ht_outcome_init(&outcome);
    ht_mapper_run(mappers[0], &(HtPayload){.body = {payload->str, payload->len}}, &outcome);
    check_outcome(&outcome);
    require(outcome.verdict == HT_VERDICT_OK && outcome.events->len > 0);
    require(ht_event_unpack(g_array_index(outcome.events, HtText, 0), &event, NULL));
    require(event.key.size < sizeof said->key);
    *said = (Said){0};
    ht_event_digest(&event, said->digest);
    if (event.key.data) {
        memcpy(said->key, event.key.data, event.key.size);
    }
    ht_outcome_clear(&outcome);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Said one, other, again;
    if (size == 0) {
        return 0;
    }
    say(data + 1, size - 1, FIELDS, &one);
    say(data + 1, size - 1, data[0] % FIELDS, &other);
    say(data + 1, size - 1, FIELDS, &again);
    require(memcmp(&one, &other, sizeof one) != 0);
    require(memcmp(&one, &again, sizeof one) == 0);
    return 0;
}
