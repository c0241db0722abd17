/* The single repairs, for repair.c to choose from. No state; any thread. In repair-characters.c, repair-comments.c,
 * repair-tags.c. */
#pragma once

#include "core/base/buffer.h"

/* Where a repair writes to; what does not fit is left out, and then the whole repair is. */
typedef struct {
    HtBuffer *out;
    size_t max_size;
    bool full;
} HtRepairOutput;

void ht_repair_put(HtRepairOutput *output, const char *bytes, size_t size);

/* Puts the line breaks of a text that is taken out. */
void ht_repair_put_newlines(HtRepairOutput *output, const char *from, const char *end);

/* True when a comment begins with another dash than the hyphen, as markup or escaped in a string. */
bool ht_repair_comments_show(HtText text);

/* Each writes the whole text and returns true when it changed anything. */
bool ht_repair_surrogates(HtText text, HtRepairOutput *output);
bool ht_repair_controls(HtText text, HtRepairOutput *output);
bool ht_repair_comments(HtText text, HtRepairOutput *output);
bool ht_repair_short_end_tags(HtText text, HtRepairOutput *output);
bool ht_repair_end_tags(HtText text, HtRepairOutput *output);
bool ht_repair_ampersands(HtText text, HtRepairOutput *output);
bool ht_repair_root(HtText text, HtRepairOutput *output);
