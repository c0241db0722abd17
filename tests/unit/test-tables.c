/* mappings/engine/reference/tables: the shipped tables and translations are whole; wrong files are explained line by
 * line. */
#include "mappings/engine/reference/tables.h"

#include <glib/gstdio.h>

static HtTables *load(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "mappings", "tables", NULL);
    HtTables *tables = ht_tables_load(folder, NULL, &error);
    g_assert_no_error(error);
    return tables;
}

typedef struct {
    const char *table;
    unsigned rows;
} Rows;

static void test_tables_are_whole(void)
{
    static const Rows expected[] = {
        {"GA-324.1", 8},
        {"GA-T-2000.25", 3},
        {"GA-T-2000.27", 8},
        {"GA-T-517", 33},
        {"GB-T-2261.1", 4},
        {"GB-T-2261.2", 8},
        {"GB-T-2261.3", 4},
        {"GB-T-2261.4", 13},
        {"GB-T-3304", 59},
        {"GB-T-39046.satisfaction", 5},
        {"GB-T-4658", 40},
        {"GB-T-4761", 86},
        {"GB-T-4762", 13},
        {"HIP.service", 26},
        {"HL7.oid", 23},
        {"JR-T-0014", 7},
        {"LD-T-92.insurance-type", 12},
        {"LD-T-92.participation-status", 4},
        {"LD-T-92.payment-status", 3},
        {"WS-364.abo-blood", 5},
        {"WS-364.id-document", 8},
        {"education.id-document", 12},
        {"hukou.address-change-reason", 78},
        {"hukou.business-content", 20},
        {"hukou.change-range", 22},
        {"hukou.correction-category", 28},
        {"hukou.duplicate-id-handling", 10},
        {"hukou.move-out-reason", 79},
        {"hukou.move-reason", 157},
        {"hukou.person-status", 9},
        {"mca.id-document", 5},
        {"mca.marriage-type", 6},
        {"nciic.error", 21},
    };
    g_autoptr(HtTables) tables = load();
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_test_message("%s", expected[i].table);
        const HtTable *table = ht_tables_find(tables, expected[i].table);
        g_assert_nonnull(table);
        g_assert_cmpuint(ht_table_count(table), ==, expected[i].rows);
    }
    g_assert_null(ht_tables_find(tables, "GB-T-0000"));
}

static void test_every_code_is_found(void)
{
    g_autoptr(HtTables) tables = load();
    for (guint i = 0; i < ht_tables_count(tables); i++) {
        const HtTable *table = ht_tables_get(tables, i);
        g_assert_true(ht_tables_find(tables, ht_table_name(table)) == table);
        for (guint row = 0; row < ht_table_count(table); row++) {
            const HtTableEntry *entry = ht_table_get(table, row);
            g_assert_true(ht_table_find(table, entry->code, entry->code_size) == entry);
            const HtTableEntry *named = ht_table_find_name(table, entry->zh, entry->zh_size);
            g_assert_true(!named || named == entry);
        }
        g_assert_null(ht_table_get(table, ht_table_count(table)));
        g_assert_null(ht_table_find(table, "no such code", 12));
        g_assert_null(ht_table_find(table, "", 0));
    }
    g_assert_null(ht_tables_get(tables, ht_tables_count(tables)));
}

static void test_entries(void)
{
    g_autoptr(HtTables) tables = load();
    const HtTable *ethnic = ht_tables_find(tables, "GB-T-3304");
    const HtTableEntry *one = ht_table_find(ethnic, "05", 2);
    g_assert_cmpstr(one->zh, ==, "维吾尔族");
    g_assert_cmpstr(one->en, ==, "Uygur");
    g_assert_cmpstr(ht_table_extra(ethnic, one, "letter"), ==, "UG");
    g_assert_null(ht_table_extra(ethnic, one, "colour"));
    g_assert_cmpstr(ht_table_find(ethnic, "81", 2)->status, ==, "extension");
    const HtTable *errors = ht_tables_find(tables, "nciic.error");
    g_assert_cmpstr(ht_table_extra(errors, ht_table_find(errors, "-30", 3), "retry"), ==, "operator");
    g_assert_cmpstr(ht_table_extra(errors, ht_table_find(errors, "-10", 3), "retry"), ==, "retry");
    g_assert_cmpstr(ht_table_extra(errors, ht_table_find(errors, "-90", 3), "retry"), ==, "permanent");
    const HtTable *marital = ht_tables_find(tables, "GB-T-2261.2");
    g_assert_cmpstr(ht_table_find(marital, "22", 2)->parent, ==, "20");
    g_assert_cmpstr(ht_table_find_name(marital, "离婚", strlen("离婚"))->code, ==, "40");
}

