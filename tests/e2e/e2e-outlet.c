/* What an administrator does about delivery, with the real programs: pausing a consumer, dead letters, replays; with the bus
 * running and without, over restarts and kills. Persons are synthetic (prefix 99). */
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <string.h>

#define WAIT_MS 20000

typedef struct {
    Platform *platform;
    BusProcess *bus;
} Fixture;

static void start(Fixture *f, const char *consumer)
{
    f->platform = platform_new();
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n"
        "retry-first = 20ms\nretry-max = 100ms\n%s[route all]\nto = platform\n",
        platform_url(f->platform), consumer);
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

/* Deaths of synthetic person D, under these numbers of the register. */
static void post_deaths(Fixture *f, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        g_autofree char *payload = g_strdup_printf(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS><ROW no=\"1\"><SWZXID>%u</SWZXID><RYNBID>900000204</RYNBID>"
            "<SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH>"
            "<XM>测试丁</XM><GMSFHM>990104195008179950</GMSFHM><XB>1</XB><MZ>01</MZ><CSRQ>19500817</CSRQ></ROW></ROWS>",
            first + i, first + i);
        g_autoptr(Answer) answer =
            post(f->bus->port, "/in/hukou", "text/xml", NULL, payload, strlen(payload));
        g_assert_cmpint(answer->status, ==, 200);
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

static unsigned requests_of(Fixture *f)
{
    PlatformCount count;
    platform_count(f->platform, &count);
    return count.requests + count.refused;
}

/* ---- Pauses ---- */

static void test_a_pause_lasts_over_a_restart(void)
{
    Fixture f;
    start(&f, "");
    post_deaths(&f, 900003001, 1);
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    EXPECT(&f, 0, "platform is paused", "consumer", "pause", "platform", "--reason", "工单 ticket 4711");
    EXPECT(&f, 1, "it is paused already", "consumer", "pause", "platform");
    EXPECT(&f, 1, "there is no consumer of this name", "consumer", "pause", "nobody");
    EXPECT(&f, 1, "a reason is", "consumer", "resume", "platform", "--reason", "990104195008179950");
    unsigned requests = requests_of(&f);
    post_deaths(&f, 900003002, 2);
    bus_process_kill(f.bus);
    bus_process_start(f.bus);
    bus_process_wait_figure(f.bus, "consumers.0.backlog", 2, WAIT_MS);
    EXPECT(&f, 0, "paused since", "consumer", "show", "platform");
    EXPECT(&f, 0, "ticket 4711", "consumer", "list");
    g_assert_cmpuint(requests_of(&f), ==, requests);
    EXPECT(&f, 0, "platform goes on", "consumer", "resume", "platform");
    g_assert_true(platform_wait(f.platform, 3, WAIT_MS));
    g_autofree char *log = bus_process_log(f.bus);
    g_assert_nonnull(strstr(log, "consumer resume platform: done"));
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    EXPECT(&f, 0, "platform is paused", "consumer", "pause", "platform"); /* without a bus */
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT count(*) FROM pauses"), ==, 1);
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT count(*) FROM audit WHERE verb LIKE 'consumer %'"),
                    ==, 3);
    stop(&f);
}

static void test_gone_lasts_until_a_verb_ends_it(void)
{
    Fixture f;
    start(&f, "");
    platform_refuse(f.platform, 410, 0);
    post_deaths(&f, 900003101, 1);
    bus_process_wait_figure(f.bus, "consumers.0.failures", 1, WAIT_MS);
    platform_refuse(f.platform, 0, 0);
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    bus_process_start(f.bus);
    post_deaths(&f, 900003102, 1);
    EXPECT(&f, 0, "it answered 410 Gone", "consumer", "show", "platform");
    g_assert_cmpuint(requests_of(&f), ==, 1);
    EXPECT(&f, 0, "goes on", "consumer", "resume", "platform");
    g_assert_true(platform_wait(f.platform, 2, WAIT_MS));
    stop(&f);
}

/* ---- Dead letters ---- */

