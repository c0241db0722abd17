/* The data dictionary (mappings/dictionary.xml): every element, event type and quality mark once. From it
 * come checks, masking, schemas and docs. Loaded at start in the bus, the host and the tools; never
 * changed afterwards, so any thread may read it. ht_dictionary_find() is on delivery's hot path. */
#pragma once

#include <glib.h>

#include "core/base/buffer.h"

/* ---- Quality marks: what was repaired, upgraded, guessed or does not check ---- */

/* The marks that code sets. The dictionary names and explains them; loading fails when it lacks one. */
typedef enum {
    HT_MARK_ID_CHECK_FAILED,   /* citizen number with a wrong check digit, date or form, or a filler */
    HT_MARK_ID_15_UPGRADED,    /* 15 digits became 18 */
    HT_MARK_ID_15_AMBIGUOUS,   /* sequence 996 to 999: of 18xx or of 19xx; left as it was */
    HT_MARK_ID_FOLDED,         /* width, case or blanks were folded */
    HT_MARK_CODE_CHECK_FAILED, /* no valid unified social credit or organisation code */
    HT_MARK_NAME_PRIVATE_USE,
    HT_MARK_NAME_REPLACEMENT_CHARACTER,
    HT_MARK_NAME_DOT_NORMALISED,
    HT_MARK_DATE_PARTIAL,      /* day, month or time unknown: lower precision */
    HT_MARK_DATE_INVALID,      /* not a date that exists; the original travels */
    HT_MARK_CODE_UNMAPPED,     /* no counterpart in the table; the original travels */
    HT_MARK_CODE_FROM_TEXT,    /* a word was sent instead of a code */
    HT_MARK_CODE_APPROXIMATE,  /* the nearest code; the original says more */
    HT_MARK_CODE_TEXT_DIFFERS, /* CODE/TEXT whose text is another code's name: the code was taken */
    HT_MARK_CODE_COMPOUND,     /* several codes in one value (1/2): the original travels */
    HT_MARK_CODE_DEPRECATED,   /* the table knows the code but it is no longer given out */
    HT_MARK_DIVISION_RETIRED,
    HT_MARK_DIVISION_COARSER, /* only what is around the place is known: it was parted, or is not listed among those that follow */
    HT_MARK_DIVISION_EARLY, /* the code came into force after that day */
    HT_MARK_DIVISION_UNKNOWN,
    HT_MARK_DIVISION_ASSUMED, /* the record named none: the source's jurisdiction was taken */
    HT_MARK_NUMBER_INVALID,
    HT_MARK_ENCODING_MISMATCH, /* the declaration and the bytes disagree */
    HT_MARK_ENCODING_ASSUMED,  /* nothing was declared */
    HT_MARK_HALF_CHARACTER,    /* a character was cut by a byte-counted column */
    HT_MARK_REPAIRED_XML,
    HT_MARK_DUPLICATE_ID,
    HT_MARK_VALUE_TRUNCATED,
    HT_MARK_VALUE_TOO_LONG, /* longer than the dictionary allows; carried in full */
    HT_MARK_COUNT_MISMATCH, /* a header's count disagrees with the rows */
    HT_MARK_ZONE_ASSUMED,   /* the source gave no time zone: +08:00 */
    HT_MARK_SAME_NUMBER_OTHER_CONTENT, /* the number was known with other content about the same person: taken as a correction */
    HT_MARK_NUMBER_REUSED, /* the number was known for another person, or its former business is not known any more: a fact of its own */
    HT_MARK_NUMBER_FILLER, /* a filler stands where a number belongs (0, 999…, 不详): nothing is known or tied by it */
    HT_MARK_IDENTITY_CONFLICT, /* a number that names somebody else, too, or contradicts the record: nobody was tied by it */
    HT_MARK_REVERSAL_UNNAMED,  /* a cancel that names nothing to reverse */
    HT_MARK_TIME_ASSUMED,      /* the time is not the fact's own: it was taken from another field */
    HT_MARK_ZONE_CONVERTED,    /* a value with a zone was brought to China's legal time */
    HT_MARK_INVISIBLE_REMOVED, /* direction marks, control or invisible characters were taken out */
    HT_MARK_CHARACTER_LOST,    /* a character was lost before: ?, □ or 锟斤拷 stands in its place */
    HT_MARK_TEXT_RECODED,      /* UTF-8 that had been read as another encoding was turned back */
    HT_MARK_SURROGATES_JOINED, /* a character came as two surrogates (CESU-8, &#xD842;&#xDFB7;) and was put together */
    HT_MARK_PARAMETERS_BY_PLACE, /* the operation's parameters had lost their names and were told by their places */
    HT_MARK_MARKUP_REMOVED, /* tags that were meant for a screen were taken out */
    HT_MARK_URL_DECODED,    /* the value was URL-encoded */
    HT_MARK_NAME_FOLDED,    /* blanks that space a name out, or the width of its letters, were folded */
    HT_MARK_COUNT_
} HtMark;

