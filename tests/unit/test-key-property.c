/* Two records that differ in one value of the fact are never one event: every fixture of the adapters here is run again with one
 * of the values that its events carry altered, and then with the person exchanged. What the altered payload gives must not be
 * what the spool would take for the same again: the same content under the same number, or under none. */
#include "core/base/event-digest.h"
#include "tests/unit/adapter-test.h"

#include <string.h>

#define MOST_ALTERATIONS 60 /* of one fixture */
#define VALUE_LEAST 4       /* bytes: shorter ones stand in many places by chance */

typedef struct {
    const char *mapping, *adapter, *fixtures;
    unsigned least; /* values that must have been tried, so that the test cannot pass by trying none */
} Subject;

/* Whose values stand in the payload a second time where they are not the fact: around a document in base64, of which the
 * letter only repeats the patient, and in the row of headings. */
static const char *const repeated_elsewhere[] = {
    "hip-s0014-base64-emr.xml",
    "hip-s0014-base64-two.xml",
    "rcmr-in000002uv02-document.xml",
    "nciic-inconditions.xml",
    NULL,
};

/* A value of an event, and where it stands in the payload: once, and whole between two tags or quotes. */
typedef struct {
    char *text;
    const char *place;
    bool is_identity;
} Carried;

static void carried_free(gpointer data)
{
    Carried *carried = data;
    g_free(carried->text);
    g_free(carried);
}

/* ---- What a payload says ---- */

/* All digests in the order of the events, and their keys; NULL when the payload is not taken. transfer full. */
static char *read_content(AdapterTest *test, HtText bytes)
{
    run_bytes(test, bytes.data, bytes.size);
    if (test->outcome.verdict != HT_VERDICT_OK || test->outcome.events->len == 0) {
        return NULL;
    }
    GString *content = g_string_new(NULL);
    for (guint i = 0; i < test->outcome.events->len; i++) {
        HtEvent event = get_event(test, i);
        uint8_t digest[HT_EVENT_DIGEST];
        ht_event_digest(&event, digest);
        for (unsigned at = 0; at < HT_EVENT_DIGEST; at++) {
            g_string_append_printf(content, "%02x", digest[at]);
        }
        g_string_append_len(content, event.key.data, (gssize)event.key.size);
        g_string_append_c(content, '\n');
    }
    return g_string_free(content, FALSE);
}

static const char *find_once(HtText bytes, HtText value)
{
    const char *end = bytes.data + bytes.size;
    const char *first = memmem(bytes.data, bytes.size, value.data, value.size);
    if (!first || first == bytes.data || first + value.size == end ||
        memmem(first + 1, (size_t)(end - first - 1), value.data, value.size)) {
        return NULL;
    }
    char before = first[-1], after = first[value.size];
    bool whole = (before == '>' && after == '<') || (before == '"' && after == '"') ||
                 (before == '\'' && after == '\'');
    return whole ? first : NULL;
}

static void add_carried(GPtrArray *all, HtText bytes, HtText value, bool is_identity)
{
    const char *place = value.size >= VALUE_LEAST ? find_once(bytes, value) : NULL;
    if (!place) {
        return;
    }
    for (guint i = 0; i < all->len; i++) {
        Carried *known = all->pdata[i];
        if (known->place == place) {
            known->is_identity = known->is_identity || is_identity;
            return;
        }
    }
    Carried *carried = g_new(Carried, 1);
    *carried = (Carried){g_strndup(value.data, value.size), place, is_identity};
    g_ptr_array_add(all, carried);
}

/* The values of the events at hand that stand in the payload as they are carried. transfer full. */
static GPtrArray *list_carried(AdapterTest *test, HtText bytes)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(carried_free);
    for (guint i = 0; i < test->outcome.events->len; i++) {
        HtEvent event = get_event(test, i);
        HtUnpack unpack = ht_unpack(event.data.data, event.data.size);
        HtItem item;
        for (unsigned at = 0; at < event.identity_count; at++) {
            add_carried(all, bytes, event.identities[at].value, true);
        }
        while (ht_item_next(&unpack, &item) && item.kind == HT_ITEM_ELEMENT) {
            if (!item.sending) {
                add_carried(all, bytes, item.value, ht_text_is(item.name, "person.name"));
            }
        }
    }
    return all;
}

/* ---- Altering ---- */

