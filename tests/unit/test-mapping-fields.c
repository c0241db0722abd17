/* `<fields>`: values in HL7's form, whichever of its encodings a sender has chosen, are the same fields, in the record and around it;
 * what is no field is not looked at; and what an adapter's filter makes of an element stands in the record. */
#include "tests/lib/mapping-test.h"

#define RECORD(content)                                                                              \
    "<event type='person.moved-in.v1' for-each='/M'><element to='person.name' from='name'/>" content \
    "<ignore from='ignored'/></event>"
#define FIELDS(content) \
    "<fields for='/M' form='hl7'><field name='name' from='a/patient/name'/>" content "</fields>"
#define MESSAGE(content) \
    "<M x='1'>text<a typeCode='SBJ'><patient classCode='PAT'>" content "</patient></a><b>0</b></M>"
#define LEFT(name, value) "{\"name\":\"" name "\",\"value\":\"" value "\"}"

/* Every `content` becomes an event with `part`, and with these unmapped fields; NULL: with none. */
typedef struct {
    const char *content, *part, *unmapped;
} Case;

static void check(const char *mapping, const Case *cases, unsigned count)
{
    g_autoptr(MappingTest) test = mapping_test_new(mapping);
    for (unsigned i = 0; i < count; i++) {
        g_test_message("case %u", i + 1);
        g_assert_cmpint(mapping_test_run(test, cases[i].content), ==, HT_VERDICT_OK);
        assert_events(test, 1);
        assert_has(test, 0, cases[i].part);
        g_autofree char *left =
            cases[i].unmapped ? g_strdup_printf("\"unmapped\":[%s]", cases[i].unmapped) : NULL;
        if (left) {
            assert_has(test, 0, left);
        } else {
            assert_lacks(test, 0, "\"unmapped\"");
        }
    }
}

/* ---- Values ---- */

static void test_texts(void)
{
    static const Case cases[] = {
        {MESSAGE("<name>测试甲</name>"), "\"name\":\"测试甲\"", NULL},
        {MESSAGE("<name use='L'>\n <family>测</family>\n <given>试</given><given>甲</given> </name>"),
         "\"name\":\"测试甲\"", NULL},
        {MESSAGE("<name><item><part type='FAM' value='测试'/>\n<part value='甲'/></item></name>"),
         "\"name\":\"测试甲\"", NULL},
        {MESSAGE("<name value='测试甲'/>"), "\"name\":\"测试甲\"", NULL},
        {MESSAGE("<name>测<other>no</other>试甲</name><other>no</other>"), "\"name\":\"测试甲\"", NULL},
        {MESSAGE("<name><item><part value='测试甲'/></item><item><part value='测试乙'/></item></name>"),
         "\"name\":\"测试甲\"", LEFT("name", "测试乙")},
        {MESSAGE("<name nullFlavor='UNK'/><name>测试甲</name>"), "\"name\":\"测试甲\"", NULL},
        {MESSAGE("<name>Li &#32; Si</name>"), "\"name\":\"Li Si\"", LEFT("name", "Li   Si")},
    };
    check(MAPPING(FIELDS("") RECORD("")), cases, G_N_ELEMENTS(cases));
}

static void test_other_values(void)
{
    static const Case cases[] = {
        {MESSAGE("<tel use='H' value='tel:020-00000000'/>"), "\"phone\":\"020-00000000\"", NULL},
        {MESSAGE("<tel><item value='TEL:020-00000000'/><item value='mailto:a@b'/></tel>"),
         "\"phone\":\"020-00000000\"", LEFT("phone", "mailto:a@b")},
        {MESSAGE("<sex code='1' codeSystem='2.16' displayName='男'/>"), "\"sex\":\"1\"", NULL},
        {MESSAGE("<sex><item code='1'><displayName value='女'/></item></sex>"), "\"sex\":\"1\"", NULL},
        {MESSAGE("<sex code='' displayName='男'/>"), "\"sex\":\"1\"", LEFT("sex", "男")},
        {MESSAGE("<at value='200903121530'/>"), "\"birthDate\":\"2009-03-12\"", NULL},
        {MESSAGE("<at><low value='20090312'/><high value='20090313'/></at>"), "\"birthDate\":\"2009-03-12\"",
         NULL},
        {MESSAGE("<at><any value='20090312'/></at>"), "\"birthDate\":\"2009-03-12\"", NULL},
    };
    check(MAPPING(FIELDS("<field name='phone' from='a/patient/tel'/><field name='sex' from='a/patient/sex'/>"
                         "<field name='birth' from='a/patient/at'/>")
                      RECORD("<element to='person.phone' from='phone'/>"
                             "<element to='person.sex' from='sex' translate='sex.words'/>"
                             "<element to='person.birthDate' from='birth'/>")),
          cases, G_N_ELEMENTS(cases));
}

