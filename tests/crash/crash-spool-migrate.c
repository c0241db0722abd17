/* A spool of an older format, brought up to date: ended at each step of it, and with each call to the disk that fails, once. The next
 * start goes on where it was; all events come out as they were, and the file is without a fault.
 *
 * Kind: crash, fault. */
#include "tests/lib/crash-vfs.h"
#include "tests/lib/spool-test.h"

#include "core/base/log.h"

#include <stdlib.h>

#define MESSAGES 40
#define EVENTS 120

typedef struct {
    Place place;
    GBytes *events; /* as they have to come out */
    char *file;     /* of the older format */
    gsize size;
} Older;

static void add_messages(Place *place)
{
    for (unsigned i = 0; i < MESSAGES; i++) {
        g_autofree char *key = g_strdup_printf("m%u", i);
        HtSpoolMessage *message = message_new("hukou", key);
        for (unsigned j = 0; j < EVENTS / MESSAGES; j++) {
            g_autofree char *event_key = g_strdup_printf("e%u-%u", i, j);
            HtEvent *event = message_add(message, keep_text(event_key));
            event_identify(event, "registerNumber", keep_text(event_key), false);
        }
        spool_take_well(place->spool, message);
    }
}

/* Some of the known keys stand in the older format's log, a row each. */
static void log_keys(Place *place)
{
    g_autoptr(sqlite3) db = ht_spool_database_open(place->path, NULL);
    g_autoptr(sqlite3_stmt) keys = NULL, log = NULL;
    g_assert_true(
        ht_spool_database_prepare(db, "SELECT hash, value FROM keys WHERE hash < x'40'", &keys, NULL) &&
        ht_spool_database_prepare(db, "INSERT INTO key_log(entries) VALUES(?)", &log, NULL));
    for (bool found = true; found;) {
        g_assert_true(ht_spool_database_row(keys, &found, NULL));
        if (found) {
            HtSpoolEntry entry = {.value = (uint64_t)sqlite3_column_int64(keys, 1)};
            HtBuffer bytes = {0};
            memcpy(&entry.hash, ht_spool_column_bytes(keys, 0).data, sizeof entry.hash);
            ht_spool_entry_write(&bytes, &entry, HT_SPOOL_NARROW);
            ht_spool_bind_blob(log, 1, bytes.data, bytes.size);
            g_assert_true(ht_spool_database_do(log, NULL));
            ht_buffer_clear(&bytes);
        }
    }
    sqlite3_reset(keys);
    g_assert_true(ht_spool_database_run(db, "DELETE FROM keys WHERE hash < x'40'", NULL));
}

static void older_set_up(Older *older, const void *unused)
{
    (void)unused;
    Place *place = &older->place;
    ht_spool_hooks.step = NULL;
    place_set_up(place);
    place_open(place);
    add_messages(place);
    older->events = place_read_all(place, EVENTS);
    place_close(place);
    place_make_older(place);
    log_keys(place);
    place_change(place, "PRAGMA wal_checkpoint(TRUNCATE)");
    g_assert_true(g_file_get_contents(place->path, &older->file, &older->size, NULL));
}

static void older_tear_down(Older *older, const void *unused)
{
    (void)unused;
    place_remove(&older->place);
    g_bytes_unref(older->events);
    g_free(older->file);
}

/* The file as it was, and no WAL. */
static void bring_back(Older *older)
{
    static const char *const others[] = {"-wal", "-shm"};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *path = g_strconcat(older->place.path, others[i], NULL);
        g_unlink(path);
    }
    g_assert_true(g_file_set_contents_full(older->place.path, older->file, (gssize)older->size,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void prove(Older *older)
{
    Place *place = &older->place;
    g_autoptr(GString) report = g_string_new(NULL);
    HtSpoolStatus status;
    place_open(place);
    ht_spool_status(place->spool, &status);
    g_assert_cmpuint(status.aliases, ==, EVENTS);
    g_autoptr(GBytes) events = place_read_all(place, EVENTS);
    g_assert_true(g_bytes_equal(events, older->events));
    HtSpoolMessage *message = message_new("hukou", "m3");
    for (unsigned j = 0; j < EVENTS / MESSAGES; j++) {
        g_autofree char *key = g_strdup_printf("e3-%u", j);
        HtEvent *event = message_add(message, keep_text(key));
        event_identify(event, "registerNumber", keep_text(key), false);
    }
    g_assert_true(spool_take_well(place->spool, message).resent);
    place_close(place);
    g_assert_cmpint(ht_spool_check(place->directory, report, NULL), ==, 0);
    g_assert_cmpstr(report->str, ==, "");
}

static void test_ended_at_each_step(Older *older, const void *unused)
{
    (void)unused;
    unsigned step = 1;
    while (place_end_at_step(&older->place, "migrat", step)) {
        prove(older);
        bring_back(older);
        step++;
    }
    prove(older);
    g_test_message("%u steps", step);
    g_assert_cmpuint(step, >, EVENTS / ht_spool_hooks.migrate_slice);
}

/* Ended again and again, at its first, second and third step in turn: it comes to its end. */
static void test_ended_again_and_again(Older *older, const void *unused)
{
    (void)unused;
    unsigned ends = 0;
    while (place_end_at_step(&older->place, "migrat", 1 + ends % 3) && ends < 1000) {
        ends++;
    }
    g_assert_cmpuint(ends, >, EVENTS / ht_spool_hooks.migrate_slice);
    g_assert_cmpuint(ends, <, 1000);
    prove(older);
}

/* Whether the operation was reached. */
static bool fail_at(Older *older, ShimFault fault, unsigned operation)
{
    shim_install(true);
    shim_reset();
    shim.fault = fault;
    shim.fault_at = operation;
    ht_spool_close(ht_spool_open(&older->place.options, NULL));
    bool hit = shim.hit;
    shim_reset();
    shim_install(false);
    return hit;
}

static void test_disk_fails(Older *older, const void *data)
{
    const char *stride = g_getenv("CRASH_STRIDE");
    unsigned more = stride ? (unsigned)strtoul(stride, NULL, 10) : 3, operation = 1;
    ShimFault fault = *(const ShimFault *)data;
    while (fail_at(older, fault, operation)) {
        prove(older);
        bring_back(older);
        operation += more;
    }
    g_test_message("%u operations", operation);
    g_assert_cmpuint(operation, >, 20);
}

int main(int argc, char **argv)
{
    static const ShimFault eio = SHIM_EIO, full = SHIM_ENOSPC;
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level((HtLogLevel)-1); /* each round says that the last one did not end cleanly */
    ht_spool_hooks.migrate_slice = 7;
    shim_install(false);
    g_test_add("/spool/migrate/ended-at-each-step", Older, NULL, older_set_up, test_ended_at_each_step,
               older_tear_down);
    g_test_add("/spool/migrate/ended-again-and-again", Older, NULL, older_set_up, test_ended_again_and_again,
               older_tear_down);
    g_test_add("/spool/migrate/disk-fails", Older, &eio, older_set_up, test_disk_fails, older_tear_down);
    g_test_add("/spool/migrate/disk-is-full", Older, &full, older_set_up, test_disk_fails, older_tear_down);
    return g_test_run();
}
