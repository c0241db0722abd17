/* What departments really send, where no other test shows a case of tests/data/ugly-reality.tsv whole: from the bytes to
 * the event, with small mappings or with the police adapter. */
#include "tests/lib/adapter-test.h"

#define PHOTO_BYTES (172 << 10)

/* ---- U28: a photo of 230 kB in one text node ---- */

/* A picture by its first bytes, and then anything. transfer full. */
static guchar *make_photo(void)
{
    static const guchar signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    guchar *photo = g_malloc(PHOTO_BYTES);
    for (unsigned i = 0; i < PHOTO_BYTES; i++) {
        photo[i] = i < sizeof signature ? signature[i] : (guchar)(i * 2654435761u >> 13);
    }
    return photo;
}

/* The fixture of the move certificate with `base64` for its photo. transfer full. */
static char *make_certificate(const char *base64)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "adapters", "hukou", "fixtures",
                                                  "hukou-move-certificate-010124.xml", NULL);
    g_autofree char *text = NULL;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    char *start = strstr(text, "<xp>"), *end = strstr(text, "</xp>");
    g_assert_true(start && end);
    return g_strdup_printf("%.*s%s%s", (int)(start + 4 - text), text, base64, end);
}

static void assert_photo(AdapterTest *test, const char *base64, const char *digest)
{
    g_autofree char *payload = make_certificate(base64);
    g_assert_cmpuint(strlen(payload), >, 230 * 1000);
    adapter_test_run(test, payload);
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    HtEvent event = adapter_test_event(test, 0);
    g_autoptr(JsonNode) node = adapter_test_render(&event);
    JsonObject *data = json_object_get_object_member(json_node_get_object(node), "data");
    JsonObject *photo = json_object_get_object_member(data, "photo");
    g_assert_cmpstr(adapter_test_string(photo, "digest"), ==, digest);
    g_assert_cmpstr(adapter_test_string(photo, "mediaType"), ==, "image/png");
    g_assert_cmpint(json_object_get_int_member(photo, "size"), ==, PHOTO_BYTES);
    g_autofree char *json = json_to_string(node, FALSE);
    g_assert_cmpuint(strlen(json), <, 8000);
}

static void test_photo(void)
{
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    g_autofree guchar *photo = make_photo();
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, photo, PHOTO_BYTES);
    g_autofree char *base64 = g_base64_encode(photo, PHOTO_BYTES);
    assert_photo(test, base64, digest);

    /* In lines, as mail would send it. */
    g_autoptr(GString) lines = g_string_new(NULL);
    for (const char *at = base64; *at; at += strnlen(at, 76)) {
        g_string_append_printf(lines, "%.76s\r\n", at);
    }
    assert_photo(test, lines->str, digest);
}

/* ---- U18: bytes that look like signs, also inside JSON ---- */

#define PERSON_AT(path)                                                                              \
    "<event type='person.moved-in.v1' for-each='" path "'><identity kind='idNumber' from='GMSFHM'/>" \
    "<element to='person.name' from='XM'/><element to='person.formerName' from='CYM'/>"              \
    "<element to='person.idNumber' from='GMSFHM'/><element to='person.birthDate' from='CSRQ'/></event>"

static void test_trail_bytes(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(PERSON_AT("/json")));
    g_autofree char *bytes = NULL;
    gsize size;
    bytes = g_convert(
        "<?xml version='1.0' encoding='GBK'?><string>{\"XM\":\"測試誠\",\"CYM\":\"測試東\"}</string>", -1,
        "GBK", "UTF-8", NULL, &size, NULL);
    g_assert_nonnull(memchr(bytes, '\\', size));
    g_assert_nonnull(memchr(bytes, '|', size));
    mapping_test_run_bytes(test, (HtText){bytes, size});
    assert_events(test, 1);
    assert_has(test, 0, "\"name\":\"測試誠\"");
    assert_has(test, 0, "\"formerName\":\"測試東\"");
}

/* ---- U30: names that are the contract, and one that is only misspelt ---- */

/* SBN for SBM is in real requests: the unit's name is carried all the same, under the name that it came with. */
static void test_misspelt(void)
{
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    static const char *const names[] = {"SBM", "SBN"};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<ROWS><INFO><%s>测试单位</%s></INFO><ROW FSD=\"440104\" YWLX=\"社区入户核查\"><GMSFHM>990104198001019915"
            "</GMSFHM><XM>测试甲</XM></ROW></ROWS>",
            names[i], names[i]);
        adapter_test_run(test, xml);
        g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
        HtEvent event = adapter_test_event(test, 0);
        g_assert_nonnull(memmem(event.data.data, event.data.size, "测试单位", strlen("测试单位")));
    }
}

