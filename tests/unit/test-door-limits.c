/* What the public door refuses and outlives: requests that break HTTP's framing, bodies that are too large, peers that are
 * slow, silent or many, and a process without file descriptors. */
#include "core/message/beginning.h"
#include "tests/lib/door-harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#define HOST "Host: bus\r\n"
#define BODY "<a/>"
#define LENGTH "Content-Length: 4\r\n"

/* ---- Framing ---- */

typedef struct {
    const char *name, *request;
    unsigned status; /* 0: closed without an answer */
} Probe;

static const Probe probes[] = {
    {"good", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 200},
    {"good-http-1.0", "POST /in/hukou HTTP/1.0\r\n" LENGTH "\r\n" BODY, 200},
    {"good-chunked",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n4\r\n<b/>\r\n0\r\n\r\n", 200},
    {"good-chunked-any-case",
     "POST /in/hukou HTTP/1.1\r\n" HOST
     "transfer-encoding: Chunked\r\n\r\n4;x=1\r\n<c/>\r\n0\r\nX: y\r\n\r\n",
     200},
    {"length-and-chunked",
     "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"chunked-and-length",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" LENGTH "\r\n0\r\n\r\n", 400},
    {"two-lengths", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "Content-Length: 5\r\n\r\n" BODY, 400},
    {"same-length-twice", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH LENGTH "\r\n" BODY, 400},
    {"length-list", "POST /in/hukou HTTP/1.1\r\n" HOST "Content-Length: 4, 4\r\n\r\n" BODY, 400},
    {"length-plus", "POST /in/hukou HTTP/1.1\r\n" HOST "Content-Length: +4\r\n\r\n" BODY, 400},
    {"length-negative", "POST /in/hukou HTTP/1.1\r\n" HOST "Content-Length: -4\r\n\r\n" BODY, 400},
    {"length-hex", "POST /in/hukou HTTP/1.1\r\n" HOST "Content-Length: 0x4\r\n\r\n" BODY, 400},
    {"length-empty", "POST /in/hukou HTTP/1.1\r\n" HOST "Content-Length: \r\n\r\n" BODY, 400},
    {"length-overflow",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551620\r\n\r\n" BODY, 413},
    {"no-length", "POST /in/hukou HTTP/1.1\r\n" HOST "\r\n", 411},
    {"two-codings",
     "POST /in/hukou HTTP/1.1\r\n" HOST
     "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400},
    {"coding-list", "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     501},
    {"coding-identity", "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n", 501},
    {"coding-trailing-blank",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n", 501},
    {"coding-vertical-tab",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", 400},
    {"coding-comma", "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 501},
    {"http-1.0-chunked", "POST /in/hukou HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"two-hosts", "POST /in/hukou HTTP/1.1\r\n" HOST HOST LENGTH "\r\n" BODY, 400},
    {"no-host", "POST /in/hukou HTTP/1.1\r\n" LENGTH "\r\n" BODY, 400},
    {"host-with-path", "POST /in/hukou HTTP/1.1\r\nHost: a/b\r\n" LENGTH "\r\n" BODY, 400},
    {"blank-before-colon", "POST /in/hukou HTTP/1.1\r\n" HOST "Content-Length : 4\r\n\r\n" BODY, 400},
    {"tab-before-colon",
     "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "Transfer-Encoding\t: chunked\r\n\r\n" BODY, 400},
    {"no-name", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH ": x\r\n\r\n" BODY, 400},
    {"no-name-nor-value", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH ":\r\n\r\n" BODY, 400},
    {"no-name-first", "POST /in/hukou HTTP/1.1\r\n: x\r\n" HOST LENGTH "\r\n" BODY, 400},
    {"blank-before-first-header", "POST /in/hukou HTTP/1.1\r\n " HOST LENGTH "\r\n" BODY, 400},
    {"bare-line-feed-after-request-line", "POST /in/hukou HTTP/1.1\n" HOST LENGTH "\r\n" BODY, 400},
    {"bare-line-feed-ends-the-head", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "\n" BODY, 400},
    {"no-colon", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "X\r\n\r\n" BODY, 400},
    {"name-with-slash", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "X/Y: z\r\n\r\n" BODY, 400},
    {"folded", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "X: a\r\n b\r\n\r\n" BODY, 400},
    {"folded-into-a-name",
     "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "Transfer-Encodin: chunked\r\n g\r\n\r\n0\r\n\r\n", 400},
    {"folded-coding", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "Transfer-Encoding:\r\n chunked\r\n\r\n" BODY,
     400},
    {"bare-line-feed", "POST /in/hukou HTTP/1.1\r\n" HOST "X: y\n" LENGTH "\r\n" BODY, 400},
    {"bare-line-feed-hides-a-header",
     "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"bare-return", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "X: a\rb\r\n\r\n" BODY, 400},
    {"control-in-value", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "X: a\001b\r\n\r\n" BODY, 400},
    {"chunk-lf", "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n4\n<a/>\n0\n\n", 400},
    {"chunk-size-lf",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n4\n<a/>\r\n0\r\n\r\n", 400},
    {"chunk-second-size-lf",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\n<a\r\n2\n/>\r\n0\r\n\r\n",
     400},
    {"chunk-end-lf",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\n<a\n2\r\n/>\r\n0\r\n\r\n",
     400},
    {"chunk-extension-lf",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n4;a=b\n<a/>\r\n0\r\n\r\n", 400},
    {"chunk-size-negative",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n-4\r\n<a/>\r\n0\r\n\r\n", 400},
    {"chunk-size-prefix",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0x4\r\n<a/>\r\n0\r\n\r\n", 400},
    {"chunk-size-empty",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n\r\n<a/>\r\n0\r\n\r\n", 400},
    {"chunk-too-long-for-its-size",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\n<a/>\r\n0\r\n\r\n", 400},
    {"chunk-size-overflow",
     "POST /in/hukou HTTP/1.1\r\n" HOST
     "Transfer-Encoding: chunked\r\n\r\n10000000000000004\r\n<a/>\r\n0\r\n\r\n",
     413},
    {"get-with-body", "GET /in/hukou?wsdl HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 400},
    {"get-without-question", "GET /in/hukou HTTP/1.1\r\n" HOST "\r\n", 404},
    {"put", "PUT /in/hukou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 405},
    {"delete", "DELETE /in/hukou HTTP/1.1\r\n" HOST "\r\n", 405},
    {"trace", "TRACE /in/hukou HTTP/1.1\r\n" HOST "\r\n", 405},
    {"unknown-path", "POST /out/hukou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 404},
    {"unknown-source", "POST /in/health HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 404},
    {"escaped-source", "POST /in/%68ukou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 200},
    {"escaped-slash", "POST /in%2Fhukou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 404},
    {"malformed-escape", "POST /in/%6zukou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 400},
    {"dot-segments", "POST /in/marriage/../hukou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 404},
    {"escaped-dot-segments", "POST /in/marriage/%2e%2E/hukou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 404},
    {"path-in-source", "POST /in/hukou/ HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 404},
    {"compressed", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "Content-Encoding: gzip\r\n\r\n" BODY, 415},
    {"identity", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "Content-Encoding: identity\r\n\r\n<d/>", 200},
    {"json", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "Content-Type: application/json\r\n\r\n" BODY, 200},
    {"json-in-other-case",
     "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH
     "Content-Type: Application/Vnd.City+JSON; charset=GBK\r\n\r\n" BODY,
     200},
    {"jsonp", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "Content-Type: application/javascript\r\n\r\n" BODY,
     415},
    {"form",
     "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "Content-Type: multipart/form-data; boundary=x\r\n\r\n" BODY,
     415},
    {"blanks-behind-values",
     "POST /in/hukou HTTP/1.1\r\nHost: bus \t\r\nExpect: 100-continue \r\n" LENGTH "\r\n" BODY, 200},
    {"blank-behind-chunked",
     "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked \r\n\r\n4\r\n<a/>\r\n0\r\n\r\n", 501},
    {"two-blanks-before-target", "POST  /in/hukou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 400},
    {"two-blanks-behind-target", "POST /in/hukou  HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 400},
    {"blank-in-target", "POST /in/hu kou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 400},
    {"blank-in-query", "POST /in/hukou?a b HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 400},
    {"tab-in-target", "POST /in/hu\tkou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 400},
    {"plus-in-query", "POST /in/hukou?a+b&c HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 200},
    {"absolute", "POST http://other:80/in/hukou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 200},
    {"absolute-elsewhere", "POST http://bus/out HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 404},
    {"absolute-without-host", "POST http:///in/hukou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 400},
    {"absolute-with-user", "POST http://a@bus/in/hukou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 400},
    {"absolute-of-other-scheme", "POST ftp://bus/in/hukou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 400},
    {"further-path", "POST /services/CSDJService HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 200},
    {"further-path-in-other-case", "POST /services/csdjservice HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, 404},
    {"xml-as-form",
     "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH
     "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n\r\n" BODY,
     200},
    {"form-as-form",
     "POST /in/hukou HTTP/1.1\r\n" HOST
     "Content-Length: 7\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nxml=%3C",
     415},
    {"unknown-expectation", "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "Expect: miracles\r\n\r\n" BODY, 417},
    {"http-0.9", "GET /in/hukou\r\n\r\n", 0},
    {"garbage", "\x16\x03\x01\x02\r\n\r\n", 0},
};

/* 200 only where 200 is expected, never a server's failure, and a second request right behind is not taken as part of the
 * first: whatever the probe, the message that it hides is not accepted. */
static void framing(void)
{
    Bus *bus = bus_new();
    bus->source_configs[0].paths = (char *[]){(char *)"/services/CSDJService", NULL};
    bus_open_door(bus);
    for (size_t i = 0; i < G_N_ELEMENTS(probes); i++) {
        unsigned status = status_of(bus, probes[i].request, strlen(probes[i].request));
        bool closed_anyway = probes[i].status == 0 && status >= 400 && status != 500;
        if (status != probes[i].status && !closed_anyway) {
            g_test_message("%s: %u instead of %u", probes[i].name, status, probes[i].status);
            g_test_fail();
        }
    }
    g_assert_cmpuint(bus_events(bus), ==, 4); /* what is sent again makes no event */
    bus_stop(bus);
}

static void nul_bytes_are_refused(void)
{
    static const char in_value[] = "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "X: a\0b\r\n\r\n" BODY;
    static const char in_name[] = "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "X\0Y: b\r\n\r\n" BODY;
    static const char in_path[] =
        "POST /in/hukou\0x HTTP/1.1\r\n" HOST "Content-Length: 5000000\r\n\r\n" BODY;
#define LINE(text)                                                  \
    {                                                               \
        text " HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY,               \
            sizeof text " HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY - 1 \
    }
    static const struct {
        const char *text;
        size_t size;
    } lines[] = {
        LINE("POST /in/hukou\0/../b"),
        LINE("POST /in/hukou\0"),
        LINE("POST\0X /in/hukou"),
        LINE("POST /in/hukou?a\0b"),
        LINE("POST /in/hukou\0?wsdl"),
        LINE("POST \0/in/hukou"),
        {"GET /in/hukou\0?wsdl HTTP/1.1\r\n" HOST "\r\n",
         sizeof "GET /in/hukou\0?wsdl HTTP/1.1\r\n" HOST "\r\n" - 1},
    };
    Bus *bus = bus_start();
    g_assert_cmpuint(status_of(bus, in_value, sizeof in_value - 1), ==, 400);
    g_assert_cmpuint(status_of(bus, in_name, sizeof in_name - 1), ==, 400);
    g_assert_cmpuint(status_of(bus, in_path, sizeof in_path - 1), ==, 400);
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *request = g_memdup2(lines[i].text, lines[i].size);
        g_assert_cmpuint(status_of(bus, request, lines[i].size), ==, 400);
    }
    g_assert_cmpuint(bus_events(bus), ==, 0);
    bus_stop(bus);
}

static void refused_request_hides_nothing_behind_it(void)
{
    static const char hidden[] = "POST /in/hukou HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\n<smuggled/>";
    Bus *bus = bus_start();
    for (size_t i = 0; i < G_N_ELEMENTS(probes); i++) {
        if (probes[i].status == 200) {
            continue;
        }
        g_autoptr(Client) client = client_open(bus);
        client_say(client, probes[i].request);
        client_say(client, hidden);
        g_autoptr(Answer) answer = client_answer(client);
        g_assert_true(!answer || answer->status >= 400);
        client_wait_closed(client);
        g_assert_null(strstr(client->got->str, "HTTP/1.1 200"));
    }
    g_assert_cmpuint(bus->hosts[0].submitted, ==, 0);
    bus_stop(bus);
}

/* libmicrohttpd takes chunks whose lines end in a bare line feed (of the last one it is not seen); who read the ends differently put something behind them. */
static void nothing_follows_a_chunked_body(void)
{
    static const char *const requests[] = {
        "POST /in/hukou HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n",
        "POST /in/hukou HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\n\n",
    };
    Bus *bus = bus_start();
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_autoptr(Client) client = client_open(bus);
        client_say(client, requests[i]);
        client_say(client, "POST /in/marriage HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\n\r\n<b/>");
        g_autoptr(Answer) answer = client_answer(client);
        g_assert_cmpuint(answer->status, ==, 200);
        g_assert_nonnull(strstr(answer->head, "Connection: close"));
        client_wait_closed(client);
        g_assert_cmpuint(client->got->len, ==, 0);
    }
    g_assert_cmpuint(bus->hosts[1].submitted, ==, 0);
    bus_stop(bus);
}

static void refusals_say_why(void)
{
    Bus *bus = bus_start();
    g_autoptr(Client) client = client_open(bus);
    client_say(client,
               "PUT /in/hukou?name=secret HTTP/1.1\r\n" HOST LENGTH "Accept: application/json\r\n\r\n" BODY);
    g_autoptr(Answer) answer = client_answer(client);
    g_assert_nonnull(strstr(answer->head, "Allow: POST, GET, HEAD"));
    g_assert_nonnull(strstr(answer->head, "Connection: close"));
    g_assert_nonnull(strstr(answer->head, "Hutong-Message-Id: "));
    g_assert_nonnull(strstr(answer->body, "\"code\":\"method\""));
    g_assert_null(strstr(answer->body, "secret"));
    HtDoorStatus status;
    ht_door_status(bus->door, &status);
    g_assert_cmpuint(status.refused, ==, 1);
    bus_stop(bus);
}

/* What the library would answer twice, or not at all, has one whole answer. */
static void refusals_are_whole(void)
{
    static const char *const requests[] = {
        "POST /in/hukou HTTP/1.1\r\n" LENGTH "\r\n" BODY,
        "POST /in/hu kou HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY,
        "POST /in/hukou  HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY,
    };
    Bus *bus = bus_start();
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_autoptr(Client) client = client_open(bus);
        client_say(client, requests[i]);
        g_autoptr(Answer) answer = client_answer(client);
        g_assert_nonnull(answer);
        g_assert_cmpuint(answer->status, ==, 400);
        g_assert_nonnull(strstr(answer->body, i == 0 ? "bad-host" : "bad-target"));
        client_wait_closed(client);
        g_assert_cmpuint(client->got->len, ==, 0);
    }
    bus_stop(bus);
}

/* ---- Sizes ---- */

#define SOAP_11 "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'>"
#define SOAP_12 "<Envelope xmlns=\"http://www.w3.org/2003/05/soap-envelope\">"
#define LARGE "POST /in/hukou HTTP/1.1\r\n" HOST "Content-Type: text/xml\r\n"

/* The status of a body whose size is announced in the head, and of one in chunks. */
static unsigned status_of_large(Bus *bus, const char *beginning, const char *holds)
{
    static const char *const heads[] = {LARGE "Content-Length: 3145728\r\n\r\n",
                                        LARGE "Transfer-Encoding: chunked\r\n\r\n300000\r\n"};
    unsigned status = 0;
    g_autofree char *rest = g_strnfill(2 << 20, 'x');
    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
        g_autoptr(Client) client = client_open(bus);
        client_say(client, heads[i]);
        client_say(client, beginning);
        client_say(client, rest);
        g_autoptr(Answer) answer = client_answer(client);
        g_assert_nonnull(answer);
        g_assert_true(status == 0 || status == answer->status);
        status = answer->status;
        g_assert_nonnull(strstr(answer->body, "body-too-large"));
        g_assert_nonnull(strstr(answer->body, holds));
        client_wait_closed(client);
    }
    return status;
}

static void too_large_is_said_as_soap_to_soap(void)
{
    static const struct {
        const char *beginning, *holds;
        unsigned status;
    } cases[] = {
        {SOAP_11, "<faultcode>soap:Client</faultcode>", 500},
        {"\xef\xbb\xbf\r\n<?xml version='1.0'?><!-- x -->" SOAP_11, "<faultcode>", 500},
        {SOAP_12, "soap:Sender", 500},
        {"<ROWS>", "<fault ", 413},
        {"<a:Envelope xmlns:a='urn:a'>", "<fault ", 413},
        {"<ROWS a='http://schemas.xmlsoap.org/soap/envelope/'>", "<fault ", 413},
        {"<!DOCTYPE x>" SOAP_11, "<fault ", 413},
        {"no markup", "<fault ", 413},
    };
    gsize size;
    Bus *bus = bus_start();
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpuint(status_of_large(bus, cases[i].beginning, cases[i].holds), ==, cases[i].status);
    }
    g_autofree char *wide = g_convert(SOAP_12, -1, "UTF-16", "UTF-8", NULL, &size, NULL);
    g_assert_cmpint(ht_beginning_soap(wide, size), ==, HT_SOAP_12);
    g_assert_cmpuint(bus_events(bus), ==, 0);
    bus_stop(bus);
}

static void busy_is_said_as_soap_to_soap(void)
{
    Bus *bus = bus_start();
    bus->hosts[0].refuse = HT_HOST_ERROR_BUSY;
    g_autoptr(Answer) soap =
        post(bus, "hukou", "Content-Type: text/xml\r\n", SOAP_11 "<s:Body/></s:Envelope>");
    g_assert_cmpuint(soap->status, ==, 503);
    g_assert_nonnull(strstr(soap->body, "<faultcode>soap:Server</faultcode>"));
    g_autoptr(Answer) plain = post(bus, "hukou", "Content-Type: text/xml\r\n", "<ROWS/>");
    g_assert_cmpuint(plain->status, ==, 503);
    g_assert_null(strstr(plain->body, "faultcode"));
    bus_stop(bus);
}

static void too_long_is_refused_before_a_byte_is_read(void)
{
    Bus *bus = bus_start();
    g_autoptr(Client) client = client_open(bus);
    client_say(client,
               "POST /in/hukou HTTP/1.1\r\n" HOST "Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n");
    g_autoptr(Answer) answer = client_answer(client);
    g_assert_cmpuint(answer->status, ==, 413);
    client_wait_closed(client);
    bus_stop(bus);
}

static void sender_of_too_much_still_gets_its_answer(void)
{
    Bus *bus = bus_start();
    g_autofree char *body = g_strnfill(8 << 20, 'x');
    g_autoptr(Answer) known = post(bus, "hukou", "SOAPAction: \"\"\r\n", body);
    g_assert_cmpuint(known->status, ==, 500);
    g_assert_nonnull(strstr(known->body, "<faultcode>soap:Client</faultcode>"));
    g_autoptr(Client) client = client_open(bus);
    client_say(client, "POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n800000\r\n");
    client_say(client, body);
    g_autoptr(Answer) chunked = client_answer(client);
    g_assert_nonnull(chunked);
    g_assert_cmpuint(chunked->status, ==, 413);
    client_wait_closed(client);
    WAIT_FOR(bus->hosts[0].cancelled == 1);
    bus_stop(bus);
}

static void expected_continue_comes_when_the_head_is_good(void)
{
    Bus *bus = bus_start();
    g_autoptr(Client) client = client_open(bus);
    client_say(client, "POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "Expect: 100-continue\r\n\r\n");
    g_autoptr(Answer) go_on = client_answer(client);
    g_assert_cmpuint(go_on->status, ==, 100);
    client_say(client, BODY);
    g_autoptr(Answer) answer = client_answer(client);
    g_assert_cmpuint(answer->status, ==, 200);
    bus_stop(bus);
}

static void huge_heads_are_refused(void)
{
    Bus *bus = bus_start();
    g_autofree char *value = g_strnfill(60000, 'x');
    g_autofree char *headers =
        g_strdup_printf("POST /in/hukou HTTP/1.1\r\n" HOST LENGTH "X: %s\r\n\r\n" BODY, value);
    g_autofree char *address = g_strdup_printf("POST /in/%s HTTP/1.1\r\n" HOST LENGTH "\r\n" BODY, value);
    unsigned status = status_of(bus, headers, strlen(headers));
    g_assert_true(status == 431 || status == 0);
    status = status_of(bus, address, strlen(address));
    g_assert_true(status == 414 || status == 0);
    g_assert_cmpuint(bus_events(bus), ==, 0);
    bus_stop(bus);
}

/* ---- Time ---- */

/* Drips a byte every few turns until the door closes; returns after how many milliseconds. */
static int64_t drip_until_closed(Client *client, const char *drip)
{
    int64_t start_us = ht_clock_monotonic();
    for (unsigned i = 0; !client->closed; i++) {
        g_assert_cmpint(ht_clock_monotonic(), <, start_us + DEADLINE_US);
        if (drip && i % 8 == 0) {
            client_send(client, drip, 1);
        }
        iterate_loop();
        client_look(client);
    }
    return (ht_clock_monotonic() - start_us) / 1000;
}

static void slow_peers_are_cut_off(void)
{
    static const struct {
        const char *start, *drip, *answer;
    } cases[] = {
        {"", NULL, ""},
        {"POST /in/hu", "k", ""},
        {"POST /in/hukou HTTP/1.1\r\n" HOST "X: ", "y", "HTTP/1.1 408 "},
        {"POST /in/hukou HTTP/1.1\r\n" HOST "Content-Length: 10000\r\n\r\n", "z", "HTTP/1.1 408 "},
        {"POST /in/hukou HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", "0", "HTTP/1.1 408 "},
    };
    Bus *bus = bus_new();
    bus->config.bus.header_timeout_ms = bus->config.bus.body_grace_ms = 200;
    bus->config.bus.body_bytes_per_second = 100000;
    bus_open_door(bus);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Client) client = client_open(bus);
        client_say(client, cases[i].start);
        int64_t took_ms = drip_until_closed(client, cases[i].drip);
        g_assert_cmpint(took_ms, >=, 150);
        g_assert_true(g_str_has_prefix(client->got->str, cases[i].answer));
    }
    g_assert_cmpuint(bus->hosts[0].submitted, ==, 0);
    bus_stop(bus);
}

static void idle_connections_are_closed(void)
{
    Bus *bus = bus_new();
    bus->config.bus.idle_timeout_ms = 200;
    bus_open_door(bus);
    g_autoptr(Client) client = client_open(bus);
    client_post(client, "hukou", "", BODY);
    g_autoptr(Answer) answer = client_answer(client);
    g_assert_cmpuint(answer->status, ==, 200);
    g_assert_cmpint(drip_until_closed(client, NULL), <, 2000);
    bus_stop(bus);
}

static void waiting_for_the_host_costs_no_time(void)
{
    Bus *bus = bus_new();
    bus->config.bus.header_timeout_ms = bus->config.bus.body_grace_ms = bus->config.bus.idle_timeout_ms = 100;
    bus->config.bus.body_bytes_per_second = 1 << 30;
    bus_open_door(bus);
    bus->hosts[0].hold = true;
    g_autoptr(Client) client = client_open(bus);
    client_post(client, "hukou", "", BODY);
    WAIT_FOR(bus->hosts[0].submitted == 1);
    int64_t until_us = ht_clock_monotonic() + 400000;
    WAIT_FOR(ht_clock_monotonic() > until_us);
    bus->hosts[0].hold = false;
    wake_host(&bus->hosts[0]);
    g_autoptr(Answer) answer = client_answer(client);
    g_assert_nonnull(answer);
    g_assert_cmpuint(answer->status, ==, 200);
    bus_stop(bus);
}

/* Line feeds in what chunks carry are data, wherever a piece of them begins. */
static void line_feeds_in_chunks_are_data(void)
{
    Bus *bus = bus_start();
    for (unsigned round = 0; round < 20; round++) {
        g_autoptr(Client) client = client_open(bus);
        g_autoptr(GString) body = g_string_new(NULL), sent = g_string_new(NULL);
        client_say(client, "POST /in/hukou HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (unsigned i = 0; i < 12; i++) {
            unsigned size = (unsigned)g_test_rand_int_range(1, i % 4 == 0 ? 20000 : 40);
            g_string_append_printf(sent, "%x\r\n", size);
            for (unsigned j = 0; j < size; j++) {
                char byte = "\n\r\n0x\n"[g_test_rand_int_range(0, 6)];
                g_string_append_c(body, byte);
                g_string_append_c(sent, byte);
            }
            g_string_append(sent, "\r\n");
        }
        g_string_append(sent, "0\r\n\r\n");
        for (size_t at = 0; at < sent->len;) {
            size_t most = (size_t)g_test_rand_int_range(1, round % 2 ? 50 : 20000);
            size_t size = MIN(sent->len - at, most);
            client_send(client, sent->str + at, size);
            at += size;
            iterate_loop();
        }
        g_autoptr(Answer) answer = client_answer(client);
        g_assert_nonnull(answer);
        g_assert_cmpuint(answer->status, ==, 200);
        g_assert_true(g_string_equal(bus->hosts[0].last, body));
    }
    bus_stop(bus);
}

/* ---- Numbers ---- */

static int64_t cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * HT_SECOND + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

/* Takes every descriptor, runs the door for a while with clients at the gate, and gives them back. */
static void starve(Bus *bus, unsigned clients)
{
    g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(int));
    Client *waiting[8];
    for (unsigned i = 0; i < clients; i++) {
        waiting[i] = client_open(bus);
        client_post(waiting[i], "hukou", "", BODY);
    }
    for (int fd = dup(0); fd >= 0; fd = dup(0)) {
        g_array_append_val(taken, fd);
    }
    g_assert_cmpint(errno, ==, EMFILE);
    int64_t before_us = cpu_us(), until_us = ht_clock_monotonic() + 500000;
    WAIT_FOR(ht_clock_monotonic() > until_us);
    g_assert_cmpint(cpu_us() - before_us, <, 250000);
    for (unsigned i = 0; i < taken->len; i++) {
        close(g_array_index(taken, int, i));
    }
    for (unsigned i = 0; i < clients; i++) {
        g_autoptr(Answer) answer = client_answer(waiting[i]);
        g_assert_nonnull(answer);
        g_assert_cmpuint(answer->status, ==, 200);
        client_free(waiting[i]);
    }
}

static void door_survives_running_out_of_descriptors(void)
{
    struct rlimit before, low;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
    low = (struct rlimit){.rlim_cur = 256, .rlim_max = before.rlim_max};
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &low), ==, 0);
    Bus *bus = bus_start();
    starve(bus, 8);
    g_autoptr(Client) idle = client_open(bus);
    client_post(idle, "hukou", "", BODY);
    g_autoptr(Answer) answer = client_answer(idle);
    g_assert_cmpuint(answer->status, ==, 200);
    starve(bus, 8);
    bus_stop(bus);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
}

static void bad_addresses_are_said(void)
{
    static const char *const addresses[] = {"8080", "127.0.0.1:", "192.0.2.1:1", "nobody.invalid:80"};
    Bus *bus = bus_new();
    HtDoorOptions options = {.bus = &bus->config.bus, .intake = &bus->intake};
    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
        g_autoptr(GError) error = NULL;
        char *listen[] = {(char *)(uintptr_t)addresses[i], NULL};
        bus->config.bus.listen = listen;
        g_assert_null(ht_door_open(&options, &error));
        g_assert_true(error && error->domain == HT_DOOR_ERROR);
        g_assert_nonnull(strstr(error->message, addresses[i]));
    }
    char *listen[] = {(char *)"[::1]:0", NULL};
    bus->config.bus.listen = listen;
    g_autoptr(GError) error = NULL;
    HtDoor *door = ht_door_open(&options, &error);
    g_assert_true(door || strstr(error->message, "[::1]:0")); /* a machine may be without IPv6 */
    ht_door_close(door);
    bus_stop(bus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/door/framing/refusals-are-whole", refusals_are_whole);
    g_test_add_func("/door/body/too-large-is-said-as-soap-to-soap", too_large_is_said_as_soap_to_soap);
    g_test_add_func("/door/body/busy-is-said-as-soap-to-soap", busy_is_said_as_soap_to_soap);
    g_test_add_func("/door/framing/refuses-what-is-ambiguous", framing);
    g_test_add_func("/door/framing/line-feeds-in-chunks-are-data", line_feeds_in_chunks_are_data);
    g_test_add_func("/door/framing/refuses-nul-bytes", nul_bytes_are_refused);
    g_test_add_func("/door/framing/nothing-hides-behind-a-refusal", refused_request_hides_nothing_behind_it);
    g_test_add_func("/door/framing/nothing-follows-chunks", nothing_follows_a_chunked_body);
    g_test_add_func("/door/framing/refusals-say-why", refusals_say_why);
    g_test_add_func("/door/size/refused-before-a-byte-is-read", too_long_is_refused_before_a_byte_is_read);
    g_test_add_func("/door/size/sender-of-too-much-gets-its-answer",
                    sender_of_too_much_still_gets_its_answer);
    g_test_add_func("/door/size/continue-when-the-head-is-good",
                    expected_continue_comes_when_the_head_is_good);
    g_test_add_func("/door/size/huge-heads-are-refused", huge_heads_are_refused);
    g_test_add_func("/door/time/slow-peers-are-cut-off", slow_peers_are_cut_off);
    g_test_add_func("/door/time/idle-connections-are-closed", idle_connections_are_closed);
    g_test_add_func("/door/time/waiting-for-the-host-is-free", waiting_for_the_host_costs_no_time);
    g_test_add_func("/door/number/survives-without-descriptors", door_survives_running_out_of_descriptors);
    g_test_add_func("/door/open/says-which-address-is-bad", bad_addresses_are_said);
    return g_test_run();
}
