/* Keys of events and of messages: what is known as sent again. */
#include "tests/lib/mapping-test.h"

#define EVENT(content) "<event type=\"person.moved-in.v1\" for-each=\"/ROWS/ROW\">" content "</event>"
#define ONE(content) MAPPING(EVENT(content))
#define ROW(content) "<ROWS><ROW>" content "</ROW></ROWS>"

static void test_key(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ONE(
        "<id from='HJYWID QRDJID'/><action default='assert' cancel-when=\"CXBZ='1'\" reverses='CXHJYWID'/>"));
    mapping_test_run(test, ROW("<HJYWID>900</HJYWID><QRDJID>7</QRDJID><CXBZ>0</CXBZ><CXHJYWID/>"));
    assert_has(test, 0, "\"businessid\":\"900\"");
    g_assert_true(ht_text_is(test->outcome.key, "person.moved-in.v1|assert|900|7"));
    mapping_test_run(test,
                     ROW("<HJYWID>901</HJYWID><QRDJID>7</QRDJID><CXBZ>1</CXBZ><CXHJYWID>900</CXHJYWID>"));
    assert_has(test, 0, "\"action\":\"cancel\"");
    assert_has(test, 0, "\"reverses\":\"900\"");
    g_assert_true(ht_text_is(test->outcome.key, "person.moved-in.v1|assert|901|7"));
    mapping_test_run(test, ROW("<HJYWID>901</HJYWID>"));
    g_assert_null(test->outcome.key.data);
    g_assert_null(mapping_test_event(test, 0).key.data);
    mapping_test_run(test, "<ROWS><ROW><HJYWID>1</HJYWID><QRDJID>2</QRDJID></ROW>"
                           "<ROW><HJYWID>3</HJYWID><QRDJID>4</QRDJID></ROW></ROWS>");
    assert_events(test, 2);
    g_assert_null(test->outcome.key.data);
    g_assert_true(ht_text_is(mapping_test_event(test, 1).key, "person.moved-in.v1|assert|3|4"));
}

/* The first of the paths that has a number. */
static void test_reverses(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(ONE("<id from='HJYWID'/><action is='correct' reverses='OWN ITS'/>"));
    mapping_test_run(test, ROW("<HJYWID>9</HJYWID><ITS>7</ITS><OWN>8</OWN>"));
    assert_has(test, 0, "\"reverses\":\"8\"");
    mapping_test_run(test, ROW("<HJYWID>9</HJYWID><ITS>7</ITS><OWN>0000</OWN>"));
    assert_has(test, 0, "\"reverses\":\"7\"");
    mapping_test_run(test, ROW("<HJYWID>9</HJYWID><ITS/>"));
    assert_lacks(test, 0, "reverses");
}

/* The message must not pass for its good record sent again: the bad one would vanish unreported. */
static void test_key_of_a_payload_with_rejected_records(void)
{
    HtMapperOptions options = {ht_limits_default(), "440104", true, false, false};
    g_autoptr(MappingTest) test = mapping_test_new_with(
        ONE("<id from='HJYWID'/><element to='person.name' from='XM' required='yes'/>"), &options);
    g_assert_cmpint(mapping_test_run(test, "<ROWS><ROW><HJYWID>1</HJYWID><XM>测试甲</XM></ROW>"
                                           "<ROW><HJYWID>2</HJYWID></ROW></ROWS>"),
                    ==, HT_VERDICT_OK);
    assert_events(test, 1);
    g_assert_cmpuint(test->outcome.rejected, ==, 1);
    g_assert_null(test->outcome.key.data);
    g_assert_true(ht_text_is(mapping_test_event(test, 0).key, "person.moved-in.v1|assert|1"));
}

/* wsa:MessageID is not the mapping's id: the bus holds it against others of its kind. */
static void test_message_id_is_no_key(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ONE("<id from='HJYWID'/>"));
    mapping_test_run(
        test, "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'>"
              "<s:Header><a:MessageID xmlns:a='http://www.w3.org/2005/08/addressing'>urn:1</a:MessageID>"
              "</s:Header><s:Body><ROWS><ROW><XM>测试甲</XM></ROW></ROWS></s:Body></s:Envelope>");
    assert_events(test, 1);
    g_assert_true(ht_text_is(test->outcome.message_id, "urn:1"));
    g_assert_null(test->outcome.key.data);
}

static void test_same_key(void)
{
#define PARTY(id) "<event type='marriage.certificate-reissued.v1' for-each='/R/M'><id from='" id "'/></event>"
    g_autoptr(MappingTest) same = mapping_test_new(MAPPING(PARTY("NO") PARTY("NO")));
    g_assert_cmpint(mapping_test_run(same, "<R><M><NO>1</NO></M></R>"), ==, HT_VERDICT_REJECT);
    assert_fault(same, 0, "key-not-unique");
    g_assert_cmpint(mapping_test_run(same, "<R><M/></R>"), ==, HT_VERDICT_OK);
    g_autoptr(MappingTest) apart = mapping_test_new(MAPPING(PARTY("NO MAN") PARTY("NO WOMAN")));
    g_assert_cmpint(mapping_test_run(apart, "<R><M><NO>1</NO><MAN>2</MAN><WOMAN>3</WOMAN></M></R>"), ==,
                    HT_VERDICT_OK);
    assert_events(apart, 2);
}

/* Every record is counted once: as an event, as unchanged, or as rejected, also when its faults come with what is unchanged. */
static void test_unchanged_is_counted(void)
{
    HtMapperOptions options = {ht_limits_default(), NULL, true, false, false};
    g_autoptr(MappingTest) test = mapping_test_new_with(
        MAPPING("<event type='person.corrected.v1' for-each='/ROWS/ROW'><id from='NO'/>"
                "<action is='correct' unchanged-when='same(A, B)'/></event>"
                "<event type='person.moved-in.v1' for-each='/ROWS/ROW' when='XM'><id from='NO'/>"
                "<element to='person.name' from='XM'/>"
                "<element to='person.birthDate' from='CSRQ' required='yes'/></event>"),
        &options);
    mapping_test_run(test,
                     "<ROWS><ROW><NO>1</NO><A>1</A><B>1</B></ROW><ROW><NO>2</NO><A>1</A><B>2</B></ROW>"
                     "<ROW><NO>3</NO><A>1</A><B>1</B><XM>测试甲</XM></ROW><ROW><NO>4</NO></ROW></ROWS>");
    g_assert_cmpuint(test->outcome.records, ==, 4);
    assert_events(test, 2);
    g_assert_cmpuint(test->outcome.unchanged, ==, 1);
    g_assert_cmpuint(test->outcome.rejected, ==, 1);
    mapping_test_run(test, "<ROWS><ROW><NO>2</NO><A>1</A><B>2</B></ROW></ROWS>");
    g_assert_cmpuint(test->outcome.unchanged, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping/key/type-and-ids", test_key);
    g_test_add_func("/mapping/key/reverses-tries-its-paths", test_reverses);
    g_test_add_func("/mapping/key/none-for-a-payload-with-rejected-records",
                    test_key_of_a_payload_with_rejected_records);
    g_test_add_func("/mapping/key/message-id-is-none", test_message_id_is_no_key);
    g_test_add_func("/mapping/key/two-of-one-record-must-differ", test_same_key);
    g_test_add_func("/mapping/unchanged/each-record-is-counted-once", test_unchanged_is_counted);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
