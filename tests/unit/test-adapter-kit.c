/* `hutong adapter`: what is written builds outside of the tree and passes; what is bad does not pass, and
 * the line says why. */
#include "core/cli/adapter.h"
#include "tests/lib/places.h"
#include "tests/lib/trial.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Runs the verb; its standard output, which must not mix with TAP, is given back. */
static char *run(int expected, const char *const *words)
{
    g_autofree char *file = g_build_filename(g_get_tmp_dir(), "adapter-kit.out", NULL);
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    char *output;
    g_ptr_array_add(arguments, (gpointer) "adapter");
    for (; *words; words++) {
        g_ptr_array_add(arguments, (gpointer)*words);
    }
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    int out = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(out, STDOUT_FILENO);
    int status = ht_cli_adapter((int)arguments->len, (char **)arguments->pdata);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(out);
    g_assert_true(g_file_get_contents(file, &output, NULL, NULL));
    g_unlink(file);
    if (status != expected) {
        g_error("exit status %d, not %d:\n%s", status, expected, output);
    }
    return output;
}

static void assert_says(const char *output, const char *text)
{
    if (!strstr(output, text)) {
        g_error("does not say '%s':\n%s", text, output);
    }
}

static const char *adapters(void)
{
    return g_getenv("HUTONG_TEST_ADAPTERDIR");
}

static bool make(const char *folder)
{
    const char *const arguments[] = {"make", "-s", "-C", folder, NULL};
    int status = 1;
    g_autoptr(GError) error = NULL;
    g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                 NULL, NULL, &status, &error);
    g_assert_no_error(error);
    return status == 0;
}

static void remove_folder(const char *folder)
{
    const char *const arguments[] = {"rm", "-rf", folder, NULL};
    g_assert_true(g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                               NULL, NULL));
}

static void test_new_builds_and_passes(void)
{
    g_autofree char *folder = g_dir_make_tmp("hutong-XXXXXX", NULL);
    g_autofree char *before = g_get_current_dir();
    g_assert_cmpint(g_chdir(folder), ==, 0);
    g_autofree char *written = run(0, (const char *const[]){"new", "old-age", NULL});
    assert_says(written, "cd old-age && make test");
    g_assert_true(make("old-age"));
    g_autofree char *checked = run(0, (const char *const[]){"check", "./old-age/old-age.so", NULL});
    assert_says(checked,
                "  ok      example.xml                                   1 event: person.moved-in.v1\n");
    assert_says(checked, "  ok      damaged example.xml\n");
    assert_says(checked,
                TEST_SANITIZED ? "note    a build with sanitizers: " : "ok      memory does not grow\n");
    assert_says(checked, "ok      same outcome whatever came before\n");
    assert_says(checked, "ok      ends when told to\n");
    assert_says(checked, "old-age: passed; ");
    g_autofree char *inspected = run(0, (const char *const[]){"inspect", "./old-age/old-age.so", NULL});
    assert_says(inspected, "old-age 0.1: ");
    assert_says(inspected, "    reply-code = 0\n");
    g_autofree char *again =
        run(1, (const char *const[]){"new", "old-age", NULL}); /* nothing is overwritten */
    g_assert_cmpint(g_chdir(before), ==, 0);
    remove_folder(folder);
}

static void test_new_refuses_bad_names(void)
{
    static const char *const names[] = {"", "Upper", "../x", "1st", "under_score", "-x"};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *output = run(64, (const char *const[]){"new", "--", names[i], NULL});
    }
}

/* ---- What is bad fails, for its own reason only ---- */

static unsigned count(const char *text, const char *what)
{
    unsigned found = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what)) {
        found++;
    }
    return found;
}

/* Fails with this line, and with so many in all. */
static void assert_fails(const char *name, const char *line, unsigned failures)
{
    g_autofree char *output = run(1, (const char *const[]){"check", name, "-q", "-d", adapters(), NULL});
    assert_says(output, line);
    if (count(output, "  FAILED  ") != failures) {
        g_error("not %u failures:\n%s", failures, output);
    }
}

