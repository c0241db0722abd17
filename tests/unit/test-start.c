/* plugins/start: what the bus tells a host at its start and what that says of its adapter. Nothing of it is lost on the way, and what is not
 * whole, too long or no line of text is refused. */
#include "plugins/start.h"

/* ---- START ---- */

static void test_start_comes_back(void)
{
    HtBuffer buffer = {0};
    g_autoptr(GPtrArray) options = g_ptr_array_new();
    g_ptr_array_add(options, (gpointer) "colour");
    g_ptr_array_add(options, (gpointer) "");
    HtStart sent = {.source = "hukou",
                    .adapter_file = "/a/hukou.so",
                    .division = "440104",
                    .quarantine_invalid = true,
                    .limits = {.depth = 7, .value_bytes = UINT64_C(1) << 40, .memory_bytes = 5},
                    .frame_bytes = 6,
                    .options = options};
    HtStart got;
    ht_start_pack(&sent, &buffer);
    g_assert_true(ht_start_unpack(ht_buffer_text(&buffer), &got));
    g_assert_cmpstr(got.source, ==, "hukou");
    g_assert_cmpstr(got.adapter_file, ==, "/a/hukou.so");
    g_assert_null(got.mapping_file);
    g_assert_true(got.quarantine_invalid && !got.inspect && got.limits.depth == 7 &&
                  got.limits.value_bytes == UINT64_C(1) << 40);
    g_assert_true(got.limits.memory_bytes == 5 && got.frame_bytes == 6 && got.options->len == 2);
    g_assert_cmpstr(g_ptr_array_index(got.options, 1), ==, "");
    ht_start_clear(&got);
    for (size_t size = 0; size < buffer.size; size++) { /* cut anywhere: refused or shorter, never beyond */
        ht_start_unpack((HtText){buffer.data, size}, &got);
        ht_start_clear(&got);
    }
    ht_buffer_clear(&buffer);
}

/* Every field, so that none is left out on the way or taken for another. */
static void test_all_of_start_comes_back(void)
{
    static const char *const subjects[] = {"CN=one", "CN=two", NULL};
    HtBuffer buffer = {0};
    HtStart sent = {.source = "s",
                    .adapter_file = "/a.so",
                    .mapping_file = "/m.xml",
                    .data_directory = "/data",
                    .site_directory = "/site",
                    .division = "440104",
                    .need = HT_BOX_WHOLE,
                    .usernames = true,
                    .inspect = true,
                    .outline = true,
                    .limits = ht_limits_default(),
                    .frame_bytes = UINT64_C(1) << 40,
                    .signature = {HT_TEXT_LITERAL("authorities"), HT_TEXT_LITERAL("signers"), subjects,
                                  INT64_MAX, true, true}};
    HtStart got;
    ht_start_pack(&sent, &buffer);
    g_assert_true(ht_start_unpack(ht_buffer_text(&buffer), &got));
    const char *texts[][2] = {{got.source, "s"},
                              {got.adapter_file, "/a.so"},
                              {got.division, "440104"},
                              {got.mapping_file, "/m.xml"},
                              {got.data_directory, "/data"},
                              {got.site_directory, "/site"},
                              {got.signature.subjects[0], "CN=one"},
                              {got.signature.subjects[1], "CN=two"},
                              {got.signature.subjects[2], NULL}};
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_assert_cmpstr(texts[i][0], ==, texts[i][1]);
    }
    g_assert_true(got.need == HT_BOX_WHOLE && got.usernames && got.inspect && got.outline &&
                  !got.quarantine_invalid);
    g_assert_cmpmem(&got.limits, sizeof got.limits, &sent.limits, sizeof sent.limits);
    g_assert_cmpuint(got.frame_bytes, ==, sent.frame_bytes);
    g_assert_true(ht_text_is(got.signature.authorities, "authorities"));
    g_assert_true(ht_text_is(got.signature.certificates, "signers"));
    g_assert_true(got.signature.age_us == INT64_MAX && got.signature.needs_timestamp &&
                  got.signature.allows_sha1);
    g_assert_cmpuint(got.options->len, ==, 0);
    ht_start_clear(&got);
    ht_buffer_clear(&buffer);
}

