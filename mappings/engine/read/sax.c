/* Owns the libxml2 parser contexts and the dictionaries of names; the only place of the reader that calls libxml2. Called
 * by reader.c, envelope.c and strings.c in the host's only thread.
 *
 * Names. `wanted` holds what mappings compare with and lives as long as the reader. `names` is a dictionary under it: a
 * lookup finds the parent's string first, so that a name in a payload is the mapping's pointer. When payloads have filled
 * `names`, it is dropped together with the contexts that use it, and `wanted` stays.
 *
 * Input. The whole text is parsed in place with the pull interface, which is faster than pushing chunks and bounds the
 * work as well: tags are measured before the parse (sax-tags.c), all other caps and the CPU time are looked at in the
 * handlers, and the first error stops the parser. Contexts that have seen an error are never used again: xmlCtxtReset()
 * of libxml2 2.9.14 as published leaves their namespace stack as it was. */
#include "mappings/engine/read/sax.h"

#include "core/base/log.h"
#include "mappings/engine/read/sax-fault.h"
#include "mappings/engine/read/sax-tags.h"
#include "mappings/engine/text/value.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlIO.h>
#include <time.h>

#define NAMES_KEPT 512             /* names of payloads that are kept for the next one */
#define NAMES_PERIOD 64            /* elements between two looks at the number of names */
#define CPU_PERIOD 1024            /* events between two looks at the clock */
#define UNESCAPED_KEPT (64 * 1024) /* memory that is kept for the next element */
#define FORMAL_NAMESPACES 6

typedef struct {
    HtSax *sax;
    xmlParserCtxtPtr context;
    const HtSaxHandler *handler;
    void *user;
    uint32_t first_line;
    uint32_t around; /* elements open around the document */
    bool is_xml;
} Layer;

struct HtSax {
    HtLimits limits;
    HtName nil, null, envelope, formal[FORMAL_NAMESPACES]; /* interned */
    xmlDictPtr wanted;
    xmlDictPtr names;
    Layer layers[HT_SAX_LAYERS];
    unsigned layer_count; /* documents open */
    HtAttribute *attributes;
    HtName *attribute_uris;
    HtBuffer unescaped; /* values of the element at hand */
    bool is_nil;        /* it says that it has no value */
    bool stale;         /* contexts and `names` are to be dropped */

    /* of the payload */
    uint32_t depth;
    uint32_t elements;
    uint32_t events;
    uint32_t line;       /* ht_sax_set_line() */
    size_t copied_bytes; /* ht_sax_count_copy() */
    int first_names;
    size_t value_bytes;
    int64_t cpu_start_us; /* 0: not looked at yet */
    int64_t cpu_allowed_us;
    int64_t cpu_until_us; /* of all payloads: ht_sax_end_at() */
    bool stopped;
    HtFault fault;
};

/* Attributes of these namespaces say how data is written, not what it is. The first two have nil, the last two an Envelope. */
static const char *const formal_namespaces[FORMAL_NAMESPACES] = {
    "http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/1999/XMLSchema-instance",
    "http://schemas.xmlsoap.org/soap/encoding/", "http://www.w3.org/2003/05/soap-encoding",
    "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope",
};

/* What libxml2 contexts carry in _private, so that the entity loader knows them. */
static char context_mark;

/* Nothing that a payload names is ever opened. Others in this process (mapping files, schemas) read trusted files. */
static xmlParserInputPtr refuse_entity(const char *url, const char *id, xmlParserCtxtPtr context)
{
    if (context && context->_private == &context_mark) {
        ht_log(HT_LOG_WARNING, "reader", "a payload asked for an external entity: refused");
        return NULL;
    }
    return xmlNoNetExternalEntityLoader(url, id, context);
}

static void drop_context(Layer *layer)
{
    if (layer->context) {
        xmlFreeParserCtxt(layer->context);
        layer->context = NULL;
    }
}

