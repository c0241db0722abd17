/* What mapping costs beside bare parsing: the same SOAP message of 2 KB through libxml2's SAX with empty handlers, and
 * through the whole engine to CloudEvents JSON (decode, parse, unwrap, 20 elements, checks, pack, render; not the bus's
 * check of the packed event). Both ways run in
 * turns on one core in this process; what counts is the ratio of the medians of CPU time. `bench-mapping [ROUNDS [ENCODING]]`; exit status 1 when
 * a ratio is above its limit. */
#include "mappings/engine/compile/compile.h"
#include "mappings/engine/run/mapper.h"
#include "tests/bench/bare.h"

#include <stdio.h>
#include <stdlib.h>

#define REPEATS 300

/* Limits of the ratio map / bare SAX. libxml2 reads GB 18030 through iconv, the engine through its own tables. */
#define LIMIT_UTF8 1.33
#define LIMIT_GB18030 1.66

/* ---- The message ---- */

#define PERSON                                                                                                                      \
    "<p:Person id=\"P0000000001\" op=\"UPDATE\"><p:IdNumber>990104198001019915</p:IdNumber><p:Name>测试甲</p:Name>"              \
    "<p:FormerName/><p:Sex>1</p:Sex><p:Nation>01</p:Nation><p:BirthDate>1980-01-01</p:BirthDate>"                                   \
    "<p:HukouAddress>广东省广州市越秀区测试路19号3栋2单元1101室</p:HukouAddress><p:Residence type=\"current\">"    \
    "<p:District>440104</p:District><p:Street>广东省广州市越秀区测试路19号3栋2单元1101室</p:Street>"               \
    "<p:PostCode>510000</p:PostCode></p:Residence><p:Marital>20</p:Marital><p:Education>20</p:Education>"                           \
    "<p:Employer>市第7人民医院 &amp; 附属诊所</p:Employer><p:Phone>13800000000</p:Phone><p:Email>p1@example.cn</p:Email>" \
    "<p:Household><p:HeadId>990104198205069922</p:HeadId><p:Relation>10</p:Relation></p:Household>"                                 \
    "<p:Status>ACTIVE</p:Status><p:EffectiveFrom>2024-06-01T08:30:00+08:00</p:EffectiveFrom></p:Person>"

static const char message[] =
    "<?xml version=\"1.0\" encoding=\"%s\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
    "xmlns:p=\"urn:example:gov:person:v1\" xmlns:wsa=\"http://www.w3.org/2005/08/addressing\"><soapenv:Header>"
    "<wsa:Action>urn:example:gov:person:v1/PersonChange</wsa:Action><wsa:MessageID>HTB0000000000</wsa:MessageID>"
    "<wsa:To>http://hutong.example/in/police</wsa:To><p:Source dept=\"GA\" system=\"hukou\" version=\"2.1\">police.yuexiu"
    "</p:Source><p:SentAt>2024-06-01T08:30:00+08:00</p:SentAt><p:Trace><p:Span>7f3a9c1e5b2d4860</p:Span><p:Parent>"
    "0000000000000000</p:Parent></p:Trace><p:Signature alg=\"SM3\">3f9a1c77e0b24d5586aa90bb12cd34ef56a7b8c9d0e1f203142536"
    "4758697a8b</p:Signature></soapenv:Header><soapenv:Body><p:PersonChange><p:Seq>1</p:Seq><p:Reason code=\"03\">户口迁移登记变更"
    "</p:Reason>" PERSON
    "<p:Operator><p:Code>440104001</p:Code><p:OpName>经办一</p:OpName><p:Unit>越秀分局测试派出所</p:Unit>"
    "<p:Remark>申请人因工作调动申请户口迁移，材料齐全，经审核符合规定，准予登记；原户籍所在地已出具迁移证明。</p:Remark>"
    "</p:Operator></p:PersonChange></soapenv:Body></soapenv:Envelope>";

static HtText make_message(const char *encoding)
{
    g_autofree char *text = g_strdup_printf(message, encoding);
    gsize size = 0;
    char *bytes = g_convert(text, -1, encoding, "UTF-8", NULL, &size, NULL);
    return (HtText){bytes, size};
}

/* ---- The two ways ---- */

typedef struct {
    HtText body;
    BarePass *bare;
    HtMapper *mapper;
    HtOutcome outcome;
    HtStoredEvent
        stored; /* the packed event's texts: the same message gives the same bytes in the same place */
    HtBuffer json;
} Ways;

