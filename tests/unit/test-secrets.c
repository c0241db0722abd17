/* Secrets are found by name, wherever and however they are written, and nothing else is. */
#include "core/base/secrets.h"

#include "tests/lib/zip-builder.h"

#include <gio/gio.h>

static void test_names(void)
{
    static const char *const secrets[] = {
        "password", "Password",      "passWord",   "pass_word", "PASSWD",   "userPwd",
        "pwd",      "inLicense",     "InLicence",  "license",   "token",    "accessToken",
        "token_id", "wsse:Password", "wsse:Nonce", "userkey",   "USER-KEY", "clientSecret",
        "app.key",  "Authorization", "密码",       "x:令牌",    "sign"};
    static const char *const others[] = {
        "licenseNumber", "businessLicense", "XM",        "name",  "key", "pass", "tok", "secretary", "", "a",
        "signed",        "license_no",      "forwarded", "口令人"};
    static const char *const more[] = {"kl*", "fwpz", NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++) {
        g_test_message("%s", secrets[i]);
        g_assert_true(ht_secret_name(ht_text_from(secrets[i]), NULL));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_test_message("%s", others[i]);
        g_assert_false(ht_secret_name(ht_text_from(others[i]), NULL));
    }
    g_assert_true(ht_secret_name(HT_TEXT_LITERAL("KL_1"), more));
    g_assert_true(ht_secret_name(HT_TEXT_LITERAL("FWPZ"), more));
    g_assert_false(ht_secret_name(HT_TEXT_LITERAL("fwpz1"), more));
}

static void blank(void *user, size_t start, size_t size)
{
    memset((char *)user + start, '.', size);
}

static char *hide(const char *text, size_t size)
{
    char *bytes = g_memdup2(text, size + 1);
    ht_secrets_find((HtText){bytes, size}, NULL, blank, bytes);
    return bytes;
}

static void test_places(void)
{
    static const char *const texts[] = {
        "<a><token>S3CRET</token><XM>stays</XM></a>",
        "<a><x:Password Type=\"t\">S3CRET</x:Password><XM>stays</XM></a>",
        "<a><token>\n <![CDATA[S3<CRET]]></token><XM>stays</XM></a>",
        "&lt;a&gt;&lt;inLicense&gt;S3CRET&lt;/inLicense&gt;&lt;XM&gt;stays&lt;/XM&gt;&lt;/a&gt;",
        "&amp;lt;pwd&amp;gt;S3CRET&amp;lt;/pwd&amp;gt;stays",
        "<a token=\"S3CRET\" XM='stays'/>",
        "<a XM='stays' userKey = 'S3CRET'/>",
        "&lt;a token=&quot;S3CRET&quot; XM=&quot;stays&quot;/&gt;",
        "{\"token\":\"S3CRET\",\"XM\":\"stays\"}",
        "{ \"pass_word\" : \"S3\\\"CRET\", \"XM\": \"stays\" }",
        "{\\\"token\\\":\\\"S3CRET\\\",\\\"XM\\\":\\\"stays\\\"}",
        "user=x&password=S3CRET&XM=stays",
        "<t><token>S3CRET</token><token>S3CRET</token>stays</t>",
        "<token>S3CRET",
        "<para name='pwd' value='S3CRET'/>stays",
        "{\"name\":\"password\",\"value\":\"S3CRET\",\"XM\":\"stays\"}",
        "<\xC3\xDC token='S3CRET'>stays</\xC3\xDC>",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *hidden = hide(texts[i], strlen(texts[i]));
        g_test_message("%s -> %s", texts[i], hidden);
        g_assert_null(strstr(hidden, "CRET"));
        g_assert_true(!strstr(texts[i], "stays") || strstr(hidden, "stays"));
        g_assert_cmpuint(strlen(hidden), ==, strlen(texts[i]));
    }
}

static void test_nothing_else(void)
{
    static const char *const texts[] = {"<a><XM>token</XM><b>x</b></a>",
                                        "<token/><XM>stays</XM>",
                                        "</token><XM>stays</XM>",
                                        "<license_no>1</license_no>",
                                        "my password is not here",
                                        "<a/>",
                                        ""};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *hidden = hide(texts[i], strlen(texts[i]));
        g_assert_cmpstr(hidden, ==, texts[i]);
    }
}

