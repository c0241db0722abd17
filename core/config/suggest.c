/* The optimal string alignment distance. No state. */
#include "core/config/suggest.h"

#include <glib.h>
#include <string.h>

#define WORD_MAX 63

unsigned ht_suggest_distance(const char *a, const char *b)
{
    size_t a_size = strlen(a), b_size = strlen(b);
    if (a_size > WORD_MAX || b_size > WORD_MAX) {
        return UINT_MAX;
    }
    unsigned cost[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= a_size; i++) {
        for (size_t j = 0; j <= b_size; j++) {
            if (i == 0 || j == 0) {
                cost[i][j] = (unsigned)(i + j);
                continue;
            }
            unsigned change = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            cost[i][j] = MIN(change, MIN(cost[i - 1][j], cost[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                cost[i][j] = MIN(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[a_size][b_size];
}

const char *ht_suggest_record(const char *name, const GPtrArray *known)
{
    const char *best = NULL;
    unsigned least = (unsigned)strlen(name) / 3 + 2;
    for (unsigned i = 0; i < known->len; i++) {
        unsigned distance = ht_suggest_distance(name, *(char *const *)known->pdata[i]);
        if (distance < least) {
            least = distance;
            best = *(char *const *)known->pdata[i];
        }
    }
    return best;
}
