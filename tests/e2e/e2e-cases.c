/* What departments really sent, and what is right: each case of tests/data/cases/cases.json goes to one real bus, in the
 * table's order, and what a consumer that may see everything gets is held against the table. A test each, so that one says
 * nothing of another. */
#include "tests/lib/busproc.h"
#include "tests/lib/casecheck.h"
#include "tests/lib/casefile.h"
#include "tests/lib/eventcheck.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <locale.h>
#include <string.h>

/* What became of a case that was sent. */
typedef struct {
    Answer *answer;
    GPtrArray *events; /* JsonObject, of the platform's; none when its receipt was an earlier message's */
    bool resent;
    char *subject; /* of the first event; NULL when there is none */
} Result;

typedef struct {
    Platform *platform;
    BusProcess *bus;
    CaseFile *file;
    GHashTable *results;  /* name → Result */
    GHashTable *messages; /* ids of messages so far */
} Run;

static Run run;

static const char sections[] =
    "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
    "identities = authority\ntrust-address = yes\n"
    "[source marriage]\ndepartment = civil-affairs\nadapter = marriage\nmapping = marriage.xml\n"
    "[source social-security]\ndepartment = hrss\nadapter = social-security\nmapping = social-security.xml\n"
    "[source health]\ndepartment = health\nadapter = health\nmapping = health.xml\n"
    "[source population-base]\ndepartment = police\nadapter = xml\nmapping = population-base.xml\n"
    "[source low-income]\ndepartment = civil-affairs\nadapter = xml\nmapping = low-income.xml\n"
    "[source disabled]\ndepartment = disabled\nadapter = xml\nmapping = disabled.xml\n"
    "[source family-planning]\ndepartment = health\nadapter = xml\nmapping = family-planning.xml\n";

static void start(void)
{
    g_autofree char *mapping =
        g_canonicalize_filename("tests/data/cases/repair.xml", g_getenv("HUTONG_SRCDIR"));
    run.platform = platform_new();
    g_autofree char *all = g_strdup_printf(
        "%s[source cases]\ndepartment = police\nadapter = xml\nmapping = %s\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 3\npurpose = 社区人口服务\npurpose-until = 2099-12-31\nallow = unmapped\n"
        "[route all]\nto = platform\n",
        sections, mapping, platform_url(run.platform));
    run.bus = bus_process_new(NULL, all);
    run.file = case_file_read();
    run.results = g_hash_table_new(g_str_hash, g_str_equal);
    run.messages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    bus_process_start(run.bus);
}

static void free_result(gpointer data)
{
    Result *result = data;
    answer_free(result->answer);
    g_ptr_array_unref(result->events);
    g_free(result->subject);
    g_free(result);
}

static void stop(void)
{
    g_assert_cmpint(bus_process_stop(run.bus), ==, 0);
    bus_process_free(run.bus);
    platform_free(run.platform);
    g_autoptr(GList) results = g_hash_table_get_values(run.results);
    g_list_free_full(g_steal_pointer(&results), free_result);
    g_hash_table_unref(run.results);
    g_hash_table_unref(run.messages);
    case_file_free(run.file);
}

/* ---- Sending ---- */

static GStrv list_headers(JsonObject *each, const char **type)
{
    JsonObject *headers =
        json_object_has_member(each, "headers") ? json_object_get_object_member(each, "headers") : NULL;
    g_autoptr(GList) names = headers ? json_object_get_members(headers) : NULL;
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    *type = "text/xml";
    for (GList *name = names; name; name = name->next) {
        const char *value = json_object_get_string_member(headers, name->data);
        g_autofree char *line = g_strdup_printf("%s: %s", (char *)name->data, value);
        if (g_str_equal(name->data, "Content-Type")) {
            *type = value;
        } else {
            g_strv_builder_add(list, line);
        }
    }
    return g_strv_builder_end(list);
}

static Answer *post_case(unsigned index)
{
    JsonObject *each = case_at(run.file, index);
    const char *type;
    g_autoptr(GBytes) body = case_body(run.file, index);
    g_auto(GStrv) headers = list_headers(each, &type);
    g_autofree char *path = g_strconcat("/in/", case_text(each, "source"), NULL);
    gsize size;
    const void *bytes = g_bytes_get_data(body, &size);
    return post(run.bus->port, path, type, (const char *const *)headers, bytes, size);
}

/* Sends the case, and waits until all that the bus has is delivered. */
static Result *send_case(unsigned index)
{
    Result *result = g_new0(Result, 1);
    result->answer = post_case(index);
    const char *id = result->answer->message_id;
    result->resent = id && !g_hash_table_add(run.messages, g_strdup(id));
    gint64 last = bus_process_figure(run.bus, "spool.lastSequence");
    bus_process_wait_figure(run.bus, "consumers.0.cursor", last, 10000);
    result->events = id && !result->resent ? platform_events_of(run.platform, id) : g_ptr_array_new();
    if (result->events->len > 0) {
        result->subject = g_strdup(case_text(result->events->pdata[0], "subject"));
    }
    g_hash_table_insert(run.results, (gpointer)case_text(case_at(run.file, index), "name"), result);
    return result;
}

/* ---- Checking ---- */

static bool check_number(JsonObject *expected, const char *name, gint64 got, GString *report)
{
    if (!json_object_has_member(expected, name) || json_object_get_int_member(expected, name) == got) {
        return true;
    }
    g_string_append_printf(report, "  %s: expected %" G_GINT64_FORMAT ", got %" G_GINT64_FORMAT "\n", name,
                           json_object_get_int_member(expected, name), got);
    return false;
}

