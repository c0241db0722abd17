/* Whether a change would be swallowed: what is known already makes no second event, and is told by its number and by what it
 * says. So every value that the fixtures carry is changed in turn, and then the person exchanged; what then comes of the payload must
 * not be what came of it before. A mapping that throws differences away fails here. Part of the conformance kit, see kit-inside.h. */
#include "core/kit/kit-inside.h"

#include "core/base/event-digest.h"
#include "mappings/engine/values/alter.h"

#include <glib/gi18n.h>

/* Changes of one group's fixtures, spread over them: each costs a payload's time. */
#define ALTERATIONS 12000
#define SHOWN 4

/* A group's changes, as far as they are tried. */
typedef struct {
    GString *wrong;
    unsigned tried, wrong_ones; /* swallowed, or the end of their host */
    bool bounded;               /* not every value of every fixture */
} Changes;

/* Who reads a mark knows that there was something. */
static void add_marks(GByteArray *content, const HtEvent *event)
{
    HtUnpack unpack = ht_unpack(event->data.data, event->data.size);
    HtItem item;
    while (ht_item_next(&unpack, &item)) {
        if (item.kind == HT_ITEM_QUALITY) {
            g_byte_array_append(content, (const guint8 *)item.name.data, (guint)item.name.size);
            g_byte_array_append(content, (const guint8 *)item.value.data, (guint)item.value.size);
        }
    }
}

/* The events' numbers, what they say and how sure it is; NULL when the payload is refused or makes none. transfer full. */
static GBytes *read_content(const HtOutcome *outcome)
{
    g_autoptr(GByteArray) content = g_byte_array_new();
    for (unsigned i = 0; i < outcome->events->len; i++) {
        HtEvent event;
        uint8_t digest[HT_EVENT_DIGEST];
        if (!ht_event_unpack(g_array_index(outcome->events, HtText, i), &event, NULL)) {
            return NULL;
        }
        ht_event_digest(&event, digest);
        g_byte_array_append(content, digest, sizeof digest);
        g_byte_array_append(content, (const guint8 *)event.key.data, (guint)event.key.size);
        add_marks(content, &event);
    }
    bool taken = outcome->verdict == HT_VERDICT_OK && content->len > 0;
    return taken ? g_byte_array_free_to_bytes(g_steal_pointer(&content)) : NULL;
}

static void note_wrong(Changes *changes, const HtKitPayload *payload, HtText what)
{
    changes->wrong_ones++;
    if (changes->wrong_ones <= SHOWN) {
        g_string_append_printf(changes->wrong, "%s%s: %.*s", changes->wrong->len > 0 ? "; " : "",
                               payload->fixture->name, (int)what.size, what.data);
    }
}

/* Tries the fixture with this alteration. False: it ended its host, which is noted. */
static bool try_altered(HtKit *kit, const HtKitPayload *payload, HtKitTrial *trial, HtOutcome *outcome,
                        Changes *changes)
{
    ht_kit_try(kit, payload, payload->body, trial);
    if (trial->error) {
        note_wrong(changes, payload, ht_text_from(trial->error));
        return false;
    }
    ht_kit_read(trial, outcome);
    return true;
}

/* Of a value that is not carried (a condition's, one of several alternatives) nothing is expected; of the person something is. */
static void try_change(HtKit *kit, const HtKitPayload *payload, uint32_t alter, GBytes *first,
                       Changes *changes)
{
    g_auto(HtKitTrial) trial = {.alter = alter};
    HtOutcome outcome;
    if (!try_altered(kit, payload, &trial, &outcome, changes)) {
        return;
    }
    bool changed = outcome.altered.path.data && (outcome.altered.carried || alter == HT_ALTER_PERSON);
    g_autoptr(GBytes) content = read_content(&outcome);
    if (changed && content && g_bytes_equal(content, first)) {
        note_wrong(changes, payload, outcome.altered.path);
    }
    changes->tried += changed;
    ht_outcome_clear(&outcome);
}

/* What the fixture says as it is, and how many of its values the mapping names. NULL: nothing that could be swallowed. */
static GBytes *read_first(HtKit *kit, const HtKitPayload *payload, uint32_t *values, Changes *changes)
{
    g_auto(HtKitTrial) trial = {.alter = HT_ALTER_COUNT};
    HtOutcome outcome;
    if (!try_altered(kit, payload, &trial, &outcome, changes)) {
        return NULL;
    }
    GBytes *first = read_content(&outcome);
    *values = outcome.altered.values;
    ht_outcome_clear(&outcome);
    return first;
}

static void change_values(HtKit *kit, const HtKitPayload *payload, unsigned most, Changes *changes)
{
    uint32_t values = 0;
    g_autoptr(GBytes) first = read_first(kit, payload, &values, changes);
    uint32_t step = MAX(1, (2 * values + most - 1) / most);
    changes->bounded = changes->bounded || (first && step > 1);
    for (uint32_t value = 1; first && value <= values && !kit->given_up; value += step) {
        try_change(kit, payload, value, first, changes);
        try_change(kit, payload, value | HT_ALTER_FRONT, first, changes);
    }
}

static void exchange_person(HtKit *kit, const HtKitPayload *payload, Changes *changes)
{
    uint32_t values;
    g_autoptr(GBytes) first = read_first(kit, payload, &values, changes);
    if (first) {
        try_change(kit, payload, HT_ALTER_PERSON, first, changes);
    }
}

static void report(HtKit *kit, const char *claim, const Changes *changes)
{
    if (changes->wrong_ones > SHOWN) {
        g_string_append_printf(changes->wrong, _("; and %u more"), changes->wrong_ones - SHOWN);
    }
    g_autofree char *found =
        changes->bounded ? g_strdup_printf(_("%u tried, not all values of all fixtures"), changes->tried)
                         : g_strdup_printf(_("%u tried"), changes->tried);
    bool good = changes->wrong_ones == 0;
    ht_kit_report(kit, good, claim, good ? found : changes->wrong->str);
}

void ht_kit_check_swallowed(HtKit *kit)
{
    g_autoptr(GString) wrong_values = g_string_new(NULL);
    g_autoptr(GString) wrong_persons = g_string_new(NULL);
    Changes values = {.wrong = wrong_values}, persons = {.wrong = wrong_persons};
    unsigned most = MAX(1, ALTERATIONS / MAX(1, kit->payloads->len));
    for (unsigned i = 0; i < kit->payloads->len && !kit->given_up; i++) {
        const HtKitPayload *payload = kit->payloads->pdata[i];
        if (payload->digest) { /* else it came to nothing as it is */
            change_values(kit, payload, most, &values);
            exchange_person(kit, payload, &persons);
        }
    }
    if (kit->payloads->len > 0) {
        report(kit, N_("a changed value is not taken for what is known"), &values);
        report(kit, N_("another person is not taken for who is known"), &persons);
    }
}
