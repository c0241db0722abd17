/* The books, with the real program: what a message has become, after a kill too; the lists of a department and of a consumer, whole, with one
 * missing, one too many, one altered. */
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <glib/gstdio.h>
#include <string.h>

#define MESSAGES 12

typedef struct {
    BusProcess *bus;
    Platform *platform;
    GPtrArray *ids;     /* of char *: of messages */
    GPtrArray *digests; /* of char *: of what was sent */
} Site;

static void set_up(Site *site, gconstpointer data)
{
    (void)data;
    site->platform = platform_new();
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[source second]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 3\npurpose = test\npurpose-until = 2099-12-31\nretry-first = 20ms\nprobe = 50ms\n"
        "[consumer other]\ntype = webhook\nurl = %s\n"
        "[route all]\nto = platform\n[route deaths]\ntypes = marriage.*\nto = other\n",
        platform_url(site->platform), platform_url(site->platform));
    site->bus = bus_process_new(NULL, sections);
    site->ids = g_ptr_array_new_with_free_func(g_free);
    site->digests = g_ptr_array_new_with_free_func(g_free);
    bus_process_start(site->bus);
}

static void tear_down(Site *site, gconstpointer data)
{
    (void)data;
    bus_process_free(site->bus);
    platform_free(site->platform);
    g_ptr_array_unref(site->ids);
    g_ptr_array_unref(site->digests);
}

static void send_one(Site *site, unsigned number, unsigned status)
{
    g_autofree char *body = g_strdup_printf(
        "<ROWS><ROW><SWZXID>%u</SWZXID><SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID>"
        "<CXBZ>0</CXBZ><JCWH>440104001003</JCWH>%s<GMSFHM>990104195008179950</GMSFHM><XB>1</XB>"
        "</ROW></ROWS>",
        970000000 + number, 970000000 + number, status == 200 ? "<XM>测试丁</XM>" : "");
    g_autoptr(Answer) answer = post(site->bus->port, "/in/hukou", "text/xml", NULL, body, strlen(body));
    g_assert_cmpint(answer->status, ==, status);
    if (status == 200) {
        g_ptr_array_add(site->ids, g_strdup(answer->message_id));
        g_ptr_array_add(site->digests, g_compute_checksum_for_string(G_CHECKSUM_SHA256, body, -1));
    }
}

static void send_all(Site *site)
{
    for (unsigned i = 0; i < MESSAGES; i++) {
        send_one(site, i, 200);
    }
}

/* What the bus knows of deliveries goes to the disk a moment later. */
static char *wait_for_state(Site *site, const char *id, const char *state)
{
    gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    g_autofree char *wanted = g_strdup_printf("\"state\":\"%s\"", state);
    for (;;) {
        char *output;
        g_assert_cmpint(run_hutong(&output, "receipt", "show", id, "--json", "-c", site->bus->config, NULL),
                        ==, 0);
        if (strstr(output, wanted)) {
            return output;
        }
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_free(output);
    }
}

static char *write_list(Site *site, const GString *text)
{
    char *file = g_build_filename(site->bus->folder, "list.csv", NULL);
    g_assert_true(g_file_set_contents(file, text->str, (gssize)text->len, NULL));
    return file;
}

/* The day of a time beside now: midnight may pass. */
static char *make_day(int days)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_offset(8 * 3600);
    g_autoptr(GDateTime) now = g_date_time_new_now(zone), day = g_date_time_add_days(now, days);
    return g_date_time_format(day, "%Y-%m-%d");
}

/* The answer of `reconcile` as JSON; the caller unrefs. */
static JsonNode *reconcile(Site *site, const char *whose, const char *name, const GString *list, int status)
{
    g_autofree char *output = NULL, *file = list ? write_list(site, list) : NULL;
    g_autofree char *first = make_day(-1), *last = make_day(1);
    int found = run_hutong(&output, "reconcile", first, last, "--json", "-c", site->bus->config, whose, name,
                           list ? "--list" : NULL, file, NULL);
    g_assert_cmpint(found, ==, status);
    JsonNode *node = json_from_string(output, NULL);
    g_assert_nonnull(node);
    return node;
}

