/* core/config: files are read with every problem named by file and line, and nothing is guessed. */
#include "core/config/config.h"
#include "core/config/options.h"
#include "core/config/suggest.h"
#include "tests/lib/tree.h"

#include <glib/gstdio.h>

typedef struct {
    char *folder, *file;
    GString *errors;
} Fixture;

static void set_up(Fixture *f, const void *data)
{
    (void)data;
    f->folder = g_dir_make_tmp("hutong-config-XXXXXX", NULL);
    f->file = g_build_filename(f->folder, "hutong.conf", NULL);
    f->errors = g_string_new(NULL);
}

static void tear_down(Fixture *f, const void *data)
{
    (void)data;
    tree_remove(f->folder);
    g_free(f->folder);
    g_free(f->file);
    g_string_free(f->errors, TRUE);
}

static HtConfig *load(Fixture *f, const char *text)
{
    g_assert_true(g_file_set_contents(f->file, text, -1, NULL));
    g_string_truncate(f->errors, 0);
    return ht_config_load(f->file, f->errors);
}

static const char good[] =
    "# an example\n"
    "[bus]\nname = yuexiu\nlisten = 127.0.0.1:0\nstate = ./var\n"
    "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\n"
    "division = 440104\nmax-body = 2M\noption.ack = yes\n"
    "[consumer platform]\ntype = webhook\nurl = http://127.0.0.1:9090/events\n"
    "clearance = 1\npurpose = 社区人口服务\npurpose-until = 2099-12-31\nallow = person.idNumber; person.name;\ntimeout = 1500ms\n"
    "[route all]\nfrom = hukou\ntypes = person.*\ndivisions = 440104*\nto = platform\n";

static void test_a_good_file_is_read(Fixture *f, const void *data)
{
    (void)data;
    g_autoptr(HtConfig) config = load(f, good);
    g_assert_cmpstr(f->errors->str, ==, "");
    g_assert_nonnull(config);
    const HtSourceConfig *source = ht_config_source(config, "hukou");
    g_assert_cmpuint(source->limits.body_bytes, ==, 2 << 20);
    g_assert_cmpuint(source->limits.strikes, ==, 2);
    g_assert_cmpstr(source->options->pdata[0], ==, "ack");
    const HtConsumerConfig *consumer = ht_config_consumer(config, "platform");
    g_assert_cmpstr(consumer->purpose, ==, "社区人口服务");
    g_assert_cmpstr(consumer->allow[1], ==, "person.name");
    g_assert_null(consumer->allow[2]);
    g_assert_cmpuint(consumer->timeout_ms, ==, 1500);
    g_autofree char *state = g_build_filename(f->folder, "var", NULL);
    g_assert_cmpstr(config->bus.state, ==, state);
}

static void test_what_is_printed_is_read_back_the_same(Fixture *f, const void *data)
{
    (void)data;
    g_autoptr(HtConfig) config = load(f, good);
    g_autoptr(GString) first = g_string_new(NULL), second = g_string_new(NULL);
    ht_config_print(config, first);
    g_assert_nonnull(strstr(first->str, "hutong.conf:11\nmax-body = 2M"));
    g_assert_nonnull(strstr(first->str, "# default\nstrikes = 2"));
    g_autoptr(HtConfig) again = load(f, first->str);
    g_assert_cmpstr(f->errors->str, ==, "");
    ht_config_print(again, second);
    g_autoptr(GRegex) places = g_regex_new("^# .*$", G_REGEX_MULTILINE, 0, NULL);
    g_autofree char *one = g_regex_replace_literal(places, first->str, -1, 0, "", 0, NULL);
    g_autofree char *two = g_regex_replace_literal(places, second->str, -1, 0, "", 0, NULL);
    g_assert_cmpstr(one, ==, two);
}