/* Numbers of one path are told apart by whose they are; what nobody is, is whoever's the rest is. */
static void test_numberings(void)
{
    static const Case cases[] = {
        {MESSAGE("<id root=' @1.3' extension='@990104198001019915'/>"), "\"idNumber\":\"990104198001019915\"",
         NULL},
        {MESSAGE(
             "<id><item root='1.9' extension='7'/><item root='1.4' extension='990104198001019915'/></id>"),
         "\"idNumber\":\"990104198001019915\"", LEFT("other/@root", "1.9") "," LEFT("other", "7")},
        {MESSAGE("<id root='1.2' extension='44010400100300019'/><id root='1.3'/>"),
         "\"division\":\"440104001003\"", LEFT("record", "44010400100300019")},
        {MESSAGE("<id root='1.2' extension='440104'/>"), "\"division\":\"440104\"", LEFT("record", "440104")},
        {MESSAGE("<id root='1.3' extension='990104198001019915'/><p code='1' codeSystem='3.7'/>"),
         "\"idNumber\":\"990104198001019915\"", LEFT("kind", "1")},
    };
    check(MAPPING(FIELDS("<field name='number' from='a/patient/id' of='1.3 1.4'/>"
                         "<field name='record' from='a/patient/id' of='1.2'/>"
                         "<field name='division' from='a/patient/id' of='1.2' digits='17' places='1-12'/>"
                         "<field name='ignored' from='a/patient/id' of='1.2'/>"
                         "<field name='other' from='a/patient/id' with='root'/>"
                         "<field name='kind' from='a/patient/p' of='3.7'/>")
                      RECORD("<division from='division'/><element to='person.idNumber' from='number'/>")),
          cases, G_N_ELEMENTS(cases));
}

/* A part of a value, by its places and without what stands before it. */
static void test_cuts(void)
{
    static const Case cases[] = {
        {MESSAGE("<at value='20090312083000'/>"), "\"birthDate\":\"2009-03-12\",\"birthTime\":\"08:30:00\"",
         NULL},
        {MESSAGE("<at value='200903120830+0800'/>"), "\"birthTime\":\"08:30:00\"", NULL},
        {MESSAGE("<at value='20090312'/>"), "\"birthDate\":\"2009-03-12\"}", NULL},
        {MESSAGE("<id root='SD' extension='ID990104198001019915'/>"), "\"idNumber\":\"990104198001019915\"",
         NULL},
        {MESSAGE("<id root='SD' extension='990104198001019915'/>"), "\"idNumber\":\"990104198001019915\"",
         NULL},
    };
    check(
        MAPPING(
            FIELDS("<field name='day' from='a/patient/at'/>"
                   "<field name='clock' from='a/patient/at' digits='12-13' places='9-12'/>"
                   "<field name='clock' from='a/patient/at' digits='14-' places='9-14'/>"
                   "<field name='number' from='a/patient/id' of='SD' without='ID'/>")
                RECORD(
                    "<element to='person.birthDate' from='day'/><element to='person.birthTime' from='clock'/>"
                    "<element to='person.idNumber' from='number'/>")),
        cases, G_N_ELEMENTS(cases));
}

