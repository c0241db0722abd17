/* How fast the whole bus is: empty servers (libsoup, libmicrohttpd) and real buses are loaded in turns by the same generator, in one
 * run. Only ratios are judged, so that the machine and what else it does matter little. README.md says how to read the tables.
 * Environment: ROUNDS, N (messages a round and server), RUNS (names of the table `runs`: only these), CONNECTIONS, BATCH (events a
 * POST), EXTRA (more configuration of each bus), LIMIT_S (no round begins after so long), BENCH_STRICT=1 (a missed goal is a
 * failure). Exit status 1: an event was lost or doubled, or a server failed. */
#include "tests/bench/bare.h"
#include "tests/bench/disk.h"
#include "tests/bench/goal.h"
#include "tests/bench/load.h"
#include "tests/bench/message.h"
#include "tests/bench/proctree.h"
#include "tests/bench/sink.h"
#include "tests/lib/busproc.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONSUMERS_MANY 10U
#define WARM_UP 2000U
#define LOAD_LIMIT_S 60U
#define DRAIN_MS 60000U
#define PASSES 200 /* bare SAX passes that are timed */

/* What is loaded. */
typedef enum { SOUP, MHD, BATCHES, SINGLES, MANY, SERVERS } ServerName;

/* How. */
typedef enum { R_SOUP, R_MHD, R_BATCHES, R_SINGLES, R_MANY, R_QUIET, RUNS } RunName;

/* What a round gives for a run. */
typedef enum { RATE, DELIVERED, P50_MS, P99_MS, MAX_MS, CPU_US, HOST_US, HARNESS_US, SYNCS, FIGURES } Figure;

static const struct {
    const char *name;
    ServerName server;
    unsigned share;       /* of N: one in so many */
    unsigned connections; /* 0: CONNECTIONS */
} runs[RUNS] = {
    [R_SOUP] = {"libsoup", SOUP, 1, 0},       [R_MHD] = {"libmicrohttpd", MHD, 1, 0},
    [R_BATCHES] = {"batches", BATCHES, 1, 0}, [R_SINGLES] = {"singles", SINGLES, 2, 0},
    [R_MANY] = {"many", MANY, 2, 0},          [R_QUIET] = {"quiet", BATCHES, 10, 1},
};

typedef struct {
    const char *path;
    unsigned port;
    GPid pid;
    BusProcess *bus; /* NULL: an empty server */
    unsigned batch, consumers;
    Sink *sinks[CONSUMERS_MANY]; /* one for each consumer */
    uint64_t taken;              /* messages that it acknowledged; also the last number used */
    unsigned busy;
} Server;

typedef struct {
    unsigned rounds, messages, connections, batch;
    bool wanted[RUNS];
    Server servers[SERVERS];
    double figures[RUNS][FIGURES][GOAL_ROUNDS_MAX];
    double sync_p50_ms[GOAL_ROUNDS_MAX], sync_p99_ms[GOAL_ROUNDS_MAX], pass_us[GOAL_ROUNDS_MAX];
    BarePass *pass;
} Bench;

/* ---- The servers ---- */

static bool start_empty(Server *server, const char *program)
{
    const char *folder = g_getenv("HUTONG_BUILDDIR") ? g_getenv("HUTONG_BUILDDIR") : ".";
    g_autofree char *path = g_build_filename(folder, "tests/bench", program, NULL);
    g_autoptr(GError) error = NULL;
    char *argv[] = {path, NULL};
    int out = -1;
    server->path = "/";
    if (!g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &server->pid, NULL,
                                  &out, NULL, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return false;
    }
    FILE *file = fdopen(out, "r");
    bool good = file && fscanf(file, "%u", &server->port) == 1;
    fclose(file);
    if (!good) {
        fprintf(stderr, "%s did not start\n", program);
    }
    return good;
}

