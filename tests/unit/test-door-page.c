/* Pages of the public door: whose they are, how they are asked for, and what becomes of a call that waits. */
#include "tests/lib/door-harness.h"

#include <glib/gstdio.h>

#define TOKEN "0123456789abcdef"
#define PIECE 100000

/* What the handlers saw. */
static struct {
    HtPageCall *waiting;
    GString *ended; /* "sent ", "gone " */
    unsigned hurried, rooms;
} seen;

static void note_ended(HtPageCall *call, bool sent)
{
    seen.waiting = call == seen.waiting ? NULL : seen.waiting;
    g_string_append(seen.ended, sent ? "sent " : "gone ");
}

static void answer_text(HtPageCall *call, const char *text)
{
    HtPageAnswer answer = {.status = 200, .type = "text/plain", .headers = {{"Hutong-Test", "yes"}}};
    ht_buffer_add_string(&answer.body, text);
    ht_page_answer(call, &answer);
}

static void note_hurry(HtPageCall *call)
{
    seen.hurried++;
    answer_text(call, "in a hurry");
}

static void serve_now(HtPageCall *call, void *user)
{
    uint64_t number;
    HtRefusal refusal;
    g_assert_true(user == &seen);
    call->ended = note_ended;
    if (!ht_page_accepts(call, "text/plain", &refusal) ||
        !ht_page_number(call, "n", 1, 9, 5, &number, &refusal)) {
        ht_page_refuse(call, &refusal);
        return;
    }
    const char *echo = ht_page_header(call, "hutong-echo");
    g_autofree char *text =
        g_strdup_printf("%s|%s|%u|%.*s%s", call->party ? call->party : "-", call->name ? call->name : "-",
                        (unsigned)number, (int)call->body.size, call->body.data, echo ? echo : "");
    answer_text(call, text);
}

static void serve_later(HtPageCall *call, void *user)
{
    (void)user;
    seen.waiting = call;
    call->ended = note_ended;
    call->hurry = note_hurry;
}

static void write_piece(HtPageCall *call)
{
    g_autofree char *piece = g_strnfill(PIECE, 'x');
    seen.rooms++;
    ht_page_write(call, ht_text_from(piece));
}

static void serve_stream(HtPageCall *call, void *user)
{
    (void)user;
    HtPageAnswer head = {.status = 200, .type = "text/plain"};
    seen.waiting = call;
    call->ended = note_ended;
    call->room = ht_page_query(call, "full") ? write_piece : NULL;
    ht_page_stream(call, &head);
}

static const HtPage rows[] = {
    {HT_PAGE_READ, "/open/*", HT_PARTY_ANYONE, 0, serve_now},
    {HT_PAGE_READ, "/in/*/receipt/*", HT_PARTY_SOURCE, 0, serve_now},
    {HT_PAGE_TAKE, "/out/*", HT_PARTY_CONSUMER, 0, serve_later},
    {HT_PAGE_TAKE, "/out/*/stream", HT_PARTY_CONSUMER, 0, serve_stream},
    {HT_PAGE_POST, "/out/*/ack", HT_PARTY_CONSUMER, 10, serve_now},
};

static Bus *start_with(char *token_file)
{
    Bus *bus = bus_new();
    seen.ended = g_string_new(NULL);
    seen.hurried = seen.rooms = 0;
    seen.waiting = NULL;
    bus->page_rows = rows;
    bus->page_count = G_N_ELEMENTS(rows);
    bus->page_user = &seen;
    bus->consumer = (HtConsumerConfig){.name = (char *)"platform", .token_file = token_file};
    bus->source_configs[0].token_file = token_file;
    bus_open_door(bus);
    return bus;
}

static void stop(Bus *bus)
{
    bus_stop(bus);
    g_string_free(seen.ended, TRUE);
}

static Answer *ask(Bus *bus, const char *request)
{
    g_autoptr(Client) client = client_open(bus);
    client_say(client, request);
    Answer *answer = client_answer(client);
    g_assert_nonnull(answer);
    return answer;
}

static void await_waiting(void)
{
    while (!seen.waiting) {
        iterate_loop();
    }
}

static void await_ended(const char *how)
{
    int64_t until_us = ht_clock_monotonic() + DEADLINE_US;
    while (seen.ended->len == 0) {
        g_assert_cmpint(ht_clock_monotonic(), <, until_us);
        iterate_loop();
    }
    g_assert_cmpstr(seen.ended->str, ==, how);
}