static void test_check_fails_what_cannot_start(void)
{
    assert_fails("not-there", "FAILED  file may be loaded (owner, mode)", 1);
    assert_fails("wrong-major", "abi_major is 2, this bus has 1", 1);
    assert_fails("wrong-size", "FAILED  loads; versions and sizes agree", 1);
    assert_fails("no-symbol", "is no adapter: it does not export", 1);
    assert_fails("crash-at-load", "loading it ends the process", 1);
    assert_fails("refuse-open", "FAILED  starts, and answers an empty payload", 1);
    assert_fails("refuse-open", "adapter 'refuse-open' cannot start", 1);
    assert_fails("crash-in-open", "FAILED  starts, and answers an empty payload", 1);
}

static void test_check_fails_what_hangs_at_load(void)
{
    assert_fails("hang-at-load", "loading it takes longer than 10 s", 1);
}

static void test_check_fails_what_dies(void)
{
    assert_fails("fragile", "FAILED  survives blanks                               it ended its host", 3);
    assert_fails("fragile", "note    given up: ", 3); /* after a few deaths, not after all */
}

static void test_check_fails_what_leaks(void)
{
#ifdef __SANITIZE_ADDRESS__
    assert_fails("leaky", "it leaves memory behind", 1);
    return;
#endif
    if (TEST_SANITIZED) {
        g_test_skip("a build with sanitizers that finds no leaks");
        return;
    }
    assert_fails("leaky", "FAILED  memory does not grow", 1);
    assert_fails("leaky", "and more with each round of payloads", 1);
}

static void test_check_fails_what_does_not_end(void)
{
    assert_fails("hang-in-close", "close() does not return", 1);
    assert_fails("crash-in-close", "told to stop, its host ", 1);
}

static void test_check_fails_answers_that_are_no_xml(void)
{
    assert_fails("careless", "FAILED  WSDL is well-formed                           it is no well-formed XML",
                 1);
}

/* ---- Fixtures ---- */

typedef struct {
    char *folder;
    const char *adapter;
} Trial;

static Trial begin_trial(const char *adapter)
{
    return (Trial){g_dir_make_tmp("hutong-XXXXXX", NULL), adapter};
}

static void put(const Trial *trial, const char *name, const char *text)
{
    g_autofree char *file = g_build_filename(trial->folder, name, NULL);
    g_autofree char *folder = g_path_get_dirname(file);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(file, text, -1, NULL));
}

/* The check ends with `status` and says `line`; what it said is given back. */
static char *check_trial(const Trial *trial, int status, const char *line)
{
    char *output = run(
        status, (const char *const[]){"check", trial->adapter, "-d", adapters(), "-f", trial->folder, NULL});
    assert_says(output, line);
    return output;
}

static void end_trial(Trial *trial)
{
    remove_folder(trial->folder);
    g_free(trial->folder);
}

static void test_check_fails_unmet_expectations(void)
{
    Trial trial = begin_trial("obedient");
    put(&trial, "one.txt", "retry");
    put(&trial, "one.expected.json", "{\"verdict\":\"retry\",\"fault\":\"adapter-retry\"}");
    g_autofree char *good = check_trial(&trial, 0, "ok      one.txt ");
    assert_says(good, "later: adapter-retry\n");
    put(&trial, "one.expected.json", "[{\"type\":\"person.died.v1\"}]");
    g_autofree char *bad = check_trial(&trial, 1, "FAILED  one.txt ");
    assert_says(bad, "verdict is retry (adapter-retry), not ok\n");
    put(&trial, "one.expected.json", "{\"fault\":null,\"events\":[]}");
    g_autofree char *other = check_trial(&trial, 1, "verdict is retry (adapter-retry), not ok\n");
    put(&trial, "one.expected.json", "{\"verdict\":\"retry\",\"fualt\":null}");
    g_autofree char *typo = check_trial(&trial, 1, "fualt is no member of an expectation");
    put(&trial, "one.expected.json", "{");
    g_autofree char *broken = check_trial(&trial, 1, "FAILED  one.txt ");
    put(&trial, "one.expected.json", "{\"verdict\":\"retry\"}");
    put(&trial, "two.expected.json", "[]");
    g_autofree char *lonely = check_trial(&trial, 1, "there is no payload beside this expectation");
    end_trial(&trial);
}

