/* A mapping file in its compiled form: one tree of paths for the matcher, and rules for the recorder. Made once by
 * compile/ when a mapping is loaded (in the host, and in `hutong check`), then only read, by any number of mappers in
 * any thread. Private to the engine; others use mapper.h. */
#pragma once

#include <glib.h>

#include "core/base/event.h"
#include "core/base/identity.h"
#include "mappings/engine/reference/reference.h"
#include "mappings/engine/rules/mapping.h"
#include "mappings/engine/service/service.h"
#include "mappings/engine/rules/flag.h"
#include "mappings/engine/rules/when.h"
#include "mappings/engine/rules/xpathrec.h"

/* ---- Paths ---- */

#define HT_OTHER_PLACES 4 /* of one event */

/* Paths to try in order. */
typedef struct {
    HtSlot *slots;
    unsigned count;
} HtFrom;

static inline bool ht_from_has(const HtFrom *from, HtSlot slot)
{
    for (unsigned i = 0; i < from->count; i++) {
        if (from->slots[i] == slot) {
            return true;
        }
    }
    return false;
}

/* Records may lie inside of records, so deep (the outermost counts). */
#define HT_NESTING_MAX 4

/* A node's value goes here. `each` is meant for columns only. `level`: how many records are around the one whose value it is; of an
 * absolute value HT_LEVEL_INSIDE when it stands in a record that holds others, and answers for what is in it. */
typedef struct {
    HtSlot slot;
    uint16_t each, level;
} HtStore;

#define HT_LEVEL_INSIDE UINT16_MAX

typedef struct HtTrieNode HtTrieNode;

/* A field of a record whose value stands in HL7's form somewhere below it (`<field>`), or is joined of others (`<join>`). */
typedef struct {
    HtSlot slot;
    const HtTrieNode
        *plain; /* the element of its name in the record: there stands if it is read, or ignored */
    char **of;  /* the root of an identifier or codeSystem of a code: one of these; NULL: no other field's */
    const char *with;                /* an attribute that goes to unmapped with the value, or NULL */
    HtText without;                  /* taken off the value's beginning; absent: nothing */
    unsigned digits_min, digits_max; /* only of a value that begins with so many digits; 0: of any */
    unsigned first, last;            /* of the value only these places, from 1; 0: all of it */
    HtFrom joined; /* at the element's end, these values from inside of it in a row; empty: its own value */
} HtField;

/* A field whose value stands around the record: kept under `from`, an absolute slot, until a record takes it as its `slot`. */
typedef struct {
    HtSlot slot, from;
    const HtTrieNode *plain; /* as HtField's */
} HtAround;

/* One step of a path. Attributes are nodes too, without children. */
struct HtTrieNode {
    char *name;
    HtTrieNode *parent, *children, *next;
    GArray *stores;      /* HtStore */
    GArray *clears;      /* HtSlot: absolute values from below, forgotten when this element begins anew */
    int record;          /* index of the record rule that begins here, or -1 */
    int each;            /* index of the repeated group that has an instance here, or -1 */
    uint16_t each_level; /* and how many records are around the one that it is of */
    int answer;          /* index of the answer that is meant here, or -1 */
    int count;           /* number of the scope of <count> rules that ends with this element, or -1 */
    int line;            /* where the mapping names it first */
    bool attribute;
    bool ignore;
    GArray *fields; /* HtField: whose value this is, in HL7's form; NULL: nobody's */
    GArray *around; /* HtAround: fields of the records that begin here; NULL: none */
    char *pass;     /* the adapter's filter that gets this element; NULL: none does */
    HtSlot named;   /* of a record whose fields are declared: the field that has its name, or HT_SLOT_NONE */
    bool asked;     /* something reads its value */
    bool nested;    /* it is in a record that has others inside or around, or is one */
    bool declared;  /* nothing below it is looked at but what a field, a path or a filter names */
    bool wraps; /* counted records are below this element: a number that is stated elsewhere is held against them */
};

/* ---- Rules ---- */

/* How a value is read. */
typedef enum {
    HT_AS_STRING,
    HT_AS_NAME,
    HT_AS_CODE,
    HT_AS_DATE, /* any of date, datetime, month, time, epoch; see flags and finest */
    HT_AS_INTEGER,
    HT_AS_DECIMAL,
    HT_AS_ID_NUMBER,
    HT_AS_DIVISION,
    HT_AS_REFERENCE, /* base64: digest, size, media type */
} HtAs;

/* What a value tells of an event whose type needs somebody (HtEventType.needs_person). */
enum {
    HT_TELLS_NUMBER = 1 << 0, /* a number of the person */
    HT_TELLS_NAME = 1 << 1,   /* the name, or who the mother is */
    HT_TELLS_FACT = 1 << 2,   /* the fact's date or the number of its certificate */
};

typedef struct {
    const HtWhen *when;
    HtText value;
} HtCaseRule;

