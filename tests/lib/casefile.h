/* The regression table of cases (tests/data/cases/cases.json, described in the README.md beside it): reading it, and making
 * the bytes that a case sends. Fails the test on a table that is wrong. */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

typedef struct {
    JsonParser *parser;
    JsonObject *templates;
    JsonArray *cases; /* of objects, in the order in which they are sent */
} CaseFile;

CaseFile *case_file_read(void);
void case_file_free(CaseFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CaseFile, case_file_free)

/* The case at this place, from 0. */
JsonObject *case_at(const CaseFile *file, unsigned index);

/* A text of an object; NULL when it has none. */
const char *case_text(JsonObject *object, const char *name);

/* What the case sends. */
GBytes *case_body(const CaseFile *file, unsigned index);
