/* A known number is not known content: what comes again under a number, in one message or in several, after a restart and a
 * merge, and in a file of an older format. Numbers are synthetic (prefix 99). */
#include "tests/lib/spool-test.h"

#include "spool/keys.h"

#define TEST(name) static void name(Place *place, const void *unused)

#define MOTHER "990104198806020016"
#define CHILD "990104201906020013"

/* One event: what is said under which number, of whom. */
typedef struct {
    const char *key, *name, *person, *action;
} Saying;

static void put_name(HtEvent *event, const char *name)
{
    static HtBuffer kept[400];
    static unsigned next;
    HtBuffer *data = &kept[next++ % G_N_ELEMENTS(kept)];
    HtItem item = {HT_ITEM_ELEMENT, HT_TEXT_LITERAL("person.name"), ht_text_from(name),
                   .form = HT_VALUE_STRING};
    ht_buffer_reset(data, 1 << 10);
    ht_item_pack(data, &item);
    event->data = ht_buffer_text(data);
}

static void say(HtSpoolMessage *message, Saying saying)
{
    HtEvent *event = message_add(message, saying.key);
    event->attr[HT_ATTR_TIME] = HT_TEXT_LITERAL("2026-11-01T00:00:00+08:00");
    event->attr[HT_ATTR_ACTION] = ht_text_from(saying.action ? saying.action : "assert");
    put_name(event, saying.name);
    if (saying.person) {
        event_identify(event, "idNumber", saying.person, false);
    }
}

/* A message of one event, known by its number. */
static HtReceipt send_one(Place *place, Saying saying)
{
    static unsigned others;
    g_autofree char *key = saying.key ? g_strdup(saying.key) : g_strdup_printf("\002%u", ++others);
    HtSpoolMessage *message = message_new("hukou", key);
    message->authority = true;
    say(message, saying);
    return spool_take_well(place->spool, message);
}

/* A message known by its payload, which `key` stands for. */
static HtReceipt send_batch(Place *place, const char *key, const Saying *sayings)
{
    HtSpoolMessage *message = message_new("hukou", key);
    for (; sayings->name; sayings++) {
        say(message, *sayings);
    }
    return spool_take_well(place->spool, message);
}

#define SAYINGS(...) ((const Saying[]){__VA_ARGS__, {NULL, NULL, NULL, NULL}})

typedef struct {
    char action[20], reverses[80], mark[80], subject[40], id[HT_UUID_TEXT];
} Stored;

static Stored stored_at(Place *place, uint64_t sequence)
{
    Stored stored = {.action = ""};
    HtSpoolPage *page = spool_page(place->spool, sequence - 1, 1, 1);
    const HtStoredEvent *event = page_event(page, 0);
    const HtText *attr = event->event.attr;
    HtUnpack unpack = ht_unpack(event->event.data.data, event->event.data.size);
    HtItem item;
    memcpy(stored.action, attr[HT_ATTR_ACTION].data, attr[HT_ATTR_ACTION].size);
    if (attr[HT_ATTR_REVERSES].data) {
        memcpy(stored.reverses, attr[HT_ATTR_REVERSES].data, attr[HT_ATTR_REVERSES].size);
    }
    while (ht_item_next(&unpack, &item)) {
        if (item.kind == HT_ITEM_QUALITY) {
            memcpy(stored.mark, item.value.data, item.value.size);
        }
    }
    memcpy(stored.subject, event->subject.data, event->subject.size);
    ht_uuid_format(&event->id, stored.id);
    ht_spool_page_free(page);
    return stored;
}

static void expect_stored(Place *place, uint64_t sequence, const char *action, const char *mark)
{
    Stored stored = stored_at(place, sequence);
    g_assert_cmpstr(stored.action, ==, action);
    g_assert_cmpstr(stored.mark, ==, mark);
}

/* ---- One event under its number ---- */

TEST(test_same_content_is_known)
{
    (void)unused;
    HtReceipt first = send_one(place, (Saying){"n1", "甲", CHILD, NULL});
    HtReceipt again = send_one(place, (Saying){"n1", "甲", CHILD, NULL});
    g_assert_true(again.resent);
    g_assert_false(again.other_payload);
    g_assert_cmpmem(&again.id, 16, &first.id, 16);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 1);
}