static void test_check_compares_replies(void)
{
    Trial trial = begin_trial("obedient");
    put(&trial, "one.txt", "echo <a>");
    put(&trial, "one.expected.json", "{\"reply\":\"&lt;a&gt;\",\"events\":[]}");
    g_autofree char *good = check_trial(&trial, 0, "ok      one.txt ");
    put(&trial, "one.expected.json", "{\"reply\":\"&lt;b&gt;\",\"events\":[]}");
    g_autofree char *bad =
        check_trial(&trial, 1, "reply is another from byte 5 on: expected b&gt;, got a&gt;\n");
    put(&trial, "one.expected.json", "{\"reply\":null}");
    g_autofree char *unwanted =
        check_trial(&trial, 1, "reply is not expected: expected nothing, got \"&lt;a&gt;\"\n");
    put(&trial, "one.txt", "none");
    put(&trial, "one.expected.json", "{\"reply\":\"x\"}");
    g_autofree char *missing = check_trial(&trial, 1, "reply is missing: expected \"x\", got nothing\n");
    end_trial(&trial);
    trial = begin_trial("careless");
    put(&trial, "one.xml", "<a/>");
    g_autofree char *malformed = check_trial(&trial, 1, "its reply is no well-formed XML\n");
    end_trial(&trial);
}

static void test_check_fails_what_remembers(void)
{
    Trial trial = begin_trial("moody");
    put(&trial, "one.xml", "<a/>");
    put(&trial, "two.xml", "<b/>");
    g_autofree char *output = check_trial(&trial, 1, "FAILED  same outcome whatever came before");
    assert_says(output, "moody: 1 FAILED; ");
    end_trial(&trial);
}

/* A payload's time is limited; and what a hostile adapter writes past its host is a payload that ended it. */
static void test_check_fails_what_hangs_or_forges(void)
{
    Trial trial = begin_trial("obedient");
    put(&trial, "one.txt", "hang");
    g_autofree char *slow =
        run(1, (const char *const[]){"check", "obedient", "-q", "-d", adapters(), "-f", trial.folder, NULL});
    assert_says(slow, "FAILED  one.txt                                       it took longer than 5 s\n");
    end_trial(&trial);
    trial = begin_trial("forger");
    put(&trial, "one.txt", "5 0\nhello");
    g_autofree char *forged = check_trial(&trial, 1, "FAILED  one.txt ");
    assert_says(forged, "it ended its host\n");
    end_trial(&trial);
}

/* A folder's payloads go through the mapping of that name, which is no payload itself. */
static void test_check_runs_folders_with_their_mappings(void)
{
    Trial trial = begin_trial("obedient");
    put(&trial, "pets/one.txt", "map");
    g_autofree char *none = check_trial(&trial, 1, "FAILED  pets: has its mapping");
    g_assert_nonnull(strstr(none, "pets.xml is neither in the fixtures nor among the mappings"));
    put(&trial, "pets.xml",
        "<mapping xmlns='urn:hutong:mapping:1' source='pets' authority='police' version='1'>"
        "<event type='person.died.v1' for-each='/a/b'><time from='t' as='date'/>"
        "<element to='person.name' from='n'/></event></mapping>");
    put(&trial, "pets/one.expected.json", "{\"fault\":\"not-well-formed\"}");
    g_autofree char *mapped = check_trial(&trial, 0, "ok      pets/one.txt ");
    assert_says(mapped, "ok      damaged pets/one.txt\n");
    assert_says(mapped, "ok      pets: ends when told to\n");
    g_assert_null(strstr(mapped, "pets.xml"));
    assert_says(mapped, "1 fixtures");
    end_trial(&trial);
}

/* A mapping that throws away what sets two records apart, or who they are about, and one that does not. */
static void test_check_finds_what_would_be_swallowed(void)
{
#define PETS(content)                                                                     \
    "<mapping xmlns='urn:hutong:mapping:1' source='pets' authority='police' version='1'>" \
    "<event type='household.created.v1' for-each='/a/b'>" content "</event></mapping>"
#define NAME "<element to='household.headName' from='n'/>"
    Trial trial = begin_trial("polite");
    put(&trial, "pets/one.xml", "<a><b><n>测试甲</n><d>2009-03-12</d><g>G12345</g></b></a>");
    put(&trial, "pets.xml", PETS(NAME "<element to='record.changedAt' from='d' as='month'/>"));
    g_autofree char *cut = check_trial(
        &trial, 1, "FAILED  pets: a changed value is not taken for what is known  pets/one.xml: d\n");
    g_assert_cmpuint(count(cut, "  FAILED  "), ==, 1);
    put(&trial, "pets.xml", PETS(NAME "<identity kind='person' from='g' doubt-when='g'/>"));
    g_autofree char *doubted = check_trial(
        &trial, 1, "FAILED  pets: another person is not taken for who is known  pets/one.xml: g\n");
    g_assert_cmpuint(count(doubted, "  FAILED  "), ==, 1);
    put(&trial, "pets.xml",
        PETS("<element to='household.headName' xpath='string(n)'/>"
             "<element to='record.changedAt' xpath='string(d)' as='month'/>"));
    g_autofree char *found = check_trial(
        &trial, 1,
        "FAILED  pets: a changed value is not taken for what is known  pets/one.xml: record.changedAt (string(d))\n");
    put(&trial, "pets.xml",
        PETS(NAME "<element to='record.changedAt' from='d'/><identity kind='person' from='g'/>"));
    g_autofree char *whole =
        check_trial(&trial, 0, "ok      pets: a changed value is not taken for what is known  6 tried\n");
    assert_says(whole, "ok      pets: another person is not taken for who is known  1 tried\n");
    end_trial(&trial);
}

