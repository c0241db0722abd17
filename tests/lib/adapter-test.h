/* For the tests of adapters: what hutong-host runs (plugins/host/worker.h: the adapter, its mapping, the services that it calls), in the
 * test's own process and without the sandbox; the outcome is read from the frame that the bus would get. A fixture is a payload, NAME.xml or
 * of another extension, and NAME.expected.json, what must become of it: its form and its comparison are core/kit/expectation.h's, as in
 * the conformance kit. A difference is named by its path in the JSON, never by its values. */
#pragma once

#include "core/kit/expectation.h"
#include "plugins/host/worker.h"
#include "tests/lib/mapping-test.h"

#include <json-glib/json-glib.h>

typedef struct {
    HtWorker worker;
    uint64_t page[HT_PAGE_WORDS]; /* the worker's */
    HtMessageHead head;           /* of the payloads; text/xml unless it is set */
    HtOutcome outcome;            /* of the last payload */
    char *
        reply; /* what the adapter or its mapping answered, without an envelope; NULL when the sender gets a receipt */
    size_t reply_size;
} AdapterTest;

/* `mapping` is a path in the source tree, `adapter` a name. `options`: key, value, …, NULL; or NULL. transfer full. */
AdapterTest *adapter_test_new_with(const char *mapping, const char *adapter, const char *const *options);
AdapterTest *adapter_test_new(const char *mapping, const char *adapter);
void adapter_test_free(AdapterTest *test);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AdapterTest, adapter_test_free)

/* Runs the payload; true when there is an answer of the adapter's own, or of its mapping's. */
bool adapter_test_run_bytes(AdapterTest *test, const char *bytes, size_t size);
bool adapter_test_run(AdapterTest *test, const char *xml);

/* What the bus would keep of the payload, if it keeps it: what is concealed is blank. transfer full. */
char *adapter_test_kept(const AdapterTest *test, const char *bytes, size_t size);

/* Its texts live until the next payload. */
HtEvent adapter_test_event(AdapterTest *test, guint index);

/* The event as consumers would get it. transfer full. */
JsonNode *adapter_test_render(const HtEvent *event);

/* A member of a JSON object, or NULL. */
const char *adapter_test_string(JsonObject *object, const char *name);

/* How fixtures are run. */
typedef struct {
    char *path; /* of the payload, in a test; else NULL */
    const char *mapping, *adapter;
} Fixture;

/* One test PREFIX/NAME/… for each fixture of the folder; `how` says with which mapping and adapter. */
void adapter_test_add_fixtures(const char *folder, const char *prefix, const Fixture *how);
