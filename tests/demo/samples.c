/* Every sample of every adapter and ready mapping. What is expected of each is its fixture's own .expected.json, the same
 * file that the adapter's tests use. */
#include "tests/demo/demo.h"
#include "tests/demo/table.h"

#include <stdio.h>
#include <string.h>

#define EXPECTED ".expected.json"
#define TITLE_WIDTH 28
#define REASONS_WIDTH 42

static const struct {
    const char *source, *folder, *title;
} folders[] = {
    {"hukou", "adapters/hukou/fixtures", "公安 police register"},
    {"marriage", "adapters/marriage/fixtures", "民政 marriages"},
    {"social-security", "adapters/social-security/fixtures", "人社 social security"},
    {"health", "adapters/health/fixtures", "卫生 health"},
    {"low-income", "adapters/xml/fixtures/low-income", "低保 low income"},
    {"population-base", "adapters/xml/fixtures/population-base", "人口库 population base"},
    {"family-planning", "adapters/xml/fixtures/family-planning", "计生 family planning"},
    {"disabled", "adapters/xml/fixtures/disabled", "残联 disabled federation"},
    {"forms", "adapters/xml/fixtures/forms", "further forms of XML"},
    {"encodings", "tests/data/encoding-events", "encodings, right and wrong"},
};

/* What the fixture says. */
typedef struct {
    const char *name;                 /* of the fixture */
    char *content_type, *soap_action; /* NULL: what is usual */
    bool accepted, repaired;
    unsigned events;
    char *fault; /* NULL: none */
} Expected;

/* A hint of a death is restricted: it is on disk, and goes to nobody, since no route of the demo names it. */
static unsigned count_routed(JsonArray *events)
{
    unsigned count = 0;
    for (guint i = 0; i < json_array_get_length(events); i++) {
        JsonObject *event = json_array_get_object_element(events, i);
        count += !g_str_equal(json_object_get_string_member(event, "type"), "person.death-hinted.v1");
    }
    return count;
}

static Expected load_expected(const char *stem, const char *name)
{
    g_autofree char *path = g_strconcat(stem, EXPECTED, NULL);
    g_autofree char *text = read_source_file(path, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = json_from_string(text, &error);
    g_assert_no_error(error);
    JsonObject *object = json_node_get_object(node);
    Expected expected = {.name = name};
    const char *verdict = json_object_get_string_member_with_default(object, "verdict", "ok");
    expected.accepted = g_str_equal(verdict, "ok");
    expected.repaired = json_object_get_boolean_member_with_default(object, "repaired", FALSE);
    expected.events = count_routed(json_object_get_array_member(object, "events"));
    expected.fault = g_strdup(json_object_get_string_member_with_default(object, "fault", NULL));
    if (json_object_has_member(object, "request")) {
        JsonObject *head = json_object_get_object_member(object, "request");
        expected.content_type =
            g_strdup(json_object_get_string_member_with_default(head, "contentType", NULL));
        expected.soap_action = g_strdup(json_object_get_string_member_with_default(head, "soapAction", NULL));
    }
    return expected;
}

static void clear_expected(Expected *expected)
{
    g_free(expected->content_type);
    g_free(expected->soap_action);
    g_free(expected->fault);
}

/* SOAP 1.2 says in the HTTP head that it is one. */
static const char *guess_type(const char *bytes, gsize size)
{
    static const char soap12[] = "http://www.w3.org/2003/05/soap-envelope";
    return memmem(bytes, MIN(size, 1024), soap12, strlen(soap12)) ? "application/soap+xml" : "text/xml";
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The fixtures' names without suffix, sorted; transfer full. */
static GPtrArray *list_fixtures(const char *folder)
{
    const char *root = g_getenv("HUTONG_SRCDIR");
    g_autofree char *path = g_build_filename(root ? root : ".", folder, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    for (const char *name; directory && (name = g_dir_read_name(directory));) {
        if (g_str_has_suffix(name, EXPECTED)) {
            g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(EXPECTED)));
        }
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* ---- The bus's own figures ---- */

typedef struct {
    gint64 rejected, duplicates;
} Figures;

/* Of the source so far. */
static Figures read_figures(Demo *demo, const char *source)
{
    g_autoptr(JsonNode) status = bus_process_status(demo->bus);
    g_assert_nonnull(status);
    JsonArray *sources = json_object_get_array_member(json_node_get_object(status), "sources");
    for (guint i = 0; i < json_array_get_length(sources); i++) {
        JsonObject *one = json_array_get_object_element(sources, i);
        if (g_str_equal(json_object_get_string_member(one, "name"), source)) {
            return (Figures){json_object_get_int_member(one, "rejected"),
                             json_object_get_int_member(one, "duplicates")};
        }
    }
    g_assert_not_reached();
}

/* ---- Judging one ---- */

static void complain(Demo *demo, const char *name, const char *what)
{
    g_autofree char *text = g_strdup_printf("%s: %s", name, what);
    demo_surprise(demo, text);
}

/* Some departments' clients are refused in their own words, even under status 200; else the answer has the fault's code. */
static void judge_refused(Demo *demo, Samples *samples, const Answer *answer, const Expected *expected)
{
    char *code = answer_element(answer, "code");
    bool own = answer->status == 200 || !code;
    if (expected->accepted || (!own && expected->fault && g_strcmp0(code, expected->fault) != 0)) {
        complain(demo, expected->name, code ? code : answer->body->str);
        g_free(code);
        return;
    }
    if (own) {
        g_free(code);
        code = g_strdup("in their own words");
    }
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(samples->reasons, code)) + 1;
    g_hash_table_insert(samples->reasons, code, GUINT_TO_POINTER(count));
    samples->refused++;
    demo->refused++;
}

/* Businesses that another sample told of before make no second event: `known` of them. A whole message of such gets the
 * original receipt. */
static void judge_accepted(Demo *demo, Samples *samples, const char *id, const Expected *expected,
                           unsigned known)
{
    unsigned wanted = expected->events - MIN(known, expected->events);
    if (!expected->accepted) {
        complain(demo, expected->name, "this should have been refused");
        return;
    }
    if (!demo_remember(demo, id, wanted)) {
        samples->known += expected->events;
        demo->resent++;
        return;
    }
    g_autoptr(GPtrArray) events = demo_wait_events(demo, id, wanted);
    if (events->len != wanted) {
        complain(demo, expected->name, "another number of events came than the fixture says");
    }
    samples->accepted++;
    samples->known += known;
    samples->repaired += expected->repaired;
    samples->events += events->len;
}

/* The payload beside the expectation: .xml, or .txt where it is none. transfer full. */
static char *read_payload(const char *stem, gsize *size)
{
    const char *root = g_getenv("HUTONG_SRCDIR");
    g_autofree char *xml = g_strconcat(stem, ".xml", NULL), *text = g_strconcat(stem, ".txt", NULL);
    g_autofree char *path = g_build_filename(root ? root : ".", xml, NULL);
    return read_source_file(g_file_test(path, G_FILE_TEST_EXISTS) ? xml : text, size);
}

static void send_fixture(Demo *demo, unsigned folder, const char *name)
{
    Samples *samples = &demo->samples[folder];
    g_autofree char *stem = g_build_filename(folders[folder].folder, name, NULL);
    gsize size;
    g_autofree char *bytes = read_payload(stem, &size);
    Expected expected = load_expected(stem, name);
    const char *type = expected.content_type ? expected.content_type : guess_type(bytes, size);
    Message message = {folders[folder].source, type, expected.soap_action, bytes, size};
    Figures before = read_figures(demo, message.source);
    g_autoptr(Answer) answer = demo_send(demo, &message);
    Figures after = read_figures(demo, message.source);
    g_autofree char *id = after.rejected == before.rejected ? demo_message_id(answer) : NULL;
    samples->sent++;
    if (id) {
        judge_accepted(demo, samples, id, &expected, (unsigned)(after.duplicates - before.duplicates));
    } else {
        judge_refused(demo, samples, answer, &expected);
    }
    clear_expected(&expected);
}

void demo_samples(Demo *demo, unsigned first)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autoptr(GPtrArray) names = list_fixtures(folders[i].folder);
        for (unsigned k = first; k < names->len; k += 2) {
            send_fixture(demo, i, names->pdata[k]);
        }
    }
}

