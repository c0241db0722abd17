/* Code tables, translations, the lookup by text and the tab-separated form. Loaded at start by the host,
 * the bus and the tools; the lookups run on the mapping engine's hot path. Loaded data never changes; any
 * thread may read. */
#include "mappings/engine/reference/tables.h"

#define TSV_FILE_MAX (16u << 20)
#define TSV_COLUMNS_MAX 16

G_DEFINE_QUARK(ht_tables_error, ht_tables_error)

/* ---- Tab-separated files ---- */

struct HtTsv {
    char *path;
    char *bytes;        /* the file, cut in place: every field ends in NUL */
    GPtrArray *headers; /* key, value, key, value, … */
    GPtrArray *columns;
    GPtrArray *fields; /* rows after one another, n_columns each */
    GArray *lines;     /* guint, one a row */
};

void ht_tsv_free(HtTsv *tsv)
{
    if (!tsv) {
        return;
    }
    g_free(tsv->path);
    g_free(tsv->bytes);
    g_ptr_array_unref(tsv->headers);
    g_ptr_array_unref(tsv->columns);
    g_ptr_array_unref(tsv->fields);
    g_array_unref(tsv->lines);
    g_free(tsv);
}

static void report(GString *errors, const HtTsv *tsv, guint line, const char *text)
{
    g_string_append_printf(errors, "%s:%u: error: %s\n", tsv->path, line, text);
}

/* `# key: value`; other comments are for people. */
static void take_comment(HtTsv *tsv, char *line)
{
    char *colon = strchr(line, ':');
    if (colon) {
        *colon = '\0';
        g_ptr_array_add(tsv->headers, g_strstrip(line + 1));
        g_ptr_array_add(tsv->headers, g_strstrip(colon + 1));
    }
}

/* Cuts the line at its tabs into `into`; the number of fields. */
static guint cut_fields(char *line, GPtrArray *into)
{
    guint count = 1;
    g_ptr_array_add(into, line);
    for (char *tab = strchr(line, '\t'); tab; tab = strchr(tab + 1, '\t')) {
        *tab = '\0';
        g_ptr_array_add(into, tab + 1);
        count++;
    }
    return count;
}

static void take_row(HtTsv *tsv, char *text, guint line, GString *errors)
{
    guint count = cut_fields(text, tsv->fields);
    if (count > tsv->columns->len) {
        report(errors, tsv, line, "more fields than columns");
        g_ptr_array_set_size(tsv->fields, (int)(tsv->fields->len - count));
        return;
    }
    for (; count < tsv->columns->len; count++) {
        g_ptr_array_add(tsv->fields, (gpointer) "");
    }
    g_array_append_val(tsv->lines, line);
}

static void take_line(HtTsv *tsv, char *text, guint line, GString *errors)
{
    size_t size = strlen(text);
    if (size > 0 && text[size - 1] == '\r') {
        text[size - 1] = '\0';
    }
    if (text[0] == '\0') {
        return;
    }
    if (text[0] == '#') {
        take_comment(tsv, text);
    } else if (tsv->columns->len > 0) {
        take_row(tsv, text, line, errors);
    } else if (cut_fields(text, tsv->columns) > TSV_COLUMNS_MAX) {
        report(errors, tsv, line, "too many columns");
    }
}

static bool read_bytes(HtTsv *tsv, GString *errors)
{
    g_autoptr(GError) error = NULL;
    gsize size = 0;
    if (!g_file_get_contents(tsv->path, &tsv->bytes, &size, &error)) {
        report(errors, tsv, 1, error->message);
        return false;
    }
    if (size > TSV_FILE_MAX) {
        report(errors, tsv, 1, "file is larger than 16 MB");
        return false;
    }
    if (!g_utf8_validate(tsv->bytes, (gssize)size, NULL)) {
        report(errors, tsv, 1, "not UTF-8, or holds NUL");
        return false;
    }
    return true;
}

HtTsv *ht_tsv_load(const char *path, GString *errors)
{
    g_autoptr(HtTsv) tsv = g_new0(HtTsv, 1);
    tsv->path = g_strdup(path);
    tsv->headers = g_ptr_array_new();
    tsv->columns = g_ptr_array_new();
    tsv->fields = g_ptr_array_new();
    tsv->lines = g_array_new(FALSE, FALSE, sizeof(guint));
    if (!read_bytes(tsv, errors)) {
        return NULL;
    }
    guint line = 1;
    bool marked = g_str_has_prefix(tsv->bytes, "\xEF\xBB\xBF"); /* as spreadsheets save it */
    for (char *at = tsv->bytes + (marked ? 3 : 0); at; line++) {
        char *end = strchr(at, '\n');
        if (end) {
            *end = '\0';
        }
        take_line(tsv, at, line, errors);
        at = end ? end + 1 : NULL;
    }
    if (tsv->columns->len == 0) {
        report(errors, tsv, 1, "no line of column names");
        return NULL;
    }
    return g_steal_pointer(&tsv);
}

