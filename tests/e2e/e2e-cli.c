/* The commands, as an administrator meets them: with a good configuration, with a bad one, without a bus. */
#include "tests/lib/busproc.h"
#include "tests/lib/post.h"

#include <glib/gstdio.h>
#include <string.h>

static const char source[] =
    "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n";

static unsigned count_texts(const char *in, const char *text)
{
    unsigned count = 0;
    for (const char *at = in; (at = strstr(at, text)); at += strlen(text)) {
        count++;
    }
    return count;
}

static void test_check_accepts_what_run_would(void)
{
    BusProcess *bus = bus_process_new(NULL, source);
    g_autofree char *output = NULL;
    g_test_message("%s", bus->config);
    int status = run_hutong(&output, "check", "-c", bus->config, NULL);
    g_test_message("%s", output);
    g_assert_cmpint(status, ==, 0);
    g_assert_nonnull(strstr(output, "ok: 1 sources"));
    g_autofree char *state = g_build_filename(bus->folder, "state", NULL);
    g_assert_false(g_file_test(state, G_FILE_TEST_EXISTS));
    bus_process_free(bus);
}

/* What is left out of a message would be nowhere. */
static void test_check_warns_of_a_quarantine_that_keeps_nothing(void)
{
    static const struct {
        const char *keys;
        bool told;
    } cases[] = {{"keep-payload = none\non-invalid = quarantine\n", true},
                 {"keep-payload = error\non-invalid = quarantine\n", false},
                 {"on-invalid = quarantine\n", false},
                 {"keep-payload = none\n", false}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *sections = g_strconcat(source, cases[i].keys, NULL), *output = NULL;
        BusProcess *bus = bus_process_new(NULL, sections);
        g_assert_cmpint(run_hutong(&output, "check", "-c", bus->config, NULL), ==, 0);
        g_test_message("%s", output);
        g_assert_cmpint(strstr(output, ": warning: [source hukou] with keep-payload = none ") != NULL, ==,
                        cases[i].told);
        bus_process_free(bus);
    }
}

/* Whoever has it: a bus with this configuration is not told of its own. */
static void test_check_tries_the_addresses(void)
{
    BusProcess *one = bus_process_new("metrics = 127.0.0.1:0\n", source);
    bus_process_start(one);
    g_autofree char *keys = g_strdup_printf("metrics = 127.0.0.1:%u\n", one->port), *output = NULL;
    BusProcess *other = bus_process_new(keys, source);
    g_assert_cmpint(run_hutong(&output, "check", "-c", other->config, NULL), ==, 78);
    g_autofree char *said = g_strdup_printf("hutong.conf:4: error: [bus] metrics: 127.0.0.1:%u: ", one->port);
    g_assert_nonnull(strstr(output, said));
    bus_process_free(other);
    bus_process_free(one);
}

/* What run refuses, once, at the key. */
static void test_check_tells_who_else_may_read_the_state(void)
{
    BusProcess *bus = bus_process_new(NULL, source);
    bus_process_start(bus);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_autofree char *state = g_build_filename(bus->folder, "state", NULL), *open = NULL, *closed = NULL;
    g_assert_cmpint(g_chmod(state, 0755), ==, 0);
    g_assert_cmpint(run_hutong(&open, "check", "-c", bus->config, NULL), ==, 78);
    g_test_message("%s", open);
    g_assert_nonnull(strstr(open, ": error: [bus] state: "));
    g_assert_cmpuint(count_texts(open, ": error: "), ==, 1);
    g_assert_nonnull(strstr(open, "chmod 0700 it"));
    g_assert_cmpint(g_chmod(state, 0700), ==, 0);
    g_assert_cmpint(run_hutong(&closed, "check", "-c", bus->config, NULL), ==, 0);
    bus_process_free(bus);
}

static void test_a_mistyped_verb_is_guessed(void)
{
    g_autofree char *near = NULL, *far = NULL;
    g_assert_cmpint(run_hutong(&near, "relaod", NULL), ==, 64);
    g_assert_nonnull(strstr(near, "there is no verb 'relaod'; did you mean 'reload'?"));
    g_assert_cmpint(run_hutong(&far, "xyzzy", NULL), ==, 64);
    g_assert_null(strstr(far, "did you mean"));
}

