/* The conformance kit's fixtures. What must come of NAME.xml stands in NAME.expected.json: a list of
 * events, [{"type": "…"}, …], or an object with `events`, or with `verdict` and `fault` when it must be
 * refused. Of the events the kit compares number and types; what is in them is for the adapter's own tests.
 * Command, main thread. */
#include "core/cli/adapter-kit.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* "NAME.xml" → "NAME.expected.json" */
static char *find_expected(const char *fixture)
{
    const char *dot = strrchr(fixture, '.');
    const char *slash = strrchr(fixture, '/');
    size_t size = dot && dot > slash ? (size_t)(dot - fixture) : strlen(fixture);
    g_autofree char *stem = g_strndup(fixture, size);
    return g_strconcat(stem, ".expected.json", NULL);
}

static char *list_types(JsonArray *events)
{
    GString *types = g_string_new(NULL);
    for (unsigned i = 0; events && i < json_array_get_length(events); i++) {
        JsonNode *event = json_array_get_element(events, i);
        JsonObject *object = JSON_NODE_HOLDS_OBJECT(event) ? json_node_get_object(event) : NULL;
        const char *type = object ? json_object_get_string_member_with_default(object, "type", "") : "";
        g_string_append_printf(types, "%s\n", type ? type : "");
    }
    return g_string_free(types, FALSE);
}

/* What the file expects, in the words of describe(). NULL with the error set when it cannot be read. */
static char *read_expected(const char *file, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!json_parser_load_from_file(parser, file, error)) {
        return NULL;
    }
    JsonNode *root = json_parser_get_root(parser);
    if (root && JSON_NODE_HOLDS_ARRAY(root)) {
        return list_types(json_node_get_array(root));
    }
    JsonObject *object = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    const char *fault = object ? json_object_get_string_member_with_default(object, "fault", NULL) : NULL;
    const char *verdict = object ? json_object_get_string_member_with_default(object, "verdict", "ok") : "ok";
    if (fault && !g_str_equal(verdict ? verdict : "ok", "ok")) {
        return g_strdup_printf("refused: %s", fault);
    }
    bool has_events = object && json_object_has_member(object, "events");
    return list_types(has_events ? json_object_get_array_member(object, "events") : NULL);
}

static char *describe(const HtAdapterTrial *trial)
{
    if (trial->verdict == HT_VERDICT_OK) {
        return g_strdup(trial->types);
    }
    return g_strdup_printf("refused: %s", trial->fault.code);
}

static char *on_one_line(const char *text)
{
    g_autofree char *stripped = g_strchomp(g_strdup(*text ? text : "no events"));
    g_auto(GStrv) lines = g_strsplit(stripped, "\n", -1);
    return g_strjoinv(", ", lines);
}

bool ht_adapter_check_text(const char *text, GError **error)
{
    static const GMarkupParser ignore_all = {0};
    const char *first = text ? text + strspn(text, " \t\r\n") : "";
    if (*first != '<') {
        return true;
    }
    g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&ignore_all, 0, NULL, NULL);
    return g_markup_parse_context_parse(context, text, -1, error) &&
           g_markup_parse_context_end_parse(context, error);
}

static void compare(HtAdapterKit *kit, const char *claim, const char *fixture, const HtAdapterTrial *trial)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *expected_file = find_expected(fixture);
    g_autofree char *got = describe(trial);
    g_autofree char *got_line = on_one_line(got);
    if (!g_file_test(expected_file, G_FILE_TEST_EXISTS)) {
        ht_adapter_report(kit, true, claim, got_line);
        return;
    }
    g_autofree char *expected = read_expected(expected_file, &error);
    if (!expected) {
        ht_adapter_report(kit, false, claim, error->message);
    } else if (!g_str_equal(expected, got)) {
        g_autofree char *expected_line = on_one_line(expected);
        g_autofree char *detail = g_strdup_printf("expected %s, got %s%s%s", expected_line, got_line,
                                                  trial->fault.text[0] ? ": " : "", trial->fault.text);
        ht_adapter_report(kit, false, claim, detail);
    } else {
        ht_adapter_report(kit, true, claim, got_line);
    }
}

void ht_adapter_check_fixture(HtAdapterKit *kit, const char *file, GBytes *body)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *base = g_path_get_basename(file);
    g_autofree char *claim = g_strdup_printf("fixture %s", base);
    g_auto(HtAdapterTrial) trial = {0};
    ht_adapter_try(kit, body, &trial);
    if (trial.error) {
        ht_adapter_report(kit, false, claim, trial.error);
    } else if (!ht_adapter_check_text(trial.reply, &error)) {
        g_autofree char *detail = g_strdup_printf("its reply is not well-formed: %s", error->message);
        ht_adapter_report(kit, false, claim, detail);
    } else {
        compare(kit, claim, file, &trial);
    }
}
