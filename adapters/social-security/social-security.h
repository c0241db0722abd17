/* What the files of this adapter share. Private to adapters/social-security; runs in hutong-host's only thread, one payload
 * at a time.
 *
 * The way of a payload: secrets.c finds what must be kept nowhere, packed.c a document in base64; rows.c, a filter, turns
 * the documents of all lines into rows of one form, row.c gives a row to the mapping. What becomes of it is said in
 * mappings/social-security.xml. */
#ifndef SOCIAL_SECURITY_H
#define SOCIAL_SECURITY_H

#include "hutong-adapter.h"

#include <stdbool.h>
#include <stdint.h>

#define SOCSEC_NAME 64  /* bytes of an element's name, NUL included; what is longer is cut */
#define SOCSEC_DEPTH 32 /* elements in one another */

/* ---- fields.c: names with values, in the order in which they were read ---- */

typedef enum {
    SOCSEC_COLUMN, /* AAC002, or formed like it: ZKC031 */
    SOCSEC_OTHER,  /* any other element or parameter */
    SOCSEC_LOOSE,  /* an attribute that counts only if its element is a row */
} SocsecKind;

/* A name of at most eight bytes, as all have that the adapter looks for: compared in one step, because each field of each row
 * is compared with many. Of a longer name it is empty. */
typedef union {
    char text[8]; /* the rest is NUL */
    uint64_t bits;
} SocsecShort;

#define SOCSEC_SHORT(name) ((SocsecShort){name})

typedef struct {
    size_t name, value; /* places in SocsecFields.text; both end in NUL */
    size_t end;         /* the place behind the value's NUL */
    SocsecShort short_name;
    SocsecKind kind;
} SocsecField;

typedef struct {
    hutong_bytes text;
    SocsecField *fields;
    unsigned count, room;
    bool full; /* more than any honest row has, or no memory: something is missing */
} SocsecFields;

void socsec_fields_free(SocsecFields *fields);

/* Adds one, and returns it; a column's name becomes upper case. NULL: there is no room, `full` is set. */
const SocsecField *socsec_fields_add(SocsecFields *fields, SocsecKind kind, hutong_text name,
                                     hutong_text value);

/* Adds the index-th of the others as it is. */
void socsec_fields_copy(SocsecFields *fields, const SocsecFields *others, unsigned index);

/* Takes away all from the first-th on. */
void socsec_fields_cut(SocsecFields *fields, unsigned first);

/* Until a field is added; both have a NUL behind them. */
const char *socsec_fields_name(const SocsecFields *fields, unsigned index);
hutong_text socsec_fields_value(const SocsecFields *fields, unsigned index);

/* The first value under this name; absent when there is none. */
hutong_text socsec_fields_find(const SocsecFields *fields, SocsecShort name);

/* ---- The adapter's state ---- */

/* An element that is open. */
typedef struct {
    char name[SOCSEC_NAME];
    size_t name_size;
    unsigned first;   /* of its fields in SocsecRows.open */
    unsigned columns; /* how many of them are columns */
    bool has_children, has_rows;
} SocsecLevel;

/* The line that a document is of, as far as that makes a difference; its root says it. */
typedef enum {
    SOCSEC_ANY_LINE,
    SOCSEC_MOLSS,    /* business */
    SOCSEC_INPUT,    /* input */
    SOCSEC_FRAGMENT, /* a document that had no root */
} SocsecLine;

typedef struct {
    SocsecLine line;
    SocsecLevel levels[SOCSEC_DEPTH];
    unsigned depth;
    SocsecFields open;    /* of the elements that are open */
    SocsecFields head;    /* of no row */
    SocsecFields row;     /* the one at hand */
    hutong_bytes text;    /* since the last tag */
    unsigned count;       /* rows of the document */
    bool has_state;       /* a row says something of an insurance */
    bool has_parameters;  /* molss: a request */
    bool has_sql;         /* molss: and that a query */
    bool has_result_rows; /* molss: a place for rows, or their number */
    bool is_line_test;    /* nothing but the question whether somebody is there */
    bool faulted;
} SocsecRows;

typedef struct {
    const hutong_host *host;
    const char
        *insurance_element; /* the name under which the mapping sees AAE140: by the option insurance-set */
    SocsecRows rows;
    unsigned total_rows; /* of all documents of the payload */
} SocsecState;

/* ---- rows.c ---- */

/* Roots of the documents that are read as rows; ends with NULL. */
extern const char *const socsec_roots[];
extern const hutong_filter socsec_rows_filter;
void socsec_rows_free(SocsecRows *rows);

/* The value of the head's field of this name, in any case; NULL: none. */
const char *socsec_rows_head(const SocsecRows *rows, const char *name);

/* ---- row.c ---- */

/* Six characters and perhaps a seventh: AAC002, aac002, ZKC031, AAC008N. */
bool socsec_is_column(hutong_text name);

/* Gives state->rows.row to the mapping as <ROW>. */
void socsec_row_emit(SocsecState *state, hutong_out *out);

/* ---- connection.c ---- */

/* True for a whole document that only tests its line. */
bool socsec_connection_is_tested(const SocsecRows *rows);

/* Writes the answer to the test that state->rows holds. */
void socsec_connection_answer(const SocsecState *state, hutong_out *out);

/* ---- secrets.c ---- */

/* Names of what is kept nowhere: passwords, SQL. */
bool socsec_is_secret(hutong_text name);
bool socsec_is_sql(hutong_text name);

/* True when the value is, or has in it, an SQL query. */
bool socsec_holds_sql(hutong_text value);

/* Calls `found` for each part of the payload that is kept nowhere, from its beginning to its end. */
typedef void (*SocsecFound)(void *user, size_t start, size_t size);
void socsec_secrets_find(hutong_text payload, SocsecFound found, void *user);

/* ---- packed.c ---- */

/* A document that stands in a payload as base64. */
typedef struct {
    size_t start, size; /* of the base64 in the payload */
    char *bytes;        /* the document; the caller frees it */
    size_t bytes_size;
    unsigned count; /* of such documents; only the first is unpacked */
} SocsecPacked;

/* False when there is none. */
bool socsec_packed_find(hutong_text payload, SocsecPacked *packed);

#endif
