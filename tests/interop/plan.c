#include "tests/interop/plan.h"

#include <string.h>

#define OVERSIZED_ROWS 20000 /* more than the max-body of every source */

typedef struct {
    const Client *client;
    JsonObject *cases;
    JsonObject *source;
    const char *version;
    unsigned number;
    GPtrArray *steps;
} Maker;

static void free_step(gpointer data)
{
    Step *step = data;
    g_free(step->name);
    g_free(step->line);
    g_free(step->wanted);
    g_free(step);
}

/* ---- Making it ---- */

static char *fill(const Maker *maker, const char *text)
{
    JsonArray *person = json_object_get_array_member(maker->cases, "person");
    g_autofree char *number = g_strdup_printf("%u", maker->number);
    g_autofree char *whole =
        g_strconcat(json_array_get_string_element(person, 0), json_array_get_string_element(person, 1), NULL);
    g_autoptr(GString) filled = g_string_new(text);
    g_string_replace(filled, "{n}", number, 0);
    g_string_replace(filled, "{person}", whole, 0);
    g_assert_null(strpbrk(filled->str, "\t\r\n"));
    return g_string_free(g_steal_pointer(&filled), FALSE);
}

/* Adds PATH=VALUE of each text below. */
static void add_arguments(const Maker *maker, JsonNode *node, const char *path, GString *line)
{
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        add_arguments(maker, json_array_get_element(json_node_get_array(node), 0), path, line);
    } else if (JSON_NODE_HOLDS_OBJECT(node)) {
        g_autoptr(GList) names = json_object_get_members(json_node_get_object(node));
        for (GList *name = names; name; name = name->next) {
            g_autofree char *below = g_strconcat(path, *path ? "/" : "", name->data, NULL);
            add_arguments(maker, json_object_get_member(json_node_get_object(node), name->data), below, line);
        }
    } else {
        g_autofree char *value = fill(maker, json_node_get_string(node));
        g_string_append_printf(line, "\t%s=%s", path, value);
    }
}

static char *oversized(void)
{
    GString *text = g_string_new("<ROWS>");
    for (unsigned i = 0; i < OVERSIZED_ROWS; i++) {
        g_string_append(text, "<ROW/>");
    }
    return g_string_free(g_string_append(text, "</ROWS>"), FALSE);
}

/* The step is given to the caller to complete; its line is the call, to which arguments are added. */
static Step *add_step(Maker *maker, const char *service, const char *operation, const char *title)
{
    const char *source = json_object_get_string_member(maker->source, "name");
    Step *step = g_new0(Step, 1);
    step->name = g_strdup_printf("%s/soap-%s/%s", source, maker->version, title);
    step->line = g_strdup_printf("%s\t%s\t%s\t%s", source, service, maker->version, operation);
    step->version = maker->version;
    g_ptr_array_add(maker->steps, step);
    return step;
}

static void set_arguments(Maker *maker, Step *step, JsonNode *arguments)
{
    g_autoptr(GString) line = g_string_new(step->line);
    add_arguments(maker, arguments, "", line);
    g_free(step->line);
    step->line = g_string_free(g_steal_pointer(&line), FALSE);
}

static void set_argument(Step *step, const char *name, const char *value)
{
    g_autofree char *line = step->line;
    step->line = g_strdup_printf("%s\t%s=%s", line, name, value);
}

/* The same call once more. */
static void add_resend(Maker *maker, const char *title)
{
    unsigned first = maker->steps->len - 1;
    const Step *sent = g_ptr_array_index(maker->steps, first);
    Step *step = add_step(maker, "", "", title);
    g_free(step->line);
    step->line = g_strdup(sent->line);
    step->expect = STEP_SAME;
    step->first = first;
}

static Step *add_submit(Maker *maker, const char *title, const char *document)
{
    const char *source = json_object_get_string_member(maker->source, "name");
    Step *step = add_step(maker, source, "Submit", title);
    maker->number++;
    if (document) {
        g_autofree char *filled = fill(maker, document);
        set_argument(step, "document", filled);
    }
    return step;
}

static void expect_fault(Step *step, const char *code)
{
    step->expect = STEP_FAULT;
    step->wanted = g_strdup(code);
}

static void expect_oversized(Step *step)
{
    g_autofree char *name = step->name;
    step->name = g_strconcat(name, "a-fault", NULL);
    expect_fault(step, "body-too-large");
}

