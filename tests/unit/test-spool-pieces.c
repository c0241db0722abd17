/* A large message is taken piece by piece beside the others: there when it is whole, and as if it had been taken at once. */
#include "spool/hash.h"
#include "tests/lib/spool-test.h"

#define LARGE_BYTES 16 /* a key that is so long makes a message large: its backing counts */
#define EVENTS 24U
#define PIECE 4U

typedef struct {
    Place place;
} Fixture;

/* What the writer's thread does at a piece: waits for the test, when it is told to. */
static struct {
    GMutex lock;
    GCond changed;
    unsigned pieces, wholes;
    unsigned hold_at; /* this piece; 0: none */
} steps;

static void note_step(const char *name)
{
    g_mutex_lock(&steps.lock);
    steps.pieces += g_str_equal(name, "piece");
    steps.wholes += g_str_equal(name, "whole");
    g_cond_broadcast(&steps.changed);
    while (g_str_equal(name, "piece") && steps.hold_at > 0 && steps.pieces == steps.hold_at) {
        g_cond_wait(&steps.changed, &steps.lock);
    }
    g_mutex_unlock(&steps.lock);
}

static void hold_at(unsigned piece)
{
    g_mutex_lock(&steps.lock);
    steps.hold_at = piece;
    g_cond_broadcast(&steps.changed);
    g_mutex_unlock(&steps.lock);
}

static void wait_for_hold(void)
{
    g_mutex_lock(&steps.lock);
    while (steps.pieces < steps.hold_at) {
        g_cond_wait(&steps.changed, &steps.lock);
    }
    g_mutex_unlock(&steps.lock);
}

static void set_up(Fixture *f, const void *data)
{
    (void)data;
    place_set_up(&f->place);
    f->place.options.limits.large_bytes = LARGE_BYTES;
    steps.pieces = steps.wholes = steps.hold_at = 0;
    ht_spool_hooks.step = note_step;
    ht_spool_hooks.piece_events = PIECE;
    place_open(&f->place);
}

/* Nothing is left that stands nowhere. */
static void tear_down(Fixture *f, const void *data)
{
    (void)data;
    place_close(&f->place);
    g_autoptr(GString) report = g_string_new(NULL);
    g_assert_cmpint(ht_spool_check(f->place.directory, report, NULL), ==, 0);
    g_assert_cmpint(
        place_number(&f->place, "SELECT count(*) FROM rows WHERE id NOT IN (SELECT row FROM places)"), ==, 0);
    g_assert_cmpint(place_number(&f->place, "SELECT count(*) FROM meta WHERE name GLOB 'loose-*'"), ==, 0);
    place_remove(&f->place);
    ht_spool_hooks.step = NULL;
    ht_spool_hooks.piece_events = 0;
}

/* Event i is about person i, under a number of its own. */
static HtSpoolMessage *make_large(const char *key)
{
    HtSpoolMessage *message = message_new("hukou", key);
    for (unsigned i = 0; i < EVENTS; i++) {
        g_autofree char *number = g_strdup_printf("%s/%u", key, i), *person = g_strdup_printf("person-%u", i);
        HtEvent *event = message_add(message, keep_text(number));
        event_identify(event, "idNumber", keep_text(person), false);
    }
    return message;
}

static HtSpoolMessage *make_small(const char *source, const char *key, const char *person)
{
    HtSpoolMessage *message = message_new(source, key);
    event_identify(message_add(message, NULL), "idNumber", person, false);
    return message;
}

static void read_subject(Fixture *f, uint64_t sequence, char subject[HT_SPOOL_SUBJECT])
{
    HtSpoolPage *page = spool_page(f->place.spool, sequence - 1, 1, 1);
    const HtStoredEvent *event = page_event(page, 0);
    g_assert_cmpuint(event->sequence, ==, sequence);
    memset(subject, 0, HT_SPOOL_SUBJECT);
    memcpy(subject, event->subject.data, event->subject.size);
    ht_spool_page_free(page);
}

