/* The command line in Chinese: what a person reads is, what a program reads is not. */
#include "core/cli/columns.h"
#include "tests/lib/busproc.h"

#include <string.h>

static const char sections[] =
    "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
    "[consumer platform]\ntype = pull\nclearance = 1\npurpose = test\npurpose-until = 2099-12-31\n"
    "[route all]\nto = platform\n";

static void speak(const char *locale, const char *languages)
{
    g_setenv("LC_ALL", locale, TRUE);
    g_setenv("LANGUAGE", languages, TRUE);
}

static bool is_chinese(const char *text)
{
    return g_regex_match_simple("\\p{Han}", text, 0, 0);
}

/* Two words of English in a row; names, keys, options and paths are single ones. Sections of the configuration stand in brackets. */
static void assert_no_english(const char *text)
{
    g_autoptr(GRegex) words = g_regex_new("(?<![-./[])\\b[a-z]{2,} [a-z]{2,}\\b", 0, 0, NULL);
    g_autoptr(GRegex) layers = g_regex_new("[^\n]*a build with sanitizers[^\n]*", 0, 0, NULL);
    g_autofree char *rest =
        g_regex_replace_literal(layers, text, -1, 0, "", 0, NULL); /* a tester's, not a site's */
    g_autoptr(GMatchInfo) match = NULL;
    if (g_regex_match(words, rest, 0, &match)) {
        g_autofree char *found = g_match_info_fetch(match, 0);
        g_error("English in \"%s\": %s", text, found);
    }
}

/* What a reload was refused for: all before the line that the command ends with. */
static char *reasons_of(const char *reload)
{
    const char *end = strstr(reload, "hutong reload");
    g_assert_nonnull(end);
    return g_strndup(reload, (gsize)(end - reload));
}

/* The columns before `what` in the line of `text` that has it; -1 when it is not there. */
static int column_of(const char *text, const char *line_with, const char *what)
{
    const char *line = strstr(text, line_with), *at = line ? strstr(line, what) : NULL;
    g_autofree char *before = at ? g_strndup(line, (gsize)(at - line)) : NULL;
    return at ? (int)strlen(before) - ht_columns_field(0, before) : -1;
}

static void test_the_environment_chooses(void)
{
    static const struct {
        const char *locale, *languages;
        bool chinese;
    } cases[] = {
        {"zh_CN.UTF-8", "", true},        {"zh_CN.utf8", "", true},       {"zh_CN", "", true},
        {"C.UTF-8", "zh_CN", true},       {"en_US.UTF-8", "zh_CN", true}, {"zh_CN.UTF-8", "en", false},
        {"zh_CN.GBK", "", false},         {"zh_CN.GB18030", "", false},   {"C", "zh_CN", false},
        {"POSIX", "zh_CN", false},        {"C.UTF-8", "", false},         {"de_DE.UTF-8", "", false},
        {"../../zh_CN.UTF-8", "", false}, {".UTF-8", "", false},          {"zh_CN.UTF-8@x", "", true},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *output = NULL;
        speak(cases[i].locale, cases[i].languages);
        g_test_message("%s, %s", cases[i].locale, cases[i].languages);
        g_assert_cmpint(run_hutong(&output, "--help", NULL), ==, 0);
        g_assert_cmpint(strstr(output, "用法：") != NULL, ==, cases[i].chinese);
        g_assert_cmpint(strstr(output, "usage:") != NULL, ==, !cases[i].chinese);
    }
}

static void test_a_mistyped_verb_is_guessed(void)
{
    g_autofree char *english = NULL, *chinese = NULL, *word = NULL;
    speak("C.UTF-8", "");
    int status = run_hutong(&english, "statsu", NULL);
    speak("zh_CN.UTF-8", "");
    g_assert_cmpint(run_hutong(&chinese, "statsu", NULL), ==, status);
    g_assert_cmpint(status, ==, 64);
    g_assert_nonnull(strstr(chinese, "没有命令“statsu”；您是想用“status”吗？"));
    assert_no_english(chinese);
    g_assert_cmpint(run_hutong(&word, "token", "nwe", NULL), ==, 64);
    g_assert_nonnull(strstr(word, "没有“nwe”；您是想用“new”吗？"));
}

