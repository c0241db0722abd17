/* Records of access, with the real programs: who received what is found by the number of a person, nothing personal goes or is shown that
 * cannot be recorded, a log that was cut is told; and nothing but the spool holds a person's number, whatever was sent. Persons are
 * synthetic (prefix 99). */
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define WAIT_MS 20000
#define FIRST "990104195008179950"
#define SECOND "990104198806020016"

typedef struct {
    Platform *platform;
    BusProcess *bus;
} Fixture;

static void make(Fixture *f, const char *bus_keys, const char *consumer)
{
    f->platform = platform_new();
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "keep-payload = all\n[consumer platform]\ntype = webhook\nurl = %s\nclearance = 2\n"
        "retry-first = 20ms\nretry-max = 100ms\n%s[route all]\nto = platform\n",
        platform_url(f->platform), consumer);
    f->bus = bus_process_new(bus_keys, sections);
}

#define PURPOSE "purpose = 社区人口服务\npurpose-until = 2099-12-31\n"

static void start(Fixture *f)
{
    make(f, "audit-sync = 50ms\n", PURPOSE);
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

/* Gives the message's id. */
static char *post_death(Fixture *f, unsigned business, const char *number)
{
    g_autofree char *payload = g_strdup_printf(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS><ROW no=\"1\"><SWZXID>%u</SWZXID><RYNBID>%u</RYNBID>"
        "<SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH>"
        "<XM>测试丁</XM><GMSFHM>%s</GMSFHM><XB>1</XB><MZ>01</MZ><CSRQ>%.8s</CSRQ></ROW></ROWS>",
        business, business, business, number, number + 6);
    g_autoptr(Answer) answer = post(f->bus->port, "/in/hukou", "text/xml", NULL, payload, strlen(payload));
    g_assert_cmpint(answer->status, ==, 200);
    return g_strdup(answer->message_id);
}

/* Runs the command with this on its standard input. The caller frees the output. */
static int run_with(Fixture *f, const char *input, char **output, const char *const *arguments)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    g_ptr_array_add(argv, (char *)g_getenv("HUTONG"));
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
    g_assert_true(g_subprocess_communicate_utf8(process, input, NULL, output, NULL, &error));
    return g_subprocess_get_exit_status(process);
}

#define EXPECT(f, input, status, text, ...)                                                       \
    do {                                                                                          \
        const char *const expect_arguments[] = {__VA_ARGS__, NULL};                               \
        g_autofree char *expect_output = NULL;                                                    \
        int expect_status = run_with(f, input, &expect_output, expect_arguments);                 \
        if (expect_status != (status) || !strstr(expect_output, text)) {                          \
            g_error("exit status %d, and not \"%s\" in: %s", expect_status, text, expect_output); \
        }                                                                                         \
    } while (0)

static char *state_file(const Fixture *f, const char *name)
{
    return g_build_filename(f->bus->folder, "state", name, NULL);
}

static char *get_page(const Fixture *f, const char *page)
{
    unsigned status;
    return bus_process_page(f->bus, page, &status);
}

static const char *last_sequence(Fixture *f)
{
    static char text[24];
    g_snprintf(text, sizeof text, "%d", (int)bus_process_figure(f->bus, "spool.lastSequence"));
    return text;
}

/* ---- Searching ---- */

static void test_who_received_what_is_found_by_a_number(void)
{
    Fixture f;
    start(&f);
    g_autofree char *first = post_death(&f, 900003001, FIRST), *second = post_death(&f, 900003002, SECOND);
    g_assert_true(platform_wait(f.platform, 2, WAIT_MS));
    const char *event = json_object_get_string_member(platform_event(f.platform, 0), "id");
    EXPECT(&f, FIRST "\n", 0, event, "audit", "search", "--id-number-stdin");
    EXPECT(&f, FIRST "\n", 0, "1 deliveries to 1 consumers, among 2", "audit", "search", "--id-number-stdin");
    EXPECT(&f, FIRST "\n", 0, "\"purpose\":\"社区人口服务\"", "audit", "search", "--id-number-stdin",
           "--json");
    EXPECT(&f, FIRST "\n", 0, "person.idNumber person.name person.sex", "audit", "search",
           "--id-number-stdin");
    EXPECT(&f, "990104195209019969\n", 0, "0 deliveries", "audit", "search", "--id-number-stdin");
    EXPECT(&f, "x\n", 1, "no citizen number", "audit", "search", "--id-number-stdin");
    EXPECT(&f, NULL, 64, "usage", "audit", "search", FIRST);
    const char *subject = json_object_get_string_member(platform_event(f.platform, 1), "subject");
    EXPECT(&f, NULL, 0, "1 deliveries", "audit", "search", subject);
    EXPECT(&f, NULL, 0, subject, "audit", "records", "--kind", "admin"); /* the search itself */
    EXPECT(&f, NULL, 0, "whole and unaltered", "audit", "verify");
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    EXPECT(&f, NULL, 0, "whole and unaltered", "audit", "verify");
    EXPECT(&f, FIRST "\n", 0, "1 deliveries", "audit", "search", "--id-number-stdin"); /* without a bus */
    EXPECT(&f, NULL, 0, "\"kind\":\"config\"", "audit", "records");
    EXPECT(&f, NULL, 0, "\"events\":[{\"event\":", "audit", "export");
    EXPECT(&f, NULL, 0, "\"what\":\"export\"", "audit", "records", "--kind", "admin");
    stop(&f);
}

