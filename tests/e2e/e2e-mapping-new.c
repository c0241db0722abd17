/* `hutong mapping new` over every fixture payload of the tree: what it writes compiles and takes the payload at once, has a reason for each
 * guess, reads no code on a guess, and holds nothing of what was sent. And what is no payload is told. */
#include "tests/lib/busproc.h"
#include "tests/lib/data.h"
#include "tests/lib/places.h"

#include <glib/gstdio.h>
#include <string.h>

static char *folder;

static char *in_folder(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static void put(const char *name, const char *text)
{
    g_autofree char *path = in_folder(name);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void begin(void)
{
    folder = g_dir_make_tmp("hutong-new-XXXXXX", NULL);
}

static void end(void)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = in_folder(name);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_clear_pointer(&folder, g_free);
}

/* ---- All fixtures ---- */

static void list_payloads(const char *path, GPtrArray *payloads)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        if (g_file_test(below, G_FILE_TEST_IS_DIR)) {
            list_payloads(below, payloads);
        } else if (strstr(below, "/fixtures/") && name[0] != '.' && !g_str_has_suffix(name, ".json") &&
                   !g_str_has_suffix(name, ".md")) {
            g_ptr_array_add(payloads, g_steal_pointer(&below));
        }
    }
}

/* Without its comments. */
static char *strip_comments(const char *text)
{
    g_autoptr(GRegex) comment = g_regex_new("<!--.*?-->", G_REGEX_DOTALL, 0, NULL);
    return g_regex_replace(comment, text, -1, 0, "", 0, NULL);
}

/* Each element stands below its reason, and none is a code that would be read by a table. */
static void check_guesses(const HtDictionary *dictionary, const char *text)
{
    g_autofree char *bare = strip_comments(text);
    g_auto(GStrv) lines = g_strsplit(bare, "\n", -1);
    g_autoptr(GRegex) target = g_regex_new("<element to=\"([^\"]+)\" from=\"([^\"]+)\"", 0, 0, NULL);
    for (unsigned i = 0; lines[i]; i++) {
        g_autoptr(GMatchInfo) match = NULL;
        if (!g_regex_match(target, lines[i], 0, &match)) {
            continue;
        }
        g_autofree char *to = g_match_info_fetch(match, 1), *from = g_match_info_fetch(match, 2);
        g_autofree char *reason = g_strdup_printf("<!-- %s: ", from);
        const HtElement *element = ht_dictionary_find(dictionary, to, strlen(to));
        g_assert_nonnull(element);
        g_assert_false(element->type == HT_TYPE_CODE && element->table);
        g_assert_nonnull(strstr(text, reason));
    }
}

/* A number of eighteen figures, or a sample person's name. */
static bool holds_a_person(const char *text)
{
    g_autoptr(GRegex) person = g_regex_new("[0-9]{15}|测试[甲乙丙丁戊己庚]", 0, 0, NULL);
    return g_regex_match(person, text, 0, NULL);
}

/* True when there was a mapping to make. The command has tried it itself; with `maps` it is tried by the other one, too. */
static bool check_payload(const HtDictionary *dictionary, const char *payload, bool maps)
{
    g_autofree char *file = in_folder("new.xml"), *told = NULL, *mapped = NULL, *text = NULL;
    int status = run_hutong(&told, "mapping", "new", "--from", payload, "-o", file, "--force", NULL);
    if (status != 0) {
        bool known = strstr(told, "no mapping could read this") || strstr(told, "looks like a record");
        g_assert_true(known && !g_file_test(file, G_FILE_TEST_EXISTS));
        return false;
    }
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    check_guesses(dictionary, text);
    g_assert_false(holds_a_person(text));
    if (maps &&
        (run_hutong(&mapped, "map", "-m", file, payload, NULL) != 0 || strstr(mapped, ": warning: "))) {
        g_error("%s: what was written does not take it", payload);
    }
    g_unlink(file);
    return true;
}

static void test_fixtures_get_a_mapping_that_takes_them(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    g_autofree char *path = g_build_filename(g_getenv("HUTONG_SRCDIR"), "adapters", NULL);
    g_autoptr(GPtrArray) payloads = g_ptr_array_new_with_free_func(g_free);
    unsigned step = test_is_sanitized() ? 24 : 3, tried = 0, made = 0; /* all 600 take four minutes */
    begin();
    list_payloads(path, payloads);
    for (unsigned i = 0; i < payloads->len; i += step, tried++) {
        made += check_payload(dictionary, payloads->pdata[i], tried % 4 == 0);
    }
    g_test_message("%u of %u", made, tried);
    g_assert_cmpuint(made * 10, >, tried * 9); /* the others are errors, and documents without records */
    g_assert_cmpuint(tried * step, >, 300);
    end();
}

/* ---- What is found ---- */

static char *make(const char *payload, const char *type)
{
    g_autofree char *path = in_folder("p.xml"), *file = in_folder("m.xml"), *told = NULL;
    char *text = NULL;
    put("p.xml", payload);
    int status =
        run_hutong(&told, "mapping", "new", "--from", path, "-o", file, "--force", "--type", type, NULL);
    if (status != 0) {
        g_error("%s", told);
    }
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    return text;
}

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        g_error("%s\ndoes not hold %s", text, part);
    }
}