static void test_status_lines_up(void)
{
    g_autofree char *output = NULL, *top = NULL, *routes = NULL;
    speak("zh_CN.UTF-8", "");
    BusProcess *bus = bus_process_new(NULL, sections);
    bus_process_start(bus);
    g_assert_cmpint(run_hutong(&output, "status", "-c", bus->config, NULL), ==, 0);
    g_assert_nonnull(strstr(output, "就绪"));
    assert_no_english(output);
    g_assert_cmpint(column_of(output, "数据源 ", "宿主进程"), ==, column_of(output, "hukou ", "休眠"));
    g_assert_cmpint(column_of(output, "消费方 ", "状态"), ==, column_of(output, "platform ", "空闲"));
    g_assert_cmpint(run_hutong(&top, "top", "--once", "-c", bus->config, NULL), ==, 0);
    assert_no_english(top);
    g_assert_cmpint(column_of(top, "消费方 ", "状态"), ==, column_of(top, "platform ", "空闲"));
    g_assert_cmpint(run_hutong(&routes, "route", "list", "-c", bus->config, NULL), ==, 0);
    assert_no_english(routes);
    g_assert_cmpint(column_of(routes, "路由 ", "送往"), ==, column_of(routes, "all ", "platform"));
    bus_process_free(bus);
}

static void test_json_is_the_same(void)
{
    static const char *const commands[][4] = {{"check", "--peers"},
                                              {"source", "list"},
                                              {"maintenance", "show"},
                                              {"dead", "list"},
                                              {"message", "list"}};
    BusProcess *bus = bus_process_new(NULL, sections);
    bus_process_start(bus);
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *english = NULL, *chinese = NULL;
        speak("C.UTF-8", "");
        int status = run_hutong(&english, commands[i][0], commands[i][1], "--json", "-c", bus->config, NULL);
        speak("zh_CN.UTF-8", "");
        g_assert_cmpint(
            run_hutong(&chinese, commands[i][0], commands[i][1], "--json", "-c", bus->config, NULL), ==,
            status);
        g_assert_cmpstr(chinese, ==, english);
        g_assert_cmpint(status, ==, 0);
    }
    bus_process_free(bus);
}

/* What the conformance kit finds is Chinese for people, and the same for programs in each language. */
static void test_the_kit_speaks_to_both(void)
{
    static const char *const forms[] = {"--json", "--tap"};
    const char *folder = g_getenv("HUTONG_TEST_ADAPTERDIR");
    g_autofree char *file = g_build_filename(folder, "sloppy.so", NULL), *told = NULL;
    g_autoptr(GRegex) time = g_regex_new("\"milliseconds\":[0-9]+", 0, 0, NULL);
    speak("zh_CN.UTF-8", "");
    run_hutong(&told, "adapter", "check", file, NULL);
    g_assert_true(is_chinese(told));
    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autofree char *english = NULL, *chinese = NULL;
        speak("C.UTF-8", "");
        int status = run_hutong(&english, "adapter", "check", file, forms[i], NULL);
        speak("zh_CN.UTF-8", "");
        g_assert_cmpint(run_hutong(&chinese, "adapter", "check", file, forms[i], NULL), ==, status);
        g_autofree char *one = g_regex_replace_literal(time, english, -1, 0, "", 0, NULL);
        g_autofree char *other = g_regex_replace_literal(time, chinese, -1, 0, "", 0, NULL);
        g_assert_cmpstr(one, ==, other);
        g_assert_false(is_chinese(chinese));
    }
}

/* Started by a Chinese administrator, and reloading with what is wrong: both are logged. */
static void test_the_log_stays_english(void)
{
    g_autofree char *output = NULL;
    speak("zh_CN.UTF-8", "");
    BusProcess *bus = bus_process_new(NULL, sections);
    bus_process_start(bus);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(bus->config, &text, NULL, NULL));
    g_autofree char *wrong = g_strconcat(text, "[route other]\nto = nobody\nno-key = 1\n", NULL);
    g_assert_true(g_file_set_contents(bus->config, wrong, -1, NULL));
    g_assert_cmpint(run_hutong(&output, "reload", "-c", bus->config, NULL), ==, 78);
    g_assert_nonnull(strstr(output, "未采纳"));
    g_autofree char *log = bus_process_log(bus);
    g_test_message("%s", log);
    g_assert_nonnull(strstr(log, "no-key"));
    g_assert_false(is_chinese(log));
    bus_process_free(bus);
}

