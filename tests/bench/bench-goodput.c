/* How much of delivery's speed is left when the consumer refuses some of it. A bus takes N events while nobody fetches them; then it
 * delivers all of them, from the beginning, to one consumer after the other, each refusing something else. Judged is the time from the
 * first request to the last good event, beside a consumer that refuses nothing, in one run. Environment: N (20000), ROUNDS (3),
 * BENCH_STRICT=1. Exit status 1: an event that is taken did not come. */
#include "tests/bench/bare-curl.h"
#include "tests/bench/goal.h"
#include "tests/bench/load.h"
#include "tests/bench/message.h"
#include "tests/bench/proctree.h"
#include "tests/bench/sink.h"
#include "tests/lib/busproc.h"

#include <stdio.h>

#define WAIT_MS 120000U
#define LIMIT_S 120U

static const char *const modes[] = {"batch = 50\n", "mode = structured\nconnections = 8\n"};
static const char *const names[] = {"batches", "one a POST"};

static const struct {
    const char *title;
    SinkRefusal refusal;
    double goal; /* of the undisturbed rate */
} cases[] = {
    {"nothing refused", {0}, 0},
    {"every 20th request 503", {503, 20, 0}, 0.9},
    {"every 20th request 500", {500, 20, 0}, 0.9},
    {"every 10th event 404", {404, 0, 10}, 0.5},
    {"every 100th event 500", {500, 0, 100}, 0.5},
};
#define CASES G_N_ELEMENTS(cases)
#define MODES G_N_ELEMENTS(modes)

typedef struct {
    BusProcess *bus;
    unsigned events, rounds, consumers;
    double rates[MODES][CASES][GOAL_ROUNDS_MAX];  /* good events a second */
    double cpu_us[MODES][CASES][GOAL_ROUNDS_MAX]; /* of the bus, a good event; its start is in it */
    uint64_t refused[MODES][CASES];               /* requests, of the last round */
    double bare[GOAL_ROUNDS_MAX];                 /* events a second that bare libcurl sends, one a POST */
    size_t size;                                  /* of one of them */
} Bench;

static bool load(Bench *bench)
{
    const char *root = g_getenv("HUTONG_SRCDIR") ? g_getenv("HUTONG_SRCDIR") : ".";
    g_autofree char *sections = g_strdup_printf(
        "[source register]\ndepartment = police\nadapter = xml\nmapping = %s/tests/bench/data/bench-mapping.xml\n"
        "division = 440104\n",
        root);
    g_autoptr(GError) error = NULL;
    LoadResult result;
    bench->bus = bus_process_new(NULL, sections);
    bus_process_start(bench->bus);
    LoadPlan plan = {.port = bench->bus->port,
                     .path = "/in/register",
                     .fill = bench_message_fill,
                     .connections = 64,
                     .first = 1,
                     .messages = bench->events,
                     .limit_s = LIMIT_S};
    plan.body = bench_message(&plan.size);
    bool good = load_run(&plan, &result, &error);
    if (!good) {
        fprintf(stderr, "%s\n", error->message);
    }
    return bus_process_stop(bench->bus) == 0 && good;
}

/* A consumer that the spool does not know begins at the beginning. */
static void write_consumer(const Bench *bench, const char *mode, unsigned port)
{
    g_autofree char *folder = g_build_filename(bench->bus->folder, "conf.d", NULL),
                    *file = g_build_filename(folder, "consumer.conf", NULL);
    g_autofree char *text = g_strdup_printf(
        "[consumer c%u]\ntype = webhook\nurl = http://127.0.0.1:%u/\n%s"
        "clearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n[route all]\nto = c%u\n",
        bench->consumers, port, mode, bench->consumers);
    g_mkdir_with_parents(folder, 0755);
    g_assert_true(g_file_set_contents(file, text, -1, NULL));
}

