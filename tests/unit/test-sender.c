/* core/delivery/sender and webhook over a real socket: what a platform gets, and where nothing goes. */
#include "core/base/log.h"
#include "core/delivery/sender.h"
#include "core/delivery/signature.h"
#include "core/delivery/webhook.h"
#include "tests/lib/data.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#define REQUEST_BYTES 65536
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OLD_SECRET "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="

/* ---- A platform that takes one request and keeps it ---- */

typedef struct {
    GSocketListener *listener;
    GThread *thread;
    char *url;
    char request[REQUEST_BYTES + 1]; /* head and body */
} Taker;

static gboolean is_whole(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n"), *length = strstr(request, "Content-Length: ");
    return end && length && strlen(end + 4) >= g_ascii_strtoull(length + 16, NULL, 10);
}

static void *take_one(void *user)
{
    static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
    Taker *taker = user;
    g_autoptr(GSocketConnection) connection = g_socket_listener_accept(taker->listener, NULL, NULL, NULL);
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    size_t size = 0;
    for (gssize got = 1; got > 0 && !is_whole(taker->request); size += (size_t)MAX(got, 0)) {
        got = g_input_stream_read(in, taker->request + size, REQUEST_BYTES - size, NULL, NULL);
    }
    g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), answer,
                              sizeof answer - 1, NULL, NULL, NULL);
    return NULL;
}

static void taker_begin(Taker *taker)
{
    memset(taker->request, 0, sizeof taker->request);
    taker->listener = g_socket_listener_new();
    guint16 port = g_socket_listener_add_any_inet_port(taker->listener, NULL, NULL);
    taker->url = g_strdup_printf("http://127.0.0.1:%u/events", port);
    taker->thread = g_thread_new("taker", take_one, taker);
}

static void taker_end(Taker *taker)
{
    g_thread_join(taker->thread);
    g_object_unref(taker->listener);
    g_free(taker->url);
}

/* Free it; NULL when there is none. */
static char *find_header(const Taker *taker, const char *name)
{
    g_autofree char *key = g_strdup_printf("\r\n%s: ", name);
    const char *at = strstr(taker->request, key);
    return at ? g_strndup(at + strlen(key), strcspn(at + strlen(key), "\r")) : NULL;
}

/* ---- Signatures ---- */

