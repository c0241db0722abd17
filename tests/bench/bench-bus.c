/* How fast the whole bus is beside empty servers: an empty libsoup server, an empty libmicrohttpd server and a real bus are
 * loaded in turns by the same generator, in one run. Only ratios are judged, so that the machine and what else it does
 * matter little. README.md says how to read the table. Environment: ROUNDS, N (messages a round and server), CONNECTIONS, BATCH (events
 * a POST, 1: each alone), CONSUMERS (all get everything), EXTRA (more
 * configuration), BENCH_STRICT=1 (a missed goal is a failure). Exit status 1: an event was lost or doubled, or a server failed. */
#include "tests/bench/disk.h"
#include "tests/bench/load.h"
#include "tests/bench/message.h"
#include "tests/bench/proctree.h"
#include "tests/bench/sink.h"
#include "tests/lib/busproc.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_MAX 99U
#define CONSUMERS_MAX 64U
#define WARM_UP 2000U
#define LIMIT_S 60U
#define DRAIN_MS 60000U

/* The goals: of the bus's rate to the empty libsoup server's; of the memory of bus and host together. */
#define GOAL_RATE 0.6
#define GOAL_MEMORY_MB 40.0

typedef enum { SOUP, MHD, BUS, CONTESTANTS } Name;

/* What a round gives for a contestant. */
typedef enum { RATE, DELIVERED, P50_MS, P99_MS, MAX_MS, OWN_US, CHILDREN_US, FIGURES } Figure;

typedef struct {
    const char *title, *path;
    unsigned port;
    GPid pid;
    double figures[FIGURES][ROUNDS_MAX];
} Contestant;

typedef struct {
    unsigned rounds, messages, connections, batch, consumers;
    Contestant contestants[CONTESTANTS];
    BusProcess *bus;
    Sink *sinks[CONSUMERS_MAX]; /* one for each consumer */
    uint64_t taken;             /* messages that the bus acknowledged; also the last number used */
    unsigned busy;
    double sync_ms[ROUNDS_MAX]; /* of the disk, at the beginning of each round */
} Bench;

/* ---- The contestants ---- */

static bool start_empty(Contestant *contestant, const char *program)
{
    const char *folder = g_getenv("HUTONG_BUILDDIR") ? g_getenv("HUTONG_BUILDDIR") : ".";
    g_autofree char *path = g_build_filename(folder, "tests/bench", program, NULL);
    g_autoptr(GError) error = NULL;
    char *argv[] = {path, NULL};
    int out = -1;
    if (!g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &contestant->pid,
                                  NULL, &out, NULL, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return false;
    }
    FILE *file = fdopen(out, "r");
    bool good = file && fscanf(file, "%u", &contestant->port) == 1;
    fclose(file);
    if (!good) {
        fprintf(stderr, "%s did not start\n", program);
    }
    return good;
}

static void start_bus(Bench *bench)
{
    const char *source = g_getenv("HUTONG_SRCDIR") ? g_getenv("HUTONG_SRCDIR") : ".";
    g_autoptr(GString) sections = g_string_new(NULL);
    g_string_printf(
        sections,
        "[source register]\ndepartment = police\nadapter = xml\nmapping = %s/tests/bench/data/bench-mapping.xml\n"
        "division = 440104\n",
        source);
    for (unsigned i = 0; i < bench->consumers; i++) {
        g_string_append_printf(
            sections,
            "[consumer platform%u]\ntype = webhook\nurl = http://127.0.0.1:%u/events\nmode = %s\n"
            "%s = %u\nclearance = 2\npurpose = 社区人口服务\n[route all%u]\nto = platform%u\n",
            i, sink_port(bench->sinks[i]), bench->batch > 1 ? "batch" : "structured",
            bench->batch > 1 ? "batch" : "connections", bench->batch > 1 ? bench->batch : 8, i, i);
    }
    g_string_append(sections, g_getenv("EXTRA") ? g_getenv("EXTRA") : "");
    bench->bus = bus_process_new(NULL, sections->str);
    bus_process_start(bench->bus);
    bench->contestants[BUS].port = bench->bus->port;
    bench->contestants[BUS].pid = bench->bus->pid;
}

static bool start(Bench *bench)
{
    bench->contestants[SOUP] = (Contestant){.title = "empty libsoup", .path = "/"};
    bench->contestants[MHD] = (Contestant){.title = "empty libmicrohttpd", .path = "/"};
    bench->contestants[BUS] = (Contestant){.title = "hutong", .path = "/in/register"};
    uint64_t all = (uint64_t)bench->messages * bench->rounds + WARM_UP;
    for (unsigned i = 0; i < bench->consumers; i++) {
        bench->sinks[i] = sink_new(all);
    }
    if (!start_empty(&bench->contestants[SOUP], "bench-empty-soup") ||
        !start_empty(&bench->contestants[MHD], "bench-empty-mhd")) {
        return false;
    }
    start_bus(bench);
    return true;
}

