/* What the files of this adapter share: its state, the walk over elements, and its filters. Private to adapters/health;
 * runs in hutong-host's only thread, one payload at a time.
 *
 * A filter's state is begun anew at its root's start tag and at no other place: when a payload is repaired, the mapper
 * reads it twice, and the first reading may have ended anywhere. */
#ifndef HEALTH_H
#define HEALTH_H

#include "hutong-adapter.h"

#include <stdbool.h>
#include <stdint.h>

#define HEALTH_DEPTH 64           /* elements that are open; what is deeper is left out */
#define HEALTH_ID 128             /* bytes of an identifier, NUL included */
#define HEALTH_PART 256           /* bytes of a part of an address, NUL included */
#define HEALTH_COLUMNS 1024       /* of one row of a table */
#define HEALTH_ROW (1024 * 1024)  /* bytes of one row of a table */
#define HEALTH_CHINA_S (8 * 3600) /* +08:00 */

typedef struct HealthState HealthState;
typedef struct HealthNode HealthNode;
typedef struct HealthWalk HealthWalk;

/* ---- walk.c: a document's elements, along a tree of those that mean something ---- */

enum {
    HEALTH_TEXT = 1 << 0,  /* its text is the value of `to` */
    HEALTH_WRAPS = 1 << 1, /* <item>, <part>, <any>, <family>, <given> in it stand for itself (ISO 21090) */
    HEALTH_DEEP = 1 << 2,  /* what is not named below it is looked into */
    HEALTH_HEAD = 1 << 3,  /* also of documents that are taken by reference only */
    HEALTH_HELD = 1 << 4,  /* its text is kept in walk->held, not given on */
    HEALTH_RAW = 1 << 5,   /* it is given on as it is, with all in it but what `children` say */
};

typedef void (*HealthTake)(HealthState *state, hutong_out *out, const HealthNode *node,
                           const char *const *attributes);

/* An element that is known in its place; lists of them end with a NULL name. */
struct HealthNode {
    const char *name;
    unsigned flags;
    HealthTake take;            /* at its start; may be NULL */
    const char *to;             /* the element that the mapping is given; may be NULL */
    const HealthNode *children; /* may be NULL */
    HealthTake leave;           /* at its end, without attributes; may be NULL */
    unsigned key;               /* the functions' own */
};

struct HealthWalk {
    const HealthNode *stack[HEALTH_DEPTH];
    unsigned depth;
    unsigned skipped; /* elements open in a subtree that nobody knows */
    bool head_only;   /* only what HEALTH_HEAD says */
    bool is_open;     /* the element `to` of a HEALTH_TEXT is begun */
    char held[HEALTH_PART];
    size_t held_size;
};

/* The one of this name in a list; NULL: it is not known. */
const HealthNode *health_find_child(const HealthNode *child, const char *name);

/* The walk of one document begins; `root` is the node of its root element. */
void health_walk_begin(HealthState *state, const HealthNode *root);
void health_walk_start(HealthState *state, hutong_out *out, const char *name, const char *const *attributes);
void health_walk_text(HealthState *state, hutong_out *out, const char *text, size_t size);
void health_walk_end(HealthState *state, hutong_out *out);

/* Takes for HealthNode. */
void health_take_id(HealthState *state, hutong_out *out, const HealthNode *node,
                    const char *const *attributes); /* the attribute extension */
void health_take_held(HealthState *state, hutong_out *out, const HealthNode *node,
                      const char *const *attributes); /* keeps the text, and the attribute value */

/* ---- emit.c ---- */

/* The attribute's value without blanks and the manual's @ before it; NULL when nothing is left. */
const char *health_identifier(const char *const *attributes, const char *name);

/* An element that has only text; nothing when the text is NULL or empty. */
void health_give(const HealthState *state, hutong_out *out, const char *name, const char *value);

/* Copies what fits, NUL included, and never half a character. */
void health_copy(char *to, size_t room, const char *from, size_t size);

bool health_starts_with(const char *text, const char *beginning);

/* True when an element may be called so: ASCII letters, digits, dot, hyphen, underscore. */
bool health_is_name(const char *name);

/* ---- organisation.c: the hospital, and its department ---- */

#define HEALTH_LEVELS 6 /* a bed in a room in a ward in a department in a hospital in a group */

typedef enum { HEALTH_UNKNOWN, HEALTH_INSTITUTION, HEALTH_DEPARTMENT, HEALTH_PLACE } HealthLevelKind;

typedef struct {
    HealthLevelKind kind;
    char id[HEALTH_ID], name[HEALTH_PART];
} HealthLevel;

/* An organisation, and those around it or in it. */
typedef struct {
    HealthLevel levels[HEALTH_LEVELS]; /* as they come: the element's own first */
    unsigned count;
    bool is_registered; /* said by a registration of the document, which may say better itself */
} HealthOrganisation;

/* Children of an organisation's element, and its own functions. */
extern const HealthNode health_organisation_parts[];
void health_begin_organisation(HealthState *state, hutong_out *out, const HealthNode *node,
                               const char *const *attributes);
