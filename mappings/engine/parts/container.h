/* Payloads that hold several parts: multipart/related is one document with its attachments (MTOM, SOAP with attachments);
 * multipart/mixed and ZIP archives are batches, documents (XML, JSON) one after the other. Called by the mapper in the host; one owner,
 * one thread.
 *
 * Faults have the part's number, counted from 1. multipart-malformed, too-many-parts, part-not-xml, part-nested (a container
 * in a container), attachment-unreferenced; those of unzip.h. */
#pragma once

#include "mappings/engine/parts/payload.h"
#include "core/base/fault.h"
#include "core/base/limits.h"

typedef struct HtContainer HtContainer;

typedef enum {
    HT_CONTAINER_NONE, /* the body is the document */
    HT_CONTAINER_RELATED,
    HT_CONTAINER_MIXED,
    HT_CONTAINER_ZIP,
} HtContainerKind;

/* What the payload's content type, or its first bytes, say. */
HtContainerKind ht_container_kind(const HtPayload *payload);

HtContainer *ht_container_new(const HtLimits *limits);
void ht_container_free(HtContainer *container);

/* False when the payload is refused. All must live until ht_container_close(). */
bool ht_container_open(HtContainer *container, HtContainerKind kind, const HtPayload *payload,
                       HtFault *fault);

typedef enum { HT_CONTAINER_PART, HT_CONTAINER_END, HT_CONTAINER_BAD } HtContainerStep;

/* The next document, as a payload of its own; it lives until the next call. `number` is 0 where there is only one. */
HtContainerStep ht_container_next(HtContainer *container, HtPayload *part, uint32_t *number, HtFault *fault);

/* After the document was read: false when there is an attachment to which nothing in it refers. */
bool ht_container_check_used(const HtContainer *container, HtFault *fault);

/* Lets go of what is large. */
void ht_container_close(HtContainer *container);
