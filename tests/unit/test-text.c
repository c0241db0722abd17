/* mappings/engine/text/text: which encoding bytes are in, what they decode to, and that nothing changes without a mark. */
#include "mappings/engine/text/text.h"

#include "mappings/engine/text/convert.h"

#include <iconv.h>

#define LIMIT (1 << 20)

typedef struct {
    HtTextBuffer *buffer;
    HtDecoded decoded;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
    (void)data;
    fixture->buffer = ht_text_buffer_new(LIMIT);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    ht_text_buffer_free(fixture->buffer);
}

static void decode(Fixture *fixture, HtText bytes, const char *charset)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(ht_text_decode(fixture->buffer, bytes, ht_text_from(charset), &fixture->decoded, &error));
    g_assert_no_error(error);
    HtTextScan scan;
    g_assert_true(ht_text_scan((const uint8_t *)fixture->decoded.text, fixture->decoded.size, &scan));
    g_assert_cmphex(scan.traits, ==, fixture->decoded.traits);
}

static void assert_refused(Fixture *fixture, HtText bytes, const char *charset, int code)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(ht_text_decode(fixture->buffer, bytes, ht_text_from(charset), &fixture->decoded, &error));
    g_assert_error(error, HT_TEXT_ERROR, code);
}

static bool holds(const HtDecoded *decoded, const char *text)
{
    return memmem(decoded->text, decoded->size, text, strlen(text)) != NULL;
}

static bool is_text(const HtDecoded *decoded, const char *text)
{
    return decoded->size == strlen(text) && memcmp(decoded->text, text, decoded->size) == 0;
}

static void assert_read_as(const HtDecoded *decoded, HtEncoding encoding, HtEncoding declared, unsigned marks)
{
    g_assert_cmpint(decoded->encoding, ==, encoding);
    g_assert_cmpint(decoded->declared, ==, declared);
    g_assert_cmphex(decoded->marks, ==, marks);
}

static GBytes *load_sample(const char *name)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "tests", "data", "encoding", name, NULL);
    char *bytes;
    gsize size;

    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    return g_bytes_new_take(bytes, size);
}

static HtText view(GBytes *bytes)
{
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);

    return (HtText){data, size};
}

/* ---- The samples ---- */

typedef struct {
    const char *name, *holds;
    HtEncoding encoding, declared;
    unsigned marks, traits;
} Sample;

static const Sample samples[] = {
    {"declared-gbk-bytes-utf8.xml", "<XM>测试甲</XM><DZ>测试路19号</DZ>", HT_ENCODING_UTF8,
     HT_ENCODING_GB18030, HT_TEXT_ENCODING_MISMATCH, 0},
    {"declared-gb2312-gbk-chars.xml", "<XM>测试镕喆</XM>", HT_ENCODING_GB18030, HT_ENCODING_GB18030, 0, 0},
    {"gb18030-four-byte.xml", "<XM>测试\u36C3</XM><XM2>测试\U00020BB7</XM2>", HT_ENCODING_GB18030,
     HT_ENCODING_GB18030, 0, 0},
    {"cp936-pua-fe9f.xml", "<XM>测试\u4DAE</XM>", HT_ENCODING_GB18030, HT_ENCODING_GB18030, 0, 0},
    {"half-character-gbk.xml", "干部、职工家\uFFFD</MC></ROW></ROWS>", HT_ENCODING_GB18030,
     HT_ENCODING_GB18030, HT_TEXT_HALF_CHARACTER, HT_TRAIT_REPLACEMENT},
    {"ufffd-names.xml", "<XM>测试\uFFFD\uFFFD</XM>", HT_ENCODING_UTF8, HT_ENCODING_UTF8, 0,
     HT_TRAIT_REPLACEMENT},
    {"middle-dots.xml", "买买提江·测试", HT_ENCODING_UTF8, HT_ENCODING_UTF8, 0,
     HT_TRAIT_LOOKALIKE_DOT | HT_TRAIT_FULL_WIDTH},
    {"gb2312-middle-dot.xml", "<XM>买买提江·测试</XM>", HT_ENCODING_GB18030, HT_ENCODING_GB18030, 0, 0},
    {"gbk-trail-bytes.txt", "HTBUS|測試東|", HT_ENCODING_GB18030, HT_ENCODING_NONE, HT_TEXT_ENCODING_ASSUMED,
     0},
};

static void test_samples(Fixture *fixture, gconstpointer data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
        const Sample *sample = &samples[i];
        g_test_message("%s", sample->name);
        g_autoptr(GBytes) bytes = load_sample(sample->name);
        decode(fixture, view(bytes), NULL);
        assert_read_as(&fixture->decoded, sample->encoding, sample->declared, sample->marks);
        g_assert_true(holds(&fixture->decoded, sample->holds));
        g_assert_cmphex(fixture->decoded.traits, ==, sample->traits | HT_TRAIT_NON_ASCII);
        g_assert_cmpuint(fixture->decoded.repaired, ==, sample->marks & HT_TEXT_HALF_CHARACTER ? 1 : 0);
        if (g_str_has_suffix(sample->name, ".xml")) {
            g_assert_true(g_str_has_prefix(fixture->decoded.text, "\n<ROWS>"));
            g_assert_cmpuint(fixture->decoded.skipped_lines, ==, 0);
        }
    }
}

