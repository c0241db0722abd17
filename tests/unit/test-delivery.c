/* core/delivery: the field policy, pauses, signatures, what answers mean. */
#include "core/delivery/backoff.h"
#include "core/delivery/policy.h"
#include "core/delivery/reason.h"
#include "core/delivery/sender.h"
#include "core/delivery/signature.h"
#include "tests/lib/data.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <netinet/in.h>

/* ---- Pauses ---- */

static void test_pauses_double_with_jitter_up_to_the_most(void)
{
    HtBackoff backoff = {100, 1000, 0};
    const uint64_t full[] = {100, 200, 400, 800, 1000, 1000};
    for (unsigned i = 0; i < G_N_ELEMENTS(full); i++) {
        uint64_t pause = ht_backoff_next(&backoff, 0);
        g_assert_cmpuint(pause, >=, full[i] / 2);
        g_assert_cmpuint(pause, <=, full[i] + 1);
    }
    for (unsigned i = 0; i < 1000; i++) {
        g_assert_cmpuint(ht_backoff_next(&backoff, 0), <=, 1001);
    }
    g_assert_cmpuint(ht_backoff_next(&backoff, 5000), ==, 5000);
    g_assert_cmpuint(ht_backoff_next(&backoff, UINT64_MAX), ==, UINT64_C(86400000));
}

/* The jitter is the upper half of the pause, whatever it is: a thousand pauses of each length show which that is. */
static void test_each_pause_is_twice_the_one_before(void)
{
    const uint64_t full[] = {100, 200, 400, 800, 1600, 2000, 2000};
    for (unsigned failures = 0; failures < G_N_ELEMENTS(full); failures++) {
        uint64_t least = UINT64_MAX, most = 0;
        for (unsigned i = 0; i < 1000; i++) {
            HtBackoff backoff = {100, 2000, failures};
            uint64_t pause = ht_backoff_next(&backoff, 0);
            g_assert_cmpuint(backoff.failures, ==, failures + 1);
            least = MIN(least, pause);
            most = MAX(most, pause);
        }
        g_assert_cmpuint(least, >=, full[failures] / 2);
        g_assert_cmpuint(least, <=, full[failures] * 6 / 10);
        g_assert_cmpuint(most, >=, full[failures] * 9 / 10);
        g_assert_cmpuint(most, <=, full[failures] + 1);
    }
}

static void test_retry_after_is_read_in_both_forms(void)
{
    const int64_t now = INT64_C(1258732800) * 1000000; /* Fri, 20 Nov 2009 16:00:00 GMT */
    g_assert_cmpuint(ht_backoff_retry_after("120", now), ==, 120000);
    g_assert_cmpuint(ht_backoff_retry_after("Fri, 20 Nov 2009 16:00:05 GMT", now), ==, 5000);
    g_assert_cmpuint(ht_backoff_retry_after("Fri, 20 Nov 2009 15:00:05 GMT", now), ==, 0);
    g_assert_cmpuint(ht_backoff_retry_after("soon", now), ==, 0);
    g_assert_cmpuint(ht_backoff_retry_after(NULL, now), ==, 0);
    g_assert_cmpuint(ht_backoff_retry_after("99999999999999999999", now), ==, 86400000);
    g_assert_cmpuint(ht_backoff_retry_after("86400", now), ==, 86400000);
    g_assert_cmpuint(ht_backoff_retry_after("86401", now), ==, 86400000);
    g_assert_cmpuint(ht_backoff_retry_after("86399", now), ==, 86399000);
    g_assert_cmpuint(ht_backoff_retry_after("0", now), ==, 0);
    g_assert_cmpuint(ht_backoff_retry_after("Fri, 20 Nov 2009 16:00:00 GMT", now), ==, 0);
    g_assert_cmpuint(ht_backoff_retry_after("Fri, 20 Nov 2019 16:00:00 GMT", now), ==, 86400000);
    g_assert_cmpuint(ht_backoff_retry_after("Thu, 01 Jan 1970 00:00:01 GMT", 0), ==, 1000);
}

/* ---- Signatures ---- */

