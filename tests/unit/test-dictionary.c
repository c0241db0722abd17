/* mappings/engine/reference/dictionary: the shipped dictionary is whole, every element is found, a wrong file is
 * explained. */
#include "mappings/engine/reference/dictionary.h"
#include "mappings/engine/reference/tables.h"

#include <glib/gstdio.h>

static char *source_file(const char *name)
{
    return g_test_build_filename(G_TEST_DIST, "mappings", name, NULL);
}

static HtDictionary *load(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = source_file("dictionary.xml");
    g_autofree char *schema = source_file("dictionary.rng");
    HtDictionary *dictionary = ht_dictionary_load(path, schema, NULL, &error);
    g_assert_no_error(error);
    return dictionary;
}

static const HtElement *find(const HtDictionary *dictionary, const char *name)
{
    return ht_dictionary_find(dictionary, name, strlen(name));
}

static void test_element_has_its_attributes(void)
{
    g_autoptr(HtDictionary) dictionary = load();
    const HtElement *one = find(dictionary, "person.idNumber");
    g_assert_nonnull(one);
    g_assert_cmpstr(one->group, ==, "person");
    g_assert_cmpstr(one->element, ==, "idNumber");
    g_assert_cmpstr(one->zh, ==, "公民身份号码");
    g_assert_cmpstr(one->authority, ==, "police");
    g_assert_cmpint(one->type, ==, HT_TYPE_ID_NUMBER);
    g_assert_cmpint(one->mask, ==, HT_MASK_ID_NUMBER);
    g_assert_cmpuint(one->sensitivity, ==, 2);
    g_assert_false(one->repeats);
    one = find(dictionary, "person.sex");
    g_assert_cmpstr(one->table, ==, "GB-T-2261.1");
    g_assert_true(find(dictionary, "guardian.name")->repeats);
    g_assert_true(find(dictionary, "person.idValidTo")->open_ended);
    g_assert_false(find(dictionary, "person.birthDate")->open_ended);
    g_assert_cmpuint(find(dictionary, "person.photo")->sensitivity, ==, 3);
}

static void test_every_element_is_found(void)
{
    g_autoptr(HtDictionary) dictionary = load();
    uint32_t count = ht_dictionary_n_elements(dictionary);
    g_assert_cmpuint(count, >, 400);
    for (uint32_t i = 0; i < count; i++) {
        const HtElement *one = ht_dictionary_element(dictionary, i);
        g_assert_true(ht_dictionary_find(dictionary, one->name, one->name_size) == one);
        g_assert_cmpuint(one->index, ==, i);
        g_assert_cmpuint(strlen(one->name), ==, one->name_size);
        const HtElement *first = ht_dictionary_find_group(dictionary, one->group, one->group_size);
        g_assert_true(first && first->group == one->group && first->index <= i);
    }
    g_assert_null(ht_dictionary_element(dictionary, count));
    g_assert_null(find(dictionary, "person.idnumber"));
    g_assert_null(find(dictionary, "person"));
    g_assert_null(ht_dictionary_find(dictionary, "person.idNumberX", 14));
    g_assert_nonnull(ht_dictionary_find(dictionary, "person.idNumberX", 15));
    g_assert_null(ht_dictionary_find(dictionary, NULL, 0));
}

/* A masked element shows something only if its mask knows its form; what is sensitive is never unmasked. */
static void test_personal_elements_have_a_mask(void)
{
    g_autoptr(HtDictionary) dictionary = load();
    for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
        const HtElement *one = ht_dictionary_element(dictionary, i);
        g_test_message("%s", one->name);
        g_assert_true((one->sensitivity == 0) == (one->mask == HT_MASK_NONE));
        bool year_of_date = one->mask != HT_MASK_YEAR || one->type == HT_TYPE_DATE;
        g_assert_true(year_of_date);
    }
}

static void test_tables_exist(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = source_file("tables");
    g_autoptr(HtTables) tables = ht_tables_load(folder, NULL, &error);
    g_assert_no_error(error);
    g_autoptr(HtDictionary) dictionary = load();
    for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
        const HtElement *one = ht_dictionary_element(dictionary, i);
        if (one->table) {
            g_test_message("%s", one->name);
            const HtTable *table = ht_tables_find(tables, one->table);
            g_assert_nonnull(table);
            g_assert_cmpuint(ht_table_get(table, 0)->code_size, <=, one->max_length);
        }
    }
}

/* How often the file itself says it. */
static uint32_t count_in_file(const char *what)
{
    g_autofree char *path = source_file("dictionary.xml");
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) pieces = g_strsplit(text, what, -1);
    return g_strv_length(pieces) - 1;
}

