/* Values in HL7's form, as the mapping's `<fields>` name them: HL7 V3 (R1) says them in attributes, ISO 21090 in elements inside.
 * Used only by match.c and, for the names, filter.c; see form.c. */
#pragma once

#include "mappings/engine/match/tree.h"

/* Bits of HtOpenElement.form. */
enum {
    HT_FORM_INSIDE = 1 << 0, /* in a record whose fields are declared */
    HT_FORM_JOINS = 1 << 1,  /* its text is that of the element around it: a part of a name */
    HT_FORM_GAP = 1 << 2,    /* such a part has ended: indentation may follow */
};

/* The names that the form knows, as the reader interns them. */
void ht_form_learn(HtFormNames *names, HtName (*intern)(void *user, const char *name), void *user);

/* A record has begun whose fields are declared: what none of them is need not be kept. Its own name may be one. */
void ht_form_enter_record(HtMatch *match, const HtNode *node);

/* A filter makes something else of the element that has begun: that stands in the record, as if it were what the record holds. */
void ht_form_enter_passed(HtMatch *match, const HtNode *node);

/* The step to an element that no path names: ISO 21090's <item> stands for the element around it, parts of an address for the elements
 * that R1 has for them, and parts of a text join it (`joins` is set then). NULL: it means nothing. */
const HtNodeStep *ht_form_step(HtMatch *match, HtName name, const HtAttribute *attributes, unsigned count,
                               bool *joins);

/* An element with fields has begun: what its attributes say is the beginning of its text. */
void ht_form_begin(HtMatch *match, const HtNode *node, const HtAttribute *attributes, unsigned count);

/* The element at hand is a part, and ends: its text is that of the element around it. */
void ht_form_hand_up(HtMatch *match);

/* Of the fields that get the value at hand, the first that somebody reads; slot HT_SLOT_NONE: there is none. */
HtStore ht_form_first(const HtMatch *match, const HtNode *node);

/* To the field; or, when nobody reads it or it has a value already, with what nobody named. */
void ht_form_give(HtMatch *match, const HtField *field, HtValue value, const HtChange *change);

/* The element at hand ends: a field that is joined of others gets what they say, now that all have been there. */
void ht_form_end(HtMatch *match, const HtNode *node);
