/* Reads a document that came as base64 inside of another: libxml2 as a SAX parser, with the same caution as the bus's own
 * reader. No DOCTYPE, no entities but XML's five, nothing is fetched, UTF-8 only, start tags and depth are bounded. */
#include "health.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>

#define TAG_MAX 65536 /* bytes of a start tag: libxml2 compares each attribute with each */
#define ATTRIBUTES_MAX 64
#define SIZE_MAX_BYTES (16u << 20)
#define VALUES_MAX \
    16384 /* bytes of all attribute values of an element, NULs included; what is beyond is left out */

typedef struct {
    HealthState *state;
    hutong_out *out;
    xmlParserCtxtPtr context;
    bool has_root;
    bool is_refused;
    const char *attributes[2 * ATTRIBUTES_MAX + 1];
    char values[VALUES_MAX];
} Reading;

static void refuse(Reading *reading)
{
    reading->is_refused = true;
    xmlStopParser(reading->context);
}

/* ---- libxml2's handlers ---- */

/* A value's copy with its NUL; libxml2 leaves `&#38;` for every '&'. */
static const char *copy_value(Reading *reading, size_t *used, const xmlChar *from, const xmlChar *end)
{
    char *to = reading->values + *used, *at = to;
    if ((size_t)(end - from) >= VALUES_MAX - *used) {
        return "";
    }
    while (from < end) {
        *at++ = (char)*from;
        from += end - from >= 5 && memcmp(from, "&#38;", 5) == 0 ? 5 : 1;
    }
    *at++ = '\0';
    *used += (size_t)(at - to);
    return to;
}

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespaces, const xmlChar **declared, int count, int defaulted, const xmlChar **raw)
{
    Reading *reading = user;
    size_t used = 0;
    (void)prefix, (void)uri, (void)namespaces, (void)declared, (void)defaulted;
    if (reading->is_refused) {
        return;
    }
    if (!reading->has_root) {
        reading->has_root = true;
        if (strcmp((const char *)name, "ClinicalDocument") != 0) {
            refuse(reading);
        }
        return;
    }
    int kept = count < ATTRIBUTES_MAX ? count : ATTRIBUTES_MAX;
    for (int i = 0; i < kept; i++) {
        reading->attributes[2 * i] = (const char *)raw[5 * i];
        reading->attributes[2 * i + 1] = copy_value(reading, &used, raw[5 * i + 3], raw[5 * i + 4]);
    }
    reading->attributes[2 * kept] = NULL;
    health_walk_start(reading->state, reading->out, (const char *)name, reading->attributes);
}

static void on_text(void *user, const xmlChar *text, int size)
{
    Reading *reading = user;
    if (!reading->is_refused && size > 0) {
        health_walk_text(reading->state, reading->out, (const char *)text, (size_t)size);
    }
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    Reading *reading = user;
    (void)name, (void)prefix, (void)uri;
    if (!reading->is_refused) {
        health_walk_end(reading->state, reading->out);
    }
}

static void on_doctype(void *user, const xmlChar *name, const xmlChar *id, const xmlChar *url)
{
    (void)name, (void)id, (void)url;
    refuse(user);
}

static void on_error(void *user, xmlErrorPtr error)
{
    Reading *reading = user;
    reading->is_refused = reading->is_refused || error->level >= XML_ERR_ERROR;
}

/* ---- Before libxml2 ---- */

static bool has_short_tags(const char *at, const char *end)
{
    const char *tag;
    while ((tag = memchr(at, '<', (size_t)(end - at)))) {
        size_t left = (size_t)(end - tag);
        const char *close = memchr(tag, '>', left < TAG_MAX ? left : TAG_MAX);
        if (!close && left >= TAG_MAX) {
            return false;
        }
        at = close ? close : end;
    }
    return true;
}

static bool is_utf8(const unsigned char *at, const unsigned char *end)
{
    while (at < end) {
        unsigned more = *at < 0x80   ? 0
                        : *at < 0xc2 ? 4
                        : *at < 0xe0 ? 1
                        : *at < 0xf0 ? 2
                        : *at < 0xf5 ? 3
                                     : 4;
        if (more == 4 || (size_t)(end - at) <= more) {
            return false;
        }
        for (at++; more > 0; more--, at++) {
            if ((*at & 0xc0) != 0x80) {
                return false;
            }
        }
    }
    return true;
}

/* ---- The reading ---- */

static const xmlSAXHandler handler = {
    .initialized = XML_SAX2_MAGIC,
    .startElementNs = on_start,
    .endElementNs = on_end,
    .characters = on_text,
    .ignorableWhitespace = on_text,
    .cdataBlock = on_text,
    .internalSubset = on_doctype,
    .serror = on_error,
};

/* After an error the walk may have elements open that the mapping was given: they are closed here. */
static void close_walk(HealthState *state, hutong_out *out)
{
    state->walk.skipped = 0;
    while (state->walk.depth > 0) {
        health_walk_end(state, out);
    }
}

static bool parse(Reading *reading, const char *bytes, size_t size)
{
    xmlParserCtxtPtr context = xmlCreateMemoryParserCtxt(bytes, (int)size);
    if (!context) {
        return false;
    }
    reading->context = context;
    *context->sax = handler;
    context->userData = reading;
    xmlCtxtUseOptions(context,
                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC);
    bool good = xmlParseDocument(context) == 0 && context->wellFormed && !reading->is_refused;
    xmlFreeParserCtxt(context);
    return good;
}

/* Senders put byte order marks and empty lines before the document, where XML has none. */
static size_t measure_front(const char *bytes, size_t size)
{
    size_t front = 0;
    while (front < size) {
        bool is_mark = size - front >= 3 && memcmp(bytes + front, "\xef\xbb\xbf", 3) == 0;
        if (!is_mark && !hutong_is_blank(bytes[front])) {
            break;
        }
        front += is_mark ? 3 : 1;
    }
    return front;
}

bool health_read_nested(HealthState *state, hutong_out *out, const char *bytes, size_t size)
{
    Reading reading = {.state = state, .out = out};
    size_t front = measure_front(bytes, size);
    bytes += front;
    size -= front;
    bool good = size <= SIZE_MAX_BYTES && has_short_tags(bytes, bytes + size) &&
                is_utf8((const unsigned char *)bytes, (const unsigned char *)bytes + size) &&
                parse(&reading, bytes, size);
    close_walk(state, out);
    return good;
}