static void drop_names(HtSax *sax)
{
    for (unsigned i = 0; i < HT_SAX_LAYERS; i++) {
        drop_context(&sax->layers[i]);
    }
    if (sax->names) {
        xmlDictFree(sax->names);
    }
    sax->names = xmlDictCreateSub(sax->wanted);
    g_assert(sax->names != NULL);
    xmlDictSetLimit(sax->names, sax->limits.name_bytes);
    sax->stale = false;
}

HtSax *ht_sax_new(const HtLimits *limits)
{
    static gsize prepared;
    if (g_once_init_enter(&prepared)) {
        xmlInitParser();
        xmlSetExternalEntityLoader(refuse_entity);
        g_once_init_leave(&prepared, 1);
    }
    HtSax *sax = g_new0(HtSax, 1);
    sax->cpu_until_us = INT64_MAX;
    sax->limits = *limits;
    sax->attributes = g_new(HtAttribute, (gsize)sax->limits.attributes + 1);
    sax->attribute_uris = g_new(HtName, (gsize)sax->limits.attributes + 1);
    sax->wanted = xmlDictCreate();
    g_assert(sax->wanted != NULL);
    for (unsigned i = 0; i < HT_SAX_LAYERS; i++) {
        sax->layers[i].sax = sax;
    }
    for (unsigned i = 0; i < FORMAL_NAMESPACES; i++) {
        sax->formal[i] = (HtName)xmlDictLookup(sax->wanted, BAD_CAST formal_namespaces[i], -1);
    }
    sax->nil = (HtName)xmlDictLookup(sax->wanted, BAD_CAST "nil", -1);
    sax->null = (HtName)xmlDictLookup(sax->wanted, BAD_CAST "null", -1);
    sax->envelope = (HtName)xmlDictLookup(sax->wanted, BAD_CAST "Envelope", -1);
    drop_names(sax);
    return sax;
}

void ht_sax_free(HtSax *sax)
{
    if (!sax) {
        return;
    }
    for (unsigned i = 0; i < HT_SAX_LAYERS; i++) {
        drop_context(&sax->layers[i]);
    }
    xmlDictFree(sax->names);
    xmlDictFree(sax->wanted);
    g_free(sax->attributes);
    g_free(sax->attribute_uris);
    ht_buffer_clear(&sax->unescaped);
    g_free(sax);
}

HtName ht_sax_intern(HtSax *sax, const char *name)
{
    int before = xmlDictSize(sax->wanted);
    HtName interned = (HtName)xmlDictLookup(sax->wanted, BAD_CAST name, -1);
    if (xmlDictSize(sax->wanted) != before) {
        sax->stale = true; /* `names` may hold the same name, and would be asked first */
    }
    return interned;
}

const HtLimits *ht_sax_limits(const HtSax *sax)
{
    return &sax->limits;
}

void ht_sax_begin(HtSax *sax, size_t payload_size)
{
    if (sax->stale || xmlDictSize(sax->names) - xmlDictSize(sax->wanted) > NAMES_KEPT) {
        drop_names(sax);
    }
    sax->first_names = xmlDictSize(sax->names);
    sax->layer_count = 0;
    sax->depth = 0;
    sax->elements = 0;
    sax->events = 0;
    sax->line = 0;
    sax->copied_bytes = 0;
    sax->value_bytes = 0;
    sax->cpu_start_us = 0;
    sax->cpu_allowed_us = (int64_t)sax->limits.cpu_ms_per_mb * 1000 * (int64_t)(1 + (payload_size >> 20));
    sax->stopped = false;
    sax->fault.code[0] = '\0';
}

/* ---- Stopping ---- */

bool ht_sax_stopped(const HtSax *sax)
{
    return sax->stopped;
}

const HtFault *ht_sax_fault(const HtSax *sax)
{
    return &sax->fault;
}

uint32_t ht_sax_line(const HtSax *sax)
{
    if (sax->layer_count == 0) {
        return 0;
    }
    if (sax->line != 0 && sax->layer_count == 1) {
        return sax->line;
    }
    const Layer *layer = &sax->layers[sax->layer_count - 1];
    if (!layer->is_xml || !layer->context->input) {
        return layer->first_line;
    }
    return layer->first_line + (uint32_t)layer->context->input->line - 1;
}