/* Whoever may sign is asked for by either kind of key; without a key the rest says nothing. */
static void test_either_key_asks_for_signatures(void)
{
    static const HtSignatureKeys cases[] = {
        {.authorities = {"a", 1}}, {.certificates = {"c", 1}}, {.age_us = 7}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtBuffer buffer = {0};
        HtStart sent = {.source = "s", .adapter_file = "/a", .signature = cases[i]}, got;
        ht_start_pack(&sent, &buffer);
        g_assert_true(ht_start_unpack(ht_buffer_text(&buffer), &got));
        g_assert_true(ht_start_is_signed(&got.signature) == (i < 2));
        g_assert_true((got.signature.authorities.data != NULL) == (i == 0));
        g_assert_true((got.signature.certificates.data != NULL) == (i == 1));
        g_assert_null(got.signature.subjects);
        g_assert_cmpint(got.signature.age_us, ==, 0);
        ht_start_clear(&got);
        ht_buffer_clear(&buffer);
    }
}

/* START of a source and an adapter, and what else: the numbers are those of the fields. */
static void assert_start_refused(const char *source, const char *adapter, void (*add)(HtBuffer *buffer))
{
    HtBuffer buffer = {0};
    HtStart start = {.source = source, .adapter_file = adapter}, got;
    ht_start_pack(&start, &buffer);
    if (add) {
        add(&buffer);
    }
    g_assert_false(ht_start_unpack(ht_buffer_text(&buffer), &got));
    ht_start_clear(&got);
    ht_buffer_clear(&buffer);
}

enum { FRAME_FIELD = 9, KEY_FIELD = 10, VALUE_FIELD = 11, NEED_FIELD = 12, AGE_FIELD = 19, FREE_FIELD = 22 };

static void add_key(HtBuffer *buffer)
{
    ht_pack_text(buffer, KEY_FIELD, HT_TEXT_LITERAL("k"));
}

static void add_value(HtBuffer *buffer)
{
    ht_pack_text(buffer, VALUE_FIELD, HT_TEXT_LITERAL("v"));
    add_key(buffer);
}

static void add_need(HtBuffer *buffer)
{
    ht_pack_u32(buffer, NEED_FIELD, HT_BOX_WHOLE + 1);
}

static void add_no_number(HtBuffer *buffer)
{
    ht_pack_text(buffer, NEED_FIELD, HT_TEXT_LITERAL("x"));
}

static void add_age(HtBuffer *buffer)
{
    ht_pack_u64(buffer, AGE_FIELD, (uint64_t)INT64_MAX + 1);
}

static void add_short_size(HtBuffer *buffer)
{
    ht_pack_u32(buffer, FRAME_FIELD, 1);
}

static void add_unknown(HtBuffer *buffer)
{
    ht_pack_u32(buffer, FREE_FIELD, 1);
}

static void test_start_refuses_what_it_does_not_know(void)
{
    static void (*const cases[])(HtBuffer * buffer) = {add_key,       add_value,      add_need,   add_age,
                                                       add_no_number, add_short_size, add_unknown};
    assert_start_refused(NULL, "/a", NULL);
    assert_start_refused("s", NULL, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("case %u", i);
        assert_start_refused("s", "/a", cases[i]);
    }
}

static void test_the_first_field_of_a_name_counts(void)
{
    HtBuffer buffer = {0};
    ht_pack_text(&buffer, 1, HT_TEXT_LITERAL("a"));
    ht_pack_text(&buffer, 2, HT_TEXT_LITERAL("b"));
    ht_pack_text(&buffer, 2, HT_TEXT_LITERAL("c"));
    g_assert_true(ht_text_is(ht_field_find(ht_buffer_text(&buffer), 2), "b"));
    g_assert_null(ht_field_find(ht_buffer_text(&buffer), 3).data);
    ht_buffer_clear(&buffer);
}

/* ---- READY ---- */

static hutong_adapter make_adapter(const hutong_option *options, const char *const *operations)
{
    return (hutong_adapter){.struct_size = sizeof(hutong_adapter),
                            .abi_major = 1,
                            .name = "x",
                            .version = "2",
                            .summary = "三",
                            .options = options,
                            .operations = operations};
}

