/* Another configuration for a running bus, with the real programs: what is under way ends as it began, nothing is lost or doubled, however often it is
 * done; and what consumers leave behind. Persons are synthetic (prefix 99). */
#include "tests/lib/deaths.h"
#include "tests/lib/places.h"
#include "tests/lib/post.h"
#include "tests/lib/reload-harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- What is under way ---- */

static int connect_to(unsigned port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    return fd;
}

static void send_all(int fd, const char *bytes, gsize size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        g_assert_cmpint(sent, >, 0);
        bytes += sent;
        size -= (gsize)sent;
    }
}

static char *read_answer(int fd)
{
    char answer[4096] = "";
    gsize size = 0;
    for (ssize_t got; size < sizeof answer - 1 && !strstr(answer, "\r\n\r\n") &&
                      (got = recv(fd, answer + size, sizeof answer - 1 - size, 0)) > 0;) {
        size += (gsize)got;
        answer[size] = '\0';
    }
    return g_strdup(answer);
}

#define MANY 5000
#define BLANKS 4000

/* Much, of few events. */
static char *make_large(unsigned first)
{
    g_autofree char *payload = deaths_payload(first, MANY, 500), *blanks = g_strnfill(BLANKS, ' ');
    g_autofree char *end = g_strconcat("</ROW>", blanks, NULL);
    g_auto(GStrv) rows = g_strsplit(payload, "</ROW>", -1);
    return g_strjoinv(end, rows);
}

static void test_a_large_message_ends_as_it_began(void)
{
    ReloadFixture f;
    reload_start_with(&f, NULL, HUKOU "max-body = 64M\nmax-document = 64M\nmax-records = 100000\n");
    g_autofree char *payload = make_large(930000001);
    gsize size = strlen(payload);
    g_test_message("%zu bytes", size);
    g_assert_cmpuint(size, >, 20 << 20);
    g_autofree char *head = g_strdup_printf(
        "POST /in/hukou HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: %zu\r\n\r\n",
        size);
    int fd = connect_to(f.bus->port);
    send_all(fd, head, strlen(head));
    send_all(fd, payload, size / 2);

    /* Its source is another now, and takes much less; its consumer is another, too. */
    reload_write_config(&f, "", HUKOU, "max-body = 1M\n", f.consumer, "batch = 500\n", ROUTE, NULL);
    kill(f.bus->pid, SIGHUP);
    bus_process_wait_figure(f.bus, "configuration.reloads", 1, WAIT_MS);
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 940000001, 10000), ==, 413);
    send_all(fd, payload + size / 2, size - size / 2);
    g_autofree char *answer = read_answer(fd);
    close(fd);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 200"));
    g_assert_true(platform_wait(f.platform, MANY, WAIT_MS));
    PlatformCount count;
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.events, ==, MANY);
    g_assert_cmpuint(count.repeated, ==, 0);
    g_assert_cmpint(bus_process_figure(f.bus, "sources.0.accepted"), ==, 1);
    reload_stop(&f);
}

/* One that does not come to its end in time is refused, and its host goes. */
static void test_draining_has_an_end(void)
{
    ReloadFixture f;
    reload_start(&f);
    g_autofree char *payload = deaths_payload(930000001, 500, 20);
    gsize size = strlen(payload);
    g_autofree char *head = g_strdup_printf(
        "POST /in/hukou HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: %zu\r\n\r\n",
        size);
    int fd = connect_to(f.bus->port);
    send_all(fd, head, strlen(head));
    send_all(fd, payload, size / 2);
    reload_write_config(&f, "reload-drain = 1s\n", HUKOU, "max-body = 2M\n", f.consumer, ROUTE, NULL);
    EXPECT(&f, 0, "reloaded", "reload");
    reload_wait_for_log(&f, "status 503, source-changed");
    send_all(fd, payload + size / 2, size - size / 2);
    g_autofree char *answer = read_answer(fd);
    close(fd);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 503"));
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001, 500), ==, 200);
    g_assert_true(platform_wait(f.platform, 500, WAIT_MS));
    reload_stop(&f);
}

static void test_a_consumer_that_is_down(void)
{
    ReloadFixture f;
    reload_start(&f);
    platform_close(f.platform);
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001, 30), ==, 200);
    bus_process_wait_figure(f.bus, "consumers.0.failures", 1, WAIT_MS);
    reload_write_config(&f, "", HUKOU, f.consumer, "batch = 7\n", ROUTE, NULL);
    EXPECT(&f, 0, "[consumer platform] batch = 7 (was: 100)", "reload");
    bus_process_wait_figure(f.bus, "consumers.0.backlog", 30, WAIT_MS);
    platform_open(f.platform);
    g_assert_true(platform_wait(f.platform, 30, WAIT_MS));
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 30, WAIT_MS);
    PlatformCount count;
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.repeated + count.disordered, ==, 0);
    reload_stop(&f);
}

