/* What is foretold of events is what becomes of them, beside a running spool and without one; and asking changes nothing. Numbers are
 * synthetic (prefix 99). */
#include "tests/lib/spool-test.h"

#include "spool/foretell.h"

#define ONE "990104198806020016"
#define OTHER "990104201906020013"

typedef struct {
    const char *key, *name, *person, *card, *action;
} Saying;

static void say(HtSpoolMessage *message, Saying saying)
{
    static HtBuffer kept[64];
    static unsigned next;
    HtEvent *event = message_add(message, saying.key);
    HtBuffer *data = &kept[next++ % G_N_ELEMENTS(kept)];
    HtItem item = {HT_ITEM_ELEMENT, HT_TEXT_LITERAL("person.name"), ht_text_from(saying.name),
                   .form = HT_VALUE_STRING};
    ht_buffer_reset(data, 1 << 10);
    ht_item_pack(data, &item);
    event->data = ht_buffer_text(data);
    event->attr[HT_ATTR_TIME] = HT_TEXT_LITERAL("2026-11-01T00:00:00+08:00");
    event->attr[HT_ATTR_ACTION] = ht_text_from(saying.action ? saying.action : "assert");
    if (saying.person) {
        event_identify(event, "idNumber", saying.person, false);
    }
    if (saying.card) {
        event_identify(event, "card", saying.card, false);
    }
}

static HtSpoolMessage *make(const Saying *sayings, unsigned count)
{
    static unsigned messages;
    g_autofree char *key = g_strdup_printf("\002%u", ++messages);
    HtSpoolMessage *message = message_new("hukou", keep_text(key));
    for (unsigned i = 0; i < count; i++) {
        say(message, sayings[i]);
    }
    return message;
}

static GArray *foretell(Place *place, const HtSpoolMessage *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(place->directory, &error);
    g_assert_no_error(error);
    GArray *foretold = ht_spool_foretell(look, place->site_key, message, &error);
    g_assert_no_error(error);
    return foretold;
}

static const HtSpoolForetold *at(const GArray *foretold, guint index)
{
    return &g_array_index(foretold, HtSpoolForetold, index);
}