/* A verb that is misspelt looks like one that nobody used. */
static void test_verbs_that_were_used_are_told_when_none_fits(void)
{
    Fixture f;
    start(&f);
    EXPECT(&f, NULL, 0, "fits the verb 'ded', nor anything else", "audit", "list", "--verb", "ded");
    EXPECT(&f, NULL, 0, "", "consumer", "pause", "platform", "--reason", "T-1");
    EXPECT(&f, NULL, 0, "", "route", "pause", "all");
    EXPECT(&f, NULL, 0, "fits the verb 'ded'; what was done: consumer pause, route pause\n", "audit", "list",
           "--verb", "ded", "--json");
    EXPECT(&f, NULL, 0, "platform: T-1", "audit", "list", "--verb", "consumer");
    g_autofree char *output = NULL;
    const char *const arguments[] = {"audit", "list", "--verb", "consumer pause", NULL};
    g_assert_cmpint(run_with(&f, NULL, &output, arguments), ==, 0);
    g_assert_null(strstr(output, "what was done"));
    stop(&f);
}

static unsigned count(const char *text, const char *part)
{
    unsigned found = 0;
    for (; (text = strstr(text, part)); text++) {
        found++;
    }
    return found;
}

/* Of the same event, to consumers of which two have one policy, the third another. */
static void test_each_is_recorded_by_its_own_policy(void)
{
    Fixture f;
    Platform *twin = platform_new(), *narrow = platform_new();
    make(&f, NULL, PURPOSE);
    FILE *file = fopen(f.bus->config, "ae");
    g_assert_nonnull(file);
    fprintf(file,
            "[consumer twin]\ntype = webhook\nurl = %s\nclearance = 2\n" PURPOSE
            "[consumer narrow]\ntype = webhook\nurl = %s\nclearance = 2\ndeny = person.idNumber\n" PURPOSE
            "[route others]\nto = twin;narrow\n",
            platform_url(twin), platform_url(narrow));
    g_assert_cmpint(fclose(file), ==, 0);
    bus_process_start(f.bus);
    g_free(post_death(&f, 900003001, FIRST));
    g_free(post_death(&f, 900003002, SECOND));
    g_assert_true(platform_wait(f.platform, 2, WAIT_MS) && platform_wait(twin, 2, WAIT_MS) &&
                  platform_wait(narrow, 2, WAIT_MS));
    const char *const search[] = {"audit", "search", "--id-number-stdin", NULL};
    g_autofree char *output = NULL;
    g_assert_cmpint(run_with(&f, FIRST "\n", &output, search), ==, 0);
    g_assert_nonnull(strstr(output, "3 deliveries to 3 consumers, among 6"));
    g_assert_cmpuint(count(output, "person.name person.sex"), ==, 3);
    g_assert_cmpuint(count(output, "person.idNumber person.name person.sex"), ==, 2);
    stop(&f);
    platform_free(twin);
    platform_free(narrow);
}

