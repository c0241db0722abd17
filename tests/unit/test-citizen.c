/* Citizen numbers in texts: wherever they begin, however they are written. All numbers are of nobody's province, 99. */
#include "core/base/citizen.h"

#define RIGHT "990104198806020016"   /* its check digit is right */
#define WRONG "990104198806020017"   /* it is not */
#define WITH_X "99010419910315993X"  /* right */
#define OLD "990104880602001"        /* 15 digits */
#define OUTSIDE "991331193813201993" /* no date in it, wherever one begins */

typedef struct {
    const char *text;
    bool in_element, in_attribute;
} Case;

static void check_cases(const Case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g_test_message("case %zu", i);
        g_assert_cmpint(ht_citizen_is_in(ht_text_from(cases[i].text)), ==, cases[i].in_element);
        g_assert_cmpint(ht_citizen_may_be_in(ht_text_from(cases[i].text)), ==, cases[i].in_attribute);
    }
}

static void test_that_stand_alone(void)
{
    static const Case cases[] = {
        {RIGHT, true, true},
        {WRONG, true, true},
        {WITH_X, true, true},
        {"A-" RIGHT "/2", true, true},
        {OLD, true, true},
        {"1:" OLD, true, true},
        {OLD "甲", true, true},
        {"号" RIGHT, true, true},
        {"", false, false},
        {"9901041980010199", false, false},   /* 16 digits */
        {"990104198013019915", false, false}, /* 13th month */
        {"990104178001019915", false, false}, /* long ago */
        {"990104179912310013", false, false},
        {"990104180001010018", true, true},
        {"990104189912310012", true, true},
        {"990104202601010016", true, true},   /* born today */
        {"990104210001010012", false, false}, /* not born for long */
        {"9901041980010199X", false, false},
        {"990104801301991", false, false},
        {"B990104-2009-000001", false, false},
        {"900000501", false, false},
        {OUTSIDE, false, false},
        {"测试社区居民委员会办公室户籍受理窗口登记", false, false},
    };
    check_cases(cases, G_N_ELEMENTS(cases));
}

static void test_inside_of_longer_numbers(void)
{
    static const Case cases[] = {
        {"GA" RIGHT "01", true, true},    {"X" RIGHT "0001", true, true}, {"0" RIGHT, true, true},
        {"900000" RIGHT "7", true, true}, {"7" WITH_X "7", true, true},   {"GA" WRONG "01", false, true},
        {"77" WRONG, false, true},        {"7" OLD "1", false, true},     {"GA" OLD "0001", false, true},
    };
    check_cases(cases, G_N_ELEMENTS(cases));
}

static void test_with_separators(void)
{
    static const Case cases[] = {
        {"9901-0419-8806-020016", true, true},          {"990104 19880602 0016", true, true},
        {"990104.19880602.001.6", true, true},          {"990104/1988/06/02/0016", true, true},
        {"990104_19880602_0016", true, true},           {"990104·19880602·0016", true, true},
        {"990104 - 19880602 - 0016", true, true},       {"7-990104:19880602:0016-7", true, true},
        {"990104\u201019880602\u20130016", true, true}, {"990104\u300019880602\u30000016", true, true},
        {"990104\u200b19880602\u200b0016", true, true}, {"990104-880602-001", false, true},
        {"990104-19880602-0017", false, true},          {"990104-19910315-993-X", true, true},
        {"990104     19880602     0016", false, false}, /* columns, not one number */
    };
    check_cases(cases, G_N_ELEMENTS(cases));
}

static void test_in_other_scripts(void)
{
    static const Case cases[] = {
        {"９９０１０４１９８８０６０２００１６", true, true},
        {"９９０１０４１９９１０３１５９９３Ｘ", true, true},
        {"九九〇一〇四一九八八〇六〇二〇〇一六", true, true},
        {"九九零一零四一九八八零六零二零零一六", true, true},
        {"٩٩٠١٠٤١٩٨٨٠٦٠٢٠٠١٦", true, true},
        {"۹۹۰۱۰۴۱۹۸۸۰۶۰۲۰۰۱۶", true, true},
        {"９90１０4－19８8０6０2－0０1六", true, true},
        {"𝟗𝟗𝟎𝟏𝟎𝟒𝟏𝟗𝟖𝟖𝟎𝟔𝟎𝟐𝟎𝟎𝟏𝟔", true, true}, /* four bytes a digit */
        {"7𝟿𝟿𝟶𝟷𝟶𝟺𝟷𝟿𝟾𝟾𝟶𝟼𝟶𝟸𝟶𝟶𝟷𝟼7", true, true},
        {"甲9901０４１９８８０６０２００１６01", true, true},
    };
    check_cases(cases, G_N_ELEMENTS(cases));
}

static void test_at_every_place(void)
{
    for (unsigned before = 0; before < 30; before++) {
        for (unsigned behind = 0; behind < 30; behind++) {
            g_autofree char *left = g_strnfill(before, '7'), *right = g_strnfill(behind, '7');
            g_autofree char *text = g_strconcat(left, RIGHT, right, NULL);
            g_assert_true(ht_citizen_is_in(ht_text_from(text)));
            g_assert_true(ht_citizen_may_be_in(ht_text_from(text)));
        }
    }
}

/* Bytes that are no UTF-8, and texts that end in the middle of a character, are read to their end and no further. */
static void test_not_beyond_the_end(void)
{
    static const char bytes[] = RIGHT "\xe4\xb8\xff\x80" RIGHT "\xef\xbc";
    for (size_t size = 0; size < sizeof bytes; size++) {
        g_autofree char *copy = g_memdup2(bytes, MAX(size, 1));
        bool found = ht_citizen_may_be_in((HtText){copy, size});
        g_assert_cmpint(found, ==, size >= 18);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/citizen/numbers-that-stand-alone", test_that_stand_alone);
    g_test_add_func("/citizen/numbers-inside-of-longer-ones", test_inside_of_longer_numbers);
    g_test_add_func("/citizen/numbers-with-separators", test_with_separators);
    g_test_add_func("/citizen/numbers-in-other-scripts", test_in_other_scripts);
    g_test_add_func("/citizen/numbers-at-every-place", test_at_every_place);
    g_test_add_func("/citizen/not-beyond-the-end", test_not_beyond_the_end);
    return g_test_run();
}
