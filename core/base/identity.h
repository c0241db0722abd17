/* Which kinds of identities all sources share, and what each of them names: a person, an organisation, a unit of real property. Every
 * other kind is a source's own numbering and says nothing of what it names. Used by the engine, by what reads events of a host, and by
 * the spool. No state; any thread. */
#pragma once

#include "core/base/buffer.h"

typedef enum {
    HT_SUBJECT_ANY, /* a source's own numbering */
    HT_SUBJECT_PERSON,
    HT_SUBJECT_ORGANIZATION,
    HT_SUBJECT_PROPERTY,
} HtSubjectClass;

#define HT_IDENTITY_CREDIT_CODE \
    "creditCode" /* unified social credit code, GB 32100, in capitals, with a right check character */
#define HT_IDENTITY_UNIT_NUMBER "unitNumber" /* unit of real property, 28 characters, in capitals */

/* What the kind names. */
HtSubjectClass ht_identity_class(HtText kind);

/* The same number means the same thing in every source. */
bool ht_identity_is_shared(HtText kind);

/* Shared, and two of them are two persons (organisations, units), unless an authority says that they are one. */
bool ht_identity_is_strong(HtText kind);

/* The class's name in the dictionary ("organization"); NULL for HT_SUBJECT_ANY. */
const char *ht_subject_class_name(HtSubjectClass what);
