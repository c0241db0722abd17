/* Lists of the other side, and sums of digests. That the books are right: tests/e2e/e2e-proof.c, against a running bus. */
#include "core/reconcile/manifest.h"
#include "core/reconcile/sum.h"

#include <glib/gstdio.h>
#include <string.h>

#define ONE "01a1ff95-f45c-702c-a99a-e6a33216f278"
#define TWO "01a1ff95-f45c-702d-b0e4-bd3e6b9695c6"
#define DIGEST "03ec733c4ea7c8ca533373a80ac5fd2a1c5b4e8f4c3d4fe66431918b004962a8"

static char *write_list(const char *text, gssize size)
{
    char *file;
    int descriptor = g_file_open_tmp("list-XXXXXX", &file, NULL);
    g_assert_cmpint(descriptor, >=, 0);
    g_close(descriptor, NULL);
    g_assert_true(g_file_set_contents(file, text, size, NULL));
    return file;
}

static HtManifest *read_list(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *file = write_list(text, -1);
    HtManifest *manifest = ht_manifest_read(file, &error);
    g_assert_no_error(error);
    g_unlink(file);
    return manifest;
}

static HtManifestEntry *find_id(const HtManifest *manifest, const char *text)
{
    HtUuid id;
    g_assert_true(ht_uuid_parse(ht_text_from(text), &id));
    return ht_manifest_find(manifest, &id, NULL);
}

/* ---- Lists ---- */

static void lists_are_read_in_every_form(void)
{
    static const char *const lists[] = {
        ONE "," DIGEST "\n" TWO "\n",
        "\xEF\xBB\xBFid,digest\r\n\"" ONE "\";\"" DIGEST "\"\r\n\r\n# ours\r\n" TWO "\r\n",
        "ID\tDIGEST\n" ONE "\t" DIGEST "\n" TWO "\t",
        " " ONE " , " DIGEST " \n" TWO ",,more\n",
        "<list><entry id='" ONE "' digest='" DIGEST "'/><entry id='" TWO "'/></list>",
        "<?xml version='1.0' encoding='UTF-8'?>\n<r:list xmlns:r='urn:x'><day><r:entry digest='" DIGEST
        "' note='' id='" ONE "'>text</r:entry></day><r:entry id='" TWO "'/></r:list>",
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autoptr(HtManifest) manifest = read_list(lists[i]);
        g_assert_cmpuint(manifest->count, ==, 2);
        g_assert_cmpuint(manifest->unreadable->len, ==, 0);
        g_assert_cmpuint(manifest->twice->len, ==, 0);
        const HtManifestEntry *one = find_id(manifest, ONE), *two = find_id(manifest, TWO);
        g_assert_true(one->has_digest);
        g_assert_cmpint(one->digest[0], ==, 0x03);
        g_assert_cmpint(one->digest[31], ==, 0xa8);
        g_assert_false(two->has_digest);
        g_assert_cmpuint(one->line, <=, two->line);
    }
}

static void an_entry_may_be_a_digest_alone(void)
{
    g_autoptr(HtManifest) manifest = read_list("," DIGEST "\n");
    HtUuid id = {{0}};
    g_autofree uint8_t *digest = g_malloc0(32);
    g_assert_cmpuint(manifest->count, ==, 1);
    g_assert_null(ht_manifest_find(manifest, &id, digest));
    GHashTableIter iter;
    void *item;
    g_hash_table_iter_init(&iter, manifest->by_digest);
    g_assert_true(g_hash_table_iter_next(&iter, NULL, &item));
    g_assert_true(ht_manifest_find(manifest, &id, ((HtManifestEntry *)item)->digest) == item);
}

