/* The public door with a real spool and stub hosts: receipts, faults, streams, many at once, going away, draining. */
#include "tests/lib/door-harness.h"

#include <libxml/parser.h>
#include <sys/socket.h>

/* Well-formed, and its root element is `root`. */
static void assert_xml(const Answer *answer, const char *root)
{
    xmlDoc *document = xmlReadMemory(answer->body, (int)strlen(answer->body), NULL, NULL, XML_PARSE_NONET);
    g_assert_nonnull(document);
    g_assert_cmpstr((const char *)xmlDocGetRootElement(document)->name, ==, root);
    xmlFreeDoc(document);
}

static char *between(const char *text, const char *before, const char *after)
{
    const char *start = strstr(text, before);
    g_assert_nonnull(start);
    start += strlen(before);
    const char *end = strstr(start, after);
    g_assert_nonnull(end);
    return g_strndup(start, (size_t)(end - start));
}

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        g_test_message("\"%s\" is not in: %s", part, text);
        g_test_fail();
    }
}

/* ---- Receipts ---- */

static void receipt_names_what_is_on_disk(void)
{
    Bus *bus = bus_start();
    g_autoptr(Answer) answer = post(bus, "hukou", "Content-Type: text/xml; charset=\"gbk\"\r\n", "<two/>");
    g_assert_cmpuint(answer->status, ==, 200);
    assert_xml(answer, "receipt");
    assert_holds(answer->head, "Content-Type: application/xml; charset=utf-8");
    assert_holds(answer->body,
                 "<sequence>1</sequence><events>2</events><duplicates>0</duplicates><rejected>0</rejected>");
    g_autofree char *sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "<two/>", -1);
    assert_holds(answer->body, sha256);
    g_autofree char *id = between(answer->body, "<messageId>", "</messageId>");
    g_autofree char *header = between(answer->head, "Hutong-Message-Id: ", "\r\n");
    g_assert_cmpstr(id, ==, header);
    g_assert_cmpuint(bus_events(bus), ==, 2);
    g_assert_cmpstr(bus->hosts[0].seen_charset, ==, "gbk");
    g_assert_cmpuint(bus->sources[0]->figures->accepted, ==, 1);
    g_assert_cmpuint(bus->sources[0]->figures->events, ==, 2);
    bus_stop(bus);
}

static void take_page(HtSpoolPage *page, const GError *error, void *user)
{
    g_assert_no_error(error);
    *(HtSpoolPage **)user = page;
}

static void bus_sets_its_own_attributes(void)
{
    static const char trace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    Bus *bus = bus_start();
    HtSpoolPage *page = NULL;
    g_autofree char *headers = g_strdup_printf("traceparent: %s\r\n", trace);
    g_autoptr(Answer) answer = post(bus, "hukou", headers, "<a/>");
    g_autofree char *id = between(answer->body, "<messageId>", "</messageId>");
    ht_spool_read(bus->spool, 0, 10, 1 << 20, take_page, &page);
    WAIT_FOR(page);
    g_assert_cmpuint(page->events->len, ==, 1);
    const HtStoredEvent *event = g_ptr_array_index(page->events, 0);
    g_assert_true(ht_text_is(event->event.attr[HT_ATTR_SOURCE], "hukou"));
    g_assert_true(ht_text_is(event->event.attr[HT_ATTR_DEPARTMENT], "police"));
    g_assert_true(ht_text_is(event->event.attr[HT_ATTR_CAUSATIONID], id));
    HtText made = event->event.attr[HT_ATTR_TRACEPARENT];
    g_assert_cmpuint(made.size, ==, strlen(trace));
    g_assert_false(ht_text_is(made, trace));
    ht_spool_page_free(page);
    bus_stop(bus);
}

static void resent_message_gets_the_original_receipt(void)
{
    static const struct {
        const char *headers, *first, *second;
    } cases[] = {
        {"", "<a/>", "<a/>"},
        {"Idempotency-Key: k-1\r\n", "<b/>", "<b/>"},
        {"", "<c key=12 />", "<c key=12 x='1'/>"},
    };
    Bus *bus = bus_start();
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint64_t before = bus_events(bus);
        g_autoptr(Answer) first = post(bus, "hukou", cases[i].headers, cases[i].first);
        g_autoptr(Answer) second = post(bus, "hukou", cases[i].headers, cases[i].second);
        g_assert_cmpuint(second->status, ==, 200);
        g_assert_cmpstr(first->body, ==, second->body);
        assert_holds(second->head, "Hutong-Resent: true");
        g_assert_cmpuint(bus_events(bus), ==, before + 1);
    }
    g_autoptr(Answer) other = post(bus, "hukou", "Idempotency-Key: 12\r\n", "<d/>");
    g_assert_null(strstr(other->head, "Hutong-Resent"));
    g_assert_cmpuint(bus->sources[0]->figures->resent, ==, 3);
    bus_stop(bus);
}