static void test_ready_comes_back(void)
{
    static const hutong_option options[] = {{"a", NULL, "help"}, {"b", "c", NULL}, {NULL, NULL, NULL}};
    static const char *const operations[] = {"One", "Two", NULL};
    hutong_adapter adapter = make_adapter(options, operations);
    HtBuffer buffer = {0};
    HtReady ready;
    ht_ready_pack(&adapter, NULL, &buffer);
    g_assert_true(ht_ready_unpack(ht_buffer_text(&buffer), &ready));
    g_assert_cmpstr(ready.summary, ==, "三");
    g_assert_cmpuint(ready.operations->len, ==, 2);
    g_assert_cmpuint(ready.options->len, ==, 6);
    g_assert_cmpstr(g_ptr_array_index(ready.options, 4), ==, "c");
    g_assert_cmpuint(ready.functions, ==, 0);
    ht_ready_clear(&ready);
    for (size_t size = 0; size < buffer.size; size++) {
        ht_ready_unpack((HtText){buffer.data, size}, &ready);
        ht_ready_clear(&ready);
    }
    ht_buffer_clear(&buffer);
}

static char *reply_nothing(void)
{
    return NULL;
}

/* Which functions an adapter has decides what the bus asks of it. */
static void test_ready_tells_functions_and_versions(void)
{
    hutong_adapter adapter = make_adapter(NULL, NULL);
    for (unsigned bit = 0; bit < 4; bit++) {
        HtBuffer buffer = {0};
        HtReady ready;
        hutong_adapter one = adapter;
        one.abi_minor = bit == 0 ? 1 : 2;
        one.threads = 3;
        one.reply = bit == 0 ? (void *)reply_nothing : NULL;
        one.wsdl = bit == 1 ? (void *)reply_nothing : NULL;
        one.poll = bit == 2 ? (void *)reply_nothing : NULL;
        one.encode = bit == 3 ? (void *)reply_nothing : NULL;
        ht_ready_pack(&one, NULL, &buffer);
        g_assert_true(ht_ready_unpack(ht_buffer_text(&buffer), &ready));
        g_assert_cmpuint(ready.functions, ==, 1u << bit);
        g_assert_cmpuint(ready.abi_major, ==, 1);
        g_assert_cmpuint(ready.abi_minor, ==, one.abi_minor);
        g_assert_cmpuint(ready.threads, ==, bit == 0 ? 0 : 3); /* an elder one knows nothing of them */
        g_assert_cmpstr(ready.name, ==, "x");
        g_assert_cmpstr(ready.version, ==, "2");
        ht_ready_clear(&ready);
        ht_buffer_clear(&buffer);
    }
}

static bool is_ready_taken(const char *summary, unsigned operations, unsigned options)
{
    g_autofree const char **names = g_new0(const char *, operations + 1);
    g_autofree hutong_option *list = g_new0(hutong_option, options + 1);
    for (unsigned i = 0; i < operations; i++) {
        names[i] = "Operation";
    }
    for (unsigned i = 0; i < options; i++) {
        list[i].key = "k";
    }
    hutong_adapter adapter = make_adapter(list, names);
    HtBuffer buffer = {0};
    HtReady ready;
    adapter.summary = summary;
    ht_ready_pack(&adapter, NULL, &buffer);
    bool taken = ht_ready_unpack(ht_buffer_text(&buffer), &ready);
    ht_ready_clear(&ready);
    ht_buffer_clear(&buffer);
    return taken;
}

static void test_ready_is_taken_up_to_its_limits(void)
{
    g_autofree char *line = g_strnfill(1000, 'x');
    g_assert_true(is_ready_taken(line, 0, 0));
    g_assert_true(is_ready_taken("a b~", 256, 256));
    g_assert_false(is_ready_taken("", 257, 0));
    g_assert_false(is_ready_taken("", 0, 257));
    g_assert_false(is_ready_taken("a\x1f", 0, 0));
    g_assert_false(is_ready_taken("a\x7f", 0, 0));
}