static void what_stands_there_twice_is_told(void)
{
    g_autoptr(HtManifest) manifest = read_list(ONE "\n" TWO "\n" ONE "\n," DIGEST "\n," DIGEST "\n");
    g_assert_cmpuint(manifest->count, ==, 5);
    g_assert_cmpuint(manifest->twice->len, ==, 2);
    g_assert_cmpuint(g_array_index(manifest->twice, HtManifestEntry, 0).line, ==, 3);
    g_assert_cmpuint(g_array_index(manifest->twice, HtManifestEntry, 1).line, ==, 5);
}

/* ---- As spreadsheets and departments save them ---- */

static void put_fields(GString *text, const char *const fields[4], const char *order, char separator,
                       const char *quote)
{
    for (const char *at = order; *at; at++) {
        const char *field = fields[*at - '0'];
        bool is_note = *at == '2';
        g_string_append_printf(text, "%s%s%s%s", at > order ? (char[]){separator, '\0'} : "",
                               is_note ? "\"" : quote, field,
                               is_note         ? "\""
                               : *quote == '=' ? "\""
                                               : quote);
    }
}

/* Two entries in every combination of heading, order of columns, separator, quotes, end of line and encoding. */
static void lists_are_read_as_they_are_saved(void)
{
    static const char *const headings[][4] = {
        {"id", "digest", "note", "no"},          {"messageId", "sha256", "备注", "no"},
        {"Message ID", "SHA-256", "note", "no"}, {"报文编号", "摘要", "备注", "序号"},
        {"消息标识", "报文摘要", "x;y", "序号"}, {"msg_id", "HASH", "note", "no"},
    };
    static const char *const orders[] = {"01", "10", "3012", "2130", "0231"}, *const quotes[] = {"", "\"",
                                                                                                 "=\""};
    static const char *const ends[] = {"\n", "\r\n", "\r"}, separators[] = ",;\t|";
    static const char *const encodings[] = {"UTF-8", "GB18030", "UTF-16LE", "UTF-16BE"};
    static const char *const marks[] = {"\xEF\xBB\xBF", "", "\xFF\xFE", "\xFE\xFF"};
    for (unsigned i = 0; i < 6 * 5 * 3 * 3 * 4 * 4; i++) {
        const char *end = ends[i / 90 % 3], *order = orders[i / 6 % 5], *quote = quotes[i / 30 % 3];
        char separator = separators[i / 270 % 4];
        unsigned encoding = i / 1080;
        g_autoptr(GString) text = g_string_new(i % 2 ? "# of today" : "");
        g_string_append(text, i % 2 ? end : "");
        put_fields(text, headings[i % 6], order, separator, quote);
        g_string_append(text, end);
        put_fields(text, (const char *[]){ONE, DIGEST, "a,b;\"\"c|", "1"}, order, separator, quote);
        g_string_append_printf(text, "%s%s", end, end);
        put_fields(text, (const char *[]){TWO, "", "测", "2"}, order, separator, quote);
        gsize size;
        g_autofree char *body =
            g_convert(text->str, (gssize)text->len, encodings[encoding], "UTF-8", NULL, &size, NULL);
        g_autoptr(GString) bytes = g_string_new(marks[encoding]);
        g_string_append_len(bytes, body, (gssize)size);
        g_autofree char *file = write_list(bytes->str, (gssize)bytes->len);
        g_autoptr(HtManifest) manifest = ht_manifest_read(file, NULL);
        g_test_message("%u: %s", i, text->str);
        g_assert_cmpuint(manifest->count, ==, 2);
        g_assert_cmpuint(manifest->unreadable->len, ==, 0);
        g_assert_true(find_id(manifest, ONE)->has_digest && !find_id(manifest, TWO)->has_digest);
        g_unlink(file);
    }
}