static void test_all_problems_are_reported_at_once(Fixture *f, const void *data)
{
    (void)data;
    HtConfig *config =
        load(f, "stray = 1\n[bus]\nlisten = nowhere\n[source hukou]\ndepartement = police\nadapter = hukou\n"
                "mapping = hukou.xml\nmax-body = 9T\nidle = 30\n[soruce x]\n[route r]\nto = nobody\n"
                "divisions = 44x\nto = other\nno equals sign\n[bus\n[route all]\nfrom = *\nto = *\n");
    g_assert_null(config);
    const char *const expected[] = {
        ":1: error: a key before the first [section]",
        ":3: error: [bus] listen: 'nowhere' is not an address such as 127.0.0.1:8080",
        ":5: error: unknown key 'departement' in [source hukou]; did you mean 'department'?",
        ":8: error: [source hukou] max-body: '9T' is not a size such as 16M, 1K to 1G",
        ":9: error: [source hukou] idle: '30' is not a time such as 500ms, 10s, 5min, 0 to 10d",
        ":10: error: unknown section [soruce x]",
        ":14: error: [route r] to is already set at ",
        ":16: error: a section must be written",
        ":15: error: neither a [section], nor key = value",
        "error: [bus] lacks 'name'",
        ":4: error: [source hukou] lacks 'department'",
        ":12: error: [route r] to: there is no consumer 'nobody'",
        ":13: error: [route r] divisions: '44x' is not a prefix",
        ":18: error: [route all] from: '*' is no name: leave `from` out for all sources",
        ":19: error: [route all] to: '*' is no name",
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++) {
        if (!strstr(f->errors->str, expected[i])) {
            g_error("missing: %s\nin: %s", expected[i], f->errors->str);
        }
    }
}

/* An address may hold a password, also one that is refused. */
static void test_a_password_in_an_address_is_not_told(Fixture *f, const void *data)
{
    (void)data;
    HtConfig *config =
        load(f, "[bus]\nname = b\npublic-url = ftp://a/?key=hidden\n[consumer c]\ntype = webhook\n"
                "url = https://me:hidden@platform/\n[consumer d]\ntype = webhook\nurl = ftp://shown/\n");
    g_assert_null(config);
    g_assert_nonnull(
        strstr(f->errors->str, "url: what is set (not shown) is not an http:// or https:// address"));
    g_assert_nonnull(strstr(f->errors->str, "url: 'ftp://shown/' is not an http"));
    g_assert_null(strstr(f->errors->str, "hidden"));
}

static void test_the_buss_own_name_is_no_sources(Fixture *f, const void *data)
{
    (void)data;
    g_assert_null(load(
        f,
        "[bus]\nname = yuexiu\n[source hutong]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\n"));
    g_assert_nonnull(
        strstr(f->errors->str, ":3: error: [source hutong]: the bus's own events have that name"));
}

static void test_schemas_are_at_an_address_of_their_own_or_ours(Fixture *f, const void *data)
{
    static const struct {
        const char *keys, *url; /* NULL: an error at line 3 */
    } cases[] = {
        {"public-url = https://b.example", "https://b.example/schema/"},
        {"public-url = https://b.example/x/", "https://b.example/x/schema/"},
        {"schema-url = https://s.example/v1", "https://s.example/v1/"},
        {"schema-url = https://s.example/\npublic-url = https://b.example", "https://s.example/"},
        {"schema-url = https://s.example/?a=b", NULL},
        {"schema-url = https://s.example/#x", NULL},
        {"public-url = https://s.example/\"", NULL},
        {"schema-url = https://s.example/模式", NULL},
    };
    (void)data;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("[bus]\nname = yuexiu\n%s\n", cases[i].keys);
        g_autoptr(HtConfig) config = load(f, text);
        g_test_message("%s: %s", cases[i].keys, f->errors->str);
        g_assert_true((config != NULL) == (cases[i].url != NULL));
        g_assert_cmpstr(config ? config->bus.schema_url : NULL, ==, cases[i].url);
        g_assert_true(config || strstr(f->errors->str, "hutong.conf:3: error: [bus] "));
    }
    g_autoptr(HtConfig) none = load(f, "[bus]\nname = yuexiu\n");
    g_assert_null(none->bus.schema_url);
}

static void test_conf_d_is_read_in_name_order(Fixture *f, const void *data)
{
    (void)data;
    g_autofree char *folder = g_build_filename(f->folder, "conf.d", NULL);
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    g_autofree char *b = g_build_filename(folder, "20-b.conf", NULL),
                    *a = g_build_filename(folder, "10-a.conf", NULL);
    g_assert_true(
        g_file_set_contents(b, "[consumer b]\ntype = webhook\nurl = http://127.0.0.1/\n", -1, NULL));
    g_assert_true(
        g_file_set_contents(a, "[consumer a]\ntype = webhook\nurl = http://127.0.0.1/\n", -1, NULL));
    g_autoptr(HtConfig) config = load(f, good);
    g_assert_nonnull(config);
    g_assert_cmpuint(config->consumers->len, ==, 3);
    g_assert_cmpstr(((HtConsumerConfig *)config->consumers->pdata[1])->name, ==, "a");
    g_assert_nonnull(strstr(f->errors->str, "warning: no route leads to this consumer"));
}

