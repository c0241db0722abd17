/* core/base: fields, identifiers, JSON, events and outcomes, and that nothing hostile is let in. */
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/disk-write.h"
#include "core/base/forms.h"
#include "core/base/json.h"
#include "core/base/outcome.h"
#include "core/base/xml.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

static void test_fields_come_back(void)
{
    HtBuffer buffer = {0};
    ht_pack_text(&buffer, 1, HT_TEXT_LITERAL("one"));
    size_t place = ht_pack_begin(&buffer, 2);
    ht_buffer_add_literal(&buffer, "two");
    ht_pack_end(&buffer, place);
    ht_pack_u64(&buffer, 3, UINT64_C(0x0102030405060708));
    HtUnpack unpack = ht_unpack(buffer.data, buffer.size);
    uint8_t tag;
    HtText value;
    uint64_t number = 0;
    g_assert_true(ht_unpack_next(&unpack, &tag, &value) && tag == 1 && ht_text_is(value, "one"));
    g_assert_true(ht_unpack_next(&unpack, &tag, &value) && tag == 2 && ht_text_is(value, "two"));
    g_assert_true(ht_unpack_next(&unpack, &tag, &value) && tag == 3 && ht_unpack_u64(value, &number));
    g_assert_cmpuint(number, ==, UINT64_C(0x0102030405060708));
    g_assert_false(ht_unpack_next(&unpack, &tag, &value));
    g_assert_false(unpack.broken);
    ht_buffer_clear(&buffer);
}

static void test_cut_fields_are_broken(void)
{
    HtBuffer buffer = {0};
    ht_pack_text(&buffer, 1, HT_TEXT_LITERAL("one"));
    for (size_t size = 1; size < buffer.size; size++) {
        HtUnpack unpack = ht_unpack(buffer.data, size);
        uint8_t tag;
        HtText value;
        g_assert_false(ht_unpack_next(&unpack, &tag, &value));
        g_assert_true(unpack.broken);
    }
    ht_buffer_clear(&buffer);
}

static void test_uuids_sort_by_time_and_read_back(void)
{
    HtUuid last = ht_uuid_new();
    for (int i = 0; i < 10000; i++) {
        HtUuid next = ht_uuid_new(), again;
        char text[HT_UUID_TEXT];
        g_assert_cmpint(memcmp(last.bytes, next.bytes, 8), <, 0);
        ht_uuid_format(&next, text);
        g_assert_true(text[14] == '7' && ht_uuid_parse(ht_text_from(text), &again));
        g_assert_cmpmem(next.bytes, 16, again.bytes, 16);
        last = next;
    }
    HtUuid uuid;
    g_assert_false(ht_uuid_parse(HT_TEXT_LITERAL("0192-not-a-uuid"), &uuid));
}

