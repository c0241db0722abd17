/* The AsyncAPI 3.0 document: where events go out, how, and which. Used by `hutong schema asyncapi` and by the bus's pages. */
#pragma once

#include "core/config/config.h"
#include "core/schema/event-schema.h"

/* Appends the document. Of `consumer`: its channel with the event types that its routes let through. With NULL: of all consumers of
 * `config`; and without a configuration one channel that stands for any consumer's, with all types. Payloads refer to the schemas where
 * they are served, else to files beside the document. */
void ht_asyncapi(const HtSchemaSource *source, const HtConfig *config, const HtConsumerConfig *consumer,
                 HtBuffer *json);