/* A file of tests/data/configs: what it says behind "# expect: " is told, each once, and no other error. */
static void try_broken(const char *file, const char *name)
{
    BusProcess *bus = bus_process_new(NULL, "");
    g_autofree char *text = NULL, *output = NULL;
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    g_assert_true(g_file_set_contents(bus->config, text, -1, NULL));
    g_assert_cmpint(run_hutong(&output, "check", "-c", bus->config, NULL), ==, 78);
    g_test_message("%s: %s", name, output);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    unsigned expected = 0;
    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, "# expect: ")) {
            expected++;
            g_assert_cmpuint(count_texts(output, *line + strlen("# expect: ")), ==, 1);
        }
    }
    g_assert_cmpuint(expected, >, 0);
    g_assert_cmpuint(count_texts(output, ": error: "), ==, expected);
    bus_process_free(bus);
}

static void test_broken_configurations(void)
{
    g_autofree char *folder = g_build_filename(g_getenv("HUTONG_SRCDIR"), "tests", "data", "configs", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    unsigned count = 0;
    g_assert_nonnull(dir);
    for (const char *name; (name = g_dir_read_name(dir)); count++) {
        g_autofree char *file = g_build_filename(folder, name, NULL);
        try_broken(file, name);
    }
    g_assert_cmpuint(count, >=, 20);
}

/* What cannot be read is not passed over. */
static void test_a_folder_of_settings_that_is_none(void)
{
    BusProcess *bus = bus_process_new(NULL, source);
    g_autofree char *folder = g_build_filename(bus->folder, "conf.d", NULL), *output = NULL;
    g_assert_true(g_file_set_contents(folder, "", 0, NULL));
    g_assert_cmpint(run_hutong(&output, "check", "-c", bus->config, NULL), ==, 78);
    g_assert_nonnull(strstr(output, "conf.d: error: "));
    bus_process_free(bus);
}

static void test_check_names_everything_that_is_wrong(void)
{
    BusProcess *bus = bus_process_new(
        "lisen = x\n", "[source a]\ndepartment = police\nadapter = nothing-there\nmapping = hukou.xml\n"
                       "[consumer c]\ntype = webhook\nurl = ftp://x\n");
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "check", "-c", bus->config, NULL), ==, 78);
    g_assert_nonnull(
        strstr(output, "hutong.conf:4: error: unknown key 'lisen' in [bus]; did you mean 'listen'?"));
    g_assert_nonnull(strstr(output, "'ftp://x' is not an http:// or https:// address"));
    g_assert_null(strstr(output, "lacks 'url'"));
    g_assert_nonnull(strstr(output, "nothing-there"));
    bus_process_free(bus);
}

/* Whatever finds it (keys, dictionary, host): all in one go, and each of them once. */
static void test_check_tells_every_stage_at_once(void)
{
    BusProcess *bus = bus_process_new(
        NULL,
        "[source a]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ncolour = red\n"
        "option.nope = 1\nconsumer = x\nreserve = 1M\n[consumer c]\ntype = webhook\nurl = http://127.0.0.1/\n"
        "mask = person.nam:name\npurpose = x\npurpose-until = 2099-12-31\nclearance = 9\n[route r]\ntypes = persn.*\nto = c\n");
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "check", "-c", bus->config, NULL), ==, 78);
    const char *const once[] = {
        "unknown key 'colour' in [source a]",
        "unknown key 'reserve' in [source a]; it is a key of [spool]",
        "adapter 'hukou' has no option 'nope'",
        "clearance: '9' is not a number, 0 to 3",
        "mask: 'person.nam' is no element of the dictionary",
        "types: 'persn.*' fits no event type",
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(once); i++) {
        const char *found = strstr(output, once[i]);
        if (!found || strstr(found + 1, once[i])) {
            g_error("not told once: %s\nin: %s", once[i], output);
        }
    }
    bus_process_free(bus);
}

