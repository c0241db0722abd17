/* Another configuration for a running bus, with the real programs: what is taken, and what is refused. What is under way meanwhile is in
 * e2e-reload-load.c. Persons are synthetic (prefix 99). */
#include "tests/lib/deaths.h"
#include "tests/lib/places.h"
#include "tests/lib/post.h"
#include "tests/lib/tree.h"
#include "tests/lib/reload-harness.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CHECK_MS 120000

/* ---- What is taken ---- */

static void test_sources(void)
{
    ReloadFixture f;
    reload_start(&f);
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001, 1), ==, 200);
    g_assert_cmpint(reload_post_deaths(&f, "/in/second", 930000002, 1), ==, 404);
    gint64 pid = bus_process_figure(f.bus, "sources.0.host.pid");
    reload_write_config(&f, "", HUKOU, SECOND, "paths = /deaths\n", f.consumer, ROUTE, NULL);
    EXPECT(&f, 0, "[source second] is new", "reload");
    g_assert_cmpint(reload_post_deaths(&f, "/in/second", 930000002, 1), ==, 200);
    g_assert_cmpint(reload_post_deaths(&f, "/deaths", 930000003, 1), ==, 200);
    g_assert_cmpint(bus_process_figure(f.bus, "sources.0.host.pid"), ==, pid); /* it stays as it is */

    reload_write_config(&f, "", HUKOU, SECOND, "max-body = 1K\n", f.consumer, ROUTE, NULL);
    EXPECT(&f, 0, "[source second] max-body = 1K (was: ", "reload");
    g_assert_cmpint(reload_post_deaths(&f, "/in/second", 930000100, 20), ==, 413);
    g_assert_cmpint(reload_post_deaths(&f, "/deaths", 930000003, 1), ==, 404);
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000100, 20), ==, 200);
    g_assert_cmpint(bus_process_figure(f.bus, "sources.1.accepted"), ==, 2); /* its figures go on */

    reload_write_config(&f, "", HUKOU, f.consumer, ROUTE, NULL);
    EXPECT(&f, 0, "[source second] is gone", "reload");
    g_assert_cmpint(reload_post_deaths(&f, "/in/second", 930000004, 1), ==, 404);
    g_assert_cmpint(bus_process_figure(f.bus, "sources.0.host.pid"), ==, pid);
    g_assert_true(platform_wait(f.platform, 23, WAIT_MS));
    EXPECT(&f, 0, "reloaded: 0 changes", "reload");
    reload_stop(&f);
}

static void test_who_may_send(void)
{
    ReloadFixture f;
    reload_start(&f);
    const char *first[] = {"Authorization: Bearer 0123456789abcdef0123456789abcdef", NULL};
    const char *other[] = {"Authorization: Bearer fedcba9876543210fedcba9876543210", NULL};
    reload_write_file(&f, "token", "0123456789abcdef0123456789abcdef\n");
    reload_write_config(&f, "", HUKOU, "token-file = token\n", f.consumer, ROUTE, NULL);
    EXPECT(&f, 0, "[source hukou] token-file = ", "reload");
    g_autofree char *payload = deaths_payload(930000001, 1, 1);
    g_autoptr(Answer) without = post(f.bus->port, "/in/hukou", "text/xml", NULL, payload, strlen(payload));
    g_autoptr(Answer) with = post(f.bus->port, "/in/hukou", "text/xml", first, payload, strlen(payload));
    g_assert_cmpint(without->status, ==, 401);
    g_assert_cmpint(with->status, ==, 200);
    reload_write_file(&f, "token", "fedcba9876543210fedcba9876543210\n");
    EXPECT(&f, 0, "reloaded", "reload");
    g_autoptr(Answer) old = post(f.bus->port, "/in/hukou", "text/xml", first, payload, strlen(payload));
    g_autoptr(Answer) new = post(f.bus->port, "/in/hukou", "text/xml", other, payload, strlen(payload));
    g_assert_cmpint(old->status, ==, 401);
    g_assert_cmpint(new->status, ==, 200);
    reload_stop(&f);
}