/* What an adapter cuts, joins or leaves out before its mapping sees it is told with its path; what the mapping says is left out with
 * reason is not, nor a secret. */
static void test_check_finds_what_is_dropped(void)
{
#define CLAIM "what the payload says comes to the mapping"
#define FULL NAME "<element to='household.kind' from='cut'/>"
    static const struct {
        const char *content, *dropped, *mapping; /* `dropped` NULL: nothing */
    } cases[] = {
        {"<n>测试甲</n><cut>123</cut>", NULL, ""},
        {"<n>测试甲</n><cut>1234</cut>", "/a/b/cut", ""},
        {"<n>测试甲</n><gone>1</gone>", "/a/b/gone", ""},
        {"<n>测试甲</n><x><gone y='1'/></x>", "/a/b/x/gone/@y", ""},
        {"<n no='1'>测试甲</n>", "/a/b/n/@no", ""},
        {"<n>测试甲</n><z>2{3}</z>", "/a/b/z", ""},
        {"<n>测试甲</n><gone>1</gone>", NULL, "<ignore by-adapter='b/gone'/>"},
        {"<n>测试甲</n><gone>1</gone>", NULL, "<ignore by-adapter='/a/b/gone'/>"},
        {"<n>测试甲</n><gone>1</gone>", "/a/b/gone", "<ignore by-adapter='one /b/gone'/>"},
        {"<n no='1'>测试甲</n><gone no='2'/>", NULL, "<ignore by-adapter='@no'/>"},
        {"<n>测试甲</n><gone y='2'>1</gone>", NULL, "<ignore by-adapter='gone'/>"},
        {"<n>测试甲</n><gone password='2'/>", NULL, ""},
    };
    Trial trial = begin_trial("sloppy");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        static const char *const forms[] = {"<a><b>%s</b></a>", "<w><![CDATA[<a><b>%s</b></a>]]></w>"};
        g_autofree char *mapping = g_strdup_printf(
            "<mapping xmlns='urn:hutong:mapping:1' source='pets' authority='police' version='1'><operation name='w' means='assert'/>%s"
            "<event type='household.created.v1' for-each='/a/b'>" FULL "</event></mapping>",
            cases[i].mapping);
        put(&trial, "pets.xml", mapping);
        for (size_t form = 0; form < G_N_ELEMENTS(forms); form++) {
            g_autoptr(GString) payload = g_string_new(forms[form]);
            g_string_replace(payload, "%s", cases[i].content, 1);
            put(&trial, "pets/one.xml", payload->str);
            g_autofree char *line =
                cases[i].dropped
                    ? g_strdup_printf("FAILED  pets: " CLAIM "  pets/one.xml: %s\n", cases[i].dropped)
                    : g_strdup("ok      pets: " CLAIM "  ");
            g_autofree char *output = check_trial(&trial, cases[i].dropped ? 1 : 0, line);
        }
    }
    end_trial(&trial);
}

/* None that is there passes with a note, one that cannot be opened does not: no permission, or, so that root is refused,
 * too, a link to itself. */
static void test_check_fails_fixtures_that_cannot_be_read(void)
{
    Trial trial = begin_trial("obedient");
    g_autofree char *loop = g_build_filename(trial.folder, "loop", NULL);
    g_autofree char *none = g_build_filename(trial.folder, "none", NULL);
    g_assert_cmpint(symlink("loop", loop), ==, 0);
    const char *const words[] = {"check", "obedient", "-d", adapters(), "-f", loop, NULL};
    g_autofree char *output = run(1, words);
    assert_says(output, "  FAILED  fixtures can be read");
    const char *const none_words[] = {"check", "obedient", "-d", adapters(), "-f", none, NULL};
    g_autofree char *passed = run(0, none_words);
    assert_says(passed, "  note    no fixtures");
    end_trial(&trial);
}