/* An element that is one value: it is a field under another name. */
static void test_part_that_is_a_field(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<fields for='/M' in='DE.1' form='hl7'><field name='name' from='.'/></fields>" RECORD("")));
    static const char *const parts[] = {
        "<DE.1>测试甲</DE.1>", "<DE.1 value='测试甲'/>",
        "<DE.1><item><part value='测试'/><part value='甲'/></item><x>no</x></DE.1>",
        "<DE.1/><p:DE.1 xmlns:p='urn:x' y='1'>测试甲</p:DE.1>"};
    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *message = g_strdup_printf("<M>%s<DE.1>测试乙</DE.1></M>", parts[i]);
        mapping_test_run(test, message);
        assert_has(test, 0, "\"name\":\"测试甲\"");
        assert_has(test, 0, "\"unmapped\":[" LEFT("name", "测试乙") "]");
    }
}

/* Only one element of the record is in the form: all else is read as always. */
static void test_part_of_a_record(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<fields for='/M' in='hl7/person' form='hl7'><field name='name' from='name'/>"
                "<field name='nobodys' from='x'/></fields>" RECORD("<element to='person.sex' from='sex'/>")));
    mapping_test_run(
        test, "<M y='2'><sex>1</sex><hl7 z='3'><person w='4'><name><item><part value='测试甲'/></item></name>"
              "<x code='5'/><v>6</v></person></hl7><name>测试乙</name></M>");
    assert_has(test, 0, "\"name\":\"测试甲\",\"sex\":\"1\"");
    assert_has(test, 0,
               "\"unmapped\":[" LEFT("@y", "2") "," LEFT("hl7/@z", "3") "," LEFT("nobodys", "5") "," LEFT(
                   "name", "测试乙") "]");
}

/* The line, else the parts in a row; what is joined is carried by that. */
static void test_joins(void)
{
    static const Case cases[] = {
        {MESSAGE("<addr><state>广东省</state> <city>广州市</city><no>1号</no></addr>"),
         "\"text\":\"广东省广州市1号\"", NULL},
        {MESSAGE(
             "<addr><item><part type='CTY' value='广州市'/><part type='STA' value='广东省'/></item></addr>"),
         "\"text\":\"广东省广州市\"", NULL},
        {MESSAGE("<addr><city>广州市</city><line>测试路1号</line></addr>"), "\"text\":\"测试路1号\"",
         LEFT("region", "广州市")},
        {MESSAGE("<addr><line>测试路1号</line></addr><addr><city>广州市</city></addr>"),
         "\"text\":\"测试路1号\"", LEFT("region", "广州市")},
        {MESSAGE(
             "<addr><item><part type='ZIP' value='510000'/><part type='CTY' value='广州市'/></item></addr>"),
         "\"text\":\"广州市\"", NULL},
    };
    check(
        MAPPING(FIELDS(
            "<field name='line' from='a/patient/addr/line'/>"
            "<field name='state' from='a/patient/addr/state'/><field name='city' from='a/patient/addr/city'/>"
            "<field name='no' from='a/patient/addr/no'/><field name='address' from='a/patient/addr/line'/>"
            "<join name='address' at='a/patient/addr' of='state city no'/>"
            "<join name='region' at='a/patient/addr' of='state city no'/>")
                    RECORD("<element to='registered.text' from='address'/><ignore from='line'/>")),
        cases, G_N_ELEMENTS(cases));
}

/* Attributes, a field of several paths, the record's own name, and one record of several roots. */
static void test_paths(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<fields for='/A /B' form='hl7' named='kind'><field name='name' from='x/n y/n'/>"
                "<field name='sex' from='x/@s'/></fields>"
                "<event type='person.moved-in.v1' for-each='/A /B' when=\"kind='B'\">"
                "<element to='person.name' from='name'/><element to='person.sex' from='sex'/></event>"
                "<event type='person.moved-out.v1' for-each='/A /B' when=\"kind='A'\">"
                "<element to='person.name' from='name'/><ignore from='kind'/></event>"));
    mapping_test_run(test, "<B><y><n>测试甲</n></y><x s='1' t='2'/></B>");
    assert_has(test, 0, "moved-in");
    assert_has(test, 0, "\"name\":\"测试甲\",\"sex\":\"1\"");
    assert_has(test, 0, "\"unmapped\":[" LEFT("kind", "B") "]");
    g_autoptr(MappingTest) same = mapping_test_new(MAPPING(
        "<fields for='/A' form='hl7'><field name='x' from='x' of='1.2'/><field name='y' from='y'/></fields>"
        "<event type='person.moved-in.v1' for-each='/A'>"
        "<element to='person.name' from='x'/><element to='person.phone' from='y'/></event>"));
    mapping_test_run(same, "<A><x><item root='1.1' extension='1'/><item root='1.2' extension='@测试甲'/></x>"
                           "<y value='tel:2'/></A>");
    assert_has(same, 0, "\"name\":\"测试甲\",\"phone\":\"2\"");
    assert_lacks(same, 0, "unmapped");
    mapping_test_run(test, "<A><x><n>测试甲</n><n/></x><z><n>no</n></z></A>");
    assert_has(test, 0, "moved-out");
    assert_lacks(test, 0, "unmapped");
}

