/* mappings/engine/values/convert: every notation that departments were seen to send. */
#include "mappings/engine/values/convert.h"

#include <glib.h>

#define BIT(mark) HT_MARK_BIT(HT_MARK_##mark)

/* ---- Nulls and text ---- */

static const char *const NULLS[] = {
    "",
    " ",
    "\t\n",
    "\u00a0",
    "\u3000",
    "\ufeff",
    "null",
    "NULL",
    "Null",
    "(null)",
    "<null>",
    " null ",
    "None",
    "N/A",
    "n/a",
    "NaN",
    "undefined",
    "&nbsp;",
    "&amp;nbsp;",
    "无",
    "暂无",
    "空",
    "未填",
    "-",
    "--",
    "—",
    "——",
    "－",
    "/",
    "\\",
    "*",
    "***",
    ".",
    "_",
    " - ",
    "\u00a0-\u3000",
    "{}",
    "[]",
    "{ }",
    "anyType{}",
    "[object Object]",
    "[object Null]",
    "undefined",
    "System.DBNull",
    "DBNull",
    "(null)",
    "NIL",
    "nil",
    "#N/A",
    "\\N",
    "\"\"",
    "''",
    "\"null\"",
    "'NULL'",
    "[null]",
    "ｎｕｌｌ",
    "ＮＵＬＬ",
    "｛｝",
    "Ｎ／Ａ",
    "（null）",
    "[OBJECT OBJECT]",
    "ｕｎｄｅｆｉｎｅｄ",
    "[object undefined]",
    "<nil>",
    "[ ]",
    "DBNull.Value",
};

static const char *const VALUES[] = {"0",
                                     "00",
                                     "1",
                                     "无名氏",
                                     "无锡",
                                     "空军",
                                     "nullable",
                                     "-10",
                                     "1900-01-01",
                                     "甲",
                                     "·",
                                     "{\"a\":1}",
                                     "[1]",
                                     "nilsson",
                                     "Na",
                                     "(nulla)",
                                     "n",
                                     "anyType",
                                     "Undefined behaviour",
                                     "'",
                                     "\"甲\"",
                                     "｛甲｝"};

static void test_spellings_of_null(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(NULLS); i++) {
        g_test_message("null %zu", i);
        g_assert_true(ht_value_is_null(NULLS[i], strlen(NULLS[i]), 0));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(VALUES); i++) {
        g_test_message("value %zu", i);
        g_assert_false(ht_value_is_null(VALUES[i], strlen(VALUES[i]), 0));
    }
    g_assert_false(ht_value_is_null("无", 3, HT_NULL_KEEP_WORDS));
    g_assert_false(ht_value_is_null("-", 1, HT_NULL_KEEP_SIGNS));
    g_assert_true(ht_value_is_null("null", 4, HT_NULL_KEEP_SIGNS | HT_NULL_KEEP_WORDS));
    g_assert_true(ht_value_is_null(NULL, 0, 0));
}

static void test_fold_and_length(void)
{
    char out[32];
    size_t size = ht_value_fold("１９号Ａ－z", strlen("１９号Ａ－z"), out, sizeof out);
    g_assert_true(ht_text_is((HtText){out, size}, "19号A-z"));
    const char *wide = "　～！中\uff00\uff5f";
    size = ht_value_fold(wide, strlen(wide), out, sizeof out);
    g_assert_true(ht_text_is((HtText){out, size}, " ~!中\uff00\uff5f"));
    g_assert_cmpuint(ht_value_fold("测试", 6, out, 5), ==, SIZE_MAX);
    g_assert_cmpuint(ht_value_fold("测试", 6, out, 6), ==, 6);
    g_assert_cmpuint(ht_value_length("测试A\xe6", 8), ==, 4);
}

