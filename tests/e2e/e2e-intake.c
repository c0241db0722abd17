/* Taking in: what is left out is kept, no message passes for another, and only those who may send do. */
#include "tests/lib/busproc.h"
#include "tests/lib/post.h"

#include <glib/gstdio.h>
#include <string.h>

#define TOKEN "e2e-0123456789abcdef"

static BusProcess *make_bus(const char *bus_keys, const char *source_keys)
{
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n%s\n",
        source_keys);
    return bus_process_new(bus_keys, sections);
}

/* A record; without a name it lacks what the mapping requires. */
static char *make_record(unsigned number, bool good)
{
    return g_strdup_printf(
        "<ROW><SWZXID>%u</SWZXID><SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID><CXBZ>0</CXBZ>"
        "<JCWH>440104001003</JCWH>%s<GMSFHM>990104195008179950</GMSFHM><XB>1</XB></ROW>",
        950000000 + number, 950000000 + number, good ? "<XM>测试丁</XM>" : "");
}

static char *make_payload(unsigned first, bool with_bad, size_t blanks)
{
    g_autofree char *good = make_record(first, true), *bad = make_record(first + 1, false);
    g_autofree char *filling = g_strnfill(blanks, ' ');
    return g_strdup_printf("<ROWS>%s%s%s</ROWS>", filling, good, with_bad ? bad : "");
}

static Answer *send_with(BusProcess *bus, const char *header, const char *body)
{
    const char *headers[] = {header, NULL};
    return post(bus->port, "/in/hukou", "text/xml", header ? headers : NULL, body, strlen(body));
}

static void assert_element(const Answer *answer, const char *name, const char *value)
{
    g_autofree char *text = answer_element(answer, name);
    g_assert_cmpstr(text, ==, value);
}

/* Small ones are held in the bus, large ones come back from the host. */
static void test_records_left_out_are_kept_with_their_payload(void)
{
    BusProcess *bus = make_bus(NULL, "on-invalid = quarantine\nkeep-payload = error\ncompress-payload = off");
    gint64 sent = 0;
    bus_process_start(bus);
    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *body = make_payload(10 * i, true, i * 200000);
        g_autoptr(Answer) answer = send_with(bus, NULL, body);
        g_assert_cmpint(answer->status, ==, 200);
        assert_element(answer, "events", "1");
        assert_element(answer, "rejected", "1");
        sent += (gint64)strlen(body);
    }
    g_autofree char *whole = make_payload(100, false, 0);
    g_autoptr(Answer) good = send_with(bus, NULL, whole);
    g_assert_cmpint(good->status, ==, 200);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_assert_cmpint(bus_process_ask_spool(bus, "SELECT sum(length(bytes) - 36) FROM payloads"), ==, sent);
    g_assert_cmpint(bus_process_ask_spool(bus, "SELECT count(*) FROM faults JOIN payloads USING(message)"),
                    ==, 2);
    bus_process_free(bus);
}

/* A record whose name is not carried as it was sent, with the declaration's encoding. */
static char *make_harmed(unsigned number, const char *name, size_t blanks)
{
    g_autofree char *good = make_record(number, true), *filling = g_strnfill(blanks, ' ');
    g_auto(GStrv) parts = g_strsplit(good, "测试丁", 2);
    return g_strdup_printf("<?xml version='1.0' encoding='UTF-8'?><ROWS>%s%s%s%s</ROWS>", filling, parts[0],
                           name, parts[1]);
}

/* A cut character, surrogates of three bytes and as references, an invisible character, text that was read as GBK: the payload is
 * there to look it up, whether the bus has held it or the host has it given back. A name that is only marked is carried
 * as it was sent. */