/* Whether the consumer saw the person's name. */
static bool shows_name(Platform *platform, unsigned index)
{
    JsonObject *data = json_object_get_object_member(platform_event(platform, index), "data");
    JsonObject *person =
        json_object_has_member(data, "person") ? json_object_get_object_member(data, "person") : NULL;
    return person && json_object_has_member(person, "name");
}

static void test_consumers_and_routes(void)
{
    ReloadFixture f;
    reload_start(&f);
    Platform *other = platform_new();
    g_autofree char *second = g_strdup_printf(
        "[consumer second]\ntype = webhook\nurl = %s\nclearance = 0\n" PURPOSE, platform_url(other));
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001, 1), ==, 200);
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    reload_write_config(&f, "", HUKOU, f.consumer, second, "[route all]\nto = platform;second\n", NULL);
    EXPECT(&f, 0, "[route all] to = platform;second (was: platform)", "reload");
    g_assert_true(platform_wait(other, 1, WAIT_MS));
    g_assert_true(shows_name(f.platform, 0));
    g_assert_false(shows_name(other, 0));

    /* Another policy, from the next event on; nothing comes again. */
    g_autofree char *cleared = g_strdup_printf(
        "[consumer second]\ntype = webhook\nurl = %s\nclearance = 2\n" PURPOSE, platform_url(other));
    reload_write_config(&f, "", HUKOU, f.consumer, "deny = person.name\n", cleared,
                        "[route all]\nto = platform;second\n", NULL);
    EXPECT(&f, 0, "[consumer platform] deny = person.name (was: not set)", "reload");
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000002, 1), ==, 200);
    g_assert_true(platform_wait(f.platform, 2, WAIT_MS) && platform_wait(other, 2, WAIT_MS));
    g_assert_false(shows_name(f.platform, 1));
    g_assert_true(shows_name(other, 1));
    bus_process_expect_figure(f.bus, "consumers.0.delivered", 2, WAIT_MS); /* its figures go on */

    reload_write_config(&f, "", HUKOU, f.consumer, "[route all]\nto = platform\ntypes = person.born\n", NULL);
    EXPECT(&f, 0, "left behind by consumer second: its place (event 2) and 0 dead letters", "reload");
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000003, 1), ==, 200);
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 3, WAIT_MS);
    reload_write_config(&f, "", HUKOU, f.consumer, ROUTE, NULL);
    EXPECT(&f, 0, "[route all] types = not set (was: person.born)", "reload");
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000004, 1), ==, 200);
    g_assert_true(platform_wait(f.platform, 3, WAIT_MS));
    PlatformCount count, second_count;
    platform_count(f.platform, &count);
    platform_count(other, &second_count);
    g_assert_cmpuint(count.events, ==, 3);
    g_assert_cmpuint(count.repeated + second_count.repeated, ==, 0);
    g_assert_cmpuint(second_count.events, ==, 2);
    reload_stop(&f);
    platform_free(other);
}

/* What was written of an event for several consumers of the former policy is sent to nobody. */
static void test_a_policy_counts_for_what_was_written_before(void)
{
    ReloadFixture f;
    reload_start(&f);
    g_autofree char *second = g_strdup_printf(
        "[consumer second]\ntype = webhook\nurl = %s\nclearance = 2\n" PURPOSE, platform_url(f.platform));
    reload_write_config(&f, "", HUKOU, f.consumer, second, "[route all]\nto = platform;second\n", NULL);
    EXPECT(&f, 0, "[consumer second] is new", "reload");
    platform_refuse(f.platform, 503, 0);
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001, 1), ==, 200);
    bus_process_wait_figure(f.bus, "consumers.0.failures", 1, WAIT_MS);
    bus_process_wait_figure(f.bus, "consumers.1.failures", 1, WAIT_MS);
    reload_write_config(&f, "", HUKOU, f.consumer, "deny = person.name\n", second, "deny = person.name\n",
                        "[route all]\nto = platform;second\n", NULL);
    EXPECT(&f, 0, "[consumer second] deny = person.name", "reload");
    bus_process_expect_figure(f.bus, "configuration.changing", 0, WAIT_MS); /* what was under way has ended */
    platform_refuse(f.platform, 0, 0);
    bus_process_wait_figure(f.bus, "consumers.0.delivered", 1, WAIT_MS);
    bus_process_wait_figure(f.bus, "consumers.1.delivered", 1, WAIT_MS);
    g_assert_false(shows_name(f.platform, 0));
    reload_stop(&f);
}