/* Clients send one MessageID, or one header, with everything. Nothing is lost by it, and sending again stays safe. */
static void made_up_key_of_another_payload_loses_nothing(void)
{
    static const struct {
        const char *headers, *first, *second;
    } cases[] = {
        {"Idempotency-Key: k-1\r\n", "<b/>", "<b y='1'/>"},
        {"", "<soap11><wsa/></soap11>", "<soap11 y=''><wsa/><x/></soap11>"},
    };
    Bus *bus = bus_start();
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint64_t before = bus_events(bus);
        g_autoptr(Answer) first = post(bus, "hukou", cases[i].headers, cases[i].first);
        g_autoptr(Answer) second = post(bus, "hukou", cases[i].headers, cases[i].second);
        g_assert_cmpuint(second->status, ==, 200);
        g_assert_null(strstr(second->head, "Hutong-Resent"));
        assert_holds(second->body, "events>1</");
        g_assert_cmpuint(bus_events(bus), ==, before + 2);
        g_autoptr(Answer) again = post(bus, "hukou", cases[i].headers, cases[i].second);
        g_assert_cmpstr(again->body, ==, second->body);
        g_autoptr(Answer) oldest = post(bus, "hukou", cases[i].headers, cases[i].first);
        g_assert_cmpstr(oldest->body, ==, first->body);
        assert_holds(oldest->head, "Hutong-Resent: true");
        g_assert_cmpuint(bus_events(bus), ==, before + 2);
    }
    bus_stop(bus);
}

/* A number comes again with something else, under no key and under one that the sender made up: no answer shows the receipt of
 * what was said before. */
static void known_number_with_other_content_is_taken(void)
{
    static const char *const headers[] = {"", "Idempotency-Key: k-1\r\n"};
    Bus *bus = bus_start();
    for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
        uint64_t before = bus_events(bus);
        g_autofree char *one = g_strdup_printf("<b key=%zu says='1'/>", i);
        g_autofree char *two = g_strdup_printf("<b key=%zu says='2'/>", i);
        g_autoptr(Answer) first = post(bus, "hukou", headers[i], one);
        g_autoptr(Answer) second = post(bus, "hukou", headers[i], two);
        g_autoptr(Answer) third = post(bus, "hukou", headers[i], one);
        g_autoptr(Answer) again = post(bus, "hukou", headers[i], one);
        g_assert_null(strstr(second->head, "Hutong-Resent"));
        g_assert_null(strstr(third->head, "Hutong-Resent"));
        g_assert_cmpstr(again->body, ==, third->body);
        assert_holds(again->head, "Hutong-Resent: true");
        g_assert_cmpuint(bus_events(bus), ==, before + 3);
    }
    bus_stop(bus);
}

/* A MessageID that reads like a mapping's id, or like a header's, is neither. */
static void keys_of_several_kinds_never_meet(void)
{
    Bus *bus = bus_start();
    g_autoptr(Answer) mapping = post(bus, "hukou", "", "<a key=urn:a&b />");
    g_autoptr(Answer) header = post(bus, "hukou", "Idempotency-Key: urn:a&b\r\n", "<b/>");
    g_autoptr(Answer) wsa = post(bus, "hukou", "", "<wsa/>");
    g_assert_cmpuint(bus_events(bus), ==, 3);
    g_assert_null(strstr(header->head, "Hutong-Resent"));
    g_assert_null(strstr(wsa->head, "Hutong-Resent"));
    bus_stop(bus);
}

