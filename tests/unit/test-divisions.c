/* mappings/engine/reference/divisions: which codes are known, in which edition, which are retired; none is rejected. */
#include "mappings/engine/reference/divisions.h"

#include <glib/gstdio.h>

static HtDivisions *load(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "mappings", "divisions", NULL);
    HtDivisions *divisions = ht_divisions_load(folder, NULL, &error);
    g_assert_no_error(error);
    return divisions;
}

typedef struct {
    const char *code;
    HtDivisionLevel level;
    unsigned size;
    bool known, exact, retired;
    const char *edition;
} Case;

static const Case CASES[] = {
    {"440000", HT_DIVISION_PROVINCE, 6, true, true, false, "nbs-2022-10"},
    {"440100", HT_DIVISION_PREFECTURE, 6, true, true, false, "nbs-2022-10"},
    {"440104", HT_DIVISION_COUNTY, 6, true, true, false, "nbs-2022-10"},
    {"440104001", HT_DIVISION_STREET, 9, true, true, false, "nbs-2022-10"},
    {"440104999", HT_DIVISION_STREET, 9, true, false, false, "nbs-2022-10"},
    {"440104001003", HT_DIVISION_COMMITTEE, 12, true, false, false, "nbs-2022-10"},
    {"440104001000", HT_DIVISION_STREET, 9, true, true, false, "nbs-2022-10"},
    {"440104000000", HT_DIVISION_COUNTY, 6, true, true, false, "nbs-2022-10"},
    {"440104000", HT_DIVISION_COUNTY, 6, true, true, false, "nbs-2022-10"},
    {"440000000000", HT_DIVISION_PROVINCE, 6, true, true, false, "nbs-2022-10"},
    {"441900003", HT_DIVISION_STREET, 9, true, false, false, "nbs-2022-10"}, /* 东莞 has no counties */
    {"330103", HT_DIVISION_COUNTY, 6, true, true, true, "mca-2020-12"},
    {"330103001002", HT_DIVISION_COMMITTEE, 12, true, false, true, "mca-2020-12"},
    {"710000", HT_DIVISION_PROVINCE, 6, true, true, false, "mca-2020-12"}, /* not surveyed, but in force */
    {"810000", HT_DIVISION_PROVINCE, 6, true, true, false, "mca-2020-12"},
    {"133100", HT_DIVISION_PREFECTURE, 6, true, true, false, "nbs-2024"}, /* 雄安新区 */
    {"320213025001", HT_DIVISION_COMMITTEE, 12, true, true, false, "nbs-2022-10"},
    {"610104009004", HT_DIVISION_COMMITTEE, 12, true, true, true, "nbs-2022-10"}, /* withdrawn committee */
    {"990104", HT_DIVISION_COUNTY, 6, false, false, false, NULL},
    {"990104001003", HT_DIVISION_COMMITTEE, 12, false, false, false, NULL},
    {"044010", HT_DIVISION_NONE, 0, false, false, false, NULL},
    {"44010", HT_DIVISION_NONE, 0, false, false, false, NULL},
    {"44010a", HT_DIVISION_NONE, 0, false, false, false, NULL},
    {"44010400100307", HT_DIVISION_GRID, 14, true, false, false, "nbs-2022-10"},
    {"44010400100300", HT_DIVISION_COMMITTEE, 12, true, false, false, "nbs-2022-10"},
    {"44010400000000", HT_DIVISION_COUNTY, 6, true, true, false, "nbs-2022-10"},
    {"33010300100207", HT_DIVISION_GRID, 14, true, false, true, "mca-2020-12"},
    {"99010400100307", HT_DIVISION_GRID, 14, false, false, false, NULL},
    {"4401040010031", HT_DIVISION_NONE, 0, false, false, false, NULL},
    {"440104001099001", HT_DIVISION_NONE, 0, false, false, false, NULL},
    {"", HT_DIVISION_NONE, 0, false, false, false, NULL},
};

