/* Who is who, with the real programs: two persons with one number of the register's, and its repair by `hutong subject`, with
 * the bus running and without. Persons are synthetic (prefix 99). */
#include "tests/lib/busproc.h"
#include "tests/lib/eventcheck.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <gio/gio.h>
#include <string.h>

#define FIRST "990104195008179950"
#define SECOND "990104198806020016"
#define PERSON "900000204" /* the register's own number */
#define REASON "ticket 4711"

typedef struct {
    Platform *platform;
    BusProcess *bus;
} Fixture;

/* The consumer gets what the police say of one district: and, all the same, what the bus says of persons. */
static void start(Fixture *f)
{
    f->platform = platform_new();
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "identities = authority\ntrust-address = yes\n[consumer platform]\ntype = webhook\nurl = %s\nretry-first = 20ms\n"
        "[route all]\nfrom = hukou\ndivisions = 440104*\nto = platform\n",
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

/* A death in the register, under the register's own number 900000204 whoever it is. */
static void post_death(Fixture *f, const char *business, const char *number)
{
    g_autofree char *payload = g_strdup_printf(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS><ROW no=\"1\"><SWZXID>%s</SWZXID><RYNBID>" PERSON
        "</RYNBID>"
        "<SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%s</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH>"
        "<XM>测试丁</XM><GMSFHM>%s</GMSFHM><XB>1</XB><MZ>01</MZ><CSRQ>%.8s</CSRQ></ROW></ROWS>",
        business, business, number, number + 6);
    g_autoptr(Answer) answer =
        post(f->bus->port, "/in/hukou", "text/xml; charset=utf-8", NULL, payload, strlen(payload));
    g_assert_cmpint(answer->status, ==, 200);
}

static const char *string_in(JsonObject *object, const char *name)
{
    return json_object_get_string_member_with_default(object, name, "");
}

static JsonObject *wait_for_event(Fixture *f, unsigned index)
{
    g_assert_true(platform_wait(f->platform, index + 1, 10000));
    return platform_event(f->platform, index);
}

/* Runs `hutong subject …` with this on its standard input; gives the exit status. The caller frees the output. */
static int run_subject(Fixture *f, const char *input, char **output, const char *const *arguments)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    g_ptr_array_add(argv, (char *)g_getenv("HUTONG"));
    g_ptr_array_add(argv, "subject");
    for (; *arguments; arguments++) {
        g_ptr_array_add(argv, (char *)*arguments);
    }
    g_ptr_array_add(argv, "-c");
    g_ptr_array_add(argv, f->bus->config);
    g_ptr_array_add(argv, NULL);
    g_autoptr(GSubprocess) process = g_subprocess_newv(
        (const char *const *)argv->pdata,
        G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
        &error);
    g_assert_no_error(error);
    g_subprocess_communicate_utf8(process, input, NULL, output, NULL, &error);
    g_assert_no_error(error);
    g_test_message("%s", *output);
    g_assert_null(strstr(*output, FIRST));
    g_assert_null(strstr(*output, SECOND));
    return g_subprocess_get_exit_status(process);
}

#define RUN(f, input, output, ...) run_subject(f, input, output, (const char *const[]){__VA_ARGS__, NULL})

static void expect_no_number_in_log(Fixture *f)
{
    g_autofree char *log = bus_process_log(f->bus);
    g_assert_null(strstr(log, FIRST));
    g_assert_null(strstr(log, SECOND));
}

