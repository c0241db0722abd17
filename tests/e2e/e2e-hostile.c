/* Hostile adapters, hostile neighbours, exhausted descriptors: the bus goes on, and no other source notices. */
#include "tests/lib/busproc.h"
#include "tests/lib/places.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    Platform *platform;
    BusProcess *bus;
    GThread *thread;
    int running, answers;
    gint64 slowest_us;
} Fixture;

static BusProcess *make_bus(Platform *platform, const char *bus_keys)
{
    const char *adapters = g_getenv("HUTONG_TEST_ADAPTERDIR"), *root = g_getenv("HUTONG_SRCDIR");
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "compress-payload = off\n[source bad]\ndepartment = nobody\nadapter = %s/obedient.so\nmapping = %s/tests/data/mappings/encoding.xml\n"
        "message-timeout = 500ms\nstrikes = 2\nmemory = 256M\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 1\npurpose = 测试\npurpose-until = 2099-12-31\nretry-first = 20ms\nretry-max = 200ms\n"
        "[route all]\nto = platform\n",
        adapters, root, platform_url(platform));
    return bus_process_new(bus_keys, sections);
}

static bool post_good(BusProcess *bus, unsigned number)
{
    g_autofree char *payload = g_strdup_printf(
        "<ROWS><ROW><SWZXID>%u</SWZXID><SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID><CXBZ>0</CXBZ>"
        "<JCWH>440104001003</JCWH><XM>测试丁</XM><GMSFHM>990104195008179950</GMSFHM><XB>1</XB><CSRQ>19500817</CSRQ></ROW></ROWS>",
        920000000 + number, 920000000 + number);
    g_autoptr(Answer) answer = post(bus->port, "/in/hukou", "text/xml", NULL, payload, strlen(payload));
    return answer->status == 200;
}

static Answer *command(Fixture *f, const char *word)
{
    return post(f->bus->port, "/in/bad", "text/xml", NULL, word, strlen(word));
}

/* The honest neighbour: one message after the other, each of which must be accepted. */
static void *send_on(void *data)
{
    Fixture *f = data;
    for (unsigned number = 0; g_atomic_int_get(&f->running); number++) {
        gint64 start = g_get_monotonic_time();
        g_assert_true(post_good(f->bus, number));
        f->slowest_us = MAX(f->slowest_us, g_get_monotonic_time() - start);
        g_atomic_int_inc(&f->answers);
    }
    return NULL;
}

static void start(Fixture *f)
{
    *f = (Fixture){.platform = platform_new(), .running = 1};
    f->bus = make_bus(f->platform, NULL);
    bus_process_start(f->bus);
    g_assert_true(post_good(f->bus, 1000000));
    f->thread = g_thread_new("neighbour", send_on, f);
}

static void stop(Fixture *f)
{
    g_atomic_int_set(&f->running, 0);
    g_thread_join(f->thread);
    g_test_message("the neighbour had %d answers; the slowest took %" G_GINT64_FORMAT " ms", f->answers,
                   f->slowest_us / 1000);
    g_assert_true(platform_wait(f->platform, (unsigned)f->answers + 1, 30000));
    g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    bus_process_free(f->bus);
    platform_free(f->platform);
}

/* Whatever the adapter does, its sender gets an answer, the neighbour goes on, and the next message is served. */
static void test_adapters_that_misbehave_harm_only_themselves(void)
{
    static const char *const words[] = {"crash",     "abort", "hang",    "spin",      "leak",
                                        "stack",     "exit",  "garbage", "oversized", "foreign",
                                        "bus-frame", "half",  "close"};
    Fixture f;
    start(&f);
    GPid pid = f.bus->pid;
    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        int before = g_atomic_int_get(&f.answers);
        g_autoptr(Answer) bad = command(&f, words[i]);
        g_test_message("%s: %ld", words[i], bad->status);
        g_assert_cmpint(bad->status, >=, g_str_equal(words[i], "leak") ? 413 : 500);
        g_autoptr(Answer) good = command(&f, "echo again");
        g_assert_cmpint(good->status, ==, 200);
        g_assert_nonnull(strstr(good->body->str, "again"));
        g_assert_cmpint(g_atomic_int_get(&f.answers), >, before);
    }
    g_assert_cmpint(f.bus->pid, ==, pid);
    g_assert_cmpint(bus_process_figure(f.bus, "sources.1.host.kills") +
                        bus_process_figure(f.bus, "sources.1.host.restarts"),
                    >=, 13);
    bus_process_wait_figure(f.bus, "spool.quarantined", 5, 5000);
    if (!test_is_sanitized()) {
        g_assert_cmpint(f.slowest_us, <, 10 * G_USEC_PER_SEC);
    }
    stop(&f);
}

static void test_what_an_adapter_says_is_cleaned_of_numbers(void)
{
    Fixture f;
    start(&f);
    g_autoptr(Answer) tell = command(&f, "tell"), fault = command(&f, "fault");
    g_autofree char *log = bus_process_log(f.bus);
    g_assert_null(strstr(log, "9901041"));
    g_assert_nonnull(strstr(log, "[number]"));
    g_assert_null(strstr(fault->body->str, "9901041"));
    stop(&f);
}

