/* mappings/engine/parts/container, unzip: an archive is a batch of XML and JSON, or refused with the entry's number. */
#include "tests/lib/container-test.h"
#include "tests/lib/zip-builder.h"

static HtText text_of(GBytes *bytes)
{
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    return (HtText){data, size};
}

/* One entry of this name and content. */
static GBytes *zip_one(const char *name, const char *text, const ZipOddity *oddity)
{
    ZipBuilder zip = zip_builder();
    zip_add_text(&zip, "1.xml", "<r/>");
    zip_add(&zip, name, text, strlen(text), oddity);
    return zip_finish(&zip, 0);
}

static void test_zip(void)
{
    static const char *const types[] = {"application/zip", "application/x-zip-compressed",
                                        "application/octet-stream", NULL};
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    ZipBuilder zip = zip_builder();
    const ZipOddity stored = {.stored = true};
    zip_add_text(&zip, "人员一.xml", "<doc>" NAMED(1) NAMED(2) "</doc>");
    zip_add(&zip, "folder/b.dat", "<r/>", 4, &stored);
    zip_add_text(&zip, "c", "\xef\xbb\xbf\r\n<doc/>");
    g_autoptr(GBytes) bytes = zip_finish(&zip, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        g_assert_cmpint(run_typed(test, types[i], text_of(bytes)), ==, HT_VERDICT_OK);
        assert_events(test, 3);
        assert_has(test, 1, "\"businessid\":\"2\"");
    }
    /* A type that says ZIP, and XML that comes: it is read as what it is. */
    assert_taken(test, "application/zip", "<r/>", 1);
}

static void refuse_zip(MappingTest *test, GBytes *bytes, const char *code, unsigned part, int line)
{
    refuse_at(test, "application/zip", text_of(bytes), code, part, line);
    g_bytes_unref(bytes);
}

#define assert_zip_refused(test, bytes, code, part) refuse_zip((test), (bytes), (code), (part), __LINE__)

static void test_zip_faults(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    const ZipOddity encrypted = {.flags = 1}, method = {.method = 12}, crc = {.crc_change = 1},
                    longer = {.size_change = 1};
    ZipBuilder empty = zip_builder();
    g_autoptr(GBytes) inner = zip_one("2.xml", "<r/>", NULL);
    ZipBuilder nested = zip_builder();
    zip_add(&nested, "inner.zip", g_bytes_get_data(inner, NULL), g_bytes_get_size(inner), NULL);
    assert_zip_refused(test, zip_one("readme.txt", "hello", NULL), "part-not-xml", 2);
    assert_zip_refused(test, zip_one("photo.jpg", "\xff\xd8\xff\xe0", NULL), "part-not-xml", 2);
    assert_zip_refused(test, zip_one("folder/", "", NULL), "part-not-xml", 2);
    assert_zip_refused(test, zip_one("2.xml", "<r/>", &encrypted), "zip-encrypted", 2);
    assert_zip_refused(test, zip_one("2.xml", "<r/>", &method), "zip-method", 2);
    assert_zip_refused(test, zip_one("2.xml", "<r/>", &crc), "zip-malformed", 2);
    assert_zip_refused(test, zip_one("2.xml", "<r/>", &longer), "zip-malformed", 2);
    assert_zip_refused(test, zip_one("2.xml", "<doc>", NULL), "not-well-formed", 2);
    assert_zip_refused(test, zip_one("2.xml", "", NULL), "empty", 2);
    assert_zip_refused(test, zip_finish(&empty, 0), "zip-malformed", 0);
    assert_zip_refused(test, zip_finish(&nested, 0), "part-nested", 1);
    assert_zip_refused(test, g_bytes_new("PK\3\4", 4), "zip-malformed", 0);
    assert_zip_refused(test, g_bytes_new("hello", 5), "zip-malformed", 0);
    GByteArray *two = g_byte_array_new();
    g_byte_array_append(two, g_bytes_get_data(inner, NULL), (guint)g_bytes_get_size(inner));
    g_byte_array_append(two, g_bytes_get_data(inner, NULL), (guint)g_bytes_get_size(inner));
    assert_zip_refused(test, g_byte_array_free_to_bytes(two), "zip-malformed", 0);
    ZipBuilder more = zip_builder();
    zip_add_text(&more, "1.xml", "<r/>");
    assert_zip_refused(test, zip_finish(&more, 2), "zip-malformed", 2);
    ZipBuilder many = zip_builder();
    for (unsigned i = 0; i <= 1000; i++) {
        zip_add_text(&many, "x", "<r/>");
    }
    assert_zip_refused(test, zip_finish(&many, 0), "too-many-parts", 0);
}

