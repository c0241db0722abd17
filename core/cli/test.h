/* What `hutong test` runs: test-sets.c finds it, test.c runs it. Commands, main thread. */
#pragma once

#include "core/cli/map.h"
#include "core/kit/places.h"

/* Fixtures that run with one mapping. */
typedef struct {
    char *name;                   /* before each fixture's: the mapping's without .xml, or the source's */
    char *mapping, *adapter;      /* absolute; adapter NULL: as `hutong map` chooses it */
    const HtSourceConfig *source; /* as this one of the configuration has it; NULL: none */
    char *wrong;                  /* why it cannot run; NULL: it can */
    GPtrArray *fixtures;          /* of HtFixture */
} HtTestSet;

/* An empty list of HtTestSet, which it owns. transfer full. */
GPtrArray *ht_test_sets_new(void);

/* Adds what a path means: for a mapping /DIR/NAME.xml the folder /DIR/NAME; for a folder each such pair in it, and, where it has a folder
 * `fixtures`, what an adapter's folder has (core/kit/places.h; `data`: shipped mappings). False with a GFileError when that is nothing. */
bool ht_test_sets_add_path(GPtrArray *sets, const char *path, const char *data, GError **error);

/* Adds the fixtures in `folder` (NULL: the one beside the mapping) for a mapping, or for a source of the configuration. False with a
 * GFileError when there are none. */
bool ht_test_sets_add_mapping(GPtrArray *sets, const char *mapping, const char *folder, GError **error);
bool ht_test_sets_add_source(GPtrArray *sets, const HtConfig *config, const HtSourceConfig *source,
                             const char *folder, GError **error);
