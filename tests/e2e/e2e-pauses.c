/* Holding a source, a route, a consumer, or all sources on purpose, with the real programs: what callers get, that nothing is lost, that it lasts
 * over restarts. Persons are synthetic (prefix 99). */
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS 20000

typedef struct {
    Platform *platform;
    BusProcess *bus;
} Fixture;

static void start(Fixture *f)
{
    f->platform = platform_new();
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[source other]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n"
        "mode = structured\nretry-first = 20ms\nretry-max = 100ms\n"
        "[route first]\nfrom = hukou\nto = platform\n[route second]\nfrom = other\nto = platform\n",
        platform_url(f->platform));
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

/* The death of synthetic person D, under this number of the register; each is another person's to the bus. */
static char *make_death(unsigned number)
{
    return g_strdup_printf(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS><ROW no=\"1\"><SWZXID>%u</SWZXID><RYNBID>%u</RYNBID>"
        "<SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH>"
        "<XM>测试丁</XM><XB>1</XB><MZ>01</MZ><CSRQ>19500817</CSRQ></ROW></ROWS>",
        number, number, number);
}

static Answer *send_with(Fixture *f, const char *source, unsigned number, const char *type,
                         const char *const *headers)
{
    g_autofree char *payload = make_death(number), *path = g_strconcat("/in/", source, NULL);
    return post(f->bus->port, path, type, headers, payload, strlen(payload));
}