static void others_go_on_and_it_is_there_when_it_is_whole(Fixture *f, const void *data)
{
    (void)data;
    Answer large = {0}, behind = {0};
    hold_at(2);
    ht_spool_append(f->place.spool, make_large("the-large-message"), keep_answer, &large);
    wait_for_hold();
    ht_spool_append(f->place.spool, make_small("hukou", "behind", "person-1"), keep_answer, &behind);
    hold_at(0);
    HtReceipt other = spool_take_well(f->place.spool, make_small("marriage", "other", "person-1"));
    g_assert_cmpuint(other.sequence, ==, 1);
    g_assert_false(large.done || behind.done);
    answer_wait(&behind);
    g_assert_true(large.done);
    g_assert_no_error(large.error);
    g_assert_cmpuint(large.receipt.sequence, ==, 2);
    g_assert_cmpuint(large.receipt.events, ==, EVENTS);
    g_assert_cmpuint(behind.receipt.sequence, ==, 2 + EVENTS);
    g_assert_cmpuint(steps.pieces, ==, EVENTS / PIECE);
    g_assert_cmpuint(steps.wholes, ==, 1);
    char one[HT_SPOOL_SUBJECT], same[HT_SPOOL_SUBJECT];
    read_subject(f, 1, one);
    read_subject(f, 3, same);
    g_assert_cmpstr(one, ==, same);
}

/* As the others: sent again, and with something new in it. */
static void sent_again_it_is_known(Fixture *f, const void *data)
{
    (void)data;
    HtReceipt first = spool_take_well(f->place.spool, make_large("the-large-message"));
    HtReceipt again = spool_take_well(f->place.spool, make_large("the-large-message"));
    g_assert_true(again.resent && again.sequence == first.sequence && again.events == EVENTS);
    HtSpoolMessage *other = make_large("the-large-message");
    other->sha256[0]++;
    HtReceipt answer = spool_take_well(f->place.spool, other);
    g_assert_true(answer.resent && answer.other_payload);
    g_assert_cmpuint(steps.wholes, ==, 1);
    place_close(&f->place);
    place_open(&f->place);
    HtSpoolMessage *more = make_large("the-large-message");
    more->key = HT_TEXT_LITERAL("another-key-of-it");
    event_identify(message_add(more, "new"), "idNumber", "person-1", false);
    HtReceipt second = spool_take_well(f->place.spool, more);
    g_assert_false(second.resent);
    g_assert_cmpuint(second.duplicates, ==, EVENTS);
    g_assert_cmpuint(second.events, ==, 1);
    g_assert_cmpuint(second.sequence, ==, EVENTS + 1);
    g_assert_cmpuint(steps.wholes, ==, 2);
}

/* The same payload under the same key, but a number says something else since: it is a message of its own again. */
static void sent_again_after_a_change_it_is_new(Fixture *f, const void *data)
{
    (void)data;
    spool_take_well(f->place.spool, make_large("the-large-message"));
    HtSpoolMessage *change = message_new("hukou", "change");
    HtEvent *event = message_add(change, "the-large-message/20");
    event_identify(event, "idNumber", "person-20", false);
    event->attr[HT_ATTR_TIME] = HT_TEXT_LITERAL("2026-01-02T00:00:00+08:00");
    spool_take_well(f->place.spool, change);
    HtReceipt again = spool_take_well(f->place.spool, make_large("the-large-message"));
    g_assert_false(again.resent);
    g_assert_cmpuint(again.events, ==, 1);
    g_assert_cmpuint(again.duplicates, ==, EVENTS - 1);
    g_assert_cmpuint(again.sequence, ==, EVENTS + 2);
    g_assert_cmpuint(steps.wholes, ==, 2);
}

static void all_that_is_known_makes_no_row(Fixture *f, const void *data)
{
    (void)data;
    spool_take_well(f->place.spool, make_large("the-large-message"));
    HtSpoolMessage *same = make_large("the-large-message");
    same->key = HT_TEXT_LITERAL("another-key-of-it");
    HtReceipt receipt = spool_take_well(f->place.spool, same);
    g_assert_cmpuint(receipt.duplicates, ==, EVENTS);
    g_assert_cmpuint(receipt.events + receipt.sequence, ==, 0);
}