static void test_splits_after_decoding(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GBytes) bytes = load_sample("gbk-trail-bytes.txt");
    decode(fixture, view(bytes), NULL);
    g_autofree char *text = g_strndup(fixture->decoded.text, fixture->decoded.size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    const char *names[] = {"測試東", "測試誠"};
    for (size_t i = 0; i < 2; i++) {
        g_auto(GStrv) fields = g_strsplit(lines[i], "|", 0);
        g_assert_cmpuint(g_strv_length(fields), ==, 4);
        g_assert_true(g_str_equal(fields[1], names[i]));
    }
}

/* Every sample, cut at every byte and followed by an end tag. */
static void test_cut_keeps_markup(Fixture *fixture, gconstpointer data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autoptr(GBytes) bytes = load_sample(samples[i].name);
        HtText text = view(bytes);
        HtTextDeclaration declaration;
        ht_text_find_declaration(text, &declaration);
        for (size_t cut = declaration.end; cut <= text.size; cut++) {
            g_autofree char *copy = g_malloc(text.size + 8);
            memcpy(copy, text.data, cut);
            memcpy(copy + cut, "</CUT>", 6);
            decode(fixture, (HtText){copy, cut + 6}, NULL);
            const HtDecoded *decoded = &fixture->decoded;
            g_assert_cmpmem(decoded->text + decoded->size - 6, 6, "</CUT>", 6);
        }
    }
}

static void test_sample_dots_become_one(Fixture *fixture, gconstpointer data)
{
    char out[64];
    size_t names = 0;

    (void)data;
    g_autoptr(GBytes) bytes = load_sample("middle-dots.xml");
    decode(fixture, view(bytes), NULL);
    g_autofree char *text = g_strndup(fixture->decoded.text, fixture->decoded.size);
    for (char *at = text; (at = strstr(at, "<XM>")) != NULL; names++) {
        at += 4;
        size_t size = (size_t)(strchr(at, '<') - at);
        unsigned marks = ht_text_value_marks(at, size, fixture->decoded.traits, true);
        g_assert_cmphex(marks, ==, names == 0 ? 0 : HT_TEXT_NAME_DOT);
        g_assert_cmpuint(HT_TEXT_NAME_ROOM(size), <=, sizeof out);
        size_t written = ht_text_fix_name(at, size, out);
        g_assert_true(ht_text_equal((HtText){out, written}, HT_TEXT_LITERAL("买买提江·测试")));
    }
    g_assert_cmpuint(names, ==, 7);
}

/* ---- GB 18030 against the C library ---- */

typedef struct {
    uint32_t code, character;
} Code;

/* What GB 18030-2022 and L2/23-003R say where libraries differ by edition. */
static const Code codes_2022[] = {
    {0xA6D9, 0xFE10},     {0xA6DA, 0xFE12},     {0xA6DB, 0xFE11},      {0xA6DC, 0xFE13},
    {0xA6DD, 0xFE14},     {0xA6DE, 0xFE15},     {0xA6DF, 0xFE16},      {0xA6EC, 0xFE17},
    {0xA6ED, 0xFE18},     {0xA6F3, 0xFE19},     {0xFE59, 0x9FB4},      {0xFE61, 0x9FB5},
    {0xFE66, 0x9FB6},     {0xFE67, 0x9FB7},     {0xFE6D, 0x9FB8},      {0xFE7E, 0x9FB9},
    {0xFE90, 0x9FBA},     {0xFEA0, 0x9FBB},     {0xFE51, 0x20087},     {0xFE52, 0x20089},
    {0xFE53, 0x200CC},    {0xFE6C, 0x215D7},    {0xFE76, 0x2298F},     {0xFE91, 0x241FE},
    {0x84318236, 0xFE10}, {0x84318237, 0xFE11}, {0x84318238, 0xFE12},  {0x84318239, 0xFE13},
    {0x84318330, 0xFE14}, {0x84318331, 0xFE15}, {0x84318332, 0xFE16},  {0x84318333, 0xFE17},
    {0x84318334, 0xFE18}, {0x84318335, 0xFE19}, {0x82359037, 0x9FB4},  {0x82359038, 0x9FB5},
    {0x82359039, 0x9FB6}, {0x82359130, 0x9FB7}, {0x82359131, 0x9FB8},  {0x82359132, 0x9FB9},
    {0x82359133, 0x9FBA}, {0x82359134, 0x9FBB}, {0xA8BC, 0x1E3F},      {0xA1A4, 0xB7},
    {0xA2E3, 0x20AC},     {0xFE9F, 0x4DAE},     {0xA140, 0xE4C6},      {0xA7A0, 0xE765},
    {0xAAA1, 0xE000},     {0xAFFE, 0xE233},     {0xF8A1, 0xE234},      {0xFEFE, 0xE4C5},
    {0x81308130, 0x80},   {0x8431A439, 0xFFFF}, {0x90308130, 0x10000}, {0xE3329A35, 0x10FFFF},
};

