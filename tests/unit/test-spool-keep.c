/* What keeps a spool small, and what happens when it is not: its size, quarantine that is dropped. */
#include "tests/lib/spool-test.h"

#include "spool/chore.h"

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

static void set_up(Place *place, const void *unused)
{
    (void)unused;
    place_set_up(place);
    place_open(place);
}

static void tear_down(Place *place, const void *unused)
{
    (void)unused;
    place_remove(place);
}

static void add(const char *path, void (*test)(Place *place, const void *unused))
{
    g_test_add(path, Place, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/spool/size/nothing-is-taken-above-it-and-nothing-lost",
        test_at_its_size_nothing_is_taken_and_nothing_lost);
    add("/spool/size/the-way-to-it-is-told", test_the_way_to_its_size_is_told);
    add("/spool/quarantine/what-is-dropped-is-held-no-more", test_what_is_dropped_is_held_no_more);
    return g_test_run();
}