static char *write_secret(const char *secret)
{
    char *path = g_build_filename(g_get_tmp_dir(), "hutong-secret-XXXXXX", NULL);
    g_close(g_mkstemp(path), NULL);
    g_assert_true(g_file_set_contents_full(path, secret, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    return path;
}

static HtSeen see_all(void *user, const HtStoredEvent *event, const HtItem *item, HtBuffer *masked)
{
    (void)user, (void)event, (void)item, (void)masked;
    return HT_SEEN_WHOLE;
}

static HtSeen see_time(void *user, const HtStoredEvent *event)
{
    (void)user, (void)event;
    return HT_SEEN_WHOLE;
}

static void note_sent(const HtSent *sent, void *user)
{
    *(int *)user = (int)sent->kind;
}

static void note_dropped(void *user)
{
    (void)user;
    g_assert_not_reached();
}

/* Sends two events (one of them when the mode is none of batches) to a taker. */
static void send_to_taker(Taker *taker, const char *mode, char **secret_files)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    HtConsumerConfig config = {.name = (char *)"c",
                               .file = (char *)"f",
                               .url = taker->url,
                               .mode = (char *)mode,
                               .batch = 10,
                               .secret_files = secret_files,
                               .timeout_ms = 20000,
                               .connect_timeout_ms = 20000};
    HtStoredEvent events[2] = {{.sequence = 1, .id.bytes = {1}}, {.sequence = 2, .id.bytes = {2}}};
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    HtSender *sender = ht_sender_new();
    HtTransport *transport = ht_webhook_new(&config, NULL, sender, NULL, errors);
    g_assert_cmpstr(errors->str, ==, "");
    for (unsigned i = 0; i < MIN(transport->most, 2); i++) {
        events[i].event.attr[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.died.v1");
        events[i].event.attr[HT_ATTR_SOURCE] = HT_TEXT_LITERAL("s");
        events[i].event.attr[HT_ATTR_BUSINESSID] = HT_TEXT_LITERAL("号 1\"%\r\nx: y~");
        g_ptr_array_add(list, &events[i]);
    }
    HtEventPolicy policy = {.see_time = see_time, .see = see_all};
    int kind = -1;
    HtOutgoing outgoing = {.events = list,
                           .bus = "b",
                           .policy = &policy,
                           .done = note_sent,
                           .drop = note_dropped,
                           .user = &kind};
    transport->send(transport, &outgoing);
    while (kind < 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpint(kind, ==, HT_SENT_TAKEN);
    transport->free(transport);
    ht_sender_free(sender);
}

/* As a platform does it, with nothing of the bus's own: HMAC-SHA256 of ID.TIMESTAMP.BODY. */
static char *work_out_signature(const char *secret, const char *id, const char *timestamp, const char *body)
{
    gsize size;
    g_autofree guchar *key = g_base64_decode(secret + strlen("whsec_"), &size);
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, key, size);
    g_autofree char *text = g_strdup_printf("%s.%s.%s", id, timestamp, body);
    guint8 digest[32];
    gsize digest_size = sizeof digest;
    g_hmac_update(hmac, (const guchar *)text, (gssize)strlen(text));
    g_hmac_get_digest(hmac, digest, &digest_size);
    g_autofree char *base64 = g_base64_encode(digest, digest_size);
    return g_strconcat("v1,", base64, NULL);
}

static void test_what_a_platform_gets_is_signed(void)
{
    static const char *const modes[] = {"structured", "batch", "binary"};
    for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autofree Taker *taker = g_new0(Taker, 1);
        g_autofree char *secret = write_secret(SECRET "\n"), *old = write_secret(OLD_SECRET);
        char *secrets[] = {secret, old, NULL};
        gint64 before_s = g_get_real_time() / G_USEC_PER_SEC;
        taker_begin(taker);
        send_to_taker(taker, modes[i], secrets);
        taker_end(taker);
        g_autofree char *id = find_header(taker, "webhook-id"),
                        *timestamp = find_header(taker, "webhook-timestamp"),
                        *signature = find_header(taker, "webhook-signature");
        g_autofree char *encoding = find_header(taker, "Accept-Encoding");
        g_assert_true(id && timestamp && signature);
        g_assert_cmpstr(encoding, ==, "identity"); /* without it any would do: RFC 9110, section 12.5.3 */
        gint64 signed_s = g_ascii_strtoll(timestamp, NULL, 10);
        g_assert_cmpint(signed_s, >=, before_s);
        g_assert_cmpint(signed_s, <=, g_get_real_time() / G_USEC_PER_SEC);
        const char *body = strstr(taker->request, "\r\n\r\n") + 4;
        g_autofree char *right = work_out_signature(SECRET, id, timestamp, body),
                        *old_right = work_out_signature(OLD_SECRET, id, timestamp, body);
        g_auto(GStrv) both = g_strsplit(signature, " ", -1);
        g_assert_cmpuint(g_strv_length(both), ==, 2);
        g_assert_cmpstr(both[0], ==, right);
        g_assert_cmpstr(both[1], ==, old_right);
        static const char *const types[] = {"application/cloudevents+json; charset=utf-8",
                                            "application/cloudevents-batch+json; charset=utf-8",
                                            "application/json"};
        g_autofree char *type = find_header(taker, "Content-Type");
        g_assert_cmpstr(type, ==, types[i]);
        g_assert_cmpint(body[0], ==, i == 1 ? '[' : '{');
        if (i == 0) {
            g_assert_nonnull(strstr(body, id)); /* the event's own */
        }
        g_unlink(secret);
        g_unlink(old);
    }
}

static void test_without_a_secret_nothing_is_signed(void)
{
    g_autofree Taker *taker = g_new0(Taker, 1);
    taker_begin(taker);
    send_to_taker(taker, "structured", NULL);
    taker_end(taker);
    g_assert_null(strstr(taker->request, "webhook-"));
    g_assert_nonnull(strstr(taker->request, "\r\nUser-Agent: hutong\r\n"));
    g_assert_null(strstr(taker->request, "Expect:"));
}

/* What stands in the environment of a service is nobody's decision where events go. */
static void test_no_proxy_of_the_environment_is_asked(void)
{
    static const char *const names[] = {"http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"};
    g_autofree Taker *taker = g_new0(Taker, 1);
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_setenv(names[i], "http://127.0.0.1:1", TRUE);
    }
    taker_begin(taker);
    send_to_taker(taker, "structured", NULL);
    taker_end(taker);
    g_assert_true(g_str_has_prefix(taker->request, "POST /events HTTP/1.1\r\n"));
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_unsetenv(names[i]);
    }
}

