/* Comparing JSON: see mismatch.h. */
#include "core/kit/mismatch.h"

#include <glib/gi18n.h>
#include <string.h>

#define SHOWN_CHARACTERS 300

static void free_mismatch(void *data)
{
    HtMismatch *difference = data;
    g_free(difference->path);
    g_free(difference->what);
    g_free(difference->wanted);
    g_free(difference->got);
    g_free(difference);
}

GPtrArray *ht_mismatches_new(void)
{
    return g_ptr_array_new_with_free_func(free_mismatch);
}

void ht_mismatches_add(GPtrArray *differences, const char *path, char *wanted, char *got, const char *what,
                       ...)
{
    HtMismatch *difference = g_new0(HtMismatch, 1);
    va_list arguments;
    va_start(arguments, what);
    difference->what = g_strdup_vprintf(what, arguments);
    va_end(arguments);
    difference->path = g_strdup(path);
    difference->wanted = wanted;
    difference->got = got;
    g_ptr_array_add(differences, difference);
}

static char *write_json(JsonNode *node)
{
    return json_to_string(node, FALSE);
}

static void find_in_objects(GPtrArray *differences, const char *path, JsonObject *wanted, JsonObject *got)
{
    g_autoptr(GList) names = json_object_get_members(got);
    for (GList *name = names; name; name = name->next) {
        if (!json_object_has_member(wanted, name->data)) {
            g_autofree char *below = g_strdup_printf("%s.%s", path, (char *)name->data);
            ht_mismatches_add(differences, below, NULL, write_json(json_object_get_member(got, name->data)),
                              _("is not expected"));
        }
    }
    g_autoptr(GList) wanted_names = json_object_get_members(wanted);
    for (GList *name = wanted_names; name; name = name->next) {
        g_autofree char *below = g_strdup_printf("%s.%s", path, (char *)name->data);
        JsonNode *one = json_object_get_member(wanted, name->data),
                 *other = json_object_get_member(got, name->data);
        if (other) {
            ht_mismatches_find(differences, below, one, other);
        } else {
            ht_mismatches_add(differences, below, write_json(one), NULL, _("is missing"));
        }
    }
}

static void find_in_arrays(GPtrArray *differences, const char *path, JsonArray *wanted, JsonArray *got)
{
    unsigned length = json_array_get_length(wanted), got_length = json_array_get_length(got);
    for (unsigned i = 0; i < MIN(length, got_length); i++) {
        g_autofree char *below = g_strdup_printf("%s[%u]", path, i);
        ht_mismatches_find(differences, below, json_array_get_element(wanted, i),
                           json_array_get_element(got, i));
    }
    if (length == got_length) {
        return;
    }
    g_autoptr(JsonNode) one = json_node_init_array(json_node_alloc(), wanted),
                        other = json_node_init_array(json_node_alloc(), got);
    ht_mismatches_add(differences, path, write_json(one), write_json(other), _("has %u items, not %u"),
                      got_length, length);
}

void ht_mismatches_find(GPtrArray *differences, const char *path, JsonNode *wanted, JsonNode *got)
{
    if (JSON_NODE_TYPE(wanted) != JSON_NODE_TYPE(got)) {
        ht_mismatches_add(differences, path, write_json(wanted), write_json(got), _("is of another type"));
    } else if (JSON_NODE_HOLDS_OBJECT(wanted)) {
        find_in_objects(differences, path, json_node_get_object(wanted), json_node_get_object(got));
    } else if (JSON_NODE_HOLDS_ARRAY(wanted)) {
        find_in_arrays(differences, path, json_node_get_array(wanted), json_node_get_array(got));
    } else if (!json_node_equal(wanted, got)) {
        ht_mismatches_add(differences, path, write_json(wanted), write_json(got), _("has another value"));
    }
}

char *ht_mismatch_show(const char *value)
{
    if (!value) {
        return g_strdup(_("nothing"));
    }
    if (!*value) {
        return g_strdup(_("its end"));
    }
    g_autofree char *text = g_utf8_make_valid(value, -1);
    if (g_utf8_strlen(text, -1) <= SHOWN_CHARACTERS) {
        return g_steal_pointer(&text);
    }
    g_autofree char *begin = g_utf8_substring(text, 0, SHOWN_CHARACTERS);
    return g_strdup_printf("%s…", begin);
}

char *ht_mismatch_describe(const HtMismatch *difference, bool values)
{
    if (!values || (!difference->wanted && !difference->got)) {
        return g_strdup_printf("%s %s", difference->path, difference->what);
    }
    g_autofree char *wanted = ht_mismatch_show(difference->wanted), *got = ht_mismatch_show(difference->got);
    return g_strdup_printf(_("%s %s: expected %s, got %s"), difference->path, difference->what, wanted, got);
}
