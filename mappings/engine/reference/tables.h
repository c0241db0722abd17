/* Code tables (mappings/tables/NAME.tsv) and translations into them (mappings/tables/translate/NAME.tsv),
 * and the reader of their tab-separated form, which the divisions use too. Loaded at start in the host,
 * the bus and the tools; never changed afterwards, so any thread may read. Form of the files:
 * mappings/README.md. */
#pragma once

#include <glib.h>

#include "core/base/buffer.h"
#include "mappings/engine/reference/dictionary.h"
#include "mappings/engine/reference/lookup.h"

/* ---- Tables ---- */

typedef struct HtTables HtTables;
typedef struct HtTable HtTable;
typedef struct HtTranslation HtTranslation;

typedef struct {
    const char *code;
    const char *zh;
    const char *en;           /* "" when none */
    const char *status;       /* "" in force, "deprecated" or "extension" (not in the standard) */
    const char *parent;       /* code of the broader entry, or "" */
    const char *const *extra; /* the whole row as in the file, see ht_table_extra() */
    uint16_t code_size, zh_size;
} HtTableEntry;

/* Reads every *.tsv of the folder and of its translate/, and of the site's folder (NULL, or not there: none), which gives no name
 * another content. transfer full. NULL with HT_TABLES_ERROR: all
 * errors at once, `file:line: error: …`, one a line. */
HtTables *ht_tables_load(const char *folder, const char *site, GError **error);
void ht_tables_free(HtTables *tables);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtTables, ht_tables_free)

/* "A, B": the folders that they were read from. */
const char *ht_tables_folders(const HtTables *tables);

/* A table by its file's name without .tsv ("GB-T-2261.1"), or NULL. Ask at start, not per record. */
const HtTable *ht_tables_find(const HtTables *tables, const char *name);
guint ht_tables_count(const HtTables *tables);
const HtTable *ht_tables_get(const HtTables *tables, guint index); /* in name order; NULL beyond the end */

const char *ht_table_name(const HtTable *table);
guint ht_table_count(const HtTable *table);
const HtTableEntry *ht_table_get(const HtTable *table, guint index); /* in file order, or NULL */

/* The entry of this code, exactly, or NULL. About 15 ns; `code` need not end in NUL. */
const HtTableEntry *ht_table_find(const HtTable *table, const char *code, size_t size);

/* The entry of this Chinese name, exactly, or NULL. A name that stands at several codes finds none: no
 * guessing. */
const HtTableEntry *ht_table_find_name(const HtTable *table, const char *zh, size_t size);

/* A further column's value ("retry"), or NULL when the table has no such column. */
const char *ht_table_extra(const HtTable *table, const HtTableEntry *entry, const char *column);

/* ---- Translations: one source's codes or words into a table ---- */

typedef struct {
    const char *from;
    const HtTableEntry *to;
    bool has_mark;
    HtMark mark; /* to set when this row is used; only when has_mark */
    uint16_t from_size;
} HtTranslationEntry;

/* A translation by its file's name without .tsv ("sex.words"), or NULL. */
const HtTranslation *ht_tables_find_translation(const HtTables *tables, const char *name);
guint ht_tables_n_translations(const HtTables *tables);
const HtTranslation *ht_tables_translation(const HtTables *tables, guint index); /* in name order, or NULL */

const char *ht_translation_name(const HtTranslation *translation);
const HtTable *ht_translation_table(const HtTranslation *translation); /* into which; never NULL */

/* Closed: the source has its own numbers, and one that is missing here must not be read as the standard's. */
bool ht_translation_closed(const HtTranslation *translation);

/* The row for this word or code, exactly, or NULL. */
const HtTranslationEntry *ht_translation_find(const HtTranslation *translation, const char *from,
                                              size_t size);

/* ---- Tab-separated files ---- */

typedef struct HtTsv HtTsv;

/* Reads a whole file: `# key: value` lines first, then a line of column names, then the rows. Lines are
 * UTF-8; a row has exactly as many fields as there are columns, or fewer, which are then "". Errors are
 * appended to `errors`; NULL when nothing can be used. transfer full. */
HtTsv *ht_tsv_load(const char *path, GString *errors);
void ht_tsv_free(HtTsv *tsv);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtTsv, ht_tsv_free)

const char *ht_tsv_header(const HtTsv *tsv, const char *key); /* value of `# key: value`, or NULL */
int ht_tsv_column(const HtTsv *tsv, const char *name);        /* number of the column, or -1 */
guint ht_tsv_n_rows(const HtTsv *tsv);
const char *ht_tsv_get(const HtTsv *tsv, guint row, int column); /* "" for a missing field or column -1 */
guint ht_tsv_line(const HtTsv *tsv, guint row);
const char *ht_tsv_path(const HtTsv *tsv);

typedef enum {
    HT_TABLES_ERROR_READ,
    HT_TABLES_ERROR_CONTENT,
} HtTablesError;

#define HT_TABLES_ERROR (ht_tables_error_quark())
GQuark ht_tables_error_quark(void);