typedef struct {
    const HtElement *element;
    const HtElement *size_element, *media_element; /* HT_AS_REFERENCE only; each may be NULL */
    HtFrom from;
    HtXpath *xpath;  /* instead of from, or NULL */
    HtText constant; /* instead of from, or absent */
    HtCaseRule *cases;
    unsigned n_cases;
    const HtWhen *when; /* NULL: always */
    const HtTable *table;
    const HtTranslation *translation;
    const HtFlagRule *choice; /* the path's declaration, which reads mangled codes too; NULL: none */
    const char *system;       /* of codes without counterpart */
    HtText media;             /* of a reference, as the mapping states it */
    HtText source_path;       /* the first path, for unmapped and faults */
    char *label;              /* "person.name (XM)" */
    HtAs as;
    HtValueForm form;
    unsigned date_flags;
    int finest; /* HtPrecision beyond which a date is cut; 0: none */
    unsigned null_flags;
    bool required;
    bool sending;     /* no part of what the event says */
    bool number;      /* a part of the event's key, or an identity's */
    bool alternative; /* same target as the rule before: skipped when that gave a value */
    bool is_birth_date, is_id_number;
    bool ten_thousands; /* a bare number is in 万元: what is carried is in 元 */
    unsigned tells;     /* HtTells bits of a value */
} HtElementRule;

/* What stands together in an event: the elements of one group, or one instance (or path of instances) of a repeated one. */
typedef struct {
    const char *group;
    HtElementRule *rules;
    unsigned n_rules;
    const HtWhen *when;
    int each; /* index into the mapping's eaches, or -1: one instance, of the record */
    int line;
    bool reported, repeats;
    bool goes_on; /* the same group as the block before: instances are numbered on */
} HtBlock;

typedef struct {
    HtText kind;
    HtFrom from;
    const HtWhen *when, *fresh;
    HtFrom within;       /* whose numbering it is; the value stands before the number. Empty: the source's */
    const HtWhen *doubt; /* it cannot be told whose the value is; NULL: never */
    bool id_number, separators;
    bool credit_code, unit_number;
    HtSubjectClass what; /* it names, by its kind */
} HtIdentityRule;

/* An element that holds another person's number, perhaps. */
typedef struct {
    const HtBlock *block;
    const HtElementRule *rule;
} HtOtherRule;

typedef struct {
    HtText type;
    bool needs_person;
    HtText direction; /* absent: none */
    const HtWhen *when;
    HtFrom id;
    unsigned id_needed; /* so many of the first parts: without one of these there is no key */
    bool *id_instead;   /* for each path: it is no part of its own, it stands in for the one before */
    HtText id_of;       /* what the numbers count when several event types share them; absent: this type */
    bool *id_words;     /* for each: no number, so fillers are values */
    const HtElementRule **id_reads; /* for each: who reads it as a date or a citizen number; NULL: nobody */
    unsigned *id_folds;             /* for each: how it is folded otherwise, HT_FOLD_… of number-fold.h */
    bool id_personal;               /* no businessid is made of it */
    HtFrom time;
    const HtElement *time_element; /* whose value it is when no element reads its path; NULL: not said */
    HtText
        *time_elements;  /* for each path of `time`: the names of the elements with its value; absent: none */
    char **time_paths;   /* of the slots, */
    unsigned time_own;   /* of which so many are the fact's own; the others stand in for them */
    HtFrom time_sending; /* those of `time` that say when the record was sent */
    unsigned time_flags;
    int time_finest;
    bool time_required;
    HtText action; /* the default */
    const HtWhen *cancel, *correct, *verify;
    const HtWhen *unchanged; /* the record says that nothing has changed: there is no event; NULL: never */
    HtFrom reverses;
    HtFrom division, from_division;
    HtText division_path, from_division_path;
    HtFrom other_divisions[HT_OTHER_PLACES];
    HtText other_division_paths[HT_OTHER_PLACES];
    unsigned n_other_divisions;
    HtFrom correlation;
    HtIdentityRule identities[HT_EVENT_IDENTITIES];
    unsigned n_identities;
    bool newborn; /* it is about somebody just born */
    HtOtherRule *others;
    unsigned n_others;
    const HtElementRule *const *births, *const
                                            *names; /* of person.birthDate and person.name; NULL at the end */
    HtBlock *blocks;                                /* in the order of an event's data */
    unsigned n_blocks;
    HtFrom needs;     /* absolute values that it names */
    uint64_t *covers; /* bits of the values that it names or ignores, */
    uint64_t *named;  /* and of those that it names and does not ignore. Conditions name nothing */
    int line;
} HtEventRule;

typedef struct HtRecordRule HtRecordRule;
struct HtRecordRule {
    char *path;
    const HtRecordRule *outer;  /* inside of which it lies, or NULL */
    unsigned level, number;     /* so many are around it; its index in the mapping */
    bool holds;                 /* others lie inside of it */
    HtFrom inner_wants;         /* of an outermost one: absolute values that those inside of it want */
    const HtEventRule **events; /* at most 64 */
    unsigned n_events;
    const HtWhen **skips;
    unsigned n_skips;
    HtFrom asks;            /* absolute values that decide which events it makes, and whether it is skipped */
    const HtAround *around; /* its fields around it; `asks` has them, too */
    unsigned n_around;
    unsigned *counts; /* indexes of the counts that it is counted in */
    unsigned n_counts;
    bool needs_tree; /* an XPath somewhere: the record becomes a DOM */
};

