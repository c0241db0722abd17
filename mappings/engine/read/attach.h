/* Attachments where they are referred to: `<xop:Include href="cid:…"/>` (MTOM) becomes the part's bytes as base64 text, as
 * the sender's software had it before it made the attachment; an element with `href="cid:…"` (SOAP with attachments) gets
 * the part as its content: an XML part as a document of its own, as if it stood there as a string, any other as base64.
 * Called by envelope.c; host process, one owner, one thread.
 *
 * What is put in counts against the cap on a value, and all together against that on a document. */
#pragma once

#include "mappings/engine/parts/payload.h"
#include "mappings/engine/read/strings.h"

typedef struct HtAttach HtAttach;

HtAttach *ht_attach_new(HtSax *sax, HtStrings *strings);
void ht_attach_free(HtAttach *attach);

/* A reading begins; `attachments` may be NULL. None of them is used yet. */
void ht_attach_begin(HtAttach *attach, HtAttachments *attachments, HtReading *reading);

/* What an element has to do with attachments. */
typedef enum {
    HT_ATTACH_NOTHING,
    HT_ATTACH_INCLUDE, /* it stands for one */
    HT_ATTACH_CONTENT, /* one is its content */
} HtAttachRole;

/* `href` gets the reference. */
HtAttachRole ht_attach_look(const HtAttach *attach, const HtSaxElement *element, HtText *href);

/* The element without its href; lives until the next call. */
HtSaxElement ht_attach_strip(HtAttach *attach, const HtSaxElement *element);

/* Gives the part's bytes as base64 text; with `as_content` those of XML as a document. A part that is not there stops
 * `sax` with attachment-missing. */
void ht_attach_give(HtAttach *attach, HtText href, bool as_content);
