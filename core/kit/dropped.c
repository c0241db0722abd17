/* Whether an adapter drops what it is given: each value that stands in the fixtures' bytes is changed in turn, at its end, in front and as
 * one of its kind. When the same comes to the mapping as before, the adapter has cut it, merged it or left it out, and nobody behind it can
 * tell. What is left out with reason is said: in the mapping (`<ignore by-adapter>`), or by concealing it. What the mapping makes of what
 * comes to it is looked at elsewhere (swallow.c). Part of the conformance kit, see kit-inside.h. */
#include "core/kit/kit-inside.h"

#include "core/base/secrets.h"
#include "core/kit/leaves.h"
#include "mappings/engine/values/alter.h"

#include <glib/gi18n.h>
#include <string.h>

/* Changes of one group's fixtures, spread over them: each costs a payload's time. */
#define CHANGES 40000
#define SHOWN 4

typedef bool (*Change)(char *text, size_t size);

static const Change changes[] = {ht_alter_end, ht_alter_front, ht_alter_text};

/* A group's changes, as far as they are tried. */
typedef struct {
    GHashTable *paths; /* of what was dropped */
    GString *wrong;
    unsigned tried;
    bool bounded; /* not every value of every fixture */
    GIConv reading,
        writing; /* GB 18030, which holds what the others of its family do: opened once, for opening takes long */
} Dropped;

/* ---- A changed payload ---- */

/* What is no UTF-8 is GBK. NULL when it is neither. transfer full. */
static char *convert(HtText text, GIConv converter, bool is_utf8, gsize *size)
{
    *size = text.size;
    return is_utf8 ? g_strndup(text.data, text.size)
                   : g_convert_with_iconv(text.data, (gssize)text.size, converter, NULL, size, NULL);
}

/* Fewer bits of base64's last sign count than it has. */
static bool is_padded(HtText value)
{
    return value.data[value.size - 1] == '=';
}

/* JSON in a string: its first and last words may be names of members that are nothing, which are not there. */
static bool is_json(HtText value)
{
    return value.data[0] == '{' || value.data[0] == '[';
}

/* The payload with this value changed; NULL when it cannot be. transfer full. */
static GBytes *change_leaf(const Dropped *dropped, HtText payload, const HtLeaf *leaf, Change change)
{
    bool is_utf8 = g_utf8_validate(payload.data, (gssize)payload.size, NULL);
    HtText value = {payload.data + leaf->start, leaf->size};
    gsize size, new_size;
    g_autofree char *text = convert(value, dropped->reading, is_utf8, &size);
    if (!text || is_json(value) || (change != ht_alter_front && is_padded(value)) || !change(text, size)) {
        return NULL;
    }
    g_autofree char *changed = convert((HtText){text, size}, dropped->writing, is_utf8, &new_size);
    if (!changed) {
        return NULL;
    }
    size_t behind = leaf->start + leaf->size;
    GString *bytes = g_string_new_len(payload.data, (gssize)leaf->start);
    g_string_append_len(bytes, changed, (gssize)new_size);
    g_string_append_len(bytes, payload.data + behind, (gssize)(payload.size - behind));
    return g_string_free_to_bytes(bytes);
}

/* ---- What comes of it ---- */

/* The adapter has said that it is kept nowhere. */
static bool is_concealed(const HtOutcome *outcome, const HtLeaf *leaf)
{
    HtText parts = outcome->concealed;
    for (size_t at = 0; at + sizeof(HtConcealed) <= parts.size; at += sizeof(HtConcealed)) {
        HtConcealed part;
        memcpy(&part, parts.data + at, sizeof part);
        if (leaf && part.start <= leaf->start && leaf->start < part.start + part.size) {
            return true;
        }
    }
    return false;
}

/* The digest of what comes to the mapping; 0 where that does not count: refused, no events, no mapping, concealed, or the host ended. */
static uint64_t read_seen(HtKit *kit, const HtKitPayload *payload, GBytes *body, const HtLeaf *leaf)
{
    g_auto(HtKitTrial) trial = {.alter = HT_ALTER_COUNT};
    HtOutcome outcome;
    ht_kit_try(kit, payload, body, &trial);
    if (trial.error) {
        return 0;
    }
    ht_kit_read(&trial, &outcome);
    bool counts =
        outcome.verdict == HT_VERDICT_OK && outcome.events->len > 0 && !is_concealed(&outcome, leaf);
    uint64_t seen = counts ? outcome.altered.seen : 0;
    ht_outcome_clear(&outcome);
    return seen;
}