static void answers_come_in_the_form_of_the_request(void)
{
    Bus *bus = bus_start();
    g_autoptr(Answer) json = post(bus, "hukou", "Accept: application/json\r\n", "<a/>");
    assert_holds(json->head, "Content-Type: application/json");
    assert_holds(json->body, "\"events\":1,\"duplicates\":0,\"rejected\":0,\"sha256\":\"");
    g_autoptr(Answer) soap11 = post(bus, "hukou", "SOAPAction: \"urn:x\"\r\n", "<soap11 b=''/>");
    assert_xml(soap11, "Envelope");
    assert_holds(soap11->head, "Content-Type: text/xml");
    assert_holds(soap11->body, "http://schemas.xmlsoap.org/soap/envelope/");
    g_assert_cmpstr(bus->hosts[0].seen_action, ==, "urn:x");
    g_autoptr(Answer) soap12 =
        post(bus, "hukou", "Content-Type: application/soap+xml;action=\"urn:y\"\r\n", "<soap12><wsa/>");
    assert_xml(soap12, "Envelope");
    assert_holds(soap12->head, "Content-Type: application/soap+xml");
    assert_holds(soap12->body, ">urn:a&amp;b</wsa:RelatesTo>");
    g_assert_cmpstr(bus->hosts[0].seen_action, ==, "urn:y");
    g_autoptr(Answer) reply = post(bus, "hukou", "", "<reply/>");
    assert_holds(reply->head, "Content-Type: text/xml; charset=GBK");
    g_assert_cmpstr(reply->body, ==, "<ok>done</ok>");
    g_autoptr(Answer) part = post(bus, "hukou", "", "<part/>");
    assert_holds(part->body, "<rejected>1</rejected>");
    assert_holds(part->body, "<finding><code>required-missing</code><record>2</record>"
                             "<element>person.name</element><line>3</line>");
    bus_stop(bus);
}

/* ---- Faults ---- */

static void faults_have_the_status_of_their_kind(void)
{
    static const struct {
        const char *headers, *body;
        unsigned status;
        const char *holds;
    } cases[] = {
        {"", "<bad/>", 400, "<code>not-well-formed</code>"},
        {"", "<record/>", 422, "<record>2</record><element>person.name</element><line>3</line>"},
        {"", "<retry/>", 503, "<code>department-error</code>"},
        {"Accept: application/json\r\n", "<record/>", 422,
         "\"findings\":[{\"code\":\"required-missing\",\"record\":2"},
        {"", "<record><soap11/>", 500, "<faultcode>soap:Client</faultcode>"},
        {"", "<record><soap12/>", 500, "<soap:Value>soap:Sender</soap:Value>"},
        {"", "<retry><soap11/>", 503, "<faultcode>soap:Server</faultcode>"},
        {"", "<error 0/>", 503, "<code>busy</code>"},
        {"", "<error 1/>", 503, "<code>adapter-down</code>"},
        {"", "<error 2/>", 503, "<code>adapter-died</code>"},
        {"", "<error 3/>", 500, "<code>adapter-failed</code>"},
        {"", "<error 4/>", 503, "<code>adapter-broken</code>"},
        {"", "<garbage/>", 500, "<code>adapter-failed</code>"},
        {"SOAPAction: \"\"\r\n", "<error 3/>", 500, "<faultcode>soap:Server</faultcode>"},
        {"Content-Type: application/soap+xml\r\n", "<error 0/>", 503,
         "<soap:Value>soap:Receiver</soap:Value>"},
    };
    Bus *bus = bus_start();
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Answer) answer = post(bus, "hukou", cases[i].headers, cases[i].body);
        g_assert_cmpuint(answer->status, ==, cases[i].status);
        assert_holds(answer->body, cases[i].holds);
        assert_holds(answer->head, "Hutong-Message-Id: ");
        g_assert_cmpint(strstr(answer->head, "Retry-After: ") != NULL, ==, cases[i].status == 503);
        if (answer->body[0] == '<') {
            assert_xml(answer, strstr(answer->body, "Envelope") ? "Envelope" : "fault");
        }
    }
    g_assert_cmpuint(bus_events(bus), ==, 0);
    bus_stop(bus);
}

static void refused_messages_are_quarantined_where_wanted(void)
{
    Bus *bus = bus_start();
    HtSpoolStatus status;
    bus->source_configs[0].on_invalid = (char *)"quarantine";
    g_autoptr(Answer) refused = post(bus, "hukou", "", "<record/>");
    g_assert_cmpuint(refused->status, ==, 422);
    g_autoptr(Answer) killer = post(bus, "marriage", "", "<error 3/>");
    g_assert_cmpuint(killer->status, ==, 500);
    g_autoptr(Answer) plain = post(bus, "marriage", "", "<record/>");
    g_assert_cmpuint(plain->status, ==, 422);
    ht_spool_status(bus->spool, &status);
    g_assert_cmpuint(status.quarantined, ==, 2);
    bus_stop(bus);
}

