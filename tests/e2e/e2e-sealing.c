/* A whole bus at rest: a marked person goes through events, kept payloads, quarantine, dead letters and answers, and no file of the state holds him;
 * keys are listed, destroyed, certified. Persons are synthetic (prefix 99). */
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <glib/gstdio.h>
#include <string.h>

#define WAIT_MS 20000
#define NUMBER "990104195008179950"
#define NAME "测试丁"
#define KEPT "keep-payload = all\ncompress-payload = off\non-invalid = quarantine\n"

typedef struct {
    Platform *platform;
    BusProcess *bus;
} Fixture;

static void start(Fixture *f, const char *spool, const char *source, const char *retention)
{
    f->platform = platform_new();
    g_autofree char *sections = g_strdup_printf(
        "[spool]\n%s[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "%s"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n"
        "retry-first = 20ms\nretry-max = 100ms\n[route all]\nto = platform\n%s",
        spool, source, platform_url(f->platform), retention);
    f->bus = bus_process_new(NULL, sections);
    bus_process_start(f->bus);
}

static void stop(Fixture *f)
{
    if (f->bus->pid) {
        g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    }
    bus_process_free(f->bus);
    platform_free(f->platform);
}

/* A death of the person under this number of the register. */
static long send(Fixture *f, unsigned number, const char *date)
{
    g_autofree char *payload = g_strdup_printf(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS><ROW no=\"1\"><SWZXID>%u</SWZXID><RYNBID>900000204</RYNBID>"
        "<SWRQ>%s</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH>"
        "<XM>" NAME "</XM><GMSFHM>" NUMBER "</GMSFHM><XB>1</XB><MZ>01</MZ><CSRQ>19500817</CSRQ></ROW></ROWS>",
        number, date, number);
    g_autoptr(Answer) answer = post(f->bus->port, "/in/hukou", "text/xml", NULL, payload, strlen(payload));
    return answer->status;
}

static void send_deaths(Fixture *f, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        g_assert_cmpint(send(f, first + i, "20090318"), ==, 200);
    }
}

/* In a file of the folder or below, in UTF-8 or GB 18030: its path; the caller frees. */
static char *find_text(const char *folder, const char *text)
{
    g_autofree char *gbk = g_convert(text, -1, "GB18030", "UTF-8", NULL, NULL, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    char *found = NULL;
    for (const char *name; !found && dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL), *bytes = NULL;
        gsize size;
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            found = find_text(path, text);
        } else if (g_file_get_contents(path, &bytes, &size, NULL) &&
                   (memmem(bytes, size, text, strlen(text)) || memmem(bytes, size, gbk, strlen(gbk)))) {
            found = g_steal_pointer(&path);
        }
    }
    return found;
}

static void assert_nowhere(const Fixture *f)
{
    static const char *const marks[] = {NAME, NUMBER};
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        g_autofree char *found = find_text(f->bus->folder, marks[i]);
        g_assert_cmpstr(found, ==, NULL);
    }
}

#define RUN(f, output, ...) run_hutong(output, __VA_ARGS__, "-c", (f)->bus->config, NULL)

#define EXPECT(f, status, text, ...)                             \
    do {                                                         \
        g_autofree char *expect_output = NULL;                   \
        int expect_status = RUN(f, &expect_output, __VA_ARGS__); \
        g_test_message("%s", expect_output);                     \
        g_assert_cmpint(expect_status, ==, status);              \
        g_assert_nonnull(strstr(expect_output, text));           \
    } while (0)

static void test_no_file_holds_the_person(void)
{
    static const char *const ways[] = {"", "encryption = sm4-ctr-hmac-sm3\n", "encryption = off\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        Fixture f;
        start(&f, ways[i], KEPT, "");
        platform_refuse_text(f.platform, "900004003", 422); /* a dead letter */
        send_deaths(&f, 900004001, 6);
        static const char cut[] = "<ROWS><ROW><XM>" NAME "</XM><GMSFHM>" NUMBER "</GMSFHM>";
        g_autoptr(Answer) refused = post(f.bus->port, "/in/hukou", "text/xml", NULL, cut, strlen(cut));
        g_assert_cmpint(refused->status, ==, 400);
        bus_process_expect_figure(f.bus, "spool.quarantined", 1, WAIT_MS);
        g_assert_true(platform_wait(f.platform, 5, WAIT_MS));
        bus_process_wait_figure(f.bus, "consumers.0.letters", 1, WAIT_MS);
        bool sealed = i < 2;
        if (sealed) {
            assert_nowhere(&f); /* beside the running bus, with its WAL and log */
        }
        bus_process_kill(f.bus);
        if (sealed) {
            assert_nowhere(&f);
        } else {
            g_autofree char *found = find_text(f.bus->folder, NUMBER); /* or nothing above could fail */
            g_assert_nonnull(found);
        }
        bus_process_start(f.bus);
        g_autofree char *backup = g_build_filename(f.bus->folder, "copy", NULL);
        EXPECT(&f, 0, "", "spool", "backup", backup);
        if (sealed) {
            assert_nowhere(&f);
        }
        g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
        EXPECT(&f, 0, "0 findings", "spool", "check");
        stop(&f);
    }
}