static void note_dropped(Dropped *dropped, const HtKitPayload *payload, const HtLeaf *leaf)
{
    if (g_hash_table_add(dropped->paths, g_strdup(leaf->path)) &&
        g_hash_table_size(dropped->paths) <= SHOWN) {
        g_string_append_printf(dropped->wrong, "%s%s: %s", dropped->wrong->len > 0 ? "; " : "",
                               payload->fixture->name, leaf->path);
    }
}

static void try_leaf(HtKit *kit, const HtKitPayload *payload, const HtLeaf *leaf, uint64_t first,
                     Dropped *dropped)
{
    gsize size;
    const char *data = g_bytes_get_data(payload->body, &size);
    for (size_t i = 0; i < G_N_ELEMENTS(changes) && !kit->given_up; i++) {
        g_autoptr(GBytes) body = change_leaf(dropped, (HtText){data, size}, leaf, changes[i]);
        uint64_t seen = body ? read_seen(kit, payload, body, leaf) : 0;
        dropped->tried += seen != 0;
        if (seen == first) {
            note_dropped(dropped, payload, leaf);
            return;
        }
    }
}

static bool is_secret(const HtLeaf *leaf)
{
    const char *name = strrchr(leaf->path, '/') + 1;
    return ht_secret_name(ht_text_from(name + (*name == '@')), NULL);
}

static GPtrArray *find_leaves(const HtKitPayload *payload)
{
    gsize size;
    const char *data = g_bytes_get_data(payload->body, &size);
    return ht_leaves_find((HtText){data, size});
}

/* Every so many of all values are tried: one by one where there are no more than may be. */
static guint choose_step(const HtKit *kit)
{
    guint total = 0;
    for (guint i = 0; i < kit->payloads->len; i++) {
        g_autoptr(GPtrArray) leaves = find_leaves(kit->payloads->pdata[i]);
        total += leaves->len * (guint)G_N_ELEMENTS(changes);
    }
    return MAX(1, (total + CHANGES - 1) / CHANGES);
}

static void try_fixture(HtKit *kit, const HtKitPayload *payload, guint step, Dropped *dropped)
{
    uint64_t first = payload->digest ? read_seen(kit, payload, payload->body, NULL) : 0;
    g_autoptr(GPtrArray) leaves = find_leaves(payload);
    for (guint i = 0; first != 0 && i < leaves->len && !kit->given_up; i += step) {
        if (!is_secret(leaves->pdata[i])) {
            try_leaf(kit, payload, leaves->pdata[i], first, dropped);
        }
    }
}

static void report(HtKit *kit, const Dropped *dropped)
{
    guint wrong = g_hash_table_size(dropped->paths);
    if (wrong > SHOWN) {
        g_string_append_printf(dropped->wrong, _("; and %u more"), wrong - SHOWN);
    }
    g_autofree char *found =
        dropped->bounded ? g_strdup_printf(_("%u tried, not all values of all fixtures"), dropped->tried)
                         : g_strdup_printf(_("%u tried"), dropped->tried);
    ht_kit_report(kit, wrong == 0, N_("what the payload says comes to the mapping"),
                  wrong == 0 ? found : dropped->wrong->str);
}

void ht_kit_check_dropped(HtKit *kit)
{
    g_autoptr(GHashTable) paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GString) wrong = g_string_new(NULL);
    Dropped dropped = {.paths = paths,
                       .wrong = wrong,
                       .reading = g_iconv_open("UTF-8", "GB18030"),
                       .writing = g_iconv_open("GB18030", "UTF-8")};
    guint step = choose_step(kit);
    dropped.bounded = step > 1;
    for (unsigned i = 0; i < kit->payloads->len && !kit->given_up; i++) {
        try_fixture(kit, kit->payloads->pdata[i], step, &dropped);
    }
    if (kit->payloads->len > 0 && !kit->given_up) {
        report(kit, &dropped);
    }
    g_iconv_close(dropped.reading);
    g_iconv_close(dropped.writing);
}