static void test_dead_letters_are_listed_replayed_and_dropped(void)
{
    Fixture f;
    start(&f, "mode = structured\n");
    platform_refuse(f.platform, 422, 0);
    post_deaths(&f, 900003201, 4);
    bus_process_wait_figure(f.bus, "consumers.0.letters", 4, WAIT_MS);
    platform_refuse(f.platform, 0, 0);
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 4, WAIT_MS);
    EXPECT(&f, 0, "is paused", "consumer", "pause", "platform"); /* answered when all is on disk */
    EXPECT(&f, 0, "goes on", "consumer", "resume", "platform");
    EXPECT(&f, 0, "HTTP 422: the platform says no", "dead", "list");
    EXPECT(&f, 0, "\"sequence\":3,", "dead", "list", "--json", "--type", "person.*", "--source", "hukou",
           "--since", "1h", "--answer", "says no");
    g_autofree char *none = NULL, *body = NULL;
    g_assert_cmpint(RUN(&f, &none, "dead", "list", "--json", "--type", "marriage.*"), ==, 0);
    g_assert_cmpstr(none, ==, "");
    g_assert_cmpint(RUN(&f, &body, "dead", "show", "platform", "2", "--body"), ==, 0);
    g_assert_nonnull(strstr(body, "\"businessid\":\"900003202\""));
    EXPECT(&f, 1, "is no dead letter", "dead", "show", "platform", "7");
    EXPECT(&f, 0, "\"sequence\":3,", "dead", "list", "--json", "--type", "person.died");
    EXPECT(&f, 1, "fits no event type; did you mean 'person.died'?", "dead", "list", "--type", "person.deid");
    EXPECT(&f, 1, "did you mean 'platform'?", "dead", "drop", "platfrom", "--reason", "T-1");
    EXPECT(&f, 1, "did you mean 'hukou'?", "dead", "replay", "platform", "--source", "hukuo");
    EXPECT(&f, 0, "sends 1 events again", "dead", "replay", "platform", "2");
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    bus_process_expect_figure(f.bus, "consumers.0.letters", 3, WAIT_MS);
    EXPECT(&f, 1, "a reason is", "dead", "drop", "platform", "3");
    EXPECT(&f, 0, "1 dead letters dropped", "dead", "drop", "platform", "3", "--reason", "ticket 4712");
    EXPECT(&f, 1, "there are no such dead letters", "dead", "drop", "platform", "3", "--reason",
           "ticket 4712");
    bus_process_expect_figure(f.bus, "spool.deadLetters", 2, WAIT_MS);
    g_autofree char *log = bus_process_log(f.bus);
    g_assert_nonnull(strstr(log, "dead drop platform, 1 events: ticket 4712: done"));
    g_assert_nonnull(strstr(log, "event show platform, event 2: done"));
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    EXPECT(&f, 0, "1 dead letters dropped", "dead", "drop", "platform", "4", "--reason", "ticket 4713");
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT count(*) FROM dead_letters WHERE seq = 1"), ==, 1);
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT count(*) FROM dead_letters"), ==, 1);
    EXPECT(&f, 0, "\"verb\":\"dead drop\",\"what\":\"platform, 1 events: 4\",\"reason\":\"ticket 4713\"",
           "audit", "list", "--json", "--verb", "dead", "--since", "1h");
    EXPECT(&f, 0, "event show       platform, event 2\n", "audit", "list");
    g_autofree char *drops = NULL, *others = NULL, *early = NULL;
    g_assert_cmpint(RUN(&f, &drops, "audit", "list", "--verb", "dead drop", "--json"), ==, 0);
    g_auto(GStrv) lines = g_strsplit(drops, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 2 + 1);
    g_assert_cmpint(RUN(&f, &others, "audit", "list", "--json", "--uid", "4294967294"), ==, 0);
    g_assert_cmpstr(others, ==, "");
    g_assert_cmpint(RUN(&f, &early, "audit", "list", "--json", "--until", "1h"), ==, 0);
    g_assert_cmpstr(early, ==, "");
    EXPECT(&f, 64, "usage", "audit", "list", "--uid", "root");
    stop(&f);
}

