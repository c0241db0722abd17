/* Bodies of cases: a file's bytes, or a template with some of its fields changed, put into another document, written in an
 * encoding, with single bytes in it that no encoding has. */
#include "tests/lib/casefile.h"

#include "tests/lib/post.h"

#include <string.h>

#define FOLDER "tests/data/cases/"

CaseFile *case_file_read(void)
{
    g_autoptr(GError) error = NULL;
    gsize size;
    g_autofree char *text = read_source_file(FOLDER "cases.json", &size);
    CaseFile *file = g_new0(CaseFile, 1);
    file->parser = json_parser_new();
    json_parser_load_from_data(file->parser, text, (gssize)size, &error);
    g_assert_no_error(error);
    JsonObject *root = json_node_get_object(json_parser_get_root(file->parser));
    file->templates = json_object_get_object_member(root, "templates");
    file->cases = json_object_get_array_member(root, "cases");
    return file;
}

void case_file_free(CaseFile *file)
{
    g_object_unref(file->parser);
    g_free(file);
}

JsonObject *case_at(const CaseFile *file, unsigned index)
{
    return json_array_get_object_element(file->cases, index);
}

const char *case_text(JsonObject *object, const char *name)
{
    return json_object_get_string_member_with_default(object, name, NULL);
}

/* ---- Placeholders ---- */

/* Citizen numbers of nobody's province, born on `date`, with the right check character. */
static char *make_citizen(const char *date, unsigned sequence)
{
    char number[19];
    unsigned sum = 0;
    g_assert_cmpuint(strlen(date), ==, 8);
    g_snprintf(number, sizeof number, "990104%s%03u", date, sequence % 1000);
    for (unsigned i = 0, weight = 7; i < 17; i++, weight = weight * 6 % 11) {
        sum += (unsigned)(number[i] - '0') * weight;
    }
    number[17] = "10X98765432"[sum % 11];
    number[18] = '\0';
    return g_strdup(number);
}

/* {n}: a number of the case's own; {m}: another; {id:yyyymmdd}: a citizen number, {other:yyyymmdd}: another. Whatever else
 * stands in braces stays. */
static gboolean replace_placeholder(const GMatchInfo *match, GString *to, gpointer user)
{
    unsigned index = *(unsigned *)user;
    g_autofree char *name = g_match_info_fetch(match, 1), *date = g_match_info_fetch(match, 2);
    if (*date) {
        g_autofree char *number = make_citizen(date, index + (g_str_equal(name, "id:") ? 0 : 500));
        g_string_append(to, number);
    } else {
        g_string_append_printf(to, "9%s%06u", g_str_equal(name, "n") ? "50" : "60", index);
    }
    return FALSE;
}

static char *expand(const char *text, unsigned index)
{
    static GRegex *placeholders;
    g_autoptr(GError) error = NULL;
    if (!placeholders) {
        placeholders = g_regex_new("\\{(n|m|id:|other:)(\\d{8})?\\}", 0, 0, NULL);
    }
    char *expanded = g_regex_replace_eval(placeholders, text, -1, 0, 0, replace_placeholder, &index, &error);
    g_assert_no_error(error);
    return expanded;
}

/* The case whose numbers count: another's where this one is about the same. */
static unsigned find_numbers(const CaseFile *file, unsigned index)
{
    const char *like = case_text(case_at(file, index), "like");
    for (unsigned i = 0; like && i < index; i++) {
        if (g_str_equal(case_text(case_at(file, i), "name"), like)) {
            return find_numbers(file, i);
        }
    }
    g_assert_null(like);
    return index;
}

/* ---- Documents ---- */

static void add_field(GString *to, const char *name, JsonNode *value)
{
    if (!JSON_NODE_HOLDS_NULL(value)) {
        g_string_append_printf(to, "<%s>%s</%s>", name, json_node_get_string(value), name);
    }
}

/* The template's fields in their order, changed or left out (null) as `with` says, and then those that it adds. */
static char *fill_template(JsonObject *template, JsonObject *with)
{
    GString *text = g_string_new(case_text(template, "open"));
    JsonObject *fields = json_object_get_object_member(template, "fields");
    g_autoptr(GList) names = json_object_get_members(fields),
                     added = with ? json_object_get_members(with) : NULL;
    for (GList *name = names; name; name = name->next) {
        JsonNode *changed = with ? json_object_get_member(with, name->data) : NULL;
        add_field(text, name->data, changed ? changed : json_object_get_member(fields, name->data));
    }
    for (GList *name = added; name; name = name->next) {
        if (!json_object_has_member(fields, name->data)) {
            add_field(text, name->data, json_object_get_member(with, name->data));
        }
    }
    return g_string_free(g_string_append(text, case_text(template, "close")), FALSE);
}