static void test_what_is_put_right_keeps_its_payload(void)
{
    static const char *const harmed[] = {"测试\xE4\xB8", "测\xED\xA1\x82\xED\xBE\xB7", "测&#55362;&#57271;",
                                         "测试\xE2\x80\x8E丁", "娴嬭瘯"};
    static const char *const whole[] = {"测试丁", "测?", "测□"};
    BusProcess *bus = make_bus(NULL, "keep-payload = repaired\ncompress-payload = off");
    gint64 kept = 0;
    bus_process_start(bus);
    for (unsigned i = 0; i < 2 * G_N_ELEMENTS(harmed); i++) {
        g_autofree char *body = make_harmed(10 * i, harmed[i / 2], i % 2 * 200000);
        g_autoptr(Answer) answer = send_with(bus, NULL, body);
        g_assert_cmpint(answer->status, ==, 200);
        assert_element(answer, "events", "1");
        kept += (gint64)strlen(body);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(whole); i++) {
        g_autofree char *body = make_harmed(1000 + 10 * i, whole[i], 0);
        g_autoptr(Answer) answer = send_with(bus, NULL, body);
        g_assert_cmpint(answer->status, ==, 200);
    }
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_assert_cmpint(bus_process_ask_spool(bus, "SELECT count(*) FROM payloads"), ==,
                    2 * G_N_ELEMENTS(harmed));
    g_assert_cmpint(bus_process_ask_spool(bus, "SELECT sum(length(bytes) - 36) FROM payloads"), ==, kept);
    bus_process_free(bus);
}

/* Four messages: a good one, a repaired one, one of which a record is left out, and a large one of these. How many payloads are kept, and
 * whether they come out as they were sent. */
static void check_mode(const char *mode, gint64 kept)
{
    g_autofree char *keys = g_strdup_printf("on-invalid = quarantine\nkeep-payload = %s", mode);
    BusProcess *bus = make_bus(NULL, keys);
    char *bodies[4] = {make_payload(10, false, 0), make_harmed(20, "测试\xE2\x80\x8E丁", 0),
                       make_payload(30, true, 3000), make_payload(40, true, 200000)};
    gint64 sent = 0, shown = 0;
    bus_process_start(bus);
    for (unsigned i = 0; i < 4; i++) {
        g_autoptr(Answer) answer = send_with(bus, NULL, bodies[i]);
        g_autofree char *body = NULL;
        g_assert_cmpint(answer->status, ==, 200);
        sent += (gint64)strlen(bodies[i]);
        run_hutong(&body, "message", "show", answer->message_id, "--body", "-c", bus->config, NULL);
        shown += strcmp(body, bodies[i]) == 0;
    }
    g_assert_cmpint(shown, ==, kept);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_assert_cmpint(bus_process_ask_spool(bus, "SELECT count(*) FROM payloads"), ==, kept);
    g_assert_cmpint(bus_process_ask_spool(bus, "SELECT coalesce(sum(length(bytes)), 0) FROM payloads"), <,
                    sent / 20); /* blanks, mostly */
    for (unsigned i = 0; i < 4; i++) {
        g_free(bodies[i]);
    }
    bus_process_free(bus);
}

static void test_payloads_are_kept_as_configured(void)
{
    check_mode("none", 0);
    check_mode("error", 2);
    check_mode("repaired", 3);
    check_mode("all", 4);
}