/* What cannot be done in pieces is done at once. */
static void several_under_one_number_are_taken_at_once(Fixture *f, const void *data)
{
    (void)data;
    HtSpoolMessage *message = make_large("the-large-message");
    HtEvent *event = message_add(message, "the-large-message/3");
    event_identify(event, "idNumber", "person-3", false);
    event->attr[HT_ATTR_TIME] = HT_TEXT_LITERAL("2026-01-02T00:00:00+08:00");
    HtReceipt receipt = spool_take_well(f->place.spool, message);
    g_assert_cmpuint(receipt.events, ==, EVENTS + 1);
    g_assert_cmpuint(steps.wholes, ==, 0);
}

static uint64_t count_aliases(Fixture *f)
{
    HtSpoolStatus status;
    ht_spool_status(f->place.spool, &status);
    return status.aliases;
}

/* A number of the source's own, with a citizen number, in so many events from this one on. */
static void add_own_numbers(HtSpoolMessage *message, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        g_autofree char *own = g_strdup_printf("own-%u", i);
        event_identify(&g_array_index(message->events, HtEvent, i), "personNo", keep_text(own), false);
    }
}

static void assert_tied(Fixture *f, const char *own, uint64_t sequence)
{
    g_autofree char *key = g_strdup_printf("later %s", own);
    HtSpoolMessage *later = message_new("hukou", keep_text(key));
    event_identify(message_add(later, NULL), "personNo", own, false);
    char by_number[HT_SPOOL_SUBJECT], by_own[HT_SPOOL_SUBJECT];
    read_subject(f, sequence, by_number);
    read_subject(f, spool_take_well(f->place.spool, later).sequence, by_own);
    g_assert_cmpstr(by_own, ==, by_number);
}

static void numbers_of_its_own_are_tied_on_the_way(Fixture *f, const void *data)
{
    (void)data;
    HtSpoolMessage *message = make_large("the-large-message");
    add_own_numbers(message, 2, EVENTS - 2);
    HtReceipt receipt = spool_take_well(f->place.spool, message);
    g_assert_cmpuint(receipt.events, ==, EVENTS);
    g_assert_cmpuint(steps.wholes, ==, 1);
    g_assert_cmpuint(count_aliases(f), ==, EVENTS - 2);
    assert_tied(f, "own-2", 3);
    assert_tied(f, "own-23", 24);
    g_assert_cmpuint(count_aliases(f), ==, EVENTS - 2);
}

/* What ties persons of other sources is done at once: what was tied on the way is taken back, and done again. */
static void a_certificate_is_tied_at_once(Fixture *f, const void *data)
{
    (void)data;
    HtSpoolMessage *message = make_large("the-large-message");
    message->authority = true;
    add_own_numbers(message, 0, 12);
    event_identify(&g_array_index(message->events, HtEvent, EVENTS - 2), "birthCertificate", "77", false);
    HtReceipt receipt = spool_take_well(f->place.spool, message);
    g_assert_cmpuint(receipt.events, ==, EVENTS);
    g_assert_cmpuint(receipt.sequence, ==, 1);
    g_assert_cmpuint(steps.wholes, ==, 0);
    g_assert_cmpuint(steps.pieces, >, 2); /* it was found out late */
    g_assert_cmpuint(count_aliases(f), ==, 13);
    assert_tied(f, "own-1", 2);
}

static void ties_that_are_left_are_taken_back(Fixture *f, const void *data)
{
    (void)data;
    spool_take_well(f->place.spool, make_small("hukou", "small", "person-1"));
    place_close(&f->place);
    HtSpoolEntry entries[] = {{.hash = {{1}}, .value = 1 << 8 | HT_SPOOL_TIE_ALONE, .whose = {{1}}},
                              {.hash = {{2}}, .value = 1 << 8 | HT_SPOOL_TIE_ALONE, .whose = {{3}}}};
    char subjects[2][HT_SPOOL_SUBJECT];
    ht_spool_hash_subject(&(HtSpoolHash){{1}}, subjects[0]);
    ht_spool_hash_subject(&(HtSpoolHash){{2}}, subjects[1]);
    place_put_known(&f->place, HT_SPOOL_STORE_TIES, entries, G_N_ELEMENTS(entries));
    g_autofree char *told =
        g_strdup_printf("INSERT INTO meta VALUES('loose-ties-1', CAST(x'01000000000000000000000000000000' ||"
                        " CAST('%s' AS BLOB) || x'0001' || x'02000000000000000000000000000000' ||"
                        " CAST('%s' AS BLOB) || x'0001' AS BLOB))",
                        subjects[0], subjects[1]);
    place_change(&f->place, told);
    place_open(&f->place);
    g_assert_cmpuint(count_aliases(f), ==, 1); /* the second has been changed since */
}