static void a_page_gets_its_names_and_its_body(void)
{
    static const struct {
        const char *request, *body;
    } cases[] = {
        {"GET /open/a%2D1?n=3 HTTP/1.1\r\nHost: b\r\n\r\n", "-|a-1|3|"},
        {"GET /in/hukou/receipt/7 HTTP/1.1\r\nHost: b\r\n\r\n", "hukou|7|5|"},
        {"POST /out/platform/ack HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\n\r\nabcd", "platform|-|5|abcd"},
        {"POST /out/platform/ack HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
         "platform|-|5|ab"},
    };
    Bus *bus = start_with(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Answer) answer = ask(bus, cases[i].request);
        g_assert_cmpuint(answer->status, ==, 200);
        g_assert_cmpstr(answer->body, ==, cases[i].body);
        g_assert_nonnull(strstr(answer->head, "Hutong-Test: yes\r\n"));
    }
    stop(bus);
}

/* RFC 9110, sections 5.3 and 12.5.1, RFC 9112, section 5.1, RFC 3986, section 2.1. */
static void names_and_headers_are_read_as_the_standards_say(void)
{
    static const struct {
        const char *query, *headers;
        unsigned status;
        const char *text;
    } cases[] = {
        {"n=%33", "", 200, "-|a|3|"},
        {"%6E=3", "", 200, "-|a|3|"},
        {"n=3&n=4", "", 400, "twice"},
        {"n=3&%6e=3", "", 400, "twice"},
        {"n=3&m=%2", "", 400, "malformed"},
        {"n=%00", "", 400, "malformed"},
        {"n=3&m=3", "", 200, "-|a|3|"},
        {"", "Accept: \r\n", 200, "-|a|5|"},
        {"", "Accept: text/html\r\nAccept: text/plain\r\n", 200, "-|a|5|"},
        {"", "Accept: text/plain;q=0\r\nAccept: */*\r\n", 406, "not-acceptable"},
        {"", "Accept: text/*;q=0, */*\r\n", 406, "not-acceptable"},
        {"", "Accept: text/plain, */*;q=0\r\n", 200, "-|a|5|"},
        {"", "Accept: text/plain;Q=0, */*\r\n", 406, "not-acceptable"},
        {"", "Accept: text/plain;freq=0\r\n", 200, "-|a|5|"},
        {"", "Accept: text/plain ; q=0.5 \t\r\n", 200, "-|a|5|"},
        {"", "Hutong-Echo: here \t \r\n", 200, "-|a|5|here"},
        {"", "Hutong-Echo:  one \r\nHutong-Echo: two\r\n", 200, "-|a|5|one, two"},
    };
    Bus *bus = start_with(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *request =
            g_strdup_printf("GET /open/a?%s HTTP/1.1\r\nHost: b\r\n%s\r\n", cases[i].query, cases[i].headers);
        g_test_message("case %u", i);
        g_autoptr(Answer) answer = ask(bus, request);
        g_assert_cmpuint(answer->status, ==, cases[i].status);
        g_assert_nonnull(strstr(answer->body, cases[i].text));
    }
    stop(bus);
}

