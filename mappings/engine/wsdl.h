/* The WSDL 1.1 of a source, made from its mapping: the operations of `<service>`, and the generic Submit, document/literal,
 * whose content is typed by the mapping's own paths. One file without imports, for SOAP 1.1 and 1.2. Runs in the host, and
 * in `hutong schema --wsdl`; no state. Private to the engine but for the first function. */
#pragma once

#include "core/base/buffer.h"
#include "mappings/engine/mapper.h"
#include "mappings/engine/service.h"

/* Appends the WSDL of the source of this name, whose messages go to `address`. */
void ht_wsdl_write(const HtMapping *mapping, const char *source, const char *address, HtBuffer *to);

/* ---- wsdl-types.c ---- */

/* Appends the schemas: of the receipt and the fault, of the service's own operations, of Submit. */
void ht_wsdl_types(const HtMapping *mapping, const char *source, HtBuffer *to);

/* The prefixes are xs, r (receipt and fault), s (Submit), and this one for the n-th service (transfer full). */
char *ht_wsdl_prefix(unsigned n);

/* In rpc style a structure is the complex type of this name (transfer full). */
char *ht_wsdl_structure(const HtOperation *operation, const HtPart *part);