/* A repeated element below a record: its columns are the paths below it that the mapping names. */
typedef struct {
    char *path;
    GPtrArray *columns; /* char *: path of each, relative to the record, for unmapped */
    unsigned first_bit; /* in HtEventRule.covers */
} HtEachRule;

/* A department's own answer; or, with `refusal`, what the mapping does not take (`fail` NULL: always). */
typedef struct {
    char *path;
    const HtWhen *fail, *retry;
    HtFrom code;
    char **ok; /* NULL: fail and retry decide */
    const HtTable *table;
    const char *refusal, *refusal_text; /* fault code; what it says, or NULL */
} HtAnswerRule;

/* A number of records that the payload states (count.c). */
typedef struct {
    const char *path, *of;  /* with their conditions, for faults */
    int scope;              /* HtTrieNode.count of the element that states it */
    const HtWhen *for_when; /* of that element; NULL: always */
    HtSlot from;
    const HtWhen *when; /* of the records; NULL: all */
    bool inside; /* the records are inside of that element: each is checked at its end, else all at the payload's */
} HtCountRule;

/* Values that say what is to be done with the message's records (`<action-value>`), at one path. */
typedef struct {
    HtText value; /* as the mapping spells it */
    HtMeans means;
} HtActionValue;

typedef struct {
    const char *path;
    HtSlot slot;
    GArray *values; /* HtActionValue */
} HtActionRule;

#define HT_ACTIONS_MAX 8

/* A further spelling of null. */
typedef struct {
    HtText value;
    bool zero;    /* it is 0: then so are 00 and 0.0 */
    char **paths; /* NULL: everywhere */
    HtFrom slots; /* those paths */
} HtNullRule;

/* Further fillers: a text, or all that is short. */
typedef struct {
    HtText folded;
    unsigned shorter; /* characters that a number has at least; 0: it is the text */
    char **paths;     /* NULL: everywhere */
    HtFrom slots;     /* those paths */
} HtFillerRule;

/* Paths whose values are written for something else. */
typedef struct {
    char **paths;
    HtFrom slots; /* those paths */
    bool url;     /* URL-encoded; else for a screen: tags are taken out */
} HtMarkupRule;

struct HtMapping {
    char *path, *source, *authority;
    bool case_ignored;
    bool opens_strings; /* documents stand in strings of plain XML */
    bool has_fields;    /* `<fields>` somewhere */
    unsigned repairs;   /* HtRepair bits */
    HtTrieNode *trie;   /* the root stands for "before the root element" */
    GPtrArray *events;  /* HtEventRule * */
    GPtrArray *records; /* HtRecordRule * */
    GPtrArray *eaches;  /* HtEachRule * */
    GPtrArray *answers; /* HtAnswerRule * */
    GPtrArray *counts;  /* HtCountRule * */
    GPtrArray *nulls;   /* HtNullRule * */
    GPtrArray *flags;   /* HtFlagRule * */
    GPtrArray *fillers; /* HtFillerRule * */
    GPtrArray *markups; /* HtMarkupRule * */
    GPtrArray
        *secrets; /* char *: further names of secrets, as core/base/secrets.h wants them; ends with NULL */
    GPtrArray *asides;       /* char *: paths, or ends of paths, that an adapter's code leaves out */
    GPtrArray *record_paths; /* char *: path of each record slot, for unmapped */
    unsigned n_absolute;
    GPtrArray *absolute_paths; /* char *: of each absolute slot, for unmapped */
    GArray *absolute_carried;  /* bool: some event names it; else it is an answer's or a count's */
    unsigned n_bits;           /* record slots, then columns */
    unsigned nesting;          /* most records around one; 0: none lies inside of another */
    char **warnings;           /* of the compiler, NULL-terminated */
    GPtrArray *services;       /* HtService * */
    GPtrArray *operations;     /* const HtOperation *: those of the services, and those that stand alone */
    HtSlot operation;          /* of the path /@operation; HT_SLOT_NONE: nobody asks */
    GPtrArray *actions;        /* HtActionRule *, at most HT_ACTIONS_MAX */
    GPtrArray *owned;          /* what rules point to, freed with the mapping */
    GPtrArray *arrays;         /* GPtrArray * of the services, the same */
    GPtrArray *whens, *xpaths;
};

/* In mapping.c: the path of a slot, of a column of the instances `each` with that of their element. */
HtText ht_mapping_path(const HtMapping *mapping, HtSlot slot, unsigned each);

/* In mapping.c: an empty one, for the compiler to fill; a node without children. */
HtMapping *ht_mapping_new(const char *path);
HtTrieNode *ht_trie_new(void);