/* Also one that is refused for its head, before it is known whose page it is. */
static void consumers_are_refused_in_json(void)
{
    static const char *const requests[] = {
        "GET /out/platform/nothing HTTP/1.1\r\nHost: b\r\n\r\n",
        "GET /schema/ HTTP/1.1\r\nHost: b\r\n\r\n",
        "POST /out/platform/ack HTTP/1.1\r\nHost: b\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    };
    Bus *bus = start_with(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_autoptr(Answer) answer = ask(bus, requests[i]);
        g_assert_true(g_str_has_prefix(answer->body, "{\"messageId\""));
    }
    stop(bus);
}

static void what_does_not_fit_is_refused(void)
{
    static const struct {
        const char *request;
        unsigned status;
        const char *text;
    } cases[] = {
        {"GET /open/ HTTP/1.1\r\nHost: b\r\n\r\n", 404, "unknown-path"},
        {"GET /open/a/b HTTP/1.1\r\nHost: b\r\n\r\n", 404, "unknown-path"},
        {"GET /open/a/../b HTTP/1.1\r\nHost: b\r\n\r\n", 404, "unknown-path"},
        {"GET /in/nobody/receipt/7 HTTP/1.1\r\nHost: b\r\n\r\n", 404, "unknown-source"},
        {"GET /in/hukou/receipt HTTP/1.1\r\nHost: b\r\n\r\n", 404, "unknown-source"},
        {"GET /out/nobody HTTP/1.1\r\nHost: b\r\n\r\n", 404, "\"code\":\"unknown-consumer\""},
        {"GET /out/hukou HTTP/1.1\r\nHost: b\r\n\r\n", 404, "unknown-consumer"},
        {"GET /open/a?n=0 HTTP/1.1\r\nHost: b\r\n\r\n", 400, "n= takes a number from 1 to 9."},
        {"GET /open/a?n= HTTP/1.1\r\nHost: b\r\n\r\n", 400, "bad-query"},
        {"GET /open/a?n=99999999999999999999999 HTTP/1.1\r\nHost: b\r\n\r\n", 400, "bad-query"},
        {"GET /open/a HTTP/1.1\r\nHost: b\r\nAccept: text/html, text/plain;q=0\r\n\r\n", 406, "not-accep"},
        {"GET /open/a HTTP/1.1\r\nHost: b\r\nContent-Length: 1\r\n\r\na", 400, "unexpected-body"},
        {"POST /out/platform/ack HTTP/1.1\r\nHost: b\r\n\r\n", 411, "length-required"},
        {"POST /out/platform/ack HTTP/1.1\r\nHost: b\r\nContent-Length: 11\r\n\r\n", 413, "body-too-large"},
        {"POST /out/platform/ack HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: "
         "chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n",
         413, "body-too-large"},
    };
    Bus *bus = start_with(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("case %u", i);
        g_autoptr(Answer) answer = ask(bus, cases[i].request);
        g_assert_cmpuint(answer->status, ==, cases[i].status);
        g_assert_nonnull(strstr(answer->body, cases[i].text));
    }
    g_assert_null(seen.waiting);
    stop(bus);
}

static void other_methods_are_told_which_there_are(void)
{
    static const char *const cases[][3] = {
        {"POST", "/open/a", "Allow: GET, HEAD\r\n"},     {"DELETE", "/open/a", "Allow: GET, HEAD\r\n"},
        {"HEAD", "/out/platform", "Allow: GET\r\n"},     {"POST", "/out/platform", "Allow: GET\r\n"},
        {"GET", "/out/platform/ack", "Allow: POST\r\n"}, {"PUT", "/out/platform/ack", "Allow: POST\r\n"},
    };
    Bus *bus = start_with(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *request = g_strdup_printf("%s %s HTTP/1.1\r\nHost: b\r\nContent-Length: 0\r\n\r\n",
                                                   cases[i][0], cases[i][1]);
        g_autoptr(Client) client = client_open(bus);
        client_say(client, request);
        client_wait_closed(client);
        g_assert_true(g_str_has_prefix(client->got->str, "HTTP/1.1 405 "));
        g_assert_nonnull(strstr(client->got->str, cases[i][2]));
    }
    g_autoptr(Client) client = client_open(bus);
    client_say(client, "HEAD /open/a HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n");
    client_wait_closed(client);
    g_assert_true(g_str_has_prefix(client->got->str, "HTTP/1.1 200 "));
    g_assert_true(g_str_has_suffix(client->got->str, "\r\n\r\n"));
    stop(bus);
}

static void only_its_party_comes_in(void)
{
    static const char *const paths[] = {"/out/platform/stream", "/in/hukou/receipt/7", "/out/platform"};
    g_autofree char *file = g_build_filename(g_get_tmp_dir(), "page-token", NULL);
    g_assert_true(g_file_set_contents_full(file, TOKEN "\n", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    Bus *bus = start_with(file);
    for (unsigned i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *bare = g_strdup_printf("GET %s HTTP/1.1\r\nHost: b\r\n\r\n", paths[i]);
        g_autofree char *wrong = g_strdup_printf(
            "GET %s HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer " TOKEN "0\r\n\r\n", paths[i]);
        g_autoptr(Answer) first = ask(bus, bare), second = ask(bus, wrong);
        g_assert_cmpuint(first->status, ==, 401);
        g_assert_cmpuint(second->status, ==, 401);
        g_assert_nonnull(strstr(second->head, "WWW-Authenticate: Bearer "));
    }
    g_autoptr(Answer) open = ask(bus, "GET /open/a HTTP/1.1\r\nHost: b\r\n\r\n");
    g_assert_cmpuint(open->status, ==, 200);
    g_autoptr(Answer) good =
        ask(bus, "GET /in/hukou/receipt/7 HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer " TOKEN "\r\n\r\n");
    g_assert_cmpuint(good->status, ==, 200);
    stop(bus);
    g_unlink(file);
}

static void an_answer_may_come_later(void)
{
    Bus *bus = start_with(NULL);
    g_autoptr(Client) client = client_open(bus);
    for (unsigned i = 0; i < 3; i++) { /* and the connection goes on */
        client_say(client, "GET /out/platform HTTP/1.1\r\nHost: b\r\n\r\n");
        await_waiting();
        g_assert_cmpuint(seen.ended->len, ==, 0);
        answer_text(seen.waiting, "at last");
        g_autoptr(Answer) answer = client_answer(client);
        g_assert_cmpstr(answer->body, ==, "at last");
        await_ended("sent ");
        g_string_truncate(seen.ended, 0);
    }
    stop(bus);
}

static void who_leaves_while_it_waits_is_noticed(void)
{
    static const char *const paths[] = {"/out/platform", "/out/platform/stream"};
    for (unsigned i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *request = g_strdup_printf("GET %s HTTP/1.1\r\nHost: b\r\n\r\n", paths[i]);
        Bus *bus = start_with(NULL);
        Client *client = client_open(bus);
        client_say(client, request);
        await_waiting();
        iterate_loop();
        client_free(client);
        await_ended("gone ");
        HtDoorStatus status;
        ht_door_status(bus->door, &status);
        g_assert_cmpuint(status.in_flight, ==, 0);
        stop(bus);
    }
}

static void a_stream_goes_on_until_it_is_closed(void)
{
    Bus *bus = start_with(NULL);
    g_autoptr(Client) client = client_open(bus);
    client_say(client, "GET /out/platform/stream HTTP/1.1\r\nHost: b\r\n\r\n");
    await_waiting();
    for (unsigned i = 0; i < 3; i++) {
        g_autofree char *piece = g_strdup_printf("piece %u;", i);
        ht_page_write(seen.waiting, ht_text_from(piece));
        while (!strstr(client->got->str, piece)) {
            iterate_loop();
            client_look(client);
        }
    }
    g_assert_nonnull(strstr(client->got->str, "Transfer-Encoding: chunked\r\n"));
    g_assert_null(strstr(client->got->str, "\r\n0\r\n\r\n"));
    ht_page_close(seen.waiting);
    while (!strstr(client->got->str, "\r\n0\r\n\r\n")) {
        iterate_loop();
        client_look(client);
    }
    await_ended("sent ");
    stop(bus);
}

static void nothing_is_written_for_a_slow_reader(void)
{
    Bus *bus = start_with(NULL);
    g_autoptr(Client) client = client_open(bus);
    client_say(client, "GET /out/platform/stream?full HTTP/1.1\r\nHost: b\r\n\r\n");
    await_waiting();
    unsigned before;
    do { /* the kernel's buffers fill */
        before = seen.rooms;
        for (unsigned i = 0; i < 200; i++) {
            iterate_loop();
        }
    } while (seen.rooms != before);
    g_assert_cmpuint(seen.rooms, <, 200);
    while (seen.rooms == before) {
        iterate_loop();
        client_look(client);
    }
    stop(bus);
}

static void note_quiet(void *user)
{
    *(bool *)user = true;
}

static void the_end_of_the_bus_hurries_what_waits(void)
{
    Bus *bus = start_with(NULL);
    bool quiet = false;
    g_autoptr(Client) poll = client_open(bus);
    client_say(poll, "GET /out/platform HTTP/1.1\r\nHost: b\r\n\r\n");
    await_waiting();
    seen.waiting = NULL;
    g_autoptr(Client) stream = client_open(bus);
    client_say(stream, "GET /out/platform/stream HTTP/1.1\r\nHost: b\r\n\r\n");
    await_waiting();
    ht_door_drain(bus->door, note_quiet, &quiet);
    g_autoptr(Answer) answer = client_answer(poll);
    g_assert_cmpstr(answer->body, ==, "in a hurry");
    client_wait_closed(stream);
    g_assert_true(g_str_has_suffix(stream->got->str, "\r\n0\r\n\r\n"));
    while (!quiet) {
        iterate_loop();
    }
    g_assert_cmpuint(seen.hurried, ==, 1);
    g_assert_cmpstr(seen.ended->str, ==, "sent sent ");
    stop(bus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/page/gets-its-names-and-its-body", a_page_gets_its_names_and_its_body);
    g_test_add_func("/page/names-and-headers-are-read-as-the-standards-say",
                    names_and_headers_are_read_as_the_standards_say);
    g_test_add_func("/page/consumers-are-refused-in-json", consumers_are_refused_in_json);
    g_test_add_func("/page/what-does-not-fit-is-refused", what_does_not_fit_is_refused);
    g_test_add_func("/page/other-methods-are-told-which-there-are", other_methods_are_told_which_there_are);
    g_test_add_func("/page/only-its-party-comes-in", only_its_party_comes_in);
    g_test_add_func("/page/an-answer-may-come-later", an_answer_may_come_later);
    g_test_add_func("/page/who-leaves-while-it-waits-is-noticed", who_leaves_while_it_waits_is_noticed);
    g_test_add_func("/page/a-stream-goes-on-until-it-is-closed", a_stream_goes_on_until_it_is_closed);
    g_test_add_func("/page/nothing-is-written-for-a-slow-reader", nothing_is_written_for_a_slow_reader);
    g_test_add_func("/page/the-end-of-the-bus-hurries-what-waits", the_end_of_the_bus_hurries_what_waits);
    return g_test_run();
}