/* The event's action, and behind it the marks that the spool has given it. */
static char *describe(Place *place, uint64_t sequence)
{
    HtSpoolPage *page = spool_page(place->spool, sequence - 1, 1, 1);
    const HtEvent *event = &page_event(page, 0)->event;
    HtUnpack unpack = ht_unpack(event->data.data, event->data.size);
    HtItem item;
    HtText action = event->attr[HT_ATTR_ACTION];
    g_autoptr(GString) text = g_string_new_len(action.data, (gssize)action.size);
    while (ht_item_next(&unpack, &item)) {
        if (item.kind == HT_ITEM_QUALITY && !ht_text_is(item.value, "reversal-unnamed")) {
            g_string_append_printf(text, " %.*s", (int)item.value.size, item.value.data);
        }
    }
    ht_spool_page_free(page);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* The same as it is foretold. */
static char *describe_foretold(const HtSpoolForetold *foretold)
{
    static const char *const marks[] = {"", "", " same-number-other-content", " number-reused"};
    g_autoptr(GString) text = g_string_new(foretold->action);
    g_auto(GStrv) kinds = g_strsplit(foretold->conflicts ? foretold->conflicts : "", " ", -1);
    for (char **kind = kinds; *kind; kind++) {
        g_string_append(text, " identity-conflict");
    }
    g_string_append(text, marks[foretold->kind]);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Sends it, and holds what comes against what was foretold. */
static void send(Place *place, HtSpoolMessage *message, const GArray *foretold)
{
    unsigned wanted = 0;
    uint64_t sequence = ht_spool_last_sequence(place->spool);
    HtReceipt receipt = spool_take_well(place->spool, message);
    for (guint i = 0; i < foretold->len; i++) {
        if (at(foretold, i)->kind == HT_SPOOL_FORETOLD_DUPLICATE) {
            continue;
        }
        wanted++;
        g_autofree char *is = describe(place, ++sequence), *said = describe_foretold(at(foretold, i));
        g_assert_cmpstr(is, ==, said);
    }
    g_assert_cmpuint(receipt.events, ==, wanted);
}

static void test_each_kind(Place *place, const void *unused)
{
    (void)unused;
    place_open(place);
    const struct {
        Saying saying;
        const char *kind;
    } steps[] = {
        {{"k1", "a", ONE, "c1", NULL}, "new"},
        {{"k1", "a", ONE, "c1", NULL}, "duplicate"},
        {{"k1", "b", ONE, "c1", NULL}, "correction"},
        {{"k1", "a", ONE, "c1", NULL}, "correction"},
        {{"k1", "a", OTHER, NULL, NULL}, "number-reused"},
        {{"k1", "a", OTHER, NULL, "cancel"}, "new"},
        {{NULL, "a", ONE, NULL, NULL}, "new"},
        {{NULL, "a", ONE, NULL, NULL}, "duplicate"},
        {{"k2", "a", NULL, NULL, NULL}, "new"},
        {{"k2", "b", NULL, NULL, NULL}, "correction"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(steps); i++) {
        HtSpoolMessage *message = make(&steps[i].saying, 1);
        g_autoptr(GArray) foretold = foretell(place, message);
        g_assert_cmpuint(foretold->len, ==, 1);
        g_assert_cmpstr(ht_spool_foretold_name(at(foretold, 0)->kind), ==, steps[i].kind);
        g_assert_null(at(foretold, 0)->conflicts);
        g_assert_true((at(foretold, 0)->former > 0) == (i != 0 && i != 6 && i != 8));
        send(place, message, foretold);
    }
    Saying conflict = {"k3", "c", OTHER, "c1", NULL};
    HtSpoolMessage *message = make(&conflict, 1);
    g_autoptr(GArray) foretold = foretell(place, message);
    g_assert_cmpstr(at(foretold, 0)->conflicts, ==, "card");
    send(place, message, foretold);
}

/* Of one message: each is held against those before it, too. */
static void test_one_message(Place *place, const void *unused)
{
    (void)unused;
    place_open(place);
    const Saying sayings[] = {{"k", "a", ONE, NULL, NULL},
                              {"k", "a", ONE, NULL, NULL},
                              {"k", "b", ONE, NULL, NULL},
                              {"l", "a", ONE, NULL, NULL},
                              {"k", "c", OTHER, NULL, NULL}};
    const char *const kinds[] = {"new", "duplicate", "correction", "new", "number-reused"};
    HtSpoolMessage *message = make(sayings, G_N_ELEMENTS(sayings));
    g_autoptr(GArray) foretold = foretell(place, message);
    for (unsigned i = 0; i < G_N_ELEMENTS(sayings); i++) {
        g_assert_cmpstr(ht_spool_foretold_name(at(foretold, i)->kind), ==, kinds[i]);
        g_assert_true(at(foretold, i)->in_message == (i != 0 && i != 3));
        g_assert_cmpuint(at(foretold, i)->former, ==, 0);
    }
    send(place, message, foretold);
    HtSpoolMessage *again = make(sayings, G_N_ELEMENTS(sayings));
    g_autoptr(GArray) known = foretell(place, again);
    for (unsigned i = 0; i < G_N_ELEMENTS(sayings); i++) {
        g_assert_cmpint(at(known, i)->kind, ==, HT_SPOOL_FORETOLD_DUPLICATE);
    }
    send(place, again, known);
}

static Saying guess(void)
{
    static const char *const keys[] = {"k1", "k2", "k3", NULL}, *const names[] = {"a", "b"},
                             *const persons[] = {ONE, OTHER, NULL}, *const cards[] = {"c1", "c2", NULL},
                             *const actions[] = {"assert", "assert", "correct", "cancel"};
    return (Saying){keys[g_test_rand_int_range(0, 4)], names[g_test_rand_int_range(0, 2)],
                    persons[g_test_rand_int_range(0, 3)], cards[g_test_rand_int_range(0, 3)],
                    actions[g_test_rand_int_range(0, 4)]};
}

/* Whatever came before; each is asked for twice, so asking has changed nothing. */
static void test_any(Place *place, const void *unused)
{
    (void)unused;
    place_open(place);
    for (unsigned i = 0; i < 300; i++) {
        Saying saying = guess();
        HtSpoolMessage *message = make(&saying, 1);
        g_autoptr(GArray) first = foretell(place, message), foretold = foretell(place, message);
        g_assert_cmpint(at(first, 0)->kind, ==, at(foretold, 0)->kind);
        g_assert_cmpstr(at(first, 0)->conflicts, ==, at(foretold, 0)->conflicts);
        send(place, message, foretold);
    }
}

/* A spool that no bus has open; and one that is not there, or of another site. */
static void test_stopped(Place *place, const void *unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_spool_look_open(place->directory, &error));
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO);
    g_clear_error(&error);
    place_open(place);
    Saying saying = {"k", "a", ONE, NULL, NULL}, other = {"k", "b", ONE, NULL, NULL};
    spool_take_well(place->spool, make(&saying, 1));
    HtSpoolMessage *same = make(&saying, 1), *changed = make(&other, 1);
    place_close(place);
    g_autoptr(GArray) known = foretell(place, same), correction = foretell(place, changed);
    g_assert_cmpint(at(known, 0)->kind, ==, HT_SPOOL_FORETOLD_DUPLICATE);
    g_assert_cmpint(at(correction, 0)->kind, ==, HT_SPOOL_FORETOLD_CORRECTION);
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(place->directory, &error);
    uint8_t key[32] = {1};
    g_assert_null(ht_spool_foretell(look, key, same, &error));
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY);
    g_clear_pointer(&look, ht_spool_look_close);
    place_open(place);
    g_assert_cmpuint(spool_take_well(place->spool, same).events, ==, 0);
    g_assert_cmpuint(spool_take_well(place->spool, changed).events, ==, 1);
}

static void set_up(Place *place, const void *unused)
{
    (void)unused;
    place_set_up(place);
}

static void tear_down(Place *place, const void *unused)
{
    (void)unused;
    if (place->spool) {
        place_close(place);
    }
    place_remove(place);
}

#define ADD(name, function) g_test_add("/spool/foretell/" name, Place, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("each-kind-as-it-comes", test_each_kind);
    ADD("one-message-knows-itself", test_one_message);
    ADD("is-what-becomes-of-any", test_any);
    ADD("without-a-bus", test_stopped);
    return g_test_run();
}