static void add_submits(Maker *maker)
{
    JsonObject *source = maker->source;
    add_submit(maker, "submit", json_object_get_string_member(source, "good"))->expect = STEP_RECEIPT;
    add_resend(maker, "resend-gives-the-first-receipt");
    if (json_object_has_member(source, "typed")) {
        Step *typed = add_submit(maker, "typed-submit", NULL);
        set_arguments(maker, typed, json_object_get_member(source, "typed"));
        typed->expect = STEP_RECEIPT;
    }
    g_autofree char *large = oversized();
    expect_fault(add_submit(maker, "bad-record-is-a-fault", json_object_get_string_member(source, "bad")),
                 json_object_get_string_member(source, "badCode"));
    expect_fault(add_submit(maker, "foreign-document-is-a-fault",
                            json_object_get_string_member(maker->cases, "foreign")),
                 json_object_get_string_member(maker->cases, "foreignCode"));
    expect_oversized(add_submit(maker, "oversized-is-", large));
}

static Step *add_call(Maker *maker, JsonObject *operation, const char *title, const char *arguments)
{
    const char *name = json_object_get_string_member(operation, "name");
    g_autofree char *full = g_strdup_printf("%s/%s", name, title);
    Step *step = add_step(maker, json_object_get_string_member(operation, "service"), name, full);
    maker->number++;
    if (arguments) {
        set_arguments(maker, step, json_object_get_member(operation, arguments));
    }
    return step;
}

/* Its last argument is what is too large. */
static void add_oversized_call(Maker *maker, JsonObject *operation)
{
    g_autofree char *large = oversized();
    JsonObject *arguments = json_object_get_object_member(operation, "arguments");
    g_autoptr(GList) names = json_object_get_members(arguments);
    Step *step = add_call(maker, operation, "oversized-is-", NULL);
    for (GList *name = names; name; name = name->next) {
        const char *value = json_object_get_string_member(arguments, name->data);
        set_argument(step, name->data, name->next ? value : large);
    }
    expect_oversized(step);
}

static void add_operation(Maker *maker, JsonObject *operation)
{
    const char *name = json_object_get_string_member(operation, "name");
    Step *answered = add_call(maker, operation, "is-answered-as-declared", "arguments");
    answered->expect = STEP_ANSWER;
    answered->wanted = fill(maker, json_object_get_string_member(operation, "answer"));
    g_autofree char *resend = g_strdup_printf("%s/resend-gives-the-first-answer", name);
    add_resend(maker, resend);
    add_oversized_call(maker, operation);
    if (!json_object_has_member(operation, "bad")) {
        return;
    }
    Step *bad = add_call(maker, operation, "refusal-is-said-in-the-departments-way", "bad");
    const char *answer = json_object_get_string_member_with_default(operation, "badAnswer", NULL);
    bad->expect = answer ? STEP_ANSWER : STEP_FAULT;
    bad->wanted = answer ? fill(maker, answer) : NULL;
}

static bool has_version(JsonObject *operation, const char *version)
{
    if (!json_object_has_member(operation, "soap")) {
        return true;
    }
    JsonArray *versions = json_object_get_array_member(operation, "soap");
    for (guint i = 0; i < json_array_get_length(versions); i++) {
        if (strcmp(json_array_get_string_element(versions, i), version) == 0) {
            return true;
        }
    }
    return false;
}

static void add_source(Maker *maker)
{
    JsonObject *source = maker->source;
    JsonArray *operations = json_object_has_member(source, "operations")
                                ? json_object_get_array_member(source, "operations")
                                : NULL;
    bool has_submit = json_object_get_boolean_member_with_default(source, "submit", TRUE);
    const char *service =
        has_submit ? json_object_get_string_member(source, "name")
                   : json_object_get_string_member(json_array_get_object_element(operations, 0), "service");
    add_step(maker, service, "-", "client-is-generated");
    if (has_submit) {
        add_submits(maker);
    }
    for (guint i = 0; operations && i < json_array_get_length(operations); i++) {
        JsonObject *operation = json_array_get_object_element(operations, i);
        if (has_version(operation, maker->version)) {
            add_operation(maker, operation);
        }
    }
}

GPtrArray *plan_new(const Client *client, JsonObject *cases, unsigned number)
{
    Maker maker = {.client = client,
                   .cases = cases,
                   .number = number,
                   .steps = g_ptr_array_new_with_free_func(free_step)};
    JsonArray *sources = json_object_get_array_member(cases, "sources");
    static const char *const known[] = {"1.1", "1.2"};
    for (guint i = 0; i < json_array_get_length(sources); i++) {
        maker.source = json_array_get_object_element(sources, i);
        for (size_t v = 0; v < G_N_ELEMENTS(known); v++) {
            maker.version = known[v];
            if (strstr(client->versions, known[v])) {
                add_source(&maker);
            }
        }
    }
    return maker.steps;
}

void plan_write(const GPtrArray *plan, const char *path)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < plan->len; i++) {
        const Step *step = g_ptr_array_index(plan, i);
        g_string_append_printf(text, "%u\t%s\n", i, step->line);
    }
    g_file_set_contents(path, text->str, (gssize)text->len, &error);
    g_assert_no_error(error);
}

/* ---- Judging ---- */

