/* One source's large messages hold up nobody: beside them the messages of another source are never refused, and wait hardly longer than
 * when nothing else comes; meanwhile the main loop answers. For measuring: FAIR_ROWS (records of a large message), FAIR_SMALL (small
 * messages), FAIR_MEMORY (of the large one's host). */
#include "tests/bench/load.h"
#include "tests/bench/message.h"
#include "tests/lib/busproc.h"
#include "tests/lib/places.h"
#include "tests/lib/post.h"

#include <stdlib.h>
#include <string.h>

#define ROWS 10000U
#define SMALL 1500U
#define CONNECTIONS 8
#define LIMIT_S 300

/* What a small message may wait, and the main loop: a part of what a large one takes, however slow the machine is; committed at once it would
 * make them wait for about half of that. */
#define PART 4
#define LEAST_US 500000

static unsigned rows, small;

static unsigned read_number(const char *name, unsigned fallback)
{
    const char *text = g_getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : fallback;
}

static char *replace(const char *text, const char *what, const char *with)
{
    g_auto(GStrv) parts = g_strsplit(text, what, 2);
    g_assert_cmpuint(g_strv_length(parts), ==, 2);
    return g_strjoinv(with, parts);
}

/* The bench's message, many times in one; each person has a number of the source's own, too. */
static char *write_mapping(const BusProcess *bus)
{
    g_autofree char *one = read_source_file("tests/bench/data/bench-mapping.xml", NULL);
    g_autofree char *batch = replace(one, "for-each=\"/", "for-each=\"/Batch/");
    g_autofree char *many =
        replace(batch, "<identity ", "<identity kind=\"personNo\" from=\"Person/@id\"/><identity ");
    char *path = g_build_filename(bus->folder, "batch.xml", NULL);
    g_assert_true(g_file_set_contents(path, many, -1, NULL));
    return path;
}

static BusProcess *start_bus(void)
{
    g_autofree char *folder = g_canonicalize_filename(g_getenv("HUTONG_SRCDIR"), NULL);
    BusProcess *bus = bus_process_new(NULL, "");
    g_autofree char *batch = write_mapping(bus), *text = NULL;
    g_assert_true(g_file_get_contents(bus->config, &text, NULL, NULL));
    const char *memory = g_getenv("FAIR_MEMORY");
    g_autofree char *all = g_strdup_printf(
        "%s\n[source small]\ndepartment = police\nadapter = xml\ndivision = 440104\n"
        "mapping = %s/tests/bench/data/bench-mapping.xml\n"
        "[source large]\ndepartment = police\nadapter = xml\ndivision = 440104\nmapping = %s\n"
        "max-body = 256M\nmax-document = 256M\nmemory = %s\n"
        "[source tight]\ndepartment = police\nadapter = xml\ndivision = 440104\nmapping = %s\nmemory = 96M\n",
        text, folder, batch, memory ? memory : "1G", batch);
    g_assert_true(g_file_set_contents(bus->config, all, -1, NULL));
    bus_process_start(bus);
    return bus;
}

static char *make_large(gsize *size)
{
    static uint64_t number = 1000000;
    gsize message_size;
    const char *message = bench_message(&message_size);
    g_autofree char *copy = g_strndup(message, message_size);
    gsize start = (gsize)(strstr(copy, "<p:PersonChange>") - copy);
    gsize end = (gsize)(strstr(copy, "</soapenv:Body>") - copy);
    GString *text = g_string_new("<p:Batch xmlns:p=\"urn:example:gov:person:v1\">");
    for (unsigned i = 0; i < rows; i++) {
        bench_message_fill(copy, number++);
        g_string_append_len(text, copy + start, (gssize)(end - start));
    }
    g_string_append(text, "</p:Batch>");
    *size = text->len;
    return g_string_free(text, FALSE);
}

/* ---- What runs beside the small messages ---- */

typedef struct {
    BusProcess *bus;
    int stop; /* atomic */
    char *large;
    gsize size;
    unsigned sent;
    gint64 longest_us; /* of a large message; of a look at the main loop */
} Beside;

static gpointer send_large(gpointer data)
{
    Beside *beside = data;
    do {
        g_autofree char *text =
            beside->sent == 0 ? g_steal_pointer(&beside->large) : make_large(&beside->size);
        g_autoptr(Answer) answer = post(beside->bus->port, "/in/large", "text/xml", NULL, text, beside->size);
        if (answer->status != 200) {
            g_error("a large message: %ld %s", answer->status, answer->body->str);
        }
        beside->longest_us = MAX(beside->longest_us, answer->took_us);
        beside->sent++;
    } while (!g_atomic_int_get(&beside->stop));
    return NULL;
}

static gpointer watch_loop(gpointer data)
{
    Beside *beside = data;
    while (!g_atomic_int_get(&beside->stop)) {
        unsigned status;
        gint64 start_us = g_get_monotonic_time();
        g_autofree char *page = bus_process_page(beside->bus, "/live", &status);
        g_assert_nonnull(page);
        int64_t took_us = g_get_monotonic_time() - start_us;
        if (took_us > __atomic_load_n(&beside->longest_us, __ATOMIC_RELAXED)) {
            __atomic_store_n(&beside->longest_us, took_us, __ATOMIC_RELAXED);
        }
    }
    return NULL;
}