static JsonObject *find_template(const CaseFile *file, const char *name)
{
    g_assert_true(json_object_has_member(file->templates, name));
    return json_object_get_object_member(file->templates, name);
}

static char *write_document(const CaseFile *file, JsonObject *each)
{
    const char *body = case_text(each, "body");
    JsonObject *with =
        json_object_has_member(each, "with") ? json_object_get_object_member(each, "with") : NULL;
    return body ? g_strdup(body) : fill_template(find_template(file, case_text(each, "template")), with);
}

static char *put_as(const char *as, const char *document)
{
    if (!as) {
        return g_strdup(document);
    }
    if (g_str_equal(as, "cdata")) {
        return g_strdup_printf("<![CDATA[%s]]>", document);
    }
    if (g_str_equal(as, "base64")) {
        return g_base64_encode((const guchar *)document, strlen(document));
    }
    g_autofree char *once = g_markup_escape_text(document, -1);
    return g_str_equal(as, "twice") ? g_markup_escape_text(once, -1) : g_steal_pointer(&once);
}

/* Puts the document where `{body}` stands in the template that `in` names. */
static char *wrap(const CaseFile *file, JsonObject *each, const char *document)
{
    const char *in = case_text(each, "in"), *prefix = case_text(each, "prefix");
    g_autofree char *whole = g_strconcat(prefix ? prefix : "", document, NULL);
    if (!in) {
        return g_steal_pointer(&whole);
    }
    g_autofree char *put = put_as(case_text(each, "as"), whole);
    g_auto(GStrv) parts = g_strsplit(case_text(find_template(file, in), "text"), "{body}", 2);
    return g_strjoinv(put, parts);
}

/* ---- Bytes ---- */

static GBytes *encode(JsonObject *each, const char *text)
{
    const char *encoding = case_text(each, "encoding");
    g_autoptr(GError) error = NULL;
    gsize size = strlen(text);
    char *bytes = encoding ? g_convert(text, -1, encoding, "UTF-8", NULL, &size, &error) : g_strdup(text);
    g_assert_no_error(error);
    return g_bytes_new_take(bytes, size);
}

/* `bytes` of the case: what is written there in hexadecimal stands in the place of its name. */
static GBytes *put_bytes(JsonObject *each, GBytes *body)
{
    JsonObject *bytes =
        json_object_has_member(each, "bytes") ? json_object_get_object_member(each, "bytes") : NULL;
    g_autoptr(GList) names = bytes ? json_object_get_members(bytes) : NULL;
    gsize size;
    const char *data = g_bytes_get_data(body, &size);
    g_autoptr(GString) text = g_string_new_len(data, (gssize)size);
    for (GList *name = names; name; name = name->next) {
        const char *digits = json_object_get_string_member(bytes, name->data);
        g_autoptr(GString) raw = g_string_new(NULL);
        for (; digits[0] && digits[1]; digits += 2) {
            g_string_append_c(raw,
                              (char)(g_ascii_xdigit_value(digits[0]) << 4 | g_ascii_xdigit_value(digits[1])));
        }
        g_assert_cmpuint(g_string_replace(text, name->data, raw->str, 0), >, 0);
    }
    return g_bytes_new(text->str, text->len);
}

GBytes *case_body(const CaseFile *file, unsigned index)
{
    JsonObject *each = case_at(file, index);
    const char *name = case_text(each, "file");
    if (name) {
        gsize size;
        g_autofree char *path = g_strconcat(FOLDER, name, NULL);
        char *bytes = read_source_file(path, &size);
        return g_bytes_new_take(bytes, size);
    }
    g_autofree char *document = write_document(file, each);
    g_autofree char *expanded = expand(document, find_numbers(file, index));
    g_autofree char *wrapped = wrap(file, each, expanded);
    g_autoptr(GBytes) encoded = encode(each, wrapped);
    return put_bytes(each, encoded);
}