/* 其他 stands at four codes of the correction categories. */
static void test_ambiguous_name_finds_none(void)
{
    g_autoptr(HtTables) tables = load();
    const HtTable *table = ht_tables_find(tables, "hukou.correction-category");
    g_assert_null(ht_table_find_name(table, "其他", strlen("其他")));
    g_assert_cmpstr(ht_table_find_name(table, "纠正重号", strlen("纠正重号"))->code, ==, "11");
}

/* The file of a translation. */
static HtTsv *load_rows(const char *translation)
{
    g_autofree char *name = g_strconcat(translation, ".tsv", NULL);
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "mappings", "tables", "translate", name, NULL);
    g_autoptr(GString) errors = g_string_new(NULL);
    HtTsv *rows = ht_tsv_load(path, errors);
    g_assert_cmpstr(errors->str, ==, "");
    return rows;
}

static void test_every_translation_row_is_found(void)
{
    g_autoptr(HtTables) tables = load();
    g_assert_cmpuint(ht_tables_n_translations(tables), >=, 25);
    for (guint i = 0; i < ht_tables_n_translations(tables); i++) {
        const HtTranslation *one = ht_tables_translation(tables, i);
        g_assert_true(ht_tables_find_translation(tables, ht_translation_name(one)) == one);
        /* One without rows says that nothing is known, and that the code must not be read as the table's. */
        g_autoptr(HtTsv) rows = load_rows(ht_translation_name(one));
        g_assert_true(ht_tsv_n_rows(rows) > 0 || ht_translation_closed(one));
        for (guint row = 0; row < ht_tsv_n_rows(rows); row++) {
            const char *from = ht_tsv_get(rows, row, ht_tsv_column(rows, "from"));
            const char *to = ht_tsv_get(rows, row, ht_tsv_column(rows, "to"));
            const HtTranslationEntry *entry = ht_translation_find(one, from, strlen(from));
            g_assert_cmpstr(entry->to->code, ==, to);
            g_assert_true(ht_table_find(ht_translation_table(one), to, strlen(to)) == entry->to);
        }
    }
    g_assert_null(ht_tables_find_translation(tables, "none"));
}

/* With 族 and without, for every people of the standard. */
static void test_ethnic_words_are_complete(void)
{
    g_autoptr(HtTables) tables = load();
    const HtTable *table = ht_tables_find(tables, "GB-T-3304");
    const HtTranslation *words = ht_tables_find_translation(tables, "ethnic.words");
    for (guint row = 0; row < ht_table_count(table); row++) {
        const HtTableEntry *entry = ht_table_get(table, row);
        g_assert_true(ht_translation_find(words, entry->zh, entry->zh_size)->to == entry);
        if (g_str_has_suffix(entry->zh, "族")) {
            g_assert_true(ht_translation_find(words, entry->zh, entry->zh_size - strlen("族"))->to == entry);
        }
    }
}

/* The standard's letters, which stand in the table, lead to their row by either translation. */
static void test_ethnic_letters_are_those_of_the_table(void)
{
    g_autoptr(HtTables) tables = load();
    const HtTable *table = ht_tables_find(tables, "GB-T-3304");
    const char *const names[] = {"ethnic.letters", "ethnic.words"};
    for (guint i = 0; i < ht_table_count(table) * G_N_ELEMENTS(names); i++) {
        const HtTableEntry *entry = ht_table_get(table, i / G_N_ELEMENTS(names));
        const HtTranslation *letters = ht_tables_find_translation(tables, names[i % G_N_ELEMENTS(names)]);
        const char *letter = ht_table_extra(table, entry, "letter");
        g_assert_true(ht_translation_find(letters, letter, strlen(letter))->to == entry);
    }
    g_assert_cmpstr(ht_table_extra(table, ht_table_find(table, "24", 2), "letter"), ==, "LH");
}

typedef struct {
    char *folder;
    char *translate;
} Scratch;

static void write_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static Scratch make_scratch(const char *table, const char *translation)
{
    Scratch scratch = {g_dir_make_tmp("ht-tables-XXXXXX", NULL), NULL};
    scratch.translate = g_build_filename(scratch.folder, "translate", NULL);
    g_assert_cmpint(g_mkdir(scratch.translate, 0700), ==, 0);
    write_file(scratch.folder, "T.tsv", table);
    write_file(scratch.translate, "w.tsv", translation);
    return scratch;
}

static void drop_scratch(Scratch *scratch)
{
    g_autofree char *table = g_build_filename(scratch->folder, "T.tsv", NULL);
    g_autofree char *translation = g_build_filename(scratch->translate, "w.tsv", NULL);
    g_remove(table);
    g_remove(translation);
    g_rmdir(scratch->translate);
    g_rmdir(scratch->folder);
    g_free(scratch->translate);
    g_free(scratch->folder);
}

