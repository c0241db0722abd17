/* Writing what a repair makes. */
#include "mappings/engine/read/repair-steps.h"

void ht_repair_put(HtRepairOutput *output, const char *bytes, size_t size)
{
    if (output->full || output->out->size + size > output->max_size) {
        output->full = true;
        return;
    }
    ht_buffer_add(output->out, bytes, size);
}

void ht_repair_put_newlines(HtRepairOutput *output, const char *from, const char *end)
{
    while (from < end && (from = memchr(from, '\n', (size_t)(end - from)))) {
        ht_repair_put(output, "\n", 1);
        from++;
    }
}