/* A worker that has fetched events acknowledges them, and those that ask meanwhile ask again. */
static void test_a_pulling_consumer(void)
{
    BusProcess *bus =
        bus_process_new(NULL, HUKOU "[consumer platform]\ntype = pull\nclearance = 2\n" PURPOSE ROUTE);
    ReloadFixture f = {.bus = bus, .platform = platform_new(), .consumer = NULL};
    bus_process_start(bus);
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001, 3), ==, 200);
    g_autoptr(Answer) first = fetch(bus->port, "/out/platform?limit=2&wait=5", NULL);
    g_assert_cmpint(first->status, ==, 200);
    g_assert_nonnull(strstr(first->body->str, "\"sequence\":\"00000000000000000002\""));
    reload_write_config(
        &f, "", HUKOU, "[consumer platform]\ntype = pull\nclearance = 2\nlinger = 2s\n" PURPOSE, ROUTE, NULL);
    EXPECT(&f, 0, "[consumer platform] linger = 2s (was: 1s)", "reload");
    g_autoptr(Answer) meanwhile = fetch(bus->port, "/out/platform?limit=2", NULL);
    g_assert_cmpint(meanwhile->status, ==, 503);
    g_assert_nonnull(meanwhile->retry_after);
    static const char said[] = "{\"through\":\"2\"}";
    g_autoptr(Answer) acknowledged =
        post(bus->port, "/out/platform/ack", "application/json", NULL, said, strlen(said));
    g_test_message("%s", acknowledged->body->str);
    g_assert_cmpint(acknowledged->status, ==, 200);
    g_autoptr(Answer) next = NULL;
    for (unsigned i = 0; i < 200 && (!next || next->status == 503); i++) {
        g_clear_pointer(&next, answer_free);
        next = fetch(bus->port, "/out/platform?limit=10&wait=5", NULL);
        g_usleep(20000);
    }
    g_assert_cmpint(next->status, ==, 200);
    g_assert_nonnull(strstr(next->body->str, "\"sequence\":\"00000000000000000003\""));
    g_assert_null(strstr(next->body->str, "\"sequence\":\"00000000000000000002\""));
    reload_stop(&f);
}

/* What is not acknowledged in time goes again; a stream ends, and another one can be opened. */
static void test_a_worker_that_keeps_events(void)
{
    BusProcess *bus =
        bus_process_new(NULL, HUKOU "[consumer platform]\ntype = pull\nclearance = 2\n" PURPOSE ROUTE);
    ReloadFixture f = {.bus = bus, .platform = platform_new(), .consumer = NULL};
    static const char ask[] = "GET /out/platform/stream?worker=b HTTP/1.1\r\nHost: localhost\r\n\r\n";
    char end[4096];
    bus_process_start(bus);
    int fd = connect_to(bus->port);
    send_all(fd, ask, strlen(ask));
    g_autofree char *head = read_answer(fd);
    g_assert_true(g_str_has_prefix(head, "HTTP/1.1 200"));
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001, 2), ==, 200);
    reload_write_config(&f, "reload-drain = 1s\n", HUKOU,
                        "[consumer platform]\ntype = pull\nclearance = 2\nbatch = 7\n" PURPOSE, ROUTE, NULL);
    EXPECT(&f, 0, "[consumer platform] batch = 7 (was: 100)", "reload");
    GString *rest = g_string_new(NULL);
    for (ssize_t got; !strstr(rest->str, "0\r\n\r\n") && (got = recv(fd, end, sizeof end, 0)) > 0;) {
        g_string_append_len(rest, end, got);
    }
    g_assert_true(g_str_has_suffix(rest->str, "0\r\n\r\n")); /* whole, and the connection stays */
    g_string_free(rest, TRUE);
    close(fd);
    g_autoptr(Answer) next = NULL;
    for (unsigned i = 0; i < 400 && (!next || next->status == 503); i++) {
        g_clear_pointer(&next, answer_free);
        next = fetch(bus->port, "/out/platform?limit=10&wait=5", NULL);
        g_usleep(20000);
    }
    g_assert_cmpint(next->status, ==, 200);
    g_assert_nonnull(strstr(next->body->str, "\"sequence\":\"00000000000000000001\""));
    g_assert_nonnull(strstr(next->body->str, "\"sequence\":\"00000000000000000002\""));
    reload_stop(&f);
}