/* Sections are long: the place of an error is its key's line, whoever finds it. */
static void test_errors_stand_at_their_keys_own_line(void)
{
    static const struct {
        const char *line, *error;
    } lines[] = {
        {"[source a]", NULL}, /* line 5 */
        {"department = police", NULL},
        {"adapter = hukou", NULL},
        {"mapping = hukou.xml", NULL},
        {"token-file = ./no-such-token", "[source a] token-file: "},
        {"[consumer c]", NULL},
        {"type = webhook", NULL},
        {"url = http://127.0.0.1/", NULL},
        {"purpose = x", NULL},
        {"purpose-until = 2099-12-31", NULL},
        {"allow = person.name;person.nam", "[consumer c] allow: 'person.nam' is no element"},
        {"deny = person.sxe", "[consumer c] deny: 'person.sxe' is no element"},
        {"mask = person.name:nmae", "[consumer c] mask: 'nmae' is no mask"},
        {"secret-file = ./no-such-secret", "[consumer c] "},
        {"token-file = ./no-such-token", "[consumer c] token-file: "},
        {"retry-first = 10s", "[consumer c]: retry-first is longer"},
        {"retry-max = 1s", NULL},
        {"[route r]", NULL},
        {"from = a;nobody", "[route r] from: there is no source 'nobody'"},
        {"types = persn.*", "[route r] types: 'persn.*' fits no event type"},
        {"divisions = 44x", "[route r] divisions: '44x' is not a prefix"},
        {"to = c;d", "[route r] to: there is no consumer 'd'"},
    };
    g_autoptr(GString) sections = g_string_new(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_string_append_printf(sections, "%s\n", lines[i].line);
    }
    BusProcess *bus = bus_process_new(NULL, sections->str);
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "check", "-c", bus->config, NULL), ==, 78);
    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *wanted =
            lines[i].error ? g_strdup_printf("hutong.conf:%u: error: %s", i + 5, lines[i].error) : NULL;
        if (wanted && !strstr(output, wanted)) {
            g_error("not told: %s\nin: %s", wanted, output);
        }
    }
    bus_process_free(bus);
}

