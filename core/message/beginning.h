/* How a body begins, as far as it decides whether something else than its type says is sent. Pure; any thread. */
#pragma once

#include "core/base/outcome.h"

#define HT_BEGINNING_BYTES 1024 /* of a body, in which the start of its root is looked for */

typedef enum {
    HT_BEGINNING_OPEN,  /* nothing yet but blanks and byte-order marks */
    HT_BEGINNING_XML,   /* a '<', in any encoding that is taken */
    HT_BEGINNING_OTHER, /* anything else */
} HtBeginning;

/* Goes on looking with the next bytes; once it is decided it stays so. Begin with HT_BEGINNING_OPEN. */
void ht_beginning_look(HtBeginning *beginning, const char *bytes, size_t size);

/* Which SOAP the body's first bytes show: their root is an Envelope of one of SOAP's namespaces, in any encoding that is taken.
 * For answers to what no host has read. */
HtSoapVersion ht_beginning_soap(const char *bytes, size_t size);
