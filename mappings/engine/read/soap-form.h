/* Rules of SOAP 1.2's form that are about single elements and texts of an envelope (part 1, section 5.1). Called by
 * envelope.c. Each refuses in `sax` what breaks it. */
#pragma once

#include "mappings/engine/read/sax.h"

/* With soap-malformed. */
void ht_soap_form_refuse(HtSax *sax, const char *sentence);

/* The Header or the Body: its attributes have a namespace, and none is encodingStyle. */
void ht_soap_form_check_part(HtSax *sax, const HtSaxElement *part);

/* The Envelope: the same, but SOAP::Lite puts SOAP's own encodingStyle there, and is understood. */
void ht_soap_form_check_envelope(HtSax *sax, const HtSaxElement *envelope);

/* An element of the Body, or what is in it: its encodingStyle, if any, names an encoding that is known here. `uri` is the
 * Envelope's. Refuses with soap-encoding-unknown. */
void ht_soap_form_check_encoding(HtSax *sax, const HtSaxElement *element, HtName uri);

/* A text between elements of the envelope, of either version: white space, for anything else would be lost. */
void ht_soap_form_check_blank(HtSax *sax, const char *text, size_t size);