/* The department's own way to hear of it changes the answer and nothing else. */
static void refusal_with_a_reply_is_a_refusal(void)
{
    Bus *bus = bus_start();
    HtSpoolStatus status;
    bus->source_configs[0].on_invalid = (char *)"quarantine";
    g_autoptr(Answer) answer = post(bus, "hukou", "", "<record><reply/>");
    g_assert_cmpuint(answer->status, ==, 200);
    g_assert_cmpstr(answer->body, ==, "<ok>done</ok>");
    g_assert_cmpuint(bus->sources[0]->figures->rejected, ==, 1);
    g_assert_cmpuint(bus->sources[0]->figures->accepted, ==, 0);
    g_assert_cmpuint(bus_events(bus), ==, 0);
    ht_spool_status(bus->spool, &status);
    g_assert_cmpuint(status.quarantined, ==, 1);
    bus_stop(bus);
}

/* A payload that passed in pieces and killed the host is not there: the sender must keep it. */
static void sender_is_told_when_the_payload_was_not_kept(void)
{
    Bus *bus = bus_start();
    HtSpoolStatus status;
    g_autofree char *blanks = g_strnfill(100000, ' ');
    g_autofree char *large = g_strconcat("<error 3/>", blanks, NULL);
    g_autoptr(Answer) kept = post(bus, "hukou", "", "<error 3/>");
    assert_holds(kept->body, "do not send it again");
    g_autoptr(Answer) lost = post(bus, "hukou", "", large);
    g_assert_cmpuint(lost->status, ==, 500);
    assert_holds(lost->body, "<code>adapter-failed</code>");
    assert_holds(lost->body, "not kept: keep it, and send it again when told");
    ht_spool_status(bus->spool, &status);
    g_assert_cmpuint(status.quarantined, ==, 2);
    bus_stop(bus);
}

/* What the host gives back stands as evidence of what was sent: only if it is that. */
static void returned_payload_must_be_what_was_sent(void)
{
    Bus *bus = bus_start();
    HtSpoolStatus status;
    bus->source_configs[0].on_invalid = (char *)"quarantine";
    g_autofree char *blanks = g_strnfill(100000, ' ');
    g_autofree char *good = g_strconcat("<repaired><returned/>", blanks, NULL);
    g_autofree char *forged = g_strconcat("<repaired><forged/>", blanks, NULL);
    g_autofree char *refused = g_strconcat("<record><forged/>", blanks, NULL);
    g_autoptr(Answer) taken = post(bus, "hukou", "", good);
    g_assert_cmpuint(taken->status, ==, 200);
    const char *const bad[] = {forged, refused};
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(Answer) answer = post(bus, "hukou", "", bad[i]);
        g_assert_cmpuint(answer->status, ==, 500);
        assert_holds(answer->body, "<code>adapter-failed</code>");
    }
    g_assert_cmpuint(bus_events(bus), ==, 1);
    ht_spool_status(bus->spool, &status);
    g_assert_cmpuint(status.quarantined, ==, 0);
    bus_stop(bus);
}

static void bytes_that_wait_for_the_spool_are_bounded(void)
{
    Bus *bus = bus_new();
    unsigned taken = 0;
    bus->spool_limits.queue_bytes = 1;
    bus_open_door(bus);
    bus->hosts[0].hold = true;
    Client *clients[3];
    for (unsigned i = 0; i < G_N_ELEMENTS(clients); i++) {
        g_autofree char *body = g_strdup_printf("<a n='%u'/>", i);
        clients[i] = client_open(bus);
        client_post(clients[i], "hukou", "", body);
    }
    WAIT_FOR(bus->hosts[0].submitted == G_N_ELEMENTS(clients));
    bus->hosts[0].hold = false; /* all outcomes come in one turn: the first is let in, whatever its size */
    wake_host(&bus->hosts[0]);
    for (unsigned i = 0; i < G_N_ELEMENTS(clients); i++) {
        g_autoptr(Answer) answer = client_answer(clients[i]);
        taken += answer->status == 200;
        g_assert_true(answer->status == 200 || strstr(answer->body, "<code>busy</code>"));
        client_free(clients[i]);
    }
    g_assert_cmpuint(taken, ==, 1);
    g_autoptr(Answer) later = post(bus, "hukou", "", "<a n='9'/>");
    g_assert_cmpuint(later->status, ==, 200);
    bus_stop(bus);
}