static void test_two_persons_with_one_number_stay_two(void)
{
    Fixture f;
    start(&f);
    post_death(&f, "900001601", FIRST);
    post_death(&f, "900001602", SECOND);
    JsonObject *second = wait_for_event(&f, 1);
    g_assert_cmpstr(string_in(second, "subject"), !=, string_in(wait_for_event(&f, 0), "subject"));
    g_assert_false(json_object_has_member(second, "formersubject"));
    JsonArray *quality =
        json_object_get_array_member(json_object_get_object_member(second, "data"), "quality");
    JsonObject *mark = json_array_get_object_element(quality, json_array_get_length(quality) - 1);
    g_assert_cmpstr(string_in(mark, "mark"), ==, "identity-conflict");
    g_assert_cmpstr(string_in(mark, "identity"), ==, "person");
    g_autofree char *list = NULL, *json = NULL;
    g_assert_cmpint(RUN(&f, "", &list, "conflicts", "--each"), ==, 0);
    g_assert_nonnull(strstr(list, "hukou            person "));
    g_assert_cmpint(RUN(&f, "", &json, "conflicts", "--json"), ==, 0);
    g_assert_nonnull(strstr(json, "\"source\":\"hukou\",\"kind\":\"person\",\"numbers\":1,\"events\":1"));
    g_assert_cmpint(bus_process_figure(f.bus, "spool.conflicts"), ==, 1);
    stop(&f);
}

/* Split and join by way of the running bus; consumers and the log are told. */
static void test_repair_of_a_running_bus(void)
{
    Fixture f;
    g_autofree char *shown = NULL, *joined = NULL, *parted = NULL;
    start(&f);
    post_death(&f, "900001601", FIRST);
    post_death(&f, "900001602", SECOND);
    const char *first = string_in(wait_for_event(&f, 0), "subject"),
               *second = string_in(wait_for_event(&f, 1), "subject");
    g_assert_cmpint(RUN(&f, FIRST "\n", &shown, "show", "--id-number-stdin"), ==, 0);
    g_assert_true(g_str_has_prefix(shown, first));
    g_assert_cmpint(RUN(&f, "", &joined, "join", first, second, "--reason", REASON), ==, 0);
    JsonObject *event = wait_for_event(&f, 2);
    g_assert_cmpstr(string_in(event, "type"), ==, "subject.merged.v1");
    g_assert_cmpstr(string_in(event, "source"), ==, "/yuexiu/hutong");
    g_assert_cmpstr(string_in(event, "subject"), ==, first);
    g_assert_cmpstr(string_in(event, "formersubject"), ==, second);
    g_assert_cmpint(RUN(&f, SECOND "\n", &parted, "split", first, "--id-number-stdin", "--reason", REASON),
                    ==, 0);
    event = wait_for_event(&f, 3);
    JsonObject *data = json_object_get_object_member(json_object_get_object_member(event, "data"), "subject");
    g_assert_cmpstr(string_in(event, "type"), ==, "subject.split.v1");
    g_assert_cmpstr(string_in(data, "former"), ==, first);
    g_assert_cmpstr(string_in(data, "now"), ==, second);
    g_assert_cmpstr(string_in(data, "reason"), ==, ""); /* this consumer has no purpose */
    post_death(&f, "900001603", SECOND);
    g_assert_cmpstr(string_in(wait_for_event(&f, 4), "subject"), ==, second);
    g_autofree char *log = bus_process_log(f.bus);
    g_autofree char *who = g_strdup_printf("uid %u changed who is who", (unsigned)getuid());
    g_assert_nonnull(strstr(log, who));
    g_assert_nonnull(strstr(log, REASON));
    expect_no_number_in_log(&f);
    platforms_check_schemas(&f.platform, 1);
    stop(&f);
}

/* The same with the bus stopped: it tells the consumers when it runs again. */
static void test_repair_of_a_stopped_bus(void)
{
    Fixture f;
    g_autofree char *parted = NULL, *settled = NULL, *checked = NULL, *shown = NULL;
    start(&f);
    post_death(&f, "900001601", FIRST);
    post_death(&f, "900001602", SECOND);
    const char *first = string_in(wait_for_event(&f, 0), "subject");
    wait_for_event(&f, 1);
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    g_assert_cmpint(RUN(&f, " ９０００００２０４ \n", &settled, "settle", "--kind", "person", "--source",
                        "hukou", "--value-stdin", "--reason", REASON),
                    ==, 0);
    g_assert_cmpint(RUN(&f, FIRST "\n", &parted, "split", first, "--id-number-stdin", "--reason", REASON), ==,
                    0);
    g_assert_nonnull(strstr(parted, "when the bus runs again"));
    g_assert_cmpint(RUN(&f, "", &shown, "show", first, "--json"), ==, 0);
    g_assert_nonnull(strstr(shown, "\"verb\":\"split\""));
    g_assert_cmpint(run_hutong(&checked, "spool", "check", "-c", f.bus->config, NULL), ==, 0);
    bus_process_start(f.bus);
    g_assert_cmpstr(string_in(wait_for_event(&f, 2), "type"), ==, "subject.split.v1");
    post_death(&f, "900001604", FIRST);
    g_assert_cmpstr(string_in(wait_for_event(&f, 3), "subject"), !=, first);
    expect_no_number_in_log(&f);
    platforms_check_schemas(&f.platform, 1);
    stop(&f);
}