TEST(test_other_content_is_a_correction)
{
    (void)unused;
    send_one(place, (Saying){"n1", "甲", CHILD, NULL});
    HtReceipt second = send_one(place, (Saying){"n1", "乙", CHILD, NULL});
    g_assert_false(second.resent);
    g_assert_cmpuint(second.events, ==, 1);
    Stored stored = stored_at(place, 2);
    g_assert_cmpstr(stored.action, ==, "correct");
    g_assert_cmpstr(stored.reverses, ==, "n1");
    g_assert_cmpstr(stored.mark, ==, "same-number-other-content");
    g_assert_cmpstr(stored.subject, ==, stored_at(place, 1).subject);
}

/* Each is compared with the latest: what is said once more after something else is a fact again. */
TEST(test_back_to_the_first_is_taken)
{
    (void)unused;
    send_one(place, (Saying){"n1", "甲", CHILD, NULL});
    send_one(place, (Saying){"n1", "乙", CHILD, NULL});
    HtReceipt third = send_one(place, (Saying){"n1", "甲", CHILD, NULL});
    g_assert_false(third.resent);
    g_assert_cmpuint(third.sequence, ==, 3);
    expect_stored(place, 3, "correct", "same-number-other-content");
    HtReceipt again = send_one(place, (Saying){"n1", "甲", CHILD, NULL});
    g_assert_true(again.resent);
    g_assert_cmpmem(&again.id, 16, &third.id, 16);
}

TEST(test_other_person_is_a_fact_of_its_own)
{
    (void)unused;
    send_one(place, (Saying){"n1", "甲", CHILD, NULL});
    HtReceipt second = send_one(place, (Saying){"n1", "甲", MOTHER, NULL});
    g_assert_cmpuint(second.sequence, ==, 2);
    expect_stored(place, 2, "assert", "number-reused");
    g_assert_cmpstr(stored_at(place, 2).reverses, ==, "");
    g_assert_cmpstr(stored_at(place, 2).subject, !=, stored_at(place, 1).subject);
    g_assert_true(send_one(place, (Saying){"n1", "甲", MOTHER, NULL}).resent);
    g_assert_cmpuint(send_one(place, (Saying){"n1", "甲", NULL, NULL}).sequence, ==, 3);
    expect_stored(place, 3, "assert", "number-reused");
}

/* The person's number was corrected meanwhile: it is the same person. */
TEST(test_corrected_person_is_the_same)
{
    (void)unused;
    send_one(place, (Saying){"n1", "甲", MOTHER, NULL});
    HtSpoolMessage *message = message_new("hukou", "correction");
    message->authority = true;
    say(message, (Saying){"correction", "甲", CHILD, "correct"});
    event_identify(&g_array_index(message->events, HtEvent, 0), "idNumber", MOTHER, false);
    spool_take_well(place->spool, message);
    send_one(place, (Saying){"n1", "乙", CHILD, NULL});
    expect_stored(place, 3, "correct", "same-number-other-content");
}

TEST(test_nobody_twice_is_a_correction)
{
    (void)unused;
    send_one(place, (Saying){"n1", "甲", NULL, NULL});
    send_one(place, (Saying){"n1", "乙", NULL, NULL});
    expect_stored(place, 2, "correct", "same-number-other-content");
}

static HtReceipt send_action(Place *place, const char *type, const char *time, Saying saying)
{
    HtSpoolMessage *message = message_new("hukou", "s1");
    message->authority = true;
    say(message, saying);
    HtEvent *event = &g_array_index(message->events, HtEvent, 0);
    event->attr[HT_ATTR_TYPE] = ht_text_from(type);
    event->attr[HT_ATTR_TIME] = ht_text_from(time);
    event->is_state = true;
    return spool_take_well(place->spool, message);
}

static HtReceipt send_state(Place *place, const char *type, const char *time, const char *name,
                            const char *person)
{
    return send_action(place, type, time, (Saying){"s1", name, person, NULL});
}