const char *ht_tsv_header(const HtTsv *tsv, const char *key)
{
    for (guint i = 0; i + 1 < tsv->headers->len; i += 2) {
        if (strcmp(g_ptr_array_index(tsv->headers, i), key) == 0) {
            return g_ptr_array_index(tsv->headers, i + 1);
        }
    }
    return NULL;
}

int ht_tsv_column(const HtTsv *tsv, const char *name)
{
    for (guint i = 0; i < tsv->columns->len; i++) {
        if (strcmp(g_ptr_array_index(tsv->columns, i), name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

guint ht_tsv_n_rows(const HtTsv *tsv)
{
    return tsv->lines->len;
}

/* A field for each column. */
static const char *const *fields_of(const HtTsv *tsv, guint row)
{
    return (const char *const *)tsv->fields->pdata + (size_t)row * tsv->columns->len;
}

const char *ht_tsv_get(const HtTsv *tsv, guint row, int column)
{
    return column < 0 ? "" : fields_of(tsv, row)[column];
}

guint ht_tsv_line(const HtTsv *tsv, guint row)
{
    return g_array_index(tsv->lines, guint, row);
}

const char *ht_tsv_path(const HtTsv *tsv)
{
    return tsv->path;
}

/* ---- Tables ---- */

struct HtTable {
    char *name;
    HtTsv *tsv; /* all texts point into it */
    HtTableEntry *entries;
    guint count;
    HtLookup by_code;
    HtLookup by_name;
};

struct HtTranslation {
    char *name;
    HtTsv *tsv;
    const HtTable *table;
    bool closed;
    HtTranslationEntry *entries;
    guint count;
    HtLookup by_from;
};

struct HtTables {
    char *folders;           /* "A, B" */
    GPtrArray *tables;       /* HtTable, in name order */
    GPtrArray *translations; /* HtTranslation, in name order */
    HtLookup table_names;
    HtLookup translation_names;
};

#define AMBIGUOUS_NAME (HT_LOOKUP_NONE - 1)

static void free_table(gpointer data)
{
    HtTable *table = data;
    ht_lookup_clear(&table->by_code);
    ht_lookup_clear(&table->by_name);
    ht_tsv_free(table->tsv);
    g_free(table->entries);
    g_free(table->name);
    g_free(table);
}

static void free_translation(gpointer data)
{
    HtTranslation *translation = data;
    ht_lookup_clear(&translation->by_from);
    ht_tsv_free(translation->tsv);
    g_free(translation->entries);
    g_free(translation->name);
    g_free(translation);
}

void ht_tables_free(HtTables *tables)
{
    if (!tables) {
        return;
    }
    ht_lookup_clear(&tables->table_names);
    ht_lookup_clear(&tables->translation_names);
    g_ptr_array_unref(tables->translations);
    g_ptr_array_unref(tables->tables);
    g_free(tables->folders);
    g_free(tables);
}

/* A name at several codes ("其他") finds none of them. */
static void index_name(HtTable *table, guint row)
{
    const HtTableEntry *entry = &table->entries[row];
    if (entry->zh_size == 0 || ht_lookup_add(&table->by_name, entry->zh, entry->zh_size, row)) {
        return;
    }
    ht_lookup_change(&table->by_name, entry->zh, entry->zh_size, AMBIGUOUS_NAME);
}

static bool is_known_status(const char *status)
{
    return strcmp(status, "") == 0 || strcmp(status, "deprecated") == 0 || strcmp(status, "extension") == 0;
}

static void index_table(HtTable *table, GString *errors)
{
    const HtTsv *tsv = table->tsv;
    for (guint row = 0; row < table->count; row++) {
        const HtTableEntry *entry = &table->entries[row];
        guint line = ht_tsv_line(tsv, row);
        if (entry->code_size == 0) {
            report(errors, tsv, line, "empty code");
        } else if (!ht_lookup_add(&table->by_code, entry->code, entry->code_size, row)) {
            report(errors, tsv, line, "code stands twice");
        }
        if (!is_known_status(entry->status)) {
            report(errors, tsv, line, "status is neither empty, deprecated nor extension");
        }
        index_name(table, row);
    }
    for (guint row = 0; row < table->count; row++) {
        const char *parent = table->entries[row].parent;
        if (parent[0] && !ht_table_find(table, parent, strlen(parent))) {
            report(errors, tsv, ht_tsv_line(tsv, row), "parent is no code of this table");
        }
    }
}

/* transfer full; NULL when the file cannot be used at all. */
static HtTable *load_table(const char *path, const char *name, GString *errors)
{
    HtTsv *tsv = ht_tsv_load(path, errors);
    if (!tsv) {
        return NULL;
    }
    HtTable *table = g_new0(HtTable, 1);
    table->name = g_strdup(name);
    table->tsv = tsv;
    table->count = ht_tsv_n_rows(tsv);
    table->entries = g_new0(HtTableEntry, table->count);
    int code = ht_tsv_column(tsv, "code"), zh = ht_tsv_column(tsv, "zh"), en = ht_tsv_column(tsv, "en");
    int status = ht_tsv_column(tsv, "status"), parent = ht_tsv_column(tsv, "parent");
    if (code < 0 || zh < 0 || !ht_tsv_header(tsv, "standard")) {
        report(errors, tsv, 1, "a table needs `# standard:` and the columns code and zh");
    }
    for (guint row = 0; row < table->count; row++) {
        HtTableEntry *entry = &table->entries[row];
        entry->code = ht_tsv_get(tsv, row, code);
        entry->zh = ht_tsv_get(tsv, row, zh);
        entry->en = ht_tsv_get(tsv, row, en);
        entry->status = ht_tsv_get(tsv, row, status);
        entry->parent = ht_tsv_get(tsv, row, parent);
        entry->extra = fields_of(tsv, row);
        entry->code_size = (uint16_t)strlen(entry->code);
        entry->zh_size = (uint16_t)strlen(entry->zh);
    }
    ht_lookup_init(&table->by_code, table->count);
    ht_lookup_init(&table->by_name, table->count);
    index_table(table, errors);
    return table;
}

/* ---- Translations ---- */

/* An empty mark is none. */
static bool find_mark(const char *name, HtMark *mark)
{
    for (int i = 0; i < HT_MARK_COUNT_; i++) {
        if (strcmp(ht_mark_name((HtMark)i), name) == 0) {
            *mark = (HtMark)i;
            return true;
        }
    }
    return false;
}

static void take_translation_row(HtTranslation *translation, guint row, GString *errors)
{
    const HtTsv *tsv = translation->tsv;
    HtTranslationEntry *entry = &translation->entries[row];
    const char *to = ht_tsv_get(tsv, row, ht_tsv_column(tsv, "to"));
    const char *mark = ht_tsv_get(tsv, row, ht_tsv_column(tsv, "mark"));
    guint line = ht_tsv_line(tsv, row);
    entry->from = ht_tsv_get(tsv, row, ht_tsv_column(tsv, "from"));
    entry->from_size = (uint16_t)strlen(entry->from);
    entry->to = ht_table_find(translation->table, to, strlen(to));
    entry->has_mark = mark[0] != '\0';
    if (!entry->to) {
        report(errors, tsv, line, "`to` is no code of the table");
    }
    if (entry->has_mark && !find_mark(mark, &entry->mark)) {
        report(errors, tsv, line, "unknown mark");
    }
    if (entry->from_size == 0 || !ht_lookup_add(&translation->by_from, entry->from, entry->from_size, row)) {
        report(errors, tsv, line, "`from` is empty or stands twice");
    }
}

static HtTranslation *load_translation(const HtTables *tables, const char *path, const char *name,
                                       GString *errors)
{
    g_autoptr(HtTsv) tsv = ht_tsv_load(path, errors);
    if (!tsv) {
        return NULL;
    }
    const char *into = ht_tsv_header(tsv, "table");
    const char *closed = ht_tsv_header(tsv, "closed");
    const HtTable *table = into ? ht_tables_find(tables, into) : NULL;
    if (!table || ht_tsv_column(tsv, "from") < 0 || ht_tsv_column(tsv, "to") < 0) {
        report(errors, tsv, 1,
               "a translation needs `# table:` with a known table and the columns from and to");
        return NULL;
    }
    if (closed && strcmp(closed, "yes") != 0 && strcmp(closed, "no") != 0) {
        report(errors, tsv, 1, "`# closed:` is neither yes nor no");
    }
    HtTranslation *translation = g_new0(HtTranslation, 1);
    translation->name = g_strdup(name);
    translation->table = table;
    translation->closed = closed && strcmp(closed, "yes") == 0;
    translation->count = ht_tsv_n_rows(tsv);
    translation->entries = g_new0(HtTranslationEntry, translation->count);
    translation->tsv = g_steal_pointer(&tsv);
    ht_lookup_init(&translation->by_from, translation->count);
    for (guint row = 0; row < translation->count; row++) {
        take_translation_row(translation, row, errors);
    }
    return translation;
}

/* ---- Folders ---- */

/* File names without .tsv, sorted; NULL after saying why. transfer full. */
static GPtrArray *list_folder(const char *folder, bool may_lack, GString *errors)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *file;
    if (!dir && !(may_lack && g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))) {
        g_string_append_printf(errors, "%s:1: error: %s\n", folder, error->message);
    }
    while (dir && (file = g_dir_read_name(dir))) {
        if (g_str_has_suffix(file, ".tsv") && file[0] != '.') {
            g_ptr_array_add(names, g_strndup(file, strlen(file) - strlen(".tsv")));
        }
    }
    g_ptr_array_sort(names, ht_compare_strings);
    return names;
}

static char *path_of(const char *folder, const char *name)
{
    g_autofree char *file = g_strconcat(name, ".tsv", NULL);
    return g_build_filename(folder, file, NULL);
}

/* A site's file may say what one that was shipped says, and nothing else under its name. True: it is told, or need not be read. */
static bool is_taken(const HtTsv *shipped, const char *path, GString *errors)
{
    g_autofree char *one = NULL, *other = NULL;
    if (!shipped) {
        return false;
    }
    if (!g_file_get_contents(shipped->path, &one, NULL, NULL) ||
        !g_file_get_contents(path, &other, NULL, NULL) || strcmp(one, other) != 0) {
        g_string_append_printf(errors, "%s:1: error: %s has that name: say the same, or take another name\n",
                               path, shipped->path);
    }
    return true;
}

static const HtTsv *find_shipped_table(const HtTables *tables, const char *name)
{
    for (guint i = 0; i < tables->tables->len; i++) {
        const HtTable *table = tables->tables->pdata[i];
        if (strcmp(table->name, name) == 0) {
            return table->tsv;
        }
    }
    return NULL;
}

static const HtTsv *find_shipped_translation(const HtTables *tables, const char *name)
{
    for (guint i = 0; i < tables->translations->len; i++) {
        const HtTranslation *one = tables->translations->pdata[i];
        if (strcmp(one->name, name) == 0) {
            return one->tsv;
        }
    }
    return NULL;
}

static void load_tables(HtTables *tables, const char *folder, bool may_lack, GString *errors)
{
    g_autoptr(GPtrArray) names = list_folder(folder, may_lack, errors);
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        g_autofree char *path = path_of(folder, name);
        HtTable *table =
            is_taken(find_shipped_table(tables, name), path, errors) ? NULL : load_table(path, name, errors);
        if (table) {
            g_ptr_array_add(tables->tables, table);
        }
    }
}

static int compare_tables(const void *a, const void *b)
{
    const HtTable *const *one = a, *const *other = b;
    return strcmp((*one)->name, (*other)->name);
}

static void index_tables(HtTables *tables)
{
    g_ptr_array_sort(tables->tables, compare_tables);
    ht_lookup_init(&tables->table_names, tables->tables->len);
    for (guint i = 0; i < tables->tables->len; i++) {
        const char *name = ((const HtTable *)tables->tables->pdata[i])->name;
        ht_lookup_add(&tables->table_names, name, strlen(name), i);
    }
}

static void load_translations(HtTables *tables, const char *folder, GString *errors)
{
    g_autofree char *subfolder = g_build_filename(folder, "translate", NULL);
    g_autoptr(GPtrArray) names = list_folder(subfolder, true, errors);
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        g_autofree char *path = path_of(subfolder, name);
        HtTranslation *one = is_taken(find_shipped_translation(tables, name), path, errors)
                                 ? NULL
                                 : load_translation(tables, path, name, errors);
        if (one) {
            g_ptr_array_add(tables->translations, one);
        }
    }
}