/* The last digit or letter becomes another one, or else the last character when it is Chinese; of other text nothing changes. */
static void alter(char *value, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        char old = value[i - 1];
        if (g_ascii_isdigit(old)) {
            value[i - 1] = (char)('0' + (old - '0' + 1) % 10);
            return;
        }
        if (g_ascii_isalpha(old)) {
            value[i - 1] = old == 'B' ? 'C' : 'B';
            return;
        }
    }
    if (size >= 6 && (unsigned char)value[size - 3] >= 0xe4 && (unsigned char)value[size - 3] <= 0xe9) {
        memcpy(value + size - 3, memcmp(value + size - 3, "丁", 3) == 0 ? "戊" : "丁", 3);
    }
}

static char *copy_altered(HtText bytes, const GPtrArray *all, guint which, bool whole_person)
{
    char *copy = g_memdup2(bytes.data, bytes.size);
    for (guint i = 0; i < all->len; i++) {
        const Carried *carried = all->pdata[i];
        if (whole_person ? carried->is_identity : i == which) {
            alter(copy + (carried->place - bytes.data), strlen(carried->text));
        }
    }
    return copy;
}

/* True when the altered payload was taken, and so was a trial. */
static bool try_altered(AdapterTest *test, HtText bytes, const char *copy, const char *first,
                        const char *what)
{
    if (memcmp(bytes.data, copy, bytes.size) == 0) {
        return false;
    }
    g_autofree char *content = read_content(test, (HtText){copy, bytes.size});
    if (content && strcmp(content, first) == 0) {
        g_test_message("a change would be swallowed: %s", what);
        g_test_fail();
    }
    return content != NULL;
}

static unsigned try_fixture(AdapterTest *test, const HtFixture *fixture)
{
    g_autofree char *bytes = NULL;
    gsize size;
    unsigned tried = 0;
    g_autoptr(HtExpectation) expectation = ht_expectation_load(fixture->expected, NULL);
    g_assert_true(g_file_get_contents(fixture->payload, &bytes, &size, NULL));
    HtText text = {bytes, size};
    ht_expectation_head(expectation, &test->head);
    g_autofree char *first = read_content(test, text);
    if (!first) {
        return 0;
    }
    g_autoptr(GPtrArray) all = list_carried(test, text);
    for (guint i = 0; i < MIN(all->len, MOST_ALTERATIONS); i++) {
        const Carried *carried = all->pdata[i];
        g_autofree char *copy = copy_altered(text, all, i, false);
        g_autofree char *what =
            g_strdup_printf("%s, at byte %zu", fixture->name, (size_t)(carried->place - bytes));
        tried += try_altered(test, text, copy, first, what);
    }
    g_autofree char *exchanged = copy_altered(text, all, 0, true);
    g_autofree char *person = g_strdup_printf("%s, the person", fixture->name);
    return tried + try_altered(test, text, exchanged, first, person);
}

static void test_subject(gconstpointer data)
{
    const Subject *subject = data;
    g_autofree char *folder = g_build_filename(mapping_test_folder(), "..", subject->fixtures, NULL);
    g_autoptr(AdapterTest) test = adapter_test_new(subject->mapping, subject->adapter);
    g_autoptr(GPtrArray) fixtures = ht_fixtures_list(folder);
    unsigned tried = 0;
    for (guint i = 0; i < fixtures->len; i++) {
        const HtFixture *fixture = fixtures->pdata[i];
        bool left_out = g_strv_contains(repeated_elsewhere, fixture->name);
        tried += fixture->payload && fixture->expected && !left_out ? try_fixture(test, fixture) : 0;
    }
    g_test_message("%u alterations", tried);
    g_assert_cmpuint(tried, >=, subject->least);
}

int main(int argc, char **argv)
{
    static const Subject subjects[] = {
        {"mappings/hukou.xml", "hukou", "adapters/hukou/fixtures", 100},
        {"mappings/health.xml", "health", "adapters/health/fixtures", 200},
        {"mappings/marriage.xml", "marriage", "adapters/marriage/fixtures", 80},
        {"mappings/social-security.xml", "social-security", "adapters/social-security/fixtures", 50},
        {"mappings/disabled.xml", "xml", "adapters/xml/fixtures/disabled", 3},
        {"mappings/family-planning.xml", "xml", "adapters/xml/fixtures/family-planning", 3},
        {"mappings/low-income.xml", "xml", "adapters/xml/fixtures/low-income", 3},
        {"mappings/population-base.xml", "xml", "adapters/xml/fixtures/population-base", 3},
    };
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
        g_autofree char *path = g_strdup_printf("/key-property/%s", subjects[i].mapping);
        g_test_add_data_func(path, &subjects[i], test_subject);
    }
    return g_test_run();
}
