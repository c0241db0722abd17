/* References inside a SOAP body (SOAP 1.1, section 5.4.1; SOAP 1.2 part 2, 3.1.5.2): `href="#id0"` or `enc:ref="id0"` on an
 * empty element means the content of the element with that id, wherever in the body it stands; Axis 1 writes every
 * structure so, as `multiRef` beside the operation. Such a body is recorded as a whole, and at its end given as if it had
 * been written out. Called by envelope.c, only for bodies that hold references; host process, one owner, one thread.
 *
 * What is put in often is a copy each time. Copies count against the caps on elements, depth and length like what was
 * sent. Faults, each with the reference's line: href-missing (no such id), href-ambiguous (several), href-cycle (it
 * contains itself), href-not-local (it points out of the message: nothing is ever fetched). */
#pragma once

#include "mappings/engine/read/sax.h"

typedef struct HtMultiref HtMultiref;

HtMultiref *ht_multiref_new(HtSax *sax);
void ht_multiref_free(HtMultiref *multiref);

/* True when the element says by itself that the body it stands in must be recorded. `in_body`: it is the Body's child. */
bool ht_multiref_concerns(const HtMultiref *multiref, const HtSaxElement *element, bool in_body);

/* True when another element may refer to it. */
bool ht_multiref_has_id(const HtMultiref *multiref, const HtSaxElement *element);

/* A Body begins: what was recorded is forgotten. */
void ht_multiref_begin(HtMultiref *multiref);

/* What stands in the Body, in order. */
void ht_multiref_start(HtMultiref *multiref, const HtSaxElement *element);
void ht_multiref_text(HtMultiref *multiref, const char *text, size_t size);
void ht_multiref_end(HtMultiref *multiref);

/* The Body's end: gives its elements again, without those that others refer to, and with these in their places. Whatever is
 * wrong stops `sax`. */
void ht_multiref_replay(HtMultiref *multiref, const HtSaxHandler *handler, void *user);