static void test_utf16(void)
{
    g_autoptr(GError) error = NULL;
    gsize size;
    g_autofree char *wide =
        g_convert("<a><token>S3CRET</token></a>", -1, "UTF-16LE", "UTF-8", NULL, &size, &error);
    g_assert_no_error(error);
    g_autofree char *hidden = hide(wide, size);
    for (gsize i = 0; i < size; i++) {
        g_assert_cmpint(hidden[i], ==, '.');
    }
    g_autofree char *plain = g_convert("<a><XM>stays</XM></a>", -1, "UTF-16LE", "UTF-8", NULL, &size, &error);
    g_autofree char *same = hide(plain, size);
    g_assert_cmpmem(plain, size, same, size);
}

/* All of a run that holds one, however long it is and however its lines end; pictures stay. */
static void test_base64(void)
{
    static const struct {
        gsize before;
        const char *line_end;
        bool secret;
    } cases[] = {{0, "", true},           {1, "\n", true},    {3000, "\r\n", true}, {3060, "", true},
                 {3071, "&#13;\n", true}, {9000, "\n", true}, {0, "", false},       {9000, "\n", false}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GString) sent = g_string_new("<d>stays</d><x>");
        for (gsize n = 0; n < cases[i].before; n++) {
            g_string_append_c(text, (char)('a' + n % 23));
        }
        g_string_append(text, cases[i].secret ? "<a><token>S3CRET</token></a>"
                                              : "<a><XM>of nobody's concern</XM></a>");
        g_autofree char *packed = g_base64_encode((const guchar *)text->str, text->len);
        gsize start = sent->len;
        for (gsize at = 0; at < strlen(packed); at += 76) {
            g_string_append_len(sent, packed + at, (gssize)MIN(76, strlen(packed) - at));
            g_string_append(sent, at + 76 < strlen(packed) ? cases[i].line_end : "");
        }
        gsize end = sent->len;
        g_string_append(sent, "</x><d>stays</d>");
        g_autofree char *hidden = hide(sent->str, sent->len);
        for (gsize at = 0; at < sent->len; at++) {
            bool inside = at >= start && at < end && sent->str[at] != '=';
            g_assert_cmpint(hidden[at], ==, inside && cases[i].secret ? '.' : sent->str[at]);
        }
    }
}

/* ---- Packed in what is packed ---- */

static GBytes *pack(GBytes *bytes)
{
    gsize size;
    const guchar *data = g_bytes_get_data(bytes, &size);
    char *packed = g_base64_encode(data, size);
    return g_bytes_new_take(packed, strlen(packed));
}

static GBytes *surround(const char *before, GBytes *bytes, const char *behind)
{
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    GString *text = g_string_new(before);
    g_string_append_len(text, data, (gssize)size);
    g_string_append(text, behind);
    return g_string_free_to_bytes(text);
}

static GBytes *compress(GBytes *bytes, GZlibCompressorFormat format)
{
    g_autoptr(GZlibCompressor) compressor = g_zlib_compressor_new(format, -1);
    gsize size, read, written;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autofree char *out = g_malloc(size + 1000);
    g_assert_cmpint(g_converter_convert(G_CONVERTER(compressor), data, size, out, size + 1000,
                                        G_CONVERTER_INPUT_AT_END, &read, &written, NULL),
                    ==, G_CONVERTER_FINISHED);
    return g_bytes_new(out, written);
}

static GBytes *archive(GBytes *bytes)
{
    ZipBuilder zip = zip_builder();
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    zip_add_text(&zip, "0.xml", "<a><XM>of nobody's concern, and of nobody's concern again</XM></a>");
    g_autofree char *text = g_strndup(data, size);
    zip_add_text(&zip, "1.xml", text);
    return zip_finish(&zip, 0);
}

static GBytes *widen(GBytes *bytes)
{
    gsize size, wide_size;
    const char *data = g_bytes_get_data(bytes, &size);
    char *wide = g_convert(data, (gssize)size, "UTF-16LE", "UTF-8", NULL, &wide_size, NULL);
    return g_bytes_new_take(wide, wide_size);
}

/* One letter for each layer, the innermost first: b base64, x base64 in an element, j base64 in JSON with its line ends, m behind a part's
 * head, g gzip, l zlib, z ZIP, w UTF-16. */