static bool start_bus(const Bench *bench, Server *server, unsigned batch, unsigned consumers)
{
    const char *source = g_getenv("HUTONG_SRCDIR") ? g_getenv("HUTONG_SRCDIR") : ".";
    uint64_t all = (uint64_t)bench->messages * bench->rounds * 2 + WARM_UP;
    g_autoptr(GString) sections = g_string_new(NULL);
    g_string_printf(
        sections,
        "[source register]\ndepartment = police\nadapter = xml\nmapping = %s/tests/bench/data/bench-mapping.xml\n"
        "division = 440104\n",
        source);
    for (unsigned i = 0; i < consumers; i++) {
        server->sinks[i] = sink_new(all);
        g_string_append_printf(
            sections,
            "[consumer platform%u]\ntype = webhook\nurl = http://127.0.0.1:%u/events\nmode = %s\n"
            "%s = %u\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n[route all%u]\nto = platform%u\n",
            i, sink_port(server->sinks[i]), batch > 1 ? "batch" : "structured",
            batch > 1 ? "batch" : "connections", batch > 1 ? batch : 8, i, i);
    }
    g_string_append(sections, g_getenv("EXTRA") ? g_getenv("EXTRA") : "");
    server->path = "/in/register";
    server->batch = batch;
    server->consumers = consumers;
    server->bus = bus_process_new(NULL, sections->str);
    bus_process_start(server->bus);
    server->port = server->bus->port;
    server->pid = server->bus->pid;
    return true;
}

static bool is_used(const Bench *bench, ServerName name)
{
    bool used = false;
    for (RunName run = 0; run < RUNS; run++) {
        used = used || (bench->wanted[run] && runs[run].server == name);
    }
    return used;
}

static bool start(Bench *bench)
{
    bool good = true;
    for (ServerName name = 0; good && name < SERVERS; name++) {
        Server *server = &bench->servers[name];
        if (is_used(bench, name)) {
            good = name == SOUP      ? start_empty(server, "bench-empty-soup")
                   : name == MHD     ? start_empty(server, "bench-empty-mhd")
                   : name == BATCHES ? start_bus(bench, server, bench->batch, 1)
                   : name == SINGLES ? start_bus(bench, server, 1, 1)
                                     : start_bus(bench, server, bench->batch, CONSUMERS_MANY);
        }
    }
    return good;
}

static void stop(Bench *bench)
{
    for (ServerName name = 0; name < SERVERS; name++) {
        Server *server = &bench->servers[name];
        if (!server->bus && server->pid > 0) {
            kill(server->pid, SIGTERM);
            waitpid(server->pid, NULL, 0);
        }
        g_clear_pointer(&server->bus, bus_process_free);
        for (unsigned i = 0; i < server->consumers; i++) {
            sink_free(server->sinks[i]);
        }
    }
}

/* ---- A round ---- */

static unsigned messages_of(const Bench *bench, RunName run)
{
    return MAX(bench->messages / runs[run].share, 1);
}

static bool load_one(Bench *bench, RunName run, unsigned messages, LoadResult *result)
{
    Server *server = &bench->servers[runs[run].server];
    g_autoptr(GError) error = NULL;
    unsigned connections = runs[run].connections > 0 ? runs[run].connections : bench->connections;
    LoadPlan plan = {.port = server->port,
                     .path = server->path,
                     .fill = bench_message_fill,
                     .connections = MIN(connections, messages),
                     .first = server->taken + 1,
                     .messages = messages,
                     .limit_s = LOAD_LIMIT_S};
    plan.body = bench_message(&plan.size);
    if (!load_run(&plan, result, &error)) {
        fprintf(stderr, "%s: %s\n", runs[run].name, error->message);
        return false;
    }
    server->taken += messages;
    server->busy += result->busy;
    bool complete = true;
    for (unsigned i = 0; i < server->consumers; i++) {
        complete = sink_wait(server->sinks[i], server->taken, DRAIN_MS) && complete;
    }
    if (!complete) {
        fprintf(stderr, "%s: not all events came to each consumer within %u s of the last answer\n",
                runs[run].name, DRAIN_MS / 1000);
    }
    return complete;
}

