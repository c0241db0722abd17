/* How fast the spool takes messages when one thread feeds it without a pause: messages a second, CPU time and bytes written a
 * message, the time of a commit. `bench-spool [MESSAGES [BYTES [GROUP [DIRECTORY [PAGE]]]]]`; one event of BYTES a message.
 *
 * Twice: with persons known by citizen numbers, and with persons known by a source's own number, each message another one; then the
 * ratio of the second to the first. SEALING=1: instead of that, as they are sealed at rest, one way after the other, appended and read, and
 * the ratios to not sealed. GROWTH="10000 100000 …": instead of that, each of these is the number of keys (of events, and of
 * persons) that a spool has when MESSAGES more are measured; it is filled by messages of many small events. */
#include "core/base/clock.h"
#include "spool/spool.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define FILL_EVENTS 500 /* of a message that only fills */

typedef struct {
    HtSpool *spool;
    const char *directory;
    HtSpoolOptions options;
    const char *kind; /* of the persons' numbers */
    unsigned sent, done, count, waiting_max;
    unsigned events;  /* of each message */
    uint64_t numbers; /* given to events so far */
    GBytes *data;
    bool failed;
} Bench;

/* What one run of messages took, each. */
typedef struct {
    double cpu_us, written, stored;
} Cost;

static void note(const HtReceipt *receipt, const GError *error, void *user)
{
    Bench *bench = user;
    (void)receipt;
    bench->done++;
    if (error && !bench->failed) {
        fprintf(stderr, "%s\n", error->message);
        bench->failed = true;
    }
}