static void test_a_section_is_the_same_however_it_is_spaced(Fixture *f, const void *data)
{
    (void)data;
    g_autofree char *spaced = g_strconcat(
        good, "[ consumer \t b ]\ntype = webhook\nurl = http://127.0.0.1/\n[route\tto-b]\nto = b\n", NULL);
    g_autoptr(HtConfig) config = load(f, spaced);
    g_assert_cmpstr(f->errors->str, ==, "");
    g_assert_nonnull(config);
    g_autofree char *twice = g_strconcat(spaced, "[consumer  b]\nurl = http://127.0.0.1/other\n", NULL);
    g_assert_null(load(f, twice));
    g_assert_nonnull(strstr(f->errors->str, "[consumer b] is there twice"));
    g_assert_nonnull(strstr(f->errors->str, "[consumer b] url is already set at "));
}

/* The first section that fits an event counts. */
static void test_a_retention_that_no_event_reaches_is_warned_of(Fixture *f, const void *data)
{
    static const struct {
        const char *first, *second;
        bool hidden;
    } cases[] = {
        {"", "types = person.*\n", true},
        {"", "", true},
        {"", "from = hukou\n", true},
        {"from = hukou\n", "from = hukou\ntypes = person.died\n", true},
        {"types = person.*;health.*\n", "types = person.died.v1;health.*\n", true},
        {"types = person.died\n", "types = person.died.v1\n", true},
        {"types = *\n", "types = justice.*\n", true},
        {"types = person.*\n", "", false},
        {"types = person.*\n", "types = person.died;health.*\n", false},
        {"types = person.died.v1\n", "types = person.died\n", false},
        {"types = person.died\n", "types = person.died-at-home\n", false},
        {"types = person.d*\n", "types = person.*\n", false},
        {"from = hukou\n", "types = person.*\n", false},
    };
    (void)data;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(good, "[retention all]\nkeep = 90d\n", cases[i].first,
                                            "[retention later]\nkeep = 30d\n", cases[i].second, NULL);
        g_string_truncate(f->errors, 0);
        g_test_message("case %u", i);
        g_autoptr(HtConfig) config = load(f, text);
        g_assert_nonnull(config);
        g_assert_cmpint(strstr(f->errors->str, ": warning: [retention later] counts for nothing: ") != NULL,
                        ==, cases[i].hidden);
    }
}

static void test_a_missing_or_binary_file_is_an_error(Fixture *f, const void *data)
{
    (void)data;
    g_assert_null(ht_config_load(f->file, f->errors));
    g_assert_nonnull(strstr(f->errors->str, "cannot be read"));
    g_assert_null(load(f, "[bus]\nname = \xff\n"));
    g_assert_nonnull(strstr(f->errors->str, "not UTF-8 text"));
}

/* A pipe that nobody writes to would hold up the start, a device fill the memory. */
static void test_what_is_no_file_is_not_waited_for(Fixture *f, const void *data)
{
    (void)data;
    g_autofree char *folder = g_build_filename(f->folder, "conf.d", NULL),
                    *pipe = g_build_filename(folder, "a.conf", NULL),
                    *zeros = g_build_filename(folder, "b.conf", NULL);
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
    g_assert_cmpint(symlink("/dev/zero", zeros), ==, 0);
    g_assert_null(load(f, good));
    g_assert_nonnull(strstr(f->errors->str, "a.conf: error: is no plain file"));
    g_assert_nonnull(strstr(f->errors->str, "b.conf: error: is no plain file"));
}

/* What is written behind it as if it were a comment would be asked for at every delivery. */
static void test_an_address_is_nothing_else(Fixture *f, const void *data)
{
    (void)data;
    static const char *const bad[] = {"http://127.0.0.1/x # the old one", "http://127.0.0.1/x y",
                                      "http://127.0.0.1/x#y", "http://127.0.0.1:0/x"};
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text =
            g_strdup_printf("[bus]\nname = b\n[consumer c]\ntype = webhook\nurl = %s\n", bad[i]);
        g_string_truncate(f->errors, 0);
        g_assert_null(load(f, text));
        g_assert_nonnull(strstr(f->errors->str, "is not an http:// or https:// address"));
    }
}

/* Every default must be a value that the table itself accepts, or every start would abort. */
static void test_the_reference_names_every_key(Fixture *f, const void *data)
{
    (void)data;
    g_autoptr(GString) markdown = g_string_new(NULL);
    ht_config_reference(markdown);
    for (unsigned i = 0; i < HT_SECTIONS; i++) {
        for (const HtOption *option = ht_section_options(&ht_section_tables[i]); option->key; option++) {
            g_autofree char *cell = g_strdup_printf("| `%s` |", option->key);
            g_assert_nonnull(strstr(markdown->str, cell));
            g_assert_cmpuint(strlen(option->help), >=, 10);
        }
    }
    g_assert_nonnull(f->file);
}

