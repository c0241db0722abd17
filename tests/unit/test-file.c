/* Events in files: what is there after what failed, and that nothing is there twice. */
#include "core/base/log.h"
#include "core/delivery/batchfile.h"
#include "tests/lib/consumer-harness.h"
#include "tests/lib/places.h"

#include <json-glib/json-glib.h>
#include <signal.h>
#include <sys/stat.h>
#include <glib/gstdio.h>

static char *folder;

static HtBatchFiles *open_files(uint64_t cursor, GHashTable *written, uint64_t most_bytes)
{
    g_autoptr(GError) error = NULL;
    HtBatchOptions options = {
        .directory = folder, .name = "c", .rotate_bytes = 300, .most_bytes = most_bytes};
    HtBatchFiles *files = ht_batch_files_open(&options, cursor, written, &error);
    g_assert_no_error(error);
    return files;
}

static char *line_of(unsigned sequence)
{
    return g_strdup_printf("{\"id\":\"x\",\"sequence\":\"%020u\",\"data\":{}}\n", sequence);
}

static bool append(HtBatchFiles *files, unsigned sequence)
{
    g_autofree char *line = line_of(sequence);
    return ht_batch_files_append(files, ht_text_from(line), NULL);
}

static void rotate(HtBatchFiles *files)
{
    g_autoptr(GError) error = NULL;
    ht_batch_files_rotate(files, &error);
    g_assert_no_error(error);
}

static void check_manifest(const char *path, const char *text, gsize size)
{
    g_autofree char *manifest = g_strconcat(path, ".manifest.json", NULL);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, (gssize)size);
    g_autofree char *base = g_path_get_basename(path);
    g_autoptr(JsonParser) parser = json_parser_new();
    unsigned lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++) {
        lines++;
    }
    g_assert_true(json_parser_load_from_file(parser, manifest, NULL));
    JsonObject *object = json_node_get_object(json_parser_get_root(parser));
    g_assert_cmpint(json_object_get_int_member(object, "events"), ==, lines);
    g_assert_cmpint(json_object_get_int_member(object, "bytes"), ==, (gint64)size);
    g_assert_cmpstr(json_object_get_string_member(object, "sha256"), ==, sum);
    g_assert_cmpstr(json_object_get_string_member(object, "file"), ==, base);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The sequences in all whole files, in order of names, "|" behind each; each has its manifest, and mode 0640. Nothing else is there
 * but, with `part`, a .part. */
static char *read_all(bool part)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    unsigned manifests = 0, parts = 0;
    GString *all = g_string_new(NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        manifests += g_str_has_suffix(name, ".manifest.json");
        parts += g_str_has_suffix(name, ".part");
        if (g_str_has_suffix(name, ".jsonl")) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    for (unsigned i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL), *text = NULL;
        gsize size;
        GStatBuf status;
        g_assert_true(g_file_get_contents(path, &text, &size, NULL));
        g_assert_cmpint(g_stat(path, &status), ==, 0);
        g_assert_cmpint(status.st_mode & 0777, ==, 0640);
        check_manifest(path, text, size);
        for (const char *at = text; (at = strstr(at, "\"sequence\":\"")); at++) {
            g_string_append_printf(all, "%u ", (unsigned)g_ascii_strtoull(at + 12, NULL, 10));
        }
        g_string_append_c(all, '|');
    }
    g_assert_cmpuint(manifests, ==, names->len);
    g_assert_cmpuint(parts, ==, part);
    return g_string_free(all, FALSE);
}

static void assert_files(const char *sequences, bool part)
{
    g_autofree char *all = read_all(part);
    g_assert_cmpstr(all, ==, sequences);
}

static void begin_folder(void)
{
    folder = g_dir_make_tmp("hutong-files-XXXXXX", NULL);
}

static void end_folder(void)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_dir_close(dir);
    g_rmdir(folder);
    g_clear_pointer(&folder, g_free);
}

static char *part_path(void)
{
    return g_build_filename(folder, "c.part", NULL);
}

/* ---- Files ---- */

static HtBatchFiles *open_replay(int64_t replay, GHashTable *written)
{
    g_autoptr(GError) error = NULL;
    HtBatchOptions options = {.directory = folder, .name = "c", .replay = replay, .rotate_bytes = 300};
    HtBatchFiles *files = ht_batch_files_open(&options, 0, written, &error);
    g_assert_no_error(error);
    return files;
}

static bool has_file(const char *prefix, const char *text)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    bool found = false;
    for (const char *name; !found && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL), *content = NULL;
        found = g_str_has_prefix(name, prefix) && g_file_get_contents(path, &content, NULL, NULL) &&
                strstr(content, text);
    }
    return found;
}

