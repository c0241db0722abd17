/* Tables and translations by the names that mappings have for them. */
#include "mappings/engine/compile/compiler.h"

static GPtrArray *list_tables(const HtTables *tables)
{
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; i < ht_tables_count(tables); i++) {
        g_ptr_array_add(names, (gpointer)ht_table_name(ht_tables_get(tables, i)));
    }
    return names;
}

const HtTable *ht_compile_table(HtCompiler *compiler, const xmlNode *node, const char *name)
{
    const HtTables *tables = compiler->reference->tables;
    const HtTable *table = ht_tables_find(tables, name);
    if (!table) {
        g_autoptr(GPtrArray) names = list_tables(tables);
        g_autofree char *hint = ht_compile_suggest_in(name, names, ht_tables_folders(tables));
        ht_compile_error(compiler, node, "there is no code table \"%s\"%s", name, hint);
    }
    return table;
}

/* "A/translate, B/translate". */
static char *list_translate(const HtTables *tables)
{
    GString *folders = g_string_new(ht_tables_folders(tables));
    g_string_replace(folders, ", ", "/translate, ", 0);
    g_string_append(folders, "/translate");
    return g_string_free(folders, FALSE);
}

const HtTranslation *ht_compile_translation(HtCompiler *compiler, const xmlNode *node, const char *name)
{
    const HtTables *tables = compiler->reference->tables;
    const HtTranslation *translation = ht_tables_find_translation(tables, name);
    if (!translation) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (guint i = 0; i < ht_tables_n_translations(tables); i++) {
            g_ptr_array_add(names, (gpointer)ht_translation_name(ht_tables_translation(tables, i)));
        }
        g_autofree char *folders = list_translate(tables),
                        *hint = ht_compile_suggest_in(name, names, folders);
        ht_compile_error(compiler, node, "there is no translation \"%s\"%s", name, hint);
    }
    return translation;
}
