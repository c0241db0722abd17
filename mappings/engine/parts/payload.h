/* What a request brought: the body, what its head says of it, and the parts that stand beside the document. */
#pragma once

#include <glib.h>

#include "core/base/message-head.h"

/* One part of the payload beside its document. Texts belong to the container. */
typedef struct {
    HtText id;           /* Content-ID, without angle brackets; absent when it has none */
    HtText bytes;        /* without transfer encoding */
    HtText content_type; /* header's value; absent when none */
    bool is_xml;
    uint32_t part; /* from 1 */
    bool used;     /* some element refers to it */
} HtAttachment;

typedef struct HtAttachments {
    HtAttachment *list;
    unsigned count;
} HtAttachments;

/* What came with the request. */
typedef struct {
    HtText body;                /* as received */
    HtMessageHead head;         /* of a part of a container: what the part's own headers say */
    HtAttachments *attachments; /* beside the document; the mapper fills it in. May be NULL */
    const GPtrArray *
        operations; /* the mapping's (service/service.h), for SOAPActions; the mapper fills it in. NULL: unknown */
    bool doubts_action,
        doubts_message_id; /* of WS-Addressing: not signed where signatures are asked for, so they say nothing */
} HtPayload;