static void test_check_writes_tap_and_json(void)
{
    Trial trial = begin_trial("obedient");
    put(&trial, "one.txt", "retry");
    put(&trial, "one.expected.json", "[]");
    const char *const words[] = {"check", "obedient", "-d", adapters(), "-f", trial.folder, "--tap", NULL};
    g_autofree char *tap = run(1, words);
    assert_says(tap, "TAP version 13\nok 1 - obedient: file may be loaded");
    assert_says(tap, "not ok 4 - obedient: one.txt\n# verdict is retry (adapter-retry), not ok\n");
    g_autofree char *plan = g_strdup_printf("\n1..%u\n", count(tap, "ok ") - count(tap, "# ok "));
    assert_says(tap, plan);
    const char *const json_words[] = {"check", "obedient",   "-d",     adapters(),
                                      "-f",    trial.folder, "--json", NULL};
    g_autofree char *json = run(1, json_words);
    assert_says(json, "[{\"name\":\"obedient\",\"file\":\"/");
    assert_says(
        json,
        "{\"result\":\"failed\",\"check\":\"one.txt\",\"detail\":\"verdict is retry (adapter-retry), not ok\"}");
    assert_says(json, "\"version\":\"1.2\",\"result\":\"failed\",\"failed\":\"one.txt: verdict is retry");
    end_trial(&trial);
}

static void test_check_runs_all(void)
{
    g_autofree char *folder = g_dir_make_tmp("hutong-XXXXXX", NULL);
    static const char *const names[] = {"fragile.so", "no-symbol.so", "obedient.so"};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *from = g_build_filename(adapters(), names[i], NULL);
        g_autofree char *to = g_build_filename(folder, names[i], NULL);
        g_assert_cmpint(symlink(from, to), ==, 0);
    }
    g_autofree char *output = run(1, (const char *const[]){"check", "-d", folder, NULL});
    assert_says(output, "\nobedient: passed; ");
    assert_says(output, "no-symbol: 1 FAILED; ");
    assert_says(output, "3 adapters: 1 passed, 2 FAILED\n");
    g_assert_null(strstr(output, "  ok "));
    g_autofree char *nowhere = run(1, (const char *const[]){"check", "-d", "/nonexistent", NULL});
    remove_folder(folder);
}

static const char *const shipped[] = {"health", "hukou", "marriage", "social-security", "xml"};

/* Of `shipped`, the first so many. Under sanitizers without xml, which has more fixtures than all others together and takes minutes; test-xml
 * reads these there. */
static size_t count_checked(void)
{
    return G_N_ELEMENTS(shipped) - (test_is_sanitized() ? 1 : 0);
}

/* What the check of a shipped adapter, with all of its fixtures, said when it passed. It takes long: each is checked once. */
static const char *check_of_shipped(size_t number)
{
    static char *outputs[G_N_ELEMENTS(shipped)];
    if (!outputs[number]) {
        const char *folder = g_getenv("HUTONG_ADAPTERDIR");
        outputs[number] = run(0, (const char *const[]){"check", shipped[number], "-d", folder, NULL});
    }
    return outputs[number];
}

/* Every adapter that this project ships. */
static void test_shipped_adapters_pass(void)
{
    g_autoptr(GDir) folder = g_dir_open(g_getenv("HUTONG_ADAPTERDIR"), 0, NULL);
    unsigned adapters_there = 0;
    for (const char *name; (name = g_dir_read_name(folder));) {
        adapters_there += g_str_has_suffix(name, ".so");
    }
    g_assert_cmpuint(adapters_there, ==, G_N_ELEMENTS(shipped));
    for (size_t i = 0; i < count_checked(); i++) {
        g_autofree char *passed = g_strdup_printf("\n%s: passed; ", shipped[i]);
        assert_says(check_of_shipped(i), passed);
        g_assert_null(strstr(check_of_shipped(i), "no fixtures"));
    }
}