/* ---- JSON ---- */

#define JSON_MAPPING                                                                       \
    MAPPING("<event type='person.moved-in.v1' for-each='/json/item /json/rows /ROWS/ROW'>" \
            "<id from='ID'/><element to='person.name' from='XM' required='yes'/></event>")

#define JSON_ONE "[{\"ID\":\"1\",\"XM\":\"测试甲\"}]"

/* A good document, and this one. */
static GBytes *zip_json(const char *text)
{
    ZipBuilder zip = zip_builder();
    zip_add_text(&zip, "1.json", JSON_ONE);
    zip_add_text(&zip, "2.json", text);
    return zip_finish(&zip, 0);
}

/* Objects, arrays of them, GBK, and XML beside them. */
static void test_zip_json(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(JSON_MAPPING);
    ZipBuilder zip = zip_builder();
    zip_add_text(&zip, "a.json", JSON_ONE);
    zip_add_text(&zip, "b",
                 "\xef\xbb\xbf\r\n {\"rows\":[{\"ID\":2,\"XM\":\"测试乙\"},{\"ID\":3,\"XM\":\"测试丙\"}]}");
    zip_add_text(&zip, "c.txt", "[{\"ID\":\"4\",\"XM\":\"\xb2\xe2\xca\xd4\xd2\xd2\"}]");
    zip_add_text(&zip, "d.xml", "<ROWS>" NAMED(5) "</ROWS>");
    g_autoptr(GBytes) bytes = zip_finish(&zip, 0);
    g_assert_cmpint(run_typed(test, "application/zip", text_of(bytes)), ==, HT_VERDICT_OK);
    assert_events(test, 5);
    assert_has(test, 0, "\"businessid\":\"1\"");
    assert_has(test, 2, "测试丙");
    assert_has(test, 3, "测试乙");
    assert_has(test, 4, "\"businessid\":\"5\"");
    assert_taken(
        test, MIXED,
        PART("Content-Type: application/json\r\n", JSON_ONE) PART(XML, "<ROWS>" NAMED(2) "</ROWS>") END, 2);
}

static void test_zip_json_faults(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(JSON_MAPPING);
    g_autofree char *deep = g_strnfill(100000, '[');
    assert_zip_refused(test, zip_json("{\"ID\":2,}"), "json-malformed", 2);
    assert_zip_refused(test, zip_json("{\"ID\":2,\"XM\":\"测试"), "json-malformed", 2);
    assert_zip_refused(test, zip_json(JSON_ONE JSON_ONE), "json-malformed", 2);
    assert_zip_refused(test, zip_json(deep), "too-deep", 2);
    assert_zip_refused(test, zip_json("[{\"ID\":2}]"), "required-missing", 2);
    assert_zip_refused(test, zip_json("{\"foreign\":2}"), "unknown-document", 2);
    assert_zip_refused(test, zip_json("\"text\""), "part-not-xml", 2);
    assert_zip_refused(test, zip_json("ID,XM\n2,x\n"), "part-not-xml", 2);
    assert_refused(test, MIXED, PART("Content-Type: application/json\r\n", "2,x") END, "part-not-xml", 1);
    assert_refused(test, RELATED, PART("Content-Type: application/json\r\n", JSON_ONE) END, "part-not-xml",
                   1);
}