typedef uint64_t HtMarks; /* a set: HT_MARK_BIT(a) | HT_MARK_BIT(b) */
#define HT_MARK_BIT(mark) ((HtMarks)1 << (mark))

/* The mark's name as it travels in `quality`, e.g. "id-15-upgraded"; NULL for a number that is no mark. */
const char *ht_mark_name(HtMark mark);

/* ---- Elements ---- */

typedef enum {
    HT_TYPE_STRING,
    HT_TYPE_CODE,     /* of the table named, or of none when the standard's list is not carried */
    HT_TYPE_DATE,     /* yyyy, yyyy-mm or yyyy-mm-dd */
    HT_TYPE_DATETIME, /* RFC 3339 */
    HT_TYPE_TIME,     /* hh:mm:ss */
    HT_TYPE_MONTH,    /* yyyy-mm */
    HT_TYPE_INTEGER,
    HT_TYPE_DECIMAL,
    HT_TYPE_ID_NUMBER, /* citizen number or another document's number */
    HT_TYPE_DIVISION,  /* 6, 9, 12 or 14 digits */
    HT_TYPE_REFERENCE, /* name or address of a document or picture kept elsewhere, never its bytes */
    HT_TYPE_COUNT_
} HtType;

/* "string", "idNumber", … as in the dictionary; NULL for a number that is none. */
const char *ht_type_name(HtType type);

typedef enum {
    HT_MASK_NONE,
    HT_MASK_NAME,
    HT_MASK_ID_NUMBER,
    HT_MASK_PHONE,
    HT_MASK_ADDRESS,
    HT_MASK_YEAR,
    HT_MASK_LAST4,
    HT_MASK_HIDE,
    HT_MASK_COUNT_
} HtMask;

/* "name", "idNumber", … as in the dictionary; NULL for a number that is none. */
const char *ht_mask_name(HtMask mask);

/* The mask of that name, or the kind of number that it is for (card, account: last4); false, and `mask` as it was, for an unknown one. */
bool ht_mask_from_name(const char *name, HtMask *mask);

/* Whose number an element holds, beside the person that the event is about. */
typedef enum {
    HT_NAMES_NOBODY,  /* no other person's */
    HT_NAMES_ELDER,   /* mother, father, guardian: never the person, and never of the person's birthday */
    HT_NAMES_SPOUSE,  /* never the person */
    HT_NAMES_ANYBODY, /* who reports, applies, heads the household: may be the person */
} HtNames;

/* What its last characters prove of an element's text; a text that fails keeps the mark code-check-failed. */
typedef enum {
    HT_CHECK_NONE,
    HT_CHECK_USCC,     /* unified social credit code, GB 32100 */
    HT_CHECK_ORG_CODE, /* organisation code, GB 11714 */
    HT_CHECK_COUNT_
} HtCheck;

typedef struct {
    const char *name;    /* "person.idNumber" */
    const char *group;   /* "person" */
    const char *element; /* "idNumber" */
    const char *zh;
    const char *standard;  /* NULL: none known */
    const char *table;     /* "GB-T-2261.1"; NULL: none */
    const char *authority; /* department, "police"; NULL: whoever sends it */
    HtType type;
    HtMask mask;         /* default for consumers without the clearance */
    uint32_t max_length; /* characters; 0: no limit */
    uint32_t index;      /* its place in the dictionary, from 0 */
    uint16_t name_size, group_size;
    uint8_t sensitivity; /* 0 not personal … 3 health, biometric, minors */
    bool repeats;        /* its group may occur several times in an event */
    HtNames names;
    HtCheck check;
    bool open_ended; /* the end of a validity: 9999-12-31 (长期) is a value, not a null */
    bool recording;  /* when the department recorded it: what <recorded> of a mapping is for */
    bool sending;    /* says how or when the record was sent: no part of what an event says */
    const char *group_zh;
    const char *file; /* dictionary.xml, or one of the site's */
    uint32_t line;    /* in there */
} HtElement;