/* No value and no person of any fixture of theirs would be swallowed when it changed, and none is left out. */
static void test_shipped_adapters_swallow_nothing(void)
{
    for (size_t i = 0; i < count_checked(); i++) {
        const char *output = check_of_shipped(i);
        assert_says(output, "a changed value is not taken for what is known  ");
        assert_says(output, "another person is not taken for who is known  ");
        assert_says(output, CLAIM "  ");
        g_assert_null(strstr(output, "mapping  0 tried"));
        g_assert_null(strstr(output, "known  0 tried"));
        g_assert_null(strstr(output, "not all values of all fixtures"));
    }
}

static void test_list_and_inspect(void)
{
    g_autofree char *folder = g_dir_make_tmp("hutong-XXXXXX", NULL);
    static const char *const names[] = {"obedient.so", "wrong-major.so"};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *from = g_build_filename(adapters(), names[i], NULL);
        g_autofree char *to = g_build_filename(folder, names[i], NULL);
        g_assert_cmpint(symlink(from, to), ==, 0);
    }
    g_autofree char *list = run(0, (const char *const[]){"list", "-d", folder, NULL});
    assert_says(list, "obedient             1.2        Does what the payload says, for tests\n");
    assert_says(list, "wrong-major          -          ");
    g_autofree char *json = run(0, (const char *const[]){"list", "-d", folder, "--json", NULL});
    assert_says(json, "[{\"name\":\"obedient\",\"version\":\"1.2\",");
    assert_says(json, "\"functions\":[\"decode\",\"reply\",\"wsdl\"],\"operations\":[\"Obey\"]");
    assert_says(json, "\"error\":\"");
    g_autofree char *inspected = run(0, (const char *const[]){"inspect", "obedient", "-d", folder, NULL});
    assert_says(inspected, "  functions   decode reply wsdl\n");
    assert_says(inspected, "    colour = green\n");
    g_autofree char *absent = run(1, (const char *const[]){"inspect", "absent", "-d", folder, NULL});
    g_autofree char *nowhere = run(1, (const char *const[]){"list", "-d", "/nonexistent", NULL});
    g_autofree char *usage = run(64, (const char *const[]){"inspect", NULL});
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/adapter/new/builds-and-passes", test_new_builds_and_passes);
    g_test_add_func("/adapter/new/refuses-bad-names", test_new_refuses_bad_names);
    g_test_add_func("/adapter/check/fails-what-cannot-start", test_check_fails_what_cannot_start);
    g_test_add_func("/adapter/check/fails-what-hangs-at-load", test_check_fails_what_hangs_at_load);
    g_test_add_func("/adapter/check/fails-what-dies", test_check_fails_what_dies);
    g_test_add_func("/adapter/check/fails-what-leaks", test_check_fails_what_leaks);
    g_test_add_func("/adapter/check/fails-what-does-not-end", test_check_fails_what_does_not_end);
    g_test_add_func("/adapter/check/fails-what-remembers", test_check_fails_what_remembers);
    g_test_add_func("/adapter/check/fails-what-hangs-or-forges", test_check_fails_what_hangs_or_forges);
    g_test_add_func("/adapter/check/fails-a-wsdl-that-is-no-xml", test_check_fails_answers_that_are_no_xml);
    g_test_add_func("/adapter/check/fails-unmet-expectations", test_check_fails_unmet_expectations);
    g_test_add_func("/adapter/check/compares-replies", test_check_compares_replies);
    g_test_add_func("/adapter/check/finds-what-would-be-swallowed", test_check_finds_what_would_be_swallowed);
    g_test_add_func("/adapter/check/finds-what-is-dropped", test_check_finds_what_is_dropped);
    g_test_add_func("/adapter/check/runs-folders-with-their-mappings",
                    test_check_runs_folders_with_their_mappings);
    g_test_add_func("/adapter/check/fails-fixtures-that-cannot-be-read",
                    test_check_fails_fixtures_that_cannot_be_read);
    g_test_add_func("/adapter/check/writes-tap-and-json", test_check_writes_tap_and_json);
    g_test_add_func("/adapter/check/runs-all", test_check_runs_all);
    g_test_add_func("/adapter/check/shipped-adapters-pass", test_shipped_adapters_pass);
    g_test_add_func("/adapter/check/shipped-adapters-swallow-nothing", test_shipped_adapters_swallow_nothing);
    g_test_add_func("/adapter/list-and-inspect", test_list_and_inspect);
    return g_test_run();
}