/* From the first message sent to the last event at the last consumer (or answer, whatever is later). */
static double delivered_rate(const Server *server, unsigned messages, const LoadResult *result)
{
    int64_t latest_us = result->end_us;
    for (unsigned i = 0; i < server->consumers; i++) {
        SinkCount count;
        sink_count(server->sinks[i], &count);
        latest_us = MAX(latest_us, count.latest_us);
    }
    return messages * 1e6 / (double)(latest_us - result->start_us);
}

/* Generator and sinks run in this process. */
static double own_cpu_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/* By what the bus counts: one for each commit; a checkpoint syncs the log and the file. */
static double count_syncs(const Server *server)
{
    return server->bus ? (double)(bus_process_figure(server->bus, "spool.commits") +
                                  2 * bus_process_figure(server->bus, "spool.checkpoints"))
                       : 0;
}

static bool measure(Bench *bench, RunName run, unsigned round)
{
    Server *server = &bench->servers[runs[run].server];
    unsigned messages = messages_of(bench, run);
    ProcessTree before, after;
    LoadResult result;
    double syncs = count_syncs(server), harness_us = own_cpu_us();
    process_tree_measure(server->pid, &before);
    if (!load_one(bench, run, messages, &result)) {
        return false;
    }
    harness_us = own_cpu_us() - harness_us;
    process_tree_measure(server->pid, &after);
    double host_us = (after.children_s - before.children_s) * 1e6 / messages;
    double values[FIGURES] = {
        [RATE] = result.rate,
        [DELIVERED] = delivered_rate(server, messages, &result),
        [P50_MS] = result.p50_us / 1e3,
        [P99_MS] = result.p99_us / 1e3,
        [MAX_MS] = result.max_us / 1e3,
        [CPU_US] = (after.own_s - before.own_s) * 1e6 / messages + host_us,
        [HOST_US] = host_us,
        [HARNESS_US] = harness_us / messages,
        [SYNCS] = (count_syncs(server) - syncs) / messages,
    };
    for (Figure figure = 0; figure < FIGURES; figure++) {
        bench->figures[run][figure][round] = values[figure];
    }
    return true;
}

static void run_pass(void *user)
{
    gsize size;
    const char *body = bench_message(&size);
    bare_pass_run(user, (HtText){body, size});
}

static bool run_round(Bench *bench, unsigned round)
{
    bool good = true;
    const char *folder = g_getenv("TMPDIR");
    DiskSync sync = disk_sync(folder);
    bench->sync_p50_ms[round] = sync.p50_ms;
    bench->sync_p99_ms[round] = sync.p99_ms;
    bench->pass_us[round] = bench_time(run_pass, bench->pass, PASSES);
    for (unsigned i = 0; good && i < RUNS; i++) {
        RunName run = (RunName)((i + round) % RUNS); /* which is first changes */
        good = !bench->wanted[run] || measure(bench, run, round);
    }
    return good;
}

static bool run_all(Bench *bench, unsigned limit_s)
{
    LoadResult ignored;
    bool good = true;
    int64_t start_us = g_get_monotonic_time();
    for (RunName run = 0; good && run < RUNS; run++) {
        good = !bench->wanted[run] || load_one(bench, run, MIN(WARM_UP, messages_of(bench, run)), &ignored);
    }
    for (unsigned round = 0; good && round < bench->rounds; round++) {
        good = run_round(bench, round);
        if (g_get_monotonic_time() - start_us > (int64_t)limit_s * G_USEC_PER_SEC &&
            round + 1 < bench->rounds) {
            printf("stopped after %u of %u rounds: LIMIT_S = %u\n", round + 1, bench->rounds, limit_s);
            bench->rounds = round + 1;
        }
    }
    return good;
}

/* ---- The report ---- */

static double middle(const Bench *bench, RunName run, Figure figure)
{
    return goal_median(bench->figures[run][figure], bench->rounds);
}

static double worst(const Bench *bench, RunName run, Figure figure)
{
    double most = 0;
    for (unsigned i = 0; i < bench->rounds; i++) {
        most = MAX(most, bench->figures[run][figure][i]);
    }
    return most;
}

