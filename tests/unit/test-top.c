/* `hutong top`: rates out of pages that follow each other, and screens that fit. */
#include "core/base/clock.h"
#include "core/cli/top.h"

#include <string.h>

static JsonObject *parse(const char *json)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_assert_true(json_parser_load_from_data(parser, json, -1, NULL));
    return json_object_ref(json_node_get_object(json_parser_get_root(parser)));
}

static void take(HtTop *top, int64_t seconds, int messages, const char *error)
{
    g_autofree char *json = g_strdup_printf(
        "{\"name\":\"yuexiu\",\"version\":\"1\",\"state\":\"ready\",\"notice\":\"room is short\\nand more\","
        "\"door\":{\"connections\":3},\"spool\":{\"state\":\"ok\",\"lastSequence\":7},"
        "\"sources\":[{\"name\":\"quiet\",\"messages\":0,\"host\":{\"state\":\"stopped\"}},"
        "{\"name\":\"north\",\"messages\":%d,\"host\":{\"state\":\"running\"}}],"
        "\"consumers\":[{\"name\":\"fine\",\"state\":\"idle\",\"delivered\":1},"
        "{\"name\":\"down\",\"state\":\"retrying\",\"lastError\":\"%s\",\"letters\":2,\"answers\":[{\"count\":5}]}]}",
        messages, error);
    JsonObject *status = parse(json);
    ht_top_take(top, status, seconds * HT_SECOND);
    json_object_unref(status);
}

static char *draw(HtTop *top, unsigned columns, unsigned rows, bool colour, const char *problem)
{
    HtTopScreen screen = {.columns = columns, .rows = rows, .colour = colour, .unicode = true};
    GString *out = g_string_new(NULL);
    ht_top_draw(top, &screen, problem, out);
    g_assert_true(g_utf8_validate(out->str, -1, NULL));
    return g_string_free(out, FALSE);
}

static unsigned width_of(const char *line)
{
    unsigned width = 0;
    for (const char *at = line; *at; at = g_utf8_next_char(at)) {
        width += g_unichar_iswide(g_utf8_get_char(at)) ? 2 : 1;
    }
    return width;
}

static void test_rates_are_differences(void)
{
    g_autoptr(HtTop) top = ht_top_new();
    take(top, 1, 100, "x");
    take(top, 3, 150, "x");
    g_autofree char *faster = draw(top, 80, 30, false, NULL);
    g_assert_nonnull(strstr(faster, "north               25.0 "));
    take(top, 4, 10, "x"); /* a bus that was started anew */
    g_autofree char *anew = draw(top, 80, 30, false, NULL);
    g_assert_nonnull(strstr(anew, "north               10.0 "));
    g_assert_nonnull(strstr(anew, "quiet                  0 "));
    g_assert_nonnull(strstr(anew, "at rest"));
    g_assert_null(strstr(anew, "-1"));
}

static void test_a_screen_fits(void)
{
    static const unsigned widths[] = {20, 40, 79, 80, 109, 110, 120, 300};
    g_autoptr(HtTop) top = ht_top_new();
    take(top, 1, 0, "连接被拒绝：平台正在维护，请稍后再试。连接被拒绝：平台正在维护，请稍后再试。\\u001b[2J");
    take(top, 2, 1000000000,
         "连接被拒绝：平台正在维护，请稍后再试。连接被拒绝：平台正在维护，请稍后再试。\\u001b[2J");
    for (unsigned i = 0; i < G_N_ELEMENTS(widths) * 2; i++) {
        ht_top_key(top, i % 2 ? '\n' : 27);
        ht_top_key(top, 'D');
        for (unsigned rows = 2; rows < 30; rows += 5) {
            g_autofree char *screen = draw(top, widths[i / 2], rows, false, NULL);
            g_auto(GStrv) lines = g_strsplit(screen, "\n", -1);
            g_assert_cmpuint(g_strv_length(lines), <=, rows + 1);
            g_assert_null(strchr(screen, 27));
            for (char **line = lines; *line; line++) {
                g_assert_cmpuint(width_of(*line), <=, widths[i / 2]);
            }
        }
    }
}

static const char *find(const char *screen, const char *name)
{
    const char *at = strstr(screen, name);
    g_assert_nonnull(at);
    return at;
}

static void test_keys_sort_and_look_into(void)
{
    g_autoptr(HtTop) top = ht_top_new();
    take(top, 1, 0, "refused");
    take(top, 2, 5, "refused");
    g_autofree char *first = draw(top, 80, 30, false, NULL);
    g_assert_true(find(first, "quiet") < find(first, "north") && find(first, "fine") < find(first, "down"));
    g_assert_true(ht_top_key(top, 'r'));
    g_autofree char *by_rate = draw(top, 80, 30, false, NULL);
    g_assert_true(find(by_rate, "north") < find(by_rate, "quiet"));
    g_assert_true(ht_top_key(top, 't'));
    g_autofree char *by_trouble = draw(top, 80, 30, false, NULL);
    g_assert_true(find(by_trouble, "down") < find(by_trouble, "fine"));
    g_assert_nonnull(strstr(by_trouble, "retrying: refused"));
    ht_top_key(top, 'D');
    ht_top_key(top, 'D');
    ht_top_key(top, '\n');
    g_autofree char *detail = draw(top, 80, 40, false, NULL);
    g_assert_nonnull(strstr(detail, "CONSUMER down"));
    g_assert_nonnull(strstr(detail, "count               5"));
    ht_top_key(top, 27);
    g_autofree char *back = draw(top, 80, 30, true, "no bus answers");
    g_assert_nonnull(strstr(back, "SOURCE"));
    g_assert_nonnull(strstr(back, "no bus answers"));
    g_assert_nonnull(strstr(back, "room is short"));
    g_assert_false(ht_top_key(top, 'q'));
}

static void test_a_bus_that_is_not_there_is_told(void)
{
    g_autoptr(HtTop) top = ht_top_new();
    g_assert_true(ht_top_key(top, 'D') && ht_top_key(top, '\n'));
    g_autofree char *screen = draw(top, 80, 24, false, "no bus answers at /run/x");
    g_assert_nonnull(strstr(screen, "no bus answers at /run/x"));
    JsonObject *odd = parse("{\"sources\":3,\"consumers\":{},\"spool\":[],\"door\":null}");
    ht_top_take(top, odd, 1);
    json_object_unref(odd);
    g_autofree char *bare = draw(top, 80, 24, false, NULL);
    g_assert_nonnull(strstr(bare, "q end"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/top/rates-are-differences", test_rates_are_differences);
    g_test_add_func("/top/a-screen-fits", test_a_screen_fits);
    g_test_add_func("/top/keys-sort-and-look-into", test_keys_sort_and_look_into);
    g_test_add_func("/top/a-bus-that-is-not-there-is-told", test_a_bus_that_is_not_there_is_told);
    return g_test_run();
}
