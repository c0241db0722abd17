/* Who sends more than is taken learns which limit it was: the fault names its value and its key, whoever finds it, bus or host,
 * and however odd the value is. With the real programs. */
#include "tests/lib/busproc.h"
#include "tests/lib/post.h"

#include <string.h>

/* What is sent: `unit` so many times between `before` and `behind`. */
typedef struct {
    const char *source, *keys; /* of the configuration */
    const char *before, *unit, *behind;
    unsigned times;
    const char *code, *holds;
} Case;

#define ROW "<ROW><XM>测试甲</XM></ROW>"

static const Case cases[] = {
    {"body", "max-body = 1500000", "<ROWS>", "<ROW/>\n", "</ROWS>", 250000, "body-too-large",
     "1500000 bytes (max-body = 1500000)"},
    {"large-body", "max-body = 3M", "<ROWS>", "<ROW/>\n", "</ROWS>", 500000, "body-too-large",
     "3145728 bytes (max-body = 3M)"},
    {"document", "max-document = 1234567", "<ROWS>", "<ROW/>\n", "</ROWS>", 200000, "document-too-long",
     "1234567 bytes (max-document = 1234567)"},
    {"pieces", "max-document = 1M", "<ROWS>", "<ROW/>\n", "</ROWS>", 400000, "document-too-long",
     "1048576 bytes (max-document = 1M)"},
    {"gbk", "max-document = 1M", "<?xml version='1.0' encoding='GBK'?><ROWS>", "<ROW/>\xb2\xe2", "</ROWS>",
     130000, "document-too-long", "1048576 bytes (max-document = 1M)"},
    {"value", "max-value = 1234567", "<ROWS><ROW><XM>", "1234567890", "</XM></ROW></ROWS>", 130000,
     "value-too-long", "1234567 bytes (max-value = 1234567)"},
    {"attribute", "max-value = 1K\nmax-start-tag = 1M", "<ROWS><ROW no='", "1234567890", "'/></ROWS>", 200,
     "value-too-long", "1024 bytes (max-value = 1K)"},
    {"tag", "max-start-tag = 2K", "<ROWS><ROW no='", "1234567890", "'/></ROWS>", 300, "start-tag-too-long",
     "2048 bytes (max-start-tag = 2K)"},
    {"attributes", "max-attributes = 4", "<ROWS><ROW", " a='1' b='2' c='3' d='4' e='5'", "/></ROWS>", 1,
     "too-many-attributes", "4 attributes (max-attributes = 4)"},
    {"depth", "max-depth = 10", "<ROWS>", "<ROW>", "", 12, "too-deep", "10 levels (max-depth = 10)"},
    {"elements", "max-elements = 1000", "<ROWS>", "<ROW/>", "</ROWS>", 1200, "too-many-elements",
     "1000 elements (max-elements = 1000)"},
    {"records", "max-records = 5", "<ROWS>", ROW, "</ROWS>", 6, "too-many-records",
     "5 records (max-records = 5)"},
};

/* Numbers of the sender's stay out of what it gets, also where the fault has some of its own. */
static void check(unsigned port, const Case *test)
{
    g_autoptr(GString) body = g_string_new(test->before);
    g_autofree char *path = g_strconcat("/in/", test->source, NULL);
    for (unsigned i = 0; i < test->times; i++) {
        g_string_append(body, test->unit);
    }
    g_string_append(body, test->behind);
    g_autoptr(Answer) answer = post(port, path, "text/xml", NULL, body->str, body->len);
    g_test_message("%s: %ld %s", test->source, answer->status, answer->body->str);
    g_assert_cmpint(answer->status, ==, 413);
    g_assert_nonnull(strstr(answer->body->str, test->code));
    g_assert_nonnull(strstr(answer->body->str, test->holds));
    g_assert_null(strstr(answer->body->str, "[number]"));
    g_assert_null(strstr(answer->body->str, "34567890"));
}

static void test_each_names_its_value_and_its_key(void)
{
    g_autoptr(GString) sections = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_string_append_printf(sections,
                               "[source %s]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\n"
                               "division = 440104\n%s\n",
                               cases[i].source, cases[i].keys);
    }
    BusProcess *bus = bus_process_new(NULL, sections->str);
    bus_process_start(bus);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        check(bus->port, &cases[i]);
    }
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/limits/each-names-its-value-and-its-key", test_each_names_its_value_and_its_key);
    return g_test_run();
}