/* Blanks and brackets pack as well as markup does. */
static void test_zip_json_bombs(void)
{
    HtMapperOptions options = {ht_limits_default(), "440104", false, false, false};
    options.limits.document_bytes = 8 << 20;
    g_autoptr(MappingTest) test = mapping_test_new_with(JSON_MAPPING, &options);
    g_autofree char *blanks = g_strnfill(30 << 20, ' ');
    memcpy(blanks, "{", 1);
    assert_zip_refused(test, zip_json(blanks), "zip-bomb", 2);
    options.limits.zip_ratio = 10000;
    g_autoptr(MappingTest) lax = mapping_test_new_with(JSON_MAPPING, &options);
    assert_zip_refused(lax, zip_json(blanks), "document-too-long", 2);
    g_autoptr(GString) rows = g_string_new("{\"rows\":[");
    options.limits.records = 1000;
    for (unsigned i = 0; i < 2000; i++) {
        g_string_append_printf(rows, "%s{\"ID\":%u,\"XM\":\"测试甲\"}", i ? "," : "", i);
    }
    g_string_append(rows, "]}");
    g_autoptr(MappingTest) few = mapping_test_new_with(JSON_MAPPING, &options);
    assert_zip_refused(few, zip_json(rows->str), "too-many-records", 2);
}

/* No cut, and no changed byte, does more than refuse. */
static void test_zip_damage(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    g_autoptr(GBytes) whole = zip_one("2.xml", "<doc>" NAMED(1) "</doc>", NULL);
    gsize size;
    const char *bytes = g_bytes_get_data(whole, &size);
    g_autofree char *copy = g_memdup2(bytes, size);
    for (gsize cut = 0; cut < size; cut++) {
        if (run_typed(test, "application/zip", (HtText){bytes, cut}) != HT_VERDICT_REJECT) {
            g_error("cut at %zu of %zu: taken", cut, size);
        }
    }
    for (gsize i = 0; i < size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            copy[i] = (char)(bytes[i] ^ 1 << bit);
            run_typed(test, "application/zip", (HtText){copy, size});
            g_assert_true(test->outcome.verdict == HT_VERDICT_REJECT || test->outcome.events->len <= 2);
        }
        copy[i] = bytes[i];
    }
    g_assert_cmpint(run_typed(test, "application/zip", text_of(whole)), ==, HT_VERDICT_OK);
}

static void test_zip_bombs(void)
{
    HtMapperOptions options = {ht_limits_default(), "440104", false, false, false};
    options.limits.document_bytes = 8 << 20;
    g_autoptr(MappingTest) test = mapping_test_new_with(PHOTO_MAPPING, &options);
    g_autofree char *blanks = g_strnfill(30 << 20, ' ');
    assert_zip_refused(test, zip_one("2.xml", blanks, NULL), "zip-bomb", 2);
    g_assert_nonnull(strstr(test->outcome.faults[0].text,
                            "unpacks to more than 200 times its size (max-zip-ratio = 200)"));
    options.limits.zip_ratio = 10000;
    g_autoptr(MappingTest) lax = mapping_test_new_with(PHOTO_MAPPING, &options);
    assert_zip_refused(lax, zip_one("2.xml", blanks, NULL), "document-too-long", 2);

    /* Honest data, and too much of it over all entries. */
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    GString *text = g_string_new("<r><XM>");
    while (text->len < 3 << 20) {
        g_string_append_printf(text, "%u", g_rand_int(random));
    }
    g_string_append(text, "</XM></r>");
    ZipBuilder zip = zip_builder();
    for (unsigned i = 0; i < 3; i++) {
        zip_add_text(&zip, "x", text->str);
    }
    assert_zip_refused(test, zip_finish(&zip, 0), "document-too-long", 3);
    g_string_free(text, TRUE);
}