static const char *const NUMBERS[][3] = {
    /* sent, decimal, integer; "" is none */
    {"12", "12", "12"},
    {"012", "12", "12"},
    {"0", "0", "0"},
    {"-0", "0", "0"},
    {"12.50", "12.50", ""},
    {"12.00", "12.00", "12"},
    {"1,234.50", "1234.50", ""},
    {"+5", "5", "5"},
    {"-5.5", "-5.5", ""},
    {"１２", "12", "12"},
    {" 1 234 ", "1234", "1234"},
    {"00.5", "0.5", ""},
    {"12,5", "", ""},
    {"1.2.3", "", ""},
    {"12.", "", ""},
    {".5", "0.5", ""},
    {"-.5", "-0.5", ""},
    {".", "", ""},
    {"abc", "", ""},
    {"", "", ""},
    {"-", "", ""},
    {"1,234,567", "1234567", "1234567"},
    {"123456789012345678901234567890123456789012", "", ""},
    /* programs */
    {"1.2E4", "12000", "12000"},
    {"1.2345678E7", "12345678", "12345678"},
    {"1E-3", "0.001", ""},
    {"12e+3", "12000", "12000"},
    {"1e5", "100000", "100000"},
    {"1.0E10", "10000000000", "10000000000"},
    {"-1.25E1", "-12.5", ""},
    {"-2.5E-2", "-0.025", ""},
    {"1.50E0", "1.50", ""},
    {"0E0", "0", "0"},
    {"0.0E-5", "0.000000", "0"},
    {"123.45E-2", "1.2345", ""},
    {"123.45E2", "12345", "12345"},
    {"9.99E2", "999", "999"},
    {"１．２Ｅ４", "12000", "12000"},
    {"1E31", "", ""},
    {"1E-31", "", ""},
    {"1E30", "1000000000000000000000000000000", "1000000000000000000000000000000"},
    {"1E4294967296", "", ""},
    {"1.234567890123456789E30", "1234567890123456789000000000000", "1234567890123456789000000000000"},
    {"1E", "", ""},
    {"E5", "", ""},
    {"1E5.0", "", ""},
    {"1E5E5", "", ""},
    {"0x10", "", ""},
    {"Infinity", "", ""},
    /* people */
    {"¥1,200.00", "1200.00", "1200"},
    {"￥１，２００．５０", "1200.50", ""},
    {"RMB 3000", "3000", "3000"},
    {"3000元", "3000", "3000"},
    {"人民币3000元整", "3000", "3000"},
    {"1.2万", "12000", "12000"},
    {"1.25万元", "12500", "12500"},
    {"100万元人民币", "1000000", "1000000"},
    {"3000圆整", "3000", "3000"},
    {"1,500元/月", "1500", "1500"},
    {"200元每月", "200", "200"},
    {"100万美元", "", ""},
    {"1500元/年", "", ""},
    {"1500/月", "", ""},
    {"3亿", "300000000", "300000000"},
    {"−5", "-5", "-5"},
    {"٣٤", "34", "34"},
    {"三", "3", "3"},
    {"十二", "12", "12"},
    {"二十", "20", "20"},
    {"一百零五", "105", "105"},
    {"两千元", "2000", "2000"},
    {"三万", "30000", "30000"},
    {"〇", "0", "0"},
    {"二三", "", ""},
    {"十百", "", ""},
    {"零", "0", "0"},
    {"百", "", ""},
    {"万", "", ""},
    {"元", "", ""},
    {"3 cm", "", ""},
    {"5%", "", ""},
    {"(1,234)", "", ""},
    {"120-", "", ""},
    {"1，234", "1234", "1234"},
};

static void test_numbers(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(NUMBERS); i++) {
        char out[HT_NUMBER_MAX];
        g_test_message("number %zu", i);
        g_assert_cmpuint(ht_value_decimal(NUMBERS[i][0], strlen(NUMBERS[i][0]), out), ==,
                         strlen(NUMBERS[i][1]));
        g_assert_cmpstr(out, ==, NUMBERS[i][1]);
        g_assert_cmpuint(ht_value_integer(NUMBERS[i][0], strlen(NUMBERS[i][0]), out), ==,
                         strlen(NUMBERS[i][2]));
        g_assert_cmpstr(out, ==, NUMBERS[i][2]);
    }
}

