/* mappings/engine/text/recode: what was read wrongly is turned back, and honest text never is. */
#include "mappings/engine/text/recode.h"

#include <glib.h>
#include <string.h>

static HtRecode recode(const char *value, size_t size, char **result)
{
    HtBuffer out = {0};
    HtRecode done = ht_text_recode((HtText){value, size}, &out);
    if (result) {
        *result = g_strndup(out.data ? out.data : "", out.size);
    }
    ht_buffer_clear(&out);
    return done;
}

static void expect_honest(const char *value, size_t size)
{
    if (recode(value, size, NULL) != HT_RECODE_NOTHING) {
        g_error("honest text was taken for something else: %.*s", (int)size, value);
    }
}

/* ---- Honest text ---- */

/* Every cell of the lists and tables that the project has: divisions, occupations, diseases, relations. */
static void check_folder(const char *folder)
{
    const char *source = g_getenv("HUTONG_SRCDIR");
    g_autofree char *path = g_build_filename(source ? source : ".", "mappings", folder, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    g_assert_nonnull(dir);
    unsigned cells = 0;
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_autofree char *text = NULL;
        if (!g_str_has_suffix(name, ".tsv") || !g_file_get_contents(file, &text, NULL, NULL)) {
            continue;
        }
        for (const char *at = text; *at; at += strcspn(at, "\t\n"), at += *at != '\0') {
            expect_honest(at, strcspn(at, "\t\n"));
            cells++;
        }
    }
    g_assert_cmpuint(cells, >, 100);
}

static void test_lists(void)
{
    check_folder("divisions");
    check_folder("tables");
}

static void add_hanzi(GString *text, unsigned lead, unsigned trail)
{
    const char code[] = {(char)lead, (char)trail, '\0'};
    g_autofree char *character = g_convert(code, 2, "UTF-8", "GB18030", NULL, NULL, NULL);
    g_string_append(text, character);
}

/* All names of three characters of GB 2312 that would be sound UTF-8: those whose codes have bytes in the right places. Four
 * bytes, two characters, never hold two of UTF-8. One of some hundred is enough. */
static void test_names(void)
{
    g_autoptr(GString) name = g_string_new(NULL);
    for (unsigned i = 0; i < 6 * 31 * 16 * 6 * 16 * 31; i += 449) {
        unsigned first = i % (6 * 31), second = i / (6 * 31) % (16 * 6), third = i / (6 * 31) / (16 * 6);
        g_string_truncate(name, 0);
        add_hanzi(name, 0xE4 + first % 6, 0xA1 + first / 6);
        add_hanzi(name, 0xB0 + second % 16, 0xE4 + second / 16);
        add_hanzi(name, 0xB0 + third % 16, 0xA1 + third / 16);
        expect_honest(name->str, name->len);
    }
}

static void test_words(void)
{
    static const char *const words[] = {
        "",         "测试",     "娴",        "王娴静",   "娴娴",      "René",     "José María", "Müller",
        "ä",        "çelik",    "éèê",       "淼淼",     "滢滢",      "潇潇",     "漪",         "闫濮",
        "濮阳测试", "澹台测试", "浣溪路1号", "渑池县",   "漯河市",    "ABC-1",    "?",          "？？？",
        "邛崃市",   "涪陵区",   "亳州市",    "Ångström", "买买提·江", "（测试）", "ئابدۇللا"};
    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        expect_honest(words[i], strlen(words[i]));
    }
}

/* ---- What was read wrongly ---- */

static void test_done(void)
{
    static const char *const pairs[][2] = {
        {"娴嬭瘯", "测试"},
        {"1娴嬭瘯2", "1测试2"},
        {"æµ‹è¯•", "测试"},
        {"ä¸­å›½", "中国"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *result = NULL;
        g_assert_cmpint(recode(pairs[i][0], strlen(pairs[i][0]), &result), ==, HT_RECODE_DONE);
        g_assert_cmpstr(result, ==, pairs[i][1]);
    }
}

/* Values cut by an adapter in the middle of a character, and bytes of no encoding, do no harm. */
static void test_broken(void)
{
    static const char *const values[] = {"娴\xE5",       "\xE5\xAC", "æµ\xC3",
                                         "娴嬭\xE7\x98", "\xFF\xFE", "\xF0\x9F"};
    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *exact = g_memdup2(values[i], strlen(values[i]));
        g_assert_cmpint(recode(exact, strlen(values[i]), NULL), !=, HT_RECODE_DONE);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text-recode/honest/lists-and-tables", test_lists);
    g_test_add_func("/text-recode/honest/names-of-three-characters", test_names);
    g_test_add_func("/text-recode/honest/names-and-words", test_words);
    g_test_add_func("/text-recode/wrong/is-turned-back", test_done);
    g_test_add_func("/text-recode/broken/does-no-harm", test_broken);
    return g_test_run();
}
