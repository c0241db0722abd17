/* For the tests of the mapping engine: compiles a mapping given as text, runs payloads through it, shows events as JSON. */
#pragma once

#include "mappings/engine/compile/compile.h"
#include "mappings/engine/run/mapper.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MAPPING(content)                                                                                  \
    "<mapping xmlns=\"urn:hutong:mapping:1\" source=\"test\" authority=\"police\" version=\"1\">" content \
    "</mapping>"

typedef struct {
    HtMapping *mapping;
    HtMapper *mapper;
    HtOutcome outcome;
} MappingTest;

const char *mapping_test_folder(void);

/* Dictionary, tables and divisions of the source tree, read once. */
const HtReference *mapping_test_reference(void);

void mapping_test_forget_reference(void);

/* Compiles the text; NULL with the errors' text, file names cut off. */
HtMapping *mapping_test_compile(const char *text, char **errors);

MappingTest *mapping_test_new_with(const char *text, const HtMapperOptions *options);

MappingTest *mapping_test_new(const char *text);

void mapping_test_free(MappingTest *test);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MappingTest, mapping_test_free)

void mapping_test_run_bytes(MappingTest *test, HtText body);

/* Runs an XML text; returns the outcome's verdict. */
HtVerdict mapping_test_run(MappingTest *test, const char *xml);

/* The file of the domain samples' name, from tests/data. */
HtVerdict mapping_test_run_file(MappingTest *test, const char *name);

HtEvent mapping_test_event(MappingTest *test, guint index);

/* "kind=value kind=value"; `!` stands behind what is fresh. transfer full. */
char *mapping_test_identities(const HtEvent *event);

/* The event as a consumer with every right would get it; checked as the bus does. transfer full. */
char *mapping_test_json(MappingTest *test, guint index);

void mapping_test_has_at(MappingTest *test, guint index, const char *part, int line);

void mapping_test_lacks_at(MappingTest *test, guint index, const char *part, int line);

#define assert_has(test, index, part) mapping_test_has_at((test), (index), (part), __LINE__)
#define assert_lacks(test, index, part) mapping_test_lacks_at((test), (index), (part), __LINE__)
#define assert_events(test, count) g_assert_cmpuint((test)->outcome.events->len, ==, (count))
#define assert_fault(test, index, what) g_assert_cmpstr((test)->outcome.faults[index].code, ==, (what))