/* A site's own mapping, and an adapter's file: with the gate. */
static void test_mappings_and_adapters(void)
{
    ReloadFixture f;
    const char *root = g_getenv("HUTONG_SRCDIR");
    reload_start_with(&f, "adapter-check = on\n", HUKOU);
    bus_process_wait_check(f.bus, 0, "passed", CHECK_MS);
    g_autofree char *own = g_build_filename(root, "mappings", "hukou.xml", NULL), *text = NULL;
    g_assert_true(g_file_get_contents(own, &text, NULL, NULL));
    reload_write_file(&f, "site.xml", text);
    g_autofree char *site =
        g_strdup_printf("[source site]\ndepartment = police\nadapter = hukou\ndivision = 440104\n"
                        "mapping = %s/site.xml\n",
                        f.bus->folder);
    reload_write_config(&f, "adapter-check = on\n", HUKOU, site, f.consumer, ROUTE, NULL);
    EXPECT(&f, 0, "[source site] is new", "reload");
    g_assert_cmpint(reload_post_deaths(&f, "/in/site", 930000001, 1), ==,
                    200); /* passed before it was taken */
    gint64 pid = bus_process_figure(f.bus, "sources.1.host.pid");
    g_autofree char *changed = g_strconcat(text, "<!-- changed -->\n", NULL);
    reload_write_file(&f, "site.xml", changed);
    EXPECT(&f, 0, "reloaded: 0 changes", "reload");
    bus_process_wait_check(f.bus, 1, "passed", CHECK_MS);
    g_assert_cmpint(reload_post_deaths(&f, "/in/site", 930000002, 1), ==, 200);
    g_assert_cmpint(bus_process_figure(f.bus, "sources.1.host.pid"), !=, pid);

    reload_write_file(&f, "site.xml", "<mapping>\n");
    EXPECT(&f, 78, "site.xml", "reload");
    reload_write_file(&f, "site.xml", changed);
    g_autofree char *bad = g_strdup_printf("[source bad]\ndepartment = nobody\nadapter = %s/fragile.so\n"
                                           "mapping = %s/tests/data/mappings/encoding.xml\n",
                                           g_getenv("HUTONG_TEST_ADAPTERDIR"), root);
    reload_write_config(&f, "adapter-check = on\n", HUKOU, site, bad, f.consumer, ROUTE, NULL);
    EXPECT(&f, 78, "checks, so the source would take nothing", "reload");
    g_assert_cmpint(reload_post_deaths(&f, "/in/bad", 930000003, 1), ==, 404);
    bus_process_wait_check(f.bus, 1, "passed", CHECK_MS);
    g_assert_cmpint(reload_post_deaths(&f, "/in/site", 930000003, 1), ==, 200);
    reload_stop(&f);
}