static void test_digests_are_those_of_the_standards(void)
{
    char hex[HT_SHA256_HEX];
    uint8_t digest[HT_SHA256], other[HT_SHA256];
    ht_sha256_hex(HT_TEXT_LITERAL("abc"), hex); /* FIPS 180-4 */
    g_assert_cmpstr(hex, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ht_sha256_hex(HT_TEXT_NONE, hex);
    g_assert_cmpstr(hex, ==, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    HtText parts[] = {HT_TEXT_LITERAL("what do ya want "), HT_TEXT_NONE, HT_TEXT_LITERAL("for nothing?")};
    ht_hmac_sha256(HT_TEXT_LITERAL("Jefe"), parts, G_N_ELEMENTS(parts), digest); /* RFC 4231, case 2 */
    ht_hex_write(digest, sizeof digest, hex);
    g_assert_cmpstr(hex, ==, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memcpy(other, digest, sizeof digest);
    g_assert_true(ht_sha256_equal(digest, other));
    other[HT_SHA256 - 1] ^= 1;
    g_assert_false(ht_sha256_equal(digest, other));
}

static void test_hexadecimal_is_read(void)
{
    static const char *const bad[] = {
        "", "0", "00", "000", "00ff0", "00ff0g", "0 ff00", "0x00ff", "\xef\xbc\x90\xef\xbc\x90"};
    uint8_t bytes[3], again[3] = {0x00, 0xff, 0xa5};
    g_assert_true(ht_hex_read("00fFa5behind", bytes, 3));
    g_assert_cmpmem(bytes, 3, again, 3);
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_false(ht_hex_read(bad[i], bytes, 3));
    }
    g_assert_true(ht_hex_read("", bytes, 0));
}

/* A control character in each place, within eight bytes and behind them. */
static void test_lines(void)
{
    static const char controls[] = {'\0', '\t', '\n', '\r', 0x1f, 0x7f};
    char text[] = "0123456789 é中abcdefg";
    const size_t size = sizeof text - 1;
    g_assert_true(ht_text_is_line((HtText){text, size}));
    g_assert_false(ht_text_is_line(HT_TEXT_NONE));
    for (size_t i = 0; i < size; i++) {
        for (unsigned c = 0; c < sizeof controls; c++) {
            char kept = text[i];
            text[i] = controls[c];
            g_assert_false(ht_text_is_line((HtText){text, size}));
            text[i] = kept;
        }
    }
}

/* A disk that is full, and a file that is none, say so. */
static void test_all_is_written(void)
{
    g_autofree char *folder = g_dir_make_tmp("disk-XXXXXX", NULL),
                    *path = g_build_filename(folder, "file", NULL);
    g_autofree char *bytes = g_strnfill(300000, 'x');
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
        full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    g_assert_true(ht_disk_write(file, bytes, 300000) && ht_disk_write(file, NULL, 0));
    g_assert_cmpint(lseek(file, 0, SEEK_CUR), ==, 300000);
    g_assert_true(full < 0 || (!ht_disk_write(full, bytes, 1) && errno == ENOSPC));
    g_assert_true(!ht_disk_write(-1, bytes, 1) && errno == EBADF);
    g_assert_true(ht_disk_sync_folder(folder));
    g_assert_true(!ht_disk_sync_folder(path) && errno == ENOTDIR);
    close(file);
    close(full);
    g_unlink(path);
    g_rmdir(folder);
    g_assert_true(!ht_disk_sync_folder(folder) && errno == ENOENT);
}

static void test_texts_are_always_xml(void)
{
    static const struct {
        const char *text, *xml;
    } cases[] = {
        {"", ""},
        {"plain \xe4\xba\x92\xe9\x80\x9a \xf0\xa0\x80\x80",
         "plain \xe4\xba\x92\xe9\x80\x9a \xf0\xa0\x80\x80"},
        {"<&>\"'", "&lt;&amp;&gt;&quot;&apos;"},
        {"a\x01"
         "b\x1b",
         "a?b?"},
        {"a\tb\nc\rd", "a\tb\nc&#13;d"},
        {"\xef\xbf\xbe|\xef\xbf\xbf|\xef\xbf\xbd|\xef\xbc\x81", "?|?|\xef\xbf\xbd|\xef\xbc\x81"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtBuffer body = {.data = NULL};
        ht_xml_add(&body, ht_text_from(cases[i].text));
        g_assert_true(ht_text_is(ht_buffer_text(&body), cases[i].xml));
        ht_buffer_clear(&body);
    }
}

static void test_time_is_written_at_chinas_offset(void)
{
    char text[HT_CLOCK_TEXT];
    ht_clock_format(INT64_C(1258732800123456), text);
    g_assert_cmpstr(text, ==, "2009-11-21T00:00:00.123+08:00");
}

static void test_strings_are_escaped(void)
{
    HtBuffer json = {0};
    ht_json_string(&json, (HtText){"a\"\\\n\x01/测\x7f", 10});
    ht_buffer_add_char(&json, '\0');
    g_assert_cmpstr(json.data, ==, "\"a\\\"\\\\\\n\\u0001/测\\u007f\"");
    ht_buffer_clear(&json);
}

/* ---- Events ---- */

static void add(HtBuffer *data, HtItemKind kind, const char *name, const char *value, HtItem more)
{
    more.kind = kind;
    more.name = ht_text_from(name);
    more.value = ht_text_from(value);
    ht_item_pack(data, &more);
}

static void fill_data(HtBuffer *data)
{
    add(data, HT_ITEM_ELEMENT, "death.age", "58", (HtItem){.form = HT_VALUE_NUMBER});
    add(data, HT_ITEM_ELEMENT, "guardian.name", "测试甲", (HtItem){.repeats = true});
    add(data, HT_ITEM_ELEMENT, "guardian.relation", "51", (HtItem){.repeats = true});
    add(data, HT_ITEM_ELEMENT, "guardian.name", "测试乙", (HtItem){.repeats = true, .instance = 1});
    add(data, HT_ITEM_ELEMENT, "person.name", "测试丙", (HtItem){0});
    HtItem original = {
        .kind = HT_ITEM_ELEMENT, .name = HT_TEXT_LITERAL("person.sex"), .form = HT_VALUE_ORIGINAL};
    original.value = (HtText){"7\0男的\0hukou", 14};
    ht_item_pack(data, &original);
    add(data, HT_ITEM_ELEMENT, "person.maritalStatus", "20", (HtItem){.reported = true});
    add(data, HT_ITEM_QUALITY, "person.sex", "code-unmapped", (HtItem){0});
    add(data, HT_ITEM_QUALITY, "", "repaired-xml", (HtItem){0});
    add(data, HT_ITEM_UNMAPPED, "PXH", "3", (HtItem){0});
}

static HtEvent example(HtBuffer *data)
{
    HtEvent event = {.key = HT_TEXT_LITERAL("person.died.v1|assert|900000001"), .identity_count = 2};
    event.attr[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.died.v1");
    event.attr[HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert");
    event.attr[HT_ATTR_DIVISION] = HT_TEXT_LITERAL("440104001003");
    event.attr[HT_ATTR_SOURCE] = HT_TEXT_LITERAL("hukou");
    event.attr[HT_ATTR_MINOR] = HT_TEXT_LITERAL("1");
    event.identities[0] =
        (HtIdentity){HT_TEXT_LITERAL("idNumber"), HT_TEXT_LITERAL("990104195008179950"), false};
    event.identities[1] = (HtIdentity){HT_TEXT_LITERAL("person"), HT_TEXT_LITERAL("900000204"), true};
    event.data = ht_buffer_text(data);
    return event;
}

static void test_an_event_comes_back(void)
{
    HtBuffer data = {0}, packed = {0};
    fill_data(&data);
    HtEvent event = example(&data), again;
    ht_event_pack(&event, &packed);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_event_unpack(ht_buffer_text(&packed), &again, &error));
    g_assert_no_error(error);
    g_assert_true(ht_text_equal(event.key, again.key) && ht_text_equal(event.data, again.data));
    g_assert_cmpuint(again.identity_count, ==, 2);
    g_assert_true(ht_text_is(again.identities[1].value, "900000204") && again.identities[1].fresh);
    g_assert_true(ht_text_is(again.attr[HT_ATTR_DIVISION], "440104001003"));
    for (size_t size = 0; size < packed.size; size++) {
        g_autoptr(GError) cut = NULL;
        HtEvent part;
        if (!ht_event_unpack((HtText){packed.data, size}, &part, &cut)) {
            g_assert_error(cut, HT_EVENT_ERROR, 0);
        }
    }
    ht_buffer_clear(&data);
    ht_buffer_clear(&packed);
}

/* Brackets in texts count, too: who knows where another's parser sees a text begin. */
static void test_json_is_flat(void)
{
    const HtText text = HT_TEXT_LITERAL("{\"a\":[1,{\"b\":\"[{\"}]}");
    g_assert_true(ht_json_is_flat(text, 5));
    g_assert_false(ht_json_is_flat(text, 4));
    g_assert_true(ht_json_is_flat(HT_TEXT_LITERAL("]}1"), 0));
    g_assert_true(ht_json_is_flat((HtText){NULL, 0}, 0));
}

static const char expected_json[] =
    "{\"specversion\":\"1.0\",\"id\":\"01020304-0000-0000-0000-000000000000\",\"source\":\"/yuexiu/hukou\","
    "\"subject\":\"p-abc\",\"recordedtime\":\"2009-11-21T00:00:00.123+08:00\",\"sequence\":\"00000000000000001234\","
    "\"partitionkey\":\"p-abc\",\"type\":\"person.died.v1\",\"action\":\"assert\",\"division\":\"440104001003\","
    "\"dataschema\":\"urn:hutong:schema:person.died.v1\",\"datacontenttype\":\"application/json\",\"data\":"
    "{\"death\":{\"age\":58},\"guardian\":[{\"name\":\"测试甲\",\"relation\":\"51\"},{\"name\":\"测试乙\"}],"
    "\"person\":{\"name\":\"测试丙\",\"sex\":{\"code\":\"7\",\"text\":\"男的\",\"system\":\"hukou\"}},"
    "\"reported\":{\"person\":{\"maritalStatus\":\"20\"}},"
    "\"quality\":[{\"mark\":\"code-unmapped\",\"element\":\"person.sex\"},{\"mark\":\"repaired-xml\"}],"
    "\"unmapped\":[{\"name\":\"PXH\",\"value\":\"3\"}]}}";

static HtStoredEvent stored(const HtEvent *event)
{
    return (HtStoredEvent){.sequence = 1234,
                           .id = {{1, 2, 3, 4}},
                           .recorded_us = INT64_C(1258732800123456),
                           .subject = HT_TEXT_LITERAL("p-abc"),
                           .event = *event};
}

static void test_an_event_is_rendered_whole(void)
{
    HtBuffer data = {0}, json = {0};
    fill_data(&data);
    HtEvent event = example(&data);
    HtStoredEvent whole = stored(&event);
    ht_event_render(&whole, "yuexiu", NULL, &json);
    ht_buffer_add_char(&json, '\0');
    g_assert_cmpstr(json.data, ==, expected_json);
    ht_buffer_clear(&data);
    ht_buffer_clear(&json);
}

static HtSeen see_little(void *user, const HtStoredEvent *event, const HtItem *item, HtBuffer *masked)
{
    (void)user;
    (void)event;
    if (ht_text_is(item->name, "person.name")) {
        ht_buffer_add_literal(masked, "测**");
        return HT_SEEN_MASKED;
    }
    return ht_text_is(item->name, "death.age") || item->kind == HT_ITEM_QUALITY ? HT_SEEN_WHOLE : HT_SEEN_NOT;
}

static void test_what_the_policy_refuses_is_never_written(void)
{
    HtBuffer data = {0}, json = {0};
    fill_data(&data);
    HtEvent event = example(&data);
    HtStoredEvent whole = stored(&event);
    HtEventPolicy policy = {.see = see_little};
    ht_event_render(&whole, "yuexiu", &policy, &json);
    ht_buffer_add_char(&json, '\0');
    g_assert_nonnull(strstr(json.data,
                            "\"data\":{\"death\":{\"age\":58},\"person\":{\"name\":\"测**\"},\"quality\":["
                            "{\"mark\":\"code-unmapped\",\"element\":\"person.sex\"},"
                            "{\"mark\":\"repaired-xml\"}]}}"));
    g_assert_null(strstr(json.data, "guardian"));
    ht_buffer_clear(&data);
    ht_buffer_clear(&json);
}

/* Each of these must be refused: what a hostile host might send. */
static void test_malformed_events_are_refused(void)
{
    static const struct {
        HtItem first, second;
    } bad[] = {
        {{.kind = HT_ITEM_ELEMENT, .name = {"person.name", 11}},
         {.kind = HT_ITEM_ELEMENT, .name = {"death.age", 9}}},
        {{.kind = HT_ITEM_ELEMENT, .name = {"person.name", 11}},
         {.kind = HT_ITEM_ELEMENT, .name = {"person.name", 11}}},
        {{.kind = HT_ITEM_ELEMENT, .name = {"person", 6}}, {0}},
        {{.kind = HT_ITEM_ELEMENT, .name = {"person.a.b", 10}}, {0}},
        {{.kind = HT_ITEM_ELEMENT, .name = {"p\"x.name", 8}}, {0}},
        {{.kind = HT_ITEM_ELEMENT, .name = {"a.b", 3}, .value = {"\xff", 1}}, {0}},
        {{.kind = HT_ITEM_ELEMENT, .name = {"a.b", 3}, .value = {"1;2", 3}, .form = HT_VALUE_NUMBER}, {0}},
        {{.kind = HT_ITEM_ELEMENT, .name = {"a.b", 3}, .value = {"01", 2}, .form = HT_VALUE_NUMBER}, {0}},
        {{.kind = HT_ITEM_ELEMENT, .name = {"a.b", 3}, .value = {"-", 1}, .form = HT_VALUE_NUMBER}, {0}},
        {{.kind = HT_ITEM_ELEMENT, .name = {"a.b", 3}, .value = {"x", 1}, .form = HT_VALUE_ORIGINAL}, {0}},
        {{.kind = HT_ITEM_UNMAPPED, .name = {"X", 1}}, {.kind = HT_ITEM_ELEMENT, .name = {"a.b", 3}}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        HtBuffer data = {0}, packed = {0};
        ht_item_pack(&data, &bad[i].first);
        if (bad[i].second.kind) {
            ht_item_pack(&data, &bad[i].second);
        }
        HtEvent event = example(&data), again;
        ht_event_pack(&event, &packed);
        g_autoptr(GError) error = NULL;
        g_test_message("case %zu", i);
        g_assert_false(ht_event_unpack(ht_buffer_text(&packed), &again, &error));
        g_assert_error(error, HT_EVENT_ERROR, 0);
        ht_buffer_clear(&data);
        ht_buffer_clear(&packed);
    }
}

/* A host that names a person and a firm in one event would make one of them. */
static void test_two_classes_are_refused(void)
{
    static const char *const pairs[][2] = {
        {"idNumber", "creditCode"}, {"creditCode", "birthCertificate"}, {"unitNumber", "idNumber"}};
    for (size_t i = 0; i <= G_N_ELEMENTS(pairs); i++) {
        HtBuffer data = {0}, packed = {0};
        HtEvent event = example(&data), again;
        bool good = i == G_N_ELEMENTS(pairs);
        const char *first = good ? "creditCode" : pairs[i][0], *second = good ? "local" : pairs[i][1];
        event.identities[0] = (HtIdentity){ht_text_from(first), HT_TEXT_LITERAL("1"), false};
        event.identities[1] = (HtIdentity){ht_text_from(second), HT_TEXT_LITERAL("2"), false};
        event.identity_count = 2;
        ht_event_pack(&event, &packed);
        g_assert_true(ht_event_unpack(ht_buffer_text(&packed), &again, NULL) == good);
        ht_buffer_clear(&data);
        ht_buffer_clear(&packed);
    }
}

static void test_malformed_attributes_are_refused(void)
{
    static const struct {
        HtAttr attr;
        const char *value;
    } bad[] = {{HT_ATTR_TYPE, "person"},
               {HT_ATTR_TYPE, "person.Died.v1"},
               {HT_ATTR_ACTION, "delete"},
               {HT_ATTR_DIVISION, "4401"},
               {HT_ATTR_DIVISION, "44010400100x"},
               {HT_ATTR_BUSINESSID, "a\nb"},
               {HT_ATTR_DIRECTION, "up"},
               {HT_ATTR_DATACLASSIFICATION, "9"},
               {HT_ATTR_BUSINESSID, "\xc3"},
               {HT_ATTR_TYPE, "a..v1"},
               {HT_ATTR_TYPE, "person.died.1"},
               {HT_ATTR_TYPE, "person.died.v"},
               {HT_ATTR_TYPE, ".died.v1"},
               {HT_ATTR_TYPE, "person.died.v01"},
               {HT_ATTR_TYPE, "person.died.x1"},
               {HT_ATTR_TYPE, "1.died.v1"},
               {HT_ATTR_TYPE, "person.died.v1.v2"},
               {HT_ATTR_TIME, "测试甲"},
               {HT_ATTR_TIME, "2009-03-12"},
               {HT_ATTR_TIME, "2009-02-29T00:00:00+08:00"}};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        HtBuffer data = {0}, packed = {0};
        HtEvent event = example(&data), again;
        event.attr[bad[i].attr] = ht_text_from(bad[i].value);
        ht_event_pack(&event, &packed);
        g_test_message("case %zu", i);
        g_assert_false(ht_event_unpack(ht_buffer_text(&packed), &again, NULL));
        ht_buffer_clear(&packed);
    }
}

/* What the bus says of an event, no host says. */
static void test_attributes_of_the_bus_are_not_taken_from_a_host(void)
{
    HtBuffer data = {0}, packed = {0};
    HtEvent event = example(&data), again;
    event.attr[HT_ATTR_TRACEPARENT] = event.attr[HT_ATTR_FORMERSUBJECT] = HT_TEXT_LITERAL("forged");
    ht_event_pack(&event, &packed);
    g_assert_true(ht_event_unpack(ht_buffer_text(&packed), &again, NULL));
    for (unsigned attr = HT_ATTR_SOURCE; attr <= HT_ATTR_FORMERSUBJECT; attr++) {
        g_assert_null(again.attr[attr].data);
    }
    g_assert_true(ht_event_unpack_again(ht_buffer_text(&packed), &again));
    g_assert_true(ht_text_is(again.attr[HT_ATTR_TYPE], "person.died.v1"));
    g_assert_cmpuint(again.identity_count, ==, 2);
    g_assert_null(again.attr[HT_ATTR_SOURCE].data);
    ht_buffer_clear(&packed);
}

/* Where each mark stands, as "element:mark " in order, then the number of unmapped fields. */
static char *list_marks(HtText data)
{
    GString *marks = g_string_new(NULL);
    unsigned unmapped = 0;
    HtUnpack unpack = ht_unpack(data.data, data.size);
    HtItem item;
    while (ht_item_next(&unpack, &item)) {
        unmapped += item.kind == HT_ITEM_UNMAPPED;
        if (item.kind == HT_ITEM_QUALITY) {
            g_assert_cmpuint(unmapped, ==, 0);
            g_string_append_printf(marks, "%.*s:%.*s ", (int)item.name.size, item.name.data,
                                   (int)item.value.size, item.value.data);
        }
    }
    g_assert_false(unpack.broken);
    g_string_append_printf(marks, "%u", unmapped);
    return g_string_free(marks, FALSE);
}

static void test_a_mark_is_added_once(void)
{
    HtBuffer data = {0}, once = {0}, twice = {0}, alone = {0};
    fill_data(&data);
    ht_event_add_mark(ht_buffer_text(&data), HT_TEXT_LITERAL(""), "number-reused", &once);
    g_autofree char *marks = list_marks(ht_buffer_text(&once));
    g_assert_cmpstr(marks, ==, "person.sex:code-unmapped :repaired-xml :number-reused 1");
    ht_event_add_mark(ht_buffer_text(&once), HT_TEXT_LITERAL("person.sex"), "code-unmapped", &twice);
    g_assert_true(ht_text_equal(ht_buffer_text(&twice), ht_buffer_text(&once)));
    ht_event_add_mark(HT_TEXT_NONE, HT_TEXT_LITERAL("person.name"), "character-lost", &alone);
    g_autofree char *only = list_marks(ht_buffer_text(&alone));
    g_assert_cmpstr(only, ==, "person.name:character-lost 0");
    ht_buffer_clear(&data);
    ht_buffer_clear(&once);
    ht_buffer_clear(&twice);
    ht_buffer_clear(&alone);
}

static void test_times_are_rfc_3339(void)
{
    static const char *const good[] = {"2009-03-12T08:30:00+08:00", "2008-02-29T23:59:60Z",
                                       "1900-01-01T00:00:00.123-05:30"};
    static const char *const bad[] = {"",
                                      "2009-03-12",
                                      "2009-03-12T08:30:00",
                                      "2009-03-12 08:30:00Z",
                                      "2009-03-12T08:30:00.Z",
                                      "2009-13-12T08:30:00Z",
                                      "1900-02-29T08:30:00Z",
                                      "2009-04-31T08:30:00Z",
                                      "2009-03-12T24:30:00Z",
                                      "2009-03-12T08:60:00Z",
                                      "2009-03-12T08:30:00+8:00",
                                      "2009-03-12T08:30:00+08:60",
                                      "2009-03-12T08:30:00Zx",
                                      "2009-03-12T08:30:00.000000000000000000000000Z"};
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_assert_true(ht_form_is_time(ht_text_from(good[i])));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_test_message("%s", bad[i]);
        g_assert_false(ht_form_is_time(ht_text_from(bad[i])));
    }
}

static void test_an_outcome_comes_back(void)
{
    HtBuffer packed = {0};
    HtOutcome outcome, again;
    ht_outcome_init(&outcome);
    ht_outcome_init(&again);
    outcome.verdict = HT_VERDICT_REJECT;
    outcome.soap = HT_SOAP_12;
    outcome.operation = HT_TEXT_LITERAL("nciicCheck");
    outcome.addressing = HT_ADDRESSING_2004;
    outcome.action = HT_TEXT_LITERAL("urn:op");
    outcome.records = 3;
    outcome.unchanged = 2;
    outcome.submit = true;
    outcome.reply = HT_TEXT_LITERAL("<refused/>");
    for (int i = 0; i < 25; i++) {
        HtFault fault;
        ht_fault_set(&fault, "required-missing", "the record has no %s", "name");
        ht_fault_set_element(&fault, HT_TEXT_LITERAL("person.name"));
        fault.part = (uint32_t)i / 2;
        fault.record = (uint32_t)i;
        ht_outcome_add_fault(&outcome, &fault);
    }
    g_array_append_val(outcome.events, HT_TEXT_LITERAL("an event that is packed"));
    ht_outcome_pack(&outcome, &packed);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_outcome_unpack(ht_buffer_text(&packed), &again, &error));
    g_assert_cmpuint(again.unchanged, ==, 2);
    g_assert_cmpuint(again.fault_count, ==, 25);
    g_assert_true(again.submit && ht_text_is(again.reply, "<refused/>"));
    g_assert_cmpstr(again.faults[19].element, ==, "person.name");
    g_assert_cmpuint(again.faults[19].record, ==, 19);
    g_assert_cmpuint(again.faults[19].part, ==, 9);
    g_assert_true(again.addressing == HT_ADDRESSING_2004 && ht_text_is(again.action, "urn:op"));
    g_assert_cmpuint(again.events->len, ==, 1);
    ht_outcome_clear(&outcome);
    ht_outcome_clear(&again);
    ht_buffer_clear(&packed);
}

static bool unpacks(const HtOutcome *outcome)
{
    HtBuffer packed = {0};
    HtOutcome again;
    ht_outcome_init(&again);
    ht_outcome_pack(outcome, &packed);
    g_autoptr(GError) error = NULL;
    bool good = ht_outcome_unpack(ht_buffer_text(&packed), &again, &error);
    g_assert_true(good == !error);
    ht_outcome_clear(&again);
    ht_buffer_clear(&packed);
    return good;
}

/* Each costs the bus more memory than the host bytes. */
static void test_events_without_content_are_refused(void)
{
    HtOutcome outcome;
    ht_outcome_init(&outcome);
    outcome.records = 1000;
    g_array_append_val(outcome.events, HT_TEXT_LITERAL(""));
    g_assert_false(unpacks(&outcome));
    g_array_index(outcome.events, HtText, 0) = HT_TEXT_LITERAL("twenty-one characters");
    g_assert_false(unpacks(&outcome));
    ht_outcome_clear(&outcome);
}

static void test_events_without_records_are_refused(void)
{
    HtOutcome outcome;
    ht_outcome_init(&outcome);
    outcome.records = 2;
    for (unsigned i = 0; i < 2 * HT_OUTCOME_RECORD_EVENTS; i++) {
        g_array_append_val(outcome.events, HT_TEXT_LITERAL("an event that is packed"));
    }
    g_assert_true(unpacks(&outcome));
    g_array_append_val(outcome.events, HT_TEXT_LITERAL("an event that is packed"));
    g_assert_false(unpacks(&outcome));
    g_array_set_size(outcome.events, 1);
    outcome.unchanged = HT_OUTCOME_RECORD_EVENTS * 2 - 1;
    g_assert_true(unpacks(&outcome));
    outcome.unchanged++;
    g_assert_false(unpacks(&outcome));
    ht_outcome_clear(&outcome);
}

static void test_a_fault_is_cut_at_a_character(void)
{
    HtFault fault;
    g_autofree char *text = g_strnfill(HT_FAULT_TEXT - 2, 'x');
    ht_fault_set(&fault, "code", "%s测", text);
    g_assert_cmpuint(strlen(fault.text), ==, HT_FAULT_TEXT - 2);
    g_assert_true(g_utf8_validate(fault.text, -1, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pack/fields-come-back", test_fields_come_back);
    g_test_add_func("/pack/cut-fields-are-broken", test_cut_fields_are_broken);
    g_test_add_func("/uuid/sorts-by-time-and-reads-back", test_uuids_sort_by_time_and_read_back);
    g_test_add_func("/digest/is-that-of-the-standards", test_digests_are_those_of_the_standards);
    g_test_add_func("/digest/hexadecimal-is-read", test_hexadecimal_is_read);
    g_test_add_func("/text/a-line-has-no-control-character", test_lines);
    g_test_add_func("/disk/all-is-written-or-the-reason-is-said", test_all_is_written);
    g_test_add_func("/xml/text/is-always-xml", test_texts_are_always_xml);
    g_test_add_func("/clock/writes-chinas-offset", test_time_is_written_at_chinas_offset);
    g_test_add_func("/json/brackets-are-counted-before-it-is-parsed", test_json_is_flat);
    g_test_add_func("/json/strings-are-escaped", test_strings_are_escaped);
    g_test_add_func("/event/comes-back", test_an_event_comes_back);
    g_test_add_func("/event/is-rendered-whole", test_an_event_is_rendered_whole);
    g_test_add_func("/event/a-mark-is-added-once", test_a_mark_is_added_once);
    g_test_add_func("/event/what-the-policy-refuses-is-never-written",
                    test_what_the_policy_refuses_is_never_written);
    g_test_add_func("/event/malformed-items-are-refused", test_malformed_events_are_refused);
    g_test_add_func("/event/two-classes-of-identities-are-refused", test_two_classes_are_refused);
    g_test_add_func("/event/malformed-attributes-are-refused", test_malformed_attributes_are_refused);
    g_test_add_func("/event/attributes-of-the-bus-are-not-taken-from-a-host",
                    test_attributes_of_the_bus_are_not_taken_from_a_host);
    g_test_add_func("/form/times-are-rfc-3339", test_times_are_rfc_3339);
    g_test_add_func("/outcome/comes-back", test_an_outcome_comes_back);
    g_test_add_func("/outcome/events-without-content-are-refused", test_events_without_content_are_refused);
    g_test_add_func("/outcome/events-without-records-are-refused", test_events_without_records_are_refused);
    g_test_add_func("/fault/is-cut-at-a-character", test_a_fault_is_cut_at_a_character);
    return g_test_run();
}