/* The number is a thing's: another type, or another time, is its next state; and who comes back is taken again. */
TEST(test_states_of_a_thing)
{
    (void)unused;
    const char *in = "insurance.enrolled.v1", *out = "insurance.suspended.v1";
    const char *first = "2003-07-01T00:00:00+08:00", *second = "2008-01-31T00:00:00+08:00";
    send_state(place, in, first, "甲", CHILD);
    g_assert_true(send_state(place, in, first, "甲", CHILD).resent);
    g_assert_cmpuint(send_state(place, out, second, "甲", CHILD).sequence, ==, 2);
    g_assert_cmpuint(send_state(place, in, first, "甲", CHILD).sequence, ==, 3);
    g_assert_cmpuint(send_state(place, in, second, "甲", CHILD).sequence, ==, 4);
    for (uint64_t sequence = 1; sequence <= 4; sequence++) {
        expect_stored(place, sequence, "assert", "");
    }
    send_state(place, in, second, "乙", CHILD);
    expect_stored(place, 5, "correct", "same-number-other-content");
    send_state(place, out, first, "乙", MOTHER);
    expect_stored(place, 6, "assert", "number-reused");
}

/* Only the state that the thing is in has an event that a cancel can name; of another one the thing's number names none. */
TEST(test_cancelled_states)
{
    (void)unused;
    const char *in = "insurance.enrolled.v1", *out = "insurance.suspended.v1";
    const char *first = "2003-07-01T00:00:00+08:00", *second = "2008-01-31T00:00:00+08:00";
    Saying cancel = {"s1", "甲", CHILD, "cancel"}, anothers = {"s1", "甲", MOTHER, "cancel"};
    send_action(place, in, first, cancel);
    expect_stored(place, 1, "cancel", "reversal-unnamed");
    send_state(place, in, first, "甲", CHILD);
    send_action(place, in, first, cancel);
    expect_stored(place, 3, "cancel", "");
    g_assert_cmpstr(stored_at(place, 3).reverses, ==, "s1");
    send_state(place, out, second, "甲", CHILD);
    send_action(place, in, first, cancel);
    expect_stored(place, 5, "cancel", "reversal-unnamed");
    g_assert_cmpstr(stored_at(place, 5).reverses, ==, "");
    send_action(place, in, second, cancel);
    expect_stored(place, 6, "cancel", "reversal-unnamed");
    send_action(place, out, second, anothers);
    Stored reused = stored_at(place, 7); /* both marks; the last one is seen */
    g_assert_cmpstr(reused.mark, ==, "reversal-unnamed");
    g_assert_cmpstr(reused.action, ==, "cancel");
}

/* A cancel whose number no consumer sees names an event, or nothing. */
TEST(test_cancel_without_a_business)
{
    (void)unused;
    for (unsigned i = 0; i < 3; i++) {
        HtSpoolMessage *message = message_new("hukou", "p1");
        say(message, (Saying){"p1", "甲", CHILD, i == 1 ? "assert" : "cancel"});
        g_array_index(message->events, HtEvent, 0).attr[HT_ATTR_BUSINESSID] = HT_TEXT_NONE;
        spool_take_well(place->spool, message);
    }
    expect_stored(place, 1, "cancel", "reversal-unnamed");
    expect_stored(place, 2, "assert", "");
    expect_stored(place, 3, "cancel", "");
    g_assert_cmpstr(stored_at(place, 3).reverses, ==, stored_at(place, 2).id);
}

/* What was cancelled may be said again, under its number. */
TEST(test_actions_are_content)
{
    (void)unused;
    send_one(place, (Saying){"n1", "甲", CHILD, "assert"});
    g_assert_cmpuint(send_one(place, (Saying){"n1", "甲", CHILD, "cancel"}).sequence, ==, 2);
    g_assert_true(send_one(place, (Saying){"n1", "甲", CHILD, "cancel"}).resent);
    g_assert_cmpuint(send_one(place, (Saying){"n1", "甲", CHILD, "assert"}).sequence, ==, 3);
    g_assert_cmpuint(send_one(place, (Saying){"n1", "乙", CHILD, "correct"}).sequence, ==, 4);
    expect_stored(place, 2, "cancel", "");
    g_assert_cmpstr(stored_at(place, 2).reverses, ==, "n1");
    expect_stored(place, 3, "assert", "");
    g_assert_cmpstr(stored_at(place, 3).reverses, ==, "");
    expect_stored(place, 4, "correct", "");
    g_assert_cmpstr(stored_at(place, 4).reverses, ==, "n1");
}

TEST(test_former_event_that_is_gone)
{
    (void)unused;
    send_one(place, (Saying){"n1", "甲", CHILD, NULL});
    place_close(place);
    place_change(
        place,
        "DELETE FROM places; DELETE FROM rows; INSERT INTO meta VALUES('pruned-through', x'0100000000000000')");
    place_open(place);
    g_assert_cmpuint(send_one(place, (Saying){"n1", "甲", CHILD, NULL}).sequence, ==, 2);
    expect_stored(place, 2, "assert", "number-reused");
}