static void busy_host_takes_nothing(void)
{
    Bus *bus = bus_start();
    g_autofree char *large = g_strnfill(200000, 'x');
    bus->hosts[0].refuse = HT_HOST_ERROR_BUSY;
    g_autoptr(Answer) small = post(bus, "hukou", "", "<a/>");
    g_assert_cmpuint(small->status, ==, 503);
    g_autoptr(Answer) stream = post(bus, "hukou", "", large);
    g_assert_cmpuint(stream->status, ==, 503);
    g_assert_cmpuint(bus->sources[0]->figures->busy, ==, 2);
    bus_stop(bus);
}

/* ---- Bodies ---- */

static void chunks_and_streams_arrive_whole(void)
{
    static const size_t sizes[] = {1, 100, 8191, 65535, 65536, 65537, 300000};
    Bus *bus = bus_start();
    bus->hosts[0].window = 20000;
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *body = g_strnfill(sizes[i], (char)('a' + i));
        g_autoptr(Answer) known = post(bus, "hukou", "", body);
        g_assert_cmpuint(known->status, ==, 200);
        g_assert_cmpstr(bus->hosts[0].last->str, ==, body);
        body[0] = '!';
        g_autoptr(Client) client = client_open(bus);
        client_say(client, "POST /in/hukou HTTP/1.1\r\nHost: bus\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (size_t at = 0; at < sizes[i]; at += 7000) {
            size_t part = MIN(sizes[i] - at, 7000);
            g_autofree char *line = g_strdup_printf("%zx\r\n", part);
            client_say(client, line);
            client_send(client, body + at, part);
            client_say(client, "\r\n");
        }
        client_say(client, "0\r\n\r\n");
        g_autoptr(Answer) chunked = client_answer(client);
        g_assert_cmpuint(chunked->status, ==, 200);
        g_assert_cmpstr(bus->hosts[0].last->str, ==, body);
    }
    g_assert_cmpuint(bus->hosts[0].streamed, ==, 4);
    bus_stop(bus);
}

static void body_that_ends_early_is_never_accepted(void)
{
    static const char *const requests[] = {
        "POST /in/hukou HTTP/1.1\r\nHost: b\r\nContent-Length: 10\r\n\r\n<a/>",
        "POST /in/hukou HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n",
        "POST /in/hukou HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n<a/>",
        "POST /in/hukou HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n",
    };
    Bus *bus = bus_new();
    g_autofree char *large = g_strnfill(100000, 'x');
    bus->config.bus.header_timeout_ms = 400; /* looks for ends four times as often */
    bus_open_door(bus);
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_autoptr(Client) client = client_open(bus);
        client_say(client, requests[i]);
        shutdown(client->fd, SHUT_WR);
        client_wait_closed(client);
        g_assert_cmpuint(client->got->len, ==, 0);
    }
    g_autoptr(Client) stream = client_open(bus);
    client_say(stream, "POST /in/hukou HTTP/1.1\r\nHost: b\r\nContent-Length: 100001\r\n\r\n");
    client_say(stream, large);
    WAIT_FOR(bus->hosts[0].streamed == 1);
    shutdown(stream->fd, SHUT_WR);
    client_wait_closed(stream);
    WAIT_FOR(bus->hosts[0].cancelled == 1);
    g_assert_cmpuint(bus->hosts[0].submitted, ==, 0);
    g_assert_cmpuint(bus_events(bus), ==, 0);
    bus_stop(bus);
}