static void expect_sent(Fixture *f, const char *source, unsigned number, long status)
{
    g_autoptr(Answer) answer = send_with(f, source, number, "text/xml", NULL);
    g_test_message("%s", answer->body->str);
    g_assert_cmpint(answer->status, ==, status);
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

static void expect_ready(Fixture *f, const char *line)
{
    unsigned status;
    g_autofree char *page = bus_process_page(f->bus, "/ready", &status);
    g_test_message("%s", page);
    g_assert_cmpuint(status, ==, 200); /* what is meant is no trouble */
    g_assert_nonnull(strstr(page, line));
}

static void expect_metric(Fixture *f, const char *line)
{
    unsigned status;
    g_autofree char *page = bus_process_page(f->bus, "/metrics", &status);
    g_assert_nonnull(strstr(page, line));
}

/* ---- Sources ---- */

static void expect_refused(const Answer *answer, const char *retry_after, const char *code,
                           const char *notice)
{
    g_test_message("%s", answer->body->str);
    g_assert_cmpint(answer->status, ==, 503);
    g_assert_cmpstr(answer->retry_after, ==, retry_after);
    g_assert_nonnull(strstr(answer->body->str, code));
    g_assert_nonnull(strstr(answer->body->str, notice));
}

static void expect_all_forms_refused(Fixture *f, const char *retry_after, const char *code)
{
    static const char *const json[] = {"Accept: application/json", NULL};
    static const char *const soap[] = {"SOAPAction: \"\"", NULL};
    g_autofree char *member = g_strdup_printf("\"code\":\"%s\"", code);
    g_autofree char *plain_code = g_strdup_printf("<code>%s</code>", code);
    g_autofree char *soap_code = g_strdup_printf("<hutong:code>%s</hutong:code>", code);
    g_autoptr(Answer) plain = send_with(f, "hukou", 900005001, "text/xml", NULL);
    expect_refused(plain, retry_after, plain_code, "<notice>升级，18:00 恢复 &lt;soon</notice>");
    g_autoptr(Answer) old = send_with(f, "hukou", 900005001, "text/xml", soap);
    expect_refused(old, retry_after, soap_code, "<hutong:notice>升级，18:00 恢复 &lt;soon</hutong:notice>");
    g_assert_nonnull(strstr(old->body->str, "<faultcode>soap:Server</faultcode>"));
    g_autoptr(Answer) new = send_with(f, "hukou", 900005001, "application/soap+xml", NULL);
    expect_refused(new, retry_after, soap_code, "<soap:Detail>");
    g_assert_nonnull(strstr(new->body->str, "soap:Receiver"));
    g_autoptr(Answer) object = send_with(f, "hukou", 900005001, "text/xml", json);
    expect_refused(object, retry_after, member, "\"notice\":\"升级，18:00 恢复 <soon\"");
}

static void test_senders_of_a_paused_source_are_told(void)
{
    Fixture f;
    start(&f);
    EXPECT(&f, 0, "hukou is paused", "source", "pause", "hukou", "--notice", "升级，18:00 恢复 <soon",
           "--retry-after", "10min", "--reason", "工单 4711");
    expect_all_forms_refused(&f, "600", "source-paused");
    expect_sent(&f, "other", 900005002, 200); /* nobody else is held up */
    bus_process_kill(f.bus);
    bus_process_start(f.bus);
    expect_all_forms_refused(&f, "600", "source-paused");
    expect_ready(&f, "source hukou is paused since ");
    expect_metric(&f, "hutong_source_paused{source=\"hukou\"} 1\n");
    expect_metric(&f, "hutong_source_paused{source=\"other\"} 0\n");
    EXPECT(&f, 0, "hukou            paused ", "source", "list");
    EXPECT(&f, 0, ": 工单 4711", "source", "show", "hukou");
    EXPECT(&f, 0, "\"intake\":\"paused\"", "source", "show", "hukou", "--json");
    EXPECT(&f, 0, "! source hukou is paused", "status");
    EXPECT(&f, 0, "hukou goes on", "source", "resume", "hukou");
    expect_sent(&f, "hukou", 900005001, 200);
    EXPECT(&f, 0, "source pause     hukou, notice: 升级，18:00 恢复 <soon: 工单 4711", "audit", "list");
    EXPECT(&f, 0, "source resume    hukou", "audit", "list");
    stop(&f);
}

static void test_what_cannot_be_done_is_said(void)
{
    Fixture f;
    start(&f);
    EXPECT(&f, 1, "there is no source of this name; did you mean 'hukou'?", "source", "pause", "hukuo");
    EXPECT(&f, 1, "there is no route of this name; did you mean 'first'?", "route", "drain", "frist");
    EXPECT(&f, 1, "there is no consumer of this name", "consumer", "drain", "nobody");
    EXPECT(&f, 1, "there is no source of this name", "source", "show", "nobody");
    EXPECT(&f, 1, "it is not paused", "source", "resume", "hukou");
    EXPECT(&f, 1, "it is not paused", "maintenance", "off");
    EXPECT(&f, 1, "a notice is", "source", "pause", "hukou", "--notice", "990104195008179950");
    EXPECT(&f, 1, "a reason is", "source", "pause", "hukou", "--reason", "two\nlines");
    EXPECT(&f, 64, "1 second to 7 days", "source", "pause", "hukou", "--retry-after", "8d");
    EXPECT(&f, 64, "1 second to 7 days", "source", "pause", "hukou", "--retry-after", "0s");
    EXPECT(&f, 64, "is no time", "source", "pause", "hukou", "--retry-after", "soon");
    EXPECT(&f, 64, "is no time", "maintenance", "on", "--timeout", "30");
    EXPECT(&f, 64, "there is no 'paus'; did you mean 'pause'?", "source", "paus", "hukou");
    EXPECT(&f, 64, "usage: hutong route list", "route", "pause");
    EXPECT(&f, 64, "hutong replay --consumer NAME", "consumer", "replay", "platform", "--from", "3");
    EXPECT(&f, 64, "is not UTF-8", "source", "pause", "hukou", "--notice", "\xc9\xfd");
    EXPECT(&f, 0, "hukou is paused", "source", "pause", "hukou");
    EXPECT(&f, 1, "it is paused already", "source", "pause", "hukou");
    EXPECT(&f, 0, "hukou is paused", "source", "pause", "hukou", "--reason", "ticket 4712"); /* other words */
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    EXPECT(&f, 0, "other is paused, when the bus runs", "source", "pause", "other"); /* without a bus */
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT count(*) FROM pauses WHERE what = 'source'"), ==, 2);
    bus_process_start(f.bus);
    expect_sent(&f, "other", 900005003, 503);
    stop(&f);
}

/* ---- Draining ---- */

typedef struct {
    GSocketConnection *connection;
    char *rest;
} Half;

/* A message of which half has come, and which the bus knows of. */
static void send_half(Fixture *f, unsigned number, Half *half)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autofree char *payload = make_death(number);
    size_t size = strlen(payload) / 2;
    g_autofree char *begin =
        g_strdup_printf("POST /in/hukou HTTP/1.1\r\nHost: bus\r\nContent-Type: text/xml\r\n"
                        "Connection: close\r\nContent-Length: %zu\r\n\r\n%.*s",
                        strlen(payload), (int)size, payload);
    half->connection =
        g_socket_client_connect_to_host(client, "127.0.0.1", (guint16)f->bus->port, NULL, NULL);
    g_assert_nonnull(half->connection);
    half->rest = g_strdup(payload + size);
    g_assert_true(g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(half->connection)),
                                            begin, strlen(begin), NULL, NULL, NULL));
    bus_process_wait_figure(f->bus, "sources.0.underWay", 1, WAIT_MS);
}