/* ---- Around the record ---- */

#define AROUND(content) "<R><S>" content "</S></R>"
#define PERSON "\"name\":\"测试甲\",\"idNumber\":\"990104198001019915\",\"sex\":\"1\""
#define WHO "<who><item><part value='测试'/><part value='甲'/></item></who>"
#define HEAD \
    "<head sex=' 1 '><id root='1.3' extension='@990104198001019915'/><id root='1.9' extension='7'/></head>"
#define RECORDS_AROUND                                                                                     \
    "<fields for='/R/S/D' form='hl7'><field name='name' from='own /R/S/who'/>"                             \
    "<field name='number' from='/R/S/head/id' of='1.3'/><field name='other' from='/R/S/head/id'/>"         \
    "<field name='day' from='/R/S/at' digits='8-' places='1-8'/><field name='sex' from='/R/S/head/@sex'/>" \
    "<field name='ignored' from='/R/S/note'/><field name='nobodys' from='/R/S/spare'/></fields>"           \
    "<event type='person.moved-in.v1' for-each='/R/S/D'><element to='person.name' from='name'/>"           \
    "<element to='person.idNumber' from='number'/><element to='person.sex' from='sex'/>"                   \
    "<element to='person.birthDate' from='day'/><element to='person.phone' from='phone'/>"                 \
    "<ignore from='ignored'/></event>"

/* Before the record or behind it, in whichever encoding and namespace; said once it is every record's. */
static void test_around(void)
{
    static const Case cases[] = {
        {AROUND(WHO HEAD "<D/>"), PERSON, LEFT("other", "7")},
        {AROUND("<D/>" HEAD WHO), PERSON, LEFT("other", "7")},
        {AROUND("<p:who xmlns:p='urn:x'>测试甲</p:who><q:D xmlns:q='urn:y'/>"), "\"name\":\"测试甲\"", NULL},
        {AROUND("<who value='测试甲'>\n</who><D/><note>0</note>"), "\"name\":\"测试甲\"", NULL},
        {AROUND("<who>测试甲</who><who>测试乙</who><D/>"), "\"name\":\"测试甲\"", LEFT("/R/S/who", "测试乙")},
        {AROUND("<who/><who> </who><who nullFlavor='UNK'/><D/><who>测试甲</who>"), "\"name\":\"测试甲\"",
         NULL},
        {AROUND("<who>测试乙</who><D><own>测试甲</own><who>no</who></D>"), "\"name\":\"测试甲\"",
         LEFT("name", "测试乙")},
        {AROUND("<who>测试甲</who><at value='20090312083000'/><D/>"), "\"birthDate\":\"2009-03-12\"", NULL},
        {AROUND("<who>测试甲</who><at value='2009'/><D/>"), "\"name\":\"测试甲\"}", NULL},
        {AROUND("<who>测试甲</who><spare>5</spare><D/>"), "\"name\":\"测试甲\"", LEFT("nobodys", "5")},
        {AROUND("<D><own>测试甲</own><x><who>no</who></x></D>"), "\"name\":\"测试甲\"", NULL},
        {AROUND("<D><own>测试甲</own></D><x><who>测试乙</who></x>"), "\"name\":\"测试甲\"",
         LEFT("/R/S/x/who", "测试乙")},
        {AROUND("<who>测试\xe2\x80\x8b甲</who><D/>"),
         "\"mark\":\"invisible-removed\",\"element\":\"person.name\"", NULL},
    };
    check(MAPPING(RECORDS_AROUND), cases, G_N_ELEMENTS(cases));
}

