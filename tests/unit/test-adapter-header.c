/* plugins/hutong-adapter.h: what adapters share without a service of the host. */
#include "plugins/hutong-adapter.h"

#include <glib.h>

static hutong_text text_of(const char *string)
{
    return (hutong_text){string, strlen(string)};
}

static void test_text_is(void)
{
    g_assert_true(hutong_text_is(text_of("business"), "business"));
    g_assert_false(hutong_text_is(text_of("business"), "busines"));
    g_assert_false(hutong_text_is(text_of("busines"), "business"));
    g_assert_false(hutong_text_is((hutong_text){NULL, 0}, ""));
    g_assert_true(hutong_text_is(text_of(""), ""));
}

static void test_trim(void)
{
    static const char *const texts[][2] = {
        {" \t\r\na b\n ", "a b"}, {"a", "a"}, {" \n ", ""}, {"", ""}, {"\xe3\x80\x80", "\xe3\x80\x80"}};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_assert_true(hutong_text_is(hutong_trim(text_of(texts[i][0])), texts[i][1]));
    }
    g_assert_cmpuint(hutong_trim((hutong_text){NULL, 0}).size, ==, 0);
}

static void test_append(void)
{
    char string[8] = "";
    size_t used = 0;
    g_assert_true(hutong_append(string, sizeof string, &used, "abc", 3));
    g_assert_true(hutong_append(string, sizeof string, &used, "", 0));
    g_assert_true(hutong_append(string, sizeof string, &used, "defg", 4));
    g_assert_cmpstr(string, ==, "abcdefg");
    g_assert_false(hutong_append(string, sizeof string, &used, "h", 1));
    g_assert_cmpstr(string, ==, "abcdefg");
    used = 0;
    g_assert_false(hutong_append(string, sizeof string, &used, "户口户", 9));
    g_assert_cmpstr(string, ==, "户口");
    g_assert_cmpuint(used, ==, 6);
}

static void test_append_escaped(void)
{
    char string[64] = "";
    size_t used = 0;
    const char sent[] = "<a b=\"户\">'&\t\x01\0";
    g_assert_true(hutong_append_escaped(string, sizeof string, &used, sent, sizeof sent - 1));
    g_assert_cmpstr(string, ==, "&lt;a b=&quot;户&quot;&gt;&#39;&amp;\t??");
    g_assert_cmpuint(used, ==, strlen(string));
    for (size_t room = 2; room < 20; room++) {
        static const char *const may[] = {"",         "&amp;",        "a&amp;",       "a",
                                          "a&amp;户", "a&amp;户&lt;", "a&amp;户&lt;b"};
        char small[20] = "";
        bool known = false;
        used = 0;
        bool whole = hutong_append_escaped(small, room, &used, "a&户<b", strlen("a&户<b"));
        for (guint i = 0; i < G_N_ELEMENTS(may); i++) {
            known = known || g_str_equal(small, may[i]);
        }
        g_assert_true(known);
        g_assert_cmpint(whole, ==, g_str_equal(small, "a&amp;户&lt;b"));
    }
}

static void test_bytes(void)
{
    hutong_bytes bytes = {NULL, 0, 0};
    for (unsigned i = 0; i < 1000; i++) {
        g_assert_true(hutong_bytes_add(&bytes, "0123456789", i % 11));
    }
    g_assert_cmpuint(bytes.size, ==, 90 * 55 + 45);
    g_assert_cmpuint(strlen(bytes.data), ==, bytes.size);
    g_assert_true(hutong_bytes_reserve(&bytes, 5000));
    g_assert_cmpuint(bytes.room, >, bytes.size + 5000);
    free(bytes.data);
}

static void test_attributes(void)
{
    static const char *const attributes[] = {"name", "a", "value", "", NULL};
    g_assert_cmpstr(hutong_attribute(attributes, "name"), ==, "a");
    g_assert_cmpstr(hutong_attribute(attributes, "value"), ==, "");
    g_assert_null(hutong_attribute(attributes, "nam"));
    g_assert_null(hutong_attribute(attributes, "a"));
    g_assert_null(hutong_attribute(NULL, "name"));
}

/* All bytes, and each number of bytes in the last group. */
static void test_base64(void)
{
    guchar bytes[256];
    for (guint i = 0; i < sizeof bytes; i++) {
        bytes[i] = (guchar)(i * 7);
    }
    for (gsize size = 253; size <= sizeof bytes; size++) {
        g_autofree char *packed = g_base64_encode(bytes, size);
        char unpacked[sizeof bytes];
        gsize count = 0;
        hutong_base64 run = {0, 0};
        for (const char *at = packed; hutong_base64_value(*at) >= 0; at++) {
            g_assert_cmpuint(count, <, sizeof unpacked);
            count += hutong_base64_take(&run, hutong_base64_value(*at), unpacked + count);
        }
        g_assert_cmpmem(unpacked, count, bytes, size);
    }
    for (const char *at = "=-_ \n.\x80\xff"; *at; at++) {
        g_assert_cmpint(hutong_base64_value(*at), ==, -1);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/adapter-header/text-is/whole-or-not", test_text_is);
    g_test_add_func("/adapter-header/trim/only-blanks-at-the-ends", test_trim);
    g_test_add_func("/adapter-header/append/no-half-characters", test_append);
    g_test_add_func("/adapter-header/append-escaped/no-half-escapes", test_append_escaped);
    g_test_add_func("/adapter-header/bytes/grow-and-end-in-nul", test_bytes);
    g_test_add_func("/adapter-header/attribute/by-its-whole-name", test_attributes);
    g_test_add_func("/adapter-header/base64/unpacks-every-byte", test_base64);
    return g_test_run();
}