/* What `token new` prints as the file's line lets the token in, in the file of a source and of a consumer. */
static void test_a_new_token_opens_what_its_line_knows(void)
{
    g_autofree char *output = NULL, *other = NULL;
    g_assert_cmpint(run_hutong(&output, "token", "new", "police", NULL), ==, 0);
    g_assert_cmpint(run_hutong(&other, "token", "new", NULL), ==, 0);
    g_assert_cmpstr(output, !=, other);
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 5);
    g_assert_cmpuint(strlen(lines[1]), ==, 43);
    g_assert_true(g_str_has_prefix(lines[3], "hmac-sha256:"));
    g_assert_true(g_str_has_suffix(lines[3], " police"));
    g_autofree char *file = g_build_filename(g_get_tmp_dir(), "tokens", NULL);
    g_autofree char *sections =
        g_strdup_printf("[source a]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\n"
                        "token-file = %s\n[consumer c]\ntype = pull\ntoken-file = %s\n"
                        "[route r]\nto = c\n",
                        file, file);
    BusProcess *bus = bus_process_new(NULL, sections);
    const struct {
        const char *text;
        int mode, status;
        const char *said;
    } cases[] = {{lines[3], 0600, 0, NULL},
                 {lines[1], 0600, 0, "warning: [source a] token-file: it holds the token itself"},
                 {lines[1], 0600, 0, "warning: [consumer c] token-file: it holds the token itself"},
                 {lines[3], 0640, 78, "[source a] token-file: "},
                 {lines[3], 0604, 78, "[consumer c] token-file: "}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *said = NULL;
        unlink(file);
        g_assert_true(
            g_file_set_contents_full(file, cases[i].text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
        g_assert_cmpint(g_chmod(file, cases[i].mode), ==, 0);
        g_assert_cmpint(run_hutong(&said, "check", "-c", bus->config, NULL), ==, cases[i].status);
        g_assert_true(cases[i].said ? strstr(said, cases[i].said) != NULL : strstr(said, "token") == NULL);
        g_assert_null(strstr(said, lines[1]));
    }
    unlink(file);
    bus_process_free(bus);
    static const char *const bad[] = {"new", "a b", NULL};
    g_autofree char *refused = NULL, *unknown = NULL;
    g_assert_cmpint(run_hutong(&refused, "token", bad[0], bad[1], NULL), ==, 64);
    g_assert_cmpint(run_hutong(&unknown, "token", "old", NULL), ==, 64);
}

/* Who may write the configuration, or look into the state, would be the administrator. */
static void test_what_others_may_change_is_not_obeyed(void)
{
    BusProcess *bus = bus_process_new(NULL, "");
    g_autofree char *folder = g_path_get_dirname(bus->config);
    g_autofree char *state = g_build_filename(folder, "state", NULL);
    const struct {
        const char *path;
        int bad, good;
        const char *command, *said;
    } cases[] = {{bus->config, 0664, 0644, "check", "chmod go-w"},
                 {bus->config, 0646, 0644, "run", "chmod go-w"},
                 {folder, 0777, 0755, "check", "others may write this folder"},
                 {folder, 0775, 0755, "status", "others may write this folder"},
                 {state, 0750, 0700, "run", "chmod 0700"},
                 {state, 0705, 0700, "run", "chmod 0700"}};
    g_assert_cmpint(g_mkdir(state, 0700), ==, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *output = NULL;
        g_assert_cmpint(g_chmod(cases[i].path, cases[i].bad), ==, 0);
        g_assert_cmpint(run_hutong(&output, cases[i].command, "-c", bus->config, NULL), ==, 78);
        g_assert_cmpint(g_chmod(cases[i].path, cases[i].good), ==, 0);
        if (!strstr(output, cases[i].said) || !strstr(output, cases[i].path)) {
            g_error("case %u: %s", i, output);
        }
    }
    bus_process_free(bus);
}

static void test_check_tries_adapters_and_mappings(void)
{
    BusProcess *bus = bus_process_new(
        NULL,
        "[source a]\ndepartment = police\nadapter = nothing-there\nmapping = hukou.xml\n"
        "[source b]\ndepartment = police\nadapter = xml\nmapping = nothing-there.xml\n"
        "[consumer c]\ntype = webhook\nurl = http://127.0.0.1/\nallow = person.nam\npurpose = x\npurpose-until = 2099-12-31\n"
        "[route r]\nto = c\n");
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "check", "-c", bus->config, NULL), ==, 78);
    g_test_message("%s", output);
    g_assert_nonnull(strstr(output, ":7: error: [source a] adapter: "));
    g_assert_nonnull(strstr(output, ":12: error: [source b] mapping: "));
    g_assert_nonnull(strstr(output, "nothing-there.xml"));
    g_assert_nonnull(strstr(output, "did you mean 'person.name'?"));
    g_assert_cmpuint(count_texts(output, ": error: "), ==, 3); /* each mistake once */
    bus_process_free(bus);
}

static void test_run_refuses_a_bad_configuration(void)
{
    BusProcess *bus = bus_process_new("name = twice\n", source);
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "run", "-c", bus->config, NULL), ==, 78);
    g_assert_nonnull(strstr(output, "already set at"));
    bus_process_free(bus);
}

static void test_config_shows_where_values_come_from(void)
{
    BusProcess *bus = bus_process_new(NULL, source);
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "config", "-c", bus->config, NULL), ==, 0);
    g_assert_nonnull(strstr(output, "hutong.conf:6\ndepartment = police"));
    g_assert_nonnull(strstr(output, "# default\nmax-body = 16M"));
    bus_process_free(bus);
}

