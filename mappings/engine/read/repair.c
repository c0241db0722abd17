/* Chooses and orders the repairs; called by reader.c for a payload and by strings.c for a document in a string, in the
 * host. The repairs themselves: repair-characters.c, repair-comments.c, repair-tags.c. */
#include "mappings/engine/read/repair.h"

#include "mappings/engine/read/repair-steps.h"
#include "mappings/engine/text/scan.h"

#define KEPT_BYTES (256 * 1024) /* memory that is kept for the next text */

typedef struct {
    unsigned bit;
    const char *name;
    bool (*apply)(HtText text, HtRepairOutput *output);
    unsigned traits;
} Repair;

/* In the order in which they are applied: each sees what the ones before have put right. */
static const Repair all_repairs[] = {
    {HT_REPAIR_SURROGATES, "surrogates", ht_repair_surrogates, HT_TRAIT_NON_ASCII},
    {HT_REPAIR_CONTROLS, "controls", ht_repair_controls, HT_TRAIT_REPLACEMENT | HT_TRAIT_NON_ASCII},
    {HT_REPAIR_COMMENTS, "comments", ht_repair_comments, 0},
    {HT_REPAIR_SHORT_END_TAGS, "short-end-tags", ht_repair_short_end_tags, 0},
    {HT_REPAIR_END_TAGS, "end-tags", ht_repair_end_tags, 0},
    {HT_REPAIR_BARE_AMPERSAND, "ampersands", ht_repair_ampersands, 0},
    {HT_REPAIR_ROOT, "root", ht_repair_root, 0},
};

unsigned ht_repair_parse(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(all_repairs); i++) {
        if (strcmp(all_repairs[i].name, name) == 0) {
            return all_repairs[i].bit;
        }
    }
    return 0;
}

HtRepaired ht_repair_apply(unsigned repairs, HtText text, size_t max_size, HtRepairBuffers *buffers)
{
    HtRepaired repaired = {text, 0, 0};
    unsigned next = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(all_repairs); i++) {
        const Repair *repair = &all_repairs[i];
        if (!(repairs & repair->bit)) {
            continue;
        }
        HtBuffer *out = &buffers->buffers[next];
        ht_buffer_reset(out, KEPT_BYTES);
        HtRepairOutput output = {out, max_size, false};
        if (repair->apply(repaired.text, &output) && !output.full) {
            *ht_buffer_reserve(out, 1) = '\0';
            repaired.text = ht_buffer_text(out);
            repaired.effective |= repair->bit;
            repaired.traits |= repair->traits;
            next = 1 - next;
        }
    }
    return repaired;
}

bool ht_repair_is_likely(unsigned repairs, HtText text)
{
    return (repairs & HT_REPAIR_COMMENTS) && ht_repair_comments_show(text);
}

void ht_repair_clear(HtRepairBuffers *buffers)
{
    ht_buffer_clear(&buffers->buffers[0]);
    ht_buffer_clear(&buffers->buffers[1]);
}
