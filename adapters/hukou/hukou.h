/* What the files of this adapter share: its state and its filters. Private to adapters/hukou; runs in hutong-host's only
 * thread, one payload at a time.
 *
 * A filter's state is begun anew at its root's start tag and at no other place: when a payload is repaired, the mapper
 * reads it twice, and the first reading may have ended anywhere. */
#ifndef HUKOU_H
#define HUKOU_H

#include "hutong-adapter.h"

#include <stdbool.h>
#include <stdint.h>

#define HUKOU_NAME 64     /* bytes of an element's name, NUL included; longer ones are replaced */
#define HUKOU_COLUMNS 128 /* of an RBSP answer; further ones are called COLUMN_129, … */
#define HUKOU_NUMBER 96   /* bytes of a business number that is echoed in an answer, NUL included */
#define HUKOU_TEXT 4096   /* bytes of a status, label or SQL condition that is looked at, NUL included */

/* Text that comes in pieces; what is beyond the room is counted but not kept. */
typedef struct {
    char data[HUKOU_TEXT];
    size_t size; /* bytes kept */
    bool surplus;
} HukouText;

/* The national move messages: what their answer repeats. */
typedef struct {
    unsigned depth;
    bool in_head;
    char *field; /* of those below, whose text comes now; NULL: none */
    char sjblx[HUKOU_NUMBER], ywlsh[HUKOU_NUMBER], zqzbh[HUKOU_NUMBER], qyzbh[HUKOU_NUMBER];
} HukouExchange;

/* NCIIC's answers: an HTML table is being turned into elements. */
typedef struct {
    unsigned rows, tables; /* how deep in ROW and TABLE */
    bool in_label, in_value, in_input;
    bool classed;    /* this table says which cells are labels */
    unsigned fields; /* values in this row, for those without a usable label */
    char value_name[HUKOU_NAME];
    HukouText label;
} HukouNciic;

typedef enum { HUKOU_RBSP_NOTHING, HUKOU_RBSP_ANSWER, HUKOU_RBSP_REQUEST } HukouRbspKind;

/* RBSP messages: where in the array of arrays the reading is. */
typedef struct {
    HukouRbspKind kind; /* which root was given to the mapping */
    bool faulted, has_status;
    bool in_array, in_row, in_name, in_data;
    unsigned row, column; /* from 0; of the row and the value at hand */
    unsigned n_columns;
    char item[HUKOU_NAME];
    char columns[HUKOU_COLUMNS][HUKOU_NAME];
    HukouText text;
} HukouRbsp;

typedef struct {
    const hutong_host *host;
    HukouExchange exchange;
    HukouNciic nciic;
    HukouRbsp rbsp;
} HukouState;

extern const hutong_filter hukou_exchange_filter; /* documents with the root "root" */
extern const hutong_filter hukou_nciic_filter;    /* "RESPONSE" */
extern const hutong_filter hukou_rbsp_filter;     /* "RBSPMessage" */

/* In condition.c: gives the ROWs of an SQL condition (`SFZH='…' AND XM='…'`) to the mapping, inside an element that the caller has begun:
 * one element for each comparison by = , LIKE or IN, SFZH and its synonyms as GMSFHM. Quotes of any kind, width and number
 * are taken away. A column that the row already has begins another ROW. Returns the number of ROWs. */
unsigned hukou_condition_emit(const hutong_host *host, hutong_out *out, const char *sql);

/* ---- emit.c ---- */

void hukou_text_clear(HukouText *text);
void hukou_text_add(HukouText *text, const char *piece, size_t size);

/* The text as a string that ends in NUL, without ASCII blanks at its ends. Lives until the next change of it. */
const char *hukou_text_string(HukouText *text);

/* True when an element may have this name: the bytes that XML allows, no colon, room in HUKOU_NAME. */
bool hukou_is_name(const char *name);

#endif
