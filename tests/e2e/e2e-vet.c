/* A hostile adapter that owns its host and writes its own frames: what the bus lets through, and what it costs. */
#include "core/base/outcome.h"
#include "tests/lib/busproc.h"
#include "tests/lib/places.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <string.h>

#define NUMBER "990104198001019915"
#define OTHER_NUMBER "99010419910315993X"

typedef struct {
    Platform *platform;
    BusProcess *bus;
} Fixture;

/* Two sources with the same hostile adapter, of which one is an authority, and a consumer that may see nothing personal. */
static void start(Fixture *f)
{
    const char *adapters = g_getenv("HUTONG_TEST_ADAPTERDIR"), *root = g_getenv("HUTONG_SRCDIR");
    f->platform = platform_new();
    g_autofree char *source = g_strdup_printf(
        "department = nobody\nadapter = %s/forger.so\nmapping = %s/tests/data/mappings/encoding.xml\nstrikes = 2\n"
        "message-timeout = 60s\n",
        adapters, root);
    g_autofree char *sections = g_strdup_printf(
        "[source bad]\n%s[source police]\n%sidentities = authority\ntrust-address = yes\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nretry-first = 20ms\nretry-max = 200ms\n[route all]\nto = platform\n",
        source, source, platform_url(f->platform));
    f->bus = bus_process_new(NULL, sections);
    bus_process_start(f->bus);
}

static void stop(Fixture *f)
{
    g_autofree char *log = bus_process_log(f->bus);
    g_assert_null(strstr(log, NUMBER));
    g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    bus_process_free(f->bus);
    platform_free(f->platform);
}

/* ---- Frames ---- */

/* Has `source` send the frame body `head`, then `unit` so many times. Its host is new each time, and may be slow to come. */
static Answer *forge(Fixture *f, const char *source, const HtBuffer *head, HtText unit, unsigned count)
{
    g_autofree char *path = g_strconcat("/in/", source, NULL);
    g_autoptr(GString) payload = g_string_new(NULL);
    g_string_printf(payload, "%zu %u\n", head->size, count);
    g_string_append_len(payload, head->data, (gssize)head->size);
    g_string_append_len(payload, unit.data ? unit.data : "", (gssize)unit.size);
    int64_t until_us = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    Answer *answer = post(f->bus->port, path, "text/xml", NULL, payload->str, payload->len);
    while (answer->status == 503 && strstr(answer->body->str, "adapter-down")) {
        g_assert_cmpint(g_get_monotonic_time(), <, until_us);
        answer_free(answer);
        g_usleep(50000);
        answer = post(f->bus->port, path, "text/xml", NULL, payload->str, payload->len);
    }
    return answer;
}

/* A body of one event. */
static Answer *forge_event(Fixture *f, const char *source, const HtEvent *event)
{
    HtBuffer packed = {0}, body = {0};
    HtOutcome outcome;
    ht_outcome_init(&outcome);
    ht_event_pack(event, &packed);
    HtText text = ht_buffer_text(&packed);
    g_array_append_val(outcome.events, text);
    outcome.records = 1;
    ht_outcome_pack(&outcome, &body);
    Answer *answer = forge(f, source, &body, HT_TEXT_NONE, 0);
    ht_outcome_clear(&outcome);
    ht_buffer_clear(&packed);
    ht_buffer_clear(&body);
    return answer;
}

/* Many events of these bytes, of so many records. */
static Answer *forge_many(Fixture *f, HtText packed, unsigned events, unsigned records)
{
    HtBuffer head = {0}, all = {0};
    HtOutcome outcome;
    ht_outcome_init(&outcome);
    outcome.records = records;
    ht_outcome_pack(&outcome, &head);
    g_array_append_val(outcome.events, packed);
    ht_outcome_pack(&outcome, &all);
    HtText unit = {all.data + head.size, all.size - head.size};
    Answer *answer = forge(f, "bad", &head, unit, events);
    g_test_message("%u events: %ld", events, answer->status);
    ht_outcome_clear(&outcome);
    ht_buffer_clear(&head);
    ht_buffer_clear(&all);
    return answer;
}

static HtEvent small_event(HtText data)
{
    return (HtEvent){
        .attr =
            {[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.died.v1"), [HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert")},
        .data = data};
}

/* ---- What it costs ---- */

/* Most memory that the bus has had, in megabytes. */
static uint64_t peak_megabytes(const BusProcess *bus)
{
    g_autofree char *file = g_strdup_printf("/proc/%d/status", (int)bus->pid), *text = NULL;
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    const char *line = strstr(text, "VmHWM:");
    g_assert_nonnull(line);
    return g_ascii_strtoull(line + 6, NULL, 10) >> 10;
}

