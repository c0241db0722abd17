/* What becomes of a spool whose files go, or lose their end: it is said, and no sequence is given out twice. */
#include "tests/lib/spool-test.h"

#include <fcntl.h>
#include <sys/stat.h>

#define TEST(name) static void name(Place *place, const void *data)

static void append_some(Place *place, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        g_autofree char *key = g_strdup_printf("m%u", i);
        HtSpoolMessage *message = message_new("hukou", key);
        message_add(message, message->key.data);
        spool_take_well(place->spool, message);
    }
}

static HtSpoolStatus status_of(Place *place)
{
    HtSpoolStatus status;
    ht_spool_status(place->spool, &status);
    return status;
}

static off_t size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_size : -1;
}

/* What a kill would leave: the files as they are while the spool is open, in place of what a clean end makes of them. */
static void kill_spool(Place *place)
{
    static const char *const names[] = {"spool.db", "spool.db-wal", "mark"};
    char *contents[G_N_ELEMENTS(names)];
    gsize sizes[G_N_ELEMENTS(names)];
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(place->directory, names[i], NULL);
        g_assert_true(g_file_get_contents(path, &contents[i], &sizes[i], NULL));
    }
    place_close(place);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(place->directory, names[i], NULL);
        g_autofree char *content = contents[i];
        g_assert_true(g_file_set_contents(path, content, (gssize)sizes[i], NULL));
    }
}

static void cut_wal(const char *wal)
{
    g_assert_cmpint(truncate(wal, size_of(wal) / 2), ==, 0);
}

static void flip(const char *path, off_t at)
{
    uint8_t byte;
    int file = open(path, O_RDWR | O_CLOEXEC);
    g_assert_cmpint(pread(file, &byte, 1, at), ==, 1);
    byte ^= 4;
    g_assert_cmpint(pwrite(file, &byte, 1, at), ==, 1);
    close(file);
}

static void alter_wal(const char *wal)
{
    flip(wal, size_of(wal) / 2);
}

static void alter_wal_head(const char *wal)
{
    flip(wal, 20);
}

static void remove_wal(const char *wal)
{
    g_assert_cmpint(g_unlink(wal), ==, 0);
}

static unsigned count_kept(Place *place)
{
    unsigned count = 0;
    GDir *names = g_dir_open(place->directory, 0, NULL);
    for (const char *name; (name = g_dir_read_name(names));) {
        count += g_str_has_prefix(name, "spool.db-wal.cut-");
    }
    g_dir_close(names);
    return count;
}

static unsigned count_whole(Place *place, unsigned events)
{
    unsigned whole = 0;
    HtSpoolPage *page = spool_page(place->spool, 0, 1000, 1 << 20);
    g_assert_cmpuint(page->events->len, ==, events);
    for (guint i = 0; i < events; i++) {
        g_assert_cmpuint(page_event(page, i)->sequence, ==, i + 1);
        whole += page_event(page, i)->state == HT_STORED_WHOLE;
    }
    ht_spool_page_free(page);
    return whole;
}

static const struct {
    const char *name;
    void (*harm)(const char *wal);
    bool kept; /* what is behind the bad frame */
} harms[] = {
    {"a-cut-log", cut_wal, false},
    {"an-altered-log", alter_wal, true},
    {"an-altered-head-of-the-log", alter_wal_head, false},
    {"a-removed-log", remove_wal, false},
};

static void test_lost_end(Place *place, const void *data)
{
    void (*harm)(const char *) = *(void (*const *)(const char *))((const char *const *)data + 1);
    bool kept = *(const bool *)((const char *const *)data + 2);
    g_autofree char *wal = g_strconcat(place->path, "-wal", NULL);
    g_autoptr(GString) report = g_string_new(NULL);
    place_open(place);
    append_some(place, 1, 10);
    place_close(place);
    place_open(place);
    append_some(place, 11, 20);
    kill_spool(place);
    harm(wal);
    place_open(place);
    g_assert_cmpuint(count_kept(place), ==, kept);
    HtSpoolStatus status = status_of(place);
    g_assert_cmpuint(status.last_sequence, ==, 30);
    g_assert_cmpuint(status.damaged, >, 0);
    g_assert_cmpuint(status.damaged, <=, 20);
    g_assert_cmpuint(count_whole(place, 30), ==, 30 - status.damaged);
    HtSpoolMessage *message = message_new("hukou", "m30");
    message_add(message, "m30");
    g_assert_cmpuint(spool_take_well(place->spool, message).sequence, ==, 31); /* sent again, it is taken */
    place_close(place);
    g_assert_cmpint(ht_spool_check(place->directory, report, NULL), ==, 0); /* it is told already */
    g_assert_cmpint(
        place_number(place, "SELECT count(*) FROM damaged WHERE reason LIKE '%were acknowledged%'"), ==, 1);
    place_open(place);
    g_assert_cmpuint(status_of(place).damaged, ==, status.damaged);
    g_assert_cmpuint(count_whole(place, 31), ==, 31 - status.damaged);
}

