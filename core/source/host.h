/* A source's host, as its section of the configuration says. */
#pragma once

#include "core/config/config.h"
#include "mappings/engine/reference/reference.h"
#include "plugins/supervisor.h"

/* Where the dictionary, the tables and the divisions are: the shipped ones, and the site's in its directory of mappings. ht_words_clear() frees them. */
HtWords ht_source_words(const HtConfig *config);

/* The dictionary of it, or what is wrong with it. transfer full. */
HtDictionary *ht_source_dictionary(const HtConfig *config, GError **error);

/* The adapter's file and the mapping's, absolute: `NAME.so` in the adapters' directory, a name in the mappings' directory, else among the
 * shipped ones; either may be a path instead. Free them. */
char *ht_source_adapter(const HtConfig *config, const HtSourceConfig *source);
char *ht_source_mapping(const HtConfig *config, const HtSourceConfig *source);

/* Why its `memory` may be too little for what it may send; NULL: it is enough. Free it. */
char *ht_source_doubt_memory(const HtSourceConfig *source);

/* Whether its messages must be signed. */
bool ht_source_is_signed(const HtSourceConfig *source);

/* The files of certificates by which its messages must be signed, as they are now; g_free() each. Nobody else may write them. HT_GUARD_ERROR. */
typedef struct {
    char *authorities, *certificates; /* NULL: not given */
} HtSourceSigners;
bool ht_source_signers(const HtSourceConfig *source, HtSourceSigners *signers, GError **error);
void ht_source_signers_clear(HtSourceSigners *signers);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtSourceSigners, ht_source_signers_clear)

/* Makes the host (it is started at need). `signers` NULL: nobody need have signed, whatever the section says. */
HtHost *ht_source_host(const HtConfig *config, const HtSourceConfig *source, const HtSourceSigners *signers);