static void test_floods_of_events_do_not_fill_memory(void)
{
    Fixture f;
    HtBuffer packed = {0};
    start(&f);
    HtEvent event = small_event(HT_TEXT_LITERAL(""));
    ht_event_pack(&event, &packed);
    GPid pid = f.bus->pid;
    g_autoptr(Answer) empty = forge_many(&f, HT_TEXT_NONE, 20000000, 20000000);
    g_assert_cmpint(empty->status, >=, 500);
    g_autoptr(Answer) without_records = forge_many(&f, ht_buffer_text(&packed), 1000, 1);
    g_assert_cmpint(without_records->status, >=, 500);
    g_autoptr(Answer) flood = forge_many(&f, ht_buffer_text(&packed), 2500000, 2500000);
    g_assert_cmpint(flood->status, >=, 500);
    g_assert_cmpint(bus_process_figure(f.bus, "spool.lastSequence"), ==, 0);
    g_test_message("peak %" G_GUINT64_FORMAT " MB", peak_megabytes(f.bus));
    if (!test_is_sanitized()) {
        g_assert_cmpuint(peak_megabytes(f.bus), <, 520); /* four times the frame of 129 MB */
    }
    g_assert_cmpint(f.bus->pid, ==, pid);
    ht_buffer_clear(&packed);
    stop(&f);
}

/* As many events as records, each of somebody else. */
static void pack_persons(unsigned count, HtBuffer *body)
{
    HtBuffer packed = {0};
    HtOutcome outcome;
    g_autofree size_t *ends = g_new(size_t, count + 1);
    ht_outcome_init(&outcome);
    for (unsigned i = ends[0] = 0; i < count; i++) {
        char number[20];
        g_snprintf(number, sizeof number, "%u", i);
        HtEvent event = small_event(HT_TEXT_LITERAL(""));
        event.identities[event.identity_count++] =
            (HtIdentity){HT_TEXT_LITERAL("local"), ht_text_from(number), false};
        ht_event_pack(&event, &packed);
        ends[i + 1] = packed.size;
    }
    for (unsigned i = 0; i < count; i++) {
        HtText text = {packed.data + ends[i], ends[i + 1] - ends[i]};
        g_array_append_val(outcome.events, text);
    }
    outcome.records = count;
    ht_outcome_pack(&outcome, body);
    ht_outcome_clear(&outcome);
    ht_buffer_clear(&packed);
}

static void test_a_large_batch_is_taken(void)
{
    Fixture f;
    HtBuffer body = {0};
    start(&f);
    pack_persons(100000, &body);
    uint64_t before = peak_megabytes(f.bus);
    g_autoptr(Answer) answer = forge(&f, "bad", &body, HT_TEXT_NONE, 0);
    g_autofree char *events = answer_element(answer, "events");
    g_assert_cmpint(answer->status, ==, 200);
    g_assert_cmpstr(events, ==, "100000");
    g_test_message("from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " MB", before, peak_megabytes(f.bus));
    ht_buffer_clear(&body);
    stop(&f);
}

/* ---- What goes through ---- */

static void test_what_the_dictionary_does_not_know_stays_out(void)
{
    static const HtItem bad[] = {
        {.kind = HT_ITEM_QUALITY, .name = HT_TEXT_LITERAL("person.name"), .value = HT_TEXT_LITERAL(NUMBER)},
        {.kind = HT_ITEM_QUALITY, .name = HT_TEXT_LITERAL(NUMBER), .value = HT_TEXT_LITERAL("repaired-xml")},
        {.kind = HT_ITEM_ELEMENT, .name = HT_TEXT_LITERAL("public.name"), .value = HT_TEXT_LITERAL(NUMBER)},
        {.kind = HT_ITEM_ELEMENT,
         .name = HT_TEXT_LITERAL("record.changedAt"),
         .value = HT_TEXT_LITERAL(NUMBER)},
    };
    Fixture f;
    start(&f);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        HtBuffer data = {0};
        ht_item_pack(&data, &bad[i]);
        HtEvent event = small_event(ht_buffer_text(&data));
        g_autoptr(Answer) answer = forge_event(&f, "bad", &event);
        g_test_message("case %zu: %ld", i, answer->status);
        g_assert_cmpint(answer->status, ==, 500);
        ht_buffer_clear(&data);
    }
    HtEvent type = small_event(HT_TEXT_LITERAL("")), time = type;
    type.attr[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.robbed.v1");
    time.attr[HT_ATTR_TIME] = HT_TEXT_LITERAL(NUMBER);
    g_autoptr(Answer) bad_type = forge_event(&f, "bad", &type), bad_time = forge_event(&f, "bad", &time);
    g_assert_cmpint(bad_type->status, ==, 500);
    g_assert_cmpint(bad_time->status, ==, 500);
    g_assert_cmpint(bus_process_figure(f.bus, "spool.lastSequence"), ==, 0);
    stop(&f);
}

static const char *string_in(JsonObject *object, const char *name)
{
    return json_object_get_string_member_with_default(object, name, "");
}

static char *text_of(JsonObject *event)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_set_object(node, event);
    return json_to_string(node, FALSE);
}