/* What `make docs` writes. */
static void test_the_reference_pages_are_up_to_date(void)
{
    static const struct {
        const char *language, *page, *verb, *option;
    } pages[] = {
        {"", "docs/config.md", "config", "--reference"},
        {"zh_CN", "docs/config.zh-CN.md", "config", "--reference"},
        {"", "docs/metrics.md", "config", "--metrics"},
        {"zh_CN", "docs/metrics.zh-CN.md", "config", "--metrics"},
        {"", "docs/events.md", "schema", NULL},
        {"zh_CN", "docs/events.zh-CN.md", "schema", NULL},
        {"", "docs/errors.md", "schema", "--errors"},
        {"", "docs/errors.zh-CN.md", "schema", "--errors-zh"},
        {"", "docs/man/hutong.conf.5", "config", "--man"},
        {"zh_CN", "docs/man/zh_CN/hutong.conf.5", "config", "--man"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(pages); i++) {
        gsize size;
        g_autofree char *page = read_source_file(pages[i].page, &size), *output = NULL;
        g_test_message("%s", pages[i].page);
        g_setenv("LANGUAGE", pages[i].language, TRUE);
        g_assert_cmpint(run_hutong(&output, pages[i].verb, pages[i].option, NULL), ==, 0);
        g_assert_true(g_str_equal(output, page));
    }
    static const char *const manuals[][2] = {{"", "docs/man/hutong.1"}, {"zh_CN", "docs/man/zh_CN/hutong.1"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(manuals); i++) {
        gsize size;
        g_autofree char *manual = read_source_file(manuals[i][1], &size), *options = NULL;
        g_setenv("LANGUAGE", manuals[i][0], TRUE);
        g_assert_cmpint(run_hutong(&options, "help", "--man", NULL), ==, 0);
        g_assert_nonnull(strstr(manual, options));
    }
    g_setenv("LANGUAGE", "", TRUE);
}

static void test_usage_errors_are_64(void)
{
    g_autofree char *none = NULL, *unknown = NULL, *flag = NULL, *help = NULL, *version = NULL;
    g_assert_cmpint(run_hutong(&none, NULL), ==, 64);
    g_assert_cmpint(run_hutong(&unknown, "runn", NULL), ==, 64);
    g_assert_cmpint(run_hutong(&flag, "run", "--no-such-flag", NULL), ==, 64);
    g_assert_cmpint(run_hutong(&help, "--help", NULL), ==, 0);
    g_assert_cmpint(run_hutong(&version, "--version", NULL), ==, 0);
    g_assert_true(g_str_has_prefix(version, "hutong "));
}

/* An export, a list or a page that was cut off by a full disk is none. */
static void test_what_cannot_be_printed_is_an_error(void)
{
    static const char *const commands[] = {"config --reference", "schema", "--version", "help",
                                           "config --metrics"};
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *line =
            g_strdup_printf("\"$HUTONG\" %s 2>&1 >/dev/full; echo \"status $?\"", commands[i]);
        char *arguments[] = {(char *)"sh", (char *)"-c", line, NULL};
        g_autofree char *output = NULL;
        g_autoptr(GError) error = NULL;
        g_spawn_sync(NULL, arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, NULL, NULL, &error);
        g_assert_no_error(error);
        g_test_message("%s", commands[i]);
        g_assert_nonnull(strstr(output, "hutong: what was to be printed is not written in whole\n"));
        g_assert_nonnull(strstr(output, "status 1\n"));
    }
}

static void test_status_without_a_bus_says_so(void)
{
    BusProcess *bus = bus_process_new(NULL, source);
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "status", "-c", bus->config, NULL), ==, 1);
    g_assert_nonnull(strstr(output, "no bus answers at"));
    bus_process_free(bus);
}

/* The line with this text; fails without. */
static char *find_line(const char *output, const char *text)
{
    const char *at = strstr(output, text);
    g_assert_nonnull(at);
    while (at > output && at[-1] != '\n') {
        at--;
    }
    return g_strndup(at, strcspn(at, "\n"));
}