static void test_codes(void)
{
    g_autoptr(HtDivisions) divisions = load();
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        const Case *one = &CASES[i];
        HtDivisionInfo info;
        bool known = ht_division_check(divisions, one->code, strlen(one->code), &info);
        g_test_message("%s", one->code);
        g_assert_true(known == one->known && info.known == one->known);
        g_assert_cmpint(info.level, ==, one->level);
        g_assert_cmpuint(info.size, ==, one->size);
        g_assert_true(info.exact == one->exact && info.retired == one->retired);
        g_assert_cmpstr(info.edition, ==, one->edition);
        g_assert_true((info.name != NULL) == one->exact);
        HtMarks expected = !one->known    ? HT_MARK_BIT(HT_MARK_DIVISION_UNKNOWN)
                           : one->retired ? HT_MARK_BIT(HT_MARK_DIVISION_RETIRED)
                                          : 0;
        g_assert_cmpuint(info.marks, ==, expected);
    }
}

static void test_whole_lists_are_there(void)
{
    g_autoptr(HtDivisions) divisions = load();
    HtDivisionInfo info;
    g_assert_cmpstr(ht_divisions_edition(divisions), ==, "nbs-2022-10");
    ht_division_check(divisions, "440104", 6, &info);
    g_assert_cmpstr(info.name, ==, "越秀区");
}

/* The 20 counties that went between the two editions; 71, 81 and 82 are not among them. */
static void test_twenty_counties_are_retired(void)
{
    g_autoptr(HtDivisions) divisions = load();
    unsigned listed = 0, retired = 0;
    for (unsigned number = 110000; number < 830000; number++) {
        char code[8];
        HtDivisionInfo info;
        g_snprintf(code, sizeof code, "%06u", number);
        retired += ht_division_check(divisions, code, 6, &info) && info.retired;
        listed += info.exact;
    }
    g_assert_cmpuint(listed, ==, 3348 + 23 + 281);
    g_assert_cmpuint(retired, ==, 20);
}

/* Every synthetic committee is taken on its county's word. */
static void test_unlisted_committees_are_known(void)
{
    g_autoptr(HtDivisions) divisions = load();
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "tests", "data", "divisions", "440104-committees.tsv", NULL);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    unsigned seen = 0;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        HtDivisionInfo info;
        if (g_ascii_isdigit(**line)) {
            g_assert_true(ht_division_check(divisions, *line, 12, &info));
            g_assert_true(!info.exact && !info.retired);
            seen++;
        }
    }
    g_assert_cmpuint(seen, ==, 216);
}

