/* The public door with a real spool: what is known of a message again, and what of it is kept. */
#include "tests/lib/door-harness.h"

#include <sqlite3.h>

/* The same words under another key are another message. */
static void another_key_is_another_message(void)
{
    Bus *bus = bus_start();
    g_autoptr(Answer) first = post(bus, "hukou", "Idempotency-Key: one\r\n", "<b/>");
    g_autoptr(Answer) second = post(bus, "hukou", "Idempotency-Key: two\r\n", "<b/>");
    g_autoptr(Answer) again = post(bus, "hukou", "Idempotency-Key: two\r\n", "<b/>");
    g_assert_null(strstr(second->head, "Hutong-Resent"));
    g_assert_cmpstr(first->body, !=, second->body);
    g_assert_nonnull(strstr(again->head, "Hutong-Resent: true"));
    g_assert_cmpstr(again->body, ==, second->body);
    bus_stop(bus);
}

static uint64_t payloads_kept(const Bus *bus)
{
    g_autofree char *path = g_build_filename(bus->directory, "spool.db", NULL);
    sqlite3 *db;
    sqlite3_stmt *count;
    g_assert_cmpint(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_prepare_v2(db, "SELECT count(*) FROM payloads", -1, &count, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_step(count), ==, SQLITE_ROW);
    uint64_t kept = (uint64_t)sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    sqlite3_close(db);
    return kept;
}

static void payloads_are_kept_as_configured(void)
{
    static const struct {
        const char *keep;
        uint64_t kept;
    } cases[] = {{"all", 1}, {"repaired", 0}, {"none", 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Bus *bus = bus_new();
        bus->source_configs[0].keep_payload = (char *)cases[i].keep;
        bus_open_door(bus);
        g_autoptr(Answer) answer = post(bus, "hukou", "", "<b/>");
        g_assert_cmpuint(answer->status, ==, 200);
        g_assert_cmpuint(payloads_kept(bus), ==, cases[i].kept);
        bus_stop(bus);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/door/keep/another-key-is-another-message", another_key_is_another_message);
    g_test_add_func("/door/keep/payloads-as-configured", payloads_are_kept_as_configured);
    return g_test_run();
}
