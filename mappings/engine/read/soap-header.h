/* The blocks of a SOAP Header: which of them must be understood and are not, and what of WS-Addressing an answer needs.
 * Called by envelope.c; one owner, one thread. SOAP 1.1 (section 4.2), SOAP 1.2 (part 1, sections 2.4 and 5.2),
 * WS-Addressing of 2004 and 2005. */
#pragma once

#include "mappings/engine/read/sax.h"

typedef struct HtSoapHeader HtSoapHeader;

HtSoapHeader *ht_soap_header_new(HtSax *sax);

/* From now on Security blocks are understood (soap-security.h), with user names, signatures or both. */
void ht_soap_header_want_security(HtSoapHeader *header, bool usernames, bool signatures);
void ht_soap_header_free(HtSoapHeader *header);

/* Before a reading. `reading` gets addressing, message_id, action, security and not_understood; the texts live until the next call. */
void ht_soap_header_begin(HtSoapHeader *header, HtReading *reading);

/* A child of the Header begins; `uri` is the Envelope's. Refuses (soap-header-malformed) a block whose mustUnderstand is no
 * boolean, and in SOAP 1.2 one without a namespace. */
void ht_soap_header_block(HtSoapHeader *header, const HtSaxElement *block, HtName uri);

/* Inside a block: an element begins, `level` 1 for a child of it; and one ends, 0: the block. */
void ht_soap_header_start(HtSoapHeader *header, const HtSaxElement *element, unsigned level);
void ht_soap_header_end(HtSoapHeader *header, unsigned level);

/* Text in a block. */
void ht_soap_header_text(HtSoapHeader *header, const char *text, size_t size);

/* The Header has ended: refuses (soap-must-understand) if it has blocks that must be understood and are not. All of them are
 * read first, because the fault names each. */
void ht_soap_header_judge(HtSoapHeader *header);