static int compare_translations(const void *a, const void *b)
{
    const HtTranslation *const *one = a, *const *other = b;
    return strcmp((*one)->name, (*other)->name);
}

static void index_translations(HtTables *tables)
{
    g_ptr_array_sort(tables->translations, compare_translations);
    ht_lookup_init(&tables->translation_names, tables->translations->len);
    for (guint i = 0; i < tables->translations->len; i++) {
        const char *name = ((const HtTranslation *)tables->translations->pdata[i])->name;
        ht_lookup_add(&tables->translation_names, name, strlen(name), i);
    }
}

/* All tables before all translations: a site's may be into one that was shipped. */
HtTables *ht_tables_load(const char *folder, const char *site, GError **error)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    g_autoptr(HtTables) tables = g_new0(HtTables, 1);
    tables->tables = g_ptr_array_new_with_free_func(free_table);
    tables->translations = g_ptr_array_new_with_free_func(free_translation);
    bool has_site = site && g_file_test(site, G_FILE_TEST_EXISTS);
    tables->folders = has_site ? g_strdup_printf("%s, %s", folder, site) : g_strdup(folder);
    load_tables(tables, folder, false, errors);
    if (has_site) {
        load_tables(tables, site, true, errors);
    }
    index_tables(tables);
    load_translations(tables, folder, errors);
    if (has_site) {
        load_translations(tables, site, errors);
    }
    index_translations(tables);
    if (errors->len > 0) {
        g_string_truncate(errors, errors->len - 1); /* the last line break */
        g_set_error_literal(error, HT_TABLES_ERROR, HT_TABLES_ERROR_CONTENT, errors->str);
        return NULL;
    }
    return g_steal_pointer(&tables);
}