static GBytes *wrap(GBytes *bytes, char layer)
{
    g_autoptr(GBytes) packed = NULL;
    switch (layer) {
    case 'g': return compress(bytes, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
    case 'l': return compress(bytes, G_ZLIB_COMPRESSOR_FORMAT_ZLIB);
    case 'z': return archive(bytes);
    case 'w': return widen(bytes);
    default: packed = pack(bytes);
    }
    return layer == 'x'   ? surround("<a><d>2</d><x>", packed, "</x></a>")
           : layer == 'j' ? surround("{\"x\":\"", packed, "\\r\\n\"}")
           : layer == 'm' ? surround("--b\r\nContent-Transfer-Encoding: base64\r\n\r\n", packed, "\r\n--b--")
                          : g_bytes_ref(packed);
}

/* What is left of it when nothing but the secret differs: true when it was hidden. */
static bool is_hidden(const char *text, const char *layers)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    for (; *layers; layers++) {
        GBytes *wrapped = wrap(bytes, *layers);
        g_bytes_unref(bytes);
        bytes = wrapped;
    }
    g_autoptr(GBytes) sent = surround("<d>stays</d><y>", bytes, "</y><d>stays</d>");
    gsize size;
    const char *data = g_bytes_get_data(sent, &size);
    g_autofree char *copy = g_malloc0(size + 1);
    memcpy(copy, data, size);
    g_autofree char *hidden = hide(copy, size);
    g_assert_cmpmem(hidden, 15, copy, 15);
    g_assert_cmpmem(hidden + size - 16, 16, copy + size - 16, 16);
    return memcmp(hidden, copy, size) != 0;
}

/* Base64 twice and three times over, and what is compressed in it; where there is no secret all stays. */
static void test_packed_in_packed(void)
{
    static const char *const layers[] = {"x",   "bb",  "xb",  "xx", "bbb", "xxx", "gb", "lb", "zb", "gxb",
                                         "zxb", "xgb", "xzb", "wb", "wxb", "xwb", "mb", "jb", "m",  "gxgb"};
    g_autofree char *filling = g_strnfill(5000, '-');
    for (size_t i = 0; i < G_N_ELEMENTS(layers); i++) {
        for (unsigned long_one = 0; long_one < 2; long_one++) {
            const char *before = long_one ? filling : "";
            g_autofree char *secret =
                g_strconcat("<a>", before, "<token>S3CRET-of-many-signs</token></a>", NULL);
            g_autofree char *other =
                g_strconcat("<a>", before, "<XM>this is of nobody's concern, is it</XM></a>", NULL);
            g_test_message("%s", layers[i]);
            g_assert_true(is_hidden(secret, layers[i]));
            g_assert_false(is_hidden(other, layers[i]));
        }
    }
}

/* Deeper, or larger, than is looked into: hidden, for nobody knows. A damaged archive is looked at as far as it goes. */
static void test_packed_beyond_bounds(void)
{
    static const char other[] = "<a><XM>this is of nobody's concern, is it</XM></a>";
    g_assert_false(is_hidden(other, "xxxx"));
    g_assert_true(is_hidden(other, "xxxxx"));
    g_autofree char *large = g_strnfill(17 * 1024 * 1024, ' ');
    g_assert_true(is_hidden(large, "gb"));
    g_autoptr(GBytes) text = g_bytes_new_static(other, sizeof other - 1);
    g_autoptr(GBytes) compressed = compress(text, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
    g_autoptr(GBytes) cut = g_bytes_new_from_bytes(compressed, 0, g_bytes_get_size(compressed) - 20);
    g_autoptr(GBytes) packed = pack(cut);
    gsize size;
    g_autofree char *sent = g_bytes_unref_to_data(g_bytes_ref(packed), &size);
    g_autofree char *ended = g_strndup(sent, size);
    g_autofree char *hidden = hide(ended, size);
    g_assert_cmpstr(hidden, ==, ended);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/secrets/told-by-their-names", test_names);
    g_test_add_func("/secrets/found-in-every-writing", test_places);
    g_test_add_func("/secrets/nothing-else-is-hidden", test_nothing_else);
    g_test_add_func("/secrets/utf-16-is-hidden-whole", test_utf16);
    g_test_add_func("/secrets/base64-is-hidden-whole", test_base64);
    g_test_add_func("/secrets/packed-in-packed-is-hidden-whole", test_packed_in_packed);
    g_test_add_func("/secrets/packed-beyond-bounds-is-hidden", test_packed_beyond_bounds);
    return g_test_run();
}
