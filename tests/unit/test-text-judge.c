/* UTF-8 with faults or GB 18030: names of all kinds, whole and cut at every byte, with and without what was declared. */
#include "mappings/engine/text/text.h"
typedef struct {
    const char *declaration;
    HtEncoding declared;
} Declared;

static const Declared declarations[] = {
    {"", HT_ENCODING_NONE},
    {"<?xml version='1.0' encoding='UTF-8'?>", HT_ENCODING_UTF8},
    {"<?xml version='1.0' encoding='GBK'?>", HT_ENCODING_GB18030},
};

/* Synthetic names and addresses of every kind: frequent and rare characters, minorities', Latin. */
static const char *const names[] = {
    "测试丙",
    "张三",
    "李四维",
    "王伟",
    "刘洋",
    "欧阳测试",
    "司马相如",
    "陈静怡",
    "赵敏",
    "黄蓉",
    "周杰",
    "吴彦祖",
    "郑爽",
    "孙俪",
    "马冬梅",
    "朱元璋",
    "胡适",
    "林黛玉",
    "何炅",
    "高圆圆",
    "梁静茹",
    "宋祖英",
    "郭德纲",
    "谢霆锋",
    "韩雪",
    "唐嫣",
    "冯巩",
    "于谦",
    "董洁",
    "萧峰",
    "程蝶衣",
    "曹操",
    "袁隆平",
    "邓超",
    "许晴",
    "傅雷",
    "沈腾",
    "曾国藩",
    "彭于晏",
    "吕布",
    "苏轼",
    "卢俊义",
    "蒋欣",
    "蔡明",
    "贾玲",
    "丁磊",
    "魏晨",
    "薛之谦",
    "叶问",
    "阎锡山",
    "余华",
    "潘玮柏",
    "杜甫",
    "戴玉强",
    "买买提·吐尔逊",
    "阿依古丽·玉素甫",
    "次仁卓玛",
    "娜仁花",
    "甲一",
    "乙",
    "女",
    "男",
    "汉族",
    "离婚",
    "未婚",
    "广东省广州市越秀区测试路1号",
    "北京市朝阳区建国门外大街12号院3单元",
    "上海市浦东新区世纪大道100弄5号",
    "四川省成都市青羊区",
    "新疆维吾尔自治区喀什地区",
    "无固定职业",
    "小学毕业",
    "工人",
    "农民",
    "退休人员",
};

/* Rarer ones: second level of GB 2312, and what only GBK has. */
static const char *const rare_names[] = {"婷婷", "王娴", "刘烨",   "李昊", "张瑾萱", "陈琪",  "赵婧",
                                         "孙媛", "周琳", "吴莹",   "郑婕", "王喆",   "陶喆",  "李玥",
                                         "刘堃", "张珺", "朱镕基", "淼淼", "马骉",   "冼星海"};

static char *to_gb(const char *text)
{
    return g_convert(text, -1, "GB18030", "UTF-8", NULL, NULL, NULL);
}

static HtEncoding read_as(const char *value, size_t size, const Declared *declared, const char *more)
{
    HtDecoded decoded;
    g_autoptr(GString) text = g_string_new(declared->declaration);
    HtTextBuffer *buffer = ht_text_buffer_new(1 << 20);
    g_string_append(text, "<R><XM>");
    g_string_append_len(text, value, (gssize)size);
    g_string_append_printf(text, "</XM><DZ>%s</DZ></R>", more);
    g_assert_true(ht_text_decode(buffer, (HtText){text->str, text->len}, HT_TEXT_NONE, &decoded, NULL));
    ht_text_buffer_free(buffer);
    return decoded.encoding;
}

static const char *get_name(unsigned i)
{
    return i < G_N_ELEMENTS(names) ? names[i] : rare_names[i - G_N_ELEMENTS(names)];
}

static void expect(const char *value, size_t size, const Declared *declared, const char *more,
                   HtEncoding encoding)
{
    HtEncoding found = read_as(value, size, declared, more);
    if (found != encoding)
        g_error("\"%s\", %zu bytes, declared %d: read as %d", value, size, declared->declared, found);
}

/* A name of UTF-8 with `cut` bytes cut off behind (or in front), alone in its message and beside something sound. How much of it
 * must be left depends on what the declaration says: one whole character where it tells the truth or nothing, two where it lies. */
static void check_cut(const char *name, size_t cut, bool front, bool rare)
{
    size_t size = front ? strlen(name + cut) : cut;
    const char *value = front ? name + cut : name;
    const size_t least[] = {front || rare ? 7 : 4, front || rare ? 7 : 4, 7};
    for (unsigned i = 0; i < G_N_ELEMENTS(declarations); i++) {
        expect(value, size, &declarations[i], "测试路", HT_ENCODING_UTF8);
        if (size >= least[i])
            expect(value, size, &declarations[i], "", HT_ENCODING_UTF8);
    }
}

static void test_cut(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(names) + G_N_ELEMENTS(rare_names); i++) {
        const char *name = get_name(i);
        for (size_t cut = 1; cut < strlen(name); cut++) {
            bool inside = (name[cut] & 0xC0) == 0x80;
            for (unsigned front = 0; front < 2 && inside; front++)
                check_cut(name, cut, front, i >= G_N_ELEMENTS(names));
        }
    }
}