/* It goes on where it was, and nothing of it comes twice. */
static void test_a_replay(void)
{
    ReloadFixture f;
    reload_start(&f);
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001, 60), ==, 200);
    g_assert_true(platform_wait(f.platform, 60, WAIT_MS));
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 60, WAIT_MS);
    reload_write_config(&f, "", HUKOU, f.consumer, "mode = structured\nconnections = 4\n", ROUTE, NULL);
    EXPECT(&f, 0, "[consumer platform] mode = structured", "reload");
    platform_delay(f.platform, 30);
    EXPECT(&f, 0, "", "replay", "--consumer", "platform", "--from", "beginning");
    PlatformCount count = {0};
    for (unsigned i = 0; i < 500 && count.repeated < 5; i++) {
        platform_count(f.platform, &count);
        g_usleep(10000);
    }
    g_assert_cmpuint(count.repeated, <, 60);
    reload_write_config(&f, "", HUKOU, f.consumer, "mode = structured\nconnections = 5\n", ROUTE, NULL);
    EXPECT(&f, 0, "[consumer platform] connections = 5 (was: 4)", "reload");
    platform_delay(f.platform, 0);
    reload_wait_for_log(&f, "is done: 60 events delivered, 0 dead letters");
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.repeated, ==, 60);
    reload_stop(&f);
}

static unsigned count_lines(const ReloadFixture *f, const char *name)
{
    g_autofree char *path = g_build_filename(f->bus->folder, name, NULL);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    unsigned count = 0;
    for (const char *file; folder && (file = g_dir_read_name(folder));) {
        g_autofree char *whole = g_build_filename(path, file, NULL), *text = NULL;
        bool events = g_str_has_prefix(file, "files-") && !strstr(file, "manifest");
        g_assert_true(g_file_get_contents(whole, &text, NULL, NULL));
        for (const char *at = text; events && (at = strchr(at, '\n')); at++) {
            count++;
        }
    }
    return count;
}

static void test_a_consumer_of_files(void)
{
    ReloadFixture f;
    static const char files[] = "[consumer files]\ntype = file\ndirectory = out\nclearance = 2\n" PURPOSE;
    reload_start(&f);
    for (unsigned i = 0; i < 6; i++) {
        g_autofree char *rotate = g_strdup_printf("rotate-size = %uK\n", 20 + i);
        reload_write_config(&f, "", HUKOU, f.consumer, files, rotate, "[route all]\nto = platform;files\n",
                            NULL);
        g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001 + i * 50, 50), ==, 200);
        EXPECT(&f, 0, "[consumer files] ", "reload");
    }
    bus_process_wait_figure(f.bus, "consumers.1.cursor", 300, WAIT_MS);
    bus_process_expect_figure(f.bus, "consumers.1.delivered", 300, WAIT_MS);
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    g_assert_cmpuint(count_lines(&f, "out"), ==, 300);
    reload_stop(&f);
}

/* ---- Often, and under load ---- */

typedef struct {
    const ReloadFixture *f;
    GThread *thread;
    unsigned port, next, taken, refused;
    int over;
} Load;

static void *run_load(void *data)
{
    Load *load = data;
    while (!g_atomic_int_get(&load->over)) {
        g_autofree char *payload = deaths_payload(load->next, 5, 50);
        for (unsigned status = 0; status != 200 && !g_atomic_int_get(&load->over);) {
            g_autoptr(Answer) answer =
                post(load->port, "/in/hukou", "text/xml", NULL, payload, strlen(payload));
            status = (unsigned)answer->status;
            load->refused += status != 200;
            load->taken += status == 200 ? 5 : 0;
        }
        load->next += 5;
        g_usleep(2000);
    }
    return NULL;
}

static void begin_load(Load *load, const ReloadFixture *f)
{
    *load = (Load){.f = f, .port = f->bus->port, .next = 950000001};
    load->thread = g_thread_new("load", run_load, load);
}

static void end_load(Load *load)
{
    g_atomic_int_set(&load->over, 1);
    g_thread_join(load->thread);
}

static unsigned count_descriptors(const ReloadFixture *f)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)f->bus->pid);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    unsigned count = 0;
    while (folder && g_dir_read_name(folder)) {
        count++;
    }
    return count;
}