static uint32_t find_2022(uint32_t code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(codes_2022); i++) {
        if (codes_2022[i].code == code)
            return codes_2022[i].character;
    }
    return 0;
}

static size_t write_code(uint32_t code, uint8_t out[4])
{
    size_t length = code > 0xFFFF ? 4 : 2;

    for (size_t i = 0; i < length; i++)
        out[i] = (uint8_t)(code >> (8 * (length - 1 - i)));
    return length;
}

/* The character that the C library has for the code, 0 if none. */
static uint32_t ask_library(iconv_t converter, uint32_t code)
{
    uint8_t bytes[4], out[8];
    char *in = (char *)bytes, *to = (char *)out;
    size_t in_left = write_code(code, bytes), out_left = sizeof out;

    iconv(converter, NULL, NULL, NULL, NULL);
    if (iconv(converter, &in, &in_left, &to, &out_left) == (size_t)-1 || out_left != 4)
        return 0;
    return (uint32_t)out[0] << 24 | (uint32_t)out[1] << 16 | (uint32_t)out[2] << 8 | out[3];
}

static void assert_code(HtTextOutput *output, uint32_t code, uint32_t character)
{
    uint8_t bytes[4];
    char expected[8];
    size_t repaired = 0, size = write_code(code, bytes);

    g_assert_true(ht_text_convert_gb18030(bytes, size, output, &repaired));
    g_assert_cmpuint(repaired, ==, 0);
    int length = g_unichar_to_utf8(character, expected);
    if (output->buffer.size != (size_t)length || memcmp(output->buffer.data, expected, (size_t)length) != 0)
        g_error("code %X is not U+%04X", code, character);
}

static void check_code(HtTextOutput *output, iconv_t converter, uint32_t code)
{
    uint32_t character = find_2022(code);

    if (character == 0)
        character = ask_library(converter, code);
    if (character == 0)
        g_error("code %X has no character", code);
    assert_code(output, code, character);
}

static void test_all_codes(void)
{
    HtTextOutput output = {{NULL, 0, 0}, LIMIT};
    iconv_t converter = iconv_open("UTF-32BE", "GB18030");

    if (converter == (iconv_t)-1) {
        g_test_skip("this C library has no GB18030");
        return;
    }
    for (unsigned lead = 0x81; lead <= 0xFE; lead++) {
        for (unsigned trail = 0x40; trail <= 0xFE; trail++) {
            if (trail != 0x7F)
                check_code(&output, converter, lead << 8 | trail);
        }
    }
    for (unsigned i = 0; i < 39420; i++)
        check_code(&output, converter,
                   (0x81 + i / 12600) << 24 | (0x30 + i / 1260 % 10) << 16 | (0x81 + i / 10 % 126) << 8 |
                       (0x30 + i % 10));
    for (size_t i = 0; i < G_N_ELEMENTS(codes_2022); i++)
        assert_code(&output, codes_2022[i].code, codes_2022[i].character);
    iconv_close(converter);
    ht_buffer_clear(&output.buffer);
}

/* Every character that has a code: through the library into GB 18030 and through us back. */
static void test_round_trip(void)
{
    HtTextOutput output = {{NULL, 0, 0}, 64 * LIMIT};
    g_autoptr(GString) text = g_string_new(NULL);

    for (uint32_t character = 0x20; character <= 0x10FFFF; character += character < 0x30000 ? 1 : 77) {
        bool is_moved =
            (character >= 0xE78D && character <= 0xE796) || (character >= 0xE816 && character <= 0xE864);
        bool is_surrogate = character >= 0xD800 && character <= 0xDFFF;
        if (!is_moved && !is_surrogate && character != 0xE5E5 && character != 0x7F)
            g_string_append_unichar(text, character);
    }
    gsize size;
    g_autofree char *coded = g_convert(text->str, (gssize)text->len, "GB18030", "UTF-8", NULL, &size, NULL);
    if (!coded) {
        g_test_skip("this C library does not encode all of GB18030");
        return;
    }
    size_t repaired = 0;
    g_assert_true(ht_text_convert_gb18030((const uint8_t *)coded, size, &output, &repaired));
    g_assert_cmpuint(repaired, ==, 0);
    g_assert_cmpuint(output.buffer.size, ==, text->len);
    g_assert_true(memcmp(output.buffer.data, text->str, text->len) == 0);
    ht_buffer_clear(&output.buffer);
}