static void test_distances(Fixture *f, const void *data)
{
    (void)data;
    g_assert_nonnull(f->file);
    g_assert_cmpuint(ht_suggest_distance("listen", "listen"), ==, 0);
    g_assert_cmpuint(ht_suggest_distance("lisetn", "listen"), ==, 1);
    g_assert_cmpuint(ht_suggest_distance("list", "listen"), ==, 2);
    g_assert_cmpuint(ht_suggest_distance("", "abc"), ==, 3);
}

static void test_paths_lead_to_one_source(Fixture *f, const void *data)
{
    (void)data;
    static const struct {
        const char *first, *second; /* paths of two sources */
        const char *told;           /* in the error; NULL: none */
    } cases[] = {
        {"/services/A;/services/B?", "/x", "is not a list of paths"},
        {"services/A", "/x", "is not a list of paths"},
        {"/a b", "/x", "is not a list of paths"},
        {"/a%2", "/x", "is not a list of paths"},
        {"/services/A ; /b/", "/services/a;/b", NULL},
        {"/", "/%E6%9C%8D", NULL},
        {"/a", "/b;/a", ":12: error: [source second] paths: '/a' already leads to source 'first'"},
        {"/%61", "/a", "'/a' already leads to source 'first'"},
        {"/a%c3", "/a%C3", "'/a%C3' already leads"},
        {"/\xe6\x9c\x8d", "/%e6%9c%8d", "'/%E6%9C%8D' already leads"},
        {"/a;/a", "/x", "'/a' already leads to source 'first'"},
        {"/in/second", "/x", "'/in/second' is the bus's own"},
        {"/in", "/x", "'/in' is the bus's own"},
        {"/IN/second", "/x", "'/IN/second' is the bus's own"},
        {"/%69n/second", "/x", "'/in/second' is the bus's own"},
        {"/ready", "/x", "'/ready' is the bus's own"},
        {"/metrics/", "/x", "'/metrics/' is the bus's own"},
        {"/readyness;/inbox", "/x", NULL},
        {"/a/../in/second", "/x", "has a dot segment"},
        {"/a/%2e", "/x", "has a dot segment"},
        {"//a", "/x", "has an empty segment"},
        {"/a//b", "/x", "has an empty segment"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(
            "[bus]\nname = a\n"
            "[source first]\ndepartment = police\nadapter = a\nmapping = a.xml\npaths = %s\n"
            "[source second]\ndepartment = police\nadapter = a\nmapping = a.xml\npaths = %s\n",
            cases[i].first, cases[i].second);
        g_autoptr(HtConfig) config = load(f, text);
        g_test_message("%s and %s: %s", cases[i].first, cases[i].second, f->errors->str);
        g_assert_cmpint(config != NULL, ==, cases[i].told == NULL);
        g_assert_true(!cases[i].told || strstr(f->errors->str, cases[i].told));
    }
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/config/a-section-is-the-same-however-it-is-spaced",
        test_a_section_is_the_same_however_it_is_spaced);
    ADD("/config/a-retention-that-no-event-reaches-is-warned-of",
        test_a_retention_that_no_event_reaches_is_warned_of);
    ADD("/config/a-good-file-is-read", test_a_good_file_is_read);
    ADD("/config/paths-lead-to-one-source", test_paths_lead_to_one_source);
    ADD("/config/what-is-printed-is-read-back", test_what_is_printed_is_read_back_the_same);
    ADD("/config/all-problems-are-reported-at-once", test_all_problems_are_reported_at_once);
    ADD("/config/a-password-in-an-address-is-not-told", test_a_password_in_an_address_is_not_told);
    ADD("/config/the-buss-own-name-is-no-sources", test_the_buss_own_name_is_no_sources);
    ADD("/config/schemas-are-at-an-address-of-their-own-or-ours",
        test_schemas_are_at_an_address_of_their_own_or_ours);
    ADD("/config/conf-d-is-read-in-name-order", test_conf_d_is_read_in_name_order);
    ADD("/config/a-missing-or-binary-file-is-an-error", test_a_missing_or_binary_file_is_an_error);
    ADD("/config/what-is-no-file-is-not-waited-for", test_what_is_no_file_is_not_waited_for);
    ADD("/config/an-address-is-nothing-else", test_an_address_is_nothing_else);
    ADD("/config/the-reference-names-every-key", test_the_reference_names_every_key);
    ADD("/config/suggestions-measure-edits", test_distances);
    return g_test_run();
}