static bool check_answer(JsonObject *expected, const Result *result, GString *report)
{
    const Answer *answer = result->answer;
    const char *code = case_text(expected, "code"), *holds = case_text(expected, "holds");
    bool good = check_number(expected, "status", answer->status, report);
    good = check_number(expected, "events", result->events->len, report) && good;
    if (json_object_has_member(expected, "status-not") &&
        json_object_get_int_member(expected, "status-not") == answer->status) {
        g_string_append_printf(report, "  status: is %ld\n", answer->status);
        good = false;
    }
    if (json_object_has_member(expected, "resent") &&
        json_object_get_boolean_member(expected, "resent") != result->resent) {
        g_string_append_printf(report, "  resent: is %d\n", result->resent);
        good = false;
    }
    if ((code && !strstr(answer->body->str, code)) || (holds && !strstr(answer->body->str, holds))) {
        g_string_append_printf(report, "  the answer does not hold \"%s\"\n", code ? code : holds);
        good = false;
    }
    return good;
}

/* `event`: each by its place. */
static bool check_each(JsonObject *expected, const Result *result, GString *report)
{
    JsonArray *list =
        json_object_has_member(expected, "event") ? json_object_get_array_member(expected, "event") : NULL;
    bool good = true;
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        if (i >= result->events->len) {
            g_string_append_printf(report, "  event %u: is not there\n", i);
            return false;
        }
        good =
            case_event_is(result->events->pdata[i], json_array_get_object_element(list, i), report) && good;
    }
    return good;
}

/* `some`: one of the events; `none`: not one of them. */
static bool check_one(JsonObject *expected, const char *name, const Result *result, GString *report)
{
    if (!json_object_has_member(expected, name)) {
        return true;
    }
    bool wanted = g_str_equal(name, "some"), found = false;
    g_autoptr(GString) reasons = g_string_new(NULL);
    for (guint i = 0; i < result->events->len; i++) {
        found =
            case_event_is(result->events->pdata[i], json_object_get_object_member(expected, name), reasons) ||
            found;
    }
    if (found != wanted) {
        g_string_append_printf(report, "  %s of the events is as it says:\n%s", wanted ? "none" : "one",
                               reasons->str);
    }
    return found == wanted;
}

static bool check_subject(JsonObject *expected, const char *name, const Result *result, GString *report)
{
    const char *of = case_text(expected, name);
    if (!of) {
        return true;
    }
    const Result *other = g_hash_table_lookup(run.results, of);
    bool known = other && other->subject && result->subject;
    bool same = known && g_str_equal(other->subject, result->subject);
    bool good = known && same == g_str_equal(name, "same-subject-as");
    if (!good) {
        g_string_append_printf(report, "  %s %s: %s\n", name, of,
                               known ? "it is not" : "one of them has none");
    }
    return good;
}

static bool check(JsonObject *expected, const Result *result, GString *report);

/* `any`: one of several outcomes. */
static bool check_any(JsonObject *expected, const Result *result, GString *report)
{
    JsonArray *list =
        json_object_has_member(expected, "any") ? json_object_get_array_member(expected, "any") : NULL;
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        if (check(json_array_get_object_element(list, i), result, report)) {
            return true;
        }
    }
    return !list;
}

static bool check(JsonObject *expected, const Result *result, GString *report)
{
    bool good = check_answer(expected, result, report);
    good = check_each(expected, result, report) && good;
    good = check_one(expected, "some", result, report) && good;
    good = check_one(expected, "none", result, report) && good;
    good = check_subject(expected, "same-subject-as", result, report) && good;
    good = check_subject(expected, "other-subject-than", result, report) && good;
    return check_any(expected, result, report) && good;
}

/* A case that is known to be wrong must be wrong: who mends it takes the mark away. */
static void test_case(gconstpointer data)
{
    unsigned index = GPOINTER_TO_UINT(data);
    JsonObject *each = case_at(run.file, index);
    g_autoptr(GString) report = g_string_new(NULL);
    const Result *result = send_case(index);
    bool good = check(json_object_get_object_member(each, "expect"), result, report);
    bool pending = json_object_has_member(each, "pending");
    if (good == pending) {
        g_test_message("%s: %s", case_text(each, "name"), case_text(each, "why"));
        g_test_message("%s", pending ? "it is right: take its \"pending\" away" : report->str);
        g_test_fail();
    }
}

/* One that fails does not end the others. */
static void set_up(int argc, char **argv)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    for (int i = 0; i < argc; i++) {
        g_ptr_array_add(arguments, argv[i]);
    }
    g_ptr_array_add(arguments, (gpointer) "--keep-going");
    g_ptr_array_add(arguments, NULL);
    int count = argc + 1;
    char **list = (char **)arguments->pdata;
    setlocale(LC_ALL, "C.UTF-8"); /* names in reports */
    g_test_init(&count, &list, NULL);
}

static void test_every_event_is_as_its_schema_says(void)
{
    platforms_check_schemas(&run.platform, 1);
}

int main(int argc, char *argv[])
{
    set_up(argc, argv);
    start();
    for (unsigned i = 0; i < json_array_get_length(run.file->cases); i++) {
        JsonObject *each = case_at(run.file, i);
        g_autofree char *path = g_strconcat("/cases/", case_text(each, "name"), NULL);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_case);
    }
    g_test_add_func("/every-event/is-as-its-schema-says", test_every_event_is_as_its_schema_says);
    int status = g_test_run();
    stop();
    return status;
}
