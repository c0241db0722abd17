/* mappings/engine/text/scan, -prolog and -value: UTF-8 and its traits, what stands before a root, odd values. */
#include "mappings/engine/text/text.h"

/* ---- Scanning ---- */

typedef struct {
    const char *text;
    unsigned traits;
} Trait;

static void test_traits(void)
{
    static const Trait cases[] = {
        {"plain <A>1</A>\t\r\n~", 0},
        {"男·女é", HT_TRAIT_NON_ASCII},
        {"\uFFFD", HT_TRAIT_NON_ASCII | HT_TRAIT_REPLACEMENT},
        {"\uE000", HT_TRAIT_NON_ASCII | HT_TRAIT_PRIVATE_USE},
        {"\uF8FF", HT_TRAIT_NON_ASCII | HT_TRAIT_PRIVATE_USE},
        {"\uF900", HT_TRAIT_NON_ASCII},
        {"\x7F", HT_TRAIT_INVISIBLE},
        {"\xC2\x80", HT_TRAIT_NON_ASCII | HT_TRAIT_INVISIBLE},
        {"\xC2\x9F", HT_TRAIT_NON_ASCII | HT_TRAIT_INVISIBLE},
        {"\u00A0\u00AC\u00AE", HT_TRAIT_NON_ASCII},
        {"\u00AD", HT_TRAIT_NON_ASCII | HT_TRAIT_INVISIBLE},
        {"\u061B\u061D\u180D\u180F", HT_TRAIT_NON_ASCII},
        {"\u061C", HT_TRAIT_NON_ASCII | HT_TRAIT_INVISIBLE},
        {"\u180E", HT_TRAIT_NON_ASCII | HT_TRAIT_INVISIBLE},
        {"\u200B", HT_TRAIT_NON_ASCII | HT_TRAIT_INVISIBLE},
        {"\u200F", HT_TRAIT_NON_ASCII | HT_TRAIT_INVISIBLE},
        {"\u200A\u2010\u2029\u202F\u205F\u2070", HT_TRAIT_NON_ASCII},
        {"\u202A", HT_TRAIT_NON_ASCII | HT_TRAIT_INVISIBLE},
        {"\u202E", HT_TRAIT_NON_ASCII | HT_TRAIT_INVISIBLE},
        {"\u2060", HT_TRAIT_NON_ASCII | HT_TRAIT_INVISIBLE},
        {"\u206F", HT_TRAIT_NON_ASCII | HT_TRAIT_INVISIBLE},
        {"\uFEFF", HT_TRAIT_NON_ASCII | HT_TRAIT_INVISIBLE},
        {"\uFFF9\uFFFB", HT_TRAIT_NON_ASCII | HT_TRAIT_INVISIBLE},
        {"\u25A1", HT_TRAIT_NON_ASCII | HT_TRAIT_BOX},
        {"\u25AF", HT_TRAIT_NON_ASCII | HT_TRAIT_BOX},
        {"\U000F0000", HT_TRAIT_NON_ASCII | HT_TRAIT_PRIVATE_USE},
        {"\U0010FFFF", HT_TRAIT_NON_ASCII | HT_TRAIT_PRIVATE_USE},
        {"\U000EFFFF\U00020BB7", HT_TRAIT_NON_ASCII},
        {"\u2022", HT_TRAIT_NON_ASCII | HT_TRAIT_LOOKALIKE_DOT},
        {"\u30FB", HT_TRAIT_NON_ASCII | HT_TRAIT_LOOKALIKE_DOT},
        {"\uFF0E", HT_TRAIT_NON_ASCII | HT_TRAIT_LOOKALIKE_DOT | HT_TRAIT_FULL_WIDTH},
        {"\u3000", HT_TRAIT_NON_ASCII | HT_TRAIT_FULL_WIDTH},
        {"\uFF01\uFF5E", HT_TRAIT_NON_ASCII | HT_TRAIT_FULL_WIDTH},
        {"\u3001\uFF5F\uFF00", HT_TRAIT_NON_ASCII},
        {"\u3002", HT_TRAIT_NON_ASCII | HT_TRAIT_LOOKALIKE_DOT},
        {"\u318D", HT_TRAIT_NON_ASCII | HT_TRAIT_LOOKALIKE_DOT},
        {"\u1427", HT_TRAIT_NON_ASCII | HT_TRAIT_LOOKALIKE_DOT},
        {"a\x0B", HT_TRAIT_CONTROL},
        {"\x1F", HT_TRAIT_CONTROL},
        {"\uFFFE", HT_TRAIT_NON_ASCII | HT_TRAIT_CONTROL},
        {"&#8226;", HT_TRAIT_REFERENCE},
        {"&amp;#xFFFD;", HT_TRAIT_REFERENCE},
        {"# &a#;#", 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        /* At each place of a block, short and long. */
        for (unsigned before = 0; before < 70; before++) {
            HtTextScan fast, slow;
            g_autofree char *text = g_strdup_printf("%*s%s%*s", before, "", cases[i].text, before / 2, "");
            const uint8_t *bytes = (const uint8_t *)text;
            g_assert_true(ht_text_scan(bytes, strlen(text), &fast));
            g_assert_true(ht_text_scan_portable(bytes, strlen(text), &slow));
            g_assert_cmphex(fast.traits, ==, cases[i].traits);
            g_assert_cmphex(slow.traits, ==, cases[i].traits);
        }
    }
}

static void test_ill_formed(void)
{
    static const char *const cases[] = {
        "\x80",
        "\xBF",
        "\xC0\x80",
        "\xC1\xBF",
        "\xC2",
        "\xE0\x9F\xBF",
        "\xE4\xB8",
        "\xED\xA0\x80",
        "\xED\xBF\xBF",
        "\xF0\x8F\xBF\xBF",
        "\xF0\x90",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xFF",
        "\xFE",
        "\xE4\xB8\xAD\x80",
        "\xC3\xC3",
        "\xF0\x90\x80",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (unsigned before = 0; before < 140; before++) {
            HtTextScan scan;
            g_autofree char *text = g_strdup_printf("%*s%s", before, "", cases[i]);
            g_assert_false(ht_text_scan((const uint8_t *)text, strlen(text), &scan));
            g_assert_false(ht_text_scan_portable((const uint8_t *)text, strlen(text), &scan));
            g_autofree char *inside = g_strdup_printf("%*s%s中%*s", before, "", cases[i], before, "");
            g_assert_false(ht_text_scan((const uint8_t *)inside, strlen(inside), &scan));
        }
    }
}

static void test_fast_is_portable(void)
{
    static const char *const pieces[] = {"a",  "<A>", "测", "试", "é",    "\U00020BB7",
                                         "，", "·",   "•",  "\n", "&#1;", "\uE000"};
    g_autoptr(GRand) random = g_rand_new_with_seed(20260801);
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned round = 0; round < 100000; round++) {
        g_string_truncate(text, 0);
        gsize target = (gsize)g_rand_int_range(random, 0, 300);
        while (text->len < target)
            g_string_append(text, pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
        if (text->len > 0 && round % 2 == 1)
            text->str[g_rand_int_range(random, 0, (gint32)text->len)] =
                (char)g_rand_int_range(random, 0, 256);
        HtTextScan fast = {0, false}, slow = {0, false};
        bool is_fast = ht_text_scan((const uint8_t *)text->str, text->len, &fast);
        bool is_slow = ht_text_scan_portable((const uint8_t *)text->str, text->len, &slow);
        g_assert_true(is_fast == is_slow);
        if (is_fast) {
            g_assert_cmphex(fast.traits, ==, slow.traits);
            g_assert_true(fast.has_wide == slow.has_wide);
        }
    }
}

/* ---- Prolog ---- */

static void test_nested_declaration(void)
{
    unsigned lines;
    HtText rest = ht_text_skip_declaration(
        HT_TEXT_LITERAL("\n\xEF\xBB\xBF<?xml version=\"1.0\"\n encoding=\"GB2312\"?>\n<ROWS/>"), &lines);

    g_assert_true(ht_text_is(rest, "\n<ROWS/>"));
    g_assert_cmpuint(lines, ==, 2);
    g_assert_true(ht_text_is(ht_text_skip_declaration(HT_TEXT_LITERAL(" <A/>"), &lines), " <A/>"));
    g_assert_cmpuint(lines, ==, 0);
    g_assert_true(ht_text_is(ht_text_skip_declaration(HT_TEXT_LITERAL("\xEF\xBB\xBF<A/>"), NULL), "<A/>"));
    g_assert_true(ht_text_is(ht_text_skip_declaration(HT_TEXT_LITERAL("\xEF\xBB\xBF"), NULL), ""));
    g_assert_cmpuint(ht_text_skip_declaration(HT_TEXT_NONE, &lines).size, ==, 0);
}

typedef struct {
    const char *text, *name;
    bool has_doctype, is_html;
} RootCase;

static void test_root_name(void)
{
    static const RootCase cases[] = {
        {"<ROWS><ROW/></ROWS>", "ROWS", false, false},
        {"\n<!-- <no> --><?pi <no> ?>\r\n<soap:Envelope xmlns:soap='x'>", "soap:Envelope", false, false},
        {"\xEF\xBB\xBF<?xml version='1.0'?><数据/>", "数据", false, false},
        {"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "a", true, false},
        {"<!-- x --><!doctype HTML><html>", "HTML", true, true},
        {"<html lang='zh'>", "html", false, true},
        {"<Html>", "Html", false, true},
        {"", NULL, false, false},
        {"{\"a\":1}", NULL, false, false},
        {"HTBUS|a|b", NULL, false, false},
        {"<!-- open", NULL, false, false},
        {"<!\u2014 illegal --><a/>", NULL, false, false},
        {"<", NULL, false, false},
        {"<>", NULL, false, false},
        {"</a>", NULL, false, false},
        {"<!DOCTYPE", NULL, true, false},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtTextRoot root;
        g_test_message("case %zu", i);
        bool found = ht_text_root_name(ht_text_from(cases[i].text), &root);
        g_assert_true(found == (cases[i].name != NULL));
        g_assert_true(!found || ht_text_is(root.name, cases[i].name));
        g_assert_true(root.has_doctype == cases[i].has_doctype);
        g_assert_true(root.is_html == cases[i].is_html);
    }
}

/* ---- Values ---- */

typedef struct {
    const char *value, *fixed;
    unsigned marks;
} NameCase;

static void test_name_dots(void)
{
    static const NameCase cases[] = {
        {"买买提江·测试", "买买提江·测试", 0},
        {"买买提江•测试", "买买提江·测试", HT_TEXT_NAME_DOT},
        {"买买提江・测试", "买买提江·测试", HT_TEXT_NAME_DOT},
        {"买买提江．测试", "买买提江·测试", HT_TEXT_NAME_DOT},
        {"买买提江.测试", "买买提江·测试", HT_TEXT_NAME_DOT},
        {"买买提江‧测试", "买买提江·测试", HT_TEXT_NAME_DOT},
        {"买买提江∙测试", "买买提江·测试", HT_TEXT_NAME_DOT},
        {"测.试.甲", "测·试·甲", HT_TEXT_NAME_DOT},
        {"Anna•Maria", "Anna·Maria", HT_TEXT_NAME_DOT},
        {"J.Test", "J.Test", 0},
        {"测 试", "测试", HT_TEXT_NAME_FOLDED},
        {"测\u3000\u3000试", "测试", HT_TEXT_NAME_FOLDED},
        {"欧阳\u00A0测", "欧阳测", HT_TEXT_NAME_FOLDED},
        {"测 试\t甲", "测试甲", HT_TEXT_NAME_FOLDED},
        {"测\n试", "测试", HT_TEXT_NAME_FOLDED},
        {"测\r\n试", "测试", HT_TEXT_NAME_FOLDED},
        {"\x1F\n测\n试验测试", "\x1F\n测试验测试", HT_TEXT_NAME_FOLDED},
        {"John\vTest", "John Test", HT_TEXT_NAME_FOLDED},
        {"John\fTest", "John Test", HT_TEXT_NAME_FOLDED},
        {"John\u200BTest", "John Test", HT_TEXT_NAME_FOLDED},
        {"测\uFEFF试", "测试", HT_TEXT_NAME_FOLDED},
        {"测试甲 测试乙", "测试甲 测试乙", 0},
        {"测试\u3000测试", "测试\u3000测试", 0},
        {"测 .. 试", "测 .. 试", 0},
        {"测 JOHN", "测 JOHN", 0},
        {"JOHN TEST", "JOHN TEST", 0},
        {"JOHN\u3000TEST", "JOHN TEST", HT_TEXT_NAME_FOLDED},
        {"John  Test", "John Test", HT_TEXT_NAME_FOLDED},
        {"Ｊｏｈｎ\u3000Ｔｅｓｔ", "John Test", HT_TEXT_NAME_FOLDED},
        {"J. Test", "J. Test", 0},
        {"カ ナ", "カ ナ", 0},
        {"测 ", "测 ", 0},
        {" 测", " 测", 0},
        {"カ・ナ", "カ・ナ", 0},
        {"测试.", "测试.", 0},
        {"•测试", "•测试", 0},
        {"测..试", "测..试", 0},
        {"测\uFFFD•试", "测\uFFFD·试", HT_TEXT_NAME_DOT | HT_TEXT_REPLACEMENT_CHARACTER | HT_TEXT_LOST},
        {"测\uE787试", "测\uE787试", HT_TEXT_PRIVATE_USE},
        {"\U000F1234", "\U000F1234", HT_TEXT_PRIVATE_USE},
        {"测？", "测？", HT_TEXT_LOST},
        {"测?", "测?", HT_TEXT_LOST},
        {"锟斤拷", "锟斤拷", HT_TEXT_LOST},
        {"斤拷锟", "斤拷锟", HT_TEXT_LOST},
        {"烫烫", "烫烫", HT_TEXT_LOST},
        {"屯屯屯", "屯屯屯", HT_TEXT_LOST},
        {"屯屯烫", "屯屯烫", 0},
        {"", "", 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *value = cases[i].value;
        size_t size = strlen(value);
        g_autofree char *out = g_malloc(HT_TEXT_NAME_ROOM(size));
        g_test_message("case %zu", i);
        g_assert_cmphex(ht_text_value_marks(value, size, HT_TRAIT_ALL, true), ==, cases[i].marks);
        g_assert_cmphex(ht_text_value_marks(value, size, HT_TRAIT_ALL, false), ==,
                        cases[i].marks & HT_TEXT_REPLACEMENT_CHARACTER
                            ? cases[i].marks & ~(unsigned)(HT_TEXT_NAME_DOT | HT_TEXT_NAME_FOLDED)
                            : cases[i].marks & HT_TEXT_PRIVATE_USE);
        HtTextScan scan;
        g_assert_true(ht_text_scan((const uint8_t *)value, size, &scan));
        g_assert_cmphex(ht_text_value_marks(value, size, scan.traits, true), ==, cases[i].marks);
        g_assert_cmpuint(ht_text_value_marks(value, size, 0, false), ==, 0);
        size_t written = ht_text_fix_name(value, size, out);
        g_assert_true(ht_text_equal((HtText){out, written}, ht_text_from(cases[i].fixed)));
    }
}

/* Every look-alike, spaced in every way, between every two kinds of letters: one dot, nothing beside it, and no mark on what was made. */
static void test_spaced_dots(void)
{
    static const char *const dots[] = {"·", "•", "・", "．", "‧", "∙",  "⋅",  "․", "⸱", "･",     "●",
                                       "◦", "⚫", "⸳",  "。", "｡", "ㆍ", "﹒", "ᐧ", "᛫", "\u0387"};
    static const char *const blanks[] = {"", " ", "\u3000", "\u00A0", "  ", " \u3000\t", "\n", "\uFEFF"};
    static const char *const letters[][3] = {{"买买提江", "测试", "买买提江·测试"},
                                             {"测", "试", "测·试"},
                                             {"Anna", "Maria", "Anna·Maria"},
                                             {"𠮷", "㛃", "𠮷·㛃"}};
    const size_t n_dots = G_N_ELEMENTS(dots), n_blanks = G_N_ELEMENTS(blanks);
    for (size_t i = 0; i < n_dots * n_blanks * n_blanks * G_N_ELEMENTS(letters); i++) {
        const char *const *pair = letters[i / n_dots / n_blanks / n_blanks];
        const char *before = blanks[i / n_dots % n_blanks],
                   *behind = blanks[i / n_dots / n_blanks % n_blanks];
        g_autofree char *name = g_strconcat(pair[0], before, dots[i % n_dots], behind, pair[1], NULL);
        unsigned marks = (i % n_dots > 0 && strcmp(dots[i % n_dots], "·") != 0 ? HT_TEXT_NAME_DOT : 0) |
                         (*before || *behind ? HT_TEXT_NAME_FOLDED : 0);
        char out[128];
        g_test_message("%s", name);
        HtTextScan scan;
        g_assert_true(ht_text_scan((const uint8_t *)name, strlen(name), &scan));
        g_assert_cmphex(ht_text_value_marks(name, strlen(name), scan.traits, true), ==, marks);
        size_t size = ht_text_fix_name(name, strlen(name), out);
        g_assert_true(ht_text_equal((HtText){out, size}, ht_text_from(pair[2])));
        g_assert_cmphex(ht_text_value_marks(out, size, HT_TRAIT_ALL, true), ==, 0);
    }
}

static void test_broken_name_fits(void)
{
    HtText broken = HT_TEXT_LITERAL("\xFF.\xFF.\xFF.\xFF.\xFF");
    g_autofree char *out = g_malloc(HT_TEXT_NAME_ROOM(broken.size));
    size_t written = ht_text_fix_name(broken.data, broken.size, out);

    g_assert_cmpuint(written, ==, broken.size + 4);
    g_assert_cmpuint(written, <=, HT_TEXT_NAME_ROOM(broken.size));
}

static void test_blanks(void)
{
    const char *padded = " \t\u3000\u00A0测 试\u00A0\u3000\r\n";
    HtText trimmed = ht_text_trim(padded, strlen(padded));
    g_assert_true(ht_text_is(trimmed, "测 试"));
    padded = "\uFEFF \u200B\v\f测试\t\uFEFF\u200B";
    g_assert_true(ht_text_is(ht_text_trim(padded, strlen(padded)), "测试"));
    g_assert_true(ht_text_is(ht_text_trim("\x80\x80\x80", 3), "\x80\x80\x80"));
    g_assert_true(ht_text_is(ht_text_trim("\U000F3000", 4), "\U000F3000"));
    g_assert_cmpuint(ht_text_trim("\u3000 ", 4).size, ==, 0);
    g_assert_cmpuint(ht_text_trim("", 0).size, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/scan/finds-each-trait-anywhere", test_traits);
    g_test_add_func("/text/scan/refuses-ill-formed-anywhere", test_ill_formed);
    g_test_add_func("/text/scan/fast-agrees-with-portable", test_fast_is_portable);
    g_test_add_func("/text/prolog/nested-declaration-is-skipped", test_nested_declaration);
    g_test_add_func("/text/prolog/root-name-is-found", test_root_name);
    g_test_add_func("/text/value/look-alike-dots-are-marked-and-fixed", test_name_dots);
    g_test_add_func("/text/value/dots-lose-the-blanks-beside-them", test_spaced_dots);
    g_test_add_func("/text/value/broken-name-fits-its-room", test_broken_name_fits);
    g_test_add_func("/text/value/blanks-are-trimmed", test_blanks);
    return g_test_run();
}