static void host_that_refuses_early_ends_the_upload(void)
{
    static const struct {
        const char *beginning;
        unsigned status;
        const char *code;
    } cases[] = {
        {"<bad/>", 400, "not-well-formed"},
        {"<error 2/>", 503, "adapter-died"},
        {"<error 3/>", 503, "adapter-died"}, /* what has not come whole is not put aside */
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Bus *bus = bus_start();
        HtSpoolStatus status;
        g_autofree char *part = g_strnfill(70000, 'x');
        memcpy(part, cases[i].beginning, strlen(cases[i].beginning));
        g_autoptr(Client) client = client_open(bus);
        client_say(client, "POST /in/hukou HTTP/1.1\r\nHost: b\r\nContent-Length: 900000\r\n\r\n");
        client_say(client, part);
        WAIT_FOR(bus->hosts[0].streamed == 1);
        answer_ticket(g_queue_peek_head(&bus->hosts[0].tickets));
        client_say(client, part);
        g_autoptr(Answer) answer = client_answer(client);
        g_assert_nonnull(answer);
        g_assert_cmpuint(answer->status, ==, cases[i].status);
        assert_holds(answer->body, cases[i].code);
        client_wait_closed(client);
        ht_spool_status(bus->spool, &status);
        g_assert_cmpuint(status.quarantined, ==, 0);
        bus_stop(bus);
    }
}

/* ---- Many at once ---- */

#define CLIENTS 64
#define ROUNDS 50

static void keep_client_busy(Client *client, unsigned index, unsigned *sent, unsigned *answered)
{
    client_look(client);
    g_assert_false(client->closed);
    g_autoptr(Answer) answer = cut_answer(client, false);
    if (answer) {
        g_assert_cmpuint(answer->status, ==, 200);
        assert_holds(answer->body, "<events>1</events>");
        (*answered)++;
    }
    if (*sent == *answered && *sent < ROUNDS) {
        g_autofree char *body = g_strdup_printf("<m key=%u-%u />", index, *sent);
        client_post(client, index % 2 ? "hukou" : "marriage", "", body);
        (*sent)++;
    }
}

static void many_clients_get_each_their_own_answer(void)
{
    Bus *bus = bus_start();
    Client *clients[CLIENTS];
    unsigned sent[CLIENTS] = {0}, answered[CLIENTS] = {0}, open = CLIENTS;
    bus->hosts[1].backwards = true;
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = client_open(bus);
    }
    int64_t until_us = ht_clock_monotonic() + 3 * DEADLINE_US;
    while (open > 0) {
        g_assert_cmpint(ht_clock_monotonic(), <, until_us);
        open = 0;
        for (unsigned i = 0; i < CLIENTS; i++) {
            keep_client_busy(clients[i], i, &sent[i], &answered[i]);
            open += answered[i] < ROUNDS;
        }
        iterate_loop();
    }
    g_assert_cmpuint(bus_events(bus), ==, CLIENTS * ROUNDS);
    HtDoorStatus status;
    ht_door_status(bus->door, &status);
    g_assert_cmpuint(status.requests, ==, CLIENTS * ROUNDS);
    g_assert_cmpuint(status.connections, ==, CLIENTS);
    g_assert_cmpuint(status.in_flight, ==, 0);
    for (unsigned i = 0; i < CLIENTS; i++) {
        client_free(clients[i]);
    }
    bus_stop(bus);
}

static void pipelined_requests_are_answered_in_order(void)
{
    Bus *bus = bus_start();
    g_autoptr(Client) client = client_open(bus);
    for (int i = 0; i < 20; i++) {
        client_post(client, "hukou", "", i % 2 ? "<none key=a1 />" : "<record/>");
    }
    for (int i = 0; i < 20; i++) {
        g_autoptr(Answer) answer = client_answer(client);
        g_assert_nonnull(answer);
        g_assert_cmpuint(answer->status, ==, i % 2 ? 200 : 422);
    }
    bus_stop(bus);
}

/* ---- Going away ---- */

static void message_goes_on_when_its_sender_leaves(void)
{
    Bus *bus = bus_start();
    HtDoorStatus status = {.unsent = 0};
    bus->hosts[0].hold = true;
    Client *client = client_open(bus);
    client_post(client, "hukou", "", "<a/>");
    WAIT_FOR(bus->hosts[0].submitted == 1);
    struct linger reset = {.l_onoff = 1};
    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    client_free(client);
    bus->hosts[0].hold = false;
    wake_host(&bus->hosts[0]);
    WAIT_FOR(bus_events(bus) == 1);
    WAIT_FOR((ht_door_status(bus->door, &status), status.unsent == 1 && status.connections == 0));
    g_assert_cmpuint(status.in_flight, ==, 0);
    bus_stop(bus);
}

static void note(void *user)
{
    *(bool *)user = true;
}

