/* What keeps a spool small, and what happens when it is not: its size, quarantine that is dropped. */
#include "tests/lib/spool-test.h"

#include "spool/chore.h"
#include "spool/keeping.h"

#include <sys/stat.h>

#define TEST(name) static void name(Place *place, const void *unused)

static HtSpoolStatus status_of(Place *place)
{
    HtSpoolStatus status;
    ht_spool_status(place->spool, &status);
    return status;
}

/* ---- Chores ---- */

typedef struct {
    bool done;
    uint64_t count;
    GError *error;
} ChoreAnswer;

static void on_chore(uint64_t count, const GError *error, void *user)
{
    ChoreAnswer *answer = user;
    *answer = (ChoreAnswer){true, count, error ? g_error_copy(error) : NULL};
}

static uint64_t do_chore(Place *place, const HtSpoolChore *chore)
{
    ChoreAnswer answer = {false, 0, NULL};
    ht_spool_chore(place->spool, chore, on_chore, &answer);
    while (!answer.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_no_error(answer.error);
    return answer.count;
}

/* ---- Its size ---- */

static char padding[8192];

static HtSpoolMessage *large_message(unsigned number)
{
    g_autofree char *key = g_strdup_printf("large-%u", number);
    HtSpoolMessage *message = message_new("hukou", key);
    message->reply = (HtText){padding, sizeof padding};
    message->reply_type = HT_TEXT_LITERAL("text/plain");
    message_add(message, message->key.data);
    return message;
}

/* Sends until the spool takes no more; how many it took. */
static unsigned fill(Place *place, unsigned first)
{
    for (unsigned i = 0; i < 20000; i++) {
        Answer answer = spool_take(place->spool, large_message(first + i));
        bool refused = answer.error != NULL;
        if (refused) {
            g_assert_error(answer.error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CAPPED);
            g_assert_nonnull(strstr(answer.error->message, "max-size"));
        }
        answer_clear(&answer);
        if (refused) {
            return i;
        }
    }
    g_error("the spool was never at its size");
}

TEST(test_at_its_size_nothing_is_taken_and_nothing_lost)
{
    (void)unused;
    place_close(place);
    place->options.limits.most_bytes = 2 << 20;
    place_open(place);
    g_assert_cmpuint(status_of(place).size_level, ==, 0);
    unsigned taken = fill(place, 0);
    g_assert_cmpuint(taken, >, 50);
    HtSpoolStatus status = status_of(place);
    g_assert_cmpuint(status.size_level, ==, 100);
    g_assert_true(status.intake_stopped);
    g_assert_cmpuint(status.used_bytes, >=, status.most_bytes);
    g_assert_cmpuint(status.last_sequence, ==, taken);

    uint64_t cursor; /* delivery goes on, */
    g_assert_true(ht_spool_cursor_open(place->spool, "platform", 0, &cursor, NULL));
    HtSpoolChore chore = {.kind = HT_SPOOL_CHORE_DROP_HELD, .id = ht_uuid_new()};
    g_assert_cmpuint(do_chore(place, &chore), ==, 0); /* and so do chores */

    place_close(place);
    place->options.limits.most_bytes = 4 << 20;
    place_open(place);
    HtReceipt receipt = spool_take_well(place->spool, large_message(taken)); /* which was refused */
    g_assert_cmpuint(receipt.sequence, ==, taken + 1);
    g_assert_true(spool_take_well(place->spool, large_message(taken - 1)).resent);
}

TEST(test_the_way_to_its_size_is_told)
{
    (void)unused;
    unsigned seen = 0, number = 0;
    place_close(place);
    place->options.limits.most_bytes = 2 << 20;
    place_open(place);
    for (HtSpoolStatus status = status_of(place); status.size_level < 100; status = status_of(place)) {
        g_assert_cmpuint(status.size_level, >=, seen);
        seen = status.size_level;
        place_close(place); /* so that it is measured each time, however fast this is */
        place_open(place);
        Answer answer = spool_take(place->spool, large_message(number++));
        answer_clear(&answer);
        g_assert_cmpuint(number, <, 1000);
    }
    g_assert_cmpuint(seen, ==, 90);
}

/* ---- Quarantine ---- */

static HtUuid hold(Place *place, const char *key)
{
    Answer answer = {.done = false};
    HtSpoolMessage *message = message_new("hukou", key);
    message->payload = g_bytes_new("<x/>", 4);
    message->sha256[0] = 9;
    ht_spool_quarantine(place->spool, message, "not-well-formed", keep_answer, &answer);
    answer_wait(&answer);
    g_assert_no_error(answer.error);
    HtUuid id = answer.receipt.id;
    answer_clear(&answer);
    return id;
}

TEST(test_what_is_dropped_is_held_no_more)
{
    (void)unused;
    HtSpoolChore chore = {.kind = HT_SPOOL_CHORE_DROP_HELD, .id = hold(place, "m1")};
    g_assert_cmpuint(status_of(place).quarantined, ==, 1);
    HtSpoolChore other = {.kind = HT_SPOOL_CHORE_DROP_HELD, .id = ht_uuid_new()};
    g_assert_cmpuint(do_chore(place, &other), ==, 0);
    g_assert_cmpuint(status_of(place).quarantined, ==, 1);
    g_assert_cmpuint(do_chore(place, &chore), ==, 1);
    g_assert_cmpuint(status_of(place).quarantined, ==, 0);
    g_assert_cmpuint(do_chore(place, &chore), ==, 0);
    hold(place, "m1"); /* comes again: it is held anew */
    g_assert_cmpuint(status_of(place).quarantined, ==, 1);
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM quarantine"), ==, 1);
}

/* ---- Pruning ---- */

/* As long as the test runs. */
static const char *keep_bytes(const HtBuffer *bytes)
{
    static GStringChunk *kept;
    kept = kept ? kept : g_string_chunk_new(65536);
    return g_string_chunk_insert_len(kept, bytes->data, (gssize)bytes->size);
}

/* One message of one event about somebody, with this much data. */
static HtSpoolMessage *fact(const char *key, const char *what, const char *padding_value)
{
    HtSpoolMessage *message = message_new("hukou", key);
    HtEvent *event = message_add(message, key);
    HtBuffer data = {0};
    HtItem item = {
        .kind = HT_ITEM_ELEMENT, .name = HT_TEXT_LITERAL("person.name"), .value = ht_text_from(what)};
    HtItem more = {.kind = HT_ITEM_ELEMENT,
                   .name = HT_TEXT_LITERAL("person.note"),
                   .value = ht_text_from(padding_value)};
    ht_item_pack(&data, &item);
    ht_item_pack(&data, &more);
    event->data = (HtText){keep_bytes(&data), data.size};
    ht_buffer_clear(&data);
    event->attr[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.registered.v1");
    event->attr[HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert");
    event->attr[HT_ATTR_TIME] = HT_TEXT_LITERAL("2026-11-20T08:00:00+08:00");
    event->attr[HT_ATTR_BUSINESSID] = HT_TEXT_LITERAL("B-7");
    event_identify(event, "idNumber", "990104198001019915", false);
    return message;
}

static uint64_t hollow(Place *place, uint64_t first, uint64_t last)
{
    HtSpoolRun run = {first, last, 0};
    g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
    g_array_append_val(runs, run);
    HtSpoolChore chore = {.kind = HT_SPOOL_CHORE_HOLLOW, .runs = runs};
    return do_chore(place, &chore);
}

static const char *long_text(void)
{
    static char text[2000];
    memset(text, 'x', sizeof text - 1);
    return text;
}

TEST(test_a_pruned_event_is_known_again)
{
    (void)unused;
    HtReceipt first = spool_take_well(place->spool, fact("k1", "甲", long_text()));
    g_assert_cmpuint(hollow(place, 1, 1), ==, 1);
    g_assert_cmpuint(hollow(place, 1, 1), ==, 0); /* again: nothing more */
    HtReceipt again = spool_take_well(place->spool, fact("k1", "甲", long_text()));
    g_assert_true(again.resent);
    g_assert_cmpmem(again.id.bytes, HT_UUID_SIZE, first.id.bytes, HT_UUID_SIZE);
    g_assert_cmpuint(again.sequence, ==, 1);
    place_close(place);
    place_open(place);
    g_assert_true(spool_take_well(place->spool, fact("k1", "甲", long_text())).resent);
    HtSpoolPage *page = spool_page(place->spool, 0, 10, 1 << 20);
    const HtStoredEvent *event = page_event(page, 0);
    g_assert_cmpint(event->state, ==, HT_STORED_REMOVED);
    g_assert_true(ht_text_is(event->event.attr[HT_ATTR_TYPE], "person.registered.v1"));
    g_assert_cmpuint(event->event.data.size, ==, 0);
    ht_spool_page_free(page);
}

/* A message of three facts with its payload and a fault; its id. */
static HtUuid keep_three(Place *place, const char *key)
{
    HtSpoolMessage *message = message_new("hukou", key);
    HtUuid id = message->id;
    HtFault fault;
    for (unsigned i = 0; i < 3; i++) {
        g_autofree char *own = g_strdup_printf("%s-%u", key, i);
        message_add(message, keep_text(own));
    }
    message->payload = g_bytes_new("<x/>", 4);
    message->faults = g_array_new(FALSE, FALSE, sizeof(HtFault));
    ht_fault_set(&fault, "required-missing", "an element is missing");
    g_array_append_val(message->faults, fault);
    spool_take_well(place->spool, message);
    return id;
}

/* Of the open spool. */
static bool has_payload(Place *place, const HtUuid *id)
{
    place_close(place);
    g_autoptr(GBytes) payload = place_payload(place, id);
    place_open(place);
    return payload != NULL;
}

/* The payload says what its events said: it goes with the last of them, whatever the order, and not before; that of others stays. */
TEST(test_a_payload_goes_with_the_last_of_its_events)
{
    static const unsigned orders[][3] = {{1, 2, 3}, {3, 1, 2}, {2, 3, 1}};
    (void)unused;
    HtUuid other = keep_three(place, "other");
    for (unsigned i = 0; i < G_N_ELEMENTS(orders); i++) {
        g_autofree char *key = g_strdup_printf("m%u", i);
        HtUuid id = keep_three(place, key);
        uint64_t before = 3 * (i + 1);
        for (unsigned k = 0; k < 3; k++) {
            g_assert_true(has_payload(place, &id));
            g_assert_cmpuint(hollow(place, before + orders[i][k], before + orders[i][k]), ==, 1);
        }
        g_assert_false(has_payload(place, &id));
        g_assert_true(has_payload(place, &other));
    }
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM payloads"), ==, 1);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM faults"), ==, 1);
    place_open(place);
}

typedef struct {
    GArray *numbers; /* of HtSpoolRun */
} Eventless;

static bool note_eventless(const HtSpoolEventless *message, void *user)
{
    HtSpoolRun run = {message->number, message->number, 0};
    g_assert_cmpstr(message->source, ==, "hukou");
    g_assert_cmpint(message->received_us, >, 0);
    g_assert_cmpuint(message->bytes, >, 0);
    g_array_append_val(((Eventless *)user)->numbers, run);
    return true;
}

static HtUuid keep_empty(Place *place, const char *key)
{
    HtSpoolMessage *message = message_new("hukou", key);
    HtUuid id = message->id;
    message->payload = g_bytes_new("<x/>", 4);
    spool_take_well(place->spool, message);
    return id;
}

/* With nothing that it would go with: found, and forgotten when that is asked for; that of a message with events is not touched. */
TEST(test_a_payload_without_events_can_be_forgotten)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    HtUuid other = keep_three(place, "other"), id = keep_empty(place, "empty"),
           last = keep_empty(place, "last");
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
    Eventless found = {numbers};
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(place->directory, &error);
    g_assert_no_error(error);
    uint64_t end = 0;
    g_assert_true(ht_spool_look_last_message(look, &end, &error));
    g_assert_true(ht_spool_look_eventless(look, 0, end, note_eventless, &found, &error));
    g_assert_cmpuint(numbers->len, ==, 2);
    g_clear_pointer(&look, ht_spool_look_close);
    HtSpoolRun all = {1, g_array_index(numbers, HtSpoolRun, 0).last, 0};
    g_array_set_size(numbers, 0);
    g_array_append_val(numbers, all);
    const HtSpoolChore chore = {.kind = HT_SPOOL_CHORE_FORGET, .runs = numbers};
    g_assert_cmpuint(do_chore(place, &chore), ==, 1);
    g_assert_cmpuint(do_chore(place, &chore), ==, 0);
    g_assert_false(has_payload(place, &id));
    g_assert_true(has_payload(place, &other));
    g_assert_true(has_payload(place, &last));
    g_assert_true(spool_take_well(place->spool, message_new("hukou", "empty")).resent); /* and known */
}

