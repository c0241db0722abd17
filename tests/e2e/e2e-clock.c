/* A bus whose clock is set forward and back by more than a year, while it runs and while it does not: nothing is lost, nothing is removed by an age
 * that it does not have, ids rise, and what is looked for by time is found. */
#include "tests/lib/busproc.h"
#include "tests/lib/deaths.h"
#include "tests/lib/places.h"
#include "tests/lib/post.h"

#include <glib/gstdio.h>
#include <string.h>

#define DAY_S ((gint64)24 * 3600)
#define JUMP_S (400 * DAY_S)
#define EACH 10
#define LEASED 4
#define MESSAGES 5
#define WAIT_MS 20000

static const char sections[] =
    "[spool]\nprune-every = 24h\n"
    "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
    "[consumer files]\ntype = file\ndirectory = files\nclearance = 2\npurpose = 社区人口服务\n"
    "purpose-until = 2099-12-31\nrotate-time = 100ms\nfiles-keep = 30d\n"
    "[consumer workers]\ntype = pull\nlease = 1h\n"
    "[route all]\nto = files\n[route others]\nto = workers\n[retention all]\n";

typedef struct {
    BusProcess *bus;
    char *clock; /* the file that the bus's clock is read from */
    char *messages[MESSAGES];
} Fixture;

static void set_clock(const Fixture *f, gint64 ahead_s)
{
    FILE *file = fopen(f->clock, "r+e");
    file = file ? file : fopen(f->clock, "we");
    g_assert_cmpuint(fwrite(&ahead_s, sizeof ahead_s, 1, file), ==, 1);
    g_assert_cmpint(fclose(file), ==, 0);
}

/* Only the bus has this clock. */
static void start_bus(const Fixture *f)
{
    g_autofree char *shim = g_build_filename(g_getenv("HUTONG_TEST_ADAPTERDIR"), "jumping-clock.so", NULL);
    g_setenv("HUTONG_CLOCK_FILE", f->clock, TRUE);
    g_setenv("LD_PRELOAD", shim, TRUE);
    bus_process_start(f->bus);
    g_unsetenv("LD_PRELOAD");
}

/* The message with this number: EACH events, each of a person of its own. They are delivered. */
static void send_message(Fixture *f, unsigned number)
{
    g_autofree char *payload = deaths_payload(number * EACH + 1, EACH, 0);
    g_autoptr(Answer) answer = post(f->bus->port, "/in/hukou", "text/xml", NULL, payload, strlen(payload));
    g_assert_cmpint(answer->status, ==, 200);
    f->messages[number] = g_strdup(answer->message_id);
    bus_process_wait_figure(f->bus, "consumers.0.cursor", (number + 1) * EACH, WAIT_MS);
}

static void expect_nothing_pruned(const Fixture *f)
{
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "spool", "prune", "-c", f->bus->config, NULL), ==, 0);
    g_assert_nonnull(strstr(output, "0 events pruned"));
}

/* What a worker gets, out of what nobody else has. */
static unsigned take(const Fixture *f, const char *worker, unsigned limit)
{
    g_autofree char *path = g_strdup_printf("/out/workers?worker=%s&limit=%u", worker, limit);
    g_autoptr(Answer) answer = fetch(f->bus->port, path, NULL);
    g_assert_cmpint(answer->status, ==, 200);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_assert_true(json_parser_load_from_data(parser, answer->body->str, -1, NULL));
    JsonNode *root = json_parser_get_root(parser);
    return JSON_NODE_HOLDS_ARRAY(root)
               ? json_array_get_length(json_node_get_array(root))
               : json_array_get_length(json_object_get_array_member(json_node_get_object(root), "events"));
}

/* ---- What stands in files ---- */

static void read_file(const char *path, char **ids, unsigned *count)
{
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; line[1]; line++) {
        g_autoptr(JsonParser) parser = json_parser_new();
        g_assert_true(json_parser_load_from_data(parser, *line, -1, NULL));
        JsonObject *event = json_node_get_object(json_parser_get_root(parser));
        guint64 sequence = g_ascii_strtoull(json_object_get_string_member(event, "sequence"), NULL, 10);
        g_assert_cmpuint(sequence, <=, MESSAGES * EACH);
        g_assert_null(ids[sequence]);
        ids[sequence] = g_strdup(json_object_get_string_member(event, "id"));
        ++*count;
    }
}

/* All events are in files, once, and their ids rise as their sequences do. */
static void expect_files(const Fixture *f, unsigned events)
{
    char *ids[MESSAGES * EACH + 1] = {NULL};
    unsigned count = 0;
    g_autofree char *folder = g_build_filename(f->bus->folder, "files", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_str_has_prefix(name, "files-") && g_str_has_suffix(name, ".jsonl")) {
            read_file(path, ids, &count);
        }
    }
    g_assert_cmpuint(count, ==, events);
    for (unsigned i = 1; i <= events; i++) {
        g_assert_true(i == 1 || strcmp(ids[i - 1], ids[i]) < 0);
    }
    for (unsigned i = 1; i <= events; i++) {
        g_free(ids[i]);
    }
}

/* ---- What is looked for by time ---- */

static char *time_text(gint64 ahead_s)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(g_get_real_time() / G_USEC_PER_SEC + ahead_s);
    return g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
}