static void test_too_many_dead_letters_stop_the_consumer(void)
{
    Fixture f;
    PlatformCount count;
    start(&f, "mode = structured\nconnections = 1\ndead-max = 3\n");
    platform_refuse(f.platform, 422, 0);
    post_deaths(&f, 900003301, 6);
    bus_process_wait_figure(f.bus, "consumers.0.failures", 4, WAIT_MS);
    platform_refuse(f.platform, 0, 0);
    EXPECT(&f, 0, "stopped since", "consumer", "show", "platform");
    EXPECT(&f, 0, "as many dead letters as dead-max allows", "consumer", "list");
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.events, ==, 0);
    EXPECT(&f, 0, "sends 3 events again", "dead", "replay", "platform");
    g_assert_true(platform_wait(f.platform, 6, WAIT_MS));
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 6, WAIT_MS);
    bus_process_expect_figure(f.bus, "consumers.0.letters", 0, WAIT_MS);
    stop(&f);
}

/* ---- Skipping ---- */

/* Of one person the first fails for ever, whether as wrong (strict) or as not now: the administrator gives it up, and the others go. */
static void skip_first(const char *keys, unsigned status)
{
    Fixture f;
    start(&f, keys);
    platform_refuse_text(f.platform, "900003801", status);
    post_deaths(&f, 900003801, 3);
    bus_process_wait_figure(f.bus, "consumers.0.failures", 4, WAIT_MS);
    g_assert_cmpint(bus_process_figure(f.bus, "consumers.0.delivered"), ==, 0);
    EXPECT(&f, 1, "a reason is", "consumer", "skip", "platform", "1");
    EXPECT(&f, 1, "has not failed", "consumer", "skip", "platform", "3", "--reason", "ticket 4714");
    EXPECT(&f, 1, "not kept", "consumer", "skip", "platform", "9", "--reason", "ticket 4714");
    EXPECT(&f, 1, "no consumer", "consumer", "skip", "nobody", "1", "--reason", "ticket 4714");
    for (int tries = 0, done = 1; done != 0 && tries < 50; tries++) { /* it may be under way */
        g_autofree char *output = NULL;
        done = RUN(&f, &output, "consumer", "skip", "platform", "1", "--reason", "ticket 4714");
        g_assert_true(done == 0 || strstr(output, "under way"));
    }
    g_assert_true(platform_wait(f.platform, 2, WAIT_MS));
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 3, WAIT_MS);
    EXPECT(&f, 0, "hukou            person.died.v1", "dead", "list");
    EXPECT(&f, 0, "skipped by an administrator: ticket 4714", "dead", "show", "platform", "1");
    EXPECT(&f, 0, "consumer skip    platform, event 1: ticket 4714", "audit", "list");
    EXPECT(&f, 1, "has not failed", "consumer", "skip", "platform", "1", "--reason", "ticket 4714");
    bus_process_kill(f.bus);
    bus_process_start(f.bus);
    g_assert_cmpint(bus_process_figure(f.bus, "consumers.0.letters"), ==, 1);
    stop(&f);
}

static void test_an_event_that_holds_up_its_person_can_be_skipped(void)
{
    skip_first("mode = structured\norder = strict\n", 422);
    skip_first("mode = structured\n", 500);
}

/* ---- Test events ---- */

static char *find_test_file(Fixture *f)
{
    g_autofree char *folder = g_build_filename(f->bus->folder, "files", NULL);
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    const char *name;
    while (files && (name = g_dir_read_name(files))) {
        if (g_str_has_prefix(name, "files.test-") && g_str_has_suffix(name, ".jsonl")) {
            return g_build_filename(folder, name, NULL);
        }
    }
    return NULL;
}