TEST(test_a_correction_of_a_pruned_event_names_it)
{
    (void)unused;
    spool_take_well(place->spool, fact("k1", "甲", ""));
    g_assert_cmpuint(hollow(place, 1, 1), ==, 1);
    g_assert_cmpuint(spool_take_well(place->spool, fact("k1", "乙", "")).events, ==, 1);
    HtSpoolPage *page = spool_page(place->spool, 1, 10, 1 << 20);
    const HtStoredEvent *event = page_event(page, 0);
    g_assert_cmpint(event->state, ==, HT_STORED_WHOLE);
    g_assert_true(ht_text_is(event->event.attr[HT_ATTR_ACTION], "correct"));
    g_assert_nonnull(event->event.attr[HT_ATTR_REVERSES].data);
    ht_spool_page_free(page);
}

/* What an older version pruned: its known keys stood in a tree. */
TEST(test_what_an_older_format_pruned_is_known_again)
{
    (void)unused;
    HtReceipt first = spool_take_well(place->spool, fact("k1", "甲", long_text()));
    HtReceipt whole = spool_take_well(place->spool, fact("k2", "乙", long_text()));
    g_assert_cmpuint(hollow(place, 1, 1), ==, 1);
    place_close(place);
    place_make_9(place);
    place_open(place);
    HtReceipt again = spool_take_well(place->spool, fact("k1", "甲", long_text()));
    g_assert_true(again.resent);
    g_assert_cmpmem(again.id.bytes, HT_UUID_SIZE, first.id.bytes, HT_UUID_SIZE);
    g_assert_cmpuint(spool_take_well(place->spool, fact("k2", "乙", long_text())).sequence, ==,
                     whole.sequence);
    g_assert_cmpuint(spool_take_well(place->spool, fact("k1", "丙", "")).events, ==, 1);
    HtSpoolPage *page = spool_page(place->spool, 0, 10, 1 << 20);
    g_assert_cmpint(page_event(page, 0)->state, ==, HT_STORED_REMOVED);
    g_assert_cmpint(page_event(page, 1)->state, ==, HT_STORED_WHOLE);
    g_assert_nonnull(page_event(page, 2)->event.attr[HT_ATTR_REVERSES].data);
    ht_spool_page_free(page);
    place_close(place);
    g_autoptr(GString) report = g_string_new(NULL);
    g_assert_cmpint(ht_spool_check(place->directory, report, NULL), ==, 0);
}

