/* A full load that says nothing new makes nothing new: every fixture of every adapter goes to one real bus, and then once more as its
 * department would send it the next day, with other package numbers, serials and times of sending. The second one gets an answer
 * like the first, and no event. Before that comes the same with each of its rows twice, as queries' answers repeat them: it makes no more
 * events than the fixture does, and leaves none for it to make. The same holds for a ZIP archive in which the fixture lies twice, and for
 * base64 of it with its rows twice (the insurance's form): each goes to a source of its own, which knows nothing of the others. */
#include "core/kit/expectation.h"
#include "core/kit/places.h"
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"
#include "tests/lib/zip-builder.h"

#include <string.h>

typedef struct {
    const char *source, *department, *adapter, *fixtures;
    unsigned
        least; /* fixtures whose events must have been known, so that the test cannot pass by sending nothing */
    unsigned least_repeated; /* the same, of those whose rows came twice in one message, */
    unsigned least_zipped;   /* of those that came twice in one archive, */
    unsigned least_coded; /* and of those whose rows came twice in a string of base64, where such are read */
} Load;

static const Load loads[] = {
    {"hukou", "police", "hukou", "adapters/hukou/fixtures", 20, 20, 20, 0},
    {"marriage", "civil-affairs", "marriage", "adapters/marriage/fixtures", 10, 11, 12, 0},
    {"social-security", "hrss", "social-security", "adapters/social-security/fixtures", 15, 8, 15, 8},
    {"health", "health", "health", "adapters/health/fixtures", 25, 8, 25, 0},
    {"low-income", "civil-affairs", "xml", "adapters/xml/fixtures/low-income", 3, 5, 5, 0},
    {"disabled", "disabled", "xml", "adapters/xml/fixtures/disabled", 1, 2, 2, 0},
    {"population-base", "police", "xml", "adapters/xml/fixtures/population-base", 1, 2, 2, 0},
    {"family-planning", "family-planning", "xml", "adapters/xml/fixtures/family-planning", 2, 2, 3, 0},
    {"legal-persons", "market", "xml", "adapters/xml/fixtures/legal-persons", 5, 4, 5, 0},
    {"tax", "tax", "xml", "adapters/xml/fixtures/tax", 2, 1, 2, 0},
    {"real-estate", "natural-resources", "xml", "adapters/xml/fixtures/real-estate", 7, 0, 7, 0},
    {"housing", "housing", "xml", "adapters/xml/fixtures/housing", 6, 2, 6, 0},
    {"housing-fund", "housing-fund", "xml", "adapters/xml/fixtures/housing-fund", 2, 1, 2, 0},
    {"utilities", "utilities", "xml", "adapters/xml/fixtures/utilities", 5, 1, 1, 0},
    {"urban-management", "urban-management", "xml", "adapters/xml/fixtures/urban-management", 5, 1, 5, 0},
    {"credit", "credit", "xml", "adapters/xml/fixtures/credit", 6, 1, 6, 0},
    {"emergency", "emergency", "xml", "adapters/xml/fixtures/emergency", 4, 0, 4, 0},
    {"traffic", "traffic-police", "xml", "adapters/xml/fixtures/traffic", 2, 0, 2, 0},
    {"addresses", "police", "xml", "adapters/xml/fixtures/addresses", 4, 3, 4, 0},
    {"one-stop", "one-stop", "xml", "adapters/xml/fixtures/one-stop", 4, 2, 4, 0},
    {"hotline", "hotline", "xml", "adapters/xml/fixtures/hotline", 3, 2, 3, 0},
    {"social-workers", "street", "xml", "adapters/xml/fixtures/social-workers", 2, 1, 2, 0},
    {"exchange-tables", "civil-affairs", "xml", "adapters/xml/fixtures/exchange-tables", 1, 0, 1, 0},
};

static BusProcess *bus;

/* ---- What differs from one sending to the next ---- */

/* The last digit before the `end`s becomes another one, in elements and attributes of these names: they hold ASCII in every encoding
 * that is sent. */