/* ---- The table ---- */

static int compare_reasons(const void *a, const void *b, void *reasons)
{
    guint left = GPOINTER_TO_UINT(g_hash_table_lookup(reasons, a));
    guint right = GPOINTER_TO_UINT(g_hash_table_lookup(reasons, b));
    return left == right ? strcmp(a, b) : left > right ? -1 : 1;
}

/* "department-error ×7, count-mismatch": the most frequent first. */
static char *describe_reasons(GHashTable *reasons)
{
    GList *codes = g_list_sort_with_data(g_hash_table_get_keys(reasons), compare_reasons, reasons);
    GString *text = g_string_new(NULL);
    for (GList *code = codes; code; code = code->next) {
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(reasons, code->data));
        g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", (char *)code->data);
        if (count > 1) {
            g_string_append_printf(text, " ×%u", count);
        }
    }
    g_list_free(codes);
    return g_string_free(text, FALSE);
}

static const struct {
    const char *name;
    size_t place; /* of its number in Samples */
    int width;
    Style style;
} columns[] = {
    {"SAMPLES", offsetof(Samples, sent), 7, PLAIN},      {"TAKEN", offsetof(Samples, accepted), 7, GREEN},
    {"REPAIRED", offsetof(Samples, repaired), 10, CYAN}, {"EVENTS", offsetof(Samples, events), 8, GREEN},
    {"KNOWN", offsetof(Samples, known), 7, CYAN},        {"REFUSED", offsetof(Samples, refused), 9, YELLOW},
};

static void print_row(const char *title, const Samples *samples)
{
    table_cell("  ", 2, PLAIN);
    table_cell(title, TITLE_WIDTH, PLAIN);
    for (unsigned i = 0; i < G_N_ELEMENTS(columns); i++) {
        unsigned value = *(const unsigned *)(const void *)((const char *)samples + columns[i].place);
        g_autofree char *text = g_strdup_printf("%u", value);
        table_cell(text, -columns[i].width, value > 0 ? columns[i].style : DIM);
    }
    g_autofree char *reasons = describe_reasons(samples->reasons);
    table_cell("  ", 2, PLAIN);
    table_cell(reasons, REASONS_WIDTH, DIM);
    putchar('\n');
}

void demo_samples_print(const Demo *demo)
{
    table_cell("  SENT BY", TITLE_WIDTH + 2, DIM);
    for (unsigned i = 0; i < G_N_ELEMENTS(columns); i++) {
        table_cell(columns[i].name, -columns[i].width, DIM);
    }
    table_cell("  REFUSED BECAUSE", 0, DIM);
    putchar('\n');
    for (unsigned i = 0; i < G_N_ELEMENTS(folders); i++) {
        print_row(folders[i].title, &demo->samples[i]);
    }
}

/* ---- From begin to end ---- */

Samples *demo_samples_new(void)
{
    Samples *samples = g_new0(Samples, G_N_ELEMENTS(folders));
    for (unsigned i = 0; i < G_N_ELEMENTS(folders); i++) {
        samples[i].reasons = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    }
    return samples;
}

void demo_samples_free(Samples *samples)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_hash_table_unref(samples[i].reasons);
    }
    g_free(samples);
}
