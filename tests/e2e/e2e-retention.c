/* Retention, with the real programs: what is due is archived and pruned when its consumer has it, and not before; what is pruned is known when it
 * is sent again; the archive can be verified, and the books of the day stay as they were. The persons are synthetic (prefix 99). */
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <glib/gstdio.h>
#include <string.h>

#define WAIT_MS 20000
#define NUMBER "990104198001019915"

static const char mapping[] =
    "<mapping xmlns=\"urn:hutong:mapping:1\" source=\"register\" authority=\"police\" version=\"1\">"
    "<event type=\"person.registered.v1\" for-each=\"/ROWS/ROW\"><id from=\"NO\"/><time from=\"BGSJ\"/>"
    "<identity kind=\"idNumber\" from=\"GMSFHM\"/><element to=\"person.name\" from=\"XM\" required=\"yes\"/>"
    "<element to=\"person.idNumber\" from=\"GMSFHM\"/></event></mapping>";

typedef struct {
    Platform *platform;
    BusProcess *bus;
    char *archive;
} Fixture;

/* `spool` are keys of [spool], `retention` those of the one [retention]. */
static void start(Fixture *f, const char *spool, const char *retention)
{
    f->platform = platform_new();
    g_autofree char *sections = g_strdup_printf(
        "[spool]\nprune-every = 24h\n%s\n"
        "[source register]\ndepartment = police\nadapter = xml\nmapping = ./register.xml\ndivision = 440104\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\nprobe = 100ms\nretry-first = 50ms\nretry-max = 200ms\n"
        "[route all]\nto = platform\n[retention all]\n%s\n",
        spool, platform_url(f->platform), retention);
    f->bus = bus_process_new(NULL, sections);
    f->archive = g_build_filename(f->bus->folder, "state", "archive", NULL);
    g_autofree char *path = g_build_filename(f->bus->folder, "register.xml", NULL);
    g_assert_true(g_file_set_contents(path, mapping, -1, NULL));
    bus_process_start(f->bus);
}

static void stop(Fixture *f)
{
    if (f->bus->pid) {
        g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    }
    bus_process_free(f->bus);
    platform_free(f->platform);
    g_free(f->archive);
}

/* The id of the receipt. */
static char *send_one(Fixture *f, unsigned number)
{
    g_autofree char *payload = g_strdup_printf("<ROWS><ROW><NO>%u</NO><XM>测试丁</XM><GMSFHM>" NUMBER
                                               "</GMSFHM><BGSJ>20090318</BGSJ></ROW></ROWS>",
                                               number);
    g_autoptr(Answer) answer = post(f->bus->port, "/in/register", "text/xml", NULL, payload, strlen(payload));
    g_assert_cmpint(answer->status, ==, 200);
    return g_strdup(answer->message_id);
}

static void send_some(Fixture *f, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        g_autofree char *id = send_one(f, i);
        g_assert_nonnull(id);
    }
}

static void wait_delivered(Fixture *f, unsigned events)
{
    g_assert_true(platform_wait(f->platform, events, WAIT_MS));
    bus_process_wait_figure(f->bus, "consumers.0.cursor", events, WAIT_MS);
    g_usleep(300000); /* the cursor goes to the disk within a tenth of a second */
}

static char *run(Fixture *f, int expected, const char *verb, const char *argument)
{
    char *output = NULL;
    int status = argument ? run_hutong(&output, "spool", verb, argument, "-c", f->bus->config, NULL)
                          : run_hutong(&output, "spool", verb, "-c", f->bus->config, NULL);
    if (status != expected) {
        g_error("spool %s: status %d: %s", verb, status, output);
    }
    return output;
}

static char *books(Fixture *f)
{
    char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "reconcile", "--json", "-c", f->bus->config, NULL), ==, 0);
    return output;
}

static unsigned count_files(const char *folder, const char *suffix)
{
    unsigned count = 0;
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        count += g_str_has_suffix(name, suffix);
    }
    g_clear_pointer(&dir, g_dir_close);
    return count;
}

/* The archive's first file; the caller frees. */
static char *find_sealed(const Fixture *f)
{
    char *path = NULL;
    GDir *dir = g_dir_open(f->archive, 0, NULL);
    for (const char *name; !path && dir && (name = g_dir_read_name(dir));) {
        path = g_str_has_suffix(name, ".zst.sealed") ? g_build_filename(f->archive, name, NULL) : NULL;
    }
    g_clear_pointer(&dir, g_dir_close);
    g_assert_nonnull(path);
    return path;
}