static void copy_data(const ReloadFixture *f)
{
    g_autofree char *to = g_build_filename(f->bus->folder, "data", NULL);
    const char *argv[] = {"cp", "-rL", g_getenv("HUTONG_DATADIR"), to, NULL};
    int status = -1;
    g_assert_true(
        g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
    g_assert_cmpint(status, ==, 0);
}

/* The person's name becomes more sensitive than the consumer's clearance. */
static void change_dictionary(const ReloadFixture *f)
{
    g_autofree char *file = g_build_filename(f->bus->folder, "data", "dictionary.xml", NULL), *text = NULL;
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    char *name = strstr(text, "<element name=\"name\" zh=\"姓名\"");
    char *sensitivity = name ? strstr(name, "sensitivity=\"1\"") : NULL;
    g_assert_nonnull(sensitivity);
    sensitivity[strlen("sensitivity=\"")] = '3';
    reload_write_file(f, "data/dictionary.xml", text);
}

static void test_the_dictionary(void)
{
    ReloadFixture f;
    reload_start(&f);
    copy_data(&f);
    reload_write_config(&f, "data = data\n", HUKOU, f.consumer, ROUTE, NULL);
    EXPECT(&f, 0, "[bus] data = ", "reload");
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001, 1), ==, 200);
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    gint64 pid = bus_process_figure(f.bus, "sources.0.host.pid");
    change_dictionary(&f);
    EXPECT(&f, 0, "reloaded: 0 changes", "reload");
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000002, 1), ==, 200);
    g_assert_true(platform_wait(f.platform, 2, WAIT_MS));
    g_assert_true(shows_name(f.platform, 0));
    g_assert_false(shows_name(f.platform, 1));
    g_assert_cmpint(bus_process_figure(f.bus, "sources.0.host.pid"), !=, pid);
    g_assert_cmpint(bus_process_figure(f.bus, "audit.segment"), ==,
                    3); /* each dictionary has one of its own */
    reload_write_file(&f, "data/dictionary.xml", "<dictionary>\n");
    EXPECT(&f, 78, "dictionary.xml", "reload");
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    EXPECT(&f, 0, "", "audit", "verify");
    reload_stop(&f);
}

/* ---- What is not ---- */

static void test_a_bad_one_changes_nothing(void)
{
    ReloadFixture f;
    reload_start(&f);
    g_autofree char *before = NULL, *after = NULL, *output = NULL;
    unsigned status;
    reload_write_config(&f, "log-level = debug\n", HUKOU, "max-bodi = 1K\n", SECOND, "token-file = none\n",
                        f.consumer, "[route all]\nto = nobody\n", NULL);
    g_assert_cmpint(RUN(&f, &output, "reload"), ==, 78);
    g_test_message("%s", output);
    g_assert_nonnull(strstr(output, "max-bodi"));
    g_assert_nonnull(strstr(output, "none"));
    g_assert_nonnull(strstr(output, "nobody"));
    g_assert_nonnull(strstr(output, "the configuration in force stays as it was"));
    g_assert_cmpint(RUN(&f, &before, "check"), ==, 78); /* which tells the same */
    g_auto(GStrv) lines = g_strsplit(before, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_assert_true(strstr(*line, "note: in use") || strstr(output, *line));
    }
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001, 1), ==, 200);
    g_assert_cmpint(reload_post_deaths(&f, "/in/second", 930000001, 1), ==, 404);
    g_assert_true(platform_wait(f.platform, 1, WAIT_MS));
    g_assert_cmpint(bus_process_figure(f.bus, "configuration.refused"), ==, 1);
    g_autofree char *ready = bus_process_page(f.bus, "/ready", &status);
    g_assert_cmpint(status, ==, 200);
    g_assert_nonnull(strstr(ready, "the last reload was refused"));
    g_assert_null(strstr(ready, "max-bodi")); /* which may be anybody's to see */
    g_autofree char *page = bus_process_page(f.bus, "/status", &status);
    g_assert_nonnull(strstr(page, "max-bodi"));

    kill(f.bus->pid, SIGHUP);
    bus_process_wait_figure(f.bus, "configuration.refused", 2, WAIT_MS);
    reload_wait_for_log(&f, "reload: refused: the configuration stays as it was");
    reload_write_file(&f, "hutong.conf", "[bus\n");
    EXPECT(&f, 78, "refused; the configuration in force stays as it was", "reload");
    g_unlink(f.bus->config);
    kill(f.bus->pid, SIGHUP);
    bus_process_wait_figure(f.bus, "configuration.refused", 4, WAIT_MS);
    reload_write_config(&f, "", HUKOU, f.consumer, ROUTE, NULL);
    kill(f.bus->pid, SIGHUP);
    bus_process_wait_figure(f.bus, "configuration.reloads", 1, WAIT_MS);
    after = bus_process_page(f.bus, "/ready", &status);
    g_assert_null(strstr(after, "refused"));
    reload_stop(&f);
}