static char *encode_secret(const char *prefix, gsize size, const char *suffix)
{
    g_autofree guchar *key = (guchar *)g_strnfill(size, (char)0xfb);
    g_autofree char *base64 = g_base64_encode(key, size);
    return g_strconcat(prefix, base64, suffix, NULL);
}

/* 24 to 64 bytes, in base64 as it is written, after its prefix or without. */
static void test_a_secret_is_as_long_as_the_standard_says(void)
{
    static const struct {
        const char *prefix;
        gsize size;
        const char *suffix;
        bool good;
    } cases[] = {
        {"whsec_", 23, "", false},   {"whsec_", 24, "", true},
        {"whsec_", 64, "", true},    {"whsec_", 65, "", false},
        {"", 24, "", true},          {" whsec_", 32, " \n", true},
        {"whsec-", 32, "", false},   {"whsec_whsec_", 32, "", false},
        {"whsec_", 25, "=", false},  {"whsec_", 24, "!", false},
        {"whsec_", 24, "QQ", false}, {"whsec_", 0, "", false},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = encode_secret(cases[i].prefix, cases[i].size, cases[i].suffix);
        g_autofree char *path = write_secret(text);
        g_autoptr(HtSecret) secret = ht_secret_load((const char *const[]){path, NULL}, &error);
        g_test_message("case %u", i);
        g_assert_cmpint(secret != NULL, ==, cases[i].good);
        g_assert_true(cases[i].good || strstr(error->message, "not a secret"));
        g_assert_true(cases[i].good || strstr(error->message, path));
        g_unlink(path);
    }
}

static void test_as_many_secrets_sign_as_may(void)
{
    g_autofree char *path = write_secret(SECRET);
    const char *paths[HT_SECRETS_MAX + 1] = {NULL};
    for (unsigned i = 0; i < HT_SECRETS_MAX; i++) {
        paths[i] = path;
    }
    g_autoptr(HtSecret) secret = ht_secret_load(paths, NULL);
    g_assert_nonnull(secret);
    g_auto(GStrv) headers = ht_secret_sign(secret, "id", 1999999, HT_TEXT_LITERAL("x"));
    g_assert_cmpstr(headers[1], ==, "webhook-timestamp: 1"); /* whole seconds */
    g_auto(GStrv) signatures = g_strsplit(headers[2], "v1,", -1);
    g_assert_cmpuint(g_strv_length(signatures), ==, HT_SECRETS_MAX + 1);
    g_unlink(path);
}

/* ---- Attributes as headers ---- */

static void test_a_binary_event_has_its_attributes_in_headers(void)
{
    static const char *const expected[][2] = {
        {"ce-specversion", "1.0"},
        {"ce-id", "01000000-0000-0000-0000-000000000000"},
        {"ce-source", "/b/s"},
        {"ce-type", "person.died.v1"},
        {"ce-sequence", "00000000000000000001"},
        {"ce-dataschema", "urn:hutong:schema:person.died.v1"},
        {"ce-businessid", "%E5%8F%B7%201%22%25%0D%0Ax:%20y~"},
        {"Content-Type", "application/json"},
    };
    g_autofree Taker *taker = g_new0(Taker, 1);
    taker_begin(taker);
    send_to_taker(taker, "binary", NULL);
    taker_end(taker);
    for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autofree char *value = find_header(taker, expected[i][0]);
        g_assert_cmpstr(value, ==, expected[i][1]);
    }
    g_assert_null(strstr(taker->request, "ce-datacontenttype"));
    g_assert_null(strstr(taker->request, "ce-time"));
    g_assert_cmpstr(strstr(taker->request, "\r\n\r\n") + 4, ==, "{}");
}

/* ---- Where nothing goes ---- */

