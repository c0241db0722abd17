/* plugins: frames and their fields. What the other side may say, however wrong, is refused without reading
 * beyond it. */
#include "core/base/message-head.h"
#include "plugins/frame.h"
#include "plugins/outbox.h"
#include "plugins/scrub.h"

#include <sys/socket.h>
#include <unistd.h>

#define LIMIT 1000

static void make_frame(HtBuffer *buffer, HtFrameType type, uint64_t ticket, const char *body)
{
    size_t place = ht_frame_begin(buffer, type, ticket);
    ht_buffer_add_string(buffer, body);
    ht_frame_end(buffer, place);
}

static void test_comes_back(void)
{
    HtBuffer buffer = {0};
    HtFrame frame;
    make_frame(&buffer, HT_FRAME_RESULT, UINT64_C(0x0102030405060708), "body");
    make_frame(&buffer, HT_FRAME_STOP, 0, "");
    g_assert_cmpint(ht_frame_peek(buffer.data, buffer.size, LIMIT, &frame), ==, 1);
    g_assert_cmpint(frame.type, ==, HT_FRAME_RESULT);
    g_assert_cmpuint(frame.ticket, ==, UINT64_C(0x0102030405060708));
    g_assert_cmpmem(buffer.data + HT_FRAME_HEAD, frame.size, "body", 4);
    size_t next = HT_FRAME_HEAD + frame.size;
    g_assert_cmpint(ht_frame_peek(buffer.data + next, buffer.size - next, LIMIT, &frame), ==, 1);
    g_assert_true(frame.type == HT_FRAME_STOP && frame.size == 0);
    ht_buffer_clear(&buffer);
}

static void test_waits_for_the_whole(void)
{
    HtBuffer buffer = {0};
    HtFrame frame;
    make_frame(&buffer, HT_FRAME_LOG, 1, "body");
    for (size_t size = 0; size < buffer.size; size++) {
        g_autofree char *part =
            g_memdup2(buffer.data, size); /* of just that size: the sanitizer watches its end */
        g_assert_cmpint(ht_frame_peek(part, size, LIMIT, &frame), ==, 0);
    }
    ht_buffer_clear(&buffer);
}

static void test_refuses_bad_heads(void)
{
    HtBuffer buffer = {0};
    HtFrame frame;
    make_frame(&buffer, HT_FRAME_LOG, 1, "body");
    g_assert_cmpint(ht_frame_peek(buffer.data, buffer.size, 3, &frame), ==, -1);
    for (size_t place = 0; place < 4; place++) {
        char kept = buffer.data[place];
        buffer.data[place] = 0;
        g_assert_cmpint(ht_frame_peek(buffer.data, buffer.size, LIMIT, &frame), ==, -1);
        buffer.data[place] = kept;
    }
    for (unsigned type = 0; type < 256; type++) {
        bool known = (type >= 1 && type <= 8) || (type >= 64 && type <= 69);
        buffer.data[3] = (char)type;
        g_assert_cmpint(ht_frame_peek(buffer.data, buffer.size, LIMIT, &frame), ==, known ? 1 : -1);
    }
    ht_buffer_clear(&buffer);
}

/* A head that announces too much is refused at once, not waited for. */
static void test_refuses_oversized_before_it_comes(void)
{
    uint8_t head[HT_FRAME_HEAD];
    HtFrame frame = {HT_FRAME_RESULT, LIMIT + 1, 1};
    ht_frame_write_head(head, &frame);
    g_assert_cmpint(ht_frame_peek((const char *)head, sizeof head, LIMIT, &frame), ==, -1);
    frame = (HtFrame){HT_FRAME_RESULT, UINT32_MAX, 1};
    ht_frame_write_head(head, &frame);
    g_assert_cmpint(ht_frame_peek((const char *)head, sizeof head, UINT32_MAX, &frame), ==, 0);
}

