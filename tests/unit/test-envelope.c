/* mappings/engine/read/envelope: SOAP's rules for what is around a payload, as a table: taken, or refused by which code, and
 * which headers were not understood. tests/e2e/e2e-envelope.c sends the same table to a bus. */
#include "tests/lib/mapping-test.h"

#include "core/base/not-understood.h"
#include "tests/lib/envelopes.h"

static char *list_headers(HtText list)
{
    GString *names = g_string_new(NULL);
    HtText uri, name;
    while (ht_not_understood_next(&list, &uri, &name)) {
        g_string_append_printf(names, "%s{%.*s}%.*s", names->len ? " " : "", (int)uri.size, uri.data,
                               (int)name.size, name.data);
    }
    return g_string_free(names, FALSE);
}

static void check(MappingTest *test, const Envelope *envelope)
{
    HtVerdict verdict = mapping_test_run(test, envelope->text);
    const HtOutcome *outcome = &test->outcome;
    const char *code = verdict == HT_VERDICT_OK ? "taken" : outcome->faults[0].code;
    const char *expected = envelope->fault ? envelope->fault : "taken";
    g_autofree char *headers = list_headers(outcome->not_understood);
    g_autofree char *expected_headers = g_strjoinv(" ", envelope->headers);
    bool good = strcmp(code, expected) == 0 && strcmp(headers, expected_headers) == 0 &&
                outcome->events->len == (envelope->fault ? 0 : 1) &&
                ht_not_understood_check(outcome->not_understood);
    if (!good) {
        g_test_message("line %u, SOAP %u: %s [%s], expected %s [%s]: %s", envelope->line, envelope->version,
                       code, headers, expected, expected_headers, envelope->text);
        g_test_fail();
    }
    bool is_version = g_strcmp0(envelope->fault, "soap-version") == 0;
    bool is_doctype = g_strcmp0(envelope->fault, "doctype-refused") == 0;
    g_assert_true(is_version || is_doctype || (unsigned)outcome->soap == envelope->version);
}

static void are_by_the_book(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ENVELOPES_MAPPING);
    g_autoptr(GPtrArray) envelopes = envelopes_read();
    g_assert_cmpuint(envelopes->len, >, 300);
    for (guint i = 0; i < envelopes->len; i++) {
        check(test, envelopes->pdata[i]);
    }
}

/* A stranger's list is believed only as far as it can stand in a fault. */
static void names_are_bounded(void)
{
    g_autofree char *long_name = g_strnfill(HT_NOT_UNDERSTOOD_BYTES + 1, 'a');
    HtBuffer list = {NULL, 0, 0};
    ht_not_understood_add(&list, HT_TEXT_LITERAL("urn:x"), ht_text_from(long_name));
    ht_not_understood_add(&list, ht_text_from(long_name), HT_TEXT_LITERAL("a"));
    g_assert_cmpuint(list.size, ==, 0);
    for (unsigned i = 0; i < 2 * HT_NOT_UNDERSTOOD_MOST; i++) {
        ht_not_understood_add(&list, HT_TEXT_LITERAL("urn:x"), HT_TEXT_LITERAL("a"));
    }
    HtText whole = ht_buffer_text(&list), rest = whole, uri, name;
    unsigned count = 0;
    while (ht_not_understood_next(&rest, &uri, &name)) {
        count++;
    }
    g_assert_cmpuint(count, ==, HT_NOT_UNDERSTOOD_MOST);
    g_assert_true(ht_not_understood_check(whole));
    g_assert_false(ht_not_understood_check((HtText){whole.data, whole.size - 1}));
    ht_buffer_clear(&list);

    static const char *const bad[] = {"", "a b", "a\"", "<a", "a>", "a&b", "a:b", "a'", "a\n", "\xff"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        HtBuffer forged = {NULL, 0, 0};
        ht_not_understood_add(&forged, HT_TEXT_LITERAL("urn:x"), HT_TEXT_LITERAL("aaaa"));
        forged.size -= 4; /* its size is the four bytes before the name */
        ((uint8_t *)forged.data)[forged.size - 4] = (uint8_t)strlen(bad[i]);
        ht_buffer_add_string(&forged, bad[i]);
        g_assert_false(ht_not_understood_check(ht_buffer_text(&forged)));
        ht_buffer_clear(&forged);
    }
}

/* In a batch each part is an envelope of its own, by the same rules. */
static void parts_of_a_batch_are_envelopes_too(void)
{
    static const char *const parts[] = {
        "<s:Envelope xmlns:s=\"" ENVELOPES_12 "\"><s:Body/><s:Body/></s:Envelope>",
        "<s:Envelope xmlns:s=\"" ENVELOPES_12 "\"><s:Header><a:b xmlns:a=\"urn:a\" "
        "s:mustUnderstand=\"1\"/></s:Header><s:Body><person/></s:Body></s:Envelope>"};
    static const char *const codes[] = {"soap-malformed", "soap-must-understand"};
    g_autoptr(MappingTest) test = mapping_test_new(ENVELOPES_MAPPING);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *body = g_strdup_printf(
            "--b\r\n\r\n<person><number>1</number><place>440104001</place><name>测试甲</name></person>\r\n--b\r\n\r\n%s\r\n--b--\r\n",
            parts[i]);
        HtPayload payload = {.body = ht_text_from(body),
                             .head.content_type = HT_TEXT_LITERAL("multipart/mixed; boundary=b")};
        ht_outcome_clear(&test->outcome);
        ht_outcome_init(&test->outcome);
        ht_mapper_run(test->mapper, &payload, &test->outcome);
        g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
        g_assert_cmpstr(test->outcome.faults[0].code, ==, codes[i]);
        g_assert_cmpuint(test->outcome.faults[0].part, ==, 2);
        g_assert_cmpuint(test->outcome.events->len, ==, 0);
    }
}

/* A repair that wraps several roots makes no data of an Envelope that is one of them. */
static void beside_other_roots_are_refused(void)
{
    static const char person[] =
        "<person><number>1</number><place>440104001</place><name>测试甲</name></person>";
    g_autofree char *envelope =
        g_strdup_printf("<s:Envelope xmlns:s=\"" ENVELOPES_11 "\"><s:Body>%s</s:Body></s:Envelope>", person);
    g_autofree char *inside = g_strdup_printf("<x>%s</x>", envelope);
    const char *const roots[][2] = {
        {envelope, person}, {person, envelope}, {envelope, envelope}, {inside, person}};
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<repair use='root'/><event type='person.registered.v1' for-each='/fragment/person'>"
        "<id from='number'/><division from='place'/><element to='person.name' from='name'/></event>"));
    for (size_t i = 0; i < G_N_ELEMENTS(roots); i++) {
        g_autofree char *body = g_strconcat(roots[i][0], roots[i][1], NULL);
        g_assert_cmpint(mapping_test_run(test, body), ==, HT_VERDICT_REJECT);
        g_assert_cmpstr(test->outcome.faults[0].code, ==, "soap-malformed");
    }
    g_autofree char *both = g_strconcat(person, person, NULL);
    g_assert_cmpint(mapping_test_run(test, both), ==, HT_VERDICT_OK);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/envelope/the-table-is-by-the-book", are_by_the_book);
    g_test_add_func("/envelope/names-of-headers-are-bounded-and-checked", names_are_bounded);
    g_test_add_func("/envelope/parts-of-a-batch-are-envelopes-too", parts_of_a_batch_are_envelopes_too);
    g_test_add_func("/envelope/beside-other-roots-are-refused", beside_other_roots_are_refused);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