/* ---- Asking ---- */

const char *ht_tables_folders(const HtTables *tables)
{
    return tables->folders;
}

const HtTable *ht_tables_find(const HtTables *tables, const char *name)
{
    uint32_t index = ht_lookup_find(&tables->table_names, name, strlen(name));
    return index == HT_LOOKUP_NONE ? NULL : g_ptr_array_index(tables->tables, index);
}

guint ht_tables_count(const HtTables *tables)
{
    return tables->tables->len;
}

const HtTable *ht_tables_get(const HtTables *tables, guint index)
{
    return index < tables->tables->len ? g_ptr_array_index(tables->tables, index) : NULL;
}

const char *ht_table_name(const HtTable *table)
{
    return table->name;
}

guint ht_table_count(const HtTable *table)
{
    return table->count;
}

const HtTableEntry *ht_table_get(const HtTable *table, guint index)
{
    return index < table->count ? &table->entries[index] : NULL;
}

const HtTableEntry *ht_table_find(const HtTable *table, const char *code, size_t size)
{
    uint32_t index = ht_lookup_find(&table->by_code, code, size);
    return index == HT_LOOKUP_NONE ? NULL : &table->entries[index];
}

const HtTableEntry *ht_table_find_name(const HtTable *table, const char *zh, size_t size)
{
    uint32_t index = ht_lookup_find(&table->by_name, zh, size);
    return index >= AMBIGUOUS_NAME ? NULL : &table->entries[index];
}

