/* Who may send: addresses and tokens, held against the head before a body is read. */
#include "tests/lib/door-harness.h"

#include "core/guard/guard.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <unistd.h>

#define TOKEN "0123456789abcdef"

static char *write_token(const char *text)
{
    g_autoptr(GError) error = NULL;
    char *path = NULL;
    int file = g_file_open_tmp("hutong-token-XXXXXX", &path, &error);
    g_assert_no_error(error);
    close(file);
    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    return path;
}

static void forget_token(char *path)
{
    g_unlink(path);
    g_free(path);
}

/* The status of a message from this machine; `headers` end each with a line break. */
static unsigned ask(Bus *bus, const char *headers, const char *code)
{
    static unsigned number;
    g_autofree char *body = g_strdup_printf("<a n='%u'/>", number++);
    g_autoptr(Answer) answer = post(bus, "hukou", headers, body);
    g_assert_true((strstr(answer->head, "WWW-Authenticate: Bearer ") != NULL) == (answer->status == 401));
    if (code) {
        g_assert_nonnull(strstr(answer->body, code));
    }
    g_assert_null(strstr(answer->body, TOKEN));
    return answer->status;
}

static void strangers_are_refused_before_a_byte_is_read(void)
{
    char *peers[] = {(char *)"10.0.0.0/8", (char *)"::1", NULL};
    Bus *bus = bus_new();
    bus->source_configs[0].peers = peers;
    bus_open_door(bus);
    g_autoptr(Client) client = client_open(bus);
    client_say(client, "POST /in/hukou HTTP/1.1\r\nHost: b\r\nContent-Length: 1000\r\n\r\n");
    g_autoptr(Answer) answer = client_answer(client);
    g_assert_cmpuint(answer->status, ==, 403);
    g_assert_nonnull(strstr(answer->body, "<code>peer-refused</code>"));
    g_assert_cmpuint(ask(bus, "", "peer-refused"), ==, 403);
    g_autoptr(Answer) neighbour = post(bus, "marriage", "", "<a/>");
    g_assert_cmpuint(neighbour->status, ==, 200);
    g_assert_cmpuint(bus_events(bus), ==, 1);
    g_assert_cmpuint(bus->hosts[0].submitted, ==, 0);
    bus_stop(bus);
}

static void token_must_be_shown(void)
{
    char *file = write_token("  " TOKEN "\n");
    Bus *bus = bus_new();
    bus->source_configs[0].token_file = file;
    bus_open_door(bus);
    g_assert_cmpuint(ask(bus, "", "token-missing"), ==, 401);
    g_assert_cmpuint(ask(bus, "Authorization: Basic " TOKEN "\r\n", "token-missing"), ==, 401);
    g_assert_cmpuint(ask(bus, "Authorization: Bearer\r\n", "token-missing"), ==, 401);
    g_assert_cmpuint(ask(bus, "Authorization: Bearer " TOKEN "0\r\n", "token-wrong"), ==, 401);
    g_assert_cmpuint(ask(bus, "Authorization: Bearer 0123456789abcde\r\n", "token-wrong"), ==, 401);
    g_assert_cmpuint(bus->hosts[0].submitted, ==, 0);
    g_assert_cmpuint(ask(bus, "Authorization: Bearer " TOKEN "\r\n", NULL), ==, 200);
    g_assert_cmpuint(ask(bus, "authorization: bearer " TOKEN "\r\n", NULL), ==, 200);
    static const char wsdl[] = "GET /in/hukou?wsdl HTTP/1.1\r\nHost: b\r\n\r\n";
    g_assert_cmpuint(status_of(bus, wsdl, strlen(wsdl)), ==, 401);
    bus_stop(bus);
    forget_token(file);
}

static void address_and_token_must_both_hold(void)
{
    char *far[] = {(char *)"10.0.0.0/8", NULL}, *near[] = {(char *)"127.0.0.0/8", NULL};
    char *file = write_token(TOKEN);
    for (unsigned i = 0; i < 2; i++) {
        Bus *bus = bus_new();
        bus->source_configs[0].token_file = file;
        bus->source_configs[0].peers = i == 0 ? far : near;
        bus_open_door(bus);
        g_assert_cmpuint(ask(bus, "Authorization: Bearer " TOKEN "\r\n", NULL), ==, i == 0 ? 403 : 200);
        g_assert_cmpuint(ask(bus, "", NULL), ==, i == 0 ? 403 : 401);
        bus_stop(bus);
    }
    forget_token(file);
}

/* A source that says nothing about its senders has them on this machine. */
static void without_keys_only_this_machine_may_send(void)
{
    static const struct {
        const char *address;
        bool admitted;
    } cases[] = {{"127.0.0.1", true}, {"127.9.9.9", true},        {"::1", true},
                 {"10.0.0.1", false}, {"::ffff:127.0.0.1", true}, {"::ffff:10.0.0.1", false},
                 {"fe80::1", false}};
    const HtGuardKeys keys = {.section = "source", .name = "hukou"};
    g_autoptr(HtGuard) guard = ht_guard_new(&keys, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sockaddr_storage peer = {.ss_family = AF_INET};
        HtRefusal refusal = {.status = 0};
        if (inet_pton(AF_INET, cases[i].address, &((struct sockaddr_in *)&peer)->sin_addr) != 1) {
            peer.ss_family = AF_INET6;
            inet_pton(AF_INET6, cases[i].address, &((struct sockaddr_in6 *)&peer)->sin6_addr);
        }
        g_test_message("%s", cases[i].address);
        const HtVisitor visitor = {.address = (struct sockaddr *)&peer};
        g_assert_true(ht_guard_admits(guard, &visitor, &refusal) == cases[i].admitted);
        if (!cases[i].admitted) {
            g_assert_cmpuint(refusal.status, ==, 403);
            g_assert_nonnull(strstr(refusal.text, "`peers`"));
            g_assert_nonnull(strstr(refusal.text, "`token-file`"));
        }
    }
}

static void door_stays_shut_with_a_bad_token_file(void)
{
    static const char *const bad[] = {"", "0123456789abcde\n", "0123456789 abcdef",
                                      "0123456789abcdef\nand more", "0123456789abcde\xc3\xa4"};
    for (unsigned i = 0; i <= G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        char *file = i < G_N_ELEMENTS(bad) ? write_token(bad[i]) : g_strdup("/nowhere/token");
        Bus *bus = bus_new();
        bus->source_configs[1].token_file = file;
        bus->source_configs[1].file = (char *)"a.conf";
        bus->source_configs[1].line = 7;
        g_assert_null(ht_sources_new(&bus->config, &error));
        g_assert_error(error, HT_GUARD_ERROR, 0);
        g_assert_true(g_str_has_prefix(error->message, "a.conf:7: error: [source marriage] token-file: "));
        g_assert_null(strstr(error->message, "0123456789"));
        bus_stop(bus);
        forget_token(file);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guard/peers/strangers-are-refused-before-a-byte-is-read",
                    strangers_are_refused_before_a_byte_is_read);
    g_test_add_func("/guard/peers/only-this-machine-without-keys", without_keys_only_this_machine_may_send);
    g_test_add_func("/guard/token/must-be-shown", token_must_be_shown);
    g_test_add_func("/guard/token/and-address-must-both-hold", address_and_token_must_both_hold);
    g_test_add_func("/guard/token/door-stays-shut-with-a-bad-file", door_stays_shut_with_a_bad_token_file);
    return g_test_run();
}