static guint64 read_memory(const ReloadFixture *f)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/statm", (int)f->bus->pid), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return g_ascii_strtoull(strchr(text, ' '), NULL, 10) * (guint64)sysconf(_SC_PAGESIZE);
}

/* Each time something else is another. */
static void change(const ReloadFixture *f, unsigned i)
{
    g_autofree char *limit = g_strdup_printf("max-body = %uM\n", 10 + i % 3);
    g_autofree char *batch = g_strdup_printf("batch = %u\n", 20 + i % 5);
    reload_write_config(f, i % 2 ? "log-level = warning\n" : "", HUKOU, i % 3 == 0 ? limit : "", f->consumer,
                        i % 3 == 1 ? batch : "", i % 4 ? ROUTE : ROUTE "types = person.*\n", NULL);
}

#define RELOADS 100

static void test_a_hundred_under_load(void)
{
    ReloadFixture f;
    Load load;
    reload_start(&f);
    begin_load(&load, &f);
    unsigned descriptors = 0;
    guint64 memory = 0;
    for (unsigned i = 0; i < RELOADS; i++) {
        g_autofree char *output = NULL;
        change(&f, i);
        if (i % 10 == 9) {
            kill(f.bus->pid, SIGHUP);
            bus_process_wait_figure(f.bus, "configuration.reloads", i + 1, WAIT_MS);
        } else {
            int status = RUN(&f, &output, "reload");
            g_test_message("%s", output);
            g_assert_cmpint(status, ==, 0);
        }
        if (i == RELOADS / 4) {
            descriptors = count_descriptors(&f);
            memory = read_memory(&f);
        }
    }
    end_load(&load);
    g_assert_true(platform_wait(f.platform, load.taken, WAIT_MS));
    PlatformCount count;
    platform_count(f.platform, &count);
    g_test_message("%u events, %u answers other than 200; memory %" G_GUINT64_FORMAT
                   " then %" G_GUINT64_FORMAT ", descriptors %u then %u",
                   load.taken, load.refused, memory, read_memory(&f), descriptors, count_descriptors(&f));
    g_assert_cmpuint(load.taken, >, 500);
    g_assert_cmpuint(load.refused, ==, 0); /* no connection was cut, and nothing refused */
    g_assert_cmpuint(count.events, ==, load.taken);
    g_assert_cmpuint(count.repeated + count.doubled + count.disordered, ==, 0);
    g_assert_cmpint(bus_process_figure(f.bus, "configuration.reloads"), ==, RELOADS);
    g_assert_cmpuint(count_descriptors(&f), <=, descriptors + 8);
    if (!test_is_sanitized()) {
        g_assert_cmpuint(read_memory(&f), <=, memory + (16 << 20));
    }
    reload_stop(&f);
}

static void test_killed_meanwhile(void)
{
    ReloadFixture f;
    reload_start(&f);
    unsigned sent = 0;
    for (unsigned i = 0; i < 8; i++) {
        change(&f, i);
        kill(f.bus->pid, SIGHUP);
        for (unsigned k = 0; k < i; k++) {
            g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 960000001 + sent * 5, 5), ==, 200);
            sent++;
        }
        bus_process_kill(f.bus);
        bus_process_start(f.bus);
    }
    g_assert_true(platform_wait(f.platform, sent * 5, WAIT_MS));
    PlatformCount count;
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.events, ==, sent * 5);
    g_assert_cmpuint(count.doubled, ==, 0); /* what was delivered and not marked comes again, under its id */
    reload_stop(&f);
}

static void *reload_too(void *data)
{
    const ReloadFixture *f = data;
    char *output = NULL;
    int status = RUN(f, &output, "reload");
    g_free(output);
    return GINT_TO_POINTER(status);
}

static void test_two_at_once(void)
{
    ReloadFixture f;
    reload_start(&f);
    unsigned good = 0;
    GThread *threads[4];
    change(&f, 1);
    for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("reload", reload_too, &f);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++) {
        int status = GPOINTER_TO_INT(g_thread_join(threads[i]));
        g_assert_true(status == 0 || status == 1); /* one is under way */
        good += status == 0;
    }
    g_assert_cmpuint(good, >=, 1);
    g_assert_cmpint(bus_process_figure(f.bus, "configuration.reloads"), ==, good);
    kill(f.bus->pid, SIGHUP);
    bus_process_wait_figure(f.bus, "configuration.reloads", good + 1, WAIT_MS);
    kill(f.bus->pid, SIGHUP);
    EXPECT(&f, 0, "\"state\":\"ready\"", "status", "--json");
    change(&f, 2);
    kill(f.bus->pid, SIGHUP); /* asked for while one is under way: another follows */
    bus_process_wait_figure(f.bus, "configuration.reloads", good + 3, WAIT_MS);
    kill(f.bus->pid, SIGHUP);
    reload_stop(&f); /* also in the middle of one */
}

