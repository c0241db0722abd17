/* The spool's parts after a transaction that was rolled back: what memory says is what is on disk. Whole groups are in
 * test-spool-rollback.c. */
#include "tests/lib/spool-test.h"

#include "core/base/log.h"
#include "spool/blocks.h"
#include "spool/damage.h"

typedef struct {
    Place place;
    sqlite3 *db;
} Fixture;

static void set_up(Fixture *f, const void *unused)
{
    (void)unused;
    GError *error = NULL;
    place_set_up(&f->place);
    place_open(&f->place);
    place_close(&f->place);
    f->db = ht_spool_database_open(f->place.path, &error);
    g_assert_no_error(error);
    ht_log_set_level(HT_LOG_NOTHING);
}

static void tear_down(Fixture *f, const void *unused)
{
    (void)unused;
    sqlite3_close(f->db);
    place_remove(&f->place);
    ht_log_set_level(HT_LOG_ERROR);
}

static void run(Fixture *f, const char *sql)
{
    GError *error = NULL;
    ht_spool_database_run(f->db, sql, &error);
    g_assert_no_error(error);
}

static int64_t number(Fixture *f, const char *sql)
{
    int64_t value = -1;
    g_assert_true(ht_spool_database_number(f->db, sql, &value, NULL));
    return value;
}

static uint64_t write_block(HtSpoolBlocks *blocks)
{
    HtBuffer bytes = {0};
    uint64_t id;
    ht_buffer_add_literal(&bytes, "a block of some bytes, and a seal ");
    g_assert_true(ht_spool_blocks_write(blocks, &bytes, &id, NULL));
    ht_buffer_clear(&bytes);
    return id;
}

/* The same number is given again, and what was deleted in vain is deleted then. */
static void test_blocks(Fixture *f, const void *unused)
{
    (void)unused;
    enum { COUNT = 5, SOME = 3 };
    unsigned swept;
    g_autoptr(HtSpoolBlocks) blocks = ht_spool_blocks_new(f->db, 1 << 20, NULL);
    HtSpoolExtent extent = {0, COUNT};
    run(f, "BEGIN IMMEDIATE");
    for (unsigned i = 0; i < COUNT; i++) {
        uint64_t id = write_block(blocks);
        extent.first = i == 0 ? id : extent.first;
    }
    run(f, "COMMIT");
    ht_spool_blocks_committed(blocks);
    ht_spool_blocks_forget(blocks, &extent);

    run(f, "BEGIN IMMEDIATE");
    g_assert_cmpuint(write_block(blocks), ==, extent.first + COUNT);
    g_assert_true(ht_spool_blocks_sweep(blocks, SOME, &swept, NULL));
    g_assert_cmpuint(swept, ==, SOME);
    g_assert_true(ht_spool_blocks_spare(blocks, true, NULL)); /* a statement failed behind this */
    run(f, "ROLLBACK");
    ht_spool_blocks_rolled_back(blocks);
    g_assert_cmpint(number(f, "PRAGMA secure_delete"), ==, 1);
    g_assert_cmpint(number(f, "SELECT count(*) FROM segment_blocks"), ==, COUNT);

    run(f, "BEGIN IMMEDIATE");
    g_assert_cmpuint(write_block(blocks), ==, extent.first + COUNT);
    g_assert_true(ht_spool_blocks_sweep(blocks, 1000, &swept, NULL));
    g_assert_cmpuint(swept, ==, COUNT);
    run(f, "COMMIT");
    ht_spool_blocks_committed(blocks);
    g_assert_cmpint(number(f, "SELECT count(*) FROM segment_blocks"), ==, 1);
    g_assert_true(ht_spool_blocks_sweep(blocks, 1000, &swept, NULL)); /* there is nothing more */
    g_assert_cmpuint(swept, ==, 0);
}

/* An event that was set aside in vain is counted when it is set aside for good, and once. */
static void test_damages(Fixture *f, const void *unused)
{
    (void)unused;
    g_autoptr(HtSpoolDamages) damages = ht_spool_damages_new(f->db, NULL);
    run(f, "BEGIN IMMEDIATE");
    g_assert_true(ht_spool_damages_set_aside(damages, 7, HT_STORED_DAMAGED, NULL));
    g_assert_cmpuint(ht_spool_damages_count(damages), ==, 1);
    run(f, "ROLLBACK");
    ht_spool_damages_rolled_back(damages);
    g_assert_cmpuint(ht_spool_damages_count(damages), ==, 0);

    run(f, "BEGIN IMMEDIATE");
    g_assert_true(ht_spool_damages_set_aside(damages, 7, HT_STORED_DAMAGED, NULL));
    g_assert_true(ht_spool_damages_set_aside(damages, 7, HT_STORED_LOST, NULL));
    run(f, "COMMIT");
    ht_spool_damages_committed(damages);
    g_assert_cmpuint(ht_spool_damages_count(damages), ==, 1);

    run(f, "BEGIN IMMEDIATE");
    g_assert_true(ht_spool_damages_lose(damages, 9, 12, NULL));
    g_assert_cmpuint(ht_spool_damages_count(damages), ==, 5);
    run(f, "ROLLBACK");
    ht_spool_damages_rolled_back(damages);
    g_assert_cmpuint(ht_spool_damages_count(damages), ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/spool/undo/blocks", Fixture, NULL, set_up, test_blocks, tear_down);
    g_test_add("/spool/undo/damages", Fixture, NULL, set_up, test_damages, tear_down);
    return g_test_run();
}