static void write_list(const char *folder, const char *file, const char *text)
{
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void remove_folder(const char *folder, const char *file)
{
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_remove(path);
    g_rmdir(folder);
}

static void test_errors_have_lines(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("ht-divisions-XXXXXX", NULL);
    write_list(
        folder, "a.tsv",
        "# edition: a\n# issued: 2020\ncode\tzh\tstatus\n440104\tone\n440104\ttwice\n44\tshort\n440105\tx\tgone\n");
    g_assert_null(ht_divisions_load(folder, NULL, &error));
    g_assert_error(error, HT_DIVISIONS_ERROR, 0);
    g_assert_nonnull(strstr(error->message, "a.tsv:5: error: code stands twice"));
    g_assert_nonnull(strstr(error->message, "a.tsv:6: error: code is not"));
    g_assert_nonnull(strstr(error->message, "a.tsv:7: error: status"));
    remove_folder(folder, "a.tsv");
    g_clear_error(&error);
    g_assert_null(ht_divisions_load("/nonexistent", NULL, &error));
    g_assert_nonnull(error);
}

static void test_newer_list_wins(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("ht-divisions-XXXXXX", NULL);
    write_list(folder, "new.tsv",
               "# edition: b\n# issued: 2021\n# complete: yes\ncode\tzh\n440104\tnew name\n");
    write_list(folder, "old.tsv",
               "# edition: a\n# issued: 2020\n# complete: yes\ncode\tzh\tstatus\n440104\told\tretired\n");
    g_autoptr(HtDivisions) divisions = ht_divisions_load(folder, NULL, &error);
    g_assert_no_error(error);
    HtDivisionInfo info;
    g_assert_true(ht_division_check(divisions, "440104", 6, &info));
    g_assert_cmpstr(info.edition, ==, "b");
    g_assert_cmpstr(info.name, ==, "new name");
    g_assert_false(info.retired);
    g_autofree char *first = g_build_filename(folder, "new.tsv", NULL);
    g_remove(first);
    remove_folder(folder, "old.tsv");
}

/* Loads this one list; NULL with the error. */
static HtDivisions *load_list(const char *text, GError **error)
{
    g_autofree char *folder = g_dir_make_tmp("ht-divisions-XXXXXX", NULL);
    write_list(folder, "a.tsv", text);
    HtDivisions *divisions = ht_divisions_load(folder, NULL, error);
    remove_folder(folder, "a.tsv");
    return divisions;
}

static void test_what_is_known_as_another_now(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtDivisions) divisions =
        load_list("# edition: a\n# issued: 2026\ncode\tzh\tnow\n440104\tcounty\t\n440104001003\tthird\t\n"
                  "440104001004\tinto it\t440104001003\nPQ-017\town\t44010400100302\n",
                  &error);
    g_assert_no_error(error);
    HtDivisionInfo info;
    g_assert_cmpstr(ht_division_now(divisions, HT_TEXT_LITERAL("440104001004")), ==, "440104001003");
    g_assert_cmpstr(ht_division_now(divisions, HT_TEXT_LITERAL("PQ-017")), ==, "44010400100302");
    g_assert_null(ht_division_now(divisions, HT_TEXT_LITERAL("440104001003")));
    g_assert_null(ht_division_now(divisions, HT_TEXT_LITERAL("PQ-01")));
    g_assert_true(ht_division_check(divisions, "440104001004", 12, &info) && info.retired);
    g_autofree char *longest = g_strnfill(41, 'x');
    g_assert_null(ht_division_now(divisions, ht_text_from(longest)));
}

/* As a spreadsheet saves it: a byte-order mark, CRLF, fields missing at the end of a line. */
static void test_list_of_a_spreadsheet(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtDivisions) divisions =
        load_list("\xEF\xBB\xBF"
                  "code\tzh\tstatus\r\n440104001003\tthird\r\n440104001004\tfourth\tretired\r\n",
                  &error);
    g_assert_no_error(error);
    HtDivisionInfo info;
    g_assert_true(ht_division_check(divisions, "440104001003", 12, &info) && info.exact && !info.retired);
    g_assert_true(ht_division_check(divisions, "440104001004", 12, &info) && info.exact && info.retired);
}

static void test_what_cannot_be_known_as_another(void)
{
    static const struct {
        const char *rows, *wanted;
    } cases[] = {
        {"PQ-1\tx\t44\n", "a.tsv:2: error: now is not a code"},
        {"PQ-1\tx\t990104195008179950\n", "a.tsv:2: error: now is not a code"},
        {"PQ-1\tx\t440104\nPQ-1\tx\t440105\n", "a.tsv:3: error: code stands twice"},
        {"PQ-1\tx\t\n", "a.tsv:2: error: code is not 6, 9, 12 or 14 digits"},
        {"440104001004\tx\t440104001003\n440104001003\tx\t440104001002\n",
         "which is known as another itself"},
        {"440104001004\tx\t440104001004\n", "which is known as another itself"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strconcat("code\tzh\tnow\n", cases[i].rows, NULL);
        g_assert_null(load_list(text, &error));
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, cases[i].wanted));
    }
}

/* ---- Borders of what a list may say ---- */

static void test_grids_are_one_or_two_digits(void)
{
    static const char *const good[] = {"", "1", "8", "1-8", "3-3"};
    static const char *const bad[] = {"0", "9", "0-3", "3-9", "3-2", "-3", "3-", "33", "3,4", "1-2-3", "x"};
    for (size_t i = 0; i < G_N_ELEMENTS(good) + G_N_ELEMENTS(bad); i++) {
        bool is_good = i < G_N_ELEMENTS(good);
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strdup_printf("code\tzh\tgrids\n440104\tx\t%s\n",
                                                is_good ? good[i] : bad[i - G_N_ELEMENTS(good)]);
        g_autoptr(HtDivisions) divisions = load_list(text, &error);
        g_test_message("case %zu", i);
        g_assert_true((divisions != NULL) == is_good);
        g_assert_true(is_good || strstr(error->message, "a.tsv:2: error: grids is no number"));
    }
}

