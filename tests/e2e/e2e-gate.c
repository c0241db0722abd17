/* The gate: no adapter and no mapping of a site serves before the conformance kit has passed it, and a bus that has seen it
 * pass does not ask again. With the real program, the shipped adapters and hostile ones. */
#include "tests/lib/busproc.h"
#include "tests/lib/places.h"
#include "tests/lib/post.h"
#include "tests/lib/tree.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK_MS 120000
#define ON "adapter-check = on\n"

static const char hukou[] =
    "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n";

/* A source with an adapter of tests/adapters, or of another folder. transfer full. */
static char *make_source(const char *name, const char *folder, const char *adapter)
{
    const char *root = g_getenv("HUTONG_SRCDIR");
    return g_strdup_printf("[source %s]\ndepartment = nobody\nadapter = %s/%s.so\n"
                           "mapping = %s/tests/data/mappings/encoding.xml\n",
                           name, folder ? folder : g_getenv("HUTONG_TEST_ADAPTERDIR"), adapter, root);
}

static unsigned count_in_log(BusProcess *bus, const char *text)
{
    g_autofree char *log = bus_process_log(bus);
    unsigned count = 0;
    for (const char *at = log; (at = strstr(at, text)); at += strlen(text)) {
        count++;
    }
    return count;
}

static void assert_in_log(BusProcess *bus, const char *text)
{
    if (count_in_log(bus, text) == 0) {
        g_autofree char *log = bus_process_log(bus);
        g_error("'%s' is not in the log:\n%s", text, log);
    }
}

static void wait_for_log(BusProcess *bus, const char *text, unsigned count)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)CHECK_MS * 1000;
    while (count_in_log(bus, text) < count) {
        if (g_get_monotonic_time() > deadline) {
            assert_in_log(bus, text);
            g_error("'%s' is not %u times in the log", text, count);
        }
        g_usleep(5000);
    }
}

static Answer *post_text(BusProcess *bus, const char *path, const char *text)
{
    return post(bus->port, path, "text/xml", NULL, text, strlen(text));
}

static void assert_refused(BusProcess *bus, const char *path, const char *code)
{
    g_autoptr(Answer) answer = post_text(bus, path, "<a/>");
    g_autofree char *got = answer_element(answer, "code");
    g_assert_cmpint(answer->status, ==, 503);
    g_assert_cmpstr(got, ==, code);
    g_assert_nonnull(answer->retry_after);
}

static bool serves_hukou(BusProcess *bus)
{
    g_autoptr(Answer) answer = post_text(
        bus, "/in/hukou",
        "<ROWS><ROW><SWZXID>1</SWZXID><SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>930000001</HJYWID><CXBZ>0</CXBZ>"
        "<JCWH>440104001003</JCWH><XM>测试丁</XM><GMSFHM>990104195008179950</GMSFHM><XB>1</XB><CSRQ>19500817</CSRQ></ROW></ROWS>");
    return answer->status == 200;
}

/* What the kit finds wrong, also in a build with sanitizers, which keeps freed memory. */
static const char *bad_adapter(void)
{
    return test_is_sanitized() ? "fragile" : "leaky";
}

