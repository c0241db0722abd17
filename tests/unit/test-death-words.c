/* Reasons that clerks write where an office ends something: whether the record's person has died (a hint), another one has, or nobody. Each
 * reason stands in the place of the reason of a fixture, in every mapping that reads such reasons. */
#include "tests/lib/adapter-test.h"

typedef struct {
    const char *mapping, *fixture;
    const char *reason; /* once in the fixture, with the brackets around it: a death */
} Place;

#define XML(name, fixture) "mappings/" name ".xml", "xml/fixtures/" name "/" fixture ".xml"

static const Place places[] = {
    {XML("child-welfare", "reasons-of-an-end"), "<revokeReason>因病死亡<"},
    {XML("civil-affairs", "old-age-states-in-words"), "<停发原因>老人已过世<"},
    {XML("civil-affairs", "preferential-ended"), "<优抚对象状态>病故<"},
    {XML("floating", "ended-without-a-flag"), "<zxyy>老人已过世<"},
    {XML("floating", "foreigner-ended-by-death"), "<xt_zxyy>死亡<"},
    {XML("floating", "permits-reprinted-and-cancelled"), "<jzzzxyy>死亡<"},
    {XML("key-persons", "removed-without-a-flag"), "<xt_zxyy>矫正期间病故<"},
    {XML("labour", "ends-that-are-none"), "<acc025>因病去世<"},
    {XML("property-management", "members-left"), "<离任原因>因病去世<"},
    {XML("rental", "tenants-left-and-dead"), "<zxyy>病故<"},
    {XML("rental", "lease-ended-by-death"), "<tzyy>病故<"},
    {XML("veterans", "removed-without-a-flag"), "<Soldier_Removed_Reason>因病去世<"},
};

static const char *const own[] = {"死亡",         "因病死亡",     "本人死亡", "老人已过世", "溺亡",
                                  "车祸身亡",     "于2021年去世", "自然死亡", "已故",       "因公殉职",
                                  "病故",         "辞世了",       "意外溺亡", "仙逝",       "非正常死亡",
                                  "抢救无效死亡", "医治无效病故", "不幸去世", "不慎溺亡",   "因病不治身亡"};
static const char *const of_others[] = {
    "户主死亡",        "死者家属随迁", "配偶死亡",     "丈夫去世", "妻子病故",        "父亲过世",
    "父母双亡,父死亡", "儿子溺亡",     "房东去世",     "家属死亡", "监护人死亡",      "母亲病故回乡",
    "因亲属去世迁回",  "祖父逝世",     "女儿意外身亡", "业主死亡", "户主抢救无效死亡"};
static const char *const of_nobody[] = {
    "未死亡",   "死亡误报",         "非死亡",       "没有死亡",       "搬走",
    "不是死亡", "恢复，死亡系误登", "死亡登记无效", "误报非正常死亡", "未死亡，抢救无效系误传"};

static unsigned count_hints(AdapterTest *test, const char *text)
{
    unsigned hints = 0;
    adapter_test_run(test, text);
    for (guint i = 0; test->outcome.verdict == HT_VERDICT_OK && i < test->outcome.events->len; i++) {
        HtEvent event = adapter_test_event(test, i);
        hints += ht_text_is(event.attr[HT_ATTR_TYPE], "person.death-hinted.v1");
    }
    return hints;
}

static void check_reasons(AdapterTest *test, const char *text, const Place *place, const char *const *reasons,
                          size_t count, unsigned wanted)
{
    const char *at = strstr(text, place->reason);
    g_assert_nonnull(at);
    g_assert_null(strstr(at + 1, place->reason));
    for (size_t i = 0; i < count; i++) {
        g_autofree char *other = g_strdup_printf("%.*s>%s<%s", (int)(strchr(at, '>') - text), text,
                                                 reasons[i], at + strlen(place->reason));
        unsigned hints = count_hints(test, other);
        if (hints != wanted) {
            g_error("%s in %s: %u hints of a death, not %u", reasons[i], place->fixture, hints, wanted);
        }
    }
}

static void test_place(gconstpointer data)
{
    const Place *place = data;
    g_autoptr(AdapterTest) test = adapter_test_new(place->mapping, "xml");
    g_autofree char *path = g_build_filename(mapping_test_folder(), "..", "adapters", place->fixture, NULL),
                    *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    unsigned hints = count_hints(test, text);
    g_assert_cmpuint(hints, >, 0);
    check_reasons(test, text, place, own, G_N_ELEMENTS(own), hints);
    check_reasons(test, text, place, of_others, G_N_ELEMENTS(of_others), hints - 1);
    check_reasons(test, text, place, of_nobody, G_N_ELEMENTS(of_nobody), hints - 1);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        const char *fixture = places[i].fixture + strlen("xml/fixtures/");
        g_autofree char *path = g_strdup_printf("/death-words/%.*s", (int)(strlen(fixture) - 4), fixture);
        g_test_add_data_func(path, &places[i], test_place);
    }
    return g_test_run();
}