static void columns_are_found_without_a_heading(void)
{
    static const char *const lists[] = {
        "sep=;\n" ONE ";" DIGEST "\n" TWO "\n",
        DIGEST "," ONE "\n," TWO "\n",
        "1," ONE "," DIGEST "\n2," TWO ",\n",
        "\n\n# first\n\nid,digest\n" ONE "," DIGEST "\n" TWO "\n",
        "对账单\n编号;值\n" ONE ";" DIGEST "\n" TWO "\n",
        "{" ONE "}," DIGEST "\n{" TWO "}\n",
        "<list><entry><id>" ONE "</id><digest>" DIGEST "</digest></entry><entry><messageId> " TWO
        " </messageId></entry></list>",
        "<list><entry messageId='" ONE "' sha256='" DIGEST "'/><entry MSGID='" TWO
        "'><note>x</note></entry></list>",
        "<list><entry 报文编号='" ONE "' 摘要='" DIGEST "'/><entry><报文编号>" TWO
        "</报文编号></entry></list>",
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autoptr(HtManifest) manifest = read_list(lists[i]);
        g_test_message("%u", i);
        g_assert_cmpuint(manifest->count, ==, 2);
        g_assert_cmpuint(manifest->unreadable->len, ==, 0);
        g_assert_true(find_id(manifest, ONE)->has_digest && !find_id(manifest, TWO)->has_digest);
    }
    static const char *const later[] = {
        /* the digest's column is told by no known name, or by no first entry */
        "id,checksum\n" TWO ",\n" ONE "," DIGEST "\n",
        "id;no;SM3\n" TWO ";1;\n" ONE ";2;" DIGEST "\n",
        TWO ";1;\n" ONE ";2;" DIGEST "\n",
        TWO ",,\n" ONE ",," DIGEST "\n",
        "no,digest\n" ONE "," DIGEST "\n" TWO ",\n",
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(later); i++) {
        g_autoptr(HtManifest) manifest = read_list(later[i]);
        g_test_message("later %u", i);
        g_assert_cmpuint(manifest->unreadable->len, ==, i == 2); /* 1 where a digest was looked for */
        g_assert_true(find_id(manifest, ONE) && find_id(manifest, ONE)->has_digest);
        g_assert_true(i == 2 || !find_id(manifest, TWO)->has_digest);
    }
    g_autoptr(HtManifest) digests = read_list(DIGEST "\n");
    g_assert_cmpuint(digests->count, ==, 1);
    g_autoptr(HtManifest) total = read_list("id,digest\n" ONE "," DIGEST "\n合计,1\n合计,\n");
    g_assert_cmpuint(total->unreadable->len, ==, 2);
    g_autoptr(HtManifest) broken = read_list(ONE "x," DIGEST "y\n" TWO "\n");
    g_assert_cmpuint(broken->unreadable->len, ==, 1);
}

/* Whatever it is: a line of its own, told by its number. */
static void what_is_no_entry_is_told_by_its_line(void)
{
    g_autoptr(GString) text = g_string_new(ONE "\nnot an id\n" ONE "0\n" TWO ",12\n,\n" DIGEST "\n");
    for (unsigned i = 0; i < 9000; i++) {
        g_string_append_c(text, 'x');
    }
    g_string_append(text, "\n" TWO "\n");
    g_autoptr(HtManifest) manifest = read_list(text->str);
    g_assert_cmpuint(manifest->count, ==, 2);
    g_assert_cmpuint(manifest->unreadable->len, ==, 6);
    for (unsigned i = 0; i < 6; i++) {
        g_assert_cmpuint(g_array_index(manifest->unreadable, unsigned, i), ==, i + 2);
    }
    g_assert_cmpuint(find_id(manifest, TWO)->line, ==, 8);
}

static void what_is_no_list_is_refused(void)
{
    static const char *const bad[] = {
        "<list><entry id='" ONE "'/>",
        "<!DOCTYPE list [<!ENTITY e '" ONE "'>]><list><entry id='&e;'/></list>",
        "<list><entry id='" ONE "'/></list><list/>",
        "<",
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *file = write_list(bad[i], -1);
        g_assert_null(ht_manifest_read(file, &error));
        g_assert_error(error, HT_MANIFEST_ERROR, 0);
        g_unlink(file);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_manifest_read("/nowhere/list.csv", &error));
    g_assert_error(error, HT_MANIFEST_ERROR, 0);
}