/* Both sides lay a head out so: magic, version, type, size in 4 bytes and ticket in 8, the lowest first. */
static void test_a_head_is_sixteen_bytes(void)
{
    static const uint8_t expected[HT_FRAME_HEAD + 1] = {'H', 'T', 1, HT_FRAME_LOG, 4, 3, 2, 1, 8, 7, 6, 5, 4,
                                                        3,   2,   1, 0xee};
    uint8_t head[HT_FRAME_HEAD + 1] = {[HT_FRAME_HEAD] = 0xee}; /* what is behind it stays */
    HtFrame frame = {HT_FRAME_LOG, 0x01020304, UINT64_C(0x0102030405060708)}, got;
    ht_frame_write_head(head, &frame);
    g_assert_cmpmem(head, sizeof head, expected, sizeof expected);
    g_assert_cmpint(ht_frame_peek((const char *)head, HT_FRAME_HEAD, 0x01020304, &got), ==, 0);
    g_assert_true(got.type == frame.type && got.size == frame.size && got.ticket == frame.ticket);
    g_assert_cmpint(ht_frame_peek((const char *)head, HT_FRAME_HEAD, 0x01020303, &got), ==, -1);
}

static void test_a_body_may_reach_the_limit(void)
{
    HtBuffer buffer = {0};
    HtFrame frame;
    ht_frame_add(&buffer, HT_FRAME_CHUNK, 3, HT_TEXT_LITERAL("body"));
    g_assert_cmpint(ht_frame_peek(buffer.data, buffer.size, 4, &frame), ==, 1);
    g_assert_cmpint(ht_frame_peek(buffer.data, buffer.size, 3, &frame), ==, -1);
    ht_buffer_clear(&buffer);
}

/* ---- A message's head ---- */

static void test_a_head_comes_back(void)
{
    HtBuffer buffer = {0};
    HtMessageHead sent = {.id = ht_uuid_new(),
                          .content_type = HT_TEXT_LITERAL("text/xml; charset=gbk"),
                          .charset = HT_TEXT_LITERAL("gbk"),
                          .soap_action = HT_TEXT_LITERAL(""),
                          .soap_expected = true,
                          .alter = 7};
    HtMessageHead got;
    HtText body;
    ht_message_head_pack(&sent, &buffer);
    size_t head_size = buffer.size;
    g_assert_true(ht_message_unpack(ht_buffer_text(&buffer), &got, NULL));
    g_assert_cmpmem(&got.id, sizeof got.id, &sent.id, sizeof sent.id);
    g_assert_true(ht_text_equal(got.content_type, sent.content_type));
    g_assert_true(ht_text_equal(got.charset, sent.charset));
    g_assert_true(got.soap_action.data && got.soap_action.size == 0);
    g_assert_true(got.soap_expected && got.alter == 7);
    g_assert_true(ht_message_unpack(ht_buffer_text(&buffer), &got, &body));
    g_assert_null(body.data);

    ht_pack_text(&buffer, HT_MESSAGE_BODY, HT_TEXT_LITERAL("<a/>"));
    g_assert_true(ht_message_unpack(ht_buffer_text(&buffer), &got, &body));
    g_assert_true(ht_text_is(body, "<a/>"));
    g_assert_false(ht_message_unpack(ht_buffer_text(&buffer), &got, NULL));
    for (size_t size = head_size + 1; size < buffer.size; size++) {
        g_assert_false(ht_message_unpack((HtText){buffer.data, size}, &got, &body));
    }
    ht_pack_text(&buffer, HT_MESSAGE_BODY, HT_TEXT_LITERAL("<b/>"));
    g_assert_false(ht_message_unpack(ht_buffer_text(&buffer), &got, &body));

    buffer.size = 0;
    ht_message_head_pack(&(HtMessageHead){.alter = 0}, &buffer);
    g_assert_true(ht_message_unpack(ht_buffer_text(&buffer), &got, NULL));
    g_assert_true(!got.content_type.data && !got.soap_action.data && !got.soap_expected && got.alter == 0);
    ht_buffer_clear(&buffer);
}

/* ---- Texts of adapters ---- */

static void assert_scrubbed(const char *text, const char *expected)
{
    g_autofree char *clean = ht_scrub(ht_text_from(text), HT_SCRUB_BYTES);
    g_assert_cmpstr(clean, ==, expected);
}