static void test_a_bad_adapter_never_serves(void)
{
    g_autofree char *one = make_source("bad", NULL, bad_adapter()),
                    *two = make_source("worse", NULL, bad_adapter());
    g_autofree char *sections = g_strconcat(hukou, one, two, NULL), *output = NULL, *page = NULL;
    unsigned status;
    BusProcess *bus = bus_process_new(ON, sections);
    bus_process_start(bus);
    bus_process_wait_check(bus, 1, "failed", CHECK_MS);
    bus_process_wait_check(bus, 2, "failed", CHECK_MS);
    assert_refused(bus, "/in/bad", "adapter-failed-check");
    assert_refused(bus, "/in/worse", "adapter-failed-check");
    g_assert_cmpint(bus_process_figure(bus, "sources.1.host.pid"), ==, 0);
    g_assert_cmpint(bus_process_figure(bus, "spool.messages"), ==, 0);

    /* It says why, and where to look; and two sources shared the check. */
    const char *why =
        strcmp(bad_adapter(), "leaky") == 0 ? "memory does not grow: " : "survives blanks: it ended its host";
    g_autofree char *checked = g_strdup_printf("%s.so is checked (process", bad_adapter());
    g_autofree char *hint = g_strdup_printf("To see all: hutong adapter check %s/%s.so",
                                            g_getenv("HUTONG_TEST_ADAPTERDIR"), bad_adapter());
    assert_in_log(bus, why);
    assert_in_log(bus, hint);
    g_assert_cmpuint(count_in_log(bus, checked), ==, 1);
    g_assert_cmpint(run_hutong(&output, "status", "-c", bus->config, NULL), ==, 0);
    g_assert_nonnull(strstr(output, "adapter failed its check: "));
    g_assert_nonnull(strstr(output, why));
    page = bus_process_page(bus, "/metrics", &status);
    g_assert_nonnull(strstr(page, "hutong_source_adapter_passed{source=\"bad\"} 0\n"));

    /* Nobody else notices. */
    bus_process_wait_check(bus, 0, "passed", CHECK_MS);
    g_assert_true(serves_hukou(bus));
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

static void test_a_passed_check_is_remembered(void)
{
    BusProcess *bus = bus_process_new(ON, hukou);
    bus_process_start(bus);
    bus_process_wait_check(bus, 0, "passed", CHECK_MS);
    g_assert_true(serves_hukou(bus));
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    for (unsigned i = 1; i <= 2; i++) {
        bus_process_start(bus);
        g_assert_cmpstr(bus_process_check_state(bus, 0), ==, "passed"); /* at once */
        g_assert_true(serves_hukou(bus));
        g_assert_cmpint(bus_process_stop(bus), ==, 0);
        g_assert_cmpuint(count_in_log(bus, "hukou.so passed before"), ==, i);
    }
    g_assert_cmpuint(count_in_log(bus, "hukou.so is checked"), ==, 1);

    /* `hutong check` takes its word for it, and another word is no word. */
    g_autofree char *output = NULL, *folder = g_build_filename(bus->folder, "state", "checked", NULL);
    g_assert_cmpint(run_hutong(&output, "check", "-c", bus->config, NULL), ==, 0);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_autofree char *memory = g_build_filename(folder, g_dir_read_name(dir), NULL);
    g_assert_true(g_file_set_contents(memory, "[passed]\ndigest=0\n", -1, NULL));
    bus_process_start(bus);
    bus_process_wait_check(bus, 0, "passed", CHECK_MS);
    g_assert_cmpuint(count_in_log(bus, "hukou.so is checked"), ==, 2);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

/* Puts tests/adapters/FROM.so in the place of TO, at once. */
static void put_adapter(const char *folder, const char *from, const char *to)
{
    gsize size;
    g_autofree char *name = g_strconcat(from, ".so", NULL), *bytes = NULL;
    g_autofree char *source = g_build_filename(g_getenv("HUTONG_TEST_ADAPTERDIR"), name, NULL);
    g_autofree char *target = g_strdup_printf("%s/%s.so", folder, to);
    g_autofree char *draft = g_strconcat(target, ".new", NULL);
    g_assert_true(g_file_get_contents(source, &bytes, &size, NULL));
    g_assert_true(g_file_set_contents_full(draft, bytes, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
    g_assert_cmpint(g_rename(draft, target), ==, 0);
}

static void test_an_adapter_that_is_replaced_is_checked_anew(void)
{
    BusProcess *bus = bus_process_new(ON, "");
    g_autofree char *section = make_source("waterworks", bus->folder, "fragile"), *text = NULL;
    g_assert_true(g_file_get_contents(bus->config, &text, NULL, NULL));
    g_autofree char *whole = g_strconcat(text, section, NULL);
    g_assert_true(g_file_set_contents(bus->config, whole, -1, NULL));
    put_adapter(bus->folder, "fragile", "fragile");
    bus_process_start(bus);
    bus_process_wait_check(bus, 0, "failed", CHECK_MS);
    assert_refused(bus, "/in/waterworks", "adapter-failed-check");

    put_adapter(bus->folder, "mended", "fragile");
    bus_process_wait_check(bus, 0, "passed", CHECK_MS);
    g_autoptr(Answer) taken = post_text(bus, "/in/waterworks", "<a/>");
    g_assert_cmpint(taken->status, ==, 200);
    gint64 pid = bus_process_figure(bus, "sources.0.host.pid");
    g_assert_cmpint(pid, >, 0);

    put_adapter(bus->folder, "fragile", "fragile"); /* also one that serves already */
    bus_process_wait_check(bus, 0, "failed", CHECK_MS);
    assert_refused(bus, "/in/waterworks", "adapter-failed-check");
    put_adapter(bus->folder, "mended", "fragile");
    bus_process_wait_check(bus, 0, "passed", CHECK_MS);
    g_autoptr(Answer) again = post_text(bus, "/in/waterworks", "<b/>");
    g_assert_cmpint(again->status, ==, 200);
    g_assert_cmpint(bus_process_figure(bus, "sources.0.host.pid"), !=, pid); /* the older code is gone */
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

/* The bus reads them in its only thread. */
static void test_a_pipe_among_fixtures_holds_nobody_up(void)
{
    BusProcess *bus = bus_process_new(ON, "");
    g_autofree char *section = make_source("waterworks", bus->folder, "fragile"), *text = NULL;
    g_autofree char *fixtures = g_build_filename(bus->folder, "fragile", "fixtures", NULL);
    g_autofree char *pipe_file = g_build_filename(fixtures, "pipe.xml", NULL);
    g_assert_true(g_file_get_contents(bus->config, &text, NULL, NULL));
    g_autofree char *whole = g_strconcat(text, section, NULL);
    g_assert_true(g_file_set_contents(bus->config, whole, -1, NULL));
    put_adapter(bus->folder, "mended", "fragile");
    g_assert_cmpint(g_mkdir_with_parents(fixtures, 0700), ==, 0);
    g_assert_cmpint(mkfifo(pipe_file, 0600), ==, 0);
    bus_process_start(bus);
    bus_process_wait_check(bus, 0, "passed", CHECK_MS);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

static void test_nothing_is_taken_while_it_is_checked(void)
{
    g_autofree char *slow = make_source("slow", NULL, "hang-at-load");
    BusProcess *bus = bus_process_new(ON, slow);
    bus_process_start(bus);
    assert_refused(bus, "/in/slow", "adapter-being-checked");
    g_assert_cmpstr(bus_process_check_state(bus, 0), ==, "checking");
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "status", "-c", bus->config, NULL), ==, 0);
    g_assert_nonnull(strstr(output, "adapter is being checked"));

    /* A check that is killed says nothing of the adapter: it is made again, by this bus and by the next. */
    gint64 pid = bus_process_figure(bus, "sources.0.adapterCheck.pid");
    g_assert_cmpint(pid, >, 0);
    g_assert_cmpint(kill((GPid)pid, SIGKILL), ==, 0);
    wait_for_log(bus, "is checked (process", 2);
    assert_in_log(bus, "the check did not come to its end: it was killed by signal 9");
    g_assert_cmpstr(bus_process_check_state(bus, 0), ==, "checking");
    pid = bus_process_figure(bus, "sources.0.adapterCheck.pid");
    bus_process_kill(bus);
    gint64 deadline = g_get_monotonic_time() + (gint64)CHECK_MS * 1000;
    while (kill((GPid)pid, 0) == 0 && g_get_monotonic_time() < deadline) {
        g_usleep(5000); /* the check ends with its bus */
    }
    g_assert_cmpint(kill((GPid)pid, 0), !=, 0);
    bus_process_start(bus);
    wait_for_log(bus, "is checked (process", 3);
    g_assert_cmpuint(count_in_log(bus, "passed"), ==, 0);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

static void test_off_is_for_developing(void)
{
    g_autofree char *bad = make_source("bad", NULL, "fragile"), *output = NULL;
    BusProcess *bus = bus_process_new("adapter-check = off\n", bad);
    bus_process_start(bus);
    g_autoptr(Answer) answer = post_text(bus, "/in/bad", "<a/>");
    g_assert_cmpint(answer->status, ==, 200);
    g_assert_cmpstr(bus_process_check_state(bus, 0), ==, "off");
    assert_in_log(bus, "adapter-check is off: adapters serve unchecked");
    g_assert_cmpint(run_hutong(&output, "check", "-c", bus->config, NULL), ==, 0);
    g_assert_nonnull(strstr(output, "adapter-check is off"));
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

static void test_check_says_what_the_gate_would(void)
{
    g_autofree char *bad = make_source("bad", NULL, "fragile"), *output = NULL;
    BusProcess *bus = bus_process_new(ON, bad);
    g_autofree char *state = g_build_filename(bus->folder, "state", NULL);
    g_assert_cmpint(run_hutong(&output, "check", "-c", bus->config, NULL), ==, 78);
    g_assert_nonnull(strstr(output, "hutong.conf:6: error: [source bad] adapter "));
    g_assert_nonnull(
        strstr(output, "checks, so the source would take nothing: survives blanks: it ended its host."));
    g_assert_false(g_file_test(state, G_FILE_TEST_EXISTS));
    bus_process_free(bus);
}

/* ---- The site's own mappings ---- */

static const char site_mapping[] =
    "<mapping xmlns=\"urn:hutong:mapping:1\" source=\"site\" authority=\"police\" version=\"1\">"
    "<event type=\"person.registered.v1\" for-each=\"/ROWS/ROW\"><time from=\"BGSJ\"/><identity kind=\"idNumber\" from=\"GMSFHM\"/>"
    "<element to=\"person.%s\" from=\"XM\"/><element to=\"person.idNumber\" from=\"GMSFHM\"/></event></mapping>";

static const char site_payload[] =
    "<ROWS><ROW><XM>测试丁</XM><GMSFHM>990104198001019915</GMSFHM><BGSJ>20090318</BGSJ></ROW></ROWS>";

static const char site_sections[] =
    "[source water]\ndepartment = police\nadapter = xml\nmapping = water.xml\ndivision = 440304\n"
    "[source power]\ndepartment = police\nadapter = xml\nmapping = power.xml\n"
    "[source bare]\ndepartment = police\nadapter = xml\nmapping = bare.xml\n";

#define SITE_EVENT                                                                                       \
    "{ \"events\": [ { \"type\": \"person.registered.v1\", \"division\": %s, \"data\": { \"person\": { " \
    "\"%s\": \"测试丁\", \"idNumber\": \"990104198001019915\" }, \"quality\": [ { \"mark\": \"division-assumed\" } ] } } ] }"

/* Into the site's directory of mappings, in the place of what may be there, at once. transfer of `text` full. */
static void put_file(const BusProcess *bus, const char *name, char *text)
{
    g_autofree char *file = g_build_filename(bus->folder, "maps", name, NULL), *owned = text;
    g_autofree char *folder = g_path_get_dirname(file);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(file, owned, -1, NULL));
}

/* Three sources with one adapter: a good mapping, one whose fixture wants another element, one without fixtures. */
static BusProcess *make_site(void)
{
    BusProcess *bus = bus_process_new(ON "mappings = maps\n", site_sections);
    put_file(bus, "water.xml", g_strdup_printf(site_mapping, "name"));
    put_file(bus, "water/one.xml", g_strdup(site_payload));
    put_file(bus, "water/one.expected.json", g_strdup_printf(SITE_EVENT, "\"440304\"", "name"));
    put_file(bus, "power.xml", g_strdup_printf(site_mapping, "formerName"));
    put_file(bus, "power/two.xml", g_strdup(site_payload));
    put_file(bus, "power/two.expected.json", g_strdup_printf(SITE_EVENT, "\"440104\"", "name"));
    put_file(bus, "bare.xml", g_strdup_printf(site_mapping, "name"));
    return bus;
}

static unsigned post_site(BusProcess *bus, const char *path)
{
    g_autoptr(Answer) answer = post_text(bus, path, site_payload);
    return answer->status;
}

static void test_a_site_mapping_must_pass_its_fixtures(void)
{
    BusProcess *bus = make_site();
    g_autofree char *output = NULL, *before = NULL, *command = NULL;
    command = g_strdup_printf("To see all: hutong adapter check %s/xml.so --mapping %s/maps/power.xml "
                              "--fixtures %s/maps/power",
                              g_getenv("HUTONG_ADAPTERDIR"), bus->folder, bus->folder);
    static const char why[] = "two.xml: events[0].data.person.formerName is not expected";
    g_assert_cmpint(run_hutong(&before, "check", "-c", bus->config, NULL), ==, 78);
    g_assert_nonnull(strstr(before, "error: [source power] mapping power.xml fails 1 of "));
    g_assert_nonnull(strstr(before, why));
    g_assert_nonnull(strstr(before, command));
    g_assert_nonnull(strstr(before, "note: [source bare] mapping bare.xml: no fixtures in "));
    g_assert_null(strstr(before, "[source water] mapping"));

    bus_process_start(bus);
    bus_process_wait_check(bus, 0, "passed", CHECK_MS);
    bus_process_wait_check(bus, 1, "failed", CHECK_MS);
    bus_process_wait_check(bus, 2, "passed", CHECK_MS);
    g_assert_cmpuint(post_site(bus, "/in/water"), ==, 200);
    assert_refused(bus, "/in/power", "adapter-failed-check");
    g_assert_cmpuint(post_site(bus, "/in/bare"), ==, 200);
    assert_in_log(bus, why);
    assert_in_log(bus, command);
    assert_in_log(bus, "maps/bare: nothing that its department sends was tried");
    g_assert_cmpuint(count_in_log(bus, "xml.so is checked"), ==, 1); /* what they have in common */
    g_assert_cmpint(run_hutong(&output, "status", "-c", bus->config, NULL), ==, 0);
    g_assert_nonnull(strstr(output, "maps/power.xml failed its check: two.xml: events[0]"));
    g_assert_nonnull(strstr(output, command));
    g_assert_cmpint(bus_process_stop(bus), ==, 0);

    bus_process_start(bus); /* what passed is remembered, with its mapping */
    g_assert_cmpstr(bus_process_check_state(bus, 0), ==, "passed");
    bus_process_wait_check(bus, 1, "failed", CHECK_MS);
    g_assert_cmpuint(count_in_log(bus, "maps/water.xml with adapter xml, division 440304 is checked"), ==, 1);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    put_file(bus, "water/one.expected.json", g_strdup_printf(SITE_EVENT, "\"440304\"", "alias"));
    bus_process_start(bus);
    bus_process_wait_check(bus, 0, "failed", CHECK_MS);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

static void test_a_site_mapping_that_is_changed_is_checked_anew(void)
{
    BusProcess *bus = make_site();
    bus_process_start(bus);
    bus_process_wait_check(bus, 0, "passed", CHECK_MS);
    bus_process_wait_check(bus, 1, "failed", CHECK_MS);
    bus_process_wait_check(bus, 2, "passed", CHECK_MS);
    g_assert_cmpuint(post_site(bus, "/in/bare"), ==, 200);
    g_assert_cmpuint(post_site(bus, "/in/water"), ==, 200);
    gint64 pid = bus_process_figure(bus, "sources.0.host.pid");
    gint64 other = bus_process_figure(bus, "sources.2.host.pid");

    /* A mended fixture; a mapping that serves; fixtures where there were none; each alone. */
    put_file(bus, "power/two.expected.json", g_strdup_printf(SITE_EVENT, "\"440104\"", "formerName"));
    bus_process_wait_check(bus, 1, "passed", CHECK_MS);
    g_assert_cmpuint(post_site(bus, "/in/power"), ==, 200);
    put_file(bus, "water.xml", g_strdup_printf(site_mapping, "formerName"));
    bus_process_wait_check(bus, 0, "failed", CHECK_MS);
    assert_refused(bus, "/in/water", "adapter-failed-check");
    put_file(bus, "water/one.expected.json", g_strdup_printf(SITE_EVENT, "\"440304\"", "formerName"));
    bus_process_wait_check(bus, 0, "passed", CHECK_MS);
    g_assert_cmpuint(post_site(bus, "/in/water"), ==, 200);
    g_assert_cmpint(bus_process_figure(bus, "sources.0.host.pid"), !=, pid); /* with the new mapping */
    g_assert_cmpint(bus_process_figure(bus, "sources.2.host.pid"), ==, other);
    put_file(bus, "bare/three.xml", g_strdup("<NOTHING/>"));
    put_file(bus, "bare/three.expected.json", g_strdup("[\"person.registered.v1\"]"));
    bus_process_wait_check(bus, 2, "failed", CHECK_MS);

    /* What cannot be loaded, or is gone, says so, and serves when it is back. */
    put_file(bus, "power.xml", g_strdup("<mapping"));
    bus_process_wait_check(bus, 1, "failed", CHECK_MS);
    assert_in_log(bus, "maps/power.xml:1: error: ");
    g_autofree char *mapping = g_build_filename(bus->folder, "maps", "water.xml", NULL);
    g_assert_cmpint(g_unlink(mapping), ==, 0);
    bus_process_wait_check(bus, 0, "failed", CHECK_MS);
    put_file(bus, "water.xml", g_strdup_printf(site_mapping, "formerName"));
    bus_process_wait_check(bus, 0, "passed", CHECK_MS);
    g_assert_cmpuint(post_site(bus, "/in/water"), ==, 200);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *adapters = test_use_small_adapters();
    g_test_add_func("/gate/a-bad-adapter-never-serves", test_a_bad_adapter_never_serves);
    g_test_add_func("/gate/a-passed-check-is-remembered", test_a_passed_check_is_remembered);
    g_test_add_func("/gate/an-adapter-that-is-replaced-is-checked-anew",
                    test_an_adapter_that_is_replaced_is_checked_anew);
    g_test_add_func("/gate/a-pipe-among-fixtures-holds-nobody-up",
                    test_a_pipe_among_fixtures_holds_nobody_up);
    g_test_add_func("/gate/nothing-is-taken-while-it-is-checked", test_nothing_is_taken_while_it_is_checked);
    g_test_add_func("/gate/off-is-for-developing", test_off_is_for_developing);
    g_test_add_func("/gate/check-says-what-the-gate-would", test_check_says_what_the_gate_would);
    g_test_add_func("/gate/a-site-mapping-must-pass-its-fixtures",
                    test_a_site_mapping_must_pass_its_fixtures);
    g_test_add_func("/gate/a-site-mapping-that-is-changed-is-checked-anew",
                    test_a_site_mapping_that_is_changed_is_checked_anew);
    int failed = g_test_run();
    if (adapters) {
        tree_remove(adapters);
    }
    return failed;
}