/* A day before and behind this time of the bus's. */
static void expect_replay(const Fixture *f, gint64 ahead_s, const char *expected)
{
    g_autofree char *from = time_text(ahead_s - DAY_S), *to = time_text(ahead_s + DAY_S), *output = NULL;
    g_assert_cmpint(run_hutong(&output, "replay", "--consumer", "files", "--from", from, "--to", to, "-c",
                               f->bus->config, NULL),
                    ==, 0);
    if (!strstr(output, expected)) {
        g_error("%s is not in %s", expected, output);
    }
}

static void expect_listed(const Fixture *f, gint64 ahead_s, unsigned first, unsigned last)
{
    g_autofree char *since = time_text(ahead_s - DAY_S), *until = time_text(ahead_s + DAY_S), *output = NULL;
    g_assert_cmpint(run_hutong(&output, "message", "list", "--since", since, "--until", until, "-c",
                               f->bus->config, NULL),
                    ==, 0);
    for (unsigned i = 0; i < MESSAGES; i++) {
        bool is_listed = strstr(output, f->messages[i]) != NULL;
        g_assert_true(is_listed == (i == first || i == last));
    }
}

static void expect_found(const Fixture *f)
{
    for (unsigned i = 0; i < MESSAGES; i++) {
        g_autofree char *path = g_strdup_printf("/in/hukou/receipt/%s", f->messages[i]);
        g_autoptr(Answer) answer = fetch(f->bus->port, path, NULL);
        g_assert_cmpint(answer->status, ==, 200);
        g_assert_true(i == 0 || strcmp(f->messages[i - 1], f->messages[i]) < 0);
    }
    expect_listed(f, JUMP_S, 1, 1);
    expect_listed(f, -JUMP_S, 2, 3);
    expect_listed(f, 0, 0, 4);
    expect_replay(f, JUMP_S, "of 11 to 20,");
    expect_replay(f, -JUMP_S, "of 21 to 40,");
    expect_replay(f, 0, "of 1 to 50,");
}

static void start(Fixture *f, const char *keep, gint64 ahead_s)
{
    g_autofree char *all = g_strconcat(sections, keep, NULL);
    *f = (Fixture){.bus = bus_process_new(NULL, all)};
    f->clock = g_build_filename(f->bus->folder, "clock", NULL);
    set_clock(f, ahead_s);
    start_bus(f);
}

static void stop(Fixture *f)
{
    g_autofree char *checked = NULL;
    g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    g_assert_cmpint(run_hutong(&checked, "spool", "check", "-c", f->bus->config, NULL), ==, 0);
    for (unsigned i = 0; i < MESSAGES; i++) {
        g_free(f->messages[i]);
    }
    bus_process_free(f->bus);
    g_free(f->clock);
}

static bool cannot_be_set(void)
{
    bool cannot = test_is_sanitized();
    if (cannot) {
        g_test_skip("a sanitizer has to be loaded first");
    }
    return cannot;
}

static void test_a_clock_that_jumps(void)
{
    Fixture f;
    if (cannot_be_set()) {
        return;
    }
    start(&f, "keep = 30d\n", 0);
    send_message(&f, 0);
    g_assert_cmpuint(take(&f, "first", LEASED), ==, LEASED);

    set_clock(&f, JUMP_S);
    send_message(&f, 1);
    expect_nothing_pruned(&f);
    expect_files(&f, 2 * EACH);
    g_assert_cmpuint(take(&f, "second", 100), ==, 2 * EACH - LEASED); /* the leases hold */

    set_clock(&f, -JUMP_S);
    send_message(&f, 2);
    expect_nothing_pruned(&f);
    g_assert_cmpuint(take(&f, "third", 100), ==, EACH);
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    start_bus(&f);
    send_message(&f, 3);
    set_clock(&f, 0);
    send_message(&f, 4);
    expect_nothing_pruned(&f);
    expect_files(&f, MESSAGES * EACH);
    expect_found(&f);
    stop(&f);
}

/* What was recorded by a clock that was ahead is as old as what came behind it. */
static void test_what_seems_to_be_of_the_future_is_pruned(void)
{
    Fixture f;
    if (cannot_be_set()) {
        return;
    }
    start(&f, "keep = 1ms\n", JUMP_S);
    send_message(&f, 0);
    set_clock(&f, 0);
    send_message(&f, 1);
    while (take(&f, "one", 100) > 0) {
        g_autoptr(Answer) answer =
            post(f.bus->port, "/out/workers/ack", "application/json", NULL,
                 "{\"worker\":\"one\",\"through\":20}", strlen("{\"worker\":\"one\",\"through\":20}"));
        g_assert_cmpint(answer->status, ==, 200);
    }
    bus_process_wait_figure(f.bus, "consumers.1.cursor", 2 * EACH, WAIT_MS);
    g_usleep(300000); /* the cursors go to the disk within a tenth of a second */
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "spool", "prune", "-c", f.bus->config, NULL), ==, 0);
    g_assert_nonnull(strstr(output, "20 events pruned"));
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clock/that-jumps-loses-nothing-and-ages-nothing", test_a_clock_that_jumps);
    g_test_add_func("/clock/what-seems-to-be-of-the-future-is-pruned",
                    test_what_seems_to_be_of_the_future_is_pruned);
    return g_test_run();
}