static void test_scrub_takes_numbers_out(void)
{
    assert_scrubbed("id 990104198001019915.", "id [number].");
    assert_scrubbed("99010419910315993X", "[number]");
    assert_scrubbed("99010419910315993xy", "[number]y");
    assert_scrubbed("990104500817995", "[number]");
    assert_scrubbed("９９０１０４１９９１０３１５９９３Ｘ!", "[number]!");
    assert_scrubbed("12345678901234 is 14", "[number] is 14");
    assert_scrubbed("call 138-0013-8000", "call [number]");
    assert_scrubbed("9901 0419 8001", "[number]");
    assert_scrubbed("9901.0419/8001_88·06", "[number]");
    assert_scrubbed("九九〇一〇四一九八八, ٩٩٠١٠٤١٩٨٨", "[number], [number]");
    assert_scrubbed("record 123456, line 7", "record 123456, line 7");
    assert_scrubbed("- 1 - 2 -", "- 1 - 2 -");
    assert_scrubbed("20090320094512", "[number]");
    assert_scrubbed("", "");
}

static void test_scrub_leaves_a_faults_own_numbers(void)
{
    static const uint64_t own[] = {1500000, 67108864, 990104880602001};
    const struct {
        const char *text, *expected;
    } cases[] = {
        {"more than 67108864 bytes (max-document = 64M)", "more than 67108864 bytes (max-document = 64M)"},
        {"1500000 (max-value = 1500000).", "1500000 (max-value = 1500000)."},
        {"15000001 and 6710886, 67108865 1500000", "[number] and [number], [number]"},
        {"150-0000, 1500000X", "[number], [number]"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *clean =
            ht_scrub_but(ht_text_from(cases[i].text), HT_SCRUB_BYTES, own, G_N_ELEMENTS(own));
        g_assert_cmpstr(clean, ==, cases[i].expected);
    }
}

static void test_scrub_makes_one_line_of_text(void)
{
    assert_scrubbed("a\nb\tc\x7f", "a; b c ");
    assert_scrubbed("a\xff\xc3", "a\xef\xbf\xbd\xef\xbf\xbd");
}

static void test_scrub_cuts_at_a_character(void)
{
    g_autofree char *text = g_strdup_printf("%*s三三", 298, "");
    g_autofree char *clean = ht_scrub(ht_text_from(text), HT_SCRUB_BYTES);
    g_assert_cmpuint(strlen(clean), ==, 298);
    g_assert_true(g_utf8_validate(clean, -1, NULL));
}

/* A number that the bound on what is looked at cuts in two is not let through in two halves. */
static void test_scrub_takes_a_number_at_the_cut_out(void)
{
    for (size_t fill = 4 * HT_SCRUB_BYTES - 18; fill < 4 * HT_SCRUB_BYTES; fill++) {
        g_autofree char *digits =
            g_strnfill(fill - 100, '1'); /* is one run, replaced: so that the end is seen */
        g_autofree char *text = g_strdup_printf("%s%*s990104198001019915", digits, 100, "");
        g_autofree char *clean = ht_scrub(ht_text_from(text), HT_SCRUB_BYTES);
        g_assert_null(strstr(clean, "99"));
    }
}

static void assert_words(const char *text, const char *expected)
{
    g_autofree char *clean = ht_scrub_words(ht_text_from(text), HT_SCRUB_BYTES);
    g_assert_cmpstr(clean, ==, expected);
}

static void test_scrub_leaves_words(void)
{
    assert_words("record 123456, line 7 (GMSFHM) is not AAC003.",
                 "record 123456, line 7 (GMSFHM) is not AAC003.");
    assert_words("option.insurance-set is none of LD-T-92 and/or max_depth = 64, 50%!",
                 "option.insurance-set is none of LD-T-92 and/or max_depth = 64, 50%!");
    assert_words("测试丁 died", "[text] died");
    assert_words("a\nb\x01", "a; b ");
    assert_words("990104195008179950 九九〇一〇四一九", "[number]");
    assert_words("99--01--04--19", "[number]");
    assert_words("1 a 23456 b 345678 c 9", "1 a 23456 b 345678 c [text]");
    assert_words("1234567", "[number]");
    assert_words("12 34567", "[number]");
    assert_words("5rWL6K+V5LiB bmFtZT3mtYvor5XkuIE= %E6%B5%8B \\u6d4b", "[text] [text] [text] \\[text]");
    assert_words("aVb Abc aBC x1234 abcdefghijklmnopqrstuvwxyz", "[text] Abc [text] [text] [text]");
    assert_words("", "");
    g_autofree char *version = ht_scrub_version(ht_text_from("1.2.3-rc1+deb12~测 2"));
    g_assert_cmpstr(version, ==, "1.2.3-rc1+deb12~????2");
    g_autofree char *number = ht_scrub_version(ht_text_from("990104195008179950"));
    g_assert_cmpstr(number, ==, "?number?");
}

/* Where a number begins to be one, and what may stand in it. */
static void test_scrub_has_its_borders(void)
{
    assert_scrubbed("123456x 1234567", "123456x [number]");
    assert_scrubbed("123456X", "123456X");
    assert_scrubbed("1234567X", "[number]");
    assert_scrubbed("12--34567", "12--34567"); /* single separators join */
    assert_scrubbed("1 2 3 4 5 6 ", "1 2 3 4 5 6 ");
    assert_scrubbed("1 2 3 4 5 6 7 ", "[number] ");
    assert_scrubbed("a\x1f\x20\x7e\x7f", "a  ~ ");
    assert_scrubbed("\xc2\x80\xc2\x9f\xc2\xa0", "  \xc2\xa0");
    assert_scrubbed("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", "\xe2\x80\xa7  \xe2\x80\xaa");
    g_autofree char *none = ht_scrub(HT_TEXT_NONE, HT_SCRUB_BYTES);
    g_assert_cmpstr(none, ==, "");
    g_autofree char *short_one = ht_scrub(HT_TEXT_LITERAL("abc 三"), 5);
    g_assert_cmpstr(short_one, ==, "abc ");
    g_autofree char *exact = ht_scrub(HT_TEXT_LITERAL("abc 三"), 7);
    g_assert_cmpstr(exact, ==, "abc 三");
    g_autofree char *one = ht_scrub(HT_TEXT_LITERAL("三"), 2);
    g_assert_cmpstr(one, ==, "");
}

static void test_words_have_their_borders(void)
{
    assert_words("abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx");
    assert_words("abcdefghijklmnopqrstuvwxy", "[text]");
    assert_words("AAC123 AAC1234", "AAC123 [text]");
    assert_words("abcdefghijklmnopqrstuvwx123", "abcdefghijklmnopqrstuvwx123");
    assert_words("123 a 456 b 789 c 012 d", "123 a 456 b 789 c 012 d");
    assert_words("123 a 456 b 789 c 012 d 3", "123 a 456 b 789 c 012 d [text]");
    assert_words("a123 b456 c789 d012 e3", "a123 b456 c789 d012 [text]");
    assert_words("123456 a 7", "123456 a 7");
    assert_words("1a 2", "[text] 2");
    assert_words("测 试 x 测", "[text] [text] x [text]");
    assert_words("测试", "[text]");
    assert_words("a%b=c+d/e_f", "a%b=c+d/e_f");
    assert_words("a/bCd/e", "[text]");
    assert_words("12/3 4567", "[number]");
}

static void assert_version(const char *text, const char *expected)
{
    g_autofree char *clean = ht_scrub_version(ht_text_from(text));
    g_assert_cmpstr(clean, ==, expected);
}

static void test_versions_have_their_borders(void)
{
    assert_version("12.34.5-6", "12.34.5-6");
    assert_version("12.34.5-67", "?number?");
    assert_version("1a23.45b6.7c89.01d2", "1a23.45b6.7c89.01d2");
    assert_version("1a23.45b6.7c89.01d23", "1a23.45b6.7c89.01d2?");
    assert_version("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwx");
    assert_version("", "");
}

static const char *code_of(const char *code)
{
    static HtOutcome outcome;
    HtLimits limits = ht_limits_default();
    HtFault fault;
    ht_outcome_init(&outcome);
    ht_fault_set(&fault, code, "text");
    ht_outcome_add_fault(&outcome, &fault);
    ht_scrub_outcome(&outcome, &limits);
    static char kept[sizeof outcome.faults[0].code];
    g_strlcpy(kept, outcome.faults[0].code, sizeof kept);
    ht_outcome_clear(&outcome);
    return kept;
}

/* A fault's code stands in the log and before observers. */
static void test_codes_are_words(void)
{
    static const char *const good[] = {"no-row", "a.b-c", "x123", "7"};
    static const char *const bad[] = {"", "x1234", "1-2-3-4", "No-row", "a b", "a_b", "三", "row:"};
    for (unsigned i = 0; i < G_N_ELEMENTS(good); i++) {
        g_assert_cmpstr(code_of(good[i]), ==, good[i]);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_cmpstr(code_of(bad[i]), ==, "adapter-rejected");
    }
}

/* How many records there were, and each limit, may be told whatever it looks like. */
static void test_an_outcomes_own_numbers_stay(void)
{
    HtOutcome outcome;
    HtLimits limits = ht_limits_default();
    HtFault fault;
    ht_outcome_init(&outcome);
    outcome.records = 12345678;
    outcome.rejected = 11111111;
    limits.value_bytes = 22222222;
    ht_fault_set(&fault, "x", "12345678, 11111111, 22222222 and 33333333");
    ht_outcome_add_fault(&outcome, &fault);
    ht_scrub_outcome(&outcome, &limits);
    g_assert_cmpstr(outcome.faults[0].text, ==, "12345678, 11111111, 22222222 and [number]");
    ht_outcome_clear(&outcome);
}

/* ---- The outbox ---- */

static void read_all(int fd, GString *into)
{
    char bytes[65536];
    ssize_t size;
    while ((size = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        g_string_append_len(into, bytes, size);
    }
}

static void test_outbox_keeps_the_order(void)
{
    int pair[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    HtOutbox outbox = HT_OUTBOX_EMPTY;
    g_autoptr(GString) expected = g_string_new(NULL), got = g_string_new(NULL);
    for (unsigned i = 0; i < 100; i++) {
        g_autofree char *small = g_strdup_printf("<%u>", i);
        g_autofree char *large = g_strnfill(50000 + i, (char)('a' + i % 26));
        g_autoptr(GBytes) bytes = g_bytes_new(large, strlen(large));
        ht_buffer_add_string(&outbox.gather, small);
        ht_outbox_add(&outbox, bytes);
        g_string_append(expected, small);
        g_string_append(expected, large);
    }
    ht_buffer_add_literal(&outbox.gather, "end");
    g_string_append(expected, "end");
    g_assert_cmpuint(ht_outbox_waiting(&outbox), ==, expected->len);
    unsigned full = 0;
    while (ht_outbox_send(&outbox, pair[0]) == HT_OUTBOX_FULL) {
        full++;
        read_all(pair[1], got);
        g_assert_cmpuint(ht_outbox_waiting(&outbox) + got->len, ==, expected->len);
    }
    read_all(pair[1], got);
    g_assert_cmpuint(full, >, 1);
    g_assert_true(g_string_equal(expected, got));
    g_assert_cmpuint(ht_outbox_waiting(&outbox), ==, 0);
    ht_outbox_clear(&outbox);
    close(pair[0]);
    close(pair[1]);
}

/* Small bodies are copied and large ones referred to: what arrives is the same. */
static void test_outbox_sends_messages_of_any_size(void)
{
    static const size_t sizes[] = {0, 1, 16 * 1024, 16 * 1024 + 1, 70000};
    HtMessageHead head = {.content_type = HT_TEXT_LITERAL("text/xml")}, got;
    HtBuffer fields = {0};
    ht_message_head_pack(&head, &fields);
    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        int pair[2];
        HtOutbox outbox = HT_OUTBOX_EMPTY;
        g_autoptr(GString) bytes = g_string_new(NULL);
        g_autofree char *contents = g_strnfill(sizes[i], 'x');
        g_autoptr(GBytes) sent = g_bytes_new(contents, sizes[i]);
        HtText body;
        HtFrame frame;
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
        ht_outbox_add_message(&outbox, 7, ht_buffer_text(&fields), sent);
        ht_frame_add(&outbox.gather, HT_FRAME_STOP, 0, HT_TEXT_NONE);
        while (ht_outbox_send(&outbox, pair[0]) == HT_OUTBOX_FULL) {
            read_all(pair[1], bytes);
        }
        read_all(pair[1], bytes);
        g_assert_cmpint(ht_frame_peek(bytes->str, bytes->len, SIZE_MAX, &frame), ==, 1);
        g_assert_true(frame.type == HT_FRAME_MESSAGE && frame.ticket == 7);
        g_assert_cmpuint(frame.size, ==, bytes->len - 2 * HT_FRAME_HEAD);
        g_assert_true(ht_message_unpack((HtText){bytes->str + HT_FRAME_HEAD, frame.size}, &got, &body));
        g_assert_true(ht_text_is(got.content_type, "text/xml"));
        g_assert_cmpmem(body.data, body.size, contents, sizes[i]);
        ht_outbox_clear(&outbox);
        g_assert_cmpuint(ht_outbox_waiting(&outbox), ==, 0);
        close(pair[0]);
        close(pair[1]);
    }
    ht_buffer_clear(&fields);
}

static void test_outbox_says_when_nobody_reads(void)
{
    int pair[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    HtOutbox outbox = HT_OUTBOX_EMPTY;
    ht_buffer_add_literal(&outbox.gather, "x");
    close(pair[1]);
    g_assert_cmpint(ht_outbox_send(&outbox, pair[0]), ==, HT_OUTBOX_GONE);
    ht_outbox_clear(&outbox);
    close(pair[0]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/frame/comes-back", test_comes_back);
    g_test_add_func("/frame/waits-for-the-whole", test_waits_for_the_whole);
    g_test_add_func("/frame/refuses-bad-heads", test_refuses_bad_heads);
    g_test_add_func("/frame/refuses-oversized-before-it-comes", test_refuses_oversized_before_it_comes);
    g_test_add_func("/frame/a-head-is-sixteen-bytes", test_a_head_is_sixteen_bytes);
    g_test_add_func("/frame/a-body-may-reach-the-limit", test_a_body_may_reach_the_limit);
    g_test_add_func("/frame/message-head-comes-back", test_a_head_comes_back);
    g_test_add_func("/scrub/takes-numbers-out", test_scrub_takes_numbers_out);
    g_test_add_func("/scrub/leaves-a-faults-own-numbers", test_scrub_leaves_a_faults_own_numbers);
    g_test_add_func("/scrub/makes-one-line-of-text", test_scrub_makes_one_line_of_text);
    g_test_add_func("/scrub/cuts-at-a-character", test_scrub_cuts_at_a_character);
    g_test_add_func("/scrub/takes-a-number-at-the-cut-out", test_scrub_takes_a_number_at_the_cut_out);
    g_test_add_func("/scrub/leaves-words-and-short-numbers", test_scrub_leaves_words);
    g_test_add_func("/scrub/has-its-borders", test_scrub_has_its_borders);
    g_test_add_func("/scrub/words-have-their-borders", test_words_have_their_borders);
    g_test_add_func("/scrub/versions-have-their-borders", test_versions_have_their_borders);
    g_test_add_func("/scrub/codes-are-words", test_codes_are_words);
    g_test_add_func("/scrub/an-outcomes-own-numbers-stay", test_an_outcomes_own_numbers_stay);
    g_test_add_func("/outbox/keeps-the-order", test_outbox_keeps_the_order);
    g_test_add_func("/outbox/sends-messages-of-any-size", test_outbox_sends_messages_of_any_size);
    g_test_add_func("/outbox/says-when-nobody-reads", test_outbox_says_when_nobody_reads);
    return g_test_run();
}