static void test_check_tries_the_doors(void)
{
    BusProcess *bus = bus_process_new("admin = ./taken\nstate = ./taken/state\n", source);
    g_autofree char *taken = g_build_filename(bus->folder, "taken", NULL), *output = NULL, *run = NULL;
    g_assert_true(g_file_set_contents(taken, "a letter", -1, NULL));
    g_assert_cmpint(run_hutong(&output, "check", "-c", bus->config, NULL), ==, 78);
    g_autofree char *admin = find_line(output, "[bus] admin: there is a file that is no socket");
    g_autofree char *state = find_line(output, "no directory");
    g_assert_true(g_regex_match_simple("^/.*hutong\\.conf:[0-9]+: error: ", admin, 0, 0));
    g_assert_true(g_regex_match_simple("^/.*hutong\\.conf:[0-9]+: error: ", state, 0, 0));
    g_assert_cmpint(run_hutong(&run, "run", "-c", bus->config, NULL), ==, 1);
    g_assert_true(g_file_test(taken, G_FILE_TEST_EXISTS));
    bus_process_free(bus);
}

/* A spool without its key is a mistake to mend, not a reason to make another key. */
static void test_a_missing_site_key_is_an_error(void)
{
    BusProcess *bus = bus_process_new(NULL, source);
    bus_process_start(bus);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_autofree char *key = g_build_filename(bus->folder, "state", "site.key", NULL),
                    *away = g_strconcat(key, ".away", NULL);
    g_assert_cmpint(g_rename(key, away), ==, 0);
    g_autofree char *check = NULL, *run = NULL;
    g_assert_cmpint(run_hutong(&check, "check", "-c", bus->config, NULL), ==, 78);
    g_assert_cmpint(run_hutong(&run, "run", "-c", bus->config, NULL), ==, 78);
    g_assert_nonnull(strstr(check, "site.key"));
    g_assert_false(g_file_test(key, G_FILE_TEST_EXISTS));
    bus_process_free(bus);
}