/* [A] and then [A, bad]: the second is not the first again. */
static void test_a_bad_record_beside_a_known_one_is_reported(void)
{
    BusProcess *bus = make_bus(NULL, "on-invalid = quarantine");
    bus_process_start(bus);
    g_autofree char *first = make_payload(1, false, 0), *second = make_payload(1, true, 0);
    g_autoptr(Answer) one = send_with(bus, NULL, first);
    assert_element(one, "events", "1");
    g_autoptr(Answer) two = send_with(bus, NULL, second);
    g_assert_cmpint(two->status, ==, 200);
    assert_element(two, "events", "0");
    assert_element(two, "duplicates", "1");
    assert_element(two, "rejected", "1");
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

/* Two records at once have no id of their own as a message: the header is its key. */
static void test_one_key_with_everything_loses_nothing(void)
{
    BusProcess *bus = make_bus(NULL, "");
    bus_process_start(bus);
    for (unsigned i = 0; i < 3; i++) {
        g_autofree char *a = make_record(10 * i, true), *b = make_record(10 * i + 1, true);
        g_autofree char *body = g_strdup_printf("<ROWS>%s%s</ROWS>", a, b);
        g_autoptr(Answer) answer = send_with(bus, "Idempotency-Key: always-the-same", body);
        assert_element(answer, "events", "2");
        g_autoptr(Answer) again = send_with(bus, "Idempotency-Key: always-the-same", body);
        g_assert_cmpstr(again->body->str, ==, answer->body->str);
    }
    g_assert_cmpint(bus_process_figure(bus, "spool.lastSequence"), ==, 6);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

static char *write_token(BusProcess *bus, const char *text)
{
    char *file = g_build_filename(bus->folder, "hukou.token", NULL);
    g_assert_true(g_file_set_contents_full(file, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    return file;
}

static void test_only_who_shows_the_token_may_send(void)
{
    BusProcess *bus = make_bus("log-level = debug\n", "token-file = hukou.token\npeers = 127.0.0.1");
    g_autofree char *file = write_token(bus, TOKEN "\n"), *body = make_payload(1, false, 0);
    bus_process_start(bus);
    g_autoptr(Answer) without = send_with(bus, NULL, body);
    g_assert_cmpint(without->status, ==, 401);
    g_autoptr(Answer) wrong = send_with(bus, "Authorization: Bearer " TOKEN "0", body);
    g_assert_cmpint(wrong->status, ==, 401);
    g_autoptr(Answer) good = send_with(bus, "Authorization: Bearer " TOKEN, body);
    g_assert_cmpint(good->status, ==, 200);
    g_autofree char *log = bus_process_log(bus);
    g_autofree char *accepted = g_strdup_printf("accepted %s: source hukou, 1 events", good->message_id);
    g_assert_nonnull(strstr(log, accepted));
    g_assert_nonnull(strstr(log, without->message_id));
    g_assert_null(strstr(log, TOKEN));
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

static void test_strangers_are_refused(void)
{
    BusProcess *bus = make_bus(NULL, "peers = 10.0.0.0/8;fd00::/8");
    g_autofree char *body = make_payload(1, false, 0);
    bus_process_start(bus);
    g_autoptr(Answer) answer = send_with(bus, NULL, body);
    g_assert_cmpint(answer->status, ==, 403);
    assert_element(answer, "code", "peer-refused");
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

/* The line of the configuration on which this key stands. */
static unsigned line_of(const BusProcess *bus, const char *key)
{
    g_autofree char *text = NULL;
    unsigned line = 1;
    g_assert_true(g_file_get_contents(bus->config, &text, NULL, NULL));
    const char *place = strstr(text, key);
    g_assert_nonnull(place);
    for (const char *at = text; at < place; at++) {
        line += *at == '\n';
    }
    return line;
}

/* Both `check` and `run` say it, with the place. */
static void test_bad_tokens_and_peers_are_said(void)
{
    static const char *const commands[] = {"check", "run"};
    BusProcess *bus = make_bus(NULL, "token-file = hukou.token");
    g_autofree char *file = write_token(bus, "short");
    g_autofree char *place =
        g_strdup_printf("%s:%u: error: [source hukou] token-file: ", bus->config, line_of(bus, "token-file"));
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *output = NULL;
        g_assert_cmpint(run_hutong(&output, commands[i], "-c", bus->config, NULL), ==, 78);
        g_assert_nonnull(strstr(output, place));
        g_assert_null(strstr(output, "short"));
    }
    bus_process_free(bus);

    g_autofree char *output = NULL;
    BusProcess *other = make_bus(NULL, "peers = 10.0.0.0/80");
    g_assert_cmpint(run_hutong(&output, "check", "-c", other->config, NULL), ==, 78);
    g_assert_nonnull(strstr(output, "hutong.conf:10: error: [source hukou] peers: '10.0.0.0/80' is not "));
    bus_process_free(other);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/intake/records-left-out-are-kept-with-their-payload",
                    test_records_left_out_are_kept_with_their_payload);
    g_test_add_func("/intake/what-is-put-right-keeps-its-payload", test_what_is_put_right_keeps_its_payload);
    g_test_add_func("/intake/a-bad-record-beside-a-known-one-is-reported",
                    test_a_bad_record_beside_a_known_one_is_reported);
    g_test_add_func("/intake/one-key-with-everything-loses-nothing",
                    test_one_key_with_everything_loses_nothing);
    g_test_add_func("/intake/only-who-shows-the-token-may-send", test_only_who_shows_the_token_may_send);
    g_test_add_func("/intake/strangers-are-refused", test_strangers_are_refused);
    g_test_add_func("/intake/bad-tokens-and-peers-are-said", test_bad_tokens_and_peers_are_said);
    g_test_add_func("/intake/payloads-are-kept-as-configured", test_payloads_are_kept_as_configured);
    return g_test_run();
}