static void test_a_test_event_is_nobodys_and_counts_nowhere(void)
{
    Fixture f;
    start(
        &f,
        "mode = structured\n[consumer files]\ntype = file\ndirectory = files\nclearance = 2\npurpose = 社区人口服务\n"
        "purpose-until = 2099-12-31\n[consumer asks]\ntype = pull\nclearance = 2\npurpose = 社区人口服务\n"
        "purpose-until = 2099-12-31\npeers = 127.0.0.1\n");
    EXPECT(&f, 0, "platform took the test event ", "consumer", "test", "platform");
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    JsonObject *event = platform_event(f.platform, 0);
    g_assert_cmpstr(json_object_get_string_member(event, "type"), ==, "bus.test.v1");
    g_assert_cmpstr(json_object_get_string_member(event, "sequence"), ==, "00000000000000000000");
    g_assert_false(json_object_has_member(event, "subject"));
    g_assert_false(json_object_has_member(event, "consumersequence"));
    g_assert_cmpuint(json_object_get_size(json_object_get_object_member(event, "data")), ==, 0);
    EXPECT(&f, 0, "platform is paused", "consumer", "pause", "platform");
    EXPECT(&f, 0, "\"taken\":true,\"status\":2", "consumer", "test", "platform", "--json");
    platform_refuse(f.platform, 422, 0);
    EXPECT(&f, 1, "platform did not take the test event ", "consumer", "test", "platform");
    EXPECT(&f, 1, ": HTTP 422", "consumer", "test", "platform");
    platform_close(f.platform);
    EXPECT(&f, 1, "\"taken\":false,\"reason\":", "consumer", "test", "platform", "--json");
    EXPECT(&f, 0, "files took the test event ", "consumer", "test", "files");
    g_autofree char *path = find_test_file(&f), *line = NULL;
    g_assert_true(g_file_get_contents(path, &line, NULL, NULL));
    g_assert_nonnull(strstr(line, "\"type\":\"bus.test.v1\""));
    g_assert_true(g_str_has_suffix(line, "}\n"));
    EXPECT(&f, 1, "it fetches its events itself", "consumer", "test", "asks");
    EXPECT(&f, 1, "there is no consumer of this name", "consumer", "test", "nobody");
    EXPECT(&f, 64, "usage", "consumer", "test");
    for (unsigned i = 0; i < 3; i++) {
        static const char *const figures[] = {"cursor", "delivered", "letters", "attempts", "failures"};
        for (unsigned k = 0; k < G_N_ELEMENTS(figures); k++) {
            g_autofree char *figure = g_strdup_printf("consumers.%u.%s", i, figures[k]);
            g_assert_cmpint(bus_process_figure(f.bus, figure), ==, 0);
        }
    }
    g_assert_cmpint(bus_process_figure(f.bus, "spool.lastSequence"), ==, 0);
    EXPECT(&f, 0, "consumer test    platform\n", "audit", "list");
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    EXPECT(&f, 1, "no bus", "consumer", "test", "platform");
    stop(&f);
}

/* ---- Replays ---- */

static void wait_for_replay(Fixture *f, const char *text)
{
    gint64 end = g_get_monotonic_time() + (gint64)WAIT_MS * 1000;
    for (bool there = false; !there;) {
        g_autofree char *list = NULL;
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_assert_cmpint(RUN(f, &list, "replay", "list", "--json"), ==, 0);
        there = strstr(list, text) != NULL;
    }
}

static void wait_for_repeated(Fixture *f, unsigned least)
{
    gint64 end = g_get_monotonic_time() + (gint64)WAIT_MS * 1000;
    PlatformCount count = {0};
    while (count.repeated < least) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(1000);
        platform_count(f->platform, &count);
    }
}