/* ---- Halves and broken bytes ---- */

static void test_half_characters(Fixture *fixture, gconstpointer data)
{
    static const char *const tails[] = {"</XM>", "&amp;", "\"}", "]]>", "1栋", " ", "\n"};

    (void)data;
    for (unsigned lead = 0x81; lead <= 0xFE; lead++) {
        for (size_t i = 0; i < G_N_ELEMENTS(tails); i++) {
            /* 测试 in front, so that nobody takes it for UTF-8; 栋 as GB 18030. */
            const char *tail = i == 4 ? "1\xB6\xB0" : tails[i];
            g_autofree char *bytes = g_strdup_printf("<XM>\xB2\xE2\xCA\xD4%c%s", (char)lead, tail);
            g_autofree char *expected = g_strdup_printf("<XM>测试\uFFFD%s", tails[i]);
            decode(fixture, ht_text_from(bytes), "GBK");
            g_assert_true(is_text(&fixture->decoded, expected));
            g_assert_cmphex(fixture->decoded.marks, ==, HT_TEXT_HALF_CHARACTER);
            g_assert_cmpuint(fixture->decoded.repaired, ==, 1);
        }
    }
    /* The bytes of a character that ends in 5D are left alone wherever "]]>" does not depend on them. */
    decode(fixture, HT_TEXT_LITERAL("<![CDATA[\xB2\xE2\x81]]]>"), "GBK");
    g_assert_cmpuint(fixture->decoded.repaired, ==, 0);
    g_assert_true(holds(&fixture->decoded, "]]>"));
}

static void test_bytes_that_are_nothing(Fixture *fixture, gconstpointer data)
{
    (void)data;
    decode(fixture, HT_TEXT_LITERAL("\xB2\xE2\x80|\xFF|\x84\x31\xA5\x30|\xE3\x32\x9A\x36|\xCA\x7F"),
           "gb18030");
    g_assert_true(is_text(&fixture->decoded, "测\uFFFD|\uFFFD|\uFFFD1\uFFFD0|\uFFFD2\uFFFD6|\uFFFD\x7F"));
    g_assert_cmpuint(fixture->decoded.repaired, ==, 7);
    g_assert_cmphex(fixture->decoded.traits, ==,
                    HT_TRAIT_NON_ASCII | HT_TRAIT_REPLACEMENT | HT_TRAIT_INVISIBLE);
}

/* Codes of four bytes have digits in the second and the fourth place, and nothing else. */
static void test_four_bytes_with_wrong_digits(void)
{
    HtTextOutput output = {{NULL, 0, 0}, LIMIT};
    for (unsigned place = 1; place < 4; place += 2) {
        for (unsigned byte = 0; byte < 0x40; byte++) {
            uint8_t code[] = {0x90, 0x30, 0x81, 0x30};
            size_t repaired = 0;
            code[place] = (uint8_t)byte;
            g_assert_true(ht_text_convert_gb18030(code, sizeof code, &output, &repaired));
            bool digit = byte >= '0' && byte <= '9';
            g_test_message("%02X at %u", byte, place);
            g_assert_cmpuint(repaired, ==, digit ? 0 : 2);
            g_assert_cmpuint(output.buffer.size, ==, digit ? 4 : 8);
            /* what stands in the digit's place is kept */
            g_assert_true(digit || (uint8_t)output.buffer.data[place == 1 ? 3 : 7] == byte);
        }
    }
    for (unsigned third = 0x80; third <= 0xFF; third += 0x7F) {
        uint8_t code[] = {0x90, 0x30, (uint8_t)third, 0x30};
        size_t repaired = 0;
        g_assert_true(ht_text_convert_gb18030(code, sizeof code, &output, &repaired));
        g_assert_cmpuint(repaired, ==, 2);
    }
    ht_buffer_clear(&output.buffer);
}