/* ---- What is left behind ---- */

static void test_a_renamed_consumer_keeps_its_place(void)
{
    ReloadFixture f;
    reload_start(&f);
    platform_refuse_text(f.platform, "\"businessid\":\"930000002\"", 422);
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000001, 4), ==, 200);
    g_assert_true(platform_wait(f.platform, 3, WAIT_MS));
    bus_process_wait_figure(f.bus, "consumers.0.letters", 1, WAIT_MS);
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 4, WAIT_MS);
    EXPECT(&f, 1, "this consumer is configured", "consumer", "rename", "platform", "street");
    EXPECT(&f, 1, "this consumer is configured", "consumer", "forget", "platform");
    reload_write_config(&f, "", HUKOU, NULL);
    EXPECT(&f, 0, "left behind by consumer platform: its place (event 4) and 1 dead letters", "reload");
    EXPECT(&f, 0, "consumer platform is configured no more", "check");
    EXPECT(&f, 0, "consumer platform is configured no more", "status");
    EXPECT(&f, 1, "nothing is kept of a consumer of this name", "consumer", "rename", "nobody", "street");
    EXPECT(&f, 1, "a consumer's name is", "consumer", "rename", "platform", "a/b");
    EXPECT(&f, 0, "what platform has left is street's", "consumer", "rename", "platform", "street",
           "--reason", "ticket 12");
    g_autofree char *street = g_strdup_printf(
        "[consumer street]\ntype = webhook\nurl = %s\nclearance = 2\n" PURPOSE "[route all]\nto = street\n",
        platform_url(f.platform));
    platform_refuse_text(f.platform, NULL, 0);
    reload_write_config(&f, "", HUKOU, street, NULL);
    EXPECT(&f, 0, "[consumer street] is new", "reload");
    g_assert_cmpint(reload_post_deaths(&f, "/in/hukou", 930000005, 1), ==, 200);
    g_assert_true(platform_wait(f.platform, 4, WAIT_MS));
    g_assert_cmpint(bus_process_figure(f.bus, "consumers.0.letters"), ==, 1);
    PlatformCount count;
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.events, ==, 4);
    g_assert_cmpuint(count.repeated, ==, 0);
    bus_process_kill(f.bus);
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT count(*) FROM cursors WHERE consumer = 'platform'"),
                    ==, 0);
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT start FROM cursors WHERE consumer = 'street'"), ==,
                    0);
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT seq FROM dead_letters WHERE consumer = 'street'"),
                    ==, 2);

    /* Without a bus. */
    reload_write_config(&f, "", HUKOU, NULL);
    EXPECT(&f, 0, "what street has left is village's", "consumer", "rename", "street", "village");
    EXPECT(&f, 0, "nothing is kept of village any more", "consumer", "forget", "village");
    EXPECT(&f, 1, "nothing is kept", "consumer", "forget", "village");
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT count(*) FROM cursors"), ==, 0);
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT count(*) FROM dead_letters"), ==, 0);
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT count(*) FROM audit WHERE verb LIKE 'consumer %'"),
                    ==, 3);
    reload_stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reload/a-large-message-ends-as-it-began", test_a_large_message_ends_as_it_began);
    g_test_add_func("/reload/draining-has-an-end", test_draining_has_an_end);
    g_test_add_func("/reload/a-consumer-that-is-down", test_a_consumer_that_is_down);
    g_test_add_func("/reload/a-pulling-consumer", test_a_pulling_consumer);
    g_test_add_func("/reload/a-worker-that-keeps-events", test_a_worker_that_keeps_events);
    g_test_add_func("/reload/a-replay", test_a_replay);
    g_test_add_func("/reload/a-consumer-of-files", test_a_consumer_of_files);
    g_test_add_func("/reload/a-hundred-under-load", test_a_hundred_under_load);
    g_test_add_func("/reload/killed-meanwhile", test_killed_meanwhile);
    g_test_add_func("/reload/two-at-once", test_two_at_once);
    g_test_add_func("/reload/a-renamed-consumer-keeps-its-place", test_a_renamed_consumer_keeps_its_place);
    return g_test_run();
}
