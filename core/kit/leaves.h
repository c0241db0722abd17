/* The values in a payload's bytes, as whoever wrote it sees them, before any adapter does: texts of elements and values of attributes, also
 * of documents that stand in it as a string. Part of the conformance kit, see kit-inside.h. No state. */
#pragma once

#include "core/base/buffer.h"

#include <glib.h>

typedef struct {
    size_t start, size; /* in the payload, without blanks around it */
    char *
        path; /* from the root of its own document, with local names; without a SOAP envelope: "/ROWS/ROW/@no" */
} HtLeaf;

/* Leaves in their order; empty when the payload is no plain XML (archives, multipart, UTF-16, JSON). What only tells how the XML is to be
 * read is none: namespaces, attributes of XML Schema and SOAP, a SOAP header. Of what is not well-formed as much as can be seen. transfer full. */
GPtrArray *ht_leaves_find(HtText payload);