static void test_records_and_columns_are_found(void)
{
    begin();
    g_autofree char *rows =
        make("<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body><put><in0>&lt;ROWS&gt;"
             "&lt;ROW LSH='71' XM='王甲' XB='1' GMSFHM='990104195008179950' QQZZ='x'/&gt;"
             "&lt;ROW LSH='72' XM='王乙' XB='2' GMSFHM='990104195008179950' QQZZ='x'/&gt;"
             "&lt;/ROWS&gt;</in0></put></S:Body></S:Envelope>",
             "person.moved-in.v1");
    assert_holds(rows, "<operation name=\"put\"/>");
    assert_holds(rows, "for-each=\"/ROWS/ROW\"");
    assert_holds(rows, "<id from=\"@LSH\"/>");
    assert_holds(rows, "<element to=\"person.name\" from=\"@XM\"/>");
    assert_holds(rows, "<identity kind=\"idNumber\" from=\"@GMSFHM\"/>");
    assert_holds(rows, "<unmapped> @XB: person.sex");
    assert_holds(rows, "seen: 1 2");
    assert_holds(rows, "<unmapped> @QQZZ: nothing known by this name");
    g_assert_null(strstr(rows, "王"));
    /* a first row of labels; columns whose names say nothing */
    g_autofree char *labels =
        make("<T><R><A>姓名</A><B>公民身份号码</B></R><R><A>王甲</A><B>990104195008179950</B></R></T>",
             "person.moved-in.v1");
    assert_holds(labels, "<skip for-each=\"/T/R\" when=\"A='姓名'\"/>");
    assert_holds(labels, "<!-- A: labelled 姓名");
    /* several roots, records within elements, and one inside of another */
    g_autofree char *nested =
        make("<H><HH>1</HH><P><LSH>9</LSH><XM>王甲</XM><ADDR><JTDZ>x</JTDZ></ADDR><C><XM>a</XM><N>1</N></C>"
             "<C><XM>b</XM><N>2</N></C></P></H><H><HH>2</HH></H>",
             "person.moved-in.v1");
    assert_holds(nested, "<repair use=\"root\"/>");
    assert_holds(nested, "may be a record, too");
    end();
}

/* ---- What is wrong ---- */

static void expect(int status, const char *text, char *output, int got)
{
    g_test_message("%d: %s", got, output);
    g_assert_cmpint(got, ==, status);
    g_assert_nonnull(strstr(output, text));
    g_free(output);
}

#define EXPECT(status, text, ...)                         \
    do {                                                  \
        char *told = NULL;                                \
        int ended = run_hutong(&told, __VA_ARGS__, NULL); \
        expect(status, text, told, ended);                \
    } while (0)

static void test_what_is_wrong_is_told(void)
{
    begin();
    g_autofree char *payload = in_folder("p.xml"), *file = in_folder("m.xml"), *missing = in_folder("none");
    put("p.xml", "<R><I><LSH>1</LSH><XM>王甲</XM></I></R>");
    EXPECT(64, "hutong mapping new --from", "mapping", "new");
    EXPECT(64, "hutong mapping new --from", "mapping", "old", "--from", payload);
    EXPECT(1, "No such file", "mapping", "new", "--from", missing);
    EXPECT(1, "Is a directory", "mapping", "new", "--from", folder);
    EXPECT(1, "\"person.nothing.v1\" is not in the dictionary", "mapping", "new", "--from", payload, "--type",
           "person.nothing.v1");
    EXPECT(1, "there is no /R/X in it", "mapping", "new", "--from", payload, "--for-each", "/R/X");
    EXPECT(0, "for-each=\"/R\"", "mapping", "new", "--from", payload, "--for-each", "/R");
    EXPECT(0, "<mapping xmlns", "mapping", "new", "--from", payload);
    EXPECT(0, "1 records at /R/I", "mapping", "new", "--from", payload, "-o", file);
    EXPECT(1, "--force", "mapping", "new", "--from", payload, "-o", file);
    put("p.xml", "");
    EXPECT(1, "no mapping could read this: empty", "mapping", "new", "--from", payload);
    put("p.xml", "<a><b></a>");
    EXPECT(1, "not-well-formed", "mapping", "new", "--from", payload);
    put("p.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>");
    EXPECT(1, "doctype-refused", "mapping", "new", "--from", payload);
    put("p.xml", "<a>text</a>");
    EXPECT(1, "looks like a record", "mapping", "new", "--from", payload);
    end();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping-new/fixtures-get-one-that-takes-them",
                    test_fixtures_get_a_mapping_that_takes_them);
    g_test_add_func("/mapping-new/records-and-columns-are-found", test_records_and_columns_are_found);
    g_test_add_func("/mapping-new/what-is-wrong-is-told", test_what_is_wrong_is_told);
    return g_test_run();
}