static void test_a_wrong_configuration(void)
{
    BusProcess *bus = bus_process_new(NULL, sections);
    g_autofree char *text = NULL, *english = NULL, *chinese = NULL;
    g_assert_true(g_file_get_contents(bus->config, &text, NULL, NULL));
    g_autofree char *wrong = g_strconcat(text, "[route other]\nto = nobody\nno-key = 1\n", NULL);
    g_assert_true(g_file_set_contents(bus->config, wrong, -1, NULL));
    speak("C.UTF-8", "");
    int status = run_hutong(&english, "check", "-c", bus->config, NULL);
    speak("zh_CN.UTF-8", "");
    g_assert_cmpint(run_hutong(&chinese, "check", "-c", bus->config, NULL), ==, status);
    g_assert_cmpint(status, ==, 78);
    g_test_message("%s", chinese);
    g_autofree char *place = g_strdup_printf("%s:", bus->config);
    const char *line = strstr(chinese, place);
    g_assert_nonnull(line);
    g_assert_nonnull(strstr(line, "错误："));
    g_assert_nonnull(strstr(chinese, "no-key"));
    assert_no_english(chinese);
    bus_process_free(bus);
}

static unsigned count(const char *text, const char *what)
{
    unsigned found = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what)) {
        found++;
    }
    return found;
}

/* A running bus, asked in Chinese, and its configuration. */
static BusProcess *start_in_chinese(char **text)
{
    BusProcess *bus = bus_process_new(NULL, sections);
    speak("zh_CN.UTF-8", "");
    bus_process_start(bus);
    g_assert_true(g_file_get_contents(bus->config, text, NULL, NULL));
    return bus;
}

/* The reasons of a refused reload are those that `check` finds in the same file. */
static void test_a_reload_says_what_check_says(void)
{
    static const char *const wrong[] = {
        "[route other]\nto = nobody\nno-key = 1\n",
        "[source two]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\nmax-body = many\n",
        "[consumer two]\ntype = webhook\nclearance = 9\npurpose = test\n",
        "[consumer two]\ntype = pull\nallow = person.nam;unmapped:;@nam\nmask = person.sex:none;unmapped;person.name:year\n",
        "no section\n",
    };
    g_autofree char *text = NULL;
    BusProcess *bus = start_in_chinese(&text);
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *file = g_strconcat(text, wrong[i], NULL), *checked = NULL, *reloaded = NULL;
        g_assert_true(g_file_set_contents(bus->config, file, -1, NULL));
        g_assert_cmpint(run_hutong(&checked, "check", "-c", bus->config, NULL), ==, 78);
        g_assert_cmpint(run_hutong(&reloaded, "reload", "-c", bus->config, NULL), ==, 78);
        g_test_message("%s", reloaded);
        g_assert_cmpuint(count(checked, "错误："), >, 0);
        g_assert_cmpuint(count(reloaded, "错误："), ==, count(checked, "错误："));
        g_autofree char *reasons = reasons_of(reloaded);
        assert_no_english(reasons);
    }
    bus_process_free(bus);
}

/* Of the mapping's own words nothing is told. */
static void assert_no_english_but_tags(const char *text)
{
    g_autoptr(GRegex) tag = g_regex_new("<[^<>]*>", 0, 0, NULL);
    g_autofree char *words = g_regex_replace_literal(tag, text, -1, 0, "", 0, NULL);
    assert_no_english(words);
}

static void check_mapping(const BusProcess *bus, const char *path, const char *content)
{
    g_autofree char *english = NULL, *chinese = NULL, *reloaded = NULL;
    g_autofree char *mapping = g_strdup_printf(
        "<mapping xmlns='urn:hutong:mapping:1' source='wrong' authority='police' version='1'>\n%s</mapping>",
        content);
    g_assert_true(g_file_set_contents(path, mapping, -1, NULL));
    speak("C.UTF-8", "");
    g_assert_cmpint(run_hutong(&english, "check", "-c", bus->config, NULL), ==, 78);
    g_assert_nonnull(strstr(english, "wrong.xml:"));
    g_assert_false(is_chinese(english));
    speak("zh_CN.UTF-8", "");
    g_assert_cmpint(run_hutong(&chinese, "check", "-c", bus->config, NULL), ==, 78);
    g_test_message("%s", chinese);
    g_assert_cmpuint(count(chinese, "错误："), ==, count(english, " error: "));
    assert_no_english_but_tags(chinese);
    g_assert_cmpint(run_hutong(&reloaded, "reload", "-c", bus->config, NULL), ==, 78);
    g_autofree char *reasons = reasons_of(reloaded);
    assert_no_english_but_tags(reasons);
}