/* ---- U21: byte order mark, CRLF, no declaration ---- */

static void test_line_ends(void)
{
    static const char *const beginnings[] = {"", "\xef\xbb\xbf", "<?xml version='1.0'?>\r\n",
                                             "\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>\r\n"};
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(PERSON_AT("/ROWS/ROW")));
    g_autofree char *plain = NULL;
    for (unsigned i = 0; i < G_N_ELEMENTS(beginnings); i++) {
        g_autofree char *xml = g_strconcat(
            beginnings[i], "<ROWS>\r\n <ROW>\r\n  <XM>\r\n测试甲\r\n</XM>\r\n  <CSRQ>19800101\r\n</CSRQ>\r\n",
            " </ROW>\r\n</ROWS>\r\n", NULL);
        g_assert_cmpint(mapping_test_run(test, xml), ==, HT_VERDICT_OK);
        assert_events(test, 1);
        g_autofree char *json = mapping_test_json(test, 0);
        assert_has(test, 0, "\"name\":\"测试甲\",\"birthDate\":\"1980-01-01\"");
        if (!plain) {
            plain = g_steal_pointer(&json);
        } else {
            const char *data = strstr(json, "\"data\":");
            g_assert_true(data && g_str_has_suffix(plain, data));
        }
    }
}

/* ---- U23: what is nothing is absent, never an empty value ---- */

static void test_nulls(void)
{
    static const char *const nulls[] = {"<CYM/>",
                                        "<CYM></CYM>",
                                        "",
                                        "<CYM> </CYM>",
                                        "<CYM>null</CYM>",
                                        "<CYM>-</CYM>",
                                        "<CYM>无</CYM>",
                                        "<CYM>&amp;nbsp;</CYM>",
                                        "<CYM>&amp;amp;nbsp;</CYM>",
                                        "<CSRQ>1900-01-01</CSRQ>",
                                        "<CSRQ>19010101</CSRQ>",
                                        "<CSRQ>1899-12-31</CSRQ>",
                                        "<CSRQ>1900-01-01T00:00:00+08:00</CSRQ>"};
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(PERSON_AT("/ROWS/ROW")));
    for (unsigned i = 0; i < G_N_ELEMENTS(nulls); i++) {
        g_autofree char *xml = g_strconcat("<ROWS><ROW><XM>测试甲</XM>", nulls[i], "</ROW></ROWS>", NULL);
        g_test_message("null %u", i);
        g_assert_cmpint(mapping_test_run(test, xml), ==, HT_VERDICT_OK);
        assert_has(test, 0, "\"person\":{\"name\":\"测试甲\"}");
        assert_lacks(test, 0, "\"\"");
    }
}

/* ---- U24: one number, however it is written ---- */

static void assert_number(MappingTest *test, const char *written, const char *number)
{
    g_autofree char *xml =
        g_strdup_printf("<ROWS><ROW><XM>测试丁</XM><GMSFHM>%s</GMSFHM></ROW></ROWS>", written);
    g_assert_cmpint(mapping_test_run(test, xml), ==, HT_VERDICT_OK);
    HtEvent event = mapping_test_event(test, 0);
    g_assert_cmpuint(event.identity_count, ==, 1);
    g_assert_true(ht_text_is(event.identities[0].value, number));
}

static void test_numbers(void)
{
    static const char *const ways[][2] = {
        {"990104195008179950", "990104195008179950"},
        {"990104500817995", "990104195008179950"},
        {"９９０１０４５００８１７９９５", "990104195008179950"},
        {" 990104195008179950\n", "990104195008179950"},
        {"990104 19500817 9950", "990104195008179950"},
        {"99010419910315993X", "99010419910315993X"},
        {"99010419910315993x", "99010419910315993X"},
        {"９９０１０４１９９１０３１５９９３Ｘ", "99010419910315993X"},
    };
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(PERSON_AT("/ROWS/ROW")));
    for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_test_message("way %u", i);
        assert_number(test, ways[i][0], ways[i][1]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ugly/photo/230-kb-in-one-node-become-a-digest", test_photo);
    g_test_add_func("/ugly/trail-bytes/are-no-signs-in-json", test_trail_bytes);
    g_test_add_func("/ugly/names/a-misspelt-one-is-not-lost", test_misspelt);
    g_test_add_func("/ugly/line-ends/mark-and-declaration-change-nothing", test_line_ends);
    g_test_add_func("/ugly/nulls/are-absent", test_nulls);
    g_test_add_func("/ugly/numbers/each-way-of-writing-is-one-person", test_numbers);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
