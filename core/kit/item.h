/* What is checked before a source serves: its adapter with the adapter's own fixtures, and the site's own mapping with the
 * fixtures beside it (for /DIR/NAME.xml the folder /DIR/NAME, which may be missing). A mapping that the adapter's own check tries
 * already, as those that are shipped, is no item of its own. No state; any thread. Reads files, so it blocks shortly. */
#pragma once

#include "core/kit/places.h"

/* What a source runs with. */
typedef struct {
    const char *adapter;  /* the file, absolute */
    const char *mapping;  /* the same; NULL: none */
    const char *division; /* NULL: the kit's */
} HtGateSource;

typedef struct {
    char *adapter;
    char *mapping;  /* NULL: the adapter's own, with its own fixtures */
    char *fixtures; /* the folder beside the mapping; NULL: the adapter's own */
    char *division; /* NULL: the kit's */
    char *key;      /* the same for the same check */
    char *name;     /* for people */
} HtGateItem;

/* The source's items: the adapter's first. `folders` says `data` and `mappings`. transfer full. */
GPtrArray *ht_gate_items(const HtGateSource *source, const HtPlacesGiven *folders);

/* The key of its mapping's item, whether there is one or not. The adapter's is its file. Free it. */
char *ht_gate_mapping_key(const HtGateSource *source);

/* Where the item's files are now. transfer full. */
HtPlaces *ht_gate_item_places(const HtGateItem *item, const HtPlacesGiven *folders);

/* The command that shows all of the check. Free it. */
char *ht_gate_item_command(const HtGateItem *item, const HtPlacesGiven *folders);

/* Whether nothing that a department sends is tried with a site's mapping: it passes, and that is to be said. */
bool ht_gate_item_is_untried(const HtGateItem *item, const HtPlaces *places);