static JsonArray *lines_of(JsonNode *books, const char *book)
{
    return json_object_get_array_member(json_node_get_object(books), book);
}

static void assert_count(JsonObject *object, const char *name, gint64 value)
{
    g_assert_cmpint(json_object_get_int_member(object, name), ==, value);
}

/* Over all days. */
static void assert_sum(JsonNode *books, const char *book, const char *name, gint64 value)
{
    JsonArray *lines = lines_of(books, book);
    gint64 sum = 0;
    for (guint i = 0; i < json_array_get_length(lines); i++) {
        sum += json_object_get_int_member(json_array_get_object_element(lines, i), name);
    }
    g_assert_cmpint(sum, ==, value);
}

static void assert_difference(JsonNode *books, const char *kind, const char *id, gint64 line)
{
    JsonObject *root = json_node_get_object(books);
    JsonArray *all = json_object_get_array_member(root, "differences");
    bool found = false;
    for (guint i = 0; i < json_array_get_length(all); i++) {
        JsonObject *one = json_array_get_object_element(all, i);
        found = found || (g_str_equal(json_object_get_string_member(one, "kind"), kind) &&
                          g_strcmp0(json_object_get_string_member_with_default(one, "id", NULL), id) == 0 &&
                          json_object_get_int_member_with_default(one, "line", 0) == line);
    }
    g_assert_true(found);
    g_assert_false(json_object_get_boolean_member(root, "agrees"));
}

/* ---- The state of a message ---- */

static void a_message_says_what_it_has_become(Site *site, gconstpointer data)
{
    (void)data;
    g_autofree char *none = NULL, *bad = NULL;
    platform_refuse(site->platform, 500, 0);
    send_one(site, 1, 200);
    const char *id = site->ids->pdata[0];
    g_autofree char *before = wait_for_state(site, id, "on-disk");
    g_assert_nonnull(strstr(before, "\"deliveries\":1,\"acknowledged\":0,\"dead\":0,\"waiting\":1"));
    bus_process_kill(site->bus);
    g_autofree char *killed = wait_for_state(site, id, "on-disk");
    bus_process_start(site->bus);
    platform_refuse(site->platform, 0, 0);
    g_autofree char *after = wait_for_state(site, id, "acknowledged");
    g_assert_nonnull(strstr(after, "\"deliveries\":1,\"acknowledged\":1,\"dead\":0,\"waiting\":0"));
    platform_refuse(site->platform, 422, 0);
    send_one(site, 2, 200);
    g_autofree char *dead = wait_for_state(site, site->ids->pdata[1], "dead-letters");
    g_assert_cmpint(run_hutong(&none, "receipt", "show", "01a1ff95-f45c-702c-a99a-e6a33216f278", "-c",
                               site->bus->config, NULL),
                    ==, 1);
    g_assert_cmpint(run_hutong(&bad, "receipt", "show", "1", "-c", site->bus->config, NULL), ==, 64);
    g_autofree char *file = g_build_filename(site->bus->folder, "state.json", NULL), *verdict = NULL,
                    *altered = NULL;
    g_assert_true(g_file_set_contents(file, after, -1, NULL));
    g_assert_cmpint(run_hutong(&verdict, "receipt", "verify", file, "-c", site->bus->config, NULL), ==, 0);
    strstr(after, "\"acknowledged\":1")[15] = '0';
    g_assert_true(g_file_set_contents(file, after, -1, NULL));
    g_assert_cmpint(run_hutong(&altered, "receipt", "verify", file, "-c", site->bus->config, NULL), ==, 2);
}

static Answer *ask_state(Site *site, const char *source, const char *id, const char *accept)
{
    g_autofree char *path = g_strdup_printf("/in/%s/receipt/%s", source, id);
    const char *headers[] = {accept, NULL};
    return fetch(site->bus->port, path, headers);
}