/* The process of the check that begins behind what the log has already. */
static GPid wait_for_check(const ReloadFixture *f, size_t from)
{
    static const char begins[] = "is checked (process ";
    for (gint64 until = g_get_monotonic_time() + WAIT_MS * 1000; g_get_monotonic_time() < until;) {
        g_autofree char *log = bus_process_log(f->bus);
        const char *at = strstr(log + from, begins);
        if (at) {
            return (GPid)g_ascii_strtoll(at + strlen(begins), NULL, 10);
        }
        g_usleep(2000);
    }
    g_error("no adapter is checked");
}

/* The configuration is quickly tried, the adapter's check is not: the time ends when no child is there to be killed. */
static void test_a_slow_check_harms_nobody(void)
{
    ReloadFixture f;
    const char *keys = test_is_sanitized() ? "adapter-check = on\nreload-within = 15s\n"
                                           : "adapter-check = on\nreload-within = 4s\n";
    reload_start_with(&f, keys, HUKOU);
    bus_process_wait_check(f.bus, 0, "passed", CHECK_MS);
    g_autofree char *own = g_build_filename(g_getenv("HUTONG_SRCDIR"), "mappings", "hukou.xml", NULL),
                    *text = NULL, *log = bus_process_log(f.bus);
    g_assert_true(g_file_get_contents(own, &text, NULL, NULL));
    reload_write_file(&f, "site.xml", text);
    g_autofree char *site = g_strdup_printf("[source site]\ndepartment = police\nadapter = hukou\n"
                                            "division = 440104\nmapping = %s/site.xml\n",
                                            f.bus->folder);
    reload_write_config(&f, keys, HUKOU, site, f.consumer, ROUTE, NULL);
    kill(f.bus->pid, SIGHUP);
    g_assert_cmpint(kill(wait_for_check(&f, strlen(log)), SIGSTOP), ==, 0);
    bus_process_wait_figure(f.bus, "configuration.refused", 1, WAIT_MS);
    reload_wait_for_log(&f, "checking the adapters took longer than [bus] reload-within");
    EXPECT(&f, 0, "refused reload: error: checking the adapters took longer", "status");
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001, 1), ==, 200);
    reload_stop(&f);
}

static void test_what_needs_a_restart_is_named(void)
{
    ReloadFixture f;
    reload_start(&f);
    unsigned status;
    reload_write_config(&f, "state = elsewhere\nlog-level = debug\nmax-connections = 77\n", HUKOU, f.consumer,
                        ROUTE, "[spool]\ngroup = 17\n", NULL);
    g_autofree char *output = NULL;
    g_assert_cmpint(RUN(&f, &output, "reload"), ==, 0);
    g_test_message("%s", output);
    g_assert_nonnull(strstr(output, "hutong.conf:6: [bus] max-connections needs a restart"));
    g_assert_nonnull(strstr(output, "hutong.conf:4: [bus] state needs a restart"));
    g_assert_nonnull(strstr(output, "[spool] group needs a restart"));
    g_assert_nonnull(strstr(output, "[bus] log-level = debug (was: info)"));
    g_assert_null(strstr(output, "site-key-file"));
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001, 1), ==, 200);
    reload_wait_for_log(&f, "accepted "); /* which is said at debug */
    g_autofree char *page = bus_process_page(f.bus, "/status", &status);
    g_assert_nonnull(strstr(page, "hutong.conf:4: [bus] state\""));
    EXPECT(&f, 0, "hutong.conf:4: [bus] state was changed and needs a restart", "status");
    EXPECT(&f, 0, "hutong.conf:4: [bus] state needs a restart", "reload"); /* and so until it comes */
    g_autofree char *ready = bus_process_page(f.bus, "/ready", &status);
    g_assert_cmpuint(status, ==, 200);
    g_assert_nonnull(strstr(ready, "hutong.conf:4: [bus] state was changed and needs a restart"));
    reload_write_config(&f, "", HUKOU, f.consumer, ROUTE, NULL);
    EXPECT(&f, 0, "[bus] log-level = info (was: debug)", "reload");
    g_autofree char *metrics = bus_process_page(f.bus, "/metrics", &status);
    g_assert_nonnull(strstr(metrics, "hutong_config_info{sha256=\""));
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    EXPECT(&f, 1, "no bus answers", "reload");
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT count(*) FROM audit WHERE verb = 'reload'"), ==, 3);
    reload_stop(&f);
}