static void run_sax(void *user)
{
    Ways *ways = user;
    bare_pass_run(ways->bare, ways->body);
}

static void run_map(void *user)
{
    Ways *ways = user;
    HtPayload payload = {.body = ways->body};
    ht_outcome_clear(&ways->outcome);
    ht_outcome_init(&ways->outcome);
    ht_mapper_run(ways->mapper, &payload, &ways->outcome);
    ways->json.size = 0;
    ht_event_render(&ways->stored, "bench", NULL, &ways->json);
}

/* Maps once and keeps where the event is, so that the measured runs can render it. */
static void prepare(Ways *ways)
{
    g_autoptr(GError) error = NULL;
    run_sax(ways);
    run_map(ways);
    const HtFault *fault = &ways->outcome.faults[0];
    if (ways->outcome.events->len != 1) {
        fprintf(stderr, "the message made no event: %s %s %s\n", fault->code, fault->element, fault->text);
        exit(1);
    }
    if (!ht_event_unpack(g_array_index(ways->outcome.events, HtText, 0), &ways->stored.event, &error)) {
        fprintf(stderr, "%s\n", error->message);
        exit(1);
    }
}

/* ---- Measuring ---- */

static bool measure(Ways *ways, const char *encoding, unsigned rounds, double limit)
{
    static double sax[BENCH_ROUNDS_MAX], map[BENCH_ROUNDS_MAX];
    ways->body = make_message(encoding);
    ways->stored = (HtStoredEvent){.sequence = 1};
    prepare(ways);
    for (unsigned i = 0; i < rounds; i++) {
        sax[i] = bench_time(run_sax, ways, REPEATS);
        map[i] = bench_time(run_map, ways, REPEATS);
    }
    double bare = bench_median(sax, rounds), whole = bench_median(map, rounds), ratio = whole / bare;
    printf("%-8s %zu bytes  bare SAX %.2f us  map to JSON %.2f us (%zu bytes)  ratio %.2f  limit %.2f  %s\n",
           encoding, ways->body.size, bare, whole, ways->json.size, ratio, limit,
           ratio <= limit ? "ok" : "ABOVE");
    g_free((char *)ways->body.data);
    return ratio <= limit;
}

static HtReference load_reference(const char *folder)
{
    g_autofree char *dictionary = g_build_filename(folder, "dictionary.xml", NULL);
    g_autofree char *tables = g_build_filename(folder, "tables", NULL);
    g_autofree char *divisions = g_build_filename(folder, "divisions", NULL);
    return (HtReference){ht_dictionary_load(dictionary, NULL, NULL, NULL), ht_tables_load(tables, NULL, NULL),
                         ht_divisions_load(divisions, NULL, NULL)};
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    const char *source = g_getenv("HUTONG_SRCDIR") ? g_getenv("HUTONG_SRCDIR") : ".";
    g_autofree char *folder = g_build_filename(source, "mappings", NULL);
    g_autofree char *path = g_build_filename(source, "tests/bench/data/bench-mapping.xml", NULL);
    unsigned rounds = argc > 1 ? (unsigned)CLAMP(atoi(argv[1]), 1, BENCH_ROUNDS_MAX) : 201;
    g_setenv("HUTONG_DATADIR", folder, TRUE);
    HtReference reference = load_reference(folder);
    g_autoptr(HtMapping) mapping = ht_mapping_load(path, &reference, &error);
    if (!mapping) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    HtMapperOptions options = {ht_limits_default(), "440104", false, false, false};
    g_autoptr(HtMapper) mapper = ht_mapper_new(mapping, &reference, &options);
    Ways ways = {.bare = bare_pass_new(), .mapper = mapper};
    ht_outcome_init(&ways.outcome);
    bench_stay_on_one_core();
    const char *only = argc > 2 ? argv[2] : NULL;
    bool good = true;
    if (!only || g_str_equal(only, "UTF-8")) {
        good = measure(&ways, "UTF-8", rounds, LIMIT_UTF8);
    }
    if (!only || g_str_equal(only, "GB18030")) {
        good = measure(&ways, "GB18030", rounds, LIMIT_GB18030) && good;
    }
    if (g_getenv("BENCH_SHOW")) {
        printf("%.*s\n", (int)ways.json.size, ways.json.data);
    }
    bare_pass_free(ways.bare);
    return good ? 0 : 1;
}