void ht_sax_set_line(HtSax *sax, uint32_t line)
{
    sax->line = line;
}

void ht_sax_stop(HtSax *sax, const HtFault *fault)
{
    if (sax->stopped) {
        return;
    }
    sax->fault = *fault;
    sax->stopped = true;
    sax->stale = true;
    for (unsigned i = 0; i < sax->layer_count; i++) {
        if (sax->layers[i].is_xml) {
            xmlStopParser(sax->layers[i].context);
        }
    }
}

void ht_sax_refuse(HtSax *sax, const char *code, const char *sentence)
{
    if (sax->stopped) {
        return;
    }
    HtFault fault;
    ht_fault_set(&fault, code, "%s", sentence);
    fault.line = ht_sax_line(sax);
    ht_sax_stop(sax, &fault);
}

void ht_sax_refuse_limit(HtSax *sax, const char *code, const char *what, HtLimit limit, const char *advice)
{
    if (sax->stopped) {
        return;
    }
    HtFault fault;
    ht_fault_set_limit(&fault, code, what, limit, advice);
    fault.line = ht_sax_line(sax);
    ht_sax_stop(sax, &fault);
}

static void refuse_above(HtSax *sax, const char *code, const char *what, const uint64_t *limit,
                         const char *advice)
{
    ht_sax_refuse_limit(sax, code, what, ht_limit_of(&sax->limits, limit), advice);
}

HtLimit ht_sax_document_limit(const HtSax *sax)
{
    return ht_limit_of(&sax->limits, &sax->limits.document_bytes);
}

/* ---- Caps ---- */

