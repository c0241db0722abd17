/* What stands in a SOAP envelope outside of its Body: the blocks of the Header, and what SOAP 1.1 lets stand behind the
 * Body. None of it is data, so nobody takes it; a record there would be lost, and is refused instead (soap-outside-body),
 * also in a string. Called by envelope.c; one owner, one thread. */
#pragma once

#include "mappings/engine/read/strings.h"

typedef struct HtSoapAside HtSoapAside;

HtSoapAside *ht_soap_aside_new(HtSax *sax);
void ht_soap_aside_free(HtSoapAside *aside);

/* An envelope begins. `options` are those of its reading, whose sink says what a record is; they live as long as it. */
void ht_soap_aside_begin(HtSoapAside *aside, const HtStringsOptions *options);

/* The elements and texts there; each child of the Header, or of the Envelope, is a document of its own. */
void ht_soap_aside_start(HtSoapAside *aside, const HtSaxElement *element);
void ht_soap_aside_text(HtSoapAside *aside, const char *text, size_t size);
void ht_soap_aside_end(HtSoapAside *aside, HtName name);