static void test_what_is_delivered_is_archived_and_pruned(void)
{
    Fixture f;
    start(&f, "", "keep = 1ms");
    g_autofree char *first = send_one(&f, 1);
    send_some(&f, 2, 19);
    wait_delivered(&f, 20);
    g_autofree char *before = books(&f);

    g_autofree char *only = run(&f, 0, "prune", "--dry-run");
    g_assert_nonnull(strstr(only, "20 events would be pruned"));
    g_assert_cmpuint(count_files(f.archive, ".zst"), ==, 0);
    g_autofree char *done = run(&f, 0, "prune", NULL);
    g_assert_nonnull(strstr(done, "20 events pruned"));
    g_assert_nonnull(strstr(done, "20 archived in 1 files"));
    g_assert_cmpuint(count_files(f.archive, ".zst.sealed"), ==, 1);
    g_assert_cmpuint(count_files(f.archive, ".part"), ==, 0);
    g_autofree char *verified = run(&f, 0, "verify", NULL);
    g_assert_nonnull(strstr(verified, "1 files, 20 events, 0 files"));
    g_autofree char *path = find_sealed(&f), *lines = run(&f, 0, "unseal", path);
    unsigned count = 0;
    for (const char *at = lines; (at = strchr(at, '\n')); at++) {
        count++;
    }
    g_assert_cmpuint(count, ==, 20);
    g_assert_nonnull(strstr(lines, "\"sequence\":\"00000000000000000020\""));
    g_autofree char *again = run(&f, 0, "prune", NULL);
    g_assert_nonnull(strstr(again, "0 events pruned"));

    g_autofree char *after = books(&f);
    g_assert_cmpstr(after, ==, before);
    g_autofree char *resent = send_one(&f, 1);
    g_assert_cmpstr(resent, ==, first); /* the same receipt */
    g_autofree char *left = run(&f, 0, "export", NULL);
    g_assert_nonnull(strstr(left, "0 events"));
    g_assert_nonnull(strstr(left, "20 that are pruned"));
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    g_autofree char *checked = run(&f, 0, "check", NULL);
    g_assert_nonnull(strstr(checked, "0 findings"));
    stop(&f);
}

/* A message that came to no event has none that its payload would go with. */
static void test_a_payload_without_events_goes(void)
{
    Fixture f;
    start(&f, "",
          "keep = 1ms\n[source empty]\ndepartment = police\nadapter = xml\nmapping = ./register.xml\n"
          "division = 440104\nkeep-payload = all\n");
    g_autoptr(Answer) answer = post(f.bus->port, "/in/empty", "text/xml", NULL, "<ROWS></ROWS>", 13);
    g_assert_cmpint(answer->status, ==, 200);
    g_usleep(10000);
    g_autofree char *done = run(&f, 0, "prune", NULL);
    g_assert_nonnull(strstr(done, "0 events pruned"));
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT count(*) FROM messages WHERE events = 0"), ==, 1);
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT count(*) FROM payloads"), ==, 0);
    stop(&f);
}

static void test_what_a_consumer_has_still_to_get_stays(void)
{
    Fixture f;
    start(&f, "", "keep = 1ms");
    send_some(&f, 1, 5);
    wait_delivered(&f, 5);
    platform_refuse(f.platform, 503, 0);
    send_some(&f, 6, 5);
    g_autofree char *some = run(&f, 0, "prune", NULL);
    g_assert_nonnull(strstr(some, "5 events pruned"));
    platform_refuse(f.platform, 0, 0);
    wait_delivered(&f, 10);
    g_autofree char *rest = run(&f, 0, "prune", NULL);
    g_assert_nonnull(strstr(rest, "5 events pruned"));
    g_autofree char *verified = run(&f, 0, "verify", NULL);
    g_assert_nonnull(strstr(verified, "2 files, 10 events"));
    stop(&f);
}

static void test_after_max_wait_it_goes_and_is_told(void)
{
    Fixture f;
    start(&f, "", "keep = 1ms\nmax-wait = 1ms");
    platform_refuse(f.platform, 503, 0);
    send_some(&f, 1, 3);
    g_usleep(50000);
    g_autofree char *all = run(&f, 0, "prune", NULL);
    g_assert_nonnull(strstr(all, "3 events pruned"));
    g_autofree char *log = bus_process_log(f.bus);
    g_assert_nonnull(strstr(log, "3 events that a consumer had still to get were pruned"));
    stop(&f);
}

static void test_by_size_the_oldest_go(void)
{
    Fixture f;
    start(&f, "", "keep-size = 300");
    send_some(&f, 1, 10);
    wait_delivered(&f, 10);
    g_autofree char *some = run(&f, 0, "prune", "--json");
    g_assert_null(strstr(some, "\"events\":0"));
    g_assert_null(strstr(some, "\"events\":10"));
    g_autofree char *file = g_build_filename(f.bus->folder, "left.jsonl", NULL);
    g_autofree char *left = run(&f, 0, "export", file);
    g_assert_nonnull(strstr(left, " 10; not in it")); /* the youngest is there */
    g_autofree char *source = run(&f, 1, "export", "--source=registr"),
                    *type = run(&f, 1, "export", "--type=person.deid");
    g_assert_nonnull(strstr(source, "there is no source of this name; did you mean 'register'?"));
    g_assert_nonnull(strstr(type, "did you mean 'person.died'?"));
    g_autofree char *verified = run(&f, 0, "verify", file);
    g_assert_nonnull(strstr(verified, "good"));
    stop(&f);
}

