/* The matcher: walks the mapping's tree of paths along with the document's events and keeps the values that the mapping
 * names, and those that it does not (unmapped). Fed by the mapper with a reader's events or an adapter's own; calls the
 * recorder at the end of each record. Host process, the mapper's thread; nothing is allocated once its buffers have grown
 * to the usual size. Engine only; the fields are for match.c, when.c and the recorder.
 *
 * Split by idea: match.c walks, nest.c keeps what is around a record inside of a record, store.c keeps, values.c is asked for values, clean.c puts them right, alteration.c alters them for the kit. */
#pragma once

#include "mappings/engine/match/action-value.h"
#include "mappings/engine/match/count.h"
#include "mappings/engine/match/when.h"
#include "mappings/engine/read/reader.h"
#include "mappings/engine/values/alter.h"

#define HT_ITEM_NAME_MAX 255 /* bytes of a name that nobody named */

/* A value, somewhere in a text buffer. It counts only while `serial` is that of the record (or payload) at hand, so that
 * nothing need be cleared between records. */
typedef struct {
    uint32_t offset, size;
    uint32_t serial;
    uint32_t null : 2; /* 0: not looked at; else known by match/values.c */
    uint32_t
        taken : 7; /* HtMatch.event of the last event that has taken it; of an absolute value: not 0 when one has */
    uint32_t altered : 1; /* as the conformance kit asked (alter.h) */
    uint32_t change : 22; /* of an absolute value: its number in `payload_changes`, from 1; 0: none */
} HtValue;

#define HT_EVENT_NONE 127 /* HtValue.taken of what is ignored, or joined into another value */

/* A value that is kept otherwise than it was sent. Both texts lie in the same buffer. */
typedef struct {
    uint32_t offset, size;
    uint32_t sent, sent_size; /* as it was sent, without blanks around it; size 0: it need not be kept */
    bool noted;               /* some element of the event at hand has its marks */
    HtMarks marks;
} HtChange;

/* What the conformance kit asks for, and what has come of it. */
typedef struct {
    uint32_t ask;
    uint32_t met;      /* values so far in the payload, */
    uint32_t met_part; /* and before the part at hand */
    HtText path;       /* of the value that was altered, the last one; absent: none was */
    bool carried;      /* an event says what was altered, not only how it was sent */
    uint64_t
        seen; /* a digest of all names and values that came to the mapping; kept with HT_ALTER_COUNT only */
} HtAlteration;

/* One more name or text comes to the mapping. One byte that differs makes another digest. */
void ht_alteration_see(HtAlteration *alteration, const char *bytes, size_t size);

/* Unmapped fields as packed items, ready to be appended to an event: of each record, and of what stands around the records. */
typedef struct {
    HtBuffer items;
    unsigned count;
    bool surplus; /* something did not fit */
} HtUnmapped;

/* Instances of one repeated group in the record at hand. */
typedef struct {
    HtValue *values; /* instance after instance, `columns` each */
    unsigned columns, count, room;
    uint32_t serial;
    bool surplus; /* there were more: what is in them is kept as unmapped */
} HtInstances;

/* A record around the one at hand, as far as it was read; of one that is not there, the memory for it. */
typedef struct {
    const HtRecordRule *rule;
    unsigned depth;
    uint32_t serial, line;
    size_t start, waiting;
    HtValue *values;
    HtSlot *stored;
    unsigned n_stored;
    HtInstances *instances;
    HtBuffer changes;
    HtUnmapped unmapped;
} HtRecordLevel;

typedef struct {
    uint32_t (*line)(void *user); /* of the payload, now; may be NULL */
    void (*record_end)(void *user, const HtRecordRule *rule);
    void (*too_much)(
        void *user); /* what is in one record is more than can be held: stops the reading; may be NULL */
    void *user;
    const HtLimits *limits; /* live as long as the matcher */
} HtMatchHooks;

typedef struct HtNode HtNode;
typedef struct HtOpenElement HtOpenElement;

/* The names that HL7's form knows (match/form.c). */
#define HT_FORM_JOINING 5
#define HT_FORM_VALUES 4
#define HT_FORM_PARTS 8
typedef struct {
    HtName item, part, type, root, list;
    HtName joining[HT_FORM_JOINING], values[HT_FORM_VALUES], parts[HT_FORM_PARTS];
} HtFormNames;

/* Where an absolute value stands. */
typedef struct {
    const HtNode *parent, *root; /* the element around it, and the document's */
    bool is_attribute;
    bool in_record;
} HtPlace;

