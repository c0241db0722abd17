/* Where an adapter's fixtures and mappings are: beside it, as built, as installed, or as somebody is writing it. Read by
 * the conformance kit, by what decides whether a check of yesterday still holds (digest.c), and by tests. No state.
 *
 * For /DIR/NAME.so, the fixtures are in /DIR/NAME/fixtures, else in /DIR/fixtures. In there a file is a payload, of
 * whatever extension, STEM.expected.json beside it says what must become of it. Hidden files and *.md are neither. A
 * folder MAPPING holds payloads for the mapping MAPPING.xml, for an adapter that serves several.
 *
 * A mapping NAME.xml is looked for beside the adapter, in /DIR/NAME, in its fixtures' folder (for a folder of payloads
 * only, where it is no payload itself), in the data directory, in the site's own directory of mappings. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* All may be NULL: found. */
typedef struct {
    const char *mapping;  /* the adapter's own, a path */
    const char *fixtures; /* a folder */
    const char *data;     /* a folder: dictionary, tables, divisions */
    const char *mappings; /* a folder: the site's own, with its words */
} HtPlacesGiven;

typedef struct {
    char *name;     /* "birth.xml", or "MAPPING/birth.xml" */
    char *payload;  /* NULL: there is only an expectation */
    char *expected; /* NULL: only the payload */
} HtFixture;

/* What runs with one mapping. */
typedef struct {
    char *name;          /* the folder; NULL for the adapter's own */
    char *mapping;       /* NULL: none was found */
    GPtrArray *fixtures; /* of HtFixture, by name; may be empty */
} HtFixtureGroup;

typedef struct {
    char *file;        /* the adapter, absolute */
    char *name;        /* as its file says */
    char *fixtures;    /* the folder; NULL: none */
    char *data;        /* the folder */
    char *mappings;    /* the site's own, as given, absolute; NULL: none was */
    GPtrArray *groups; /* of HtFixtureGroup: the adapter's own, then the folders by name. Not empty */
} HtPlaces;

HtPlaces *ht_places_find(const char *file, const HtPlacesGiven *given);
void ht_places_free(HtPlaces *places);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtPlaces, ht_places_free)

/* All fixtures of the groups together. */
unsigned ht_places_count(const HtPlaces *places);

/* The fixtures in one folder, by name, folders in it left aside. Empty when it cannot be read. transfer full. */
GPtrArray *ht_fixtures_list(const char *folder);
