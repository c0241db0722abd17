/* A bare SAX pass, and how long a thing takes on one core. */
#include "tests/bench/bare.h"

#include <libxml/parser.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

struct BarePass {
    xmlParserCtxt *parser;
};

static unsigned long sax_events;

static void count_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                        int n_namespaces, const xmlChar **namespaces, int n_attributes, int n_defaulted,
                        const xmlChar **attributes)
{
    (void)user, (void)name, (void)prefix, (void)uri, (void)n_namespaces, (void)namespaces, (void)n_attributes;
    (void)n_defaulted, (void)attributes;
    sax_events++;
}

static void count_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    (void)user, (void)name, (void)prefix, (void)uri;
    sax_events++;
}

static void count_text(void *user, const xmlChar *text, int size)
{
    (void)user, (void)text, (void)size;
    sax_events++;
}

/* What libxml2 would print: that it cannot read some of the bytes. */
static void say_nothing(void *user, const char *format, ...)
{
    (void)user, (void)format;
}

BarePass *bare_pass_new(void)
{
    xmlSetGenericErrorFunc(NULL, say_nothing);
    BarePass *pass = calloc(1, sizeof *pass);
    pass->parser = xmlNewParserCtxt();
    *pass->parser->sax = (xmlSAXHandler){.initialized = XML_SAX2_MAGIC,
                                         .startElementNs = count_start,
                                         .endElementNs = count_end,
                                         .characters = count_text,
                                         .cdataBlock = count_text};
    return pass;
}

void bare_pass_free(BarePass *pass)
{
    xmlFreeParserCtxt(pass->parser);
    free(pass);
}

bool bare_pass_run(BarePass *pass, HtText body)
{
    xmlFreeDoc(xmlCtxtReadMemory(pass->parser, body.data, (int)body.size, NULL, NULL, XML_PARSE_NONET));
    return pass->parser->wellFormed;
}

/* ---- Measuring ---- */

/* Nanoseconds of CPU that this thread has used. */
static double read_cpu_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

double bench_time(void (*run)(void *user), void *user, unsigned repeats)
{
    double start = read_cpu_clock();
    for (unsigned i = 0; i < repeats; i++) {
        run(user);
    }
    return (read_cpu_clock() - start) / repeats / 1000;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

double bench_median(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

void bench_stay_on_one_core(void)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET((unsigned)sched_getcpu(), &cores);
    sched_setaffinity(0, sizeof cores, &cores);
}
