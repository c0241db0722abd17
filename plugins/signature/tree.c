/* libxml2's own tree, with a count in front of each of its handlers: the first cap that is passed stops the parser. See tree.h. */
#include "plugins/signature/tree.h"

#include "mappings/engine/read/sax-tags.h"
#include "mappings/engine/text/prolog.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <time.h>

#define CPU_PERIOD 1024

typedef struct {
    const HtLimits *limits;
    HtFault *fault;
    uint64_t depth, elements, events;
    int64_t begun_us, allowed_us;
    GArray *declared; /* of unsigned: namespaces in scope, for each open element */
    bool stopped;
} TreeCount;

static int64_t get_cpu(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void stop(xmlParserCtxtPtr context)
{
    TreeCount *count = context->_private;
    count->stopped = true;
    xmlStopParser(context);
}

static void refuse_above(xmlParserCtxtPtr context, const char *code, const char *what, const uint64_t *limit)
{
    TreeCount *count = context->_private;
    ht_fault_set_limit(count->fault, code, what, ht_limit_of(count->limits, limit),
                       ": send it in smaller parts.");
    stop(context);
}

static void count_event(xmlParserCtxtPtr context)
{
    TreeCount *count = context->_private;
    if (++count->events % CPU_PERIOD == 0 && get_cpu() - count->begun_us > count->allowed_us) {
        refuse_above(context, "too-slow", "Reading takes for each megabyte", &count->limits->cpu_ms_per_mb);
    }
}

static void count_namespaces(xmlParserCtxtPtr context, unsigned more)
{
    TreeCount *count = context->_private;
    unsigned around =
        count->declared->len > 0 ? g_array_index(count->declared, unsigned, count->declared->len - 1) : 0;
    unsigned all = around + more;
    g_array_append_val(count->declared, all);
    if (all > HT_TREE_NAMESPACES) {
        ht_fault_set(
            count->fault, "signature-unsupported",
            "The signed message has more than %d namespaces in scope of one element: declare them once.",
            HT_TREE_NAMESPACES);
        stop(context);
    }
}

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespaces, const xmlChar **declared, int attributes, int defaulted,
                     const xmlChar **raw)
{
    xmlParserCtxtPtr context = user;
    TreeCount *count = context->_private;
    if (count->stopped) {
        return;
    }
    count_event(context);
    count_namespaces(context, (unsigned)namespaces);
    if (++count->depth > count->limits->depth) {
        refuse_above(context, "too-deep", "Elements are nested", &count->limits->depth);
    } else if (++count->elements > count->limits->elements) {
        refuse_above(context, "too-many-elements", "There are", &count->limits->elements);
    }
    if (!count->stopped) {
        xmlSAX2StartElementNs(user, name, prefix, uri, namespaces, declared, attributes, defaulted, raw);
    }
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    xmlParserCtxtPtr context = user;
    TreeCount *count = context->_private;
    if (!count->stopped) {
        count->depth--;
        g_array_set_size(count->declared, count->declared->len - 1);
        xmlSAX2EndElementNs(user, name, prefix, uri);
    }
}

static void on_instruction(void *user, const xmlChar *target, const xmlChar *data)
{
    count_event(user);
    xmlSAX2ProcessingInstruction(user, target, data);
}

static void on_comment(void *user, const xmlChar *text)
{
    count_event(user);
    xmlSAX2Comment(user, text);
}

static void on_doctype(void *user, const xmlChar *name, const xmlChar *id, const xmlChar *url)
{
    (void)name;
    (void)id;
    (void)url;
    xmlParserCtxtPtr context = user;
    TreeCount *count = context->_private;
    ht_fault_set(count->fault, "doctype-refused",
                 "The XML has a DOCTYPE, which is not accepted: send it without one.");
    stop(context);
}

static xmlDocPtr parse(HtText text, TreeCount *count)
{
    xmlParserCtxtPtr context = xmlNewParserCtxt();
    g_assert(context != NULL);
    context->sax->startElementNs = on_start;
    context->sax->endElementNs = on_end;
    context->sax->processingInstruction = on_instruction;
    context->sax->comment = on_comment;
    context->sax->internalSubset = on_doctype;
    context->_private = count;
    xmlDocPtr tree =
        xmlCtxtReadMemory(context, text.data, (int)text.size, NULL, "UTF-8",
                          XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC);
    bool good = tree && context->wellFormed && context->nsWellFormed && !count->stopped;
    if (!good && !count->stopped && context->wellFormed) {
        ht_fault_set(count->fault, "namespace-not-well-formed",
                     "A namespace prefix is not declared, or declared wrongly: declare it with xmlns.");
    } else if (!good && !count->stopped) {
        ht_fault_set(count->fault, "not-well-formed",
                     "The XML is not well-formed, which what is signed must be.");
        count->fault->line = context->input ? (uint32_t)context->input->line : 0;
    }
    if (context->myDoc && context->myDoc != tree) {
        xmlFreeDoc(context->myDoc);
    }
    context->myDoc = NULL;
    xmlFreeParserCtxt(context);
    if (!good && tree) {
        xmlFreeDoc(tree);
    }
    return good ? tree : NULL;
}

xmlDocPtr ht_tree_read(HtText text, const HtLimits *limits, HtFault *fault)
{
    HtTextRoot root;
    ht_text_root_name(text, &root);
    if (root.has_doctype) {
        ht_fault_set(fault, "doctype-refused",
                     "The XML has a DOCTYPE, which is not accepted: send it without one.");
        return NULL;
    }
    if (memchr(text.data, '\0', text.size) || text.size > INT_MAX) {
        ht_fault_set(fault, "not-well-formed", "The XML is not well-formed: it holds a NUL character.");
        return NULL;
    }
    if (!ht_sax_tags_check(text, limits, fault)) {
        return NULL;
    }
    g_autoptr(GArray) declared = g_array_new(FALSE, FALSE, sizeof(unsigned));
    TreeCount count = {.limits = limits,
                       .fault = fault,
                       .begun_us = get_cpu(),
                       .allowed_us = (int64_t)limits->cpu_ms_per_mb * 1000 * (int64_t)(1 + (text.size >> 20)),
                       .declared = declared};
    return parse(text, &count);
}