static LoadResult send_small(BusProcess *bus)
{
    static uint64_t first = 1;
    g_autoptr(GError) error = NULL;
    LoadResult result;
    LoadPlan plan = {.port = bus->port,
                     .path = "/in/small",
                     .fill = bench_message_fill,
                     .connections = CONNECTIONS,
                     .first = first,
                     .messages = small,
                     .limit_s = LIMIT_S};
    plan.body = bench_message(&plan.size);
    load_run(&plan, &result, &error);
    g_assert_no_error(error);
    first += small;
    return result;
}

static void show(const char *what, const LoadResult *result)
{
    g_test_message("%s: p50 %u, p99 %u, max %u us, %.0f a second, %u refused", what, result->p50_us,
                   result->p99_us, result->max_us, result->rate, result->busy);
}

static void large_messages_hold_up_nobody(void)
{
    BusProcess *bus = start_bus();
    Beside large = {.bus = bus}, look = {.bus = bus};
    send_small(bus);
    GThread *looks = g_thread_new("look", watch_loop, &look);
    LoadResult quiet = send_small(bus);
    show("nothing beside", &quiet);
    g_test_message("main loop: at most %" G_GINT64_FORMAT " us",
                   __atomic_exchange_n(&look.longest_us, 0, __ATOMIC_RELAXED));
    large.large = make_large(&large.size);
    GThread *sends = g_thread_new("large", send_large, &large);
    LoadResult beside = send_small(bus);
    g_atomic_int_set(&large.stop, 1);
    g_thread_join(sends);
    g_atomic_int_set(&look.stop, 1);
    g_thread_join(looks);
    show("beside large ones", &beside);
    g_test_message("%u messages of %zu bytes, at most %" G_GINT64_FORMAT
                   " us; main loop: at most %" G_GINT64_FORMAT " us",
                   large.sent, large.size, large.longest_us, look.longest_us);
    g_assert_cmpuint(beside.busy, ==, 0);
    gint64 most_us = MAX(large.longest_us / PART, LEAST_US);
    g_assert_cmpint(beside.max_us, <=, most_us);
    g_assert_cmpint(look.longest_us, <=, most_us);
    g_assert_cmpint(bus_process_figure(bus, "spool.lastSequence"), ==, 3 * small + large.sent * rows);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

/* Some clients send one key with everything: a large message that is known by it with another payload is taken all the same. */
static void one_key_for_all_loses_no_large_message(void)
{
    static const char *const headers[] = {"Idempotency-Key: always-the-same", NULL};
    BusProcess *bus = start_bus();
    unsigned before = rows;
    rows = 500;
    for (unsigned i = 1; i <= 2; i++) {
        gsize size;
        g_autofree char *large = make_large(&size);
        for (unsigned again = 0; again < 2; again++) {
            g_autoptr(Answer) answer = post(bus->port, "/in/large", "text/xml", headers, large, size);
            g_assert_cmpint(answer->status, ==, 200);
            g_assert_cmpint(bus_process_figure(bus, "spool.lastSequence"), ==, i * rows);
        }
    }
    rows = before;
    g_assert_cmpint(bus_process_figure(bus, "sources.1.queued.messages"), ==, 0);
    g_assert_cmpint(bus_process_figure(bus, "sources.1.queued.bytes"), ==, 0);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

/* ---- No more memory ---- */

static void assert_too_little(const Answer *answer)
{
    g_assert_cmpint(answer->status, ==, 413);
    g_assert_null(answer->retry_after);
    g_assert_nonnull(strstr(answer->body->str, "<code>no-memory</code>"));
    g_assert_nonnull(strstr(answer->body->str, "100663296 bytes (memory = 96M)"));
}

/* Sent again it is known: no host starts and dies for it. */
static void what_memory_cannot_hold_is_told_so(void)
{
    if (test_is_sanitized()) {
        g_test_skip("a build with sanitizers has no memory limit");
        return;
    }
    BusProcess *bus = start_bus();
    g_autofree char *report = NULL;
    gsize size;
    g_assert_cmpint(run_hutong(&report, "check", "-c", bus->config, NULL), ==, 0);
    g_assert_nonnull(strstr(report, "[source tight] 100663296 bytes (memory = 96M) may be too little"));
    g_autofree char *large = make_large(&size);
    g_autoptr(Answer) first = post(bus->port, "/in/tight", "text/xml", NULL, large, size);
    assert_too_little(first);
    gint64 restarts = bus_process_figure(bus, "sources.2.host.restarts");
    g_autoptr(Answer) again = post(bus->port, "/in/tight", "text/xml", NULL, large, size);
    assert_too_little(again);
    g_autoptr(Answer) good = post(bus->port, "/in/tight", "text/xml", NULL, "<Batch/>", 8);
    g_assert_cmpint(good->status, ==, 200);
    g_assert_cmpint(bus_process_figure(bus, "sources.2.host.restarts"), <=, restarts + 1);
    g_assert_cmpint(bus_process_figure(bus, "spool.quarantined"), ==, 0);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rows = read_number("FAIR_ROWS", ROWS);
    small = read_number("FAIR_SMALL", SMALL);
    g_test_add_func("/fair/large-messages-hold-up-nobody", large_messages_hold_up_nobody);
    g_test_add_func("/fair/one-key-for-all-loses-no-large-message", one_key_for_all_loses_no_large_message);
    g_test_add_func("/fair/what-memory-cannot-hold-is-told-so", what_memory_cannot_hold_is_told_so);
    return g_test_run();
}