static char *send_later(const char *bytes, gsize size, gsize *sent)
{
    static const char pattern[] = "(<(?:BWBH|bwbh|XH|REFMSGID|refmsgid)>[^<]*?)([0-8])(\\s*</)|"
                                  "(<creationTime value=[\"'][^\"']*?)([0-8])([\"'])";
    g_autoptr(GError) error = NULL;
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_RAW, 0, &error);
    g_assert_no_error(error);
    g_autoptr(GMatchInfo) match = NULL;
    GString *text = g_string_new_len(bytes, (gssize)size);
    for (g_regex_match_full(regex, bytes, (gssize)size, 0, 0, &match, NULL); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        int start, end;
        int group = g_match_info_fetch_pos(match, 2, &start, &end) && start >= 0 ? 2 : 5;
        g_match_info_fetch_pos(match, group, &start, &end);
        text->str[start]++;
    }
    *sent = text->len;
    return g_string_free(text, FALSE);
}

/* 国家婚姻登记信息采集, in UTF-8 and in GBK. */
#define CHINESE_ROW "(?:\\xe5\\x9b\\xbd\\xe5\\xae\\xb6|\\xb9\\xfa\\xbc\\xd2)[\\x80-\\xff]+"

static char *repeat_rows(const char *bytes, gsize size, gsize *sent);

/* RBSP's table: the first row says how it went, the second names the columns. */
static bool is_head_row(const char *bytes, int start)
{
    unsigned before = 0;
    const char *table = g_strrstr_len(bytes, start, "<Value");
    for (const char *at = table; at && (at = g_strstr_len(at, bytes + start - at, "<Row>")); at++) {
        before++;
    }
    return !table || before < 2;
}

/* The base64 of a text whose rows repeat; as it was when it is the base64 of anything else. */
static void append_base64(GString *to, const char *bytes, int size)
{
    g_autofree char *text = g_strndup(bytes, (gsize)size);
    gsize decoded_size, repeated_size;
    g_autofree guchar *decoded = g_base64_decode(text, &decoded_size);
    g_autofree char *repeated = repeat_rows((const char *)decoded, decoded_size, &repeated_size);
    g_autofree char *coded = repeated ? g_base64_encode((const guchar *)repeated, repeated_size) : NULL;
    g_string_append_len(to, coded ? coded : bytes, coded ? (gssize)strlen(coded) : size);
}

static void append_repeated(GString *to, const char *bytes, int start, int end)
{
    bool is_markup = bytes[start] == '<' || bytes[start] == '&';
    if (!is_markup) {
        append_base64(to, bytes + start, end - start);
        return;
    }
    bool once = g_str_has_prefix(bytes + start, "<Row>") && is_head_row(bytes, start);
    g_string_append_len(to, bytes + start, end - start);
    g_string_append_len(to, bytes + start, once ? 0 : end - start);
}

/* Each row once more behind itself, also in a string, also in base64; NULL when there is none that can be seen. The rows' names are
 * ASCII in every encoding that is sent. */
static char *repeat_rows(const char *bytes, gsize size, gsize *sent)
{
    static const char pattern[] =
        "<(ROW|row|Row|OUTPUT|Record|DisableCitizenInfo|MARRY_RETRUN|Document|" CHINESE_ROW
        ")(?:\\s[^<>]*)?>.*?</\\1\\s*>|"
        "<(data|item|busitext)>\\s*<AAC.*?</\\2>|<(?:row|datarow)\\s[^<>]*/>|&lt;(ROW|Record|row)&gt;.*?&lt;/\\3&gt;|&lt;row\\s(?:(?!&gt;).)*/&gt;|"
        "[A-Za-z0-9+/]{48}[A-Za-z0-9+/\\s]*={0,2}";
    g_autoptr(GError) error = NULL;
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_RAW | G_REGEX_DOTALL, 0, &error);
    g_assert_no_error(error);
    g_autoptr(GMatchInfo) match = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    int done = 0, start, end;
    for (g_regex_match_full(regex, bytes, (gssize)size, 0, 0, &match, NULL); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_match_info_fetch_pos(match, 0, &start, &end);
        g_string_append_len(text, bytes + done, start - done);
        append_repeated(text, bytes, start, end);
        done = end;
    }
    g_string_append_len(text, bytes + done, (gssize)size - done);
    *sent = text->len;
    bool repeats = text->len != size || memcmp(text->str, bytes, size) != 0;
    return repeats ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

/* The same file twice in one archive. */
static GBytes *put_twice(const char *bytes, gsize size)
{
    ZipBuilder zip = zip_builder();
    zip_add(&zip, "a.xml", bytes, size, NULL);
    zip_add(&zip, "b.xml", bytes, size, NULL);
    return zip_finish(&zip, 0);
}