typedef struct {
    bool done, unsent;
    long status;
    char *error;
    uint64_t took_us;
} Posted;

static void note_posted(const HtPosted *posted, void *user)
{
    *(Posted *)user =
        (Posted){true, posted->unsent, posted->status, g_strdup(posted->error), posted->took_us};
}

static Posted post_to(const char *url)
{
    HtSender *sender = ht_sender_new();
    HtPost post = {.url = url, .content_type = "text/plain", .timeout_ms = 5000, .connect_timeout_ms = 5000};
    Posted posted = {0};
    ht_buffer_add_literal(&post.body, "x");
    ht_sender_post(sender, &post, note_posted, &posted);
    while (!posted.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    ht_sender_free(sender);
    return posted;
}

/* 0.0.0.0 is this machine to the kernel: somebody listens there, and gets nothing. */
static void test_no_socket_is_opened_to_a_forbidden_address(void)
{
    static const char *const hosts[] = {"0.0.0.0", "[::]", "[::ffff:0.0.0.0]"};
    g_autoptr(GSocketListener) listener = g_socket_listener_new();
    guint16 port = g_socket_listener_add_any_inet_port(listener, NULL, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autofree char *url = g_strdup_printf("http://%s:%u/", hosts[i], port);
        g_test_message("%s", hosts[i]);
        Posted posted = post_to(url);
        g_assert_cmpint(posted.status, ==, 0);
        g_assert_true(posted.unsent);
        g_assert_cmpuint(posted.took_us, <, 4 * G_USEC_PER_SEC);
        g_free(posted.error);
    }
}

/* ---- What an answer is ---- */

typedef struct {
    GSocketListener *listener;
    const char *
        answer; /* what is written, then the connection ends; NULL: nothing, and it stays open until the client goes */
} Teller;

static void *tell(void *user)
{
    const Teller *teller = user;
    char request[4096] = "";
    g_autoptr(GSocketConnection) connection = g_socket_listener_accept(teller->listener, NULL, NULL, NULL);
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    g_input_stream_read(in, request, sizeof request, NULL, NULL);
    if (teller->answer) {
        g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), teller->answer,
                                  strlen(teller->answer), NULL, NULL, NULL);
    } else {
        g_input_stream_read(in, request, sizeof request, NULL, NULL);
    }
    return NULL;
}

typedef struct {
    bool done, unsent, repeated[2];
    long status;
    uint64_t retry_after_ms;
    char *error, *body, *wanted[2];
} Told;

static void note_told(const HtPosted *posted, void *user)
{
    Told *told = user;
    *told = (Told){.done = true,
                   .unsent = posted->unsent,
                   .status = posted->status,
                   .retry_after_ms = posted->retry_after_ms,
                   .error = g_strdup(posted->error),
                   .body = g_strndup(posted->body.data ? posted->body.data : "", posted->body.size)};
    for (unsigned i = 0; i < 2; i++) {
        told->wanted[i] = g_strdup(posted->wanted[i].value);
        told->repeated[i] = posted->wanted[i].repeated;
    }
}

static void clear_told(Told *told)
{
    g_free(told->error);
    g_free(told->body);
    g_free(told->wanted[0]);
    g_free(told->wanted[1]);
}

