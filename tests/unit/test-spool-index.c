/* What is known under hashes: memory, log, segments, and their damage. */
#include "tests/lib/spool-test.h"

#include "core/base/log.h"
#include "spool/filter.h"
#include "spool/segment.h"

#define MERGE_AT 50
#define PAGE 4096

typedef struct {
    Place place;
    sqlite3 *db;
    HtSpoolBlocks *blocks;
    HtSpoolIndex *index;
} Fixture;

/* Random as hashes are, the same for the same number. */
static HtSpoolHash hash_of(uint64_t number)
{
    HtSpoolHash hash;
    for (size_t i = 0; i < sizeof hash.bytes; i++) {
        number = (number + 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
        number ^= number >> 29;
        hash.bytes[i] = (uint8_t)(number >> 17);
    }
    return hash;
}

static void open_index(Fixture *f)
{
    GError *error = NULL;
    f->db = ht_spool_database_open(f->place.path, &error);
    f->blocks = ht_spool_blocks_new(f->db, 1 << 20, &error);
    g_assert_no_error(error);
    f->index = ht_spool_index_new(f->blocks, HT_SPOOL_STORE_TIES, MERGE_AT, &error);
    g_assert_no_error(error);
    g_assert_true(ht_spool_blocks_forget_unnamed(f->blocks, &error));
}

static void close_index(Fixture *f)
{
    g_clear_pointer(&f->index, ht_spool_index_free);
    g_clear_pointer(&f->blocks, ht_spool_blocks_free);
    g_clear_pointer(&f->db, sqlite3_close);
}

static void set_up(Fixture *f, const void *unused)
{
    (void)unused;
    place_set_up(&f->place);
    place_open(&f->place);
    place_close(&f->place);
    open_index(f);
}

static void tear_down(Fixture *f, const void *unused)
{
    (void)unused;
    close_index(f);
    place_remove(&f->place);
}

static void put(Fixture *f, uint64_t number, uint64_t value)
{
    HtSpoolEntry entry = {.hash = hash_of(number), .value = value, .whose = hash_of(number + value)};
    ht_spool_index_put(f->index, &entry);
}

static void begin(Fixture *f)
{
    g_assert_true(ht_spool_database_run(f->db, "BEGIN IMMEDIATE", NULL));
}

static void commit(Fixture *f)
{
    GError *error = NULL;
    unsigned swept;
    bool good = ht_spool_index_write(f->index, &error) &&
                ht_spool_blocks_sweep(f->blocks, 1000, &swept, &error) &&
                ht_spool_database_run(f->db, "COMMIT", &error);
    g_assert_no_error(error);
    g_assert_true(good);
    ht_spool_index_committed(f->index);
    ht_spool_blocks_committed(f->blocks);
}

static void roll_back(Fixture *f)
{
    g_assert_true(ht_spool_index_write(f->index, NULL) && ht_spool_database_run(f->db, "ROLLBACK", NULL));
    ht_spool_index_rolled_back(f->index);
    ht_spool_blocks_rolled_back(f->blocks);
}

/* Groups of ten, from `first` on. */
static void put_groups(Fixture *f, uint64_t first, uint64_t count, uint64_t value)
{
    for (uint64_t i = first; i < first + count; i += 10) {
        begin(f);
        for (uint64_t j = i; j < MIN(i + 10, first + count); j++) {
            put(f, j, value);
        }
        commit(f);
    }
}

/* 0: not known. */
static uint64_t find(Fixture *f, uint64_t number)
{
    GError *error = NULL;
    HtSpoolHash hash = hash_of(number);
    HtSpoolEntry entry;
    bool found;
    bool good = ht_spool_index_find(f->index, &hash, &found, &entry, &error);
    g_assert_no_error(error);
    g_assert_true(good);
    if (found) {
        HtSpoolHash whose = hash_of(number + entry.value);
        g_assert_cmpmem(&whose, sizeof whose, &entry.whose, sizeof entry.whose);
    }
    return found ? entry.value : 0;
}

static void expect_all(Fixture *f, uint64_t first, uint64_t count, uint64_t value)
{
    for (uint64_t i = first; i < first + count; i++) {
        g_assert_cmpuint(find(f, i), ==, value);
    }
}

static int64_t number_of(Fixture *f, const char *sql)
{
    int64_t number;
    g_assert_true(ht_spool_database_number(f->db, sql, &number, NULL));
    return number;
}

static void reopen(Fixture *f)
{
    close_index(f);
    open_index(f);
}

static void test_grows(Fixture *f, const void *unused)
{
    (void)unused;
    ht_spool_index_add_total(f->index, 5);
    put_groups(f, 0, 6000, 7);
    expect_all(f, 0, 6000, 7);
    expect_all(f, 6000, 1000, 0);
    g_assert_cmpint(number_of(f, "SELECT max(tier) FROM segments"), >=, 2);
    g_assert_cmpint(number_of(f, "SELECT count(*) FROM segments"), <, 30);
    reopen(f);
    expect_all(f, 0, 6000, 7);
    expect_all(f, 6000, 1000, 0);
    g_assert_cmpint(ht_spool_index_total(f->index), ==, 5);
}

/* Of what is there twice the later counts, wherever the two are, and when they are merged. */
static void test_later_counts(Fixture *f, const void *unused)
{
    (void)unused;
    put_groups(f, 0, 500, 7);
    put_groups(f, 100, 100, 8);
    expect_all(f, 0, 100, 7);
    expect_all(f, 100, 100, 8);
    put_groups(f, 1000, 4000, 9); /* merges what is before it */
    reopen(f);
    expect_all(f, 0, 100, 7);
    expect_all(f, 100, 100, 8);
    expect_all(f, 200, 300, 7);
}

static void test_taken_out(Fixture *f, const void *unused)
{
    (void)unused;
    put_groups(f, 0, 500, 7);
    begin(f);
    for (uint64_t i = 0; i < 200; i++) {
        HtSpoolHash hash = hash_of(i);
        ht_spool_index_take_out(f->index, &hash);
    }
    commit(f);
    expect_all(f, 0, 200, 0);
    expect_all(f, 200, 300, 7);
    put_groups(f, 1000, 5000, 9);
    expect_all(f, 0, 200, 0);
    expect_all(f, 200, 300, 7);
    reopen(f);
    expect_all(f, 0, 200, 0);
    put_groups(f, 0, 100, 3);
    expect_all(f, 0, 100, 3);
}

/* Every second transaction is rolled back: nothing of it is known, and what was being merged comes to its end. */
static void test_rolled_back(Fixture *f, const void *unused)
{
    (void)unused;
    for (uint64_t i = 0; i < 3000; i += 10) {
        begin(f);
        ht_spool_index_add_total(f->index, 1000);
        for (uint64_t j = 0; j < 10; j++) {
            put(f, 100000 + i + j, 5);
            put(f, i / 2 + j, 6);
        }
        roll_back(f);
        put_groups(f, i, 10, 7);
    }
    expect_all(f, 0, 3000, 7);
    expect_all(f, 100000, 3000, 0);
    g_assert_cmpint(ht_spool_index_total(f->index), ==, 0);
    g_assert_cmpint(number_of(f, "SELECT max(tier) FROM segments"), >=, 1);
    reopen(f);
    expect_all(f, 0, 3000, 7);
    expect_all(f, 100000, 3000, 0);
}

/* Blocks that nobody names any more go, also those of a merge that the last run did not finish. */
static void test_swept(Fixture *f, const void *unused)
{
    (void)unused;
    put_groups(f, 0, 3000, 7);
    close_index(f);
    place_change(&f->place, "INSERT INTO segment_blocks SELECT max(id) + 1, x'00' FROM segment_blocks;"
                            "INSERT INTO segment_blocks SELECT max(id) + 1, x'00' FROM segment_blocks");
    open_index(f);
    put_groups(f, 3000, 100, 7);
    int64_t named = number_of(f, "SELECT sum(blocks + (blocks + 15) / 16) FROM segments");
    g_assert_cmpint(number_of(f, "SELECT count(*) FROM segment_blocks"), <=,
                    named + 3); /* one may be under way */
    expect_all(f, 0, 3100, 7);
}

/* ---- Damage ---- */

/* One large segment. */
static void make_segment(Fixture *f)
{
    GError *error = NULL;
    begin(f);
    for (uint64_t i = 0; i < 4000; i++) {
        put(f, i, 7);
    }
    g_assert_true(ht_spool_index_write_all(f->index, &error) &&
                  ht_spool_database_run(f->db, "COMMIT", &error));
    g_assert_no_error(error);
    ht_spool_index_committed(f->index);
    ht_spool_blocks_committed(f->blocks);
}

static void change(Fixture *f, const char *sql)
{
    GError *error = NULL;
    g_assert_true(ht_spool_database_run(f->db, sql, &error));
    g_assert_no_error(error);
}

#define FLIP(where) \
    "UPDATE segment_blocks SET bytes = CAST(substr(bytes, 1, 99) || x'ff00ff' || substr(bytes, 103) AS BLOB) WHERE " where

static const char *const mended[] = {
    FLIP("id = 1"),
    FLIP("id = 16"),
    FLIP("id IN (5, 20, 38)"),                             /* of each group one */
    FLIP("id = (SELECT max(id) - 1 FROM segment_blocks)"), /* the last, which is shorter */
    "DELETE FROM segment_blocks WHERE id = 3",
    "UPDATE segment_blocks SET bytes = (SELECT bytes FROM segment_blocks WHERE id = 4) WHERE id = 5",
    "UPDATE segment_blocks SET bytes = x'00' WHERE id = 2",
    FLIP("id = 17"), /* a parity */
};

static void test_mended(Fixture *f, const void *data)
{
    make_segment(f);
    change(f, *(const char *const *)data);
    ht_log_set_level((HtLogLevel)-1);
    expect_all(f, 0, 4000, 7);
    reopen(f);
    expect_all(f, 0, 4000, 7);
    expect_all(f, 4000, 100, 0);
    g_assert_cmpuint(ht_spool_blocks_mended(f->blocks), ==, 0); /* it was written again */
    ht_log_set_level(HT_LOG_INFO);
}

/* Two of one group: nobody is told that what stood there is not known. */
static void test_not_mended(Fixture *f, const void *unused)
{
    (void)unused;
    make_segment(f);
    change(f, FLIP("id IN (2, 3)"));
    ht_log_set_level((HtLogLevel)-1);
    for (unsigned round = 0; round < 2; round++) {
        unsigned refused = 0;
        for (uint64_t i = 0; i < 4000; i++) {
            g_autoptr(GError) error = NULL;
            HtSpoolHash hash = hash_of(i);
            HtSpoolEntry entry;
            bool found;
            if (ht_spool_index_find(f->index, &hash, &found, &entry, &error)) {
                g_assert_true(found && entry.value == 7);
                g_assert_false(ht_spool_index_met_damage(f->index));
            } else {
                g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT);
                g_assert_true(ht_spool_index_met_damage(f->index));
                refused++;
            }
        }
        g_assert_cmpuint(refused, ==, 2 * ht_spool_block_room(PAGE, HT_SPOOL_WIDE));
        reopen(f);
    }
    put_groups(f, 10000, 2000, 7); /* merges that cannot be made are left */
    expect_all(f, 10000, 2000, 7);
    ht_log_set_level(HT_LOG_INFO);
}