static void drained_door_answers_what_it_took(void)
{
    Bus *bus = bus_start();
    bool quiet = false;
    bus->hosts[0].hold = true;
    g_autoptr(Client) early = client_open(bus);
    g_autoptr(Client) kept = client_open(bus);
    client_post(early, "hukou", "", "<a/>");
    client_post(kept, "marriage", "", "<b/>");
    g_autoptr(Answer) before = client_answer(kept);
    g_assert_cmpuint(before->status, ==, 200);
    WAIT_FOR(bus->hosts[0].submitted == 1);
    ht_door_drain(bus->door, note, &quiet);
    client_post(kept, "marriage", "", "<c/>");
    g_autoptr(Answer) after = client_answer(kept);
    g_assert_cmpuint(after->status, ==, 503);
    assert_holds(after->head, "Retry-After: 10");
    g_assert_false(quiet);
    bus->hosts[0].hold = false;
    wake_host(&bus->hosts[0]);
    g_autoptr(Answer) answer = client_answer(early);
    g_assert_cmpuint(answer->status, ==, 200);
    assert_holds(answer->head, "Connection: close");
    WAIT_FOR(quiet);
    bus_stop(bus);
}

static void closing_in_the_middle_lets_go_of_everything(void)
{
    Bus *bus = bus_start();
    g_autofree char *large = g_strnfill(100000, 'x');
    bus->hosts[0].hold = true;
    g_autoptr(Client) with_host = client_open(bus);
    g_autoptr(Client) streaming = client_open(bus);
    g_autoptr(Client) with_spool = client_open(bus);
    g_autoptr(Client) wsdl = client_open(bus);
    client_post(with_host, "hukou", "", "<a/>");
    client_say(streaming, "POST /in/hukou HTTP/1.1\r\nHost: b\r\nContent-Length: 200000\r\n\r\n");
    client_say(streaming, large);
    client_post(with_spool, "marriage", "", "<b/>");
    client_say(wsdl, "GET /in/hukou?wsdl HTTP/1.1\r\nHost: b\r\n\r\n");
    WAIT_FOR(bus->hosts[0].submitted == 1 && bus->hosts[0].streamed == 1 && bus->hosts[1].submitted == 1);
    g_clear_pointer(&bus->door, ht_door_close);
    g_assert_cmpuint(bus->hosts[0].cancelled, ==, 2);
    WAIT_FOR(bus->hosts[1].tickets.length == 0);
    bus_stop(bus);
}

/* ---- WSDL ---- */

/* What stands in its addresses is nobody's to choose: public-url, a Host that is listed, or where the client has come in. */
static void wsdl_comes_from_the_host(void)
{
    static char *hosts[] = {(char *)"other.example", (char *)"bus.example:81", NULL};
    Bus *bus = bus_start();
    g_autofree char *own = g_strdup_printf("http://127.0.0.1:%u/in/hukou", ht_door_port(bus->door));
    g_autoptr(Client) client = client_open(bus);
    const struct {
        const char *host, *url;
        char *public_url, **hosts;
    } cases[] = {{"bus.example:81", own, NULL, NULL},
                 {"bus.example:81", "http://bus.example:81/in/hukou", NULL, hosts},
                 {"BUS.example:81", "http://bus.example:81/in/hukou", NULL, hosts},
                 {"bus.example", own, NULL, hosts},
                 {"bus.example:81.evil.example", own, NULL, hosts},
                 {"evil.example", own, NULL, hosts},
                 {"evil.example", "https://outside.example/bus/in/hukou",
                  (char *)"https://outside.example/bus/", NULL}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        bus->config.bus.public_url = cases[i].public_url;
        bus->config.bus.hosts = cases[i].hosts;
        g_autofree char *text = g_strdup_printf("GET /in/hukou?%s HTTP/1.1\r\nHost: %s\r\n\r\n",
                                                i % 2 ? "singlewsdl" : "WSDL", cases[i].host);
        client_say(client, text);
        g_autoptr(Answer) answer = client_answer(client);
        g_assert_cmpuint(answer->status, ==, 200);
        g_assert_cmpstr(answer->body, ==, "<definitions/>");
        g_assert_cmpstr(bus->hosts[0].wsdl_url, ==, cases[i].url);
    }
    bus->config.bus.public_url = NULL;
    client_say(client, "HEAD /in/marriage?singleWsdl HTTP/1.1\r\nHost: b\r\n\r\n");
    WAIT_FOR(bus->hosts[1].wsdl_url[0]);
    g_assert_nonnull(strstr(bus->hosts[1].wsdl_url, "/in/marriage"));
    bus_stop(bus);
}

