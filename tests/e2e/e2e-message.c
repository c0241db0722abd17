/* `hutong message`, with the real programs: a message that a wrong mapping refused is found in quarantine, seen, and done again when the
 * mapping was mended; one that was taken is followed to its consumer. The person is synthetic (prefix 99). */
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <glib/gstdio.h>
#include <string.h>

#define WAIT_MS 20000
#define NUMBER "990104198001019915"

/* NAME is what the mapping takes for the person's name. */
static const char mapping[] =
    "<mapping xmlns=\"urn:hutong:mapping:1\" source=\"register\" authority=\"police\" version=\"1\">"
    "<event type=\"person.registered.v1\" for-each=\"/ROWS/ROW\"><id from=\"NO\"/><time from=\"BGSJ\"/>"
    "<identity kind=\"idNumber\" from=\"GMSFHM\"/><element to=\"person.name\" from=\"%s\" required=\"yes\"/>"
    "<element to=\"person.idNumber\" from=\"GMSFHM\"/></event></mapping>";

static const char payload[] =
    "<ROWS><ROW><NO>77</NO><XM>测试丁</XM><GMSFHM>" NUMBER "</GMSFHM><BGSJ>20090318</BGSJ></ROW></ROWS>";

typedef struct {
    Platform *platform;
    BusProcess *bus;
} Fixture;