/* Surrogates in UTF-8 that is damaged elsewhere too: a pair is one character, each alone is one U+FFFD. */
static void test_surrogates_in_damaged_utf8(void)
{
    static const struct {
        const char *bytes, *text;
        size_t repaired, joined;
    } cases[] = {
        {"\xED\xA1\x82\xED\xBE\xB7", "𠮷", 0, 1},
        {"\xED\xA0\x80\xED\xB0\x80", "\U00010000", 0, 1},
        {"\xED\xAF\xBF\xED\xBF\xBF", "\U0010FFFF", 0, 1},
        {"a\xFF"
         "b\xED\xA1\x82\xED\xBE\xB7"
         "c",
         "a\uFFFDb𠮷c", 1, 1},
        {"\xED\xA1\x82", "\uFFFD", 1, 0}, /* a high one at the end */
        {"\xED\xA1\x82x", "\uFFFDx", 1, 0},
        {"\xED\xBE\xB7x", "\uFFFDx", 1, 0},                         /* a low one */
        {"\xED\xBE\xB7\xED\xA1\x82", "\uFFFD\uFFFD", 2, 0},         /* the wrong way round */
        {"\xED\xA1\x82\xED\xA1\x82\xED\xBE\xB7", "\uFFFD𠮷", 1, 1}, /* two high ones */
        {"\xED\xBE\xB7\xED\xBE\xB7", "\uFFFD\uFFFD", 2, 0},
        {"\xED\xB0\x80\xED\xB0\x80", "\uFFFD\uFFFD", 2, 0},
        {"\xED\xA1\x82\xE6\xB5\x8B", "\uFFFD测", 1, 0}, /* and a sound character */
        {"\xED\xA1\x82\xED\x9F\xBF", "\uFFFD\xED\x9F\xBF", 1, 0},
        {"\xFF\xED\x9F\xBF\xEE\x80\x80", "\uFFFD\xED\x9F\xBF\uE000", 1, 0}, /* neighbours of surrogates */
        {"\xED\xA1\x82\xED\xBE", "\uFFFD\uFFFD\uFFFD", 3, 0},               /* the second one cut */
    };
    HtTextOutput output = {{NULL, 0, 0}, LIMIT};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        size_t repaired = 0, joined = 0, size = strlen(cases[i].bytes);
        g_autofree uint8_t *exact = g_memdup2(cases[i].bytes, size);
        g_test_message("case %zu", i);
        g_assert_true(ht_text_convert_broken_utf8(exact, size, &output, &repaired, &joined));
        g_autofree char *text = g_strndup(output.buffer.data, output.buffer.size);
        g_assert_cmpstr(text, ==, cases[i].text);
        g_assert_cmpuint(repaired, ==, cases[i].repaired);
        g_assert_cmpuint(joined, ==, cases[i].joined);
    }
    ht_buffer_clear(&output.buffer);
}

static void test_damaged_utf8_stays_utf8(Fixture *fixture, gconstpointer data)
{
    (void)data;
    decode(fixture, HT_TEXT_LITERAL("<?xml version='1.0' encoding='utf-8'?><XM>测试\xE7\x94</XM>"), NULL);
    g_assert_true(is_text(&fixture->decoded, "<XM>测试\uFFFD</XM>"));
    assert_read_as(&fixture->decoded, HT_ENCODING_UTF8, HT_ENCODING_UTF8, HT_TEXT_HALF_CHARACTER);

    decode(fixture, HT_TEXT_LITERAL("<XM>买买提江测试路街道办\xE7</XM>"), NULL);
    g_assert_true(holds(&fixture->decoded, "街道办\uFFFD</XM>"));
    assert_read_as(&fixture->decoded, HT_ENCODING_UTF8, HT_ENCODING_NONE,
                   HT_TEXT_HALF_CHARACTER | HT_TEXT_ENCODING_ASSUMED);
}

/* ---- What was declared, and what it is ---- */

static void test_bytes_decide(Fixture *fixture, gconstpointer data)
{
    (void)data;
    decode(fixture, HT_TEXT_LITERAL("<?xml version=\"1.0\" encoding=\"UTF-8\"?><A>\xB2\xE2\xCA\xD4</A>"),
           NULL);
    g_assert_true(is_text(&fixture->decoded, "<A>测试</A>"));
    assert_read_as(&fixture->decoded, HT_ENCODING_GB18030, HT_ENCODING_UTF8, HT_TEXT_ENCODING_MISMATCH);

    decode(fixture, HT_TEXT_LITERAL("<A>\xB2\xE2\xCA\xD4</A>"), NULL);
    assert_read_as(&fixture->decoded, HT_ENCODING_GB18030, HT_ENCODING_NONE, HT_TEXT_ENCODING_ASSUMED);
    decode(fixture, HT_TEXT_LITERAL("<A>\xB2\xE2\xCA\xD4</A>"), "\"GBK\"");
    assert_read_as(&fixture->decoded, HT_ENCODING_GB18030, HT_ENCODING_GB18030, 0);
    decode(fixture, HT_TEXT_LITERAL("<A>测试</A>"), NULL);
    assert_read_as(&fixture->decoded, HT_ENCODING_UTF8, HT_ENCODING_NONE, 0);
    decode(fixture, HT_TEXT_LITERAL("<A>测试</A>"), "iso-8859-1");
    assert_read_as(&fixture->decoded, HT_ENCODING_UTF8, HT_ENCODING_LATIN1, HT_TEXT_ENCODING_MISMATCH);
    decode(fixture, HT_TEXT_LITERAL("<?xml version='1.0' encoding='windows-1252'?><A>\xB2\xE2</A>"), NULL);
    assert_read_as(&fixture->decoded, HT_ENCODING_GB18030, HT_ENCODING_LATIN1, HT_TEXT_ENCODING_MISMATCH);
    /* What .NET's StringWriter declares, whatever is done with the string afterwards. */
    decode(fixture, HT_TEXT_LITERAL("<?xml version='1.0' encoding='utf-16'?><A>测试</A>"), NULL);
    assert_read_as(&fixture->decoded, HT_ENCODING_UTF8, HT_ENCODING_UTF16, HT_TEXT_ENCODING_MISMATCH);
    /* The XML declaration is nearer to the bytes than HTTP. */
    decode(fixture, HT_TEXT_LITERAL("<?xml version='1.0' encoding='gbk'?><A>\xB2\xE2</A>"), "utf-8");
    assert_read_as(&fixture->decoded, HT_ENCODING_GB18030, HT_ENCODING_GB18030, 0);
    /* All ASCII: nothing to disagree about. */
    decode(fixture, HT_TEXT_LITERAL("<?xml version='1.0' encoding='gb2312'?><A>1</A>"), NULL);
    assert_read_as(&fixture->decoded, HT_ENCODING_UTF8, HT_ENCODING_GB18030, 0);
}

