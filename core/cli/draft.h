/* A first mapping, made of a payload's outline (mappings/engine/outline/outline.h): draft.c. Commands, main thread. */
#pragma once

#include "core/cli/guess.h"

#include <json-glib/json-glib.h>

typedef struct HtDraft HtDraft;

/* What it is to be called; `type` is NULL: the one that carries most of what was guessed; `record` is NULL: what looks most like one. */
typedef struct {
    const char *payload, *source, *authority, *type, *record;
} HtDraftAsked;

/* Finds the records, and what their fields may be. NULL with an error when there are none, or none at `record`, or the type is not in the dictionary. All but `asked`
 * live longer. transfer full. */
HtDraft *ht_draft_new(JsonObject *outline, const HtGuesser *guesser, const HtReference *reference,
                      const HtDraftAsked *asked, GError **error);
void ht_draft_free(HtDraft *draft);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtDraft, ht_draft_free)

/* The mapping. transfer full. */
char *ht_draft_write(const HtDraft *draft);

/* Does without a guess of this column (a path, or its element's name), because of that fault. False: there was none. */
bool ht_draft_drop(HtDraft *draft, const char *name, const char *code);

/* "3 records at /ROWS/ROW; 12 of 20 fields named; type …". transfer full. */
char *ht_draft_describe(const HtDraft *draft);
