/* The life of conditions: all of a mapping's, and their parts, lie in one pool. */
#include "mappings/engine/rules/when-inside.h"

void ht_when_free(HtWhen *when)
{
    for (unsigned i = 0; i < when->n_values; i++) {
        g_free((char *)when->values[i].data);
    }
    g_free(when->values);
    g_free(when->path);
    g_free(when);
}

static void free_when(gpointer data)
{
    ht_when_free(data);
}

GPtrArray *ht_when_pool_new(void)
{
    return g_ptr_array_new_with_free_func(free_when);
}