/* Bytes of any kind neither end the program nor become entries. */
static void any_bytes_are_borne(void)
{
    GRand *random = g_rand_new_with_seed(42);
    for (unsigned round = 0; round < 300; round++) {
        char bytes[600];
        gsize size = (gsize)g_rand_int_range(random, 0, (gint32)sizeof bytes);
        for (gsize i = 0; i < size; i++) {
            bytes[i] = (char)g_rand_int_range(random, 0, round % 2 ? 256 : 128);
        }
        g_autofree char *file = write_list(bytes, (gssize)size);
        g_autoptr(HtManifest) manifest = ht_manifest_read(file, NULL);
        g_assert_true(!manifest || manifest->count == 0);
        g_unlink(file);
    }
    g_rand_free(random);
}

/* ---- Sums ---- */

static void assert_sum(const HtSum *sum, const char *wanted)
{
    char text[HT_SUM_TEXT];
    ht_sum_format(sum, text);
    g_assert_cmpstr(text, ==, wanted);
}

static void a_sum_is_of_a_set(void)
{
    HtSum forth = {{0}}, back = {{0}}, twice = {{0}};
    ht_sum_add(&forth, HT_TEXT_LITERAL("<ROWS/>"));
    assert_sum(&forth, DIGEST);
    ht_sum_add(&forth, HT_TEXT_LITERAL(ONE));
    ht_sum_add(&back, HT_TEXT_LITERAL(ONE));
    ht_sum_add(&back, HT_TEXT_LITERAL("<ROWS/>"));
    g_assert_cmpmem(forth.bytes, HT_SUM_SIZE, back.bytes, HT_SUM_SIZE);
    twice = forth;
    ht_sum_add(&twice, HT_TEXT_LITERAL(ONE));
    ht_sum_add(&twice, HT_TEXT_LITERAL(ONE));
    g_assert_cmpint(memcmp(twice.bytes, forth.bytes, HT_SUM_SIZE), !=, 0);
}

static void a_sum_carries_and_wraps(void)
{
    HtSum sum = {{0}};
    uint8_t most[HT_SUM_SIZE], one[HT_SUM_SIZE] = {[HT_SUM_SIZE - 1] = 1};
    memset(most, 0xff, sizeof most);
    ht_sum_add_digest(&sum, most);
    ht_sum_add_digest(&sum, one);
    assert_sum(&sum, "0000000000000000000000000000000000000000000000000000000000000000");
    ht_sum_add_digest(&sum, one);
    sum.bytes[30] = 0xff;
    ht_sum_add_digest(&sum, most);
    assert_sum(&sum, "000000000000000000000000000000000000000000000000000000000000ff00");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reconcile/list/every-form", lists_are_read_in_every_form);
    g_test_add_func("/reconcile/list/digest-alone", an_entry_may_be_a_digest_alone);
    g_test_add_func("/reconcile/list/read-as-they-are-saved", lists_are_read_as_they_are_saved);
    g_test_add_func("/reconcile/list/columns-without-a-heading", columns_are_found_without_a_heading);
    g_test_add_func("/reconcile/list/twice-is-told", what_stands_there_twice_is_told);
    g_test_add_func("/reconcile/list/no-entry-is-told-by-its-line", what_is_no_entry_is_told_by_its_line);
    g_test_add_func("/reconcile/list/refuses-what-is-none", what_is_no_list_is_refused);
    g_test_add_func("/reconcile/list/any-bytes-are-borne", any_bytes_are_borne);
    g_test_add_func("/reconcile/sum/is-of-a-set", a_sum_is_of_a_set);
    g_test_add_func("/reconcile/sum/carries-and-wraps", a_sum_carries_and_wraps);
    return g_test_run();
}
