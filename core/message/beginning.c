/* Looking at the first bytes of bodies. Called by message.c for each piece of a body; main-loop thread. */
#include "core/message/beginning.h"

#include "mappings/engine/text/prolog.h"

#include <string.h>

/* Blanks, the byte-order marks of UTF-8 and UTF-16, and the zeros between UTF-16's characters. */
static const char passed_over[] = {' ', '\t', '\r', '\n', '\0', '\xef', '\xbb', '\xbf', '\xfe', '\xff'};

void ht_beginning_look(HtBeginning *beginning, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && *beginning == HT_BEGINNING_OPEN; i++) {
        if (bytes[i] == '<') {
            *beginning = HT_BEGINNING_XML;
        } else if (!memchr(passed_over, bytes[i], sizeof passed_over)) {
            *beginning = HT_BEGINNING_OTHER;
        }
    }
}

/* The first bytes without what stands before markup, and without the zeros of UTF-16, so that names can be read. */
static HtText read_plainly(const char *bytes, size_t size, char *plain)
{
    HtText text = {plain, 0};
    for (size_t i = 0; i < size && i < HT_BEGINNING_BYTES; i++) {
        bool is_before = text.size == 0 && memchr(passed_over, bytes[i], sizeof passed_over);
        if (bytes[i] != '\0' && !is_before) {
            plain[text.size++] = bytes[i];
        }
    }
    return text;
}

static bool names(HtText tag, const char *uri)
{
    return memmem(tag.data, tag.size, uri, strlen(uri)) != NULL;
}

HtSoapVersion ht_beginning_soap(const char *bytes, size_t size)
{
    char plain[HT_BEGINNING_BYTES];
    HtText text = read_plainly(bytes, size, plain);
    HtTextRoot root;
    if (!ht_text_root_name(text, &root) || root.has_doctype) {
        return HT_SOAP_NONE;
    }
    const char *colon = memchr(root.name.data, ':', root.name.size);
    const char *local = colon ? colon + 1 : root.name.data, *end = root.name.data + root.name.size;
    if (!ht_text_is((HtText){local, (size_t)(end - local)}, "Envelope")) {
        return HT_SOAP_NONE;
    }
    size_t left = text.size - (size_t)(end - text.data);
    const char *close = memchr(end, '>', left);
    HtText tag = {end, close ? (size_t)(close - end) : left};
    return names(tag, HT_SOAP_12_URI) ? HT_SOAP_12 : names(tag, HT_SOAP_11_URI) ? HT_SOAP_11 : HT_SOAP_NONE;
}