/* ---- Where it listens, how much it holds ---- */

/* A socket at a port that was free; it listens there if it is told to. */
static GSocket *take_port(bool listens, unsigned *port)
{
    g_autoptr(GError) error = NULL;
    GSocket *socket = g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string("127.0.0.1", 0);
    g_assert_true(g_socket_bind(socket, any, TRUE, &error));
    g_assert_true(!listens || g_socket_listen(socket, &error));
    g_autoptr(GSocketAddress) own = g_socket_get_local_address(socket, &error);
    *port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(own));
    return socket;
}

static int post_at(ReloadFixture *f, unsigned port, unsigned number)
{
    unsigned own = f->bus->port;
    f->bus->port = port;
    int status = reload_post_deaths(f, "/in/hukou", number, 1);
    f->bus->port = own;
    return status;
}

static void test_places_of_listen_come_and_go(void)
{
    ReloadFixture f;
    unsigned port, used;
    reload_start(&f);
    GSocket *held = take_port(false, &port);
    g_autoptr(GSocket) other = take_port(true, &used);
    g_object_unref(held);
    g_autofree char *more = g_strdup_printf("listen = 127.0.0.1:0;127.0.0.1:%u;unix:in.sock\n", port);
    g_autofree char *wrong = g_strdup_printf("listen = 127.0.0.1:%u;127.0.0.1:0\n", used);
    reload_write_config(&f, more, HUKOU, f.consumer, ROUTE, NULL);
    EXPECT(&f, 0, "[bus] listen = ", "reload");
    g_assert_cmpint(post_at(&f, port, 930001001), ==, 200);
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930001002, 1), ==,
                    200); /* at the former place, too */
    g_assert_cmpint(bus_process_figure(f.bus, "door.port"), ==, f.bus->port);
    g_autofree char *unix_path = g_build_filename(f.bus->folder, "in.sock", NULL);
    g_assert_true(g_file_test(unix_path, G_FILE_TEST_EXISTS));
    reload_write_config(&f, wrong, HUKOU, f.consumer, ROUTE, NULL);
    EXPECT(&f, 78, "error: [bus] listen: cannot listen on", "reload");
    EXPECT(&f, 78, "hutong.conf:3: error: [bus] listen", "reload");
    g_assert_cmpint(post_at(&f, port, 930001003), ==, 200); /* nothing was taken of it */
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930001004, 1), ==, 200);
    reload_write_config(&f, "", HUKOU, f.consumer, ROUTE, NULL);
    EXPECT(&f, 0, "(was: 127.0.0.1:0;127.0.0.1:", "reload");
    g_assert_cmpint(post_at(&f, port, 930001005), ==, 0);
    g_assert_false(g_file_test(unix_path, G_FILE_TEST_EXISTS));
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930001006, 1), ==, 200);
    reload_stop(&f);
}

