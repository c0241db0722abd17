/* How fast the spool takes messages when one thread feeds it without a pause: messages a second, CPU time and bytes written a
 * message, the time of a commit. `bench-spool [MESSAGES [BYTES [GROUP [DIRECTORY [PAGE]]]]]`; one event of BYTES a message. */
#include "core/base/clock.h"
#include "spool/spool.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

typedef struct {
    HtSpool *spool;
    unsigned sent, done, count, waiting_max;
    GBytes *data;
    bool failed;
} Bench;

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

static void send_one(Bench *bench)
{
    char key[32], number[32];
    int key_size = snprintf(key, sizeof key, "message-%u", bench->sent);
    int number_size = snprintf(number, sizeof number, "99%016u", bench->sent % 100000);
    HtSpoolMessage *message = g_new0(HtSpoolMessage, 1);
    HtEvent event = {0};
    g_autofree char *texts = g_malloc((size_t)(key_size + number_size));
    memcpy(texts, key, (size_t)key_size);
    memcpy(texts + key_size, number, (size_t)number_size);
    put_attributes(&event);
    event.data.data = g_bytes_get_data(bench->data, &event.data.size);
    event.key = (HtText){texts, (size_t)key_size};
    event.identities[0] =
        (HtIdentity){HT_TEXT_LITERAL("idNumber"), {texts + key_size, (size_t)number_size}, false};
    event.identity_count = 1;
    message->id = ht_uuid_new();
    message->source = "hukou";
    message->received_us = ht_clock_now();
    message->key = event.key;
    message->events = g_array_new(FALSE, FALSE, sizeof(HtEvent));
    g_array_append_val(message->events, event);
    message->backing = g_bytes_new_take(g_steal_pointer(&texts), (gsize)(key_size + number_size));
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

static void feed(Bench *bench)
{
    while (bench->done < bench->count) {
        while (bench->sent < bench->count && ht_spool_backlog(bench->spool) < bench->waiting_max) {
            send_one(bench);
        }
        g_main_context_iteration(NULL, TRUE);
    }
}

static void report(Bench *bench, double seconds, double cpu, double written)
{
    HtSpoolStatus status;
    struct rusage usage;
    ht_spool_status(bench->spool, &status);
    getrusage(RUSAGE_SELF, &usage);
    printf(
        "%u messages in %.2f s: %.0f/s, %.2f us CPU each, %.1f in a commit, commit p99 %.2f ms, %u checkpoints, "
        "file %.0f MB, WAL %.0f MB, peak memory %.0f MB; %.0f bytes a message in the file, %.0f written\n",
        bench->count, seconds, bench->count / seconds, cpu * 1e6 / bench->count,
        (double)bench->count / (double)status.commits, (double)status.commit_p99_us / 1e3,
        (unsigned)status.checkpoints, (double)status.file_bytes / 1e6, (double)status.wal_bytes / 1e6,
        (double)usage.ru_maxrss / 1e3, (double)status.file_bytes / bench->count, written / bench->count);
}

static void remove_directory(const char *directory)
{
    static const char *const names[] = {"spool.db", "spool.db-wal", "spool.db-shm", "lock", "ballast"};
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

int main(int argc, char **argv)
{
    static const uint8_t site_key[32] = {1};
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = argc > 4 ? g_build_filename(argv[4], "bench-spool", NULL)
                                          : g_dir_make_tmp("bench-spool-XXXXXX", NULL);
    unsigned bytes = number_argument(argc, argv, 2, 800);
    Bench bench = {.count = number_argument(argc, argv, 1, 300000)};
    HtSpoolOptions options = {
        .directory = directory, .site_key = site_key, .limits = ht_spool_limits_default()};
    options.limits.queue = 1 << 20;
    options.limits.group = number_argument(argc, argv, 3, 64);
    options.limits.reserve_bytes = 0;
    options.limits.page_bytes = number_argument(argc, argv, 5, (unsigned)options.limits.page_bytes);
    bench.waiting_max = (unsigned)options.limits.group * 4;
    bench.data = make_data(bytes);
    bench.spool = ht_spool_open(&options, &error);
    if (!bench.spool) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    double cpu = cpu_seconds(), written = written_bytes();
    int64_t start = ht_clock_monotonic();
    feed(&bench);
    double seconds = (double)(ht_clock_monotonic() - start) / 1e6;
    report(&bench, seconds, cpu_seconds() - cpu, written_bytes() - written);
    ht_spool_close(bench.spool);
    g_bytes_unref(bench.data);
    remove_directory(directory);
    return bench.failed;
}
