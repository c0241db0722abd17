/* libxml2's error numbers in the words of faults. Called by sax.c only. */
#pragma once

#include <stdbool.h>

#define HT_SAX_DOCTYPE_CODE "doctype-refused"
#define HT_SAX_DOCTYPE_TEXT "The XML has a DOCTYPE, which is not accepted: send it without one."

/* The fault's code and sentence for an error (numbers and levels of libxml/xmlerror.h). False when it is none to refuse
 * a payload for: warnings, and namespace names that are no proper URI. libxml2's own message is never used: it quotes
 * the payload. */
bool ht_sax_fault_describe(int error, int level, const char **code, const char **sentence);
