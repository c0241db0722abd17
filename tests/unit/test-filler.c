/* Fillers: each of them in each of its dresses, and honest numbers that look a little like them. */
#include "mappings/engine/values/filler.h"

#include "mappings/engine/values/idnumber.h"

#include <glib.h>

static const char *const fillers[] = {
    "0",
    "00",
    "000000000",
    "0000000000000000000000000000000000000000",
    "99999",
    "999999999",
    "99999999999",
    "-1",
    "-9",
    "-99",
    "11111",
    "888888888",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "0123456789",
    "987654321",
    "9876543210",
    "87654321",
    "X",
    "XX",
    "XXXX",
    "A000000000",
    "J00000000",
    "000000000A",
    "A999999999",
    "A111111111",
    "A123456789",
    "NA",
    "null",
    "none",
    "unknown",
    "undefined",
    "test",
    "AAAA",
    "zzzz",
    "不详",
    "未知",
    "无",
    "補辦中",
    "补办中",
    "未办理",
    "待补",
    "未提供",
    "暂无",
    "无证",
    "无号",
    "遗失",
    "已遗失",
    "空",
    "未登记",
    "办理中",
    "未取得",
    "尚未办理",
    "正在补办",
    "正在办理中",
    "身份证遗失",
    "出生证补办中",
    "无身份证号",
    "号码不详",
    "证件号码未知",
    "暂未取得",
    "暂未提供",
    "不清楚",
    "不知道",
    "没有",
    "没有办理",
    "未上户",
    "待核实",
    "待补录",
    "等待办理",
    "申领中",
    "无法提供",
    "拒绝提供",
    "保密",
    "丢失",
    "作废",
    "未领取",
    "无出生证",
    "出生医学证明未办理",
    "新生儿",
    "第000号",
    "编号0",
    "零零零",
    "〇〇〇〇",
    "粤000000",
    "J4401042019000000",
    "4401040000000000",
};

/* No letter and no digit in them. */
static const char *const signs[] = {
    "",  "  ",   "-", "--", "——",   "－－", "/",  "／",       "*",  "＊＊＊",       ".",  "。", "…",
    "?", "？？", "#", "()", "（）", "□□",   "、", "\xc2\xa0", "　", "\xef\xbf\xbd", "—/—"};

/* Signs inside of them matter, or make them. */
static const char *const composed[] = {
    "J440104-2019-000000",
    "j440104－2019－000000",
    "J440104—2019—000000号",
    "J440104/2019/000000",
    "J440104-2019-999999",
    "（2019）粤0104-000",
    "0.0",
    "0.00",
    "99999.0",
    "９９９９９．０",
    "0000-0000",
    "0-0",
    "123-456-789",
    "12345 6789",
    "N/A",
    "n.a.",
    "（无）",
    "【不详】",
    "未 知",
    "（0）",
    "No.000000",
    "No：0",
    "编号：000000",
    "第０００号",
    "‐1",
    "－１",
    "−1",
    "-1.0",
    "×××",
    "Ｘ",
    "ｘｘｘ",
    "(null)",
    "[object Object]",
    "System.DBNull",
    "出生证：未办理。",
    "\xe2\x80\xad"
    "0"
    "\xe2\x80\xac",
    "٠٠٠٠",
    "不详（补办中）",
};

static const char *const honest[] = {
    "1",
    "2",
    "12",
    "9",
    "99",
    "9999",
    "100",
    "10000",
    "90000",
    "1000000",
    "00000001",
    "000000010",
    "12345",
    "12346",
    "1234",
    "930000021",
    "940000036",
    "A000000010",
    "A100000000",
    "X1",
    "X100000",
    "J440104-2019-000001",
    "J440104-2019-100000",
    "J440104-2008-010000",
    "L440104-2020-000100",
    "1101012008000001",
    "990104198806020016",
    "99010420090313033X",
    "440104001003",
    "20190101000000",
    "2019-01-01 00:00:00",
    "G440012345",
    "R990012345",
    "12-3",
    "3-101",
    "345678",
    "113456",
    "1123456",
    "123457",
    "9998",
    "1999999",
    "100000001",
    "1000000000",
    "201900000001",
    "HJ0001",
    "ABC",
    "P-1",
    "WARD00",
    "粤A12345",
    "二〇〇九〇三",
    "第12号",
    "编号10",
    "张三",
    "111112",
    "1111",
    "京公网安备11010502030143",
    "-12345",
    "0x1f",
    "N1",
    "NO7",
};

static bool is_filler(const char *text)
{
    return ht_is_filler(ht_text_from(text));
}

static void check(const char *text, bool expected)
{
    if (is_filler(text) != expected) {
        g_autofree char *escaped = g_strescape(text, NULL);
        g_error("\"%s\" (%s) is %s filler", text, escaped, expected ? "no" : "a");
    }
}

/* ---- Dresses ---- */

/* U+FF01 to U+FF5E for ASCII. transfer full. */
static char *widen(const char *text)
{
    g_autoptr(GString) wide = g_string_new(NULL);
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);
        bool narrow = character > 0x20 && character < 0x7f;
        g_string_append_unichar(wide, narrow ? character - 0x21 + 0xff01 : character);
    }
    return g_string_free(g_steal_pointer(&wide), FALSE);
}