static bool measure(Bench *bench, unsigned mode, unsigned which, unsigned round)
{
    const SinkRefusal *refusal = &cases[which].refusal;
    unsigned wrong = refusal->each_number > 0 ? bench->events / refusal->each_number : 0;
    Sink *sink = sink_new(bench->events);
    SinkCount count;
    ProcessTree used;
    bench->consumers++;
    sink_refuse(sink, *refusal);
    write_consumer(bench, modes[mode], sink_port(sink));
    bus_process_start(bench->bus);
    bool good = sink_wait(sink, bench->events - wrong, WAIT_MS);
    sink_count(sink, &count);
    process_tree_measure(bench->bus->pid, &used);
    bus_process_stop(bench->bus);
    sink_free(sink);
    bench->cpu_us[mode][which][round] = used.own_s * 1e6 / (bench->events - wrong);
    bench->rates[mode][which][round] =
        (bench->events - wrong) * 1e6 / (double)MAX(count.latest_us - count.first_us, 1);
    bench->refused[mode][which] = count.refused;
    bench->size = mode == 1 && count.requests > 0 ? (size_t)(count.bytes / count.requests) : bench->size;
    if (!good) {
        fprintf(stderr, "%s: %" G_GUINT64_FORMAT " of %u events came within %u s\n", cases[which].title,
                count.distinct, bench->events - wrong, WAIT_MS / 1000);
    }
    return good;
}

static void report(const Bench *bench)
{
    for (unsigned mode = 0; mode < MODES; mode++) {
        printf("%s  %-26s %12s %14s %10s\n", modes[mode], "", "events/s", "CPU us/event", "refused");
        for (unsigned which = 0; which < CASES; which++) {
            printf("  %-26s %12.0f %14.1f %10" G_GUINT64_FORMAT "\n", cases[which].title,
                   goal_median(bench->rates[mode][which], bench->rounds),
                   goal_median(bench->cpu_us[mode][which], bench->rounds), bench->refused[mode][which]);
        }
    }
    printf("  %-26s %12.0f\n", "bare libcurl", goal_median(bench->bare, bench->rounds));
    for (unsigned mode = 0; mode < MODES; mode++) {
        for (unsigned which = 1; which < CASES; which++) {
            g_autofree char *what =
                g_strdup_printf("%s, %s: / nothing refused", names[mode], cases[which].title);
            goal_print(what, goal_ratio(bench->rates[mode][which], bench->rates[mode][0], bench->rounds),
                       GOAL_AT_LEAST, cases[which].goal);
        }
    }
    goal_print("drain, one event a POST, 8 connections / bare libcurl",
               goal_ratio(bench->rates[1][0], bench->bare, bench->rounds), GOAL_AT_LEAST, 0.8);
}

/* The same events by libcurl alone, to the same kind of sink. */
static bool measure_bare(Bench *bench, unsigned round)
{
    Sink *sink = sink_new(bench->events);
    SinkCount count;
    bool good = bare_curl_run(sink_port(sink), bench->events, bench->size, 8);
    sink_count(sink, &count);
    sink_free(sink);
    bench->bare[round] = bench->events * 1e6 / (double)MAX(count.latest_us - count.first_us, 1);
    if (!good) {
        fprintf(stderr, "bare libcurl: a POST failed\n");
    }
    return good;
}

int main(void)
{
    static Bench bench;
    bench.events = goal_number("N", 20000, 1000000);
    bench.rounds = goal_number("ROUNDS", 3, GOAL_ROUNDS_MAX);
    bool good = load(&bench);
    for (unsigned round = 0; good && round < bench.rounds; round++) {
        for (unsigned which = 0; good && which < CASES; which++) {
            for (unsigned mode = 0; good && mode < MODES; mode++) {
                good = measure(&bench, mode, which, round);
            }
            good = good && (which > 0 || measure_bare(&bench, round)); /* beside what refuses nothing */
        }
    }
    if (good) {
        report(&bench);
    }
    bus_process_free(bench.bus);
    return good && (goal_all_met() || !goal_is_strict()) ? 0 : 1;
}