static void stop(Bench *bench)
{
    for (Name name = SOUP; name <= MHD; name++) {
        if (bench->contestants[name].pid > 0) {
            kill(bench->contestants[name].pid, SIGTERM);
            waitpid(bench->contestants[name].pid, NULL, 0);
        }
    }
    g_clear_pointer(&bench->bus, bus_process_free);
    for (unsigned i = 0; i < bench->consumers; i++) {
        sink_free(bench->sinks[i]);
    }
}

/* ---- A round ---- */

static bool load_one(Bench *bench, Name name, unsigned messages, LoadResult *result)
{
    Contestant *contestant = &bench->contestants[name];
    g_autoptr(GError) error = NULL;
    LoadPlan plan = {.port = contestant->port,
                     .path = contestant->path,
                     .fill = bench_message_fill,
                     .connections = MIN(bench->connections, messages),
                     .first = bench->taken + 1,
                     .messages = messages,
                     .limit_s = LIMIT_S};
    plan.body = bench_message(&plan.size);
    if (!load_run(&plan, result, &error)) {
        fprintf(stderr, "%s: %s\n", contestant->title, error->message);
        return false;
    }
    if (name != BUS) {
        return true;
    }
    bench->taken += messages;
    bench->busy += result->busy;
    bool complete = true;
    for (unsigned i = 0; i < bench->consumers; i++) {
        complete = sink_wait(bench->sinks[i], bench->taken, DRAIN_MS) && complete;
    }
    if (!complete) {
        fprintf(stderr, "hutong: not all events came to each consumer within %u s of the last answer\n",
                DRAIN_MS / 1000);
    }
    return complete;
}

/* From the first message sent to the last event at the last consumer (or answer, whatever is later). */
static double delivered_rate(Bench *bench, const LoadResult *result)
{
    int64_t latest_us = result->end_us;
    for (unsigned i = 0; i < bench->consumers; i++) {
        SinkCount count;
        sink_count(bench->sinks[i], &count);
        latest_us = MAX(latest_us, count.latest_us);
    }
    return bench->messages * 1e6 / (double)(latest_us - result->start_us);
}

static bool measure(Bench *bench, Name name, unsigned round)
{
    Contestant *contestant = &bench->contestants[name];
    ProcessTree before, after;
    LoadResult result;
    process_tree_measure(contestant->pid, &before);
    if (!load_one(bench, name, bench->messages, &result)) {
        return false;
    }
    process_tree_measure(contestant->pid, &after);
    contestant->figures[RATE][round] = result.rate;
    contestant->figures[DELIVERED][round] = name == BUS ? delivered_rate(bench, &result) : result.rate;
    contestant->figures[P50_MS][round] = result.p50_us / 1e3;
    contestant->figures[P99_MS][round] = result.p99_us / 1e3;
    contestant->figures[MAX_MS][round] = result.max_us / 1e3;
    contestant->figures[OWN_US][round] = (after.own_s - before.own_s) * 1e6 / bench->messages;
    contestant->figures[CHILDREN_US][round] = (after.children_s - before.children_s) * 1e6 / bench->messages;
    return true;
}

static bool run(Bench *bench)
{
    LoadResult ignored;
    for (Name name = SOUP; name < CONTESTANTS; name++) {
        if (!load_one(bench, name, WARM_UP, &ignored)) {
            return false;
        }
    }
    for (unsigned round = 0; round < bench->rounds; round++) {
        bench->sync_ms[round] = disk_sync_ms(bench->bus->folder);
        for (unsigned i = 0; i < CONTESTANTS; i++) {
            if (!measure(bench, (Name)((i + round) % CONTESTANTS), round)) {
                return false;
            }
        }
    }
    return true;
}

