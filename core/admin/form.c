/* Questions and answers, as tables say it: see form.h. */
#include "core/admin/form.h"

#include "core/base/json.h"

#define SHOWN_MAX 32 /* of a name that is told to who asked */

/* ---- Judging ---- */

static const HtFormMember *find(const HtFormMember *members, const char *name)
{
    while (members->name && !g_str_equal(members->name, name)) {
        members++;
    }
    return members->name ? members : NULL;
}

static char *tell_unknown(const HtFormMember *members, const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_");
    bool plain = size > 0 && size <= SHOWN_MAX && name[size] == '\0';
    g_autoptr(GString) text =
        g_string_new(plain ? NULL : "the question has a member that is unknown here; there are:");
    if (plain) {
        g_string_append_printf(text, "the question has no member '%s'; there are:", name);
    }
    for (const HtFormMember *member = members; member->name; member++) {
        g_string_append_printf(text, " %s", member->name);
    }
    return g_strdup(text->str);
}

static bool is_word(const HtFormMember *member, const char *text)
{
    g_auto(GStrv) words = g_strsplit(member->words, ";", -1);
    return g_strv_contains((const char *const *)words, text);
}

static char *judge_text(const HtFormMember *member, const char *text)
{
    if (member->most > 0 && strlen(text) > (size_t)member->most) {
        return g_strdup_printf("%s is of at most %" G_GINT64_FORMAT " bytes", member->name, member->most);
    }
    if (member->words && !is_word(member, text)) {
        g_auto(GStrv) words = g_strsplit(member->words, ";", -1);
        g_autofree char *list = g_strjoinv(", ", words);
        return g_strdup_printf("%s is one of: %s", member->name, list);
    }
    return NULL;
}

static char *judge_number(const HtFormMember *member, int64_t number)
{
    bool bounded = member->least != 0 || member->most != 0;
    return bounded && (number < member->least || number > member->most)
               ? g_strdup_printf("%s is a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ": %s",
                                 member->name, member->least, member->most, member->about)
               : NULL;
}

/* Objects and lists are in answers only. */
static char *judge_member(const HtFormMember *member, JsonNode *node)
{
    GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;
    switch (member->kind) {
    case HT_FORM_NUMBER:
        return type == G_TYPE_INT64 ? judge_number(member, json_node_get_int(node))
                                    : g_strdup_printf("%s is a whole number", member->name);
    case HT_FORM_FLAG:
        return type == G_TYPE_BOOLEAN ? NULL : g_strdup_printf("%s is true or false", member->name);
    default:
        return type == G_TYPE_STRING ? judge_text(member, json_node_get_string(node))
                                     : g_strdup_printf("%s is a text", member->name);
    }
}

static bool has(JsonObject *question, const char *name)
{
    return json_object_has_member(question, name) && !json_object_get_null_member(question, name);
}

char *ht_form_judge(const HtFormMember *members, JsonObject *question)
{
    g_autoptr(GList) names = json_object_get_members(question);
    char *wrong = NULL;
    for (GList *name = names; name && !wrong; name = name->next) {
        const HtFormMember *member = find(members, name->data);
        JsonNode *node = json_object_get_member(question, name->data);
        wrong = !member                      ? tell_unknown(members, name->data)
                : JSON_NODE_HOLDS_NULL(node) ? NULL
                                             : judge_member(member, node);
    }
    for (const HtFormMember *member = members; member->name && !wrong; member++) {
        if (member->needed && !has(question, member->name)) {
            wrong = g_strdup_printf("%s is missing: %s", member->name, member->about);
        }
    }
    return wrong;
}

/* ---- As JSON Schema ---- */

static void add_words(const HtFormMember *member, bool or_null, HtBuffer *json)
{
    g_auto(GStrv) words = g_strsplit(member->words, ";", -1);
    ht_json_name(json, "enum");
    ht_buffer_add_char(json, '[');
    for (char **word = words; *word; word++) {
        ht_json_comma(json);
        ht_json_string(json, ht_text_from(*word));
    }
    ht_buffer_add_string(json, or_null ? ",null]" : "]");
}

static void add_type(const char *type, bool or_null, HtBuffer *json)
{
    ht_json_name(json, "type");
    ht_buffer_printf(json, or_null ? "[\"%s\",\"null\"]" : "\"%s\"", type);
}

static void add_items(const HtFormMember *member, bool question, HtBuffer *json)
{
    ht_json_name(json, "items");
    if (member->of) {
        ht_form_schema(member->of, question, member->open, json);
    } else {
        ht_buffer_add_string(json, member->open ? "{}" : "{\"type\":\"string\"}");
    }
}

/* maxLength counts characters, of which there are never more than bytes. */
static void add_bounds(const HtFormMember *member, HtBuffer *json)
{
    if (member->kind == HT_FORM_NUMBER && (member->least != 0 || member->most != 0)) {
        ht_json_member_number(json, "minimum", member->least);
        ht_json_member_number(json, "maximum", member->most);
    } else if (member->kind == HT_FORM_TEXT && member->most > 0) {
        ht_json_member_number(json, "maxLength", member->most);
    } else if (member->kind == HT_FORM_TIME) {
        ht_json_member(json, "format", HT_TEXT_LITERAL("date-time"));
    }
}

static void add_members(const HtFormMember *members, bool question, HtBuffer *json)
{
    ht_json_open(json, "properties");
    for (const HtFormMember *member = members; member->name; member++) {
        ht_json_name(json, member->name);
        ht_form_member_schema(member, question, json);
    }
    ht_buffer_add_char(json, '}');
    ht_json_name(json, "required");
    ht_buffer_add_char(json, '[');
    for (const HtFormMember *member = members; member->name; member++) {
        if (member->needed) {
            ht_json_comma(json);
            ht_json_string(json, ht_text_from(member->name));
        }
    }
    ht_buffer_add_char(json, ']');
}

static void add_object(const HtFormMember *members, bool question, bool open, HtBuffer *json)
{
    if (members) {
        add_members(members, question, json);
    }
    if (question || open || !members) {
        ht_json_name(json, "additionalProperties");
        ht_buffer_add_string(json, question ? "false" : "true");
    }
}

void ht_form_schema(const HtFormMember *members, bool question, bool open, HtBuffer *json)
{
    ht_buffer_add_char(json, '{');
    add_type("object", false, json);
    add_object(members, question, open, json);
    ht_buffer_add_char(json, '}');
}

void ht_form_member_schema(const HtFormMember *member, bool question, HtBuffer *json)
{
    static const char *const types[] = {
        [HT_FORM_TEXT] = "string",  [HT_FORM_TIME] = "string",   [HT_FORM_NUMBER] = "integer",
        [HT_FORM_FLAG] = "boolean", [HT_FORM_OBJECT] = "object", [HT_FORM_LIST] = "array"};
    bool or_null = question && !member->needed;
    ht_buffer_add_char(json, '{');
    add_type(types[member->kind], or_null, json);
    ht_json_member(json, "description", ht_text_from(member->about));
    add_bounds(member, json);
    if (member->words) {
        add_words(member, or_null, json);
    }
    if (member->kind == HT_FORM_OBJECT) {
        add_object(member->of, question, member->open, json);
    } else if (member->kind == HT_FORM_LIST) {
        add_items(member, question, json);
    }
    ht_buffer_add_char(json, '}');
}