static void test_division_texts(void)
{
    static const char *const cases[][2] = {
        {"440104", "440104"},
        {" 440104001003 ", "440104001003"},
        {"440104001", "440104001"},
        {"44", "440000"},
        {"4401", "440100"},
        {"440104.0", "440104"},
        {"4.40104E5", "440104"},
        {"4.40104001003E11", "440104001003"},
        {"4.40104E11", "440104000000"},
        {"4.4010E3", "440100"},
        {"４４０１０４", "440104"},
        {"44010", ""},
        {"44010400100312", "44010400100312"},
        {"440104001003012", ""},
        {"440104001003000000", "440104001003"},
        {"440104001003000001", ""},
        {"440104001003000", ""},
        {"-440104", ""},
        {"越秀区", ""},
        {"", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char out[HT_NUMBER_MAX];
        g_assert_cmpuint(ht_value_division(cases[i][0], strlen(cases[i][0]), out), ==, strlen(cases[i][1]));
        g_assert_cmpstr(out, ==, cases[i][1]);
    }
}

/* ---- Codes ---- */

typedef struct {
    const char *table;
    const char *translation; /* NULL: none */
    const char *value;
    const char *code; /* NULL: a null; "?": unmapped */
    HtMarks marks;
} CodeCase;

#define UNMAPPED BIT(CODE_UNMAPPED)
#define WORD BIT(CODE_FROM_TEXT)
#define NEAR BIT(CODE_APPROXIMATE)

/* Each row of the conflicts that were seen in real systems, and what else the rules say. */
static const CodeCase CODES[] = {
    /* sex */
    {"GB-T-2261.1", NULL, "1", "1", 0},
    {"GB-T-2261.1", NULL, "2", "2", 0},
    {"GB-T-2261.1", NULL, "0", "0", 0},
    {"GB-T-2261.1", "sex.words", "男性", "1", WORD},
    {"GB-T-2261.1", "sex.words", "女性", "2", WORD},
    {"GB-T-2261.1", "sex.words", "男", "1", WORD},
    {"GB-T-2261.1", "sex.words", "女", "2", WORD},
    {"GB-T-2261.1", "sex.words", "男 ", "1", WORD},
    {"GB-T-2261.1", "sex.words", "男\u3000", "1", WORD},
    {"GB-T-2261.1", "sex.words", "M", "1", 0},
    {"GB-T-2261.1", "sex.words", "F", "2", 0},
    {"GB-T-2261.1", "sex.words", "male", "1", 0},
    {"GB-T-2261.1", "sex.words", "female", "2", 0},
    {"GB-T-2261.1", "sex.words", "1", "1", 0},
    {"GB-T-2261.1", "sex.display-order", "2", "1", 0},
    {"GB-T-2261.1", "sex.display-order", "3", "2", 0},
    {"GB-T-2261.1", "sex.display-order", "1", "0", 0},
    {"GB-T-2261.1", "sex.display-order", "0", "?", UNMAPPED}, /* closed: not the standard's 0 */
    {"GB-T-2261.1", "sex.words", "0/未知的性别", "0", 0},
    {"GB-T-2261.1", NULL, "1/男性", "1", 0},
    {"GB-T-2261.1", "sex.words", "1/男", "1", 0},
    {"GB-T-2261.1", NULL, "1/女性", "1", BIT(CODE_TEXT_DIFFERS)},
    {"GB-T-2261.1", NULL, "男性(1)", "1", 0},
    {"GB-T-2261.1", NULL, "男性（1）", "1", 0},
    {"GB-T-2261.1", NULL, "7/男性", "1", WORD},
    {"GB-T-2261.1", NULL, "１", "1", 0},
    {"GB-T-2261.1", NULL, "男性", "1", WORD},
    {"GB-T-2261.1", NULL, "男", "?", UNMAPPED},
    {"GB-T-2261.1", NULL, "7", "?", UNMAPPED},
    {"GB-T-2261.1", NULL, "1/2", "?", UNMAPPED | BIT(CODE_COMPOUND)},
    {"GB-T-2261.1", NULL, "", NULL, 0},
    {"GB-T-2261.1", NULL, "无", NULL, 0},
    {"GB-T-2261.1", NULL, "-", NULL, 0},
    {"GB-T-2261.1", NULL, "null", NULL, 0},
    /* marital status */
    {"GB-T-2261.2", "marital.words", "10", "10", 0},
    {"GB-T-2261.2", "marital.words", "20", "20", 0},
    {"GB-T-2261.2", "marital.words", "30", "30", 0},
    {"GB-T-2261.2", "marital.words", "40", "40", 0},
    {"GB-T-2261.2", "marital.words", "90", "90", 0},
    {"GB-T-2261.2", "marital.health-record", "1", "10", 0},
    {"GB-T-2261.2", "marital.health-record", "2", "20", 0},
    {"GB-T-2261.2", "marital.health-record", "3", "30", 0},
    {"GB-T-2261.2", "marital.health-record", "4", "40", 0},
    {"GB-T-2261.2", "marital.health-record", "5", "90", 0},
    {"GB-T-2261.2", "marital.health-record", "60", "90", 0},
    {"GB-T-2261.2", "marital.hubei", "10", "10", 0},
    {"GB-T-2261.2", "marital.hubei", "20", "21", 0},
    {"GB-T-2261.2", "marital.hubei", "30", "22", 0},
    {"GB-T-2261.2", "marital.words", "未婚", "10", WORD},
    {"GB-T-2261.2", "marital.words", "有配偶", "20", WORD},
    {"GB-T-2261.2", "marital.words", "离婚", "40", WORD},
    {"GB-T-2261.2", "marital.marriage-type", "IA", "20", 0},
    {"GB-T-2261.2", "marital.marriage-type", "IB", "40", 0},
    {"GB-T-2261.2", "marital.marriage-type", "ICA", "20", 0},
    {"GB-T-2261.2", "marital.marriage-type", "IC", "?", UNMAPPED},
    {"GB-T-2261.2", "marital.words", "20/已婚", "20", 0},
    {"GB-T-2261.2", NULL, "20/30", "?", UNMAPPED | BIT(CODE_COMPOUND)},
    /* others */
    {"GB-T-3304", "ethnic.words", "汉", "01", WORD},
    {"GB-T-3304", "ethnic.words", "汉族", "01", WORD},
    {"GB-T-3304", "ethnic.words", "01/汉", "01", 0},
    {"GB-T-3304", "ethnic.words", "毛难族", "36", WORD},
    {"GB-T-3304", "ethnic.letters", "UG", "05", 0},
    {"GB-T-2261.4", NULL, "6/7/8/9", "?", UNMAPPED | BIT(CODE_COMPOUND)},
    {"GA-T-2000.27", "household-type.GA-324.1", "1", "11", 0},
    {"GA-T-2000.27", "household-type.GA-324.1", "7", "90", NEAR},
    {"GA-T-2000.27", "household-type.GA-324.1", "11", "?", UNMAPPED},
    {"GA-T-517", "id-document.WS-364", "05", "335", 0},
    {"GA-T-517", "id-document.marriage", "5", "414", 0},
    {"GA-T-517", "id-document.education", "5", "990", NEAR},
    {"GA-T-517", NULL, "111", "111", 0},
    {"LD-T-92.participation-status", "participation-status.words", "正常", "1", WORD},
    {"LD-T-92.participation-status", "participation-status.words", "3", "3", 0},
    {"hukou.move-reason", NULL, "0433", "0433", 0},
    {"hukou.move-reason-group", "move-reason-group.pair", "0333", "33", 0},
    {"hukou.move-reason-group", "move-reason-group.pair", "0308", "08", NEAR},
    {"hukou.move-reason-group", "move-reason-group.pair", "0590", "?", UNMAPPED},
    {"WS-364.abo-blood", "blood.police", "1", "?", UNMAPPED},
    {"WS-364.abo-blood", "blood.police", "A型", "1", WORD},
    {"nciic.error", NULL, "-90", "-90", 0},
};

static HtTables *load_tables(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "mappings", "tables", NULL);
    HtTables *tables = ht_tables_load(folder, NULL, &error);
    g_assert_no_error(error);
    return tables;
}