static void test_two_byte_chance(Fixture *fixture, gconstpointer data)
{
    (void)data;
    decode(fixture, HT_TEXT_LITERAL("<?xml version='1.0' encoding='gb2312'?><XB>\xC5\xAE</XB>"), NULL);
    g_assert_true(is_text(&fixture->decoded, "<XB>女</XB>"));
    assert_read_as(&fixture->decoded, HT_ENCODING_GB18030, HT_ENCODING_GB18030, 0);
    decode(fixture, HT_TEXT_LITERAL("<XB>\xC5\xAE</XB>"), NULL);
    g_assert_true(is_text(&fixture->decoded, "<XB>女</XB>"));
    assert_read_as(&fixture->decoded, HT_ENCODING_GB18030, HT_ENCODING_NONE, HT_TEXT_ENCODING_ASSUMED);
    decode(fixture, HT_TEXT_LITERAL("<XM>Ren\xC3\xA9</XM>"), NULL);
    assert_read_as(&fixture->decoded, HT_ENCODING_UTF8, HT_ENCODING_NONE, HT_TEXT_ENCODING_ASSUMED);
    decode(fixture, HT_TEXT_LITERAL("<XM>Ren\xC3\xA9</XM>"), "utf-8");
    assert_read_as(&fixture->decoded, HT_ENCODING_UTF8, HT_ENCODING_UTF8, 0);
}

static void test_utf8_is_not_copied(Fixture *fixture, gconstpointer data)
{
    HtText bytes = HT_TEXT_LITERAL("\xEF\xBB\xBF<?xml version=\"1.0\"?>\r\n<A>测试</A>");

    (void)data;
    decode(fixture, bytes, NULL);
    g_assert_true(fixture->decoded.text > bytes.data && fixture->decoded.text < bytes.data + bytes.size);
    g_assert_true(is_text(&fixture->decoded, "\r\n<A>测试</A>"));
    assert_read_as(&fixture->decoded, HT_ENCODING_UTF8, HT_ENCODING_NONE, 0);
}

static void test_tolerant_declarations(Fixture *fixture, gconstpointer data)
{
    static const char *const declarations[] = {
        "<?xml version='1.0' encoding='GBK'?>",
        "\n\n  <?xml version=\"1.0\" encoding = \"gbk\" standalone=\"yes\" ?>",
        "<?xml encoding=GB2312 version='1.0'?>",
        "<?XML VERSION='1.0' ENCODING='x-gbk'?>",
        "<?xml\tversion='1.0'\nencoding='CP936'?>",
        "<?xml version='1.0' encoding=' GB_2312-80 '?>",
    };
    static const unsigned lines[] = {0, 2, 0, 0, 1, 0};

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(declarations); i++) {
        g_autofree char *bytes = g_strconcat(declarations[i], "<A>\xB2\xE2</A>", NULL);
        decode(fixture, ht_text_from(bytes), NULL);
        g_assert_true(is_text(&fixture->decoded, "<A>测</A>"));
        assert_read_as(&fixture->decoded, HT_ENCODING_GB18030, HT_ENCODING_GB18030, 0);
        g_assert_cmpuint(fixture->decoded.skipped_lines, ==, lines[i]);
    }
    decode(fixture, HT_TEXT_LITERAL("<?xml version='1.0' encoding='gbk'<A/>"), NULL);
    g_assert_cmpint(fixture->decoded.declared, ==, HT_ENCODING_NONE);
    g_assert_true(g_str_has_prefix(fixture->decoded.text, "<?xml"));
    decode(fixture, HT_TEXT_LITERAL("<?xml-stylesheet href='encoding'?><A/>"), NULL);
    g_assert_true(g_str_has_prefix(fixture->decoded.text, "<?xml-stylesheet"));
    decode(fixture, HT_TEXT_NONE, NULL);
    g_assert_cmpuint(fixture->decoded.size, ==, 0);
}

