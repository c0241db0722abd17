/* A WS-Security header block, where the source asks for a user name in it or for a signature: its UsernameToken and its Timestamp; a signature and certificates, which were verified before
 * (plugins/signature), are passed over. What else stands in it (encrypted keys, and of these what nobody asked for) is not understood, and refused, never ignored. Called by
 * soap-header.c; one owner, one thread. */
#pragma once

#include "core/base/username-token.h"
#include "mappings/engine/read/sax.h"

#define HT_WSSE_URI "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"

typedef struct HtSoapSecurity HtSoapSecurity;

HtSoapSecurity *ht_soap_security_new(HtSax *sax, bool usernames, bool signatures);
void ht_soap_security_free(HtSoapSecurity *security);

/* Before a reading. */
void ht_soap_security_begin(HtSoapSecurity *security);

/* Whether this block is one. */
bool ht_soap_security_is(const HtSoapSecurity *security, const HtSaxElement *block);

/* Such a block begins. Refuses (soap-header-malformed) a second one for us. */
void ht_soap_security_block(HtSoapSecurity *security);

/* Inside of it: an element begins, `level` 1 for its children; text; an element of this level ends, 0: the block itself. */
void ht_soap_security_start(HtSoapSecurity *security, const HtSaxElement *element, unsigned level);
void ht_soap_security_text(HtSoapSecurity *security, const char *text, size_t size);
void ht_soap_security_end(HtSoapSecurity *security, unsigned level);

/* What it says, packed (core/base/username-token.h); absent when there was none. Lives until the next reading. */
HtText ht_soap_security_found(HtSoapSecurity *security);