/* Also after a kill: what a consumer has is in the log. */
static void test_a_kill_leaves_every_delivery_in_the_log(void)
{
    Fixture f;
    start(&f);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 5; i++) {
            g_free(post_death(&f, 900004000 + 10 * round + i, FIRST));
        }
        g_assert_true(platform_wait(f.platform, 5 * (round + 1), WAIT_MS));
        bus_process_kill(f.bus);
        EXPECT(&f, NULL, 0, "whole and unaltered", "audit", "verify");
        bus_process_start(f.bus);
    }
    g_autofree char *output = NULL;
    const char *const export[] = {"audit", "export", NULL};
    g_assert_cmpint(run_with(&f, NULL, &output, export), ==, 0);
    for (unsigned i = 0; i < 15; i++) {
        g_assert_nonnull(strstr(output, json_object_get_string_member(platform_event(f.platform, i), "id")));
    }
    stop(&f);
}

/* ---- When it cannot be written ---- */

/* A file where its folder should be. */
static char *block(const Fixture *f)
{
    g_autofree char *state = state_file(f, "");
    char *path = state_file(f, "audit");
    g_assert_cmpint(g_mkdir_with_parents(state, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    return path;
}

static void test_nothing_personal_goes_unrecorded(void)
{
    Fixture f;
    make(&f, "audit-sync = 50ms\n", PURPOSE);
    g_autofree char *path = block(&f);
    bus_process_start(f.bus);
    g_autofree char *message = post_death(&f, 900003001, FIRST); /* what comes in is not held up */
    g_autofree char *ready = get_page(&f, "/ready");
    g_assert_nonnull(strstr(ready, "the audit log cannot be written"));
    EXPECT(&f, NULL, 1, "what is not recorded is not shown", "message", "show", message, "--body");
    EXPECT(&f, FIRST "\n", 1, "what is not recorded is not shown", "audit", "search", "--id-number-stdin");
    EXPECT(&f, NULL, 0, "stopped", "consumer", "show", "platform");
    g_assert_false(platform_wait(f.platform, 1, 1500));
    g_unlink(path);
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    EXPECT(&f, FIRST "\n", 0, "1 deliveries", "audit", "search", "--id-number-stdin");
    stop(&f);
}

static void test_a_key_lets_it_go_on_unrecorded(void)
{
    Fixture f;
    make(&f, "audit-failure = go-on\n", PURPOSE);
    g_autofree char *path = block(&f);
    bus_process_start(f.bus);
    g_free(post_death(&f, 900003001, FIRST));
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    g_autofree char *ready = get_page(&f, "/ready");
    g_assert_nonnull(strstr(ready, "the audit log cannot be written"));
    stop(&f);
}

/* What is not personal need not be recorded. */
static void test_without_a_purpose_deliveries_go_on(void)
{
    Fixture f;
    make(&f, NULL, "");
    g_autofree char *path = block(&f);
    bus_process_start(f.bus);
    g_free(post_death(&f, 900003001, FIRST));
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    stop(&f);
}

static void test_a_log_that_was_cut_is_told(void)
{
    Fixture f;
    gsize size;
    start(&f);
    g_free(post_death(&f, 900003001, FIRST));
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    g_autofree char *path = state_file(&f, "audit/0000000001.audit"), *bytes = NULL;
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    g_assert_true(g_file_set_contents(path, bytes, (gssize)size / 2, NULL));
    EXPECT(&f, NULL, 2, "NOT whole", "audit", "verify");
    bus_process_start(f.bus);
    g_autofree char *ready = get_page(&f, "/ready");
    g_assert_nonnull(strstr(ready, "the audit log was cut or altered"));
    EXPECT(&f, NULL, 2, "missing or altered", "audit", "verify");
    stop(&f);
}

/* ---- Purposes ---- */

static void test_a_lapsed_purpose_shows_nothing_personal(void)
{
    Fixture f;
    make(&f, NULL, "purpose = 社区人口服务\npurpose-until = 2020-12-31\n");
    bus_process_start(f.bus);
    g_free(post_death(&f, 900003001, FIRST));
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    JsonObject *data = json_object_get_object_member(platform_event(f.platform, 0), "data");
    g_assert_false(json_object_has_member(data, "person"));
    g_autofree char *ready = get_page(&f, "/ready"), *log = bus_process_log(f.bus);
    g_assert_nonnull(strstr(ready, "the purpose of consumer platform has lapsed"));
    g_assert_nonnull(strstr(log, "its purpose lapsed after 2020-12-31"));
    stop(&f);
}

/* ---- Nothing but the spool holds a number ---- */

/* Everything that could carry it: as digits, in full width, percent-encoded, in base64 at each of three places. */
static GPtrArray *forms_of(const char *number)
{
    GPtrArray *forms = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) wide = g_string_new(NULL), percent = g_string_new(NULL), spaced = g_string_new(NULL);
    for (const char *at = number; *at; at++) {
        g_string_append_unichar(wide, (gunichar)(*at - '0') + 0xff10);
        g_string_append_printf(percent, "%%%02X", (unsigned)*at);
        g_string_append_printf(spaced, "%s%c", spaced->len > 0 ? " " : "", *at);
    }
    g_ptr_array_add(forms, g_strdup(number));
    g_ptr_array_add(forms, g_strdup(wide->str));
    g_ptr_array_add(forms, g_strdup(percent->str));
    g_ptr_array_add(forms, g_strdup(spaced->str));
    for (unsigned skip = 0; skip < 3;
         skip++) { /* whole groups of three of it, wherever it begins in a longer text */
        size_t size = (strlen(number) - skip) / 3 * 3;
        g_ptr_array_add(forms, g_base64_encode((const guchar *)number + skip, size));
    }
    return forms;
}

static void search_text(const char *where, const char *text, gsize size)
{
    static const char *const numbers[] = {FIRST, SECOND};
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autoptr(GPtrArray) forms = forms_of(numbers[i]);
        for (unsigned k = 0; k < forms->len; k++) {
            const char *form = forms->pdata[k];
            if (memmem(text, size, form, strlen(form))) {
                g_error("%s holds the number of a person, in form %u", where, k);
            }
        }
    }
    if (memmem(text, size, "测试丁", strlen("测试丁"))) {
        g_error("%s holds the name of a person", where);
    }
}

