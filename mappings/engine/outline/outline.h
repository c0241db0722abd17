/* What a payload is made of, without a mapping: its documents as a mapping sees them (no envelopes, strings opened), each element and
 * attribute with how often it is there and what its values look like. For whoever begins a mapping: `hutong mapping new`. Runs in the host,
 * never in the bus. No state. */
#pragma once

#include "core/base/buffer.h"
#include "core/base/limits.h"
#include "mappings/engine/parts/payload.h"
#include "core/base/fault.h"

/* So many different paths are told; of a payload with more the rest is left out, and `cut` says so. */
#define HT_OUTLINE_NODES 4000

/* Adds to `json`
 *
 *     { "repairs": ["comments", …], "operation": of a SOAP body, "cut": true, "documents": [ NODE, … ] }
 *
 * with NODE = { "name", "attribute": true, "count", "most": in one element above it, "filled": with a value, "unique": no value twice,
 * "shapes": those that all values have, of digits, date, idNumber, chinese, "values": different ones, only where all are short signs
 * (codes), "label": the first one, if it is a few Chinese characters, "children": [ NODE, … ] }. Of other values nothing is told. False when
 * the payload cannot be read, with the reader's or the container's fault. */
bool ht_outline_write(const HtPayload *payload, const HtLimits *limits, HtBuffer *json, HtFault *fault);
