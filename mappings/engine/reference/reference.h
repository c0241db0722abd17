/* What all mappings share: the dictionary, the code tables, the divisions. Read once at start, never changed; any thread. */
#pragma once

#include "mappings/engine/reference/dictionary.h"
#include "mappings/engine/reference/divisions.h"
#include "mappings/engine/reference/tables.h"

/* Where they are: dictionary.xml, dictionary.rng, tables/ and divisions/ in `data`; a site's own, which stand beside them, in dictionary.d/,
 * tables/ and divisions/ of `site` (NULL: none). Absolute. Whoever makes one owns both. */
typedef struct {
    char *data, *site;
} HtWords;

void ht_words_clear(HtWords *words);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtWords, ht_words_clear)

/* The folder of a mapping (absolute), where a site's words are in it; NULL: none are, or it is the shipped data. Free it. */
char *ht_words_beside(const char *mapping, const char *data);

/* The dictionary, or the tables, alone; NULL with what ht_dictionary_load() and ht_tables_load() tell. transfer full. */
HtDictionary *ht_words_dictionary(const HtWords *words, GError **error);
HtTables *ht_words_tables(const HtWords *words, GError **error);

typedef struct {
    const HtDictionary *dictionary;
    const HtTables *tables;
    const HtDivisions *divisions;
} HtReference;

/* All of it, and whether the dictionary's tables are there. False with an error of the dictionary, the tables or the divisions: all that is
 * wrong with one of them, `file:line: error: …`, one a line. On both answers ht_reference_clear() frees what was read. */
bool ht_reference_load(HtReference *reference, const HtWords *words, GError **error);
void ht_reference_clear(HtReference *reference);
