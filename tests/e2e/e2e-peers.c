/* `hutong check --peers`: each consumer is tried, without an event, and told at its line. */
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

/* Takes connections into its backlog, and never says a word. */
static GSocket *listen_silently(unsigned *port)
{
    g_autoptr(GError) error = NULL;
    GSocket *socket = g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string("127.0.0.1", 0);
    g_assert_true(g_socket_bind(socket, any, TRUE, &error) && g_socket_listen(socket, &error));
    g_autoptr(GSocketAddress) own = g_socket_get_local_address(socket, &error);
    *port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(own));
    return socket;
}

#define WEBHOOK "type = webhook\nclearance = 0\nurl = "

/* The line at which the text stands, from 1. */
static unsigned line_of(const BusProcess *bus, const char *text)
{
    g_autofree char *config = NULL;
    g_assert_true(g_file_get_contents(bus->config, &config, NULL, NULL));
    const char *found = strstr(config, text);
    unsigned line = 1;
    g_assert_nonnull(found);
    for (const char *at = config; at < found; at++) {
        line += *at == '\n';
    }
    return line;
}

static void expect_told(const BusProcess *bus, const char *output, const char *at, const char *words)
{
    g_autofree char *line = g_strdup_printf("%s:%u: %s", bus->config, line_of(bus, at), words);
    g_assert_nonnull(strstr(output, line));
}

static void test_each_consumer_is_tried_and_told(void)
{
    Platform *good = platform_new(), *closed = platform_new();
    unsigned port;
    g_autoptr(GSocket) silent = listen_silently(&port);
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer good]\n" WEBHOOK "%s\n[consumer closed]\n" WEBHOOK "%s\n[consumer nowhere]\n" WEBHOOK
        "http://nobody.invalid/events\n[consumer silent]\n" WEBHOOK "http://127.0.0.1:%u/\n"
        "[consumer secure]\n" WEBHOOK "%s\n"
        "[consumer files]\ntype = file\nclearance = 0\ndirectory = files\n[consumer later]\ntype = file\nclearance = 0\n"
        "directory = later\n[consumer readonly]\ntype = file\nclearance = 0\ndirectory = /proc\n"
        "[consumer asks]\ntype = pull\nclearance = 0\n"
        "[route all]\nto = good;closed;nowhere;silent;secure;files;later;readonly;asks\n",
        platform_url(good), platform_url(closed), port, platform_url(good));
    char *http = strstr(sections, "[consumer secure]");
    http = strstr(http, "http:");
    g_autofree char *whole =
        g_strdup_printf("%.*shttps:%s", (int)(http - sections), sections, http + strlen("http:"));
    BusProcess *bus = bus_process_new(NULL, whole);
    g_autofree char *folder = g_build_filename(bus->folder, "files", NULL);
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    platform_close(closed);
    g_autofree char *output = NULL, *json = NULL;
    g_assert_cmpint(run_hutong(&output, "check", "--peers", "--timeout", "5s", "-c", bus->config, NULL), ==,
                    1);
    g_test_message("%s", output);
    expect_told(bus, output, platform_url(good),
                "note: [consumer good] url: answers, HTTP 405 to OPTIONS after ");
    expect_told(bus, output, platform_url(closed), "error: [consumer closed] url: cannot be reached: ");
    expect_told(bus, output, "http://nobody.invalid", "error: [consumer nowhere] url: cannot be reached: ");
    g_assert_nonnull(strstr(output, "error: [consumer silent] url: cannot be reached: "));
    g_assert_nonnull(strstr(output, "error: [consumer secure] url: cannot be reached: "));
    expect_told(bus, output, "directory = files",
                "note: [consumer files] directory: a file was written there");
    expect_told(bus, output, "directory = later", "note: [consumer later] directory: is not there yet");
    expect_told(bus, output, "directory = /proc",
                "error: [consumer readonly] directory: nothing can be written");
    expect_told(bus, output, "type = pull", "note: [consumer asks] type: it fetches its events itself");
    g_assert_nonnull(strstr(output, "5 of 9 consumers cannot be reached\n"));
    g_assert_cmpint(
        run_hutong(&json, "check", "--peers", "--json", "--timeout", "5s", "-c", bus->config, NULL), ==, 1);
    g_assert_nonnull(strstr(json, "{\"consumer\":\"good\",\"type\":\"webhook\","));
    g_assert_nonnull(strstr(json, "\"tried\":true,\"reached\":true,\"status\":405,"));
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    g_assert_null(g_dir_read_name(files)); /* nothing stays */
    PlatformCount count;
    platform_count(good, &count);
    g_assert_cmpuint(count.events + count.requests, ==, 0);
    g_assert_cmpuint(platform_asked(good), ==, 2);
    bus_process_free(bus);
    platform_free(good);
    platform_free(closed);
}

static void test_when_all_are_there_it_is_ok(void)
{
    Platform *good = platform_new();
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer good]\n" WEBHOOK "%s\n[route all]\nto = good\n",
        platform_url(good));
    BusProcess *bus = bus_process_new(NULL, sections);
    static const struct {
        int status;
        const char *words[4], *text;
    } cases[] = {{0, {"--peers"}, ": ok: 1 sources"},
                 {0, {NULL}, ": ok: 1 sources"},
                 {64, {"--json"}, "go with --peers"},
                 {64, {"--timeout", "1s"}, "go with --peers"},
                 {64, {"--peers", "--timeout", "soon"}, "is no time"},
                 {64, {"--peers", "--timeout", "0"}, "is no time"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *output = NULL;
        int status = run_hutong(&output, "check", "-c", bus->config, cases[i].words[0], cases[i].words[1],
                                cases[i].words[2], NULL);
        g_test_message("%s", output);
        g_assert_cmpint(status, ==, cases[i].status);
        g_assert_nonnull(strstr(output, cases[i].text));
    }
    bus_process_free(bus);
    platform_free(good);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/peers/each-consumer-is-tried-and-told", test_each_consumer_is_tried_and_told);
    g_test_add_func("/peers/when-all-are-there-it-is-ok", test_when_all_are_there_it_is_ok);
    return g_test_run();
}
