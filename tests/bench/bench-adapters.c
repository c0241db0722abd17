/* What each shipped adapter costs beside bare parsing: its typical message through the adapter's own .so, its mapping and
 * the whole engine, to packed events, and the same bytes through libxml2's SAX with empty handlers. Both ways run in turns
 * on one core in this process; what counts is the ratio of the medians of CPU time.
 *
 * The events' JSON is delivery's work and is not in it; bench-mapping has it. A bare pass over the same text in UTF-8
 * stands beside the one that is judged: of a message in GBK libxml2 spends more time in iconv than in parsing. Where the
 * message is an XML text inside a string, the bare pass sees only the outside, the adapter reads both.
 *
 * `bench-adapters [ROUNDS [NAME]]`: only the mappings whose name begins so. Exit status 1 when a ratio is below its goal. */
#include "tests/bench/bare.h"
#include "tests/lib/adapter-test.h"

#include <stdio.h>
#include <stdlib.h>

#define GOAL 0.4
#define GOAL_MARRIAGE_V3 0.5 /* of marriage, and of HL7 V3 */
#define ROUND_US 4000        /* a round of one way takes about this long */

/* ---- The typical messages ---- */

#define FIXTURE(path) "adapters/" path

typedef struct {
    const char *adapter, *mapping;
    const char *what;
    const char *file;
    const char *record; /* an element that is one record; NULL: the fixture as it is */
    unsigned times;     /* of that record in one batch; and as many events at least must come of it */
} Typical;

static const Typical typicals[] = {
    {"hukou", "hukou.xml", "a move in, GB 18030", FIXTURE("hukou/fixtures/full-move-in.xml"), NULL, 1},
    {"hukou", "hukou.xml", "4 births, GBK", FIXTURE("hukou/fixtures/hukou-birth-gbk.xml"), "ROW", 4},
    {"hukou", "hukou.xml", "a move permit", FIXTURE("hukou/fixtures/hukou-move-permit-010122.xml"), NULL, 1},
    {"hukou", "hukou.xml", "identity checks, in a string", FIXTURE("hukou/fixtures/nciic-soap-response.xml"),
     NULL, 4},
    {"marriage", "marriage.xml", "a data set", FIXTURE("marriage/fixtures/marriage-dotnet-dataset.xml"), NULL,
     4},
    {"marriage", "marriage.xml", "a data set, whole rows", "tests/bench/data/marriage-data-set.xml", NULL, 4},
    {"marriage", "marriage.xml", "a broken answer, in a string",
     FIXTURE("marriage/fixtures/marriage-soap-response.xml"), NULL, 2},
    {"social-security", "social-security.xml", "whole rows as attributes, GBK",
     "tests/bench/data/social-security-rows-gbk.xml", NULL, 4},
    {"social-security", "social-security.xml", "a HIS answer, GBK",
     FIXTURE("social-security/fixtures/hosdata-response-gbk.xml"), NULL, 1},
    {"health", "health.xml", "a registration (V3 in HIP)",
     FIXTURE("health/fixtures/health-hip-soap12-cdata.xml"), NULL, 1},
    {"health", "health.xml", "a health record (CDA)", FIXTURE("health/fixtures/health-cda-hsda00-01.xml"),
     NULL, 1},
    {"health", "health.xml", "a document of 20 KB (CDA)", FIXTURE("health/fixtures/emr-20k.xml"), NULL, 1},
    {"xml", "low-income.xml", "6 persons, GBK", FIXTURE("xml/fixtures/low-income/lowincome-person-gbk.xml"),
     "Record", 6},
    {"xml", "population-base.xml", "6 rows, gb2312",
     FIXTURE("xml/fixtures/population-base/population-base-gb2312.xml"), "ROW", 6},
    {"xml", "family-planning.xml", "15 attribute rows, gb2312",
     FIXTURE("xml/fixtures/family-planning/attr-style-gb2312.xml"), "datarow", 15},
    {"xml", "disabled.xml", "an answer", FIXTURE("xml/fixtures/disabled/disabled-answer-soap.xml"), NULL, 2},
};

typedef struct {
    const Typical *typical;
    char *bytes, *plain; /* as sent, and in UTF-8 */
    gsize size, plain_size;
    BarePass *bare;
    AdapterTest *test;
    size_t packed; /* bytes of the message's events */
} Bench;

