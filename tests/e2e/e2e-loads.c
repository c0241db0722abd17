/* A full load that says nothing new makes nothing new: every fixture of every adapter goes to one real bus, and then once more as its
 * department would send it the next day, with other package numbers, serials and times of sending. The second one gets an answer
 * like the first, and no event. */
#include "core/kit/expectation.h"
#include "core/kit/places.h"
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <string.h>

typedef struct {
    const char *source, *department, *adapter, *fixtures;
    unsigned
        least; /* fixtures whose events must have been known, so that the test cannot pass by sending nothing */
} Load;

static const Load loads[] = {
    {"hukou", "police", "hukou", "adapters/hukou/fixtures", 20},
    {"marriage", "civil-affairs", "marriage", "adapters/marriage/fixtures", 10},
    {"social-security", "hrss", "social-security", "adapters/social-security/fixtures", 15},
    {"health", "health", "health", "adapters/health/fixtures", 25},
    {"low-income", "civil-affairs", "xml", "adapters/xml/fixtures/low-income", 3},
    {"disabled", "disabled", "xml", "adapters/xml/fixtures/disabled", 1},
    {"population-base", "police", "xml", "adapters/xml/fixtures/population-base", 1},
    {"family-planning", "family-planning", "xml", "adapters/xml/fixtures/family-planning", 2},
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

/* ---- Sending ---- */

/* Each as a message of its own, whatever its bytes are. */
static Answer *send_fixture(const Load *load, const HtExpectedHead *head, const char *bytes, gsize size)
{
    static unsigned number;
    g_autofree char *key = g_strdup_printf("Idempotency-Key: load-%u", ++number);
    g_autofree char *path = g_strconcat("/in/", load->source, NULL);
    g_autofree char *type = g_strndup(head->content_type.data ? head->content_type.data : "text/xml",
                                      head->content_type.data ? head->content_type.size : 8);
    g_autofree char *action =
        head->soap_action.data
            ? g_strdup_printf("SOAPAction: %.*s", (int)head->soap_action.size, head->soap_action.data)
            : NULL;
    const char *const headers[] = {key, action, NULL};
    return post(bus->port, path, type, headers, bytes, size);
}

/* How many events the second sending brought; the first one's in `first`. */
static gint64 send_twice(const Load *load, const HtFixture *fixture, gint64 *first)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize size, later_size;
    HtExpectedHead head;
    g_autoptr(HtExpectation) expectation =
        fixture->expected ? ht_expectation_load(fixture->expected, &error) : NULL;
    g_assert_no_error(error);
    g_assert_true(g_file_get_contents(fixture->payload, &bytes, &size, NULL));
    g_autofree char *later = send_later(bytes, size, &later_size);
    ht_expectation_head(expectation, &head);
    gint64 before = bus_process_figure(bus, "spool.lastSequence");
    Answer *answer = send_fixture(load, &head, bytes, size);
    gint64 between = bus_process_figure(bus, "spool.lastSequence");
    Answer *again = send_fixture(load, &head, later, later_size);
    g_assert_cmpuint(answer->status, ==, again->status);
    answer_free(answer);
    answer_free(again);
    *first = between - before;
    return bus_process_figure(bus, "spool.lastSequence") - between;
}

static void test_load(gconstpointer data)
{
    const Load *load = data;
    g_autofree char *folder = g_build_filename(g_getenv("HUTONG_SRCDIR"), load->fixtures, NULL);
    g_autoptr(GPtrArray) fixtures = ht_fixtures_list(folder);
    unsigned known = 0;
    for (guint i = 0; i < fixtures->len; i++) {
        const HtFixture *fixture = fixtures->pdata[i];
        gint64 first = 0;
        gint64 second = fixture->payload ? send_twice(load, fixture, &first) : 0;
        known += first > 0;
        if (second > 0) {
            g_test_message("%s: %" G_GINT64_FORMAT " events, and %" G_GINT64_FORMAT " once more",
                           fixture->name, first, second);
            g_test_fail();
        }
    }
    g_test_message("%u fixtures with events", known);
    g_assert_cmpuint(known, >=, load->least);
}

static char *write_sections(const char *url)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(loads); i++) {
        g_string_append_printf(
            text,
            "[source %s]\ndepartment = %s\nadapter = %s\nmapping = %s.xml\ndivision = 440104\n"
            "identities = %s\n",
            loads[i].source, loads[i].department, loads[i].adapter, loads[i].source,
            g_str_equal(loads[i].department, "police") ? "authority" : "own");
    }
    g_string_append_printf(
        text,
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 3\npurpose = 社区人口服务\n"
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