/* Those between them, in the same row, stay whole. */
TEST(test_only_what_is_asked_for_is_pruned)
{
    (void)unused;
    enum { COUNT = 9 };
    HtSpoolMessage *message = message_new("hukou", "many");
    for (unsigned i = 0; i < COUNT; i++) {
        g_autofree char *key = g_strdup_printf("part-%u", i);
        message_add(message, keep_text(key));
    }
    spool_take_well(place->spool, message);
    HtSpoolRun wanted[] = {{2, 3, 0}, {5, 5, 0}, {9, 20, 0}};
    g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
    g_array_append_vals(runs, wanted, G_N_ELEMENTS(wanted));
    HtSpoolChore chore = {.kind = HT_SPOOL_CHORE_HOLLOW, .runs = runs};
    g_assert_cmpuint(do_chore(place, &chore), ==, 4);
    HtSpoolPage *page = spool_page(place->spool, 0, 100, 1 << 20);
    g_assert_cmpuint(page->events->len, ==, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        bool pruned = i == 1 || i == 2 || i == 4 || i == 8;
        g_assert_cmpint(page_event(page, i)->state, ==, pruned ? HT_STORED_REMOVED : HT_STORED_WHOLE);
    }
    ht_spool_page_free(page);
    place_close(place);
    g_autoptr(GString) report = g_string_new(NULL);
    g_assert_cmpint(ht_spool_check(place->directory, report, NULL), ==, 0);
}