/* In no form: neither in what it logs nor in the code of a fault, which the log and observers see. */
static void test_what_an_adapter_says_names_nobody(void)
{
    static const char *const words[] = {"gossip", "blame", "number"};
    static const char *const pages[] = {"/status", "/metrics", "/recent"};
    static const char *const spoken[] = {
        "测试",      "9901",  "1950",       "5008",  "九九",      "９９",     "5rWL",    "bmFtZT3m",
        "%E6%B5%8B", "u6d4b", "e6b58be8af", "27979", "OTkwMTA0M", "138-0013", "1380013", "\xb2\xe2"};
    Fixture f;
    start(&f);
    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autoptr(Answer) answer = command(&f, words[i]);
        g_assert_cmpint(answer->status, ==, i == 0 ? 200 : 422);
    }
    g_autofree char *log = bus_process_log(f.bus);
    g_assert_nonnull(strstr(log, "adapter: died: [text]"));
    g_assert_nonnull(strstr(log, "adapter-rejected"));
    for (unsigned i = 0; i < G_N_ELEMENTS(pages) + 1; i++) {
        unsigned status;
        g_autofree char *page = i < G_N_ELEMENTS(pages) ? bus_process_page(f.bus, pages[i], &status) : NULL;
        for (unsigned k = 0; k < G_N_ELEMENTS(spoken); k++) {
            const char *line = strstr(page ? page : log, "adapter: ");
            for (; line && (line = strstr(line, spoken[k])); line++) {
                g_test_message("%s: %s", page ? pages[i] : "the log", spoken[k]);
                g_test_fail();
            }
        }
    }
    stop(&f);
}

/* ---- Descriptors ---- */

static int connect_to(unsigned port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    return fd;
}

static void test_exhausted_descriptors_are_survived(void)
{
    Platform *platform = platform_new();
    BusProcess *bus = make_bus(platform, "idle-timeout = 30s\nheader-timeout = 30s\n");
    int fds[200];
    bus->files = 96;
    bus_process_start(bus);
    g_assert_true(post_good(bus, 1));
    for (unsigned i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = connect_to(bus->port);
    }
    g_usleep(300000);
    for (unsigned i = 0; i < G_N_ELEMENTS(fds); i++) {
        close(fds[i]);
    }
    gint64 start = g_get_monotonic_time();
    while (!post_good(bus, 2)) {
        g_assert_cmpint(g_get_monotonic_time() - start, <, 10 * G_USEC_PER_SEC);
    }
    g_assert_true(platform_wait(platform, 2, 10000));
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
    platform_free(platform);
}

/* ---- Large bodies ---- */

/* A body of many records, larger than what is gathered in the bus: it goes to the host in pieces. */
static void test_a_large_body_is_taken_whole(void)
{
    Platform *platform = platform_new();
    BusProcess *bus = make_bus(platform, NULL);
    g_autoptr(GString) body = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS>");
    bus_process_start(bus);
    for (unsigned i = 0; i < 3000; i++) {
        g_string_append_printf(
            body,
            "<ROW><SWZXID>%u</SWZXID><SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID><CXBZ>0</CXBZ>"
            "<JCWH>440104001003</JCWH><XM>测试丁</XM><GMSFHM>990104195008179950</GMSFHM><XB>1</XB></ROW>\n",
            930000000 + i, 930000000 + i);
    }
    g_string_append(body, "</ROWS>");
    g_assert_cmpuint(body->len, >, 500000);
    g_autoptr(Answer) answer = post(bus->port, "/in/hukou", "text/xml", NULL, body->str, body->len);
    g_autofree char *events = answer_element(answer, "events");
    g_assert_cmpint(answer->status, ==, 200);
    g_assert_cmpstr(events, ==, "3000");
    g_assert_true(platform_wait(platform, 3000, 30000));
    PlatformCount count;
    platform_count(platform, &count);
    g_assert_cmpuint(count.doubled + count.disordered, ==, 0);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
    platform_free(platform);
}

/* How many bytes of original payloads a stopped bus's spool keeps. */
static gint64 kept_bytes(const BusProcess *bus)
{
    return bus_process_ask_spool(bus, "SELECT coalesce(sum(length(bytes) - 36), 0) FROM payloads");
}

/* Bytes that had to be repaired are kept as they came, also when they were too many to be held in the bus. */
static void test_repaired_bytes_are_kept_whatever_their_size(void)
{
    Platform *platform = platform_new();
    BusProcess *bus = make_bus(platform, NULL);
    g_autofree char *blanks = g_strnfill(200000, ' ');
    bus_process_start(bus);
    gint64 sent = 0;
    for (unsigned large = 0; large < 2; large++) {
        g_autofree char *body = g_strdup_printf(
            "<ROWS><!-- illegal --->%s<ROW><SWZXID>94000000%u</SWZXID><SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>94000000%u</HJYWID>"
            "<CXBZ>0</CXBZ><JCWH>440104001003</JCWH><XM>测试丁</XM><GMSFHM>990104195008179950</GMSFHM></ROW></ROWS>",
            large ? blanks : "", large, large);
        g_autoptr(Answer) answer = post(bus->port, "/in/hukou", "text/xml", NULL, body, strlen(body));
        g_assert_cmpint(answer->status, ==, 200);
        sent += (gint64)strlen(body);
    }
    g_assert_true(platform_wait(platform, 2, 10000));
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_assert_cmpint(kept_bytes(bus), ==, sent);
    bus_process_free(bus);
    platform_free(platform);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hostile/adapters-that-misbehave-harm-only-themselves",
                    test_adapters_that_misbehave_harm_only_themselves);
    g_test_add_func("/hostile/what-an-adapter-says-is-cleaned-of-numbers",
                    test_what_an_adapter_says_is_cleaned_of_numbers);
    g_test_add_func("/hostile/what-an-adapter-says-names-nobody", test_what_an_adapter_says_names_nobody);
    g_test_add_func("/hostile/exhausted-descriptors-are-survived", test_exhausted_descriptors_are_survived);
    g_test_add_func("/hostile/a-large-body-is-taken-whole", test_a_large_body_is_taken_whole);
    g_test_add_func("/hostile/repaired-bytes-are-kept-whatever-their-size",
                    test_repaired_bytes_are_kept_whatever_their_size);
    return g_test_run();
}