static void test_a_replay_goes_on_after_a_kill_beside_live_delivery(void)
{
    Fixture f;
    PlatformCount count;
    start(&f, "mode = structured\nconnections = 4\n");
    post_deaths(&f, 900003401, 40);
    g_assert_true(platform_wait(f.platform, 40, WAIT_MS));
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 40,
                            WAIT_MS); /* what is not finished is not replayed */
    platform_delay(f.platform, 50);
    EXPECT(&f, 0, "running", "replay", "--consumer", "platform", "--from", "beginning");
    EXPECT(&f, 1, "a replay for this consumer is running", "replay", "--consumer", "platform", "--from", "3");
    wait_for_repeated(&f, 3);
    bus_process_kill(f.bus);
    bus_process_start(f.bus);
    post_deaths(&f, 900003501, 1);
    g_assert_true(platform_wait(f.platform, 41, WAIT_MS)); /* live, beside the replay */
    platform_delay(f.platform, 0);
    wait_for_replay(&f, "\"state\":\"done\"");
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.repeated, >=, 40);
    g_assert_cmpuint(count.repeated, <=, 40 + 4 + 8); /* what was under way, and not yet written down */
    g_assert_cmpuint(count.doubled + count.disordered, ==, 0);
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT count(*) FROM cursors"), ==, 1);
    stop(&f);
}

static void test_a_replay_sends_what_it_was_asked_for(void)
{
    Fixture f;
    PlatformCount count;
    start(&f, "mode = structured\n");
    platform_refuse_text(f.platform, "900003603", 422);
    post_deaths(&f, 900003601, 6);
    g_assert_true(platform_wait(f.platform, 5, WAIT_MS));
    bus_process_wait_figure(f.bus, "consumers.0.letters", 1, WAIT_MS);
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 6, WAIT_MS);
    EXPECT(&f, 0, "2 to 4", "replay", "--consumer", "platform", "--from", "2", "--to", "4", "--source",
           "hukou");
    wait_for_replay(
        &f, "\"id\":1,\"consumer\":\"platform\",\"state\":\"done\",\"first\":2,\"last\":4,\"cursor\":4,"
            "\"delivered\":2,\"dead\":1,\"skipped\":0");
    EXPECT(&f, 0, "running", "replay", "--consumer", "platform", "--from", "1h", "--type", "marriage.*");
    wait_for_replay(
        &f, "\"id\":2,\"consumer\":\"platform\",\"state\":\"done\",\"first\":1,\"last\":6,\"cursor\":6,"
            "\"delivered\":0,\"dead\":0,\"skipped\":6");
    platform_refuse_text(f.platform, NULL, 0);
    EXPECT(&f, 0, "3 to 3", "replay", "--consumer", "platform", "--from", "beginning", "--failed-only");
    g_assert_true(platform_wait(f.platform, 6, WAIT_MS));
    wait_for_replay(&f, "\"id\":3,\"consumer\":\"platform\",\"state\":\"done\"");
    bus_process_expect_figure(f.bus, "consumers.0.letters", 0, WAIT_MS);
    EXPECT(&f, 1, "there are no dead letters between", "replay", "--consumer", "platform", "--from", "1",
           "--failed-only");
    EXPECT(&f, 1, "there are no events between", "replay", "--consumer", "platform", "--from", "2999-01-01");
    EXPECT(&f, 1, "there is no consumer", "replay", "--consumer", "nobody", "--from", "1");
    EXPECT(&f, 1, "did you mean 'platform'?", "replay", "--consumer", "platfrom", "--from", "1");
    EXPECT(&f, 1, "'person.deid' fits no event type; did you mean 'person.died'?", "replay", "--consumer",
           "platform", "--from", "1", "--type", "marriage.*;person.deid");
    EXPECT(&f, 1, "there is no source of this name; did you mean 'hukou'?", "replay", "--consumer",
           "platform", "--from", "1", "--source", "hukuo");
    EXPECT(&f, 0, "\"types\":\"person.died\"", "replay", "--consumer", "platform", "--from", "6", "--type",
           "person.died", "--source", "hu*", "--json"); /* without its version, as routes have it */
    wait_for_replay(&f, "\"id\":4,\"consumer\":\"platform\",\"state\":\"done\",\"first\":6,\"last\":6,"
                        "\"cursor\":6,\"delivered\":1");
    EXPECT(&f, 64, "usage: hutong replay", "replay", "show", "4x");
    EXPECT(&f, 64, "usage: hutong replay", "replay", "cancel", "0");
    EXPECT(&f, 64, "--from 'yesterday' is no sequence from 1 on", "replay", "--consumer", "platform",
           "--from", "yesterday");
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.repeated, ==, 3);
    stop(&f);
}

