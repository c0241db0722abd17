/* The table of SOAP envelopes (tests/data/soap/envelopes.tsv, which says how it is written), with its short forms written out.
 * For the mapping below. Fails the test on a table that is wrong. */
#pragma once

#include <glib.h>

#define ENVELOPES_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define ENVELOPES_12 "http://www.w3.org/2003/05/soap-envelope"

/* What the table's source reads: `person`, and an operation `put`. */
#define ENVELOPES_MAPPING                                                                                          \
    "<mapping xmlns=\"urn:hutong:mapping:1\" source=\"test\" authority=\"police\" version=\"1\">"                  \
    "<service namespace='urn:x' name='S'><operation name='put'><in name='x'/></operation></service>"               \
    "<event type=\"person.registered.v1\" for-each=\"/person\"><id from=\"number\"/><division from=\"place\"/>"    \
    "<element to=\"person.name\" from=\"name\" required=\"yes\"/><reference to=\"photo\" from=\"photo\"/></event>" \
    "</mapping>"

typedef struct {
    unsigned line;    /* of the table */
    unsigned version; /* 11 or 12 */
    char *text;
    char *fault;    /* its code; NULL: taken, as one event */
    char **headers; /* {namespace}name of those that a MustUnderstand fault names, in order; NULL-terminated */
} Envelope;

/* Of Envelope; each line for both versions gives two. No two have the same record. The caller unrefs. */
GPtrArray *envelopes_read(void);
