/* Looks for the few tags that could be too large, called by sax.c before each parse.
 *
 * No tag holds another `<`: not in names, and in the value of an attribute it is an error at which the reader stops the
 * parser. So a tag is at most as long as the way to the next `<`. Where a `<` follows within a harmless distance, nothing
 * in between need be read, and the last such `<` is found by looking backwards: of most documents only a few bytes in a
 * thousand are touched. What looks like a huge tag in a comment or a CDATA section is measured too; no honest payload has
 * one. */
#include "mappings/engine/read/sax-tags.h"

#include <glib.h>

#define ATTRIBUTE_BYTES 5 /* the shortest: ` a=""` */

typedef struct {
    size_t size;
    uint32_t attributes;
} Tag;

/* Reads the tag at `tag` ('<') up to its '>' or `end`. An attribute is counted at its '=' outside of quotes. */
static Tag measure(const char *tag, const char *end)
{
    Tag measured = {0, 0};
    char quote = '\0';
    const char *at = tag;
    for (; at < end && (quote || *at != '>'); at++) {
        if (quote) {
            quote = *at == quote ? '\0' : quote;
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
        } else {
            measured.attributes += *at == '=';
        }
    }
    measured.size = (size_t)(at - tag);
    return measured;
}

static uint32_t count_lines(const char *at, const char *end)
{
    uint32_t lines = 1;
    while ((at = memchr(at, '\n', (size_t)(end - at)))) {
        at++;
        lines++;
    }
    return lines;
}

static bool is_start_tag(const char *tag, const char *end)
{
    return tag + 1 < end && !strchr("!?/ \t\r\n", tag[1]);
}

static bool check_tag(const char *tag, const char *end, const HtLimits *limits, HtFault *fault)
{
    Tag measured = measure(tag, end);
    if (measured.attributes > limits->attributes) {
        ht_fault_set_limit(fault, "too-many-attributes", "An element has",
                           ht_limit_of(limits, &limits->attributes), ".");
        return false;
    }
    if (measured.size > limits->start_tag_bytes) {
        ht_fault_set_limit(fault, "start-tag-too-long", "A start tag has",
                           ht_limit_of(limits, &limits->start_tag_bytes), ".");
        return false;
    }
    return true;
}

bool ht_sax_tags_check(HtText text, const HtLimits *limits, HtFault *fault)
{
    size_t harmless = MIN(limits->start_tag_bytes, (size_t)limits->attributes * ATTRIBUTE_BYTES);
    const char *end = text.data + text.size;
    const char *tag = memchr(text.data, '<', text.size);
    while (tag && (size_t)(end - tag) > harmless) {
        const char *next = memrchr(tag + 1, '<', harmless);
        if (!next) {
            next = memchr(tag + 1, '<', (size_t)(end - tag) - 1);
            if (is_start_tag(tag, end) && !check_tag(tag, next ? next : end, limits, fault)) {
                fault->line = count_lines(text.data, tag);
                return false;
            }
        }
        tag = next;
    }
    return true;
}