/* The police say between two pieces that two numbers are one person's: its events go to whom they would have gone to. */
static void a_correction_meanwhile_counts(Fixture *f, const void *data)
{
    (void)data;
    Answer large = {0}, corrected = {0};
    HtSpoolMessage *correction = message_new("police", "correct");
    HtEvent *event = message_add(correction, NULL);
    correction->authority = true;
    event_identify(event, "idNumber", "person-new", false);
    event_identify(event, "idNumber", "person-1", false);
    hold_at(3);
    ht_spool_append(f->place.spool, make_large("the-large-message"), keep_answer, &large);
    wait_for_hold();
    ht_spool_append(f->place.spool, correction, keep_answer, &corrected);
    hold_at(0);
    answer_wait(&large);
    g_assert_true(corrected.done && corrected.receipt.sequence == 1);
    g_assert_cmpuint(large.receipt.events, ==, EVENTS);
    char old[HT_SPOOL_SUBJECT], now[HT_SPOOL_SUBJECT], mine[HT_SPOOL_SUBJECT];
    read_subject(f, 1, now);
    read_subject(f, 3, mine);
    read_subject(f, spool_take_well(f->place.spool, make_small("marriage", "later", "person-1")).sequence,
                 old);
    g_assert_cmpstr(mine, ==, now);
    g_assert_cmpstr(mine, ==, old);
    g_assert_cmpuint(steps.wholes, ==, 0);
}

/* Ties of others do not concern it. */
static void ties_of_others_meanwhile_do_not_matter(Fixture *f, const void *data)
{
    (void)data;
    Answer large = {0}, tied = {0};
    HtSpoolMessage *other = make_small("health", "card", "somebody");
    event_identify(&g_array_index(other->events, HtEvent, 0), "card", "4711", false);
    hold_at(3);
    ht_spool_append(f->place.spool, make_large("the-large-message"), keep_answer, &large);
    wait_for_hold();
    ht_spool_append(f->place.spool, other, keep_answer, &tied);
    hold_at(0);
    answer_wait(&large);
    g_assert_true(tied.done && !tied.error);
    g_assert_cmpuint(steps.wholes, ==, 1);
}

static unsigned room; /* atomic */

static int pretend_room(const char *path, struct statvfs *found)
{
    int result = statvfs(path, found);
    found->f_bavail = __atomic_load_n(&room, __ATOMIC_RELAXED);
    found->f_frsize = found->f_bsize = 1;
    return result;
}

/* No room in the middle: it is refused, its pieces go, others and itself are taken when there is room. */
static void no_room_in_the_middle_leaves_nothing(Fixture *f, const void *data)
{
    (void)data;
    Answer large = {0};
    place_close(&f->place);
    __atomic_store_n(&room, 1000, __ATOMIC_RELAXED);
    ht_spool_hooks.statvfs = pretend_room;
    f->place.options.limits.reserve_bytes = 1000;
    place_open(&f->place);
    hold_at(2);
    ht_spool_append(f->place.spool, make_large("the-large-message"), keep_answer, &large);
    wait_for_hold();
    __atomic_store_n(&room, 999, __ATOMIC_RELAXED);
    hold_at(0);
    answer_wait(&large);
    bool refused =
        large.error != NULL; /* the disk is looked at once in a while: it may have been done before */
    g_assert_true(!refused || g_error_matches(large.error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_FULL));
    answer_clear(&large);
    __atomic_store_n(&room, 1000, __ATOMIC_RELAXED);
    int64_t until = ht_clock_monotonic() + 10 * HT_SECOND;
    HtSpoolStatus status = {.intake_stopped = true};
    while (status.intake_stopped && ht_clock_monotonic() < until) {
        g_thread_yield();
        ht_spool_status(f->place.spool, &status);
    }
    HtReceipt receipt = spool_take_well(f->place.spool, make_large("the-large-message"));
    g_assert_cmpint(receipt.resent, ==, !refused);
    g_assert_cmpuint(receipt.sequence, ==, 1);
    place_close(&f->place);
    ht_spool_hooks.statvfs = statvfs;
    place_open(&f->place);
}

