/* What a backlog costs: a bus takes N events that nobody fetches, and its memory and its file are looked at on the way;
 * then its consumer comes back, and everything is delivered. Environment: N (events, 1000000), LIMIT_S (600: no more are sent then),
 * BENCH_STRICT=1. Exit status 1: an event did not come, or came twice. */
#include "tests/bench/goal.h"
#include "tests/bench/load.h"
#include "tests/bench/message.h"
#include "tests/bench/proctree.h"
#include "tests/bench/sink.h"
#include "tests/lib/busproc.h"

#include <stdio.h>
#include <string.h>

#define STEPS 10U
#define LOAD_LIMIT_S 300U
#define DRAIN_MS 300000U

typedef struct {
    BusProcess *bus;
    Sink *sink;
    unsigned events, sent;
    double first_mb, last_mb; /* bus and host after the first step, and after the last */
} Bench;

static void start(Bench *bench)
{
    const char *root = g_getenv("HUTONG_SRCDIR") ? g_getenv("HUTONG_SRCDIR") : ".";
    bench->sink = sink_new(bench->events);
    sink_refuse(bench->sink, (SinkRefusal){503, 1, 0}); /* all */
    g_autofree char *sections = g_strdup_printf(
        "[source register]\ndepartment = police\nadapter = xml\nmapping = %s/tests/bench/data/bench-mapping.xml\n"
        "division = 440104\n"
        "[consumer platform]\ntype = webhook\nurl = http://127.0.0.1:%u/\nbatch = 50\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n"
        "[route all]\nto = platform\n",
        root, sink_port(bench->sink));
    bench->bus = bus_process_new(NULL, sections);
    bus_process_start(bench->bus);
}

/* What it holds now, not the most that it ever held: what is asked is whether it grows with the backlog. */
static double measure_mb(const Bench *bench, ProcessTree *tree)
{
    process_tree_measure(bench->bus->pid, tree);
    return (double)(tree->own_now_kb + tree->children_now_kb) / 1024;
}

static bool load_step(Bench *bench, unsigned step)
{
    LoadResult result;
    ProcessTree before, after;
    g_autoptr(GError) error = NULL;
    unsigned messages = bench->events / STEPS;
    LoadPlan plan = {.port = bench->bus->port,
                     .path = "/in/register",
                     .fill = bench_message_fill,
                     .connections = 64,
                     .first = bench->sent + 1,
                     .messages = messages,
                     .limit_s = LOAD_LIMIT_S};
    plan.body = bench_message(&plan.size);
    process_tree_measure(bench->bus->pid, &before);
    if (!load_run(&plan, &result, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return false;
    }
    bench->sent += messages;
    bench->last_mb = measure_mb(bench, &after);
    bench->first_mb = step == 0 ? bench->last_mb : bench->first_mb;
    printf("  %10u%14.0f%14.1f%10.1f%10.1f%12.1f\n", bench->sent, result.rate,
           (after.own_s + after.children_s - before.own_s - before.children_s) * 1e6 / messages,
           (double)after.own_now_kb / 1024, (double)after.children_now_kb / 1024,
           (double)bus_process_figure(bench->bus, "spool.fileBytes") / 1e6);
    fflush(stdout);
    return true;
}

/* With its consumer back, and an end. */
static bool drain(Bench *bench)
{
    SinkCount count;
    ProcessTree tree;
    sink_refuse(bench->sink, (SinkRefusal){0});
    bool good = sink_wait(bench->sink, 1, DRAIN_MS); /* it is asked again some seconds after its refusals */
    int64_t start_us = g_get_monotonic_time();
    good = good && sink_wait(bench->sink, bench->sent, DRAIN_MS);
    double drained_mb = measure_mb(bench, &tree);
    good = bus_process_stop(bench->bus) == 0 && good;
    sink_count(bench->sink, &count);
    printf("  delivered %" G_GUINT64_FORMAT " of %u, %" G_GUINT64_FORMAT " repeated; %.0f a second: %s\n",
           count.distinct, bench->sent, count.repeated,
           (double)count.distinct * 1e6 / (double)MAX(count.latest_us - start_us, 1),
           good && count.repeated == 0 ? "complete" : "NOT COMPLETE");
    goal_print("MB of bus and host at the end of the backlog", bench->last_mb, GOAL_AT_MOST, 40);
    goal_print("the same / with a tenth of it (flat)", bench->last_mb / bench->first_mb, GOAL_AT_MOST, 1.1);
    goal_print("MB of bus and host when all was delivered", drained_mb, GOAL_NONE, 0);
    return good && count.repeated == 0;
}

int main(void)
{
    static Bench bench;
    const char *folder = g_getenv("HUTONG_BUILDDIR");
    g_setenv("TMPDIR", folder ? folder : ".", FALSE);
    bench.events = goal_number("N", 1000000, 100000000) / STEPS * STEPS;
    int64_t end_us = g_get_monotonic_time() + (int64_t)goal_number("LIMIT_S", 600, 86400) * G_USEC_PER_SEC;
    start(&bench);
    printf("      events  answers/s  CPU us/event    bus MB   host MB     file MB\n");
    bool good = true;
    for (unsigned step = 0; good && step < STEPS && g_get_monotonic_time() < end_us; step++) {
        good = load_step(&bench, step);
    }
    good = good && drain(&bench);
    bus_process_free(bench.bus);
    sink_free(bench.sink);
    return good && (goal_all_met() || !goal_is_strict()) ? 0 : 1;
}