/* How many events the fixture's file names. */
static gint64 count_expected(const HtFixture *fixture)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!fixture->expected || !json_parser_load_from_file(parser, fixture->expected, NULL)) {
        return G_MAXINT64;
    }
    JsonNode *root = json_parser_get_root(parser);
    JsonNode *events =
        JSON_NODE_HOLDS_OBJECT(root) ? json_object_get_member(json_node_get_object(root), "events") : root;
    return events ? json_array_get_length(json_node_get_array(events)) : G_MAXINT64;
}

/* ---- Sending ---- */

/* Each as a message of its own, whatever its bytes are. */
static Answer *send_fixture(const char *source, const HtMessageHead *head, const char *bytes, gsize size)
{
    static unsigned number;
    g_autofree char *key = g_strdup_printf("Idempotency-Key: load-%u", ++number);
    g_autofree char *path = g_strconcat("/in/", source, NULL);
    g_autofree char *type = g_strndup(head->content_type.data ? head->content_type.data : "text/xml",
                                      head->content_type.data ? head->content_type.size : 8);
    g_autofree char *action =
        head->soap_action.data
            ? g_strdup_printf("SOAPAction: %.*s", (int)head->soap_action.size, head->soap_action.data)
            : NULL;
    const char *const headers[] = {key, action, NULL};
    return post(bus->port, path, type, headers, bytes, size);
}

/* How many events it brought; the answer's status in `status`. */
static gint64 count_new(const char *source, const HtMessageHead *head, const char *bytes, gsize size,
                        unsigned *status)
{
    gint64 before = bus_process_figure(bus, "spool.lastSequence");
    Answer *answer = send_fixture(source, head, bytes, size);
    *status = answer->status;
    answer_free(answer);
    return bus_process_figure(bus, "spool.lastSequence") - before;
}

/* The rows twice in one message: no more events than once. Those that it brought; -1 when nothing can be repeated, or the message
 * is refused, because it says how many rows it has. */
static gint64 send_repeated(const Load *load, const HtFixture *fixture, const HtMessageHead *head,
                            const char *bytes, gsize size)
{
    gsize repeated_size;
    unsigned status;
    gint64 expected = count_expected(fixture);
    g_autofree char *repeated = repeat_rows(bytes, size, &repeated_size);
    if (!repeated || expected == 0) {
        return -1;
    }
    gint64 brought = count_new(load->source, head, repeated, repeated_size, &status);
    if (brought > expected) {
        g_test_message("%s: %" G_GINT64_FORMAT " events of %" G_GINT64_FORMAT " when its rows repeat",
                       fixture->name, brought, expected);
        g_test_fail();
    }
    return status == 200 ? brought : -1;
}

/* As base64 in another document, its rows repeated; NULL when it has none. */
static GBytes *code_repeated(const char *bytes, gsize size)
{
    gsize repeated_size;
    g_autofree char *repeated = repeat_rows(bytes, size, &repeated_size);
    g_autofree char *coded = repeated ? g_base64_encode((const guchar *)repeated, repeated_size) : NULL;
    char *text =
        g_strdup_printf("<request><serial>T0010</serial><data>%s</data></request>", coded ? coded : "");
    g_autoptr(GBytes) made = g_bytes_new_take(text, strlen(text));
    return coded ? g_steal_pointer(&made) : NULL;
}

/* A health document is known by the digest of its payload, which it has not where it lies in another: alone it says more. */
static bool has_digest(const HtFixture *fixture)
{
    g_autofree char *expected = NULL;
    return fixture->expected && g_file_get_contents(fixture->expected, &expected, NULL, NULL) &&
           strstr(expected, "documentDigest");
}

/* The fixture twice in one message, to a source of its own: no more events than once, and none are left for the fixture to make. False
 * when such a message is not taken, or brings nothing. */
static bool send_twice(const Load *load, const char *suffix, const char *type,
                       GBytes *twice /* transfer full */, const HtFixture *fixture)
{
    HtMessageHead head = {.content_type = ht_text_from(type)}, plain;
    unsigned status, again;
    gint64 expected = count_expected(fixture), later = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(HtExpectation) expectation =
        fixture->expected ? ht_expectation_load(fixture->expected, &error) : NULL;
    g_autofree char *source = g_strconcat(load->source, suffix, NULL), *bytes = NULL;
    gsize size;
    gint64 brought =
        count_new(source, &head, g_bytes_get_data(twice, NULL), g_bytes_get_size(twice), &status);
    g_bytes_unref(twice);
    ht_expectation_head(expectation, &plain);
    if (status == 200 && !has_digest(fixture)) {
        g_assert_true(g_file_get_contents(fixture->payload, &bytes, &size, NULL));
        later = count_new(source, &plain, bytes, size, &again);
    }
    if (brought > expected || (brought > 0 && later > 0)) {
        g_test_message("%s: %" G_GINT64_FORMAT " events of %" G_GINT64_FORMAT
                       " when it comes twice to %s, then %" G_GINT64_FORMAT,
                       fixture->name, brought, expected, source, later);
        g_test_fail();
    }
    return status == 200 && brought > 0;
}