/* The same names in GB 18030, whole and cut behind each byte but the first: nothing declared, or the wrong thing. */
static void test_gb(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(names) + G_N_ELEMENTS(rare_names); i++) {
        g_autofree char *gb = to_gb(get_name(i));
        for (size_t cut = 2; cut <= strlen(gb); cut++) {
            expect(gb, cut, &declarations[0], "", HT_ENCODING_GB18030);
            expect(gb, cut, &declarations[2], "", HT_ENCODING_GB18030);
            if (cut > 3 || i < G_N_ELEMENTS(names))
                expect(gb, cut, &declarations[1], "", HT_ENCODING_GB18030);
        }
    }
}

/* One character alone, every one of GB 2312. Declared as UTF-8, those of the second level that are sound UTF-8, too, are that. */
static void test_single(void)
{
    for (unsigned lead = 0xB0; lead <= 0xF7; lead++) {
        for (unsigned trail = 0xA1; trail <= (lead == 0xD7 ? 0xF9 : 0xFE); trail++) {
            const char gb[] = {(char)lead, (char)trail, '\0'};
            expect(gb, 2, &declarations[0], "", HT_ENCODING_GB18030);
            expect(gb, 2, &declarations[2], "", HT_ENCODING_GB18030);
            if (lead < 0xD8)
                expect(gb, 2, &declarations[1], "", HT_ENCODING_GB18030);
        }
    }
}

/* Words of other scripts whose every letter takes two bytes. */
static void test_letters(void)
{
    static const char *const words[] = {"René",     "José María", "Müller", "Ångström", "Maria·Silva",
                                        "ئابدۇللا", "نۇرمەمەت",   "Иванов", "Çelik",    "Nguyễn Văn"};
    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        expect(words[i], strlen(words[i]), &declarations[0], "", HT_ENCODING_UTF8);
        expect(words[i], strlen(words[i]), &declarations[1], "", HT_ENCODING_UTF8);
    }
}

/* A long message is judged by its beginning, and one field of another encoding does not turn it round. */
static void test_mixed(void)
{
    g_autoptr(GString) utf8 = g_string_new(NULL), gb = g_string_new(NULL);
    for (unsigned i = 0; i < 200; i++) {
        g_autofree char *other = to_gb(get_name(i % G_N_ELEMENTS(names)));
        g_string_append_printf(utf8, "%s</XM><XM>", get_name(i % G_N_ELEMENTS(names)));
        g_string_append_printf(gb, "%s</XM><XM>", other);
    }
    expect(utf8->str, utf8->len, &declarations[0], "\xB2\xE2\xCA\xD4", HT_ENCODING_UTF8);
    expect(gb->str, gb->len, &declarations[1], "测试丙", HT_ENCODING_GB18030);
    g_string_prepend(utf8, "\xB2\xE2\xCA\xD4</XM><XM>");
    expect(utf8->str, utf8->len, &declarations[2], "", HT_ENCODING_UTF8);
}

static void check_text(const char *value, const char *result, unsigned marks)
{
    HtDecoded decoded;
    HtTextBuffer *buffer = ht_text_buffer_new(1 << 20);
    g_autofree char *text = g_strdup_printf("<?xml version='1.0' encoding='UTF-8'?><XM>%s</XM>", value);
    g_autofree char *wanted = g_strdup_printf("<XM>%s</XM>", result);
    g_assert_true(ht_text_decode(buffer, ht_text_from(text), HT_TEXT_NONE, &decoded, NULL));
    g_assert_cmpmem(decoded.text, decoded.size, wanted, strlen(wanted));
    g_assert_cmphex(decoded.marks, ==, marks);
    ht_text_buffer_free(buffer);
}

#define HIGH "\xED\xA1\x82" /* D842 */
#define LOW "\xED\xBE\xB7"  /* DFB7 */

static void test_cesu(void)
{
    const unsigned joined = HT_TEXT_SURROGATES_JOINED, half = HT_TEXT_HALF_CHARACTER;
    check_text("测试" HIGH LOW, "测试𠮷", joined);
    check_text(HIGH LOW, "𠮷", joined);
    check_text(HIGH LOW HIGH LOW "甲", "𠮷𠮷甲", joined);
    check_text("测试" HIGH, "测试\uFFFD", half);
    check_text("测试" LOW, "测试\uFFFD", half);
    check_text("测试" LOW HIGH, "测试\uFFFD\uFFFD", half);
    check_text("测" HIGH HIGH LOW, "测\uFFFD𠮷", joined | half);
    check_text("测试" HIGH "\xED\xBE", "测试\uFFFD\uFFFD\uFFFD", half);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text-judge/utf8/a-name-cut-anywhere-leaves-it-utf8", test_cut);
    g_test_add_func("/text-judge/gb/stays-gb-whatever-is-declared", test_gb);
    g_test_add_func("/text-judge/gb/each-character-alone", test_single);
    g_test_add_func("/text-judge/utf8/letters-of-two-bytes", test_letters);
    g_test_add_func("/text-judge/mixed/most-of-it-decides", test_mixed);
    g_test_add_func("/text-judge/cesu/surrogates-are-joined", test_cesu);
    return g_test_run();
}