int64_t ht_sax_cpu(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void ht_sax_end_at(HtSax *sax, int64_t until_us)
{
    sax->cpu_until_us = until_us;
}

/* The clock costs a system call, so that small payloads never ask it: they cannot take long. */
static G_GNUC_NO_INLINE void check_cpu(HtSax *sax)
{
    int64_t now_us = ht_sax_cpu();
    sax->cpu_start_us = sax->cpu_start_us == 0 ? now_us : sax->cpu_start_us;
    if (now_us - sax->cpu_start_us > sax->cpu_allowed_us || now_us > sax->cpu_until_us) {
        refuse_above(sax, "too-slow", "Reading takes for each megabyte", &sax->limits.cpu_ms_per_mb,
                     " of processor time: send it in smaller parts.");
    }
}

static inline void count_event(HtSax *sax)
{
    if (++sax->events % CPU_PERIOD == 0) {
        check_cpu(sax);
    }
}

static void refuse_names(HtSax *sax)
{
    refuse_above(sax, "too-many-names", "The names in the payload take", &sax->limits.name_bytes,
                 ": names must not carry data.");
}

static void check_names(HtSax *sax)
{
    if ((uint32_t)(xmlDictSize(sax->names) - sax->first_names) > sax->limits.names) {
        refuse_above(sax, "too-many-names", "There are", &sax->limits.names, ": names must not carry data.");
    }
}

static G_GNUC_NO_INLINE void check_element(HtSax *sax, bool deep, bool many)
{
    if (deep) {
        refuse_above(sax, "too-deep", "Elements are nested", &sax->limits.depth, " deep.");
    } else if (many) {
        refuse_above(sax, "too-many-elements", "There are", &sax->limits.elements,
                     ": send it in smaller parts.");
    } else {
        check_names(sax);
    }
}

static inline bool enter(HtSax *sax)
{
    bool deep = ++sax->depth > sax->limits.depth, many = ++sax->elements > sax->limits.elements;
    sax->value_bytes = 0;
    if (G_UNLIKELY(deep || many || sax->elements % NAMES_PERIOD == 0)) {
        check_element(sax, deep, many);
    }
    count_event(sax);
    return !sax->stopped;
}

bool ht_sax_enter(HtSax *sax)
{
    return enter(sax);
}

static G_GNUC_NO_INLINE void refuse_value(HtSax *sax, const char *what)
{
    refuse_above(sax, "value-too-long", what, &sax->limits.value_bytes, ".");
}

static inline bool count_text(HtSax *sax, size_t size)
{
    sax->value_bytes += size;
    if (G_UNLIKELY(sax->value_bytes > sax->limits.value_bytes)) {
        refuse_value(sax, "A value has");
    }
    count_event(sax);
    return !sax->stopped;
}

bool ht_sax_count_text(HtSax *sax, size_t size)
{
    return count_text(sax, size);
}

uint32_t ht_sax_elements(const HtSax *sax)
{
    return sax->elements;
}

void ht_sax_recount(HtSax *sax, uint32_t elements)
{
    sax->elements = elements;
}

bool ht_sax_count_copy(HtSax *sax, size_t size)
{
    sax->copied_bytes += size;
    if (sax->copied_bytes > sax->limits.document_bytes) {
        refuse_above(sax, "document-too-long",
                     "With its references and attachments put in their places the document has",
                     &sax->limits.document_bytes, ": send it in smaller parts.");
    }
    return !sax->stopped;
}

void ht_sax_leave(HtSax *sax)
{
    sax->depth--;
    sax->value_bytes = 0;
}

/* ---- libxml2's handlers ---- */

/* libxml2 leaves `&#38;` in attribute values for every '&', however it was written, for whoever builds a tree. */
static HtText unescape_value(HtSax *sax, HtText value)
{
    HtBuffer *out = &sax->unescaped;
    size_t before = out->size;
    const char *at = value.data, *end = at + value.size, *sign;
    while ((sign = memchr(at, '&', (size_t)(end - at)))) {
        ht_buffer_add(out, at, (size_t)(sign + 1 - at));
        at = sign + (end - sign >= 5 && memcmp(sign, "&#38;", 5) == 0 ? 5 : 1);
    }
    ht_buffer_add(out, at, (size_t)(end - at));
    return (HtText){out->data + before, out->size - before};
}

/* Room for all values of an element, so that none moves while the others are written. */
static void make_room(HtSax *sax, const xmlChar **raw, unsigned count)
{
    size_t size = 1;
    for (unsigned i = 0; i < count; i++, raw += 5) {
        size += (size_t)(raw[4] - raw[3]);
    }
    ht_buffer_reset(&sax->unescaped, UNESCAPED_KEPT);
    ht_buffer_reserve(&sax->unescaped, size);
}

static bool is_formal(HtSax *sax, HtName uri)
{
    for (unsigned i = 0; i < FORMAL_NAMESPACES; i++) {
        if (uri == sax->formal[i]) {
            return true;
        }
    }
    return false;
}

static bool is_instance(const HtSax *sax, HtName uri)
{
    return uri == sax->formal[0] || uri == sax->formal[1];
}

static bool is_true(HtText value)
{
    value = ht_text_trim(value.data, value.size);
    return ht_text_is(value, "true") || ht_text_is(value, "1");
}

/* An attribute with a prefix. Toolkits of 2000 write xsi:null. */
static void look_at_namespace(HtSax *sax, HtName uri, HtAttribute *attribute)
{
    attribute->formal = is_formal(sax, uri);
    bool names_nil = attribute->name == sax->nil || attribute->name == sax->null;
    if (names_nil && is_instance(sax, uri) && is_true(attribute->value)) {
        sax->is_nil = true;
    }
}

/* libxml2 gives five pointers for each: name, prefix, namespace, value, its end. Namespace declarations are not among
 * them, but count. */
static bool take_attributes(HtSax *sax, const xmlChar **raw, unsigned count, unsigned namespaces)
{
    if (count + namespaces > sax->limits.attributes) {
        refuse_above(sax, "too-many-attributes", "An element has", &sax->limits.attributes, ".");
        return false;
    }
    bool has_room = false;
    const xmlChar **first = raw;
    for (unsigned i = 0; i < count; i++, raw += 5) {
        HtText value = {(const char *)raw[3], (size_t)(raw[4] - raw[3])};
        if (value.size > sax->limits.value_bytes) {
            refuse_value(sax, "The value of an attribute has");
            return false;
        }
        if (memchr(value.data, '&', value.size)) {
            if (!has_room) {
                make_room(sax, first, count);
                has_room = true;
            }
            value = unescape_value(sax, value);
        }
        sax->attributes[i] = (HtAttribute){(HtName)raw[0], value, false};
        sax->attribute_uris[i] = (HtName)raw[2];
        if (raw[2]) {
            look_at_namespace(sax, (HtName)raw[2], &sax->attributes[i]);
        }
    }
    return true;
}

/* An Envelope is opened where it is the whole document. Elsewhere, beside other roots that a repair has wrapped as well, its
 * records would be taken for odd values of others. */
static void check_envelope(const Layer *layer, HtName name, HtName uri)
{
    HtSax *sax = layer->sax;
    bool is_soap = uri == sax->formal[FORMAL_NAMESPACES - 2] || uri == sax->formal[FORMAL_NAMESPACES - 1];
    if (is_soap && name == sax->envelope && sax->depth > layer->around + 1) {
        ht_sax_refuse(
            sax, "soap-malformed",
            "A SOAP Envelope stands inside of another document, where nobody opens it: send it alone.");
    }
}

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespaces, const xmlChar **declared, int count, int defaulted, const xmlChar **raw)
{
    (void)prefix;
    (void)declared;
    (void)defaulted;
    Layer *layer = user;
    HtSax *sax = layer->sax;
    if (sax->stopped || !enter(sax)) {
        return;
    }
    if (uri) {
        check_envelope(layer, (HtName)name, (HtName)uri);
    }
    sax->is_nil = false;
    if (count + namespaces > 0 && !take_attributes(sax, raw, (unsigned)count, (unsigned)namespaces)) {
        return;
    }
    HtSaxElement element = {(HtName)name,        (HtName)uri,     sax->attributes,
                            sax->attribute_uris, (unsigned)count, sax->is_nil};
    layer->handler->start(layer->user, &element);
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    (void)prefix;
    (void)uri;
    Layer *layer = user;
    if (!layer->sax->stopped) {
        ht_sax_leave(layer->sax);
        layer->handler->end(layer->user, (HtName)name);
    }
}