/* A correction names the event where the source gave no number that can be shown. */
TEST(test_correction_names_the_event)
{
    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        HtSpoolMessage *message = message_new("hukou", "n1");
        say(message, (Saying){"n1", i ? "乙" : "甲", CHILD, NULL});
        g_array_index(message->events, HtEvent, 0).attr[HT_ATTR_BUSINESSID] = HT_TEXT_NONE;
        spool_take_well(place->spool, message);
    }
    g_assert_cmpstr(stored_at(place, 2).reverses, ==, stored_at(place, 1).id);
}

/* ---- Without a number ---- */

TEST(test_without_a_number)
{
    (void)unused;
    g_assert_cmpuint(send_one(place, (Saying){NULL, "甲", CHILD, NULL}).events, ==, 1);
    HtReceipt again = send_one(place, (Saying){NULL, "甲", CHILD, NULL});
    g_assert_false(again.resent);
    g_assert_cmpuint(again.events, ==, 0);
    g_assert_cmpuint(again.duplicates, ==, 1);
    g_assert_cmpuint(send_one(place, (Saying){NULL, "乙", CHILD, NULL}).events, ==, 1);
    expect_stored(place, 2, "assert", "");
    g_assert_cmpuint(send_one(place, (Saying){NULL, "甲", MOTHER, NULL}).events, ==, 1);
    g_assert_cmpuint(send_one(place, (Saying){NULL, "甲", NULL, NULL}).events, ==, 1);
    g_assert_cmpuint(send_one(place, (Saying){NULL, "甲", NULL, NULL}).events, ==, 0);
    g_assert_cmpuint(send_one(place, (Saying){NULL, "乙", NULL, NULL}).events, ==, 1);
}

/* ---- Messages ---- */

TEST(test_batch_is_known_while_it_is_still_so)
{
    (void)unused;
    const Saying *batch = SAYINGS({"n1", "甲", CHILD, NULL}, {"n2", "乙", MOTHER, NULL});
    HtReceipt first = send_batch(place, "batch", batch);
    g_assert_true(send_batch(place, "batch", batch).resent);
    send_one(place, (Saying){"n2", "丙", MOTHER, NULL});
    HtReceipt third = send_batch(place, "batch", batch);
    g_assert_false(third.resent);
    g_assert_cmpuint(third.events, ==, 1);
    g_assert_cmpuint(third.duplicates, ==, 1);
    g_assert_cmpuint(third.sequence, ==, 4);
    expect_stored(place, 4, "correct", "same-number-other-content");
    HtReceipt fourth = send_batch(place, "batch", batch);
    g_assert_true(fourth.resent);
    g_assert_cmpmem(&fourth.id, 16, &third.id, 16);
    g_assert_cmpint(memcmp(&fourth.id, &first.id, 16), !=, 0);
}

TEST(test_key_of_another_payload)
{
    (void)unused;
    send_batch(place, "batch", SAYINGS({"n1", "甲", CHILD, NULL}));
    HtSpoolMessage *message = message_new("hukou", "batch");
    memset(message->sha256, 1, sizeof message->sha256);
    say(message, (Saying){"n2", "乙", MOTHER, NULL});
    HtReceipt receipt = spool_take_well(place->spool, message);
    g_assert_true(receipt.other_payload);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 1);
    HtSpoolStatus status;
    ht_spool_status(place->spool, &status);
    g_assert_cmpuint(status.resent, ==, 0);
}

/* An event that came in a batch and then alone: the second message of it has a receipt of its own, and keeps it. */
TEST(test_event_of_a_batch_sent_alone)
{
    (void)unused;
    HtReceipt batch =
        send_batch(place, "batch", SAYINGS({"n1", "甲", CHILD, NULL}, {"n2", "乙", MOTHER, NULL}));
    HtReceipt alone = send_one(place, (Saying){"n1", "甲", CHILD, NULL});
    HtReceipt again = send_one(place, (Saying){"n1", "甲", CHILD, NULL});
    g_assert_false(alone.resent);
    g_assert_cmpuint(alone.duplicates, ==, 1);
    g_assert_true(again.resent);
    g_assert_cmpmem(&again.id, 16, &alone.id, 16);
    g_assert_cmpint(memcmp(&batch.id, &alone.id, 16), !=, 0);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 2);
}