static void search_folder(const char *folder)
{
    g_autoptr(GDir) list = g_dir_open(folder, 0, NULL);
    for (const char *name; list && (name = g_dir_read_name(list));) {
        g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
        gsize size = 0;
        search_text("the name of a file", name, strlen(name));
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            search_folder(path);
        } else if (!g_str_has_prefix(name, "spool.db") && g_file_get_contents(path, &text, &size, NULL)) {
            search_text(path, text, size);
        }
    }
}

static void search_page(Fixture *f, const char *page)
{
    g_autofree char *text = get_page(f, page);
    search_text(page, text, strlen(text));
}

static void send_anything(Fixture *f, const char *path, const char *type, const char *const *headers,
                          const char *body)
{
    g_autoptr(Answer) answer = post(f->bus->port, path, type, headers, body, strlen(body));
    g_assert_nonnull(answer);
}

static void send_what_fails(Fixture *f)
{
    static const char *const headers[] = {"Idempotency-Key: " FIRST, "X-Person: " FIRST, NULL};
    send_anything(f, "/in/" FIRST, "text/xml", NULL, "<ROWS/>");
    send_anything(f, "/in/hukou?id=" FIRST "&name=%E6%B5%8B%E8%AF%95%E4%B8%81", "text/xml", NULL, "<ROWS/>");
    send_anything(f, "/in/hukou", "text/" FIRST, NULL, "<ROWS/>");
    send_anything(f, "/in/hukou", "text/xml", headers, "<ROWS><ROW/></ROWS>");
    send_anything(f, "/in/hukou", "text/xml", NULL, "<ROWS><ROW><GMSFHM>" FIRST "</ROW></ROWS>");
    send_anything(f, "/in/hukou", "text/xml", NULL, "<P" FIRST ">测试丁</P" FIRST ">");
    send_anything(f, "/in/hukou", "text/xml", NULL,
                  "<ROWS><ROW no=\"1\"><SWZXID>" FIRST "</SWZXID><SWRQ>" SECOND
                  "</SWRQ><GMSFHM>测试丁</GMSFHM></ROW></ROWS>");
}