static void fail(const Typical *typical, const char *why)
{
    fprintf(stderr, "bench-adapters: %s, %s: %s\n", typical->adapter, typical->file, why);
    exit(2);
}

/* Where the element that begins at `from` ends, NULL when it does not. No element of its own name is inside it. */
static char *find_end(char *from, const char *beyond, const char *name)
{
    g_autofree char *tag = g_strdup_printf("</%s>", name);
    char *start_end = memchr(from, '>', (size_t)(beyond - from));
    if (start_end && start_end[-1] == '/') {
        return start_end + 1;
    }
    char *end = memmem(from, (size_t)(beyond - from), tag, strlen(tag));
    return end ? end + strlen(tag) : NULL;
}

/* Where the first element of that name begins: "ROW", not "ROWS". */
static char *find_start(char *bytes, const char *beyond, const char *name)
{
    g_autofree char *tag = g_strdup_printf("<%s", name);
    char *at = bytes;
    while (at && at < beyond && (at = memmem(at, (size_t)(beyond - at), tag, strlen(tag)))) {
        if (at + strlen(tag) < beyond && strchr(" >", at[strlen(tag)])) {
            return at;
        }
        at++;
    }
    return NULL;
}

/* The message with its first record as often as the row says. Tags are ASCII in every encoding that is sent, and no
 * second byte of GBK is a '<' or '>'. */
static void repeat_record(const Typical *typical, char **bytes, gsize *size)
{
    char *beyond = *bytes + *size, *from = find_start(*bytes, beyond, typical->record);
    char *to = from ? find_end(from, beyond, typical->record) : NULL;
    if (!to) {
        fail(typical, "no such record");
    }
    GString *batch = g_string_new_len(*bytes, from - *bytes);
    for (unsigned i = 0; i < typical->times; i++) {
        g_string_append_len(batch, from, to - from);
        g_string_append_c(batch, '\n');
    }
    g_string_append_len(batch, to, beyond - to);
    g_free(*bytes);
    *size = batch->len;
    *bytes = g_string_free(batch, FALSE);
}

static char *read_message(const Typical *typical, gsize *size)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(mapping_test_folder(), "..", typical->file, NULL);
    char *bytes;
    if (!g_file_get_contents(path, &bytes, size, &error)) {
        fail(typical, error->message);
    }
    if (typical->record) {
        repeat_record(typical, &bytes, size);
    }
    return bytes;
}

/* The same text in UTF-8, and without a declaration that says something else. */
static char *make_plain(const char *bytes, gsize size, gsize *plain_size)
{
    bool is_utf8 = g_utf8_validate(bytes, (gssize)size, NULL);
    const char *declaration =
        size > 5 && memcmp(bytes, "<?xml", 5) == 0 ? memmem(bytes, size, "?>", 2) : NULL;
    if (is_utf8 || !declaration) {
        *plain_size = size;
        return g_memdup2(bytes, size);
    }
    const char *rest = declaration + 2;
    g_autofree char *text = g_convert(rest, bytes + size - rest, "UTF-8", "GB18030", NULL, NULL, NULL);
    char *plain = g_strconcat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", text, NULL);
    *plain_size = strlen(plain);
    return plain;
}

/* ---- The two ways ---- */

static void run_plain(void *user)
{
    Bench *bench = user;
    bare_pass_run(bench->bare, (HtText){bench->plain, bench->plain_size});
}

static void run_bytes_as_sent(void *user)
{
    Bench *bench = user;
    bare_pass_run(bench->bare, (HtText){bench->bytes, bench->size});
}

/* All of decode(), as far as the events: what the host does for each payload, without the frame. */
static void run_adapter(void *user)
{
    Bench *bench = user;
    HtWorker *worker = &bench->test->worker;
    hutong_payload payload = {.struct_size = sizeof payload, .body = {bench->bytes, bench->size}};
    worker->concealed.size = 0;
    worker->body_size = bench->size;
    worker->out.phase = HT_PHASE_DECODE;
    worker->adapter->decode(worker->state, &payload, &worker->out);
}

/* ---- Measuring ---- */

static Bench *start_bench(const Typical *typical)
{
    Bench *bench = g_new0(Bench, 1);
    g_autofree char *mapping = g_build_filename("mappings", typical->mapping, NULL);
    bench->typical = typical;
    bench->bytes = read_message(typical, &bench->size);
    bench->plain = make_plain(bench->bytes, bench->size, &bench->plain_size);
    bench->bare = bare_pass_new();
    bench->test = adapter_test_new(mapping, typical->adapter);
    return bench;
}