static void test_table_errors_have_lines(void)
{
    g_autoptr(GError) error = NULL;
    Scratch scratch = make_scratch("# standard: T\ncode\tzh\ten\tstatus\tparent\n1\tone\n1\ttwice\n\tempty\n"
                                   "2\ttwo\t\told\n3\tthree\t\t\t9\n4\tfour\t\t\t\ttoo many\n",
                                   "# table: T\nfrom\tto\tmark\nx\t1\nx\t1\ny\t7\nz\t1\tno-mark\n");
    g_assert_null(ht_tables_load(scratch.folder, NULL, &error));
    drop_scratch(&scratch);
    g_assert_error(error, HT_TABLES_ERROR, HT_TABLES_ERROR_CONTENT);
    static const char *const expected[] = {
        "T.tsv:4: error: code stands twice",
        "T.tsv:5: error: empty code",
        "T.tsv:6: error: status",
        "T.tsv:7: error: parent",
        "T.tsv:8: error: more fields",
        "w.tsv:4: error: `from`",
        "w.tsv:5: error: `to`",
        "w.tsv:6: error: unknown mark",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_test_message("%s", expected[i]);
        g_assert_nonnull(strstr(error->message, expected[i]));
    }
}

static void test_headers_are_required(void)
{
    g_autoptr(GError) error = NULL;
    Scratch scratch = make_scratch("code\tzh\n1\tone\n", "# table: U\nfrom\tto\nx\t1\n");
    g_assert_null(ht_tables_load(scratch.folder, NULL, &error));
    drop_scratch(&scratch);
    g_assert_nonnull(strstr(error->message, "T.tsv:1: error: a table needs"));
    g_assert_nonnull(strstr(error->message, "w.tsv:1: error: a translation needs"));
    g_clear_error(&error);
    g_assert_null(ht_tables_load("/nonexistent", NULL, &error));
    g_assert_nonnull(error);
}

static void test_carriage_returns_and_short_rows(void)
{
    g_autoptr(GError) error = NULL;
    Scratch scratch = make_scratch("# standard: T\r\ncode\tzh\ten\r\n1\tone\r\n",
                                   "# table: T\n# closed: yes\nfrom\tto\tmark\nx\t1\tcode-approximate");
    g_autoptr(HtTables) tables = ht_tables_load(scratch.folder, NULL, &error);
    g_assert_no_error(error);
    drop_scratch(&scratch);
    const HtTable *table = ht_tables_find(tables, "T");
    g_assert_cmpstr(ht_table_find(table, "1", 1)->zh, ==, "one");
    g_assert_cmpstr(ht_table_find(table, "1", 1)->en, ==, "");
    const HtTranslation *words = ht_tables_find_translation(tables, "w");
    g_assert_true(ht_translation_closed(words));
    const HtTranslationEntry *row = ht_translation_find(words, "x", 1);
    g_assert_true(row->has_mark && row->mark == HT_MARK_CODE_APPROXIMATE);
}

static void test_lookup(void)
{
    HtLookup lookup;
    ht_lookup_init(&lookup, 3);
    g_assert_true(ht_lookup_add(&lookup, "one", 3, 1));
    g_assert_true(ht_lookup_add(&lookup, "a key of more than sixteen bytes", 32, 2));
    g_assert_false(ht_lookup_add(&lookup, "one", 3, 9));
    g_assert_true(ht_lookup_add(&lookup, "", 0, 3));
    g_assert_cmpuint(ht_lookup_find(&lookup, "one two", 3), ==, 1);
    g_assert_cmpuint(ht_lookup_find(&lookup, "a key of more than sixteen bytes", 32), ==, 2);
    g_assert_cmpuint(ht_lookup_find(&lookup, "", 0), ==, 3);
    g_assert_cmpuint(ht_lookup_find(&lookup, "on", 2), ==, HT_LOOKUP_NONE);
    ht_lookup_clear(&lookup);
    g_assert_cmpuint(ht_lookup_find(&lookup, "one", 3), ==, HT_LOOKUP_NONE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tables/shipped-ones-are-whole", test_tables_are_whole);
    g_test_add_func("/tables/every-code-is-found", test_every_code_is_found);
    g_test_add_func("/tables/entries-have-names-parents-and-columns", test_entries);
    g_test_add_func("/tables/ambiguous-name-finds-none", test_ambiguous_name_finds_none);
    g_test_add_func("/tables/every-translation-row-is-found", test_every_translation_row_is_found);
    g_test_add_func("/tables/ethnic-words-are-complete", test_ethnic_words_are_complete);
    g_test_add_func("/tables/ethnic-letters-are-those-of-the-table",
                    test_ethnic_letters_are_those_of_the_table);
    g_test_add_func("/tables/load/errors-have-lines", test_table_errors_have_lines);
    g_test_add_func("/tables/load/headers-are-required", test_headers_are_required);
    g_test_add_func("/tables/load/carriage-returns-and-short-rows", test_carriage_returns_and_short_rows);
    g_test_add_func("/tables/lookup-finds-what-was-added", test_lookup);
    return g_test_run();
}