static void test_room_and_audit_are_changed_at_once(void)
{
    ReloadFixture f;
    reload_start(&f);
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930001101, 1), ==, 200);
    reload_write_config(&f, "audit-keep = 1000d\naudit-sync = 100ms\n", HUKOU, f.consumer, ROUTE,
                        "[spool]\nmax-size = 4K\nqueue = 17\n", NULL);
    g_autofree char *output = NULL;
    g_assert_cmpint(RUN(&f, &output, "reload"), ==, 0);
    g_test_message("%s", output);
    g_assert_nonnull(strstr(output, "[spool] max-size = 4K (was: 0)"));
    g_assert_null(strstr(output, "needs a restart"));
    gint64 end = g_get_monotonic_time() + (gint64)WAIT_MS * 1000;
    for (unsigned i = 0; reload_post_deaths(&f, "/in/hukou", 930001102 + i, 1) != 503; i++) {
        g_assert_cmpint(g_get_monotonic_time(), <,
                        end); /* the room is looked at with messages, now and then */
    }
    g_assert_cmpint(bus_process_figure(f.bus, "spool.sizeLevel"), ==, 100);
    reload_write_config(&f, "", HUKOU, f.consumer, ROUTE, NULL);
    EXPECT(&f, 0, "[spool] max-size = 0 (was: 4K)", "reload");
    reload_wait_for_log(&f, "there is room again: intake resumes (max-size)");
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930001901, 1), ==, 200);
    reload_stop(&f);
}

/* ---- Who started it ---- */

/* All that it says until it is ready again. */
static char *hear_until_ready(int fd)
{
    GString *heard = g_string_new(NULL);
    while (!strstr(heard->str, "READY=1")) {
        char text[256];
        ssize_t size = recv(fd, text, sizeof text - 1, 0);
        g_assert_cmpint(size, >, 0);
        g_string_append_len(heard, text, size);
        g_string_append_c(heard, '\n');
    }
    return g_string_free(heard, FALSE);
}

static void test_systemd_is_told(void)
{
    ReloadFixture f;
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "notify", NULL);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_setenv("NOTIFY_SOCKET", path, TRUE);
    reload_start(&f);
    g_unsetenv("NOTIFY_SOCKET");
    g_autofree char *first = hear_until_ready(fd);
    gint64 before_us = g_get_monotonic_time();
    kill(f.bus->pid, SIGHUP);
    g_autofree char *heard = hear_until_ready(fd);
    const char *at = strstr(heard, "RELOADING=1\nMONOTONIC_USEC=");
    g_assert_nonnull(at);
    g_assert_cmpint(g_ascii_strtoll(strstr(at, "USEC=") + strlen("USEC="), NULL, 10), >=, before_us);
    g_assert_null(strstr(first, "RELOADING"));
    close(fd);
    g_unlink(path);
    reload_stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *adapters = test_use_small_adapters();
    g_test_add_func("/reload/sources", test_sources);
    g_test_add_func("/reload/who-may-send", test_who_may_send);
    g_test_add_func("/reload/consumers-and-routes", test_consumers_and_routes);
    g_test_add_func("/reload/mappings-and-adapters", test_mappings_and_adapters);
    g_test_add_func("/reload/a-policy-counts-for-what-was-written-before",
                    test_a_policy_counts_for_what_was_written_before);
    g_test_add_func("/reload/the-dictionary", test_the_dictionary);
    g_test_add_func("/reload/systemd-is-told", test_systemd_is_told);
    g_test_add_func("/reload/a-bad-one-changes-nothing", test_a_bad_one_changes_nothing);
    g_test_add_func("/reload/a-slow-check-harms-nobody", test_a_slow_check_harms_nobody);
    g_test_add_func("/reload/what-needs-a-restart-is-named", test_what_needs_a_restart_is_named);
    g_test_add_func("/reload/places-of-listen-come-and-go", test_places_of_listen_come_and_go);
    g_test_add_func("/reload/room-and-audit-are-changed-at-once", test_room_and_audit_are_changed_at_once);
    int failed = g_test_run();
    if (adapters) {
        tree_remove(adapters);
    }
    return failed;
}