/* What is around some records is not around others. */
static void test_around_is_not_elsewhere(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(RECORDS_AROUND));
    g_assert_cmpint(mapping_test_run(test, "<R><S><D/><D><own>测试丙</own></D>" WHO "</S>"
                                           "<S><D><own>测试乙</own></D></S></R>"),
                    ==, HT_VERDICT_OK);
    assert_events(test, 3);
    assert_has(test, 0, "\"name\":\"测试甲\"");
    assert_has(test, 1, "\"name\":\"测试丙\"");
    assert_has(test, 1, LEFT("name", "测试甲"));
    assert_has(test, 2, "\"name\":\"测试乙\"");
    assert_lacks(test, 2, "unmapped");
    mapping_test_run(test, AROUND("<D><own>测试乙</own></D>"));
    assert_events(test, 1);
    assert_lacks(test, 0, "unmapped");
}

/* It decides like any other field; and a record that waits for something else besides has it once. */
static void test_around_decides(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<fields for='/S/D' form='hl7'><field name='name' from='n /S/who'/><field name='kind' from='/S/kind'/></fields>"
        "<event type='person.moved-in.v1' for-each='/S/D' when=\"kind='1'\">"
        "<element to='person.name' from='name'/><element to='person.phone' from='/S/tel'/><ignore from='kind'/></event>"
        "<event type='person.moved-out.v1' for-each='/S/D' when=\"kind='2'\">"
        "<element to='person.name' from='name'/><ignore from='kind'/></event>"));
    g_assert_cmpint(
        mapping_test_run(test, "<S><who>测试乙</who><kind>1</kind><D><n>测试甲</n></D><tel>2</tel></S>"), ==,
        HT_VERDICT_OK);
    assert_events(test, 1);
    assert_has(test, 0, "moved-in");
    assert_has(test, 0, "\"name\":\"测试甲\",\"phone\":\"2\"");
    assert_has(test, 0, "\"unmapped\":[" LEFT("name", "测试乙") "]");
    mapping_test_run(test, "<S><D><n>测试甲</n></D><kind code='2'/></S>");
    assert_has(test, 0, "moved-out");
    mapping_test_run(test, "<S><D><n>测试甲</n></D></S>");
    assert_fault(test, 0, "no-event-for-record");
}

/* A message whose fields are declared is there for its records: without them it is not taken in silence. */
static void test_no_record(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<fields for='/S' form='hl7'><pass from='x' to='part'/></fields>"
        "<fields for='/S/D' form='hl7'><field name='name' from='n'/></fields>"
        "<event type='person.moved-in.v1' for-each='/S/D'><element to='person.name' from='name'/></event>"
        "<event type='person.moved-in.v1' for-each='/T/D'><element to='person.name' from='name'/></event>"));
    static const char *const payloads[] = {"<S/>", "<S><E/>text</S>", "<S><e><D><n>测试甲</n></D></e></S>"};
    for (unsigned i = 0; i < G_N_ELEMENTS(payloads); i++) {
        g_assert_cmpint(mapping_test_run(test, payloads[i]), ==, HT_VERDICT_REJECT);
        assert_fault(test, 0, "record-missing");
    }
    g_assert_cmpint(mapping_test_run(test, "<S><y z='1'/><D><n>测试甲</n></D></S>"), ==, HT_VERDICT_OK);
    assert_events(test, 1);
    assert_lacks(test, 0, "unmapped");
    g_assert_cmpint(mapping_test_run(test, "<T/>"), ==, HT_VERDICT_OK);
}