static void test_a_replay_asked_for_without_a_bus_begins_with_it(void)
{
    Fixture f;
    PlatformCount count;
    start(&f, "");
    post_deaths(&f, 900003701, 3);
    g_assert_true(platform_wait(f.platform, 3, WAIT_MS));
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    EXPECT(&f, 0, "running", "replay", "--consumer", "platform", "--from", "2");
    EXPECT(&f, 0, "cancelled", "replay", "cancel", "1");
    EXPECT(&f, 1, "it has ended", "replay", "cancel", "1");
    EXPECT(&f, 0, "running", "replay", "--consumer", "platform", "--from", "2");
    bus_process_start(f.bus);
    wait_for_replay(&f, "\"id\":2,\"consumer\":\"platform\",\"state\":\"done\"");
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.repeated, ==, 2);
    stop(&f);
}

/* ---- Being asked first ---- */

static void wait_until_asked(Fixture *f, unsigned times)
{
    for (unsigned i = 0; i < WAIT_MS / 10 && platform_asked(f->platform) < times; i++) {
        g_usleep(10000);
    }
    g_assert_cmpuint(platform_asked(f->platform), >=, times);
}

static void test_nothing_is_sent_before_the_endpoint_agrees(void)
{
    Fixture f;
    start(&f, "validate = yes\nvalidate-rate = 60000\n");
    post_deaths(&f, 900003801, 3);
    wait_until_asked(&f, 3); /* again and again */
    EXPECT(&f, 0, "OPTIONS: it answers no 2xx", "consumer", "show", "platform");
    EXPECT(&f, 0, "\"state\":\"refused\"", "consumer", "show", "platform", "--json");
    EXPECT(&f, 0, "running", "replay", "--consumer", "platform", "--from", "1"); /* waits as well */
    g_usleep(300000);
    g_assert_cmpuint(requests_of(&f), ==, 0);
    platform_consent(f.platform, "somebody.else");
    wait_until_asked(&f, platform_asked(f.platform) + 3);
    g_assert_cmpuint(requests_of(&f), ==, 0);
    platform_consent(f.platform, "*");
    g_assert_true(platform_wait(f.platform, 3, WAIT_MS));
    unsigned asked = platform_asked(f.platform);
    bus_process_kill(f.bus);
    platform_consent(f.platform, NULL); /* each start asks */
    bus_process_start(f.bus);
    post_deaths(&f, 900003804, 1);
    wait_until_asked(&f, asked + 2);
    PlatformCount count;
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.events, ==, 3);
    platform_consent(f.platform, "*");
    g_assert_true(platform_wait(f.platform, 4, WAIT_MS));
    stop(&f);
}

static void test_an_endpoint_agrees_by_the_callback(void)
{
    Fixture f = {.platform = platform_new()};
    g_autofree char *sections = g_strdup_printf(
        "[bus]\npublic-url = http://127.0.0.1/\n"
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n"
        "validate = yes\nretry-first = 1h\nretry-max = 1h\nprobe = 50ms\n[route all]\nto = platform\n",
        platform_url(f.platform));
    f.bus = bus_process_new(NULL, sections);
    bus_process_start(f.bus);
    post_deaths(&f, 900003901, 2);
    wait_until_asked(&f, 1);
    g_autofree char *callback = platform_callback(f.platform);
    static const char base[] = "http://127.0.0.1";
    g_assert_true(callback && g_str_has_prefix(callback, base));
    const char *path = callback + strlen(base);
    g_assert_true(g_str_has_prefix(path, "/out/platform/confirm?key="));
    g_autofree char *wrong = g_strdup(path);
    char *last = wrong + strlen(wrong) - 1;
    *last = *last == '0' ? '1' : '0';
    g_autoptr(Answer) refused = fetch(f.bus->port, wrong, NULL);
    g_assert_cmpint(refused->status, ==, 404);
    g_assert_cmpuint(requests_of(&f), ==, 0);
    g_autoptr(Answer) agreed = fetch(f.bus->port, path, NULL);
    g_assert_cmpint(agreed->status, ==, 200);
    g_assert_true(platform_wait(f.platform, 2, WAIT_MS));
    g_autofree char *log = bus_process_log(f.bus);
    g_assert_null(strstr(log, strchr(path, '=') + 1)); /* the key is no one's but the endpoint's */
    stop(&f);
}