static void test_utf16(Fixture *fixture, gconstpointer data)
{
    const char *text = "<?xml version='1.0' encoding='utf-16'?>\n<A>测试\U00020BB7</A>";
    static const char *const names[] = {"UTF-16LE", "UTF-16BE"};
    static const HtEncoding encodings[] = {HT_ENCODING_UTF16LE, HT_ENCODING_UTF16BE};

    (void)data;
    for (size_t i = 0; i < 2; i++) {
        gsize size;
        g_autofree char *marked = g_strconcat("\uFEFF", text, NULL);
        g_autofree char *bytes = g_convert(marked, -1, names[i], "UTF-8", NULL, &size, NULL);
        for (size_t skip = 0; skip <= 2; skip += 2) {
            decode(fixture, (HtText){bytes + skip, size - skip}, NULL);
            g_assert_true(is_text(&fixture->decoded, "\n<A>测试\U00020BB7</A>"));
            assert_read_as(&fixture->decoded, encodings[i], HT_ENCODING_UTF16, 0);
        }
        decode(fixture, (HtText){bytes, size - 1}, NULL);
        g_assert_cmphex(fixture->decoded.marks, ==, HT_TEXT_HALF_CHARACTER);
    }
    decode(fixture, HT_TEXT_LITERAL("<\0\x34\xD8>\0"), NULL);
    g_assert_true(is_text(&fixture->decoded, "<\uFFFD>"));
}

static void test_refusals(Fixture *fixture, gconstpointer data)
{
    static const char *const names[] = {"hz-gb-2312", "iso-2022-cn", "utf-7", "ibm037", "big5",
                                        "shift_jis",  "utf-32",      "x",     "gb18031"};

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *bytes = g_strdup_printf("<?xml version='1.0' encoding='%s'?><A/>", names[i]);
        g_autoptr(GError) error = NULL;
        g_assert_false(
            ht_text_decode(fixture->buffer, ht_text_from(bytes), HT_TEXT_NONE, &fixture->decoded, &error));
        g_assert_error(error, HT_TEXT_ERROR, HT_TEXT_ERROR_UNSUPPORTED_ENCODING);
        bool is_short = strlen(names[i]) < 2; /* it is in any word */
        g_assert_true(is_short ||
                      !strstr(error->message, names[i])); /* a fault does not repeat what was sent */
        g_assert_nonnull(strstr(error->message, "UTF-8, UTF-16"));
        assert_refused(fixture, HT_TEXT_LITERAL("<A/>"), names[i], HT_TEXT_ERROR_UNSUPPORTED_ENCODING);
    }
    assert_refused(fixture, HT_TEXT_LITERAL("\xFF\xFE\0\0<\0\0\0"), NULL, HT_TEXT_ERROR_UNSUPPORTED_ENCODING);
    assert_refused(fixture, HT_TEXT_LITERAL("\x4C\x6F\xA7\x94\x93"), NULL,
                   HT_TEXT_ERROR_UNSUPPORTED_ENCODING);
}

/* What the first bytes are counts, not what is declared behind them. */
static void test_mark_against_declaration(Fixture *fixture, gconstpointer data)
{
    static const char text[] = "\uFEFF<?xml version='1.0' encoding='GBK'?><A>测</A>";
    gsize size;
    g_autofree char *little = g_convert(text, -1, "UTF-16LE", "UTF-8", NULL, &size, NULL);
    g_autofree char *big = g_convert(text, -1, "UTF-16BE", "UTF-8", NULL, NULL, NULL);

    (void)data;
    decode(fixture, ht_text_from(text), NULL);
    g_assert_true(is_text(&fixture->decoded, "<A>测</A>"));
    assert_read_as(&fixture->decoded, HT_ENCODING_UTF8, HT_ENCODING_GB18030, HT_TEXT_ENCODING_MISMATCH);
    decode(fixture, HT_TEXT_LITERAL("\xEF\xBB\xBF<?xml version='1.0' encoding='utf-16'?><A>测</A>"), NULL);
    assert_read_as(&fixture->decoded, HT_ENCODING_UTF8, HT_ENCODING_UTF16, HT_TEXT_ENCODING_MISMATCH);
    decode(fixture,
           HT_TEXT_LITERAL(
               "\xEF\xBB\xBF<?xml version='1.0' encoding='gbk'?><A>\xB2\xE2\xCA\xD4\xB1\xFB\xB2\xE2</A>"),
           NULL);
    g_assert_true(is_text(&fixture->decoded, "<A>测试丙测</A>"));
    decode(fixture, HT_TEXT_LITERAL("\x84\x31\x95\x33<?xml version='1.0' encoding='utf-8'?><A>\xB2\xE2</A>"),
           NULL);
    g_assert_true(is_text(&fixture->decoded, "<A>测</A>"));
    assert_read_as(&fixture->decoded, HT_ENCODING_GB18030, HT_ENCODING_UTF8, HT_TEXT_ENCODING_MISMATCH);
    decode(fixture, (HtText){little, size}, NULL);
    g_assert_true(is_text(&fixture->decoded, "<A>测</A>"));
    assert_read_as(&fixture->decoded, HT_ENCODING_UTF16LE, HT_ENCODING_GB18030, HT_TEXT_ENCODING_MISMATCH);
    decode(fixture, (HtText){big, size}, NULL);
    assert_read_as(&fixture->decoded, HT_ENCODING_UTF16BE, HT_ENCODING_GB18030, HT_TEXT_ENCODING_MISMATCH);
    decode(fixture, HT_TEXT_LITERAL("\xFF\xFE<?xml version='1.0' encoding='gbk'?><A>\xB2\xE2</A>"), NULL);
    g_assert_true(is_text(&fixture->decoded, "<A>测</A>"));
    decode(fixture, HT_TEXT_LITERAL("\xFE\xFF<A>测</A>"), NULL);
    g_assert_true(is_text(&fixture->decoded, "<A>测</A>"));
}