struct HtMatch {
    const HtMapping *mapping;
    const HtReading *reading; /* of the text that the events come from, or NULL: nothing is known of it */
    HtMatchHooks hooks;
    HtNode *root;   /* match/tree.h: all nodes, the root first, */
    size_t n_nodes; /* so many */
    void *steps;
    uint16_t *places;
    unsigned lessons;
    HtOpenElement *frames; /* the elements that are open, below an empty one that stands for none */
    HtOpenElement *top;
    unsigned depth, frames_room;
    HtFormNames form;                   /* when the mapping has fields */
    const char *pass;                   /* the filter that gets the element that has just begun; NULL: none */
    unsigned pass_depth;                /* frame of the element that a filter has got, 0: none */
    unsigned record_depth;              /* frame of the record at hand, 0: none */
    unsigned record_document, document; /* documents are counted; values of a record come only from its own */
    uint32_t serial;                    /* of the record at hand, or of the last one */
    uint32_t last_serial; /* that was given out: they rise, also where a record lies in another */
    uint32_t payload_serial;
    const HtRecordRule *record;
    uint32_t record_line;
    unsigned nesting;      /* so many records are around the one at hand: */
    HtRecordLevel *levels; /* those, the outermost first, and room for as many as can be inside */
    uint32_t *numbers;     /* of each of the mapping's records: how many there were in the one around it */
    size_t kept_text;      /* text up to here is of a record around the one at hand, too */
    size_t record_waiting; /* bytes that waited when the record at hand began, */
    unsigned waited;       /* and records, when the outermost did */
    size_t record_start;   /* in text; before it is unfinished text of the elements around the record */
    HtValue *values, *absolutes;
    HtSlot *stored; /* record slots that have a value, in the order they came */
    unsigned n_stored;
    HtInstances *instances; /* one for each of the mapping's eaches */
    HtValue *columns;       /* of the instance at hand while a block is recorded; else NULL */
    int each;               /* whose instance that is */
    unsigned event;         /* the record's events are numbered from 1 */
    HtSlot taken;           /* of the value that was found or taken last, */
    unsigned taken_at;      /* and its place among the paths it was looked for in */
    HtPlace *places_of_absolutes;
    uint32_t part_serial;     /* of the part at hand */
    HtBuffer waiting;         /* records that wait (wait.c), */
    unsigned n_waiting;       /* so many, */
    unsigned n_losses;        /* values that were lost between them, */
    uint32_t waiting_serial;  /* the first of them */
    unsigned context;         /* of the one that is made now: what whoever kept it wants to know again */
    bool is_releasing;        /* they are made now: none waits again */
    bool waits_no_more;       /* too much waited in this part */
    HtBuffer text;            /* of the record */
    HtBuffer payload_text;    /* of absolute values */
    HtBuffer changes;         /* HtChange of the record's values, in the order of their offsets, */
    HtBuffer payload_changes; /* and of absolute ones */
    HtUnmapped record_unmapped, payload_unmapped;
    HtRecordTree *tree; /* only while a record is read that needs it */
    HtRecordTree *tree_memory;
    HtWhenKnown *known_whens; /* one for each of the mapping's conditions, while `settled` */
    bool settled;             /* the record at hand is complete: what holds for it will hold until its end */
    const char *suspect;      /* path of the last flag or choice that could not be read, */
    const char
        *unreadable; /* and of one on which a condition hangs: the record or payload is refused; NULL: none */
    bool said;       /* the document at hand holds, outside of records, what nobody names and is no null */
    bool changed_any;        /* some value of the payload was put right (match/clean.c) */
    bool wants_record;       /* around records there are fields, and none of the records has begun yet */
    bool known;              /* some document's root is the first step of a path */
    bool stranger;           /* below a known element there was one that no path and no <ignore> names, */
    bool strange_tree;       /* and in such a one others: no message beside an answer's code, but content */
    uint64_t answers;        /* bits of the mapping's answers that were met */
    HtAlteration alteration; /* what the conformance kit asks for */
    bool tells_nothing; /* what is taken now is no part of what the event says: how it was sent, or a date that is none */
    HtActions actions;    /* what the payload says is to be done with its records */
    HtCount *counts;      /* one for each of the mapping's counts */
    bool counts_wrapped;  /* the wrapping of some counted records was met */
    HtCount *part_counts; /* both as they were when the part at hand began */
    bool part_wrapped;
};

/* `intern` makes the names comparable with the reader's; a test may give g_intern_string. */
void ht_match_init(HtMatch *match, const HtMapping *mapping, const HtMatchHooks *hooks,
                   HtName (*intern)(void *user, const char *name), void *intern_user);
void ht_match_clear(HtMatch *match);

/* Begins a payload: everything of the one before is forgotten. */
void ht_match_begin(HtMatch *match);

/* Begins one of the payload's parts (a batch): what is counted over the whole payload, and values by absolute paths, stay
 * until their place comes again; what concerns the document before is forgotten. */
void ht_match_begin_part(HtMatch *match);

/* The part at hand is given once more from its beginning. */
void ht_match_rewind_part(HtMatch *match);

/* Gives a value to an absolute path from beside the payload, or takes it away (absent). HT_SLOT_NONE: nothing is done. */
void ht_match_say(HtMatch *match, HtSlot slot, HtText value);