/* Fixtures of which something became known. */
typedef struct {
    unsigned known, repeated, zipped, coded;
} Tally;

static void send_load(const Load *load, const HtFixture *fixture, Tally *tally)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize size, later_size;
    unsigned status, again;
    HtMessageHead head;
    g_autoptr(HtExpectation) expectation =
        fixture->expected ? ht_expectation_load(fixture->expected, &error) : NULL;
    g_assert_no_error(error);
    g_assert_true(g_file_get_contents(fixture->payload, &bytes, &size, NULL));
    g_autofree char *later = send_later(bytes, size, &later_size);
    ht_expectation_head(expectation, &head);
    gint64 repeated = send_repeated(load, fixture, &head, bytes, size);
    gint64 first = count_new(load->source, &head, bytes, size, &status);
    gint64 second = count_new(load->source, &head, later, later_size, &again);
    g_assert_cmpuint(status, ==, again);
    tally->known += first > 0 || repeated > 0;
    tally->repeated += repeated > 0;
    tally->zipped += send_twice(load, "-zip", "application/zip", put_twice(bytes, size), fixture);
    GBytes *coded = count_expected(fixture) > 0 ? code_repeated(bytes, size) : NULL;
    tally->coded += coded && send_twice(load, "-coded", "text/xml", coded, fixture);
    if (second > 0 || (repeated >= 0 && first > 0)) {
        g_test_message("%s: %" G_GINT64_FORMAT " events with repeated rows, then %" G_GINT64_FORMAT
                       ", and %" G_GINT64_FORMAT " once more",
                       fixture->name, repeated, first, second);
        g_test_fail();
    }
}

static void test_load(gconstpointer data)
{
    const Load *load = data;
    g_autofree char *folder = g_build_filename(g_getenv("HUTONG_SRCDIR"), load->fixtures, NULL);
    g_autoptr(GPtrArray) fixtures = ht_fixtures_list(folder);
    Tally tally = {0};
    for (guint i = 0; i < fixtures->len; i++) {
        const HtFixture *fixture = fixtures->pdata[i];
        if (fixture->payload) {
            send_load(load, fixture, &tally);
        }
    }
    g_test_message("%u fixtures with events, %u with repeated rows, %u twice in an archive, %u in base64",
                   tally.known, tally.repeated, tally.zipped, tally.coded);
    g_assert_cmpuint(tally.known, >=, load->least);
    g_assert_cmpuint(tally.repeated, >=, load->least_repeated);
    g_assert_cmpuint(tally.zipped, >=, load->least_zipped);
    g_assert_cmpuint(tally.coded, >=, load->least_coded);
}

static char *write_sections(const char *url)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(loads); i++) {
        static const char *const suffixes[] = {"", "-zip", "-coded"};
        for (size_t n = 0; n < G_N_ELEMENTS(suffixes); n++) {
            g_string_append_printf(
                text,
                "[source %s%s]\ndepartment = %s\nadapter = %s\nmapping = %s.xml\ndivision = 440104\n"
                "identities = %s\ntrust-address = yes\n",
                loads[i].source, suffixes[n], loads[i].department, loads[i].adapter, loads[i].source,
                g_str_equal(loads[i].department, "police") ? "authority" : "own");
        }
    }
    g_string_append_printf(
        text,
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 3\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n"
        "[route all]\nto = platform\n",
        url);
    return g_string_free(text, FALSE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    Platform *platform = platform_new();
    g_autofree char *sections = write_sections(platform_url(platform));
    bus = bus_process_new(NULL, sections);
    bus_process_start(bus);
    for (size_t i = 0; i < G_N_ELEMENTS(loads); i++) {
        g_autofree char *path = g_strdup_printf("/loads/%s", loads[i].source);
        g_test_add_data_func(path, &loads[i], test_load);
    }
    int status = g_test_run();
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
    platform_free(platform);
    return status;
}
