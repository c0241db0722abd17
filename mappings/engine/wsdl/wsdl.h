/* The WSDL 1.1 of a source, made from its mapping: the operations of `<service>`, and the generic Submit, document/literal,
 * whose content is typed by the mapping's own paths. One file without imports, for SOAP 1.1 and 1.2. Runs in the host; no
 * state. Private to the engine but for the first two functions. */
#pragma once

#include "core/base/buffer.h"
#include "mappings/engine/rules/mapping.h"
#include "mappings/engine/service/service.h"

/* Of which source a WSDL is asked for, where its messages go, and of which service: its name, without regard to case; NULL or ""
 * for all of them. The generic operation's service has the source's name (or SOURCE-submit when a service has that), and is
 * found as Submit too. */
typedef struct {
    const char *source, *address, *service;
} HtWsdlQuestion;

/* Appends the WSDL: of all services, each literal; or of one alone, in its own target namespace, as its department has it
 * (rpc/encoded where it is so). False, with nothing written, when there is no service of this name. */
bool ht_wsdl_write(const HtMapping *mapping, const HtWsdlQuestion *question, HtBuffer *to);

/* The names of the services, with commas (transfer full). */
char *ht_wsdl_services(const HtMapping *mapping, const char *source);

/* ---- wsdl-types.c ---- */

/* Each appends one schema: of the receipt and the fault, of a service's own operations, of Submit (in the namespace `uri`). */
void ht_wsdl_receipt_types(HtBuffer *to);
void ht_wsdl_service_types(const HtService *service, HtBuffer *to);
void ht_wsdl_submit_types(const HtMapping *mapping, const char *uri, HtBuffer *to);

/* The prefixes are xs, r (receipt and fault), s (Submit), and this one for the n-th service (transfer full). */
char *ht_wsdl_prefix(unsigned n);

/* In rpc style a structure is the complex type of this name (transfer full). */
char *ht_wsdl_structure(const HtOperation *operation, const HtPart *part);