static void end_bench(Bench *bench)
{
    bare_pass_free(bench->bare);
    adapter_test_free(bench->test);
    g_free(bench->bytes);
    g_free(bench->plain);
    g_free(bench);
}

/* Both ways once, so that what is measured is known to be whole. The adapter twice: its buffers have grown by then. */
static void prepare(Bench *bench)
{
    const HtOutcome *outcome = &bench->test->worker.outcome;
    if (!bare_pass_run(bench->bare, (HtText){bench->plain, bench->plain_size})) {
        fail(bench->typical, "the bare pass cannot read it");
    }
    run_adapter(bench);
    run_adapter(bench);
    if (outcome->verdict != HT_VERDICT_OK || outcome->events->len < bench->typical->times) {
        fail(bench->typical, outcome->fault_count > 0 ? outcome->faults[0].code : "too few events");
    }
    for (guint i = 0; i < outcome->events->len; i++) {
        bench->packed += g_array_index(outcome->events, HtText, i).size;
    }
}

static unsigned count_repeats(void (*way)(void *user), Bench *bench)
{
    return (unsigned)CLAMP(ROUND_US / bench_time(way, bench, 20), 1, 5000);
}

static double goal_of(const Typical *typical)
{
    bool higher = g_str_equal(typical->adapter, "marriage") || strstr(typical->what, "V3");
    return higher ? GOAL_MARRIAGE_V3 : GOAL;
}

/* What is judged is held against the bytes as sent; against UTF-8 when libxml2 cannot read those. True when the goal is
 * met. */
static bool report(const Bench *bench, double sent_us, double plain_us, double us)
{
    const Typical *typical = bench->typical;
    bool readable = bare_pass_run(bench->bare, (HtText){bench->bytes, bench->size});
    double ratio = (readable ? sent_us : plain_us) / us;
    g_autofree char *name = g_strndup(typical->mapping, strlen(typical->mapping) - strlen(".xml"));
    printf("%-15s %-29s %6zu %6u %6zu %8.2f %9.2f  %5.2f  %8.2f  %s\n", name, typical->what, bench->size,
           bench->test->worker.outcome.events->len, bench->packed, readable ? sent_us : plain_us, us, ratio,
           plain_us / us, ratio >= goal_of(typical) ? "ok" : "below goal");
    fflush(stdout);
    return ratio >= goal_of(typical);
}

/* True when the goal is met. */
static bool measure(const Typical *typical, unsigned rounds)
{
    static double plain[BENCH_ROUNDS_MAX], sent[BENCH_ROUNDS_MAX], mapped[BENCH_ROUNDS_MAX];
    Bench *bench = start_bench(typical);
    prepare(bench);
    unsigned bare_repeats = count_repeats(run_plain, bench), repeats = count_repeats(run_adapter, bench);
    for (unsigned i = 0; i < rounds; i++) {
        sent[i] = bench_time(run_bytes_as_sent, bench, bare_repeats);
        mapped[i] = bench_time(run_adapter, bench, repeats);
        plain[i] = bench_time(run_plain, bench, bare_repeats);
    }
    bool good =
        report(bench, bench_median(sent, rounds), bench_median(plain, rounds), bench_median(mapped, rounds));
    end_bench(bench);
    return good;
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)CLAMP(atoi(argv[1]), 1, BENCH_ROUNDS_MAX) : 101;
    const char *wanted = argc > 2 ? argv[2] : "";
    bool good = true;
    bench_stay_on_one_core();
    printf("%-15s %-29s %6s %6s %6s %8s %9s  %5s  %8s  (goal %.1f; marriage, V3 %.1f)\n", "mapping",
           "typical message", "bytes", "events", "packed", "bare us", "mapped us", "ratio", "to UTF-8", GOAL,
           GOAL_MARRIAGE_V3);
    for (unsigned i = 0; i < G_N_ELEMENTS(typicals); i++) {
        if (g_str_has_prefix(typicals[i].mapping, wanted)) {
            good = measure(&typicals[i], rounds) && good;
        }
    }
    mapping_test_forget_reference();
    return good ? 0 : 1;
}