static void test_attributes_carry_no_citizen_numbers(void)
{
    Fixture f;
    HtBuffer data = {0};
    start(&f);
    HtItem original = {.kind = HT_ITEM_ELEMENT,
                       .name = HT_TEXT_LITERAL("household.createCategory"),
                       .value = {NUMBER "\0" NUMBER "\0x", sizeof NUMBER "\0" NUMBER "\0x" - 1},
                       .form = HT_VALUE_ORIGINAL};
    HtItem agency = {.kind = HT_ITEM_ELEMENT,
                     .name = HT_TEXT_LITERAL("record.agencyName"),
                     .value = HT_TEXT_LITERAL(NUMBER)};
    ht_item_pack(&data, &original);
    ht_item_pack(&data, &agency);
    HtEvent event = small_event(ht_buffer_text(&data)), cancel = event;
    event.attr[HT_ATTR_BUSINESSID] = event.attr[HT_ATTR_CORRELATIONID] = HT_TEXT_LITERAL("M-" NUMBER);
    event.attr[HT_ATTR_DIVISIONEDITION] = HT_TEXT_LITERAL(NUMBER);
    cancel.attr[HT_ATTR_ACTION] = HT_TEXT_LITERAL("cancel");
    cancel.attr[HT_ATTR_BUSINESSID] = HT_TEXT_LITERAL("B990104-2009-000001");
    cancel.attr[HT_ATTR_REVERSES] = event.attr[HT_ATTR_BUSINESSID];
    g_autoptr(Answer) first = forge_event(&f, "bad", &event), second = forge_event(&f, "bad", &cancel);
    g_assert_cmpint(first->status, ==, 200);
    g_assert_cmpint(second->status, ==, 200);
    g_assert_true(platform_wait(f.platform, 2, 10000));
    JsonObject *one = platform_event(f.platform, 0), *two = platform_event(f.platform, 1);
    g_autofree char *text = text_of(one), *more = text_of(two);
    g_assert_null(strstr(text, NUMBER));
    g_assert_null(strstr(more, NUMBER));
    g_assert_true(g_str_has_prefix(string_in(one, "businessid"), "b-"));
    g_assert_cmpstr(string_in(one, "businessid"), ==, string_in(two, "reverses"));
    g_assert_cmpstr(string_in(two, "businessid"), ==, "B990104-2009-000001");
    ht_buffer_clear(&data);
    stop(&f);
}

/* ---- Who is who ---- */

static Answer *forge_person(Fixture *f, const char *source, const char *first, const char *second)
{
    static unsigned number;
    char business[20];
    g_snprintf(business, sizeof business, "person-%u", ++number);
    HtEvent event = small_event(HT_TEXT_LITERAL(""));
    event.attr[HT_ATTR_BUSINESSID] = event.key = ht_text_from(business);
    event.identities[event.identity_count++] =
        (HtIdentity){HT_TEXT_LITERAL("idNumber"), ht_text_from(first), false};
    if (second) {
        event.identities[event.identity_count++] =
            (HtIdentity){HT_TEXT_LITERAL("idNumber"), ht_text_from(second), false};
    }
    Answer *answer = forge_event(f, source, &event);
    g_assert_cmpint(answer->status, ==, 200);
    return answer;
}

static void test_only_an_authority_ties_numbers(void)
{
    Fixture f;
    start(&f);
    g_autoptr(Answer) tied = forge_person(&f, "bad", NUMBER, OTHER_NUMBER);
    g_autoptr(Answer) one = forge_person(&f, "bad", NUMBER, NULL);
    g_autoptr(Answer) other = forge_person(&f, "bad", OTHER_NUMBER, NULL);
    g_assert_true(platform_wait(f.platform, 3, 10000));
    g_autofree char *before = g_strdup(string_in(platform_event(f.platform, 1), "subject"));
    g_assert_cmpstr(string_in(platform_event(f.platform, 0), "subject"), ==, before);
    g_assert_cmpstr(string_in(platform_event(f.platform, 2), "subject"), !=, before);
    g_autoptr(Answer) corrected = forge_person(&f, "police", OTHER_NUMBER, NUMBER);
    g_autoptr(Answer) again = forge_person(&f, "bad", NUMBER, NULL);
    g_assert_true(platform_wait(f.platform, 5, 10000));
    g_assert_cmpstr(string_in(platform_event(f.platform, 4), "subject"), ==,
                    string_in(platform_event(f.platform, 2), "subject"));
    g_autofree char *log = bus_process_log(f.bus);
    g_assert_nonnull(strstr(log, "ties numbers of persons"));
    g_assert_nonnull(strstr(log, "from now on"));
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vet/floods-of-events-do-not-fill-memory", test_floods_of_events_do_not_fill_memory);
    g_test_add_func("/vet/a-large-batch-is-taken", test_a_large_batch_is_taken);
    g_test_add_func("/vet/what-the-dictionary-does-not-know-stays-out",
                    test_what_the_dictionary_does_not_know_stays_out);
    g_test_add_func("/vet/attributes-carry-no-citizen-numbers", test_attributes_carry_no_citizen_numbers);
    g_test_add_func("/vet/only-an-authority-ties-numbers", test_only_an_authority_ties_numbers);
    return g_test_run();
}