/* What an honest host never leaves out, and never has in another order. */
static void test_ready_refuses_what_is_not_whole(void)
{
    enum { NAME = 1, VERSION, SUMMARY, KEY = 9, HELP = 11, FREE = 13 };
    static const struct {
        uint8_t tags[5];
        bool good;
    } cases[] = {{{NAME, VERSION, SUMMARY}, true},
                 {{VERSION, SUMMARY}, false},
                 {{NAME, SUMMARY}, false},
                 {{NAME, VERSION}, false},
                 {{NAME, VERSION, SUMMARY, KEY}, false},
                 {{NAME, VERSION, SUMMARY, HELP}, false},
                 {{NAME, VERSION, SUMMARY, FREE}, false}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtBuffer buffer = {0};
        HtReady ready;
        for (unsigned j = 0; cases[i].tags[j]; j++) {
            ht_pack_text(&buffer, cases[i].tags[j], HT_TEXT_LITERAL("x"));
        }
        g_test_message("case %u", i);
        g_assert_true(ht_ready_unpack(ht_buffer_text(&buffer), &ready) == cases[i].good);
        ht_ready_clear(&ready);
        ht_buffer_clear(&buffer);
    }
}

static void assert_ready_refused(const char *version, const hutong_option *options)
{
    hutong_adapter adapter = make_adapter(options, NULL);
    HtBuffer buffer = {0};
    HtReady ready;
    adapter.version = version;
    ht_ready_pack(&adapter, NULL, &buffer);
    g_assert_false(ht_ready_unpack(ht_buffer_text(&buffer), &ready));
    ht_ready_clear(&ready);
    ht_buffer_clear(&buffer);
}

static void test_ready_refuses_what_is_no_line(void)
{
    g_autofree char *long_line = g_strnfill(1001, 'x');
    g_autofree hutong_option *many = g_new0(hutong_option, 300);
    for (unsigned i = 0; i < 299; i++) {
        many[i].key = "k";
    }
    assert_ready_refused("two\nlines", NULL);
    assert_ready_refused("\xff", NULL);
    assert_ready_refused(long_line, NULL);
    assert_ready_refused("1", many);
}

/* Names in a mapping may be long, and hold anything that a file can hold: the host starts all the same. */
static void test_ready_carries_warnings(void)
{
    g_autofree char *long_line = g_strnfill(999, 'x');
    g_autofree char *longer = g_strconcat(long_line, "三三", NULL);
    const char *warnings[300] = {"a.xml:1: warning: 三", "b\x7f\n\xff", longer};
    hutong_adapter adapter = make_adapter(NULL, NULL);
    HtBuffer buffer = {0};
    HtReady ready;
    for (unsigned i = 3; i < 299; i++) {
        warnings[i] = "w";
    }
    ht_ready_pack(&adapter, warnings, &buffer);
    g_assert_true(ht_ready_unpack(ht_buffer_text(&buffer), &ready));
    g_assert_cmpuint(ready.warnings->len, ==, 256);
    g_assert_cmpstr(g_ptr_array_index(ready.warnings, 0), ==, "a.xml:1: warning: 三");
    g_assert_cmpstr(g_ptr_array_index(ready.warnings, 1), ==, "b  \xef\xbf\xbd");
    g_assert_cmpstr(g_ptr_array_index(ready.warnings, 2), ==, long_line);
    ht_ready_clear(&ready);
    ht_buffer_clear(&buffer);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/start/comes-back", test_start_comes_back);
    g_test_add_func("/start/all-comes-back", test_all_of_start_comes_back);
    g_test_add_func("/start/either-key-asks-for-signatures", test_either_key_asks_for_signatures);
    g_test_add_func("/start/refuses-what-it-does-not-know", test_start_refuses_what_it_does_not_know);
    g_test_add_func("/start/the-first-field-of-a-name-counts", test_the_first_field_of_a_name_counts);
    g_test_add_func("/start/ready-tells-functions-and-versions", test_ready_tells_functions_and_versions);
    g_test_add_func("/start/ready-is-taken-up-to-its-limits", test_ready_is_taken_up_to_its_limits);
    g_test_add_func("/start/ready-refuses-what-is-not-whole", test_ready_refuses_what_is_not_whole);
    g_test_add_func("/start/ready-comes-back", test_ready_comes_back);
    g_test_add_func("/start/ready-refuses-what-is-no-line", test_ready_refuses_what_is_no_line);
    g_test_add_func("/start/ready-carries-warnings", test_ready_carries_warnings);
    return g_test_run();
}