/* What events read is a field, or a filter's: an element of the record that is called so, or like a part that a filter gives, is neither. */
static void test_namesakes(void)
{
    static const Case cases[] = {
        {MESSAGE("<name>测试甲</name><phone>1</phone>"), "\"person\":{\"name\":\"测试甲\"}", NULL},
        {"<M><phone>1</phone><name>测试乙</name><sex>1</sex><g><no>1</no></g>"
         "<a><patient><name>测试甲</name><tel value='2'/></patient></a></M>",
         "\"person\":{\"name\":\"测试甲\",\"phone\":\"2\"}", NULL},
        {"<M><hl7 s='1'>2<n>测试乙</n><item><n>测试乙</n></item></hl7><a><patient><hl7><n>测试乙</n></hl7>"
         "<name>测试甲</name></patient></a></M>",
         "\"person\":{\"name\":\"测试甲\"}", NULL},
    };
    check(MAPPING(FIELDS("<field name='phone' from='a/patient/tel'/>") RECORD(
              "<element to='person.phone' from='phone'/><element to='person.sex' from='sex'/>"
              "<each path='g' group='guardian'><element to='guardian.idNumber' from='no'/></each>")),
          cases, G_N_ELEMENTS(cases));
}

/* ---- Filters ---- */

static void start_part(void *user, HtMapper *mapper, const char *name, const char *const *attributes)
{
    *(unsigned *)user += 1;
    if (attributes[0]) {
        ht_mapper_emit_start(mapper, "phone", NULL);
        ht_mapper_emit_text(mapper, attributes[1], strlen(attributes[1]));
        ht_mapper_emit_end(mapper, "phone");
    } else if (strcmp(name, "open") == 0) {
        ht_mapper_emit_start(mapper, "left", NULL);
    }
}

static void text_part(void *user, HtMapper *mapper, const char *text, size_t size)
{
    (void)user, (void)mapper, (void)text, (void)size;
}

static void end_part(void *user, HtMapper *mapper, const char *name)
{
    (void)user, (void)mapper, (void)name;
}

static void test_pass(void)
{
    static const HtFilter filter = {start_part, text_part, end_part};
    const char *mapping = MAPPING(FIELDS("<pass from='a/patient/p' to='part'/>")
                                      RECORD("<element to='person.phone' from='phone'/>"));
    g_autoptr(MappingTest) test = mapping_test_new(mapping);
    g_assert_cmpint(mapping_test_run(test, MESSAGE("<p/>")), ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "filter-missing");
    unsigned seen = 0;
    ht_mapper_add_filter(test->mapper, "part", &filter, &seen);
    g_assert_cmpint(
        mapping_test_run(test, MESSAGE("<p v='1'><p v='2'/><q><name>no</name></q></p><name>测试甲</name>")),
        ==, HT_VERDICT_OK);
    g_assert_cmpuint(seen, ==, 4);
    assert_has(test, 0, "\"name\":\"测试甲\"");
    assert_has(test, 0, "\"phone\":\"1\"");
    assert_has(test, 0, "\"unmapped\":[" LEFT("phone", "2") "]");
    g_assert_cmpint(mapping_test_run(test, MESSAGE("<p><open/></p>")), ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "filter-unbalanced");
    g_assert_cmpint(mapping_test_run(test, MESSAGE("<name>测试甲</name><p/>")), ==, HT_VERDICT_OK);
}

static void emit_name(HtMapper *mapper, const char *name)
{
    const char *const attributes[] = {"value", name, NULL};
    ht_mapper_emit_start(mapper, "hl7", NULL);
    ht_mapper_emit_start(mapper, "n", NULL);
    ht_mapper_emit_start(mapper, "item", NULL);
    ht_mapper_emit_start(mapper, "part", attributes);
    ht_mapper_emit_end(mapper, "part");
    ht_mapper_emit_end(mapper, "item");
    ht_mapper_emit_end(mapper, "n");
    ht_mapper_emit_end(mapper, "hl7");
}

static void start_record(void *user, HtMapper *mapper, const char *name, const char *const *attributes)
{
    (void)attributes;
    *(unsigned *)user += 1;
    if (strcmp(name, "M") == 0) {
        emit_name(mapper, "测试甲");
    } else if (strcmp(name, "odd") == 0) {
        ht_mapper_emit_fault(mapper, HT_VERDICT_REJECT, "odd", "refused");
    }
}