/* What a first start made before it failed does not look like a spool that was lost. */
static void test_a_first_start_can_be_put_right(void)
{
    BusProcess *bus = bus_process_new(NULL, source);
    g_autofree char *state = g_build_filename(bus->folder, "state", NULL), *said = NULL;
    g_assert_cmpint(g_mkdir(state, 0755), ==, 0);
    g_assert_cmpint(g_chmod(state, 0755), ==, 0);
    g_assert_cmpint(run_hutong(&said, "run", "-c", bus->config, NULL), ==, 78);
    g_assert_nonnull(strstr(said, "chmod 0700"));
    g_assert_cmpint(g_chmod(state, 0700), ==, 0);
    bus_process_start(bus);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

/* A mapping that decides by a text as it is written: taken, and said by the checks and, once, in the log. */
static void test_warnings_of_a_mapping_are_shown(void)
{
    static const char mapping[] =
        "<?xml version='1.0'?>\n<mapping xmlns='urn:hutong:mapping:1' source='w' authority='police' version='1'>\n"
        "<event type='person.moved-in.v1' for-each='/ROWS/ROW' when=\"Q='1'\"><id from='N'/><time from='T'/>\n"
        "<identity kind='idNumber' from='N'/><element to='person.name' from='XM'/></event></mapping>";
    static const char row[] =
        "<ROWS><ROW><Q>1</Q><N>990104195008179950</N><T>20090318</T><XM>测试丁</XM></ROW></ROWS>";
    g_autofree char *folder = g_dir_make_tmp("hutong-w-XXXXXX", NULL),
                    *file = g_build_filename(folder, "w.xml", NULL);
    g_autofree char *sections =
        g_strdup_printf("[source a]\ndepartment = police\nadapter = xml\nmapping = %s\ndivision = 440104\n"
                        "[source b]\ndepartment = police\nadapter = xml\nmapping = %s\ndivision = 440104\n",
                        file, file);
    g_autofree char *warning = g_strconcat(file, ":3: warning: when=", NULL), *checked = NULL, *tried = NULL;
    g_assert_true(g_file_set_contents(file, mapping, -1, NULL));
    BusProcess *bus = bus_process_new(NULL, sections);
    g_assert_cmpint(run_hutong(&checked, "check", "-c", bus->config, NULL), ==, 0);
    g_assert_cmpuint(count_texts(checked, warning), ==, 1);
    g_assert_nonnull(strstr(checked, "ok: 2 sources"));
    g_assert_cmpint(
        run_hutong(&tried, "adapter", "check", "xml", "--mapping", file, "--fixtures", folder, NULL), ==, 0);
    g_assert_cmpuint(count_texts(tried, warning), ==, 1);
    bus_process_start(bus);
    for (unsigned i = 0; i < 3; i++) {
        g_autoptr(Answer) answer = post(bus->port, "/in/a", "text/xml", NULL, row, strlen(row));
        g_assert_cmpint(answer->status, ==, 200);
    }
    g_autofree char *log = bus_process_log(bus);
    g_assert_cmpuint(count_texts(log, warning), ==, 1);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
    g_unlink(file);
    g_rmdir(folder);
}

/* ---- Whom root becomes ---- */

#define ORDINARY "65534"

static uid_t owner_of(const char *folder, const char *name)
{
    struct stat info;
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_cmpint(stat(path, &info), ==, 0);
    return info.st_uid;
}

/* What somebody else than root may not reach he cannot run: a build in a folder of root's own. */
static bool ordinary_reach(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    struct stat info;
    return stat(path, &info) == 0 && (info.st_mode & S_IXOTH) != 0 &&
           (g_str_equal(folder, "/") || ordinary_reach(folder));
}

/* The folder that run-test.sh made for this test is closed to others; one that others use, as /tmp, stays as it is. */
static void open_scratch(void)
{
    struct stat info;
    g_assert_cmpint(stat(g_get_tmp_dir(), &info), ==, 0);
    if (!(info.st_mode & S_IRWXO)) {
        g_assert_cmpint(g_chmod(g_get_tmp_dir(), 0711), ==, 0);
    }
}

static void make_his_own(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    g_assert_cmpint(chown(path, 65534, 65534), ==, 0);
}

static void test_root_becomes_the_user(void)
{
    g_autofree char *host = g_build_filename(g_getenv("HUTONG_LIBEXECDIR"), "hutong-host", NULL);
    if (geteuid() != 0 || !ordinary_reach(host)) {
        g_test_skip("not root, or a build that others may not reach");
        return;
    }
    BusProcess *bus = bus_process_new("user = " ORDINARY "\n", source);
    g_autofree char *said = NULL, *denied = NULL;
    g_assert_cmpint(run_hutong(&denied, "check", "-c", bus->config, NULL), ==, 78);
    g_assert_nonnull(strstr(denied, "cannot be written: Permission denied"));
    make_his_own(bus->folder, "state");
    make_his_own(bus->folder, "run");
    g_assert_cmpint(g_chmod(bus->folder, 0755), ==, 0);
    open_scratch();
    int status = run_hutong(&said, "check", "-c", bus->config, NULL);
    g_test_message("%s", said);
    g_assert_cmpint(status, ==, 0);
    g_assert_null(strstr(said, "runs as root"));
    bus_process_start(bus);
    g_autofree char *page = g_strdup_printf("/proc/%d/status", bus->pid);
    g_autofree char *text = NULL, *log = bus_process_log(bus);
    g_assert_true(g_file_get_contents(page, &text, NULL, NULL));
    g_assert_nonnull(strstr(text, "\nUid:\t65534\t65534\t65534\t65534\n"));
    g_assert_nonnull(strstr(text, "\nGid:\t65534\t65534\t65534\t65534\n"));
    g_assert_nonnull(strstr(text, "\nCapEff:\t0000000000000000\n"));
    g_assert_null(strstr(log, "runs as root"));
    g_assert_cmpint(owner_of(bus->folder, "state/spool.db"), ==, 65534);
    g_autoptr(Answer) answer = fetch(bus->port, "/in/hukou?wsdl", NULL); /* from the host's process */
    g_assert_cmpint(answer->status, ==, 200);
    bus_process_kill(bus);
    g_autofree char *checked = NULL; /* what a verb without the bus writes is the user's, too */
    g_assert_cmpint(run_hutong(&checked, "spool", "check", "-c", bus->config, NULL), ==, 0);
    g_assert_cmpint(owner_of(bus->folder, "state/spool.db-wal"), ==, 65534);
    bus_process_start(bus);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

static void test_a_start_as_root_is_warned_of(void)
{
    if (geteuid() != 0) {
        g_test_skip("not root");
        return;
    }
    static const struct {
        const char *key, *said;
        int status;
    } cases[] = {{"", "warning: Hutong runs as root", 0},
                 {"user = root\n", NULL, 0},
                 {"user = 0\n", NULL, 0},
                 {"user = no-such-user\n", "[bus] user: this machine has no user 'no-such-user'", 78},
                 {"user = 4294967295\n", "has no user", 78},
                 {"user = -1\n", "has no user", 78}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        BusProcess *bus = bus_process_new(cases[i].key, "");
        g_autofree char *said = NULL;
        g_assert_cmpint(run_hutong(&said, "check", "-c", bus->config, NULL), ==, cases[i].status);
        g_assert_true(cases[i].said ? strstr(said, cases[i].said) != NULL : strstr(said, "root") == NULL);
        if (cases[i].status != 0) {
            g_autofree char *unstarted = NULL;
            g_assert_cmpint(run_hutong(&unstarted, "run", "-c", bus->config, NULL), ==, 78);
            g_assert_nonnull(strstr(unstarted, "useradd --system"));
        }
        bus_process_free(bus);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli/check-accepts-what-run-would", test_check_accepts_what_run_would);
    g_test_add_func("/cli/check-warns-of-a-quarantine-that-keeps-nothing",
                    test_check_warns_of_a_quarantine_that_keeps_nothing);
    g_test_add_func("/cli/check-tries-the-addresses", test_check_tries_the_addresses);
    g_test_add_func("/cli/check-tells-who-else-may-read-the-state",
                    test_check_tells_who_else_may_read_the_state);
    g_test_add_func("/cli/broken-configurations", test_broken_configurations);
    g_test_add_func("/cli/a-mistyped-verb-is-guessed", test_a_mistyped_verb_is_guessed);
    g_test_add_func("/cli/a-folder-of-settings-that-is-none", test_a_folder_of_settings_that_is_none);
    g_test_add_func("/cli/check-names-everything-that-is-wrong", test_check_names_everything_that_is_wrong);
    g_test_add_func("/cli/check-tells-every-stage-at-once", test_check_tells_every_stage_at_once);
    g_test_add_func("/cli/errors-stand-at-their-keys-own-line", test_errors_stand_at_their_keys_own_line);
    g_test_add_func("/cli/a-new-token-opens-what-its-line-knows", test_a_new_token_opens_what_its_line_knows);
    g_test_add_func("/cli/what-others-may-change-is-not-obeyed", test_what_others_may_change_is_not_obeyed);
    g_test_add_func("/cli/check-tries-adapters-and-mappings", test_check_tries_adapters_and_mappings);
    g_test_add_func("/cli/run-refuses-a-bad-configuration", test_run_refuses_a_bad_configuration);
    g_test_add_func("/cli/config-shows-where-values-come-from", test_config_shows_where_values_come_from);
    g_test_add_func("/cli/the-reference-pages-are-up-to-date", test_the_reference_pages_are_up_to_date);
    g_test_add_func("/cli/usage-errors-are-64", test_usage_errors_are_64);
    g_test_add_func("/cli/what-cannot-be-printed-is-an-error", test_what_cannot_be_printed_is_an_error);
    g_test_add_func("/cli/status-without-a-bus-says-so", test_status_without_a_bus_says_so);
    g_test_add_func("/cli/check-tries-the-doors", test_check_tries_the_doors);
    g_test_add_func("/cli/warnings-of-a-mapping-are-shown", test_warnings_of_a_mapping_are_shown);
    g_test_add_func("/cli/a-missing-site-key-is-an-error", test_a_missing_site_key_is_an_error);
    g_test_add_func("/cli/a-first-start-can-be-put-right", test_a_first_start_can_be_put_right);
    g_test_add_func("/cli/root-becomes-the-user", test_root_becomes_the_user);
    g_test_add_func("/cli/a-start-as-root-is-warned-of", test_a_start_as_root_is_warned_of);
    return g_test_run();
}