static void test_codes(void)
{
    g_autoptr(HtTables) tables = load_tables();
    for (size_t i = 0; i < G_N_ELEMENTS(CODES); i++) {
        const CodeCase *one = &CODES[i];
        const HtTranslation *words =
            one->translation ? ht_tables_find_translation(tables, one->translation) : NULL;
        g_test_message("code %zu", i);
        g_assert_true((words != NULL) == (one->translation != NULL));
        HtCode code = ht_code_resolve(ht_tables_find(tables, one->table), words, ht_text_from(one->value));
        HtCodeStatus expected = !one->code            ? HT_CODE_NULL
                                : one->code[0] == '?' ? HT_CODE_UNMAPPED
                                                      : HT_CODE_OK;
        g_assert_cmpint(code.status, ==, expected);
        g_assert_cmpuint(code.marks, ==, one->marks);
        if (expected == HT_CODE_OK) {
            g_assert_cmpstr(code.entry->code, ==, one->code);
        } else {
            g_assert_null(code.entry);
        }
    }
}

/* What was sent is kept, as code and text. */
static void test_unmapped_keeps_the_original(void)
{
    g_autoptr(HtTables) tables = load_tables();
    const HtTable *sex = ht_tables_find(tables, "GB-T-2261.1");
    HtCode code = ht_code_resolve(sex, NULL, HT_TEXT_LITERAL(" 5/其它 "));
    g_assert_true(ht_text_is(code.code, "5") && ht_text_is(code.text, "其它"));
    code = ht_code_resolve(sex, NULL, HT_TEXT_LITERAL("其它"));
    g_assert_true(!code.code.data && ht_text_is(code.text, "其它"));
    code = ht_code_resolve(sex, NULL, HT_TEXT_LITERAL("77"));
    g_assert_true(ht_text_is(code.code, "77") && !code.text.data);
    code = ht_code_resolve(sex, NULL, HT_TEXT_LITERAL("1/2"));
    g_assert_true(ht_text_is(code.code, "1/2") && !code.text.data);
    code = ht_code_resolve(sex, NULL, HT_TEXT_LITERAL("6/7/8/9")); /* not the code 6 with a text */
    g_assert_true(ht_text_is(code.code, "6/7/8/9") && !code.text.data);
}