/* ---- The report ---- */

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double median(const double *values, unsigned count)
{
    double sorted[ROUNDS_MAX];
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

/* The median of the rounds' ratios: what disturbs one round disturbs both sides of it. */
static double ratio(const Bench *bench, Name name, Figure figure, Name to)
{
    double ratios[ROUNDS_MAX];
    for (unsigned i = 0; i < bench->rounds; i++) {
        ratios[i] = bench->contestants[name].figures[figure][i] / bench->contestants[to].figures[RATE][i];
    }
    return median(ratios, bench->rounds);
}

static void print_table(const Bench *bench)
{
    gsize size;
    bench_message(&size);
    printf(
        "%u connections, %zu bytes a message, %u consumers, %u events a POST, %u rounds of %u messages; medians, max of all "
        "rounds\n"
        "                      answers/s  delivered/s  p50 ms  p99 ms  max ms  CPU us/message\n",
        bench->connections, size, bench->consumers, bench->batch, bench->rounds, bench->messages);
    for (Name name = SOUP; name < CONTESTANTS; name++) {
        const Contestant *contestant = &bench->contestants[name];
        double middle[FIGURES], max = 0;
        for (Figure figure = RATE; figure < FIGURES; figure++) {
            middle[figure] = median(contestant->figures[figure], bench->rounds);
        }
        for (unsigned i = 0; i < bench->rounds; i++) {
            max = MAX(max, contestant->figures[MAX_MS][i]);
        }
        g_autofree char *delivered = name == BUS ? g_strdup_printf("%.0f", middle[DELIVERED]) : g_strdup("");
        printf("  %-20s%10.0f%13s%8.2f%8.2f%8.1f%10.1f%s", contestant->title, middle[RATE], delivered,
               middle[P50_MS], middle[P99_MS], max, middle[OWN_US] + middle[CHILDREN_US],
               name == BUS ? "" : "\n");
    }
    printf(" (bus %.1f, host %.1f)\n", median(bench->contestants[BUS].figures[OWN_US], bench->rounds),
           median(bench->contestants[BUS].figures[CHILDREN_US], bench->rounds));
    printf("  the disk syncs 64 KB in %.2f ms\n", median(bench->sync_ms, bench->rounds));
}

static bool print_goal(const char *what, double value, double goal, bool at_least)
{
    bool met = at_least ? value >= goal : value < goal;
    printf("  %-60s%8.2f  goal %s %.2f  %s\n", what, value, at_least ? "at least" : "below", goal,
           met ? "PASS" : "below goal");
    return met;
}

static bool print_goals(const Bench *bench, const ProcessTree *memory)
{
    printf("  %-60s%8.2f\n", "empty libmicrohttpd / empty libsoup", ratio(bench, MHD, RATE, SOUP));
    printf("  %-60s%8.2f\n", "hutong answers / empty libsoup", ratio(bench, BUS, RATE, SOUP));
    bool usual = bench->consumers == 1 && bench->batch > 1;
    double delivered = ratio(bench, BUS, DELIVERED, SOUP);
    bool rate = !usual || print_goal("hutong delivered / empty libsoup", delivered, GOAL_RATE, true);
    if (!usual) {
        printf("  %-60s%8.2f\n", "hutong delivered / empty libsoup", delivered);
    }
    double own_mb = (double)memory->own_peak_kb / 1024, children_mb = (double)memory->children_peak_kb / 1024;
    g_autofree char *peak =
        g_strdup_printf("MB at most, bus %.1f and host %.1f (VmHWM)", own_mb, children_mb);
    bool small = print_goal(peak, own_mb + children_mb, GOAL_MEMORY_MB, false);
    printf("  %-60s%8.2f\n", "MB at the end, bus and host (Pss)", (double)memory->pss_kb / 1024);
    return rate && small;
}

/* Every acknowledged message at the consumer, once. The bus has ended, so nothing comes any more. */
static bool print_completeness(const Bench *bench, Sink *sink)
{
    SinkCount count;
    sink_count(sink, &count);
    bool complete = count.distinct == bench->taken && count.repeated == 0 && count.foreign == 0;
    printf("  %" G_GUINT64_FORMAT " messages acknowledged, %" G_GUINT64_FORMAT
           " delivered, %" G_GUINT64_FORMAT " repeated, %" G_GUINT64_FORMAT
           " unknown; %.1f events and %.0f bytes a request; %u answers 503: %s\n",
           bench->taken, count.distinct, count.repeated, count.foreign,
           (double)count.distinct / (double)MAX(count.requests, 1),
           (double)count.bytes / (double)MAX(count.requests, 1), bench->busy,
           complete ? "complete" : "NOT COMPLETE");
    return complete;
}

static bool is_strict(void)
{
    return g_strcmp0(g_getenv("BENCH_STRICT"), "1") == 0;
}

static bool report(Bench *bench)
{
    ProcessTree memory;
    process_tree_measure(bench->bus->pid, &memory);
    int status = bus_process_stop(bench->bus);
    print_table(bench);
    bool good = print_goals(bench, &memory) || !is_strict();
    bool complete = true;
    for (unsigned i = 0; i < bench->consumers; i++) {
        complete = print_completeness(bench, bench->sinks[i]) && complete;
    }
    if (status != 0) {
        fprintf(stderr, "hutong: exit status %d when stopped\n", status);
    }
    return good && complete && status == 0;
}

static unsigned number_from(const char *variable, unsigned otherwise, unsigned most)
{
    const char *text = g_getenv(variable);
    return text ? (unsigned)CLAMP(strtoul(text, NULL, 10), 1, most) : otherwise;
}

int main(void)
{
    static Bench bench;
    const char *folder = g_getenv("HUTONG_BUILDDIR");
    /* The spool belongs on a disk; /tmp may be memory. */
    g_setenv("TMPDIR", folder ? folder : ".", FALSE);
    bench.rounds = number_from("ROUNDS", 5, ROUNDS_MAX);
    bench.messages = number_from("N", 40000, 10000000);
    bench.connections = number_from("CONNECTIONS", 64, 1024);
    bench.batch = number_from("BATCH", 50, 1000);
    bench.consumers = number_from("CONSUMERS", 1, CONSUMERS_MAX);
    bool good = start(&bench) && run(&bench) && report(&bench);
    stop(&bench);
    return good ? 0 : 1;
}