static void expect_refused(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSpoolBlocks) blocks = ht_spool_blocks_new(f->db, 1 << 20, NULL);
    g_autoptr(HtSpoolIndex) index = ht_spool_index_new(blocks, HT_SPOOL_STORE_TIES, MERGE_AT, &error);
    g_assert_null(index);
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT);
}

/* What says where entries are, or is the only place where they are, cannot be done without. */
static void test_refused(Fixture *f, const void *unused)
{
    (void)unused;
    put_groups(f, 0, 10, 7);
    change(
        f,
        "UPDATE segment_log SET entries = CAST(substr(entries, 1, 20) || x'ff' || substr(entries, 22) AS BLOB)");
    expect_refused(f);
    change(f, "DELETE FROM segment_log");
    make_segment(f);
    change(f, "UPDATE segments SET entries = entries + 1");
    expect_refused(f);
}

/* ---- The filter ---- */

static void test_filter(void)
{
    HtSpoolFilter filter;
    unsigned in_vain = 0;
    ht_spool_filter_init(&filter, 10000, 1 << 20);
    g_assert_cmpuint(ht_spool_filter_bytes(&filter), <=, 10000 * 3 / 2 + 32);
    for (uint64_t i = 0; i < 10000; i++) {
        HtSpoolHash hash = hash_of(i);
        ht_spool_filter_add(&filter, &hash);
    }
    for (uint64_t i = 0; i < 20000; i++) {
        HtSpoolHash hash = hash_of(i);
        bool may = ht_spool_filter_may_have(&filter, &hash);
        g_assert_true(may || i >= 10000);
        in_vain += may && i >= 10000;
    }
    g_assert_cmpuint(in_vain, <, 200);
    ht_spool_filter_clear(&filter);
    ht_spool_filter_init(&filter, 10000, 100); /* too little room: it knows nothing */
    HtSpoolHash hash = hash_of(1);
    g_assert_true(ht_spool_filter_may_have(&filter, &hash));
    g_assert_cmpuint(ht_spool_filter_bytes(&filter), ==, 0);
}