const char *ht_table_extra(const HtTable *table, const HtTableEntry *entry, const char *column)
{
    int index = ht_tsv_column(table->tsv, column);
    return index < 0 ? NULL : entry->extra[index];
}

const HtTranslation *ht_tables_find_translation(const HtTables *tables, const char *name)
{
    uint32_t index = ht_lookup_find(&tables->translation_names, name, strlen(name));
    return index == HT_LOOKUP_NONE ? NULL : g_ptr_array_index(tables->translations, index);
}

guint ht_tables_n_translations(const HtTables *tables)
{
    return tables->translations->len;
}

const HtTranslation *ht_tables_translation(const HtTables *tables, guint index)
{
    return index < tables->translations->len ? g_ptr_array_index(tables->translations, index) : NULL;
}

const char *ht_translation_name(const HtTranslation *translation)
{
    return translation->name;
}

const HtTable *ht_translation_table(const HtTranslation *translation)
{
    return translation->table;
}

bool ht_translation_closed(const HtTranslation *translation)
{
    return translation->closed;
}

const HtTranslationEntry *ht_translation_find(const HtTranslation *translation, const char *from, size_t size)
{
    uint32_t index = ht_lookup_find(&translation->by_from, from, size);
    return index == HT_LOOKUP_NONE ? NULL : &translation->entries[index];
}