/* Refused by a consumer that says back what it was sent. */
static void test_nothing_but_the_spool_holds_a_number(void)
{
    Fixture f;
    start(&f);
    send_what_fails(&f);
    g_autofree char *message = post_death(&f, 900003001, FIRST);
    g_free(post_death(&f, 900003002, SECOND));
    gint64 last = bus_process_figure(f.bus, "spool.lastSequence");
    bus_process_wait_figure(f.bus, "consumers.0.cursor", last, WAIT_MS); /* else another one may be refused */
    platform_refuse(f.platform, 422, 0);
    g_free(post_death(&f, 900003003, FIRST));
    bus_process_wait_figure(f.bus, "consumers.0.letters", 1, WAIT_MS);
    EXPECT(&f, NULL, 0, "is paused", "consumer", "pause", "platform"); /* answered when all is on disk */
    EXPECT(&f, NULL, 0, "goes on", "consumer", "resume", "platform");
    EXPECT(&f, FIRST "\n", 0, "deliveries", "audit", "search", "--id-number-stdin");
    EXPECT(&f, FIRST "\n", 0, "p-", "subject", "show", "--id-number-stdin");
    EXPECT(&f, NULL, 1, "a reason is", "consumer", "pause", "platform", "--reason", FIRST);
    EXPECT(&f, NULL, 0, "测试丁", "message", "show", message, "--body");
    EXPECT(&f, NULL, 0, "测试丁", "dead", "show", "platform", last_sequence(&f), "--body");
    EXPECT(&f, NULL, 0, "payload", "audit", "records", "--kind", "admin");
    search_page(&f, "/status");
    search_page(&f, "/metrics");
    search_page(&f, "/ready");
    const char *const export[] = {"audit", "export", NULL};
    g_autofree char *output = NULL;
    g_assert_cmpint(run_with(&f, NULL, &output, export), ==, 0);
    search_text("the audit", output, strlen(output));
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    search_folder(f.bus->folder);
    stop(&f);
}

/* ---- The preview is what arrives ---- */

static void test_a_preview_shows_what_arrives(void)
{
    Fixture f;
    make(&f, NULL, PURPOSE "mask = person.name\nhash = *.idNumber\ndeny = person.sex\n");
    g_autofree char *payload = g_build_filename(f.bus->folder, "payload.xml", NULL);
    g_assert_true(g_file_set_contents(
        payload,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS><ROW no=\"1\"><SWZXID>900003001</SWZXID><RYNBID>900003001</RYNBID>"
        "<SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>900003001</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH>"
        "<XM>测试丁</XM><GMSFHM>" FIRST "</GMSFHM><XB>1</XB><MZ>01</MZ><CSRQ>19500817</CSRQ></ROW></ROWS>",
        -1, NULL));
    bus_process_start(f.bus);
    g_free(post_death(&f, 900003001, FIRST));
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    JsonObject *person = json_object_get_object_member(
        json_object_get_object_member(platform_event(f.platform, 0), "data"), "person");
    const char *hash = json_object_get_string_member(person, "idNumber");
    g_assert_true(g_str_has_prefix(hash, "h-"));
    g_assert_cmpstr(json_object_get_string_member(person, "name"), ==, "测**");
    g_assert_false(json_object_has_member(person, "sex"));
    EXPECT(&f, NULL, 0, hash, "policy", "preview", "platform", payload);
    EXPECT(&f, NULL, 0, "mask names it: 测**", "policy", "preview", "platform", payload);
    EXPECT(&f, NULL, 0, "deny names it\n", "policy", "preview", "platform", payload);
    EXPECT(&f, NULL, 0, "unmapped", "policy", "preview", "platform");
    EXPECT(&f, NULL, 1, "there is no consumer", "policy", "preview", "nobody");
    EXPECT(&f, NULL, 0, "holds=yes", "policy", "version", "platform");
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/audit/verbs-that-were-used-are-told-when-none-fits",
                    test_verbs_that_were_used_are_told_when_none_fits);
    g_test_add_func("/audit/search/by-a-number", test_who_received_what_is_found_by_a_number);
    g_test_add_func("/audit/search/by-each-ones-policy", test_each_is_recorded_by_its_own_policy);
    g_test_add_func("/audit/kill/leaves-every-delivery", test_a_kill_leaves_every_delivery_in_the_log);
    g_test_add_func("/audit/failure/nothing-personal-goes-unrecorded", test_nothing_personal_goes_unrecorded);
    g_test_add_func("/audit/failure/a-key-lets-it-go-on", test_a_key_lets_it_go_on_unrecorded);
    g_test_add_func("/audit/failure/without-a-purpose-deliveries-go-on",
                    test_without_a_purpose_deliveries_go_on);
    g_test_add_func("/audit/verify/a-log-that-was-cut-is-told", test_a_log_that_was_cut_is_told);
    g_test_add_func("/policy/purpose/a-lapsed-one-shows-nothing-personal",
                    test_a_lapsed_purpose_shows_nothing_personal);
    g_test_add_func("/policy/preview/shows-what-arrives", test_a_preview_shows_what_arrives);
    g_test_add_func("/privacy/nothing-but-the-spool-holds-a-number",
                    test_nothing_but_the_spool_holds_a_number);
    return g_test_run();
}
