/* Kinds of identities and the sources that name them, as numbers: a tie (ties.h) has one in place of both. The table `tie_words`, and all of it
 * in memory. Writer thread, inside a transaction. */
#pragma once

#include "spool/database.h"

/* Words of mappings and of the configuration are few; a host that makes up more gets the kind "other", and in the end no source. */
#define HT_SPOOL_WORDS_MAX 50000

typedef struct HtSpoolWords HtSpoolWords;

/* `db` stays the caller's. */
HtSpoolWords *ht_spool_words_new(sqlite3 *db, GError **error);
void ht_spool_words_free(HtSpoolWords *words);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolWords, ht_spool_words_free)

/* The number of the two, given now when they have none; never 0. */
bool ht_spool_words_number(HtSpoolWords *words, HtText kind, HtText source, uint32_t *number, GError **error);

/* The two of a number; false when it has none. They live as long as the words. */
bool ht_spool_words_find(const HtSpoolWords *words, uint32_t number, const char **kind, const char **source);

void ht_spool_words_committed(HtSpoolWords *words);
void ht_spool_words_rolled_back(HtSpoolWords *words);