/* What a killed bus has left is gone after the next start; what stands is not touched. */
static void what_is_left_is_swept(Fixture *f, const void *data)
{
    (void)data;
    spool_take_well(f->place.spool, make_small("hukou", "small", "person-1"));
    place_close(&f->place);
    place_change(&f->place, "INSERT INTO meta VALUES('loose-rows', x'01000000000000000000000000000000');"
                            "INSERT INTO rows SELECT max(id) + 5, bytes FROM rows");
    g_assert_cmpint(place_number(&f->place, "SELECT count(*) FROM rows"), ==, 2);
    place_open(&f->place);
    g_assert_cmpuint(spool_take_well(f->place.spool, make_small("hukou", "more", "person-2")).sequence, ==,
                     2);
}

static void a_close_finishes_it(Fixture *f, const void *data)
{
    (void)data;
    Answer large = {0};
    ht_spool_append(f->place.spool, make_large("the-large-message"), keep_answer, &large);
    place_close(&f->place);
    g_assert_true(large.done && !large.error);
    place_open(&f->place);
    g_assert_cmpuint(ht_spool_last_sequence(f->place.spool), ==, EVENTS);
}

/* It has no events: however large it is, it is kept as what it is. */
static void test_a_large_one_for_quarantine_has_no_pieces(Fixture *f, const void *data)
{
    static char bytes[4096] = "payload";
    Answer answer = {0};
    HtSpoolMessage *message = message_new("hukou", "a key that is long enough");
    HtUuid id = message->id;
    message->payload = g_bytes_new(bytes, sizeof bytes);
    (void)data;
    ht_spool_quarantine(f->place.spool, message, "not-well-formed", keep_answer, &answer);
    answer_wait(&answer);
    g_assert_no_error(answer.error);
    answer_clear(&answer);
    place_close(&f->place);
    g_autoptr(GBytes) payload = place_payload(&f->place, &id);
    g_assert_cmpmem(g_bytes_get_data(payload, NULL), g_bytes_get_size(payload), bytes, sizeof bytes);
    g_assert_cmpint(place_number(&f->place, "SELECT count(*) FROM messages"), ==, 0);
}

static void add(const char *path, void (*test)(Fixture *f, const void *data))
{
    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/spool/pieces/others-go-on-and-it-is-there-when-whole",
        others_go_on_and_it_is_there_when_it_is_whole);
    add("/spool/pieces/sent-again-it-is-known", sent_again_it_is_known);
    add("/spool/pieces/sent-again-after-a-change-it-is-new", sent_again_after_a_change_it_is_new);
    add("/spool/pieces/all-that-is-known-makes-no-row", all_that_is_known_makes_no_row);
    add("/spool/pieces/several-under-one-number-are-taken-at-once",
        several_under_one_number_are_taken_at_once);
    add("/spool/pieces/numbers-of-its-own-are-tied-on-the-way", numbers_of_its_own_are_tied_on_the_way);
    add("/spool/pieces/a-certificate-is-tied-at-once", a_certificate_is_tied_at_once);
    add("/spool/pieces/ties-that-are-left-are-taken-back", ties_that_are_left_are_taken_back);
    add("/spool/pieces/a-correction-meanwhile-counts", a_correction_meanwhile_counts);
    add("/spool/pieces/ties-of-others-do-not-matter", ties_of_others_meanwhile_do_not_matter);
    add("/spool/pieces/no-room-in-the-middle-leaves-nothing", no_room_in_the_middle_leaves_nothing);
    add("/spool/pieces/what-is-left-is-swept", what_is_left_is_swept);
    add("/spool/pieces/a-large-one-for-quarantine-has-none", test_a_large_one_for_quarantine_has_no_pieces);
    add("/spool/pieces/a-close-finishes-it", a_close_finishes_it);
    return g_test_run();
}