void health_end_organisation(HealthState *state, hutong_out *out, const HealthNode *node,
                             const char *const *attributes);

/* ---- document.c: CDA ---- */

typedef enum { HEALTH_BY_REFERENCE, HEALTH_RECORD, HEALTH_BIRTH } HealthKind;

typedef struct {
    HealthKind kind;
    bool is_chinese; /* something says that it is WS/T 483 or 500, or their draft */
    bool is_draft;   /* the draft of 2012 */
    bool in_set;     /* it came in a document set, which names the patient, too */
    bool replaces;   /* relatedDocument says that it takes another one's place */
    char id[HEALTH_ID], root[HEALTH_ID], type[HEALTH_ID]; /* make its key, with the patient */
    char version[HEALTH_ID];
    char de[HEALTH_ID]; /* of the observation at hand: its code and its name */
    char name[HEALTH_PART];
    char section[HEALTH_ID];
} HealthDocument;

/* The elements of one document as children of an element that the caller has begun. */
void health_document_begin(HealthState *state, bool in_set);
void health_document_end(HealthState *state, hutong_out *out);
extern const HealthNode health_document_root;

/* ---- observation.c: an entry of a document's body ---- */

void health_begin_observation(HealthState *state, hutong_out *out, const HealthNode *node,
                              const char *const *attributes);
void health_take_observed(HealthState *state, hutong_out *out, const HealthNode *node,
                          const char *const *attributes); /* its <code> */
void health_take_observation(HealthState *state, hutong_out *out, const HealthNode *node,
                             const char *const *attributes); /* its <value> */

/* ---- nested.c ---- */

/* Reads a document that was base64, with libxml2, into the walk. False: it is not well-formed UTF-8 XML with the root
 * ClinicalDocument; elements may have been given on before that was seen. */
bool health_read_nested(HealthState *state, hutong_out *out, const char *bytes, size_t size);

/* ---- content.c: documents inside of others ---- */

typedef struct {
    hutong_bytes bytes; /* what is decoded of the document at hand */
    hutong_base64 run;
    unsigned depth;   /* elements open, */
    unsigned skipped; /* and of these in one that nobody knows */
    bool in_set;      /* it is one of a document set's, where none may be empty */
    bool is_bad;      /* no base64, or too long */
} HealthContent;

/* ---- rows.c: a city's tables ---- */

typedef struct {
    hutong_bytes bytes; /* names and values, each with its NUL */
    struct {
        uint32_t name, value;
    } columns[HEALTH_COLUMNS];
    unsigned count;
    unsigned depth; /* elements open */
    bool is_full;
    char table[HEALTH_ID];
} HealthRows;

const char *health_row_name(const HealthRows *rows, unsigned column);
const char *health_row_value(const HealthRows *rows, unsigned column);

/* A column as an element: seconds since 1970 as a day, a region's path also as the division. */
void health_give_column(const HealthState *state, hutong_out *out, const char *name, const char *value);

/* ---- vaccine.c ---- */

/* Gives a row of a vaccination card on as one row for each dose, inside an element that is begun. */
void health_give_doses(const HealthState *state, hutong_out *out);

/* ---- dates.c ---- */

/* Seconds since 1970 as text, perhaps negative: the day in China as yyyy-mm-dd. False: it is something else. */
bool health_epoch_day(const char *text, char day[16]);

/* The day that a date in any notation names, as yyyymmdd, for keys. False: none can be seen in it. */
bool health_day_key(const char *text, char key[16]);

#define HEALTH_DIGEST 65 /* SHA-256 in hexadecimal, NUL included */

/* ---- reply.c ---- */

/* What an acknowledgement repeats of the message, and what makes the message's key. */
typedef struct {
    bool is_message; /* an interaction of V3 or a document set was read */
    bool has_items;  /* its identifiers were <id><item/></id> */
    char id[HEALTH_ID];
    char sender[HEALTH_ID];
    char receiver[HEALTH_ID];
    char created[HEALTH_ID]; /* when the message was made */
} HealthReply;

hutong_verdict health_reply(void *user, const hutong_outcome *outcome, hutong_out *out);
extern const char *const health_operations[];

struct HealthState {
    const hutong_host *host;
    hutong_text body;                /* of the payload at hand */
    HealthWalk walk;                 /* of the CDA document or the interaction */
    HealthOrganisation organisation; /* the one at hand */
    HealthDocument document;
    HealthContent content;
    HealthRows rows;
    HealthReply reply;
};

extern const hutong_filter health_document_filter;   /* "ClinicalDocument" */
extern const hutong_filter health_head_filter;       /* "v3-head" */
extern const hutong_filter health_part_filter;       /* "v3-part" */
extern const hutong_filter health_registered_filter; /* "registered-part" */
extern const hutong_filter health_content_filter;    /* "base64-document" */
extern const hutong_filter health_rows_filter;       /* "tables" */

#endif
