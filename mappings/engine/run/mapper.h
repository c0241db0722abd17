/* The mapping engine's front: one payload in, one outcome out. Runs in the host process (and in tests, bench);
 * one mapper belongs to one thread and is used for many payloads, so that nothing is allocated anew for each.
 *
 * The way of a payload, in one pass: text (encoding) → prolog (DOCTYPE refused) → libxml2 SAX with caps → envelope (SOAP
 * 1.1/1.2, XML strings, JSON strings) → filters of the adapter, if any → matcher → record → events. When the bytes are
 * not well-formed and the mapping declares repairs, they are applied and the pass is run once more. */
#pragma once

#include <glib.h>

#include "core/base/outcome.h"
#include "mappings/engine/parts/payload.h"
#include "mappings/engine/reference/reference.h"
#include "mappings/engine/rules/mapping.h"
#include "mappings/engine/rules/options.h"

typedef struct HtMapper HtMapper;

HtMapper *ht_mapper_new(const HtMapping *mapping, const HtReference *reference,
                        const HtMapperOptions *options);
void ht_mapper_free(HtMapper *mapper);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtMapper, ht_mapper_free)

/* From now on operations that are queries are taken, and answered as the mapping says; until then they are refused. */
void ht_mapper_answer_queries(HtMapper *mapper);

/* Of the last payload: true for an archive that holds secrets (core/base/secrets.h), or was not read to its end. Nobody else can
 * find them: they are compressed. */
bool ht_mapper_hides_secrets(const HtMapper *mapper);

/* Maps one payload. The outcome (initialised by the caller) is filled; its texts and events live until the next call.
 * Never fails otherwise: whatever is wrong is a fault in the outcome. */
void ht_mapper_run(HtMapper *mapper, const HtPayload *payload, HtOutcome *outcome);

/* ---- Filters: how an adapter in C changes what the matcher sees (filter.c) ---- */

/* Attributes as name, value, name, value, …, NULL. All texts are UTF-8, end in NUL and live during the call. */
typedef struct {
    void (*start)(void *user, HtMapper *mapper, const char *name, const char *const *attributes);
    void (*text)(void *user, HtMapper *mapper, const char *text, size_t size); /* may come in pieces */
    void (*end)(void *user, HtMapper *mapper, const char *name);
} HtFilter;

/* From now on the events of a document whose root element (after unwrapping) has this local name go to the filter, root
 * included, instead of to the matcher. What the filter gives to ht_mapper_emit_*() goes to the matcher: a document of
 * its own making, with one root. */
void ht_mapper_add_filter(HtMapper *mapper, const char *root, const HtFilter *filter, void *user);

/* Only inside a filter's calls. Names and text are copied. Unbalanced calls make the payload a reject. */
void ht_mapper_emit_start(HtMapper *mapper, const char *name, const char *const *attributes);
void ht_mapper_emit_text(HtMapper *mapper, const char *text, size_t size);
void ht_mapper_emit_end(HtMapper *mapper, const char *name);

/* Inside a filter: the payload is refused (verdict REJECT) or to be sent again (RETRY) with this fault. */
void ht_mapper_emit_fault(HtMapper *mapper, HtVerdict verdict, const char *code, const char *text);

/* Inside a filter: the place of the current event in the payload as received, for faults. */
uint32_t ht_mapper_line(const HtMapper *mapper);
