/* Finding and reading the words that all mappings share: see reference.h. */
#include "mappings/engine/reference/reference.h"

void ht_words_clear(HtWords *words)
{
    g_clear_pointer(&words->data, g_free);
    g_clear_pointer(&words->site, g_free);
}

static char *below(const char *folder, const char *name)
{
    return folder ? g_build_filename(folder, name, NULL) : NULL;
}

HtDictionary *ht_words_dictionary(const HtWords *words, GError **error)
{
    g_autofree char *file = below(words->data, "dictionary.xml"),
                    *schema = below(words->data, "dictionary.rng"),
                    *site = below(words->site, "dictionary.d");
    bool has_schema = g_file_test(schema, G_FILE_TEST_EXISTS);
    return ht_dictionary_load(file, has_schema ? schema : NULL, site, error);
}

HtTables *ht_words_tables(const HtWords *words, GError **error)
{
    g_autofree char *folder = below(words->data, "tables"), *site = below(words->site, "tables");
    return ht_tables_load(folder, site, error);
}

static HtDivisions *load_divisions(const HtWords *words, GError **error)
{
    g_autofree char *folder = below(words->data, "divisions"), *site = below(words->site, "divisions");
    return ht_divisions_load(folder, site, error);
}

/* The dictionary's own tables: what is wrong here would be told of every mapping that names the element. */
static bool check_tables(const HtReference *reference, GError **error)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    for (uint32_t i = 0; i < ht_dictionary_n_elements(reference->dictionary); i++) {
        const HtElement *element = ht_dictionary_element(reference->dictionary, i);
        if (element->table && !ht_tables_find(reference->tables, element->table)) {
            g_string_append_printf(errors,
                                   "%s%s:%u: error: element \"%s\": there is no code table \"%s\" in %s",
                                   errors->len > 0 ? "\n" : "", element->file, element->line, element->name,
                                   element->table, ht_tables_folders(reference->tables));
        }
    }
    if (errors->len > 0) {
        g_set_error_literal(error, HT_DICTIONARY_ERROR, HT_DICTIONARY_ERROR_CONTENT, errors->str);
    }
    return errors->len == 0;
}

bool ht_reference_load(HtReference *reference, const HtWords *words, GError **error)
{
    reference->dictionary = ht_words_dictionary(words, error);
    reference->tables = reference->dictionary ? ht_words_tables(words, error) : NULL;
    reference->divisions =
        reference->tables && check_tables(reference, error) ? load_divisions(words, error) : NULL;
    return reference->divisions != NULL;
}

void ht_reference_clear(HtReference *reference)
{
    if (reference->divisions) {
        ht_divisions_free((HtDivisions *)reference->divisions);
    }
    if (reference->tables) {
        ht_tables_free((HtTables *)reference->tables);
    }
    if (reference->dictionary) {
        ht_dictionary_free((HtDictionary *)reference->dictionary);
    }
}

static bool has_folder(const char *folder, const char *name)
{
    g_autofree char *path = below(folder, name);
    return g_file_test(path, G_FILE_TEST_IS_DIR);
}

/* As they are installed, or in the tree that they are built from: a site has no whole dictionary. */
static bool is_shipped(const char *folder)
{
    g_autofree char *dictionary = below(folder, "dictionary.xml");
    return g_file_test(dictionary, G_FILE_TEST_EXISTS);
}

char *ht_words_beside(const char *mapping, const char *data)
{
    g_autofree char *folder = g_path_get_dirname(mapping);
    bool has_words =
        has_folder(folder, "dictionary.d") || has_folder(folder, "tables") || has_folder(folder, "divisions");
    bool is_site = has_words && g_strcmp0(folder, data) != 0 && !is_shipped(folder);
    return is_site ? g_steal_pointer(&folder) : NULL;
}
