/* Where two pieces of JSON differ: all places, and what stands there. No state; any thread. */
#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>

typedef struct {
    char *path;   /* "events[0].data.person.name" */
    char *what;   /* "has another value": paths, counts and codes, never values */
    char *wanted; /* JSON, or what else is expected there; NULL: nothing, or `what` says it */
    char *got;    /* the same of what is there */
} HtMismatch;

/* An empty list of HtMismatch, which it owns. transfer full. */
GPtrArray *ht_mismatches_new(void);

/* Adds one. `wanted` and `got` may be NULL and are taken; the rest is copied, `what` as with printf. */
void ht_mismatches_add(GPtrArray *differences, const char *path, char *wanted, char *got, const char *what,
                       ...) G_GNUC_PRINTF(5, 6);

/* Adds every place below `path` where `got` is not as `wanted`. Objects are compared by name, arrays by index. */
void ht_mismatches_find(GPtrArray *differences, const char *path, JsonNode *wanted, JsonNode *got);

/* "events[0].data.person.name has another value"; with `values`, which are cut to some hundred characters, "…: expected "甲", got "乙"".
 * transfer full. */
char *ht_mismatch_describe(const HtMismatch *difference, bool values);

/* The value, cut to some hundred characters; "nothing" for NULL, "its end" for an empty one. transfer full. */
char *ht_mismatch_show(const char *value);
