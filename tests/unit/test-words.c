/* A site's own words beside the shipped ones: event types, groups, elements, tables, translations, divisions; none gives a shipped name
 * another meaning. */
#include "core/base/paths.h"
#include "mappings/engine/reference/reference.h"
#include "tests/lib/tree.h"

#include <glib/gstdio.h>
#include <string.h>

static char *folder; /* the site's, of the test at work */

static void put(const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *above = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(above, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* What is wrong with shipped and site together; NULL when nothing is. */
static char *load(HtReference *reference)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *data = ht_paths_data(NULL);
    const HtWords words = {data, folder};
    *reference = (HtReference){0};
    bool good = ht_reference_load(reference, &words, &error);
    g_assert_true(good == !error);
    return error ? g_strdup(error->message) : NULL;
}

static void begin(void)
{
    folder = g_dir_make_tmp("ht-words-XXXXXX", NULL);
}

static void end(HtReference *reference)
{
    ht_reference_clear(reference);
    tree_remove(folder);
    g_clear_pointer(&folder, g_free);
}

#define DICTIONARY(content) \
    "<dictionary xmlns='urn:hutong:dictionary:1' edition='1.0'>\n" content "</dictionary>"
#define METER                                                                                                          \
    "<group name='meter' zh='水表'>\n"                                                                               \
    "<element name='kind' zh='水表类别' type='code' length='2' table='meter.kind' sensitivity='0' mask='none'/>\n" \
    "</group>\n"
#define TYPE(groups)                                                                                        \
    "<eventType name='meter.read' version='1' zh='抄表' direction='return' about='account' groups='" groups \
    "'/>\n"
#define TABLE "# standard: none\ncode\tzh\n1\t冷水\n"

static void test_a_sites_words_stand_beside_the_shipped(void)
{
    HtReference reference;
    begin();
    put("dictionary.d/water.xml", DICTIONARY(METER TYPE("person meter")));
    put("dictionary.d/person.xml",
        DICTIONARY("<group name='person' zh='人员'>\n"
                   "<element name='waterAccount' zh='用水户号' type='string' length='20' sensitivity='1' "
                   "mask='last4'/></group>\n"));
    put("dictionary.d/notes.txt", "no dictionary");
    put("tables/meter.kind.tsv", TABLE);
    put("tables/translate/meter.words.tsv", "# table: meter.kind\nfrom\tto\n冷\t1\n");
    put("tables/translate/sex.water.tsv", "# table: GB-T-2261.1\n# closed: yes\nfrom\tto\nM\t1\n");
    put("divisions/local.tsv", "code\tzh\n440104777001\t试验社区\n");
    g_autofree char *wrong = load(&reference);
    g_assert_cmpstr(wrong, ==, NULL);
    const HtDictionary *dictionary = reference.dictionary;
    g_assert_nonnull(ht_dictionary_find(dictionary, "meter.kind", strlen("meter.kind")));
    g_assert_nonnull(ht_dictionary_find_event_type(dictionary, "meter.read.v1", strlen("meter.read.v1")));
    g_assert_nonnull(ht_dictionary_find_event_type(dictionary, "person.born.v1", strlen("person.born.v1")));
    /* a group's elements stand together, the site's last, and each has its own place */
    const HtElement *added = ht_dictionary_find(dictionary, "person.waterAccount", 19);
    g_assert_true(added && ht_dictionary_element(dictionary, added->index) == added);
    const HtElement *before = ht_dictionary_element(dictionary, added->index - 1),
                    *behind = ht_dictionary_element(dictionary, added->index + 1);
    g_assert_cmpstr(before->group, ==, "person");
    g_assert_cmpstr(behind->group, !=, "person");
    g_assert_true(ht_dictionary_find_group(dictionary, "person", 6)->group == added->group);
    g_assert_nonnull(strstr(added->file, "person.xml"));
    g_assert_nonnull(strstr(ht_dictionary_files(dictionary), "dictionary.xml, "));
    g_assert_nonnull(ht_tables_find(reference.tables, "meter.kind"));
    g_assert_nonnull(ht_tables_find_translation(reference.tables, "meter.words"));
    g_assert_true(ht_translation_closed(ht_tables_find_translation(reference.tables, "sex.water")));
    for (guint i = 0; i + 1 < ht_tables_count(reference.tables); i++) {
        g_assert_cmpstr(ht_table_name(ht_tables_get(reference.tables, i)), <,
                        ht_table_name(ht_tables_get(reference.tables, i + 1)));
    }
    HtDivisionInfo info;
    g_assert_true(ht_division_check(reference.divisions, "440104777001", 12, &info) && info.exact);
    end(&reference);
}

/* A later version ships what the site had: the site's files may stay. */
static void test_the_same_may_be_said_again(void)
{
    HtReference reference;
    begin();
    g_autofree char *shipped = ht_paths_data("tables/GB-T-2261.1.tsv"), *bytes = NULL;
    g_assert_true(g_file_get_contents(shipped, &bytes, NULL, NULL));
    put("tables/GB-T-2261.1.tsv", bytes);
    put("tables/meter.kind.tsv", TABLE);
    put("dictionary.d/a.xml", DICTIONARY(METER TYPE("meter")));
    put("dictionary.d/b.xml", DICTIONARY(METER TYPE("meter")));
    put("dictionary.d/c.xml",
        DICTIONARY("<group name='person' zh='人员'><element name='name' zh='姓名' type='string' length='50' "
                   "sensitivity='1' mask='name'/></group>\n"));
    g_autofree char *wrong = load(&reference);
    g_assert_cmpstr(wrong, ==, NULL);
    end(&reference);
}

static void test_no_name_gets_another_meaning(void)
{
    static const struct {
        const char *file, *text, *told;
    } cases[] = {
        {"dictionary.d/a.xml",
         DICTIONARY(
             "<group name='person' zh='人员'>\n<element name='name' zh='姓名' type='string' length='50' "
             "sensitivity='0' mask='none'/></group>\n"),
         "a.xml:3: error: element \"person.name\" means something else in "},
        {"dictionary.d/a.xml",
         DICTIONARY("<group name='person' zh='人'><element name='x' zh='某' type='string' length='5' "
                    "sensitivity='0' mask='none'/></group>\n"),
         "a.xml:2: error: group \"person\" means something else in "},
        {"dictionary.d/a.xml",
         DICTIONARY("<group name='person' zh='人员' repeats='yes'><element name='x' zh='某' type='string' "
                    "length='5' sensitivity='0' mask='none'/></group>\n"),
         "group \"person\" means something else"},
        {"dictionary.d/a.xml",
         DICTIONARY(
             "<eventType name='person.born' version='2' zh='出生' direction='return' groups='person'/>\n"),
         "a.xml:2: error: event type \"person.born\" means something else in "},
        {"dictionary.d/a.xml", DICTIONARY("<mark name='my-mark' zh='某' text='some'/>\n"),
         "a.xml:2: error: quality marks are set by the program"},
        {"dictionary.d/a.xml", DICTIONARY(TYPE("person nobody")),
         "event type carries an unknown group \"nobody\""},
        {"dictionary.d/a.xml", DICTIONARY("<group name='Person' zh='人员'/>\n"), "a.xml:2: error: "},
        {"dictionary.d/a.xml", "<dictionary", "a.xml:1: error: "},
        {"dictionary.d/a.xml", "", "a.xml:1: error: "},
        {"dictionary.d/a.xml", DICTIONARY(METER),
         "a.xml:3: error: element \"meter.kind\": there is no code table \"meter.kind\" in "},
        {"tables/GB-T-2261.1.tsv", TABLE, "GB-T-2261.1.tsv has that name: say the same, or take another"},
        {"tables/translate/sex.words.tsv", "# table: GB-T-2261.1\nfrom\tto\nM\t1\n",
         "sex.words.tsv has that name"},
        {"tables/mine.tsv", "code\tzh\n1\tx\n", "mine.tsv:1: error: a table needs"},
        {"tables/translate/mine.tsv", "# table: nothing\nfrom\tto\n",
         "mine.tsv:1: error: a translation needs"},
        {"divisions/mine.tsv", "code\tzh\n12\tx\n", "mine.tsv:2: error: code is not 6, 9, 12 or 14 digits"},
        {"dictionary.d", "a file, and no folder", "dictionary.d:1: error: "},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtReference reference;
        begin();
        put(cases[i].file, cases[i].text);
        g_autofree char *wrong = load(&reference);
        g_test_message("%s: %s", cases[i].told, wrong);
        g_assert_true(wrong && strstr(wrong, cases[i].told) && strstr(wrong, folder));
        end(&reference);
    }
}

/* Of two files, each with two slips. */
static void test_all_is_told_at_once(void)
{
    HtReference reference;
    begin();
    put("dictionary.d/a.xml", DICTIONARY(TYPE("one two")));
    put("dictionary.d/b.xml", "<dictionary");
    put("dictionary.d/c.xml", DICTIONARY("<mark name='my-mark' zh='某' text='some'/>\n"));
    g_autofree char *wrong = load(&reference);
    g_assert_nonnull(strstr(wrong, "unknown group \"one\""));
    g_assert_nonnull(strstr(wrong, "unknown group \"two\""));
    g_assert_nonnull(strstr(wrong, "b.xml:1: error"));
    g_assert_nonnull(strstr(wrong, "c.xml:2: error"));
    end(&reference);
}

static void test_words_are_found_beside_a_mapping(void)
{
    begin();
    g_autofree char *mapping = g_build_filename(folder, "m.xml", NULL);
    g_assert_null(ht_words_beside(mapping, "/data"));
    put("tables/x.tsv", TABLE);
    g_autofree char *found = ht_words_beside(mapping, "/data");
    g_assert_cmpstr(found, ==, folder);
    g_assert_null(ht_words_beside(mapping, folder)); /* the shipped ones are no site's */
    g_autofree char *tree = g_build_filename(g_getenv("HUTONG_SRCDIR"), "mappings", "hukou.xml", NULL);
    g_assert_null(ht_words_beside(tree, "/data")); /* nor are those of the tree */
    tree_remove(folder);
    g_clear_pointer(&folder, g_free);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/words/a-sites-words-stand-beside-the-shipped",
                    test_a_sites_words_stand_beside_the_shipped);
    g_test_add_func("/words/the-same-may-be-said-again", test_the_same_may_be_said_again);
    g_test_add_func("/words/no-name-gets-another-meaning", test_no_name_gets_another_meaning);
    g_test_add_func("/words/all-is-told-at-once", test_all_is_told_at_once);
    g_test_add_func("/words/are-found-beside-a-mapping", test_words_are_found_beside_a_mapping);
    return g_test_run();
}