/* Of a department's own numbering 40 bytes can be known; more would never be found. */
static void test_own_numbers_have_a_length(void)
{
    g_autofree char *longest = g_strnfill(40, 'x');
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("code\tzh\tnow\n%s\tx\t440104\n", longest);
    g_autoptr(HtDivisions) divisions = load_list(text, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(ht_division_now(divisions, ht_text_from(longest)), ==, "440104");
    g_assert_null(ht_division_now(divisions, HT_TEXT_NONE));
    g_autofree char *longer = g_strdup_printf("code\tzh\tnow\nx%s\tx\t440104\n", longest);
    g_assert_null(load_list(longer, &error));
    g_assert_nonnull(strstr(error->message, "a.tsv:2: error: code is empty, or longer than 40 bytes"));
    g_clear_error(&error);
    g_assert_null(load_list("code\tzh\tnow\n\tx\t440104\n", &error));
    g_assert_nonnull(strstr(error->message, "a.tsv:2: error: code is empty"));
}

static void test_lists_have_their_columns(void)
{
    static const char *const bad[] = {"code\tname\n440104\tx\n", "number\tzh\n440104\tx\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(load_list(bad[i], &error));
        g_assert_nonnull(strstr(error->message, "a.tsv:1: error: a list of divisions needs the columns"));
    }
}

/* Fifteen editions, each with a day; the newest whole one is that of the lists. */
static void test_editions_are_counted(void)
{
    g_autofree char *folder = g_dir_make_tmp("ht-divisions-XXXXXX", NULL);
    for (unsigned count = 1; count <= 16; count++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *file = g_strdup_printf("%u.tsv", count);
        g_autofree char *text =
            g_strdup_printf("# edition: e%u\n# issued: %u\n# complete: %s\ncode\tzh\n440104\t%u\n", count,
                            2000 + count, count == 15 ? "no" : "yes", count);
        g_autofree char *newest = g_strdup_printf("e%u", MIN(count, 14));
        g_autofree char *name = g_strdup_printf("%u", count);
        HtDivisionInfo info;
        write_list(folder, file, text);
        g_autoptr(HtDivisions) divisions = ht_divisions_load(folder, NULL, &error);
        g_assert_true((divisions != NULL) == (count < 16));
        g_assert_true(divisions || strstr(error->message, "more than 15 editions"));
        if (divisions) {
            g_assert_cmpstr(ht_divisions_edition(divisions), ==, newest);
            g_assert_true(ht_division_check(divisions, "440104", 6, &info));
            g_assert_cmpstr(info.name, ==, name); /* of the newest, whole or not */
        }
    }
    for (unsigned count = 1; count < 16; count++) {
        g_autofree char *file = g_strdup_printf("%s/%u.tsv", folder, count);
        g_remove(file);
    }
    remove_folder(folder, "16.tsv");
    g_autoptr(GError) error = NULL;
    g_assert_null(load_list("# edition: e\ncode\tzh\n440104\tx\n", &error));
    g_assert_nonnull(strstr(error->message, "`# issued:` is missing"));
    g_autoptr(HtDivisions) undated = load_list("code\tzh\n440104\tx\n", NULL);
    g_assert_cmpstr(ht_divisions_edition(undated), ==, "none");
}

/* Whichever is read first, the site's folder always after the other: the newest names it, and any may say how long its grids are. */
static void test_the_newest_counts_in_any_order(void)
{
    static const char *const newer = "# edition: b\n# issued: 2021\ncode\tzh\n440104\tnew\n";
    static const struct {
        const char *first, *second, *name;
    } cases[] = {
        {"# edition: a\n# issued: 2020\ncode\tzh\tgrids\n440104\told\t3\n", newer, "new"},
        {newer, "# edition: a\n# issued: 2020\ncode\tzh\tgrids\n440104\told\t3\n", "new"},
        {"code\tzh\tgrids\n440104\tundated\t3\n", newer, "new"},
        {newer, "code\tzh\tgrids\n440104\tundated\t3\n", "new"},
        {"code\tzh\tgrids\n440104\tundated\t3\n", "code\tzh\n440105\tother\n", "undated"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *folder = g_dir_make_tmp("ht-divisions-XXXXXX", NULL);
        g_autofree char *site = g_dir_make_tmp("ht-divisions-XXXXXX", NULL);
        write_list(folder, "a.tsv", cases[i].first);
        write_list(site, "b.tsv", cases[i].second);
        write_list(site, ".c.tsv", "nonsense"); /* an editor's, like what has another ending */
        write_list(site, "d.tsv~", "nonsense");
        g_autoptr(HtDivisions) divisions = ht_divisions_load(folder, site, &error);
        g_assert_no_error(error);
        HtDivisionInfo info;
        char code[HT_DIVISION_MAX];
        bool coarser;
        g_test_message("case %zu", i);
        g_assert_true(ht_division_check(divisions, "440104", 6, &info));
        g_assert_cmpstr(info.name, ==, cases[i].name);
        g_assert_cmpuint(ht_division_grid(divisions, HT_TEXT_LITERAL("440104050003017"), code, &coarser), ==,
                         14);
        g_assert_cmpuint(ht_division_grid(divisions, HT_TEXT_LITERAL("4401040500030017"), code, &coarser), ==,
                         0);
        remove_folder(folder, "a.tsv");
        remove_folder(site, "b.tsv");
        remove_folder(site, ".c.tsv");
        remove_folder(site, "d.tsv~");
    }
}

static void test_a_site_may_have_no_lists(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("ht-divisions-XXXXXX", NULL);
    g_autofree char *no_folder = g_build_filename(folder, "a.tsv", NULL);
    write_list(folder, "a.tsv", "code\tzh\n440104\tx\n");
    g_autoptr(HtDivisions) divisions = ht_divisions_load(folder, "/nonexistent", &error);
    g_assert_no_error(error);
    g_assert_null(ht_divisions_load(folder, no_folder, &error)); /* but what is there must be readable */
    g_assert_error(error, HT_DIVISIONS_ERROR, 0);
    remove_folder(folder, "a.tsv");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/divisions/code-has-level-edition-and-marks", test_codes);
    g_test_add_func("/divisions/whole-lists-are-there", test_whole_lists_are_there);
    g_test_add_func("/divisions/twenty-counties-are-retired", test_twenty_counties_are_retired);
    g_test_add_func("/divisions/unlisted-committee-is-known-by-its-county",
                    test_unlisted_committees_are_known);
    g_test_add_func("/divisions/load/errors-have-lines", test_errors_have_lines);
    g_test_add_func("/divisions/load/as-a-spreadsheet-saves-it", test_list_of_a_spreadsheet);
    g_test_add_func("/divisions/now/is-another-code", test_what_is_known_as_another_now);
    g_test_add_func("/divisions/now/refuses-what-leads-nowhere", test_what_cannot_be_known_as_another);
    g_test_add_func("/divisions/load/grids-are-one-or-two-digits", test_grids_are_one_or_two_digits);
    g_test_add_func("/divisions/load/own-numbers-have-a-length", test_own_numbers_have_a_length);
    g_test_add_func("/divisions/load/lists-have-their-columns", test_lists_have_their_columns);
    g_test_add_func("/divisions/load/editions-are-counted", test_editions_are_counted);
    g_test_add_func("/divisions/load/the-newest-counts-in-any-order", test_the_newest_counts_in_any_order);
    g_test_add_func("/divisions/load/a-site-may-have-no-lists", test_a_site_may_have_no_lists);
    g_test_add_func("/divisions/load/newer-list-wins", test_newer_list_wins);
    return g_test_run();
}