static char *send_rest(Half *half)
{
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(half->connection));
    GString *text = g_string_new(NULL);
    char piece[4096];
    gssize size;
    g_assert_true(g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(half->connection)),
                                            half->rest, strlen(half->rest), NULL, NULL, NULL));
    while ((size = g_input_stream_read(in, piece, sizeof piece, NULL, NULL)) > 0) {
        g_string_append_len(text, piece, size);
    }
    g_object_unref(half->connection);
    g_free(half->rest);
    return g_string_free(text, FALSE);
}

static void test_what_is_on_its_way_to_a_source_that_drains_is_taken(void)
{
    Fixture f;
    Half half;
    start(&f);
    send_half(&f, 900005101, &half);
    EXPECT(&f, 1, "1 messages still under way", "source", "drain", "hukou", "--timeout", "0");
    EXPECT(&f, 0, "hukou            draining ", "source", "list");
    expect_sent(&f, "hukou", 900005102, 503);
    g_autofree char *answer = send_rest(&half);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 200 OK\r\n"));
    EXPECT(&f, 0, "hukou: nothing is under way", "source", "drain", "hukou");
    EXPECT(&f, 0, "hukou            drained ", "source", "list");
    EXPECT(&f, 0, "hukou goes on", "source", "resume", "hukou");
    send_half(&f, 900005103, &half);
    EXPECT(&f, 0, "hukou is paused", "source", "pause", "hukou");
    g_autofree char *refusal = send_rest(&half); /* a pause waits for nobody */
    g_assert_true(g_str_has_prefix(refusal, "HTTP/1.1 503 "));
    g_assert_nonnull(strstr(refusal, "source-paused"));
    stop(&f);
}

static void test_a_consumer_is_drained_when_it_has_answered(void)
{
    Fixture f;
    start(&f);
    platform_delay(f.platform, 1500);
    expect_sent(&f, "hukou", 900005201, 200);
    bus_process_wait_figure(f.bus, "consumers.0.underWay", 1, WAIT_MS);
    EXPECT(&f, 0, "platform: nothing is under way", "consumer", "drain", "platform", "--reason",
           "ticket 4713");
    g_assert_cmpint(bus_process_figure(f.bus, "consumers.0.delivered"), ==, 1);
    platform_delay(f.platform, 0);
    expect_sent(&f, "hukou", 900005202, 200);
    EXPECT(&f, 0, "platform: drained since", "consumer", "show", "platform");
    EXPECT(&f, 0, "ticket 4713", "consumer", "list");
    expect_metric(&f, "hutong_consumer_paused{consumer=\"platform\"} 1\n");
    EXPECT(&f, 0, "platform goes on", "consumer", "resume", "platform");
    g_assert_true(platform_wait(f.platform, 2, WAIT_MS));
    stop(&f);
}

/* ---- Routes ---- */

static void test_a_paused_route_loses_nothing(void)
{
    Fixture f;
    PlatformCount count;
    start(&f);
    EXPECT(&f, 0, "first is paused", "route", "pause", "first", "--reason", "ticket 4714");
    for (unsigned i = 0; i < 5; i++) {
        expect_sent(&f, "hukou", 900005301 + i, 200);
        expect_sent(&f, "other", 900005401 + i, 200);
    }
    g_assert_true(platform_wait(f.platform, 5, WAIT_MS));
    bus_process_wait_figure(f.bus, "consumers.0.held", 5, WAIT_MS);
    EXPECT(&f, 0, "first            paused ", "route", "list");
    EXPECT(&f, 0, "\"state\":\"paused\",\"to\":[\"platform\"],\"underWay\":0", "route", "show", "first",
           "--json");
    EXPECT(&f, 0, "idle, 5 held by a paused route", "status");
    EXPECT(&f, 0, "first: nothing is under way", "route", "drain", "first");
    expect_ready(&f, "route first is drained since ");
    expect_metric(&f, "hutong_route_paused{route=\"first\"} 1\n");
    expect_metric(&f, "hutong_consumer_held_events{consumer=\"platform\"} 5\n");
    bus_process_wait_figure(f.bus, "consumers.0.delivered", 5, WAIT_MS);
    bus_process_kill(f.bus);
    bus_process_start(f.bus);
    bus_process_wait_figure(f.bus, "consumers.0.held", 5, WAIT_MS);
    g_assert_cmpint(bus_process_figure(f.bus, "consumers.0.cursor"), ==, 0);
    for (unsigned i = 0; i < 5; i++) {
        g_autofree char *source =
            g_strdup(json_object_get_string_member_with_default(platform_event(f.platform, i), "source", ""));
        g_assert_nonnull(strstr(source, "other"));
    }
    EXPECT(&f, 0, "first goes on", "route", "resume", "first");
    g_assert_true(platform_wait(f.platform, 10, WAIT_MS));
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 10, WAIT_MS);
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.doubled + count.disordered, ==, 0);
    stop(&f);
}

