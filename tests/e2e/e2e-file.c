/* Consumers that find their events as files, with the real program: each event once, whatever happens to the bus, and nothing that the
 * consumer may not see. */
#include "tests/lib/busproc.h"
#include "tests/lib/deaths.h"
#include "tests/lib/post.h"

#include <glib/gstdio.h>
#include <string.h>

#define ROUNDS 8
#define EVENTS 100

static char *folder_of(const BusProcess *bus)
{
    return g_build_filename(bus->folder, "files", NULL);
}

static BusProcess *start_with(const char *consumer)
{
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer files]\ntype = file\ndirectory = files\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n%s"
        "[route all]\nto = files\n",
        consumer);
    BusProcess *bus = bus_process_new(NULL, sections);
    bus_process_start(bus);
    return bus;
}

static void post_deaths(const BusProcess *bus, unsigned first, unsigned count)
{
    g_autofree char *payload = deaths_payload(first, count, 40);
    g_autoptr(Answer) answer = post(bus->port, "/in/hukou", "text/xml", NULL, payload, strlen(payload));
    g_assert_cmpint(answer->status, ==, 200);
}

/* What the whole files with this prefix hold, line by line; each is as its manifest says. */
static GPtrArray *read_lines_of(const BusProcess *bus, const char *prefix)
{
    g_autofree char *folder = folder_of(bus);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL, *manifest = NULL;
        gsize size;
        if (!g_str_has_suffix(name, ".jsonl") || !g_str_has_prefix(name, prefix)) {
            continue;
        }
        g_autofree char *manifest_path = g_strconcat(path, ".manifest.json", NULL);
        g_assert_true(g_file_get_contents(path, &text, &size, NULL));
        g_assert_true(g_file_get_contents(manifest_path, &manifest, NULL, NULL));
        g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, (gssize)size);
        g_assert_nonnull(strstr(manifest, sum));
        g_auto(GStrv) split = g_strsplit(text, "\n", -1);
        for (char **line = split; line[1]; line++) {
            g_ptr_array_add(lines, g_strdup(*line));
        }
    }
    return lines;
}

static GPtrArray *read_lines(const BusProcess *bus)
{
    return read_lines_of(bus, "files");
}

static void assert_each_once_of(const BusProcess *bus, const char *prefix, unsigned count)
{
    g_autoptr(GPtrArray) lines = read_lines_of(bus, prefix);
    g_autoptr(GHashTable) sequences = g_hash_table_new(NULL, NULL);
    for (unsigned i = 0; i < lines->len; i++) {
        g_autoptr(JsonParser) parser = json_parser_new();
        g_assert_true(json_parser_load_from_data(parser, lines->pdata[i], -1, NULL));
        JsonObject *event = json_node_get_object(json_parser_get_root(parser));
        guint64 sequence = g_ascii_strtoull(json_object_get_string_member(event, "sequence"), NULL, 10);
        g_assert_true(g_hash_table_add(sequences, GSIZE_TO_POINTER(sequence)));
    }
    g_assert_cmpuint(lines->len, ==, count);
}

static void assert_each_once(const BusProcess *bus, unsigned count)
{
    assert_each_once_of(bus, "files", count);
}

/* The bus is killed while events come in and lines are written. */
static void test_a_kill_loses_and_doubles_nothing(void)
{
    BusProcess *bus = start_with("batch = 7\nrotate-size = 4K\n");
    for (unsigned round = 0; round < ROUNDS; round++) {
        post_deaths(bus, 1 + round * EVENTS, EVENTS);
        if (round % 2 == 1) {
            bus_process_wait_figure(bus, "consumers.0.delivered", 5 + round * 10, 10000);
        }
        bus_process_kill(bus);
        bus_process_start(bus);
    }
    bus_process_wait_figure(bus, "consumers.0.cursor", ROUNDS * EVENTS, 20000);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    assert_each_once(bus, ROUNDS * EVENTS);
    bus_process_free(bus);
}

/* Of the replay: its lines stand in files of their own, each once, also when it was killed. */
static void test_a_replay_goes_to_files_of_its_own(void)
{
    BusProcess *bus = start_with("batch = 7\nrotate-size = 4K\n");
    g_autofree char *begun = NULL, *shown = NULL;
    post_deaths(bus, 1, EVENTS);
    bus_process_wait_figure(bus, "consumers.0.cursor", EVENTS, 20000);
    g_assert_cmpint(
        run_hutong(&begun, "replay", "--consumer", "files", "--from", "11", "-c", bus->config, NULL), ==, 0);
    bus_process_kill(bus);
    bus_process_start(bus);
    for (bool done = false; !done;) {
        g_clear_pointer(&shown, g_free);
        g_assert_cmpint(run_hutong(&shown, "replay", "show", "1", "--json", "-c", bus->config, NULL), ==, 0);
        done = strstr(shown, "\"state\":\"done\"") != NULL;
    }
    g_assert_nonnull(strstr(shown, "\"delivered\":90,\"dead\":0"));
    post_deaths(bus, 1 + EVENTS, 1);
    bus_process_wait_figure(bus, "consumers.0.cursor", EVENTS + 1, 20000);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    assert_each_once_of(bus, "files.replay-1-", EVENTS - 10);
    assert_each_once_of(bus, "files-", EVENTS + 1);
    bus_process_free(bus);
}

static void test_what_it_may_not_see_is_in_no_file(void)
{
    BusProcess *bus = start_with("mask = person.name:name\ndeny = person.idNumber\n");
    post_deaths(bus, 1, 3);
    bus_process_wait_figure(bus, "consumers.0.cursor", 3, 10000);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_autoptr(GPtrArray) lines = read_lines(bus);
    g_assert_cmpuint(lines->len, ==, 3);
    for (unsigned i = 0; i < lines->len; i++) {
        g_assert_null(strstr(lines->pdata[i], "990104"));
        g_assert_null(strstr(lines->pdata[i], "测试丁"));
    }
    bus_process_free(bus);
}

static void test_files_that_nobody_fetches_stop_one_consumer_only(void)
{
    BusProcess *bus =
        start_with("files-max = 1K\nretry-first = 20ms\nretry-max = 100ms\nbatch = 1\n"
                   "[consumer other]\ntype = file\ndirectory = other\n[route others]\nto = other\n");
    post_deaths(bus, 1, 20);
    bus_process_wait_figure(bus, "consumers.1.cursor", 20, 10000);
    bus_process_wait_figure(bus, "consumers.0.failures", 2, 10000);
    g_assert_cmpint(bus_process_figure(bus, "consumers.0.cursor"), <, 20);
    g_assert_cmpint(bus_process_figure(bus, "consumers.0.dead"), ==, 0);
    g_autofree char *log = bus_process_log(bus);
    g_assert_nonnull(strstr(log, "(files-max): fetch and remove some"));
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/files/a-kill-loses-and-doubles-nothing", test_a_kill_loses_and_doubles_nothing);
    g_test_add_func("/files/a-replay-goes-to-files-of-its-own", test_a_replay_goes_to_files_of_its_own);
    g_test_add_func("/files/what-it-may-not-see-is-in-none", test_what_it_may_not_see_is_in_no_file);
    g_test_add_func("/files/that-nobody-fetches-stop-one-consumer-only",
                    test_files_that_nobody_fetches_stop_one_consumer_only);
    return g_test_run();
}