static double ratio(const Bench *bench, RunName run, Figure figure, RunName to)
{
    return goal_ratio(bench->figures[run][figure], bench->figures[to][figure], bench->rounds);
}

static void print_table(const Bench *bench)
{
    gsize size;
    bench_message(&size);
    printf(
        "%u connections (quiet: 1), %zu bytes a message, %u events a POST (singles: 1), consumers 1 (many: %u), %u rounds of %u "
        "messages (singles, many: %u; quiet: %u); medians, max of all rounds\n"
        "                 answers/s delivered/s   p50 ms   p99 ms   max ms  CPU us (host)  in passes  harness us  syncs\n",
        bench->connections, size, bench->batch, CONSUMERS_MANY, bench->rounds, bench->messages,
        messages_of(bench, R_SINGLES), messages_of(bench, R_QUIET));
    for (RunName run = 0; run < RUNS; run++) {
        if (bench->wanted[run]) {
            printf("  %-14s%10.0f%12.0f%9.2f%9.2f%9.1f%8.1f (%.1f)%11.2f%12.1f%7.3f\n", runs[run].name,
                   middle(bench, run, RATE), middle(bench, run, DELIVERED), middle(bench, run, P50_MS),
                   middle(bench, run, P99_MS), worst(bench, run, MAX_MS), middle(bench, run, CPU_US),
                   middle(bench, run, HOST_US),
                   goal_ratio(bench->figures[run][CPU_US], bench->pass_us, bench->rounds),
                   middle(bench, run, HARNESS_US), middle(bench, run, SYNCS));
        }
    }
    printf("  the disk syncs 4 KB that were appended in %.2f ms (p99 %.2f); a bare SAX pass takes %.2f us\n",
           goal_median(bench->sync_p50_ms, bench->rounds), goal_median(bench->sync_p99_ms, bench->rounds),
           goal_median(bench->pass_us, bench->rounds));
}

static void print_rates(const Bench *bench)
{
    const bool *wanted = bench->wanted;
    if (wanted[R_SOUP] && wanted[R_MHD]) {
        goal_print("empty libmicrohttpd / empty libsoup", ratio(bench, R_MHD, RATE, R_SOUP), GOAL_NONE, 0);
    }
    if (wanted[R_SOUP] && wanted[R_BATCHES]) {
        goal_print("batches: delivered / empty libsoup", ratio(bench, R_BATCHES, DELIVERED, R_SOUP),
                   GOAL_AT_LEAST, 1.3);
    }
    if (wanted[R_SOUP] && wanted[R_SINGLES]) {
        goal_print("one event a POST: delivered / empty libsoup", ratio(bench, R_SINGLES, DELIVERED, R_SOUP),
                   GOAL_AT_LEAST, 0.9);
    }
    if (wanted[R_MANY] && wanted[R_BATCHES]) {
        goal_print("10 consumers that take all: accepted / with one", ratio(bench, R_MANY, RATE, R_BATCHES),
                   GOAL_AT_LEAST, 0.8);
    }
}

static void print_batches(const Bench *bench, const ProcessTree *memory)
{
    const double *cpu_us = bench->figures[R_BATCHES][CPU_US];
    double own_mb = (double)memory->own_peak_kb / 1024, children_mb = (double)memory->children_peak_kb / 1024;
    double harness = middle(bench, R_BATCHES, HARNESS_US);
    goal_print("batches: CPU a message, all processes, in bare SAX passes of it",
               goal_ratio(cpu_us, bench->pass_us, bench->rounds), GOAL_AT_MOST, 5.5);
    goal_print("batches: generator's and sink's share of the CPU",
               harness / (harness + middle(bench, R_BATCHES, CPU_US)), GOAL_NONE, 0);
    goal_print("batches: syncs a message", middle(bench, R_BATCHES, SYNCS), GOAL_AT_MOST, 1.0 / 30);
    goal_print("batches: longest answer, ms, median of the rounds", middle(bench, R_BATCHES, MAX_MS),
               GOAL_AT_MOST, 50);
    g_autofree char *peak =
        g_strdup_printf("batches: MB at most, bus %.1f and host %.1f (VmHWM)", own_mb, children_mb);
    goal_print(peak, own_mb + children_mb, GOAL_AT_MOST, 40);
    goal_print("batches: MB at the end, bus and host (Pss)", (double)memory->pss_kb / 1024, GOAL_NONE, 0);
}