static void on_text(void *user, const xmlChar *text, int size)
{
    Layer *layer = user;
    if (size > 0 && !layer->sax->stopped && count_text(layer->sax, (size_t)size)) {
        layer->handler->text(layer->user, (const char *)text, (size_t)size);
    }
}

static void on_instruction(void *user, const xmlChar *target, const xmlChar *data)
{
    (void)target;
    (void)data;
    Layer *layer = user;
    if (!layer->sax->stopped && layer->handler->instruction) {
        layer->handler->instruction(layer->user);
    }
    count_event(layer->sax);
}

/* The second defence: ht_text_root_name() has refused every DOCTYPE that stands where one may stand. */
static void on_doctype(void *user, const xmlChar *name, const xmlChar *id, const xmlChar *url)
{
    (void)name;
    (void)id;
    (void)url;
    ht_sax_refuse(((Layer *)user)->sax, HT_SAX_DOCTYPE_CODE, HT_SAX_DOCTYPE_TEXT);
}

static void on_error(void *user, xmlErrorPtr error)
{
    Layer *layer = user;
    const char *code, *sentence;
    if (xmlDictGetUsage(layer->sax->names) >
        layer->sax->limits.name_bytes) { /* then libxml2 finds no name any more */
        refuse_names(layer->sax);
    } else if (ht_sax_fault_describe(error->code, error->level, &code, &sentence)) {
        ht_sax_refuse(layer->sax, code, sentence);
    }
}

static const xmlSAXHandler sax_handler = {
    .initialized = XML_SAX2_MAGIC,
    .startElementNs = on_start,
    .endElementNs = on_end,
    .characters = on_text,
    .ignorableWhitespace = on_text, /* the same function: libxml2 then does not try to tell them apart */
    .cdataBlock = on_text,
    .processingInstruction = on_instruction,
    .internalSubset = on_doctype,
    .serror = on_error,
};

