/* What an adapter's own code leaves out of the documents that it reads, and its mapping says so (`<ignore by-adapter>`). Only the conformance
 * kit asks: its digest of what comes to the mapping (match/match.h) has such values in it, so that none of them counts as dropped. Host
 * process, the mapper's thread. */
#pragma once

#include "mappings/engine/match/match.h"

/* The elements that are open in the documents of filters. */
typedef struct {
    GArray *opens;
    GString *path; /* of the innermost, */
    gsize root;    /* and where that of its own document begins in it */
    bool begins;   /* the next element is a document's root */
} HtAside;

void ht_aside_init(HtAside *aside);
void ht_aside_clear(HtAside *aside);
void ht_aside_begin(HtAside *aside);

/* A document begins inside of what is open: its paths begin with its own root. */
void ht_aside_document(HtAside *aside);

/* The filter's events, before it gets them. */
void ht_aside_start(HtAside *aside, HtMatch *match, HtName name, const HtAttribute *attributes,
                    unsigned attribute_count);
void ht_aside_text(HtAside *aside, HtMatch *match, const char *text, size_t size);
void ht_aside_end(HtAside *aside);