/* ---- Several contents under one number in one message ---- */

#define LOAD SAYINGS({"n1", "甲", CHILD, NULL}, {"n2", "乙", MOTHER, NULL}, {"n1", "丙", CHILD, NULL})

TEST(test_full_load_again)
{
    (void)unused;
    g_assert_cmpuint(send_batch(place, "monday", LOAD).events, ==, 3);
    expect_stored(place, 3, "correct", "same-number-other-content");
    for (unsigned i = 0; i < 2; i++) {
        HtReceipt again = send_batch(place, i ? "wednesday" : "tuesday", LOAD);
        g_assert_false(again.resent);
        g_assert_cmpuint(again.events, ==, 0);
        g_assert_cmpuint(again.duplicates, ==, 3);
        place_close(place);
        place_open(place);
    }
}

/* What was said with the latest content is no news in a full load, and is news alone. */
TEST(test_one_of_several_sent_alone)
{
    (void)unused;
    send_batch(place, "monday", LOAD);
    g_assert_cmpuint(send_one(place, (Saying){"n1", "甲", CHILD, NULL}).events, ==, 1);
    g_assert_cmpuint(send_batch(place, "tuesday", LOAD).events, ==, 1);
    g_assert_cmpuint(send_batch(place, "wednesday", LOAD).events, ==, 0);
}

TEST(test_full_load_in_another_order)
{
    (void)unused;
    send_batch(place, "monday", LOAD);
    HtReceipt turned =
        send_batch(place, "tuesday",
                   SAYINGS({"n1", "丙", CHILD, NULL}, {"n1", "甲", CHILD, NULL}, {"n2", "乙", MOTHER, NULL}));
    g_assert_cmpuint(turned.events, ==, 1);
    g_assert_cmpuint(turned.duplicates, ==, 2);
}

TEST(test_history_within_a_message)
{
    (void)unused;
    const Saying *history = SAYINGS({"n1", "甲", CHILD, NULL}, {"n1", "乙", CHILD, NULL},
                                    {"n1", "甲", CHILD, NULL}, {"n1", "甲", CHILD, NULL});
    HtReceipt first = send_batch(place, "monday", history);
    g_assert_cmpuint(first.events, ==, 3);
    g_assert_cmpuint(first.duplicates, ==, 1);
    g_assert_cmpuint(send_batch(place, "tuesday", history).duplicates, ==, 4);
}

/* ---- Files ---- */

TEST(test_survives_merges_and_restarts)
{
    (void)unused;
    enum { COUNT = 300 };
    place_close(place);
    ht_spool_hooks.keys_merge_at = 50;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            g_autofree char *key = g_strdup_printf("n%u", i);
            if (i % 70 == 0) {
                place_open(place);
            }
            HtReceipt receipt = send_one(place, (Saying){key, round > 0 ? "乙" : "甲", CHILD, NULL});
            g_assert_cmpint(receipt.resent, ==, round == 2);
            if (i % 70 == 69 || i == COUNT - 1) {
                place_close(place);
            }
        }
    }
    ht_spool_hooks.keys_merge_at = HT_SPOOL_KEYS_MERGE_AT;
    g_autoptr(GString) report = g_string_new(NULL);
    g_assert_cmpint(ht_spool_check(place->directory, report, NULL), ==, 0);
    place_open(place);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 2 * COUNT);
}

/* As a file of format 3 had it: keys without sequences, events without contents. */
static void make_format_3(Place *place)
{
    send_batch(place, "batch", SAYINGS({"n1", "甲", CHILD, NULL}, {"n2", "乙", MOTHER, NULL}));
    send_one(place, (Saying){"n3", "丙", CHILD, NULL});
    for (unsigned i = 0; i < 4; i++) { /* moves the keys from the log into the table */
        g_autofree char *key = g_strdup_printf("empty-%u", i);
        spool_take_well(place->spool, message_new("hukou", key));
    }
    place_close(place);
    place_make_older(place);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM keys WHERE value >> 62 & 1"), ==, 3);
    place_change(place, "UPDATE keys SET value = CASE WHEN value & 3 = 3 THEN 2 << 2 | 3 ELSE 2 END"
                        " WHERE value >> 62 & 1;"
                        "ALTER TABLE events DROP COLUMN content;"
                        " ALTER TABLE cursors DROP COLUMN finished; PRAGMA user_version = 3");
}