/* A small archive of many entries, each of which alone is no bomb: they grow together, or have one body among them. */
static void test_zip_bombs_of_many(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    g_autofree char *blanks = g_strnfill(900000, ' '), *text = g_strconcat("<r/>", blanks, NULL);
    ZipBuilder many = zip_builder();
    for (unsigned i = 0; i < 40; i++) {
        zip_add_text(&many, "x", text);
    }
    g_autoptr(GBytes) grown = zip_finish(&many, 0);
    gsize size = g_bytes_get_size(grown);
    g_assert_cmpuint(size * 200 / strlen(text), <, 40); /* or it would be none */
    unsigned part = (unsigned)(size * 200 / strlen(text)) + 1;
    assert_zip_refused(test, g_steal_pointer(&grown), "zip-bomb", part);
    g_assert_nonnull(strstr(test->outcome.faults[0].text, "The ZIP archive unpacks to more than 200 times"));

    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    GString *noise = g_string_new("<doc>" NAMED(1) "<!--");
    while (noise->len < 100000) {
        g_string_append_printf(noise, "%u", g_rand_int(random));
    }
    g_string_append(noise, "--></doc>");
    ZipBuilder shared = zip_builder();
    zip_add_text(&shared, "x", noise->str);
    zip_list_again(&shared, 500);
    assert_zip_refused(test, zip_finish(&shared, 0), "zip-malformed", 2);
    g_string_free(noise, TRUE);
}

/* What is compressed can be found by who unpacks it only. */
static void test_zip_json_secrets(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(JSON_MAPPING);
    g_autoptr(GBytes) open = zip_json("[{\"ID\":2,\"XM\":\"测试乙\"}]");
    g_autoptr(GBytes) secret = zip_json("[{\"ID\":2,\"XM\":\"测试乙\",\"pwd\":\"S3CRET\"}]");
    g_assert_cmpint(run_typed(test, "application/zip", text_of(open)), ==, HT_VERDICT_OK);
    g_assert_false(ht_mapper_hides_secrets(test->mapper));
    g_assert_cmpint(run_typed(test, "application/zip", text_of(secret)), ==, HT_VERDICT_OK);
    g_assert_true(ht_mapper_hides_secrets(test->mapper));
}

static void test_zip_secrets(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    g_autoptr(GBytes) open = zip_one("2.xml", "<r/>", NULL), broken = zip_one("2.xml", "<r>", NULL);
    g_autoptr(GBytes) secret = zip_one("2.xml", "<r><XM>测试甲</XM><pwd>S3CRET</pwd></r>", NULL);
    g_assert_cmpint(run_typed(test, "application/zip", text_of(secret)), ==, HT_VERDICT_OK);
    g_assert_true(ht_mapper_hides_secrets(test->mapper));
    g_assert_cmpint(run_typed(test, "application/zip", text_of(open)), ==, HT_VERDICT_OK);
    g_assert_false(ht_mapper_hides_secrets(test->mapper));
    g_assert_cmpint(run_typed(test, "application/zip", text_of(broken)), ==, HT_VERDICT_REJECT);
    g_assert_true(ht_mapper_hides_secrets(test->mapper));
    assert_taken(test, "text/xml", "<r><token>x</token></r>", 1);
    g_assert_false(ht_mapper_hides_secrets(test->mapper));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/zip/is-a-batch", test_zip);
    g_test_add_func("/zip/refuses-what-is-no-batch-of-xml", test_zip_faults);
    g_test_add_func("/zip/damage-is-noticed", test_zip_damage);
    g_test_add_func("/zip/bombs-meet-the-caps", test_zip_bombs);
    g_test_add_func("/zip/bombs-of-many-entries", test_zip_bombs_of_many);
    g_test_add_func("/zip/json/is-a-batch", test_zip_json);
    g_test_add_func("/zip/json/refuses-what-is-none", test_zip_json_faults);
    g_test_add_func("/zip/json/bombs-meet-the-caps", test_zip_json_bombs);
    g_test_add_func("/zip/json/secrets-in-it-are-told-of", test_zip_json_secrets);
    g_test_add_func("/zip/secrets-in-it-are-told-of", test_zip_secrets);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