static void test_names_show_no_content(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    HtText bytes = HT_TEXT_LITERAL(
        "<?xml version='1.0' encoding='\xB2\xE2\n%s>&abcdefghijklmnopqrstuvwxyzabcdef'?><A/>");

    (void)data;
    g_assert_false(ht_text_decode(fixture->buffer, bytes, HT_TEXT_NONE, &fixture->decoded, &error));
    g_assert_cmpstr(
        error->message, ==,
        "the encoding that is declared is not supported; UTF-8, UTF-16, the GB family, ASCII and Latin-1 are");
}

static void test_bound(void)
{
    g_autoptr(HtTextBuffer) buffer = ht_text_buffer_new(4096);
    g_autofree char *broken = g_strnfill(2048, '\x80');
    g_autofree char *large = g_strnfill(4096, '\xB0');
    HtDecoded decoded;

    g_assert_true(ht_text_decode(buffer, (HtText){large, 2048}, HT_TEXT_NONE, &decoded, NULL));
    g_assert_cmpuint(decoded.size, ==, 3072);
    g_autoptr(GError) error = NULL;
    g_assert_false(ht_text_decode(buffer, (HtText){large, 4096}, HT_TEXT_NONE, &decoded, &error));
    g_assert_error(error, HT_TEXT_ERROR, HT_TEXT_ERROR_TOO_LARGE);
    g_clear_error(&error);
    g_assert_false(ht_text_decode(buffer, (HtText){broken, 2048}, HT_TEXT_NONE, &decoded, &error));
    g_assert_error(error, HT_TEXT_ERROR, HT_TEXT_ERROR_TOO_LARGE);
    g_assert_true(ht_text_decode(buffer, (HtText){broken, 1300}, HT_TEXT_NONE, &decoded, NULL));
    g_assert_cmpuint(decoded.size, ==, 3900);
    g_assert_cmpuint(decoded.repaired, ==, 1300);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
    ADD("/text/samples/decode-as-the-notes-say", test_samples);
    ADD("/text/samples/split-on-pipes-after-decoding", test_splits_after_decoding);
    ADD("/text/samples/cut-anywhere-keeps-the-markup", test_cut_keeps_markup);
    ADD("/text/samples/seven-dots-become-one", test_sample_dots_become_one);
    g_test_add_func("/text/gb18030/every-code-is-the-standards", test_all_codes);
    g_test_add_func("/text/gb18030/every-character-comes-back", test_round_trip);
    ADD("/text/half/lead-byte-swallows-nothing", test_half_characters);
    ADD("/text/half/bytes-that-are-nothing-are-counted", test_bytes_that_are_nothing);
    ADD("/text/half/damaged-utf8-stays-utf8", test_damaged_utf8_stays_utf8);
    ADD("/text/encoding/bytes-decide", test_bytes_decide);
    ADD("/text/encoding/two-byte-chance-obeys-the-declaration", test_two_byte_chance);
    ADD("/text/encoding/utf8-is-not-copied", test_utf8_is_not_copied);
    ADD("/text/encoding/declarations-are-read-tolerantly", test_tolerant_declarations);
    ADD("/text/encoding/utf16-is-decoded", test_utf16);
    ADD("/text/encoding/others-are-refused-by-name", test_refusals);
    ADD("/text/encoding/a-mark-counts-more-than-the-declaration", test_mark_against_declaration);
    ADD("/text/encoding/error-shows-no-content", test_names_show_no_content);
    g_test_add_func("/text/buffer/never-exceeds-its-bound", test_bound);
    g_test_add_func("/text/gb18030/four-bytes-with-wrong-digits", test_four_bytes_with_wrong_digits);
    g_test_add_func("/text/broken/surrogates-in-damaged-utf8", test_surrogates_in_damaged_utf8);
    return g_test_run();
}