static void wsdl_of_one_service(void)
{
    static const struct {
        const char *query, *service;
    } cases[] = {
        {"wsdl", ""},
        {"wsdl=", ""},
        {"WSDL=Known", "Known"},
        {"singleWsdl=Known", "Known"},
        {"x=1&wsdl=%4B%6Eown&y", "Known"},
        {"wsdl&singleWsdl=Known", "Known"},
    };
    Bus *bus = bus_start();
    g_autoptr(Client) client = client_open(bus);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *request =
            g_strdup_printf("GET /in/hukou?%s HTTP/1.1\r\nHost: b\r\n\r\n", cases[i].query);
        g_test_message("%s", cases[i].query);
        client_say(client, request);
        g_autoptr(Answer) answer = client_answer(client);
        g_assert_cmpuint(answer->status, ==, 200);
        g_assert_cmpstr(bus->hosts[0].wsdl_service, ==, cases[i].service);
        g_assert_true(g_str_has_suffix(bus->hosts[0].wsdl_url, "/in/hukou"));
    }
    client_say(client, "GET /in/hukou?wsdl=Nothing HTTP/1.1\r\nHost: b\r\n\r\n");
    g_autoptr(Answer) unknown = client_answer(client);
    g_assert_cmpuint(unknown->status, ==, 404);
    g_assert_nonnull(strstr(unknown->body, "<code>unknown-service</code>"));
    g_assert_nonnull(strstr(unknown->body, "Known, hukou"));
    bus_stop(bus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/door/receipt/names-what-is-on-disk", receipt_names_what_is_on_disk);
    g_test_add_func("/door/receipt/original-for-resent-message", resent_message_gets_the_original_receipt);
    g_test_add_func("/door/receipt/made-up-key-of-another-payload-loses-nothing",
                    made_up_key_of_another_payload_loses_nothing);
    g_test_add_func("/door/receipt/a-known-number-with-other-content-is-taken",
                    known_number_with_other_content_is_taken);
    g_test_add_func("/door/receipt/keys-of-several-kinds-never-meet", keys_of_several_kinds_never_meet);
    g_test_add_func("/door/receipt/in-the-form-of-the-request", answers_come_in_the_form_of_the_request);
    g_test_add_func("/door/event/bus-sets-its-own-attributes", bus_sets_its_own_attributes);
    g_test_add_func("/door/fault/has-the-status-of-its-kind", faults_have_the_status_of_their_kind);
    g_test_add_func("/door/fault/quarantined-where-wanted", refused_messages_are_quarantined_where_wanted);
    g_test_add_func("/door/fault/with-a-reply-is-a-refusal", refusal_with_a_reply_is_a_refusal);
    g_test_add_func("/door/fault/busy-host-takes-nothing", busy_host_takes_nothing);
    g_test_add_func("/door/fault/says-when-the-payload-was-not-kept",
                    sender_is_told_when_the_payload_was_not_kept);
    g_test_add_func("/door/fault/returned-payload-must-be-what-was-sent",
                    returned_payload_must_be_what_was_sent);
    g_test_add_func("/door/fault/bytes-waiting-for-the-spool-are-bounded",
                    bytes_that_wait_for_the_spool_are_bounded);
    g_test_add_func("/door/body/chunks-and-streams-arrive-whole", chunks_and_streams_arrive_whole);
    g_test_add_func("/door/body/early-end-is-never-accepted", body_that_ends_early_is_never_accepted);
    g_test_add_func("/door/body/early-refusal-ends-the-upload", host_that_refuses_early_ends_the_upload);
    g_test_add_func("/door/many/each-gets-its-own-answer", many_clients_get_each_their_own_answer);
    g_test_add_func("/door/many/pipelined-in-order", pipelined_requests_are_answered_in_order);
    g_test_add_func("/door/gone/message-goes-on-without-its-sender", message_goes_on_when_its_sender_leaves);
    g_test_add_func("/door/drain/answers-what-it-took", drained_door_answers_what_it_took);
    g_test_add_func("/door/close/lets-go-of-everything", closing_in_the_middle_lets_go_of_everything);
    g_test_add_func("/door/wsdl/comes-from-the-host", wsdl_comes_from_the_host);
    g_test_add_func("/door/wsdl/of-one-service", wsdl_of_one_service);
    return g_test_run();
}