/* ---- A parse ---- */

static xmlParserCtxtPtr make_context(HtSax *sax, Layer *layer)
{
    xmlParserCtxtPtr context = xmlNewParserCtxt();
    g_assert(context != NULL);
    xmlDictFree(context->dict);
    context->dict = sax->names;
    xmlDictReference(sax->names);
    *context->sax = sax_handler;
    context->userData = layer;
    context->_private = &context_mark;
    xmlCtxtUseOptions(context,
                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC);
    return context;
}

/* The text itself is the input: no copy, no decoder, no reading callback. */
static void set_input(xmlParserCtxtPtr context, HtText text)
{
    xmlParserInputPtr input = xmlNewInputStream(context);
    g_assert(input != NULL);
    input->base = BAD_CAST text.data;
    input->cur = input->base;
    input->end = input->base + text.size;
    inputPush(context, input);
}

bool ht_sax_has_room(const HtSax *sax)
{
    return sax->layer_count < HT_SAX_LAYERS;
}

static Layer *open_layer(HtSax *sax, uint32_t first_line)
{
    g_assert(ht_sax_has_room(sax));
    Layer *layer = &sax->layers[sax->layer_count++];
    layer->first_line = first_line;
    layer->around = sax->depth;
    layer->is_xml = false;
    return layer;
}

void ht_sax_nest(HtSax *sax, uint32_t line)
{
    open_layer(sax, line);
}

void ht_sax_unnest(HtSax *sax)
{
    sax->layer_count--;
}

HtName ht_sax_name(HtSax *sax, const char *name, size_t size)
{
    HtName interned = (HtName)xmlDictLookup(sax->names, BAD_CAST name, (int)MIN(size, INT_MAX));
    if (!interned) {
        refuse_names(sax);
    }
    return interned;
}

/* The text's own declaration has been taken off, so that this one is a second one, or has no end. */
static bool begins_with_declaration(HtText text)
{
    return text.size > 5 && memcmp(text.data, "<?xml", 5) == 0 && strchr(" \t\r\n?", text.data[5]);
}

/* What can be said without a parser. A NUL would end libxml2's reading as if the document ended there, and a declaration
 * could choose another encoding. */
static bool check_text(HtSax *sax, HtText text)
{
    if (text.size > sax->limits.document_bytes) {
        refuse_above(sax, "document-too-long", "The document has", &sax->limits.document_bytes,
                     ": send it in smaller parts.");
        return false;
    }
    if (memchr(text.data, '\0', text.size)) {
        ht_sax_refuse(sax, "not-well-formed", "The XML is not well-formed: it holds a NUL character.");
        return false;
    }
    if (begins_with_declaration(text)) {
        ht_sax_refuse(sax, "not-well-formed",
                      "The XML is not well-formed: it has a second XML declaration, or a broken one.");
        return false;
    }
    HtFault fault;
    if (!ht_sax_tags_check(text, &sax->limits, &fault)) {
        fault.line += ht_sax_line(sax) - 1;
        ht_sax_stop(sax, &fault);
        return false;
    }
    return true;
}

static bool run_parser(HtSax *sax, Layer *layer, HtText text)
{
    if (layer->context) {
        xmlCtxtReset(layer->context);
    } else {
        layer->context = make_context(sax, layer);
    }
    set_input(layer->context, text);
    layer->is_xml = true;
    int result = xmlParseDocument(layer->context);
    if (result != 0 && !sax->stopped) {
        ht_sax_refuse(sax, "not-well-formed", "The XML is not well-formed.");
    }
    if (!sax->stopped) {
        check_names(sax);
    }
    return !sax->stopped;
}

bool ht_sax_parse(HtSax *sax, HtText text, uint32_t first_line, const HtSaxHandler *handler, void *user)
{
    Layer *layer = open_layer(sax, first_line);
    layer->handler = handler;
    layer->user = user;
    bool good = check_text(sax, text) && run_parser(sax, layer, text);
    layer->is_xml = false;
    sax->layer_count--;
    return good;
}