static void assert_verified(Site *site, const Answer *answer, int status)
{
    g_autofree char *file = g_build_filename(site->bus->folder, "answer", NULL), *verdict = NULL;
    g_assert_true(g_file_set_contents(file, answer->body->str, (gssize)answer->body->len, NULL));
    g_assert_cmpint(run_hutong(&verdict, "receipt", "verify", file, "-c", site->bus->config, NULL), ==,
                    status);
}

/* Of its own messages, and of nobody else's. */
static void a_department_asks_what_became_of_its_message(Site *site, gconstpointer data)
{
    (void)data;
    send_one(site, 1, 200);
    const char *id = site->ids->pdata[0];
    g_autofree char *acknowledged = wait_for_state(site, id, "acknowledged");
    g_autoptr(Answer) xml = ask_state(site, "hukou", id, NULL);
    g_assert_cmpint(xml->status, ==, 200);
    g_autofree char *state = answer_element(xml, "state"), *message = answer_element(xml, "messageId");
    g_assert_cmpstr(state, ==, "acknowledged");
    g_assert_cmpstr(message, ==, id);
    g_assert_null(strstr(xml->body->str, "platform"));
    g_autoptr(Answer) json = ask_state(site, "hukou", id, "Accept: application/json");
    g_assert_true(g_str_has_prefix(json->body->str, "{\"messageId\""));
    assert_verified(site, xml, 0);
    assert_verified(site, json, 0);
    strstr(json->body->str, "\"dead\":0")[7] = '1';
    assert_verified(site, json, 2);
    static const char *const others[] = {"01a1ff95-f45c-702c-a99a-e6a33216f278", "1", "%00", "x%2Fy"};
    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(Answer) none = ask_state(site, "hukou", others[i], NULL);
        g_assert_cmpint(none->status, ==, 404);
    }
    g_autoptr(Answer) other = ask_state(site, "second", id, NULL);
    g_assert_cmpint(other->status, ==, 404);
    g_autofree char *code = answer_element(other, "code");
    g_assert_cmpstr(code, ==, "unknown-message");
    g_autoptr(Answer) nobody = ask_state(site, "nobody", id, NULL);
    g_autofree char *no_source = answer_element(nobody, "code");
    g_assert_cmpstr(no_source, ==, "unknown-source");
}

/* ---- A department's list ---- */

static void add_message(GString *list, const Site *site, unsigned index)
{
    g_string_append_printf(list, "%s,%s\n", (char *)site->ids->pdata[index],
                           (char *)site->digests->pdata[index]);
}

static void a_department_finds_what_differs(Site *site, gconstpointer data)
{
    (void)data;
    send_all(site);
    send_one(site, 0, 200); /* again */
    send_one(site, 100, 422);
    send_one(site, 101, 422);
    bus_process_kill(site->bus);
    bus_process_start(site->bus);
    g_autoptr(GString) list = g_string_new("id,digest\n");
    for (unsigned i = 0; i < MESSAGES; i++) {
        add_message(list, site, i);
    }
    g_autoptr(JsonNode) good = reconcile(site, "--source", "hukou", list, 0);
    assert_sum(good, "intake", "messages", MESSAGES);
    assert_sum(good, "intake", "events", MESSAGES);
    assert_count(json_node_get_object(good), "inBoth", MESSAGES);
    g_string_truncate(list, 0);
    for (unsigned i = 1; i < MESSAGES; i++) {
        add_message(list, site, i);
    }
    char *digest = strchr(list->str, ',') + 1;
    *digest = *digest == '0' ? '1' : '0';
    g_string_append(list, "01a1ff95-f45c-702c-a99a-e6a33216f278\n");
    add_message(list, site, 5);
    g_string_append(list, "something else\n");
    g_autoptr(JsonNode) books = reconcile(site, "--source", "hukou", list, 1);
    assert_difference(books, "not-in-list", site->ids->pdata[0], 0);
    assert_difference(books, "altered", site->ids->pdata[1], 1);
    assert_difference(books, "not-in-books", "01a1ff95-f45c-702c-a99a-e6a33216f278", MESSAGES);
    assert_difference(books, "twice", site->ids->pdata[5], MESSAGES + 1);
    assert_difference(books, "unreadable", NULL, MESSAGES + 2);
    g_string_truncate(list, 0); /* digests are enough */
    for (unsigned i = 0; i < MESSAGES; i++) {
        g_string_append_printf(list, ";%s\n", (char *)site->digests->pdata[i]);
    }
    g_autoptr(JsonNode) digests = reconcile(site, "--source", "hukou", list, 0);
    assert_count(json_node_get_object(digests), "inBoth", MESSAGES);
}

