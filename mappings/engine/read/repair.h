/* Repairs for text that is not well-formed XML, each for a fault that departments' systems are known to make. Called by
 * reader.c and strings.c when a mapping declares them (HT_REPAIR_… in reader.h) and strict reading has failed. No state
 * but the buffers; any thread. */
#pragma once

#include "mappings/engine/read/reader.h"

typedef struct {
    HtBuffer buffers[2]; /* each repair reads one and writes the other */
} HtRepairBuffers;

typedef struct {
    HtText text;        /* with a NUL after it; as given when nothing was changed, else in the buffers */
    unsigned effective; /* HT_REPAIR_… bits of those that changed something */
    unsigned traits;    /* HT_TRAIT_… that the text has got by it */
} HtRepaired;

/* Applies the repairs, in the order surrogates, controls, comments, short end tags, end tags, ampersands, root. `text` is UTF-8 with
 * a NUL after it, without a declaration; it may hold NULs. Well-formed XML is left as it is, and so is what stands in
 * CDATA sections. Line breaks stay, so that lines keep their numbers. Linear in time; a repair whose result would have more
 * than `max_size` bytes is left out. */
HtRepaired ht_repair_apply(unsigned repairs, HtText text, size_t max_size, HtRepairBuffers *buffers);

/* True when the text shows, to a look that costs next to nothing, that one of these repairs will be needed: a comment begun
 * with a dash of Chinese typography, also in a string. Most texts that need repair do not show it. */
bool ht_repair_is_likely(unsigned repairs, HtText text);

/* Frees the memory; usable again. */
void ht_repair_clear(HtRepairBuffers *buffers);