static void test_a_replay_has_files_of_its_own(void)
{
    g_autoptr(GHashTable) written = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_autoptr(GHashTable) live_written = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    begin_folder();
    HtBatchFiles *live = open_files(0, NULL, 0), *replay = open_replay(7, NULL),
                 *other = open_replay(77, NULL);
    g_assert_true(append(live, 9) && append(replay, 1) && append(replay, 2) && append(other, 3));
    rotate(replay);
    g_assert_true(append(replay, 4));
    g_assert_true(has_file("c.replay-7-00000000000000000001-00000000000000000002-20", "\"sequence\""));
    g_assert_true(has_file("c.replay-7-", "\"consumer\":\"c\",\"replay\":7,\"events\":2"));
    ht_batch_files_free(replay); /* a crash: what it has written last is in its .part */
    ht_batch_files_free(other);
    ht_batch_files_free(live);
    live = open_files(0, live_written, 0); /* replay 77 has ended meanwhile */
    g_assert_true(has_file("c.replay-77-", "\"sequence\""));
    g_assert_cmpuint(g_hash_table_size(live_written), ==, 1);
    replay = open_replay(7, written);
    g_assert_cmpuint(g_hash_table_size(written), ==, 3);
    assert_files("9 |1 2 |4 |3 |", false);
    ht_batch_files_free(replay);
    ht_batch_files_free(live);
    g_autoptr(GError) error = NULL;
    live = open_files(0, NULL, 300); /* they count for files-max, too */
    g_autofree char *line = line_of(10);
    g_assert_false(ht_batch_files_append(live, ht_text_from(line), &error));
    g_assert_nonnull(strstr(error->message, "files-max"));
    ht_batch_files_free(live);
    end_folder();
}

static void test_a_file_has_its_range_and_its_manifest(void)
{
    begin_folder();
    HtBatchFiles *files = open_files(0, NULL, 0);
    g_assert_true(append(files, 3) && append(files, 1) && append(files, 2));
    assert_files("", true);
    rotate(files);
    rotate(files);
    g_assert_false(ht_batch_files_has_part(files));
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_assert_true(g_str_has_prefix(name, "c-00000000000000000001-00000000000000000003-20"));
    }
    g_assert_true(append(files, 4));
    rotate(files);
    assert_files("3 1 2 |4 |", false);
    ht_batch_files_free(files);
    end_folder();
}

/* What a kill, or a power failure, may leave of the part: all of it, and anything behind. */
static void test_a_part_is_put_right(void)
{
    static const char *const tails[] = {
        "",       "{",    "{\"id\":\"x\",\"sequence\":\"00000000000000000003\"",
        "\n",     "{}\n", "null\n{\"sequence\":\"00000000000000000007\"}\n",
        "}\n\n\n"};
    for (unsigned i = 0; i < G_N_ELEMENTS(tails); i++) {
        begin_folder();
        g_autofree char *path = part_path(), *one = line_of(1), *two = line_of(2);
        g_autofree char *text = g_strconcat(one, two, tails[i], NULL);
        g_autoptr(GHashTable) written = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        HtBatchFiles *files = open_files(1, written, 0);
        uint64_t first = 1, second = 2;
        g_assert_cmpuint(g_hash_table_size(written), ==, 1);
        g_assert_true(g_hash_table_contains(written, &second) && !g_hash_table_contains(written, &first));
        ht_batch_files_free(files);
        g_chmod(path, 0640);
        g_autofree char *all = read_all(false);
        g_assert_cmpstr(all, ==, "1 2 |");
        end_folder();
    }
}

static void test_a_part_with_nothing_whole_goes_away(void)
{
    begin_folder();
    g_autofree char *path = part_path();
    g_assert_true(g_file_set_contents(path, "{\"sequence\":\"0000", -1, NULL));
    ht_batch_files_free(open_files(0, NULL, 0));
    assert_files("", false);
    end_folder();
}

static void test_a_manifest_that_is_missing_is_made(void)
{
    begin_folder();
    HtBatchFiles *files = open_files(0, NULL, 0);
    g_assert_true(append(files, 1));
    rotate(files);
    ht_batch_files_free(files);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        if (g_str_has_suffix(name, ".manifest.json")) {
            g_autofree char *path = g_build_filename(folder, name, NULL);
            g_unlink(path);
        }
    }
    ht_batch_files_free(open_files(0, NULL, 0));
    assert_files("1 |", false);
    end_folder();
}

/* A write that ends in the middle of a line leaves nothing of it. */
static void test_what_does_not_fit_is_not_there_in_part(void)
{
    begin_folder();
    HtBatchFiles *files = open_files(0, NULL, 0);
    g_autofree char *one = line_of(1);
    g_assert_true(append(files, 1));
    for (size_t room = 1; room < strlen(one); room++) {
        test_limit_files(strlen(one) + room);
        g_assert_false(append(files, 2));
    }
    test_limit_files(TEST_NO_LIMIT);
    g_assert_true(append(files, 3));
    rotate(files);
    assert_files("1 3 |", false);
    ht_batch_files_free(files);
    end_folder();
}