/* The sign behind each character but the last. transfer full. */
static char *spread(const char *text, const char *sign)
{
    g_autoptr(GString) spread = g_string_new(NULL);
    for (const char *at = text; *at;) {
        const char *next = g_utf8_next_char(at);
        g_string_append_len(spread, at, next - at);
        g_string_append(spread, *next ? sign : "");
        at = next;
    }
    return g_string_free(g_steal_pointer(&spread), FALSE);
}

static void check_around(const char *text, bool expected)
{
    static const char *const around[][2] = {
        {"", ""},       {" ", " "},         {"　", "\t"}, {"\xc2\xa0", "\n"},
        {"（", "）"},   {"(", ")"},         {"【", "】"}, {"\"", "\""},
        {"“", "”"},     {"", "。"},         {"", "."},    {"", "号"},
        {"编号：", ""}, {"证件号码:", " "}, {"第", "号"}, {"\xef\xbb\xbf", "\xe2\x80\x8b"}};
    for (size_t i = 0; i < G_N_ELEMENTS(around); i++) {
        g_autofree char *dressed = g_strconcat(around[i][0], text, around[i][1], NULL);
        check(dressed, expected);
    }
}

static void check_dresses(const char *text, bool expected)
{
    g_autofree char *wide = widen(text);
    g_autofree char *upper = g_ascii_strup(text, -1);
    g_autofree char *lower = g_ascii_strdown(text, -1);
    g_autofree char *wide_lower = widen(lower);
    const char *dresses[] = {text, wide, upper, lower, wide_lower};
    for (size_t i = 0; i < G_N_ELEMENTS(dresses); i++) {
        check_around(dresses[i], expected);
    }
}

static void test_dresses(void)
{
    static const char *const between[] = {" ", "　", "\xe2\x80\x8b"};
    for (size_t i = 0; i < G_N_ELEMENTS(fillers); i++) {
        check_dresses(fillers[i], true);
        for (size_t sign = 0; sign < G_N_ELEMENTS(between); sign++) {
            g_autofree char *apart = spread(fillers[i], between[sign]);
            check(apart, true);
        }
    }
}

static void test_signs(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
        check(signs[i], true);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(composed); i++) {
        check(composed[i], true);
    }
}

static void test_honest(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(honest); i++) {
        check(honest[i], false);
        g_autofree char *wide = widen(honest[i]);
        check(wide, false);
    }
}

/* A register that counts from 1 has numbers of every shape; few of them are fillers, and those are known. */
static void test_sequence(void)
{
    unsigned taken = 0;
    for (unsigned i = 1; i <= 200000; i++) {
        g_autofree char *number = g_strdup_printf("%u", i);
        g_autofree char *padded = g_strdup_printf("%09u", i);
        g_autofree char *certificate = g_strdup_printf("J440104-2019-%06u", i);
        taken += is_filler(number);
        check(padded, false);
        check(certificate, false);
    }
    g_assert_cmpuint(taken, ==, 11); /* 11111 to 99999, 111111 and 123456 */
}

static void test_long(void)
{
    g_autofree char *zeros = g_strnfill(5000, '0');
    check(zeros, true);
    zeros[4999] = '1';
    check(zeros, false);
    g_autofree char *letters = g_strnfill(5000, 'X');
    check(letters, true);
    check("\xff\xfe\xe4", true);
}

/* ---- Texts without a number ---- */

static void test_without_number(void)
{
    static const char *const without[] = {"张三", "无", "—", "外地朋友", "测试之子"};
    static const char *const with[] = {"A", "1", "１", "粤A", "二〇〇九", "三二一号"};
    for (size_t i = 0; i < G_N_ELEMENTS(without); i++) {
        g_assert_true(ht_is_without_number(ht_text_from(without[i])));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(with); i++) {
        g_assert_false(ht_is_without_number(ht_text_from(with[i])));
    }
}

/* ---- Citizen numbers ---- */

static void test_citizen_numbers(void)
{
    static const char *const unnumbered[] = {
        "000000000000000000", "111111111111111111", "123456789012345678", "123456789098765432",
        "999999999999999999", "990104000000000000", "990104198806020000", "990104198806029999",
        "990104198806021111", "990104198806021234", "000000000000000",    "111111111111111",
        "990104880602000",    "123456789012345",    "99010419880602000X",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(unnumbered); i++) {
        HtIdNumber id;
        ht_idnumber_parse(unnumbered[i], strlen(unnumbered[i]), &id);
        if (id.status != HT_ID_FILLER) {
            g_error("%s is no filler", unnumbered[i]);
        }
    }
    HtIdNumber id;
    g_assert_cmpint(ht_idnumber_parse("990104198806020016", 18, &id), ==, HT_ID_VALID);
    g_assert_cmpint(ht_idnumber_parse("990104198806020017", 18, &id), ==, HT_ID_WRONG_CHECK);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/filler/in-every-dress", test_dresses);
    g_test_add_func("/filler/signs-and-parts", test_signs);
    g_test_add_func("/filler/honest-numbers-are-none", test_honest);
    g_test_add_func("/filler/of-a-sequence-few", test_sequence);
    g_test_add_func("/filler/of-any-length", test_long);
    g_test_add_func("/filler/without-a-number", test_without_number);
    g_test_add_func("/filler/citizen-numbers", test_citizen_numbers);
    return g_test_run();
}