static void test_numbers_on_the_command_line_are_refused(void)
{
    Fixture f = {platform_new(), bus_process_new(NULL, "")};
    static const char *const numbers[][4] = {{"show", FIRST},
                                             {"show", "--id-number=" FIRST},
                                             {"split", "p-abcdefghijklmnopqrstuvwxyz", "--value=900000204"},
                                             {"show", "--reason", "of " FIRST}};
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autofree char *output = NULL;
        g_assert_cmpint(RUN(&f, "", &output, numbers[i][0], numbers[i][1], numbers[i][2], numbers[i][3]), ==,
                        64);
        g_assert_nonnull(strstr(output, "numbers are read from standard input"));
    }
    stop(&f);
}

static void test_what_cannot_be_done_is_said(void)
{
    Fixture f;
    g_autofree char *one = NULL, *two = NULL, *three = NULL, *four = NULL;
    start(&f);
    post_death(&f, "900001601", FIRST);
    const char *first = string_in(wait_for_event(&f, 0), "subject");
    g_assert_cmpint(RUN(&f, SECOND "\n", &one, "split", first, "--id-number-stdin", "--reason", REASON), ==,
                    1);
    g_assert_nonnull(strstr(one, "goes to"));
    g_assert_cmpint(RUN(&f, "", &two, "join", first, "p-abcdefghijklmnopqrstuvwxyz", "--reason", REASON), ==,
                    1);
    g_assert_nonnull(strstr(two, "has no events here"));
    g_assert_cmpint(RUN(&f, FIRST "\n", &three, "split", first, "--id-number-stdin"), ==, 64);
    g_assert_nonnull(strstr(three, "--reason"));
    g_assert_cmpint(RUN(&f, "nobody\n", &four, "show", "--id-number-stdin"), ==, 1);
    g_assert_nonnull(strstr(four, "has no citizen number"));
    g_autofree char *own = NULL, *unknown = NULL, *half = NULL;
    g_assert_cmpint(
        RUN(&f, PERSON "\n", &own, "show", "--kind", "person", "--source", "hukou", "--value-stdin"), ==, 0);
    g_assert_true(g_str_has_prefix(own, first));
    g_assert_cmpint(
        RUN(&f, PERSON "\n", &unknown, "show", "--kind", "person", "--source", "marriage", "--value-stdin"),
        ==, 1);
    g_assert_nonnull(strstr(unknown, "nothing is known under that number"));
    g_assert_cmpint(RUN(&f, PERSON "\n", &half, "show", "--kind", "person"), ==, 64);
    g_assert_cmpint(bus_process_figure(f.bus, "spool.lastSequence"), ==, 1);
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/subject/two-persons-with-one-number-stay-two",
                    test_two_persons_with_one_number_stay_two);
    g_test_add_func("/subject/repair-of-a-running-bus", test_repair_of_a_running_bus);
    g_test_add_func("/subject/repair-of-a-stopped-bus", test_repair_of_a_stopped_bus);
    g_test_add_func("/subject/numbers-on-the-command-line-are-refused",
                    test_numbers_on_the_command_line_are_refused);
    g_test_add_func("/subject/what-cannot-be-done-is-said", test_what_cannot_be_done_is_said);
    return g_test_run();
}