static void test_event_types(void)
{
    g_autoptr(HtDictionary) dictionary = load();
    const HtEventType *one = ht_dictionary_find_event_type(dictionary, "person.moved-in", 15);
    g_assert_nonnull(one);
    g_assert_cmpstr(one->direction, ==, "return");
    g_assert_cmpstr(one->department, ==, "police");
    g_assert_cmpuint(one->version, ==, 1);
    g_assert_true(g_strv_contains(one->groups, "move"));
    g_assert_true(ht_dictionary_find_event_type(dictionary, "person.moved-in.v1", 18) == one);
    g_assert_null(ht_dictionary_find_event_type(dictionary, "person.moved-in.v2", 18));
    g_assert_null(ht_dictionary_find_event_type(dictionary, "person.moved-in.v", 17));
    g_assert_null(ht_dictionary_find_event_type(dictionary, "v1", 2));
    g_assert_true(ht_dictionary_find_event_type(dictionary, "justice.correction-started", 26)->restricted);
    g_assert_false(one->restricted);
    g_assert_cmpuint(ht_dictionary_n_event_types(dictionary), ==, count_in_file("<eventType "));
    for (uint32_t i = 0; i < ht_dictionary_n_event_types(dictionary); i++) {
        one = ht_dictionary_event_type(dictionary, i);
        g_assert_true(ht_dictionary_find_event_type(dictionary, one->name, strlen(one->name)) == one);
        g_assert_nonnull(one->groups[0]);
    }
}

/* What nobody gets who does not name it: all of justice, and what tells of somebody's illness, adoption, drugs, debts or standing with the police;
 * and warnings that are none. */
static void test_restricted(void)
{
    static const char *const others[] = {
        "person.death-hinted",
        "health.infectious-reported",
        "health.infectious-closed",
        "health.maternal-registered",
        "health.maternal-death",
        "health.maternal-closed",
        "health.psychosis-closed",
        "health.psychosis-registered",
        "adoption.registered",
        "adoption.dissolved",
        "adoption.revoked",
        "child.welfare-granted",
        "child.welfare-ended",
        "community.key-person-recorded",
        "community.key-person-removed",
        "housing.seizure-registered",
        "housing.seizure-lifted",
        "housing.mortgage-registered",
        "housing.mortgage-cancelled",
        "tax.payment-ordered",
        "finance.fine-paid",
        "alert.tested",
        "alert.internal",
    };
    g_autoptr(HtDictionary) dictionary = load();
    unsigned of_justice = 0;
    for (uint32_t i = 0; i < ht_dictionary_n_event_types(dictionary); i++) {
        const HtEventType *one = ht_dictionary_event_type(dictionary, i);
        bool justice = g_str_has_prefix(one->name, "justice.");
        g_assert_true(one->restricted || !justice);
        of_justice += justice;
    }
    g_assert_cmpuint(of_justice, >=, 9);
    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        const HtEventType *one = ht_dictionary_find_event_type(dictionary, others[i], strlen(others[i]));
        g_assert_true(one && one->restricted);
    }
}

/* Alerts do, all of them; and nothing that a person waits for. */
static void test_what_overtakes(void)
{
    g_autoptr(HtDictionary) dictionary = load();
    unsigned overtaking = 0;
    for (uint32_t i = 0; i < ht_dictionary_n_event_types(dictionary); i++) {
        const HtEventType *one = ht_dictionary_event_type(dictionary, i);
        g_assert_true(one->overtakes == ht_event_type_is_about(one, "alert"));
        overtaking += one->overtakes;
    }
    g_assert_cmpuint(overtaking, >=, 5);
}

static void test_marks(void)
{
    g_autoptr(HtDictionary) dictionary = load();
    g_assert_cmpuint(ht_dictionary_n_marks(dictionary), ==, HT_MARK_COUNT_);
    for (int i = 0; i < HT_MARK_COUNT_; i++) {
        const char *name = ht_mark_name((HtMark)i);
        const HtMarkInfo *info = ht_dictionary_find_mark(dictionary, name, strlen(name));
        g_assert_nonnull(info);
        g_assert_cmpstr(info->name, ==, name);
        g_assert_cmpstr(info->zh, !=, "");
    }
    g_assert_null(ht_mark_name(HT_MARK_COUNT_));
    HtMask mask = HT_MASK_NONE;
    g_assert_true(ht_mask_from_name("last4", &mask) && mask == HT_MASK_LAST4);
    g_assert_false(ht_mask_from_name("all", &mask));
    g_assert_cmpint(mask, ==, HT_MASK_LAST4);
    g_assert_cmpstr(ht_type_name(HT_TYPE_ID_NUMBER), ==, "idNumber");
    g_assert_null(ht_type_name(HT_TYPE_COUNT_));
}