/* An answer is its kind, and values by name. */
typedef struct {
    char *kind;
    char *all; /* the values as they came */
    GHashTable *values;
} Said;

static void free_said(gpointer data)
{
    Said *said = data;
    g_free(said->kind);
    g_free(said->all);
    g_hash_table_unref(said->values);
    g_free(said);
}

static Said *read_said(char **fields)
{
    Said *said = g_new0(Said, 1);
    said->kind = g_strdup(fields[1]);
    said->all = g_strjoinv("\t", fields + 2);
    said->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (char **field = fields + 2; *field; field++) {
        const char *equals = strchr(*field, '=');
        if (equals) {
            g_hash_table_insert(said->values, g_strndup(*field, (gsize)(equals - *field)),
                                g_strdup(equals + 1));
        }
    }
    return said;
}

GHashTable *plan_answers(const char *output)
{
    GHashTable *answers = g_hash_table_new_full(NULL, NULL, NULL, free_said);
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, "\t", -1);
        guint64 number = 0;
        if (g_strv_length(fields) >= 2 &&
            g_ascii_string_to_unsigned(fields[0], 10, 0, G_MAXUINT, &number, NULL)) {
            g_hash_table_insert(answers, GUINT_TO_POINTER((guint)number), read_said(fields));
        }
    }
    return answers;
}

static const char *value_of(const Said *said, const char *name)
{
    const char *value = g_hash_table_lookup(said->values, name);
    return value ? value : "";
}

static gint64 number_of(const Said *said, const char *name)
{
    return g_ascii_strtoll(value_of(said, name), NULL, 10);
}

static char *judge_receipt(const Said *said)
{
    bool whole = strlen(value_of(said, "messageId")) == 36 && strlen(value_of(said, "sha256")) == 64 &&
                 *value_of(said, "receivedAt");
    /* What another client or version has said before, and has no number of its own, is known. */
    bool taken = number_of(said, "events") > 0 && number_of(said, "sequence") > 0;
    bool known = number_of(said, "duplicates") > 0;
    return whole && (taken || known) && number_of(said, "rejected") == 0
               ? NULL
               : g_strdup_printf("%s events from %s, %s known, %s rejected", value_of(said, "events"),
                                 value_of(said, "sequence"), value_of(said, "duplicates"),
                                 value_of(said, "rejected"));
}

/* The code and the text as the toolkit's exception has them, and the detail that the WSDL declares. */
static char *judge_fault(const Said *said, const Step *step)
{
    bool old = strcmp(step->version, "1.1") == 0;
    const char *code = value_of(said, "code"), *text = value_of(said, "text"),
               *detail = value_of(said, "detail.code");
    /* Only the exception that JAX-WS generates has none. */
    bool has_code = g_hash_table_contains(said->values, "code");
    if (has_code && !g_str_has_suffix(code, old ? "Client" : "Sender") &&
        !g_str_has_suffix(code, old ? "Server" : "Receiver")) {
        return g_strdup_printf("the fault's code is %s", code);
    }
    if (!*text || strlen(value_of(said, "detail.messageId")) != 36 ||
        strcmp(value_of(said, "detail.text"), text) != 0) {
        return g_strdup("the fault has no text, or not the detail of that text");
    }
    return !step->wanted || strcmp(detail, step->wanted) == 0
               ? NULL
               : g_strdup_printf("the detail's code is %s", detail);
}

static char *judge_same(const Step *step, const Said *said, GHashTable *answers)
{
    const Said *first = g_hash_table_lookup(answers, GUINT_TO_POINTER(step->first));
    return first && strcmp(first->all, said->all) == 0 ? NULL : g_strdup("another answer");
}

char *plan_judge(const GPtrArray *plan, unsigned index, GHashTable *answers)
{
    static const char *const kinds[] = {
        [STEP_OPEN] = "opened", [STEP_RECEIPT] = "answer", [STEP_SAME] = "answer",
        [STEP_FAULT] = "fault", [STEP_ANSWER] = "answer",  [STEP_ERROR] = "error"};
    const Step *step = g_ptr_array_index(plan, index);
    const Said *said = g_hash_table_lookup(answers, GUINT_TO_POINTER(index));
    if (!said) {
        return g_strdup("the driver said nothing of it");
    }
    if (strcmp(said->kind, kinds[step->expect]) != 0) {
        return g_strdup_printf("%s: %s%s", said->kind, value_of(said, "code"), value_of(said, "text"));
    }
    switch (step->expect) {
    case STEP_OPEN: return NULL;
    case STEP_RECEIPT: return judge_receipt(said);
    case STEP_SAME: return judge_same(step, said, answers);
    case STEP_FAULT: return judge_fault(said, step);
    case STEP_ERROR:
    case STEP_ANSWER: return strstr(said->all, step->wanted) ? NULL : g_strdup("another answer");
    }
    return NULL;
}