/* What is asked for and cannot be is told; an empty list is no answer to a name that is nobody's. */
static void test_odd_filters_are_told(void)
{
    static const char *const lists[][2] = {
        {"dead", "list"}, {"message", "list"}, {"audit", "list"}, {"audit", "records"}};
    Fixture f;
    start(&f, "");
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        const char *verb = lists[i][0], *what = lists[i][1];
        EXPECT(&f, 64, "--since 'yesterday' is no time: 2026-11-20", verb, what, "--since", "yesterday");
        EXPECT(&f, 64, "--until '-5m' is no time", verb, what, "--until", "-5m");
        EXPECT(&f, 64, "--since '' is no time", verb, what, "--since", "");
        EXPECT(&f, 64, "later than --until", verb, what, "--since", "1h", "--until", "2h");
        EXPECT(&f, 0, "", verb, what, "--since", "2026-01-01T08:00", "--until", "2999-01-01");
        EXPECT(&f, 0, "", verb, what, "--since", "90min");
    }
    EXPECT(&f, 1, "there is no source of this name; did you mean 'hukou'?", "message", "list", "--source",
           "hukuo");
    EXPECT(&f, 1, "there is no source of this name", "dead", "list", "--source", "hu kou");
    EXPECT(&f, 1, "there is no consumer of this name; did you mean 'platform'?", "dead", "list", "platfrom");
    EXPECT(&f, 1, "there is no source of this name", "tap", "--source", "nobody");
    EXPECT(&f, 64, "--count is a number above 0", "tap", "--count", "-7");
    EXPECT(&f, 0, "CONSUMER", "dead", "list", "platform", "--source", "hukou");
    EXPECT(&f, 64, "--from 'yesterday' is no sequence", "replay", "--consumer", "platform", "--from",
           "yesterday");
    EXPECT(&f, 64, "--to '0' is no sequence", "replay", "--consumer", "platform", "--from", "1", "--to", "0");
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/outlet/a-pause-lasts-over-a-restart", test_a_pause_lasts_over_a_restart);
    g_test_add_func("/outlet/gone-lasts-until-a-verb-ends-it", test_gone_lasts_until_a_verb_ends_it);
    g_test_add_func("/outlet/dead-letters-are-listed-replayed-and-dropped",
                    test_dead_letters_are_listed_replayed_and_dropped);
    g_test_add_func("/outlet/too-many-dead-letters-stop-the-consumer",
                    test_too_many_dead_letters_stop_the_consumer);
    g_test_add_func("/outlet/an-event-that-holds-up-its-person-can-be-skipped",
                    test_an_event_that_holds_up_its_person_can_be_skipped);
    g_test_add_func("/outlet/a-replay-goes-on-after-a-kill-beside-live-delivery",
                    test_a_replay_goes_on_after_a_kill_beside_live_delivery);
    g_test_add_func("/outlet/a-replay-sends-what-it-was-asked-for",
                    test_a_replay_sends_what_it_was_asked_for);
    g_test_add_func("/outlet/a-replay-asked-for-without-a-bus-begins-with-it",
                    test_a_replay_asked_for_without_a_bus_begins_with_it);
    g_test_add_func("/outlet/nothing-is-sent-before-the-endpoint-agrees",
                    test_nothing_is_sent_before_the_endpoint_agrees);
    g_test_add_func("/outlet/an-endpoint-agrees-by-the-callback", test_an_endpoint_agrees_by_the_callback);
    g_test_add_func("/outlet/a-test-event-is-nobodys-and-counts-nowhere",
                    test_a_test_event_is_nobodys_and_counts_nowhere);
    g_test_add_func("/outlet/odd-filters-are-told", test_odd_filters_are_told);
    return g_test_run();
}