typedef struct {
    const char *name; /* "person.moved-in" */
    const char *zh;
    const char *direction;     /* return, report, lateral or query, unless the mapping says otherwise */
    const char *also;          /* a second direction that it may have, or NULL */
    const char *department;    /* who sends it; NULL: several do */
    const char *const *groups; /* the groups it carries, NULL-terminated */
    uint32_t version;
    uint32_t index;
    const char *about; /* what its subject is, "organization", or several such words; NULL: a person */
    bool newborn; /* it is about somebody just born: a citizen number of another birth is not the person's */
    bool needs_person; /* an event that says of whom it is neither by number nor by name is refused */
    bool restricted;   /* no wildcard subscription reaches it: consumers are named one by one */
    bool overtakes; /* it goes before what waits; all types about the same do, so that nobody's order breaks */
    const char *file; /* dictionary.xml, or one of the site's */
    uint32_t line;    /* in there */
} HtEventType;

typedef struct {
    const char *name; /* "id-15-upgraded" */
    const char *zh;
    const char *text; /* what it means, in English */
} HtMarkInfo;

typedef struct HtDictionary HtDictionary;

/* Reads `path`, and every *.xml of the folder `site` (NULL, or not there: none), which adds groups, elements and event types and gives no
 * name another meaning; all checked against `schema` (RELAX NG) unless that is NULL, and against what a grammar cannot
 * say: names once, group and name agree, known table names are the tables' business. transfer full. NULL
 * with HT_DICTIONARY_ERROR: all errors at once, `file:line: error: …`, one a line. */
HtDictionary *ht_dictionary_load(const char *path, const char *schema, const char *site, GError **error);
/* "A, B": the files that it was read from. */
const char *ht_dictionary_files(const HtDictionary *dictionary);

/* Frees what is in it: ht_dictionary_free() does, when the last one lets go. */
void ht_dictionary_clear(void *dictionary);

/* Lets go of it; it is freed when nobody else holds it. Any thread. */
static inline void ht_dictionary_free(HtDictionary *dictionary)
{
    if (dictionary) {
        g_atomic_rc_box_release_full(dictionary, ht_dictionary_clear);
    }
}

/* Keeps it alive for one more, who lets go of it by ht_dictionary_free(). Any thread; NULL gives NULL. */
static inline HtDictionary *ht_dictionary_hold(const HtDictionary *dictionary)
{
    return dictionary ? g_atomic_rc_box_acquire((HtDictionary *)dictionary) : NULL;
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtDictionary, ht_dictionary_free)

/* The element of that full name, or NULL. About 20 ns; `name` need not end in NUL. */
const HtElement *ht_dictionary_find(const HtDictionary *dictionary, const char *name, size_t size);

/* The group's first element (its elements stand together: follow the index while `group` is the same
 * pointer), or NULL when there is no such group. */
const HtElement *ht_dictionary_find_group(const HtDictionary *dictionary, const char *group, size_t size);

/* Elements by index, in the file's order; NULL beyond the end. */
uint32_t ht_dictionary_n_elements(const HtDictionary *dictionary);
const HtElement *ht_dictionary_element(const HtDictionary *dictionary, uint32_t index);

/* "person.moved-in" and "person.moved-in.v1" both find it; another version than the dictionary's finds
 * nothing. */
const HtEventType *ht_dictionary_find_event_type(const HtDictionary *dictionary, const char *name,
                                                 size_t size);
/* Whether its subject may be one of these ("person", "organization", …). In about.c, as the next. */
bool ht_event_type_is_about(const HtEventType *type, const char *what);

/* One of `others` about the same that does not overtake although this one does, so that it would pass what its own subject waits for. NULL:
 * none. */
const HtEventType *ht_event_type_slower(const HtEventType *type, const HtEventType *others, uint32_t count);

uint32_t ht_dictionary_n_event_types(const HtDictionary *dictionary);
const HtEventType *ht_dictionary_event_type(const HtDictionary *dictionary, uint32_t index);

const HtMarkInfo *ht_dictionary_find_mark(const HtDictionary *dictionary, const char *name, size_t size);
uint32_t ht_dictionary_n_marks(const HtDictionary *dictionary);
const HtMarkInfo *ht_dictionary_mark(const HtDictionary *dictionary, uint32_t index);

typedef enum {
    HT_DICTIONARY_ERROR_READ,    /* the file or its schema cannot be read, or is not well-formed */
    HT_DICTIONARY_ERROR_CONTENT, /* it can, and is wrong */
} HtDictionaryError;

#define HT_DICTIONARY_ERROR (ht_dictionary_error_quark())
GQuark ht_dictionary_error_quark(void);
