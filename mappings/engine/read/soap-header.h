/* The blocks of a SOAP Header: which of them must be understood and are not, and what of WS-Addressing an answer needs.
 * Called by envelope.c; one owner, one thread. SOAP 1.1 (section 4.2), SOAP 1.2 (part 1, sections 2.4 and 5.2),
 * WS-Addressing of 2004 and 2005. */
#pragma once

#include "mappings/engine/read/sax.h"

typedef struct HtSoapHeader HtSoapHeader;

HtSoapHeader *ht_soap_header_new(HtSax *sax);
void ht_soap_header_free(HtSoapHeader *header);

/* Before a reading. `reading` gets addressing, message_id, action and not_understood; the texts live until the next call. */
void ht_soap_header_begin(HtSoapHeader *header, HtReading *reading);

/* A child of the Header begins; `uri` is the Envelope's. Refuses (soap-header-malformed) a block whose mustUnderstand is no
 * boolean, and in SOAP 1.2 one without a namespace. */
void ht_soap_header_block(HtSoapHeader *header, const HtSaxElement *block, HtName uri);

/* Text in a block; where an element begins or ends in it, and where it ends itself. */
void ht_soap_header_text(HtSoapHeader *header, const char *text, size_t size);
void ht_soap_header_cut(HtSoapHeader *header);

/* The Header has ended: refuses (soap-must-understand) if it has blocks that must be understood and are not. All of them are
 * read first, because the fault names each. */
void ht_soap_header_judge(HtSoapHeader *header);