/* The engine speaks English: its lines are known again, whichever sentence it is, with where it is and what was meant. */
static void test_a_wrong_mapping(void)
{
#define EVENT(content) "<event type='person.moved-in.v1' for-each='/R/R'>" content "</event>"
#define NAME "<element to='person.name' from='XM'/>"
    static const char *const wrong[] = {
        EVENT("<element to='person.nam' from='XM'/>"),
        EVENT("<element to='quite.another' from='XM'/>"),
        EVENT("<element to='complaint.text' from='XM'/>"),
        EVENT("<id form='B'/>") "<elemnt/>",
        EVENT("<element to='person.sex' from='XB' translate='ethnic.words'/>"),
        EVENT("<element to='person.name' from='X[1]' when='a ='/><element to='person.sex' value='7'/>"),
        EVENT("<element to='person.name' from='XM' when='starts-with(a b) or c'/>"),
        EVENT(NAME) "<flag from='A' yes='1' no='1'/><null value='-' in='Q'/>",
        EVENT("<use define='a'/>") "<define name='a'><element to='person.nam' from='XM'/></define>",
        "<define name='a'>\n<element to='person.nam' from='XM'/></define>\n" EVENT("<use define='a'/>"),
        "<define name='a' parameters='p'>" NAME "</define>" EVENT("<use define='a' q='1' p='{r'/>"),
        "<service name='1' namespace='urn:hutong:x'><operation name='Submit'/></service>",
    };
    g_autofree char *text = NULL;
    BusProcess *bus = start_in_chinese(&text);
    g_autofree char *folder = g_path_get_dirname(bus->config);
    g_autofree char *path = g_build_filename(folder, "wrong.xml", NULL);
    g_autofree char *file = g_strdup_printf(
        "%s[source wrong]\ndepartment = police\nadapter = xml\nmapping = %s\ndivision = 440104\n", text,
        path);
    g_assert_true(g_file_set_contents(bus->config, file, -1, NULL));
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        check_mapping(bus, path, wrong[i]);
    }
    bus_process_free(bus);
#undef EVENT
#undef NAME
}

/* What each verb is for, and its options. GLib's own words may be missing on this machine. */
static void test_every_verb_is_explained(void)
{
    g_autofree char *verbs = NULL;
    g_autoptr(GRegex) verb = g_regex_new("^  ([a-z]+) ", G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GRegex) english =
        g_regex_new("^(?!.*[\\x{4e00}-\\x{9fff}])(?!.*Show help options).*[a-z]{3,} [a-z]{2,} [a-z]{2,}",
                    G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    unsigned seen = 0;
    speak("zh_CN.UTF-8", "");
    g_assert_cmpint(run_hutong(&verbs, "help", NULL), ==, 0);
    for (g_regex_match(verb, verbs, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
        g_autofree char *name = g_match_info_fetch(match, 1), *help = NULL;
        g_autoptr(GMatchInfo) found = NULL;
        run_hutong(&help, name, "--help", NULL);
        if (g_regex_match(english, help, 0, &found)) {
            g_autofree char *line = g_match_info_fetch(found, 0);
            g_error("hutong %s --help: %s", name, line);
        }
        seen++;
    }
    g_assert_cmpuint(seen, >, 20);
}

/* Pages and samples that are made of tables, and the sentences around what a mapping makes. */
static void test_what_is_written_for_people(void)
{
    static const char *const commands[][2] = {{"config", "--sample"},
                                              {"config", "--reference"},
                                              {"config", "--metrics"},
                                              {"map", "--help"},
                                              {"test", "--help"}};
    speak("zh_CN.UTF-8", "");
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *output = NULL;
        g_test_message("%s %s", commands[i][0], commands[i][1]);
        g_assert_cmpint(run_hutong(&output, commands[i][0], commands[i][1], NULL), ==, 0);
        g_autoptr(GRegex) quoted = g_regex_new("`[^`]*`|\\[[^]]*\\]|\\([^)]*\\)", 0, 0, NULL);
        g_autofree char *words = g_regex_replace_literal(quoted, output, -1, 0, "", 0, NULL);
        g_assert_true(is_chinese(words));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/language/the-environment-chooses", test_the_environment_chooses);
    g_test_add_func("/language/a-mistyped-verb-is-guessed", test_a_mistyped_verb_is_guessed);
    g_test_add_func("/language/status-lines-up", test_status_lines_up);
    g_test_add_func("/language/json-is-the-same", test_json_is_the_same);
    g_test_add_func("/language/the-kit-speaks-to-both", test_the_kit_speaks_to_both);
    g_test_add_func("/language/the-log-stays-english", test_the_log_stays_english);
    g_test_add_func("/language/a-wrong-configuration", test_a_wrong_configuration);
    g_test_add_func("/language/a-reload-says-what-check-says", test_a_reload_says_what_check_says);
    g_test_add_func("/language/a-wrong-mapping", test_a_wrong_mapping);
    g_test_add_func("/language/every-verb-is-explained", test_every_verb_is_explained);
    g_test_add_func("/language/what-is-written-for-people", test_what_is_written_for_people);
    return g_test_run();
}