/* A filter gets the record whole, and what it gives of it is in the form; its attributes may be fields all the same. */
static void test_pass_of_record(void)
{
    static const HtFilter filter = {start_record, text_part, end_part};
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<fields for='/L/M' form='hl7'><field name='phone' from='@tel'/><field name='sex' from='/L/sex'/>"
        "<field name='never' from='n'/><pass from='.' to='part'/></fields>"
        "<fields for='/L/M' in='hl7' form='hl7'><field name='name' from='n'/></fields>"
        "<event type='person.moved-in.v1' for-each='/L/M'><element to='person.name' from='name'/>"
        "<element to='person.phone' from='phone'/><element to='person.sex' from='sex'/></event>"));
    unsigned seen = 0;
    ht_mapper_add_filter(test->mapper, "part", &filter, &seen);
    g_assert_cmpint(
        mapping_test_run(
            test, "<L><M tel='1' x='3'>text<n>测试乙</n><hl7><n>测试丙</n></hl7></M><M/><sex>1</sex></L>"),
        ==, HT_VERDICT_OK);
    g_assert_cmpuint(seen, ==, 5);
    assert_events(test, 2);
    assert_has(test, 0, "\"name\":\"测试甲\",\"phone\":\"1\",\"sex\":\"1\"");
    assert_has(test, 1, "\"name\":\"测试甲\",\"sex\":\"1\"}");
    assert_lacks(test, 0, "unmapped");
    g_assert_cmpint(mapping_test_run(test, "<L><sex>1</sex><M/><M><odd/></M></L>"), ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "odd");
    assert_events(test, 0);
    g_assert_cmpuint(test->outcome.records, ==, 1); /* the other one was not read to its end */
    g_assert_cmpint(mapping_test_run(test, "<L><M/></L>"), ==, HT_VERDICT_OK);
    assert_events(test, 1);
}

/* ---- Outside of records ---- */

static void count_start(void *user, HtMapper *mapper, const char *name, const char *const *attributes)
{
    (void)mapper, (void)name, (void)attributes;
    *(int *)user += 1;
}

static void count_end(void *user, HtMapper *mapper, const char *name)
{
    (void)mapper, (void)name;
    *(int *)user -= 1;
}

/* Of what is refused a filter still gets its part, whole; a document in a string of that is nobody else's. */
static void test_pass_of_refused(void)
{
    static const HtFilter filter = {count_start, text_part, count_end};
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<refuse for='/Q /R' code='query-not-answered'/><fields for='/Q /R' form='hl7'>"
                "<pass from='p' to='part'/></fields>" FIELDS("") RECORD("")));
    int open = 0;
    ht_mapper_add_filter(test->mapper, "part", &filter, &open);
    mapping_test_run(
        test,
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><R><p><q><s>&lt;M>&lt;b/>&lt;/M>"
        "</s></q></p><v/></R></e:Body></e:Envelope>");
    assert_fault(test, 0, "query-not-answered");
    g_assert_cmpint(open, ==, 0);
    assert_events(test, 0);
}

/* ---- What is wrong ---- */

#define AROUND_FIELD(content)                                                                             \
    "<fields for='/O/N' form='hl7'>" content "</fields><event type='person.moved-in.v1' for-each='/O/N'>" \
    "<element to='person.name' from='a'/></event>"

static void expect(const char *content, const char *error)
{
    g_autofree char *text = g_strdup_printf(MAPPING("%s" RECORD("")), content);
    g_autofree char *found = NULL;
    g_autoptr(HtMapping) mapping = mapping_test_compile(text, &found);
    g_assert_null(mapping);
    if (!strstr(found, error)) {
        g_error("%s: %s", content, found);
    }
}