/* Sealed at the next start, and delivered as they were. */
static void test_what_was_there_is_sealed_and_delivered(void)
{
    Fixture f;
    start(&f, "encryption = off\n", KEPT, "");
    platform_close(f.platform);
    send_deaths(&f, 900004201, 20);
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    g_autofree char *before = find_text(f.bus->folder, NUMBER), *text = NULL;
    g_assert_nonnull(before);
    g_assert_true(g_file_get_contents(f.bus->config, &text, NULL, NULL));
    g_autoptr(GString) changed = g_string_new(text);
    g_string_replace(changed, "encryption = off\n", "", 1);
    g_assert_true(g_file_set_contents(f.bus->config, changed->str, -1, NULL));
    bus_process_start(f.bus);
    assert_nowhere(&f);
    platform_open(f.platform);
    g_assert_true(platform_wait(f.platform, 20, WAIT_MS));
    EXPECT(&f, 0, "current", "spool", "keys");
    stop(&f);
}

/* Nothing starts, nothing is lost, and the message says which file. */
static void test_lost_keys_are_told(void)
{
    static const char *const names[] = {"state/master.key", "state/periods"};
    Fixture f;
    start(&f, "", "", "");
    platform_close(f.platform);
    send_deaths(&f, 900004301, 5);
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(f.bus->folder, names[i], NULL);
        g_autofree char *aside = g_build_filename(f.bus->folder, "aside", NULL);
        g_assert_cmpint(g_rename(path, aside), ==, 0);
        EXPECT(&f, 78, strrchr(names[i], '/'), "run");
        g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
        g_assert_cmpint(g_rename(aside, path), ==, 0);
    }
    bus_process_start(f.bus);
    platform_open(f.platform);
    g_assert_true(platform_wait(f.platform, 5, WAIT_MS));
    stop(&f);
}

/* While its data are there its key stays; when they are pruned it can go, and that is certified. */
static void test_a_key_goes_when_its_data_have_gone(void)
{
    Fixture f;
    start(&f, "key-period = 6s\n", "", "[retention short]\nkeep = 2s\n");
    send_deaths(&f, 900004401, 5);
    g_assert_true(platform_wait(f.platform, 5, WAIT_MS));
    EXPECT(&f, 64, "--reason", "spool", "shred", "1");
    EXPECT(&f, 1, "current period", "spool", "shred", "1", "--reason", "ticket 1");
    EXPECT(&f, 1, "no such period", "spool", "shred", "9", "--reason", "ticket 1");
    g_usleep(7 * G_USEC_PER_SEC);
    send_deaths(&f, 900004501, 1); /* begins the next period */
    g_assert_true(platform_wait(f.platform, 6, WAIT_MS));
    EXPECT(&f, 1, "prune them first", "spool", "shred", "1", "--reason", "ticket 1");
    EXPECT(&f, 1, "a reason is", "spool", "shred", "1", "--reason", NUMBER);
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 6, WAIT_MS);
    EXPECT(&f, 0, "is paused", "consumer", "pause", "platform"); /* answered when all is on disk */
    EXPECT(&f, 0, "5 events pruned", "spool", "prune");
    EXPECT(&f, 0, "hutong-destroyed-key 1\nbus=yuexiu\nperiod=1\n", "spool", "shred", "1", "--reason",
           "ticket 1");
    EXPECT(&f, 1, "destroyed before", "spool", "shred", "1", "--reason", "ticket 1");
    EXPECT(&f, 0, "destroyed", "spool", "keys");
    g_autofree char *lost = g_build_filename(f.bus->folder, "state/destroyed/period-1.txt", NULL);
    g_assert_cmpint(g_unlink(lost), ==, 0); /* as if the bus had ended in between */
    EXPECT(&f, 0, "period=1", "spool", "shred", "1", "--reason", "ticket 1");
    g_autofree char *file = g_build_filename(f.bus->folder, "state/destroyed/period-1.txt", NULL);
    g_autofree char *text = NULL;
    gsize size;
    EXPECT(&f, 0, ": good", "spool", "verify", file);
    g_assert_true(g_file_get_contents(file, &text, &size, NULL));
    for (gsize at = 0; at < size; at += 7) { /* whatever is changed in it */
        text[at] ^= 1;
        g_assert_true(g_file_set_contents(file, text, (gssize)size, NULL));
        g_autofree char *said = NULL;
        g_assert_cmpint(RUN(&f, &said, "spool", "verify", file), ==, 2);
        text[at] ^= 1;
    }
    bus_process_kill(f.bus);
    bus_process_start(f.bus);
    send_deaths(&f, 900004401, 5); /* they are known all the same */
    EXPECT(&f, 0, "6", "spool", "status");
    bus_process_wait_figure(f.bus, "spool.lastSequence", 6, WAIT_MS);
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    EXPECT(&f, 0, "0 findings", "spool", "check");
    EXPECT(&f, 0, "spool shred", "audit", "list");
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sealing/no-file-holds-the-person", test_no_file_holds_the_person);
    g_test_add_func("/sealing/what-was-there-is-sealed-and-delivered",
                    test_what_was_there_is_sealed_and_delivered);
    g_test_add_func("/sealing/lost-keys-are-told", test_lost_keys_are_told);
    g_test_add_func("/sealing/a-key-goes-when-its-data-have-gone", test_a_key_goes_when_its_data_have_gone);
    return g_test_run();
}
