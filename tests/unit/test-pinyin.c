/* Initials of Chinese words: as departments call their columns. */
#include "core/cli/pinyin.h"

static void test_initials(void)
{
    static const struct {
        const char *words;
        bool brackets;
        const char *initials;
    } cases[] = {
        {"姓名", false, "XM"},
        {"公民身份号码", false, "GMSFHM"},
        {"出生日期", false, "CSRQ"},
        {"民族", false, "MZ"},
        {"籍贯省市县(区)", false, "JGSSX"},
        {"籍贯省市县(区)", true, "JGSSXQ"},
        {"工作单位（服务处所）", false, "GZDW"},
        {"工作单位（服务处所）", true, "GZDWFWCS"},
        {"ABO血型2", false, "ABOXX2"},
        {"", false, ""},
        {"阿座", false, "AZ"}, /* the first, and the last of a letter */
        {"联系 电话", false, "LXDH"},
        {"亍", false, NULL}, /* second level: its sound is not told */
        {"姓亍", false, NULL},
        {"あ", false, NULL},
        {"𠮷", false, NULL}, /* not in GBK */
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *got = ht_pinyin_initials(cases[i].words, cases[i].brackets);
        g_test_message("%s", cases[i].words);
        g_assert_cmpstr(got, ==, cases[i].initials);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pinyin/initials", test_initials);
    return g_test_run();
}