TEST(test_migrates_format_3)
{
    (void)unused;
    place_close(place);
    ht_spool_hooks.keys_merge_at = 1;
    place_open(place);
    make_format_3(place);
    ht_spool_hooks.keys_merge_at = HT_SPOOL_KEYS_MERGE_AT;
    place_open(place);
    /* The same payload is known. */
    g_assert_true(
        send_batch(place, "batch", SAYINGS({"n1", "甲", CHILD, NULL}, {"n2", "乙", MOTHER, NULL})).resent);
    g_assert_true(send_one(place, (Saying){"n3", "丙", CHILD, NULL}).resent);
    /* In another payload nobody can tell: it is taken, with a mark. */
    g_assert_cmpuint(
        send_batch(place, "other", SAYINGS({"n1", "甲", CHILD, NULL}, {"n4", "乙", MOTHER, NULL})).events, ==,
        2);
    expect_stored(place, 4, "assert", "number-reused");
    HtSpoolMessage *message = message_new("hukou", "n3");
    memset(message->sha256, 1, sizeof message->sha256);
    say(message, (Saying){"n3", "丁", CHILD, NULL});
    g_assert_cmpuint(spool_take_well(place->spool, message).events, ==, 1);
    expect_stored(place, 6, "correct", "same-number-other-content");
    g_assert_true(send_one(place, (Saying){"n3", "丁", CHILD, NULL}).resent);
    place_close(place);
    g_autoptr(GString) report = g_string_new(NULL);
    ht_spool_check(place->directory, report, NULL);
    g_assert_cmpstr(report->str, ==, "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    place_add_open_test("/spool/content/the-same-again-is-known", NULL, test_same_content_is_known);
    place_add_open_test("/spool/content/other-content-is-a-correction", NULL,
                        test_other_content_is_a_correction);
    place_add_open_test("/spool/content/back-to-the-first-is-taken", NULL, test_back_to_the_first_is_taken);
    place_add_open_test("/spool/content/another-person-is-a-fact-of-its-own", NULL,
                        test_other_person_is_a_fact_of_its_own);
    place_add_open_test("/spool/content/a-corrected-person-is-the-same", NULL,
                        test_corrected_person_is_the_same);
    place_add_open_test("/spool/content/nobody-twice-is-a-correction", NULL,
                        test_nobody_twice_is_a_correction);
    place_add_open_test("/spool/content/states-of-a-thing", NULL, test_states_of_a_thing);
    place_add_open_test("/spool/content/cancelled-states", NULL, test_cancelled_states);
    place_add_open_test("/spool/content/a-cancel-without-a-business", NULL, test_cancel_without_a_business);
    place_add_open_test("/spool/content/actions-are-content", NULL, test_actions_are_content);
    place_add_open_test("/spool/content/a-former-event-that-is-gone", NULL, test_former_event_that_is_gone);
    place_add_open_test("/spool/content/a-correction-names-the-event", NULL, test_correction_names_the_event);
    place_add_open_test("/spool/content/without-a-number", NULL, test_without_a_number);
    place_add_open_test("/spool/content/a-batch-is-known-while-it-is-still-so", NULL,
                        test_batch_is_known_while_it_is_still_so);
    place_add_open_test("/spool/content/the-key-of-another-payload", NULL, test_key_of_another_payload);
    place_add_open_test("/spool/content/an-event-of-a-batch-sent-alone", NULL,
                        test_event_of_a_batch_sent_alone);
    place_add_open_test("/spool/content/a-full-load-again-is-no-news", NULL, test_full_load_again);
    place_add_open_test("/spool/content/one-of-several-sent-alone-is-news", NULL,
                        test_one_of_several_sent_alone);
    place_add_open_test("/spool/content/a-full-load-in-another-order", NULL, test_full_load_in_another_order);
    place_add_open_test("/spool/content/a-history-within-a-message", NULL, test_history_within_a_message);
    place_add_open_test("/spool/content/survives-merges-and-restarts", NULL,
                        test_survives_merges_and_restarts);
    place_add_open_test("/spool/content/migrates-format-3", NULL, test_migrates_format_3);
    return g_test_run();
}