/* A kill alone loses nothing, and nothing is said. */
TEST(test_kill_is_no_loss)
{
    (void)data;
    place_open(place);
    append_some(place, 1, 30);
    kill_spool(place);
    place_open(place);
    g_assert_cmpuint(status_of(place).damaged, ==, 0);
    g_assert_cmpuint(count_whole(place, 30), ==, 30);
    g_assert_cmpuint(count_kept(place), ==, 0);
}

/* The last group of a power cut: its last frame is there, an earlier one is not. */
TEST(test_torn_group_is_no_loss)
{
    (void)data;
    g_autofree char *wal = g_strconcat(place->path, "-wal", NULL);
    g_autofree char *mark = g_build_filename(place->directory, "mark", NULL), *content = NULL;
    gsize size;
    place_open(place);
    append_some(place, 1, 10);
    g_assert_true(g_file_get_contents(mark, &content, &size, NULL));
    off_t before = size_of(wal);
    append_some(place, 11, 1);
    kill_spool(place);
    g_assert_true(g_file_set_contents(mark, content, (gssize)size, NULL)); /* it was told to nobody */
    flip(wal, before + 100);
    place_open(place);
    g_assert_cmpuint(status_of(place).damaged, ==, 0);
    g_assert_cmpuint(count_whole(place, 10), ==, 10);
    g_assert_cmpuint(count_kept(place), ==, 0);
}

/* An older copy of the spool is put back: what was given out since is not given out again. */
TEST(test_older_copy)
{
    (void)data;
    g_autofree char *content = NULL;
    gsize size;
    place_open(place);
    append_some(place, 1, 5);
    place_close(place);
    g_assert_true(g_file_get_contents(place->path, &content, &size, NULL));
    place_open(place);
    append_some(place, 6, 5);
    place_close(place);
    g_assert_true(g_file_set_contents(place->path, content, (gssize)size, NULL));
    place_open(place);
    g_assert_cmpuint(status_of(place).damaged, ==, 5);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 10);
}

TEST(test_damaged_mark_says_nothing)
{
    (void)data;
    g_autofree char *mark = g_build_filename(place->directory, "mark", NULL);
    place_open(place);
    append_some(place, 1, 5);
    place_close(place);
    flip(mark, 10);
    place_open(place);
    g_assert_cmpuint(status_of(place).damaged, ==, 0);
    append_some(place, 6, 1);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 6);
}

/* ---- While it is open ---- */

static void remove_file(const Place *place)
{
    g_assert_cmpint(g_unlink(place->path), ==, 0);
}

static void replace_file(const Place *place)
{
    g_autofree char *away = g_strconcat(place->path, ".away", NULL), *content = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(place->path, &content, &size, NULL));
    g_assert_cmpint(g_rename(place->path, away), ==, 0);
    g_assert_true(g_file_set_contents(place->path, content, (gssize)size, NULL));
}

static void remove_log(const Place *place)
{
    g_autofree char *wal = g_strconcat(place->path, "-wal", NULL);
    g_assert_cmpint(g_unlink(wal), ==, 0);
}

static const struct {
    const char *name;
    void (*harm)(const Place *place);
} removals[] = {{"removed", remove_file}, {"replaced", replace_file}, {"log-removed", remove_log}};

static void test_gone(Place *place, const void *data)
{
    void (*harm)(const Place *) = *(void (*const *)(const Place *))((const char *const *)data + 1);
    place_open(place);
    append_some(place, 1, 3);
    g_assert_false(status_of(place).failed);
    harm(place);
    g_assert_true(status_of(place).failed); /* also when nothing is written */
    g_assert_true(status_of(place).replaced);
    HtSpoolMessage *message = message_new("hukou", "m4");
    message_add(message, "m4");
    spool_expect_error(place->spool, message, HT_SPOOL_ERROR_IO);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 3);
}

TEST(test_must_exist)
{
    (void)data;
    place->options.must_exist = true;
    place_expect_refused(place, HT_SPOOL_ERROR_CORRUPT);
    g_assert_false(g_file_test(place->path, G_FILE_TEST_EXISTS));
    place->options.must_exist = false;
    place_open(place);
    place_close(place);
    place->options.must_exist = true;
    place_open(place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(harms); i++) {
        g_autofree char *path = g_strconcat("/spool/loss/is-told-of-", harms[i].name, NULL);
        place_add_test(path, &harms[i], test_lost_end);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(removals); i++) {
        g_autofree char *path =
            g_strconcat("/spool/loss/nothing-is-acknowledged-when-its-file-is-", removals[i].name, NULL);
        place_add_test(path, &removals[i], test_gone);
    }
    place_add_test("/spool/loss/a-kill-is-none", NULL, test_kill_is_no_loss);
    place_add_test("/spool/loss/a-torn-group-is-none", NULL, test_torn_group_is_no_loss);
    place_add_test("/spool/loss/older-copy-gives-out-no-number-twice", NULL, test_older_copy);
    place_add_test("/spool/loss/damaged-mark-says-nothing", NULL, test_damaged_mark_says_nothing);
    place_add_test("/spool/loss/nothing-is-begun-beside-a-key", NULL, test_must_exist);
    return g_test_run();
}