static void test_signatures_are_those_of_standard_webhooks(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "hutong-secret-XXXXXX", NULL);
    int fd = g_mkstemp(path);
    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents_full(path, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", -1,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_autoptr(HtSecret) secret = ht_secret_load((const char *const[]){path, NULL}, &error);
    g_assert_no_error(error);
    /* The example that the specification's reference libraries use as their test vector. */
    g_auto(GStrv) headers =
        ht_secret_sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", INT64_C(1614265330) * 1000000,
                       HT_TEXT_LITERAL("{\"test\": 2432232314}"));
    g_assert_cmpstr(headers[0], ==, "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek");
    g_assert_cmpstr(headers[1], ==, "webhook-timestamp: 1614265330");
    g_assert_cmpstr(headers[2], ==, "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    const char *two[] = {path, path, NULL};
    g_autoptr(HtSecret) both = ht_secret_load(two, &error);
    g_auto(GStrv) twice = ht_secret_sign(both, "msg_p5jXN8AQM9LWM0D4loKWxJek", INT64_C(1614265330) * 1000000,
                                         HT_TEXT_LITERAL("{\"test\": 2432232314}"));
    g_assert_cmpstr(twice[2], ==,
                    "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
                    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    const char *nine[] = {path, path, path, path, path, path, path, path, path, NULL};
    g_assert_null(ht_secret_load(nine, &error));
    g_assert_nonnull(strstr(error->message, "at most 8 secrets"));
    g_clear_error(&error);
    g_assert_true(g_file_set_contents_full(path, "short", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_assert_null(ht_secret_load((const char *const[]){path, NULL}, &error));
    g_assert_nonnull(error);
    g_unlink(path);
}

/* ---- Answers ---- */

static void test_a_reason_holds_neither_numbers_nor_control_characters(void)
{
    static const struct {
        const char *answer, *reason;
    } cases[] = {
        {"", "HTTP 422"},
        {" no\r\nsuch thing\t", "HTTP 422: no  such thing"},
        {"\33[2Jbad\302\205\342\200\256dab", "HTTP 422: [2Jbad  dab"},
        {"990104198001019915 is there", "HTTP 422: [number] is there"},
        {"99010419800101991X is there", "HTTP 422: [number] is there"},
        {"990104 19800101 9915, 139-0000-0000", "HTTP 422: [number], [number]"},
        {"９９０１０４１９８００１０１９９１５ is", "HTTP 422: [number] is"},
        {"九九〇一〇四一九八八 of 9901.0419/8001", "HTTP 422: [number] of [number]"},
        {"line 123456 of 99", "HTTP 422: line 123456 of 99"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtPosted posted = {.status = 422, .body = ht_text_from(cases[i].answer)};
        g_autofree char *full = ht_reason_full(&posted), *brief = ht_reason_short(&posted);
        g_assert_cmpstr(full, ==, cases[i].reason);
        g_assert_cmpstr(brief, ==, "HTTP 422");
    }
    HtPosted none = {.error = "Timeout was reached", .body = HT_TEXT_LITERAL("half an answer")};
    g_autofree char *full = ht_reason_full(&none);
    g_assert_cmpstr(full, ==, "Timeout was reached");
}

/* Of each status that there is: what was taken, what is wrong with the events, and what with the endpoint. */
static void test_each_status_has_its_meaning(void)
{
    static const long of_the_endpoint[] = {401, 403, 404, 405, 407, 408, 411, 414, 417, 421, 425, 426, 429};
    for (long status = 100; status < 1000; status++) {
        HtPosted posted = {.status = status};
        HtSentKind kind = status == 410                   ? HT_SENT_GONE
                          : status >= 200 && status < 300 ? HT_SENT_TAKEN
                          : status >= 400 && status < 500 ? HT_SENT_REFUSED
                                                          : HT_SENT_RETRY;
        for (unsigned i = 0; i < G_N_ELEMENTS(of_the_endpoint); i++) {
            kind = status == of_the_endpoint[i] ? HT_SENT_RETRY : kind;
        }
        g_test_message("status %ld", status);
        g_assert_cmpint(ht_reason_kind(&posted), ==, kind);
        posted.retry_after_ms = 1;
        g_assert_cmpint(ht_reason_kind(&posted), ==, status == 429 || status == 503 ? HT_SENT_REST : kind);
    }
}

/* Six digits may be a number of something, seven may be somebody's; of a long answer the beginning is kept. */
static void test_a_reason_is_bounded(void)
{
    g_autofree char *shorter = g_strnfill(200, 'x'), *longer = g_strnfill(201, 'x');
    const struct {
        const char *answer, *reason;
    } cases[] = {
        {"at 123456.", "HTTP 422: at 123456."},
        {"at 1234567.", "HTTP 422: at [number]."},
        {"1-2-3-4-5-6", "HTTP 422: 1-2-3-4-5-6"},
        {"1-2-3-4-5-6-7", "HTTP 422: [number]"},
        {" \t\r\n", "HTTP 422"},
        {"a\342\200\250b\342\200\251c", "HTTP 422: a b c"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *got = ht_reason_clean("HTTP 422", ht_text_from(cases[i].answer));
        g_test_message("case %u", i);
        g_assert_cmpstr(got, ==, cases[i].reason);
    }
    g_autofree char *whole = ht_reason_clean("r", ht_text_from(shorter)),
                    *cut = ht_reason_clean("r", ht_text_from(longer));
    g_assert_cmpstr(whole, ==, cut);
    g_assert_cmpuint(strlen(cut), ==, strlen("r: ") + 200);
}

static void test_only_what_says_so_for_the_whole_is_a_rest(void)
{
    static const struct {
        HtPosted posted;
        HtSentKind kind;
    } cases[] = {
        {{.status = 200}, HT_SENT_TAKEN},
        {{.status = 299}, HT_SENT_TAKEN},
        {{.status = 302}, HT_SENT_RETRY},
        {{.status = 404, .retry_after_ms = 1000}, HT_SENT_RETRY},
        {{.status = 408}, HT_SENT_RETRY},
        {{.status = 429}, HT_SENT_RETRY},
        {{.status = 500, .retry_after_ms = 1000}, HT_SENT_RETRY},
        {{.status = 503}, HT_SENT_RETRY},
        {{.status = 0, .error = "timeout"}, HT_SENT_RETRY},
        {{.status = 400}, HT_SENT_REFUSED},
        {{.status = 422}, HT_SENT_REFUSED},
        {{.status = 410}, HT_SENT_GONE},
        {{.status = 429, .retry_after_ms = 1}, HT_SENT_REST},
        {{.status = 503, .retry_after_ms = 1000}, HT_SENT_REST},
        {{.status = 0, .error = "refused", .unsent = true}, HT_SENT_REST},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("status %ld", cases[i].posted.status);
        g_assert_cmpint(ht_reason_kind(&cases[i].posted), ==, cases[i].kind);
    }
}

static void test_connections_that_are_forbidden(void)
{
    static const struct {
        const char *address;
        bool forbidden;
    } cases[] = {
        {"127.0.0.1", false},
        {"10.1.2.3", false},
        {"169.254.169.254", true},
        {"0.0.0.0", true},
        {"224.0.0.1", true},
        {"::1", false},
        {"fe80::1", true},
        {"::ffff:10.1.2.3", false},
        {"::ffff:169.254.169.254", true},
        {"::", true},
        {"::ffff:224.0.0.1", true},
        {"2001:db8::1", false},
        {"0.255.255.255", true},
        {"1.0.0.1", false},
        {"169.253.255.255", false},
        {"169.255.0.1", false},
        {"169.254.0.0", true},
        {"223.255.255.255", false},
        {"239.255.255.255", true},
        {"240.0.0.1", true},
        {"255.255.255.255", true},
        {"febf::1", true},
        {"fec0::1", false},
        {"ff02::1", true},
        {"::ffff:0.0.0.1", true},
        {"::ffff:255.255.255.255", true},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sockaddr_in ip4 = {.sin_family = AF_INET};
        struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6};
        bool is_ip4 = inet_pton(AF_INET, cases[i].address, &ip4.sin_addr) == 1;
        g_assert_true(is_ip4 || inet_pton(AF_INET6, cases[i].address, &ip6.sin6_addr) == 1);
        g_test_message("%s", cases[i].address);
        g_assert_cmpint(ht_sender_forbids(is_ip4 ? (struct sockaddr *)&ip4 : (struct sockaddr *)&ip6), ==,
                        cases[i].forbidden);
    }
    struct sockaddr other = {.sa_family = AF_UNIX}; /* nothing else goes out */
    g_assert_true(ht_sender_forbids(&other));
}

/* Takes one request, and answers 200 with 100 KB. */
static void *answer_at_length(void *user)
{
    g_autoptr(GSocketConnection) connection = g_socket_listener_accept(user, NULL, NULL, NULL);
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    g_autoptr(GString) answer = g_string_new("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    char request[4096];
    g_input_stream_read(in, request, sizeof request, NULL, NULL);
    g_string_set_size(answer, answer->len + 100000);
    g_output_stream_write_all(out, answer->str, answer->len, NULL, NULL, NULL);
    return NULL;
}

static void take_status(const HtPosted *posted, void *user)
{
    *(long *)user = posted->status;
}

static void test_a_long_answer_is_an_answer(void)
{
    g_autoptr(GSocketListener) listener = g_socket_listener_new();
    guint16 port = g_socket_listener_add_any_inet_port(listener, NULL, NULL);
    GThread *thread = g_thread_new("answer", answer_at_length, listener);
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u/", port);
    HtSender *sender = ht_sender_new();
    HtPost post = {
        .url = url, .content_type = "text/plain", .timeout_ms = 10000, .connect_timeout_ms = 10000};
    long status = -1;
    ht_buffer_add_literal(&post.body, "x");
    ht_sender_post(sender, &post, take_status, &status);
    while (status < 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpint(status, ==, 200);
    ht_sender_free(sender);
    g_thread_join(thread);
}

/* ---- The field policy ---- */

static HtSeen see(HtPolicy *policy, const char *name, const char *value, bool minor, char **masked)
{
    HtItem item = {.kind = HT_ITEM_ELEMENT, .name = ht_text_from(name), .value = ht_text_from(value)};
    HtStoredEvent event = {0};
    HtBuffer buffer = {0};
    event.event.attr[HT_ATTR_MINOR] = minor ? HT_TEXT_LITERAL("1") : HT_TEXT_NONE;
    HtSeen seen = ht_policy_see(policy, &event, &item, &buffer);
    if (masked) {
        *masked = g_strndup(buffer.data, buffer.size);
    }
    ht_buffer_clear(&buffer);
    return seen;
}

static HtPolicy *policy_of(const HtDictionary *dictionary, HtConsumerConfig config)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    config.name = (char *)"c";
    config.file = (char *)"f";
    HtPolicy *policy = ht_policy_new(&config, dictionary, errors);
    g_assert_cmpstr(errors->str, ==, "");
    return policy;
}

static void test_clearance_allow_deny_and_mask(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *allow[] = {(char *)"person.idNumber", NULL}, *deny[] = {(char *)"person.sex", NULL};
    char *mask[] = {(char *)"person.phone:phone", (char *)"person.name:name", NULL};
    HtConsumerConfig config = {.clearance = 1,
                               .purpose = (char *)"社区人口服务",
                               .purpose_until = (char *)"2099-12-31",
                               .allow = allow,
                               .deny = deny,
                               .mask = mask};
    g_autoptr(HtPolicy) policy = policy_of(dictionary, config);
    g_autofree char *masked = NULL;
    g_assert_cmpint(see(policy, "person.birthDate", "1980-01-01", false, NULL), ==, HT_SEEN_WHOLE);
    g_assert_cmpint(see(policy, "person.idNumber", "990104198001019915", false, NULL), ==, HT_SEEN_WHOLE);
    g_assert_cmpint(see(policy, "person.sex", "1", false, NULL), ==, HT_SEEN_NOT);
    g_assert_cmpint(see(policy, "person.ethnicGroup", "01", false, NULL), ==, HT_SEEN_NOT);
    g_assert_cmpint(see(policy, "person.name", "测试甲", false, &masked), ==, HT_SEEN_MASKED);
    g_assert_cmpstr(masked, ==, "测**");
    g_assert_cmpint(see(policy, "no.such", "x", false, NULL), ==, HT_SEEN_NOT);
}

static void test_a_pattern_names_many_elements(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *mask[] = {(char *)"*.idNumber:idNumber", NULL};
    HtConsumerConfig config = {
        .clearance = 3, .purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .mask = mask};
    g_autoptr(HtPolicy) policy = policy_of(dictionary, config);
    g_autofree char *masked = NULL, *more = NULL;
    g_assert_cmpint(see(policy, "person.idNumber", "990104198001019915", false, &masked), ==, HT_SEEN_MASKED);
    g_assert_cmpint(see(policy, "mother.idNumber", "990104198001019915", false, &more), ==, HT_SEEN_MASKED);
    g_assert_cmpstr(masked, ==, "990***********9915");
    g_assert_cmpint(see(policy, "person.name", "测试甲", false, NULL), ==, HT_SEEN_WHOLE);
}

static void test_a_minors_elements_need_the_highest_clearance(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    g_autoptr(HtPolicy) low = policy_of(
        dictionary,
        (HtConsumerConfig){.clearance = 2, .purpose = (char *)"p", .purpose_until = (char *)"2099-12-31"});
    g_autoptr(HtPolicy) high = policy_of(
        dictionary,
        (HtConsumerConfig){.clearance = 3, .purpose = (char *)"p", .purpose_until = (char *)"2099-12-31"});
    g_assert_cmpint(see(low, "person.birthDate", "2024-01-01", true, NULL), ==, HT_SEEN_NOT);
    g_assert_cmpint(see(low, "person.birthDate", "1980-01-01", false, NULL), ==, HT_SEEN_WHOLE);
    g_assert_cmpint(see(high, "person.birthDate", "2024-01-01", true, NULL), ==, HT_SEEN_WHOLE);
}

static const char *example_of(HtType type)
{
    switch (type) {
    case HT_TYPE_DATE:
    case HT_TYPE_DATETIME: return "2009-03-12";
    case HT_TYPE_TIME: return "08:30:00";
    case HT_TYPE_MONTH: return "2009-03";
    case HT_TYPE_INTEGER:
    case HT_TYPE_DECIMAL: return "1";
    case HT_TYPE_DIVISION: return "440104";
    default: return "x";
    }
}

/* Free text in the place of a code, or anything that the element is not for, may be personal. */
static void test_what_an_element_is_not_for_counts_as_sensitive(void)
{
    static const struct {
        const char *name, *value;
    } odd[] = {{"household.status", "测试甲"},
               {"household.status", "990104198001019915"},
               {"record.agencyName", "990104198001019915"},
               {"record.changedAt", "测试甲"},
               {"household.createdOn", "2009-03-12 测试甲"}};
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    g_autoptr(HtPolicy) nothing = policy_of(dictionary, (HtConsumerConfig){.clearance = 0});
    g_autoptr(HtPolicy) one = policy_of(
        dictionary,
        (HtConsumerConfig){.clearance = 1, .purpose = (char *)"p", .purpose_until = (char *)"2099-12-31"});
    g_autoptr(HtPolicy) two = policy_of(
        dictionary,
        (HtConsumerConfig){.clearance = 2, .purpose = (char *)"p", .purpose_until = (char *)"2099-12-31"});
    for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
        g_test_message("%s", odd[i].name);
        g_assert_cmpuint(ht_dictionary_find(dictionary, odd[i].name, strlen(odd[i].name))->sensitivity, ==,
                         0);
        g_assert_cmpint(see(nothing, odd[i].name, odd[i].value, false, NULL), ==, HT_SEEN_NOT);
        g_assert_cmpint(see(one, odd[i].name, odd[i].value, false, NULL), ==, HT_SEEN_NOT);
        g_assert_cmpint(see(two, odd[i].name, odd[i].value, false, NULL), ==, HT_SEEN_WHOLE);
    }
    HtItem original = {.kind = HT_ITEM_ELEMENT,
                       .name = HT_TEXT_LITERAL("household.createCategory"),
                       .value = {"7\0text\0s", 8},
                       .form = HT_VALUE_ORIGINAL};
    HtStoredEvent event = {0};
    g_assert_cmpint(ht_policy_see(nothing, &event, &original, NULL), ==, HT_SEEN_NOT);
    g_assert_cmpint(ht_policy_see(one, &event, &original, NULL), ==, HT_SEEN_NOT);
    g_assert_cmpint(ht_policy_see(two, &event, &original, NULL), ==, HT_SEEN_WHOLE);
}

static HtSeen see_original(HtPolicy *policy, const char *name, bool minor)
{
    HtItem item = {.kind = HT_ITEM_ELEMENT,
                   .name = ht_text_from(name),
                   .value = {"7\0测试甲\0s", 13},
                   .form = HT_VALUE_ORIGINAL};
    HtStoredEvent event = {0};
    HtBuffer masked = {0};
    event.event.attr[HT_ATTR_MINOR] = minor ? HT_TEXT_LITERAL("1") : HT_TEXT_NONE;
    HtSeen seen = ht_policy_see(policy, &event, &item, &masked);
    g_assert_cmpuint(masked.size, ==, 0);
    ht_buffer_clear(&masked);
    return seen;
}

/* What was sent in the place of a value that could not be read may be anything: no element's original is seen below clearance
 * 2, nor below the element's own, nor a minor's below the highest. */
static void test_originals_need_their_clearance(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    for (int clearance = 0; clearance <= 3; clearance++) {
        g_autoptr(HtPolicy) policy =
            policy_of(dictionary, (HtConsumerConfig){.clearance = clearance,
                                                     .purpose = (char *)"p",
                                                     .purpose_until = (char *)"2099-12-31"});
        for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
            const HtElement *element = ht_dictionary_element(dictionary, i);
            int needed = MAX((int)element->sensitivity, 2);
            g_test_message("%s at %d", element->name, clearance);
            g_assert_cmpint(see_original(policy, element->name, false), ==,
                            clearance >= needed ? HT_SEEN_WHOLE : HT_SEEN_NOT);
            g_assert_cmpint(see_original(policy, element->name, true), ==,
                            clearance >= 3 ? HT_SEEN_WHOLE : HT_SEEN_NOT);
        }
        g_assert_cmpint(see_original(policy, "no.such", false), ==,
                        clearance >= 3 ? HT_SEEN_WHOLE : HT_SEEN_NOT);
    }
}

/* No mask can be applied to what is no value of its kind: it is left out, whatever the clearance. */
static void test_originals_of_what_is_masked_are_not_seen(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *mask[] = {(char *)"*:last4", NULL}, *hide[] = {(char *)"*:hide", NULL},
         *all[] = {(char *)"*", (char *)"unmapped", NULL};
    g_autoptr(HtPolicy) masked =
        policy_of(dictionary, (HtConsumerConfig){.clearance = 3,
                                                 .purpose = (char *)"p",
                                                 .purpose_until = (char *)"2099-12-31",
                                                 .allow = all,
                                                 .mask = mask});
    g_autoptr(HtPolicy) hidden = policy_of(
        dictionary,
        (HtConsumerConfig){
            .clearance = 3, .purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .mask = hide});
    char *deny[] = {(char *)"*", NULL};
    g_autoptr(HtPolicy) denied = policy_of(
        dictionary,
        (HtConsumerConfig){
            .clearance = 3, .purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .deny = deny});
    for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
        const HtElement *element = ht_dictionary_element(dictionary, i);
        g_test_message("%s", element->name);
        g_assert_cmpint(see_original(masked, element->name, false), ==, HT_SEEN_NOT);
        g_assert_cmpint(see_original(hidden, element->name, false), ==, HT_SEEN_NOT);
        g_assert_cmpint(see_original(denied, element->name, false), ==, HT_SEEN_NOT);
    }
}

static void test_without_a_purpose_nothing_personal_is_seen(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *allow[] = {(char *)"person.name", (char *)"unmapped", NULL};
    g_autoptr(HtPolicy) policy = policy_of(dictionary, (HtConsumerConfig){.clearance = 3, .allow = allow});
    HtItem unmapped = {.kind = HT_ITEM_UNMAPPED, .name = HT_TEXT_LITERAL("X"), .value = HT_TEXT_LITERAL("y")};
    HtStoredEvent event = {0};
    for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
        const HtElement *element = ht_dictionary_element(dictionary, i);
        g_assert_cmpint(see(policy, element->name, example_of(element->type), false, NULL), ==,
                        element->sensitivity ? HT_SEEN_NOT : HT_SEEN_WHOLE);
    }
    g_assert_cmpint(ht_policy_see(policy, &event, &unmapped, NULL), ==, HT_SEEN_NOT);
}

static void test_unknown_elements_are_errors_with_a_suggestion(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    g_autoptr(GString) errors = g_string_new(NULL);
    char *allow[] = {(char *)"person.idNumbr", NULL}, *mask[] = {(char *)"person.name:nothing", NULL};
    HtConsumerConfig config = {
        .name = (char *)"c", .file = (char *)"hutong.conf", .line = 7, .allow = allow, .mask = mask};
    g_assert_null(ht_policy_new(&config, dictionary, errors));
    g_assert_nonnull(strstr(errors->str,
                            "hutong.conf:7: error: [consumer c] allow: 'person.idNumbr' is no element of the "
                            "dictionary; did you mean 'person.idNumber'?"));
    g_assert_nonnull(strstr(errors->str, "'nothing' is no mask"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/backoff/doubles-with-jitter-up-to-the-most",
                    test_pauses_double_with_jitter_up_to_the_most);
    g_test_add_func("/backoff/each-pause-is-twice-the-one-before", test_each_pause_is_twice_the_one_before);
    g_test_add_func("/backoff/reads-retry-after-in-both-forms", test_retry_after_is_read_in_both_forms);
    g_test_add_func("/signature/is-that-of-standard-webhooks",
                    test_signatures_are_those_of_standard_webhooks);
    g_test_add_func("/reason/holds-neither-numbers-nor-control-characters",
                    test_a_reason_holds_neither_numbers_nor_control_characters);
    g_test_add_func("/reason/each-status-has-its-meaning", test_each_status_has_its_meaning);
    g_test_add_func("/reason/is-bounded", test_a_reason_is_bounded);
    g_test_add_func("/reason/only-what-says-so-for-the-whole-is-a-rest",
                    test_only_what_says_so_for_the_whole_is_a_rest);
    g_test_add_func("/sender/forbids-connections", test_connections_that_are_forbidden);
    g_test_add_func("/sender/a-long-answer-is-an-answer", test_a_long_answer_is_an_answer);
    g_test_add_func("/policy/clearance-allow-deny-and-mask", test_clearance_allow_deny_and_mask);
    g_test_add_func("/policy/a-pattern-names-many-elements", test_a_pattern_names_many_elements);
    g_test_add_func("/policy/a-minors-elements-need-the-highest-clearance",
                    test_a_minors_elements_need_the_highest_clearance);
    g_test_add_func("/policy/what-an-element-is-not-for-counts-as-sensitive",
                    test_what_an_element_is_not_for_counts_as_sensitive);
    g_test_add_func("/policy/originals-need-their-clearance", test_originals_need_their_clearance);
    g_test_add_func("/policy/originals-of-what-is-masked-are-not-seen",
                    test_originals_of_what_is_masked_are_not_seen);
    g_test_add_func("/policy/without-a-purpose-nothing-personal-is-seen",
                    test_without_a_purpose_nothing_personal_is_seen);
    g_test_add_func("/policy/unknown-elements-are-errors-with-a-suggestion",
                    test_unknown_elements_are_errors_with_a_suggestion);
    return g_test_run();
}