TEST(test_room_is_given_back_to_the_disk)
{
    (void)unused;
    enum { COUNT = 400 };
    struct stat before, after;
    for (unsigned i = 0; i < COUNT; i++) {
        g_autofree char *key = g_strdup_printf("k-%u", i);
        spool_take_well(place->spool, fact(keep_text(key), keep_text(key), long_text()));
    }
    place_close(place);
    g_assert_cmpint(stat(place->path, &before), ==, 0);
    place_open(place);
    g_assert_cmpuint(hollow(place, 1, COUNT), ==, COUNT);
    HtSpoolChore chore = {.kind = HT_SPOOL_CHORE_GIVE_BACK, .pages = 64};
    unsigned slices = 0;
    while (do_chore(place, &chore) > 0) {
        slices++;
    }
    g_assert_cmpuint(slices, >, 1);
    place_close(place);
    g_assert_cmpint(stat(place->path, &after), ==, 0);
    g_assert_cmpint(after.st_size, <, before.st_size / 2);
    g_autoptr(GString) report = g_string_new(NULL);
    g_assert_cmpint(ht_spool_check(place->directory, report, NULL), ==, 0);
    place_open(place);
    g_assert_true(spool_take_well(place->spool, fact("k-7", "k-7", long_text())).resent);
}