/* Without memory for filters all is found as well. */
static void test_without_filters(Fixture *f, const void *unused)
{
    (void)unused;
    put_groups(f, 0, 2000, 7);
    close_index(f);
    f->db = ht_spool_database_open(f->place.path, NULL);
    f->blocks = ht_spool_blocks_new(f->db, 0, NULL);
    begin(f);
    f->index = ht_spool_index_new(f->blocks, HT_SPOOL_STORE_TIES, MERGE_AT, NULL);
    expect_all(f, 0, 2000, 7);
    expect_all(f, 2000, 500, 0);
}

static void add(const char *path, void (*test)(Fixture *f, const void *data), const void *data)
{
    g_test_add(path, Fixture, data, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/spool/index/grows", test_grows, NULL);
    add("/spool/index/the-later-counts", test_later_counts, NULL);
    add("/spool/index/what-was-taken-out-stays-out", test_taken_out, NULL);
    add("/spool/index/rolled-back", test_rolled_back, NULL);
    add("/spool/index/what-nobody-names-is-swept", test_swept, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(mended); i++) {
        g_autofree char *path = g_strdup_printf("/spool/index/made-again/%zu", i);
        add(path, test_mended, &mended[i]);
    }
    add("/spool/index/never-unknown-by-damage", test_not_mended, NULL);
    add("/spool/index/refused-by-damage", test_refused, NULL);
    add("/spool/index/without-filters", test_without_filters, NULL);
    g_test_add_func("/spool/filter/knows-what-was-added", test_filter);
    return g_test_run();
}