static void put_attributes(HtEvent *event)
{
    event->attr[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.moved-in.v1");
    event->attr[HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert");
    event->attr[HT_ATTR_TIME] = HT_TEXT_LITERAL("2026-11-20T00:00:00+08:00");
    event->attr[HT_ATTR_TIMEPRECISION] = HT_TEXT_LITERAL("day");
    event->attr[HT_ATTR_DIVISION] = HT_TEXT_LITERAL("440104012003");
    event->attr[HT_ATTR_SOURCE] = HT_TEXT_LITERAL("hukou");
    event->attr[HT_ATTR_DEPARTMENT] = HT_TEXT_LITERAL("police");
    event->attr[HT_ATTR_DATACLASSIFICATION] = HT_TEXT_LITERAL("2");
}

/* About `bytes` of packed elements, as a mapped person has them. */
static GBytes *make_data(unsigned bytes)
{
    HtBuffer data = {0};
    HtItem item = {.kind = HT_ITEM_ELEMENT,
                   .name = HT_TEXT_LITERAL("person.name"),
                   .value = HT_TEXT_LITERAL("synthetic")};
    while (data.size + 28 <= bytes) {
        ht_item_pack(&data, &item);
    }
    return g_bytes_new_take(data.data, data.size);
}

/* A text of the message being made, that lives as long as it does: the prefix, and sixteen digits. */
static HtText print_text(HtBuffer *texts, const char *prefix, uint64_t number)
{
    char *at = ht_buffer_reserve(texts, 32);
    int size = snprintf(at, 32, "%s%016llu", prefix, (unsigned long long)number);
    texts->size += 32;
    return (HtText){at, (size_t)size};
}

static void send_one(Bench *bench, GBytes *data)
{
    HtSpoolMessage *message = g_new0(HtSpoolMessage, 1);
    HtBuffer texts = {0};
    ht_buffer_reserve(&texts, 64 * (size_t)bench->events); /* it does not move any more */
    message->events = g_array_sized_new(FALSE, FALSE, sizeof(HtEvent), bench->events);
    for (unsigned i = 0; i < bench->events; i++) {
        HtEvent event = {.identity_count = 1};
        put_attributes(&event);
        event.data.data = g_bytes_get_data(data, &event.data.size);
        event.key = print_text(&texts, "message-", bench->numbers);
        event.identities[0] =
            (HtIdentity){ht_text_from(bench->kind), print_text(&texts, "99", bench->numbers), false};
        bench->numbers++;
        g_array_append_val(message->events, event);
    }
    message->id = ht_uuid_new();
    message->source = "hukou";
    message->received_us = ht_clock_now();
    message->key = g_array_index(message->events, HtEvent, 0).key;
    message->backing = g_bytes_new_take(texts.data, texts.size);
    ht_spool_append(bench->spool, message, note, bench);
    bench->sent++;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* What the process has written so far, with all that the page cache has not given to the disk yet; 0 where that is not told. */
static double written_bytes(void)
{
    g_autofree char *text = NULL;
    const char *line =
        g_file_get_contents("/proc/self/io", &text, NULL, NULL) ? strstr(text, "wchar:") : NULL;
    return line ? g_ascii_strtod(line + strlen("wchar:"), NULL) : 0;
}

static void feed(Bench *bench, unsigned count, GBytes *data)
{
    bench->sent = bench->done = 0;
    bench->count = count;
    while (bench->done < bench->count) {
        while (bench->sent < bench->count && ht_spool_backlog(bench->spool) < bench->waiting_max) {
            send_one(bench, data);
        }
        g_main_context_iteration(NULL, TRUE);
    }
}

static Cost report(Bench *bench, double seconds, double cpu, double written, uint64_t commits,
                   uint64_t stored)
{
    HtSpoolStatus status;
    struct rusage usage;
    ht_spool_status(bench->spool, &status);
    getrusage(RUSAGE_SELF, &usage);
    Cost cost = {cpu * 1e6 / bench->count, written / bench->count,
                 (double)(status.file_bytes - stored) / bench->count};
    printf(
        "%u messages in %.2f s: %.0f/s, %.2f us CPU each, %.1f in a commit, commit p99 %.2f ms, %u checkpoints, "
        "file %.0f MB, WAL %.0f MB, peak memory %.0f MB; %.0f bytes a message in the file, %.0f written, %.2f times\n",
        bench->count, seconds, bench->count / seconds, cost.cpu_us,
        (double)bench->count / (double)(status.commits - commits), (double)status.commit_p99_us / 1e3,
        (unsigned)status.checkpoints, (double)status.file_bytes / 1e6, (double)status.wal_bytes / 1e6,
        (double)usage.ru_maxrss / 1e3, cost.stored, cost.written, cost.written / cost.stored);
    return cost;
}

/* The WAL's rest goes into the file before its size is asked for: the spool is idle then. */
static void settle(Bench *bench)
{
    int64_t until = ht_clock_monotonic() + HT_SECOND / 2;
    while (ht_clock_monotonic() < until) {
        g_usleep(HT_SECOND / 20);
        g_main_context_iteration(NULL, FALSE);
    }
    (void)bench;
}

static Cost measure(Bench *bench, unsigned count)
{
    HtSpoolStatus status;
    bench->events = 1;
    settle(bench);
    ht_spool_status(bench->spool, &status);
    double cpu = cpu_seconds(), written = written_bytes();
    int64_t start = ht_clock_monotonic();
    feed(bench, count, bench->data);
    double seconds = (double)(ht_clock_monotonic() - start) / 1e6;
    cpu = cpu_seconds() - cpu;
    settle(bench);
    return report(bench, seconds, cpu, written_bytes() - written, status.commits, status.file_bytes);
}

static void remove_directory(const char *directory)
{
    static const char *const names[] = {"spool.db", "spool.db-wal", "spool.db-shm", "lock",
                                        "ballast",  "mark",         "periods",      "master.key"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(directory, names[i], NULL);
        g_unlink(path);
    }
    g_rmdir(directory);
}

static unsigned number_argument(int argc, char **argv, int index, unsigned otherwise)
{
    return argc > index ? (unsigned)strtoul(argv[index], NULL, 10) : otherwise;
}

static bool bench_open(Bench *bench, const char *kind)
{
    g_autoptr(GError) error = NULL;
    bench->kind = kind;
    bench->numbers = 0;
    bench->spool = ht_spool_open(&bench->options, &error);
    if (!bench->spool) {
        fprintf(stderr, "%s\n", error->message);
        bench->failed = true;
    }
    return bench->spool != NULL;
}

static void bench_close(Bench *bench)
{
    ht_spool_close(g_steal_pointer(&bench->spool));
    remove_directory(bench->directory);
}

static const char *const kinds[] = {"idNumber", "personNo"};
static const char *const names[] = {"citizen numbers", "own numbers"};

static void print_ratio(const Cost costs[2])
{
    printf("own numbers to citizen numbers: %.2f times the CPU, %.2f times the bytes written\n",
           costs[1].cpu_us / costs[0].cpu_us, costs[1].written / costs[0].written);
}

static void compare(Bench *bench, unsigned count)
{
    Cost costs[2] = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds) && bench_open(bench, kinds[i]); i++) {
        printf("%s: ", names[i]);
        costs[i] = measure(bench, count);
        bench_close(bench);
    }
    print_ratio(costs);
}

typedef struct {
    Bench *bench;
    uint64_t after;
    bool done;
} Reading;

static void on_page(HtSpoolPage *page, const GError *error, void *user)
{
    Reading *reading = user;
    guint count = page ? page->events->len : 0;
    reading->done = count == 0 || error;
    if (count > 0) {
        reading->after = ((const HtStoredEvent *)page->events->pdata[count - 1])->sequence;
    }
    g_clear_pointer(&page, ht_spool_page_free);
    if (!reading->done) {
        ht_spool_read(reading->bench->spool, reading->after, 200, 1 << 20, on_page, reading);
    }
}

/* Microseconds of processor time for an event. */
static double read_all(Bench *bench)
{
    Reading reading = {.bench = bench};
    double cpu = cpu_seconds();
    ht_spool_read(bench->spool, 0, 200, 1 << 20, on_page, &reading);
    while (!reading.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    return (cpu_seconds() - cpu) * 1e6 / (double)reading.after;
}

static void compare_sealing(Bench *bench, unsigned count)
{
    static const char *const ways[] = {"not sealed", "AES-256-GCM", "SM4-CTR with HMAC-SM3"};
    double append[G_N_ELEMENTS(ways)], reading[G_N_ELEMENTS(ways)];
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        bench->options.sealing.cipher = (HtSpoolCipher)i;
        if (!bench_open(bench, kinds[0])) {
            return;
        }
        printf("%s: ", ways[i]);
        append[i] = measure(bench, count).cpu_us;
        reading[i] = read_all(bench);
        printf("%s: %.2f us CPU to append (%.2f times), %.2f us to read (%.2f times)\n", ways[i], append[i],
               append[i] / append[0], reading[i], reading[i] / reading[0]);
        bench_close(bench);
    }
}

static void fill_to(Bench *bench, uint64_t keys)
{
    g_autoptr(GBytes) little = make_data(28);
    uint64_t more = keys > bench->numbers ? keys - bench->numbers : 0;
    unsigned waiting = bench->waiting_max;
    bench->events = FILL_EVENTS;
    bench->waiting_max = 1; /* so that what goes on behind the groups keeps up */
    feed(bench, (unsigned)(more / FILL_EVENTS), little);
    bench->waiting_max = waiting;
}

/* Each step in turns, so that both have the same minute. */
static void grow(Bench *bench, const char *steps, unsigned count)
{
    g_auto(GStrv) keys = g_strsplit(steps, " ", -1);
    for (size_t i = 0; keys[i]; i++) {
        Cost costs[2] = {0};
        for (size_t k = 0; k < G_N_ELEMENTS(kinds) && bench_open(bench, kinds[k]); k++) {
            fill_to(bench, strtoull(keys[i], NULL, 10));
            printf("%s %s: ", keys[i], names[k]);
            costs[k] = measure(bench, count);
            bench_close(bench);
            fflush(stdout);
        }
        print_ratio(costs);
    }
}

int main(int argc, char **argv)
{
    static const uint8_t site_key[32] = {1};
    g_autofree char *directory = argc > 4 ? g_build_filename(argv[4], "bench-spool", NULL)
                                          : g_dir_make_tmp("bench-spool-XXXXXX", NULL);
    unsigned count = number_argument(argc, argv, 1, 300000);
    Bench bench = {
        .directory = directory,
        .options = {.directory = directory, .site_key = site_key, .limits = ht_spool_limits_default()}};
    HtSpoolLimits *limits = &bench.options.limits;
    limits->queue = 1 << 20;
    limits->group = number_argument(argc, argv, 3, 64);
    limits->reserve_bytes = 0;
    limits->large_bytes = 1 << 30;
    limits->page_bytes = number_argument(argc, argv, 5, (unsigned)limits->page_bytes);
    bench.waiting_max = (unsigned)limits->group * 4;
    bench.data = make_data(number_argument(argc, argv, 2, 800));
    const char *steps = g_getenv("GROWTH");
    if (g_getenv("SEALING")) {
        compare_sealing(&bench, count);
    } else if (steps) {
        grow(&bench, steps, count);
    } else {
        compare(&bench, count);
    }
    g_bytes_unref(bench.data);
    return bench.failed;
}