/* One byte of the archive is another one. */
static void test_an_altered_archive_is_found(void)
{
    Fixture f;
    start(&f, "", "keep = 1ms");
    send_some(&f, 1, 5);
    wait_delivered(&f, 5);
    g_autofree char *done = run(&f, 0, "prune", NULL);
    GDir *dir = g_dir_open(f.archive, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(f.archive, name, NULL), *text = NULL;
        gsize size;
        if (g_str_has_suffix(name, ".sealed")) {
            g_assert_true(g_file_get_contents(path, &text, &size, NULL));
            text[size / 2] ^= 1;
            g_assert_true(g_file_set_contents(path, text, (gssize)size, NULL));
        }
    }
    g_dir_close(dir);
    g_autofree char *found = run(&f, 2, "verify", NULL);
    g_assert_nonnull(strstr(found, "1 files are not what was written"));
    stop(&f);
}

/* With its manifest, which anybody can write: by a beginning that names other keys it is not passed off as a file that cannot be looked into. */
static void test_an_altered_beginning_is_found(void)
{
    Fixture f;
    start(&f, "", "keep = 1ms");
    send_some(&f, 1, 5);
    wait_delivered(&f, 5);
    g_autofree char *done = run(&f, 0, "prune", NULL), *path = find_sealed(&f), *text = NULL, *said = NULL;
    g_autofree char *manifest = g_strconcat(path, ".manifest.json", NULL);
    gsize size;
    g_assert_true(g_file_get_contents(path, &text, &size, NULL));
    g_assert_true(g_file_get_contents(manifest, &said, NULL, NULL));
    g_autofree char *before = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *)text, size);
    text[8] ^= 1; /* the first byte of which keys these are */
    g_autofree char *after = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *)text, size);
    g_assert_nonnull(strstr(said, before));
    memcpy(strstr(said, before), after, strlen(after));
    g_assert_true(g_file_set_contents(path, text, (gssize)size, NULL));
    g_assert_true(g_file_set_contents(manifest, said, -1, NULL));
    g_autofree char *found = run(&f, 1, "verify", NULL);
    g_assert_nonnull(strstr(found, "no key of this site opens it"));
    stop(&f);
}

/* Where the archive cannot be written nothing is pruned, and it is told. */
static void test_without_an_archive_nothing_is_pruned(void)
{
    Fixture f;
    start(&f, "archive = ./blocked/archive", "keep = 1ms");
    g_autofree char *blocked = g_build_filename(f.bus->folder, "blocked", NULL);
    g_assert_true(g_file_set_contents(blocked, "", -1, NULL)); /* a file where a folder is to be */
    send_some(&f, 1, 5);
    wait_delivered(&f, 5);
    g_autofree char *none = run(&f, 1, "prune", NULL);
    g_assert_nonnull(strstr(none, "0 events pruned"));
    g_assert_nonnull(strstr(none, "cannot be made"));
    unsigned status;
    g_autofree char *ready = bus_process_page(f.bus, "/ready", &status);
    g_assert_cmpuint(status, ==, 200);
    g_assert_nonnull(strstr(ready, "are not pruned"));
    g_assert_cmpint(g_unlink(blocked), ==, 0);
    g_autofree char *all = run(&f, 0, "prune", NULL);
    g_assert_nonnull(strstr(all, "5 events pruned"));
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    stop(&f);
}

/* It is done without a bus, too. */
static void test_a_stopped_spool_is_pruned(void)
{
    Fixture f;
    start(&f, "", "keep = 1ms");
    send_some(&f, 1, 5);
    wait_delivered(&f, 5);
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    g_autofree char *all = run(&f, 0, "prune", NULL);
    g_assert_nonnull(strstr(all, "5 events pruned"));
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/retention/what-is-delivered-is-archived-and-pruned",
                    test_what_is_delivered_is_archived_and_pruned);
    g_test_add_func("/retention/a-payload-without-events-goes", test_a_payload_without_events_goes);
    g_test_add_func("/retention/what-a-consumer-has-still-to-get-stays",
                    test_what_a_consumer_has_still_to_get_stays);
    g_test_add_func("/retention/after-max-wait-it-goes-and-is-told", test_after_max_wait_it_goes_and_is_told);
    g_test_add_func("/retention/by-size-the-oldest-go", test_by_size_the_oldest_go);
    g_test_add_func("/retention/an-altered-archive-is-found", test_an_altered_archive_is_found);
    g_test_add_func("/retention/an-altered-beginning-is-found", test_an_altered_beginning_is_found);
    g_test_add_func("/retention/without-an-archive-nothing-is-pruned",
                    test_without_an_archive_nothing_is_pruned);
    g_test_add_func("/retention/a-stopped-spool-is-pruned", test_a_stopped_spool_is_pruned);
    return g_test_run();
}