/* The map of pages that giving back needs is damaged: that is not done, and everything else is. */
TEST(test_room_that_cannot_be_given_back_harms_nothing)
{
    (void)unused;
    enum { COUNT = 200 };
    for (unsigned i = 0; i < COUNT; i++) {
        g_autofree char *key = g_strdup_printf("k-%u", i);
        spool_take_well(place->spool, fact(keep_text(key), keep_text(key), long_text()));
    }
    hollow(place, 1, COUNT);
    place_close(place);
    FILE *file = fopen(place->path, "r+e");
    g_assert_cmpint(fseek(file, 4096, SEEK_SET), ==, 0); /* page 2 */
    for (unsigned i = 0; i < 4000; i++) {
        putc(0xee, file);
    }
    g_assert_cmpint(fclose(file), ==, 0);
    place_open(place);
    ChoreAnswer answer = {false, 0, NULL};
    HtSpoolChore chore = {.kind = HT_SPOOL_CHORE_GIVE_BACK, .pages = 64};
    ht_spool_chore(place->spool, &chore, on_chore, &answer);
    while (!answer.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_error(answer.error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT);
    g_clear_error(&answer.error);
    g_assert_false(status_of(place).failed);
    g_assert_cmpuint(spool_take_well(place->spool, fact("new", "新", "")).events, ==, 1);
}

/* ---- Against a model ---- */

#define NUMBERS 24
#define CONTENTS 3

/* What the spool is to know of each number. */
typedef struct {
    int content;       /* the latest; -1: none yet */
    uint64_t sequence; /* of the latest event, */
    HtUuid message;    /* which that message brought */
} Model;

static void say(Place *place, Model models[NUMBERS], unsigned number, int content, uint64_t *last)
{
    static const char *const names[CONTENTS] = {"甲", "乙", "丙"};
    g_autofree char *key = g_strdup_printf("n-%u", number);
    Model *model = &models[number];
    HtReceipt receipt = spool_take_well(place->spool, fact(keep_text(key), names[content], long_text()));
    if (content == model->content) {
        g_assert_true(receipt.resent);
        g_assert_cmpuint(receipt.sequence, ==, model->sequence);
        g_assert_cmpmem(receipt.id.bytes, HT_UUID_SIZE, model->message.bytes, HT_UUID_SIZE);
        return;
    }
    g_assert_false(receipt.resent);
    g_assert_cmpuint(receipt.events, ==, 1);
    g_assert_cmpuint(receipt.sequence, ==, ++*last);
    HtSpoolPage *page = spool_page(place->spool, receipt.sequence - 1, 1, 1);
    HtText action = page_event(page, 0)->event.attr[HT_ATTR_ACTION];
    g_assert_true(ht_text_is(action, model->content < 0 ? "assert" : "correct"));
    ht_spool_page_free(page);
    *model = (Model){content, receipt.sequence, receipt.id};
}

/* Whatever is pruned, and when: what is sent again is known, what is corrected names what it corrects, and what was not pruned is whole. */
TEST(test_pruning_changes_nothing_that_is_known)
{
    (void)unused;
    Model models[NUMBERS];
    uint64_t last = 0;
    g_autoptr(GHashTable) pruned = g_hash_table_new(NULL, NULL);
    for (unsigned i = 0; i < NUMBERS; i++) {
        models[i] = (Model){.content = -1};
    }
    for (unsigned step = 0; step < 600; step++) {
        int what = g_test_rand_int_range(0, 20);
        if (what == 0 && last > 0) {
            uint64_t first = (uint64_t)g_test_rand_int_range(1, (gint32)last + 1);
            uint64_t more = (uint64_t)g_test_rand_int_range(0, 30), end = MIN(last, first + more);
            uint64_t fresh = 0;
            for (uint64_t i = first; i <= end; i++) {
                fresh += g_hash_table_add(pruned, GSIZE_TO_POINTER(i));
            }
            g_assert_cmpuint(hollow(place, first, end), ==, fresh);
        } else if (what == 1) {
            HtSpoolChore chore = {.kind = HT_SPOOL_CHORE_GIVE_BACK, .pages = 8};
            do_chore(place, &chore);
        } else if (what == 2) {
            place_close(place);
            place_open(place);
        } else {
            say(place, models, (unsigned)g_test_rand_int_range(0, NUMBERS),
                g_test_rand_int_range(0, CONTENTS), &last);
        }
    }
    for (uint64_t after = 0; after < last;) {
        HtSpoolPage *page = spool_page(place->spool, after, 1000, 1 << 20);
        for (guint i = 0; i < page->events->len; i++) {
            const HtStoredEvent *event = page_event(page, i);
            bool gone = g_hash_table_contains(pruned, GSIZE_TO_POINTER(event->sequence));
            g_assert_cmpuint(event->sequence, ==, ++after);
            g_assert_cmpint(event->state, ==, gone ? HT_STORED_REMOVED : HT_STORED_WHOLE);
        }
        ht_spool_page_free(page);
    }
    place_close(place);
    g_autoptr(GString) report = g_string_new(NULL);
    g_assert_cmpint(ht_spool_check(place->directory, report, NULL), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    place_add_open_test("/spool/size/nothing-is-taken-above-it-and-nothing-lost", NULL,
                        test_at_its_size_nothing_is_taken_and_nothing_lost);
    place_add_open_test("/spool/size/the-way-to-it-is-told", NULL, test_the_way_to_its_size_is_told);
    place_add_open_test("/spool/quarantine/what-is-dropped-is-held-no-more", NULL,
                        test_what_is_dropped_is_held_no_more);
    place_add_open_test("/spool/pruned/an-event-is-known-again", NULL, test_a_pruned_event_is_known_again);
    place_add_open_test("/spool/pruned/a-payload-goes-with-the-last-of-its-events", NULL,
                        test_a_payload_goes_with_the_last_of_its_events);
    place_add_open_test("/spool/pruned/a-payload-without-events-can-be-forgotten", NULL,
                        test_a_payload_without_events_can_be_forgotten);
    place_add_open_test("/spool/pruned/a-correction-names-the-event", NULL,
                        test_a_correction_of_a_pruned_event_names_it);
    place_add_open_test("/spool/pruned/what-an-older-format-pruned-is-known-again", NULL,
                        test_what_an_older_format_pruned_is_known_again);
    place_add_open_test("/spool/pruned/only-what-is-asked-for-goes", NULL,
                        test_only_what_is_asked_for_is_pruned);
    place_add_open_test("/spool/pruned/room-is-given-back-to-the-disk", NULL,
                        test_room_is_given_back_to_the_disk);
    place_add_open_test("/spool/pruned/room-that-cannot-be-given-back-harms-nothing", NULL,
                        test_room_that_cannot_be_given_back_harms_nothing);
    place_add_open_test("/spool/pruned/nothing-that-is-known-changes", NULL,
                        test_pruning_changes_nothing_that_is_known);
    return g_test_run();
}