static void print_quiet(const Bench *bench)
{
    goal_print("1 connection: answer's p50 / fdatasync's p50",
               goal_ratio(bench->figures[R_QUIET][P50_MS], bench->sync_p50_ms, bench->rounds), GOAL_AT_MOST,
               2);
    goal_print("1 connection: answer's p99 / fdatasync's p99",
               goal_ratio(bench->figures[R_QUIET][P99_MS], bench->sync_p99_ms, bench->rounds), GOAL_AT_MOST,
               2);
}

/* Every acknowledged message at the consumer, once. The bus has ended, so nothing comes any more. */
static bool print_completeness(const Server *server, Sink *sink)
{
    SinkCount count;
    sink_count(sink, &count);
    bool complete = count.distinct == server->taken && count.repeated == 0 && count.foreign == 0;
    printf("  %" G_GUINT64_FORMAT " messages acknowledged, %" G_GUINT64_FORMAT
           " delivered, %" G_GUINT64_FORMAT " repeated, %" G_GUINT64_FORMAT
           " unknown; %.1f events and %.0f bytes a request; %u answers 503: %s\n",
           server->taken, count.distinct, count.repeated, count.foreign,
           (double)count.distinct / (double)MAX(count.requests, 1),
           (double)count.bytes / (double)MAX(count.requests, 1), server->busy,
           complete ? "complete" : "NOT COMPLETE");
    return complete;
}

static bool report(Bench *bench)
{
    bool good = true;
    ProcessTree memory;
    print_table(bench);
    print_rates(bench);
    if (bench->wanted[R_BATCHES]) {
        process_tree_measure(bench->servers[BATCHES].pid, &memory);
        print_batches(bench, &memory);
    }
    if (bench->wanted[R_QUIET]) {
        print_quiet(bench);
    }
    for (ServerName name = 0; name < SERVERS; name++) {
        Server *server = &bench->servers[name];
        int status = server->bus ? bus_process_stop(server->bus) : 0;
        if (status != 0) {
            fprintf(stderr, "hutong: exit status %d when stopped\n", status);
        }
        good = good && status == 0;
        for (unsigned i = 0; i < server->consumers; i++) {
            good = print_completeness(server, server->sinks[i]) && good;
        }
    }
    return good && (goal_all_met() || !goal_is_strict());
}

static bool choose_runs(Bench *bench)
{
    const char *only = g_getenv("RUNS");
    g_auto(GStrv) names = g_strsplit_set(only ? only : "", " ,", -1);
    unsigned known = 0;
    for (RunName run = 0; run < RUNS; run++) {
        bench->wanted[run] = !only || g_strv_contains((const char *const *)names, runs[run].name);
        known += bench->wanted[run];
    }
    if (known == 0 || (only && known != g_strv_length(names))) {
        fprintf(stderr, "RUNS: libsoup, libmicrohttpd, batches, singles, many, quiet\n");
        return false;
    }
    return true;
}

int main(void)
{
    static Bench bench;
    const char *folder = g_getenv("HUTONG_BUILDDIR");
    /* The spool belongs on a disk; /tmp may be memory. */
    g_setenv("TMPDIR", folder ? folder : ".", FALSE);
    bench.rounds = goal_number("ROUNDS", 5, GOAL_ROUNDS_MAX);
    bench.messages = goal_number("N", 20000, 10000000);
    bench.connections = goal_number("CONNECTIONS", 64, 1024);
    bench.batch = goal_number("BATCH", 50, 1000);
    bench.pass = bare_pass_new();
    bool good = choose_runs(&bench) && start(&bench) && run_all(&bench, goal_number("LIMIT_S", 900, 86400)) &&
                report(&bench);
    stop(&bench);
    bare_pass_free(bench.pass);
    return good ? 0 : 1;
}
