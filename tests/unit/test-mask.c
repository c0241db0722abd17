/* mappings/engine/values/mask: what masks show, and that they never show more than they promise. */
#include "mappings/engine/reference/divisions.h"
#include "mappings/engine/values/mask.h"

#include <glib.h>

typedef struct {
    HtMask mask;
    const char *value;
    const char *shown; /* NULL: nothing at all */
} Case;

static const Case CASES[] = {
    {HT_MASK_NONE, "测试甲", "测试甲"},
    {HT_MASK_NAME, "测试甲", "测**"},
    {HT_MASK_NAME, "测甲", "测*"},
    {HT_MASK_NAME, "甲", "*"},
    {HT_MASK_NAME, "", ""},
    {HT_MASK_NAME, "测试䶮", "测**"},
    {HT_MASK_NAME, "测\xf0\xa0\x80\x80", "测*"},
    {HT_MASK_NAME, "买买提江·测试", "买***·**"},
    {HT_MASK_NAME, "买买提江•测试", "买***•**"},
    {HT_MASK_NAME, "Test A", "T*****"},
    {HT_MASK_ID_NUMBER, "990104198001019915", "990***********9915"},
    {HT_MASK_ID_NUMBER, "99010419910315993X", "990***********993X"},
    {HT_MASK_ID_NUMBER, "990104500817995", "990*********995"},
    {HT_MASK_ID_NUMBER, "99010419800101991543", "990*************1543"},
    {HT_MASK_ID_NUMBER, "T12345678", "*******78"},
    {HT_MASK_ID_NUMBER, "T123456", "*******"},
    {HT_MASK_ID_NUMBER, "９９０１０４１９８００１０１９９１５", "９９０***********９９１５"},
    {HT_MASK_ID_NUMBER, "H1234567890", "*********90"}, /* 港澳居民来往内地通行证 */
    {HT_MASK_ID_NUMBER, "12345678", "******78"},       /* 台湾居民来往大陆通行证 */
    {HT_MASK_ID_NUMBER, "990104 19800101 9915", "********************"},      /* not a number's form */
    {HT_MASK_ID_NUMBER, "测试甲990104198001019915", "*********************"}, /* a name before it */
    {HT_MASK_ID_NUMBER, "990104198001019915/13800001234", "******************************"},
    {HT_MASK_PHONE, "+86 138 0000 1234", "+86************34"},
    {HT_MASK_PHONE, "8613800001234", "***********34"},
    {HT_MASK_PHONE, "13800001234/13900005678", "*********************78"},
    {HT_MASK_PHONE, "13800001234转测试甲", "***************"},
    {HT_MASK_PHONE, "(020)83331234", "***********34"},
    {HT_MASK_PHONE, "＋８６１３８００００１２３４", "************３４"},
    {HT_MASK_LAST4, "6200000000001234 测试甲", "********************"},
    {HT_MASK_LAST4, "粤Ａ－１２３４５", "********"},
    {HT_MASK_NAME, "测试测试", "测***"},
    {HT_MASK_NAME, "测试甲(13800001234)", "测***************"},
    {HT_MASK_NAME, "13800001234", "1**********"},
    {HT_MASK_NAME, "\xf0\xa0\xae\xb7\xf0\xa0\x80\x80", "\xf0\xa0\xae\xb7*"},
    {HT_MASK_ADDRESS, "测试市互通区测试甲家", "测试市互通区***"},
    {HT_MASK_ADDRESS, "测试甲，测试市互通区1号", "***"},
    {HT_MASK_ADDRESS, "测试市互通区（测试甲转）测试路1号", "测试市互通区***"},
    {HT_MASK_PHONE, "13800001234", "138****1234"},
    {HT_MASK_PHONE, "+8613800001234", "+86138****1234"},
    {HT_MASK_PHONE, "020-83331234", "020-*****234"},
    {HT_MASK_PHONE, "0756-3331234", "0756-****234"},
    {HT_MASK_PHONE, "02083331234", "020*****234"},
    {HT_MASK_PHONE, "07563331234", "0756****234"},
    {HT_MASK_PHONE, "075683331234", "0756*****234"},
    {HT_MASK_PHONE, "83331234", "******34"},
    {HT_MASK_PHONE, "110", "***"},
    {HT_MASK_PHONE, "138-0000-12", "*********12"},   /* eleven characters and no mobile number */
    {HT_MASK_PHONE, "A1380000B123", "************"}, /* letters are no number's */
    {HT_MASK_PHONE, "020-83331234-801", "**************01"},
    {HT_MASK_PHONE, "１３８００００１２３４", "*********３４"},
    {HT_MASK_ADDRESS, "测试市互通区测试路19号", "测试市互通区测试路***"},
    {HT_MASK_ADDRESS, "测试市互通区测试路１９号", "测试市互通区测试路***"},
    {HT_MASK_ADDRESS, "测试市互通区测试路十九号三楼", "测试市互通区测试路***"},
    {HT_MASK_ADDRESS, "样本市样本镇样本村1号", "样本市样本镇样本村***"},
    {HT_MASK_ADDRESS, "广东省广州市越秀区洪桥街道洪桥测试一社区居委会",
     "广东省广州市越秀区洪桥街道洪桥测试一社区居委会"},
    {HT_MASK_ADDRESS, "测试市互通区中山路街道测试小区3栋", "测试市互通区中山路街道***"},
    {HT_MASK_ADDRESS, "测试市互通区测试小区3栋", "测试市互通区***"},
    {HT_MASK_ADDRESS, "测试市互通区测试路测试花园东区A座", "测试市互通区测试路***"},
    {HT_MASK_ADDRESS, "测试市互通区测试路小区3栋", "测试市互通区测试路***"},
    {HT_MASK_ADDRESS, "测试路①号", "测试路***"},
    {HT_MASK_ADDRESS, "测试市互通区样本街道样本测试街道样本",
     "测试市互通区样本街道***"}, /* the second is a house's name */
    {HT_MASK_ADDRESS, "测试市互通区样本测试区样本", "测试市互通区***"},
    {HT_MASK_ADDRESS, "样本市测试市样本", "样本市测试市***"},
    {HT_MASK_ADDRESS, "样本村测试村样本", "样本村测试村***"},
    {HT_MASK_ADDRESS, "测试大厦", "***"},
    {HT_MASK_ADDRESS, "19号测试路", "***"},
    {HT_MASK_ADDRESS, "", ""},
    {HT_MASK_YEAR, "1980-01-01", "1980"},
    {HT_MASK_YEAR, "1980-01", "1980"},
    {HT_MASK_YEAR, "1980", "1980"},
    {HT_MASK_YEAR, "19800101", "1980"},
    {HT_MASK_YEAR, "2009-03-20T09:45:12+08:00", "2009"},
    {HT_MASK_YEAR, "1/1/1980", NULL},
    {HT_MASK_YEAR, "", NULL},
    {HT_MASK_LAST4, "6200000000001234", "************1234"},
    {HT_MASK_LAST4, "12345678", "****5678"},
    {HT_MASK_LAST4, "1234567", "*******"},
    {HT_MASK_HIDE, "测试甲", NULL},
    {HT_MASK_HIDE, "", NULL},
};