static Told hear(const char *answer, uint64_t timeout_ms)
{
    Told told = {0};
    Teller teller = {g_socket_listener_new(), answer};
    guint16 port = g_socket_listener_add_any_inet_port(teller.listener, NULL, NULL);
    GThread *thread = g_thread_new("teller", tell, &teller);
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u/", port);
    HtSender *sender = ht_sender_new();
    HtPost post = {.url = url,
                   .content_type = "text/plain",
                   .wanted = {"WebHook-Allowed-Origin", "WebHook-Allowed-Rate"},
                   .timeout_ms = timeout_ms,
                   .connect_timeout_ms = 20000};
    ht_buffer_add_literal(&post.body, "x");
    ht_sender_post(sender, &post, note_told, &told);
    while (!told.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    ht_sender_free(sender);
    g_thread_join(thread);
    g_object_unref(teller.listener);
    return told;
}

static void test_what_is_read_of_an_answer(void)
{
    static const struct {
        const char *answer, *body, *first, *second;
        long status;
        uint64_t retry_after_ms;
        bool repeated;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", NULL, NULL, 200, 0, false},
        {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "", NULL, NULL,
         302, 0, false},
        {"HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", "", NULL, NULL, 503, 7000, false},
        {"HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: b\r\nwebhook-allowed-rate: 5\r\nContent-Length: 0\r\n\r\n",
         "", "b", "5", 200, 0, false},
        {"HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: a\r\nWebHook-Allowed-Origin: b\r\nContent-Length: 0\r\n\r\n",
         "", "a", NULL, 200, 0, true},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "", NULL, NULL, 204, 0, false},
        {"HTTP/1.1 200 OK\r\nContent-Le", "", NULL, NULL, 0, 0, false}, /* it ends in its head */
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\n", "", NULL, NULL, 0, 0, false},
        {"HTTP/1.1 422 No\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\037\213ab", "", NULL, NULL,
         422, 0, false},
        {"HTTP/1.1 422 No\r\nContent-Encoding: Identity\r\nContent-Length: 2\r\n\r\nno", "no", NULL, NULL,
         422, 0, false},
        {"", "", NULL, NULL, 0, 0, false},
        {"smtp\r\n", "", NULL, NULL, 0, 0, false},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Told told = hear(cases[i].answer, 20000);
        g_test_message("case %u", i);
        g_assert_cmpint(told.status, ==, cases[i].status);
        g_assert_cmpint(told.error == NULL, ==, cases[i].status != 0);
        g_assert_false(told.unsent);
        g_assert_cmpuint(told.retry_after_ms, ==, cases[i].retry_after_ms);
        g_assert_cmpstr(told.wanted[0], ==, cases[i].first);
        g_assert_cmpstr(told.wanted[1], ==, cases[i].second);
        g_assert_cmpint(told.repeated[0], ==, cases[i].repeated);
        g_assert_false(told.repeated[1]);
        g_assert_true(cases[i].status == 0 || g_str_equal(told.body, cases[i].body));
        clear_told(&told);
    }
}

/* The beginning of a long answer is kept; a head without end is none. */
static void test_an_answer_is_bounded(void)
{
    g_autofree char *filler = g_strnfill(70000, 'y');
    g_autofree char *body = g_strconcat("HTTP/1.1 422 No\r\nContent-Length: 70000\r\n\r\n", filler, NULL);
    g_autofree char *head =
        g_strconcat("HTTP/1.1 200 OK\r\nX: ", filler, "\r\nContent-Length: 0\r\n\r\n", NULL);
    Told told = hear(body, 20000);
    g_assert_cmpint(told.status, ==, 422);
    g_assert_cmpuint(strlen(told.body), ==, 1024);
    clear_told(&told);
    told = hear(head, 20000);
    g_assert_cmpint(told.status, ==, 0);
    clear_told(&told);
}

/* Who takes the request and says nothing is waited for as long as the key says; it was sent. */
static void test_who_does_not_answer_is_not_waited_for(void)
{
    Told told = hear(NULL, 50);
    g_assert_cmpint(told.status, ==, 0);
    g_assert_false(told.unsent);
    g_assert_nonnull(told.error);
    clear_told(&told);
}

static void test_only_http_is_spoken(void)
{
    static const char *const urls[] = {"file:///etc/hostname", "ftp://127.0.0.1/x", "gopher://127.0.0.1/"};
    for (unsigned i = 0; i < G_N_ELEMENTS(urls); i++) {
        Posted posted = post_to(urls[i]);
        g_test_message("url %u", i);
        g_assert_cmpint(posted.status, ==, 0);
        g_assert_true(posted.unsent);
        g_free(posted.error);
    }
}

/* ---- Connections that come and go ---- */

#define ANSWERS_EACH 3

/* Answers some requests of a connection, then closes it without having said so. */
static gboolean serve_some(GThreadedSocketService *service, GSocketConnection *connection, GObject *source,
                           void *user)
{
    static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    (void)service, (void)source, (void)user;
    for (unsigned i = 0; i < ANSWERS_EACH; i++) {
        char request[4096] = "";
        size_t size = 0;
        for (gssize got = 1; got > 0 && !is_whole(request); size += (size_t)MAX(got, 0)) {
            got = g_input_stream_read(in, request + size, sizeof request - 1 - size, NULL, NULL);
        }
        if (!is_whole(request) ||
            !g_output_stream_write_all(out, answer, sizeof answer - 1, NULL, NULL, NULL)) {
            break;
        }
    }
    return TRUE;
}