/* ---- Maintenance ---- */

static void test_in_maintenance_no_source_takes_and_deliveries_go_on(void)
{
    Fixture f;
    start(&f);
    EXPECT(&f, 0, "off: sources take messages", "maintenance", "show");
    EXPECT(&f, 0, "platform is paused", "consumer", "pause", "platform");
    expect_sent(&f, "hukou", 900005501, 200);
    EXPECT(&f, 0, "maintenance: nothing is under way", "maintenance", "on", "--notice",
           "升级，18:00 恢复 <soon");
    expect_all_forms_refused(&f, "60", "maintenance");
    expect_sent(&f, "other", 900005502, 503);
    EXPECT(&f, 0, "platform goes on", "consumer", "resume", "platform");
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    bus_process_start(f.bus);
    expect_all_forms_refused(&f, "60", "maintenance");
    expect_ready(&f, "maintenance since ");
    expect_metric(&f, "hutong_maintenance 1\n");
    EXPECT(&f, 0, "ready, in maintenance, port", "status");
    EXPECT(&f, 0, "\"maintenance\":true", "maintenance", "show", "--json");
    EXPECT(&f, 0, "maintenance is over", "maintenance", "off", "--reason", "ticket 4715");
    expect_sent(&f, "hukou", 900005503, 200);
    expect_metric(&f, "hutong_maintenance 0\n");
    EXPECT(&f, 0, "maintenance off  : ticket 4715", "audit", "list");
    stop(&f);
}

/* ---- Damage ---- */

/* Overwrites the page that all rows of this table stand in. The bus must not be running. */
static void damage_table(Fixture *f, const char *table)
{
    g_autofree char *path = g_build_filename(f->bus->folder, "state", "spool.db", NULL);
    g_autofree char *sql = g_strdup_printf(
        "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = '%s'",
        table);
    sqlite3 *db;
    sqlite3_stmt *row;
    g_assert_cmpint(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL), ==,
                    SQLITE_OK);
    g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &row, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_step(row), ==, SQLITE_ROW);
    size_t size = (size_t)sqlite3_column_int64(row, 1);
    off_t at = (off_t)(sqlite3_column_int64(row, 0) - 1) * (off_t)size;
    sqlite3_finalize(row);
    sqlite3_close(db);
    g_autofree char *junk = g_strnfill(size, 'j');
    int file = open(path, O_WRONLY | O_CLOEXEC);
    g_assert_cmpint(pwrite(file, junk, size, at), ==, (ssize_t)size);
    g_assert_cmpint(close(file), ==, 0);
}

/* What was held may go on after a repair: that must be said, for it may be what nobody was to get. */
static void test_a_repair_says_that_pauses_are_lost(void)
{
    Fixture f;
    start(&f);
    EXPECT(&f, 0, "platform", "consumer", "pause", "platform", "--reason", "ticket 4716");
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    damage_table(&f, "pauses");
    EXPECT(&f, 2, "what was paused may go on at the start", "spool", "repair");
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pauses/source/senders-are-told", test_senders_of_a_paused_source_are_told);
    g_test_add_func("/pauses/what-cannot-be-done-is-said", test_what_cannot_be_done_is_said);
    g_test_add_func("/pauses/source/drains", test_what_is_on_its_way_to_a_source_that_drains_is_taken);
    g_test_add_func("/pauses/consumer/is-drained-when-it-has-answered",
                    test_a_consumer_is_drained_when_it_has_answered);
    g_test_add_func("/pauses/route/loses-nothing", test_a_paused_route_loses_nothing);
    g_test_add_func("/pauses/maintenance/no-source-takes-and-deliveries-go-on",
                    test_in_maintenance_no_source_takes_and_deliveries_go_on);
    g_test_add_func("/pauses/damage/a-repair-says-that-they-are-lost",
                    test_a_repair_says_that_pauses_are_lost);
    return g_test_run();
}