static void test_masks_show_what_they_promise(void)
{
    HtBuffer out = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        const Case *one = &CASES[i];
        ht_buffer_reset(&out, SIZE_MAX);
        ht_buffer_add_literal(&out, "before");
        bool shown = ht_mask_apply(one->mask, one->value, strlen(one->value), &out);
        g_autofree char *expected = g_strconcat("before", one->shown, NULL);
        if (shown != (one->shown != NULL) || !ht_text_is(ht_buffer_text(&out), expected)) {
            g_test_message("case %zu", i);
            g_test_fail();
        }
    }
    ht_buffer_clear(&out);
}

/* Characters of the masked text that are not *, i.e. shown. */
static size_t count_shown(HtText text)
{
    size_t shown = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool continues = ((unsigned char)text.data[i] & 0xc0) == 0x80;
        shown += !continues && text.data[i] != '*';
    }
    return shown;
}

static size_t promised(HtMask mask, size_t length)
{
    switch (mask) {
    case HT_MASK_NAME: return length > 1 ? 1 : 0;
    case HT_MASK_ID_NUMBER: return length < 8 ? 0 : length < 15 ? 2 : length == 15 ? 6 : 7;
    case HT_MASK_PHONE: return length == 11 ? 7 : length == 12 ? 7 : length == 14 ? 10 : length < 7 ? 0 : 2;
    case HT_MASK_LAST4: return length < 8 ? 0 : 4;
    default: return 4;
    }
}

/* Of every length, of one-byte and three-byte characters. */
static void test_never_shows_more(void)
{
    static const HtMask masks[] = {HT_MASK_NAME, HT_MASK_ID_NUMBER, HT_MASK_PHONE, HT_MASK_LAST4,
                                   HT_MASK_YEAR};
    static const char *const characters[] = {"1", "0", "7", "a", "测", "７"};
    g_autoptr(GString) value = g_string_new(NULL);
    HtBuffer out = {0};
    for (size_t kind = 0; kind < G_N_ELEMENTS(characters); kind++) {
        g_string_truncate(value, 0);
        for (size_t length = 0; length <= 64; length++) {
            for (size_t i = 0; i < G_N_ELEMENTS(masks); i++) {
                ht_buffer_reset(&out, SIZE_MAX);
                ht_mask_apply(masks[i], value->str, value->len, &out);
                g_assert_cmpuint(count_shown(ht_buffer_text(&out)), <=, promised(masks[i], length));
            }
            g_string_append(value, characters[kind]);
        }
    }
    ht_buffer_clear(&out);
}

