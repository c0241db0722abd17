/* kill -9 in a loop under load: what was acknowledged is at the platform once, whatever happened. And kills of hosts.
 *
 * Kind: end to end, crash.
 * Shows: a resent message makes nothing new. */
#include "tests/lib/busproc.h"
#include "tests/lib/places.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <signal.h>
#include <string.h>

#define SENDERS 8

typedef struct {
    BusProcess *bus;
    GMutex lock;
    GHashTable *acknowledged; /* business numbers */
    int next, running, answers;
} Load;

static char *payload_of(unsigned number)
{
    return g_strdup_printf(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS><ROW no=\"1\"><SWZXID>%u</SWZXID><SWRQ>20090318</SWRQ>"
        "<SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH><XM>测试丁</XM>"
        "<GMSFHM>990104195008179950</GMSFHM><XB>1</XB><MZ>01</MZ><CSRQ>19500817</CSRQ></ROW></ROWS>",
        910000000 + number, 910000000 + number);
}

/* Sends one number after another; one that has no 200 is sent again until it has, as a client would. */
static void *send_on(void *data)
{
    Load *load = data;
    while (g_atomic_int_get(&load->running)) {
        unsigned number = (unsigned)g_atomic_int_add(&load->next, 1);
        g_autofree char *payload = payload_of(number);
        bool answered = false;
        while (!answered && g_atomic_int_get(&load->running)) {
            g_autoptr(Answer) answer = post(g_atomic_int_get(&load->bus->port), "/in/hukou", "text/xml", NULL,
                                            payload, strlen(payload));
            answered = answer->status == 200;
            if (!answered) {
                g_usleep(2000);
            }
        }
        if (answered) {
            g_mutex_lock(&load->lock);
            g_hash_table_add(load->acknowledged, g_strdup_printf("%u", 910000000 + number));
            g_mutex_unlock(&load->lock);
            g_atomic_int_inc(&load->answers);
        }
    }
    return NULL;
}

static void begin(Load *load, BusProcess *bus, GThread **threads)
{
    *load = (Load){.bus = bus, .running = 1};
    g_mutex_init(&load->lock);
    load->acknowledged = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (unsigned i = 0; i < SENDERS; i++) {
        threads[i] = g_thread_new("sender", send_on, load);
    }
}

static void wait_answers(Load *load, int more, unsigned timeout_s)
{
    int goal = g_atomic_int_get(&load->answers) + more;
    gint64 deadline = g_get_monotonic_time() + timeout_s * G_USEC_PER_SEC;
    while (g_atomic_int_get(&load->answers) < goal) {
        if (g_get_monotonic_time() > deadline) {
            g_autofree char *log = bus_process_log(load->bus);
            g_error("no answers come any more; the bus's log:\n%s", log);
        }
        g_usleep(200);
    }
}

static void end(Load *load, GThread **threads)
{
    g_atomic_int_set(&load->running, 0);
    for (unsigned i = 0; i < SENDERS; i++) {
        g_thread_join(threads[i]);
    }
}

/* Everything acknowledged is there, and nothing is there under two ids. */
static void assert_all_there(Load *load, Platform *platform)
{
    gint64 last = bus_process_figure(load->bus, "spool.lastSequence");
    g_assert_true(platform_wait(platform, (unsigned)last, 60000));
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    JsonObject *event;
    for (unsigned i = 0; (event = platform_event(platform, i)); i++) {
        const char *business = json_object_get_string_member(event, "businessid");
        g_assert_true(g_hash_table_add(seen, (char *)business));
    }
    GHashTableIter iter;
    void *business;
    g_hash_table_iter_init(&iter, load->acknowledged);
    while (g_hash_table_iter_next(&iter, &business, NULL)) {
        g_assert_true(g_hash_table_contains(seen, business));
    }
    PlatformCount count;
    platform_count(platform, &count);
    g_assert_cmpuint(count.doubled + count.disordered, ==, 0);
    g_hash_table_unref(load->acknowledged);
}

static BusProcess *make_bus(Platform *platform)
{
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 1\npurpose = 测试\npurpose-until = 2099-12-31\nretry-first = 20ms\nretry-max = 200ms\n"
        "[route all]\nto = platform\n",
        platform_url(platform));
    BusProcess *bus = bus_process_new(NULL, sections);
    bus_process_start(bus);
    return bus;
}

/* The port changes with each start when it is 0; senders read it from the bus's struct. */
static unsigned rounds(const char *variable, unsigned fallback)
{
    const char *text = g_getenv(variable);
    return text ? (unsigned)g_ascii_strtoull(text, NULL, 10) : fallback;
}

static void test_kills_of_the_bus_lose_and_double_nothing(void)
{
    Platform *platform = platform_new();
    BusProcess *bus = make_bus(platform);
    Load load;
    GThread *threads[SENDERS];
    begin(&load, bus, threads);
    for (unsigned round = 0; round < rounds("KILL_ROUNDS", 12); round++) {
        wait_answers(&load, g_test_rand_int_range(5, 150), 60);
        bus_process_kill(bus);
        bus_process_start(bus);
    }
    wait_answers(&load, 50, 60);
    end(&load, threads);
    assert_all_there(&load, platform);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "spool", "check", "-c", bus->config, NULL), ==, 0);
    bus_process_free(bus);
    platform_free(platform);
}

static void test_kills_of_the_host_never_stop_the_bus(void)
{
    Platform *platform = platform_new();
    BusProcess *bus = make_bus(platform);
    Load load;
    GThread *threads[SENDERS];
    GPid pid = bus->pid;
    gint64 slowest_us = 0;
    begin(&load, bus, threads);
    for (unsigned round = 0; round < rounds("HOST_KILL_ROUNDS", 20); round++) {
        wait_answers(&load, g_test_rand_int_range(5, 60), 60);
        gint64 host = bus_process_figure(bus, "sources.0.host.pid");
        if (host > 0) {
            kill((GPid)host, SIGKILL);
        }
        gint64 start = g_get_monotonic_time();
        wait_answers(&load, SENDERS + 1, 60);
        slowest_us = MAX(slowest_us, g_get_monotonic_time() - start);
    }
    end(&load, threads);
    assert_all_there(&load, platform);
    g_assert_cmpint(bus->pid, ==, pid);
    g_test_message("service was back after at most %" G_GINT64_FORMAT " ms", slowest_us / 1000);
    if (!test_is_sanitized()) {
        g_assert_cmpint(slowest_us, <, 10 * G_USEC_PER_SEC); /* a tenth of one, where nothing else runs */
    }
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
    platform_free(platform);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kill/the-bus-loses-and-doubles-nothing", test_kills_of_the_bus_lose_and_double_nothing);
    g_test_add_func("/kill/a-host-never-stops-the-bus", test_kills_of_the_host_never_stop_the_bus);
    return g_test_run();
}
