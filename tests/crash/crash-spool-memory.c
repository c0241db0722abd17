/* The spool when memory ends inside of SQLite: its n-th allocation fails, once, or all from there on, for n = 1, 2, … until a whole round (open, take a
 * group, read, move a cursor, checkpoint, close) needs no more. GLib's allocations are not of this: where one fails, GLib ends the process,
 * as if it were killed (crash-spool.c). An error comes of it, or nothing at all; never a crash, a group in part, or an event set aside.
 * MEMORY_STRIDE takes every n-th allocation only (97), from a random one.
 *
 * Kind: fault.
 * Shows: a receipt means: on disk.
 * Shows: a resent message makes nothing new. */
#include "tests/lib/spool-test.h"

#include "core/base/log.h"
#include "spool/delivery.h"

#include <stdlib.h>

#define EVENTS 3
#define STRIDE 97

static sqlite3_mem_methods memory; /* SQLite's own */
static int taken;                  /* allocations since arm() */
static int fail_at;                /* 0: none fails */
static int for_ever;

static bool fails(void)
{
    int number = g_atomic_int_add(&taken, 1) + 1, at = g_atomic_int_get(&fail_at);
    return at > 0 && (number == at || (number > at && g_atomic_int_get(&for_ever)));
}

static void *allocate(int size)
{
    return fails() ? NULL : memory.xMalloc(size);
}

static void *reallocate(void *block, int size)
{
    return fails() ? NULL : memory.xRealloc(block, size);
}

/* Before anything of SQLite is used. */
static void take_hold(void)
{
    g_assert_cmpint(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory), ==, SQLITE_OK);
    sqlite3_mem_methods failing = memory;
    failing.xMalloc = allocate;
    failing.xRealloc = reallocate;
    g_assert_cmpint(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing), ==, SQLITE_OK);
}

static void arm(int at, bool stays)
{
    g_atomic_int_set(&taken, 0);
    g_atomic_int_set(&for_ever, stays);
    g_atomic_int_set(&fail_at, at);
}

/* Whether it came so far. */
static bool disarm(void)
{
    int at = g_atomic_int_get(&fail_at);
    g_atomic_int_set(&fail_at, 0);
    return g_atomic_int_get(&taken) >= at;
}

static HtSpoolMessage *message_of(const char *key)
{
    HtSpoolMessage *message = message_new("hukou", key);
    for (unsigned i = 0; i < EVENTS; i++) {
        g_autofree char *event_key = g_strdup_printf("%s-%u", key, i);
        event_identify(message_add(message, keep_text(event_key)), "registerNumber", keep_text(event_key),
                       false);
    }
    return message;
}

static void note_page(HtSpoolPage *page, const GError *error, void *user)
{
    g_assert_true((page != NULL) == (error == NULL));
    g_clear_pointer(&page, ht_spool_page_free);
    *(bool *)user = true;
}

static void read_page(HtSpool *spool)
{
    bool done = false;
    ht_spool_read(spool, 0, 100, 1 << 20, note_page, &done);
    while (!done) {
        g_main_context_iteration(NULL, TRUE);
    }
}

/* What becomes of one round; `answer` is that of the message. */
static void use(Place *place, Answer *answer)
{
    g_autoptr(GError) error = NULL;
    uint64_t cursor;
    place->spool = ht_spool_open(&place->options, &error);
    g_assert_true((place->spool != NULL) == (error == NULL));
    if (!place->spool) {
        return;
    }
    *answer = spool_take(place->spool, message_of("one"));
    read_page(place->spool);
    if (ht_spool_cursor_open(place->spool, "platform", 0, &cursor, NULL)) {
        ht_spool_cursor_move(place->spool, "platform", 1, NULL);
    }
    spool_settles(place->spool);
    place_close(place);
}

/* With memory again: what was there before is, the message is there if it was acknowledged, and whole if it is. */
static void prove(Place *place, const Answer *answer)
{
    g_autoptr(GString) report = g_string_new(NULL);
    HtSpoolStatus status;
    place_open(place);
    g_assert_true(spool_take_well(place->spool, message_of("before")).resent);
    HtReceipt receipt = spool_take_well(place->spool, message_of("one"));
    g_assert_true(receipt.resent || !answer->done || answer->error);
    ht_spool_status(place->spool, &status);
    g_assert_cmpuint(status.messages, ==, 2);
    g_assert_cmpuint(status.damaged, ==, 0);
    g_autoptr(GBytes) events = place_read_all(place, 2 * EVENTS);
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM messages"), ==, 2);
    g_assert_cmpint(ht_spool_check(place->directory, report, NULL), ==, 0);
    g_assert_cmpstr(report->str, ==, "");
}

/* One round; whether it met the failure. */
static bool fail_round(int at, bool stays)
{
    Place place;
    Answer answer = {0};
    place_set_up(&place);
    place.options.limits.wal_bytes = 1; /* a checkpoint after each group */
    place_open(&place);
    spool_take_well(place.spool, message_of("before"));
    place_close(&place);
    arm(at, stays);
    use(&place, &answer);
    bool met = disarm();
    prove(&place, &answer);
    answer_clear(&answer);
    place_remove(&place);
    return met;
}

static void test_each_fails(const void *data)
{
    const char *stride = g_getenv("MEMORY_STRIDE");
    int more = stride ? atoi(stride) : STRIDE, at = g_test_rand_int_range(1, more + 1);
    while (fail_round(at, *(const bool *)data)) {
        at += more;
    }
    g_test_message("%d allocations", at);
    g_assert_cmpint(at, >, 200);
}

int main(int argc, char **argv)
{
    static const bool once = false, stays = true;
    g_test_init(&argc, &argv, NULL);
    take_hold();
    ht_log_set_level((HtLogLevel)-1); /* each round says that the last one did not end cleanly */
    ht_spool_hooks.patience_us = 1000;
    g_test_add_data_func("/spool/memory/ends-once", &once, test_each_fails);
    g_test_add_data_func("/spool/memory/is-over", &stays, test_each_fails);
    return g_test_run();
}