static void test_errors(void)
{
    expect("<fields for='M' form='hl7'><field name='a' from='b'/></fields>",
           "for=\"M\" must be the absolute");
    expect("<fields for='/M/@a' form='hl7'><field name='a' from='b'/></fields>", "must be the absolute path");
    expect(FIELDS("") FIELDS(""), "each in one <fields>");
    expect("<fields for='/N' form='hl7'><field name='a' from='b'/></fields>",
           "no <event> has for-each=\"/N\"");
    expect("<fields for='/M' form='hl8'><field name='a' from='b'/></fields>", "attributes");
    expect("<fields for='/M'><field name='a' from='b'/></fields>", "<fields> lacks form=");
    expect("<fields for='/M' form='hl7'/>", "Expecting");
    expect("<fields for='/M' in='/b' form='hl7'><field name='a' from='b'/></fields>",
           "below the record are meant");
    expect("<fields for='/M' in='@b' form='hl7'><field name='a' from='b'/></fields>",
           "or in=\"…\" an element in it");
    expect(FIELDS("<field name='a' from='/b'/>"), "must lie around \"/M\"");
    expect(FIELDS("<field name='a' from='/M'/>"), "must lie around \"/M\"");
    expect(FIELDS("<field name='a' from='/M/b'/>"), "must lie around \"/M\"");
    expect(FIELDS("<field name='a' from='/M/@b'/>"), "must lie around \"/M\"");
    expect(FIELDS("<field name='a' from='/MM/b'/>"), "must lie around \"/M\"");
    expect(AROUND_FIELD("<field name='a' from='/O/b' with='root'/>"), "with=");
    expect(AROUND_FIELD("<field name='a' from='/O/@b' of='1.2'/>"), "an attribute has no form");
    expect(AROUND_FIELD("<field name='a' from='/O//b'/>"), "a step is empty");
    expect(AROUND_FIELD("<field name='b' from='b'/><join name='a' at='/O/b' of='b'/>"),
           "elements below the record are meant");
    expect(FIELDS("<field name='a' from='.'/>"), "elements below the record are meant");
    expect(FIELDS("<field name='/a' from='b'/>"), "cannot be a field's name");
    expect(FIELDS("<field name='a' from='b//c'/>"), "a step is empty");
    expect(FIELDS("<field name='a' from='b' digits='12-3'/>"), "digits=\"12-3\" is no range");
    expect(FIELDS("<field name='a' from='b' places='x'/>"), "Invalid attribute places");
    expect(FIELDS("<field name='a' from='b/@c' of='1.2'/>"), "an attribute has no form");
    expect(FIELDS("<join name='a' at='b' of='c'/>"), "there is no field \"c\" above");
    expect(FIELDS("<pass from='/b' to='c'/>"), "elements below the record are meant");
    expect(FIELDS("<pass from='b/@c' to='c'/>"), "an attribute is passed to no filter");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping/fields/texts-in-both-encodings", test_texts);
    g_test_add_func("/mapping/fields/codes-times-and-telephones", test_other_values);
    g_test_add_func("/mapping/fields/numberings-tell-numbers-apart", test_numberings);
    g_test_add_func("/mapping/fields/a-part-of-a-value", test_cuts);
    g_test_add_func("/mapping/fields/a-part-of-a-record", test_part_of_a_record);
    g_test_add_func("/mapping/fields/a-part-that-is-a-field", test_part_that_is_a_field);
    g_test_add_func("/mapping/fields/parts-are-joined-once", test_joins);
    g_test_add_func("/mapping/fields/several-paths-and-the-records-name", test_paths);
    g_test_add_func("/mapping/fields/what-is-around-counts-for-each-record", test_around);
    g_test_add_func("/mapping/fields/what-is-around-is-not-elsewhere", test_around_is_not_elsewhere);
    g_test_add_func("/mapping/fields/what-is-around-decides", test_around_decides);
    g_test_add_func("/mapping/fields/a-message-without-records-is-refused", test_no_record);
    g_test_add_func("/mapping/fields/a-namesake-is-no-field", test_namesakes);
    g_test_add_func("/mapping/fields/a-filter-gets-what-is-passed", test_pass);
    g_test_add_func("/mapping/fields/a-filter-gets-the-record-itself", test_pass_of_record);
    g_test_add_func("/mapping/fields/a-filter-gets-what-is-refused", test_pass_of_refused);
    g_test_add_func("/mapping/fields/errors-are-told", test_errors);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