static void test_split(void)
{
    static const char *const cases[][3] = {
        {"1/男性", "1", "男性"},   {"01|汉族", "01", "汉族"}, {"20-已婚", "20", "已婚"},
        {"20:已婚", "20", "已婚"}, {"1 男性", "1", "男性"},   {"男性(1)", "1", "男性"},
    };
    static const char *const others[] = {"1",   "男性",   "1/2", "/男性", "1/",
                                         "(1)", "男性()", "",    "1/ ",   "男性)"};
    g_autoptr(HtTables) tables = load_tables();
    const HtTable *sex = ht_tables_find(tables, "GB-T-2261.1");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtCode code = ht_code_resolve(sex, NULL, ht_text_from(cases[i][0]));
        g_assert_true(ht_text_is(code.code, cases[i][1]) && ht_text_is(code.text, cases[i][2]));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        HtCode code = ht_code_resolve(sex, NULL, ht_text_from(others[i]));
        g_test_message("other %zu", i);
        g_assert_true(!code.code.data || !code.text.data);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/spellings-of-null", test_spellings_of_null);
    g_test_add_func("/convert/fold-and-length", test_fold_and_length);
    g_test_add_func("/convert/numbers", test_numbers);
    g_test_add_func("/convert/division-codes", test_division_texts);
    g_test_add_func("/convert/codes-of-every-source", test_codes);
    g_test_add_func("/convert/unmapped-keeps-the-original", test_unmapped_keeps_the_original);
    g_test_add_func("/convert/code-and-text-are-split", test_split);
    return g_test_run();
}