/* Nothing of the element at hand, nor what is in it, is a field that must be kept when nobody names it. */
void ht_match_hush(HtMatch *match);

/* True when some path of the mapping begins with this root. */
bool ht_match_knows(const HtMatch *match, HtText root);

/* The document's events, as HtSink has them. */
void ht_match_document_start(HtMatch *match);
void ht_match_document_end(HtMatch *match);
void ht_match_start(HtMatch *match, HtName name, const HtAttribute *attributes, unsigned attribute_count);
void ht_match_text(HtMatch *match, const char *text, size_t size);
void ht_match_end(HtMatch *match);

/* The slot's value as it was sent, without blanks around it; absent when there is none. Lives until the record's end. */
HtText ht_match_raw(HtMatch *match, HtSlot slot);

/* The same, but absent also when it spells null. `null_flags` as for ht_value_is_null(). */
HtText ht_match_value(HtMatch *match, HtSlot slot, unsigned null_flags);

/* True when the slot's value, which is no null, stands where a number belongs and is none: a filler of filler.h, or one of the
 * mapping's own. */
bool ht_match_is_filler(const HtMatch *match, HtSlot slot, HtText value);

/* True when it can be somebody's number: no filler, and not without digits and Latin letters. */
bool ht_match_is_number(const HtMatch *match, HtSlot slot, HtText value);

/* The value of the first of the paths that has one. */
HtText ht_match_first(HtMatch *match, const HtFrom *from, unsigned null_flags);

/* As ht_match_value(), for what the event at hand carries in some form: it is not unmapped then. */
HtText ht_match_take(HtMatch *match, HtSlot slot, unsigned null_flags);

/* Takes the value that ht_match_first() found last, with these paths; and with it what further ones say the same. */
void ht_match_take_found(HtMatch *match, const HtFrom *from, HtText value);

/* Finds it and takes it. */
HtText ht_match_take_first(HtMatch *match, const HtFrom *from, unsigned null_flags);

/* Takes those of the paths, from place `first` on, that say the same as `value`. */
void ht_match_take_equal(HtMatch *match, const HtFrom *from, unsigned first, HtText value);

/* The slot's path, of columns with that of their element: the name of its value in unmapped. */
HtText ht_match_path(const HtMatch *match, HtSlot slot);

/* How the value differs from what was sent; NULL when it does not, or is none of the matcher's. */
HtChange *ht_match_change(HtMatch *match, HtText value);

/* The value of that change as it was sent. */
HtText ht_match_sent(const HtMatch *match, HtText value, const HtChange *change);

/* Before an event is written: no change is noted yet. */
void ht_match_forget_notes(HtMatch *match);

/* The marks of what changed and no element has noted: values that only make keys, identities and the like, and texts that
 * XPaths see. */
HtMarks ht_match_other_changes(const HtMatch *match);

/* Engine only: puts right what lies in match->text from `start` on. True when it is another value now, a copy at the end of
 * match->text, and `change` says how. `markup`: what it is written for, when that is not a value; NULL mostly. */
bool ht_match_clean(HtMatch *match, size_t start, size_t size, const HtMarkupRule *markup, HtChange *change);

/* Engine only: a value of match->text is the slot's. False when that has one already: the first one counts. Of absolute values it is the
 * last one. */
bool ht_match_store(HtMatch *match, const HtStore *store, const HtValue *value, const HtChange *change);

/* Engine only: the values around the record at hand that are fields of it become the record's own. */
void ht_match_take_around(HtMatch *match, const HtRecordRule *rule);

/* Engine only: the kit has asked for altered values, and this is one that a path names, in match->text. */
void ht_match_alter(HtMatch *match, const HtStore *store, HtValue *value);

/* Engine only: the kit has asked what comes, and this does. */
void ht_match_see_start(HtMatch *match, HtName name, const HtAttribute *attributes, unsigned attribute_count);

/* Engine only: the same of a value that an element's XPath has found. */
void ht_match_alter_found(HtMatch *match, const HtElementRule *rule, char *text, size_t size);

/* Moves what the record has but none of the events in `covers` (bits) names to its unmapped fields. */
void ht_match_collect_uncovered(HtMatch *match, const uint64_t *covers);

/* Adds what the event at hand names (bits), and has not taken: values of conditions that do not hold, and of paths that were not
 * needed. */
void ht_match_collect_left(HtMatch *match, const uint64_t *named, HtUnmapped *left);

/* Moves an absolute value that no event has taken to what is unmapped around the records. */
void ht_match_drop_absolute(HtMatch *match, unsigned number);

/* Appends a field to a list of unmapped ones, within its bounds. The name is cleaned and cut; null values are left out. */
void ht_unmapped_add(HtUnmapped *unmapped, const HtLimits *limits, HtText name, HtText value);