static void test_files_that_nobody_fetches_are_bounded(void)
{
    begin_folder();
    g_autofree char *one = line_of(1);
    HtBatchFiles *files = open_files(0, NULL, 3 * strlen(one));
    for (unsigned i = 1; i <= 3; i++) {
        g_assert_true(append(files, i));
        rotate(files);
    }
    g_autoptr(GError) error = NULL;
    g_assert_false(ht_batch_files_append(files, ht_text_from(one), &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
    assert_files("1 |2 |3 |", false);
    ht_batch_files_free(files);
    end_folder();
}

static void test_files_of_others_are_left_alone(void)
{
    static const char *const others[] = {
        "c-1-2.jsonl", "cc-00000000000000000001-00000000000000000001-20260101T000000Z.jsonl", "notes.jsonl",
        "c.jsonl"};
    begin_folder();
    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *path = g_build_filename(folder, others[i], NULL);
        g_assert_true(g_file_set_contents(path, "x", -1, NULL));
    }
    ht_batch_files_free(open_files(0, NULL, 1));
    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *path = g_build_filename(folder, others[i], NULL);
        g_autofree char *manifest = g_strconcat(path, ".manifest.json", NULL);
        g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_test(manifest, G_FILE_TEST_EXISTS));
    }
    end_folder();
}

/* ---- The consumer ---- */

static void begin(Fixture *f, const char *keys, const char *persons)
{
    g_autofree char *all = g_strdup_printf("type = file\ndirectory = %s\n%s", folder, keys);
    start(f, all, persons);
}

static void await_delivered(Fixture *f, unsigned count)
{
    guint deadline = g_timeout_add_seconds(DEADLINE_S, fail_late, NULL);
    while (status_of(f).delivered < count) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(deadline);
}

static void test_events_become_lines(void)
{
    Fixture f;
    begin_folder();
    begin(&f, "batch = 2\n", "abacd");
    await_delivered(&f, 5);
    run_until_idle();
    g_assert_cmpuint(spool.cursor, ==, 5);
    stop(&f);
    g_autofree char *all = read_all(false);
    g_assert_cmpuint(strlen(all), ==, strlen("1 2 3 4 5 |"));
    end_folder();
}

static void test_a_file_is_closed_after_its_time(void)
{
    Fixture f;
    begin_folder();
    begin(&f, "rotate-time = 100ms\n", "ab");
    g_autofree char *part = part_path();
    await_delivered(&f, 2);
    while (g_file_test(part, G_FILE_TEST_EXISTS)) {
        g_main_context_iteration(NULL, TRUE);
    }
    stop(&f);
    assert_files("1 2 |", false);
    end_folder();
}

static void test_what_a_crash_left_is_not_written_again(void)
{
    Fixture f;
    begin_folder();
    g_autofree char *path = part_path(), *one = line_of(1), *three = line_of(3);
    g_autofree char *text = g_strconcat(one, three, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_chmod(path, 0640);
    begin(&f, "", "abcd");
    await_delivered(&f, 4);
    stop(&f);
    assert_files("1 3 |2 4 |", false);
    end_folder();
}

static void test_a_full_disk_is_waited_for(void)
{
    Fixture f;
    begin_folder();
    begin(&f, "", "ab");
    test_limit_files(100);
    while (status_of(&f).failures < 2) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpuint(spool.cursor, ==, 0);
    g_assert_cmpstr(status_of(&f).state, ==, "retrying");
    g_assert_cmpstr(spool.dead->str, ==, "");
    test_limit_files(TEST_NO_LIMIT);
    await_delivered(&f, 2);
    g_assert_cmpuint(spool.cursor, ==, 2);
    stop(&f);
    assert_files("1 2 |", false);
    end_folder();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level(HT_LOG_ERROR);
    g_test_add_func("/file/has-its-range-and-its-manifest", test_a_file_has_its_range_and_its_manifest);
    g_test_add_func("/file/a-replay-has-files-of-its-own", test_a_replay_has_files_of_its_own);
    g_test_add_func("/file/a-part-is-put-right", test_a_part_is_put_right);
    g_test_add_func("/file/a-part-with-nothing-whole-goes-away", test_a_part_with_nothing_whole_goes_away);
    g_test_add_func("/file/a-manifest-that-is-missing-is-made", test_a_manifest_that_is_missing_is_made);
    g_test_add_func("/file/what-does-not-fit-is-not-there-in-part",
                    test_what_does_not_fit_is_not_there_in_part);
    g_test_add_func("/file/that-nobody-fetches-are-bounded", test_files_that_nobody_fetches_are_bounded);
    g_test_add_func("/file/those-of-others-are-left-alone", test_files_of_others_are_left_alone);
    g_test_add_func("/file/events-become-lines", test_events_become_lines);
    g_test_add_func("/file/is-closed-after-its-time", test_a_file_is_closed_after_its_time);
    g_test_add_func("/file/what-a-crash-left-is-not-written-again",
                    test_what_a_crash_left_is_not_written_again);
    g_test_add_func("/file/a-full-disk-is-waited-for", test_a_full_disk_is_waited_for);
    return g_test_run();
}