static void write_mapping(Fixture *f, const char *name)
{
    g_autofree char *path = g_build_filename(f->bus->folder, "register.xml", NULL);
    g_autofree char *text = g_strdup_printf(mapping, name);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void start(Fixture *f, const char *name)
{
    f->platform = platform_new();
    g_autofree char *sections = g_strdup_printf(
        "[source register]\ndepartment = police\nadapter = xml\nmapping = ./register.xml\ndivision = 440104\n"
        "on-invalid = quarantine\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n[route all]\nto = platform\n",
        platform_url(f->platform));
    f->bus = bus_process_new(NULL, sections);
    write_mapping(f, name);
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

static char *run(Fixture *f, int expected, const char *verb, const char *argument, const char *more)
{
    char *output = NULL;
    int status = argument ? run_hutong(&output, "message", verb, argument, "-c", f->bus->config, more, NULL)
                          : run_hutong(&output, "message", verb, "-c", f->bus->config, more, NULL);
    if (status != expected) {
        g_error("message %s: status %d: %s", verb, status, output);
    }
    g_assert_null(strstr(output, NUMBER)); /* also when a payload holds it, unless that is asked for */
    return output;
}

static void test_a_refused_message_is_done_again(void)
{
    Fixture f;
    start(&f, "NAME");
    g_autoptr(Answer) answer = post(f.bus->port, "/in/register", "text/xml", NULL, payload, strlen(payload));
    g_assert_cmpint(answer->status, ==, 200); /* its one record was left out */

    g_autofree char *list = run(&f, 0, "list", NULL, "--since=1h");
    g_assert_nonnull(strstr(list, answer->message_id));
    g_assert_nonnull(strstr(list, "register"));
    g_autofree char *others = run(&f, 0, "list", NULL, "--until=2020-01-01");
    g_assert_null(strstr(others, answer->message_id));
    g_autofree char *shown = run(&f, 0, "show", answer->message_id, NULL);
    g_assert_nonnull(strstr(shown, "\"rejected\" : 1"));
    g_assert_nonnull(strstr(shown, "required-missing"));

    char *body = NULL;
    g_assert_cmpint(
        run_hutong(&body, "message", "show", answer->message_id, "--body", "-c", f.bus->config, NULL), ==, 0);
    g_assert_cmpstr(body, ==, payload);
    g_free(body);
    g_autofree char *log = bus_process_log(f.bus);
    g_assert_nonnull(strstr(log, "was shown"));
    g_assert_nonnull(strstr(log, answer->message_id));

    g_autofree char *again = run(&f, 0, "redo", answer->message_id, NULL); /* the mapping is as it was */
    g_assert_nonnull(strstr(again, "0 new events, 0 known, 1 records rejected"));

    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    write_mapping(&f, "XM");
    bus_process_start(f.bus);
    g_autofree char *done = run(&f, 0, "redo", answer->message_id, NULL);
    g_assert_nonnull(strstr(done, ": 1 new events, 0 known"));
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    g_autofree char *twice = run(&f, 0, "redo", answer->message_id, NULL);
    g_assert_nonnull(strstr(twice, ": 0 new events, 1 known"));
    stop(&f);
}

/* As a whole, by what is wrong with all of it. */
static void test_one_in_quarantine_is_found(void)
{
    static const char broken[] = "<ROWS><ROW><NO>78</NO><XM>测试丁</XM>";
    Fixture f;
    start(&f, "XM");
    g_autoptr(Answer) answer = post(f.bus->port, "/in/register", "text/xml", NULL, broken, strlen(broken));
    g_assert_cmpint(answer->status, ==, 400);
    g_autofree char *list = run(&f, 0, "list", NULL, "--quarantine");
    g_assert_nonnull(strstr(list, answer->message_id));
    g_assert_nonnull(strstr(list, "not-well-formed"));
    g_autofree char *shown = run(&f, 0, "show", answer->message_id, NULL);
    g_assert_nonnull(strstr(shown, "\"quarantine\" : \"not-well-formed\""));
    g_autofree char *again = run(&f, 1, "redo", answer->message_id, NULL);
    g_assert_nonnull(strstr(again, "not-well-formed"));

    g_autofree char *why = run(&f, 1, "drop", answer->message_id, NULL); /* not without a reason */
    g_assert_nonnull(strstr(why, "a reason is"));
    g_autofree char *dropped = run(&f, 0, "drop", answer->message_id, "--reason=sent anew by the office");
    g_assert_nonnull(strstr(dropped, "dropped from quarantine"));
    g_autofree char *twice = run(&f, 1, "drop", answer->message_id, "--reason=again");
    g_assert_nonnull(strstr(twice, "no message with this id is in quarantine"));
    g_autofree char *left = run(&f, 0, "list", NULL, "--quarantine");
    g_assert_null(strstr(left, answer->message_id));
    g_autofree char *log = bus_process_log(f.bus);
    g_assert_nonnull(strstr(log, "sent anew by the office"));
    stop(&f);
}

static void test_a_taken_message_is_followed_to_its_consumer(void)
{
    Fixture f;
    start(&f, "XM");
    g_autoptr(Answer) answer = post(f.bus->port, "/in/register", "text/xml", NULL, payload, strlen(payload));
    g_assert_cmpint(answer->status, ==, 200);
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 1, WAIT_MS);
    static const char other[] = "<ROWS><ROW><NO>79</NO><XM>测试丁</XM><BGSJ>20090319</BGSJ></ROW></ROWS>";
    g_autoptr(Answer) second = post(f.bus->port, "/in/register", "text/xml", NULL, other, strlen(other));
    g_assert_cmpint(second->status, ==, 200);
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0); /* it is found without a bus, too */

    char *stock = NULL;
    g_assert_cmpint(run_hutong(&stock, "spool", "status", "--json", "-c", f.bus->config, NULL), ==, 0);
    g_assert_nonnull(strstr(stock, "\"bus\":\"stopped\""));
    g_assert_nonnull(strstr(stock, "\"messages\":2,"));
    g_assert_nonnull(strstr(stock, "\"name\":\"platform\",\"cursor\":"));
    g_free(stock);
    g_autofree char *list = run(&f, 0, "list", NULL, "--source=register");
    g_assert_nonnull(strstr(list, answer->message_id));
    g_assert_nonnull(strstr(list, second->message_id));
    g_autofree char *shown = run(&f, 0, "show", answer->message_id, NULL);
    g_assert_nonnull(strstr(shown, "person.registered.v1"));
    g_assert_nonnull(strstr(shown, "\"platform\" : \"finished\""));
    g_autofree char *unknown = run(&f, 1, "show", "0192a1ff-9e0b-7203-bde2-e8db54382cbd", NULL);
    g_assert_nonnull(strstr(unknown, "no message with this id"));
    g_autofree char *wrong = run(&f, 64, "show", "77", NULL);
    g_assert_nonnull(strstr(wrong, "36 characters"));
    g_autofree char *when = run(&f, 64, "list", NULL, "--since=yesterday");
    g_assert_nonnull(strstr(when, "--since 'yesterday' is no time"));
    g_autofree char *none = run(&f, 1, "redo", answer->message_id, NULL);
    g_assert_nonnull(strstr(none, "hutong message"));
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/message/a-refused-message-is-done-again", test_a_refused_message_is_done_again);
    g_test_add_func("/message/one-in-quarantine-is-found", test_one_in_quarantine_is_found);
    g_test_add_func("/message/a-taken-message-is-followed-to-its-consumer",
                    test_a_taken_message_is_followed_to_its_consumer);
    return g_test_run();
}