static void test_broken_bytes_are_masked(void)
{
    HtBuffer out = {0};
    g_assert_true(ht_mask_apply(HT_MASK_NAME, "A\xe6\xb5", 3, &out));
    g_assert_true(ht_text_is(ht_buffer_text(&out), "A**"));
    ht_buffer_reset(&out, SIZE_MAX);
    g_assert_true(
        ht_mask_apply(HT_MASK_NAME, "A\xe6\xb5\x8b", 3, &out)); /* whole only with what is behind it */
    g_assert_true(ht_text_is(ht_buffer_text(&out), "A**"));
    ht_buffer_clear(&out);
}

/* The level names must not cut the place's name itself, whatever 镇, 乡, 路 or 市 are in it. */
static void test_county_names_stay_whole(void)
{
    static const char *const places[] = {
        "江苏省镇江市京口区",
        "河南省新乡市红旗区",
        "河北省唐山市路南区",
        "浙江省台州市路桥区",
        "江西省景德镇市昌江区",
        "广西壮族自治区南宁市西乡塘区",
        "贵州省贵阳市清镇市",
        "福建省三明市沙县区",
        "河南省南阳市社旗县",
        "黑龙江省大庆市让胡路区",
        "广东省广州市从化区街口街道",
        "山东省青岛市市北区",
        "新疆维吾尔自治区和田地区和田县",
        "内蒙古自治区锡林郭勒盟镶黄旗",
        "天津市武清区泗村店镇",
        "河北省沧州市孟村回族自治县",
    };
    HtBuffer out = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *address = g_strconcat(places[i], "甲8号", NULL);
        ht_buffer_reset(&out, SIZE_MAX);
        ht_mask_apply(HT_MASK_ADDRESS, address, strlen(address), &out);
        g_autofree char *expected = g_strconcat(places[i], "***", NULL);
        g_assert_true(ht_text_is(ht_buffer_text(&out), expected));
    }
    ht_buffer_clear(&out);
}

/* Name of a listed division of wider level, "" for a unit that is no place's name (市辖区). */
static const char *name_of(const HtDivisions *divisions, const char *county, size_t digits)
{
    char code[7] = "000000";
    HtDivisionInfo info;
    memcpy(code, county, digits);
    ht_division_check(divisions, code, 6, &info);
    const char *name = info.exact ? info.name : "";
    bool unit = strstr(name, "直辖县级") != NULL || strcmp(name, "市辖区") == 0 || strcmp(name, "县") == 0;
    return unit ? "" : name;
}

/* Development zones, islands and farms end in no level; all else of the national lists must stay whole. */
static void test_all_counties_stay_whole(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "mappings", "divisions", NULL);
    g_autoptr(HtDivisions) divisions = ht_divisions_load(folder, NULL, &error);
    g_assert_no_error(error);
    HtBuffer out = {0};
    unsigned cut = 0, seen = 0;
    for (unsigned number = 110000; number < 670000; number++) {
        char code[8];
        HtDivisionInfo info;
        g_snprintf(code, sizeof code, "%06u", number);
        if (number % 100 == 0 || !ht_division_check(divisions, code, 6, &info)) {
            continue;
        }
        g_autofree char *place =
            g_strconcat(name_of(divisions, code, 2), name_of(divisions, code, 4), info.name, NULL);
        ht_buffer_reset(&out, SIZE_MAX);
        ht_mask_apply(HT_MASK_ADDRESS, place, strlen(place), &out);
        cut += !ht_text_is(ht_buffer_text(&out), place);
        seen++;
    }
    ht_buffer_clear(&out);
    g_assert_cmpuint(seen, >, 2900);
    g_assert_cmpuint(cut, <=, 8);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mask/shows-what-it-promises", test_masks_show_what_they_promise);
    g_test_add_func("/mask/never-shows-more-of-any-length", test_never_shows_more);
    g_test_add_func("/mask/broken-bytes-are-masked", test_broken_bytes_are_masked);
    g_test_add_func("/mask/address/names-with-level-words-stay-whole", test_county_names_stay_whole);
    g_test_add_func("/mask/address/all-counties-stay-whole", test_all_counties_stay_whole);
    return g_test_run();
}