static void post_many(HtSender *sender, const char *url, unsigned together)
{
    Posted posted[8] = {{0}};
    for (unsigned i = 0; i < together; i++) {
        HtPost post = {
            .url = url, .content_type = "text/plain", .timeout_ms = 20000, .connect_timeout_ms = 20000};
        ht_buffer_add_literal(&post.body, "x");
        ht_sender_post(sender, &post, note_posted, &posted[i]);
    }
    for (unsigned i = 0; i < together; i++) {
        while (!posted[i].done) {
            g_main_context_iteration(NULL, TRUE);
        }
        g_assert_cmpstr(posted[i].error, ==, NULL);
        g_assert_cmpint(posted[i].status, ==, 204);
    }
}

/* Descriptors are closed and given out again while the sender keeps its watches over them. */
static void test_connections_that_end_are_replaced(void)
{
    g_autoptr(GSocketService) service = g_threaded_socket_service_new(16);
    guint16 port = g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(service), NULL, NULL);
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u/", port);
    g_signal_connect(service, "run", G_CALLBACK(serve_some), NULL);
    HtSender *sender = ht_sender_new();
    for (unsigned i = 0; i < 60; i++) {
        post_many(sender, url, 1 + i % 8);
    }
    ht_sender_free(sender);
    g_socket_service_stop(service);
}

/* Who closes a connection that nobody uses wakes the main loop once, not for ever. */
static void test_an_idle_connection_that_ends_is_no_work(void)
{
    g_autofree Taker *taker = g_new0(Taker, 1);
    HtSender *sender = ht_sender_new();
    Posted posted = {0};
    taker_begin(taker);
    HtPost post = {
        .url = taker->url, .content_type = "text/plain", .timeout_ms = 20000, .connect_timeout_ms = 20000};
    ht_buffer_add_literal(&post.body, "x");
    ht_sender_post(sender, &post, note_posted, &posted);
    while (!posted.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    taker_end(taker); /* its connection is closed by now */
    unsigned turns = 0;
    for (unsigned i = 0; i < 1000; i++) {
        turns += g_main_context_iteration(NULL, FALSE);
    }
    g_assert_cmpuint(turns, <, 100);
    ht_sender_free(sender);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level(HT_LOG_ERROR);
    g_test_add_func("/sender/what-a-platform-gets-is-signed", test_what_a_platform_gets_is_signed);
    g_test_add_func("/sender/without-a-secret-nothing-is-signed", test_without_a_secret_nothing_is_signed);
    g_test_add_func("/sender/no-proxy-of-the-environment-is-asked",
                    test_no_proxy_of_the_environment_is_asked);
    g_test_add_func("/sender/a-binary-event-has-its-attributes-in-headers",
                    test_a_binary_event_has_its_attributes_in_headers);
    g_test_add_func("/sender/no-socket-is-opened-to-a-forbidden-address",
                    test_no_socket_is_opened_to_a_forbidden_address);
    g_test_add_func("/sender/what-is-read-of-an-answer", test_what_is_read_of_an_answer);
    g_test_add_func("/sender/an-answer-is-bounded", test_an_answer_is_bounded);
    g_test_add_func("/sender/who-does-not-answer-is-not-waited-for",
                    test_who_does_not_answer_is_not_waited_for);
    g_test_add_func("/sender/only-http-is-spoken", test_only_http_is_spoken);
    g_test_add_func("/signature/a-secret-is-as-long-as-the-standard-says",
                    test_a_secret_is_as_long_as_the_standard_says);
    g_test_add_func("/signature/as-many-sign-as-may", test_as_many_secrets_sign_as_may);
    g_test_add_func("/sender/connections-that-end-are-replaced", test_connections_that_end_are_replaced);
    g_test_add_func("/sender/an-idle-connection-that-ends-is-no-work",
                    test_an_idle_connection_that_ends_is_no_work);
    return g_test_run();
}