/* The message that this file gives; NULL when it loads. */
static char *message_of(const char *text, bool with_schema)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("ht-dictionary-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "d.xml", NULL);
    g_autofree char *schema = source_file("dictionary.rng");
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_autoptr(HtDictionary) dictionary = ht_dictionary_load(path, with_schema ? schema : NULL, NULL, &error);
    g_remove(path);
    g_rmdir(folder);
    g_assert_true((dictionary == NULL) == (error != NULL));
    return error ? g_strdup(error->message) : NULL;
}

static void test_grammar_errors_have_lines(void)
{
    g_autofree char *message =
        message_of("<dictionary xmlns='urn:hutong:dictionary:1' edition='1.0'>\n"
                   "<group name='person' zh='人员'>\n"
                   "<element name='Name' zh='姓名' type='text' length='5' sensitivity='4'"
                   " mask='name'/>\n</group></dictionary>",
                   true);
    g_assert_nonnull(message);
    g_assert_nonnull(strstr(message, "d.xml:3: error: "));
}

static void test_all_errors_at_once(void)
{
    g_autofree char *message = message_of(
        "<dictionary xmlns='urn:hutong:dictionary:1' edition='1.0'>\n"
        "<group name='a' zh='甲'>\n"
        "<element name='x' zh='甲' type='string' sensitivity='1' mask='hide'/>\n"
        "<element name='x' zh='甲' type='string' sensitivity='1' mask='hide'/>\n"
        "<element name='y' zh='乙' type='text' sensitivity='1' mask='none' table='T'/></group>\n"
        "<group name='a' zh='甲'><element name='z' zh='甲' type='date' sensitivity='1' mask='year'/></group>\n"
        "<eventType name='a.b' version='1' zh='甲' direction='return' groups='a c'/>\n"
        "<eventType name='a.c' version='1' zh='甲' direction='return' groups='a' about='case person' overtakes='yes'/>\n"
        "<eventType name='a.d' version='1' zh='甲' direction='return' groups='a' about='alert' overtakes='yes'/>\n"
        "</dictionary>",
        false);
    g_assert_nonnull(message);
    g_assert_nonnull(strstr(message, "d.xml:4: error: element stands twice: \"a.x\""));
    g_assert_nonnull(strstr(message, "d.xml:5: error: unknown value \"text\""));
    g_assert_nonnull(strstr(message, "d.xml:5: error: a table, but not of type code: \"a.y\""));
    g_assert_nonnull(strstr(message, "d.xml:6: error: group stands twice: \"a\""));
    g_assert_nonnull(strstr(message, "d.xml:7: error: event type carries an unknown group \"c\""));
    g_assert_nonnull(
        strstr(message, "d.xml:8: error: event type overtakes, and another about the same subject"));
    g_assert_null(strstr(message, "d.xml:9: "));
    g_assert_nonnull(strstr(message, "missing: \"id-check-failed\""));
}

static void test_unreadable_files(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_dictionary_load("/nonexistent/dictionary.xml", NULL, NULL, &error));
    g_assert_error(error, HT_DICTIONARY_ERROR, HT_DICTIONARY_ERROR_READ);
    g_autofree char *message = message_of("<dictionary", false);
    g_assert_nonnull(strstr(message, "d.xml:1: error: "));
    g_autofree char *foreign = message_of("<dictionary/>", false);
    g_assert_nonnull(strstr(foreign, "the root is not dictionary"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dictionary/element-has-its-attributes", test_element_has_its_attributes);
    g_test_add_func("/dictionary/every-element-is-found", test_every_element_is_found);
    g_test_add_func("/dictionary/personal-elements-have-a-mask", test_personal_elements_have_a_mask);
    g_test_add_func("/dictionary/tables-exist", test_tables_exist);
    g_test_add_func("/dictionary/event-types", test_event_types);
    g_test_add_func("/dictionary/restricted-types", test_restricted);
    g_test_add_func("/dictionary/what-overtakes", test_what_overtakes);
    g_test_add_func("/dictionary/marks-are-those-of-the-program", test_marks);
    g_test_add_func("/dictionary/load/grammar-errors-have-lines", test_grammar_errors_have_lines);
    g_test_add_func("/dictionary/load/all-errors-at-once", test_all_errors_at_once);
    g_test_add_func("/dictionary/load/explains-unreadable-files", test_unreadable_files);
    return g_test_run();
}
