/* The catalogue of events: which types there are, with which elements; and for one consumer what of it comes to it and what it sees, by
 * its routes and its policy. Used by `hutong schema catalogue` and by the consumer's own page. */
#pragma once

#include "core/config/config.h"
#include "core/schema/event-schema.h"

/* Appends the catalogue as JSON: `events` (each with its `groups`), `elements`, and for a consumer its `routes`. An element that the
 * consumer sees has "seen": "whole", "hashed" or "masked" (with `mask`), else "hidden"; `minor` and `original` are there where another holds of a
 * person under 14, or of a department's own code in the element's place. With NULL for `consumer` it is the catalogue of all, and `mask` is the
 * element's own. False, with
 * the problems in `errors`, when the consumer's policy is wrong. */
bool ht_catalogue(const HtSchemaSource *source, const HtConfig *config, const HtConsumerConfig *consumer,
                  HtBuffer *json, GString *errors);