/* What left no message is counted, and on disk at the end. */
static void what_was_refused_is_counted(Site *site, gconstpointer data)
{
    (void)data;
    send_one(site, 0, 200);
    send_one(site, 0, 200);
    send_one(site, 100, 422);
    send_one(site, 101, 422);
    g_assert_cmpint(bus_process_stop(site->bus), ==, 0);
    g_autoptr(JsonNode) books = reconcile(site, "--source", "hukou", NULL, 0);
    assert_sum(books, "intake", "messages", 1);
    assert_sum(books, "intake", "resent", 1);
    assert_sum(books, "intake", "refused", 2);
    assert_sum(books, "intake", "busy", 0);
    assert_sum(books, "intake", "failed", 0);
}

/* ---- A consumer's list ---- */

static char *digest_data(JsonObject *event)
{
    g_autoptr(JsonNode) data = json_node_copy(json_object_get_member(event, "data"));
    g_autofree char *text = json_to_string(data, FALSE);
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

static GString *list_events(Site *site, unsigned from)
{
    GString *list = g_string_new(NULL);
    for (unsigned i = from; i < MESSAGES; i++) {
        JsonObject *event = platform_event(site->platform, i);
        g_autofree char *digest = digest_data(event);
        g_string_append_printf(list, "%s\t%s\n", json_object_get_string_member(event, "id"), digest);
    }
    return list;
}

static void a_consumer_finds_what_differs(Site *site, gconstpointer data)
{
    (void)data;
    send_all(site);
    g_assert_true(platform_wait(site->platform, MESSAGES, 20000));
    g_autofree char *last = wait_for_state(site, site->ids->pdata[MESSAGES - 1], "acknowledged");
    g_autofree char *first = wait_for_state(site, site->ids->pdata[0], "acknowledged");
    g_autoptr(GString) whole = list_events(site, 0), short_one = list_events(site, 1);
    g_autoptr(JsonNode) good = reconcile(site, "--consumer", "platform", whole, 0);
    assert_sum(good, "deliveries", "events", MESSAGES);
    assert_sum(good, "deliveries", "acknowledged", MESSAGES);
    assert_sum(good, "deliveries", "waiting", 0);
    JsonObject *delivered = json_array_get_object_element(lines_of(good, "deliveries"), 0);
    g_assert_cmpstr(json_object_get_string_member(delivered, "type"), ==, "person.died.v1");
    g_assert_cmpstr(
        json_object_get_string_member(delivered, "ids"), ==,
        json_object_get_string_member(json_array_get_object_element(lines_of(good, "events"), 0), "ids"));
    g_string_append(short_one, "01a1ff95-f45c-702c-a99a-e6a33216f278\n");
    char *digest = strchr(short_one->str, '\t') + 1;
    *digest = *digest == '0' ? '1' : '0';
    g_autoptr(JsonNode) books = reconcile(site, "--consumer", "platform", short_one, 1);
    assert_difference(books, "not-in-list",
                      json_object_get_string_member(platform_event(site->platform, 0), "id"), 0);
    assert_difference(books, "altered",
                      json_object_get_string_member(platform_event(site->platform, 1), "id"), 1);
    assert_difference(books, "not-in-books", "01a1ff95-f45c-702c-a99a-e6a33216f278", MESSAGES);
    g_autoptr(JsonNode) others = reconcile(site, "--consumer", "other", whole, 1);
    assert_count(json_object_get_object_member(json_node_get_object(others), "counts"), "not-in-books",
                 MESSAGES);
}

/* What it has taken although the bus was killed before it knew: not a difference, and told. */
static void what_comes_again_is_no_difference(Site *site, gconstpointer data)
{
    (void)data;
    send_all(site);
    g_assert_true(platform_wait(site->platform, MESSAGES, 20000));
    bus_process_kill(site->bus);
    g_autoptr(GString) whole = list_events(site, 0);
    g_autoptr(JsonNode) books = reconcile(site, "--consumer", "platform", whole, 0);
    assert_count(json_node_get_object(books), "inBoth", MESSAGES);
}

/* In the order of the log: 1, 2, 3, …; whatever was killed between, and however often an event came. */
static void assert_numbered(Site *site, unsigned count)
{
    g_autofree bool *seen = g_new0(bool, count + 1);
    for (unsigned i = 0; i < count; i++) {
        JsonObject *event = platform_event(site->platform, i);
        guint64 sequence = g_ascii_strtoull(json_object_get_string_member(event, "sequence"), NULL, 10);
        guint64 number = g_ascii_strtoull(json_object_get_string_member(event, "consumersequence"), NULL, 10);
        g_assert_cmpuint(number, ==, sequence); /* it gets all */
        g_assert_cmpuint(number, <=, count);
        g_assert_false(seen[number]);
        seen[number] = true;
    }
}

static void events_are_numbered_for_each_consumer(Site *site, gconstpointer data)
{
    (void)data;
    for (unsigned round = 0; round < 4; round++) {
        platform_refuse(site->platform, round % 2 ? 500 : 0, 0);
        for (unsigned i = 0; i < MESSAGES; i++) {
            send_one(site, round * MESSAGES + i, 200);
        }
        bus_process_kill(site->bus);
        bus_process_start(site->bus);
    }
    platform_refuse(site->platform, 0, 0);
    g_assert_true(platform_wait(site->platform, 4 * MESSAGES, 20000));
    assert_numbered(site, 4 * MESSAGES);
}

static void questions_that_cannot_be_asked_are_refused(Site *site, gconstpointer data)
{
    (void)data;
    static const char *const bad[][2] = {
        {"2026-13-01", NULL},   {"yesterday", NULL},     {"2026-11-30", "2026-11-29"},
        {"--source", "nobody"}, {"--consumer", "hukou"}, {"--list", "list.csv"},
        {"--limit", "-1"},      {"2026-2-01", NULL},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *output = NULL;
        g_assert_cmpint(run_hutong(&output, "reconcile", "-c", site->bus->config, bad[i][0], bad[i][1], NULL),
                        ==, 64);
    }
    g_autofree char *output = NULL, *days = NULL;
    g_assert_cmpint(run_hutong(&output, "reconcile", "-c", site->bus->config, "--source", "hukou", "--list",
                               "/nowhere", NULL),
                    ==, 1);
    g_assert_cmpint(run_hutong(&days, "reconcile", "-c", site->bus->config, "2026-11-28", "2026-11-30", NULL),
                    ==, 0);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*run)(Site *, gconstpointer);
    } tests[] = {
        {"/receipt/says-what-a-message-has-become", a_message_says_what_it_has_become},
        {"/receipt/a-department-asks-what-became-of-it", a_department_asks_what_became_of_its_message},
        {"/reconcile/a-department-finds-what-differs", a_department_finds_what_differs},
        {"/reconcile/what-was-refused-is-counted", what_was_refused_is_counted},
        {"/reconcile/a-consumer-finds-what-differs", a_consumer_finds_what_differs},
        {"/reconcile/what-comes-again-is-no-difference", what_comes_again_is_no_difference},
        {"/consumer/events-are-numbered", events_are_numbered_for_each_consumer},
        {"/reconcile/refuses-what-cannot-be-asked", questions_that_cannot_be_asked_are_refused},
    };
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add(tests[i].path, Site, NULL, set_up, tests[i].run, tear_down);
    }
    return g_test_run();
}
